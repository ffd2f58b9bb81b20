"""Ranking held to a slow and obvious reference of the same rules, on random experiments."""

from __future__ import annotations

import json
import math
import operator
import statistics
from datetime import datetime, timezone
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from expflow_hooks.core.metrics.gates import parse_gate
from expflow_hooks.core.ranking.query import GroupBy, Query
from expflow_hooks.core.ranking.rank import rank
from expflow_hooks.core.registry.experiment import Experiment, Selection
from expflow_hooks.core.registry.reader import Registry

OPERATORS = {"lt": operator.lt, "le": operator.le, "gt": operator.gt, "ge": operator.ge}
LATEST = datetime.max.replace(tzinfo=timezone.utc)
KINDS = ["gate_failed", "undecided", "not_comparable", "too_few_runs", "no_value", "not_completed"]

numbers = st.sampled_from([0, 0.0, -0.0, 1, 1.0, 2, 2.5, -3, 18.09, 60, 1e308, 2**60, 2**60 + 1, 10**400, -(10**400)])
odd = st.sampled_from([None, True, False, math.nan, math.inf, -math.inf, "1", "", [], {}])
metrics = st.none() | st.dictionaries(st.sampled_from(["pde_mean", "seg_total", "val/other"]), numbers | numbers | odd)
params = st.none() | st.fixed_dictionaries(
    {"Args/lr": st.sampled_from(["1", "2", 1, ["1"]])},
    optional={"Args/--seed": st.sampled_from(["1", "2", "3"]), "seed": st.just("1")},
)
times = st.sampled_from([None, "2026-01-01T10:00:00Z", "2026-01-01T10:30:00+02:00", "2026-01-01", "yesterday"])
experiments = st.builds(
    Experiment,
    st.sampled_from("abcdefgh"),
    name=st.none() | st.just("name"),
    status=st.sampled_from([None, "completed", "completed", "completed", "running", "failed", ""]),
    project=st.sampled_from([None, "p", "q"]),
    tags=st.sampled_from([None, (), ("t",), ("t", "u")]),
    timestamp=times,
    metrics=metrics,
    params=params,
    commit=st.sampled_from([None, "c1", "c2"]),
)
groups = st.builds(
    GroupBy,
    st.sampled_from([("seed",), ("lr",), ("seed", "lr")]),
    st.sampled_from(["mean", "median", "worst"]),
    st.integers(1, 3),
)
queries = st.builds(
    Query,
    st.sampled_from(["pde_mean", "seg_total"]),
    st.sampled_from([None, True, False]),
    st.lists(
        st.sampled_from(["pde_mean:lt:18.09", "seg_total:ge:1", "pde_mean:gt:-3", "seg_total:le:2.5"]), max_size=2
    ).map(lambda texts: tuple(map(parse_gate, texts))),
    group_by=st.none() | groups,
    top=st.none() | st.integers(1, 4),
    selection=st.sampled_from([Selection(), Selection("p"), Selection(tags=("t",)), Selection(status="completed")]),
    base=st.none(),
    candidates=st.just(frozenset()),
    confirm=st.just(False),
    of_base=st.just(False),
    definition=st.none(),
)


def counts(value: Any) -> bool:
    return type(value) in (int, float) and abs(value) <= 1.7976931348623157e308


def state(experiment: Experiment) -> str:
    return experiment.status if experiment.status is not None else "completed"


def configuration(experiment: Experiment, ignore: tuple[str, ...]) -> str | None:
    if not experiment.params:
        return None
    last = {path: path.split("/")[-1].strip("-") for path in experiment.params}
    kept = sorted((path, str(value)) for path, value in experiment.params.items() if last[path] not in ignore)
    return repr((experiment.project, kept))


def when(experiment: Experiment) -> datetime:
    try:
        moment = datetime.fromisoformat((experiment.timestamp or "").replace("Z", "+00:00"))
    except ValueError:
        return LATEST
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


