"""Where this package came from: what `repo:` and `rev:` of a framework and `uses:` of a workflow name.

An installation from git remembers address and commit (PEP 610), so that what `init` writes runs the code that wrote it.
"""

from __future__ import annotations

import json
import os
import re
from importlib import metadata
from typing import NamedTuple

from expflow_hooks import __version__

DISTRIBUTION = "expflow-action"
HOME = "https://github.com/org/expflow-action"

_GITHUB = re.compile(r"(?:https://github\.com/|git@github\.com:|ssh://git@github\.com/)([\w.-]+/[\w.-]+?)(?:\.git)?/?")
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


class Origin(NamedTuple):
    """A repository of this project, and the revision of it to use."""

    url: str
    revision: str

    @property
    def action(self) -> str:
        """Return what `uses:` names: owner, repository and revision; a mirror elsewhere is not GitHub's to run."""
        found = _GITHUB.fullmatch(self.url)
        slug = found[1] if found else HOME.removeprefix("https://github.com/")
        return f"{slug}@{self.revision}{f' # v{__version__}' if self.is_commit else ''}"

    @property
    def is_commit(self) -> bool:
        """Return whether the revision is a commit's id, which cannot be moved."""
        return bool(_COMMIT.fullmatch(self.revision))


def origin(url: str | None = None, revision: str | None = None) -> Origin:
    """Return what is given, else where the package was installed from, else this version of the project."""
    installed = _installed()
    if url is not None:
        url = os.path.abspath(url) if os.path.isdir(url) else url
    return Origin(
        url or (installed.url if installed else HOME),
        revision or (installed.revision if installed and url in (None, installed.url) else f"v{__version__}"),
    )


def _installed() -> Origin | None:
    try:
        text = metadata.distribution(DISTRIBUTION).read_text("direct_url.json")
        told = json.loads(text) if text else {}
        return Origin(_address(told["url"]), told["vcs_info"]["commit_id"])
    except (metadata.PackageNotFoundError, ValueError, KeyError, TypeError):
        return None


def _address(url: str) -> str:
    """Return the address without a user's name, password or token, and a local one as a path."""
    if url.startswith("file://"):
        return url.removeprefix("file://")
    return re.sub(r"^(https?://)[^/@]*@", r"\1", url).removesuffix("/")
