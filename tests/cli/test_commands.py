"""The command line: help, completion, errors in one line, exit codes, and output that goes wrong."""

from __future__ import annotations

import csv
import errno
import io
import json
import os
import subprocess
import sys
from typing import Any

import pytest

from expflow_hooks.cli import COMMANDS, root

GOOD = {"seg_total": 57.09, "pde_mean": 15.0, "train_time_min": 45.5}
HOOKS = [sys.executable, "-m", "expflow_hooks"]


def one_line(done, code):
    """Check that a run failed with this code and said so in one line."""
    assert done.returncode == code, done.stderr
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("expflow-hooks: ")
    return lines[0]


def commands():
    import click

    context = click.Context(root)
    for name in COMMANDS:
        command = root.get_command(context, name)
        yield [name], command
        for inner in getattr(command, "commands", {}).values():
            if not inner.hidden:
                yield [name, inner.name], inner


@pytest.mark.parametrize("path", [path for path, _ in commands()], ids=" ".join)
def test_help_of_each_command_shows_an_example(cli, path):
    done = cli(*path, "--help")
    assert done.returncode == 0
    assert "Example: " in done.stdout


def test_help_lists_every_command_without_importing_any(cli):
    done = cli("--help")
    assert all(name in done.stdout for name in COMMANDS)
    seen = subprocess.run([sys.executable, "-X", "importtime", *HOOKS[1:], "--help"], capture_output=True, text=True)
    assert "expflow_hooks.render.output" in seen.stderr
    assert not any(name in seen.stderr for name in ("yaml", "requests", "clearml", "expflow_hooks.cli.run"))


