"""The step's outputs, annotations and log: everything written to the runner's files and its command stream."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from expflow_hooks.action.verdict import Judgement
from expflow_hooks.core.metrics.gates import FAILS
from expflow_hooks.core.metrics.values import show_number
from expflow_hooks.render.escape import command_property, command_text
from expflow_hooks.render.jsontext import to_json
from expflow_hooks.render.ranking import ranking_json

MOST_ROWS = 1000  # of a report's table
MOST_ANNOTATIONS = 10  # of one level and step; GitHub shows no more


def outputs_of(judgement: Judgement) -> dict[str, str]:
    """Return the outputs of a judgement; empty where there is nothing to report."""
    ranking = judgement.evidence.ranking
    best = ranking.ranked[0] if ranking and ranking.ranked else None
    rank = min((row.rank for row in judgement.rows if row.rank is not None), default=None)
    return {
        "passed": "true" if judgement.passed else "false",
        "verdict": judgement.verdict,
        "failed-gates": "\n".join(judgement.failed_gates),
        "best-id": best.experiment_id if best else "",
        "best-value": show_number(best.value) if best else "",
        "candidate-rank": "" if rank is None else str(rank),
    }


def write_outputs(path: str | None, values: Mapping[str, str]) -> None:
    """Append outputs to the runner's file, each between delimiters that no value can hold: they are random."""
    if not path:
        return
    delimiter = f"expflow_{secrets.token_hex(16)}"
    text = "".join(f"{name}<<{delimiter}\n{value}\n{delimiter}\n" for name, value in values.items())
    append(path, text)


def append(path: str, text: str) -> None:
    """Append text to one of the runner's files."""
    with open(path, "a", encoding="utf-8", errors="replace", newline="\n") as file:
        file.write(text)


def write_ranking(folder: str, judgement: Judgement) -> str:
    """Write the whole ranking as JSON, schema 1, and return the file's path; nothing where there is no ranking."""
    evidence = judgement.evidence
    if evidence.ranking is None:
        return ""
    path = os.path.join(folder, f"expflow-ranking-{secrets.token_hex(8)}.json")
    payload = ranking_json(evidence.ranking, evidence.source_name, len(evidence.unreadable))
    with open(path, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(to_json(payload))
    return path


def write_report_of(folder: str, judgement: Judgement) -> str:
    """Write the leaderboard as pages and return their folder; nothing where there is no ranking."""
    from expflow_hooks.render.html.report import write_report

    evidence = judgement.evidence
    if evidence.ranking is None or evidence.rules is None:
        return ""
    path = os.path.join(folder, f"expflow-report-{secrets.token_hex(8)}")
    rows = evidence.ranking.ranked
    shown = evidence.ranking._replace(ranked=rows[:MOST_ROWS], cut=evidence.ranking.cut + len(rows[MOST_ROWS:]))
    write_report(path, shown, evidence.source_name, evidence.histories, evidence.rules.policy.metrics)
    return path


def on_runner(environment: Mapping[str, str]) -> bool:
    """Return whether a runner reads what is printed, which alone obeys commands; elsewhere a person does."""
    return environment.get("GITHUB_ACTIONS") == "true"


def marks(judgement: Judgement) -> Iterator[str]:
    """Yield a workflow command for each line of the registry on which a candidate breaks a gate, ten at most."""
    rows = {run: row for row in judgement.rows for run in row.runs}
    shown = 0
    for name, (file, line) in sorted(judgement.evidence.lines.items(), key=lambda entry: entry[1]):
        failed = [r.gate.show() for r in rows[name].gate_results if r.outcome == FAILS] if name in rows else []
        if failed and shown < MOST_ANNOTATIONS:
            shown += 1
            where = f"file={command_property(file)},line={line},title=expflow"
            yield f"::error {where}::{command_text('breaks ' + ', '.join(failed))}"


@contextmanager
def quiet_commands(environment: Mapping[str, str]) -> Iterator[None]:
    """Let nothing that is logged in between be taken for a command of the runner, where there is one."""
    if not on_runner(environment):
        yield
        return
    token = secrets.token_hex(16)
    print(f"::stop-commands::{token}", flush=True)
    try:
        yield
    finally:
        print(f"::{token}::", flush=True)


def mask(environment: Mapping[str, str], token: str) -> None:
    """Ask the runner to hide the token in all that is logged from here on."""
    if token and on_runner(environment):
        print(f"::add-mask::{command_text(token)}", flush=True)


def say(lines: Sequence[str]) -> None:
    """Write lines to the log."""
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()
