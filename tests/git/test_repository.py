"""How git is asked: pipelines, streams, large and many objects, failures."""

import os
import re
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from gitrepo import Repo

from expflow_hooks.core.errors import UnreadableError
from expflow_hooks.git import spawn
from expflow_hooks.git.objects import ABSENT, CHUNK
from expflow_hooks.git.remotes import fetch
from expflow_hooks.git.repository import Git


def git_in(git_repo: Repo) -> Git:
    return Git(str(git_repo.path))


def test_contents_come_in_order_and_whole(git_repo: Repo) -> None:
    texts = [b"", b"\n", b"x", b"a\n\nb", os.urandom(CHUNK - 1), os.urandom(CHUNK), os.urandom(2 * CHUNK + 1), b"end"]
    for number, text in enumerate(texts):
        git_repo.write(f"{number}", text)
    git_repo.git("add", ".")
    git = git_in(git_repo)
    read = [(name, b"".join(chunks)) for _, _, _, name, chunks in git.contents(git.indexed())]
    assert read == [(f"100644 {number}", text) for number, text in enumerate(texts)]
    assert [size for _, size, *_ in git.contents(git.indexed())] == [len(text) for text in texts]  # none of them read


def test_names_survive_the_way_through_git(git_repo: Repo) -> None:
    names = [b"a b", b" a", b"a ", b"a\nb", b"a\r", b"\xff", b"a/b/c", b"\xe2\x82\xac", b"a\tb"]
    for name in names:
        git_repo.write(b"d/" + name if b"/" not in name else name, b"x")
    git_repo.git("add", ".")
    git = git_in(git_repo)
    read = {os.fsencode(name.partition(" ")[2]) for _, _, _, name, _ in git.contents(git.indexed())}
    assert read == {b"d/" + name if b"/" not in name else name for name in names}


def test_an_absent_object_is_told(git_repo: Repo) -> None:
    found = list(git_in(git_repo).contents([("100644", "1" * 40, "a")]))
    assert [(kind, blob) for kind, _, blob, _, _ in found] == [(ABSENT, "1" * 40)]


def test_reachable_objects_follow_their_commit(git_repo: Repo) -> None:
    first = git_repo.commit("a", "1")
    second = git_repo.commit("d/b", "2")
    git_repo.git("tag", "-a", "-m", "v", "v1")
    kinds = [(kind, name) for kind, _, _, name, _ in git_in(git_repo).reachable([git_repo.git("rev-parse", "v1")])]
    assert kinds.index(("blob", "a")) < [kind for kind, _ in kinds].index("commit", 1) < kinds.index(("blob", "d/b"))
    assert ("tag", "v1") in kinds
    commits = [blob for kind, _, blob, _, _ in git_in(git_repo).reachable(["HEAD"]) if kind == "commit"]
    assert commits == [first, second]


def test_changed_files_of_merges_and_roots(git_repo: Repo) -> None:
    root = git_repo.commit("config.yaml", "1")
    git_repo.git("switch", "--quiet", "--create", "side")
    git_repo.commit("b", "2")
    git_repo.git("switch", "--quiet", "main")
    git_repo.commit("c", "3")
    git_repo.git("merge", "--quiet", "--no-commit", "side")
    git_repo.write("e/config.yml", "4")
    git_repo.git("add", ".")
    git_repo.git("commit", "--quiet", "--message=merge")
    merge = git_repo.git("rev-parse", "HEAD")
    changed = git_in(git_repo).changed(git_in(git_repo).commits(["HEAD"], []), ":(top,glob)**/config*.y*ml")
    assert {(commit, path) for commit, (_, _, path) in changed} == {(root, "config.yaml"), (merge, "e/config.yml")}


def test_a_failure_gives_gits_own_reason(git_repo: Repo) -> None:
    asked = ["git", "-C", str(git_repo.path), "rev-list", "nowhere", "--"]
    reason = subprocess.run(asked, capture_output=True, text=True, env=os.environ | {"LC_ALL": "C"}).stderr
    with pytest.raises(UnreadableError, match=re.escape(reason.removeprefix("fatal: ").strip())):
        git_in(git_repo).resolve("nowhere")
    assert git_in(git_repo).try_ask("rev-parse", "--quiet", "--verify", "nowhere") is None


def test_a_reader_that_stops_early_leaves_no_child_behind(git_repo: Repo) -> None:
    for number in range(50):
        git_repo.write(f"{number}", os.urandom(10_000))
    git_repo.git("add", ".")
    git = git_in(git_repo)
    before = len(os.listdir("/dev/fd"))
    for _ in range(20):
        contents = git.contents(git.indexed())
        next(contents)
        contents.close()  # type: ignore[attr-defined]
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)
    assert len(os.listdir("/dev/fd")) <= before


