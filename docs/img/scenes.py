"""Pull requests as they come: each scene is a repository with a branch whose comment is worth a look."""

from __future__ import annotations

import os
import random
import subprocess
from collections.abc import Callable, Iterable
from hashlib import sha256
from pathlib import Path

from expflow_hooks.core.registry.writer import Writer

POLICY = """\
version: 1
leaderboard:
  source: experiments/
  sort_by: pde_mean
  gates: [pde_mean:lt:18.09, train_time_min:lt:60]
  group_by: {ignore: [seed], aggregate: mean, min_runs: 3}
  paths: ["src/**"]
audit:
  rules: competition
"""
MODELS = {
    "fno-w64": 11.9,
    "fno-w32": 12.6,
    "unet-large": 13.4,
    "transolver": 14.1,
    "deeponet": 15.8,
    "gno-radius": 17.2,
    "pinn-l2": 21.5,
}
"""The base's configurations and their scores."""
SEEDS = (1, 2, 3)


class Scene:
    """A repository whose base has seven configurations of three seeds each, on a branch that changes the model."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._draws = random.Random(3)
        git(path.parent, "init", "--quiet", "--initial-branch=main", str(path))
        (path / "src").mkdir()
        (path / "src" / "model.py").write_text("WIDTH = 64\n")
        (path / "expflow.yaml").write_text(POLICY)
        for name, value in MODELS.items():
            self.record("main", (self.run(name, seed, value, "f" * 40) for seed in SEEDS))
        self.commit("base")
        git(path, "checkout", "--quiet", "-b", "galerkin")
        (path / "src" / "model.py").write_text("WIDTH = 96\n")
        self.head = self.commit("Galerkin attention")

    def record(self, branch: str, runs: Iterable[dict[str, object]]) -> None:
        """Append runs to the registry's file of a branch."""
        (self.path / "experiments").mkdir(exist_ok=True)
        registry = Writer(str(self.path / "experiments" / f"{branch}.jsonl"))
        for run in runs:
            registry.append(run)

    def results(self, name: str, value: float, seeds: Iterable[int] = SEEDS, **fields: object) -> None:
        """Record the runs of a configuration, made of the branch's code."""
        self.record("galerkin", (self.run(name, seed, value, self.head) | fields for seed in seeds))

    def run(self, name: str, seed: int, value: float, commit: str) -> dict[str, object]:
        """Return one record of the registry."""
        metrics = {
            "pde_mean": round(value + self._draws.uniform(-0.4, 0.4), 2),
            "train_time_min": round(value * 2.9 + self._draws.uniform(-3, 3), 1),
            "seg_total": round(90 - value + self._draws.uniform(-1, 1), 1),
        }
        fields = {"experiment_id": f"{name}-{seed}", "name": name, "status": "completed", "metrics": metrics}
        params = {"Args/model": name.split("-")[0], "Args/width": "96", "Args/seed": str(seed), "Args/sub_step": "4"}
        made = {"timestamp": f"2026-11-2{seed}T09:00:00Z", "commit": commit, "dirty": False}
        return {**fields, "params": {**params, "Args/name": name}, "tags": ["task1", name.split("-")[0]], **made}

    def commit(self, message: str) -> str:
        """Commit everything; return the commit."""
        git(self.path, "add", ".")
        git(self.path, "commit", "--quiet", "--message", message)
        return git(self.path, "rev-parse", "HEAD")


def passes(scene: Scene) -> None:
    """Have one configuration that holds every gate."""
    scene.results("galerkin-tf", 11.2)


def fails(scene: Scene) -> None:
    """Have one configuration beyond a gate."""
    scene.results("galerkin-wide", 19.6)


def many(scene: Scene) -> None:
    """Have sixty configurations, of which eleven are beyond a gate."""
    for number in range(60):
        scene.results(f"sweep-{number:02}", 21.0 if number % 6 == 1 or number == 58 else 11.0 + number / 12)


def leaks(scene: Scene) -> None:
    """Have a file that gives a PIN away."""
    scene.results("galerkin-tf", 11.2)
    (scene.path / "config.yaml").write_text(f"pin:\n  hash: {sha256(b'4071').hexdigest()}\n")


def loosens(scene: Scene) -> None:
    """Have a change of the policy that lets more through."""
    scene.results("galerkin-wide", 19.6)
    (scene.path / "expflow.yaml").write_text(POLICY.replace("18.09", "25"))


def is_undecided(scene: Scene) -> None:
    """Have two of three runs, one of them still running."""
    scene.results("galerkin-tf", 11.2, seeds=(1, 2))
    scene.results("galerkin-tf", 11.2, seeds=(3,), status="running", metrics={})


def has_none(scene: Scene) -> None:
    """Have changed code and no run of it."""


SCENES: dict[str, Callable[[Scene], None]] = {
    "pass": passes,
    "fail": fails,
    "sixty": many,
    "leak": leaks,
    "loosened": loosens,
    "undecided": is_undecided,
    "none": has_none,
}


def make(name: str, path: Path) -> Path:
    """Make the repository of a scene."""
    scene = Scene(path)
    SCENES[name](scene)
    if git(path, "status", "--porcelain"):
        scene.commit("Results")
    return path


def git(folder: Path, *arguments: str) -> str:
    """Run git with no one's configuration."""
    person = {f"GIT_{who}_{what}": "a@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    environment = {**os.environ, **person, "GIT_CONFIG_GLOBAL": os.devnull}
    done = subprocess.run(["git", *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()
