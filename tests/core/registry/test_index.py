"""The index: with it and without it, the same answer to the byte, whatever happened to the registry or to the index."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from typing import Any

import pytest

from expflow_hooks.core.errors import UsageError
from expflow_hooks.core.registry import known_file, tail
from expflow_hooks.core.registry.chain import digest_of
from expflow_hooks.core.registry.index import build, cache, container, index, prefix
from expflow_hooks.core.registry.reader import Registry
from expflow_hooks.core.registry.writer import Writer

ROUNDS = int(os.environ.get("EXPFLOW_FUZZ", "400")) // 10


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Let an index be worth it for any file, and no window hide what is before the tail."""
    monkeypatch.setattr(cache, "LEAST", 0)
    monkeypatch.setattr(tail, "WINDOW", 64)
    monkeypatch.setattr(known_file, "PATIENCE", 0)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "r.jsonl"


def line(**fields):
    return json.dumps(fields).encode() + b"\n"


def index_file(path):
    return cache.index_of(str(path))


def used(path):
    """Say whether an index fits the file now."""
    with path.open("rb") as file:
        found = index.open_index(str(path), file.fileno())
    return found is not None


def answer(path, name, indexed):
    registry = Registry(str(path), indexed=indexed)
    lines: Any
    try:
        lines = registry.history(name)
    except UsageError as error:
        lines = str(error)
    return lines, registry.unreadable, registry.histories([name, "e1", "nobody"])


def answers(path, names, monkeypatch):
    """Return what reader and writer say of experiments, with the index and without it."""
    found = []
    for on in (True, False):
        monkeypatch.setenv(cache.ENV_NO_INDEX, "" if on else "1")
        writer = Writer(str(path))
        presents: list[Any] = []
        for name in names:
            try:
                presents.append(writer.present(name))
            except UsageError as error:
                presents.append(str(error))
        with path.open("rb") as file:
            names_next = writer._file.tail(file.fileno()).heads.to_name()
        found.append(([answer(path, name, on) for name in names], presents, names_next))
    monkeypatch.delenv(cache.ENV_NO_INDEX)
    return found


def edit_in_place(path, draw):
    data = bytearray(path.read_bytes())
    if data:
        at = draw.randrange(len(data))
        data[at : at + 1] = draw.choice([b"7", b'"', b"\n", b" ", b"e"])
        with path.open("r+b") as file:
            file.write(data)


def cut(path, draw):
    with path.open("r+b") as file:
        file.truncate(draw.randrange(path.stat().st_size + 1))


def replace(path, draw):
    other = path.with_suffix(".other")
    lines = path.read_bytes().splitlines(keepends=True)
    draw.shuffle(lines)
    other.write_bytes(b"".join(lines[: draw.randrange(len(lines) + 1)]))
    other.replace(path)


def append(path, draw):
    for _ in range(draw.randrange(1, 9)):
        name = f"e{draw.randrange(9)}"
        kind = draw.randrange(6)
        if kind < 3:
            with contextlib.suppress(UsageError):  # its last line may be one that nobody can read
                Writer(str(path)).append({"experiment_id": name, "status": "running", "n": draw.random()})
            continue
        foreign = [
            line(experiment_id=name, metrics={"pde_mean": float("nan")}),
            b'{"experiment_id": "%s", "name": "\xff"}\n' % name.encode(),
            b"not JSON, about %s\n" % name.encode() if draw.random() < 0.5 else b"\n",
        ][kind - 3]
        with path.open("ab") as file:
            file.write(foreign[: -1 if draw.random() < 0.1 else None])


