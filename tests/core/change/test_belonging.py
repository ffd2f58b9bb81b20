"""Why an experiment belongs to a change, whether it ran what the head holds, and which are judged."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from expflow_hooks.core.change.belonging import (
    BRANCH,
    CODE,
    COMMIT,
    EXACT,
    LINE,
    STALE,
    UNPROVED,
    Change,
    find_candidates,
)
from expflow_hooks.core.change.code import code_id
from expflow_hooks.core.errors import UnreadableError
from expflow_hooks.core.registry.experiment import Code, Experiment

PATTERNS = ("src/**",)


def tree(**files):
    return [("100644", content, path.replace("__", "/") + ".py") for path, content in files.items()]


HEAD, MIDDLE, OLD, FORK, TIP, MERGE, DOCS = (letter * 40 for letter in "abcdef0")
TREES = {
    FORK: tree(src__model="1"),
    TIP: tree(src__model="1", src__other="2"),
    OLD: tree(src__model="2"),
    MIDDLE: tree(src__model="3"),
    HEAD: tree(src__model="3", docs="9"),  # a commit that touches documents only
    MERGE: tree(src__model="3", src__other="2", docs="9"),
}
FORKED, COMMITTED = "2026-05-01T00:00:00Z", "2026-05-03T00:00:00Z"


def at(day):
    return datetime(2026, 5, day, tzinfo=timezone.utc)


CHANGE = Change(HEAD, (HEAD, MIDDLE, OLD), (TIP, FORK), (MERGE,), "topic", at(1), at(3))


def code(entries, paths=PATTERNS):
    return Code(paths, code_id(entries, paths))


def run(name="x", status="completed", **fields):
    return Experiment(name, status=status, timestamp=fields.pop("timestamp", "2026-05-02T00:00:00Z"), **fields)


def found(experiment, *added, change=CHANGE):
    """Return why an experiment belongs and whether it is exact, or None."""
    lines = {experiment.experiment_id: added} if added else {}
    candidates = find_candidates([experiment], change, TREES.__getitem__, PATTERNS, lines)
    every = candidates.judged + candidates.unfinished + candidates.superseded
    return (every[0].by, every[0].freshness) if every else None


ELSEWHERE = tree(src__model="7")
CASES = {
    "trained dirty on the fork point, then committed": (
        run(commit=FORK, dirty=True, code=code(TREES[HEAD])),
        CODE,
        EXACT,
    ),
    "committed, then trained": (run(commit=HEAD, code=code(TREES[HEAD])), CODE, EXACT),
    "trained, then documents committed": (run(commit=MIDDLE, code=code(TREES[MIDDLE])), CODE, EXACT),
    "amended, rebased or squashed: the commit is gone": (run(commit="9" * 40, code=code(TREES[HEAD])), CODE, EXACT),
    "trained on the merge under test": (run(commit=MERGE, code=code(TREES[MERGE])), CODE, EXACT),
    "trained on an older commit's code": (run(commit="9" * 40, code=code(TREES[OLD])), CODE, STALE),
    "the commit of the change, with edits never committed": (run(commit=HEAD, code=code(ELSEWHERE)), COMMIT, STALE),
    "no code, the head": (run(commit=HEAD), COMMIT, EXACT),
    "no code, seven digits of the head": (run(commit=HEAD[:7]), COMMIT, EXACT),
    "no code, six digits": (run(commit=HEAD[:6]), None, None),
    "no code, a merge of the head": (run(commit=MERGE), COMMIT, EXACT),
    "no code, only documents since": (run(commit=MIDDLE), COMMIT, EXACT),
    "no code, code changed since": (run(commit=OLD), COMMIT, STALE),
    "no code, uncommitted changes": (run(commit=HEAD, dirty=True), COMMIT, UNPROVED),
    "code over other paths, a clean commit tells": (
        run(commit=HEAD, dirty=False, code=code(TREES[HEAD], ("**",))),
        COMMIT,
        EXACT,
    ),
    "code over other paths, dirty": (run(commit=HEAD, dirty=True, code=code(TREES[HEAD], ("**",))), COMMIT, UNPROVED),
    "code over no file at all": (run(code=Code(("none/**",), code_id([], ("none/**",)))), None, None),
    "the base's code": (run(commit=TIP, code=code(TREES[TIP])), None, None),
    "the fork point's code, on the branch": (run(commit=FORK, branch="topic", code=code(TREES[FORK])), None, None),
    "another branch's code and commit": (run(commit="9" * 40, branch="other", code=code(ELSEWHERE)), None, None),
    "the branch, a commit that was replaced": (run(commit="9" * 40, branch="topic"), BRANCH, STALE),
    "the branch, code that is no commit's": (run(branch="topic", code=code(ELSEWHERE)), BRANCH, STALE),
    "the branch, no commit named, none since": (run(branch="topic", timestamp="2026-05-04T00:00:00Z"), BRANCH, EXACT),
    "the branch, no commit named, commits since": (run(branch="topic"), BRANCH, STALE),
    "the branch, before the fork": (run(branch="topic", timestamp="2026-04-30T00:00:00Z"), None, None),
    "the branch, no time": (run(branch="topic", timestamp=None), None, None),
    "running, the head's code": (run(status="running", code=code(TREES[HEAD])), CODE, EXACT),
    "failed runs are no candidates": (run(status="failed", code=code(TREES[HEAD])), None, None),
}


@pytest.mark.parametrize(("experiment", "by", "freshness"), CASES.values(), ids=CASES)
def test_why_an_experiment_belongs(experiment, by, freshness):
    assert found(experiment) == ((by, freshness) if by else None)


LINES = {
    "the head's code": ([run(code=code(TREES[HEAD]))], EXACT),
    "the base's code, a baseline run again": ([run(code=code(TREES[TIP]))], STALE),
    "code of nowhere": ([run(code=code(ELSEWHERE))], STALE),
    "no code, a commit of the change": ([run(commit=MIDDLE)], EXACT),
    "no code, a commit of the change, stale": ([run(commit=OLD)], STALE),
    "no code, a commit of nowhere": ([run(commit="9" * 40)], UNPROVED),
    "neither code nor commit": ([run()], UNPROVED),
}


@pytest.mark.parametrize(("lines", "freshness"), LINES.values(), ids=LINES)
def test_a_line_that_the_change_adds_makes_a_candidate_whatever_it_names(lines, freshness):
    assert found(lines[-1], *lines) == (LINE, freshness)


EXACT_LINE = run(commit=HEAD, code=code(TREES[HEAD]), metrics={"pde_mean": 99.0})
WITHDRAWALS = {
    "says deleted": (run(status="deleted"), "deleted"),
    "says failed": (run(status="failed"), "failed"),
    "says running again": (run(status="running", code=code(ELSEWHERE)), "running"),
    "names another commit": (run(commit="9" * 40, code=code(TREES[HEAD])), ""),
    "names other code": (run(commit="9" * 40, code=code(ELSEWHERE), metrics={"pde_mean": 1.0}), "names other code"),
    "names nothing": (run(), "names other code"),
}


@pytest.mark.parametrize(("last", "says"), WITHDRAWALS.values(), ids=WITHDRAWALS)
def test_a_later_line_takes_no_completed_run_out_of_the_judging(last, says):
    candidates = find_candidates([last], CHANGE, TREES.__getitem__, PATTERNS, {"x": [EXACT_LINE, last]})
    (one,) = candidates.judged
    assert (one.by, one.freshness, one.withdrawn) == (LINE, EXACT, says)
    assert one.experiment.state == "completed"
    if says:
        assert one.experiment.metrics == {"pde_mean": 99.0}


def test_a_run_that_the_base_completed_and_the_change_deletes_is_no_candidate():
    last = run(status="deleted", code=code(TREES[HEAD]))
    assert found(last, last) is None


def test_a_run_that_is_running_by_its_line_is_unfinished():
    last = run(status="running", code=code(TREES[HEAD]))
    candidates = find_candidates([last], CHANGE, TREES.__getitem__, PATTERNS, {"x": [last]})
    assert [(one.by, one.freshness) for one in candidates.unfinished] == [(LINE, EXACT)]
    assert candidates.judged == ()


def ids(found):
    return {one.experiment.experiment_id for one in found}


def test_runs_of_the_heads_code_stand_for_the_stale_ones_and_not_for_those_that_prove_nothing():
    runs = [
        run("exact", code=code(TREES[HEAD])),
        run("older", code=code(TREES[OLD])),
        run("nothing"),
        run("dirty", commit=OLD, dirty=True),
        run("branch", branch="topic"),
    ]
    lines = {name: [one] for name, one in (("older", runs[1]), ("nothing", runs[2]))}
    candidates = find_candidates(runs, CHANGE, TREES.__getitem__, PATTERNS, lines)
    assert candidates.exact
    assert candidates.ids == {"exact", "nothing", "dirty"}
    assert ids(candidates.superseded) == {"older", "branch"}


def test_without_any_of_the_heads_code_the_lines_the_code_and_the_newest_commit_are_judged_and_none_passes():
    runs = [
        run("line", code=code(ELSEWHERE)),
        run("code", code=code(TREES[OLD])),
        run("newest", commit=MIDDLE, dirty=True),
        run("older", commit=OLD),
        run("branch", branch="topic"),
    ]
    candidates = find_candidates(runs, CHANGE, TREES.__getitem__, PATTERNS, {"line": runs[:1]})
    assert not candidates.exact
    assert candidates.ids == {"line", "code", "newest"}
    assert ids(candidates.superseded) == {"older", "branch"}


def test_what_changed_since_is_named_where_the_commit_tells():
    (one,) = find_candidates([run(commit=OLD)], CHANGE, TREES.__getitem__, PATTERNS).judged
    assert one.paths == ("src/model.py",)


def test_what_cannot_be_asked_is_an_error_and_never_no():
    def away(commit):
        raise UnreadableError("the tree is truncated")

    with pytest.raises(UnreadableError):
        find_candidates([run(code=code(TREES[HEAD]))], CHANGE, away, PATTERNS)
    # A run that nothing has to be asked for asks nothing.
    assert find_candidates([run(commit=HEAD)], CHANGE, away, PATTERNS).ids == {"x"}


def test_each_tree_is_read_once():
    asked = []

    def read(commit):
        asked.append(commit)
        return TREES[commit]

    runs = [run(f"{number}", code=code(ELSEWHERE)) for number in range(50)]
    find_candidates(runs, CHANGE, read, PATTERNS)
    assert len(asked) == len(set(asked)) <= len(TREES)
