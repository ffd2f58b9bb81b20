"""What a push sends is decided by its receiver: none of these may be taken from what this clone remembers."""

import hashlib
import shlex
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from gitrepo import Repo

from expflow_hooks.git.remotes import ask_receiver
from expflow_hooks.git.repository import Git

Hook = Callable[..., "subprocess.CompletedProcess[str]"]
BLOCKED = "expflow: fail (exit 1)"


@pytest.fixture
def leaky(work: Repo, digest: str) -> Repo:
    """Return a repository whose origin has a leak that others have not."""
    work.commit("old.txt", digest)
    work.commit("old.txt", "clean")
    work.git("push", "--quiet", "--no-verify", "origin", "main")
    return work


def install(repo: Repo, way: str) -> None:
    """Have our hook run at push: as `install` writes it, or through a framework."""
    (repo.path / ".git/hooks/pre-push").unlink()
    if way == "installed":
        command = [sys.executable, "-m", "expflow_hooks", "install"]
        subprocess.run(command, cwd=repo.path, check=True, capture_output=True)
        return
    tool = shutil.which(way, path=str(Path(sys.executable).parent))
    assert tool, f"{way} is not installed"
    entry = f"{shlex.quote(sys.executable)} -m expflow_hooks.hooks.pin_hash"
    hook = f"{{id: pin, name: pin, language: system, entry: {entry}, always_run: true, pass_filenames: false}}"
    config = f"repos: [{{repo: local, hooks: [{hook}]}}]\n"
    repo.write(".git/hooks.yaml", config)
    command = [tool, "install", "--config", ".git/hooks.yaml", "--hook-type", "pre-push"]
    subprocess.run(command, cwd=repo.path, check=True, capture_output=True)


@pytest.fixture
def empty(tmp_path: Path) -> str:
    return str(Repo(tmp_path / "empty.git", "--bare").path)


class TestMemory:
    """The frameworks start no hook where this clone remembers that all is there already: see what they cannot show."""

    @pytest.mark.parametrize("way", ["installed", "pre-commit", "prek"])
    def test_a_push_by_url_to_an_empty_repository(self, leaky: Repo, empty: str, way: str) -> None:
        install(leaky, way)
        assert "old.txt:1:1" in leaky.git("push", empty, "main", ok=False)
        assert Repo.at(Path(empty)).git("for-each-ref") == ""

    def test_a_remote_that_was_pointed_at_another_repository(self, leaky: Repo, empty: str) -> None:
        install(leaky, "installed")
        leaky.git("remote", "set-url", "origin", empty)
        assert "old.txt:1:1" in leaky.git("push", "origin", "main", ok=False)

    def test_a_second_push_url(self, leaky: Repo, remote: Path, empty: str) -> None:
        install(leaky, "installed")
        leaky.commit("b.txt", "clean")
        leaky.git("remote", "set-url", "--add", "--push", "origin", str(remote))
        leaky.git("remote", "set-url", "--add", "--push", "origin", empty)
        assert "old.txt:1:1" in leaky.git("push", "origin", "main", ok=False)
        assert Repo.at(Path(empty)).git("for-each-ref") == ""

    def test_one_remote_named_like_a_folder_of_another(self, leaky: Repo, remote: Path, empty: str) -> None:
        install(leaky, "installed")
        leaky.git("remote", "rename", "origin", "acme/private")
        leaky.git("remote", "add", "acme", empty)
        assert "old.txt:1:1" in leaky.git("push", "acme", "main", ok=False)

    @pytest.mark.parametrize("way", ["installed", "pre-commit", "prek"])
    def test_what_the_receiver_has_is_not_held_against_a_push(self, leaky: Repo, way: str) -> None:
        install(leaky, way)
        leaky.commit("b.txt", "clean")
        assert BLOCKED not in leaky.git("push", "origin", "main", "main:refs/heads/new", ok=False)
        leaky.git("update-ref", "-d", "refs/remotes/origin/main")
        leaky.commit("c.txt", "clean")
        assert BLOCKED not in leaky.git("push", "origin", "main:refs/heads/newer", ok=False)


