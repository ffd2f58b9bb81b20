"""Claim: a hook costs a bare Python start and little more.

One file 1.3x, also one LFS pointer or lock file 1.5x; ten blobs, nothing to do: 2.5x.
"""

import random
from functools import partial
from pathlib import Path

from util import command, git, hook_environment, lfs_pointer, lock_file, measure, source_files, table, workspace

HASHES = {"LFS pointer": lfs_pointer, "lock file": lock_file}
OTHERS = ("audit", "policy", "registry")


def main() -> int:
    """Measure one file by path, ten staged blobs, a push with nothing new, and the other hooks with nothing to do."""
    with workspace() as folder:
        programs = hook_environment(folder)
        repository = staged(folder / "repository")
        hook = programs / "expflow-pin-hash"
        head = git(repository, "rev-parse", "HEAD")
        push = partial(command, cwd=repository, stdin=f"refs/heads/main {head} refs/heads/main {head}\n")
        medians = measure(
            {
                "python -c pass": command(programs / "python", "-c", "pass"),
                "one file": command(hook, "d0/f0.py", cwd=repository),
                **{f"one {name}": command(hook, name, cwd=repository) for name in HASHES},
                "ten staged blobs": command(hook, cwd=repository),
                "expflow (all four), ten staged blobs": command(programs / "expflow-all", cwd=repository),
                "push with nothing to do": push(hook, "--push", "origin", "elsewhere"),
                "expflow, push with nothing to do": push(programs / "expflow-all", "--push", "origin", "elsewhere"),
                **{
                    f"expflow-{name}, nothing to do": command(programs / f"expflow-{name}", cwd=repository)
                    for name in OTHERS
                },
            },
            rounds=40,
        )
    budget = {"one file": 1.3, **{f"one {name}": 1.5 for name in HASHES}}
    budget |= {"ten staged blobs": 2.5, "push with nothing to do": 2.5}
    budget |= {"expflow (all four), ten staged blobs": 2.5}
    budget |= {f"expflow-{name}, nothing to do": 2.5 for name in OTHERS}
    return 0 if table("A hook, start to end", medians, "python -c pass", budget) else 1


def staged(folder: Path) -> Path:
    """Make a repository with ten files staged."""
    source_files(folder, 10, 100_000)
    git(folder, "init", "--quiet")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", "first")
    git(folder, "add", ".")
    for name, write in HASHES.items():
        (folder / name).write_text(write(random.Random(5)))
    return folder


if __name__ == "__main__":
    raise SystemExit(main())
