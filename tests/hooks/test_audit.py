"""`expflow-audit`: what a commit or a push brings, by the rules; never in the way of training."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from gitrepo import Repo

from expflow_hooks.core.change.code import policy_patterns
from expflow_hooks.core.policy.policy import Policy
from expflow_hooks.git.code_identity import code_of_commit
from expflow_hooks.git.repository import Git

GOOD = {"seg_total": 57.09, "pde_mean": 15.0, "train_time_min": 45.5}
BAD = {**GOOD, "pde_mean": 18.09}
REGISTRY = "experiments.jsonl"


def line(name, metrics=None, status="completed", **fields):
    record = {"experiment_id": name, "status": status, "metrics": metrics or {}, "params": {"sub_step": "5"}, **fields}
    return json.dumps(record) + "\n"


class Setup:
    """A repository with a bare remote, and the hook run as a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.repo = Repo(folder / "repo")
        self.git = self.repo.git
        self.remote = folder / "remote.git"
        self.git("init", "--quiet", "--bare", "--initial-branch=main", str(self.remote))
        self.git("remote", "add", "origin", str(self.remote))
        self.repo.commit("expflow.yaml", "version: 1\naudit: {rules: competition}\n")

    def publish(self) -> None:
        self.git("push", "--quiet", "origin", "HEAD:main")
        self.git("remote", "set-head", "origin", "--auto")

    def hook(self, *arguments: str, stdin: str = "", **environment: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-m", "expflow_hooks.hooks.audit", *arguments],
            cwd=self.repo.path,
            env={**os.environ, **environment},
            input=stdin,
            capture_output=True,
            text=True,
        )
        assert done.stderr == ""
        return done.returncode, done.stdout

    def push(self, branch: str, **environment: str) -> tuple[int, str]:
        tip = self.git("rev-parse", "HEAD")
        remote = {"PRE_COMMIT_REMOTE_NAME": "origin", "PRE_COMMIT_REMOTE_URL": str(self.remote)}
        return self.hook(
            **{**remote, "PRE_COMMIT_TO_REF": tip, "PRE_COMMIT_REMOTE_BRANCH": f"refs/heads/{branch}"}, **environment
        )

    def push_by_git(self, *branches: str) -> tuple[int, str]:
        tip = self.git("rev-parse", "HEAD")
        lines = "".join(f"refs/heads/x {tip} refs/heads/{branch} {'0' * 40}\n" for branch in branches)
        return self.hook("--stage", "pre-push", "origin", str(self.remote), stdin=lines)

    def stage(self, text: str) -> None:
        self.repo.write(REGISTRY, text)
        self.git("add", REGISTRY)


@pytest.fixture
def at(tmp_path: Path) -> Setup:
    return Setup(tmp_path)


def test_without_a_policy_that_asks_nothing_is_audited(at):
    at.repo.commit("expflow.yaml", "version: 1\nleaderboard: {sort_by: pde_mean}\n")
    at.publish()
    at.repo.commit(REGISTRY, line("a", BAD))
    assert at.push("main") == (0, "")


def test_nothing_to_audit_is_a_quiet_pass(at):
    at.publish()
    at.repo.write("train.py", "x")
    at.git("add", ".")
    assert at.hook() == (0, "")
    at.repo.commit("train.py", "y")
    assert at.push("main")[0] == 0
    assert at.hook("--stage", "pre-push", "origin", str(at.remote))[0] == 4  # git's lines are due


@pytest.mark.parametrize("branch", ["main", "topic"])
def test_unfinished_experiments_are_counted_and_named_never_blocked(at, branch):
    at.publish()
    text = line("q", status="queued") + line("r", status="running") + line("f", BAD, status="failed")
    at.stage(text)
    code, said = at.hook()
    assert code == 0
    assert "2 unfinished, not audited: q (queued), r (running)" in said
    at.git("commit", "--quiet", "-m", "runs")
    for code, said in (at.push(branch), at.push_by_git(branch)):
        assert code == 0
        assert "q (queued), r (running)" in said