class TestWhatFrameworksCannotShow:
    """The documents say that these are not seen there; what `install` writes sees them."""

    CASES = ("an annotated tag", "a tag of a file", "notes", "the stash", "a bare id")

    def push(self, repo: Repo, digest: str, what: str) -> str:
        repo.write("secret.txt", digest)
        if what == "an annotated tag":
            repo.git("tag", "--annotate", "--message", digest, "v1")
            return "v1"
        if what == "a tag of a file":
            repo.git("tag", "v1", repo.git("hash-object", "-w", "secret.txt"))
            return "v1"
        if what == "notes":
            repo.git("notes", "add", "--message", digest)
            return "refs/notes/commits"
        repo.git("add", "secret.txt")
        if what == "the stash":
            repo.git("stash", "--quiet")
            return "refs/stash:refs/heads/stash"
        commit = repo.git("commit-tree", "-m", "x", "-p", "HEAD", repo.git("write-tree"))
        repo.git("reset", "--quiet", "--hard")
        return f"{commit}:refs/heads/x"

    @pytest.mark.parametrize("what", CASES)
    def test_plain_git_shows_it(self, work: Repo, digest: str, what: str) -> None:
        install(work, "installed")
        ref = self.push(work, digest, what)
        assert BLOCKED in work.git("push", "origin", ref, ok=False)

    @pytest.mark.parametrize("way", ["pre-commit", "prek"])
    def test_a_tag_on_commits_that_are_there_starts_no_hook(self, work: Repo, digest: str, way: str) -> None:
        install(work, way)
        ref = self.push(work, digest, "an annotated tag")
        assert "[new tag]" in work.git("push", "origin", ref, ok=False)  # the day this fails, the table is out of date

    def test_a_file_in_lfs_is_seen_as_its_pointer(self, work: Repo, digest: str) -> None:
        install(work, "installed")
        oid = hashlib.sha256(digest.encode()).hexdigest()
        work.write(f".git/lfs/objects/{oid[:2]}/{oid[2:4]}/{oid}", digest)
        work.commit("weights.bin", f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize 64\n")
        assert BLOCKED not in work.git("push", "origin", "main", ok=False)


def test_a_branch_that_was_deleted_and_collected_there(work: Repo, remote: Path, digest: str) -> None:
    install(work, "installed")
    work.git("switch", "--quiet", "--create", "topic")
    work.commit("leak.txt", digest)
    work.git("push", "--quiet", "--no-verify", "origin", "topic")
    there = Repo.at(remote)
    there.git("update-ref", "-d", "refs/heads/topic")
    there.git("gc", "--quiet", "--prune=now")
    assert work.git("rev-parse", "origin/topic") == work.git("rev-parse", "topic")  # what this clone remembers
    assert "leak.txt:1:1" in work.git("push", "origin", "topic", ok=False)


@pytest.mark.parametrize("way", ["installed", "pre-commit", "prek"])
def test_the_name_of_a_ref_there(work: Repo, digest: str, way: str) -> None:
    install(work, way)
    work.commit("b.txt", "clean")
    said = work.git("push", "origin", f"main:refs/heads/{digest}", ok=False)
    assert "<ref name>:" in said and BLOCKED in said
    ours, git_writes, destination = said.partition("error: failed to push")
    assert digest not in ours and git_writes and destination


class TestLines:
    """Where git's lines are due and are not there, nothing was looked at."""

    HOOK = f"{shlex.quote(sys.executable)} -m expflow_hooks.hooks.pin_hash --stage pre-push"

    def own_hook(self, repo: Repo, text: str) -> None:
        path = repo.path / ".git/hooks/pre-push"
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)

    @pytest.mark.parametrize("arguments", ['"$1" "$2"', ""])
    @pytest.mark.parametrize("eater", ["cat > /dev/null", "exec < /dev/null", "exec <&-"])
    def test_a_command_before_ours_has_read_them(self, work: Repo, digest: str, eater: str, arguments: str) -> None:
        self.own_hook(work, f"{eater}\n{self.HOOK} {arguments}")
        commit = work.commit("leak.txt", digest)
        work.git("switch", "--quiet", "--detach", "HEAD~1")
        work.git("branch", "--quiet", "--force", "main", "HEAD")
        said = work.git("push", "origin", f"{commit}:refs/heads/x", ok=False)
        assert "no line of the push" in said and "expflow: error (exit 4)" in said
        assert "refs/heads/x" not in work.git("ls-remote", "origin")

    def test_a_hook_that_keeps_them(self, work: Repo, digest: str) -> None:
        self.own_hook(work, f'refs=$(cat)\ntrue\nprintf "%s\\n" "$refs" | {self.HOOK} "$1" "$2"')
        work.commit("b.txt", "clean")
        assert "expflow" not in work.git("push", "origin", "main", ok=False)
        work.commit("leak.txt", digest)
        assert BLOCKED in work.git("push", "origin", "main", ok=False)

    def test_nothing_to_push_goes_through_what_we_install(self, work: Repo) -> None:
        install(work, "installed")
        work.git("branch", "unpushed", work.commit("b.txt", "x"))
        work.git("reset", "--quiet", "--hard", "HEAD~1")
        assert "error" not in work.git("push", "origin", "main", ok=False)

    def test_by_hand(self, work: Repo, hook: Hook, digest: str) -> None:
        work.commit("leak.txt", digest)
        assert hook(work, "--stage", "pre-push").returncode == 4
        assert hook(work, "--push", "origin", "url").returncode == 4
        assert hook(work, "--push").returncode == 1


class TestReceiver:
    def test_it_says_what_it_has(self, work: Repo, remote: Path) -> None:
        commit = work.git("rev-parse", "main")
        receiver = ask_receiver(Git(str(work.path)), str(remote))
        assert (receiver.refs["refs/heads/main"], receiver.default, receiver.problem) == (commit, "main", "")

    def test_it_may_never_answer(self, git_repo: Repo) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            begun = time.monotonic()
            url = f"git://127.0.0.1:{server.getsockname()[1]}/x.git"
            receiver = ask_receiver(Git(str(git_repo.path)), url, seconds=0.3)
            assert receiver.problem == "no answer within 0.3 seconds"
            assert time.monotonic() - begun < 20  # it would have waited for ever

    def test_its_password_is_not_shown(self, git_repo: Repo) -> None:
        receiver = ask_receiver(Git(str(git_repo.path)), "https://user:word@127.0.0.1:9/x.git")
        assert receiver.problem and "word" not in receiver.problem
