"""Git broken under each hook, one call at a time: what could not be looked at is never "nothing there"."""

import io
import json
import os
import shutil
import sys
from collections.abc import Callable
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import pytest
from gitrepo import Repo

HOOKS = ("pin_hash", "registry", "audit", "policy", "expflow")
STAGES = {
    "pin_hash": ("commit", "push"),
    "registry": ("commit", "push"),
    "audit": ("commit", "push"),
    "expflow": ("commit", "push"),
}
CASES = [(hook, stage) for hook in HOOKS for stage in STAGES.get(hook, ("commit",))]

# Counts git's calls by making files, which two calls at once cannot both do; breaks the one that is asked for.
_WRAPPER = """\
#!/bin/sh
set -C
n=1
while ! echo "$*" 2>/dev/null > "$GIT_CALLS/$n"; do n=$((n + 1)); done 2>/dev/null
if [ "$n" != "$GIT_BREAK" ]; then exec {git} "$@"; fi
if [ "$GIT_HOW" = fail ]; then echo "fatal: broken here" >&2; exit 128; fi
{git} "$@" > "$GIT_CALLS/whole" 2>/dev/null || exit
size=$(wc -c < "$GIT_CALLS/whole")
head -c $((size / 2)) "$GIT_CALLS/whole"
if [ "$GIT_HOW" = killed ]; then kill -9 $$; fi
"""


class Done(NamedTuple):
    """What became of a hook."""

    code: int
    told: str


class Ready(NamedTuple):
    """A hook that is ready to run, and what it would say with git whole."""

    repo: Repo
    hook: str
    stage: str
    stdin: str
    url: str
    monkeypatch: pytest.MonkeyPatch
    capture: pytest.CaptureFixture[str]

    def run(self, **environment: str) -> Done:
        """Run the hook in this process: hundreds of them are run here."""
        arguments = ["--stage", "pre-commit"] if self.stage == "commit" else ["--stage", "pre-push", "origin", self.url]
        with self.monkeypatch.context() as patch:
            patch.chdir(self.repo.path)
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(self.stdin.encode())))
            for name, value in environment.items():
                patch.setenv(name, value)
            code = import_module(f"expflow_hooks.hooks.{self.hook}").main(arguments)
        return Done(code, "".join(self.capture.readouterr()))


def line(name: str, error: float) -> str:
    metrics = {"seg_total": 57.0, "pde_mean": error, "train_time_min": 45.0}
    return json.dumps({"experiment_id": name, "metrics": metrics, "params": {"sub_step": 5}}) + "\n"


