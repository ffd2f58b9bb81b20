"""The verdict on a pull request, from a real repository and its GitHub: what passes, what does not, and why."""

from action.research import POLICY, record


def opened(research, *records, policy=POLICY, **given):
    research.setup(policy)
    if records:
        research.results(*({**entry, "commit": entry.get("commit", research.head)} for entry in records))
    research.open(**given)
    return research


def test_a_candidate_that_holds_every_gate_passes(research):
    opened(research, record("new", 11.0))
    assert research.run() == 0
    assert research.last["verdict"] == "pass"
    assert research.last["passed"] == "true"
    assert research.last["candidate-rank"] == "2"
    assert research.last["best-id"] == "old-1"
    assert research.status["state"] == "success"
    assert "rank 2 of 3" in research.comment


def test_a_candidate_that_breaks_a_gate_fails(research):
    opened(research, record("new", 18.09))
    assert research.run() == 1
    assert research.last["verdict"] == "fail"
    assert research.last["failed-gates"] == "pde_mean:lt:18.09"
    assert research.status["state"] == "failure"