@pytest.mark.parametrize(("branch", "code"), [("main", 1), ("topic", 0)])
def test_a_failing_completed_experiment_blocks_only_towards_a_protected_branch(at, branch, code):
    at.publish()
    if branch != "main":
        at.git("switch", "--quiet", "--create", branch)
    at.stage(line("good", GOOD) + line("edge", BAD))
    at_commit = at.hook()
    at.git("commit", "--quiet", "-m", "runs")
    for got, said in (at_commit, at.push(branch), at.push_by_git(branch)):
        assert got == code, said
        assert "edge: pde_mean < 18.09: 18.09 is not < 18.09" in said
        assert "2 completed experiments audited, 1 break the rules" in said
        assert said.endswith("expflow: fail (exit 1)\n") is bool(code)
        assert ("reported only: topic is not protected" in said) is not bool(code)


def test_a_failing_line_that_is_said_again_is_audited_again(at):
    at.repo.commit(REGISTRY, line("edge", BAD))
    at.publish()
    at.stage(line("edge", BAD) * 2)
    code, said = at.hook()
    assert (code, "1 completed experiments audited, 1 break the rules" in said) == (1, True), said


def test_by_plain_git_every_ref_of_the_push_counts(at):
    at.publish()
    at.repo.commit(REGISTRY, line("edge", BAD))
    assert at.push_by_git("topic", "main")[0] == 1
    assert at.push_by_git("topic", "other")[0] == 0


def test_what_the_remote_has_is_not_audited_again(at):
    at.repo.commit(REGISTRY, line("old", BAD))
    at.publish()
    at.stage(line("old", BAD) + line("new", GOOD))
    code, said = at.hook()
    assert (code, "1 completed experiments audited, 0 break" in said, "old" in said) == (0, True, False)
    at.git("commit", "--quiet", "-m", "new")
    assert at.push("main")[0] == 0


def test_the_whole_index_is_audited_where_nothing_is_staged(at):
    at.repo.commit(REGISTRY, line("old", BAD))
    at.publish()
    assert at.hook()[0] == 1


def test_an_experiment_of_a_pushed_commit_in_a_local_registry_is_audited(at, home):
    at.publish()
    commit = at.repo.commit("train.py", "x")
    (home / ".expflow").mkdir()
    (home / ".expflow" / REGISTRY).write_text(line("mine", BAD, commit=commit) + line("other", BAD, commit="0" * 40))
    code, said = at.push("main")
    assert code == 1
    assert "mine: pde_mean" in said
    assert "other" not in said
    assert at.push("topic")[0] == 0
    at.git("push", "--quiet", "origin", "HEAD:main")
    assert at.push("main")[0] == 0


def local(home, *lines):
    (home / ".expflow").mkdir(exist_ok=True)
    (home / ".expflow" / REGISTRY).write_text("".join(lines))


def ran(at, revision="HEAD"):
    """Return the record's `code` of a run of a commit's code."""
    patterns = policy_patterns(Policy())
    return {"paths": list(patterns), "id": code_of_commit(Git(str(at.repo.path)), revision, patterns)}


def test_an_experiment_that_an_unpushed_branch_made_does_not_block_main(at, home):
    at.publish()
    on_main = at.repo.commit("train.py", "main's\n")
    at.git("switch", "--quiet", "--create", "topic")
    on_topic = at.repo.commit("train.py", "topic's\n")
    # Trained before it was committed, so that it names the commit of main that is pushed.
    local(home, line("mine", BAD, commit=on_main, branch="topic", dirty=True, code=ran(at)))
    at.git("switch", "--quiet", "main")
    for got, said in (at.push("main"), at.push_by_git("main")):
        assert got == 0, said
        assert "not audited, they ran code that is not pushed: mine" in said
    local(home, line("old", BAD, commit=on_main, branch="topic", dirty=True))  # a line of before codes were kept
    assert at.push("main")[0] == 0
    # What is pushed is judged, by whatever name: by the code, merged and squashed too.
    local(home, line("mine", BAD, commit=on_main, branch="topic", dirty=True, code=ran(at, on_topic)))
    at.git("merge", "--quiet", "--squash", "topic")
    at.git("commit", "--quiet", "-m", "squashed")
    code, said = at.push("main")
    assert code == 1
    assert "mine: pde_mean" in said
    assert "to push all the same: `git push --no-verify`" in said


def test_code_of_an_older_pushed_commit_counts_and_that_of_the_remote_does_not(at, home):
    at.repo.commit("train.py", "published\n")
    at.publish()
    local(home, line("base", BAD, code=ran(at)))
    at.repo.commit("train.py", "older\n")
    older = ran(at)
    at.repo.commit("train.py", "newer\n")
    assert at.push("main")[0] == 0
    local(home, line("older", BAD, code=older))
    assert at.push("main")[0] == 1


