"""The command `expflow-hooks`: its groups, loaded when used, and the one place where errors become exit codes."""

from __future__ import annotations

import gc
import os
import sys
import warnings
from collections.abc import Sequence

import click

from expflow_hooks import __version__
from expflow_hooks.cli.lazy import LazyGroup
from expflow_hooks.core.errors import USAGE, ExpflowError, UnreadableError
from expflow_hooks.render.output import prepare_streams, quiet, warn

COMMANDS = {
    "init": ("setup.commands.init", "Bring this repository under the hooks: policy, configuration, workflow, hooks."),
    "doctor": ("setup.commands.doctor", "Say what is active, what is missing, and the command that repairs it."),
    "pin": ("cli.pin", "Set, check and clear the PIN that guards cancel, stop and delete."),
    "run": ("cli.run", "List, show and add experiments; cancel, stop or delete one, guarded."),
    "registry": ("cli.registry", "Turn the registry's file into a folder, in which branches never conflict."),
    "cache": ("cli.cache", "Remove the indexes that make reading a large registry quick."),
    "metrics": ("cli.metrics", "The standard metrics and the policy's."),
    "compare-scores": ("cli.compare", "Rank experiments by a metric, with gates."),
    "watch": ("cli.watch", "Rank experiments and draw the ranking again while jobs run."),
    "report": ("cli.report", "Write the leaderboard as a page, and a page for each run."),
    "diff": ("cli.diff", "Compare two experiments: metrics, parameters, code; differences first."),
    "import": ("cli.imports", "Bring the experiments of another tracker into the registry."),
    "clearml": ("cli.clearml", "Rank the experiments of a ClearML server."),
    "audit": ("cli.audit", "Check an experiment against the rules."),
    "scan": ("cli.scan", "Find what gives a PIN away: in files, the index, a push or all of history."),
    "install": ("setup.commands.install", "Install the hooks in plain git, without a framework."),
    "uninstall": ("setup.commands.uninstall", "Remove them; what stood there before is put back."),
    "action": ("action.command", "What action.yml runs: judge a pull request; --dry-run prints its comment."),
}


@click.group(
    cls=LazyGroup,
    commands_at=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120},
    epilog="Example: expflow-hooks compare-scores --sort-by pde_mean --gate pde_mean:lt:18.09",
)
@click.version_option(__version__, "-V", "--version", prog_name="expflow-hooks", message="%(prog)s %(version)s")
def root() -> None:
    """Governance for machine-learning experiments: PIN guard, registry, ranking with gates, audit.

    Exit codes: 0 holds; 1 a gate or a rule does not hold, or the scan found a leak; 2 usage or policy error;
    3 undecided (nothing matched); 4 a source could not be read; 5 PIN refused.
    """


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; every error is one line on stderr."""
    # One short run that makes much and throws little away: collecting cost a fifth of the time of a big ranking.
    gc.disable()
    prepare_streams()
    warnings.showwarning = lambda message, *_, **__: warn(str(message))
    arguments = sys.argv[1:] if argv is None else list(argv)
    try:
        code = root.main(arguments, prog_name="expflow-hooks", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except click.UsageError as error:
        command = error.ctx.command_path if error.ctx else "expflow-hooks"
        return _say(f"{_masked(error.format_message(), arguments)} (see `{command} --help`)", USAGE)
    except click.ClickException as error:
        return _say(_masked(error.format_message(), arguments), USAGE)
    except ExpflowError as error:
        return _say(_masked(str(error), arguments, always=False), error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        return _say("interrupted; nothing more was done", 130)
    except BrokenPipeError:
        quiet(sys.stdout)
        return UnreadableError.exit_code
    except Exception as error:
        if os.environ.get("EXPFLOW_DEBUG"):
            raise
        what = f"{type(error).__name__}: {error}".replace("\n", " ")
        return _say(f"unexpected error, please report it (EXPFLOW_DEBUG=1 shows where): {what}", 4)


def _masked(message: str, arguments: Sequence[str], *, always: bool = True) -> str:
    """Return a message without what may be a PIN: in every error of usage, and in all of a command that takes one."""
    from expflow_hooks.cli.masking import may_hold_a_pin, without_pins

    return without_pins(message, arguments) if always or may_hold_a_pin(arguments) else message


def _say(message: str, code: int) -> int:
    warn(" ".join(message.split()))  # our messages are one line; what they quote may hold anything
    return code


if __name__ == "__main__":
    sys.exit(main())
