"""The far ends of a looped E1 pair for a whole appliance: an ISDN exchange over libpri, and one with R2 over Debian's libopenr2.

Whoever is called there answers at once. Audio goes in large buffers, so that no octet is lost while this program is busy with another channel.
"""

from __future__ import annotations

from contextlib import suppress
from errno import EAGAIN
from typing import Protocol

from boards.dahdi.abi import ELAST, BufferInfo, Hook, Ioctl, Sig
from boards.e1.pri_values import CallingNumber, PartyNumber
from hwsim.pri_exchange import CalledPlan, CallingPlan, CallPhase, ExchangeCall, PriExchange
from tests.contracts.looped import Loop
from tests.kernel.openr2 import FarChannel, FarEnd, FarVariant

__all__ = ["BLOCK", "SLOTS", "FarIsdn", "FarR2", "FarTrunk", "Telephone", "Voice"]

SLOTS = tuple(slot for slot in range(1, 32) if slot != 16)
D_PLACE = 16
CHECK_OCTETS = 2
BLOCK, BUFFERS = 4096, 8
"""Half a second, and four seconds."""
IDLE_BITS = 0b1011
TURNS_MOST = 8
"""The library does one thing at a time on each channel."""


class Voice:
    """A far channel as somebody's mouth and ear."""

    def __init__(self, loop: Loop, fd: int) -> None:
        self._loop = loop
        self.fd = fd
        self.heard = bytearray()
        self._rest = b""

    def say(self, octets: bytes) -> None:
        """Sound these next."""
        self._rest += octets

    def turn(self) -> None:
        """Move what can be moved. Where an event waits, that is taken first: by who looks after the line, before the next turn."""
        try:
            while self._rest:
                self._rest = self._rest[self._loop.write(self.fd, self._rest[:BLOCK]) :]
        except OSError as error:
            _unless_it_waits(error)
        try:
            while piece := self._loop.read(self.fd, BLOCK):
                self.heard += piece
        except OSError as error:
            _unless_it_waits(error)


def _unless_it_waits(error: OSError) -> None:
    """A full buffer, or an event that comes first, is no fault; whether sound is lost is seen by the octets."""
    if error.errno not in {EAGAIN, ELAST}:
        raise error


class Telephone(Voice):
    """A telephone on a far channel of the channel bank."""

    def __init__(self, loop: Loop, channel: int) -> None:
        super().__init__(loop, loop.open(channel))
        loop.set_buffers(self.fd, block=BLOCK, buffers=BUFFERS)

    def lift(self) -> None:
        """Handset up."""
        self._loop.hook(self.fd, Hook.OFFHOOK)

    def put_down(self) -> None:
        """Handset down."""
        self._loop.hook(self.fd, Hook.ONHOOK)


class FarTrunk(Protocol):
    """The exchange's end of thirty channels. ``voices``: who talks there, by timeslot, once a call is answered."""

    voices: dict[int, Voice]
    PACE_S: float
    """Between two calls that begin."""

    def begin(self) -> None:
        """The appliance's channels are in service."""

    def turn(self) -> None:
        """Let it work."""

    def call_in(self) -> None:
        """Somebody calls the appliance."""

    def called(self) -> dict[str, int]:
        """The timeslots of the appliance's calls that are answered, by the number called."""

    def callers(self) -> list[int]:
        """The timeslots of calls to the appliance that it has answered."""

    def hang_up(self, slot: int) -> None:
        """The far party on this timeslot leaves."""

    def faults(self) -> list[str]:
        """What it has to complain of."""


