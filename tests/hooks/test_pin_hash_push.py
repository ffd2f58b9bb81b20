"""The hook at push: every object that a push adds is read, in plain git and as the frameworks call it."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from gitrepo import Repo

Hook = Callable[..., "subprocess.CompletedProcess[str]"]
BLOCKED = "expflow: fail (exit 1)"


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    """Return a bare repository."""
    subprocess.run(
        ["git", "init", "--quiet", "--bare", "--initial-branch=main", str(tmp_path / "remote.git")], check=True
    )
    return tmp_path / "remote.git"


@pytest.fixture
def work(git_repo: Repo, remote: Path) -> Repo:
    """Return a repository with a remote that has its one commit, and the hook installed the plain way."""
    git_repo.git("remote", "add", "origin", str(remote))
    git_repo.commit("a.txt", "clean\n")
    git_repo.git("push", "--quiet", "origin", "main")
    install(git_repo)
    return git_repo


def install(git_repo: Repo) -> None:
    path = git_repo.path / ".git/hooks/pre-push"
    path.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m expflow_hooks.hooks.pin_hash --push "$@"\n')
    path.chmod(0o755)


def framework(git_repo: Repo, **more: str) -> dict[str, str]:
    """Return the environment of a framework that pushes the branch we are on to origin."""
    return {
        "PRE_COMMIT_REMOTE_NAME": "origin",
        "PRE_COMMIT_REMOTE_URL": git_repo.git("remote", "get-url", "origin"),
        "PRE_COMMIT_LOCAL_BRANCH": git_repo.git("symbolic-ref", "HEAD"),
        "PRE_COMMIT_FROM_REF": git_repo.git("rev-parse", "origin/main"),
        "PRE_COMMIT_TO_REF": git_repo.git("rev-parse", "HEAD"),
        **more,
    }


class TestPlainGit:
    def test_a_clean_push_goes_through_without_a_word(self, work: Repo, remote: Path) -> None:
        commit = work.commit("b.txt", "clean")
        assert "expflow" not in work.git("push", "origin", "main", ok=False)
        assert work.git(f"--git-dir={remote}", "rev-parse", "main") == commit

    def test_a_hash_that_comes_and_goes_within_the_range(self, work: Repo, remote: Path, digest: str) -> None:
        leak = work.commit("b.txt", digest)
        work.commit("b.txt", "clean")
        said = work.git("push", "origin", "main", ok=False)
        assert f"{leak[:12]} refs/heads/main b.txt:1:1: EXP001" in said and BLOCKED in said
        assert digest not in said
        assert work.git(f"--git-dir={remote}", "rev-parse", "main") != work.git("rev-parse", "main")

    def test_two_branches_in_one_push_one_not_checked_out(self, work: Repo, digest: str) -> None:
        work.git("switch", "--quiet", "--create", "one")
        work.commit("b.txt", digest)
        work.git("switch", "--quiet", "--create", "two", "main")
        work.commit("c.txt", f"{digest}\n")
        work.git("switch", "--quiet", "main")
        said = work.git("push", "origin", "main", "one", "two", ok=False)
        assert "refs/heads/one b.txt:1:1" in said and "refs/heads/two c.txt:1:1" in said

    def test_only_what_is_pushed_counts(self, work: Repo, digest: str) -> None:
        work.git("switch", "--quiet", "--create", "dirty")
        work.commit("b.txt", digest)
        work.git("switch", "--quiet", "main")
        work.commit("c.txt", "clean")
        assert BLOCKED not in work.git("push", "origin", "main", ok=False)
        assert BLOCKED in work.git("push", "origin", "dirty:new", ok=False)

    def test_a_commit_message(self, work: Repo, digest: str) -> None:
        commit = work.commit("b.txt", "clean", message=f"title\n\nthe pin is\n{digest}  # expflow: allow-pin-hash")
        said = work.git("push", "origin", "main", ok=False)
        assert f"{commit[:12]} refs/heads/main <commit message>:4:1: EXP001" in said

    def test_an_author_name(self, work: Repo, digest: str) -> None:
        work.git("commit", "--quiet", "--allow-empty", "--message=x", GIT_AUTHOR_NAME=digest)
        assert "<commit header>:" in work.git("push", "origin", "main", ok=False)

    def test_an_annotated_tag(self, work: Repo, digest: str) -> None:
        work.git("tag", "--annotate", "--message", f"v1\n\n{digest}", "v1")
        assert "refs/tags/v1 <tag message>:3:1: EXP001" in work.git("push", "origin", "v1", ok=False)
        assert BLOCKED not in work.git("push", "origin", "main", ok=False)

    def test_a_tag_of_a_tag_and_a_tag_of_a_blob(self, work: Repo, digest: str) -> None:
        work.git("tag", "-a", "-m", digest, "inner")
        work.git("tag", "-a", "-m", "outer", "outer", "inner")
        assert "<tag message>:1:1" in work.git("push", "origin", "outer", ok=False)
        work.commit("b.txt", digest)
        work.git("tag", "blob", "HEAD:b.txt")
        work.git("reset", "--quiet", "--hard", "origin/main")
        assert BLOCKED in work.git("push", "origin", "blob", ok=False)

    def test_the_name_of_a_file(self, work: Repo, digest: str) -> None:
        work.commit(f"{digest}.txt", "x")
        said = work.git("push", "origin", "main", ok=False)
        assert "<file name>:" in said and digest not in said.replace("main -> main", "")

    def test_the_name_of_a_branch(self, work: Repo, digest: str, hook: Hook) -> None:
        head = work.git("rev-parse", "HEAD")
        done = hook(work, "--push", "origin", "url", stdin=f"refs/heads/{digest} {head} refs/heads/x {'0' * 40}\n")
        assert (done.returncode, "<ref name>:1:12" in done.stdout) == (1, True) and digest not in done.stdout

    def test_a_merge_with_a_change_by_hand(self, work: Repo, digest: str) -> None:
        work.git("switch", "--quiet", "--create", "side")
        work.commit("b.txt", "1\n")
        work.git("switch", "--quiet", "main")
        work.commit("c.txt", "2\n")
        work.git("merge", "--quiet", "--no-commit", "side")
        work.write("config.yaml", "pin: {hash: x}\n")
        work.write("c.txt", f"3 {digest}\n")
        work.git("add", ".")
        work.git("commit", "--quiet", "--no-verify", "--message=merge")
        said = work.git("push", "origin", "main", ok=False)
        assert "config.yaml:1:13: EXP002" in said and "c.txt:1:3: EXP001" in said

    def test_a_rename_to_a_key_file(self, work: Repo) -> None:
        work.commit("d/notes.txt", "pin: {hash: x}\n")
        work.git("push", "--quiet", "origin", "main")
        work.git("mv", "d/notes.txt", "d/config.yaml")
        work.git("commit", "--quiet", "--message=move")
        assert "refs/heads/main d/config.yaml:1:13: EXP002" in work.git("push", "origin", "main", ok=False)

    def test_what_the_remote_has_is_not_held_against_a_push(self, work: Repo, digest: str) -> None:
        work.commit("config.yaml", f"pin: {{hash: {digest}}}\n")
        work.git("push", "--quiet", "--no-verify", "origin", "main")
        work.commit("b.txt", "clean")
        assert BLOCKED not in work.git("push", "origin", "main", ok=False)

    def test_a_new_branch_a_forced_one_and_a_deletion(self, work: Repo, digest: str) -> None:
        work.git("switch", "--quiet", "--create", "topic")
        work.commit("b.txt", "clean")
        assert BLOCKED not in work.git("push", "origin", "topic", ok=False)
        work.git("commit", "--quiet", "--amend", "--message=amended")
        assert BLOCKED not in work.git("push", "--force", "origin", "topic", ok=False)
        work.commit("c.txt", digest)
        assert BLOCKED in work.git("push", "--force", "origin", "topic", ok=False)
        assert BLOCKED not in work.git("push", "origin", ":topic", ok=False)
        assert "topic" not in work.git("ls-remote", "origin")

    def test_the_first_push_to_an_empty_remote(self, git_repo: Repo, remote: Path, digest: str) -> None:
        install(git_repo)
        git_repo.git("remote", "add", "origin", str(remote))
        git_repo.commit("a.txt", digest)
        git_repo.commit("a.txt", "clean")
        assert "refs/heads/main a.txt:1:1" in git_repo.git("push", "origin", "main", ok=False)

    def test_a_push_by_url_leaves_out_what_any_remote_has(self, work: Repo, tmp_path: Path, digest: str) -> None:
        work.commit("old.txt", digest)
        work.git("push", "--quiet", "--no-verify", "origin", "main")
        other = Repo(tmp_path / "other.git", "--bare")
        work.commit("b.txt", "clean")
        assert BLOCKED not in work.git("push", str(other.path), "main", ok=False)
        work.commit("c.txt", f"{digest}\n")
        said = work.git("push", str(other.path), "main:refs/heads/x", ok=False)
        assert "c.txt:1:1" in said and "old.txt" not in said

    def test_another_remote_has_its_own_history(self, work: Repo, tmp_path: Path, digest: str) -> None:
        work.commit("old.txt", digest)
        work.git("push", "--quiet", "--no-verify", "origin", "main")
        other = Repo(tmp_path / "other.git", "--bare")
        work.git("remote", "add", "public", str(other.path))
        assert "old.txt:1:1" in work.git("push", "public", "main", ok=False)

    def test_a_detached_head_and_a_bare_id(self, work: Repo, digest: str) -> None:
        commit = work.commit("b.txt", digest)
        work.git("switch", "--quiet", "--detach")
        assert "HEAD b.txt:1:1" in work.git("push", "origin", "HEAD:refs/heads/x", ok=False)
        assert BLOCKED in work.git("push", "origin", f"{commit}:refs/heads/x", ok=False)

    def test_a_file_name_with_a_newline(self, work: Repo) -> None:
        work.commit("a\nb/config.yaml", "pin: {hash: x}")
        assert "a\\nb/config.yaml:1:13: EXP002" in work.git("push", "origin", "main", ok=False)

    def test_a_push_from_a_shallow_clone(self, work: Repo, remote: Path, tmp_path: Path, digest: str) -> None:
        work.commit("b.txt", "clean")
        work.git("push", "--quiet", "origin", "main")
        work.git("clone", "--quiet", "--depth=1", f"file://{remote}", str(tmp_path / "shallow"))
        shallow = Repo(tmp_path / "shallow")
        install(shallow)
        shallow.commit("c.txt", "clean")
        assert BLOCKED not in shallow.git("push", "origin", "main", ok=False)
        shallow.commit("d.txt", digest)
        assert "d.txt:1:1" in shallow.git("push", "origin", "main", ok=False)

    def test_lines_that_are_not_gits(self, work: Repo, hook: Hook) -> None:
        assert hook(work, "--push", "origin", stdin="rubbish\n").returncode == 2
        missing = f"refs/heads/x {'1' * 40} refs/heads/x {'0' * 40}\n"
        assert hook(work, "--push", "origin", stdin=missing).returncode == 4

    def test_by_hand_everything_that_no_remote_has_is_looked_at(self, work: Repo, hook: Hook, digest: str) -> None:
        assert hook(work, "--push").returncode == 0
        work.git("switch", "--quiet", "--create", "topic")
        work.commit("b.txt", digest)
        work.git("switch", "--quiet", "main")
        assert "refs/heads/topic b.txt:1:1" in hook(work, "--push").stdout


class TestFrameworks:
    """The frameworks name one ref of a push, and say the rest in their environment."""

    def test_the_ref_they_name(self, work: Repo, hook: Hook, digest: str) -> None:
        work.commit("b.txt", digest)
        work.commit("b.txt", "clean")
        done = hook(work, **framework(work))
        assert done.returncode == 1 and " refs/heads/main b.txt:1:1: EXP001" in done.stdout

    def test_the_refs_they_do_not_name(self, work: Repo, hook: Hook, digest: str) -> None:
        work.git("switch", "--quiet", "--create", "topic")
        work.commit("b.txt", digest)
        work.git("switch", "--quiet", "main")
        work.git("tag", "-a", "-m", digest, "v1")
        work.commit("c.txt", "clean")
        done = hook(work, **framework(work))
        assert " refs/heads/topic b.txt:1:1: EXP001" in done.stdout
        assert "refs/tags/v1 <tag message>:1:1: EXP001" in done.stdout

    def test_the_first_push_names_no_range(self, git_repo: Repo, remote: Path, hook: Hook, digest: str) -> None:
        git_repo.git("remote", "add", "origin", str(remote))
        git_repo.commit("b.txt", digest)
        git_repo.commit("b.txt", "clean")
        environment = {"PRE_COMMIT_REMOTE_NAME": "origin", "PRE_COMMIT_LOCAL_BRANCH": "refs/heads/main"}
        assert "refs/heads/main b.txt:1:1" in hook(git_repo, **environment).stdout

    def test_a_push_by_url(self, work: Repo, hook: Hook, digest: str) -> None:
        work.commit("old.txt", digest)
        work.git("push", "--quiet", "--no-verify", "origin", "main")
        work.commit("b.txt", "clean")
        environment = framework(work, PRE_COMMIT_REMOTE_NAME="/somewhere", PRE_COMMIT_REMOTE_URL="/somewhere")
        del environment["PRE_COMMIT_FROM_REF"]
        assert hook(work, **environment).returncode == 0

    def test_prek_names_the_stage(self, work: Repo, hook: Hook, digest: str) -> None:
        work.commit("b.txt", digest)
        environment = framework(work)
        work.git("rm", "--quiet", "b.txt")
        work.write("c.txt", "x")
        work.git("add", ".")
        assert hook(work, PREK_HOOK_STAGE="pre-push", **environment).returncode == 1
        del environment["PRE_COMMIT_FROM_REF"], environment["PRE_COMMIT_TO_REF"]
        assert hook(work, PREK_HOOK_STAGE="pre-commit", **environment).returncode == 0

    def test_an_option_for_the_stage(self, work: Repo, hook: Hook, digest: str) -> None:
        work.commit("b.txt", digest)
        work.git("rm", "--quiet", "b.txt")
        assert hook(work, "--stage", "pre-push").returncode == 1
        assert hook(work, "--stage", "manual").returncode == 0

    def test_a_range_alone(self, work: Repo, hook: Hook, digest: str) -> None:
        before = work.git("rev-parse", "HEAD")
        leak = work.commit("b.txt", digest)
        after = work.commit("b.txt", "clean")
        assert hook(work, PRE_COMMIT_FROM_REF=before, PRE_COMMIT_TO_REF=after).returncode == 1
        assert hook(work, PRE_COMMIT_FROM_REF=leak, PRE_COMMIT_TO_REF=after).returncode == 0
        assert hook(work, PRE_COMMIT_FROM_REF="1" * 40, PRE_COMMIT_TO_REF=after).returncode == 4


class TestRanges:
    @pytest.mark.parametrize(
        ("arguments", "code"),
        [
            (["--rev", "HEAD~1..HEAD"], 0),
            (["--rev", "HEAD~2..HEAD"], 1),
            (["--rev", "HEAD~2..."], 1),
            (["--rev", "HEAD"], 1),
            (["--rev", "v0"], 0),
            (["--all-history"], 1),
        ],
        ids=str,
    )
    def test_ranges(self, arguments: list[str], code: int, git_repo: Repo, hook: Hook, digest: str) -> None:
        git_repo.commit("a", "x")
        git_repo.git("tag", "v0")
        git_repo.commit("b", digest)
        git_repo.commit("b", "clean")
        assert hook(git_repo, *arguments).returncode == code

    def test_all_history_sees_the_stash_and_other_refs(self, git_repo: Repo, hook: Hook, digest: str) -> None:
        git_repo.commit("a", "x")
        git_repo.write("a", digest)
        git_repo.git("stash", "--quiet")
        done = hook(git_repo, "--all-history")
        assert done.returncode == 1 and "refs/stash a:1:1" in done.stdout


class TestAllowed:
    """`scan.allow` of the base's policy excuses historic blobs, and nothing else."""

    def allow(self, git_repo: Repo, blob: str) -> None:
        git_repo.commit("expflow.yaml", f"version: 1\nscan:\n  allow: [{{blob: {blob}, reason: retired}}]\n")

    def test_a_historic_blob_is_excused_by_the_base_only(self, work: Repo, hook: Hook, digest: str) -> None:
        work.commit("b.txt", digest)
        blob = work.git("rev-parse", "HEAD:b.txt")
        work.commit("b.txt", "clean")
        leak = work.git("rev-parse", "HEAD")
        self.allow(work, blob)
        assert hook(work, "--push").returncode == 1  # the policy is not the base's yet
        work.git("switch", "--quiet", "--create", "policy", "origin/main")
        self.allow(work, blob)
        work.git("push", "--quiet", "--no-verify", "origin", "policy:main")
        work.git("branch", "--delete", "--force", "--quiet", "policy", ok=False)
        work.git("switch", "--quiet", "--detach", leak)
        work.git("branch", "--force", "main", leak)
        assert hook(work, "--push").returncode == 0
        assert hook(work, "--rev", "origin/main..main").returncode == 0

    def test_never_at_a_tip_and_never_in_the_index(self, work: Repo, hook: Hook, digest: str) -> None:
        work.write("b.txt", digest)
        self.allow(work, work.git("hash-object", "b.txt"))
        work.git("push", "--quiet", "origin", "main")
        work.git("add", "b.txt")
        assert hook(work).returncode == 1
        work.git("commit", "--quiet", "--no-verify", "--message=tip")
        assert hook(work, "--push").returncode == 1
        work.commit("b.txt", "clean")
        assert hook(work, "--push").returncode == 0

    def test_a_broken_policy_is_no_pass(self, work: Repo, hook: Hook, digest: str) -> None:
        work.commit("expflow.yaml", "version: [")
        work.git("push", "--quiet", "origin", "main")
        work.commit("b.txt", digest)
        done = hook(work, "--push")
        assert done.returncode == 2 and "b.txt:1:1" in done.stdout
