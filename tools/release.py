"""What a release is made of: its notes from the changelog, and the check of what was built.

python tools/release.py notes v0.1.0                 print the changelog's section, or fail
python tools/release.py check dist v0.1.0            check the wheel and the source distribution in a folder
"""

import re
import sys
import tarfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "expflow_hooks"


class Refused(Exception):
    """Why there is no release, in one line."""


def version() -> str:
    """Return the version, whose one home is the package."""
    found = re.search(r'^__version__ = "(\d+\.\d+\.\d+(?:rc\d+)?)"$', (PACKAGE / "__init__.py").read_text(), re.M)
    if not found:
        raise Refused('expflow_hooks/__init__.py holds no line such as __version__ = "0.1.0"')
    return found[1]


def check_tag(tag: str) -> str:
    """Return the version that a tag names; refuse one that is not the package's."""
    if tag != f"v{version()}":
        raise Refused(f"the tag is {tag} and the package's version {version()}: tag v{version()}")
    return version()


def notes(tag: str, changelog: str) -> str:
    """Return the section of the changelog for a tag; refuse one that is not there or empty."""
    wanted = check_tag(tag)
    section = re.search(rf"^## {re.escape(wanted)}\b[^\n]*\n(.*?)(?=^## |\Z)", changelog, re.M | re.S)
    if not section or not section[1].strip():
        raise Refused(f"CHANGELOG.md has no section `## {wanted}`: give what is under `## Unreleased` that heading")
    return section[1].strip() + "\n"


def check(folder: Path, tag: str) -> list[str]:
    """Return the names of what was built; refuse a set that is not one wheel and one archive of all that is tracked."""
    wanted = check_tag(tag)
    names = sorted(path.name for path in folder.iterdir())
    wheel, archive = f"expflow_action-{wanted}-py3-none-any.whl", f"expflow_action-{wanted}.tar.gz"
    if names != [wheel, archive]:
        raise Refused(f"{folder} holds {', '.join(names) or 'nothing'} where {wheel} and {archive} are due")
    files = {str(path.relative_to(ROOT)) for path in PACKAGE.rglob("*") if path.is_file() and path.suffix != ".pyc"}
    with zipfile.ZipFile(folder / wheel) as opened:
        missing = files - set(opened.namelist())
    if missing:
        raise Refused(f"{wheel} lacks {', '.join(sorted(missing)[:5])}")
    with tarfile.open(folder / archive) as opened_archive:
        inside = {name.partition("/")[2] for name in opened_archive.getnames()}
    if missing := files - inside:
        raise Refused(f"{archive} lacks {', '.join(sorted(missing)[:5])}")
    return names


def main(arguments: list[str]) -> int:
    """Do what is asked for; return the exit code."""
    try:
        match arguments:
            case ["notes", tag]:
                print(notes(tag, (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")), end="")
            case ["check", folder, tag]:
                print("\n".join(check(Path(folder), tag)))
            case ["version"]:
                print(version())
            case _:
                raise Refused("usage: release.py notes TAG | check FOLDER TAG | version")
    except Refused as refused:
        print(f"release: {refused}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
