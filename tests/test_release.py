"""A release: one source of the version, notes from the changelog, files that were checked, a revision that is there."""

from __future__ import annotations

import re
import subprocess
import zipfile

import pytest
import yaml
from documents import ROOT

from expflow_hooks import __version__
from tools import release

TAG = f"v{__version__}"
SECTION = f"# Changelog\n\n## Unreleased\n\n- soon\n\n## {__version__} (2026-11-25)\n\n- done\n\n## 0.0.1\n\n- old\n"


def test_the_version_has_one_home():
    assert release.version() == __version__
    assert 'dynamic = ["version"]' in (ROOT / "pyproject.toml").read_text()
    assert not re.search(r'^version = "', (ROOT / "pyproject.toml").read_text(), re.M)


def test_the_notes_are_the_changelogs_section():
    assert release.notes(TAG, SECTION) == "- done\n"


@pytest.mark.parametrize(
    ("tag", "changelog", "why"),
    [
        (TAG, "# Changelog\n\n## Unreleased\n\n- soon\n", "has no section"),
        (TAG, f"# Changelog\n\n## {__version__}\n\n## 0.0.1\n\n- old\n", "has no section"),
        ("v9.9.9", SECTION, f"tag {TAG}"),
        (__version__, SECTION, f"tag {TAG}"),
    ],
)
def test_without_notes_or_with_another_tag_there_is_no_release(tag, changelog, why):
    with pytest.raises(release.Refused, match=re.escape(why)):
        release.notes(tag, changelog)


@pytest.fixture
def built(tmp_path):
    """Return a folder with what `make build` makes."""
    backend = pytest.importorskip("flit_core.buildapi")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        backend.build_wheel(str(tmp_path))
        backend.build_sdist(str(tmp_path))
    return tmp_path


def test_what_is_built_holds_every_file_of_the_package(built):
    assert release.check(built, TAG) == sorted(path.name for path in built.iterdir())


def test_a_wheel_that_lacks_a_file_is_refused(built):
    (wheel,) = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as opened:
        kept = {name: opened.read(name) for name in opened.namelist() if not name.endswith("prefixes.bin")}
    with zipfile.ZipFile(wheel, "w") as opened:
        for name, data in kept.items():
            opened.writestr(name, data)
    with pytest.raises(release.Refused, match=r"lacks expflow_hooks/scan/prefixes\.bin"):
        release.check(built, TAG)


@pytest.mark.parametrize("name", ["old-0.0.1.tar.gz", None])
def test_another_file_or_a_missing_one_is_refused(built, name):
    if name:
        (built / name).touch()
    else:
        next(built.glob("*.whl")).unlink()
    with pytest.raises(release.Refused, match="where expflow_action"):
        release.check(built, TAG)


@pytest.mark.parametrize(
    "document", ["docs/hooks.md", "docs/first-ten-minutes.md", "examples/burgers/.pre-commit-config.yaml"]
)
def test_a_clone_has_the_revision_that_a_document_names(document):
    def git(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True)

    if git("rev-parse", "--is-shallow-repository").stdout.strip() != "false":
        pytest.skip("no repository, or one without its history")
    text = (ROOT / document).read_text()
    (revision,) = re.findall(r"^ *rev: (\w+)$", text, re.M)
    assert git("merge-base", "--is-ancestor", revision, "HEAD").returncode == 0
    there = {hook["id"] for hook in yaml.safe_load(git("show", f"{revision}:.pre-commit-hooks.yaml").stdout)}
    named = set(re.findall(r"^ *- id: (expflow[\w-]*)$", text, re.M))
    assert named
    assert named <= there
