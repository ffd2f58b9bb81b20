"""`expflow-registry`: a tracked registry only grows."""

from __future__ import annotations

import subprocess
import sys

import pytest
from gitrepo import Repo

from expflow_hooks.core.registry.writer import Writer

REGISTRY = "experiments.jsonl"
A, B, C = (f'{{"experiment_id": "{name}", "metrics": {{"pde_mean": 1.5}}}}\n' for name in "abc")


@pytest.fixture
def repo(tmp_path):
    repo = Repo(tmp_path / "repo")
    repo.git("init", "--quiet", "--bare", "--initial-branch=main", str(tmp_path / "remote.git"))
    repo.git("remote", "add", "origin", str(tmp_path / "remote.git"))
    repo.commit(REGISTRY, A + B)
    repo.git("push", "--quiet", "origin", "main")
    repo.git("remote", "set-head", "origin", "--auto")
    return repo


def hook(repo, *arguments, stdin=""):
    done = subprocess.run(
        [sys.executable, "-m", "expflow_hooks.hooks.registry", *arguments],
        cwd=repo.path,
        input=stdin,
        capture_output=True,
        text=True,
    )
    assert done.stderr == ""
    return done.returncode, done.stdout


def stage(repo, text):
    repo.write(REGISTRY, text)
    repo.git("add", REGISTRY)


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        (A + B + C, 0, ""),
        (A + C + B, 0, ""),
        (C + A + B, 0, ""),
        (A + B, 0, ""),
        (A, 1, "line 2 of "),
        ("", 1, "line 1 of "),
        (B + A, 1, "moved"),
        (A + B.replace("1.5", "0.5"), 1, "line 2 of "),
        (A + B.replace(" ", ""), 1, "line 2 of "),
        (A + B[:-1], 0, ""),
        (A + B + '{"experiment_id": "torn\n', 0, f"{REGISTRY}:3: unreadable line, not JSON"),
    ],
)
def test_the_bases_lines_survive_byte_for_byte_in_order(repo, text, code, says):
    stage(repo, text)
    got, said = hook(repo)
    assert got == code, said
    assert says in said
    if code:
        assert "a registry only grows: bring the lines back" in said
        assert said.endswith("expflow: fail (exit 1)\n")


def test_a_registry_that_is_removed_or_renamed_is_blocked(repo):
    repo.git("mv", REGISTRY, "other.jsonl")
    assert hook(repo)[0] == 1
    repo.write("expflow.yaml", "version: 1\nleaderboard: {source: other.jsonl}\n")
    repo.git("add", "expflow.yaml")
    assert hook(repo)[0] == 0, "the policy names the new place, and every line is there"
    repo.git("rm", "--quiet", "--force", "other.jsonl")
    assert hook(repo)[0] == 1


def test_revisions_are_listed(repo):
    stage(repo, A + B + A.replace("1.5", "0.5"))
    code, said = hook(repo)
    assert code == 0
    assert "revision of a: line 3 changed metrics.pde_mean: 1.5 → 0.5" in said


def test_new_lines_whose_history_does_not_hold_are_blocked(repo):
    writer = Writer(str(repo.path / REGISTRY))
    for name in ("ours-1", "ours-2", "ours-3"):
        writer.append({"experiment_id": name, "metrics": {"pde_mean": 20.5}})
    repo.git("add", REGISTRY)
    assert hook(repo) == (0, "")
    path = repo.path / REGISTRY
    stage(
        repo,
        path.read_text().replace('"ours-2", "metrics": {"pde_mean": 20.5', '"ours-2", "metrics": {"pde_mean": 9.5'),
    )
    code, said = hook(repo)
    assert code == 1
    assert f"{REGISTRY}:4: edited: line 4 was edited" in said
    repo.git("commit", "--quiet", "--no-verify", "--message", "in spite of it")
    assert push(repo, "topic")[0] == 1
    repo.git("push", "--quiet", "--no-verify", "origin", "main")
    repo.commit("x.py", "1")
    stage(repo, path.read_text() + C)
    assert hook(repo)[0] == 0, "what the base holds already does not block later work"


def push(repo, branch, tip="HEAD", theirs="0" * 40):
    tip = repo.git("rev-parse", tip)
    return hook(
        repo, "--stage", "pre-push", "origin", "url", stdin=f"refs/heads/x {tip} refs/heads/{branch} {theirs}\n"
    )


def test_a_topic_branch_need_not_have_what_others_added_since(repo):
    repo.git("switch", "--quiet", "--create", "topic")
    repo.commit(REGISTRY, A + B + C)
    repo.git("push", "--quiet", "origin", "topic")
    repo.git("switch", "--quiet", "main")
    repo.commit(REGISTRY, A + B + C.replace("c", "d"))
    repo.git("push", "--quiet", "--no-verify", "origin", "main")
    repo.git("switch", "--quiet", "topic")
    assert push(repo, "topic")[0] == 0
    assert hook(repo)[0] == 0
    code, said = push(repo, "main")
    assert code == 1, "towards the default branch its tip counts"
    assert "line 3 of" in said


