"""Keys that take one of a few words, each from the laxest to the strictest."""

import re

FAIL_ON = ("never", "none-pass", "candidate-fail", "any-fail")
"""When numbers fail a change, the laxest first."""
REQUIRE_CANDIDATE = ("never", "auto", "always")
"""Which changes need an experiment, the laxest first; `auto` means those that touch `leaderboard.paths`."""

CONFIRM = ("fresh-seeds",)
"""What confirms a change's candidates: runs whose seeds no earlier line has."""

BOARD_KEY = re.compile(r"[A-Za-z0-9._-]{1,60}")
"""What a leaderboard's key may be, which stands in its comment's marker and in its status's name."""
