"""Claim: nothing acknowledged is lost, nothing half is seen, and memory grows with what is asked for only.

Prints the table of docs/reliability.md; every figure is measured by running it. `--quick` makes a tenth of each; names
of cases, such as `kills memory`, make only those. Disks are mounted as root only. The 10 million lines take 2 GB in the
temporary folder, and go again.
"""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from util import ROOT, workspace

sys.path[:0] = [str(ROOT / "tests")]

from faults import appending  # noqa: E402

from expflow_hooks.core.registry.reader import Registry  # noqa: E402
from expflow_hooks.core.registry.verify import verify  # noqa: E402
from expflow_hooks.core.registry.writer import Writer  # noqa: E402

QUICK = 10 if "--quick" in sys.argv else 1


class Result(NamedTuple):
    """One row: what was tried, what came of it, and whether that is what is promised."""

    what: str
    came: str
    holds: bool


def main() -> int:
    """Run every case that was named, or all, and print the table."""
    named = [argument for argument in sys.argv[1:] if not argument.startswith("-")] or list(CASES)
    held = True
    print("| what is done to it | what came of it | |\n|---|---|---|", flush=True)
    for name in named:
        for result in CASES[name]():
            print(f"| {result.what} | {result.came} | {'holds' if result.holds else '**broken**'} |", flush=True)
            held = held and result.holds
    return 0 if held else 1


def kills() -> Iterator[Result]:
    """Kill appending processes with SIGKILL at random moments."""
    with workspace() as folder:
        path = folder / "r.jsonl"
        count = 1000 // QUICK
        acknowledged = set(appending.killed(path, count))
        Writer(str(path)).append({"experiment_id": "after"})
        ids, bad = appending.read_all(path)
        lost = len(acknowledged - set(ids))
        problems = len(verify(Registry(str(path)).lines).problems)
        came = f"{len(acknowledged):,} acknowledged, {lost} lost; {bad} of {len(ids):,} lines unreadable"
        yield Result(f"{count:,} appends killed with SIGKILL at random moments", came, not (lost or bad or problems))


def together() -> Iterator[Result]:
    """Append from 20 processes at once, 4 of them expflow-pde's own."""
    with workspace() as folder:
        path = folder / ".expflow" / "experiments.jsonl"
        path.parent.mkdir(mode=0o700)
        each = 1000 // QUICK
        acknowledged = list(appending.together(path, 16, 4, each))
        ids, bad = appending.read_all(path)
        same, problems = sorted(ids) == sorted(acknowledged), len(verify(Registry(str(path)).lines).problems)
        came = f"{len(acknowledged):,} acknowledged, {len(ids):,} lines, {bad} unreadable; the history "
        came += "holds" if not problems else f"has {problems} problems"
        what = f"16 processes with {each:,} appends each, beside 4 of expflow-pde's"
        yield Result(what, came, same and not bad and not problems)


def tests(what: str, *selected: str) -> Callable[[], Iterator[Result]]:
    """Return a case that runs tests and counts them; one that was skipped does not hold."""

    def run() -> Iterator[Result]:
        budget = os.environ.get("EXPFLOW_FUZZ", str(100_000 // QUICK)) if "tests/fuzz" in selected else ""
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *selected],
            cwd=ROOT,
            env={**os.environ, **({"EXPFLOW_FUZZ": budget} if budget else {})},
            capture_output=True,
            text=True,
        )
        last = (done.stdout.strip().splitlines() or [done.stderr.strip()[-200:]])[-1]
        told = re.sub(r" in [\d.]+s.*| \(.*|=", "", last).strip()
        yield Result(what.format(budget=f"{int(budget or 0):,}"), told, not done.returncode and "skipped" not in told)

    return run


def memory() -> Iterator[Result]:
    """Read 10 million lines of few and of many experiments."""
    lines = 10_000_000 // QUICK
    commands = {
        "compare-scores --top 5": ("compare-scores", "--sort-by", "pde_mean", "--top", "5"),
        "run list --status failed": ("run", "list", "--status", "failed"),
        "run verify": ("run", "verify"),
    }
    few, many = lines // 10_000, lines // 10
    peaks: dict[str, list[int]] = {name: [] for name in commands}
    with workspace() as folder:
        start = _peak(folder, "metrics", "list")
        path = folder / "r.jsonl"
        for ids in (few, many):
            _write(path, lines, ids)
            for name, command in commands.items():
                peaks[name].append(_peak(folder, *command, "--source", str(path)))
    for name, (least, most) in peaks.items():
        what = f"`{name}` of {lines:,} lines of {few:,} experiments, then of {many:,}"
        slope = max(0, (most - least) / (many - few))
        came = f"{least >> 20} MB, {start >> 20} of them at rest; then {most >> 20} MB: {slope:.0f} bytes an id"
        # Lines must cost nothing; of an id a ranking keeps what it may have to show, the others next to nothing.
        most_an_id = 200
        yield Result(what, came, least - start < 32 << 20 and slope < most_an_id)


def _write(path: Path, lines: int, ids: int) -> None:
    from hashlib import sha256

    prev = ""
    with path.open("wb") as file:
        for number in range(lines):
            names = f'"{prev}"' if prev else ""
            status = "running" if number < lines - ids else "completed"  # a training that reports its progress
            line = (
                f'{{"experiment_id": "exp-{number % ids}", "status": "{status}", "metrics": {{"pde_mean": '
                f'{number % 997 + 0.5}}}, "prev": [{names}]}}'
            ).encode()
            prev = sha256(line).hexdigest()
            file.write(line + b"\n")


_MEASURE = """
import os, resource, sys
child = os.spawnv(os.P_NOWAIT, sys.executable, [sys.executable, "-m", "expflow_hooks", *sys.argv[1:]])
code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, code, file=sys.stderr)
"""


def _peak(folder: Path, *arguments: str) -> int:
    """Return the most memory, in bytes, that a command takes."""
    run = [sys.executable, "-c", _MEASURE, *arguments]
    done = subprocess.run(run, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    peak, code = done.stderr.split()[-2:]
    if code not in ("0", "3"):
        raise SystemExit(f"{arguments} ended with {code}: {done.stderr[:300]}")
    return int(peak) * (1 if sys.platform == "darwin" else 1024)


CASES: dict[str, Callable[[], Iterator[Result]]] = {
    "kills": kills,
    "together": together,
    "disks": tests("full and read-only disks, limits, lost permissions and locks", "tests/faults/test_disks.py"),
    "readers": tests("readers beside writers, torn tails, held locks", "tests/faults/test_readers.py"),
    "index": tests(
        "the index against no index: edits, cuts, checkouts, damage, kills, full disks; 16 writers beside 4 rankings",
        "tests/core/registry/test_index.py",
        "tests/core/ranking/test_saved.py",
        "tests/faults/test_index.py",
    ),
    "home": tests("links, races, other owners and any umask in `~/.expflow`", "tests/faults/test_home.py"),
    "prompt": tests("signals during the PIN's prompt", "tests/faults/test_prompt.py"),
    "history": tests(
        "edits, removals, copies, real merges", "tests/core/test_chain.py", "tests/core/test_chain_merges.py"
    ),
    "bypass": tests("the bypass drill", "tests/test_bypass.py"),
    "memory": memory,
    "fuzz": tests("{budget} fuzz inputs a target, in rounds of 2,000", "tests/fuzz", "-n", "auto"),
}


if __name__ == "__main__":
    raise SystemExit(main())
