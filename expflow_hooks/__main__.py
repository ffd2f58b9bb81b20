"""`python -m expflow_hooks`: the command line, where the script is not on PATH."""

import sys

from expflow_hooks.cli import main

sys.exit(main())
