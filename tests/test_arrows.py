"""The house's arrows: who may import whom, every import counted, lazy ones and those for the type checker too."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

PACKAGE = "expflow_hooks"
ROOT = Path(__file__).parent.parent / PACKAGE

# Floors, from the outside in: a room may use rooms on floors below its own, and its own room.
FLOORS = (
    {"__main__"},
    {"cli", "hooks", "action", "setup", "callbacks"},  # the faces: none imports another
    {"api", "operations"},
    {"sources", "render", "scan", "git"},
    {"network"},  # how a server is asked, for a tracker's and for GitHub
    {"core"},
)
MAY = {
    "api": {"operations"},  # what training code calls guards by the operations' prompt
    "scan": {"git", "render"},  # it reads git's objects, and writes what it found in the forms of `render`
    "sources": {"git"},  # a registry as a commit has it
    "render": {"scan"},  # the type of what a scan finds
}
CORE = {
    "errors": set(),
    "results": set(),
    "outputs": {"results"},
    "wording": set(),
    "suggest": set(),
    "platform": set(),
    "files": {"errors", "platform"},
    "metrics": {"errors", "suggest", "results"},
    "pin": {"errors", "files"},
    "registry": {"errors", "platform", "files", "suggest", "metrics", "wording"},
    "audit": {"errors", "results", "suggest", "wording", "metrics", "registry", "ranking"},
    "ranking": {"errors", "metrics", "registry"},
    "change": {"errors", "metrics", "registry", "policy"},
    "policy": {"errors", "files", "suggest", "metrics", "audit", "ranking", "registry"},
}
"""What each folder of core may use besides itself."""


@cache
def modules() -> dict[str, Path]:
    """Return every module's dotted name below the package, and its file."""
    found = {}
    for path in sorted(ROOT.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(part for part in parts if part != "__init__")] = path
    return found


@cache
def imports() -> frozenset[tuple[str, str]]:
    """Return (importer, imported) for every import statement, wherever it stands."""
    return frozenset((name, used) for name, path in modules().items() for used in _used(ast.parse(path.read_text())))


def _used(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == PACKAGE:
            assert node.level == 0
            base = (node.module or "").removeprefix(PACKAGE).lstrip(".")
            for alias in node.names:
                inner = f"{base}.{alias.name}".lstrip(".")
                yield inner if inner in modules() else base
        elif isinstance(node, ast.Import):
            yield from (a.name.removeprefix(PACKAGE + ".") for a in node.names if a.name.startswith(PACKAGE + "."))


def room(name: str) -> str:
    return name.split(".")[0]


def floor(name: str) -> int:
    return next(number for number, rooms in enumerate(FLOORS) if room(name) in rooms)


def test_every_module_has_a_floor():
    assert {room(name) for name in modules() if name} == set().union(*FLOORS)


def test_arrows_point_inwards():
    outward = [
        f"{a} -> {b}"
        for a, b in imports()
        if a and b and room(a) != room(b) and floor(a) >= floor(b) and room(b) not in MAY.get(room(a), ())
    ]
    assert sorted(outward) == []


def test_each_folder_of_core_uses_only_what_stands_below_it():
    wrong = []
    for a, b in imports():
        if room(a) == room(b) == "core" and a != "core":
            mine, other = a.split(".")[1], b.split(".")[1]
            if other != mine and other not in CORE[mine]:
                wrong.append(f"{a} -> {b}")
    assert sorted(wrong) == []


def test_no_import_runs_in_a_circle():
    after = {name: {b for a, b in imports() if a == name and b != name} for name in modules()}
    while after:
        free = {name for name, used in after.items() if not used & after.keys()}
        assert free, f"a circle among {sorted(after)}"
        after = {name: used for name, used in after.items() if name not in free}


@pytest.mark.parametrize("face", sorted(FLOORS[1]))
def test_no_face_names_another_face(face):
    """A face is wired to another by a table of names only, which `cli` holds."""
    others = FLOORS[1] - {face}
    assert not [f"{a} -> {b}" for a, b in imports() if room(a) == face and room(b) in others]
