"""The driver's conferences: who says what into which, and who hears what of it.

A conference is a sum of 16 bits, limited. What real channels say in one block is heard in the next; pseudo channels hear it in the same.
A member hears the sum without what he himself added to it. Who is seated how decides by two tables, ``SENDING`` for what goes to the
line and ``RECEIVING`` for what the program reads; pseudo channels have their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Protocol

import numpy as np
import numpy.typing as npt

from boards.dahdi.abi import ConferenceInfo, ConferenceMode
from hwsim.kernel_law import saturated
from hwsim.signals import Samples

__all__ = ["CONFERENCES_MOST", "JOINT_MODES", "MODES", "MONITOR_MODES", "Conferences", "Monitored", "Seat"]

CONFERENCES_MOST = 1024
MODE_BITS = 0xFF
PREECHO_FIRST = 10
JOINT_MODES = frozenset({ConferenceMode.CONF, ConferenceMode.CONFANN, ConferenceMode.CONFMON, ConferenceMode.CONFANNMON})
"""Modes whose number is a conference's."""
MONITOR_MODES = frozenset({ConferenceMode.MONITOR, ConferenceMode.MONITORTX, ConferenceMode.MONITORBOTH, 10, 11, 12})
"""Modes whose number is a channel's. The last three listen before the echo canceller, of which there is none."""
MODES = JOINT_MODES | MONITOR_MODES | {ConferenceMode.NORMAL, ConferenceMode.DIGITALMON}
Sum = npt.NDArray[np.int32]


class Monitored(Protocol):
    """A channel that somebody listens to: the last block of each direction."""

    pseudo: bool

    def heard(self) -> Samples:
        """What it received."""

    def said(self) -> Samples:
        """What it sent."""

    def heard_octets(self) -> bytes:
        """What it received, as octets."""


class Conferences:
    """All conferences of a driver: what is said in this block, and what was said in the last."""

    def __init__(self) -> None:
        self._gathering: dict[int, Samples] = {}
        self._said: dict[int, Samples] = {}

    def rotate(self) -> None:
        """A block is over: what was gathered is what can be heard now."""
        self._said, self._gathering = self._gathering, {}

    def gather(self, number: int, samples: Samples) -> Samples:
        """Say something that is heard in the next block; returns what could be added."""
        return _add(self._gathering, number, samples)

    def say(self, number: int, samples: Samples) -> Samples:
        """Say something that is heard at once."""
        return _add(self._said, number, samples)

    def sum(self, number: int, count: int) -> Sum:
        """What is said in a conference."""
        said = self._said.get(number)
        return np.zeros(count, dtype=np.int32) if said is None or said.size != count else said.astype(np.int32)

    @staticmethod
    def unused(taken: Iterable[int]) -> int | None:
        """The highest number that nobody has."""
        seated = set(taken)
        return next((number for number in range(CONFERENCES_MOST - 1, 0, -1) if number not in seated), None)


def _add(sums: dict[int, Samples], number: int, samples: Samples) -> Samples:
    before = sums.get(number)
    if before is None or before.size != samples.size:
        sums[number] = samples
        return samples
    together = saturated(before.astype(np.int32) + samples)
    sums[number] = together
    return saturated(together.astype(np.int32) - before)


