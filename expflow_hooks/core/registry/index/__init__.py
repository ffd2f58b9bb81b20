"""The index of a registry's file: what was read so far, in the user's cache folder, rebuilt whenever it does not fit.

It never holds the only copy of anything, and no answer depends on it: what cannot be trusted is ignored.
"""
