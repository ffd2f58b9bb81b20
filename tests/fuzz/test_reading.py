"""Whatever bytes stand in a registry, a policy, a file: no traceback, nothing hidden, no PIN shown."""

from __future__ import annotations

import os
import tempfile
from hashlib import sha256

from fuzz import made
from hypothesis import given
from hypothesis import strategies as st

from expflow_hooks.core.errors import ExpflowError, PolicyError
from expflow_hooks.core.policy.load import parse_policy
from expflow_hooks.core.policy.policy import Policy
from expflow_hooks.core.registry.history import revisions
from expflow_hooks.core.registry.reader import Registry
from expflow_hooks.core.registry.verify import verify
from expflow_hooks.core.registry.writer import Writer
from expflow_hooks.render.experiments import render_history
from expflow_hooks.render.listing import render_experiments
from expflow_hooks.render.verification import render_verification
from expflow_hooks.scan import exact

POLICY = """version: 1
metrics: {energy_kwh: {group: Cost, higher_is_better: false, threshold: 12}}
leaderboard: {source: experiments.jsonl, tags: [a], sort_by: pde_mean, gates: [pde_mean:lt:18.09], top: 20,
  group_by: {ignore: [seed], aggregate: mean, min_runs: 3}, paths: ["src/**"]}
audit: {rules: [{reported: seg_total}, clean], applies_to: {tags: [x]}, protect: [main]}
guard: {allow_force: true}
"""
PIECES = (
    "&a ", "*a", "!!python/object:os.system ", "<<: ", "---\n", "\t", "'", "[" * 40, "{", "}", ": ", "nan", ".inf",
    "1e999", "0x10", "1_000", "true", "~", "2026-01-01", "? ", "|\n", "%YAML 9\n", "\ufeff", "version: 1\n",
)  # fmt: skip
cuts = st.tuples(st.integers(0, len(POLICY)), st.integers(0, 12), st.sampled_from(PIECES) | made.text)


def spoil(changes):
    text = POLICY
    for at, length, piece in changes:
        text = text[:at] + piece + text[at + length :]
    return text.encode("utf-8", "replace").decode()  # as a file gives it


@given(st.lists(cuts, max_size=3).map(spoil) | st.lists(st.sampled_from(PIECES), max_size=6).map("".join))
def test_a_policy_is_read_or_refused_with_its_place(text):
    try:
        assert isinstance(parse_policy(text, "expflow.yaml"), Policy)
    except PolicyError as error:
        assert str(error).startswith("expflow.yaml:")


@given(made.registries)
def test_every_line_is_read_or_reported_and_none_is_hidden(data):
    registry = Registry("r.jsonl", data=data)
    experiments = list(registry.experiments())
    meant = [line for line in data.split(b"\n") if line.strip()]
    assert len(experiments) + registry.unreadable_count == len(meant)
    found = registry.histories({experiment.experiment_id for experiment in experiments})
    for history in found.values():
        for form in ("text", "markdown", "json", "csv"):
            render_history(history, revisions(history), form)
    for form in ("text", "markdown", "csv"):
        render_experiments(experiments, "r.jsonl", form)
    for form in ("text", "json"):
        render_verification(verify(registry.lines), registry, form)


@given(made.registries, made.records)
def test_an_append_leaves_what_was_there_and_is_read_back(data, record):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "r.jsonl")
        with open(path, "wb") as file:
            file.write(data)
        before = verify(Registry(path).lines)
        try:
            Writer(path).append(record)
        except (ValueError, ExpflowError):
            with open(path, "rb") as file:
                assert file.read() == data
            return
        with open(path, "rb") as file:
            assert file.read().startswith(data)
        *_, last = Registry(path).experiments()
        assert last.experiment_id == record["experiment_id"]
        assert len(verify(Registry(path).lines).problems) <= len(before.problems)


chunks = st.lists(st.binary(max_size=80) | made.text.map(lambda text: text.encode("utf-8", "replace")), max_size=4)


@given(chunks, chunks, st.integers(0, 9999), st.sampled_from(["", "\n", "\r\n"]), st.booleans())
def test_a_pin_hash_in_any_bytes_is_found_and_not_told(before, after, pin, end, upper):
    digest = sha256(f"{pin:04d}{end}".encode()).hexdigest()
    digest = digest.upper() if upper else digest
    found = exact.scan([*before, b"\n" + digest.encode() + b"\n", *after], excusable=False)
    assert found
    assert f"{pin:04d}" not in "".join(code for _, _, code in found)


@given(chunks)
def test_other_bytes_are_no_pin_hash(data):
    assert [hit for hit in exact.scan(data) if hit[2] == "EXP001"] == []
