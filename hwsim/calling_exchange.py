"""An ISDN exchange that calls at a steady rate, and measures how soon it is answered. It wants a process of its own (``appliance/bench_exchange.py``).

Its D channel is a socket of packets: each is a frame with its two check octets. When the D channel is up it begins; calls that find every channel
taken are counted and not made. Times are from the moment at which a message is handed to the socket to the moment at which the answer is taken from
it, this process's own waking included.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from boards.e1.pri_values import CallingNumber, PartyNumber
from boards.e1.q931 import MessageType
from hwsim.pri_exchange import CalledPlan, CallingPlan, PriExchange

__all__ = ["CallingExchange", "Measured"]

CHECK_OCTETS = 2
HEADER_OCTETS = 4
FRAME_OCTETS = 1024
US_A_S = 1_000_000
WAIT_MOST_MS = 20
SETTLE_S, CLEAR_S = 1.0, 3.0
UP_WITHIN_S = 20.0
FLAG = 0x80
CALLER = "138%08d"


@dataclass
class Measured:
    """Of the window: calls that were begun, could not be begun, were answered, and were there still some seconds afterwards; per call how long
    PROCEEDING and CONNECT took and how late it was begun, in µs.
    """

    attempts: int = 0
    no_channel: int = 0
    answered: int = 0
    left: int = 0
    window_us: int = 0
    proceeding_us: list[int] = field(default_factory=list)
    connect_us: list[int] = field(default_factory=list)
    late_us: list[int] = field(default_factory=list)


def _message(frame: bytes) -> tuple[int, int] | None:
    """A message's type and the number of its call, without the bit that says whose it is; None for a frame without a message of a call."""
    if len(frame) <= HEADER_OCTETS or frame[2] & 1 or len(frame) < HEADER_OCTETS + 2:
        return None
    octets = frame[HEADER_OCTETS + 1] & 0x0F
    at = HEADER_OCTETS + 2
    if not octets or len(frame) <= at + octets:
        return None
    return frame[at + octets], int.from_bytes(bytes([frame[at] & ~FLAG & 0xFF]) + frame[at + 1 : at + octets])


class CallingExchange:
    """``rate`` calls a second for ``seconds``, each ``talk_ms`` long from its answer on, to ``number``. ``now_us`` is a clock that never goes back;
    ``wait`` waits so many ms at most, less when something can be read from the line; ``told`` hears when it begins to call (``calling``), and when it has made its last call (``called``).
    """

    def __init__(
        self,
        line: socket.socket,
        now_us: Callable[[], int],
        wait: Callable[[float], object],
        told: Callable[[str], None],
        *,
        rate: float,
        seconds: float,
        talk_ms: int,
        number: str,
        seed: int,
    ) -> None:
        self.measured = Measured()
        self._now_us = now_us
        self._wait = wait
        self._told = told
        self._line = line
        self._rate, self._seconds, self._talk_ms, self._number = rate, seconds, talk_ms, number
        self._random = Random(seed)  # noqa: S311  # simulated chance
        self._began: dict[int, int] = {}
        self._exchange = PriExchange(self._now_us, seed, lambda _digits: CalledPlan())

    def run(self) -> Measured:
        """All of it. Raises TimeoutError when the D channel does not come up."""
        up_by_us = self._now_us() + round(UP_WITHIN_S * US_A_S)
        while not self._exchange.channel.is_up:
            if self._now_us() > up_by_us:
                raise TimeoutError("the D channel does not come up")
            self._turn(self._now_us() + WAIT_MOST_MS * 1000)
        self._pass(SETTLE_S)
        self._told("calling")
        began_us = next_us = self._now_us()
        while (now_us := self._now_us()) < began_us + self._seconds * US_A_S:
            if now_us >= next_us:
                self.measured.late_us.append(now_us - next_us)
                self._call()
                next_us += round(self._random.expovariate(self._rate) * US_A_S)
            self._turn(next_us)
        self.measured.window_us = self._now_us() - began_us
        self._told("called")
        self._pass(CLEAR_S)
        self.measured.left = len(self._exchange.calls)
        return self.measured

    def _pass(self, seconds: float) -> None:
        until_us = self._now_us() + round(seconds * US_A_S)
        while self._now_us() < until_us:
            self._turn(until_us)

    def _call(self) -> None:
        calling = CallingNumber(CALLER % self._random.randrange(10**8))
        if self._exchange.call(CallingPlan(PartyNumber(self._number), calling, talks_ms=self._talk_ms)) is None:
            self.measured.no_channel += 1
        else:
            self.measured.attempts += 1
        self._send()

    def _turn(self, until_us: int) -> None:
        """Wait for a frame or for something that is due, at most until then, and do it."""
        due_us = self._exchange.next_timeout_us()
        first_us = until_us if due_us is None else min(until_us, due_us)
        wait_ms = min(max(0, (first_us - self._now_us()) / 1000), WAIT_MOST_MS)
        self._wait(wait_ms)
        self._take()
        self._exchange.run()
        self._send()

    def _take(self) -> None:
        while True:
            try:
                octets = self._line.recv(FRAME_OCTETS)
            except BlockingIOError:
                return
            if not octets:
                raise ConnectionError("the appliance has gone")
            self._note_answer(octets[:-CHECK_OCTETS])
            self._exchange.receive(octets[:-CHECK_OCTETS])

    def _note_answer(self, frame: bytes) -> None:
        said = _message(frame)
        if said is None or said[1] not in self._began:
            return
        took_us = self._now_us() - self._began[said[1]]
        if said[0] == MessageType.CALL_PROCEEDING:
            self.measured.proceeding_us.append(took_us)
        elif said[0] == MessageType.CONNECT:
            self.measured.answered += 1
            self.measured.connect_us.append(took_us)
            del self._began[said[1]]

    def _send(self) -> None:
        for frame in self._exchange.frames_to_send():
            said = _message(frame)
            if said is not None and said[0] == MessageType.SETUP:
                self._began[said[1]] = self._now_us()
            self._line.send(frame + bytes(CHECK_OCTETS))
