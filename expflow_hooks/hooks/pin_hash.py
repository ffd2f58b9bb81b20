"""The hook `expflow-pin-hash`: blocks the hashes of PINs, at commit and at push."""

from expflow_hooks.scan import command


def main(argv: "list[str] | None" = None) -> int:
    """Scan what the stage, the framework's environment or the arguments say, and return the exit code."""
    return command.main(argv, "expflow-pin-hash")


if __name__ == "__main__":
    raise SystemExit(main())
