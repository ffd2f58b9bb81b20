"""The usual answer from the ends of files: never another one than reading everything gives."""

from __future__ import annotations

import io
from hashlib import sha1

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expflow_hooks.core.registry.append_only import broken_by, check_growth, new_lines
from expflow_hooks.core.registry.ends import fits_at_the_ends
from expflow_hooks.core.registry.folder_writer import FolderWriter
from expflow_hooks.core.registry.histories import histories, ids_with
from expflow_hooks.core.registry.new_lines import read_new
from expflow_hooks.core.registry.reader import Registry
from expflow_hooks.core.registry.stored import Blob
from expflow_hooks.core.registry.verify import verify
from expflow_hooks.core.registry.writer import Writer


def blob(data: bytes) -> Blob:
    name = sha1(b"blob %d\0" % len(data) + data).hexdigest()
    return Blob(name, lambda: len(data), lambda: io.BytesIO(data))


def problems(path, base, head):
    """Return what a whole look says of the new lines."""
    registry = Registry(path, held=head)
    found = verify(registry.lines, line=registry.line, where=registry.where)
    growth = check_growth(base, head)
    unexpected = [one for one in found.unexpected if growth.is_new(registry.where(one.line))]
    return [*broken_by(growth, lambda: found, registry.where), *unexpected]


@pytest.fixture(scope="module")
def chained(tmp_path_factory):
    path = tmp_path_factory.mktemp("registry") / "r.jsonl"
    writer = Writer(str(path))
    for number in range(12):
        writer.append({"experiment_id": f"x{number % 5}", "status": "running", "metrics": {"a": number}})
    return path.read_bytes().splitlines(keepends=True)


@given(data=st.data())
def test_a_yes_is_what_the_whole_look_says(chained, data):
    cut = data.draw(st.integers(0, len(chained)))
    base, new = chained[:cut], chained[cut:]
    for _ in range(data.draw(st.integers(0, 2))):
        what = data.draw(st.sampled_from(["drop", "copy", "edit", "swap", "bare", "begin"]))
        at = data.draw(st.integers(0, max(len(new) - 1, 0)))
        if what == "copy":
            new.insert(at, data.draw(st.sampled_from(chained)))
        elif what == "bare":
            new.insert(at, b'{"experiment_id": "other"}\n')
        elif what == "begin":
            new.insert(at, b'{"experiment_id": "other", "prev": []}\n')
        elif new and what == "drop":
            new.pop(at)
        elif new and what == "edit":
            new[at] = new[at].replace(b'"metrics"', b'"metric"')
        elif new:
            new.insert(0, new.pop(at))
    old, grown = {"r": b"".join(base)}, {"r": b"".join(base + new)}
    if fits_at_the_ends(grown, check_growth(old, grown)):
        assert problems("r", old, grown) == []


def test_an_append_is_the_usual_case(chained):
    for cut in (0, 1, 11):
        old, grown = {"r": b"".join(chained[:cut])}, {"r": b"".join(chained)}
        assert fits_at_the_ends(grown, check_growth(old, grown))
    assert not fits_at_the_ends(grown, check_growth({"r": b"".join(chained[1:])}, grown))


class TestFolder:
    @pytest.fixture
    def files(self, tmp_path):
        for branch in ("main", "topic", "main"):
            writer = FolderWriter(f"{tmp_path}/", lambda branch=branch: f"{branch}.jsonl")
            writer.append({"experiment_id": f"{branch}-1", "metrics": {"a": 1}})
            writer.append({"experiment_id": "both", "metrics": {"a": 1 if branch == "main" else 2}})
        return {f"e/{path.name}": path.read_bytes() for path in tmp_path.glob("*.jsonl")}

    def test_a_new_branch_names_the_end_of_another_file(self, files):
        assert len(files) == 2
        base = {path: data for path, data in files.items() if "main" in path}
        base = {path: b"".join(data.splitlines(keepends=True)[:2]) for path, data in base.items()}
        growth = check_growth(base, files)
        assert fits_at_the_ends(files, growth)
        assert problems("e/", base, files) == []

    def test_histories_are_those_of_the_registry(self, files):
        for ids in ({"both"}, {"main-1"}, {"main-1", "topic-1", "none"}):
            assert histories("e/", files, ids) == Registry("e/", held=files).histories(ids)


LINES = st.lists(st.sampled_from([b'{"experiment_id": "a", "commit": "ABCDEF12"}', b'{"experiment_id": "b", "x": NaN}',
                                  b'{"experiment_id": "\\u0061"}', b"torn", b"", b'{"experiment_id": 5}']))  # fmt: skip


@given(base=LINES, head=LINES)
def test_a_blob_is_compared_as_its_bytes_are(base, head):
    old, new = b"\n".join(base), b"\n".join(head)
    of_bytes, of_blobs = check_growth({"r": old}, {"r": new}), check_growth({"r": blob(old)}, {"r": blob(new)})
    assert of_bytes[:2] == of_blobs[:2]
    assert [one.number for one in new_lines({"r": blob(new)}, of_blobs)] == sorted(of_bytes.added.get("r", ()))


@given(lines=LINES)
def test_ids_and_histories_of_a_file(lines):
    data = b"\n".join(lines)
    files = {"r": data}
    registry = Registry("r", held=files)
    assert histories("r", files, {"a", "b"}) == registry.histories({"a", "b"})
    new = read_new(files, check_growth({}, files))
    assert new.ids == {line.record["experiment_id"] for line in registry.numbered()}
    assert [(bad.line, bad.why) for bad in new.unreadable] == [(bad.line, bad.why) for bad in registry.unreadable]
    assert (ids_with(files, ["abcdef1"]) or set()) >= ({"a"} if b"ABCDEF" in data else set())


def test_the_same_blob_is_not_opened():
    def never():
        raise AssertionError

    one = Blob("1" * 40, never, never)
    assert check_growth({"r": one}, {"r": one}).added == {}