class TestRemembering:
    """A git that remembers asks each question once; one that does not, each time."""

    @pytest.fixture
    def asked(self, git_repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
        """Return what counts the processes of git so far."""
        trace = tmp_path / "trace"
        monkeypatch.setenv("GIT_TRACE", str(trace))
        return lambda: trace.read_text().count("built-in: git") if trace.exists() else 0

    def test_an_answer(self, git_repo: Repo, asked: Callable[[], int]) -> None:
        commit = git_repo.commit("a", "1")
        before = asked()
        git = Git(str(git_repo.path), remember=True)
        assert [git.head(), git.head()] == [commit, commit]
        assert [list(git.tree(commit)), git.paths(commit)] == [list(git.tree(commit)), ["a"]]
        assert asked() - before == 3
        forgetful = Git(str(git_repo.path))
        assert forgetful.head() == forgetful.head()
        assert asked() - before == 5

    def test_no_and_could_not_look(self, git_repo: Repo, asked: Callable[[], int]) -> None:
        git = Git(str(git_repo.path), remember=True)
        before = asked()
        assert [git.head(), git.head()] == ["", ""]
        for _ in range(2):
            with pytest.raises(UnreadableError, match="git: "):
                git.resolve("nowhere")
        assert asked() - before == 2

    def test_a_fetch_ends_it(self, git_repo: Repo, tmp_path: Path) -> None:
        commit = git_repo.commit("a", "1")
        git_repo.git("init", "--quiet", "--bare", str(tmp_path / "new.git"))
        git = Git(str(tmp_path / "new.git"), remember=True)
        assert not git.has(commit)
        fetch(git, str(git_repo.path), "HEAD")
        assert git.has(commit)

    def test_a_long_answer_is_not_kept(self, git_repo: Repo, asked: Callable[[], int]) -> None:
        git_repo.write("a", bytes(2 << 20))
        git_repo.git("add", "a")
        git = Git(str(git_repo.path), remember=True)
        blob = git_repo.git("rev-parse", ":a")
        before = asked()
        assert git.ask("cat-file", "blob", blob) == git.ask("cat-file", "blob", blob)
        assert asked() - before == 2


def test_a_large_blob_takes_two_chunks_of_memory(git_repo: Repo) -> None:
    with open(git_repo.path / "large", "wb") as file:
        file.truncate(64 << 20)
    git_repo.git("-c", "core.compression=1", "add", ".")
    git = git_in(git_repo)
    tracemalloc.start()
    assert sum(len(chunk) for *_, chunks in git.contents(git.indexed()) for chunk in chunks) == 64 << 20
    assert tracemalloc.get_traced_memory()[1] < 8 * CHUNK
    tracemalloc.stop()


def test_many_files_are_read_in_batches(git_repo: Repo) -> None:
    count = 20_500  # more than two batches
    blob = git_repo.git("hash-object", "-w", "--stdin")
    entries = "".join(f"100644 {blob}\td{number % 100}/{number}\n" for number in range(count))
    subprocess.run(["git", "update-index", "--index-info"], cwd=git_repo.path, input=entries.encode(), check=True)
    git = git_in(git_repo)
    assert sum(1 for _ in git.contents(git.indexed())) == count


def test_without_posix_spawn_there_is_another_way(git_repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "posix_spawnp")
    monkeypatch.delattr(os, "memfd_create", raising=False)
    git_repo.commit("a", "x")
    assert [name for _, _, _, name, _ in git_in(git_repo).contents(git_in(git_repo).indexed())] == ["100644 a"]
    with pytest.raises(UnreadableError):
        git_in(git_repo).resolve("nowhere")


def test_a_pipeline_says_whether_any_part_failed(tmp_path: Path) -> None:
    with spawn.Scratch(b"in") as given, spawn.Scratch() as complaints:
        commands = [["sh", "-c", "cat; echo bad >&2; exit 3"], ["cat"]]
        parts = spawn.stream(commands, dict(os.environ), given, complaints)
        assert next(parts) == b"in"
        with pytest.raises(StopIteration) as end:
            next(parts)
        assert end.value.value == [3, 0] and complaints.text() == "bad\n"


def test_importing_git_loads_no_subprocess() -> None:
    script = "import sys, expflow_hooks.git.repository; assert not {'subprocess', 'typing', 're'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", script], check=True)
