"""Claim: a hook costs a bare Python start and little more (one file 1.3x; ten blobs, nothing to do: 2.5x)."""

from functools import partial
from pathlib import Path

from util import command, git, hook_environment, measure, source_files, table, workspace

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
    budget = {"one file": 1.3, "ten staged blobs": 2.5, "push with nothing to do": 2.5}
    budget |= {"expflow (all four), ten staged blobs": 2.5}
    budget |= {f"expflow-{name}, nothing to do": 2.5 for name in OTHERS}
    return 0 if table("A hook, start to end", medians, "python -c pass", budget) else 1


def staged(folder: Path) -> Path:
    """Make a repository with ten files staged."""
    source_files(folder, 10, 100_000)
    git(folder, "init", "--quiet")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", "first")
    git(folder, "add", ".")
    return folder


if __name__ == "__main__":
    raise SystemExit(main())
