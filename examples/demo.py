"""What `make demo` runs: rank, gate, audit and guard, on real runs, with no server and a throw-away home."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile

EXAMPLES = os.path.relpath(os.path.dirname(os.path.abspath(__file__)))
MLPERF = os.path.join(EXAMPLES, "mlperf", "experiments.jsonl")
AUDIT = os.path.join(EXAMPLES, "audit", "experiments.jsonl")


def say(text: str) -> None:
    """Print what comes next."""
    print(f"\n\033[1m{text}\033[0m" if sys.stdout.isatty() else f"\n{text}", flush=True)


def run(*arguments: str, expect: int, env: dict[str, str]) -> None:
    """Show a command as a user would type it, run it, and stop if it does not exit as expected."""
    shown = [f"~{a.removeprefix(env['HOME'])}" if a.startswith(env["HOME"]) else shlex.quote(a) for a in arguments]
    print(f"$ expflow-hooks {' '.join(shown)}", flush=True)
    done = subprocess.run([sys.executable, "-m", "expflow_hooks", *arguments], env=env, stdin=subprocess.DEVNULL)
    print(f"(exit {done.returncode})", flush=True)
    if done.returncode != expect:
        sys.exit(f"the demo expected exit {expect}")


def main() -> None:
    """Run the tour."""
    home = tempfile.mkdtemp(prefix="expflow-demo-")
    kept = {key: value for key, value in os.environ.items() if not key.startswith("EXPFLOW_")}
    env = {**kept, "HOME": home, "USERPROFILE": home}
    rank = ("compare-scores", "--source", MLPERF, "--sort-by", "train_time_min", "--gate", "train_time_min:lt:60")
    try:
        say("1. Rank 1,030 real training runs (MLPerf Training v2.0) by time, those under an hour; run by run.")
        say("   (Four benchmarks in one file; add --tags resnet for one of them.)")
        run(*rank, "--top", "5", expect=0, env=env)
        say("2. The same, grouped over seeds: one row for all runs of a configuration, three runs or more.")
        run(*rank, "--top", "5", "--group-ignore", "seed", "--min-runs", "3", expect=0, env=env)
        say("3. Audit by the competition's rules: one that passes, one that does not (18.09 exactly is not below).")
        run("audit", "validate", "fno-32", "--source", AUDIT, "--competition-rules", expect=0, env=env)
        run("audit", "validate", "unet-base", "--source", AUDIT, "--competition-rules", expect=1, env=env)
        say("4. A PIN guards cancel, stop and delete. Here it is set in a throw-away home.")
        registry = os.path.join(home, "experiments.jsonl")
        shutil.copy(AUDIT, registry)
        run("pin", "init", "4711", expect=0, env=env)
        say("   A wrong PIN: refused, nothing changes. The right one: done, and written into the history.")
        cancel = ("run", "cancel", "fno-64", "--source", registry, "--reason", "wrong mesh")
        run(*cancel, "--pin", "0000", expect=5, env=env)
        run(*cancel, "--pin", "4711", expect=0, env=env)
        run("run", "show", "fno-64", "--source", registry, "--history", expect=0, env=env)
        say("That was all of it. Nothing of it is left: the home was thrown away.")
    finally:
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main()
