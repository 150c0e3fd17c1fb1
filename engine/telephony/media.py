"""The patch bay: the only mixing concept there is.

Everything that sounds is a *source*: a channel's receive side, a player, a tone. Everything that hears is a *sink*: a
channel's transmit side, a track of a recorder tap. A *patch* connects a source to a sink with a gain. A bridge is two
patches, hold is two others, a conference is all-to-all without self, listening is two patches to the supervisor
(``conference.py`` draws these up). A sink with exactly one source at 0 dB gets that source's octets untouched.

What a channel is given is a source too, its *ear* (``ear_of``), for tracks only: so a recording can hold what somebody heard.

A sink that more than four channels speak into hears the loudest four, and players and tones always. A sum that is too loud is
turned down smoothly, not clipped.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import IntEnum
from typing import NewType, Protocol

__all__ = [
    "BLOCK_SAMPLES",
    "EAR",
    "SAMPLE_RATE_HZ",
    "SILENCE_ALAW",
    "Companding",
    "Parties",
    "PatchBay",
    "Playing",
    "Port",
    "Tap",
    "TapReader",
    "ToneStep",
    "ear_of",
]

SAMPLE_RATE_HZ = 8000
BLOCK_SAMPLES = 160
"""20 ms: the patch bay's step. Starts, stops and patches happen on block borders."""
SILENCE_ALAW = 0xD5
"""G.711 A-law for zero."""

Port = NewType("Port", int)
"""A place in the patch bay: what a channel, player, tone or tap track is known by."""

EAR = 0x100_0000
"""Added to a channel's port: the source that is what the channel is given."""


def ear_of(channel: Port) -> Port:
    """The source that is what this channel hears, to be patched to the tracks of a tap only."""
    return Port(channel | EAR)


class Companding(IntEnum):
    """The law of ITU-T G.711 that octets are coded in: A-law (E1, China, Europe) or mu-law (T1, North America, Japan)."""

    A_LAW = 0
    MU_LAW = 1


@dataclass(frozen=True)
class ToneStep:
    """A piece of a tone: up to two frequencies at exact levels for a time.

    Frequencies in Hz (0 = none; both 0 = silence), levels in dBm0 (≤ 3.14), duration in ms (> 0). ``turn1_cycles`` (−1…1): what the
    phase of the first frequency jumps by when the step begins; without it the phase goes on from the step before.
    """

    duration_ms: int
    frequency1_hz: float = 0.0
    level1_dbm0: float = -10.0
    frequency2_hz: float = 0.0
    level2_dbm0: float = -10.0
    turn1_cycles: float = 0.0


@dataclass(frozen=True)
class Parties:
    """Who is heard on which track of a recording: their ports, what to call them, and whether one is outside. ``silent`` is the track
    (``left``, ``right``, ``both``) of who takes no part for a while: it holds silence meanwhile. ``silence`` says why: ``hold``, he has put the
    other on hold and may talk to somebody else; ``mute``.

    Of a conference the right one is the ear of the left: the mix of all others as he hears it.
    """

    left: Port
    right: Port
    left_name: str
    right_name: str
    outside: bool
    silent: str = ""
    silence: str = "hold"

    def same_pair(self, other: Parties) -> bool:
        """True when the same ones talk, whoever is silent, and whatever they are called by now; of a conference the names say who takes part."""
        same_names = (self.left_name, self.right_name) == (other.left_name, other.right_name)
        return (self.left, self.right) == (other.left, other.right) and (same_names or not self.right & EAR)


class Playing(Protocol):
    """A player or tone at work."""

    @property
    def source(self) -> Port:
        """Its place in the patch bay, valid until it has ended."""

    def stop(self) -> None:
        """End it at the next block. Its ``ended`` is still called, once. Twice does nothing."""


class TapReader(Protocol):
    """The reading end of a recorder tap. Made to be read by one other thread."""

    def read(self) -> bytes:
        """All whole stereo frames there are: left, right, left, right … A-law octets; may be empty."""

    @property
    def lost_frames(self) -> int:
        """Frames that were lost so far because nobody read in time."""

    @property
    def closed(self) -> bool:
        """True when the tap is closed and every frame has been read."""


class Tap(Protocol):
    """A recorder tap: two sinks, one ring."""

    @property
    def left(self) -> Port:
        """The sink of the left track."""

    @property
    def right(self) -> Port:
        """The sink of the right track."""

    @property
    def reader(self) -> TapReader:
        """The reading end."""

    def close(self) -> None:
        """End at the next block; what is in the ring can still be read."""


class PatchBay(Protocol):
    """Commands take effect at the next block, in the order given. A full command ring raises EnvironmentFault."""

    def patch(self, source: Port, sink: Port, gain_db: float = 0.0) -> None:
        """Connect, or change the gain (−60…+12 dB) of a connection. OurFault when a port is not what it should be.

        A gain changes within 5 ms, without a click.
        """

    def unpatch(self, source: Port, sink: Port) -> None:
        """Disconnect; does nothing when not connected."""

    def play(
        self,
        audio: bytes,
        sinks: Sequence[Port],
        *,
        loop: bool = False,
        start_sample: int = 0,
        law: Companding = Companding.A_LAW,
        gain_db: float = 0.0,
        ended: Callable[[int, bool], None] | None = None,
    ) -> Playing:
        """Play ``audio``, octets of ``law``, into ``sinks`` from ``start_sample`` on; ``loop`` goes round for ever.

        Sinks of the other law get it converted. ``gain_db`` is that of every patch made here, −60…+12 dB.

        ``ended(played_samples, complete)`` is called once in the reactor thread; the patches are gone by then.
        """

    def tone(
        self,
        steps: Sequence[ToneStep],
        sinks: Sequence[Port],
        *,
        loop_from: int | None = 0,
        ended: Callable[[int, bool], None] | None = None,
    ) -> Playing:
        """Sound ``steps`` (1…256) into ``sinks``; after the last go on at step ``loop_from``, or end when None."""

    def tap(self) -> Tap:
        """A new recorder tap with at least 10 s of ring."""

    def write_taps(self, taps: Sequence[tuple[TapReader, int]]) -> Sequence[int | OSError]:
        """What each of these taps has goes to the end of its open file, of all in one stroke; gives the frames written of each.

        An OSError instead: how much of that tap is in its file is not known; the others are written all the same. For the one thread that reads
        taps.
        """

    def together(self, obeyed: Callable[[int], None] | None = None) -> AbstractContextManager[None]:
        """The commands given inside, at most 60, take effect at the same block; ``obeyed`` is called once, later, in the reactor thread, with the media
        sample from which on they hold. A full command ring raises EnvironmentFault before the first of them. OurFault inside itself.
        """

    def sample_now(self) -> int:
        """Samples since the pump was started."""