def test_a_rewritten_line_is_found_at_push(repo):
    repo.commit(REGISTRY, A + C)
    assert push(repo, "main")[0] == 1
    assert push(repo, "topic")[0] == 1


def test_a_merge_that_drops_lines_is_found(repo):
    repo.git("switch", "--quiet", "--create", "topic")
    repo.commit("other", "x")
    repo.git("switch", "--quiet", "main")
    repo.commit(REGISTRY, A + B + C)
    repo.git("push", "--quiet", "origin", "main")
    repo.git("switch", "--quiet", "topic")
    repo.git("merge", "--quiet", "--no-commit", "--no-ff", "main")
    stage(repo, A + B)
    repo.git("commit", "--quiet", "--message", "merged badly")
    assert push(repo, "topic")[0] == 1


def test_without_a_remote_it_is_a_warning(tmp_path):
    repo = Repo(tmp_path / "alone")
    repo.commit(REGISTRY, A + B)
    stage(repo, A)
    code, said = hook(repo)
    assert code == 0
    assert "line 2 of" in said
    assert "a warning" in said


def test_no_registry_and_no_commit_are_nothing_to_do(tmp_path):
    repo = Repo(tmp_path / "new")
    assert hook(repo) == (0, "")
    repo.write("x.py", "1")
    repo.git("add", ".")
    assert hook(repo) == (0, "")


class TestForcedPush:
    """A colleague's lines that were never fetched here are taken away by nobody unseen."""

    @pytest.fixture
    def behind(self, repo, tmp_path):
        repo.git("clone", "--quiet", str(tmp_path / "remote.git"), str(tmp_path / "colleague"))
        colleague = Repo.at(tmp_path / "colleague")
        colleague.commit(REGISTRY, A + B + C)
        colleague.git("push", "--quiet", "origin", "HEAD:main")
        repo.commit("train.py", "mine")
        return repo

    def push(self, repo, tmp_path, theirs):
        stdin = f"refs/heads/main {repo.git('rev-parse', 'HEAD')} refs/heads/main {theirs}\n"
        return hook(repo, "--stage", "pre-push", "origin", str(tmp_path / "remote.git"), stdin=stdin)

    def test_their_lines_are_fetched_and_missed(self, behind, tmp_path):
        theirs = behind.git("ls-remote", str(tmp_path / "remote.git"), "refs/heads/main").split()[0]
        code, said = self.push(behind, tmp_path, theirs)
        assert (code, "line 3 of " in said) == (1, True), said
        assert theirs not in behind.git("for-each-ref")

    def test_where_they_cannot_be_fetched_the_push_is_refused(self, behind, tmp_path):
        code, said = self.push(behind, tmp_path, "1" * 40)
        assert (code, "`git fetch origin`" in said) == (4, True), said


class TestWhichBranchIsTheDefault:
    def renamed(self, repo, tmp_path, name):
        repo.git("branch", "--move", "main", name)
        repo.git("push", "--quiet", "origin", name)
        there = Repo.at(tmp_path / "remote.git")
        there.git("symbolic-ref", "HEAD", f"refs/heads/{name}")
        repo.git("push", "--quiet", "origin", ":main")
        repo.git("remote", "set-head", "origin", "--delete")

    def test_one_with_a_usual_name(self, repo, tmp_path):
        self.renamed(repo, tmp_path, "trunk")
        stage(repo, A)
        assert hook(repo)[0] == 1

    def test_one_that_nothing_here_names_is_not_guessed(self, repo, tmp_path):
        self.renamed(repo, tmp_path, "production")
        assert hook(repo)[0] == 4  # nothing is staged, so the whole index is looked at
        stage(repo, A)
        code, said = hook(repo)
        assert (code, "`git remote set-head origin --auto`" in said) == (4, True)
        repo.git("remote", "set-head", "origin", "--auto")
        assert hook(repo)[0] == 1

    def test_at_a_push_the_receiver_is_asked(self, repo, tmp_path):
        base = repo.git("rev-parse", "main")
        self.renamed(repo, tmp_path, "production")
        commit = repo.commit(REGISTRY, A)
        stdin = f"refs/heads/x {commit} refs/heads/production {base}\n"
        assert hook(repo, "--stage", "pre-push", "origin", str(tmp_path / "remote.git"), stdin=stdin)[0] == 1


def test_a_line_said_again_is_listed_where_no_chain_tells_it(repo):
    stage(repo, A + B + A)
    code, said = hook(repo)
    assert (code, f"{REGISTRY}:3: says again what line 1 said of a" in said) == (0, True)


def test_conflict_markers_are_called_by_their_name(repo):
    stage(repo, A + B + "<<<<<<< HEAD\n" + C + "=======\n" + C.replace("c", "d") + ">>>>>>> topic\n")
    said = hook(repo)[1]
    assert f"{REGISTRY}:3: unreadable line, a conflict marker" in said
    assert said.count("a conflict marker") == 3