class Seat:
    """One channel's place in one conference, or at one channel that it listens to."""

    def __init__(self, info: ConferenceInfo, conferences: Conferences, *, pseudo: bool, monitored: Callable[[], Monitored | None]) -> None:
        self.info = info
        self.mode = info.confmode & MODE_BITS
        self._talks = bool(info.confmode & ConferenceMode.TALKER)
        self._listens = bool(info.confmode & ConferenceMode.LISTENER)
        self._conferences = conferences
        self._monitored = monitored
        self._added: Samples | None = None
        sending, receiving = (PSEUDO_SENDING, PSEUDO_RECEIVING) if pseudo else (SENDING, RECEIVING)
        self._send = sending.get(self.mode, Seat.unchanged)
        self._receive = receiving.get(self.mode, Seat.unchanged)

    @property
    def conference(self) -> int:
        """Its conference; 0 for one that only listens in."""
        return self.info.confno if self.mode in JOINT_MODES else 0

    def sent(self, own: Samples) -> Samples:
        """What the line gets instead of what the channel sends."""
        return self._send(self, own)

    def received(self, own: Samples) -> Samples:
        """What the program reads instead of what the line brought."""
        return self._receive(self, own)

    def copied(self) -> bytes | None:
        """DIGITALMON: the octets that take the place of the channel's own."""
        if self.mode != ConferenceMode.DIGITALMON:
            return None
        other = self._monitored()
        return None if other is None else other.heard_octets()

    # ---- rows of the tables ----

    def unchanged(self, own: Samples) -> Samples:
        """Nothing is added."""
        return own

    def _others(self, own: Sum, count: int) -> Samples:
        if not self._listens:
            return saturated(own)
        mine = 0 if self._added is None or self._added.size != count else self._added.astype(np.int32)
        return saturated(saturated(own - mine).astype(np.int32) + self._conferences.sum(self.info.confno, count))

    def hear_others(self, own: Samples) -> Samples:
        """The channel's own and the others."""
        return self._others(own.astype(np.int32), own.size)

    def announce(self, own: Samples) -> Samples:
        """What the channel sends goes into the conference; the line hears the others only."""
        self._conferences.gather(self.info.confno, own)
        return self._others(np.zeros(own.size, dtype=np.int32), own.size)

    def talk(self, own: Samples) -> Samples:
        """What the line brings goes into the conference, and is read as it is."""
        self._added = self._conferences.gather(self.info.confno, own) if self._talks else None
        return own

    def read_conference(self, own: Samples) -> Samples:
        """The same, but the conference is read."""
        self.talk(own)
        return saturated(self._conferences.sum(self.info.confno, own.size))

    def say_now(self, own: Samples) -> Samples:
        """A pseudo channel's written words."""
        self._added = self._conferences.say(self.info.confno, own) if self._talks else None
        return own

    def listen_in(self, own: Samples) -> Samples:
        """What another channel receives or sends, or both, is added."""
        other = self._monitored()
        if other is None:
            return own
        mode = self.mode - PREECHO_FIRST + ConferenceMode.MONITOR if self.mode >= PREECHO_FIRST else self.mode
        both = mode == ConferenceMode.MONITORBOTH
        added = own.astype(np.int32)
        # of a pseudo channel the two directions are the other way round
        heard = both or (mode == ConferenceMode.MONITOR) is not other.pseudo
        said = both or (mode == ConferenceMode.MONITORTX) is not other.pseudo
        for wanted, samples in ((heard, other.heard()), (said, other.said())):
            # nothing yet, or a bundle's, which has more samples in the same time
            if wanted and samples.size == own.size:
                added = added + samples
        return saturated(added)


Row = Callable[[Seat, Samples], Samples]

SENDING: Mapping[int, Row] = MappingProxyType(
    {
        ConferenceMode.CONF: Seat.hear_others,
        ConferenceMode.CONFMON: Seat.hear_others,
        ConferenceMode.CONFANN: Seat.announce,
        ConferenceMode.CONFANNMON: Seat.announce,
        **dict.fromkeys(MONITOR_MODES, Seat.listen_in),
    }
)
RECEIVING: Mapping[int, Row] = MappingProxyType(
    {
        ConferenceMode.CONF: Seat.talk,
        ConferenceMode.CONFANN: Seat.talk,
        ConferenceMode.CONFMON: Seat.read_conference,
        ConferenceMode.CONFANNMON: Seat.read_conference,
    }
)
PSEUDO_SENDING: Mapping[int, Row] = MappingProxyType(
    {
        ConferenceMode.CONF: Seat.say_now,
        ConferenceMode.CONFANN: Seat.announce,
        ConferenceMode.CONFANNMON: Seat.announce,
    }
)
PSEUDO_RECEIVING: Mapping[int, Row] = MappingProxyType(
    {
        ConferenceMode.CONF: Seat.hear_others,
        ConferenceMode.CONFANN: Seat.talk,
        ConferenceMode.CONFMON: Seat.read_conference,
        ConferenceMode.CONFANNMON: Seat.read_conference,
        **dict.fromkeys(MONITOR_MODES, Seat.listen_in),
    }
)
