"""What a commit of one file costs that brings nothing to report: plain git, and our hook run by each framework."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from util import command, git, hook_environment, measure, need, table, workspace

ROUNDS = 20
_CONFIGURATION = """\
repos:
- repo: local
  hooks:
  - {{id: expflow, name: expflow, entry: "{0}", language: system, always_run: true, pass_filenames: false}}
"""


def main() -> int:
    """Measure commits without a hook, with ours in plain git, and with ours under prek and under pre-commit."""
    with workspace() as folder:
        programs = hook_environment(folder)
        plain = "git commit, no hook"
        candidates: dict[str, Callable[[], None]] = {plain: _commit(_repository(folder / "plain"))}
        ours = _repository(folder / "ours")
        _run(ours, programs / "expflow-hooks", "install")
        candidates["expflow in plain git"] = _commit(ours)
        lines: dict[str, int] = {}
        for framework in ("prek", "pre-commit"):
            repository = _repository(folder / framework)
            (repository / ".pre-commit-config.yaml").write_text(_CONFIGURATION.format(programs / "expflow-all"))
            git(repository, "add", ".pre-commit-config.yaml")
            _run(repository, need(framework), "install")
            lines[framework] = _lines_of(repository)
            candidates[f"expflow under {framework}"] = _commit(repository)
        table("A commit of one file, nothing to report", measure(candidates, ROUNDS), plain, {})
    for framework, count in lines.items():
        print(f"{framework}: lines besides git's own: {count}")
    return 0 if set(lines.values()) == {1} else 1


def _repository(folder: Path) -> Path:
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "config", "user.name", "Bench")
    git(folder, "config", "user.email", "bench@example.org")
    (folder / "train.py").write_text("print(1)\n")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", "first")
    return folder


def _run(folder: Path, *words: str | Path) -> str:
    environment = {**os.environ, **_caches(folder)}
    done = subprocess.run(
        words, cwd=folder, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    if done.returncode:
        raise SystemExit(f"{words[0]} ended with {done.returncode}: {done.stdout[-500:]}")
    return done.stdout


def _caches(folder: Path) -> dict[str, str]:
    return {"PRE_COMMIT_HOME": str(folder / ".git/cache"), "PREK_HOME": str(folder / ".git/prek")}


def _lines_of(folder: Path) -> int:
    """Return how many lines a commit prints."""
    git(folder, "add", ".")
    printed = _run(folder, shutil.which("git") or "git", "commit", "--quiet", "--allow-empty", "--message", "one")
    return len(printed.splitlines())


def _commit(folder: Path) -> Callable[[], None]:
    """Return a function that changes a file and commits it."""
    cache = _caches(folder)
    commit = command("git", "commit", "--quiet", "--all", "--message", "step", cwd=folder, env=cache)

    def run() -> None:
        with open(folder / "train.py", "a") as file:
            file.write("print(2)\n")
        commit()

    return run


if __name__ == "__main__":
    raise SystemExit(main())
