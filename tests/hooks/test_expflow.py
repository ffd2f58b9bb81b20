"""`expflow`: the four checks in one process, which asks git no more than it must."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from gitrepo import Repo

REGISTRY = "experiments.jsonl"


class Ran(NamedTuple):
    """A hook that ran: its exit code, what it printed, and the questions to git."""

    code: int
    said: str
    questions: list[str]


@pytest.fixture
def ran(work: Repo, tmp_path: Path):
    """Return what runs the hook in a repository that has a remote."""

    def run(*arguments: str, stdin: str = "") -> Ran:
        trace = tmp_path / "trace"
        trace.unlink(missing_ok=True)
        done = subprocess.run(
            [sys.executable, "-m", "expflow_hooks.hooks.expflow", *arguments],
            cwd=work.path,
            env={**os.environ, "GIT_TRACE": str(trace)},
            input=stdin,
            capture_output=True,
            text=True,
        )
        lines = trace.read_text().splitlines() if trace.exists() else []
        questions = [line.partition("built-in: git ")[2] for line in lines if "built-in: git " in line]
        return Ran(done.returncode, done.stdout + done.stderr, questions)

    return run


def names(ran: Ran) -> list[str]:
    return [question.split()[0] for question in ran.questions]


def test_a_commit_that_touches_neither_policy_nor_registry_asks_git_twice(work, ran):
    work.write("train.py", "clean\n")
    work.git("add", ".")
    assert ran()[:2] == (0, "")
    assert names(ran()) == ["diff-index", "cat-file"]


@pytest.mark.parametrize("stage", ["commit", "push"])
def test_no_question_is_asked_twice(work, ran, stage):
    base = work.git("rev-parse", "HEAD")
    work.write(REGISTRY, '{"experiment_id": "a", "metrics": {"pde_mean": 15.0}}\n')
    work.write("expflow.yaml", 'version: 1\naudit: {rules: [{gate: "pde_mean:lt:18"}]}\n')
    work.git("add", ".")
    if stage == "commit":
        done = ran()
    else:
        work.git("commit", "--quiet", "--no-verify", "--message=work")
        stdin = f"refs/heads/main {work.git('rev-parse', 'HEAD')} refs/heads/main {base}\n"
        done = ran("--push", "origin", work.git("remote", "get-url", "origin"), stdin=stdin)
    assert (done.code, "1 completed experiment" in done.said) == (0, True), done.said
    # what else tells questions apart is on standard input: the revisions that are looked up
    asked = [question for question in done.questions if not question.startswith(("cat-file", "rev-list --missing"))]
    assert [one for one in set(asked) if asked.count(one) > 1] == []


def test_the_scan_runs_where_nothing_concerns_the_registry_and_the_rest_where_the_scan_finds(work, ran):
    from hashlib import sha256

    work.write("notes.txt", f"{sha256(b'4071').hexdigest()}\n")
    work.write("expflow.yaml", "version: 7\n")
    work.git("add", ".")
    done = ran()
    assert (done.code, "EXP001" in done.said, "version" in done.said) == (2, True, True), done.said


@pytest.mark.parametrize("hook", ["expflow", "audit", "registry", "policy", "pin_hash"])
def test_every_hook_has_help_of_one_form(work, hook):
    command = [sys.executable, "-m", f"expflow_hooks.hooks.{hook}", "--help"]
    done = subprocess.run(command, cwd=work.path, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    program = "expflow-all" if hook == "expflow" else f"expflow-{hook.replace('_', '-')}"
    assert done.stdout.startswith(f"usage: {program} [")
    for said in (
        "  --staged ",
        "  --push ",
        "  --rev RANGE ",
        "  --stage STAGE ",
        f"Example: {program} ",
        "Exit codes: 0 ",
    ):
        assert said in done.stdout


@pytest.mark.parametrize("framework", ["prek", "pre-commit"])
def test_under_a_framework_a_commit_with_nothing_to_report_shows_one_line(work, framework, tmp_path):
    environment = {**os.environ, "PRE_COMMIT_HOME": str(tmp_path / "cache"), "PREK_HOME": str(tmp_path / "prek")}
    entry = f'"{sys.executable} -m expflow_hooks.hooks.expflow"'
    hook = f"{{id: expflow, name: expflow, entry: {entry}, language: system, always_run: true, pass_filenames: false}}"
    work.write(".pre-commit-config.yaml", f"repos:\n- repo: local\n  hooks:\n  - {hook}\n")
    work.write("train.py", "clean\n")
    work.git("add", ".")
    install = [os.path.join(os.path.dirname(sys.executable), framework), "install"]
    subprocess.run(install, cwd=work.path, env=environment, check=True, capture_output=True)
    said = work.git("commit", "--quiet", "--message=work", ok=False, **environment)
    assert [line.partition(".")[0] for line in said.splitlines()] == ["expflow"], said


def test_what_two_checks_see_is_said_once(work, ran):
    work.commit("expflow.yaml", 'version: 1\naudit: {rules: [{gate: "pde_mean:lt:18"}]}\n')
    line = '{"experiment_id": "a", "metrics": {"pde_mean": 15.0}}\n'
    work.commit(REGISTRY, line)
    work.git("push", "--quiet", "--no-verify", "origin", "main")
    work.write(REGISTRY, line + line.replace("15", "16") + "torn\n")
    work.git("add", ".")
    said = ran().said.splitlines()
    assert sum("revision of a: line 2 changed" in one for one in said) == 1, said
    assert sum("unreadable line" in one for one in said) == 1, said
    work.write("expflow.yaml", "version: 7\n")
    work.git("add", ".")
    done = ran()
    assert (done.code, done.said.count("expflow.yaml:1")) == (2, 1), done.said
