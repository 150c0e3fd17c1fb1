"""One analog line as the public exchange sees it: feeding, ringing, caller id, tones, digits, and the ways a call ends.

::

    idle ──offer──▶ ringing ──loop closed──▶ talking ──party hangs up──▶ clearing ──loop open──▶ idle
      └──loop closed──▶ dialling ──number──▶ ringing out ──answer──▶ talking
                            └──unknown, busy, late──▶ failed ──loop open──▶ idle

Whenever the loop opens the line is idle again; a party still there hears busy tone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Protocol

import numpy as np

from hwsim.caller_id import mdmf, modulate
from hwsim.key_ear import KeyEar
from hwsim.line_side import ExchangePortSide
from hwsim.signals import BLOCK, CADENCES, IDLE_BLOCK, IDLE_OCTET, Samples, ToneLoop, alaw_from_linear, cadence, keys, linear_from_alaw
from hwsim.world import Act, World

__all__ = ["CallerIdStyle", "Disconnect", "ExchangeLine", "LineService", "Party", "Phase"]

RING_ON_MS = 1000
RING_PERIOD_MS = 5000
CALLER_ID_AFTER_MS = 500
DTMF_CALLER_ID_MS = 70
RINGING_MOST_MS = 60_000
FIRST_DIGIT_MS = 20_000
NEXT_DIGIT_MS = 3_000
ROUTING_MS = 300
CHINA_OFFSET_MIN = 480
DIGITS_MOST = 32


class CallerIdStyle(Enum):
    """How the exchange tells who calls: between the first two bursts of ringing, or not at all."""

    FSK = "fsk"
    DTMF = "dtmf"
    """D, the digits, C as keys of 70 ms (ETSI EN 300 659-3, annex B). The appliance does not read it: the caller is unknown."""
    NONE = "none"


class Disconnect(Enum):
    """How the exchange tells the appliance that the other party hung up."""

    BUSY_TONE = "busy_tone"
    BATTERY_DROP = "battery_drop"
    REVERSAL = "reversal"
    NONE = "none"


class Phase(Enum):
    """Where the line is; see the picture above."""

    IDLE = "idle"
    RINGING = "ringing"
    TALKING = "talking"
    CLEARING = "clearing"
    DIALLING = "dialling"
    RINGING_OUT = "ringing_out"
    FAILED = "failed"


@dataclass(frozen=True)
class LineService:
    """What the subscriber of this line has ordered: end of call, length of a battery removal (ms), reversal on answer."""

    disconnect: Disconnect = Disconnect.BUSY_TONE
    battery_drop_ms: int = 500
    reversal_on_answer: bool = False


class Party(Protocol):
    """The other side of a call, as a line knows it."""

    def line_connected(self) -> None:
        """Both hear each other from now on."""

    def line_released(self, tone: str) -> None:
        """The line has left the call; ``tone`` is what the party hears now."""

    def speak(self, start_sample: int) -> bytes:
        """The next 160 octets of the party's voice."""


class _Clip:
    """A sound that is played once."""

    def __init__(self, audio: Samples, start_sample: int) -> None:
        self._octets = np.frombuffer(alaw_from_linear(audio), dtype=np.uint8)
        self._start_sample = start_sample

    def block(self, start_sample: int) -> bytes:
        at = np.arange(start_sample - self._start_sample, start_sample - self._start_sample + BLOCK)
        inside = (at >= 0) & (at < self._octets.size)
        return np.where(inside, self._octets[np.where(inside, at, 0)], IDLE_OCTET).astype(np.uint8).tobytes()


