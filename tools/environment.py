"""Make a virtual environment, install hash-locked requirements into it, and the project itself.

    python3 tools/environment.py FOLDER requirements.lock...
    python3 tools/environment.py FOLDER --newest EXTRA...

pip's configuration of this machine (a mirror, a certificate, a proxy) is honoured, but for what would install other
things or elsewhere. A failure is one line; pip's own words are then in FOLDER.log.
"""

import os
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = "requirements-build.lock"
# Published as source only. What builds them is in the build lock, so that nothing unlocked is fetched for them.
_SOURCES = "fysom,antlr4-python3-runtime"
_WHEELS = ["--only-binary", ":all:", "--no-binary", _SOURCES, "--no-build-isolation"]
_LOCKED = ["--require-hashes", *_WHEELS]
_PROJECT = ["--no-deps", "--no-build-isolation", "--editable", "."]
# Settings of pip for another purpose, and of Python for another installation.
_UNSET = (
    "PYTHONPATH",
    "PYTHONHOME",
    *(f"PIP_{name}" for name in ("TARGET", "PREFIX", "ROOT", "CONSTRAINT", "EDITABLE")),
)
_SET = {
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PIP_NO_INPUT": "1",
    "PIP_REQUIRE_HASHES": "0",  # the project itself has none
    "PIP_USER": "0",
}


class Failed(Exception):
    """What could not be done, in one line."""


def main(arguments: "list[str]") -> int:
    """Make the environment; return the exit code."""
    if len(arguments) < 2:
        return _fail("usage: environment.py FOLDER LOCK...; such as environment.py .venv requirements-dev.lock")
    folder, *what = arguments
    try:
        create(folder)
        pip(folder, *_LOCKED, "--requirement", BUILD)
        if what[0] == "--newest":
            pip(folder, "--upgrade", *_WHEELS, "--editable", f".[{','.join(what[1:])}]")
        else:
            pip(folder, *_LOCKED, *(part for lock in what for part in ("--requirement", lock)))
            pip(folder, *_PROJECT)
    except Failed as failed:
        return _fail(str(failed))
    return 0


def create(folder: str) -> None:
    """Make an empty virtual environment."""
    if sys.version_info < (3, 10):  # noqa: UP036  this is what says so
        raise Failed(
            f"needs Python 3.10 or newer, this is {sys.version.split()[0]}; such as make test PYTHON=python3.12"
        )
    if shutil.which("git") is None:
        raise Failed("git is needed, and none is on PATH; on Debian: apt-get install git")
    os.makedirs(os.path.dirname(os.path.join(ROOT, folder)), exist_ok=True)
    _run(folder, [sys.executable, "-m", "venv", "--clear", folder], "on Debian: apt-get install python3-venv")


def pip(folder: str, *arguments: str) -> None:
    """Install into the environment with its own pip."""
    python = os.path.join(folder, *(("Scripts", "python.exe") if os.name == "nt" else ("bin", "python")))
    _run(folder, [python, "-m", "pip", "install", *arguments], "is the package index reachable?")


def _run(folder: str, command: "list[str]", hint: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name not in _UNSET}
    environment.update(_SET)
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode == 0:
        return
    log = folder.rstrip("/") + ".log"
    with open(os.path.join(ROOT, log), "wb") as file:
        file.write(done.stdout)
    lines = done.stdout.decode("utf-8", "replace").strip().splitlines() or ["no reason given"]
    errors = [line for line in lines if line.startswith("ERROR: ") and line != "ERROR: Exception:"]
    raise Failed(f"{' '.join(command[1:4])} failed ({hint} more in {log}): {(errors or lines)[-1]}")


def _fail(message: str) -> int:
    print(f"environment: {message}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
