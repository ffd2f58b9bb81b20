"""Thin callbacks that track a run for a training library, one module each, imported only when it is used."""
