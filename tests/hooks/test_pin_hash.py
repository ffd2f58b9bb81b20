"""The hook at commit and at push, with real git, and what it refuses."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
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


class TestAtCommit:
    def test_nothing_staged_in_an_empty_repository_passes(self, git_repo: Repo, hook: Hook) -> None:
        done = hook(git_repo)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")

    def test_the_first_commit_is_looked_at(self, git_repo: Repo, hook: Hook, digest: str) -> None:
        git_repo.write("a.txt", digest)
        git_repo.git("add", ".")
        done = hook(git_repo)
        assert (done.returncode, places(done), last(done)) == (1, ["a.txt:1:1"], FAIL)
        assert digest not in done.stdout + done.stderr and "4071" not in done.stdout + done.stderr

    def test_the_index_counts_and_not_the_worktree(self, git_repo: Repo, hook: Hook, digest: str) -> None:
        git_repo.commit("a.txt", "x\n")
        git_repo.write("a.txt", f"y\n{digest}\n")
        git_repo.git("add", ".")
        git_repo.write("a.txt", "clean again\n")
        assert places(hook(git_repo)) == ["a.txt:2:1"]
        git_repo.git("add", ".")
        git_repo.write("a.txt", digest)
        assert hook(git_repo).returncode == 0

    def test_nothing_staged_means_the_whole_index(self, git_repo: Repo, hook: Hook, digest: str) -> None:
        git_repo.commit("a.txt", digest)
        assert places(hook(git_repo)) == ["a.txt:1:1"]
        git_repo.write("b.txt", "x")
        git_repo.git("add", "b.txt")
        assert hook(git_repo).returncode == 0

    def test_a_rename_with_an_edit(self, git_repo: Repo, hook: Hook, digest: str) -> None:
        git_repo.commit("a.txt", "x\n" * 50)
        git_repo.git("mv", "a.txt", "b.txt")
        git_repo.write("b.txt", "x\n" * 50 + digest)
        git_repo.git("add", ".")
        assert places(hook(git_repo)) == ["b.txt:51:1"]

    def test_a_rename_to_a_key_file(self, git_repo: Repo, hook: Hook) -> None:
        git_repo.commit("notes.txt", "pin: {hash: x}\n")
        git_repo.git("mv", "notes.txt", "config.yaml")
        assert places(hook(git_repo)) == ["config.yaml:1:13"]

    def test_a_deletion_passes(self, git_repo: Repo, hook: Hook, digest: str) -> None:
        git_repo.commit("b.txt", "x")
        git_repo.commit("a.txt", digest)
        git_repo.git("rm", "--quiet", "a.txt")
        assert hook(git_repo).returncode == 0

    def test_the_target_of_a_symlink(self, git_repo: Repo, hook: Hook, digest: str) -> None:
        os.symlink(digest, git_repo.path / "link")
        os.symlink("/elsewhere/pin.hash", git_repo.path / "pin.hash")
        git_repo.git("add", ".")
        assert places(hook(git_repo)) == ["link:1:1"]

    @pytest.mark.parametrize(
        "name", [b"a\nb", b"a b ", b" a", b"\xff\xfe", b"a\r", b"a\tb", b'"q"', b"-v", b"\xe2\x80\xaex"]
    )
    def test_file_names(self, name: bytes, git_repo: Repo, hook: Hook, digest: str) -> None:
        git_repo.write(name, digest)
        git_repo.write(b"d/" + name + b"/config.yaml", "pin: {hash: x}")
        git_repo.git("add", ".")
        done = hook(git_repo)
        assert done.returncode == 1
        assert len(done.stdout.splitlines()) == 2
        assert all(line.isprintable() for line in done.stdout.splitlines())

    def test_a_name_that_holds_the_digest_is_not_printed(self, git_repo: Repo, hook: Hook, digest: str) -> None:
        git_repo.write(f"{digest}.txt", digest)
        git_repo.git("add", ".")
        for form in ("text", "json", "sarif", "github"):
            done = hook(git_repo, "--format", form)
            assert done.returncode == 1 and digest[:8] not in done.stdout + done.stderr

    def test_attributes_and_settings_hide_nothing(self, git_repo: Repo, hook: Hook, digest: str) -> None:
        git_repo.commit(".gitattributes", "* -diff filter=f diff=d\n*.bin binary\n")
        settings = {
            "color.ui": "always",
            "diff.external": "true",
            "diff.d.textconv": "true",
            "diff.noprefix": "true",
            "diff.ignoreSubmodules": "all",
            "diff.orderFile": "/nowhere",
            "diff.relative": "true",
            "diff.renames": "copies",
            "core.quotePath": "false",
            "core.attributesFile": "/nowhere",
            "log.showSignature": "true",
            "status.showUntrackedFiles": "no",
        }
        for key, value in settings.items():
            git_repo.git("config", key, value)
        blob = subprocess.run(
            ["git", "hash-object", "-w", "--stdin"],
            cwd=git_repo.path,
            input=digest.encode(),
            capture_output=True,
            check=True,
        ).stdout.decode()
        git_repo.git("update-index", "--add", "--cacheinfo", f"100644,{blob.strip()},a.bin")
        assert places(hook(git_repo, GIT_EXTERNAL_DIFF="true", GIT_LITERAL_PATHSPECS="1", GIT_PAGER="cat")) == [
            "a.bin:1:1"
        ]

    def test_from_an_empty_sub_folder(self, git_repo: Repo, hook: Hook, digest: str) -> None:
        git_repo.commit("b", "x")
        git_repo.write("a.txt", digest)
        git_repo.git("add", ".")
        (git_repo.path / "empty").mkdir()
        assert places(hook(git_repo.path / "empty")) == ["a.txt:1:1"]
        git_repo.git("commit", "--quiet", "--message", "in", "--no-verify")
        assert places(hook(git_repo.path / "empty")) == ["a.txt:1:1"]

    def test_another_index(self, git_repo: Repo, hook: Hook, digest: str) -> None:
        git_repo.commit("b", "x")
        git_repo.write("a.txt", digest)
        git_repo.git("add", ".", GIT_INDEX_FILE=str(git_repo.path / ".git/other"))
        assert places(hook(git_repo, GIT_INDEX_FILE=".git/other")) == ["a.txt:1:1"]
        assert hook(git_repo).returncode == 0

    def test_a_merge_with_a_change_by_hand(self, git_repo: Repo, hook: Hook, digest: str) -> None:
        git_repo.commit("a", "1\n")
        git_repo.git("switch", "--quiet", "--create", "side")
        git_repo.commit("a", "2\n")
        git_repo.git("switch", "--quiet", "main")
        git_repo.commit("a", "3\n")
        git_repo.git("merge", "side", ok=False)
        done = hook(git_repo)  # conflicts stand in the index in three versions
        assert done.returncode == 0
        git_repo.write("a", f"4 {digest}\n")
        git_repo.git("add", "a")
        assert places(hook(git_repo)) == ["a:1:3"]

    def test_a_gitlink_is_skipped(self, git_repo: Repo, hook: Hook) -> None:
        inner = Repo(git_repo.path / "inner")
        inner.commit("a", "x")
        git_repo.git("-c", "advice.addEmbeddedRepo=false", "add", "inner")
        done = hook(git_repo, "-v")
        assert done.returncode == 0 and "read 0 objects" in done.stderr

    def test_a_sha256_repository(self, tmp_path: Path, hook: Hook, digest: str) -> None:
        git_repo = Repo(tmp_path / "long", "--object-format=sha256")
        git_repo.write("a.txt", digest)
        git_repo.git("add", ".")
        assert places(hook(git_repo)) == ["a.txt:1:1"]
        git_repo.git("commit", "--quiet", "--message", f"x {digest}")
        git_repo.commit("config.yaml", "pin: {hash: x}")
        done = hook(git_repo, "--all-history")
        assert {place.split()[-1] for place in places(done)} == {"a.txt:1:1", "message>:1:3", "config.yaml:1:13"}

    def test_replaced_objects_are_read_as_they_are_sent(self, git_repo: Repo, hook: Hook, digest: str) -> None:
        git_repo.commit("a.txt", digest)
        git_repo.commit("b.txt", "x")
        git_repo.git("replace", git_repo.git("rev-parse", "HEAD:a.txt"), git_repo.git("rev-parse", "HEAD:b.txt"))
        assert places(hook(git_repo)) == ["a.txt:1:1"]


class TestRefusals:
    def test_no_repository(self, tmp_path: Path, hook: Hook) -> None:
        done = hook(tmp_path, GIT_CEILING_DIRECTORIES=str(tmp_path.parent))
        assert (done.returncode, last(done)) == (4, ERROR)
        assert len(done.stderr.splitlines()) == 2

    def test_no_git(self, git_repo: Repo, hook: Hook) -> None:
        done = hook(git_repo, PATH="/nowhere")
        assert (done.returncode, last(done)) == (4, ERROR) and "is it installed?" in done.stderr

    @pytest.mark.parametrize("arguments", [["--all-history"], ["--rev", "HEAD"]])
    def test_an_unborn_head_has_no_history(self, arguments: list[str], git_repo: Repo, hook: Hook) -> None:
        done = hook(git_repo, *arguments)
        assert (done.returncode, last(done)) == (4, ERROR) and "no commit yet" in done.stderr

    @pytest.mark.parametrize("arguments", [["--all-history"], ["--rev", "HEAD~1..HEAD"], ["--rev", "HEAD"]])
    def test_a_shallow_clone_has_no_whole_history(
        self, arguments: list[str], git_repo: Repo, hook: Hook, tmp_path: Path
    ) -> None:
        for number in range(3):
            git_repo.commit("a", str(number))
        git_repo.git("clone", "--quiet", "--depth=2", f"file://{git_repo.path}", str(tmp_path / "shallow"))
        done = hook(tmp_path / "shallow", *arguments)
        assert (done.returncode, last(done)) == (4, ERROR) and "fetch-depth: 0" in done.stderr

    def test_a_missing_blob(self, git_repo: Repo, hook: Hook, digest: str) -> None:
        git_repo.commit("a", "gone\n")
        git_repo.commit("b", digest)
        blob = git_repo.git("rev-parse", "HEAD:a")
        (git_repo.path / ".git/objects" / blob[:2] / blob[2:]).unlink()
        done = hook(git_repo, "-v")
        assert (done.returncode, last(done), places(done)) == (4, ERROR, ["b:1:1"])
        assert blob in done.stderr and "read 1 objects" in done.stderr
        assert hook(git_repo, "--all-history").returncode == 4

    def test_a_damaged_blob(self, git_repo: Repo, hook: Hook) -> None:
        git_repo.commit("a", "x\n")
        blob = git_repo.git("rev-parse", "HEAD:a")
        path = git_repo.path / ".git/objects" / blob[:2] / blob[2:]
        path.chmod(0o644)
        path.write_bytes(b"rubbish")
        assert hook(git_repo).returncode == 4

    @pytest.mark.parametrize(
        "arguments",
        [
            ["--bogus"],
            ["--rev"],
            ["--rev", ""],
            ["--rev", "--all"],
            ["--format", "xml"],
            ["--stage", "commit"],
            ["--staged", "--push"],
            ["--all-history", "a"],
        ],
        ids=" ".join,
    )
    def test_wrong_usage(self, arguments: list[str], git_repo: Repo, hook: Hook) -> None:
        git_repo.commit("a", "x")
        done = hook(git_repo, *arguments)
        assert (done.returncode, last(done)) == (2, "expflow: error (exit 2)") and len(done.stderr.splitlines()) == 2

    def test_a_range_that_is_none(self, git_repo: Repo, hook: Hook) -> None:
        git_repo.commit("a", "x")
        done = hook(git_repo, "--rev", "nowhere..HEAD")
        assert (done.returncode, last(done)) == (4, ERROR) and "nowhere" in done.stderr
