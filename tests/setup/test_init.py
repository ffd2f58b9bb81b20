"""`init` on real repositories: what is written, what is kept, who runs the hooks then."""

from __future__ import annotations

import pytest
import yaml
from documents import ROOT
from initialised import FILES, IDS, TYPES, checks, contents


def test_what_init_writes_is_what_the_tools_take(cli, repository):
    cli("init", "--yes", "--source", "runs/my experiments.jsonl")
    config = yaml.safe_load((repository.path / ".pre-commit-config.yaml").read_text())
    assert config["default_install_hook_types"] == TYPES
    assert [hook["id"] for hook in config["repos"][0]["hooks"]] == IDS
    assert yaml.safe_load((repository.path / "expflow.yaml").read_text())["leaderboard"]["source"].startswith("runs/my")
    workflow = yaml.safe_load((repository.path / FILES[2]).read_text())
    assert workflow["permissions"] == {}
    steps = workflow["jobs"]["judge"]["steps"]
    assert steps[0]["with"]["fetch-depth"] == 0
    assert steps[1]["uses"].startswith("org/expflow-action@v")
    asked = repository.git("check-attr", "merge", "--", "runs/my experiments.jsonl", "other.jsonl")
    assert asked.splitlines() == ["runs/my experiments.jsonl: merge: union", "other.jsonl: merge: unspecified"]


def test_a_second_init_changes_nothing(cli, repository):
    cli("init", "--yes")
    before = contents(repository)
    done = cli("init")
    assert (done.returncode, "Every file is in place" in done.stdout) == (0, True)
    assert contents(repository) == before


def test_nothing_is_written_unless_yes_is_said(cli, repository):
    for said in (None, "", "\n\n", "experiments.jsonl\nno\n"):
        done = cli("init", stdin=said)
        assert (done.returncode, contents(repository)) == (1, {})
        assert "nothing was written" in done.stderr and "+++ b/expflow.yaml" in done.stdout
    assert not (repository.path / ".git" / "hooks" / "pre-commit").exists()
    assert cli("init", stdin="clearml\nyes\n").returncode == 0
    assert "source: clearml" in (repository.path / "expflow.yaml").read_text()
    assert ".gitattributes" not in contents(repository)  # there is no file to merge
    assert checks(cli)[0] == 0


@pytest.mark.parametrize(
    ("name", "text", "code", "says"),
    [
        ("expflow.yaml", "version: 1\nleaderbord: {}\n", 2, "did you mean leaderboard"),
        (".pre-commit-config.yaml", "repos: [\n", 2, ".pre-commit-config.yaml:"),
        (".pre-commit-config.yaml", "- a list\n", 2, "holds no keys"),
        (".pre-commit-config.yaml", "x: !unknown 1\nrepos: []\n", 2, "add by hand"),
        (".pre-commit-config.yaml", "repos: {a: 1}\n", 2, "repos must be a list"),
        (".gitattributes", b"\xff\xfe\n", 2, "not UTF-8"),
    ],
)
def test_what_cannot_be_edited_is_one_line_and_nothing_is_written(cli, repository, name, text, code, says):
    repository.write(name, text)
    before = contents(repository)
    done = cli("init", "--yes", "--source", "experiments.jsonl")
    assert done.returncode == code and says in done.stderr and len(done.stderr.splitlines()) == 1
    assert contents(repository) == before