def selected(found: list[Experiment], wanted: Selection) -> list[Experiment]:
    present: dict[str, Experiment] = {}
    for experiment in found:
        present[experiment.experiment_id] = experiment
    return [
        experiment
        for experiment in present.values()
        if wanted.project in (None, experiment.project)
        and wanted.status in (None, state(experiment))
        and set(wanted.tags) <= set(experiment.tags or ())
    ]


def aggregated(values: list[Any], how: str, largest_is_worst: bool) -> Any:
    spoilt = [value for value in values if not counts(value)]
    if spoilt or len(set(values)) == 1:
        return (spoilt or values)[0]
    worst = max if largest_is_worst else min
    aggregates: dict[str, Any] = {"mean": statistics.fmean, "median": statistics.median, "worst": worst}
    return aggregates[how](values)


def reference(found: list[Experiment], query: Query) -> tuple[list[tuple[Any, ...]], dict[str, list[str]]]:
    """Return (rank, id, value, notes) of the rows that rank, cut, and the ids below the line by kind."""
    higher = query.higher_is_better if query.higher_is_better is not None else query.sort_by == "seg_total"
    present = selected(found, query.selection)
    ignore = query.group_by.ignore if query.group_by else ("seed",)
    rows: dict[str, list[Experiment]] = {}
    below: dict[str, list[str]] = {kind: [] for kind in KINDS}
    for experiment in present:
        key = configuration(experiment, ignore) if query.group_by else None
        if state(experiment) == "completed":
            rows.setdefault(key or f"id {experiment.experiment_id}", []).append(experiment)
        else:
            below["not_completed"].append(experiment.experiment_id)
    how = query.group_by.aggregate if query.group_by else "mean"
    fewest = query.group_by.min_runs if query.group_by else 1
    ranking = []
    for runs in rows.values():
        runs = sorted(runs, key=lambda run: (when(run), run.experiment_id))
        value = aggregated([run.metric(query.sort_by) for run in runs], how, not higher)
        held = True
        for gate in query.gates:
            judged = aggregated([run.metric(gate.metric) for run in runs], how, gate.op in ("lt", "le"))
            held = held and counts(judged) and OPERATORS[gate.op](judged, gate.threshold)
        kind = "too_few_runs" if len(runs) < fewest else "gate_failed" if not held else None
        kind = kind or (None if counts(value) else "no_value")
        if kind:
            below[kind].append(runs[0].experiment_id)
        else:
            ranking.append((runs[0], value))
    ranking.sort(key=lambda one: (-one[1] if higher else one[1], when(one[0]), one[0].experiment_id))
    completed = [configuration(run, ignore) for run in present if state(run) == "completed"]
    shown = []
    seen: set[Any] = {None}
    for run, value in ranking[: query.top]:
        place = 1 + sum(other > value if higher else other < value for _, other in ranking)
        mine = configuration(run, ignore)
        best = () if mine in seen or completed.count(mine) < 2 else (f"best of {completed.count(mine)}",)
        seen.add(mine)
        shown.append((place, run.experiment_id, value, best))
    return shown, below


@settings(max_examples=500, deadline=None)
@given(st.lists(experiments, max_size=14), queries)
def test_rank_agrees_with_the_reference(found, query):
    shown, below = reference(found, query)
    ranking = rank(found, query)
    notes = [tuple(note for note in row.notes if note.startswith("best of")) for row in ranking.ranked]
    if query.group_by:
        shown = [(*row[:3], ()) for row in shown]
    rows = [(row.rank, row.experiment_id, row.value) for row in ranking.ranked]
    assert [(*row, said) for row, said in zip(rows, notes, strict=True)] == shown
    by_kind = {kind: sorted(row.experiment_id for row in ranking.below if row.kind == kind) for kind in KINDS}
    assert by_kind == {kind: sorted(ids) for kind, ids in below.items()}
    assert [row.kind for row in ranking.below] == sorted((row.kind for row in ranking.below), key=KINDS.index)
    assert ranking.counts["ranked"] == len(shown) + ranking.cut


