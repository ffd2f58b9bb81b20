"""The PIN: its store, its precedence, the guard; and that nothing of it is ever shown."""

from __future__ import annotations

import os
import stat
from hashlib import sha256

import pytest

from expflow_hooks import clear_pin, guard, init_pin, pin_is_set, verify_pin
from expflow_hooks.core.errors import UnreadableError, UsageError
from expflow_hooks.core.pin import guard as pin
from expflow_hooks.core.pin import places


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


@pytest.fixture
def store(home):
    return home / ".expflow" / "pin.hash"


def test_the_hash_that_is_returned_shows_nothing_of_itself(store):
    returned = init_pin("4711")
    assert isinstance(returned, str) and returned == store.read_text().strip()
    for shown in (repr(returned), f"{returned!r}", repr([returned]), repr({"pin": returned})):
        assert not any(returned[at : at + 8] in shown for at in range(0, 64, 8))


def test_the_store_is_the_hash_and_a_newline_private_whatever_the_umask(store):
    before = os.umask(0)
    try:
        assert init_pin("4711") == digest("4711")
    finally:
        os.umask(before)
    assert store.read_bytes() == digest("4711").encode() + b"\n"
    assert stat.S_IMODE(store.stat().st_mode) == 0o600
    assert stat.S_IMODE(store.parent.stat().st_mode) == 0o700
    assert [path.name for path in store.parent.iterdir()] == ["pin.hash"]


@pytest.mark.parametrize(
    "bad", ["", "123", "12345", "abcd", "12 4", "１２３４", "٠١٢٣", "12.4", "-123", "1234\n", None, 1234]
)
def test_a_pin_is_exactly_four_ascii_digits(bad, store):
    with pytest.raises(ValueError, match="4 digits"):
        init_pin(bad)
    assert not store.exists()
    assert verify_pin(bad) is False


def test_set_verify_change_clear():
    assert pin_is_set() is False
    assert verify_pin("4711") is False
    init_pin("4711")
    assert (pin_is_set(), verify_pin("4711"), verify_pin("4712")) == (True, True, False)
    init_pin("0000")
    assert (verify_pin("4711"), verify_pin("0000")) == (False, True)
    assert clear_pin() is True
    assert clear_pin() is False
    assert pin_is_set() is False


@pytest.mark.parametrize("content", [b"", b"\n", b"abc", b"g" * 64, b"\xff" * 64, b"0" * 63, b"0" * 65, b"0" * 100_000])
def test_a_damaged_store_guards_and_never_opens(store, content):
    store.parent.mkdir(mode=0o700)
    store.write_bytes(content)
    assert pin_is_set() is True
    assert not any(verify_pin(f"{n:04d}") for n in range(0, 10_000, 7))
    assert guard("cancel x", lambda prompt: "1234", wait=lambda _: None) is False


def test_a_symlink_is_not_followed(store, home):
    target = home / "elsewhere"
    target.write_text(digest("4711") + "\n")
    store.parent.mkdir(mode=0o700)
    store.symlink_to(target)
    assert pin_is_set() is True
    assert verify_pin("4711") is False
    init_pin("1234")
    assert target.read_text() == digest("4711") + "\n"
    assert not store.is_symlink()


def test_a_folder_in_the_stores_place_guards(store):
    store.mkdir(parents=True)
    assert pin_is_set() is True
    with pytest.raises(UnreadableError):
        init_pin("1234")


def test_a_file_in_the_homes_place_is_an_honest_error(home):
    (home / ".expflow").write_text("")
    with pytest.raises(UnreadableError, match="not a folder"):
        init_pin("1234")


def test_precedence_is_store_environment_env_file_config(store, work, repo, monkeypatch):
    (work / "config.yaml").write_text(f"pin:\n  hash: '{digest('0004')}'\n")
    assert verify_pin("0004")
    (work / ".env").write_text(f'# ours\nexport EXPFLOW_PIN_HASH="{digest("0003")}" # comment\n')
    assert verify_pin("0003")
    monkeypatch.setenv("EXPFLOW_PIN_HASH", digest("0002").upper())
    assert verify_pin("0002")
    init_pin("0001")
    assert verify_pin("0001")
    assert not any(map(verify_pin, ("0002", "0003", "0004")))
    assert [os.path.basename(found.where) for found in places.all_stored()] == [
        "pin.hash",
        "EXPFLOW_PIN_HASH",
        ".env",
        "config.yaml",
    ]


