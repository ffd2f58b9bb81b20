"""Train surrogates of the Burgers equation and score them; each run is tracked in the registry and on ClearML.

python train.py                        every model, three seeds each
python train.py --model mlp --seed 7   one run
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
# The SDK reads these when it is imported. Without a server it keeps each run as a session below `sessions/`; the
# address and the keys of one are in ~/clearml.conf, where `clearml-init` writes them, or in the environment.
if "--online" not in sys.argv:
    os.environ.setdefault("CLEARML_CONFIG_FILE", str(HERE / "clearml.conf"))
    os.environ.setdefault("CLEARML_CACHE_DIR", str(HERE / "sessions"))
os.environ.setdefault("CLEARML_LOG_LEVEL", "ERROR")

from clearml import Task  # noqa: E402
from equation import INTERVAL, initial_conditions, solve  # noqa: E402
from models import MODELS  # noqa: E402
from scores import score  # noqa: E402

from expflow_hooks import track  # noqa: E402

PROJECT = "burgers"
TRAINED_ON = 32  # initial conditions
STEPS = 24  # surrogate steps of each


def main() -> None:
    """Train what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", choices=MODELS, action="append", help="default: each of them")
    parser.add_argument("--seed", type=int, action="append", help="default: 0, 1 and 2")
    parser.add_argument("--sub-step", type=int, default=2, help="surrogate steps from one output to the next")
    parser.add_argument("--online", action="store_true", help="report to the ClearML server that is configured")
    asked = parser.parse_args()
    Task.set_offline(not asked.online)
    for model in asked.model or MODELS:
        for seed in asked.seed if asked.seed is not None else (0, 1, 2):
            run(model, seed, asked.sub_step)


def run(model: str, seed: int, sub_step: int) -> None:
    """Do one run: train, score, report. A surrogate that diverges has failed, and no number of it is reported."""
    name = f"{model}-s{seed}"
    params = {"model": model, "seed": seed, "sub_step": sub_step}
    task = Task.init(
        PROJECT,
        name,
        tags=["submission"],
        reuse_last_task_id=False,
        output_uri=False,
        auto_connect_arg_parser=False,
        auto_connect_frameworks=False,
        auto_connect_streams=False,
        auto_resource_monitoring=False,
    )
    task.connect(dict(params), name="Args")
    try:
        with track(name, params={"Args": params}, name=name, project=PROJECT, tags="submission", task=task) as tracked:
            metrics = tracked.report(**train(model, seed, sub_step))
        print(f"{name}: seg_total {metrics['seg_total']:.1f}, pde_mean {metrics['pde_mean']:.2f}")
    except ValueError as error:
        print(f"{name}: failed, {error}")
    finally:
        task.close()


def train(model: str, seed: int, sub_step: int) -> dict[str, float]:
    """Train one surrogate and return its standard metrics; how long that took is measured where it is tracked."""
    truth = solve(initial_conditions(TRAINED_ON, seed), STEPS, INTERVAL / sub_step)
    surrogate = MODELS[model](seed)
    surrogate.fit(truth[:-1], truth[1:])
    made = {"arch_params": surrogate.parameters, "epochs": surrogate.epochs}
    return {**score(surrogate.step, sub_step), **made}


if __name__ == "__main__":
    main()
