"""The Action end to end: a copy of the example workflow, run by act on this host, against a GitHub on loopback."""

import os

import pytest
from action.conftest import research, server  # noqa: F401
from action.research import TOKEN, record
from documents import ROOT
from e2e.act import act, action_here, outputs
from e2e.wheels import closed_network, wheelhouse  # noqa: F401

from expflow_hooks import __version__

PLACEHOLDER = "org/expflow-action@" + "0" * 40
CALLED = "./.github/workflows/judge.yml"
TITLE = "$(touch pwned) `touch pwned`; touch pwned; ::error::x"


@pytest.fixture
def run(research, tmp_path, closed_network):  # noqa: F811
    """Return a function that runs the example workflow on the pull request, with the Action as it stands here."""
    action = action_here(tmp_path / "expflow-action")
    workflow = (ROOT / "examples" / "workflows" / "pull-request.yml").read_text()
    research.repo.write(".github/workflows/pull-request.yml", workflow)
    research.setup()
    research.repo.git("remote", "add", "origin", "https://github.com/org/research.git")
    variables = {**closed_network, "GITHUB_API_URL": research.server.url}
    variables["GITHUB_GRAPHQL_URL"] = f"{research.server.url}/graphql"
    return lambda: act(research.repo.path, research.payload(), variables, PLACEHOLDER, action)


def test_created_then_left_unchanged_then_updated(run, research, tmp_path):  # noqa: F811
    research.results(record("new", 11.0, name=TITLE, commit=research.head))
    research.open(title=TITLE)
    before = os.environ["PATH"]
    done = run()
    assert done.returncode == 0, done.stdout + done.stderr
    assert outputs(done) | {"verdict": "pass", "comment-status": "created", "candidate-rank": "2"} == outputs(done)
    first = research.comment
    assert "rank 2 of 3" in first
    assert research.status["state"] == "success"

    done = run()
    assert done.returncode == 0, done.stdout + done.stderr
    assert (outputs(done)["comment-status"], research.comment) == ("unchanged", first)

    research.results(record("worse", 99.0, commit=research.repo.git("rev-parse", "HEAD~1")))
    done = run()
    assert done.returncode == 1
    assert "expflow: fail" in done.stdout
    assert (outputs(done)["comment-status"], outputs(done)["passed"]) == ("updated", "false")
    assert "❌ Expflow: 1 of 2 candidates fails" in research.comment
    assert TOKEN not in done.stdout + done.stderr
    assert research.repo.git("status", "--porcelain") == ""
    assert os.environ["PATH"] == before
    assert not list(tmp_path.rglob("pwned"))


def test_the_reusable_workflow_judges_as_its_caller_asks(research, tmp_path, closed_network):  # noqa: F811
    """act reads a workflow that is called from the repository itself only, so it stands there."""
    caller = (ROOT / "examples" / "workflows" / "experiments.yml").read_text()
    here = caller.replace(f"{PLACEHOLDER.partition('@')[0]}/.github/workflows/judge.yml@{'0' * 40}", CALLED)
    assert here != caller
    research.repo.write(".github/workflows/experiments.yml", here)
    research.repo.write(CALLED, (ROOT / CALLED).read_text())
    research.setup()
    research.repo.git("remote", "add", "origin", "https://github.com/org/research.git")
    research.results(record("new", 11.0, commit=research.head))
    research.open()
    variables = {**closed_network, "GITHUB_API_URL": research.server.url}
    used = f"{PLACEHOLDER.partition('@')[0]}@v{__version__}"
    done = act(research.repo.path, research.payload(), variables, used, action_here(tmp_path / "expflow-action"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert outputs(done) | {"verdict": "pass", "comment-status": "created"} == outputs(done)
    assert research.status["state"] == "success"
