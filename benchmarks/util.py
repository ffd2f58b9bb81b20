"""What every benchmark shares: an environment as pre-commit makes it, interleaved timing, medians and the table."""

import base64
import json
import os
import platform
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORDS = [*(ROOT / "LICENSE").read_text().split(), "def", "self", "=", "0.123", "loss", "torch", "#", "epoch", "(x)"]


@contextmanager
def workspace() -> Iterator[Path]:
    """Give a temporary folder."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def hook_environment(folder: Path) -> Path:
    """Install this project as pre-commit would (virtualenv, then pip); return the environment's `bin`."""
    environment = folder / "env"
    run = [sys.executable, "-m", "virtualenv", "--quiet", str(environment)]
    subprocess.run(run, check=True)
    pip = [str(environment / "bin/python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, str(ROOT)], check=True)
    return environment / "bin"


def source_files(folder: Path, count: int, size: int) -> Path:
    """Write `count` files that look like source code, `size` bytes in all."""
    draw = random.Random(7)
    for number in range(count):
        path = folder / f"d{number % 50}" / f"f{number}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        left, lines = draw.expovariate(count / size), []
        while left > 0:
            lines.append("    " * draw.randint(0, 3) + " ".join(draw.choices(WORDS, k=draw.randint(2, 12))))
            left -= len(lines[-1]) + 1
        path.write_text("\n".join(lines) + "\n")
    return folder


def lock_file(draw: random.Random, packages: int = 60) -> str:
    """Return requirements as `pip-compile --generate-hashes` writes them: ten hashes a package."""
    entries = []
    for number in range(packages):
        hashes = [f"--hash=sha256:{draw.randbytes(32).hex()}" for _ in range(10)]
        entries.append(" \\\n    ".join([f"package-{number}==1.{draw.randint(0, 99)}", *hashes]))
    return "\n".join(entries) + "\n"


def lfs_pointer(draw: random.Random) -> str:
    """Return the pointer that git has in place of a large file."""
    oid, size = draw.randbytes(32).hex(), draw.randint(10**6, 10**9)
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {size}\n"


def checksums(draw: random.Random, files: int = 100) -> str:
    """Return what `sha256sum` says of a hundred files."""
    return "".join(f"{draw.randbytes(32).hex()}  data/part-{number:05}.h5\n" for number in range(files))


def notebook(draw: random.Random, cells: int = 8) -> str:
    """Return a notebook with an image in each cell's output, 15 KB of base64."""
    shown = [
        {
            "cell_type": "code",
            "source": [" ".join(draw.choices(WORDS, k=12)) + "\n"],
            "outputs": [{"data": {"image/png": base64.b64encode(draw.randbytes(11_000)).decode()}}],
        }
        for _ in range(cells)
    ]
    return json.dumps({"cells": shown, "nbformat": 4}, indent=1)


RESEARCH = {
    "requirements-{}.lock": (lock_file, 20),
    "model-{}.pt": (lfs_pointer, 20),
    "SHA256SUMS-{}": (checksums, 5),
    "run-{}.ipynb": (notebook, 5),
}
"""What a machine-learning repository has besides source: name, what writes it, how many in a thousand files."""


def research_files(folder: Path, count: int, size: int) -> Path:
    """Write `count` files as a machine-learning repository has them, about `size` bytes in all: code and RESEARCH."""
    draw, written, others = random.Random(11), 0, 0
    for name, (write, share) in RESEARCH.items():
        for number in range(share * count // 1000):
            path = folder / f"d{number % 50}" / name.format(number)
            path.parent.mkdir(parents=True, exist_ok=True)
            written += path.write_text(write(draw))
            others += 1
    return source_files(folder, count - others, max(size - written, size // 4))


def git(folder: Path, *arguments: str) -> str:
    """Run git with no one's configuration."""
    person = "bench@example.org"
    settings = {
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        **{f"GIT_{role}_{part}": person for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")},
    }
    environment = {**os.environ, **settings}
    done = subprocess.run(["git", *arguments], cwd=folder, env=environment, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def command(
    *arguments: str | Path, cwd: Path | None = None, env: dict[str, str] | None = None, stdin: str = ""
) -> Callable[[], None]:
    """Return a function that runs a command to its end; a finding (1) is as good an end as none."""

    def run() -> None:
        environment = {**os.environ, **(env or {})}
        words = [str(argument) for argument in arguments]
        done = subprocess.run(words, cwd=cwd, env=environment, input=stdin.encode(), capture_output=True)
        if done.returncode not in (0, 1):
            raise SystemExit(f"{arguments[0]} ended with {done.returncode}: {done.stderr.decode()[-500:]}")

    return run


def measure(candidates: dict[str, Callable[[], None]], rounds: int) -> dict[str, float]:
    """Return the median seconds of each candidate, run in turn so that a noisy moment meets all of them."""
    times: dict[str, list[float]] = {name: [] for name in candidates}
    for _ in range(rounds + 1):
        for name, run in candidates.items():
            begin = time.perf_counter()
            run()
            times[name].append(time.perf_counter() - begin)
    return {name: statistics.median(seconds[1:]) for name, seconds in times.items()}


def table(title: str, medians: dict[str, float], reference: str, budget: dict[str, float]) -> bool:
    """Print medians and ratios to the reference; return whether every budget holds."""
    print(f"\n{title}\n")
    print(f"| {'what':44} | {'median':>9} | {'ratio':>7} | {'budget':>7} | |")
    print(f"|{'-' * 46}|{'-' * 10}:|{'-' * 8}:|{'-' * 8}:|---|")
    held = True
    shares = []
    for name, seconds in medians.items():
        ratio, limit = seconds / medians[reference], budget.get(name)
        over = limit is not None and ratio > limit
        held = held and not over
        shares += [ratio / limit] if limit else []
        mark = "" if limit is None else "over" if over else "held"
        print(f"| {name:44} | {seconds * 1000:6.1f} ms | {ratio:6.2f}x | {f'{limit}x' if limit else '':>7} | {mark} |")
    if shares:
        remember(max(shares))
    return held


def remember(share: float) -> None:
    """Record the largest share of a budget as a metric of the experiment that EXPFLOW_BENCH names, if it names one."""
    experiment = os.environ.get("EXPFLOW_BENCH")
    if not experiment:
        return
    import expflow_hooks

    name = f"{Path(sys.argv[0]).stem}_share"
    had = _recorded.get(name, 0.0)
    _recorded[name] = round(max(share, had), 3)
    params = {"python": platform.python_version(), "system": platform.system(), "cores": os.cpu_count() or 0}
    expflow_hooks.record(
        experiment, status="running", metrics={name: _recorded[name]}, params=params, tags=["benchmark"]
    )


_recorded: dict[str, float] = {}


def need(program: str) -> str:
    """Return the path of a program, or end with what to install."""
    path = shutil.which(program) or shutil.which(program, path=str(Path(sys.executable).parent))
    if not path:
        raise SystemExit(f"{program} is needed for this benchmark: apt-get install ripgrep, or pip install '.[bench]'")
    return path
