"""A pseudo channel: no line, but a clock of audio, and a seat in the driver's conferences for a program."""

from __future__ import annotations

import errno

from boards.dahdi.abi import PSEUDO_FIRST, Sig
from hwsim.driver_channel import DriverChannel
from hwsim.driver_memory import refusal
from hwsim.driver_state import DriverState

__all__ = ["pseudo_channel"]

PSEUDO_MOST = 512


def pseudo_channel(state: DriverState) -> DriverChannel:
    """A new one with the first number that is free. ENOMEM when all are taken."""
    free = (number for number in range(PSEUDO_FIRST, PSEUDO_FIRST + PSEUDO_MOST) if number not in state.pseudos)
    number = next(free, None)
    if number is None:
        raise refusal(errno.ENOMEM)
    position = number - PSEUDO_FIRST + 1
    channel = DriverChannel(f"Pseudo/{position}", position, Sig.CLEAR, None)
    channel.number = number
    state.pseudos[number] = channel
    return channel
