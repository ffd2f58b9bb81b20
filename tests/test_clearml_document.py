"""docs/clearml.md: every command it shows runs against the stand-in of the server."""

from __future__ import annotations

import shlex
from pathlib import Path

from fakes.clearml_server import Server
from fakes.clearml_tasks import task

from expflow_hooks.cli import main

DOCUMENT = Path(__file__).parent.parent / "docs" / "clearml.md"


def test_every_command_of_the_document_works(work, monkeypatch, capsys):
    lines = [line.removeprefix("$ ") for line in DOCUMENT.read_text().splitlines() if line.startswith("$ ")]
    assert len(lines) >= 12
    with Server() as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("EXPFLOW_REGISTRY", "experiments.jsonl")
        states = {12: "queued", 13: "in_progress"}
        server.tasks = [task(number, status=states.get(number, "completed")) for number in range(1, 17)]
        for line in lines:
            words = shlex.split(line)
            assert words[0] == "expflow-hooks"
            # Where the document has a server in mind, its registry must not stand before it.
            code = main(words[1:])
            assert code == 0, (line, capsys.readouterr().err)
        assert "--help" not in lines
