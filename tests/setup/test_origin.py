"""Where the package came from, told by the record that its installation left."""

from __future__ import annotations

import json

import pytest

from expflow_hooks.setup.origin import origin

HOME = "https://github.com/org/expflow-action"


@pytest.mark.parametrize(
    ("told", "url", "action"),
    [
        (None, HOME, "org/expflow-action@v"),
        (
            {"url": "https://me:token@github.com/team/expflow-action.git", "vcs_info": {"commit_id": "a" * 40}},
            "https://github.com/team/expflow-action.git",
            f"team/expflow-action@{'a' * 40} # v",
        ),
        (
            {"url": "file:///x/clone", "vcs_info": {"commit_id": "b" * 40}},
            "/x/clone",
            f"org/expflow-action@{'b' * 40} # v",
        ),
        (
            {"url": "file:///x/clone", "dir_info": {"editable": True}},
            HOME,
            "org/expflow-action@v",
        ),
    ],
)
def test_what_repo_and_uses_name_is_where_the_package_came_from(monkeypatch, told, url, action):
    class Distribution:
        def read_text(self, name):
            return json.dumps(told) if told else None

    monkeypatch.setattr("importlib.metadata.distribution", lambda name: Distribution())
    found = origin()
    assert found.url == url and found.action.startswith(action)
