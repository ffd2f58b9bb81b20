"""Claim: a command that has little to do starts in little more than Python and click take."""

from util import command, hook_environment, measure, table, workspace

REFERENCE = "python -c pass"


def main() -> int:
    """Measure `--help`, `--version` and `pin status` in a home without a PIN; there is no budget to hold."""
    with workspace() as folder:
        programs = hook_environment(folder)
        (folder / "home").mkdir()
        ours, python, home = programs / "expflow-hooks", programs / "python", {"HOME": str(folder / "home")}
        medians = measure(
            {
                REFERENCE: command(python, "-c", "pass"),
                "python -c 'import click'": command(python, "-c", "import click"),
                "expflow-hooks --version": command(ours, "--version"),
                "expflow-hooks --help": command(ours, "--help"),
                "expflow-hooks pin status": command(ours, "pin", "status", cwd=folder, env=home),
            },
            rounds=30,
        )
    table("Start-up of the command line", medians, REFERENCE, {})
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
