"""The hook at push in plain git: every object that a push adds is read, of every ref."""

import subprocess
from collections.abc import Callable
from pathlib import Path

from gitrepo import Repo, install_pre_push

Hook = Callable[..., "subprocess.CompletedProcess[str]"]
BLOCKED = "expflow: fail (exit 1)"


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
        install_pre_push(git_repo)
        git_repo.git("remote", "add", "origin", str(remote))
        git_repo.commit("a.txt", digest)
        git_repo.commit("a.txt", "clean")
        assert "refs/heads/main a.txt:1:1" in git_repo.git("push", "origin", "main", ok=False)

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
        install_pre_push(shallow)
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
