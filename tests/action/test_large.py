"""Registries of 100 MB, in one file and in 5,000, judged from a checkout; by API what is too much is an error."""

import json
import subprocess

import pytest
from action.research import POLICY, command, record

LINES = 250_000
FOLDER = POLICY.replace("experiments.jsonl", "experiments/")


def line(number):
    """Return a line of 410 bytes."""
    told = record(f"r{number:06}", 20 + number / LINES, params={"lr": number, "note": "x" * 205})
    return json.dumps(told).encode() + b"\n"


@pytest.fixture
def large(research, request):
    """A base with a registry of 100 MB in so many files, and a branch that adds one run."""
    research.setup(FOLDER)
    git, files = research.repo.git, request.param
    git("switch", "--quiet", "main")
    each = LINES // files
    for file in range(files):
        data = b"".join(map(line, range(file * each, (file + 1) * each)))
        research.repo.write(f"experiments/branch-{file:04}.jsonl", data)
    git("add", "--all")
    git("commit", "--quiet", "--message", "years of results")
    research.base = git("rev-parse", "HEAD")
    git("update-ref", "refs/remotes/origin/main", research.base)
    git("switch", "--quiet", "--create", "large", "main")
    trained = research.change()
    research.repo.write("experiments/large.jsonl", json.dumps(record("new", 11.0, commit=trained)) + "\n")
    git("add", "--all")
    git("commit", "--quiet", "--message", "results")
    research.head = git("rev-parse", "HEAD")
    research.open(branch="large")
    return research


@pytest.mark.parametrize("large", [1, 5000], indirect=True)
def test_a_registry_of_100_mb_is_judged_from_the_checkout(large):
    size = subprocess.run(["du", "-sbc", large.repo.path / "experiments"], capture_output=True, text=True).stdout
    assert int(size.split()[-2]) > 100e6
    environment = large.environment("pull_request", large.payload())
    done = command(["action"], environment, large.repo.path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "rank 1 of 1 by" in large.comment
    assert len(large.comment.encode()) < 60_000


@pytest.mark.parametrize("large", [5000], indirect=True)
def test_by_api_5000_files_are_an_error_that_says_what_to_do_and_no_request_each(large):
    payload = {**large.payload(), "action": "synchronize"}
    large.server.log.clear()
    assert large.run("pull_request_target", payload) == 4
    assert "5001 files of a registry, and by API at most 300 are read: check the repository out" in large.comment
    assert len(large.server.log) < 60
