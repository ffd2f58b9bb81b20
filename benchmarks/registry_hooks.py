"""Claim: with a tracked registry of 100 MB, registry hook and audit cost 1.5 times reading both versions from git."""

import json
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from registry_data import records
from util import command, git, hook_environment, measure, table, workspace

EXPERIMENTS = 90_000  # 185,000 lines, 100 MB
ROUNDS = 3
REGISTRY = "experiments.jsonl"
_POLICY = "version: 1\naudit: {rules: [{gate: 'pde_mean:lt:1e9'}], protect: [main]}\n"
_READ_BOTH = "git cat-file blob HEAD:{0} >/dev/null && git cat-file blob :{0} >/dev/null"


def main() -> int:
    """Measure the commit and the push of one more line, and of one more line of an experiment that is there."""
    with workspace() as folder:
        programs = hook_environment(folder)
        held = True
        for what, add in {"a new experiment": _new, "a revision": _revision}.items():
            repository = _repository(folder / what.replace(" ", "-"), add)
            held = _measured(f"One line more, {what}", programs, repository) and held
    return 0 if held else 1


def _measured(title: str, programs: Path, repository: Path) -> bool:
    reference = "git cat-file of both versions"
    base, head = git(repository, "rev-parse", "HEAD"), git(repository, "rev-parse", "next")
    stdin = f"refs/heads/next {head} refs/heads/main {base}\n"
    candidates: dict[str, Callable[[], None]] = {
        reference: command("sh", "-c", _READ_BOTH.format(REGISTRY), cwd=repository)
    }
    for name in ("registry", "audit", "all"):
        hook = programs / f"expflow-{name}"
        candidates[f"expflow-{name}, commit"] = command(hook, cwd=repository)
        candidates[f"expflow-{name}, push"] = command(hook, "--push", "origin", "url", cwd=repository, stdin=stdin)
    medians = measure(candidates, ROUNDS)
    budget = {name: 1.5 for name in medians if name.startswith(("expflow-registry", "expflow-audit"))}
    held = table(title, medians, reference, budget)
    for name in ("registry", "audit"):
        print(f"expflow-{name} at a commit: {_peak([str(programs / f'expflow-{name}')], repository)} MB")
    return held


def _peak(words: list[str], cwd: Path) -> int:
    """Return the most memory that a command and its children had, in megabytes."""
    script = (
        "import resource,subprocess,sys;subprocess.run(sys.argv[1:],capture_output=True);"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    done = subprocess.run([sys.executable, "-c", script, *words], cwd=cwd, capture_output=True, text=True, check=True)
    return int(done.stdout) // 1024


def _repository(folder: Path, add: Callable[[list[bytes]], bytes]) -> Path:
    """Make a repository whose registry has one line more in the index than in HEAD, and a branch `next` with it."""
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main")
    (folder / "expflow.yaml").write_text(_POLICY)
    lines = _chained()
    (folder / REGISTRY).write_bytes(b"".join(lines))
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", "base")
    git(folder, "remote", "add", "origin", str(folder))
    git(folder, "update-ref", "refs/remotes/origin/main", "HEAD")
    with open(folder / REGISTRY, "ab") as file:
        file.write(add(lines))
    git(folder, "add", ".")
    tree, base = git(folder, "write-tree"), git(folder, "rev-parse", "HEAD")
    git(folder, "branch", "next", git(folder, "commit-tree", tree, "-p", base, "-m", "next"))
    return folder


def _chained() -> list[bytes]:
    lines: list[bytes] = []
    for record in records(EXPERIMENTS):
        prev = [sha256(lines[-1][:-1]).hexdigest()] if lines else []
        lines.append(json.dumps({**record, "prev": prev}).encode() + b"\n")
    return lines


def _appended(lines: list[bytes], record: dict[str, object]) -> bytes:
    return json.dumps({**record, "prev": [sha256(lines[-1][:-1]).hexdigest()]}).encode() + b"\n"


def _new(lines: list[bytes]) -> bytes:
    return _appended(lines, {"experiment_id": "fno-new", "status": "completed", "metrics": {"pde_mean": 15.0}})


def _revision(lines: list[bytes]) -> bytes:
    found = (json.loads(line) for line in lines[1000:])
    completed = next(record for record in found if record["status"] == "completed")
    return _appended(lines, {**completed, "metrics": {"pde_mean": 15.0}})


if __name__ == "__main__":
    raise SystemExit(main())
