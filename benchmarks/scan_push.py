"""Claim: looking at all that a push of 100 commits and 1,000 blobs adds costs no more than `git log -p` on it."""

from pathlib import Path

from util import command, git, hook_environment, measure, source_files, table, workspace

COMMITS, FILES = 100, 10


def main() -> int:
    """Measure the hook at a push, as pre-commit calls it, beside `git log -p`."""
    with workspace() as folder:
        programs = hook_environment(folder)
        repository = history(folder / "repository")
        environment = {"PRE_COMMIT_REMOTE_NAME": "origin", "PRE_COMMIT_TO_REF": git(repository, "rev-parse", "HEAD")}
        medians = measure(
            {
                "git log -p": command("git", "log", "-p", "origin/main..HEAD", cwd=repository),
                "expflow-pin-hash": command(programs / "expflow-pin-hash", cwd=repository, env=environment),
                "python -c pass": command(programs / "python", "-c", "pass"),
            },
            rounds=25,
        )
    title = f"push of {COMMITS} commits, {COMMITS * FILES:,} blobs"
    return 0 if table(title, medians, "git log -p", {"expflow-pin-hash": 1.0}) else 1


def history(folder: Path) -> Path:
    """Make a repository whose remote has one commit and lacks a hundred, of ten changed files each."""
    source_files(folder, 200, 1_000_000)
    (folder / "config.yaml").write_text("lr: 0.1\n")
    git(folder, "init", "--quiet", "--initial-branch", "main")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", "base")
    git(folder, "update-ref", "refs/remotes/origin/main", "HEAD")
    paths = sorted(folder.rglob("*.py"))
    for number in range(COMMITS):
        for path in paths[number % 20 * FILES :][:FILES]:
            path.write_text(path.read_text() + f"step = {number}\n")
        git(folder, "commit", "--quiet", "--all", "--message", f"step {number}")
    return folder


if __name__ == "__main__":
    raise SystemExit(main())
