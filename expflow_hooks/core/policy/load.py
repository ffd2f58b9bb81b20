"""From a file to a policy: where `expflow.yaml` is found, and reading it."""

from __future__ import annotations

import os

from expflow_hooks.core.errors import PolicyError
from expflow_hooks.core.files import folders_up
from expflow_hooks.core.policy.policy import FILE, Policy


def parse_policy(text: str, file: str = FILE) -> Policy:
    """Return the policy that YAML text holds; raise PolicyError, naming file, line and path, for what is not one."""
    # Here, since most folders have no policy: YAML and the schema are a tenth of a command's start.
    from expflow_hooks.core.policy.keys import check_policy

    return check_policy(text, file)


def read_policy(path: str) -> Policy:
    """Return the policy in a file; raise PolicyError if it cannot be read or is not one."""
    from expflow_hooks.core.policy.strict_yaml import LARGEST

    try:
        with open(path, encoding="utf-8") as file:
            text = file.read(LARGEST + 1)
    except UnicodeDecodeError:
        raise PolicyError(f"{path}:1: not UTF-8 text") from None
    except OSError as error:
        raise PolicyError(f"{path}: cannot be read: {error.strerror}") from None
    return parse_policy(text, path)


def find_policy(start: str = ".") -> str | None:
    """Return the path of the nearest `expflow.yaml` from `start` up to the repository's root, or None."""
    paths = (os.path.join(folder, FILE) for folder in folders_up(start))
    return next((path for path in paths if os.path.lexists(path)), None)


def load_policy(start: str = ".") -> Policy:
    """Return the policy that governs `start`: its file's, or the defaults where there is none."""
    path = find_policy(start)
    return Policy() if path is None else read_policy(path)
