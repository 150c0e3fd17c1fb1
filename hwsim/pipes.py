"""Channels that are pipes, and a card in another process that feeds them by its own clock: for measuring the pump as it runs on a board.

Wires (``wires.py``) live in memory and cost nothing; these channels cost the pump a system call for each block it reads and writes, as
the driver's do. ``PipeCard`` is the pump's side. The card itself is a process of its own: ``python -m hwsim.pipe_card``.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt
from boards.dahdi._pump import ffi, lib

__all__ = ["BLOCKS_A_S", "CardCounters", "CardMemory", "CardShape", "PipeCard"]

BLOCKS_A_S = 50
PIPE_OCTETS = 8192
"""Two pages: with one, the kernel has no room for a block while another one is read."""
NEVER_US = 0xFFFF_FFFF
START_WITHIN_S = 10.0


@dataclass(frozen=True)
class CardShape:
    """How many channels, how many ticks of 20 ms at most, and how many octets of sound the channels say again and again."""

    channels: int
    ticks: int
    audio_octets: int

    @property
    def ends_offset(self) -> int:
        """Where the numbers of the pipes begin in the memory."""
        return -(-int(lib.card_size(self.channels, self.ticks)) // 64) * 64

    @property
    def audio_offset(self) -> int:
        """Where the sound begins."""
        return self.ends_offset + int(ffi.sizeof("struct pipe_ends")) * self.channels

    @property
    def octets(self) -> int:
        """The whole memory."""
        return self.audio_offset + self.audio_octets


@dataclass(frozen=True)
class CardCounters:
    """Blocks since the card began: ``refused`` were lost because nobody read, ``missed`` are gaps that a caller heard."""

    ticks: int
    given: int
    refused: int
    taken: int
    missed: int


class CardMemory:
    """The memory that both processes see; ``fd`` −1 makes it. ``card``, ``ends`` and ``audio`` are C pointers into it."""

    def __init__(self, shape: CardShape, fd: int = -1) -> None:
        self.shape = shape
        made = fd < 0
        self.fd = os.memfd_create("card", 0) if made else fd
        if made:
            os.ftruncate(self.fd, shape.octets)
        self._mapped = mmap.mmap(self.fd, shape.octets)
        self._octets: Any = ffi.from_buffer("uint8_t[]", self._mapped)
        self.card: Any = ffi.cast("struct card *", self._octets)
        self.ends: Any = ffi.cast("struct pipe_ends *", self._octets + shape.ends_offset)
        self.audio: Any = self._octets + shape.audio_offset
        if made:
            self.card.channels, self.card.ticks_most = shape.channels, shape.ticks

    def counters(self) -> CardCounters:
        """What the card has counted until now."""
        return CardCounters(**{field.name: int(getattr(self.card, field.name)) for field in fields(CardCounters)})


def _numbers(pointer: Any, count: int) -> npt.NDArray[np.uint32]:  # noqa: ANN401  # C memory has no Python type
    return np.frombuffer(ffi.buffer(pointer, count * 4), np.uint32).copy()


class PipeCard:
    """``channels`` channels whose descriptors are 0 … channels − 1, their card, and how late the pump was.

    ``audio`` (whole blocks of A-law) is what the channels say, each from another place on. ``priority`` 1…98 asks for SCHED_FIFO for the
    card, and one more for the control thread. Raises OSError when there are not enough descriptors or processes.
    """

    def __init__(self, channels: int, ticks: int, audio: bytes, priority: int) -> None:
        self._fds: list[int] = []
        self._process: subprocess.Popen[bytes] | None = None
        self._priority = priority
        self.memory = CardMemory(CardShape(channels, ticks, len(audio)))
        ffi.memmove(self.memory.audio, audio, len(audio))
        self.tick_fd = os.eventfd(0, os.EFD_CLOEXEC)
        try:
            for index in range(channels):
                self.memory.ends[index].pump_reads, self.memory.ends[index].card_writes = self._pipe()
                self.memory.ends[index].card_reads, self.memory.ends[index].pump_writes = self._pipe()
        except OSError:
            self.close()
            raise
        self._pipes: Any = ffi.gc(lib.pipes_new(self.memory.card, self.memory.ends), lib.pipes_free)
        self.io: Any = lib.pipes_io(self._pipes)

    def _pipe(self) -> tuple[int, int]:
        read, write = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self._fds += [read, write]
        fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, PIPE_OCTETS)
        return read, write

    @property
    def descriptors(self) -> range:
        """The channels, as the pump knows them."""
        return range(self.memory.shape.channels)

    def floor_ns(self, rounds: int = 50, pace_ns: int = 0) -> float:
        """Processor time of one read and one write of a block, all channels in turn: less than this no pump can need. Before ``start``.

        With ``pace_ns`` a round begins only so long after the one before, as the pump's do: what the processor forgets meanwhile is in it.
        """
        return float(lib.pipes_floor_ns(self.memory.ends, self.memory.shape.channels, rounds, pace_ns))

    def start(self) -> None:
        """Let the card run."""
        shape = self.memory.shape
        numbers = (self.memory.fd, shape.channels, shape.ticks, shape.audio_octets, self.tick_fd, self._priority)
        ends = [end for index in self.descriptors for end in self._card_ends(index)]
        command = [sys.executable, "-m", "hwsim.pipe_card", *map(str, numbers)]
        self._process = subprocess.Popen(command, pass_fds=[self.memory.fd, self.tick_fd, *ends])  # noqa: S603  # our own program

    def _card_ends(self, index: int) -> tuple[int, int]:
        return int(self.memory.ends[index].card_reads), int(self.memory.ends[index].card_writes)

    def stop(self) -> None:
        """End the card's process."""
        self.memory.card.stop = 1
        if self._process is not None:
            try:
                self._process.wait(START_WITHIN_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def close(self) -> None:
        """Stop, and close the pipes. The pump must be closed first."""
        self.stop()
        for fd in (*self._fds, self.tick_fd, self.memory.fd):
            with suppress(OSError):
                os.close(fd)
        self._fds.clear()

    @property
    def alive(self) -> bool:
        """The card's process runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def realtime(self) -> bool:
        """The card and the control thread got their priority."""
        return bool(self.memory.card.realtime)

    def raise_events(self, each_tick: int) -> None:
        """From now on so many events of lines come with each tick, one channel after the other."""
        self.memory.card.events_a_tick = each_tick

    def event_ns(self, number: int) -> int:
        """When the pump took the event with this number (monotonic clock); 0: forgotten."""
        return int(lib.pipes_event_ns(self._pipes, number))

    def lateness_us(self, first: int, last: int) -> npt.NDArray[np.uint32]:
        """For ticks ``first`` … ``last`` − 1: from the tick to the moment at which the pump had written the last channel. Unanswered: left out."""
        late = _numbers(lib.pipes_lateness_us(self._pipes), self.memory.shape.ticks)[first:last]
        answered: npt.NDArray[np.uint32] = late[late != NEVER_US]
        return answered

    def control_us(self, first: int, last: int) -> npt.NDArray[np.uint32]:
        """For the same ticks: how late a thread woke that does nothing else."""
        return _numbers(lib.card_control_us(self.memory.card), self.memory.shape.ticks)[first:last]

    def card_us(self, first: int, last: int) -> npt.NDArray[np.uint32]:
        """For the same ticks: how late the card's own clock was."""
        return _numbers(lib.card_lateness_us(self.memory.card), self.memory.shape.ticks)[first:last]
