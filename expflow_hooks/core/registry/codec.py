"""The registry's lines: bytes to an experiment or a record and back, fast for the usual, patient for the rest."""

from __future__ import annotations

import json
from operator import itemgetter
from typing import Any, TypeVar, cast

import msgspec

from expflow_hooks.core.registry.experiment import Experiment, from_mapping

_T = TypeVar("_T")


class _Named(msgspec.Struct, gc=False):
    """What tells whose line it is."""

    experiment_id: str


_decoder = msgspec.json.Decoder(Experiment)
_names = msgspec.json.Decoder(_Named)
_EDGES = itemgetter(0, -2, -1)
_WHOLE = {(ord("{"), ord("}"), ord("\n"))}
_MARKERS = frozenset(sign * 7 for sign in (b"<", b"|", b"=", b">"))
_REFUSALS = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


def decode_record(line: bytes) -> dict[str, Any]:
    """Return a line's record with every field unchanged; NaN, infinities and a byte-order mark are accepted.

    Of a line that is broken in a field that no experiment has, the record holds the fields that one has.

    Raises ValueError, in a few words, for a line that is not one JSON object with an `experiment_id`.
    """
    try:
        record = json.loads(line.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        # What reads experiments does not look into a field that it has no use for; all readers must agree on a line.
        record = _known(line)
        if record is None:
            if is_conflict_marker(line):
                raise ValueError("a conflict marker: keep the lines of both sides, and remove it") from None
            raise ValueError("not UTF-8" if isinstance(error, UnicodeDecodeError) else "not JSON") from None
    if not isinstance(record, dict):
        raise ValueError("not a JSON object")
    from_mapping(record)
    return record


def is_conflict_marker(line: bytes) -> bool:
    """Return whether git wrote this line around the two sides of a conflict."""
    return line[:7] in _MARKERS and line[7:8] in (b"", b" ", b"\n", b"\r")


def _known(line: bytes) -> dict[str, Any] | None:
    try:
        return cast("dict[str, Any]", msgspec.to_builtins(_decoder.decode(line)))
    except _REFUSALS:
        return None


def decode_experiment(line: bytes) -> Experiment:
    """Return a line's experiment; raise ValueError, in a few words, for a line that cannot be read."""
    try:
        return _decoder.decode(line)
    except _REFUSALS:
        return from_mapping(decode_record(line))


def decode_lines(lines: list[bytes]) -> list[Experiment] | None:
    """Return the experiments of lines, one a line, or None for lines that have to be read one at a time.

    One call for some hundred lines, since a call for each took half as long again.
    """
    return _decode_all(_decoder, lines)


def decode_ids(lines: list[bytes]) -> list[str] | None:
    """Return the ids of lines, one a line, or None for lines that have to be read one at a time.

    The other fields are passed over: a line may have an id and be unreadable all the same.
    """
    named = _decode_all(_names, lines)
    return None if named is None else [one.experiment_id for one in named]


def _decode_all(decoder: msgspec.json.Decoder[_T], lines: list[bytes]) -> list[_T] | None:
    # Where every line goes from brace to brace none goes on in the next, so that as many objects are one a line. A
    # count of b"}\n{" in the whole says the same and took four times as long, a twelfth of a ranking.
    try:
        if set(map(_EDGES, lines)) != _WHOLE:
            return None
        found = decoder.decode_lines(b"".join(lines))
    except (IndexError, *_REFUSALS):
        return None
    return found if len(found) == len(lines) else None


def encode_record(record: dict[str, Any]) -> bytes:
    """Return a record as one line without its end; text stays readable, never escaped to ASCII.

    Raises ValueError for what JSON cannot hold and for what no reader would take back.
    """
    try:
        line = json.dumps(record, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:  # a lone surrogate: escaped, it survives
        line = json.dumps(record).encode("ascii")
    except (TypeError, RecursionError) as error:
        raise ValueError(f"a record holds what JSON cannot: {error}") from None
    except ValueError:
        raise ValueError("a record holds what JSON cannot: a number of thousands of digits, or itself") from None
    decode_record(line)
    return line
