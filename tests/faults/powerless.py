"""Processes for which modes count, also where the tests run as root: they start without root's power to pass them."""

from __future__ import annotations

import ctypes
import os
import sys

import pytest

_PR_CAPBSET_DROP = 24  # linux/prctl.h
_PASSING_MODES = (1, 2, 3)  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER: linux/capability.h

needs_modes = pytest.mark.skipif(sys.platform != "linux" and os.geteuid() == 0, reason="root passes all modes here")


def drop_power() -> None:
    """Give up the power to pass file modes, from the next exec on: for `preexec_fn`."""
    if os.geteuid() == 0:
        libc = ctypes.CDLL(None)
        for capability in _PASSING_MODES:
            if libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0):
                raise OSError("the power to pass modes cannot be dropped")
