"""The hook files of plain git: which of our hooks a stage runs, and where an earlier hook is preserved."""

HOOKS = {
    "pre-commit": ("pin_hash", "policy", "registry", "audit"),
    "pre-merge-commit": ("pin_hash", "registry"),
    "pre-push": ("pin_hash", "registry", "audit"),
}
"""Stage -> our hooks, as modules of the hooks' package."""

SAVED = ".before-expflow"
"""What is put behind the name of a hook that stood there before, which keeps what it says of its own folder true."""
