"""The site: its reference is what the code says, and no page of it asks another server for anything."""

import importlib.util
import json

import click
import pytest
from documents import ROOT

from expflow_hooks import compare_scores, record, validate_competition_rules
from expflow_hooks.cli import root
from expflow_hooks.render.jsontext import to_json

DOCS = ROOT / "docs"


def _make_reference():
    spec = importlib.util.spec_from_file_location("make_reference", DOCS / "make_reference.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


MAKE = _make_reference()
PAGES = MAKE.pages()


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_reference_page_is_what_the_code_says(name):
    assert (DOCS / "reference" / name).read_text(encoding="utf-8") == PAGES[name], "run `make reference`"


def test_no_page_of_the_reference_is_left_over():
    there = {str(path.relative_to(DOCS / "reference")) for path in (DOCS / "reference").rglob("*") if path.is_file()}
    assert there == set(PAGES)


def _closed(schema):
    """Return a schema that refuses what it does not name, but in a registry's record, which keeps others' fields."""
    if isinstance(schema, dict):
        schema = {key: _closed(value) for key, value in schema.items()}
        if "properties" in schema and "experiment_id" not in schema.get("required", ()):
            schema.setdefault("additionalProperties", False)
        elif schema.get("title") in _CLOSED:
            schema["additionalProperties"] = False
        return schema
    return [_closed(item) for item in schema] if isinstance(schema, list) else schema


_CLOSED = {"RankingRow", "AuditOutput", "ComparedSide"}


def _check(name, payload):
    jsonschema = pytest.importorskip("jsonschema")
    schema = _closed(json.loads(PAGES[f"schemas/{name}.json"]))
    jsonschema.Draft202012Validator(schema).validate(json.loads(to_json(payload)))


def test_what_functions_return_holds_its_schema(work):
    _check("record", record("a", metrics={"pde_mean": 15.0}, params={"seed": 1}, tags=["t"], registry="r.jsonl"))
    with pytest.warns(match="nan"):
        _check("record", record("b", metrics={"pde_mean": float("nan")}, registry="r.jsonl"))
    _check("ranking", compare_scores("r.jsonl", sort_by="pde_mean", gates=["pde_mean:lt:18.09"]))
    _check("competition-audit", validate_competition_rules({"pde_mean": 15.0}, {"sub_step": 5}))


def _printing(group=root, path=""):
    """Yield every command that prints JSON."""
    context = click.Context(group, info_name=path)
    for name in group.list_commands(context):
        command, below = group.get_command(context, name), f"{path} {name}".strip()
        if isinstance(command, click.Group):
            yield from _printing(command, below)
        elif not command.hidden and any("json" in getattr(p.type, "choices", ()) for p in command.params):
            yield below


def test_every_command_that_prints_json_has_a_schema():
    named = {command.partition(" --")[0] for _, commands, _ in MAKE.TYPES.values() for command in commands}
    prints_one_line = {"clearml publish-board"}  # it takes the options of a ranking, and says where it put the table
    assert named == ({*_printing()} | {"scan"}) - prints_one_line, "name its type in docs/make_reference.py, TYPES"


LINES = [
    {
        "experiment_id": "a",
        "metrics": {"pde_mean": 15.0, "seg_total": 50},
        "params": {"seed": 1, "lr": 0.1},
        "tags": ["t"],
    },
    {
        "experiment_id": "b",
        "metrics": {"pde_mean": 19.0},
        "params": {"seed": 2},
        "status": "failed",
        "commit": "0" * 40,
    },
    {"experiment_id": "c", "metrics": {"pde_mean": float("nan")}, "params": {"seed": 3}},
    {"experiment_id": "a", "metrics": {"pde_mean": 14.0, "seg_total": 50}, "params": {"seed": 1, "lr": 0.1}},
    b"torn",
]
ARGUMENTS = {
    "compare-scores": ("--sort-by", "pde_mean", "--gate", "pde_mean:lt:18.09", "--group-ignore", "seed"),
    "audit validate": ("a", "--competition-rules"),
    "run show": ("a",),
    "run show --history": ("a",),
    "diff": ("a", "b"),
    "metrics show": ("pde_mean",),
    "scan": (".env",),
}
HAVE_NO_SOURCE = {"doctor", "metrics list", "metrics show", "scan"}
NEEDS_A_SERVER = {"clearml compare-scores"}  # prints by the same function as compare-scores


@pytest.mark.parametrize(
    ("name", "command"),
    [
        (name, command)
        for name, (_, commands, _) in MAKE.TYPES.items()
        for command in commands
        if command not in NEEDS_A_SERVER
    ],
)
@pytest.mark.parametrize("folder", [False, True], ids=["file", "folder"])
def test_what_commands_print_holds_its_schema(name, command, folder, work, registry, repo, cli):
    path = registry(*LINES)
    source = str(path)
    if folder:
        (work / "runs").mkdir()
        path.rename(work / "runs" / "main.jsonl")
        source = "runs/"
    (work / ".env").write_text("EXPFLOW_PIN=" + "4071\n")
    (work / "expflow.yaml").write_text("version: 1\nmetrics:\n  mine: {from: val/mine, higher_is_better: true}\n")
    where = () if command in HAVE_NO_SOURCE else ("--source", source)
    done = cli(*command.split(), *ARGUMENTS.get(command, ()), *where, "--format", "json")
    payload = json.loads(done.stdout)
    assert payload
    _check(name, payload)


def test_a_broken_history_holds_its_schema(work, registry, cli):
    record("a", metrics={"pde_mean": 15.0}, registry="r.jsonl")
    record("b", metrics={"pde_mean": 15.0}, registry="r.jsonl")
    path = work / "r.jsonl"
    path.write_bytes(path.read_bytes().replace(b"15", b"14", 1))
    done = cli("run", "verify", "--source", "r.jsonl", "--format", "json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["problems"]
    _check("verification", json.loads(done.stdout))


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
