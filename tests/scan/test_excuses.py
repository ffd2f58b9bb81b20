"""The ways out: a comment where a file takes one, the base's policy where it does not, and neither for key files."""

from __future__ import annotations

import json
import subprocess
import sys
from hashlib import sha256

import pytest

MEANT = sha256(b"5000\n").hexdigest()  # the digest of a file that holds four digits and a line end
FILES = {
    "SHA256SUMS": f"{MEANT}  count.txt\n",
    "count.txt.sha256": f"{MEANT}\n",
    "data/count.bin": f"version https://git-lfs.github.com/spec/v1\noid sha256:{MEANT}\nsize 5\n",
    "files.json": json.dumps({"count.txt": MEANT}),
    "runs.ipynb": json.dumps({"cells": [{"cell_type": "markdown", "source": [MEANT]}], "nbformat": 4}),
}


def hook(repo, *arguments):
    command = [sys.executable, "-m", "expflow_hooks.hooks.pin_hash", *arguments]
    return subprocess.run(command, cwd=repo.path, capture_output=True, text=True)


def allow(repo, text):
    """Let the base's policy, which is the remote's default branch, excuse a file with this text."""
    repo.write("scratch", text)
    blob = repo.git("hash-object", "scratch")
    (repo.path / "scratch").unlink()
    repo.commit("expflow.yaml", f"version: 1\nscan:\n  allow: [{{blob: {blob}, reason: a file's checksum}}]\n")
    repo.git("push", "--quiet", "--no-verify", "origin", "main")


@pytest.fixture
def work(git_repo, tmp_path):
    remote = tmp_path / "remote.git"
    subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", str(remote)], check=True)
    git_repo.git("remote", "add", "origin", str(remote))
    git_repo.commit("a.txt", "clean\n")
    git_repo.git("push", "--quiet", "origin", "main")
    return git_repo


@pytest.mark.parametrize("name", FILES)
def test_a_checksum_that_is_meant_is_excused_by_the_bases_policy_at_a_tip_too(work, name):
    work.write(name, FILES[name])
    work.git("add", ".")
    blocked = hook(work)
    assert blocked.returncode == 1 and f"{name} takes no comment" in blocked.stderr and MEANT not in blocked.stderr
    work.git("reset", "--quiet")
    allow(work, FILES[name])
    work.git("add", ".")
    assert hook(work).returncode == 0
    work.git("commit", "--quiet", "--no-verify", "--message=sums")
    assert hook(work, "--push").returncode == 0
    assert hook(work, "--rev", "origin/main..HEAD").returncode == 0


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("config.yaml", f"sums: {MEANT}\n"),
        (".env.json", f"A={MEANT}\n"),
        ("pin.hash", f"{MEANT}\n"),
        ("a.py", f"SUM = '{MEANT}'\n"),
    ],
)
def test_a_key_file_and_one_that_takes_a_comment_are_not(work, name, text):
    allow(work, text)
    work.write(name, text)
    work.git("add", "--force", ".")
    done = hook(work)
    assert done.returncode == 1 and "takes no comment" not in done.stderr


def test_the_policy_of_the_change_itself_excuses_nothing(work):
    text = FILES["SHA256SUMS"]
    work.write("SHA256SUMS", text)
    work.git("add", ".")
    blob = work.git("rev-parse", ":SHA256SUMS")
    work.write("expflow.yaml", f"version: 1\nscan:\n  allow: [{{blob: {blob}, reason: mine}}]\n")
    work.git("add", ".")
    assert hook(work).returncode == 1
