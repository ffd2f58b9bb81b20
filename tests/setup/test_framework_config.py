"""`.pre-commit-config.yaml` merged as text."""

from __future__ import annotations

import pytest
import yaml
from initialised import IDS, TYPES

from expflow_hooks.core.errors import UsageError
from expflow_hooks.setup.framework_config import with_hooks
from expflow_hooks.setup.origin import Origin

ORIGIN = Origin("https://github.com/org/expflow-action", "v0.1.0")
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
def test_a_merged_configuration_has_all_hooks_once(text):
    new = with_hooks(text, ORIGIN)
    found = [hook["id"] for repo in yaml.safe_load(new)["repos"] for hook in repo["hooks"]]
    ours = {name for name in found if name.startswith("expflow")}
    assert ours in ({"expflow"}, {"expflow-pin-hash", "expflow-audit", "expflow-policy", "expflow-registry"})
    assert len(ours) == sum(name.startswith("expflow") for name in found)
    assert set(TYPES) <= set(yaml.safe_load(new)["default_install_hook_types"])
    assert with_hooks(new, ORIGIN) == new


def test_a_bomb_of_aliases_is_refused_in_bounded_time():
    levels = "".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]\n" for n in range(1, 12))
    with pytest.raises(UsageError, match="aliases"):
        with_hooks(f"l0: &l0 x\n{levels}repos: []\n", ORIGIN)


def test_an_anchor_that_others_use_stays_as_it_is():
    before = "repos:\n- repo: x\n  rev: y\n  hooks:\n  - &a {id: a}\n  - *a\n"
    new = with_hooks(before, ORIGIN)
    assert "  - &a {id: a}\n  - *a\n- repo: " in new
