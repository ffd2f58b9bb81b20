"""`pin migrate`: the hash moves, everything else stays, and history is looked at."""

from __future__ import annotations

import stat
from hashlib import sha256

import pytest
import yaml


def other() -> str:
    return sha256(b"8023").hexdigest()


@pytest.fixture
def store(home):
    return home / ".expflow" / "pin.hash"


CONFIGS = {
    "between comments": (
        "# ours\npin:\n  # the team's\n  hash: {d}  # since May\n  asks: true   # always\n\nlr: 0.1 # fast\n",
        "# ours\npin:\n  # the team's\n  # since May\n  asks: true   # always\n\nlr: 0.1 # fast\n",
    ),
    "the only key": (
        "a: 1\npin:\n  # pin: of the team\n  hash: '{d}'\nb: 2\n",
        "a: 1\npin: {{}}\n  # pin: of the team\nb: 2\n",
    ),
    "the last line, without an end": ("a: 1\npin:\n  x: 1\n  hash: {d}", "a: 1\npin:\n  x: 1\n"),
    "flow, first": ("pin: {{hash: {d}, asks: true}} # x\n", "pin: {{asks: true}} # x\n"),
    "flow, last": ('pin: {{asks: true, "hash": "{d}"}}\n', "pin: {{asks: true}}\n"),
    "flow, only": ("pin: {{ hash: {d} }}\nz: [1,  2]\n", "pin: {{  }}\nz: [1,  2]\n"),
    "line ends of another system": ("pin:\r\n  hash: {d}\r\n  x: 1\r\n", "pin:\r\n  x: 1\r\n"),
    "folded over lines": ("pin:\n  hash: >-\n    {d}\n  x: ü # ß\n", "pin:\n  x: ü # ß\n"),
    "shadowed by a second key": (
        "pin: {{hash: {d}}}\npin: {{asks: true}}\n",
        "pin: {{}}\npin: {{asks: true}}\n",
    ),
    "shadowed by an empty one": ("pin:\n  hash: {d}\n  x: 1\n  hash: ''\n", "pin:\n  x: 1\n"),
    "twice the same": ("pin:\n  hash: {d}\n  x: 1\n  hash: {d}\n", "pin:\n  x: 1\n"),
}


@pytest.mark.parametrize("name", CONFIGS)
def test_only_the_key_goes_out_of_config_yaml(cli, repository, store, digest, name):
    before, after = (text.replace("{{", "{").replace("}}", "}") for text in CONFIGS[name])
    path = repository.path / "config.yaml"
    repository.write("config.yaml", before.replace("{d}", digest))
    path.chmod(0o640)
    done = cli("pin", "migrate")
    assert done.returncode == 0, done.stderr
    assert path.read_bytes().decode() == after
    assert "hash" not in str(yaml.safe_load(path.read_text()))
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert (store.read_text(), stat.S_IMODE(store.stat().st_mode)) == (digest + "\n", 0o600)
    assert digest not in done.stdout + done.stderr
    assert cli("pin", "check", "--pin", "4071").returncode == 0
    again = cli("pin", "migrate")
    assert (again.returncode, "Nothing to move" in again.stdout) == (0, True)


def test_only_the_key_goes_out_of_env(cli, repository, store, digest):
    text = "# keys\nA=1\n{}export EXPFLOW_PIN_HASH='" + digest + "' # ours\r\nB=2 # two\n"
    repository.write(".env", text.format(f"EXPFLOW_PIN_HASH={digest}\n"))
    assert cli("pin", "migrate").returncode == 0
    assert (repository.path / ".env").read_bytes() == b"# keys\nA=1\n# ours\r\nB=2 # two\n"
    assert store.read_text() == digest + "\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("EXPFLOW_PIN_HASH={d} OTHER=1\n", "OTHER=1\n"),
        ("export A=1 EXPFLOW_PIN_HASH={d}\n", "export A=1\n"),
        ('D="one\nEXPFLOW_PIN_HASH=x\ntwo"\nEXPFLOW_PIN_HASH={d}\n', 'D="one\nEXPFLOW_PIN_HASH=x\ntwo"\n'),
    ],
)
def test_what_stands_beside_the_key_or_in_quotes_stays(cli, repository, store, digest, before, after):
    repository.write(".env", before.replace("{d}", digest))
    assert cli("pin", "migrate").returncode == 0
    assert (repository.path / ".env").read_text() == after
    assert store.read_text() == digest + "\n"


def test_a_key_that_stands_very_often_is_left_for_the_hand(cli, repository, digest):
    repository.write("config.yaml", "pin:\n" + f"  hash: {digest}\n" * 200)
    done = cli("pin", "migrate")
    assert (done.returncode, "200 times" in done.stderr) == (2, True)


