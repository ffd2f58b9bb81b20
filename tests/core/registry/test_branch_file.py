"""The file of a branch: a name that every system takes, short, and no other branch's."""

import pytest

from expflow_hooks.core.registry.branch_file import branch_file
from expflow_hooks.core.registry.location import is_line_file

HOSTILE = [
    *("..", ".", "a/../..", "-rf", ".hidden", "x" * 300, "Feature", "FEATURE", "feature/one", "feature-one"),
    *("feature\\one", "con", "nul.x", "aux", "detached", "ä", "a\u0308", "a b", "a\nb", "\udcff", "branch", "a."),
    *("a-", "a:b", "a|b", "a.lock", branch_file("Feature").removesuffix(".jsonl")),
]


@pytest.mark.parametrize("name", ["main", "seed-3", "fno_32", "v1.2"])
def test_a_plain_branch_is_its_own_name(name):
    assert branch_file(name) == f"{name}.jsonl"


@pytest.mark.parametrize("name", HOSTILE)
def test_any_branch_is_a_plain_short_name(name):
    file = branch_file(name)
    assert is_line_file(file)
    assert file.isascii()
    assert file == file.lower()
    assert not set(file) & set('/\\:|<>*?"\n ')
    assert len(file) <= 80
    assert file[0].isalnum()
    assert file.partition(".")[0] not in {"con", "nul", "aux", "detached"}


def test_no_two_branches_share_a_file():
    names = [*HOSTILE, "main", "x" * 301, ""]
    assert len({branch_file(name) for name in names}) == len(names)
