"""The Action after its install: seconds and requests on a GitHub on loopback, and what the install brings.

Budget: 1.0 s; 4 requests + the pages of comments + what the scan reads.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from util import ROOT

sys.path.insert(0, str(ROOT / "tests"))

from action.research import Research, record
from fakes.github_server import FakeGitHub
from gitrepo import Repo

ROUNDS = 7
COMMENTS = 150  # two pages
EXPERIMENTS = 1000


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "home").mkdir()
        os.environ["HOME"] = str(Path(folder) / "home")
        config = "[user]\n\tname = B\n\temail = b@example.org\n[init]\n\tdefaultBranch = main\n"
        (Path(folder) / "home" / ".gitconfig").write_text(config)
        python = install(Path(folder))
        with FakeGitHub(Path(folder) / "repo").serving() as server:
            measure(Research(Repo(Path(folder) / "repo"), server=server), python)
        sizes(Path(folder))


def install(folder: Path) -> Path:
    """Install as action.yml does, and return the Python."""
    environment = {**os.environ, "GITHUB_ACTION_PATH": str(ROOT), "RUNNER_TEMP": str(folder)}
    script = str(ROOT / "expflow_hooks" / "action" / "run.sh")
    started = time.perf_counter()
    subprocess.run(["bash", script, "install"], env=environment, check=True, capture_output=True)
    print(f"install: {time.perf_counter() - started:.1f} s\n")
    return folder / "expflow-venv" / "bin" / "python"


def measure(research: Research, python: Path) -> None:
    """Run the Action again and again on one pull request whose comment changes each time."""
    research.setup(base_records=[record(f"run-{i}", 5 + i / 100) for i in range(EXPERIMENTS)])
    research.results(record("new", 7.0, commit=research.head))
    research.open()
    assert research.server is not None
    for index in range(COMMENTS):
        research.server.state.add_comment(7, f"talk {index}")
    code = ROOT / "expflow_hooks" / "__main__.py"
    seconds, bare, requests = [], [], 0
    for _ in range(ROUNDS + 1):
        research.results(record(f"more-{time.monotonic_ns()}", 8.0, commit="f" * 40))
        environment = os.environ | research.environment("pull_request", research.payload())
        research.server.log.clear()
        seconds.append(timed([python, "-I", "-B", code, "action"], environment))
        bare.append(timed([python, "-I", "-c", "pass"], environment))
        requests = len(research.server.log)
    pages = -(-(COMMENTS + 1) // 100)
    took, base = statistics.median(seconds[1:]), statistics.median(bare[1:])
    print(f"{'what':44}{'measured':>10}{'budget':>10}")
    print(f"{f'seconds, {EXPERIMENTS} experiments, comment updated':44}{took:>10.2f}{1.0:>10.1f}")
    print(f"{'  of it, a bare python':44}{base:>10.2f}")
    print(f"{f'requests, {pages} pages of comments':44}{requests:>10}{4 + pages:>10}")


def timed(command: list[str | Path], environment: dict[str, str]) -> float:
    """Return the seconds that a command takes."""
    started = time.perf_counter()
    subprocess.run(command, env=environment, check=True, capture_output=True)
    return time.perf_counter() - started


def sizes(folder: Path) -> None:
    """Print what was installed, each distribution with its size."""
    site = next(folder.glob("expflow-venv/lib/python3.*/site-packages"))
    found = []
    for info in site.glob("*.dist-info"):
        names = [line.split(",")[0] for line in (info / "RECORD").read_text().splitlines()]
        size = sum((site / name).stat().st_size for name in names if name and (site / name).exists())
        found.append((size, info.name.removesuffix(".dist-info").replace("-", " ")))
    print(f"\n{'installed':44}{'KB':>10}")
    for size, name in sorted(found, reverse=True):
        print(f"{name:44}{size / 1000:>10.0f}")
    print(f"{'in all':44}{sum(size for size, _ in found) / 1000:>10.0f}")


if __name__ == "__main__":
    main()
