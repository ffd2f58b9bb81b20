"""The Action's install as its users' runners do it: hash-locked, from a wheelhouse, skipped, and without a Python."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from action.conftest import research, server  # noqa: F401
from action.research import TOKEN, record
from documents import ROOT
from e2e.wheels import closed_network, wheelhouse  # noqa: F401

TOOLS = ("bash", "cmp", "rm", "cp", "cat", "git", "dirname", "curl")


@pytest.fixture
def action(tmp_path):
    """Return a copy of the Action, as a runner downloads it, in a folder with a space in its name."""
    copy = tmp_path / "the action"
    copy.mkdir()
    shutil.copytree(ROOT / "expflow_hooks", copy / "expflow_hooks", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("action.yml", "requirements.lock"):
        shutil.copy(ROOT / name, copy / name)
    return copy


@pytest.fixture
def ready(research):  # noqa: F811
    research.setup()
    research.results(record("new", 11.0, commit=research.head))
    research.open()
    return research


def step(ready, action, which, path=None, **environment):
    """Run one of the Action's two steps, in the checkout; the token is where action.yml puts it."""
    env = ready.environment("pull_request", ready.payload())
    if which == "install":
        del env["INPUT_GITHUB_TOKEN"]
    env |= {"GITHUB_ACTION_PATH": str(action), "HOME": os.environ["HOME"], "PATH": path or os.environ["PATH"]}
    script = action / "expflow_hooks" / "action" / "run.sh"
    bash = shutil.which("bash")
    return subprocess.run(
        [bash, script, which], cwd=ready.repo.path, env=env | environment, capture_output=True, text=True, timeout=120
    )