class FarIsdn:
    """Implements ``FarTrunk``: libpri's network side on timeslot 16."""

    SIGNALLING = "isdn-user"
    PACE_S = 0.0
    NUMBER, CALLED, CALLER = "88886666", "13800138{:03}", "13900139000"

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        for span in (loop.near, loop.far):
            for slot in range(1, 32):
                loop.configure(span.channel(slot), Sig.HDLCFCS if slot == D_PLACE else Sig.CLEAR)
        self._d_channel = loop.open(loop.far.channel(D_PLACE))
        loop.set(self._d_channel, Ioctl.SET_BUFINFO, BufferInfo(0, 0, 32, 1024))
        plan = CalledPlan(ring_after_ms=60, answer_after_ms=60)
        self._exchange = PriExchange(lambda: round(loop.now_ms() * 1000), 2, lambda _digits: plan, channels=SLOTS)
        self.voices = {slot: Voice(loop, loop.open_audio(loop.far.channel(slot), block=BLOCK, buffers=BUFFERS)) for slot in SLOTS}

    def begin(self) -> None:
        """Layer 2 needs nobody."""

    def turn(self) -> None:
        """Frames both ways, and what is due."""
        with suppress(BlockingIOError):
            while True:
                self._exchange.receive(self._loop.read(self._d_channel, 1024)[:-CHECK_OCTETS])
        self._exchange.run()
        for frame in self._exchange.frames_to_send():
            self._loop.write(self._d_channel, frame + bytes(CHECK_OCTETS))

    def call_in(self) -> None:
        """By the lowest free channel."""
        self._exchange.call(CallingPlan(PartyNumber(self.NUMBER), CallingNumber(self.CALLER)))

    def _talking(self) -> list[ExchangeCall]:
        return [call for call in self._exchange.calls.values() if call.phase is CallPhase.TALKING]

    def called(self) -> dict[str, int]:
        """Calls of the appliance."""
        return {call.called: call.channel for call in self._talking() if not call.outgoing}

    def callers(self) -> list[int]:
        """Calls to it."""
        return [call.channel for call in self._talking() if call.outgoing]

    def hang_up(self, slot: int) -> None:
        """DISCONNECT."""
        for call in [call for call in self._exchange.calls.values() if call.channel == slot]:
            self._exchange.hang_up(call)

    def faults(self) -> list[str]:
        """Calls that are left over."""
        return [f"a call is left on timeslot {call.channel}: {call.phase}" for call in self._exchange.calls.values()]


class FarR2:
    """Implements ``FarTrunk``: thirty channels of libopenr2, China's variant; it has China's caller numbers not (``openr2.py`` says why)."""

    SIGNALLING = "r2"
    PACE_S = 0.5
    NUMBER, CALLED, CALLER = "8666", "8{:03}", "1390013900"

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        for span in (loop.near, loop.far):
            for slot in SLOTS:
                loop.configure(span.channel(slot), Sig.CAS, idlebits=IDLE_BITS)
        self._far = FarEnd(FarVariant.CHINA, len(self.NUMBER), len(self.CALLER))
        self._channels = {slot: self._far.add(loop.far.channel(slot)) for slot in SLOTS}
        self._next = iter(SLOTS)
        self.voices: dict[int, Voice] = {}

    def begin(self) -> None:
        """Bits that stand already are no change: the library has to be told of them."""
        for channel in self._channels.values():
            self._far.look(channel)
            self._far.leave_audio(channel)  # thirty channels of silence are much to read

    def turn(self) -> None:
        """Give the library the processor; where a call is answered its audio is taken from it."""
        for _ in range(TURNS_MOST):
            if not self._far.turn(0):
                break
        for slot, channel in self._channels.items():
            if slot not in self.voices and _is_answered(channel):
                self._far.leave_audio(channel)
                self._loop.set_buffers(channel.fd, block=BLOCK, buffers=BUFFERS)
                self.voices[slot] = Voice(self._loop, channel.fd)

    def call_in(self) -> None:
        """By the next channel from below."""
        self._far.call(self._channels[next(self._next)], self.NUMBER, self.CALLER)

    def _answered(self) -> list[tuple[int, FarChannel]]:
        return [(slot, channel) for slot, channel in self._channels.items() if _is_answered(channel)]

    def called(self) -> dict[str, int]:
        """Calls that the library was offered."""
        return {channel.call.offered[0]: slot for slot, channel in self._answered() if channel.call.offered and not channel.ours}

    def callers(self) -> list[int]:
        """Calls that it made."""
        return [slot for slot, channel in self._answered() if channel.ours]

    def hang_up(self, slot: int) -> None:
        """Clear back or clear forward."""
        if not self._channels[slot].call.ended:
            self._far.hang_up(self._channels[slot])

    def faults(self) -> list[str]:
        """Protocol errors, and calls that are left over."""
        found = [(slot, call) for slot, channel in self._channels.items() for call in channel.calls]
        return [f"timeslot {slot}: {call}" for slot, call in found if call.error is not None or not call.ended]


def _is_answered(channel: FarChannel) -> bool:
    """Of its own calls the library tells it; those that it is offered are answered as soon as they are accepted."""
    return bool(channel.calls) and (channel.call.answered if channel.ours else channel.call.accepted)
