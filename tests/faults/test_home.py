"""`~/.expflow` and everything in it: private whatever the umask, no link followed, nothing of another owner trusted."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from hashlib import sha256

import pytest
from faults.powerless import drop_power, needs_modes

from expflow_hooks.core import files
from expflow_hooks.core.errors import UnreadableError
from expflow_hooks.core.registry.writer import Writer

NOBODY = 65534
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="giving a file to another owner needs root")


def command(*arguments, stdin="", **options):
    return subprocess.run(
        [sys.executable, "-m", "expflow_hooks", *arguments], input=stdin, capture_output=True, text=True, **options
    )


def is_refused(done, *words):
    assert done.returncode == 4, done
    assert len(done.stderr.splitlines()) == 1
    assert all(word in done.stderr for word in words), done.stderr


ADD = ("run", "add", "-")
RECORD = '{"experiment_id": "a"}'


@needs_modes
@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077, 0o777])
def test_all_is_private_whatever_the_umask(home, umask):
    for arguments, stdin in ((ADD, RECORD), (("pin", "init", "4711"), ""), (("pin", "init", "1234", "--force"), "")):
        done = command(*arguments, stdin=stdin, umask=umask, preexec_fn=drop_power)
        assert done.returncode == 0, done.stderr
    folder = home / ".expflow"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert modes == {"experiments.jsonl": 0o600, "pin.hash": 0o600, "pin.log": 0o600}


def test_what_expflow_pde_left_open_is_made_private(home):
    folder = home / ".expflow"
    folder.mkdir(mode=0o755)
    (folder / "experiments.jsonl").write_text(RECORD + "\n")
    (folder / "experiments.jsonl").chmod(0o644)
    assert command(*ADD, stdin=RECORD).returncode == 0
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "experiments.jsonl").stat().st_mode) == 0o600


@pytest.mark.parametrize("linked", [".expflow", ".expflow/experiments.jsonl", ".expflow/pin.log"])
def test_no_link_is_followed(home, tmp_path, linked):
    elsewhere = tmp_path / "elsewhere"
    if linked == ".expflow":
        elsewhere.mkdir()
    else:
        (home / ".expflow").mkdir(mode=0o700)
        elsewhere.write_text("")
    (home / linked).symlink_to(elsewhere)
    if linked.endswith("pin.log"):
        (home / ".expflow/pin.hash").write_text(sha256(b"4711").hexdigest())
        done = command("pin", "init", "1234", "--force")
    else:
        done = command(*ADD, stdin=RECORD)
    is_refused(done, linked, "symbolic link")
    assert list(elsewhere.iterdir()) == [] if elsewhere.is_dir() else elsewhere.read_text() == ""


def test_a_linked_folder_guards(home, tmp_path):
    (tmp_path / "pin.hash").write_text(sha256(b"4711").hexdigest())
    (home / ".expflow").symlink_to(tmp_path)
    assert command("pin", "check", "--pin", "4711").returncode == 5
    assert "damaged or unreadable" in command("pin", "status").stdout


def test_a_link_that_is_put_there_between_check_and_use_is_not_followed(home, tmp_path, monkeypatch):
    path = files.make_home()
    victim = tmp_path / "victim"
    victim.write_text("")
    real = os.open
    swapped = []

    def swap(name, *arguments, **options):
        if not swapped and os.path.basename(name) == "experiments.jsonl":  # the folder is open and was checked
            swapped.append(name)
            os.rename(path, f"{path}.old")
            (home / ".expflow").symlink_to(tmp_path)
            victim.rename(tmp_path / "experiments.jsonl")
        return real(name, *arguments, **options)

    monkeypatch.setattr(files.os, "open", swap)
    with pytest.raises(UnreadableError, match="symbolic link"):
        Writer(os.path.join(path, "experiments.jsonl")).append({"experiment_id": "a"})
    assert swapped
    assert (tmp_path / "experiments.jsonl").read_text() == ""


@needs_root
@pytest.mark.parametrize("whose", [".expflow", ".expflow/experiments.jsonl", ".expflow/pin.hash"])
def test_what_belongs_to_another_user_is_not_trusted(home, whose):
    (home / ".expflow").mkdir(mode=0o700)
    (home / ".expflow/experiments.jsonl").write_text("")
    (home / ".expflow/pin.hash").write_text(sha256(b"4711").hexdigest())
    os.chown(home / whose, NOBODY, NOBODY)
    if whose.endswith("pin.hash"):
        assert command("pin", "check", "--pin", "4711").returncode == 5
    else:
        is_refused(command(*ADD, stdin=RECORD), whose, "belongs to another user")


@pytest.mark.parametrize(
    ("value", "says"), [("", "set HOME"), ("relative", "set HOME"), ("/dev/null/home", "cannot make")]
)
def test_a_home_that_is_none(value, says, work):
    is_refused(command(*ADD, stdin=RECORD, env={**os.environ, "HOME": value}, cwd=work), says)
    assert list(work.iterdir()) == []


def test_without_home_the_user_database_says_it(home):
    code = "import os; os.environ.pop('HOME'); from expflow_hooks.core.files import home; print(home())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    import pwd

    assert done.stdout.strip() == os.path.join(pwd.getpwuid(os.getuid()).pw_dir, ".expflow")


@needs_modes
@pytest.mark.parametrize("made", [False, True], ids=["before it was made", "after"])
def test_a_home_that_is_read_only(home, made):
    if made:
        assert command("pin", "init", "4711").returncode == 0
        (home / ".expflow").chmod(0o500)
    home.chmod(0o500)
    try:
        is_refused(command(*ADD, stdin=RECORD, preexec_fn=drop_power), "cannot")
        checked = command("pin", "check", "--pin", "4711", preexec_fn=drop_power)
        assert checked.returncode == (0 if made else 1)
    finally:
        home.chmod(0o700)
        if made:
            (home / ".expflow").chmod(0o700)
