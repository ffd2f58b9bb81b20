"""Findings as text, JSON, SARIF and annotations: escaped, and silent about what was found."""

import json

import pytest

from expflow_hooks.render import findings as render
from expflow_hooks.scan.findings import CODES, FILE_NAME, Finding, printable

PLAIN = Finding("src/a.py", 3, 7, "EXP001")
HISTORIC = Finding("a,b:c%.txt", 1, 1, "EXP002", "b" * 40, "c" * 40, "refs/heads/main")
NAMELESS = Finding(FILE_NAME, 1, 1, "EXP001", "b" * 40, "c" * 40, "refs/tags/v1")


def test_text_is_one_line_a_finding_with_commit_and_ref_first() -> None:
    lines = render.text([PLAIN, HISTORIC], []).splitlines()
    assert lines[0] == f"src/a.py:3:7: EXP001 {CODES['EXP001']}"
    assert lines[1].startswith("cccccccccccc refs/heads/main a,b:c%.txt:1:1: EXP002 ")


def test_annotations_are_escaped() -> None:
    first, second, third = render.github([PLAIN, HISTORIC, NAMELESS], []).splitlines()
    assert first == f"::error file=src/a.py,line=3,col=7,title=EXP001::{CODES['EXP001']}"
    assert second.startswith("::error file=a%2Cb%3Ac%25.txt,line=1,col=1,title=EXP002::")
    assert second.endswith("(cccccccccccc refs/heads/main)")
    assert third.startswith("::error title=EXP001::") and "<file name>" in third


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("a\nb", "a\\nb"),
        ("a\r\n::error::b", "a\\r\\n::error::b"),
        ("\udcff\udcfe", "\\xff\\xfe"),
        ("\x1b[31m", "\\x1b[31m"),
        ("\u202ex", "\\u202ex"),
        ("ü", "ü"),
    ],
)
def test_paths_stay_on_one_line(path: str, shown: str) -> None:
    assert printable(path) == shown
    assert len(render.text([PLAIN._replace(path=path)], []).splitlines()) == 1
    assert len(render.github([PLAIN._replace(path=path)], []).splitlines()) == 1


def test_a_hash_in_a_path_or_ref_is_hidden_in_every_format(digest: str) -> None:
    finding = Finding(f"a/{digest}.txt", 1, 1, "EXP001", ref=f"refs/heads/{digest}")
    for form, write in render.FORMATS.items():
        assert digest[:6] not in write([finding], []), form


def test_sarif_names_rules_places_and_problems() -> None:
    log = json.loads(render.sarif([PLAIN, HISTORIC, NAMELESS, PLAIN._replace(path="\udcff ü")], ["a: unreadable"]))
    (run,) = log["runs"]
    assert (log["version"], run["columnKind"]) == ("2.1.0", "unicodeCodePoints")
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == list(CODES)
    assert not run["invocations"][0]["executionSuccessful"]
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert "fingerprints" not in result and "partialFingerprints" not in result
    places = [result["locations"][0] for result in run["results"]]
    assert places[0]["physicalLocation"]["region"] == {"startLine": 3, "startColumn": 7}
    assert places[2]["logicalLocations"][0]["name"] == "file name"
    assert places[3]["physicalLocation"]["artifactLocation"]["uri"] == "%FF%20%C3%BC"


def test_json_keeps_what_a_program_needs() -> None:
    found = json.loads(render.as_json([HISTORIC], ["x"]))
    assert found["problems"] == ["x"]
    assert found["findings"][0] | {"message": ""} == {**HISTORIC._asdict(), "message": ""}
