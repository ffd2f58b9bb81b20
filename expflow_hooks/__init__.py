"""Expflow hooks: governance for machine-learning experiments, in git and in pull requests."""

__version__ = "0.1.0"
