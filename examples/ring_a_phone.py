#!/usr/bin/env python3
"""Rings the telephone on a channel, one second on and four off, until somebody lifts the handset or the time is up."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable

from boards.dahdi.abi import ANALOG_STATION, Event
from boards.dahdi.nodes.channel import ChannelNode
from boards.dahdi.system import KernelSystem, System

CADENCE_MS = (1000, 4000)
LOOK_EVERY_S = 0.02


def ring(system: System, channel: int, most_s: float, wait: Callable[[float], object] = time.sleep) -> float | None:
    """Ring for ``most_s`` seconds at most. Returns after how many the handset was lifted, None when it was not.

    Raises DahdiError, and ValueError for a channel without a telephone.
    """
    with ChannelNode.open(system, channel) as phone:
        if not phone.signalling() & ANALOG_STATION:
            raise ValueError(f"channel {channel} is no telephone's: its signalling is {phone.signalling().name}")
        phone.ring(CADENCE_MS)
        rung_s = 0.0
        while rung_s < most_s:
            wait(LOOK_EVERY_S)
            rung_s += LOOK_EVERY_S
            for event in phone.events():
                if event in (Event.RINGERON, Event.RINGEROFF):
                    print("the bell rings" if event == Event.RINGERON else "the bell is silent")
                if event == Event.RINGOFFHOOK:
                    return rung_s
        phone.ring_stop()
    return None


def main() -> int:
    """Ring, or say why not."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("channel", type=int, help="the channel of a telephone (fxoks)")
    words.add_argument("--seconds", type=float, default=20, help="how long at most")
    given = words.parse_args()
    try:
        lifted_s = ring(KernelSystem(), given.channel, given.seconds)
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    print("nobody answered" if lifted_s is None else f"somebody answered after {lifted_s:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
