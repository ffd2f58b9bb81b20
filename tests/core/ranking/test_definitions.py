"""Numbers that were made differently never share a list."""

import pytest

from expflow_hooks import definition_of
from expflow_hooks.core.errors import UsageError
from expflow_hooks.core.metrics.definition import clean_definition
from expflow_hooks.core.metrics.gates import parse_gate
from expflow_hooks.core.ranking.query import GroupBy, Query
from expflow_hooks.core.ranking.rank import best_group, definition_to_rank, rank
from expflow_hooks.core.registry.experiment import Experiment
from expflow_hooks.core.registry.reader import Registry

OLD, NEW = (definition_of(batch_size=size) for size in (1, 6))


def run(name, value, definition=None, seed=0, **fields):
    params = {"net": name[0], "seed": str(seed)}
    said = None if definition is None else {"pde_mean": definition}
    return Experiment(name, metrics={"pde_mean": value, "seg_total": 1.0}, params=params, definition=said, **fields)


def kinds(ranking):
    return {row.experiment_id: row.kind for row in ranking.rows}


@pytest.mark.parametrize("group_by", [None, GroupBy()])
def test_only_numbers_made_as_the_newest_ones_rank(group_by):
    found = [run("a", 1.0, OLD), run("b", 3.0, NEW), run("c", 0.5), run("d", 2.0, NEW)]
    ranking = rank(found, Query("pde_mean", group_by=group_by))
    assert [row.experiment_id for row in ranking.ranked] == ["d", "b"]
    assert kinds(ranking) == {"d": None, "b": None, "a": "not_comparable", "c": "not_comparable"}
    said = {row.experiment_id: row.reason("pde_mean") for row in ranking.below}
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
    assert [(row.n, row.value, row.kind) for row in ranking.rows] == [(2, 3.0, None), (1, 1.0, "not_comparable")]


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
        assert "measured otherwise" in told.below[0].reason("pde_mean")


AGAINST = Query("pde_mean", gates=(parse_gate("pde_mean~base:lt:0"),), group_by=GroupBy())


def test_a_change_of_the_evaluator_waits_until_the_base_was_measured_again():
    base = [run(f"b{n}", 16.0 + n / 10, OLD, n) for n in range(3)]
    change = [run(f"n{n}", 9.0 + n / 10, NEW, n) for n in range(3)]
    query = AGAINST._replace(candidates=frozenset(one.experiment_id for one in change))

    def judged(others):
        asked = query._replace(definition=definition_to_rank([*others, *change], query))
        ranking = rank([*others, *change], asked._replace(base=best_group(others, asked)))
        return next(row for row in ranking.rows if row.experiment_id == "n0")

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