def test_completion_of_commands_and_metrics(cli):
    env = {"_EXPFLOW_HOOKS_COMPLETE": "bash_complete", "COMP_WORDS": "expflow-hooks compare-scores --sort-by pde_m"}
    script = os.path.join(os.path.dirname(sys.executable), "expflow-hooks")
    done = subprocess.run([script], env={**os.environ, **env, "COMP_CWORD": "3"}, capture_output=True, text=True)
    assert done.stdout.split() == ["plain,pde_mean"]
    env |= {"COMP_WORDS": "expflow-hooks comp", "COMP_CWORD": "1"}
    done = subprocess.run([script], env={**os.environ, **env}, capture_output=True, text=True)
    assert done.stdout.split() == ["plain,compare-scores"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["compare"], "did you mean compare-scores"),
        (["run", "lst"], "did you mean list"),
        (["nothing-like-it"], "commands are init, doctor"),
        (["metrics", "show", "pde_meen"], "did you mean pde_mean"),
        (["metrics", "show", "train"], "did you mean train_time_min"),
        (["compare-scores", "--source", "experiments.jsonl", "--sort-by", "seg_totl"], "did you mean seg_total"),
        (["compare-scores", "--source", "experiments.jsonl", "--gate", "pde_mean:lt"], "pde_mean:lt:18.09"),
        (["compare-scores", "--source", "experiments.jsonl", "--top", "0"], "--top"),
        (["compare-scores", "--source", "experiments.jsonl", "--top", "-1"], "--top"),
        (["compare-scores", "--source", "experiments.jsonl", "--top", "many"], "--top"),
        (["compare-scores", "--source", "experiments.jsonl", "--min-runs", "0"], "--min-runs"),
        (["compare-scores", "--source", "experiments.jsonl", "--aggregate", "best"], "--aggregate"),
        (["compare-scores", "--sorce", "x"], "--source"),
        (["compare-scores", "--source", "experiments.xlsx"], "a source is a .jsonl file"),
        (["audit", "validate", "a1"], "no experiment 'a1'"),
        (["audit", "validate", "exp-a", "--source", "experiments.jsonl"], "did you mean exp-ab"),
        (["run", "show", "exp-a", "--source", "experiments.jsonl"], "did you mean exp-ab"),
        (["run", "cancel", "exp-a", "--source", "experiments.jsonl"], "did you mean exp-ab"),
        (["run", "add", "-"], "no record in it"),
        (["run", "cancel", "x", "--source", "-"], "cannot be written to"),
        (["pin", "init", "12345"], "exactly 4 digits"),
        (["pin", "init", "--help-me"], "--help"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_usage_error_is_one_line_that_says_what_a_right_one_looks_like(cli, registry, arguments, says):
    registry({"experiment_id": "exp-ab", "metrics": GOOD})
    assert says in one_line(cli(*arguments), 2)


@pytest.mark.parametrize(
    "command", [["compare-scores"], ["run", "list"], ["run", "verify"], ["audit", "validate", "x"]]
)
def test_a_source_that_cannot_be_read_is_exit_4(cli, work, command):
    (work / "folder.jsonl").mkdir()
    assert os.strerror(errno.ENOENT) in one_line(cli(*command, "--source", "missing.jsonl"), 4)
    assert "Is a directory" in one_line(cli(*command, "--source", "folder.jsonl"), 4)


def test_nothing_to_rank_is_undecided(cli, work):
    assert "undecided" in one_line(cli("compare-scores"), 3)
    done = cli("compare-scores", "--format", "json")
    assert (done.returncode, json.loads(done.stdout)["ranking"]) == (3, [])


def test_standard_input_is_a_source(cli):
    lines = json.dumps({"experiment_id": "a", "metrics": GOOD}) + "\n"
    done = cli("compare-scores", "--source", "-", "--format", "json", stdin=lines)
    assert json.loads(done.stdout)["ranking"][0]["rank"] == 1
    assert json.loads(done.stdout)["source"] == "standard input"


@pytest.mark.parametrize(
    ("fail_on", "records", "code"),
    [
        ("never", [{"pde_mean": 99}], 0),
        ("none-pass", [{"pde_mean": 99}, {"pde_mean": 1}], 0),
        ("none-pass", [{"pde_mean": 99}], 1),
        ("none-pass", [{}], 1),
        ("any-fail", [{"pde_mean": 1}], 0),
        ("any-fail", [{"pde_mean": 99}, {"pde_mean": 1}], 1),
        ("any-fail", [{"pde_mean": 1}, {}], 1),
        ("any-fail", [{"pde_mean": 1}, "running"], 0),
        ("any-fail", ["running"], 3),
        ("none-pass", ["running"], 3),
        ("any-fail", [], 3),
        ("none-pass", [{"pde_mean": 1}, "unreadable"], 4),
    ],
)
def test_fail_on_gives_the_exit_code(cli, registry, fail_on, records, code):
    lines: list[Any] = []
    for number, record in enumerate(records):
        if record == "unreadable":
            lines.append(b'{"experiment_id": "torn')
        elif record == "running":
            lines.append({"experiment_id": f"e{number}", "status": "running"})
        else:
            lines.append({"experiment_id": f"e{number}", "metrics": record})
    registry(*lines)
    done = cli(
        *("compare-scores", "--source", "experiments.jsonl", "--sort-by", "pde_mean"),
        *("--gate", "pde_mean:lt:18.09", "--fail-on", fail_on),
    )
    assert done.returncode == code


def test_too_few_runs_are_undecided_under_any_fail(cli, registry):
    registry({"experiment_id": "a", "metrics": {"pde_mean": 1}, "params": {"seed": "1", "lr": "1"}})
    options = ("--source", "experiments.jsonl", "--sort-by", "pde_mean", "--min-runs", "3", "--fail-on", "any-fail")
    done = cli("compare-scores", *options)
    assert done.returncode == 3
    assert "1 of 3 runs" in done.stdout


def test_one_verdict_in_every_format(cli, registry):
    registry(
        {"experiment_id": "a", "name": "net | `x`", "metrics": {"pde_mean": 12.5}},
        {"experiment_id": "b", "metrics": {"pde_mean": 18.09}},
        b'{"experiment_id": "c", "metrics": {"pde_mean": NaN}}',
    )
    base = ("compare-scores", "--source", "experiments.jsonl", "--sort-by", "pde_mean", "--gate", "pde_mean:lt:18.09")
    text, markdown, table, payload = (cli(*base, "--format", f) for f in ("text", "markdown", "csv", "json"))
    rows = json.loads(payload.stdout)["ranking"]
    assert [row["rank"] for row in rows] == [1, None, None]
    assert [row["rank"] for row in csv.DictReader(io.StringIO(table.stdout))] == ["1", "", ""]
    assert "NaN" not in payload.stdout
    assert "✓ 12.50 (+5.59)" in text.stdout
    assert "✗ 18.09 (-0)" in text.stdout or "✗ 18.09 (+0)" in text.stdout
    assert "| `net \\| 'x'` |" in markdown.stdout
    assert {done.returncode for done in (text, markdown, table, payload)} == {0}


def test_output_goes_to_a_file(cli, registry, work):
    registry({"experiment_id": "a", "metrics": GOOD})
    done = cli("compare-scores", "--source", "experiments.jsonl", "--format", "json", "--output", "out.json")
    assert done.stdout == ""
    assert json.loads((work / "out.json").read_text())["ranking"][0]["rank"] == 1
    assert os.strerror(errno.ENOENT) in one_line(cli("metrics", "list", "--output", "no/such/folder"), 4)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_any_locale_can_show_any_name(cli, registry, encoding):
    registry(
        {
            "experiment_id": "模型",
            "name": "β\ud800".encode("utf-8", "surrogatepass").decode("utf-8", "replace"),
            "metrics": GOOD,
        }
    )
    env = {"PYTHONIOENCODING": encoding, "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    for command in (["compare-scores"], ["run", "list"]):
        done = subprocess.run(
            [*HOOKS, *command, "--source", "experiments.jsonl"], env={**os.environ, **env}, capture_output=True
        )
        assert (done.returncode, done.stderr) == (0, b"")
        expected = "模型" if encoding == "utf-8" else r"\u6a21\u578b"
        assert expected.encode() in done.stdout


def test_a_name_cannot_move_the_cursor(cli, registry):
    registry({"experiment_id": "a", "name": "x\x1b[2Jy\rz\u202eabc", "metrics": GOOD})
    done = cli("compare-scores", "--source", "experiments.jsonl")
    assert "x?[2Jy?z?abc" in done.stdout
    assert not any(c in done.stdout for c in "\x1b\r\u202e")


def test_a_reader_that_goes_away_is_no_error(registry, work):
    registry(*({"experiment_id": f"e{i}", "metrics": GOOD} for i in range(5000)))
    command = (
        f"{sys.executable} -m expflow_hooks run list --source experiments.jsonl | head -1; echo ${{PIPESTATUS[0]}}"
    )
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    assert done.stderr == ""
    assert done.stdout.splitlines()[-1] == "0"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_disk_under_the_output_is_exit_4(registry, work):
    registry({"experiment_id": "a", "metrics": GOOD})
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [*HOOKS, "run", "list", "--source", "experiments.jsonl"], stdout=full, stderr=subprocess.PIPE
        )
    assert done.returncode == 4
    assert done.stderr.decode().splitlines() == ["expflow-hooks: cannot write standard output: No space left on device"]


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize("command", ["run list", "pin init", "pin status", "compare-scores --source -", "nonsense"])
def test_closed_streams_never_give_a_traceback(work, closed, command):
    done = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m expflow_hooks {command} {closed}"],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=30,
    )
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr
    assert done.returncode in (0, 2, 3, 4)


