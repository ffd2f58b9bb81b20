"""Keys that take one of a few words, each from the laxest to the strictest."""

FAIL_ON = ("never", "none-pass", "candidate-fail", "any-fail")
"""When numbers fail a change, the laxest first."""
REQUIRE_CANDIDATE = ("never", "auto", "always")
"""Which changes need an experiment, the laxest first; `auto` means those that touch `leaderboard.paths`."""

CONFIRM = ("fresh-seeds",)
"""What confirms a change's candidates: runs whose seeds no earlier line has."""
