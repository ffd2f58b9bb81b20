"""What action.yml starts, by path and with `python -I`: no file of the checkout can stand in for a module."""

import os
import sys

if __name__ == "__main__":
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
    try:
        from expflow_hooks.cli import main
    except ModuleNotFoundError as error:
        sys.exit(
            f"expflow: {sys.executable} has no module {error.name}: take `install: auto`,"
            " or install requirements.lock into this Python (exit 4)"
        )
    sys.exit(main(["action", *sys.argv[1:]]))
