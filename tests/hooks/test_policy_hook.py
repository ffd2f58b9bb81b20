"""`expflow-policy`: the policy is checked before it is committed."""

import subprocess
import sys

import pytest

BAD = "version: 1\nleaderboard:\n  gates: [pde_mean:less:1]\n"


def hook(folder, *arguments):
    done = subprocess.run(
        [sys.executable, "-m", "expflow_hooks.hooks.policy", *arguments], cwd=folder, capture_output=True, text=True
    )
    return done.returncode, done.stdout


@pytest.mark.parametrize(("text", "code"), [("version: 1\n", 0), (BAD, 2)])
def test_the_named_file_and_the_staged_one_are_checked(git_repo, text, code):
    git_repo.write("expflow.yaml", text)
    assert hook(git_repo.path, "expflow.yaml")[0] == code
    git_repo.git("add", ".")
    got, said = hook(git_repo.path)
    assert got == code
    if code:
        assert "expflow.yaml:3: leaderboard.gates[0]: gate 'pde_mean:less:1' has the operator" in said
        assert said.endswith("expflow: error (exit 2)\n")


def test_the_index_counts_not_the_work_tree(git_repo):
    git_repo.write("expflow.yaml", "version: 1\n")
    git_repo.git("add", ".")
    git_repo.write("expflow.yaml", BAD)
    assert hook(git_repo.path)[0] == 0


def test_a_policy_that_is_removed_or_not_there_is_nothing_to_check(git_repo):
    assert hook(git_repo.path) == (0, "")
    git_repo.commit("expflow.yaml", BAD)
    git_repo.git("rm", "--quiet", "expflow.yaml")
    assert hook(git_repo.path) == (0, "")