def damage(path, draw):
    file = index_file(path)
    if os.path.exists(file):
        with open(file, "r+b") as opened:
            size = os.path.getsize(file)
            if draw.random() < 0.2:
                opened.truncate(draw.randrange(size + 1))
            for _ in range(draw.randrange(1, 4)):
                opened.seek(draw.randrange(size))
                opened.write(bytes([draw.randrange(256)]))


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_with_and_without_the_index_is_the_same_answer(path, monkeypatch, seed):
    draw = random.Random(seed)
    path.touch()
    happens = [append, append, append, append, edit_in_place, cut, replace, damage]
    for _ in range(10):
        draw.choice(happens)(path, draw)
        if draw.random() < 0.6:
            build.update(str(path))
        with_index, without = answers(path, [f"e{n}" for n in range(9)] + ["x"], monkeypatch)
        assert with_index == without


def test_an_index_is_used_and_grows_with_the_file(path):
    rows = [line(experiment_id=f"e{n}", n=n) for n in range(500)]
    path.write_bytes(b"".join(rows[:100]))
    for count in range(100, 500, 7):
        path.open("ab").write(b"".join(rows[count : count + 7]))
        assert build.update(str(path))
        assert used(path)
    with path.open("rb") as file:
        found = index.open_index(str(path), file.fileno())
        assert found is not None
        assert 1 < len(found.segments) < 12
        assert (found.end, found.lines) == (path.stat().st_size, path.read_bytes().count(b"\n"))
        for n in (0, 99, 100, 433):
            (one,) = found.find(f"e{n}")
            assert (one.number, one.readable) == (n + 1, True)
            assert tail.line_at(file.fileno(), one.place) == rows[n]


def test_an_append_to_a_registry_of_another_tool_reads_the_lines_that_came_since(path, monkeypatch):
    rows = [line(experiment_id=f"e{n}", n=n) for n in range(3000)]
    path.write_bytes(b"".join(rows))
    build.update(str(path))
    read = []
    real = tail.read_all_at
    monkeypatch.setattr(tail, "read_all_at", lambda fd, a, b: read.append(b - a) or real(fd, a, b))
    Writer(str(path)).append({"experiment_id": "new"})
    assert json.loads(path.read_bytes().splitlines()[-1])["prev"] == [digest_of(row).hex() for row in rows[:16]]
    assert sum(read) < path.stat().st_size / 10


@pytest.mark.parametrize("happens", [edit_in_place, cut, replace])
def test_an_index_of_other_bytes_is_not_used(path, happens):
    path.write_bytes(b"".join(line(experiment_id=f"e{n}", n=n) for n in range(500)))
    build.update(str(path))
    before = path.read_bytes()
    draw = random.Random(5)
    while path.read_bytes() == before:
        happens(path, draw)
    assert not used(path)
    assert build.update(str(path))
    assert used(path)


@pytest.fixture
def large(path):
    """A registry of more blocks than are compared each time, indexed once it has settled."""
    path.write_bytes(b"".join(line(experiment_id=f"e{n}", pad="x" * 400, n=n) for n in range(2000)))
    time.sleep(0.1)
    build.update(str(path))
    assert path.stat().st_size // prefix.BLOCK > index.SAMPLES
    return path


def edit_one_line(path):
    known = path.stat()
    data = path.read_bytes().replace(b'"n": 1000}', b'"n": 1001}')
    with path.open("r+b") as file:
        file.write(data)
    os.utime(path, ns=(known.st_atime_ns, known.st_mtime_ns))


def test_an_edit_that_keeps_size_and_time_is_seen_at_once(large):
    assert used(large)
    edit_one_line(large)
    assert not used(large)


def test_a_file_whose_times_changed_alone_is_compared_as_a_whole_and_its_index_used(large):
    os.utime(large)
    assert used(large)


def test_an_edit_that_an_append_follows_is_seen_in_the_end(large):
    """One look may miss it, soon one does not."""
    edit_one_line(large)
    with large.open("ab") as file:
        file.write(line(experiment_id="new"))
    assert not all(used(large) for _ in range(200))


def test_a_changed_last_line_is_seen_at_once(path):
    path.write_bytes(b"".join(line(experiment_id=f"e{n}", pad="x" * 400, n=n) for n in range(2000)))
    build.update(str(path))
    data = path.read_bytes()
    with path.open("r+b") as file:
        file.write(data.replace(b'"n": 1999}', b'"n": 1998}'))
    assert not used(path)


