"""`expflow-hooks scan`: the hook's scan by hand, with its own options and exit codes."""

from __future__ import annotations

import json

import pytest


@pytest.mark.parametrize("arguments", [[], ["--staged"], ["leak.txt"], ["."], ["--stage", "pre-commit"]])
def test_a_leak_is_found_whatever_way_is_asked_for(cli, repo, work, digest, arguments):
    (work / "leak.txt").write_text(digest)
    repo("add", ".")
    done = cli("scan", *arguments)
    assert done.returncode == 1 and "leak.txt:1:1: EXP001" in done.stdout
    assert digest not in done.stdout + done.stderr


def test_history_is_looked_at_when_asked(cli, repo, work, digest):
    (work / "leak.txt").write_text(digest)
    repo("add", ".")
    repo("commit", "--quiet", "--message=leak")
    repo("rm", "--quiet", "leak.txt")
    repo("commit", "--quiet", "--message=gone")
    assert cli("scan").returncode == 0
    done = cli("scan", "--all-history", "--format", "json")
    assert done.returncode == 1 and "leak.txt" in json.dumps(json.loads(done.stdout))
    assert cli("scan", "--rev", "HEAD~1..HEAD").returncode == 0


@pytest.mark.parametrize(("arguments", "code"), [(["--nothing"], 2), (["--rev"], 2), (["not-there.txt"], 4)])
def test_what_cannot_be_done_is_told(cli, repo, arguments, code):
    assert cli("scan", *arguments).returncode == code
