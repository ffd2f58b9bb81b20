"""The manifest, the entry points, the modules and docs/hooks.md say the same of the hooks."""

from __future__ import annotations

import importlib
import re

import pytest
import yaml
from documents import ROOT

MANIFEST = {hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}
HOOKS = (ROOT / "docs" / "hooks.md").read_text("utf-8")
STAGES = {
    "expflow": ["pre-commit", "pre-merge-commit", "pre-push", "manual"],
    "expflow-pin-hash": ["pre-commit", "pre-merge-commit", "pre-push", "manual"],
    "expflow-audit": ["pre-commit", "pre-push", "manual"],
    "expflow-policy": ["pre-commit"],
    "expflow-registry": ["pre-commit", "pre-merge-commit", "pre-push"],
}
WORDS = {"pre-commit": "commit", "pre-merge-commit": "merge", "pre-push": "push"}


def scripts() -> dict[str, str]:
    text = (ROOT / "pyproject.toml").read_text()
    section = text.partition("[project.scripts]")[2].partition("\n[")[0]
    return dict(re.findall(r'^(\S+) = "(.+)"$', section, re.M))


def test_the_manifest_has_the_hooks_at_their_stages():
    assert {name: hook["stages"] for name, hook in MANIFEST.items()} == STAGES


@pytest.mark.parametrize("name", STAGES)
def test_each_hook_is_a_script_that_is_a_module_of_its_own(name):
    hook = MANIFEST[name]
    # The name `expflow` is the command of another package, so ours is not called that.
    assert (hook["entry"], hook["minimum_pre_commit_version"]) == (
        "expflow-all" if name == "expflow" else name,
        "3.2.0",
    )
    module, _, function = scripts()[hook["entry"]].partition(":")
    assert module == "expflow_hooks.hooks." + name.removeprefix("expflow-").replace("-", "_")
    assert callable(getattr(importlib.import_module(module), function))


@pytest.mark.parametrize("name", STAGES)
def test_all_but_the_policy_hook_look_for_themselves(name):
    hook = MANIFEST[name]
    looks = (hook.get("always_run"), hook.get("pass_filenames"), hook.get("require_serial"))
    if name == "expflow-policy":
        assert hook["files"] == r"^expflow\.yaml$"
    else:
        assert looks == (True, False, True)


@pytest.mark.parametrize("name", STAGES)
def test_the_page_says_when_each_hook_runs(name):
    row = re.search(rf"^\| `{name}` \| ([^|]+) \|", HOOKS, re.M)
    assert row is not None
    assert row[1].split(", ") == [WORDS[stage] for stage in STAGES[name] if stage in WORDS]
    assert "- id: expflow\n" in HOOKS


def test_the_page_names_every_finding():
    from expflow_hooks.scan.findings import CODES

    assert set(re.findall(r"EXP\d{3}", HOOKS)) == set(CODES)
