"""Registries to rank: what a team's training jobs append, made up, the same on every run."""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

DATA = Path(__file__).resolve().parent / "data"
RUNS_OF_A_CONFIGURATION = 5  # seeds
RUNS_OF_A_COMMIT = 20
AT_ONCE = 8  # jobs that run at the same time, so that their lines interleave


def registry(experiments: int) -> Path:
    """Return a registry of so many experiments, made if it is not there: two lines each, one in twenty a third."""
    path = DATA / f"experiments-{experiments}.jsonl"
    if not path.exists():
        DATA.mkdir(exist_ok=True)
        unfinished = path.with_suffix(".part")
        with open(unfinished, "w", encoding="utf-8") as file:
            file.writelines(json.dumps(record) + "\n" for record in records(experiments))
        unfinished.replace(path)
    return path


def records(experiments: int) -> Iterator[dict[str, Any]]:
    """Yield the lines of so many experiments, each with a name of no line."""
    draw = random.Random(20261123)
    running: list[dict[str, Any]] = []
    for number in range(experiments):
        configuration = number // RUNS_OF_A_CONFIGURATION
        started = _start(draw, number, random.Random(configuration))
        yield {**started, "prev": [f"{draw.getrandbits(256):064x}"]}
        running.append(started)
        if len(running) == AT_ONCE:
            yield from _end(draw, running.pop(draw.randrange(AT_ONCE)))
    for started in running:
        yield from _end(draw, started)


def _start(draw: random.Random, number: int, of_configuration: random.Random) -> dict[str, Any]:
    model = of_configuration.choice(["fno", "unet", "deeponet", "transolver"])
    return {
        "experiment_id": f"{draw.getrandbits(128):032x}",
        "name": f"{model} seed {number % RUNS_OF_A_CONFIGURATION} #{number}",
        "status": "running",
        "project": "PDEBench",
        "tags": ["task1", model],
        "timestamp": f"2026-{1 + number % 12:02}-{1 + number % 28:02}T{number % 24:02}:{number % 60:02}:00+00:00",
        "params": {
            "Args/lr": f"{10 ** of_configuration.uniform(-5, -2):.3g}",
            "Args/width": f"{of_configuration.choice([32, 64, 128, 256])}",
            "Args/sub_step": f"{of_configuration.randint(1, 8)}",
            "Args/seed": f"{number % RUNS_OF_A_CONFIGURATION}",
        },
        "commit": f"{random.Random(number // RUNS_OF_A_COMMIT).getrandbits(160):040x}",
        "branch": f"sweep-{number // 1000}",
        "dirty": False,
    }


def _end(draw: random.Random, started: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield how a run ended, and one time in twenty the numbers of a second evaluation."""
    status = draw.choices(["completed", "failed", "stopped"], [90, 7, 3])[0]
    for _ in range(2 if draw.random() < 0.05 else 1):
        metrics = {
            "pde_mean": draw.lognormvariate(2.9, 0.4),
            "train_time_min": draw.uniform(5, 100),
            "seg_total": draw.uniform(10, 90),
            "val_mse": draw.lognormvariate(-5, 1),
            "epochs": draw.randint(50, 500),
        }
        few = dict(list(metrics.items())[: draw.randint(3, 5)])
        yield {**started, "status": status, "metrics": few, "prev": [f"{draw.getrandbits(256):064x}"]}
