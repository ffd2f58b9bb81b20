"""The command line: `python -m expflow_hooks`, or this file by path with `python -I`, as action.yml starts it.

By path and isolated, no file of a checkout can stand in for a module.
"""

import os
import sys

_UNREADABLE = 4  # as `core.errors` has it, which may be what is missing

if __name__ == "__main__":
    if not __package__:
        sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    try:
        from expflow_hooks.cli import main
    except ModuleNotFoundError as error:
        sys.stderr.write(
            f"expflow: {sys.executable} has no module {error.name}: take `install: auto`,"
            f" or install requirements.lock into this Python (exit {_UNREADABLE})\n"
        )
        sys.exit(_UNREADABLE)
    sys.exit(main())
