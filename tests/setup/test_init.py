"""`init` and `doctor` on real repositories: what is written, what is kept, what is said to be missing."""

from __future__ import annotations

import json

import pytest
import yaml

from expflow_hooks.setup.framework_config import with_hooks
from expflow_hooks.setup.origin import Origin

ORIGIN = Origin("https://github.com/org/expflow-action", "v0.1.0")
FILES = ("expflow.yaml", ".pre-commit-config.yaml", ".github/workflows/expflow.yml", ".gitattributes")
IDS = ["expflow-pin-hash", "expflow-audit", "expflow-policy", "expflow-registry"]
TYPES = ["pre-commit", "pre-merge-commit", "pre-push"]


def contents(repository):
    return {
        str(path.relative_to(repository.path)): path.read_bytes()
        for path in repository.path.rglob("*")
        if path.is_file() and ".git" not in path.relative_to(repository.path).parts
    }


def checks(cli, **options):
    done = cli("doctor", "--format", "json", **options)
    return done.returncode, {check["name"]: check for check in json.loads(done.stdout)}


def test_init_then_doctor_in_an_empty_repository_end_with_everything_active(cli, repository, digest):
    done = cli("init", "--yes")
    assert done.returncode == 0, done.stderr
    assert all(f"+++ b/{name}" in done.stdout for name in FILES)
    assert sorted(contents(repository)) == sorted(FILES)
    seen = cli("doctor")
    assert (seen.returncode, "everything is active" in seen.stdout, "✗" in seen.stdout) == (0, True, False)
    cli("pin", "init", "4711")
    code, found = checks(cli)
    assert (code, {check["state"] for check in found.values()}) == (0, {"active"})
    repository.write("leak.txt", digest)
    repository.git("add", ".")
    assert "leak.txt:1:1: EXP001" in repository.git("commit", "--message=leak", ok=False)


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
        (".pre-commit-config.yaml", "repos: {a: 1}\n", 2, "repos must be a list"),
        (".gitattributes", b"\xff\xfe\n", 2, "not UTF-8"),
    ],
)
def test_what_cannot_be_edited_is_one_line_and_nothing_is_written(cli, repository, name, text, code, says):
    repository.write(name, text)
    before = contents(repository)
    done = cli("init", "--yes")
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


ALL_TYPES = "default_install_hook_types: [pre-commit, pre-merge-commit, pre-push]"
MERGES = {
    "comments and another repository": (
        """\
# ours
repos:
  # style
  - repo: https://x/y
    rev: v1  # pinned
    hooks:
      - id: ruff
        args: [--fix]
# the end
fail_fast: true
""",
        """\
# ours
{types}
repos:
  # style
  - repo: https://x/y
    rev: v1  # pinned
    hooks:
      - id: ruff
        args: [--fix]
{entry}# the end
fail_fast: true
""",
    ),
    "no indent, no end": (
        "default_install_hook_types: [pre-commit]\nrepos:\n- repo: x\n  rev: y\n  hooks:\n  - id: a",
        "{types}\nrepos:\n- repo: x\n  rev: y\n  hooks:\n  - id: a\n{entry0}",
    ),
    "an empty list": ("repos: []  # none\n", "{types}\nrepos:  # none\n{entry}"),
    "nothing in it": (
        "repos:\ndefault_install_hook_types:\n  - pre-push\n",
        "repos:\n{entry}default_install_hook_types:\n  - pre-push\n  - pre-commit\n  - pre-merge-commit\n",
    ),
}


@pytest.mark.parametrize("name", MERGES)
def test_a_framework_configuration_keeps_its_comments_and_order(name):
    before, after = MERGES[name]
    entry = f"  - repo: {ORIGIN.url}\n    rev: v0.1.0\n    hooks:\n" + "".join(f"      - id: {i}\n" for i in IDS)
    entry0 = "".join(f"{line[2:]}\n" for line in entry.splitlines())
    wanted = after.format(entry=entry, entry0=entry0, types=ALL_TYPES)
    assert with_hooks(before, ORIGIN) == wanted
    assert with_hooks(wanted, ORIGIN) == wanted
    other = before.replace("\n", "\r\n")
    assert with_hooks(other, ORIGIN) == wanted.replace("\n", "\r\n")