def test_all_places_are_emptied_at_once_also_from_a_folder_below(cli, repository, store, digest):
    repository.write(".env", f"EXPFLOW_PIN_HASH={digest}\n")
    repository.write("config.yaml", f"pin:\n  hash: {digest.upper()}\n")
    repository.write("sub/config.yaml", f"pin: {{hash: {digest}}}\n")
    done = cli("pin", "migrate", cwd=repository.path / "sub")
    assert done.returncode == 0, done.stderr
    for name in (".env", "config.yaml", "sub/config.yaml"):
        assert digest not in (repository.path / name).read_text().lower()
    assert store.read_text() == digest + "\n"


@pytest.mark.parametrize("second", ["store", ".env", "environment", "a second key", "a line of .env"])
def test_two_places_that_disagree_are_refused_and_nothing_changes(cli, repository, store, digest, second):
    env = {}
    repository.write("config.yaml", f"pin:\n  hash: {digest}\n")
    if second == "store":
        cli("pin", "init", "8023", "--force")
    elif second == ".env":
        repository.write(".env", f"EXPFLOW_PIN_HASH={other()}\n")
    elif second == "environment":
        env = {"EXPFLOW_PIN_HASH": other()}
    elif second == "a second key":
        repository.write("config.yaml", f"pin:\n  hash: {other()}\n  x: 1\n  hash: {digest}\n")
    else:
        repository.write(".env", f"EXPFLOW_PIN_HASH={other()}\nEXPFLOW_PIN_HASH={digest}\n")
    before = {path.name: path.read_bytes() for path in repository.path.iterdir() if path.is_file()}
    stored = store.read_bytes() if store.exists() else None
    done = cli("pin", "migrate", env=env)
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 1
    assert digest not in done.stderr and other() not in done.stderr
    assert {path.name: path.read_bytes() for path in repository.path.iterdir() if path.is_file()} == before
    assert (store.read_bytes() if store.exists() else None) == stored


@pytest.mark.parametrize(
    "text",
    [
        "pin: &p\n  hash: {d}\nother: *p\n",
        "x: &h {d}\npin:\n  hash: *h\n",
        "base: &b {{hash: {d}}}\npin:\n  <<: *b\n",
        "# it was {d}\npin:\n  hash: {d}\n",
        "pin:\n  hash: not a hash\n",
        "pin: [\n",
        "pin:\n  hash: {d}\n---\nmore: 1\n",
    ],
)
def test_what_cannot_be_taken_out_safely_is_left_for_the_hand(cli, repository, store, digest, text):
    repository.write("config.yaml", text.replace("{{", "{").replace("}}", "}").replace("{d}", digest))
    before = (repository.path / "config.yaml").read_bytes()
    done = cli("pin", "migrate")
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 1
    assert "config.yaml" in done.stderr and digest not in done.stderr
    assert (repository.path / "config.yaml").read_bytes() == before
    assert not store.exists()


def test_a_hash_that_git_has_is_told_with_what_to_do(cli, repository, digest):
    first = repository.commit("config.yaml", f"pin:\n  hash: {digest}\n")
    done = cli("pin", "migrate")
    assert done.returncode == 0
    assert f"{first[:12]} config.yaml:2" in done.stderr and "Rewriting history is not enough" in done.stderr
    assert "pin init" in done.stderr and digest not in done.stderr


def test_a_hash_that_is_only_staged_is_told(cli, repository, digest):
    repository.write(".env", f"EXPFLOW_PIN_HASH={digest}\n")
    repository.git("add", "--force", ".env")
    done = cli("pin", "migrate")
    assert "index has the hash still: .env:1" in done.stderr and "change the PIN" not in done.stderr


def test_a_hash_that_git_never_saw_and_another_pins_are_no_alarm(cli, repository, digest):
    repository.commit("old.txt", other())
    repository.write("config.yaml", f"pin:\n  hash: {digest}\n")
    assert cli("pin", "migrate").stderr == ""


def test_a_shallow_clone_says_that_it_could_not_look(cli, repository, digest):
    repository.commit("a", "1")
    tip = repository.commit("b", "2")
    (repository.path / ".git" / "shallow").write_text(tip + "\n")
    repository.write("config.yaml", f"pin:\n  hash: {digest}\n")
    done = cli("pin", "migrate")
    assert done.returncode == 0 and "could not be looked at" in done.stderr


def test_outside_a_repository_it_moves_as_well(cli, work, store, digest):
    (work / "config.yaml").write_text(f"pin:\n  hash: {digest}\n")
    done = cli("pin", "migrate")
    assert (done.returncode, done.stderr) == (0, "")
    assert store.read_text() == digest + "\n"


def test_a_bomb_of_aliases_in_config_yaml_guards_and_is_refused_in_bounded_time(cli, repository):
    levels = "".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]\n" for n in range(1, 12))
    repository.write("config.yaml", f"l0: &l0 x\n{levels}pin:\n  hash: *l11\n")
    assert cli("pin", "migrate").returncode == 2
    assert "damaged" in cli("pin", "status").stdout
