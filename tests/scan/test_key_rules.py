"""The rules of key files: where the finding is, and what hostile text costs."""

import time

import pytest
from corpus import NAME, H
from documents import ROOT

from expflow_hooks.scan import envkeys, exact, keyfiles, prefilter, yamlkeys

MEBIBYTE = 1 << 20


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("config.yaml", "yaml"),
        ("a/b/config.yml", "yaml"),
        ("config_dev.local.yaml", "yaml"),
        ("Config.YML", "yaml"),
        ("config.ym_ml", "yaml"),
        ("config.y", ""),
        ("config.yl", ""),
        ("config.json", ""),
        ("config.yaml.bak", ""),
        ("myconfig.yaml", ""),
        ("config.yaml/x", ""),
        (".env", "env"),
        ("a/.env.production", "env"),
        (".envrc", "env"),
        ("x.env", ""),
        ("pin.hash", "pin"),
        ("a/Pin.Hash", "pin"),
        ("pin.hash2", ""),
        ("", ""),
    ],
)
def test_names(path: str, kind: str) -> None:
    assert prefilter.key_kind(path) == kind


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("pin:\n  hash: x\n", (2, 9)),
        ("a: 1\n---\npin: {lock: 0, hash: 'x'}", (3, 22)),
        ("a: &a {hash: x}\npin: *a", (1, 14)),
    ],
)
def test_a_finding_is_at_the_value(text: str, place: tuple[int, int]) -> None:
    assert yamlkeys.places(text.encode()) == [(*place, "EXP002")]


def test_lines_of_environment_files_count_through_continued_lines() -> None:
    assert envkeys.places(f"A=1 \\\n 2\n\n{NAME}=x\n".encode()) == [(4, 1, "EXP003")]


def test_one_finding_a_line() -> None:
    text = f"pin:\n  hash: {H}\n{NAME}: x\n".encode()
    assert keyfiles.scan([text], "yaml") == [(2, 9, "EXP001"), (3, 1, "EXP003")]


HOSTILE = {
    "alias bomb": "a0: &a0 [x]\n"
    + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 40))
    + "pin: {hash: *a39}\n",
    "recursive alias": "pin: &a {hash: [*a, x]}\n",
    "unknown alias": "pin: {hash: *nowhere}\n",
    "deep lists": "[" * 200_000 + "pin hash",
    "deep maps": "{a: " * 100_000 + "pin hash",
    "deep keys": "? " * 200_000 + "pin hash",
    "deep blocks": "- " * 200_000 + "pin hash",
    "tags": "!!python/object/apply:os.system [true]\n---\npin: {hash: !!python/name:os.system x}\n",
    "anchors": "&a " * 100_000 + "pin hash",
    "directives": "%YAML 9.9\n%TAG ! x\n---\npin: {hash: x}\n",
    "control characters": "pin: {hash: \x01}\n",
    "tabs": "pin:\n\t- hash: x\n",
    "cut off": "pin: {hash: x",
    "an endless text": 'pin: {hash: "' + "x" * 500_000,
    "many keys": "".join(f"k{i}: 1\n" for i in range(60_000)) + "pin: {hash: x}\n",
    "larger than is parsed": "a: b\n" * 300_000 + "pin:\n  hash: x\n",
    "larger, the words far apart": "pin:\n" + "  a: b\n" * 400_000 + "  hash: x\n",
    "larger than any configuration": "a: b\n" * 4_000_000,
    "larger, in base64": "a: b\n" * 300_000 + f"x: {H[:32]}\\\n{H[32:]}\n",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_yaml_is_a_finding_in_bounded_time(text: str) -> None:
    data = text.encode()
    begin = time.process_time()
    assert keyfiles.scan([data[at : at + MEBIBYTE] for at in range(0, len(data), MEBIBYTE)], "yaml")
    assert time.process_time() - begin < 30  # a bound against blow-up, not a measurement


def test_without_a_parser_the_words_are_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "yaml", None)
    assert keyfiles.scan([b"a: 1\npin: {hash: x}\n"], "yaml") == [(2, 7, "EXP007")]
    assert keyfiles.scan([b"a: 1\n"], "yaml") == []


SHELL = b"jobs:\n  run: |\n    make && \\\n    make test\n   broken: [\n"
BROKEN = b"\n   broken: [\n"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (SHELL, False),
        (SHELL.replace(b"\n", b"\r\n"), False),
        (b"a: 'it\\x69s'" + BROKEN, False),
        (b"on: push\nrun: echo \\u0041" + BROKEN, False),
        # the key's words, or an escape that may be of one: what cannot be read fails closed
        (b"pin:\n  hash: x" + BROKEN, True),
        (b'"p\\x69n": {hash: x}' + BROKEN, True),
        (b'a: "p\\\nin"' + BROKEN, True),
        (b'a: \'"\'\n"p\\x69n": {hash: x}' + BROKEN, True),
        (b"pin: !!binary aGFzaA==" + BROKEN, True),
    ],
)
def test_what_is_no_yaml_is_a_finding_where_it_shows_a_sign_of_the_key(text, found):
    codes = {code for _, _, code in keyfiles.scan([text], "yaml")}
    assert codes in (({"EXP002"}, {"EXP007"}) if found else (set(),))  # EXP002 where the key could still be read


def test_an_escape_at_every_second_byte_is_counted_once():
    data = b"a: [\n" + b"\\x41" * 250_000
    assert keyfiles.scan([data], "yaml") == []


def test_the_table_of_prefixes_is_what_its_script_makes_and_gives_nothing_away():
    import importlib.util

    spec = importlib.util.spec_from_file_location("prefixes", ROOT / "tools" / "prefixes.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    data = (ROOT / "expflow_hooks" / "scan" / "prefixes.bin").read_bytes()
    assert data == module.prefixes()
    assert len(data) == 4 * 30_000
    assert exact.scan([data]) == []
