"""Path patterns, as GitHub's own filters read them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expflow_hooks.core.policy.path_patterns import any_match, matcher


@pytest.mark.parametrize(
    ("patterns", "path", "meant"),
    [
        (["src/**"], "src/a.py", True),
        (["src/**"], "src/a/b.py", True),
        (["src/**"], "srcs/a.py", False),
        (["src/*"], "src/a/b.py", False),
        (["**/*.py"], "a.py", True),
        (["**/*.py"], "x/y/a.py", True),
        (["*.py"], "x/a.py", False),
        (["conf?g.yml"], "config.yml", True),
        (["conf?g.yml"], "conf/g.yml", False),
        (["**"], ".github/x", True),
        (["src/"], "src/a/b", True),
        (["/src/a"], "src/a", True),
        (["src/**", "!src/docs/**"], "src/docs/a.md", False),
        (["src/**", "!src/docs/**", "src/docs/run.py"], "src/docs/run.py", True),
        (["a+b.py"], "a+b.py", True),
        (["a.py"], "axpy", False),
        ([], "a", False),
    ],
)
def test_which_paths_are_meant(patterns, path, meant):
    assert matcher(patterns)(path) is meant


def test_one_path_that_is_meant_is_enough():
    assert any_match(["src/**"], ["README.md", "src/x"])
    assert not any_match(["src/**"], ["README.md"])


def as_expression(pattern):
    """Return a pattern as a regular expression, which says the same and may take for ever."""
    meaning = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    tokens = re.findall(r"\*\*/|\*\*|\*|\?|[^*?]+", pattern.removeprefix("/"))
    return "".join(meaning.get(token) or re.escape(token) for token in tokens) + (".*" if pattern.endswith("/") else "")


@given(st.text("ab/*?", max_size=10), st.text("ab/", max_size=8))
def test_many_wildcards_mean_what_few_do(pattern, path):
    assert matcher([pattern])(path) is bool(re.fullmatch(as_expression(pattern), path, re.DOTALL))


def test_a_strangers_pattern_is_answered_at_once():
    assert not matcher(["**a" * 400 + "b"])("a" * 4000)
    assert matcher(["**a" * 400 + "b"])("a" * 4000 + "b")
    assert not matcher(["**/a*" * 50])("a/" * 2000)
