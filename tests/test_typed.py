"""What a user's type checker sees of the package: real types, and every mistake."""

import subprocess
import sys

import pytest

RIGHT = """\
from expflow_hooks import Gate, GroupBy, compare_scores, guard, parse_gate, record, track, validate_competition_rules

written = record("exp-1", status="completed", metrics={"pde_mean": 15.0}, params={"seed": 1}, tags=["task1"])
gate: Gate = parse_gate("pde_mean:lt:18.09")
ranking = compare_scores("experiments.jsonl", gates=[gate, "train_time_min:lt:60"], group_by=GroupBy(("seed",)))
best: float | None = ranking["ranking"][0]["value"]
margin: float | None = ranking["ranking"][0]["gates"][0]["margin"]
passed: bool = validate_competition_rules({"pde_mean": 15.0}, {"sub_step": 5})["all_pass"]
with track("exp-2", params={"seed": 1}, tags="task1", project="p") as run:
    reported: dict[str, float] = run.report(pde_mean=15.0)
may: bool = guard("delete the checkpoints")
"""

MISTAKES = [
    "record(5)",
    "record('exp-1', metrics=[15.0])",
    "record('exp-1', 'completed')",
    "record('exp-1', status=3)",
    "record('exp-1', status='done')",
    "record('exp-1', nonsense=object())",
    "record('exp-1')['code']['ids']",
    "track('exp-1', param={1})",
    "run.report(pde_mean='15')",
    "z: int = run.report(pde_mean=15.0)['pde_mean']",
    "compare_scores(gates=18.09)",
    "compare_scores(top='5')",
    "compare_scores(sort_metric='pde_mean')",
    "compare_scores()['rankings']",
    "compare_scores()['ranking'][0]['values']",
    "x: str = compare_scores()['ranking'][0]['value']",
    "validate_competition_rules([1.0])",
    "validate_competition_rules({})['all_passed']",
    "guard()",
    "y: str = guard('delete')",
    "from expflow_hooks import recrod",
]


@pytest.fixture
def check(tmp_path):
    """Run `mypy --strict` over a user's file; return its errors as line -> message."""

    def run(text: str) -> dict[int, str]:
        (tmp_path / "user.py").write_text(text)
        command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--no-color-output", "user.py"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
        found = [line.split(":", 2) for line in done.stdout.splitlines() if ": error:" in line]
        assert done.returncode in (0, 1), done.stdout + done.stderr
        return {int(line): message for _, line, message in found}

    return run


@pytest.mark.slow
def test_right_use_passes_and_every_mistake_is_found(check):
    head = RIGHT.splitlines()
    errors = check("\n".join([*head, *MISTAKES]) + "\n")
    assert sorted(errors) == list(range(len(head) + 1, len(head) + len(MISTAKES) + 1)), errors
