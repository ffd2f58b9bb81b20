"""The site: its reference is what the code says, and no page of it asks another server for anything."""

import importlib.util
import json

import pytest
from documents import ROOT

from expflow_hooks import compare_scores, record, validate_competition_rules

DOCS = ROOT / "docs"


def _pages():
    spec = importlib.util.spec_from_file_location("make_reference", DOCS / "make_reference.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.pages()


PAGES = _pages()


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_reference_page_is_what_the_code_says(name):
    assert (DOCS / "reference" / name).read_text(encoding="utf-8") == PAGES[name], "run `make reference`"


def test_no_page_of_the_reference_is_left_over():
    there = {str(path.relative_to(DOCS / "reference")) for path in (DOCS / "reference").rglob("*") if path.is_file()}
    assert there == set(PAGES)


@pytest.fixture
def results(work):
    """Return one result of every public function whose JSON has a schema."""
    kept = record("a", metrics={"pde_mean": 15.0}, params={"seed": 1}, tags=["t"], registry="r.jsonl")
    record("b", metrics={"pde_mean": float("nan")}, registry="r.jsonl")
    return {
        "record": kept,
        "ranking": compare_scores("r.jsonl", sort_by="pde_mean", gates=["pde_mean:lt:18.09"]),
        "audit": validate_competition_rules({"pde_mean": 15.0}, {"sub_step": 5}),
    }


@pytest.mark.parametrize("name", ["ranking", "audit", "record"])
def test_what_is_returned_holds_its_schema(results, name):
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads(PAGES[f"schemas/{name}.json"])
    jsonschema.Draft202012Validator(schema).validate(json.loads(json.dumps(results[name], allow_nan=False)))


def test_the_policys_schema_takes_a_policy_and_refuses_what_the_policy_refuses():
    jsonschema = pytest.importorskip("jsonschema")
    validator = jsonschema.Draft202012Validator(json.loads(PAGES["expflow.schema.json"]))
    right = {"version": 1, "leaderboard": {"gates": ["pde_mean:lt:18.09"], "top": 5}, "audit": {"rules": "competition"}}
    validator.validate(right)
    for wrong in ({}, {"version": 2}, {"version": 1, "leader": {}}, {"version": 1, "leaderboard": {"top": 0}}):
        assert not validator.is_valid(wrong)


def test_every_page_stands_in_the_site():
    """A page that no table of contents names is a warning, and a warning fails the build (`make docs`)."""
    index = (DOCS / "index.md").read_text(encoding="utf-8")
    pages = {str(path.relative_to(DOCS).with_suffix("")) for path in DOCS.rglob("*.md")} - {"index"}
    assert not {page for page in pages if page not in index.split()}
