"""One analog line as the public exchange sees it: feeding, ringing, caller id, tones, digits, and the ways a call ends.

::

    idle ──offer──▶ ringing ──loop closed──▶ talking ──party hangs up──▶ clearing ──loop open──▶ idle
      └──loop closed──▶ dialling ──number──▶ ringing out ──answer──▶ talking
                            └──unknown, busy, late──▶ failed ──loop open──▶ idle

Whenever the loop opens the line is idle again; a party still there hears busy tone. With the flash service a short break in a call
puts the party aside and gives second dial tone for another call; the next flash ends that one and brings the first party back.

A call that *collides* waits unseen until the appliance seizes the line, and is connected in that moment: both wanted the line at once.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Protocol

from hwsim.caller_id_player import Announcement, announcement
from hwsim.key_ear import KeyEar
from hwsim.line_service import CallerIdStyle, Disconnect, LineService
from hwsim.line_side import ExchangePortSide
from hwsim.loop_ear import BREAK_MOST_MS, DIGIT_PAUSE_MS, PulseEar
from hwsim.signals import CADENCES, IDLE_BLOCK, Clip, ToneLoop, cadence, linear_from_alaw
from hwsim.world import Act, World

__all__ = ["CallerIdStyle", "Disconnect", "ExchangeLine", "LineService", "Party", "Phase"]

FIRST_DIGIT_MS = 20_000
NEXT_DIGIT_MS = 3_000
ROUTING_MS = 300
CHINA_OFFSET_MIN = 480
DIGITS_MOST = 32
USUAL_TONE = {"second_dial": "dial"}
"""Tones that sound as another one unless the line has its own."""


class Phase(Enum):
    """Where the line is; see the picture above."""

    IDLE = "idle"
    RINGING = "ringing"
    TALKING = "talking"
    CLEARING = "clearing"
    DIALLING = "dialling"
    RINGING_OUT = "ringing_out"
    FAILED = "failed"


class Party(Protocol):
    """The other side of a call, as a line knows it."""

    def line_connected(self) -> None:
        """Both hear each other from now on."""

    def line_heard(self) -> None:
        """The line is heard, but does not hear the party: the called end has not answered."""

    def line_released(self, tone: str) -> None:
        """The line has left the call; ``tone`` is what the party hears now."""

    def speak(self, start_sample: int) -> bytes:
        """The next 160 octets of the party's voice."""


