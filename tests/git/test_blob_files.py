"""Large blobs as files without a name: the same bytes, read once, and never less than all of them."""

from __future__ import annotations

import os
import shutil

import pytest
from gitrepo import Repo

from expflow_hooks.core.errors import UnreadableError
from expflow_hooks.core.registry.stored import opened
from expflow_hooks.git.blob_files import LARGE, BlobFiles
from expflow_hooks.git.repository import Git


@pytest.fixture
def blobs(git_repo: Repo) -> dict[str, str]:
    texts = {"small": b"x\n", "large": os.urandom(LARGE), "larger": os.urandom(3 * LARGE + 1), "empty": b""}
    for name, text in texts.items():
        git_repo.write(name, text)
    git_repo.git("add", ".")
    return {name: git_repo.git("rev-parse", f":{name}") for name in texts}


def test_contents_and_sizes(git_repo, blobs):
    stored = BlobFiles(Git(str(git_repo.path))).stored(blobs)
    for name, one in stored.items():
        data = (git_repo.path / name).read_bytes()
        with opened(one) as first, opened(one) as second:
            assert [first.read(), second.read()] == [data, data]
            first.seek(len(data) // 2)
            assert first.read(10) == data[len(data) // 2 :][:10]
            assert first.seek(0, os.SEEK_END) == len(data) == one.size()
        with opened(one) as file:
            assert b"".join(file.readlines(100)) == b"".join(opened(data).readlines(100))


def test_the_same_blob_is_the_same_object(git_repo, blobs):
    files = BlobFiles(Git(str(git_repo.path)))
    assert files.stored({"a": blobs["small"]})["a"] is files.stored({"b": blobs["small"]})["b"]


@pytest.mark.parametrize("how", ["missing", "failed", "cut"])
def test_what_cannot_be_read_is_an_error(git_repo, blobs, how, tmp_path, monkeypatch):
    if how == "missing":
        blobs["large"] = "1" * 40
    else:
        (tmp_path / "bin").mkdir()
        broken = "exit 128" if how == "failed" else f'{shutil.which("git")} "$@" | head -c 1000'
        script = f'#!/bin/sh\ncase "$*" in *"cat-file blob"*) {broken};; *) exec {shutil.which("git")} "$@";; esac\n'
        (tmp_path / "bin/git").write_text(script)
        (tmp_path / "bin/git").chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}/bin{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(UnreadableError, match="git: "):
        BlobFiles(Git(str(git_repo.path))).read(blobs.items())
