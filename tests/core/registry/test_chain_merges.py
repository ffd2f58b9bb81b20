"""Two branches that both append: merged by git, with merge=union or by hand, their history verifies."""

from __future__ import annotations

import pytest

from expflow_hooks.core.registry.reader import Registry
from expflow_hooks.core.registry.verify import verify
from expflow_hooks.core.registry.writer import Writer

FILE = "experiments.jsonl"


def append(repo, *names):
    writer = Writer(str(repo.path / FILE))
    for name in names:
        writer.append({"experiment_id": name, "status": "completed", "metrics": {"pde_mean": 1.5}})
    repo.git("add", FILE)
    repo.git("commit", "--quiet", "--message", " ".join(names))


def branches(repo, attributes):
    """Make `main` and `topic`, which both append to what they share."""
    repo.write(".gitattributes", attributes)
    repo.git("add", ".")
    append(repo, "base-1", "base-2")
    repo.git("switch", "--quiet", "--create", "topic")
    append(repo, "topic-1", "topic-2")
    repo.git("switch", "--quiet", "main")
    append(repo, "main-1", "main-2", "main-3")


def check(repo):
    return verify(Registry(str(repo.path / FILE)).lines)


def test_a_union_merge_verifies_and_its_next_line_names_both_ends(git_repo):
    branches(git_repo, f"{FILE} merge=union\n")
    git_repo.git("merge", "--quiet", "--no-edit", "topic")
    merged = check(git_repo)
    assert (merged.lines, merged.problems, merged.uncovered, len(merged.heads)) == (7, [], [], 2)
    append(git_repo, "after")
    assert len(check(git_repo).heads) == 1


@pytest.mark.parametrize("sides", ["main first", "topic first", "interleaved"])
def test_a_merge_by_hand_verifies_in_any_order_that_keeps_each_branchs(git_repo, sides):
    branches(git_repo, "")
    git_repo.git("merge", "--quiet", "--no-edit", "topic", ok=False)
    conflict = (git_repo.path / FILE).read_text()
    assert "<<<<<<<" in conflict
    parts = conflict.replace("=======", "<<<<<<<").replace(">>>>>>>", "<<<<<<<").split("<<<<<<<")
    shared, ours, theirs = (
        [line for line in part.splitlines(keepends=True) if line.startswith("{")] for part in parts[:3]
    )
    order = {
        "main first": ours + theirs,
        "topic first": theirs + ours,
        "interleaved": [ours[0], theirs[0], ours[1], theirs[1], ours[2]],
    }[sides]
    git_repo.commit(FILE, "".join(shared + order))
    assert (check(git_repo).lines, check(git_repo).problems) == (7, [])
    git_repo.commit(FILE, "".join(shared + order[::-1]))
    assert check(git_repo).problems, "an order in which nobody wrote them"


def test_what_a_merge_by_hand_changes_or_drops_is_named(git_repo):
    branches(git_repo, f"{FILE} merge=union\n")
    git_repo.git("merge", "--quiet", "--no-edit", "topic")
    lines = (git_repo.path / FILE).read_text().splitlines(keepends=True)
    for number in range(len(lines) - 1):
        edited = [*lines]
        edited[number] = lines[number].replace("1.5", "0.5")
        is_end = number in {line - 1 for line in check_lines(lines).heads.values()}
        assert bool(check_lines(edited).problems) is not is_end, "a head has nobody yet who names it"


def check_lines(lines):
    return verify(lambda: [line.encode() for line in lines])
