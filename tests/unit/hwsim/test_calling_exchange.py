"""An exchange that calls by a socket and measures, against a D channel of ours in the same process."""

from __future__ import annotations

import socket

import pytest

from boards.e1 import pri_events as e
from boards.e1.pri import DChannel
from boards.e1.pri_values import PriSettings
from hwsim.calling_exchange import CallingExchange, Measured

ANSWERED_AFTER_US = 2_000


class Moment:
    """Time that goes on whenever somebody looks at it; each look our side does what has come."""

    def __init__(self, *, answers: bool = False, deaf: bool = False) -> None:
        self._deaf = deaf
        self.now_us = 1_000_000
        self.said: list[str] = []
        self.line, self._ours = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.line.setblocking(False)
        self._ours.setblocking(False)
        self._channel = DChannel(PriSettings(), lambda: self.now_us, 1)
        self._answers = answers

    def look(self) -> int:
        self.now_us += ANSWERED_AFTER_US
        if self._deaf:
            return self.now_us
        try:
            while True:
                self._channel.receive(self._ours.recv(1024)[:-2])
        except BlockingIOError:
            pass
        while event := self._channel.advance():
            if isinstance(event, e.Offered) and self._answers:
                self._channel.proceed(event.call)
                self._channel.answer(event.call)
            elif isinstance(event, e.Disconnecting):
                self._channel.hang_up(event.call, 16)
        for frame in self._channel.frames_to_send():
            self._ours.send(frame + bytes(2))
        return self.now_us

    def wait(self, _ms: float) -> None:
        self.look()

    def close(self) -> None:
        self._channel.close()
        self.line.close()
        self._ours.close()


def measured(*, answers: bool, rate: float = 20.0) -> tuple[Measured, list[str]]:
    moment = Moment(answers=answers)
    try:
        exchange = CallingExchange(
            moment.line, moment.look, moment.wait, moment.said.append, rate=rate, seconds=2.0, talk_ms=200, number="88886666", seed=1
        )
        return exchange.run(), moment.said
    finally:
        moment.close()


def test_answered_calls_are_timed_and_leave_nothing() -> None:
    """Every call has a time for PROCEEDING and one for CONNECT, of some looks at the clock; in the end none is left."""
    found, said = measured(answers=True)
    assert said == ["calling", "called"]
    assert found.attempts > 20
    assert len(found.proceeding_us) == len(found.connect_us) == found.answered == found.attempts
    assert 0 < max(found.proceeding_us) < 50_000
    assert (found.left, found.no_channel) == (0, 0)


def test_calls_that_find_no_channel_are_counted() -> None:
    """Where nobody answers thirty calls take every channel; the others are not made, and what is left is told."""
    found, _ = measured(answers=False, rate=40.0)
    assert found.no_channel > 0
    assert found.attempts == 30
    assert found.left == 30
    assert found.connect_us == []


def test_a_dead_line_is_told() -> None:
    """When the D channel does not come up there is nothing to measure."""
    moment = Moment(deaf=True)
    exchange = CallingExchange(
        moment.line, moment.look, moment.wait, moment.said.append, rate=1.0, seconds=1.0, talk_ms=100, number="1", seed=1
    )
    with pytest.raises(TimeoutError, match="does not come up"):
        exchange.run()
    moment.close()
