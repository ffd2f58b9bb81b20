"""Where experiments come from: one package or module a source, and `open`, which finds the one that is meant."""
