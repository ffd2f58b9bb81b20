"""No message of ours shows a PIN's hash, whatever brought it: a branch, a key or a value of the policy, a name."""

from __future__ import annotations

import subprocess
import sys

import pytest
from corpus import H

POLICY = "version: 1\nleaderboard: {source: experiments.jsonl}\naudit: {rules: competition}\n"


def run_hook(repo, name):
    command = [sys.executable, "-m", f"expflow_hooks.hooks.{name}"]
    return subprocess.run(command, cwd=repo.path, capture_output=True, text=True)


@pytest.mark.parametrize(
    "policy",
    [
        f"version: 1\n{H}: 1\n",
        f"version: 1\nleaderboard: {{top: {H}}}\n",
        f"version: 1\nleaderboard: {{sort_by: !{H} a}}\n",
        f"version: 1\nleaderboard: {{gates: ['{H}']}}\n",
        f"version: 1\nleaderboard: {{fail_on: {H}}}\n",
    ],
    ids=["key", "value", "tag", "gate", "choice"],
)
def test_an_error_in_the_policy_hides_it(git_repo, policy):
    git_repo.write("expflow.yaml", policy)
    git_repo.git("add", ".")
    for hook in ("policy", "audit", "expflow"):
        done = run_hook(git_repo, hook)
        assert done.returncode in (1, 2)
        for part in (H, H[:24]):
            assert part not in (done.stdout + done.stderr).lower()


def test_the_name_of_a_branch_hides_it(git_repo):
    git_repo.git("checkout", "--quiet", "-b", H)
    git_repo.write("expflow.yaml", POLICY)
    git_repo.write("experiments.jsonl", '{"experiment_id": "a", "metrics": {"pde_mean": 1}}\n')
    git_repo.git("add", ".")
    done = run_hook(git_repo, "audit")
    assert "[hidden]" in done.stdout and H[:24] not in done.stdout + done.stderr
