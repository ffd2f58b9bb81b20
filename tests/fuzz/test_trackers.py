"""Damaged files of other trackers: each is read, or told in one line; never an error of another kind."""

from __future__ import annotations

import tempfile
import zipfile
from functools import cache
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from expflow_hooks.core.errors import ExpflowError
from expflow_hooks.core.policy.policy import Policy
from expflow_hooks.core.policy.query import make_query
from expflow_hooks.core.registry.experiment import Selection
from expflow_hooks.sources.base import Reading
from expflow_hooks.sources.open import open_source

RECORDED = Path(__file__).parent.parent / "conformance" / "recorded"


@cache
def whole(archive: str, ending: str) -> bytes:
    """Return the bytes of a file that the tracker's own library wrote."""
    with zipfile.ZipFile(RECORDED / archive) as packed:
        names = [name for name in packed.namelist() if ending in name]
        return max((packed.read(name) for name in names), key=len)


def damaged(data):
    """Return a strategy of the data with some bytes others, or cut, or doubled."""
    changes = st.lists(st.tuples(st.integers(0, len(data) - 1), st.binary(min_size=1, max_size=4)), max_size=6)

    def spoil(drawn):
        made, cut = bytearray(data), drawn[1]
        for place, given_bytes in drawn[0]:
            made[place : place + len(given_bytes)] = given_bytes
        return bytes(made[:cut])

    return st.tuples(changes, st.integers(0, len(data))).map(spoil) | st.binary(max_size=200)


def read(kind, name, data):
    """Read one file of a kind; what cannot be read is told in one line each."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        path.write_bytes(data)
        at = folder if kind in ("tensorboard", "wandb") else str(path)
        source = open_source(f"{kind}:{at}", Policy(), make_query(Policy(), Selection()), Reading(judged=False))
        try:
            for experiment in source.experiments(None):
                assert experiment.experiment_id and experiment.state
        except ExpflowError as error:
            assert "\n" not in str(error)
        assert all("\n" not in bad.why for bad in source.unreadable())


@given(st.deferred(lambda: damaged(whole("tensorboard.zip", "tfevents"))))
def test_an_event_file_is_read_or_told(data):
    read("tensorboard", "x.tfevents.1", data)


@given(st.deferred(lambda: damaged(whole("wandb.zip", ".wandb"))))
def test_a_run_of_wandb_is_read_or_told(data):
    read("wandb", "run-x.wandb", data)


@given(st.binary(max_size=200) | st.text(alphabet='id,pde_mean\n"1nan.;', max_size=80).map(str.encode))
def test_a_table_is_read_or_refused(data):
    read("csv", "x.csv", data)


@given(st.binary(max_size=100) | st.text(alphabet='{}[]":,1aeNstp_ \n', max_size=80).map(str.encode))
def test_a_document_is_read_or_refused(data):
    read("json", "x.json", data)
