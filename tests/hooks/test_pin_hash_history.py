"""The hook on history: at a push as the frameworks call it, on ranges, and what the policy excuses."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from gitrepo import Repo

Hook = Callable[..., "subprocess.CompletedProcess[str]"]


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

    def test_a_push_by_url_to_an_empty_repository(self, work: Repo, hook: Hook, tmp_path: Path, digest: str) -> None:
        work.commit("old.txt", digest)
        work.git("push", "--quiet", "--no-verify", "origin", "main")
        work.commit("b.txt", "clean")
        url = str(Repo(tmp_path / "empty.git", "--bare").path)
        environment = framework(work, PRE_COMMIT_REMOTE_NAME=url, PRE_COMMIT_REMOTE_URL=url)
        del environment["PRE_COMMIT_FROM_REF"]
        assert "old.txt:1:1" in hook(work, **environment).stdout
        work.git("push", "--quiet", "--no-verify", url, "main")
        assert hook(work, **environment).returncode == 0

    def test_a_repository_that_cannot_be_asked_counts_as_empty(self, work: Repo, hook: Hook, digest: str) -> None:
        work.commit("old.txt", digest)
        work.git("push", "--quiet", "--no-verify", "origin", "main")
        done = hook(work, **framework(work, PRE_COMMIT_REMOTE_URL="https://user:word@127.0.0.1:9/x.git"))
        assert "old.txt:1:1" in done.stdout and "could not be asked" in done.stderr
        assert "word" not in done.stdout + done.stderr

    def test_a_published_tag_is_not_held_against_a_push(self, work: Repo, hook: Hook, digest: str) -> None:
        work.git("tag", "-a", "-m", digest, "v1")
        work.git("tag", "-a", "-m", digest, "blob", work.git("rev-parse", "HEAD:a.txt"))
        assert hook(work, **framework(work)).returncode == 1
        work.git("push", "--quiet", "--no-verify", "origin", "v1", "blob")
        work.commit("b.txt", "clean")
        assert hook(work, **framework(work)).returncode == 0

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
        assert hook(work, "--stage", "pre-push").returncode == 4
        assert hook(work, "--push").returncode == 1
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