def test_config_is_sought_up_to_the_repositorys_root_and_no_further(work, repo, monkeypatch):
    inner = work / "a" / "b"
    inner.mkdir(parents=True)
    monkeypatch.chdir(inner)
    outside = work.parent / "config.yaml"
    outside.write_text(f"pin: {{hash: '{digest('1111')}'}}\n")
    try:
        assert pin_is_set() is False
        (work / "config.yaml").write_text(f"pin: {{hash: '{digest('2222')}'}}\n")
        assert verify_pin("2222")
    finally:
        outside.unlink()


@pytest.mark.parametrize(
    "text", ["", "pin:\n", "pin: {}\n", "pin: {hash: }\n", "pin: {hash: null}\n", "pin: {hash: ''}\n", "a: 1\n"]
)
def test_an_empty_or_null_key_is_no_pin(work, text):
    (work / "config.yaml").write_text(text)
    (work / ".env").write_text("EXPFLOW_PIN_HASH=\nOTHER=1\n")
    assert pin_is_set() is False


@pytest.mark.parametrize(
    "text", ["pin: {hash: [1]}\n", "pin: {hash: 1234}\n", "pin: [\n", "pin: {hash: !!python/none x}\n"]
)
def test_a_damaged_configuration_guards(work, text):
    (work / "config.yaml").write_text(text)
    assert pin_is_set() is True
    assert verify_pin("1234") is False


def test_the_guard_lets_pass_where_no_pin_is_set():
    assert guard("cancel x", lambda prompt: pytest.fail("asked")) is True


def test_the_guard_asks_three_times_and_waits_a_second_after_each_wrong_one():
    init_pin("4711")
    waits: list[float] = []
    answers = iter(["0000", "1111", "4711"])
    assert guard("cancel x", lambda prompt: next(answers), wait=waits.append) is True
    assert waits == [1.0, 1.0]
    answers = iter(["0000", "1111", "2222", "4711"])
    assert guard("cancel x", lambda prompt: next(answers), wait=waits.append) is False
    assert next(answers) == "4711"


def test_giving_up_is_a_no():
    init_pin("4711")
    assert guard("cancel x", lambda prompt: None) is False


def test_a_prompt_lasts_30_seconds_at_most(monkeypatch):
    init_pin("4711")
    clock = iter([0.0, 31.0])
    monkeypatch.setattr(pin.time, "monotonic", lambda: next(clock))
    assert guard("cancel x", lambda prompt: "4711") is False


def test_nothing_shows_the_hash():
    init_pin("4711")
    assert digest("4711")[:8] not in repr(places.stored())
    with pytest.raises(UsageError) as caught:
        init_pin("47111")
    assert "47111" not in str(caught.value)


def test_an_interrupted_write_leaves_the_old_pin(store, monkeypatch):
    init_pin("4711")
    monkeypatch.setattr(os, "fsync", lambda fd: (_ for _ in ()).throw(OSError(28, "the disk is full")))
    with pytest.raises(UnreadableError, match="the disk is full"):
        init_pin("1234")
    monkeypatch.undo()
    os.environ["HOME"] = str(store.parent.parent)
    assert verify_pin("4711")
    assert [path.name for path in store.parent.iterdir()] == ["pin.hash"]


def test_a_key_far_down_a_long_file_guards(work):
    (work / ".env").write_text("A=1\n" * 300_000 + "EXPFLOW_PIN_HASH=x\n")
    assert pin_is_set()


@pytest.mark.parametrize(
    "text", ["pin: {hash: 'x'}\npin: {hash: ''}\n", "pin:\n  <<: {hash: x}\n", "a: 1\n---\npin: {hash: x}\n"]
)
def test_what_a_loader_may_not_see_in_config_yaml_guards(work, text):
    (work / "config.yaml").write_text(text)
    assert pin_is_set()


@pytest.mark.parametrize("value", ["${oc.env:TEAM_HASH}", "???", "${oc.env:TEAM_HASH,null}"])
def test_a_reference_to_a_variable_that_is_not_set_is_no_pin(work, value):
    (work / "config.yaml").write_text(f"pin:\n  hash: {value}\n")
    assert not pin_is_set()


def test_a_reference_to_a_variable_that_is_set_is_its_value(work, monkeypatch):
    monkeypatch.setenv("TEAM_HASH", digest("4071"))
    (work / "config.yaml").write_text("pin:\n  hash: ${oc.env:TEAM_HASH}\n")
    assert verify_pin("4071") and not verify_pin("4072")


def test_a_reference_that_nothing_resolves_guards(work):
    (work / ".env").write_text("EXPFLOW_PIN_HASH=$NOWHERE\n")
    assert pin_is_set() and not verify_pin("4071")
