"""Numbers that were made differently never share a list."""

import msgspec
import pytest

from expflow_hooks import definition_of
from expflow_hooks.core.errors import UsageError
from expflow_hooks.core.metrics.definition import clean_definition
from expflow_hooks.core.metrics.gates import parse_gate
from expflow_hooks.core.ranking.query import GroupBy, Query
from expflow_hooks.core.ranking.rank import best_group, definition_to_rank, rank
from expflow_hooks.core.registry.experiment import Experiment
from expflow_hooks.core.registry.reader import Registry
from expflow_hooks.render.html.board import page
from expflow_hooks.render.ranking import ranking_json, render_ranking

OLD, NEW = (definition_of(batch_size=size) for size in (1, 6))


def run(name, value, definition=None, seed=0, **fields):
    params = {"net": name[0], "seed": str(seed)}
    said = None if definition is None else {"pde_mean": definition}
    return Experiment(name, metrics={"pde_mean": value, "seg_total": 1.0}, params=params, definition=said, **fields)


def kinds(ranking):
    return {row.experiment_id: row.kind for row in (*ranking.rows, *ranking.apart)}


def tables(ranking):
    """Return every table's ids in order, the first one's first."""
    return [[row.experiment_id for row in table.rows] for table in (ranking, *ranking.others)]


@pytest.mark.parametrize("group_by", [None, GroupBy()])
def test_only_numbers_made_as_the_newest_ones_rank(group_by):
    found = [run("a", 1.0, OLD), run("b", 3.0, NEW), run("c", 0.5), run("d", 2.0, NEW)]
    ranking = rank(found, Query("pde_mean", group_by=group_by))
    assert [row.experiment_id for row in ranking.ranked] == ["d", "b"]
    assert kinds(ranking) == {"d": None, "b": None, "a": "not_comparable", "c": "not_comparable"}
    assert (tables(ranking), ranking.not_comparable_with) == ([["d", "b"], ["a"], ["c"]], 2)
    said = {row.experiment_id: row.reason("pde_mean") for row in ranking.apart}
    assert said["a"] == f"measured otherwise (definition {OLD[:12]}): not comparable with those above"
    assert said["c"] == "nothing says how it was measured: not comparable with those above"


def test_without_definitions_nothing_changes():
    assert kinds(rank([run("a", 1.0), run("b", 2.0)], Query("pde_mean"))) == {"a": None, "b": None}


def test_a_definition_of_another_metric_sets_nothing_apart():
    found = [run("a", 1.0), run("b", 2.0)]
    found[0].definition = {"seg_total": OLD}
    assert set(kinds(rank(found, Query("pde_mean"))).values()) == {None}
    gated = Query("pde_mean", gates=(parse_gate("seg_total:gt:0"),))
    assert kinds(rank(found, gated)) == {"b": None, "a": "not_comparable"}


def test_one_hash_is_of_every_metric():
    found = [run("a", 1.0), run("b", 2.0)]
    found[0].definition = {"*": OLD}
    assert kinds(rank(found, Query("pde_mean"))) == {"b": None, "a": "not_comparable"}


def test_runs_that_differ_in_their_definition_are_no_group():
    found = [run("a1", 1.0, OLD, 1), run("a2", 2.0, NEW, 2), run("a3", 4.0, NEW, 3)]
    ranking = rank(found, Query("pde_mean", group_by=GroupBy()))
    found = [(row.n, row.value, row.kind) for row in (*ranking.rows, *ranking.apart)]
    assert found == [(2, 3.0, None), (1, 1.0, "not_comparable")]


def test_a_later_line_says_how_the_number_was_made_last():
    lines = [b'{"experiment_id":"a","metrics":{"pde_mean":1},"definition":{"*":"%s"}}' % OLD.encode()]
    lines += [b'{"experiment_id":"b","metrics":{"pde_mean":2},"definition":{"*":"%s"}}' % NEW.encode()]
    lines += [b'{"experiment_id":"a","metrics":{"pde_mean":3},"definition":{"*":"%s"}}' % NEW.encode()]
    for top in (None, 5):
        registry = Registry("r", data=b"\n".join(lines))
        found = registry.placed() if top else registry.experiments()
        assert kinds(rank(found, Query("pde_mean", top=top))) == {"b": None, "a": None}
        registry = Registry("r", data=b"\n".join(lines[:2]))
        told = rank(registry.placed() if top else registry.experiments(), Query("pde_mean", top=top))
        assert kinds(told) == {"b": None, "a": "not_comparable"}
        assert "measured otherwise" in told.apart[0].reason("pde_mean")


AGAINST = Query("pde_mean", gates=(parse_gate("pde_mean~base:lt:0"),), group_by=GroupBy())


def test_a_change_of_the_evaluator_waits_until_the_base_was_measured_again():
    base = [run(f"b{n}", 16.0 + n / 10, OLD, n) for n in range(3)]
    change = [run(f"n{n}", 9.0 + n / 10, NEW, n) for n in range(3)]
    query = AGAINST._replace(candidates=frozenset(one.experiment_id for one in change))

    def judged(others):
        asked = query._replace(definition=definition_to_rank([*others, *change], query))
        ranking = rank([*others, *change], asked._replace(base=best_group(others, asked)))
        return next(row for row in (*ranking.rows, *ranking.apart) if row.experiment_id == "n0")

    assert judged(base).kind == "not_comparable"
    again = [run(f"b{n}", value, NEW, n) for n, value in enumerate([15.0, 15.3, 15.1])]
    assert judged(again).kind is None


