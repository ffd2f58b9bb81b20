"""The inputs: each read once, refused with its name and a right value; the token is never shown."""

import re

import pytest
from documents import ROOT

from expflow_hooks.action.request.inputs import Inputs, read_inputs
from expflow_hooks.core.errors import UsageError


def env(**inputs):
    return {f"INPUT_{name.upper()}": value for name, value in inputs.items()}


def test_nothing_given_is_the_defaults():
    assert read_inputs(env(gates="", top=" ")) == Inputs()


def test_every_input_is_read():
    found = read_inputs(
        env(
            policy="ml/expflow.yaml",
            source="clearml",
            project="P",
            tags="a, b\nc",
            sort_by="seg_total",
            direction="descending",
            gates="pde_mean:lt:18.09\n# a note\n\ntrain_time_min:lt:60",
            top="5",
            fail_on="any-fail",
            require_candidate="always",
            undecided="fail",
            comment="always",
            comment_key="task1",
            status="never",
            github_token="t",
        )
    )
    assert [gate.text for gate in found.gates] == ["pde_mean:lt:18.09", "train_time_min:lt:60"]
    assert (found.tags, found.top, found.higher_is_better) == (("a", "b", "c"), 5, True)
    assert (found.require_candidate, found.undecided, found.comment_key) == ("always", "fail", "task1")


def test_the_environment_names_a_source_where_no_input_does():
    assert read_inputs({"EXPFLOW_REGISTRY": "a.jsonl"}).source == "a.jsonl"
    assert read_inputs({"EXPFLOW_REGISTRY": "a.jsonl", "INPUT_SOURCE": "b.jsonl"}).source == "b.jsonl"


def test_what_leaderboard_it_is_does_not_depend_on_how_strict_it_is():
    boards = {read_inputs(env(**one)).board for one in ({}, {"gates": "pde_mean:lt:1"}, {"fail_on": "any-fail"})}
    assert len(boards) == 1
    assert read_inputs(env(tags="task2")).board not in boards


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("fail-on", "candidatefail", "did you mean candidate-fail"),
        ("gates", "pde_mean<18", "pde_mean:lt:18.09"),
        ("top", "0", "such as 20"),
        ("top", "٣", "such as 20"),
        ("top", "-1", "such as 20"),
        ("require-candidate", "true", "never, auto, always"),
        ("direction", "up", "ascending, descending"),
        ("comment", "off", "never"),
        ("comment-key", "a --> b", "such as task1"),
        ("policy", "../other/expflow.yaml", "inside the repository"),
        ("policy", "/etc/passwd", "inside the repository"),
        ("status", "true", "auto, never"),
    ],
)
def test_a_wrong_value_names_the_input_and_a_right_one(name, value, says):
    with pytest.raises(UsageError) as error:
        read_inputs({"INPUT_" + name.upper().replace("-", "_"): value})
    assert str(error.value).startswith(f"input {name}: ")
    assert says in str(error.value)


def test_the_token_is_out_of_the_repr():
    assert "secret" not in repr(Inputs(token="secret"))


def test_action_yml_hands_over_every_input_and_output():
    from expflow_hooks.action.evidence.evidence import Evidence
    from expflow_hooks.action.outputs import outputs_of
    from expflow_hooks.action.publish import Published
    from expflow_hooks.action.request import inputs
    from expflow_hooks.action.verdict import judge

    text = (ROOT / "action.yml").read_text()
    declared = set(re.findall(r"^  ([a-z-]+):\n    description", text.split("\noutputs:")[0], re.M))
    assert declared == set(inputs._CLEAN) | {"install"}
    assert set(re.findall(r"INPUT_([A-Z_]+):", text)) == {name.upper().replace("-", "_") for name in inputs._CLEAN}
    written = {*outputs_of(judge(Evidence(Inputs()))), *Published().outputs, "ranking-json", "report"}
    assert set(re.findall(r"steps\.judge\.outputs\.([a-z-]+)", text)) == written
