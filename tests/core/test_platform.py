"""What other systems lack: taken away from a real process, which does its work all the same."""

from __future__ import annotations

import json
import ntpath
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from expflow_hooks.core import platform
from expflow_hooks.core.files import read_private, replace_private
from expflow_hooks.core.registry import lock
from expflow_hooks.scan.prefilter import key_kind

TESTS = Path(__file__).parent.parent
COMMAND = "import otherwise, sys; from expflow_hooks.cli import main; sys.argv[0] = 'expflow-hooks'; sys.exit(main())"
APPENDING = """
import otherwise, sys
from expflow_hooks.core.registry.writer import Writer
writer = Writer("experiments.jsonl")
for number in range(15):
    writer.append({"experiment_id": f"{sys.argv[1]}-{number}", "metrics": {"pde_mean": number}})
"""

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def elsewhere(work: Path, home: Path) -> Run:
    """Return what runs code in a Python that lacks what Windows lacks."""

    def run(code: str, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments],
            env={**os.environ, "PYTHONPATH": str(TESTS)},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done

    return run


def test_every_second_append_of_a_process_is_written(elsewhere, work, cli):
    assert elsewhere(APPENDING, "a").returncode == 0
    assert len((work / "experiments.jsonl").read_bytes().splitlines()) == 15
    assert cli("run", "verify", "--source", "experiments.jsonl").returncode == 0


def test_processes_take_turns_under_the_lock(elsewhere, work, cli):
    with ThreadPoolExecutor(4) as pool:
        assert [done.returncode for done in pool.map(lambda name: elsewhere(APPENDING, name), "abcd")] == [0] * 4
    assert len((work / "experiments.jsonl").read_bytes().splitlines()) == 60
    assert cli("run", "verify", "--source", "experiments.jsonl").returncode == 0


@pytest.mark.parametrize("registry", ["experiments.jsonl", "experiments/"])
def test_the_best_rows_are_read_again(elsewhere, work, registry):
    lines = "".join(json.dumps({"experiment_id": f"r{n}", "metrics": {"pde_mean": n}}) + "\n" for n in range(1, 9))
    path = work / registry / "main.jsonl" if registry.endswith("/") else work / registry
    path.parent.mkdir(exist_ok=True)
    path.write_text(lines)
    asked = ("--source", registry, "--sort-by", "pde_mean", "--top", "2", "--format", "json")
    done = elsewhere(COMMAND, "compare-scores", *asked)
    assert done.returncode == 0, done.stderr
    assert [row["experiment_id"] for row in json.loads(done.stdout)["ranking"] if row["rank"]] == ["r1", "r2"]


def test_the_pin_guards(elsewhere, home):
    assert elsewhere(COMMAND, "pin", "init", "4071").returncode == 0
    assert (home / ".expflow" / "pin.hash").read_bytes().count(b"\r") == 0
    assert elsewhere(COMMAND, "pin", "check", "--pin", "4071").returncode == 0
    assert elsewhere(COMMAND, "pin", "check", "--pin", "4072").returncode == 5


def test_a_scan_looks_into_files_and_stages(elsewhere, work, repo, digest):
    (work / "config.yaml").write_text(f"pin:\n  hash: {digest}\n")
    assert elsewhere(COMMAND, "scan", ".").returncode == 1
    repo("add", "--all")
    assert elsewhere(COMMAND, "scan", "--staged").returncode == 1


@pytest.mark.skipif(os.name != "posix", reason="needs a link")
def test_a_link_in_the_store_is_refused(elsewhere, home, work):
    (home / ".expflow").mkdir()
    (work / "aside").write_text("")
    (home / ".expflow" / "pin.hash").symlink_to(work / "aside")
    assert elsewhere(COMMAND, "pin", "check", "--pin", "4071").returncode == 5
    assert elsewhere(COMMAND, "pin", "init", "4071", "--force").returncode == 0
    assert (work / "aside").read_text() == ""
    assert not (home / ".expflow" / "pin.hash").is_symlink()


