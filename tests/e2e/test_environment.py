"""The environments that the make targets make: each refusal is one line."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from documents import ROOT
from e2e.wheels import UNREACHABLE


def environment(*arguments: object, **variables: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, str(ROOT / "tools" / "environment.py"), *map(str, arguments)]
    return subprocess.run(command, env=os.environ | variables, capture_output=True, text=True, timeout=120)


def test_an_index_that_cannot_be_reached_is_one_line(tmp_path: Path) -> None:
    closed = {"PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": UNREACHABLE, "PIP_FIND_LINKS": "", "PIP_RETRIES": "0"}
    done = environment(tmp_path / "venv", "requirements.lock", **closed)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (1, "", 1), done.stderr
    assert f"is the package index reachable? more in {tmp_path / 'venv.log'}" in done.stderr
    assert (tmp_path / "venv.log").stat().st_size


CLOSED = {
    "PIP_CONFIG_FILE": os.devnull,
    "PIP_INDEX_URL": UNREACHABLE,
    "PIP_FIND_LINKS": "",
    "PIP_RETRIES": "0",
    "UV_OFFLINE": "1",
    "UV_NO_CACHE": "1",
}


@pytest.fixture
def unpacked(tmp_path: Path) -> Path:
    """Return the files that the make targets need, as an archive without a repository holds them."""
    for name in ("Makefile", "pyproject.toml", "README.md", "LICENSE", *(path.name for path in ROOT.glob("*.lock"))):
        shutil.copy(ROOT / name, tmp_path / name)
    for name in ("tools", ".ci", "expflow_hooks"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def make(folder: Path, *arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["make", f"PYTHON={sys.executable}", *arguments],
        cwd=folder,
        env={**os.environ, "MAKEFLAGS": "", **CLOSED, **variables},
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.mark.parametrize("target", ["demo", "test", "docs", "test-pythons"])
def test_without_the_index_a_target_that_makes_an_environment_says_so(unpacked: Path, target: str) -> None:
    done = make(unpacked, target)
    assert done.returncode
    assert "is the package index reachable?" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize("target", ["lock", "wheelhouse", "test-newest", "test-lowest"])
def test_without_the_index_a_target_that_asks_it_says_so(unpacked: Path, target: str) -> None:
    venv = Path(sys.prefix)
    done = make(unpacked, "-o", f"{venv}/.dev", f"VENV={venv}", target)
    assert done.returncode
    assert "is the package index reachable?" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_without_git_it_says_so(unpacked: Path) -> None:
    path = unpacked / "bin"
    path.mkdir()
    for program in ("make", "sh", "grep", "sed", "touch", "dirname"):
        (path / program).symlink_to(str(shutil.which(program)))
    done = make(unpacked, "demo", PATH=str(path))
    assert done.returncode
    assert "git is needed" in done.stderr


def test_every_checkout_has_the_same_bytes() -> None:
    """A clone with `core.autocrlf`, as on Windows, has no CR in what a shell or make reads."""
    listed = subprocess.run(["git", "ls-files", "--eol"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("an unpacked archive, no repository")
    rows = [line.split(maxsplit=3) for line in listed.stdout.splitlines()]
    assert [row for row in rows if row[0] not in ("i/lf", "i/-text", "i/none")] == []
    assert [row for row in rows if row[0] == "i/lf" and "eol=lf" not in " ".join(row)] == []


def test_no_two_files_differ_in_case_only() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    names = [name for name in listed.stdout.split("\0") if name]
    assert len({name.casefold() for name in names}) == len(names)


@pytest.mark.parametrize("arguments", [(), (".venv",)])
def test_too_few_arguments_are_one_line(arguments: "tuple[str, ...]") -> None:
    done = environment(*arguments)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (1, "", 1)
    assert "such as environment.py .venv requirements-dev.lock" in done.stderr