class ExchangeLine:
    """The exchange's circuit for one port.

    ``route(line, number)`` is asked when a number was dialled and answers with ``ring_out`` or ``fail``; ``complete(number)`` says
    whether a number can be routed without waiting for more digits.
    """

    def __init__(
        self,
        name: str,
        port: ExchangePortSide,
        world: World,
        service: LineService,
        route: Callable[[ExchangeLine, str], None],
        complete: Callable[[str], bool],
    ) -> None:
        self.name = name
        self.phase = Phase.IDLE
        self.in_service = True
        self.service = service
        self.dialled = ""
        self.heard = IDLE_BLOCK
        self._port = port
        self._world = world
        self._route = route
        self._complete = complete
        self._party: Party | None = None
        self._disconnect = service.disconnect
        self._reversed = False
        self._bell = False
        self._loop_closed = port.loop_closed
        self._sound: ToneLoop | _Clip | None = None
        self._keys = KeyEar()
        self._timers: list[Act] = []
        port.loop_changed = self._loop_changed

    @property
    def free(self) -> bool:
        """A call can be offered: in service, idle, loop open."""
        return self.in_service and self.phase is Phase.IDLE and not self._port.loop_closed

    def exchange(self, heard: bytes) -> bytes:
        """One block each way, asked by the port."""
        start = self._world.block_start_sample
        self.heard = heard
        if not self.in_service:
            return IDLE_BLOCK
        if self.phase is Phase.TALKING and self._party is not None:
            return self._party.speak(start)
        if self.phase is Phase.DIALLING:
            self._listen(heard)
        return IDLE_BLOCK if self._sound is None else self._sound.block(start)

    def offer(self, party: Party, number: str, name: str, caller_id: CallerIdStyle, absence: str, disconnect: Disconnect | None) -> None:
        """Ring the appliance for this party. The line must be free."""
        self._enter(Phase.RINGING)
        self._party = party
        self._disconnect = disconnect or self.service.disconnect
        if caller_id is CallerIdStyle.FSK:
            self._tell_caller(modulate(mdmf(number, self._date(), name, absence)))
        elif caller_id is CallerIdStyle.DTMF and not absence:
            self._tell_caller(np.concatenate(keys(f"D{number}C", DTMF_CALLER_ID_MS, DTMF_CALLER_ID_MS)))
        self._later(RINGING_MOST_MS, self._unanswered)
        self._ring()

    def _tell_caller(self, burst: Samples) -> None:
        self._later(RING_ON_MS + CALLER_ID_AFTER_MS, lambda: self._play(_Clip(burst, self._world.now_sample)))

    def ring_out(self, party: Party) -> None:
        """The called party rings: ringback to the appliance."""
        self._enter(Phase.RINGING_OUT, "ringback")
        self._party = party
        self._disconnect = self.service.disconnect
        self._later(RINGING_MOST_MS, self._unanswered)

    def answered(self) -> None:
        """The called party answered."""
        self._enter(Phase.TALKING)
        if self.service.reversal_on_answer:
            self._reverse(on=True)

    def fail(self, tone: str) -> None:
        """The call cannot be completed: this tone until the appliance releases."""
        self._enter(Phase.FAILED, tone)

    def party_gone(self) -> None:
        """The other party hung up, at any stage."""
        self._party = None
        if self.phase is Phase.RINGING:
            self._enter(Phase.IDLE)
        elif self.phase is Phase.RINGING_OUT:
            self.fail("busy")
        elif self.phase is Phase.TALKING:
            self._clear()

    def cut(self) -> None:
        """The wire breaks: no battery, no call."""
        self.in_service = False
        self._release("busy")
        self._port.set_battery(False)

    def mend(self) -> None:
        """The wire is whole again; a closed loop gets dial tone."""
        self.in_service = True
        self._port.set_battery(True)
        if self._port.loop_closed:
            self._loop_moved(closed=True)

    def _loop_changed(self, closed: bool) -> None:
        """The port may say the same again; only a change means something."""
        changed, self._loop_closed = closed is not self._loop_closed, closed
        if changed and self.in_service:
            self._loop_moved(closed)

    def _loop_moved(self, closed: bool) -> None:
        if not closed:
            self._release("busy")
        elif self.phase is Phase.RINGING and self._party is not None:
            self._enter(Phase.TALKING)
            self._party.line_connected()
        elif self.phase is Phase.IDLE:
            self._world.note(self.name, "seized: dial tone")
            self.dialled = ""
            self._keys = KeyEar()
            self._enter(Phase.DIALLING, "dial")
            self._later(FIRST_DIGIT_MS, lambda: self.fail("busy"))

    def _listen(self, heard: bytes) -> None:
        keys = self._keys.hear(linear_from_alaw(heard))
        if not keys or len(self.dialled) + len(keys) > DIGITS_MOST:
            return
        self.dialled += keys
        self._enter(Phase.DIALLING)
        self._later(ROUTING_MS if self._complete(self.dialled) else NEXT_DIGIT_MS, self._dialled)

    def _dialled(self) -> None:
        self._world.note(self.name, f"dialled {self.dialled}")
        self._route(self, self.dialled)

    def _ring(self) -> None:
        self._world.note(self.name, "rings")
        self._set_bell(on=True)
        self._later(RING_ON_MS, lambda: self._set_bell(on=False))
        self._later(RING_PERIOD_MS, self._ring)

    def _unanswered(self) -> None:
        outgoing = self.phase is Phase.RINGING_OUT
        self._release("busy")
        if outgoing:
            self.fail("busy")

    def _clear(self) -> None:
        style = self._disconnect
        self._enter(Phase.CLEARING, "busy" if style is Disconnect.BUSY_TONE else None)
        if style is Disconnect.REVERSAL:
            self._reverse(on=not self._reversed)
        elif style is Disconnect.BATTERY_DROP:
            self._port.set_battery(False)
            self._later(self.service.battery_drop_ms, lambda: self._port.set_battery(True))

    def _release(self, tone: str) -> None:
        """Back to idle; tell the party that is still there."""
        party, self._party = self._party, None
        self._enter(Phase.IDLE)
        self._reverse(on=False)
        if party is not None:
            party.line_released(tone)

    def _enter(self, phase: Phase, tone: str | None = None) -> None:
        self._set_bell(on=False)
        if self.phase is Phase.CLEARING and self._disconnect is Disconnect.BATTERY_DROP and self.in_service:
            self._port.set_battery(True)
        self.phase = phase
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        self._sound = None if tone is None else ToneLoop(cadence(CADENCES[tone]), self._world.now_sample)

    def _later(self, ms: int, do: Callable[[], object]) -> None:
        self._timers.append(self._world.after(ms, do))

    def _play(self, sound: _Clip) -> None:
        self._sound = sound

    def _set_bell(self, *, on: bool) -> None:
        if on is not self._bell:
            self._bell = on
            self._port.set_ringing(on)

    def _reverse(self, *, on: bool) -> None:
        if on is not self._reversed:
            self._reversed = on
            self._port.set_reversed(on)

    def _date(self) -> str:
        now = datetime.fromtimestamp(self._world.utc_ms / 1000, UTC) + timedelta(minutes=CHINA_OFFSET_MIN)
        return now.strftime("%m%d%H%M")