def test_a_definition_is_of_what_it_was_made_of(tmp_path):
    path = tmp_path / "evaluate.py"
    path.write_text("reduce = sum\n")
    first = definition_of(evaluator=[path], data={"burgers": "ab12"}, batch_size=1, split="test")
    assert first == definition_of(evaluator=[str(path)], data={"burgers": "ab12"}, split="test", batch_size=1)
    others = [
        definition_of(evaluator=[path], data={"burgers": "ab12"}, batch_size=3, split="test"),
        definition_of(evaluator=[path], data={"burgers": "cd34"}, batch_size=1, split="test"),
        definition_of(evaluator=[run], batch_size=1),
        definition_of(evaluator=[kinds], batch_size=1),
    ]
    path.write_text("reduce = max\n")
    others.append(definition_of(evaluator=[path], data={"burgers": "ab12"}, batch_size=1, split="test"))
    assert len({first, *others}) == 6
    assert clean_definition(first) == {"*": first}


@pytest.mark.parametrize("said", ["", "abc", "G" * 20, 5, {}, {"pde_mean": "no hash"}, {"pde_mean": None}])
def test_what_is_no_hash_is_refused_in_one_line(said):
    with pytest.raises(UsageError) as caught:
        clean_definition(said)
    assert "definition" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_cannot_be_hashed_is_refused(tmp_path):
    with pytest.raises(UsageError, match="cannot be read"):
        definition_of(evaluator=[tmp_path / "none.py"])
    with pytest.raises(UsageError, match="has no source"):
        definition_of(evaluator=[len])
    with pytest.raises(UsageError, match="what JSON holds"):
        definition_of(batch_size=object())


OTHERS = [run("a1", 1.0, OLD, 1), run("a2", 1.4, OLD, 2), run("e1", 0.7, OLD, 1), run("f1", 9.0, OLD, status="failed")]
FIRST = [run("b1", 3.0, NEW, 1), run("d1", 2.0, NEW, 1)]


@pytest.mark.parametrize("placed", [False, True])
@pytest.mark.parametrize(
    ("group_by", "expected"),
    [(None, [["d1", "b1"], ["e1", "a1", "a2"]]), (GroupBy(min_runs=2), [[], ["a1"]])],
)
def test_those_measured_otherwise_rank_among_themselves(group_by, expected, placed):
    lines = [msgspec.json.encode(one) for one in (*OTHERS, *FIRST)]
    registry = Registry("r", data=b"\n".join(lines))
    query = Query("pde_mean", group_by=group_by, top=5 if placed else None)
    ranking = rank(registry.placed() if placed else registry.experiments(), query)
    assert [[row.experiment_id for row in table.ranked] for table in (ranking, *ranking.others)] == expected
    (other,) = ranking.others
    assert [row.rank for row in other.ranked] == list(range(1, len(other.ranked) + 1))
    assert (ranking.not_comparable_with, other.not_comparable_with) == (3, 3)
    assert (ranking.definition["pde_mean"], other.definition["pde_mean"]) == (NEW, OLD)
    assert sorted(kinds(ranking)) == sorted({*kinds(ranking)})
    assert ranking.counts["experiments"] == 6


def test_each_table_has_its_own_gates_bands_and_cut():
    found = [run(f"a{n}", 1.0 + n / 100, OLD, n) for n in range(3)]
    found += [run(f"e{n}", 1.0 + n / 90, OLD, n) for n in range(3)] + FIRST
    query = Query("pde_mean", gates=(parse_gate("pde_mean:lt:1.5"),), group_by=GroupBy(), top=1)
    (other,) = rank(found, query).others
    assert ([row.band for row in other.ranked], other.cut) == ([(1, 2)], 1)
    assert rank(found, query).counts["gate_failed"] == 2


def test_a_base_of_the_first_table_is_no_base_of_another():
    base = [run(f"b{n}", 16.0 + n / 10, NEW, n) for n in range(3)]
    other = [run(f"o{n}", 9.0 + n / 10, OLD, n) for n in range(3)]
    ranking = rank([*other, *base], AGAINST._replace(base=best_group(base, AGAINST)))
    (row,) = ranking.others[0].rows
    assert (row.kind, row.gate_results[0].why) == ("not_comparable", "the base was measured otherwise")


@pytest.mark.parametrize("form", ["text", "markdown"])
def test_a_reader_is_told_what_is_not_comparable(form):
    shown = render_ranking(rank([*OTHERS, *FIRST], Query("pde_mean")), "r.jsonl", form)
    assert "not comparable with 3 others, ranked apart below" in shown
    assert f"Measured otherwise (definition {OLD[:12]}): not comparable with 3 others" in shown
    first, _, second = shown.partition("Measured otherwise")
    assert "d1" in first and "a1" not in first and "a1" in second and "d1" not in second


def test_a_program_is_told_so_too():
    document = ranking_json(rank([*OTHERS, *FIRST], Query("pde_mean")), "r.jsonl")
    assert [row["experiment_id"] for row in document["ranking"]] == ["d1", "b1", "f1"]
    (other,) = document["other_tables"]
    assert [(row["rank"], row["experiment_id"]) for row in other["ranking"]] == [(1, "e1"), (2, "a1"), (3, "a2")]
    assert other["definition"] == {"pde_mean": OLD}
    rows = render_ranking(rank([*OTHERS, *FIRST], Query("pde_mean")), "r.jsonl", "csv").splitlines()
    assert rows[0].endswith(",definition") and rows[1].endswith(NEW) and rows[-1].endswith(OLD)


def test_the_page_has_a_table_each():
    text = page(rank([*OTHERS, *FIRST], Query("pde_mean")), "r.jsonl", "t", lambda name: None, "now")
    assert text.count("<table") == 2 and "not comparable with 3 others</h2>" in text
