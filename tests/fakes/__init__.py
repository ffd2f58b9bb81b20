"""Stand-ins for what is across a network, each held to the real thing's own description."""
