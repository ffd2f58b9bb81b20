"""A megabyte of anything costs its size: every scanner and parser, each pathological kind, work counted and no seconds.

Work is calls of Python functions and bytes that methods and patterns went over; patterns that could go over the same
bytes again and again are found by their form. What needs more than its share is stopped where the count says so.
"""

from __future__ import annotations

import contextlib
import cProfile
import functools
import importlib
import re
import signal
import sys

import pytest
from corpus import NAME, PLAIN, SECRET, H
from documents import ROOT

from expflow_hooks.core.errors import ExpflowError
from expflow_hooks.core.metrics.gates import parse_gate
from expflow_hooks.core.pin import dotenv, places
from expflow_hooks.core.policy.load import parse_policy
from expflow_hooks.core.registry.codec import decode_record
from expflow_hooks.core.registry.condition import parse_condition
from expflow_hooks.core.suggest import did_you_mean
from expflow_hooks.scan import exact, findings, keyfiles
from expflow_hooks.setup import active, pintext

try:
    from re import _parser as sre_parse  # type: ignore[attr-defined]
except ImportError:  # Python 3.10
    import sre_parse

MEBIBYTE = 1 << 20
CALLS, BYTES = 10, 100
"""A byte's share of calls, and of bytes that are gone over."""
SLACK = 200_000  # what is made once: tables, imports

NUMBER = b"59" + b":59" * 400_000
BOMB = b"a0: &a0 {k: 1}\n" + b"".join(
    b"a%d: &a%d {<<: [%s]}\n" % (at, at, b", ".join([b"*a%d" % (at - 1)] * 9)) for at in range(1, 12)
)
KEY, PIN = NAME.encode(), PLAIN.encode()
DIGEST = H.encode()

