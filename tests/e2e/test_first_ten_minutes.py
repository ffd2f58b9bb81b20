"""docs/first-ten-minutes.md, as a reader would try it, with this project as it stands in place of the one on GitHub."""

from __future__ import annotations

import re

from documents import ROOT, run, steps
from gitrepo import Repo

from expflow_hooks import __version__
from expflow_hooks.setup.frameworks import configuration, repo_entry
from expflow_hooks.setup.origin import HOME, origin

DOCUMENT = "docs/first-ten-minutes.md"


def blocks():
    return re.findall(r"^```yaml\n(.*?)^```", (ROOT / DOCUMENT).read_text("utf-8"), re.M | re.S)


def test_every_console_block_works_as_written(tmp_path, home, project):
    assert len(steps(DOCUMENT)) > 15
    project.git("tag", f"v{__version__}")
    with (home / ".gitconfig").open("a") as file:
        file.write(f'[url "{project.path}"]\n\tinsteadOf = {HOME}\n')
    folder = tmp_path / "research"
    folder.mkdir()
    lefthook = Repo(tmp_path / "research" / "with-lefthook")
    lefthook.write("lefthook.yml", blocks()[1])
    (folder / ".gitignore").write_text("with-*/\nplain/\n")
    run(DOCUMENT, folder)


def test_its_configurations_are_those_that_install_prints():
    pre_commit, lefthook = blocks()
    (revision,) = re.findall(r"rev: (\w+)$", pre_commit, re.M)
    assert pre_commit.endswith(repo_entry(origin(HOME, revision)))
    assert lefthook == configuration("lefthook", origin()).text
