"""`expflow-hooks pin`: set, check, clear and migrate the PIN."""

from __future__ import annotations

import os

import click

from expflow_hooks.cli.lazy import CommandGroup
from expflow_hooks.core.errors import FAILED, OK, PIN_REFUSED, PinRefusedError, UsageError
from expflow_hooks.core.pin import guard, places, store
from expflow_hooks.operations.prompt import asker, given_by_environment
from expflow_hooks.render.output import emit, warn


@click.group(
    cls=CommandGroup,
    name="pin",
    commands_at={"migrate": ("setup.commands.migrate", "Move the PIN's hash out of config.yaml and .env.")},
    epilog="Example: expflow-hooks pin init",
)
def command() -> None:
    """Set, check and clear the PIN that guards cancel, stop and delete.

    A 4-digit PIN stops accidents, not attackers: whoever sees its hash has the PIN after 10,000 tries.
    """


_old_option = click.option(
    "--pin", "old", metavar="PIN",
    help="The PIN that is set now; else EXPFLOW_PIN, EXPFLOW_PIN_FILE or a prompt. Other users see what a command line"
    " says: a prompt, a file or --pin-fd keeps it to yourself.",
)  # fmt: skip
_descriptor_option = click.option(
    "--pin-fd", "descriptor", type=int, metavar="N", help="Read that PIN from descriptor N."
)
_force_option = click.option("--force", "-f", is_flag=True, help="Without the PIN that is set now.")


@command.command("init", epilog="Example: expflow-hooks pin init")
@click.argument("new", metavar="[PIN]", required=False)
@_old_option
@_descriptor_option
@_force_option
def init(new: str | None, old: str | None, descriptor: int | None, force: bool) -> int:
    """Set the PIN, or change it.

    Without an argument, EXPFLOW_PIN, EXPFLOW_PIN_FILE, a prompt on the terminal (asked twice) or one line of standard
    input gives it; a second line, if there is one, must repeat it.
    """
    changed = places.pin_is_set()
    _unlock("change the PIN", asker(old, descriptor=descriptor), force)
    store.init_pin(new if new is not None else _new_pin(changed))
    emit(f"PIN {'changed' if changed else 'set'}. cancel, stop and delete ask for it now.\n")
    _warn_of_config()
    return OK


def _new_pin(changed: bool) -> str:
    # With a PIN set, the environment's is the one that unlocks, so it is never also the new one.
    from_environment = not changed and given_by_environment()
    ask = asker(None, use_environment=from_environment)
    first = ask("New PIN")
    if first is None:
        raise UsageError("no PIN was given; a PIN is exactly 4 digits, such as 4711")
    second = None if from_environment else ask("The same PIN again")
    if second is not None and second != first:
        raise UsageError("the two PINs differ; nothing was changed")
    return first


@command.command("check", epilog="Example: expflow-hooks pin check")
@click.argument("given", metavar="[PIN]", required=False)
@_old_option
@_descriptor_option
def check(given: str | None, old: str | None, descriptor: int | None) -> int:
    """Verify the PIN. Exits 0 if it is right, 5 if it is wrong, 1 if none is set."""
    if not places.pin_is_set():
        emit("No PIN is set; `expflow-hooks pin init` sets one.\n")
        return FAILED
    _warn_of_config()
    if guard.guard("check the PIN", asker(given or old, descriptor=descriptor)):
        emit("The PIN is right.\n")
        return OK
    warn("the PIN is wrong or was not given")
    return PIN_REFUSED


@command.command("clear", epilog="Example: expflow-hooks pin clear --force")
@_old_option
@_descriptor_option
@_force_option
def clear(old: str | None, descriptor: int | None, force: bool) -> int:
    """Remove the PIN. Asks for it first, unless --force is given."""
    if not places.pin_is_set():
        emit("No PIN is set.\n")
        return OK
    _unlock("clear the PIN", asker(old, descriptor=descriptor), force)
    removed = store.clear_pin()
    left = places.stored()
    if left is not None:
        told = "The store is empty, but a" if removed else "A"
        emit(f"{told} PIN hash stands in {left.where}, which still guards; remove it there.\n")
        return FAILED
    emit("The PIN was removed. Nothing guards cancel, stop and delete now.\n")
    return OK


@command.command("status", epilog="Example: expflow-hooks pin status")
def status() -> int:
    """Return whether a PIN is set, and where."""
    found = places.stored()
    if found is None:
        emit("PIN: not set. `expflow-hooks pin init` sets one.\n")
        return OK
    if found.digest is None:
        emit(f"PIN: damaged or unreadable in {found.where}; everything stays guarded until it is repaired.\n")
        warn(f"{found.where} holds no PIN hash that can be read; `expflow-hooks pin init --force` sets a new PIN")
        return OK
    emit(f"PIN: set, in {found.where}.\n")
    _warn_of_config()
    return OK


def _unlock(action: str, ask: guard.Ask, force: bool) -> None:
    if places.pin_is_set() and not force:
        try:
            guard.require(action, ask)
        except PinRefusedError:
            raise PinRefusedError(
                f"{action}: the PIN that is set now was not given or is wrong; --pin gives it, --force does without"
            ) from None
    elif places.pin_is_set():
        from expflow_hooks.operations.who import user

        store.log_forced(action, user())
        warn(f"{action}: forced, without the PIN; ~/.expflow/pin.log says so")


def _warn_of_config() -> None:
    found = places.stored()
    if found is not None and os.path.basename(found.where) == "config.yaml":
        warn(f"{found.where} holds the PIN's hash, and git may carry it away: `expflow-hooks pin migrate` moves it out")
