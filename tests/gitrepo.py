"""Real git repositories for tests that need more than one, or more than running git."""

import os
import subprocess
import sys
from pathlib import Path


class Repo:
    """A real repository in a temporary folder."""

    def __init__(self, path: Path, *options: str) -> None:
        self.path = path
        path.mkdir(parents=True, exist_ok=True)
        self.git("init", "--quiet", "--initial-branch=main", *options)

    @classmethod
    def at(cls, path: Path) -> "Repo":
        """Return what is at a path as it is, be it a repository or not."""
        found = cls.__new__(cls)
        found.path = path
        return found

    def git(self, *arguments: str | bytes, ok: bool = True, **environment: str) -> str:
        """Run git and return what it prints, to both streams if `ok` is not asked for."""
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.path,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE if ok else subprocess.STDOUT,
        )
        if ok and done.returncode:
            raise AssertionError(f"git {arguments}: {done.stderr.decode()}")
        return done.stdout.decode("utf-8", "surrogateescape").strip()

    def write(self, name: str | bytes, content: str | bytes) -> None:
        """Write a file, whose name may be any bytes."""
        path = os.path.join(os.fsencode(self.path), os.fsencode(name))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)

    def commit(self, name: str | bytes, content: str | bytes, message: str = "work") -> str:
        """Write and commit one file, whatever hooks say; return the commit."""
        self.write(name, content)
        self.git("add", "--force", "--", name)
        self.git("commit", "--quiet", "--no-verify", "--message", message)
        return self.git("rev-parse", "HEAD")


def install_pre_push(repo: Repo) -> None:
    """Install the hook the plain way, as git calls it."""
    path = repo.path / ".git/hooks/pre-push"
    path.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m expflow_hooks.hooks.pin_hash --push "$@"\n')
    path.chmod(0o755)