def test_a_link_that_leads_out_of_the_repository_is_not_followed(cli, repository, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside")
    (repository.path / ".github").symlink_to(outside)
    done = cli("init", "--yes")
    assert done.returncode == 2 and "leads out of the repository" in done.stderr
    assert list(outside.iterdir()) == []


def test_an_own_policy_and_workflow_stay_as_they_are(cli, repository):
    repository.write("expflow.yaml", "version: 1\nleaderboard: {source: runs/all.jsonl}\n")
    repository.write(".github/workflows/expflow.yml", "name: something else\n")
    repository.write(".gitattributes", "*.bin binary")
    before = contents(repository)
    assert cli("init", "--yes").returncode == 0
    after = contents(repository)
    assert {name: after[name] for name in before if name != ".gitattributes"} == {
        name: text for name, text in before.items() if name != ".gitattributes"
    }
    assert after[".gitattributes"] == b"*.bin binary\nruns/all.jsonl merge=union\n"
    assert b"expflow-action@" in after[".github/workflows/expflow-action.yml"]
    assert checks(cli)[0] == 0


@pytest.mark.parametrize("command", ["init", "doctor"])
def test_outside_a_repository_it_is_one_line(cli, work, command):
    done = cli(command)
    assert done.returncode == 4 and len(done.stderr.splitlines()) == 1


def test_a_framework_that_cannot_fetch_the_hooks_leaves_them_to_plain_git(cli, repository, on_path, digest):
    on_path("pre-commit")
    done = cli("init", "--yes", "--repo", str(repository.path / "nowhere"), "--rev", "v9")
    assert done.returncode == 0
    assert "pre-commit install-hooks: " in done.stderr and "in plain git instead" in done.stderr
    assert checks(cli)[1]["hook pre-push"]["detail"] == "run by plain git"
    repository.write("leak.txt", digest)
    repository.git("add", ".")
    assert "leak.txt:1:1: EXP001" in repository.git("commit", "--message=leak", ok=False)


@pytest.mark.parametrize("framework", ["pre-commit", "prek"])
def test_a_framework_takes_over_from_plain_git_and_a_plain_hook_stays(cli, repository, on_path, framework):
    on_path(framework)
    hooks = repository.path / ".git" / "hooks"
    (hooks / "pre-push").write_text("#!/bin/sh\n# of one's own\n")
    assert cli("install").returncode == 0
    ids = "".join(f"  - {{id: {name}, name: x, entry: 'true', language: system}}\n" for name in IDS)
    repository.write(".pre-commit-config.yaml", f"repos:\n- repo: local\n  hooks:\n{ids}")
    assert "default_install_hook_types" in cli("init", "--yes", "--with", framework).stdout
    assert {
        check["detail"] for name, check in checks(cli)[1].items() if name in {f"hook {stage}" for stage in TYPES}
    } == {f"run by {framework}"}
    assert (hooks / "pre-push.legacy").read_text() == "#!/bin/sh\n# of one's own\n"
    assert not [path.name for path in hooks.iterdir() if "before-expflow" in path.name]


def test_a_framework_that_runs_the_hooks_already_is_told_what_to_add(cli, repository):
    for stage in TYPES:
        repository.write(f".git/hooks/{stage}", "#!/bin/sh\ncall_lefthook()\n")
        (repository.path / ".git" / "hooks" / stage).chmod(0o755)
    done = cli("init", "--yes")
    assert done.returncode == 0
    assert "Add to lefthook.yml, then run `lefthook install`" in done.stdout
    assert "not configured (run by lefthook)" in checks(cli)[1]["hook pre-push"]["detail"]


def test_the_workflow_is_the_example_that_a_user_copies():
    example = ROOT / "examples" / "workflows" / "pull-request.yml"
    if not example.exists():
        pytest.skip("examples/workflows/ is not here yet")
    assert example.read_bytes() == (ROOT / "expflow_hooks/setup/templates/pull-request.yml").read_bytes()


def test_a_folder_is_proposed_and_needs_no_attributes(cli, repository):
    assert cli("init", "--yes").returncode == 0
    assert "source: experiments/" in (repository.path / "expflow.yaml").read_text()
    assert ".gitattributes" not in contents(repository)


@pytest.mark.parametrize(
    ("files", "source"),
    [
        ({"experiments.jsonl": '{"experiment_id": "a"}\n'}, "experiments.jsonl"),
        ({"experiments/a.jsonl": '{"experiment_id": "a"}\n', "experiments/run.py": "1\n"}, "experiments/"),
        ({"experiments/prompts.jsonl": '{"text": "no record"}\n'}, "experiments.jsonl"),
    ],
)
def test_what_is_there_already_is_proposed(cli, repository, files, source):
    for name, text in files.items():
        repository.write(name, text)
    assert cli("init", "--yes").returncode == 0
    assert f"source: {source}\n" in (repository.path / "expflow.yaml").read_text()


@pytest.mark.parametrize("source", ["runs.log", "EXPERIMENTS.JSONL", "experiments", "~/x.jsonl", "mlflow:x", ""])
def test_a_source_that_is_not_spelled_right_is_not_written(cli, repository, source):
    done = cli("init", "--yes", "--source", source or str(repository.path / "experiments.jsonl"))
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert contents(repository) == {}
