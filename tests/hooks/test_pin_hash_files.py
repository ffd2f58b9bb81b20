"""The hook on files and folders by path, and the forms of its output."""

import errno
import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

from gitrepo import Repo

Hook = Callable[..., "subprocess.CompletedProcess[str]"]

FAIL = "expflow: fail (exit 1)"
ERROR = "expflow: error (exit 4)"


def last(done: "subprocess.CompletedProcess[str]") -> str:
    return done.stderr.splitlines()[-1] if done.stderr else ""


def places(done: "subprocess.CompletedProcess[str]") -> list[str]:
    """Return `path:line:column` (with what stands before it) of each finding."""
    assert "Traceback" not in done.stderr
    return [line.rpartition(": EXP")[0] for line in done.stdout.splitlines()]


class TestFiles:
    def test_paths_are_files_and_folders(self, tmp_path: Path, hook: Hook, digest: str) -> None:
        (tmp_path / "d/e").mkdir(parents=True)
        (tmp_path / "d/.git").mkdir()
        for name in ("a", "d/b", "d/e/c", "d/.git/d"):
            (tmp_path / name).write_text(digest)
        assert places(hook(tmp_path, "a")) == ["a:1:1"]
        assert sorted(places(hook(tmp_path, "d"))) == ["d/b:1:1", "d/e/c:1:1"]
        assert places(hook(tmp_path, "--", "a")) == ["a:1:1"]

    def test_what_cannot_be_read_is_no_pass_and_hides_nothing(self, tmp_path: Path, hook: Hook, digest: str) -> None:
        (tmp_path / "a").write_text(digest)
        os.mkfifo(tmp_path / "pipe")
        done = hook(tmp_path, "nowhere", "pipe", "a\0b".replace("\0", ""), "a", "-v")
        assert (done.returncode, last(done), places(done)) == (4, ERROR, ["a:1:1"])
        assert (
            f"nowhere: {os.strerror(errno.ENOENT)}" in done.stderr
            and "pipe: neither a file nor a folder" in done.stderr
        )
        assert "read 1 objects or files, 64 bytes" in done.stderr

    def test_an_unreadable_file(self, tmp_path: Path, hook: Hook) -> None:
        path = tmp_path / "a"
        path.touch(mode=0)
        done = hook(tmp_path, "/proc/self/mem" if os.access(path, os.R_OK) else "a")  # root reads any mode
        assert (done.returncode, last(done)) == (4, ERROR)

    def test_links_are_followed_only_if_named(self, tmp_path: Path, hook: Hook, digest: str) -> None:
        (tmp_path / "d").mkdir()
        (tmp_path / "a").write_text(digest)
        os.symlink("../a", tmp_path / "d/link")
        os.symlink("..", tmp_path / "d/loop")
        assert hook(tmp_path, "d").returncode == 0
        assert hook(tmp_path, "d/link").returncode == 1

    def test_a_gigabyte_of_nothing_in_bounded_memory(self, tmp_path: Path, digest: str) -> None:
        import resource
        import sys

        with open(tmp_path / "large", "wb") as file:
            file.seek(1 << 30)
            file.write(digest.encode())
        limit = 400 << 20
        done = subprocess.run(
            [sys.executable, "-m", "expflow_hooks.hooks.pin_hash", "large"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)),
        )
        assert (done.returncode, done.stdout[:10]) == (1, "large:1:1:")

    def test_the_hot_path_loads_nothing_of_others(self, tmp_path: Path) -> None:
        import sys

        (tmp_path / "a.py").write_text("x = 1\n" * 1000)
        script = (
            "import os, sys; before = set(sys.modules); from expflow_hooks.hooks.pin_hash import main; "
            "assert main(['a.py']) == 0; print(*(name for name in set(sys.modules) - before if 'expflow' not in name))"
        )
        done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True)
        assert done.stdout.split() == []


class TestOutput:
    def test_json(self, git_repo: Repo, hook: Hook, digest: str) -> None:
        commit = git_repo.commit("a b.txt", f"\n {digest}")
        found = json.loads(hook(git_repo, "--rev", "HEAD", "--format", "json").stdout)
        (finding,) = found["findings"]
        assert found["schema"] == 1 and found["problems"] == []
        assert (finding["path"], finding["line"], finding["column"]) == ("a b.txt", 2, 2)
        assert (finding["commit"], finding["ref"], finding["code"]) == (commit, "HEAD", "EXP001")

    def test_nothing_found_is_said_in_every_format_but_text(self, git_repo: Repo, hook: Hook) -> None:
        git_repo.commit("a", "x")
        assert json.loads(hook(git_repo, "--format=json").stdout)["findings"] == []
        assert json.loads(hook(git_repo, "--format=sarif").stdout)["runs"][0]["results"] == []
        assert hook(git_repo, "--format=github").stdout == ""

    def test_a_file_for_the_output(self, git_repo: Repo, hook: Hook, digest: str) -> None:
        git_repo.commit("a", digest)
        done = hook(git_repo, "--format", "sarif", "--output", "out.sarif")
        assert (done.returncode, done.stdout) == (1, "")
        assert len(json.loads((git_repo.path / "out.sarif").read_text())["runs"][0]["results"]) == 1
        assert hook(git_repo, "--output", "no/folder").returncode == 4

    def test_help(self, git_repo: Repo, hook: Hook) -> None:
        done = hook(git_repo, "--help")
        assert done.returncode == 0 and "expflow-pin-hash" in done.stdout

    def test_a_closed_output_is_no_traceback(self, git_repo: Repo, digest: str) -> None:
        import sys

        git_repo.commit("a", f"{digest}\n" * 20_000)
        line = f"{sys.executable} -m expflow_hooks.hooks.pin_hash | head -1"
        done = subprocess.run(["sh", "-c", line], cwd=git_repo.path, capture_output=True, text=True)
        assert "Traceback" not in done.stderr and "Exception" not in done.stderr