@settings(max_examples=500, deadline=None)
@given(st.lists(experiments, max_size=14), queries, st.integers(1, 3))
def test_what_is_read_again_says_the_same(found, query, top):
    data = b"\n".join(map(as_line, found))
    query = query._replace(top=top, group_by=None)
    kept, again = (
        rank(read(), query) for read in (Registry("r", data=data).experiments, Registry("r", data=data).placed)
    )
    assert said(again.rows) == said(kept.rows)
    assert again.counts == kept.counts
    below = said(kept.below)
    assert said(again.below[:2]) == below[:2]
    assert said(again.below[::-2]) == below[::-2]
    assert said(again.below[place] for place in range(-len(below), len(below))) == below + below


@pytest.mark.parametrize(
    ("lines", "selection", "notes"),
    [
        ([{0: 0}, {}, {"status": "running"}, {0: 0}], Selection(status="completed"), ["0 → missing", "missing → 0"]),
        ([{0: 20}, {"project": "q", 0: 15}, {0: 10}], Selection("p"), ["20 → 15", "15 → 10"]),
        ([{0: 0}, {}, {"project": "q"}, {}], Selection("p"), ["0 → missing"]),
        ([{0: 20}, {"project": "q", "status": "running", 0: 19}, {0: 10}], Selection("p"), ["20 → 19", "20 → 10"]),
    ],
)
def test_an_experiment_that_left_the_selection_and_came_back_shows_its_revisions(lines, selection, notes):
    told = [{"project": "p", "metrics": {"pde_mean": line[0]} if 0 in line else {}} | line for line in lines]
    data = "".join(json.dumps({"experiment_id": "a", **line}) + "\n" for line in told).encode()
    for read in (Registry("r", data=data).experiments, Registry("r", data=data).placed):
        (row,) = rank(read(), Query("pde_mean", top=1, selection=selection)).rows
        assert row.notes == tuple(f"revised: pde_mean {one}" for one in notes)


def said(rows):
    # how a configuration is numbered depends on when the lines are looked at
    return [repr(msgspec.structs.replace(row, configuration=None)) for row in rows]


def as_line(experiment):
    fields = {name: getattr(experiment, name) for name in experiment.__struct_fields__}
    return json.dumps({name: value for name, value in fields.items() if value is not None}).encode()


@given(st.lists(experiments, max_size=14), queries)
def test_rank_leaves_the_experiments_as_they_were(found, query):
    before = repr(found)
    rank(found, query)
    assert repr(found) == before


WHOLE = [b'{"experiment_id": "%d", "status": "running"}' % i for i in range(3)]
ODD = [b"", b" ", b"{", b'{"experiment_id": "x"', b', "name": "y"}', b'{"experiment_id": ""}', b"\xff", b"[]", b"null"]
ODD += [b'{"experiment_id": "n", "metrics": {"a": NaN}}', b'{"experiment_id": "i", "metrics": {"a": 1e999}}']
ODD += [b'\xef\xbb\xbf{"experiment_id": "bom"}', b'{"experiment_id": "a"} {"experiment_id": "b"}', b"\r", b"\x0c"]


@given(st.lists(st.sampled_from(WHOLE * 3 + ODD), max_size=12), st.sampled_from([b"", b"\n", b"\r\n"]))
def test_lines_read_together_are_the_lines_read_one_by_one(tmp_path_factory, lines, end):
    path = tmp_path_factory.mktemp("r") / "experiments.jsonl"
    path.write_bytes(b"\n".join(lines) + end)
    expected, unreadable = [], []
    for number, line in enumerate((b"\n".join(lines) + end).split(b"\n"), start=1):
        try:
            record = json.loads(line.decode("utf-8-sig"))
            assert record["experiment_id"]
            expected.append(record["experiment_id"])
        except (ValueError, TypeError, AssertionError):
            unreadable += [number] if line.strip() else []
    registry = Registry(str(path))
    assert [experiment.experiment_id for experiment in registry.experiments()] == expected
    assert [bad.line for bad in registry.unreadable] == unreadable