def test_unreadable_lines_are_warned_of_by_number(cli, registry):
    registry({"experiment_id": "a", "metrics": GOOD}, b"\x00\x01", *([b"{"] * 8))
    done = cli("compare-scores", "--source", "experiments.jsonl")
    assert done.returncode == 0
    assert "experiments.jsonl:2: unreadable line, not JSON" in done.stderr
    assert "4 more unreadable lines" in done.stderr
    assert (
        json.loads(cli("compare-scores", "--source", "experiments.jsonl", "--format", "json").stdout)["counts"][
            "unreadable_lines"
        ]
        == 9
    )


def test_progress_is_shown_on_a_terminal_and_never_in_a_pipe(work):
    import pty

    path = work / "big.jsonl"
    line = json.dumps({"experiment_id": "a", "metrics": GOOD, "note": "x" * 1000}).encode() + b"\n"
    path.write_bytes(line * (17 * 1024))
    command = [*HOOKS, "compare-scores", "--source", "big.jsonl", "--sort-by", "pde_mean", "--no-index"]
    main, terminal = pty.openpty()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=terminal, check=True)
    os.close(terminal)
    shown = os.read(main, 100_000)
    os.close(main)
    assert b"reading big.jsonl" in shown
    assert subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE).stderr == b""


def test_the_policy_gives_what_options_do_not(cli, registry, work):
    registry(
        {"experiment_id": "a", "project": "P", "tags": ["task1"], "metrics": {"mine": 5.0}},
        {"experiment_id": "b", "project": "P", "tags": [], "metrics": {"mine": 9.0}},
    )
    (work / "expflow.yaml").write_text(
        "version: 1\nmetrics: {mine: {higher_is_better: true}}\n"
        "leaderboard: {source: experiments.jsonl, project: P, sort_by: mine, gates: ['mine:ge:6'], top: 1}\n"
    )
    ranking = json.loads(cli("compare-scores", "--format", "json").stdout)
    assert (ranking["metric"], ranking["direction"], ranking["gates"]) == ("mine", "descending", ["mine:ge:6"])
    assert [(row["experiment_id"], row["rank"]) for row in ranking["ranking"]] == [("b", 1)]
    assert ranking["counts"]["gate_failed"] == 1  # `top` rows are printed, all are counted
    overridden = json.loads(cli("compare-scores", "--format", "json", "-t", "task1", "--gate", "mine:ge:1").stdout)
    assert [(row["experiment_id"], row["rank"]) for row in overridden["ranking"]] == [("a", 1)]


@pytest.mark.parametrize(
    ("options", "direction", "first"),
    [((), "ascending", "low"), (("--ascending",), "ascending", "low"), (("--descending",), "descending", "high")],
)
def test_the_direction_is_the_metrics_unless_an_option_gives_it(cli, registry, options, direction, first):
    registry(
        *({"experiment_id": name, "metrics": {"pde_mean": value}} for name, value in (("low", 1.0), ("high", 2.0)))
    )
    ranking = json.loads(
        cli(
            "compare-scores", "--source", "experiments.jsonl", "--sort-by", "pde_mean", "--format", "json", *options
        ).stdout
    )
    assert (ranking["direction"], ranking["ranking"][0]["experiment_id"]) == (direction, first)


def test_both_directions_at_once_are_refused(cli, registry):
    registry({"experiment_id": "a", "metrics": GOOD})
    assert "give one of them" in one_line(
        cli("compare-scores", "--source", "experiments.jsonl", "--ascending", "--descending"), 2
    )


def test_an_unexpected_error_is_one_line_too(monkeypatch, capsys):
    from expflow_hooks import cli

    monkeypatch.setattr(cli.root, "main", lambda *_, **__: 1 / 0)
    assert cli.main(["--help"]) == 4
    assert capsys.readouterr().err.startswith("expflow-hooks: unexpected error, please report it")