@pytest.mark.parametrize(
    "text",
    [
        "repos: [{repo: x, rev: y, hooks: [{id: a}]}]\n",
        "---\nrepos:\n- repo: local\n  hooks:\n  - {id: expflow-audit, name: a, entry: a, language: system}\n",
        "",
        "# nothing but words\n",
        "ci: {autofix_prs: false}\n",
        "repos:\n- repo: x\n  rev: y\n  hooks:\n  - id: a\n    entry: |\n      x\n",
    ],
)
def test_a_merged_configuration_has_all_four_hooks_once(text):
    new = with_hooks(text, ORIGIN)
    found = [hook["id"] for repo in yaml.safe_load(new)["repos"] for hook in repo["hooks"]]
    assert sorted(name for name in found if name.startswith("expflow")) == sorted(IDS)
    assert set(TYPES) <= set(yaml.safe_load(new)["default_install_hook_types"])
    assert with_hooks(new, ORIGIN) == new


FAULTS = {
    "hook pre-commit": (lambda r: (r.path / ".git/hooks/pre-commit").unlink(), "expflow-hooks install"),
    "hook pre-push": (lambda r: (r.path / ".git/hooks/pre-push").chmod(0o644), "chmod +x"),
    "policy": (lambda r: r.write("expflow.yaml", "version: 2\n"), "edit expflow.yaml"),
    "registry": (lambda r: r.write("experiments.jsonl", "{broken\n"), "edit "),
    "merging": (lambda r: (r.path / ".gitattributes").unlink(), "expflow-hooks init"),
    "workflow": (lambda r: (r.path / FILES[2]).unlink(), "expflow-hooks init"),
    "PIN hash": (lambda r: r.write("config.yaml", "pin: {hash: x}\n"), "expflow-hooks pin migrate"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_doctor_names_each_fault_and_what_mends_it(cli, repository, name):
    cli("init", "--yes")
    fault, mend = FAULTS[name]
    fault(repository)
    code, found = checks(cli)
    assert code == 1
    missing = {check["name"] for check in found.values() if check["state"] == "missing"}
    # without a policy nothing says which registry there is; a hash that is none in config.yaml is a PIN that is damaged
    assert missing - {"registry", "PIN"} == {name} - {"registry"} and name in missing
    assert mend in found[name]["mend"]
    assert f"✗  {name}" in cli("doctor").stdout


def test_doctor_in_a_bare_beginning_names_everything(cli, repository):
    code, found = checks(cli)
    assert code == 1
    missing = {name for name, check in found.items() if check["state"] == "missing"}
    assert missing == {f"hook {stage}" for stage in TYPES} | {"policy", "merging", "workflow"}
    assert all(found[name]["mend"] for name in missing)


def test_doctor_sees_who_runs_a_hook_and_what_it_lacks(cli, repository):
    cli("init", "--yes")
    hook = repository.path / ".git" / "hooks" / "pre-push"
    hook.write_text("#!/bin/sh\n# File generated by pre-commit: https://pre-commit.com\n")
    assert checks(cli)[1]["hook pre-push"]["says"] == "run by pre-commit"
    config = repository.path / ".pre-commit-config.yaml"
    config.write_text(
        config.read_text().replace("- id: expflow-audit\n", "- id: expflow-audit\n        stages: [manual]\n")
    )
    assert "expflow-audit not configured" in checks(cli)[1]["hook pre-push"]["says"]
    hook.write_text("#!/bin/sh\n# Expflow hooks: written by `expflow-hooks install`\npython=/nowhere/python\n")
    assert "/nowhere/python" in checks(cli)[1]["hook pre-push"]["says"]


def test_doctor_sees_modes_a_shared_hook_folder_and_a_checkout_without_history(cli, repository, home):
    cli("init", "--yes")
    cli("pin", "init", "4711")
    (home / ".expflow" / "pin.hash").chmod(0o644)
    found = checks(cli)[1]
    assert found["PIN store"]["mend"].startswith("chmod 600 ")
    workflow = repository.path / FILES[2]
    workflow.write_text(workflow.read_text().replace("fetch-depth: 0", "fetch-depth: 1"))
    assert "fetch-depth: 0" in checks(cli)[1]["workflow"]["mend"]
    repository.git("config", "core.hooksPath", str(home))
    found = checks(cli)[1]
    assert found["hook folder"]["state"] == "off" and found["hook pre-push"]["state"] == "missing"


@pytest.mark.parametrize("form", ["text", "json", "markdown", "csv"])
def test_doctor_speaks_every_form(cli, repository, form):
    done = cli("doctor", "--format", form)
    assert done.returncode == 1 and "expflow-hooks init" in done.stdout


@pytest.mark.parametrize("command", ["init", "doctor"])
def test_outside_a_repository_it_is_one_line(cli, work, command):
    done = cli(command)
    assert done.returncode == 4 and len(done.stderr.splitlines()) == 1