def test_a_tree_that_cannot_be_read_is_exit_4(at, home):
    at.publish()
    at.repo.commit("src/train.py", "x\n")
    local(home, line("mine", BAD, code={"paths": [], "id": "0" * 64}))
    tree = at.git("rev-parse", "HEAD:src")
    (at.repo.path / ".git/objects" / tree[:2] / tree[2:]).unlink()
    code, said = at.push("main")
    assert code == 4, said
    assert said.endswith("expflow: error (exit 4)\n")


def test_the_policy_says_what_is_audited_where(at):
    at.publish()
    rules = "rules: [{gate: 'pde_mean:lt:10'}], applies_to: {tags: [submission]}, protect: ['release/*']"
    at.repo.commit("expflow.yaml", f"version: 1\naudit: {{{rules}}}\n")
    at.repo.commit(REGISTRY, line("a", GOOD, tags=["submission"]) + line("b", GOOD))
    code, said = at.push("release/1")
    assert code == 1
    assert "a: pde_mean < 10" in said
    assert "b:" not in said
    assert at.push("main")[0] == 0


def test_the_index_counts_not_the_work_tree(at):
    at.publish()
    at.stage(line("a", GOOD))
    at.repo.write(REGISTRY, line("a", BAD))
    assert at.hook()[0] == 0


def test_revisions_are_listed_where_the_experiment_is_judged(at):
    at.repo.commit(REGISTRY, line("a", BAD))
    at.publish()
    at.stage(line("a", BAD) + line("a", GOOD))
    code, said = at.hook()
    assert code == 0
    assert "revision of a: line 2 changed metrics.pde_mean: 18.09 → 15.0" in said


def test_a_task_that_the_last_sync_found_archived_is_said(at):
    at.repo.write(REGISTRY, line("a", GOOD, clearml_task_id="1" * 32, task_gone="archived"))
    at.git("add", ".")
    code, out = at.hook()
    assert code == 0 and "a: its ClearML task was archived on the server, as the last" in out


def test_a_bad_policy_is_exit_2_with_its_place(at):
    at.publish()
    at.repo.commit("expflow.yaml", "version: 1\naudti: {}\n")
    code, said = at.push("main")
    assert code == 2
    assert "expflow.yaml:2: audti: unknown key; did you mean audit" in said
    assert said.endswith("expflow: error (exit 2)\n")


def test_an_unborn_head_and_no_remote_work(tmp_path):
    repo = Repo(tmp_path / "r")
    repo.write(REGISTRY, line("a", BAD))
    repo.write("expflow.yaml", "version: 1\naudit: {rules: competition}\n")
    repo.git("add", ".")
    command = [sys.executable, "-m", "expflow_hooks.hooks.audit"]
    done = subprocess.run(command, cwd=repo.path, capture_output=True, text=True)
    assert done.returncode == 1
    repo.git("symbolic-ref", "HEAD", "refs/heads/topic")
    assert subprocess.run(command, cwd=repo.path, capture_output=True).returncode == 0


def test_outside_a_repository_is_exit_4(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "expflow_hooks.hooks.audit"], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 4
    assert done.stdout.endswith("expflow: error (exit 4)\n")


def test_a_hostile_name_cannot_move_the_cursor(at):
    at.publish()
    at.stage(line("x\x1b[2J\u202e", BAD))
    code, said = at.hook()
    assert code == 1
    assert "x?[2J?: pde_mean" in said


def test_rules_on_groups_judge_the_group_that_stands_in_the_registry(at):
    policy = "version: 1\naudit: {rules: [{runs: 3}, {gate: pde_mean@worst:lt:18.09}], protect: ['*']}\n"
    at.repo.commit("expflow.yaml", policy)
    runs = [line(f"a-{n}", {**GOOD, "pde_mean": 15.0 + n}, params={"net": "a", "seed": n}) for n in (1, 2, 3)]
    at.stage("".join(runs))
    assert at.hook()[0] == 0
    at.stage("".join(runs[:2]))
    code, said = at.hook()
    assert code == 1 and "a-1: exactly 3 runs: 2 of exactly 3" in said
