"""ISDN over the driver's frame channels: our D channel on one end of the E1 pair, the simulated exchange on the other."""

from __future__ import annotations

import pytest

from boards.dahdi.abi import BufferInfo, Ioctl, Sig
from boards.e1 import pri_events as e
from boards.e1.pri import DChannel
from boards.e1.pri_values import CallingNumber, PartyNumber, PriSettings, SetupRequest
from hwsim.pri_exchange import CalledPlan, CallingPlan, PriExchange, every_timeslot
from tests.contracts.loop import Loop

D_CHANNEL = 16
BLOCK_OCTETS, BUFFERS = 1024, 32
CHECK_OCTETS = 2
TURN_MS = 20
SETTLE_MS = 200
DIGITS = "87654321"


class Interface:
    """The two ends of a primary rate interface on the looped spans. The driver's clock is everybody's."""

    def __init__(self, loop: Loop) -> None:
        self.loop = loop
        for span in (loop.near, loop.far):
            loop.configure(span.channel(D_CHANNEL), Sig.HDLCFCS)
        self.near, self.far = (self._open(span.channel(D_CHANNEL)) for span in (loop.near, loop.far))
        loop.wait(SETTLE_MS)
        loop.forget(self.near)
        loop.forget(self.far)
        self.us = DChannel(PriSettings(), self.now_us, 1)
        self.exchange = PriExchange(self.now_us, 2, lambda _digits: CalledPlan(ring_after_ms=60, answer_after_ms=60))
        self.happened: list[e.Event] = []
        self.answers = True

    def now_us(self) -> int:
        return round(self.loop.now_ms() * 1000)

    def run(self, ms: int) -> None:
        """So long, in turns of 20 ms."""
        for _ in range(ms // TURN_MS):
            for frame in self._frames(self.near):
                self.us.receive(frame)
            for frame in self._frames(self.far):
                self.exchange.receive(frame)
            while event := self.us.advance():
                self.happened.append(event)
                self._answer(event)
            self.exchange.run()
            for fd, frames in ((self.near, self.us.frames_to_send()), (self.far, self.exchange.frames_to_send())):
                for frame in frames:
                    self.loop.write(fd, frame + bytes(CHECK_OCTETS))
            self.loop.wait(TURN_MS)

    def of(self, kind: type[e.Event]) -> list[e.Event]:
        """The events of one kind."""
        return [event for event in self.happened if isinstance(event, kind)]

    def close(self) -> None:
        """Give the memory back; the channels are the loop's to close."""
        self.us.close()
        self.exchange.close()

    def _answer(self, event: e.Event) -> None:
        if isinstance(event, e.Disconnecting):
            self.us.hang_up(event.call, event.cause)
        elif isinstance(event, e.Offered) and self.answers:
            self.us.proceed(event.call)
            self.us.answer(event.call)

    def _open(self, channel: int) -> int:
        fd = self.loop.open(channel)
        self.loop.set(fd, Ioctl.SET_BUFINFO, BufferInfo(0, 0, BUFFERS, BLOCK_OCTETS))
        return fd

    def _frames(self, fd: int) -> list[bytes]:
        got = []
        try:
            while True:
                got.append(self.loop.read(fd, BLOCK_OCTETS)[:-CHECK_OCTETS])
        except BlockingIOError:
            return got


@pytest.fixture
def interface(loop: Loop) -> Interface:
    made = Interface(loop)
    made.run(1000)
    assert made.of(e.DChannelUp), made.happened
    made.happened.clear()
    return made


def test_calls_go_out_on_every_channel(interface: Interface) -> None:
    """Thirty callers talk at once over one interface, each on the channel that was given, and all hang up."""
    calls = [interface.us.set_up(SetupRequest(slot, PartyNumber(DIGITS), exclusive=True)) for slot in every_timeslot()[:15]]
    interface.run(500)
    calls += [interface.us.set_up(SetupRequest(slot, PartyNumber(DIGITS), exclusive=True)) for slot in every_timeslot()[15:]]
    interface.run(1500)
    assert {event.channel for event in interface.of(e.Answered) if isinstance(event, e.Answered)} == {*every_timeslot()}
    for call in calls:
        interface.us.hang_up(call, 16)
    interface.run(1500)
    assert len(interface.of(e.Released)) == 30
    assert interface.us.counters().calls_live == interface.exchange.channel.counters().calls_live == 0
    assert not interface.us.counters().refused
    interface.close()


def test_calls_come_in_on_every_channel(interface: Interface) -> None:
    """Thirty people outside call at once; each is answered, and each hangs up by himself."""
    plan = CallingPlan(PartyNumber(DIGITS), CallingNumber("13800138000"), talks_ms=1000)
    for _ in range(3):
        assert all(interface.exchange.call(plan) for _ in range(10))
        interface.run(300)
    assert len(interface.of(e.Offered)) == 30
    interface.run(4000)
    assert len(interface.of(e.Released)) == 30
    assert interface.exchange.finished[0].answered
    assert interface.us.counters().calls_live == interface.exchange.channel.counters().calls_live == 0
    interface.close()


def test_a_conversation_outlives_a_fault_of_its_d_channel(interface: Interface) -> None:
    """The D channel fails for twenty seconds, notices, comes back within T309, and nobody who talks is cut off."""
    interface.us.set_up(SetupRequest(1, PartyNumber(DIGITS)))
    interface.run(1000)
    assert interface.of(e.Answered)
    frames = interface._frames
    interface._frames = lambda fd: frames(fd) and []  # type: ignore[method-assign]  # the line is cut
    interface.run(16_000)
    assert interface.of(e.DChannelDown)
    interface._frames = frames  # type: ignore[method-assign]  # and mended
    interface.run(4000)
    assert interface.of(e.DChannelUp)
    assert not interface.of(e.Released)
    interface.close()