@pytest.mark.skipif(os.name != "posix", reason="needs a link")
def test_a_link_in_the_place_of_the_folder_is_refused(elsewhere, home, work):
    (home / ".expflow").symlink_to(work)
    assert elsewhere(COMMAND, "pin", "init", "4071", "--force").returncode == 4
    assert list(work.iterdir()) == []


def test_a_read_at_a_place_leaves_the_descriptor_where_it_was(tmp_path, monkeypatch):
    path = tmp_path / "file"
    path.write_bytes(b"0123456789")
    monkeypatch.delattr(os, "pread", raising=False)
    with path.open("rb", buffering=0) as file:
        assert file.read(3) == b"012"
        assert platform.read_at(file.fileno(), 2, 8) == b"89"
        assert file.read(1) == b"3"


def test_a_file_descriptor_is_opened_without_translation_of_line_ends(tmp_path, monkeypatch, home):
    """On Windows a descriptor without O_BINARY writes CR LF."""
    monkeypatch.setattr(platform, "HAS_MODES", False)
    opened = []
    monkeypatch.setattr("expflow_hooks.core.files.NO_LINK", platform.NO_LINK | (1 << 28))
    real = os.open

    def noted(path, flags, *rest, **options):
        opened.append(bool(flags & (1 << 28)))
        return real(path, flags & ~(1 << 28), *rest, **options)

    monkeypatch.setattr(os, "open", noted)
    (home / ".expflow").mkdir()
    replace_private(str(home / ".expflow" / "x"), b"a\n")
    assert read_private(str(home / ".expflow" / "x")) == b"a\n"
    assert opened.count(True) >= 2


@pytest.mark.parametrize("fails", [False, True])
def test_a_mac_writes_through_to_the_drive(tmp_path, monkeypatch, fails):
    fcntl = pytest.importorskip("fcntl")
    calls = []

    def full(fd, number):
        calls.append(number)
        if fails:
            raise OSError(45, "Operation not supported")

    monkeypatch.setattr(fcntl, "F_FULLFSYNC", 51, raising=False)
    monkeypatch.setattr(fcntl, "fcntl", full)
    monkeypatch.setattr(os, "fsync", lambda fd: calls.append("fsync"))
    with (tmp_path / "file").open("wb") as file:
        platform.sync(file.fileno())
    assert calls == ([51, "fsync"] if fails else [51])


def test_another_drive_has_no_relative_path(monkeypatch):
    monkeypatch.setattr(os, "path", ntpath)
    monkeypatch.setattr(ntpath, "abspath", ntpath.normpath)
    assert platform.relative("D:\\runs\\experiments.jsonl", "C:\\work") == "D:\\runs\\experiments.jsonl"
    assert platform.relative("C:\\work\\experiments.jsonl", "C:\\work") == "experiments.jsonl"


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        (".\\config.yaml", "yaml"),
        ("conf\\config.yml", "yaml"),
        ("a\\b\\.env", "env"),
        ("C:\\home\\pin.hash", "pin"),
        ("mixed/a\\.env.local", "env"),
        ("config.yaml\\readme.md", ""),
    ],
)
def test_names_are_known_behind_either_separator(path, kind):
    assert key_kind(path) == kind


def test_a_lock_is_seen_by_a_reader(tmp_path):
    with lock.opened(str(tmp_path / "a.jsonl")) as one, lock.opened(str(tmp_path / "a.jsonl")) as other:
        assert not lock.is_locked(other)
        with lock.locked(one):
            assert lock.is_locked(other)
            with pytest.raises(TimeoutError), lock.locked(other, wait=0.01):
                pass
        assert not lock.is_locked(other)


@pytest.mark.skipif(not platform.HAS_MODES, reason="no modes")
def test_modes_are_given_where_there_are_any(tmp_path):
    path = tmp_path / "file"
    path.touch(0o644)
    fd = os.open(path, os.O_RDONLY)
    try:
        platform.set_mode(fd, os.fstat(fd), 0o600)
    finally:
        os.close(fd)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