def bin_with(tmp_path, **programs):
    """Return a PATH that has the tools of a bare machine and these programs."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in TOOLS:
        (folder / name).symlink_to(shutil.which(name))
    for name, script in programs.items():
        (folder / name).write_text(script)
        (folder / name).chmod(0o755)
    return str(folder)


def test_an_install_with_no_index_and_a_wheelhouse_then_a_verdict(ready, action, closed_network):  # noqa: F811
    (ready.repo.path / "json.py").write_text("raise SystemExit('the checkout was imported')\n")
    (ready.repo.path / "requests.py").write_text("raise SystemExit('the checkout was imported')\n")
    before = ready.repo.git("status", "--porcelain")
    files = {name: ready.repo.path.parent / name for name in ("GITHUB_ENV", "GITHUB_PATH")}
    for file in files.values():
        file.write_text("")
    runner = {name: str(file) for name, file in files.items()} | {"PYTHONPATH": str(ready.repo.path)}
    done = step(ready, action, "install", **closed_network, **runner)
    assert done.returncode == 0, done.stdout + done.stderr
    done = step(ready, action, "judge", **runner)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "rank 2 of 3" in ready.comment
    assert ready.repo.git("status", "--porcelain") == before
    assert [file.read_text() for file in files.values()] == ["", ""]
    assert not list(action.rglob("__pycache__"))

    # A second use in the same job finds it made, without asking pip.
    stamp = next(Path(ready.repo.path.parent / "runner temp").glob("expflow-venv/requirements.lock"))
    made = stamp.stat().st_mtime_ns
    assert step(ready, action, "install", PIP_NO_INDEX="1").returncode == 0
    assert stamp.stat().st_mtime_ns == made

    # A lock that changed is installed anew, and a wheel that has not the hash it names is refused.
    lock = action / "requirements.lock"
    lock.write_text(re.sub("sha256:[0-9a-f]{64}", "sha256:" + "0" * 64, lock.read_text()))
    done = step(ready, action, "install", **closed_network)
    assert "docs/enterprise.md" in done.stdout
    assert_told(ready, step(ready, action, "judge", EXPFLOW_HEAD=ready.head), "docs/enterprise.md")


def assert_told(ready, done, says):
    """Check that a run whose install failed told so everywhere."""
    temp = ready.repo.path.parent / "runner temp"
    assert done.returncode == 4, done.stdout + done.stderr
    assert done.stderr.splitlines()[-1] == "expflow: error (exit 4)"
    assert "passed=false\nverdict=error\n" in (temp / "output").read_text()
    assert says in (temp / "summary").read_text()
    assert says in done.stdout
    assert (ready.status["state"], ready.status["context"]) == ("error", "expflow")
    assert TOKEN not in done.stdout + done.stderr


def test_pips_own_settings_for_other_folders_do_not_lead_the_install_away(ready, action, closed_network, tmp_path):  # noqa: F811
    away = {"PIP_USER": "1", "PIP_TARGET": str(tmp_path / "away"), "PIP_PREFIX": str(tmp_path / "prefix")}
    assert step(ready, action, "install", **closed_network, **away).returncode == 0
    assert step(ready, action, "judge", **away).returncode == 0
    assert not (tmp_path / "away").exists()


def test_skip_takes_the_python_on_path(ready, action):
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    assert step(ready, action, "install", path, EXPFLOW_INSTALL="skip").returncode == 0
    done = step(ready, action, "judge", path, EXPFLOW_INSTALL="skip")
    assert done.returncode == 0, done.stdout + done.stderr
    assert ready.comments()


def test_skip_without_the_modules_says_what_is_missing(ready, action, tmp_path):
    bare = tmp_path / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", bare], check=True)
    path = f"{bare / 'bin'}{os.pathsep}{os.environ['PATH']}"
    done = step(ready, action, "judge", path, EXPFLOW_INSTALL="skip", EXPFLOW_HEAD=ready.head)
    assert_told(ready, done, "install: auto")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("programs", [{}, {"python3": "#!/bin/sh\nexit 1\n", "python": "#!/bin/sh\nexit 127\n"}])
@pytest.mark.parametrize("install", ["auto", "skip"])
def test_no_python_or_an_old_one_is_an_error_with_the_line_to_add(ready, action, tmp_path, programs, install):
    """Python 3.9 fails the question for its version, as the script here does."""
    path = bin_with(tmp_path, **programs)
    assert step(ready, action, "install", path, EXPFLOW_INSTALL=install).returncode == 0, "the next step tells"
    done = step(ready, action, "judge", path, EXPFLOW_INSTALL=install, EXPFLOW_HEAD=ready.head)
    assert_told(ready, done, "- uses: actions/setup-python@v6")


def test_a_real_python_3_9_is_too_old(ready, action, tmp_path):
    beside = Path(sys.base_prefix).parent
    found: list[Any] = [shutil.which("python3.9"), *sorted(beside.glob("3.9*/bin/python3.9"))]
    old = next(
        (path for path in found if path and subprocess.run([path, "-V"], capture_output=True).returncode == 0), None
    )
    if old is None:
        pytest.skip("no Python 3.9 is at hand; the test above stands in for it with a script")
    path = bin_with(tmp_path, python3=f'#!/bin/sh\nexec "{old}" "$@"\n')
    step(ready, action, "install", path)
    done = step(ready, action, "judge", path)
    assert done.returncode == 4
    assert "- uses: actions/setup-python@v6" in done.stdout


def test_a_wrong_install_input_is_a_usage_error(ready, action):
    step(ready, action, "install", EXPFLOW_INSTALL="always")
    done = step(ready, action, "judge", EXPFLOW_INSTALL="always")
    assert done.returncode == 2
    assert "auto or skip" in done.stdout


def test_the_lock_is_what_pyproject_asks_for():
    locked = set(re.findall(r"^([a-z0-9-]+)==", (ROOT / "requirements.lock").read_text(), re.M))
    text = (ROOT / "pyproject.toml").read_text()
    asked = re.findall(r'^    "([A-Za-z]+)', text.split("dependencies = [", 1)[1].split("]", 1)[0], re.M)
    assert {name.lower() for name in asked} <= locked


@pytest.mark.parametrize("version", ["3.10", "3.11", "3.12", "3.13"])
@pytest.mark.parametrize("platform", ["manylinux2014_x86_64", "macosx_11_0_arm64", "win_amd64"])
def test_the_lock_covers_every_python_and_platform(version, platform):
    """Each locked version has a wheel for them, by the names that the lock's hashes stand for."""
    done = subprocess.run(
        [
            *(Path(sys.executable).parent / "uv", "pip", "install", "--dry-run", "--quiet", "--require-hashes"),
            *("--only-binary", ":all:", "--python-version", version, "--python-platform", _UV[platform]),
            *("--target", "/nonexistent", "--requirement", ROOT / "requirements.lock"),
        ],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr


_UV = {
    "manylinux2014_x86_64": "x86_64-manylinux2014",
    "macosx_11_0_arm64": "aarch64-apple-darwin",
    "win_amd64": "x86_64-pc-windows-msvc",
}
