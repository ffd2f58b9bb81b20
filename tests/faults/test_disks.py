"""Disks that are full or read-only, limits, lost permission: exit 4 in one line, and the file as it was."""

from __future__ import annotations

import errno
import json
import os
import resource
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from faults.powerless import drop_power, needs_modes

ROOT = os.geteuid() == 0
needs_root = pytest.mark.skipif(not ROOT or sys.platform != "linux", reason="mounting tmpfs needs root on Linux")


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[Path]:
    """Give a disk of 64 kB that was mounted for the test."""
    folder = tmp_path / "disk"
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"no tmpfs can be mounted here: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", folder], check=True)


def add(folder: Path, note: str = "", **options) -> subprocess.CompletedProcess[str]:
    record = {"experiment_id": "new", "metrics": {"pde_mean": 1.5}, "note": note}
    return subprocess.run(
        [sys.executable, "-m", "expflow_hooks", "run", "add", "-", "--source", str(folder / "r.jsonl")],
        input=json.dumps(record),
        capture_output=True,
        text=True,
        **options,
    )


def is_refused_in_one_line(done: subprocess.CompletedProcess[str], why: str) -> None:
    assert (done.returncode, done.stdout) == (4, ""), done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert why in done.stderr


@needs_root
def test_a_full_disk(mounted):
    path = mounted / "r.jsonl"
    written = 0
    for _ in range(40):
        before = path.read_bytes() if written else b""
        done = add(mounted, "x" * 5000)
        if done.returncode:
            break
        written += 1
    assert written > 5
    is_refused_in_one_line(done, os.strerror(errno.ENOSPC))
    assert path.read_bytes() == before
    assert all(json.loads(line) for line in before.splitlines())
    assert add(mounted).returncode == 0, "a short line still finds room"


@needs_root
def test_a_full_disk_with_no_registry_yet(mounted):
    (mounted / "filler").write_bytes(b"x" * 65536)
    is_refused_in_one_line(add(mounted), os.strerror(errno.ENOSPC))
    assert not (mounted / "r.jsonl").exists() or (mounted / "r.jsonl").read_bytes() == b""


@needs_root
def test_a_read_only_disk(mounted):
    assert add(mounted).returncode == 0
    before = (mounted / "r.jsonl").read_bytes()
    subprocess.run(["mount", "-o", "remount,ro", mounted], check=True)
    is_refused_in_one_line(add(mounted), os.strerror(errno.EROFS))
    assert (mounted / "r.jsonl").read_bytes() == before


@pytest.mark.parametrize("limit", [0, 300, 1000])
def test_a_limit_of_the_files_size(tmp_path, limit):
    (tmp_path / "r.jsonl").write_text('{"experiment_id": "a"}\n')
    before = (tmp_path / "r.jsonl").read_bytes()
    limits = (limit, limit)
    done = add(tmp_path, "x" * 1000, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limits))
    is_refused_in_one_line(done, "limit" if limit else os.strerror(errno.EFBIG))
    assert (tmp_path / "r.jsonl").read_bytes() == before


@needs_modes
@pytest.mark.parametrize("what", ["the file", "the folder"])
def test_a_lost_permission(tmp_path, what):
    if what == "the file":
        (tmp_path / "r.jsonl").write_text('{"experiment_id": "a"}\n')
        (tmp_path / "r.jsonl").chmod(0o444)
    tmp_path.chmod(0o555)
    try:
        is_refused_in_one_line(add(tmp_path, preexec_fn=drop_power), os.strerror(errno.EACCES))
    finally:
        tmp_path.chmod(0o755)
    assert [path.read_text() for path in tmp_path.iterdir()] == ['{"experiment_id": "a"}\n'] * (what == "the file")


@pytest.mark.parametrize("kind", ["pipe", "full", "zero", "null"])
def test_a_device_is_no_registry(tmp_path, kind):
    path = tmp_path / "r.jsonl"
    if kind == "pipe":
        os.mkfifo(path)
    elif os.geteuid() == 0:
        os.mknod(path, 0o666 | stat.S_IFCHR, os.stat(f"/dev/{kind}").st_rdev)
    else:
        pytest.skip("only root makes devices")
    done = subprocess.run(
        [sys.executable, "-m", "expflow_hooks", "run", "add", "-", "--source", str(path)],
        input='{"experiment_id": "a"}',
        capture_output=True,
        text=True,
        timeout=30,
    )
    is_refused_in_one_line(done, "not a plain file")


def test_a_file_system_without_locks_is_told(tmp_path, monkeypatch):
    from expflow_hooks.core.errors import UnreadableError
    from expflow_hooks.core.registry import lock
    from expflow_hooks.core.registry.writer import Writer

    def refuse(fd: int) -> None:
        raise OSError(errno.ENOLCK, "no locks here")

    monkeypatch.setattr(lock, "_try", refuse)
    path = tmp_path / "r.jsonl"
    path.write_text('{"experiment_id": "a"}\n')
    with pytest.raises(UnreadableError, match="no locks here"):
        Writer(str(path)).append({"experiment_id": "b"})
    assert path.read_text() == '{"experiment_id": "a"}\n'
