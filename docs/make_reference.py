"""Make the reference pages and JSON Schemas from the code: `make reference`; a test holds them to it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import msgspec
import yaml

from expflow_hooks.cli import root
from expflow_hooks.core import outputs, results
from expflow_hooks.core.audit.rule_sets import RULE_SETS
from expflow_hooks.core.metrics.standard import STANDARD_METRICS
from expflow_hooks.core.policy.keys import json_schema
from expflow_hooks.scan.findings import CODES

HERE = Path(__file__).parent
REFERENCE = HERE / "reference"
MADE = "<!-- Made by `make reference`; change the code, not this page. -->\n"

EXIT_CODES = (
    (0, "the check was made and holds"),
    (1, "a gate or a rule does not hold, or the scan found a leak"),
    (2, "usage or policy error"),
    (3, "undecided: nothing matched, too few runs, or the code has moved on"),
    (4, "a source, git or a server could not be read, or a file could not be written"),
    (5, "the PIN was wrong or not given"),
)
TYPES = {
    "ranking": (results.RankingResult, ("compare-scores", "clearml compare-scores"), "compare_scores"),
    "competition-audit": (results.CompetitionAudit, (), "validate_competition_rules"),
    "audit": (outputs.AuditOutput, ("audit validate",), None),
    "record": (results.ExperimentRecord, (), "record"),
    "records": (list[results.ExperimentRecord], ("run list", "run show", "run show --history"), None),
    "verification": (outputs.VerificationOutput, ("run verify",), None),
    "difference": (outputs.DifferenceOutput, ("diff",), None),
    "doctor": (list[outputs.DoctorCheck], ("doctor",), None),
    "metrics": (list[outputs.MetricEntry], ("metrics list", "metrics show"), None),
    "scan": (outputs.ScanOutput, ("scan",), None),
}
"""Name of the schema -> the type, the commands that print it with `--format json`, the function that returns it."""


def pages() -> dict[str, str]:
    """Return every page and schema: path below `docs/reference` -> its text."""
    made = {f"{name}.md": MADE + "\n" + page() for name, page in PAGES.items()}
    made["expflow.schema.json"] = _json(json_schema())
    made |= {f"schemas/{name}.json": _json(msgspec.json.schema(kind)) for name, (kind, _, _) in TYPES.items()}
    return made


def _json(payload: Any) -> str:
    return json.dumps(payload, indent=2, ensure_ascii=False) + "\n"


def _commands() -> str:
    text = "# Commands\n\nEvery command takes `--help`. Exit codes: [the table](exit-codes.md).\n"
    for path, command, parent in _walk(root, "expflow-hooks", None):
        formatter = click.HelpFormatter(width=100)
        command.format_help(click.Context(command, info_name=path.rpartition(" ")[2], parent=parent), formatter)
        text += f"\n## {path}\n\n```text\n{formatter.getvalue().strip()}\n```\n"
    return text


def _walk(
    command: click.Command, name: str, parent: click.Context | None
) -> Iterator[tuple[str, click.Command, click.Context | None]]:
    context = click.Context(command, info_name=name, parent=parent)
    yield context.command_path, command, parent
    if isinstance(command, click.Group):
        for below_name in command.list_commands(context):
            below = command.get_command(context, below_name)
            if below is not None and not below.hidden:
                yield from _walk(below, below_name, context)


def _policy() -> str:
    rows = "".join(f"| `{path}` | {kind} | {meaning} |\n" for path, kind, meaning in _keys("", json_schema()))
    return (
        "# The policy, `expflow.yaml`\n\n"
        "Every key, its type and what it means. An unknown key, a wrong type or a bad gate is an error with file, line"
        " and path.\n[expflow.schema.json](expflow.schema.json) is the same for editors: name it in the file's first"
        " line.\n\n"
        f"| key | type | what it means |\n|---|---|---|\n{rows}"
    )


def _keys(path: str, schema: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    for name, below in schema.get("properties", {}).items():
        here = f"{path}.{name}".lstrip(".")
        yield here, _kind(below), below.get("description", "")
        yield from _keys(here, below)
    for nested, sign in ((schema.get("additionalProperties"), ".<name>"), (schema.get("items"), "[]")):
        if isinstance(nested, dict):
            yield from _keys(path + sign, nested)
    for variant in schema.get("anyOf", ()):
        yield from _keys(path, variant)


def _kind(schema: dict[str, Any]) -> str:
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return " or ".join(f"`{word}`" for word in schema["enum"])
    if "anyOf" in schema:
        return ", or ".join(_kind(variant) for variant in schema["anyOf"])
    kind = schema.get("type", "object")
    if kind == "array":
        return f"list of {_kind(schema['items'])}"
    words = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false"}
    return "mapping" if kind == "object" else " or ".join(words[k] for k in ([kind] if isinstance(kind, str) else kind))


def _exit_codes() -> str:
    rows = "".join(f"| {code} | {meaning} |\n" for code, meaning in EXIT_CODES)
    return (
        "# Exit codes\n\nThe same everywhere: commands, hooks, the Action.\n\n"
        f"| code | means |\n|---|---|\n{rows}\n"
        "When several apply: 2, 4, 5, 3, 1. A check that could not look is never 0. The last line of a hook's failure"
        " reads `expflow: <verdict> (exit N)`.\n"
    )


def _metrics() -> str:
    rows = "".join(
        f"| `{name}` | {m['group']} | {'higher' if m['higher_is_better'] else 'lower'} | {m['unit']} |"
        f" {m.get('threshold', '')} | {m['description'].replace('|', chr(92) + '|')} |\n"
        for name, m in STANDARD_METRICS.items()
    )
    sets = "".join(
        f"- `{name}`: {'; '.join(rule.show() for rule in rules)}\n"
        for name, rules in RULE_SETS.items()
        if isinstance(rules, tuple)
    )
    return (
        "# Standard metrics and rule sets\n\n"
        "| name | group | better | unit | threshold | what it is |\n|---|---|---|---|---|---|\n" + rows + "\n"
        "A policy adds to them under `metrics:`, and maps other names with `from:`.\n\n## Rule sets\n\n" + sets
    )


def _findings() -> str:
    rows = "".join(f"| {code} | {meaning} |\n" for code, meaning in CODES.items())
    head = "# Findings of the scan\n\nOne line each: `path:line:col: CODE message`.\n\n"
    return f"{head}| code | what it is |\n|---|---|\n{rows}"


def _action() -> str:
    action = yaml.safe_load((HERE.parent / "action.yml").read_text())
    inputs = "".join(
        f"| `{name}` | {' '.join(entry['description'].split())} | `{entry.get('default', '')}` |\n".replace("``", "")
        for name, entry in action["inputs"].items()
    )
    outputs = "".join(f"| `{n}` | {' '.join(e['description'].split())} |\n" for n, e in action["outputs"].items())
    return (
        "# The GitHub Action\n\n## Inputs\n\n| input | what it says | default |\n|---|---|---|\n" + inputs + "\n"
        "## Outputs\n\n| output | what it is |\n|---|---|\n" + outputs
    )


def _json_outputs() -> str:
    rows = "".join(
        f"| [{name}](schemas/{name}.json) | {', '.join(f'`{command}`' for command in commands)} |"
        f" {f'`{function}(...)`' if function else ''} |\n"
        for name, (_, commands, function) in TYPES.items()
    )
    return (
        "# JSON\n\nWhat each command prints with `--format json`, and what the public functions return. No output holds"
        " a bare `NaN`: the value is null, and a status gives the reason. Fields are added in minor versions, never"
        " renamed or taken away. The Action's output `ranking-json` names a file of the schema `ranking`.\n\n"
        f"| schema | printed by | returned by |\n|---|---|---|\n{rows}"
    )


PAGES: dict[str, Callable[[], str]] = {
    "action": _action,
    "commands": _commands,
    "exit-codes": _exit_codes,
    "findings": _findings,
    "json": _json_outputs,
    "metrics": _metrics,
    "policy": _policy,
}


if __name__ == "__main__":
    (REFERENCE / "schemas").mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (REFERENCE / name).write_text(text, encoding="utf-8")
