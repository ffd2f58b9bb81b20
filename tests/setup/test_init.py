"""`init` on real repositories: what is written, what is kept, who runs the hooks then."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
import yaml
from documents import ROOT
from initialised import FILES, IDS, TYPES, checks, contents

from expflow_hooks.core.policy.load import load_policy


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
    for said in (None, "", "\n\n\n", "experiments.jsonl\nnone\nno\n"):
        done = cli("init", stdin=said)
        assert (done.returncode, contents(repository)) == (1, {})
        assert "nothing was written" in done.stderr and "+++ b/expflow.yaml" in done.stdout
    assert not (repository.path / ".git" / "hooks" / "pre-commit").exists()
    assert cli("init", stdin="clearml\n\nyes\n").returncode == 0
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
    repository.write("lefthook.yml", "pre-commit: {jobs: [{run: make lint}]}\n")
    done = cli("init", "--yes")
    assert (done.returncode, done.stderr) == (0, "")
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


class TestWhoseRules:
    """Nobody's rules hold unless the team says so; what it says stands in the policy."""

    @pytest.mark.parametrize(
        ("rules", "holds"),
        [
            ("none", None),
            ("competition", ["competition"]),
            ("pde_mean:lt:18.09, clean", ["pde_mean:lt:18.09", "clean"]),
        ],
    )
    def test_the_answer_is_written(self, cli, repository, rules, holds):
        for given in (cli("init", stdin=f"\n{rules}\nno\n").stdout, cli("init", "--yes", "--rules", rules).stdout):
            section = given.partition("+++ b/expflow.yaml")[2].partition("--- ")[0]
            assert ("\n+audit:" in section) == (holds is not None)
            assert all(rule in section for rule in holds or ())
        policy = load_policy(str(repository.path))
        assert policy.audits == (holds is not None)
        if holds and len(holds) > 1:
            assert len(policy.audit.rules) == len(holds)

    def test_one_that_is_none_is_refused(self, cli, repository):
        done = cli("init", "--yes", "--rules", "competitive")
        assert (done.returncode, contents(repository)) == (2, {})
        assert "competition" in done.stderr


class TestOtherFrameworks:
    """What a repository uses already is used; nobody is asked to switch it off."""

    def test_lefthook(self, cli, repository, on_path, digest):
        on_path("lefthook")
        on_path("expflow-all")
        done = cli("init", "--yes", "--with", "lefthook")
        assert (done.returncode, done.stderr) == (0, "")
        assert ".pre-commit-config.yaml" not in contents(repository)
        assert {checks(cli)[1][f"hook {stage}"]["detail"] for stage in TYPES} == {"run by lefthook"}
        repository.write("leak.txt", digest)
        repository.git("add", "leak.txt")
        assert "leak.txt:1:1: EXP001" in repository.git("commit", "--message=leak", ok=False)

    def test_husky(self, cli, repository):
        repository.git("config", "core.hooksPath", ".husky/_")
        for stage in TYPES:
            repository.write(f".husky/_/{stage}", '#!/usr/bin/env sh\n. "$(dirname "$0")/h"\n')
            (repository.path / ".husky/_" / stage).chmod(0o755)
        done = cli("init", "--yes")
        assert (done.returncode, done.stderr) == (0, "")
        assert "expflow-all --stage pre-push" in done.stdout
        assert ".pre-commit-config.yaml" not in contents(repository)
        found = checks(cli)[1]
        assert found["hook folder"]["state"] == "active" and not found["hook folder"]["fix"]
        for stage in TYPES:
            repository.write(f".husky/{stage}", f"expflow-all --stage {stage}\n")
        assert {checks(cli)[1][f"hook {stage}"]["detail"] for stage in TYPES} == {"run by husky"}

    @pytest.mark.parametrize(
        ("name", "text"),
        [
            ("prek.toml", '[[repos]]\nrepo = "builtin"\nhooks = [{ id = "trailing-whitespace" }]\n'),
            (".pre-commit-config.yaml", "repos:\n- repo: builtin\n  hooks: [{id: trailing-whitespace}]\n"),
        ],
    )
    def test_a_configuration_that_only_prek_reads(self, cli, repository, on_path, name, text):
        on_path("pre-commit")
        on_path("prek")
        repository.write(name, text)
        done = cli("init", "--yes", "--repo", "https://git.example.org/expflow-action", "--rev", "v9")
        assert f"+++ b/{name}" in done.stdout and "prek install-hooks: " in done.stderr
        assert text in (repository.path / name).read_text()
        assert sorted(path for path in contents(repository) if "prek" in path or "pre-commit" in path) == [name]
        prek = [os.path.join(os.path.dirname(sys.executable), "prek"), "list"]
        listed = subprocess.run(prek, cwd=repository.path, capture_output=True, text=True)
        assert "expflow-action" in listed.stdout + listed.stderr

    def test_a_toml_that_cannot_be_edited_says_what_to_add(self, cli, repository):
        repository.write("prek.toml", 'repos = [{ repo = "builtin", hooks = [{ id = "trailing-whitespace" }] }]\n')
        done = cli("init", "--yes")
        assert (done.returncode, "add by hand: [[repos]]" in done.stderr) == (2, True)

    @pytest.mark.parametrize("framework", ["pre-commit", "prek"])
    def test_doctor_names_the_command_of_a_fresh_clone(self, cli, repository, on_path, framework):
        on_path(framework)
        repository.write(".pre-commit-config.yaml", "repos:\n- repo: x\n  rev: y\n  hooks: [{id: expflow}]\n")
        found = checks(cli)[1]
        assert {found[f"hook {stage}"]["fix"] for stage in TYPES} == {f"{framework} install"}
