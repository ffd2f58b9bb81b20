"""The Action on a registry that is a folder: from the checkout and by API, moved, split, linked."""

from __future__ import annotations

import pytest
from action.research import POLICY, lines, record

from expflow_hooks.action.page.marker import read_state
from expflow_hooks.sources.writing import open_writer

FOLDER = POLICY.replace("experiments.jsonl", "experiments/")
EVENTS = ["pull_request", "pull_request_target"]


@pytest.fixture
def ready(research):
    """A base with two experiments in the folder, and a branch with its own file there."""
    research.setup(FOLDER, base_records=[])
    repo = research.repo
    repo.git("checkout", "--quiet", "main")
    repo.git("rm", "--quiet", "experiments.jsonl")
    repo.write("experiments/main.jsonl", lines(record("old-1", 9.5), record("old-2", 12.5)))
    repo.git("add", "--all")
    repo.git("commit", "--quiet", "--message", "a folder")
    research.base = repo.git("rev-parse", "HEAD")
    repo.git("update-ref", "refs/remotes/origin/main", research.base)
    repo.git("checkout", "--quiet", "-B", "feature")
    research.change()
    return research


def results(research, *records):
    writer = open_writer(f"{research.repo.path}/experiments/")
    for one in records:
        writer.append({**one, "commit": research.head})
    return commit(research)


def commit(research):
    research.repo.git("add", "--all")
    research.repo.git("commit", "--quiet", "--message", "results")
    research.head = research.repo.git("rev-parse", "HEAD")
    research._moved()
    if not (research.server and research.number in research.server.state.pulls):
        research.open()
    return research.head


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize(("error", "code"), [(11.0, 0), (99.0, 1)])
def test_the_branchs_own_file_is_judged(ready, event, error, code):
    results(ready, record("new", error))
    assert ready.run(event) == code, ready.text
    assert "`new`" in ready.comment
    assert "3 lines" in ready.comment


@pytest.mark.parametrize("event", EVENTS)
def test_a_line_lost_in_a_file_of_the_base_fails_with_its_file(ready, event):
    ready.repo.write("experiments/main.jsonl", lines(record("old-1", 9.5)))
    results(ready, record("new", 11.0))
    assert ready.run(event) == 1
    assert "lost 1 line of the base, first line 2 of `experiments/main.jsonl`" in ready.comment


@pytest.mark.parametrize("event", EVENTS)
def test_heads_are_vouched_for_by_file_and_missed_when_they_are_gone(ready, event):
    results(ready, record("a", 11.0), record("b", 12.0))
    assert ready.run(event) == 0
    attested = read_state(ready.comment)["registry"]
    assert (attested["name"], list(attested["heads"].values())) == ("experiments/", ["feature.jsonl:2"])
    path = ready.repo.path / "experiments" / "feature.jsonl"
    path.write_bytes(path.read_bytes().splitlines(keepends=True)[0])
    commit(ready)
    ready.run(event)
    assert "line `feature.jsonl:2` of `experiments/`" in ready.comment
    assert ":experiments/feature.jsonl` has it" in ready.comment


@pytest.mark.parametrize("event", EVENTS)
def test_a_file_that_becomes_a_folder_keeps_the_bases_lines(research, event):
    research.setup()
    repo, old = research.repo, research.repo.path / "experiments.jsonl"
    repo.write("experiments/main.jsonl", old.read_bytes())
    repo.write("expflow.yaml", FOLDER)
    old.unlink()
    results(research, record("new", 11.0))
    assert research.run(event) == 0, research.text
    assert "4 lines" not in research.comment and "3 lines" in research.comment
    repo.write("experiments/main.jsonl", lines(record("old-1", 9.5)))
    commit(research)
    assert research.run(event) == 1
    assert "lost 1 line of the base, first line 2 of `experiments.jsonl`" in research.comment


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("form", ["folder", "file", "case"])
def test_what_one_machine_could_miss_is_an_error(ready, event, form):
    results(ready, record("new", 99.0))
    where = ready.repo.path / "experiments"
    if form == "folder":
        where.rename(ready.repo.path / "elsewhere")
        where.symlink_to("elsewhere")
    elif form == "file":
        (where / "link.jsonl").symlink_to("main.jsonl")
    else:
        (where / "MAIN.jsonl").write_text("")
    commit(ready)
    assert ready.run(event) == 2
    assert ("symbolic link" in ready.comment) == (form != "case")


def test_more_files_than_the_api_gives_is_an_error_that_says_so(ready, monkeypatch):
    from expflow_hooks.action.evidence import remote

    monkeypatch.setattr(remote, "MOST_BLOBS", 1)
    results(ready, record("new", 11.0))
    assert ready.run("pull_request_target") == 4
    assert "by API at most 1 are read" in ready.comment
