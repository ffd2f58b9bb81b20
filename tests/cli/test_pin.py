"""`pin`: set, change, check, clear, from every way in."""

from __future__ import annotations

from hashlib import sha256

import pytest


def digest(pin):
    return sha256(pin.encode()).hexdigest()


@pytest.fixture
def store(home):
    return home / ".expflow" / "pin.hash"


@pytest.mark.parametrize(
    ("arguments", "env", "stdin", "code"),
    [
        (["4711"], {}, None, 0),
        ([], {"EXPFLOW_PIN": "4711"}, None, 0),  # expflow: allow-pin-hash
        ([], {}, "4711\n", 0),
        ([], {}, "4711\n4711\n", 0),
        ([], {}, "4711\n4712\n", 2),
        ([], {}, "", 2),
        ([], {}, "471\n", 2),
        (["471"], {}, None, 2),
    ],
)
def test_init_takes_the_pin_from_argument_environment_or_input(cli, store, arguments, env, stdin, code):
    done = cli("pin", "init", *arguments, env=env, stdin=stdin)
    assert done.returncode == code, done.stderr
    assert store.exists() is (code == 0)
    if code == 0:
        assert store.read_text() == digest("4711") + "\n"


@pytest.mark.parametrize(
    ("arguments", "env", "stdin", "code"),
    [
        (["1234"], {}, None, 5),
        (["1234", "--pin", "0000"], {}, None, 5),
        (["1234", "--pin", "4711"], {}, None, 0),
        (["1234"], {"EXPFLOW_PIN": "4711"}, None, 0),  # expflow: allow-pin-hash
        (["1234"], {}, "4711\n", 0),
        ([], {}, "4711\n1234\n1234\n", 0),
        ([], {"EXPFLOW_PIN": "4711"}, "1234\n", 0),  # expflow: allow-pin-hash
        (["1234", "--force"], {}, None, 0),
    ],
)
def test_changing_a_pin_asks_for_the_old_one(cli, store, arguments, env, stdin, code):
    cli("pin", "init", "4711")
    done = cli("pin", "init", *arguments, env=env, stdin=stdin)
    assert done.returncode == code, done.stderr
    assert store.read_text() == digest("4711" if code else "1234") + "\n"


@pytest.mark.parametrize(("arguments", "code"), [([], 5), (["--pin", "0000"], 5), (["--pin", "4711"], 0), (["-f"], 0)])
def test_clear_asks_for_the_pin(cli, store, arguments, code):
    assert cli("pin", "clear").returncode == 0
    cli("pin", "init", "4711")
    assert cli("pin", "clear", *arguments).returncode == code
    assert store.exists() is bool(code)


def test_what_is_forced_is_logged_without_a_trace_of_the_pin(cli, store):
    cli("pin", "init", "4711")
    cli("pin", "init", "1234", "--force")
    cli("pin", "clear", "--force")
    log = store.with_name("pin.log")
    lines = log.read_text().splitlines()
    assert [line.split(" ", 2)[2] for line in lines] == ["change the PIN, forced", "clear the PIN, forced"]
    assert log.stat().st_mode & 0o777 == 0o600
    assert not any(secret in log.read_text() for secret in ("4711", "1234", digest("4711")[:6]))


def test_check_exits_by_the_answer(cli):
    assert cli("pin", "check").returncode == 1
    cli("pin", "init", "4711")
    assert cli("pin", "check", "--pin", "4711").returncode == 0
    assert cli("pin", "check", stdin="4711\n").returncode == 0
    assert cli("pin", "check", "--pin", "4712").returncode == 5
    assert cli("pin", "check").returncode == 5


def test_status_says_where_and_warns_of_config_yaml(cli, work, store):
    assert "not set" in cli("pin", "status").stdout
    (work / "config.yaml").write_text(f"pin: {{hash: {digest('4711')}}}\n")
    done = cli("pin", "status")
    assert "config.yaml" in done.stdout
    assert "pin migrate" in done.stderr
    cleared = cli("pin", "clear", "--pin", "4711")
    assert (cleared.returncode, "still guards" in cleared.stdout) == (1, True)
    cli("pin", "init", "1234", "--pin", "4711")
    assert str(store) in cli("pin", "status").stdout
    store.write_text("damaged\n")
    assert "damaged" in cli("pin", "status").stdout
    assert cli("run", "cancel", "x", "--pin", "1234").returncode in (2, 5)


def test_a_home_that_cannot_be_written_is_exit_4(cli, tmp_path):
    (tmp_path / "file").write_text("")
    done = cli("pin", "init", "4711", env={"HOME": str(tmp_path / "file")})
    assert done.returncode == 4
    assert len(done.stderr.splitlines()) == 1
