"""What a command does not need, it does not load: its start is most of what it costs."""

import subprocess
import sys

import pytest

HEAVY = {"msgspec", "yaml", "requests", "clearml", "subprocess", "hashlib"}


@pytest.mark.parametrize(
    ("arguments", "needed"),
    [
        (["--help"], set()),
        (["pin", "status"], set()),
        (["compare-scores", "--help"], {"msgspec"}),
    ],
)
def test_a_start_loads_only_what_the_command_needs(work, arguments, needed):
    script = "import sys; from expflow_hooks.cli import main; main(sys.argv[1:]); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=True)
    assert HEAVY & set(done.stderr.split()) == needed
