"""Did-you-mean: near names are found among few and many, in bounded work."""

from __future__ import annotations

import difflib

import pytest

from expflow_hooks.core.suggest import did_you_mean

MANY = [f"sweep-{number:06}-fno" for number in range(20_000)]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("sweep-01234-fno", "sweep-01234"),
        ("sweep-012340-fn", "sweep-012340-fno"),
        ("weep-012340-fno", "sweep-012340-fno"),
        ("swep-012340-fno", "sweep-012340-fno"),
        ("sweep-012340-fno-", "sweep-012340-fno"),
        ("swe3p-012340-fno", "sweep-012340-fno"),
    ],
)
def test_one_slip_is_seen_through_among_many(typed, meant):
    assert meant in did_you_mean(typed, MANY)


@pytest.mark.parametrize(
    "typed", ["x", "", "nothing like it", "sweep", "sweep-", "-fno", "s" * 10_000, "sweep-012345-fno"]
)
def test_the_names_that_are_compared_letter_by_letter_are_few(monkeypatch, typed):
    compared = []
    real = difflib.get_close_matches

    def close(word, names, **options):
        compared.append(len(names))
        return real(word, names, **options)

    monkeypatch.setattr(difflib, "get_close_matches", close)
    did_you_mean(typed, MANY)
    assert compared[0] <= 400


def test_a_beginning_is_enough():
    assert did_you_mean("train", ["train_time_min", "val_mse"]) == "; did you mean train_time_min?"
    assert did_you_mean("zzz", ["train_time_min"]) == ""
