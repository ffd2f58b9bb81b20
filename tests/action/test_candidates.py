"""Which experiments belong to a change, and whether the code moved on since."""

from datetime import datetime, timezone

import pytest

from expflow_hooks.action.evidence.change import Change, Commit
from expflow_hooks.action.page.candidates import find_candidates
from expflow_hooks.core.registry.experiment import from_mapping

NEW, MID, OLD, TEST_MERGE, GONE = "a" * 40, "b" * 40, "c" * 40, "d" * 40, "e" * 40
FORKED = datetime(2026, 11, 1, tzinfo=timezone.utc)


def change(**given):
    at = datetime(2026, 11, 10, tzinfo=timezone.utc)
    commits = (Commit(NEW, at), Commit(MID, at), Commit(OLD, at))
    base = Change("0" * 40, NEW, "0" * 40, FORKED, commits, frozenset({"src/a.py"}), branch="feature")
    return base._replace(**given)


def run(name, commit=None, status="completed", branch=None, timestamp="2026-11-12T00:00:00Z"):
    fields = {"experiment_id": name, "commit": commit, "status": status, "branch": branch, "timestamp": timestamp}
    return from_mapping({key: value for key, value in fields.items() if value is not None})


def found(*runs, patterns=("src/**",), since=frozenset(), **given):
    return find_candidates(runs, change(**given), patterns, "experiments.jsonl", lambda commit: since)


def names(runs):
    return [run.experiment_id for run in runs]


def test_the_newest_commit_that_has_runs_is_judged_and_older_ones_are_shown():
    got = found(run("old", OLD), run("mid-1", MID), run("mid-2", MID), run("other", "f" * 40))
    assert (names(got.judged), got.at, names(got.older)) == (["mid-1", "mid-2"], MID, ["old"])


def test_the_merge_under_test_counts_as_the_head():
    got = found(run("m", TEST_MERGE), run("mid", MID), merges=(TEST_MERGE,))
    assert (names(got.judged), got.at) == (["m"], NEW)


@pytest.mark.parametrize(
    ("commit", "belongs"), [(NEW[:7], True), (NEW[:6], False), (NEW.upper(), True), (f" {NEW}\n", True), ("", False)]
)
def test_an_abbreviated_commit_belongs_from_seven_digits_on(commit, belongs):
    assert bool(found(run("x", commit)).judged) is belongs


def test_a_run_on_the_branch_without_a_commit_is_judged_only_if_no_other_is_there():
    assert names(found(run("b", branch="feature")).judged) == ["b"]
    got = found(run("b", branch="feature"), run("mid", MID))
    assert (names(got.judged), names(got.older)) == (["mid"], ["b"])


@pytest.mark.parametrize(
    "given",
    [
        {"branch": "other"},
        {"branch": "feature", "timestamp": "2026-10-31T00:00:00Z"},
        {"branch": "feature", "timestamp": None},
        {"branch": "feature", "timestamp": "yesterday"},
    ],
)
def test_a_run_before_the_fork_point_or_of_another_branch_is_none_of_it(given):
    assert not found(run("x", **given)).judged


def test_a_head_that_has_no_branch_of_its_own_has_no_runs_by_branch():
    assert not found(run("x", branch="main"), branch="").judged


def test_runs_on_replaced_commits_are_shown_not_judged():
    got = found(run("x", GONE, branch="feature"))
    assert (names(got.judged), names(got.replaced)) == ([], ["x"])


def test_commits_that_touch_the_paths_make_older_runs_stale():
    assert found(run("x", MID), since=frozenset({"src/a.py", "README.md"})).stale == ("src/a.py",)
    assert found(run("x", MID), since=frozenset({"README.md", "experiments.jsonl"})).stale == ()
    assert found(run("x", NEW), since=frozenset({"src/a.py"})).stale == ()


def test_without_patterns_everything_but_the_registry_makes_stale():
    assert found(run("x", MID), patterns=(), since=frozenset({"README.md"})).stale == ("README.md",)
    assert found(run("x", MID), patterns=(), since=frozenset({"experiments.jsonl"})).stale == ()


def test_a_list_of_paths_that_is_too_long_to_see_counts_as_stale():
    assert found(run("x", MID), since=None).stale


def test_a_run_without_a_commit_is_stale_once_commits_follow_it():
    assert not found(run("x", branch="feature", timestamp="2026-11-12T00:00:00Z")).stale
    assert found(run("x", branch="feature", timestamp="2026-11-05T00:00:00Z")).stale


def test_unfinished_runs_are_kept_apart_unless_older_than_the_judged():
    got = found(run("r", MID, "running"))
    assert (names(got.judged), names(got.unfinished)) == ([], ["r"])
    assert not found(run("r", OLD, "running"), run("x", MID)).unfinished
    assert found(run("r", NEW, "queued"), run("x", MID)).unfinished
    assert not found(run("r", NEW, "failed")).unfinished