KINDS = {
    "blanks behind the variable": PIN + b" " * MEBIBYTE,
    "blanks behind its sign": PIN + b"=" + b" " * MEBIBYTE,
    "blanks again and again": PIN + b" " * 400,
    "keys, one a line": KEY + b"=x\n",
    "keys on one line": KEY + b"=x ",
    "keys without values on one line": KEY + b"= ",
    "keys in a comment": b"# " + (KEY + b"=x ") * (MEBIBYTE // 19),
    "keys behind line ends that are escaped": b"\\\n" + KEY + b"=x ",
    "dotted keys": b"pin.hash: x ",
    "quotes that nothing closes": KEY + b"='\" ",
    "one quote, then lines": b"A='" + (KEY + b'="x\n') * (MEBIBYTE // 20),
    "set and options": b"set" + b" --a-b" * (MEBIBYTE // 6) + b" " + KEY + b" pin hash x",
    "set, 255 bytes of it": (b"set" + b" --a-" * 40 + b" pin hash")[:255],
    "set again and again": b"set -a pin hash ",
    "a number to the base 60": b"pin:\n  hash: " + NUMBER[: MEBIBYTE - 100],
    "a number to the base 60 elsewhere": b"pin: {hash: x}\nversion: " + NUMBER[: MEBIBYTE - 100],
    "a number to the base 60 as a threshold": b"version: 1\nmetrics: {a: {threshold: %s}}" % NUMBER[: MEBIBYTE - 200],
    "a long hexadecimal number": b"version: 0x" + b"f" * 500_000,
    "a bomb of merges": BOMB + b"pin: *a11\n",
    "a bomb of merges under the key": BOMB + b"pin: {hash: *a11}\n",
    "the key in YAML": b"pin: {hash: x}\n",
    "the key in one mapping": b"pin:\n" + b"  hash: x\n" * (MEBIBYTE // 10),
    "names and no values": b"- name: " + KEY + b"\n",
    "brackets": b"[",
    "escapes": b'pin hash "' + b"\\x41" * (MEBIBYTE // 4),
    "backslashes": KEY + b"=" + b"\\" * (MEBIBYTE - 100),
    "quotes behind backslashes": KEY + b'="' + b'\\"' * (MEBIBYTE // 2 - 100),
    "hex digits": b"0123456789abcdef",
    "hashes": DIGEST + b" ",
    "hashes glued": DIGEST,
    "hashes that are excused": (DIGEST + b" ") * (MEBIBYTE // 65) + b"# expflow: allow-pin-hash",
    "base64": b"A",
    "base64 in items": b"- " + b"QUJD" * 11 + b"\n",
    "a Secret": SECRET.encode() + (b"a: " + b"QUJD" * 8 + b"\n") * (MEBIBYTE // 37),
    "options": b"expflow --pin ",
    "commands": b"expflow pin init ",
    "values and names": b"value: 4071, name: " + PIN + b" ",
    "values and no names": b"value: 4071,\n",
    "names and blanks": PIN + b"'\n\n  value",
    "NULs": b"\0",
    "line ends": b"\r\n",
    "comparisons": b"a<",
    "colons": b"a:lt:",
    "records": b'{"experiment_id":"a"}',
}


def of_a_megabyte(kind: str) -> bytes:
    data = KINDS[kind]
    return data if len(data) > 200 else (data * (MEBIBYTE // len(data) + 1))[: MEBIBYTE - 1]


class TooMuch(BaseException):
    """More work than the input's share."""


class Work:
    """Counts bytes that are gone over, and stops what goes over more than its share."""

    def __init__(self, size: int) -> None:
        self.bytes = 0
        self.most = BYTES * size + 30 * SLACK

    def read(self, amount: int) -> None:
        self.bytes += amount
        if self.bytes > self.most:
            raise TooMuch(f"{self.bytes} bytes gone over")


def metered(work: Work, data: bytes) -> bytes:
    """Return the bytes as an object that counts what its methods go over; slices of it do, too."""

    class Metered(bytes):
        def __getitem__(self, key):
            found = bytes.__getitem__(self, key)
            if not isinstance(found, bytes):
                return found
            work.read(len(found))
            return Metered(found)

        def __contains__(self, item):
            work.read(len(self))
            return bytes.__contains__(self, item)

        def __add__(self, other):
            work.read(len(self) + len(other))
            return Metered(bytes.__add__(self, other))

        def __radd__(self, other):
            work.read(len(self) + len(other))
            return Metered(other + bytes(self))

    def whole(name):
        def method(self, *arguments):
            work.read(len(self))
            found = getattr(bytes, name)(self, *arguments)
            return Metered(found) if isinstance(found, bytes) else found

        return method

    def between(name):
        def method(self, what, start=0, end=None):
            end = len(self) if end is None else min(end, len(self))
            found = getattr(bytes, name)(self, what, start, end)
            passed = end - start if name == "count" or found < 0 else abs(found - (end if name == "rfind" else start))
            work.read(max(0, passed))
            return found

        return method

    for name in ("translate", "lower", "upper", "replace", "split", "splitlines", "strip", "rstrip", "lstrip"):
        setattr(Metered, name, whole(name))
    for name in ("decode", "partition", "rpartition", "hex"):
        setattr(Metered, name, whole(name))
    for name in ("find", "rfind", "count"):
        setattr(Metered, name, between(name))
    return Metered(data)


class MeteredPattern:
    """A pattern that counts what it goes over: up to a match's end; to the end of the text for a search in vain."""

    def __init__(self, work: Work, pattern: re.Pattern) -> None:
        self._work, self._pattern = work, pattern

    def __getattr__(self, name):
        function = getattr(self._pattern, name)
        if not callable(function):
            return function

        @functools.wraps(function)
        def call(*arguments):
            if name in ("match", "fullmatch", "search"):
                text, start = arguments[0], arguments[1] if len(arguments) > 1 else 0
                found = function(*arguments)
                end = found.end() if found else len(text) if name == "search" else start + 1
                self._work.read(end - start)
                return found
            self._work.read(len(arguments[-1]) if name == "sub" else len(arguments[0]))
            return function(*arguments)

        return call


def patterns():
    """Yield every pattern that a module of ours holds: the module, the name and the pattern."""
    for module in list(sys.modules.values()):
        if getattr(module, "__name__", "").startswith("expflow_hooks"):
            for name, value in list(vars(module).items()):
                if isinstance(value, re.Pattern):
                    yield module, name, value


def in_file(name, read):
    def call(data, folder):
        path = folder / name
        path.write_bytes(data)
        return read(str(path))

    return call


def of_text(function):
    return lambda data, folder: function(data.decode("utf-8", "replace"))


SCANNERS = {
    "bytes": lambda data, folder: exact.scan([data]),
    "config.yaml": lambda data, folder: keyfiles.scan([data], "yaml"),
    ".env": lambda data, folder: keyfiles.scan([data], "env"),
    "pin.hash": lambda data, folder: keyfiles.scan([data], "pin"),
    "what is printed": of_text(findings.printable),
}
PARSERS = {
    "the place .env": in_file(".env", places.env_file_value),
    "the place config.yaml": in_file("config.yaml", places.config_value),
    "migrating .env": lambda data, folder: dotenv.without_key(data),
    "migrating config.yaml": of_text(lambda text: pintext.without_yaml_key(text, "config.yaml")),
    "the policy": of_text(lambda text: parse_policy(text, "expflow.yaml")),
    "a gate": of_text(parse_gate),
    "a condition": of_text(parse_condition),
    "a line of the registry": lambda data, folder: decode_record(data),
    "a name that is not known": of_text(lambda text: did_you_mean(text, ["pde_mean", "seg_total"])),
    "a framework's configuration": of_text(active.load),
    "a hook of one's own": of_text(active.ids_in),
}


@pytest.fixture
def stopped():
    """Stop what would never end and so would never fail; no machine takes as long for what is within its share."""
    if not hasattr(signal, "SIGALRM"):
        yield
        return

    def stop(number, frame):
        raise TooMuch("it does not end")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(900)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def run(function, data, folder):
    """Return how many functions of Python were called."""
    profile = cProfile.Profile(builtins=False)
    with contextlib.suppress(ExpflowError, ValueError):
        profile.runcall(function, data, folder)
    return sum(entry.callcount for entry in profile.getstats())


@pytest.mark.parametrize("name", [*SCANNERS, *PARSERS])
def test_a_megabyte_costs_its_size(name, tmp_path, monkeypatch, stopped):
    exact.digests()
    function = {**SCANNERS, **PARSERS}[name]
    held = list(patterns())
    assert len(held) > 10
    for kind in KINDS:
        data = of_a_megabyte(kind)
        size = max(len(data), 10_000)
        work = Work(size)
        with monkeypatch.context() as patch:
            for module, attribute, pattern in held:
                patch.setattr(module, attribute, MeteredPattern(work, pattern))
            try:
                calls = run(function, metered(work, data), tmp_path)
            except TooMuch as error:
                pytest.fail(f"{kind}: {error}")
        assert calls <= CALLS * size + SLACK, f"{kind}: {calls} calls"


def repeats(parsed, above=()):
    """Yield each repeat without a bound below another one: (inner, outer) of a pattern's parse tree."""
    for operator, argument in parsed:
        name = str(operator)
        if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            _, most, inner = argument
            endless = most is sre_parse.MAXREPEAT or most > 1000
            if endless and above:
                yield argument, above[-1]
            yield from repeats(inner, (*above, argument) if endless else above)
        elif name == "SUBPATTERN":
            yield from repeats(argument[-1], above)
        elif name == "BRANCH":
            for branch in argument[1]:
                yield from repeats(branch, above)


def test_no_pattern_repeats_what_is_repeated():
    for path in sorted((ROOT / "expflow_hooks").rglob("*.py")):  # so that every module's patterns are there
        if path.parent.name in ("callbacks",) or path.stem == "__main__":  # libraries that may not be here
            continue
        importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"))
    nested = [
        f"{module.__name__}.{name}"
        for module, name, pattern in patterns()
        if any(True for _ in repeats(sre_parse.parse(pattern.pattern, pattern.flags)))
    ]
    assert nested == []


@pytest.mark.parametrize("pattern", [r"(?:a+)*", r"(?:[ \t]+-{1,2}[a-z-]+)*", r"(?:x(?:y|z*))+"])
def test_a_pattern_that_repeats_what_is_repeated_is_noticed(pattern):
    assert any(True for _ in repeats(sre_parse.parse(pattern)))
