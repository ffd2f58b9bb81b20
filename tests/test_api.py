"""What training code calls."""

from __future__ import annotations

import json
import math

import pytest

import expflow_hooks
from expflow_hooks import compare_scores, record


def written(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_the_public_api_is_there_and_lazy():
    import subprocess
    import sys

    for name in expflow_hooks.__all__:
        assert getattr(expflow_hooks, name) is not None
        assert name in dir(expflow_hooks)
    with pytest.raises(AttributeError):
        expflow_hooks.nothing_of_the_kind  # type: ignore[attr-defined]  # noqa: B018
    heavy = {"click", "yaml", "msgspec", "requests", "clearml", "re"}
    script = f"import sys, expflow_hooks; print(sorted({heavy} & {{*sys.modules}}))"
    done = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path[:0] = {sys.path!r}; {script}"], capture_output=True
    )
    assert done.stdout.strip() == b"[]"


def test_record_fills_commit_branch_dirty_and_time_from_git(repo, work, home):
    (work / "train.py").write_text("x = 1\n")
    repo("add", ".")
    repo("commit", "-qm", "one")
    entry = record("x", status="completed", metrics={"pde_mean": 1}, params={"Args/lr": 0.1, "Args/sub_step": 5})
    assert entry["commit"] == repo("rev-parse", "HEAD")
    assert (entry["branch"], entry["dirty"]) == ("main", False)
    assert entry["timestamp"].endswith("+00:00")
    assert entry["params"] == {"Args/lr": 0.1, "Args/sub_step": 5}
    (work / "train.py").write_text("x = 2\n")
    assert record("y")["dirty"] is True


def test_the_registrys_own_lines_and_untracked_files_are_no_uncommitted_change(repo, work):
    (work / "expflow.yaml").write_text("version: 1\nleaderboard: {source: experiments.jsonl}\n")
    (work / "experiments.jsonl").write_text("")
    repo("add", ".")
    repo("commit", "-qm", "one")
    (work / "notes.txt").write_text("untracked")
    assert record("x")["dirty"] is False
    assert record("y")["dirty"] is False
    assert [line["experiment_id"] for line in written(work / "experiments.jsonl")] == ["x", "y"]


def test_what_is_given_is_never_replaced(repo, work):
    (work / "f").write_text("1")
    repo("add", ".")
    repo("commit", "-qm", "one")
    entry = record("x", commit="c" * 40, timestamp="2026-01-01T00:00:00Z", mine={"kept": True})
    assert entry["commit"] == "c" * 40
    assert "dirty" not in entry
    assert "branch" not in entry
    assert entry["timestamp"] == "2026-01-01T00:00:00Z"
    assert entry["mine"] == {"kept": True}  # type: ignore[typeddict-item]


def test_outside_a_repository_only_the_time_is_filled(work):
    assert {"commit", "branch", "dirty"}.isdisjoint(record("x"))


def test_a_diverged_run_can_be_recorded_and_does_not_rank(work):
    with pytest.warns(expflow_hooks.ExpflowWarning, match="pde_mean is nan") as told:
        record("x", metrics={"pde_mean": math.nan}, registry="r.jsonl")
    assert told[0].filename == __file__
    record("y", metrics={"pde_mean": 3.0}, registry="r.jsonl")
    result = compare_scores("r.jsonl", sort_by="pde_mean")
    assert [(row["experiment_id"], row["rank"], row["value"], row["value_status"]) for row in result["ranking"]] == [
        ("y", 1, 3.0, "ok"),
        ("x", None, None, "nan"),
    ]
    json.dumps(result, allow_nan=False)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("",), "experiment_id"),
        ((None,), "experiment_id"),
        ((5,), "experiment_id"),
    ],
)
def test_a_record_needs_an_id(work, arguments, says):
    with pytest.raises(ValueError, match=says):
        record(*arguments, registry="r.jsonl")


def test_an_unknown_state_or_a_value_json_cannot_hold_is_refused(work):
    with pytest.raises(ValueError, match="'done' is not a state"):
        record("x", status="done", registry="r.jsonl")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="x: a record holds what JSON cannot"):
        record("x", mine=object(), registry="r.jsonl")  # type: ignore[arg-type]


def test_compare_scores_gives_the_documented_json(registry):
    path = registry(
        {"experiment_id": "a", "name": "A", "metrics": {"pde_mean": 12.0, "train_time_min": 30}},
        {"experiment_id": "b", "metrics": {"pde_mean": 18.09, "train_time_min": 30}},
        {"experiment_id": "c", "status": "running"},
    )
    result = compare_scores(str(path), sort_by="pde_mean", gates=["pde_mean:lt:18.09", "train_time_min:lt:60"])
    assert {key: result[key] for key in ("schema", "source", "metric", "direction", "gates")} == {
        "schema": 1,
        "source": str(path),
        "metric": "pde_mean",
        "direction": "ascending",
        "gates": ["pde_mean:lt:18.09", "train_time_min:lt:60"],
    }
    assert [row["rank"] for row in result["ranking"]] == [1, None, None]
    first, second, third = result["ranking"]
    assert set(first) >= {"rank", "experiment_id", "name", "status", "n", "value", "value_status", "spread"}
    assert first["gates"][0] == {
        "gate": "pde_mean:lt:18.09",
        "value": 12.0,
        "status": "ok",
        "passed": True,
        "margin": pytest.approx(6.09),
        "outcome": "holds",
        "why": None,
        "comparison": None,
    }
    assert (first["gates_passed"], first["reason"]) == (True, None)
    assert second["reason"] == "pde_mean < 18.09 fails: 18.09"
    assert third["reason"] == "running"
    assert result["counts"]["experiments"] == 3


def test_a_record_keeps_how_its_numbers_were_made(work):
    from expflow_hooks import definition_of

    made = definition_of(batch_size=6)
    written = record("a", metrics={"pde_mean": 1.0}, definition=made, registry="r.jsonl")
    assert written["definition"] == {"*": made}
    assert record("a", metrics={"seg_total": 2.0}, registry="r.jsonl")["definition"] == {"*": made}
    with pytest.raises(ValueError, match="definition of pde_mean is no hash"):
        record("b", metrics={"pde_mean": 1.0}, definition={"pde_mean": "batch 6"}, registry="r.jsonl")


def test_a_text_where_a_list_is_meant_is_taken_as_one(registry):
    path = registry(
        {"experiment_id": "a", "tags": ["task1"], "metrics": {"pde_mean": 12.0}},
        {"experiment_id": "b", "tags": ["task2"], "metrics": {"pde_mean": 11.0}},
    )
    for gates in ("pde_mean:lt:18.09", expflow_hooks.parse_gate("pde_mean:lt:18.09")):
        result = compare_scores(str(path), sort_by="pde_mean", tags="task1", gates=gates)
        assert [row["experiment_id"] for row in result["ranking"]] == ["a"]
        assert result["gates"] == ["pde_mean:lt:18.09"]
