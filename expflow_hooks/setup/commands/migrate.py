"""`expflow-hooks pin migrate`: the PIN's hash out of files that git may carry away."""

from __future__ import annotations

import click

from expflow_hooks.core.errors import OK
from expflow_hooks.core.pin.places import ENV_HASH
from expflow_hooks.core.pin.store import store_path
from expflow_hooks.core.wording import listed
from expflow_hooks.render.output import emit, warn
from expflow_hooks.setup.migrate import migrate


@click.command("migrate", epilog="Example: expflow-hooks pin migrate")
def command() -> int:
    """Move the PIN's hash out of config.yaml and .env into the store; their comments and order stay.

    Refuses (exit 2) when two places disagree. Says what to do when git's history has the hash already.
    """
    done, history = migrate()
    if not done.files:
        emit("Nothing to move: no config.yaml and no .env here holds a PIN's hash.\n")
        return OK
    emit(f"The hash stands in {store_path()} now, and not in {' or '.join(done.files)} any more.\n")
    if done.environment:
        warn(f"{ENV_HASH} holds it, too: unset it where it is set")
    if history.problem:
        warn(f"git's history could not be looked at ({history.problem}); if it has the hash, change the PIN")
    if history.staged:
        warn(f"git's index has the hash still: {', '.join(history.staged[:3])}; `git add` the file before you commit")
    if history.committed:
        warn(f"git's history has the hash: {listed(history.committed)}")
        warn(
            "change the PIN: `expflow-hooks pin init`. Rewriting history is not enough, since clones, forks and caches"
            " keep what they have"
        )
    return OK
