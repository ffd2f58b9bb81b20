"""The judge with the team's ClearML server as source."""

import pytest
from action.research import POLICY, lines, record
from fakes.clearml_tasks import metrics, task

from expflow_hooks.sources.clearml.marks import clean_mark

CLEARML_POLICY = POLICY.replace("experiments.jsonl", "clearml").replace("  - reported: seg_total\n", "  - clean\n")
GOOD = metrics(PDE__pde_mean=8.0, Time__train_time_min=30.0, Score__seg_total=50.0)


@pytest.fixture
def ready(research, clearml):
    research.setup(CLEARML_POLICY)
    research.open()
    clearml.tasks += [task(number) for number in range(1, 4)]
    return research


def made_of(research, number=50, diff="", **fields):
    script = {"version_num": research.head, "branch": "feature", "diff": diff}
    tags = ["task1", clean_mark(research.head, f"{number:032x}")]
    return task(number, script=script, **{"last_metrics": GOOD, "tags": tags, **fields})


def test_a_task_of_the_head_is_the_candidate(ready, clearml):
    clearml.tasks.append(made_of(ready))
    assert ready.run() == 0, ready.text
    assert "rank 1 of 4" in ready.comment
    assert "experiments from `clearml`" in ready.comment


def test_uncommitted_changes_fail_the_rule_clean(ready, clearml):
    clearml.tasks.append(made_of(ready, diff="+ x"))
    assert ready.run() == 1
    assert "not reproducible" in ready.comment
    assert "commit known, no uncommitted changes" in ready.comment


def test_a_task_with_uncommitted_changes_proves_nothing_of_the_code_where_no_rule_asks(research, clearml):
    research.setup(CLEARML_POLICY.partition("audit:")[0])
    research.open()
    clearml.tasks.append(made_of(research, diff="+ x"))
    assert research.run() == 3
    assert research.last["verdict"] == "undecided"
    assert "names neither code nor a clean commit" in research.comment


def test_the_audit_sees_metrics_that_the_ranking_does_not_ask_for(research, clearml):
    research.setup(POLICY.replace("experiments.jsonl", "clearml"))
    research.open()
    clearml.tasks.append(made_of(research))
    assert research.run() == 0, research.text
    assert "`50 reported`" in research.comment


def test_a_task_without_a_stored_diff_is_not_clean_unless_the_run_looked(ready, clearml):
    clearml.tasks.append(made_of(ready, tags=["task1"]))
    assert ready.run() == 1
    assert "nobody recorded whether there were uncommitted changes" in ready.comment


def test_a_zero_that_may_be_a_nan_does_not_pass(ready, clearml):
    clearml.tasks.append(made_of(ready, last_metrics=metrics(PDE__pde_mean=0.0, Time__train_time_min=1.0)))
    assert ready.run() == 1
    assert "suspect-zero" in ready.comment


def test_a_running_task_is_undecided_and_its_end_turns_the_status(ready, clearml):
    clearml.tasks.append(made_of(ready, status="in_progress"))
    assert ready.run() == 3
    assert ready.status["state"] == "pending"
    clearml.tasks[-1]["status"] = "completed"
    payload = {"schedule": "x", "repository": {"default_branch": "main"}}
    assert ready.run("schedule", payload) == 0
    assert ready.status["state"] == "success"


def test_no_credentials_is_an_error_that_names_them(ready, monkeypatch, clearml):
    for name in clearml.environment:
        monkeypatch.delenv(name)
    assert ready.run() == 4
    assert "CLEARML_API_ACCESS_KEY" in ready.comment


@pytest.mark.parametrize("source", ["../elsewhere.jsonl", "/etc/elsewhere.jsonl", "sessions.zip", "-"])
def test_a_policy_cannot_lead_out_of_the_repository(research, source):
    research.setup(POLICY.replace("source: experiments.jsonl", f"source: '{source}'"))
    research.open()
    assert research.run() == 2
    assert research.last["verdict"] == "error"


def test_the_workflow_may_name_a_registry_on_shared_storage(research, tmp_path):
    research.setup(POLICY.replace("  source: experiments.jsonl\n", ""))
    research.open()
    shared = tmp_path / "shared.jsonl"
    shared.write_text(lines(record("s", 1.0, commit=research.head)))
    assert research.run(source=str(shared)) == 0
    assert "shared.jsonl" in research.comment


@pytest.mark.parametrize(
    ("name", "value"), [("source", "clearml"), ("sort_by", "seg_total"), ("tags", "task2"), ("project", "Other")]
)
def test_an_input_cannot_lead_the_judging_to_other_experiments_than_the_bases_policy(research, name, value):
    research.setup(POLICY.replace("  sort_by:", "  project: P\n  tags: [task1]\n  sort_by:"))
    research.results(record("new", 11.0, commit=research.head, project="P", tags=["task1"]))
    research.open()
    assert research.run() == 0
    assert research.run(**{name: value}) == 2
    assert f"input {name.replace('_', '-')}: the base's expflow.yaml says {name}: " in research.comment


@pytest.mark.parametrize(("fate", "code"), [("", 0), ("archived", 4), ("deleted", 4)])
def test_a_candidate_of_a_registry_whose_task_was_removed_on_the_server_is_an_error(research, clearml, fate, code):
    research.setup()
    research.results(record("exp-new", 8.0, commit=research.head, clearml_task_id=f"{5:032x}"))
    research.open()
    if fate != "deleted":
        clearml.tasks = [task(5, system_tags=["archived"] if fate == "archived" else [])]
    assert research.run() == code, research.text
    assert (f"its ClearML task was {fate} on the server" in research.comment) == bool(fate)


@pytest.mark.parametrize("asked", [False, True])
def test_what_a_sync_recorded_of_it_is_an_error_too_unless_the_server_has_it_again(
    research, clearml, monkeypatch, asked
):
    research.setup()
    task_id = f"{5:032x}"
    research.results(record("exp-new", 8.0, commit=research.head, clearml_task_id=task_id, task_gone="archived"))
    research.open()
    clearml.tasks = [task(5)]
    if not asked:
        monkeypatch.delenv("CLEARML_API_HOST")
    assert research.run() == (0 if asked else 4), research.text
    assert asked or "its ClearML task was archived on the server" in research.comment