class ExchangeLine:
    """The exchange's circuit for one port.

    ``route(line, number)`` is asked when a number was dialled and answers with ``ring_out`` or ``fail``; ``complete(number)`` says
    whether a number can be routed without waiting for more digits. ``service`` may be changed at any time and holds from the next
    thing that happens.
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
        self._held: Party | None = None
        self._colliding: Party | None = None
        self._disconnect = service.disconnect
        self._cadence_ms = service.ring_cadence_ms
        self._reversed = False
        self._bell = False
        self._loop_closed = port.loop_closed
        self._opened_ms: int | None = None
        self._sound: ToneLoop | Clip | None = None
        self._keys = KeyEar()
        self._pulses = PulseEar()
        self._timers: list[Act] = []
        self._break_timer: Act | None = None
        self._digit_timer: Act | None = None
        port.loop_changed = self._loop_changed

    @property
    def free(self) -> bool:
        """A call can be offered: in service, idle, loop open, no call waiting to collide."""
        return self.in_service and self.phase is Phase.IDLE and not self._port.loop_closed and self._colliding is None

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

    def heard_by(self, party: Party) -> bytes:
        """What this party hears of the line: nothing while it is put aside."""
        return IDLE_BLOCK if party is self._held else self.heard

    # ---- calls to the appliance ----------------------------------------------------------------------------------------

    def offer(
        self,
        party: Party,
        number: str,
        name: str,
        caller_id: CallerIdStyle,
        absence: str,
        disconnect: Disconnect | None,
        ring_cadence_ms: tuple[int, ...] = (),
    ) -> None:
        """Ring the appliance for this party; without a cadence of its own the call rings as the line does. The line must be free."""
        self._enter(Phase.RINGING)
        self._party = party
        self._disconnect = disconnect or self.service.disconnect
        self._cadence_ms = ring_cadence_ms or self.service.ring_cadence_ms
        told = announcement(caller_id, self.service.caller_id, number, name, self._date(), absence, self._world.seed)
        self._later(self.service.ringing_most_ms, self._unanswered)
        if told is not None and told.before_ring:
            self._tell(told)
            self._later(told.length_ms, self._ring)
            return
        if told is not None:
            self._later(self._long_pause_from_ms(), lambda: self._tell(told))
        self._ring()

    def collide(self, party: Party) -> None:
        """Connect this party in the moment in which the appliance seizes the line. The line must be free."""
        self._colliding = party
        self._disconnect = self.service.disconnect

    def _tell(self, told: Announcement) -> None:
        if told.reverses:
            self._reverse(on=True)
        self._later(told.sound_after_ms, lambda: self._play(Clip(told.sound, self._world.now_sample)))

    def _long_pause_from_ms(self) -> int:
        """When the burst before the longest pause of the cadence ends: there the caller id has its place."""
        pauses = self._cadence_ms[1::2]
        return sum(self._cadence_ms[: 2 * pauses.index(max(pauses)) + 1])

    def _ring(self) -> None:
        self._world.note(self.name, "rings")
        self._reverse(on=False)
        at_ms = 0
        for on_ms, off_ms in zip(self._cadence_ms[::2], self._cadence_ms[1::2], strict=True):
            self._later(at_ms, lambda: self._set_bell(on=True))
            self._later(at_ms + on_ms, lambda: self._set_bell(on=False))
            at_ms += on_ms + off_ms
        self._later(at_ms, self._ring)

    # ---- calls of the appliance ----------------------------------------------------------------------------------------

    def ring_out(self, party: Party) -> None:
        """The called party rings: ringback to the appliance."""
        self._enter(Phase.RINGING_OUT, "ringback")
        self._party = party
        self._disconnect = self.service.disconnect
        self._later(self.service.ringing_most_ms, self._unanswered)

    def answered(self) -> None:
        """The called party answered."""
        self._enter(Phase.TALKING)
        if self.service.reversal_on_answer:
            self._reverse(on=True)

    def fail(self, tone: str) -> None:
        """The call cannot be completed: this tone until the appliance releases."""
        self._enter(Phase.FAILED, tone)

    def _seized(self, tone: str) -> None:
        self.dialled = ""
        self._keys, self._pulses = KeyEar(), PulseEar()
        self._enter(Phase.DIALLING)
        self._later(self.service.dial_tone_after_ms, lambda: self._play(self._tone(tone)))
        self._later(self.service.dial_tone_after_ms + FIRST_DIGIT_MS, lambda: self.fail("busy"))

    def _listen(self, heard: bytes) -> None:
        keys = self._keys.hear(linear_from_alaw(heard))
        if keys:
            self._digits(keys)

    def _digits(self, digits: str) -> None:
        if len(self.dialled) + len(digits) > DIGITS_MOST:
            return
        self.dialled += digits
        self._enter(Phase.DIALLING)
        self._later(ROUTING_MS if self._complete(self.dialled) else NEXT_DIGIT_MS, self._dialled)

    def _dialled(self) -> None:
        self._world.note(self.name, f"dialled {self.dialled}")
        self._route(self, self.dialled)

    # ---- ends ----------------------------------------------------------------------------------------------------------

    def party_gone(self, party: Party) -> None:
        """A party of this line hung up, at any stage."""
        if party is self._held:
            self._held = None
        elif party is self._colliding:
            self._colliding = None
        elif party is self._party:
            self._left_alone()

    def _left_alone(self) -> None:
        self._party = None
        if self.phase is Phase.RINGING:
            self._reverse(on=False)
            self._enter(Phase.IDLE)
        elif self.phase is Phase.RINGING_OUT:
            self.fail("busy")
        elif self.phase is Phase.TALKING:
            self._clear()

    def _unanswered(self) -> None:
        if self.phase is Phase.RINGING_OUT:
            party, self._party = self._party, None
            if party is not None:
                party.line_released("busy")
            self.fail("busy")
        else:
            self._release("busy")

    def _clear(self) -> None:
        style = self._disconnect
        self._enter(Phase.CLEARING, "busy" if style is Disconnect.BUSY_TONE else None)
        if style is Disconnect.REVERSAL:
            self._reverse(on=not self._reversed)
        elif style is Disconnect.BATTERY_DROP:
            self._port.set_battery(False)
            self._later(self.service.battery_drop_ms, lambda: self._port.set_battery(True))

    def _release(self, tone: str) -> None:
        """Back to idle; tell the parties that are still there."""
        parties, self._party, self._held = (self._party, self._held), None, None
        self._enter(Phase.IDLE)
        self._reverse(on=False)
        for party in parties:
            if party is not None:
                party.line_released(tone)

    def cut(self) -> None:
        """The wire breaks: no battery, no call."""
        self.in_service = False
        self._forget_break()
        self._release("busy")
        self._port.set_battery(False)

    def mend(self) -> None:
        """The wire is whole again; a closed loop gets dial tone."""
        self.in_service = True
        self._port.set_battery(True)
        if self._port.loop_closed:
            self._closed()

    # ---- the loop ------------------------------------------------------------------------------------------------------

    def _loop_changed(self, closed: bool) -> None:
        """The port may say the same again; only a change means something."""
        changed, self._loop_closed = closed is not self._loop_closed, closed
        if not changed or not self.in_service:
            return
        if closed:
            self._closed()
        else:
            self._opened()

    def _opened(self) -> None:
        flash = self.service.flash_ms
        flashes = flash is not None and (self.phase is Phase.TALKING or self._held is not None)
        if not flashes and self.phase is not Phase.DIALLING:
            self._release("busy")
            return
        most_ms = flash[1] if flash is not None and flashes else BREAK_MOST_MS
        self._opened_ms = self._world.now_ms
        self._break_timer = self._world.after(most_ms + 1, self._hung_up)

    def _hung_up(self) -> None:
        self._forget_break()
        self._release("busy")

    def _forget_break(self) -> None:
        self._opened_ms = None
        for timer in (self._break_timer, self._digit_timer):
            if timer is not None:
                timer.cancel()

    def _closed(self) -> None:
        if self._opened_ms is not None:
            duration_ms = self._world.now_ms - self._opened_ms
            self._forget_break()
            self._broke(duration_ms)
        elif self.phase is Phase.RINGING and self._party is not None:
            self._enter(Phase.TALKING)
            self._party.line_connected()
        elif self.phase is Phase.IDLE and self._colliding is not None:
            self._world.note(self.name, "seized: a call was just coming")
            self._party, self._colliding = self._colliding, None
            self._enter(Phase.TALKING)
            self._party.line_connected()
        elif self.phase is Phase.IDLE:
            self._world.note(self.name, "seized: dial tone")
            self._seized("dial")

    def _broke(self, duration_ms: int) -> None:
        flash = self.service.flash_ms
        if flash is not None and flash[0] <= duration_ms and (self.phase is Phase.TALKING or self._held is not None):
            self._flashed()
        elif self.phase is Phase.DIALLING:
            if self._pulses.broke(duration_ms):
                self._sound = None
            self._digit_timer = self._world.after(DIGIT_PAUSE_MS, self._pulse_digit)

    def _pulse_digit(self) -> None:
        digit = self._pulses.digit()
        if digit and self.phase is Phase.DIALLING:
            self._digits(digit)

    def _flashed(self) -> None:
        self._world.note(self.name, "flash")
        if self._held is None:
            self._held, self._party = self._party, None
            self._seized("second_dial")
            return
        other, self._party, self._held = self._party, self._held, None
        self._enter(Phase.TALKING)
        if other is not None:
            other.line_released("busy")

    # ---- small things --------------------------------------------------------------------------------------------------

    def _enter(self, phase: Phase, tone: str | None = None) -> None:
        self._set_bell(on=False)
        if self.phase is Phase.CLEARING and self._disconnect is Disconnect.BATTERY_DROP and self.in_service:
            self._port.set_battery(True)
        self.phase = phase
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        self._sound = None if tone is None else self._tone(tone)

    def _tone(self, name: str) -> ToneLoop:
        own = self.service.sounds.get(name)
        period = cadence(CADENCES[USUAL_TONE.get(name, name)]) if own is None else linear_from_alaw(own)
        return ToneLoop(period, self._world.now_sample)

    def _later(self, ms: int, do: Callable[[], object]) -> None:
        if ms:
            self._timers.append(self._world.after(ms, do))
        else:
            do()

    def _play(self, sound: ToneLoop | Clip) -> None:
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
