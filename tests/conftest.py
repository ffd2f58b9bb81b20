"""Fixtures that every test may use: a home of its own, the command line, a registry, a git repository."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from gitrepo import Repo
from hypothesis import settings

settings.register_profile("house", deadline=None)  # a busy machine is no finding
settings.load_profile("house")

_CLEARED = ("EXPFLOW_", "CLEARML_", "GIT_", "PRE_COMMIT", "PREK_", "GITHUB_")


# What `make test-fast` leaves out: files whose tests start many processes (frameworks, hooks, servers, installs), and
# simulations. What is left takes 80 seconds of processor time: less than a minute on two cores.
_SLOW = (
    "tests/action/test_large.py",
    "tests/action/test_late_crowd.py",
    "tests/action/test_borrowed.py",
    "tests/action/test_heads.py",
    "tests/action/test_late.py",
    "tests/action/test_registry_folder.py",
    "tests/action/test_workflows.py",
    "tests/action/test_fake_github.py::test_the_files_of_a_commit_come",
    "tests/action/test_runs.py",
    "tests/cli/test_commands.py",
    "tests/cli/test_compare_base.py",
    "tests/cli/test_guarded_records.py",
    "tests/cli/test_index.py",
    "tests/cli/test_run.py",
    "tests/core/ranking/test_ranking_reference.py",
    "tests/core/ranking/test_uncertainty.py::test_the_best_of_twenty",
    "tests/core/registry/test_index.py",
    "tests/core/test_platform.py",
    "tests/e2e/",
    "tests/faults/",
    "tests/fuzz/",
    "tests/git/",
    "tests/hooks/test_audit.py",
    "tests/hooks/test_broken_git.py",
    "tests/hooks/test_pin_hash",
    "tests/hooks/test_receivers.py",
    "tests/hooks/test_registry",
    "tests/operations/test_standing.py",
    "tests/render/test_html.py::test_a_page_of_a_thousand_rows",
    "tests/setup/",
    "tests/sources/",
    "tests/test_burgers.py",
    "tests/test_bypass.py",
    "tests/test_calibration.py",
    "tests/test_documentation.py::test_what_commands_print",
    "tests/test_locks.py",
    "tests/test_migrating.py",
    "tests/test_readme.py",
    "tests/test_reference.py",
    "tests/test_typed.py",
)
# What measuring itself makes fail: the modules of a bare start, and files that may not grow (its own among them).
_UNMEASURED = (
    "tests/faults/test_disks.py::test_a_limit_of_the_files_size",
    "tests/git/test_repository.py::test_importing_git_loads_no_subprocess",
    "tests/test_imports.py::test_a_start_loads_only_what_the_command_needs",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what `make test-fast` and `make coverage` leave out."""
    for item in items:
        for mark, tests in (("slow", _SLOW), ("unmeasured", _UNMEASURED)):
            if item.nodeid.startswith(tests):
                item.add_marker(mark)


def pytest_sessionfinish() -> None:
    """Save what a worker measured: `make coverage` runs several, which end without Python's own end."""
    coverage = sys.modules.get("coverage")
    if coverage is not None and (measured := coverage.Coverage.current()):
        measured.save()


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give each test a home of its own, and an environment without settings of ours or of git's."""
    path = tmp_path_factory.mktemp("home")
    for name in list(os.environ):
        if name.startswith(_CLEARED):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(path))
    monkeypatch.setenv("USERPROFILE", str(path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(path / ".cache"))
    monkeypatch.setenv("PRE_COMMIT_HOME", str(path / "pre-commit"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    (path / ".gitconfig").write_text(
        "[user]\n\tname = Test\n\temail = test@example.invalid\n[init]\n\tdefaultBranch = main\n"
    )
    return path


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Run the test in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


Cli = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def cli(work: Path) -> Cli:
    """Return a function that runs the real command in a process of its own."""

    def run(*arguments: str, stdin: str | None = None, **options: Any) -> subprocess.CompletedProcess[str]:
        env = {**os.environ, **options.pop("env", {})}
        if stdin is None:
            options.setdefault("stdin", subprocess.DEVNULL)
        else:
            options["input"] = stdin
        done = subprocess.run(
            [sys.executable, "-m", "expflow_hooks", *arguments],
            env=env,
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
            timeout=60,
            **options,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done

    return run


@pytest.fixture
def registry(work: Path) -> Callable[..., Path]:
    """Return a function that writes records, or raw lines, into `experiments.jsonl`."""

    def write(*lines: dict[str, Any] | bytes | str) -> Path:
        path = work / "experiments.jsonl"
        data = b""
        for line in lines:
            raw = json.dumps(line).encode() if isinstance(line, dict) else line
            data += (raw.encode() if isinstance(raw, str) else raw) + b"\n"
        path.write_bytes(data)
        return path

    return write


@pytest.fixture
def repo(work: Path) -> Callable[..., str]:
    """Make `work` a git repository and return a function that runs git in it."""

    def git(*arguments: str) -> str:
        done = subprocess.run(["git", *arguments], cwd=work, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    git("init", "--quiet")
    return git


@pytest.fixture
def git_repo(tmp_path: Path) -> Repo:
    """Return an empty repository, in a folder of its own, in which we are not."""
    return Repo(tmp_path / "repo")


@pytest.fixture(scope="session")
def digest() -> str:
    """Return the hash of a PIN, made here so that no file of this project holds one."""
    return sha256(b"4071").hexdigest()


@pytest.fixture
def hook() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Return what runs `expflow-pin-hash` in a repository (or any folder), as a process of its own."""

    def run(
        where: Repo | Path, *arguments: str, stdin: str = "", **environment: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "expflow_hooks.hooks.pin_hash", *arguments],
            cwd=where.path if isinstance(where, Repo) else where,
            env={**os.environ, **environment},
            input=stdin,
            capture_output=True,
            text=True,
            errors="surrogateescape",
        )

    return run