def test_an_index_that_is_a_link_or_anothers_or_newer_is_ignored(path, monkeypatch, tmp_path):
    path.write_bytes(b"".join(line(experiment_id=f"e{n}") for n in range(50)))
    assert build.update(str(path))
    file = index_file(path)
    elsewhere = tmp_path / "elsewhere"
    os.rename(file, elsewhere)
    os.symlink(elsewhere, file)
    assert not used(path)
    os.unlink(file)
    os.rename(elsewhere, file)
    assert used(path)
    os.chmod(file, 0o644)
    assert not used(path)
    os.chmod(file, 0o600)
    monkeypatch.setattr(container, "FORMAT", "2 a newer one")
    assert not used(path)
    monkeypatch.undo()


def test_the_folder_and_its_files_are_private_whatever_the_umask(path):
    path.write_bytes(b"".join(line(experiment_id=f"e{n}") for n in range(50)))
    before = os.umask(0)
    try:
        assert build.update(str(path))
    finally:
        os.umask(before)
    assert os.stat(cache.folder()).st_mode & 0o777 == 0o700
    assert {os.stat(os.path.join(cache.folder(), name)).st_mode & 0o777 for name in os.listdir(cache.folder())} == {
        0o600
    }


def test_a_folder_that_others_may_write_is_not_used(path):
    path.write_bytes(b"".join(line(experiment_id=f"e{n}") for n in range(50)))
    os.makedirs(cache.folder())
    os.chmod(cache.folder(), 0o777)
    assert not build.update(str(path))
    assert os.listdir(cache.folder()) == []


def test_no_place_for_an_index_is_no_error(path, monkeypatch, tmp_path):
    path.write_bytes(b"".join(line(experiment_id=f"e{n}") for n in range(50)))
    (tmp_path / "file").touch()
    for home in (str(tmp_path / "file"), "", "relative", "/proc/nowhere"):
        monkeypatch.setenv("XDG_CACHE_HOME", home)
        monkeypatch.setenv("HOME", home)
        assert not build.update(str(path))
        assert len(Registry(str(path), indexed=True).history("e7")) == 1


def test_one_process_at_a_time_makes_it(path):
    path.write_bytes(b"".join(line(experiment_id=f"e{n}") for n in range(50)))
    with build._alone(str(path)) as where:
        assert where is not None
        assert not build.update(str(path))
    assert build.update(str(path))


def test_it_is_removed_and_counted(path):
    path.write_bytes(b"".join(line(experiment_id=f"e{n}") for n in range(50)))
    build.update(str(path))
    found = cache.kept()
    assert (found.indexes, found.size) == (1, os.path.getsize(index_file(path)))
    assert cache.clear() == 1
    assert cache.kept().indexes == 0
    assert os.listdir(cache.folder()) == []


MAKE = """
import sys
from expflow_hooks.core.registry.index import build, cache
cache.LEAST = 0
print("begun", flush=True)
while True:
    build.update(sys.argv[1])
    cache.discard(sys.argv[1])
"""


@pytest.mark.parametrize("round", range(6))
def test_a_process_that_is_killed_while_it_makes_one_leaves_nothing_wrong(path, monkeypatch, round):
    path.write_bytes(b"".join(line(experiment_id=f"e{n % 700}", n=n) for n in range(3000)))
    done = subprocess.Popen([sys.executable, "-c", MAKE, str(path)], stdout=subprocess.PIPE)
    assert done.stdout.readline()
    time.sleep(0.01 + round * 0.013)
    done.send_signal(signal.SIGKILL)
    done.wait()
    done.stdout.close()
    with_index, without = answers(path, ["e5", "e699", "x"], monkeypatch)
    assert with_index == without
    assert build.update(str(path))
    assert used(path)
    assert [name for name in os.listdir(cache.folder()) if name.endswith(cache.UNFINISHED)] == []
