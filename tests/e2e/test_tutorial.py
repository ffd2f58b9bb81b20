"""docs/tutorial.md, as a reader would try it: real git, the workflow run by act, and a GitHub on loopback."""

from __future__ import annotations

import re

import pytest
from action.research import TOKEN
from documents import ROOT, run, steps
from e2e.act import act, action_here
from e2e.wheels import closed_network, wheelhouse  # noqa: F401
from fakes.github_desk import Desk, gh
from fakes.github_server import FakeGitHub
from fakes.github_state import ACTIONS
from gitrepo import Repo

from expflow_hooks.setup.origin import origin

DOCUMENT = "docs/tutorial.md"


@pytest.fixture
def github(tmp_path):
    Repo(tmp_path / "github.git", "--bare")
    with FakeGitHub(tmp_path / "github.git").serving() as server:
        server.state.accounts[TOKEN] = ACTIONS
        yield server


@pytest.fixture
def check(github, tmp_path, closed_network):  # noqa: F811
    """Return a function that runs the workflow for a pull request, in a checkout of its own as GitHub makes it."""
    action = action_here(tmp_path / "expflow-action")
    variables = {**closed_network, "GITHUB_API_URL": github.url, "GITHUB_GRAPHQL_URL": f"{github.url}/graphql"}

    def run_for(number):
        pull = github.state.pulls[number]
        runner = Repo(tmp_path / f"runner-{len(github.state.statuses)}")
        runner.git("fetch", "--quiet", str(tmp_path / "github.git"), "refs/heads/*:refs/remotes/origin/*")
        runner.git("remote", "add", "origin", "https://github.com/org/research.git")
        runner.git("checkout", "--quiet", "--detach", "refs/remotes/origin/main")
        runner.git("merge", "--quiet", "--no-ff", "--no-verify", "--message", "test", pull["head"]["sha"])
        payload = {"number": number, "pull_request": pull, "repository": {"default_branch": "main"}}
        done = act(runner.path, payload, variables, origin().action.partition(" ")[0], action)
        (tmp_path / f"run-{number}.log").write_text(done.stdout + done.stderr)
        assert github.state.statuses_of(pull["head"]["sha"]), done.stdout + done.stderr
        assert TOKEN not in done.stdout + done.stderr
        return done.returncode

    return run_for


def test_the_day_goes_as_the_page_says(tmp_path, home, github, check, monkeypatch):
    assert len(steps(DOCUMENT)) > 30
    with (home / ".gitconfig").open("a") as file:
        file.write(f'[url "{tmp_path / "github.git"}"]\n\tinsteadOf = https://github.com/org/research\n')
    folder = tmp_path / "research"
    folder.mkdir()
    (script,) = re.findall(r"^```python\n(.*?)^```", (ROOT / DOCUMENT).read_text("utf-8"), re.M | re.S)
    (folder / "train.py").write_text(script)
    with gh(Desk(github.state, check), tmp_path / "bin"):
        monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=":")
        run(DOCUMENT, folder)
