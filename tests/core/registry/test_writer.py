"""An append: flat however long the file, on the disk in the file that is there, and never lost to somebody's lock."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expflow_hooks.core.errors import PinRefusedError, UnreadableError
from expflow_hooks.core.registry import lock, search, spool, tail, writer
from expflow_hooks.core.registry.chain import Heads, read_link
from expflow_hooks.core.registry.permit import Permit
from expflow_hooks.core.registry.reader import Registry
from expflow_hooks.core.registry.verify import verify
from expflow_hooks.core.registry.writer import Append, Writer


@pytest.fixture
def path(tmp_path):
    return tmp_path / "r.jsonl"


def ids(path):
    return [json.loads(line)["experiment_id"] for line in path.read_bytes().splitlines()]


# What the next line names, and what an experiment says at present, from the end of the file


@given(st.lists(st.booleans(), max_size=60), st.integers(1, 2000))
def test_the_end_of_a_file_tells_what_the_whole_of_it_does(tmp_path_factory, ours, window):
    path = tmp_path_factory.mktemp("r") / "r.jsonl"
    path.touch()
    for number, own in enumerate(ours):
        before, heads = path.read_bytes(), Heads()
        for at, line in enumerate(before.splitlines(keepends=True)):
            heads.feed(line, read_link(line).prev, at)
        record = {"experiment_id": f"e{number % 7}", "number": number}
        if not own:
            path.write_bytes(before + json.dumps(record).encode() + b"\n")
            continue
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(tail, "WINDOW", window)
            seen = []
            Writer(str(path)).update(f"e{number % 7}", lambda p, s=seen, r=record: s.append(p) or r)
        written = json.loads(path.read_bytes().splitlines()[-1])
        assert written["prev"] == heads.to_name()
        history = [
            json.loads(line)
            for line in before.splitlines()
            if json.loads(line)["experiment_id"] == record["experiment_id"]
        ]
        assert seen == [history[-1] if history else None]


SPELLINGS = [
    ("plain", b'"plain"'),
    ("a/b", b'"a\\/b"'),
    ("é", b'"\\u00E9"'),
    ("é", '"é"'.encode()),
    ("plain", b'"\\u0070lain"'),
    ('q"\\', b'"q\\"\\\\"'),
]


@pytest.mark.parametrize(("name", "spelled"), SPELLINGS)
@pytest.mark.parametrize("block", [8, 64, 1 << 22])
def test_an_id_is_found_however_json_spells_it(path, monkeypatch, name, spelled, block):
    monkeypatch.setattr(search, "_BLOCK", block)
    other = b'{"experiment_id": "other", "parent": ' + spelled + b"}\n"
    line = b'{"note": "first", "experiment_id": ' + spelled + b"}\n"
    path.write_bytes(other * 3 + line + other * 2)
    with path.open("rb") as file:
        assert search.last_line_of(file.fileno(), name, len(path.read_bytes())) == 3 * len(other)
        assert search.last_line_of(file.fileno(), name, 3 * len(other)) is None
        assert search.last_line_of(file.fileno(), name + "x", len(path.read_bytes())) is None


def test_an_append_reads_no_more_of_a_long_file_than_its_end(path, monkeypatch):
    Writer(str(path)).update_all([Append(f"e{n}", lambda _, n=n: {"experiment_id": f"e{n}"}) for n in range(20_000)])
    read = []
    monkeypatch.setattr(
        tail, "read_all_at", lambda fd, a, b, real=tail.read_all_at: read.append(b - a) or real(fd, a, b)
    )
    Writer(str(path)).append({"experiment_id": "new"})
    assert sum(read) < 3 * tail.WINDOW < path.stat().st_size


# A checkout during an append


@pytest.fixture
def at_sync(monkeypatch):
    """Let something happen once, right after an append was written and synced."""

    def set_up(happen):
        real, done = writer.sync, []

        def sync(fd):
            real(fd)
            if not done:
                done.append(1)
                happen()

        monkeypatch.setattr(writer, "sync", sync)

    return set_up


def test_a_checkout_during_an_append_does_not_take_the_line_with_it(git_repo, at_sync):
    path = git_repo.path / "r.jsonl"
    Writer(str(path)).append({"experiment_id": "shared"})
    git_repo.git("add", "r.jsonl")
    git_repo.git("commit", "--quiet", "--message", "shared")
    git_repo.git("branch", "other")
    Writer(str(path)).append({"experiment_id": "of main"})
    git_repo.git("commit", "--quiet", "--all", "--message", "main")
    at_sync(lambda: git_repo.git("checkout", "--quiet", "--force", "other"))
    Writer(str(path)).append({"experiment_id": "new"})
    assert ids(path) == ["shared", "new"]
    assert verify(Registry(str(path)).lines).problems == []


@pytest.mark.parametrize("what", ["replaced", "removed", "removed for a while", "rewritten in place"])
def test_the_line_stands_in_the_file_that_the_path_names_afterwards(path, at_sync, what):
    path.write_text('{"experiment_id": "old"}\n')
    other = path.with_name("other")
    other.write_text('{"experiment_id": "other"}\n')
    happen = {
        "replaced": lambda: other.replace(path),
        "removed": path.unlink,
        "removed for a while": lambda: (path.unlink(), threading.Timer(0.2, lambda: other.replace(path)).start()),
        "rewritten in place": lambda: path.write_text('{"experiment_id": "other"}\n'),
    }[what]
    at_sync(happen)
    Writer(str(path)).append({"experiment_id": "new"})
    assert ids(path) == (["new"] if what == "removed" else ["other", "new"])


@pytest.mark.parametrize("form", ["repository", "linked work tree"])
def test_an_append_waits_for_a_checkout_that_is_under_way(git_repo, form, tmp_path_factory):
    """Git holds `index.lock` from before it looks at the files until after it has replaced them."""
    git_repo.commit("a", "a")
    folder, git = git_repo.path, git_repo.path / ".git"
    if form == "linked work tree":
        folder = tmp_path_factory.mktemp("linked") / "tree"
        git_repo.git("worktree", "add", "--quiet", str(folder))
        git = git / "worktrees" / "tree"
    path, held = folder / "sub" / "r.jsonl", git / "index.lock"
    path.parent.mkdir()
    other = path.with_name("other")
    other.write_text('{"experiment_id": "other"}\n')
    held.touch()
    threading.Timer(0.3, lambda: (other.replace(path), held.unlink())).start()
    Writer(str(path)).append({"experiment_id": "new"})
    assert ids(path) == ["other", "new"]


def test_a_lock_of_git_that_was_left_behind_is_waited_for_only_once(git_repo, monkeypatch):
    from expflow_hooks.core.registry import checkout

    monkeypatch.setattr(checkout, "PATIENCE", 0.3)
    (git_repo.path / ".git" / "index.lock").touch()
    ours = Writer(str(git_repo.path / "r.jsonl"))
    ours.append({"experiment_id": "a"})
    monkeypatch.setattr(checkout.time, "sleep", lambda seconds: pytest.fail("it waits again"))
    ours.append({"experiment_id": "b"})


def test_a_file_that_is_replaced_for_ever_is_an_error(path, monkeypatch):
    real = writer.sync
    other = path.with_name("other")

    def sync(fd):
        real(fd)
        other.write_text("")
        other.replace(path)

    monkeypatch.setattr(writer, "sync", sync)
    with pytest.raises(UnreadableError, match="again and again"):
        Writer(str(path)).append({"experiment_id": "new"})


# A lock that cannot be had


@pytest.fixture
def kept(path, monkeypatch):
    """Keep the lock, as a process does that was stopped; yield what gives it back."""
    path.write_text('{"experiment_id": "a", "status": "running"}\n')
    monkeypatch.setattr(lock, "WAIT", 0.05)
    file = path.open("ab")
    fcntl.flock(file, fcntl.LOCK_EX)
    yield file.close
    file.close()


def test_a_record_that_cannot_get_the_lock_waits_for_the_next_append(path, kept):
    before = path.read_bytes()
    ours = Writer(str(path))
    with pytest.warns(RuntimeWarning, match="1 record waits in .*for the next append"):
        ours.append({"experiment_id": "b", "status": "completed"})
    with pytest.warns(RuntimeWarning):
        file = ours.update("a", lambda present: {**present, "status": "completed"})
    assert os.path.dirname(file) == spool.spool_folder(str(path))
    assert path.read_bytes() == before
    kept()
    Writer(str(path)).append({"experiment_id": "c"})
    assert ids(path) == ["a", "b", "a", "c"]
    assert verify(Registry(str(path)).lines)[1:3] == ([], [])
    assert not os.path.exists(spool.spool_folder(str(path)))


def test_one_that_was_taken_in_already_is_not_taken_twice(path, kept, monkeypatch):
    spool.put(str(path), [{"experiment_id": "b"}])
    kept()
    with monkeypatch.context() as killed:
        killed.setattr(spool, "remove", lambda files: None)  # as by SIGKILL in between
        Writer(str(path)).append({"experiment_id": "c"})
    Writer(str(path)).append({"experiment_id": "d"})
    assert ids(path) == ["a", "b", "c", "d"]


def test_an_operation_does_not_wait_unseen(path, kept):
    event = {"action": "cancel", "by": "me", "authorised": "pin"}
    with pytest.raises(UnreadableError, match="another process keeps the lock"):
        Writer(str(path)).update("a", lambda present: {**present, "status": "cancelled", "event": event}, Permit("pin"))
    assert not os.path.exists(spool.spool_folder(str(path)))


def test_nothing_that_needs_the_guard_comes_in_by_waiting(path, kept):
    with pytest.raises(PinRefusedError):
        Writer(str(path)).update("a", lambda present: {**present, "status": "deleted"})
    forged = {"experiment_id": "a", "status": "deleted", "event": {"authorised": "pin"}}
    spool.put(str(path), [forged])
    kept()
    Writer(str(path)).append({"experiment_id": "b"})
    assert ids(path) == ["a", "b"]
    Writer(str(path)).append({"experiment_id": "c"})


def test_what_a_run_says_of_itself_may_wait(path, kept):
    event = {"action": "stop", "by": "run"}
    with pytest.warns(RuntimeWarning):
        Writer(str(path)).update("a", lambda present: {**present, "status": "stopped", "event": event}, Permit("run"))
    kept()
    Writer(str(path)).append({"experiment_id": "b"})
    assert ids(path) == ["a", "a", "b"]


def test_what_waits_and_cannot_be_read_stops_no_append(path, kept):
    kept()
    os.mkdir(spool.spool_folder(str(path)))
    with open(os.path.join(spool.spool_folder(str(path)), "x.json"), "w") as file:
        file.write('{"experiment_id": "torn')
    Writer(str(path)).append({"experiment_id": "b"})
    assert ids(path) == ["a", "b"]
    assert os.listdir(spool.spool_folder(str(path))) == ["x.json"]


# Several lines and several threads


def test_several_changes_are_one_append_and_see_each_other(path):
    seen = []

    def make(number):
        return lambda present: seen.append(present and present["number"]) or {"experiment_id": "a", "number": number}

    Writer(str(path)).update_all([Append("a", make(number)) for number in range(3)])
    assert seen == [None, 0, 1]
    assert verify(Registry(str(path)).lines)[1:3] == ([], [])
    before = path.read_bytes()
    with pytest.raises(ValueError, match="cannot"):
        Writer(str(path)).update_all(
            [Append("b", lambda _: {"experiment_id": "b"}), Append("c", lambda _: {"experiment_id": object()})]
        )
    assert path.read_bytes() == before


def test_threads_of_one_writer_lose_nothing(path):
    ours = Writer(str(path))
    threads = [
        threading.Thread(target=lambda t=t: [ours.append({"experiment_id": f"{t}-{n}"}) for n in range(25)])
        for t in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids(path)) == len(set(ids(path))) == 200
    found = verify(Registry(str(path)).lines)
    assert (found.problems, found.uncovered, len(found.heads)) == ([], [], 1)


def test_a_file_that_is_cut_while_it_is_searched_ends_no_training(path):
    """A file that is mapped into memory ends the process that reads beyond its new end."""
    path.write_bytes(b'{"experiment_id": "x"}\n' * 400_000)
    script = (
        "import sys; from expflow_hooks.core.registry import search; import os\n"
        "real = search.read_all_at\n"
        "def cut(fd, a, b):\n    os.truncate(sys.argv[1], 100)\n    return real(fd, a, b)\n"
        "search.read_all_at = cut\n"
        "from expflow_hooks.core.registry.writer import Writer\n"
        "Writer(sys.argv[1]).append({'experiment_id': 'new'})\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert b'"new"' in path.read_bytes()


def test_commands_say_what_waits(cli, registry):
    path = registry({"experiment_id": "a", "metrics": {"pde_mean": 1.0}})
    spool.put(str(path), [{"experiment_id": "b"}])
    for command in (["run", "list"], ["run", "verify"], ["compare-scores", "--sort-by", "pde_mean"]):
        assert "1 record waits in" in cli(*command, "--source", "experiments.jsonl").stderr
