"""Runs a repository's workflow with act on this host, with the Action as it stands here and a GitHub on loopback."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from action.research import TOKEN
from documents import ROOT


def action_here(folder: Path) -> Path:
    """Return a repository of the Action as it stands here, with what its users get of it."""
    shutil.copytree(ROOT / "expflow_hooks", folder / "expflow_hooks", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("action.yml", "requirements.lock"):
        shutil.copy(ROOT / name, folder / name)
    subprocess.run(["git", "init", "--quiet", folder], check=True)
    return folder


def act(
    checkout: Path, payload: Mapping[str, Any], variables: Mapping[str, str], used: str, action: Path
) -> subprocess.CompletedProcess[str]:
    """Run the workflows of a checkout for an event `pull_request`; `used` is what they call the Action."""
    event = checkout.parent / f"{checkout.name}-event.json"
    event.write_text(json.dumps(payload))
    command = [str(Path(sys.executable).parent / "act"), "pull_request", "-P", "ubuntu-latest=-self-hosted"]
    command += ["-e", str(event), "-s", f"GITHUB_TOKEN={TOKEN}", "--no-cache-server"]
    command += ["--pull=false", "--local-repository", f"{used}={action}"]
    for name, value in variables.items():
        command += ["--env", f"{name}={value}"]
    return subprocess.run(command, cwd=checkout, capture_output=True, text=True, timeout=300)


def outputs(done: subprocess.CompletedProcess[str]) -> dict[str, str]:
    """Return the outputs that the steps set."""
    found = [line.split("::set-output:: ", 1)[1] for line in done.stdout.splitlines() if "::set-output:: " in line]
    return dict(line.split("=", 1) for line in found if "=" in line)
