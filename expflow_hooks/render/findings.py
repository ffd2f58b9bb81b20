"""Findings as text, JSON, SARIF 2.1.0 and GitHub annotations. None holds anything from which a PIN could be found."""

import json
from collections.abc import Callable
from urllib.parse import quote

from expflow_hooks import __version__
from expflow_hooks.render.escape import command_property, command_text
from expflow_hooks.scan.findings import CODES, Finding, printable

_SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def _history(finding: Finding) -> str:
    """Return commit and ref, which come first for findings in history."""
    return " ".join(part for part in (finding.commit[:12], printable(finding.ref)) if part)


def text(findings: list[Finding], problems: list[str]) -> str:
    """Return one line a finding: `[commit ref ]path:line:column: code message`."""
    return "".join(_line(finding) for finding in findings)


def _line(finding: Finding) -> str:
    place = f"{printable(finding.path)}:{finding.line}:{finding.column}"
    origin = _history(finding)
    return (
        f"{origin} {place}: {finding.code} {finding.message}\n"
        if origin
        else f"{place}: {finding.code} {finding.message}\n"
    )


def as_json(findings: list[Finding], problems: list[str]) -> str:
    """Return `{"schema": 1, "findings": [...], "problems": [...]}`."""
    rows = [
        {
            **finding._asdict(),
            "path": printable(finding.path),
            "ref": printable(finding.ref),
            "message": finding.message,
        }
        for finding in findings
    ]
    return json.dumps({"schema": 1, "findings": rows, "problems": problems}, indent=2) + "\n"


def github(findings: list[Finding], problems: list[str]) -> str:
    """Return workflow commands that annotate the lines of a pull request."""
    return "".join(_annotation(finding) for finding in findings)


def _annotation(finding: Finding) -> str:
    place = {"file": printable(finding.path), "line": finding.line, "col": finding.column} if finding.in_file else {}
    properties = ",".join(
        f"{key}={command_property(str(value))}" for key, value in {**place, "title": finding.code}.items()
    )
    where = "" if finding.in_file else f" in {printable(finding.path)}"
    origin = f" ({_history(finding)})" if _history(finding) else ""
    return f"::error {properties}::{command_text(finding.message + where + origin)}\n"


def sarif(findings: list[Finding], problems: list[str]) -> str:
    """Return a SARIF 2.1.0 log; results carry no fingerprint, which would be a function of the hash."""
    rules = [{"id": code, "shortDescription": {"text": meaning}} for code, meaning in CODES.items()]
    notes = [{"level": "error", "message": {"text": problem}} for problem in problems]
    run = {
        "tool": {"driver": {"name": "expflow-hooks", "version": __version__, "rules": rules}},
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": not problems, "toolExecutionNotifications": notes}],
        "results": [_result(finding) for finding in findings],
    }
    return json.dumps({"$schema": _SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _result(finding: Finding) -> dict[str, object]:
    origin = f" ({_history(finding)})" if _history(finding) else ""
    return {
        "ruleId": finding.code,
        "ruleIndex": list(CODES).index(finding.code),
        "level": "error",
        "message": {"text": finding.message + origin},
        "locations": [_location(finding)],
    }


def _location(finding: Finding) -> dict[str, object]:
    if not finding.in_file:
        return {"logicalLocations": [{"name": finding.path.strip("<>"), "kind": "resource"}]}
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": _uri(finding.path)},
            "region": {"startLine": finding.line, "startColumn": finding.column},
        }
    }


def _uri(path: str) -> str:
    """Return a path as a URI reference, byte for byte, unless its name must not be shown."""
    shown = path if printable(path).count("[hidden]") == path.count("[hidden]") else printable(path)
    return quote(shown.encode("utf-8", "surrogateescape"), safe="/~")


FORMATS: dict[str, Callable[[list[Finding], list[str]], str]] = {
    "text": text,
    "json": as_json,
    "sarif": sarif,
    "github": github,
}