@pytest.fixture
def ready(
    work: Repo, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[[str, str, bool], Ready]:
    """Return what makes a repository in which a hook has something to find, or nothing."""

    def make(hook: str, stage: str, leak: bool) -> Ready:
        work.write("experiments.jsonl", line("a", 15.0) + line("b", 15.0))
        work.write("expflow.yaml", "version: 1\naudit: {rules: competition, protect: [main]}\n")
        work.git("add", ".")
        work.git("commit", "--quiet", "--no-verify", "--message=base")
        work.git("push", "--quiet", "--no-verify", "origin", "main")
        base = work.git("rev-parse", "HEAD")
        files = {
            "pin_hash": ("d/notes.txt", f"{sha256(b'4071').hexdigest()}\n"),
            "registry": ("experiments.jsonl", line("b", 15.0)),
            "audit": ("experiments.jsonl", line("a", 15.0) + line("b", 15.0) + line("c", 99.0)),
            "policy": ("expflow.yaml", "version: 7\n"),
            "expflow": ("d/notes.txt", f"{sha256(b'4071').hexdigest()}\n"),
        }
        work.write("experiments.jsonl", line("a", 15.0) + line("b", 15.0) + line("c", 15.0))
        work.write("expflow.yaml", "version: 1\naudit: {rules: competition, protect: [main, next]}\n")
        work.write("d/e.txt", "clean\n")
        if leak:
            work.write(*files[hook])
        work.git("add", ".")
        if stage == "push":
            work.git("commit", "--quiet", "--no-verify", "--message=work")
        stdin = f"refs/heads/main {work.git('rev-parse', 'HEAD')} refs/heads/main {base}\n" if stage == "push" else ""
        return Ready(work, hook, stage, stdin, work.git("remote", "get-url", "origin"), monkeypatch, capfd)

    return make


@pytest.fixture
def wrapped(tmp_path: Path) -> Callable[..., dict[str, str]]:
    """Return what gives the environment in which the n-th call of git is broken."""
    folder = tmp_path / "wrapper"
    folder.mkdir()
    (folder / "git").write_text(_WRAPPER.format(git=shutil.which("git")))
    (folder / "git").chmod(0o755)

    def environment(number: int, how: str) -> dict[str, str]:
        calls = tmp_path / f"calls-{how}-{number}"
        calls.mkdir()
        path = f"{folder}{os.pathsep}{os.environ['PATH']}"
        return {"PATH": path, "GIT_CALLS": str(calls), "GIT_BREAK": str(number), "GIT_HOW": how}

    return environment


def calls_in(environment: dict[str, str]) -> int:
    return sum(name.isdigit() for name in os.listdir(environment["GIT_CALLS"]))


@pytest.mark.parametrize(("hook", "stage"), CASES)
def test_a_call_that_fails_is_exit_4(ready, wrapped, hook, stage):
    clean = ready(hook, stage, False)
    whole = wrapped(0, "count")
    assert clean.run(**whole).code == 0
    count = calls_in(whole)
    assert count > 1
    for number in range(1, count + 1):
        environment = wrapped(number, "fail")
        done = clean.run(**environment)
        if _is_optional(environment, number):
            continue
        assert (done.code, "expflow: error (exit 4)" in done.told) == (4, True), (number, done.told)
        assert "broken here" in done.told, (number, done.told)


def _is_optional(environment: dict[str, str], number: int) -> bool:
    """Return whether it was the receiver that could not be asked: then nothing is left out, or git's lines say it."""
    return "ls-remote" in Path(environment["GIT_CALLS"], str(number)).read_text()


@pytest.mark.parametrize("how", ["cut", "killed"])
@pytest.mark.parametrize(("leak", "stage"), [case for case in CASES if case[0] != "expflow"])
def test_a_broken_call_hides_no_finding(ready, wrapped, leak, stage, how):
    leaky = ready(leak, stage, True)._replace(hook="expflow")
    whole = wrapped(0, "count")
    truth = leaky.run(**whole)
    assert truth.code == (2 if leak == "policy" else 1), truth.told
    for number in range(1, calls_in(whole) + 1):
        done = leaky.run(**wrapped(number, how))
        assert done.code in (4, truth.code), (number, done.told)


@pytest.mark.parametrize(("hook", "stage"), CASES)
class TestNowhereToLook:
    def test_without_git(self, ready, tmp_path, hook, stage):
        done = ready(hook, stage, True).run(PATH=str(tmp_path))
        assert (done.code, "git cannot be started" in done.told) == (4, True)

    def test_outside_a_repository(self, ready, tmp_path, hook, stage):
        empty = tmp_path / "empty"
        empty.mkdir()
        done = ready(hook, stage, True)._replace(repo=Repo.at(empty)).run()
        assert (done.code, "not a git repository" in done.told) == (4, True)

    def test_with_a_broken_git_dir(self, ready, tmp_path, hook, stage):
        done = ready(hook, stage, True).run(GIT_DIR=str(tmp_path / "nowhere"))
        assert (done.code, "not a git repository" in done.told) == (4, True)


@pytest.mark.parametrize("hook", ["registry", "audit"])
def test_a_registry_of_the_base_that_is_not_there(ready, hook):
    done = ready(hook, "commit", True)
    blob = done.repo.git("rev-parse", "HEAD:experiments.jsonl")
    (done.repo.path / f".git/objects/{blob[:2]}/{blob[2:]}").unlink()
    said = done.run()
    assert (said.code, "experiments.jsonl are not in this repository" in said.told) == (4, True)


@pytest.mark.parametrize("hook", ["registry", "audit"])
def test_a_partial_clone_whose_remote_is_away(ready, remote, tmp_path, hook):
    source = ready(hook, "commit", True)
    source.repo.git(f"--git-dir={remote}", "config", "uploadpack.allowFilter", "true")
    source.repo.git(
        "clone", "--quiet", "--filter=blob:none", "--no-checkout", f"file://{remote}", str(tmp_path / "part")
    )
    partial = Repo.at(tmp_path / "part")
    partial.git("read-tree", "HEAD")
    partial.write("experiments.jsonl", (source.repo.path / "experiments.jsonl").read_bytes())
    partial.git("update-index", "experiments.jsonl")
    remote.rename(tmp_path / "away")
    said = source._replace(repo=partial).run()
    assert (said.code, "expflow: git: " in said.told) == (4, True), said.told
