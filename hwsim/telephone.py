"""The telephone on one of the appliance's ports, and who uses it: handset, R key, dial, bell, display, message lamp."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Sequence
from functools import partial

from engine.kernel.errors import BadInput, Refused
from engine.kernel.text import text
from hwsim.caller_id import CallerIdShown
from hwsim.caller_id_display import Display, Lamp
from hwsim.ears import KEPT_S
from hwsim.hand import STEADY, Hand, contact_moves, dial_breaks
from hwsim.line import NO_IMPAIRMENTS, Impairments, through_line
from hwsim.line_side import PhonePortSide
from hwsim.person import Person
from hwsim.signals import IDLE_BLOCK
from hwsim.world import Act, World

__all__ = ["DeskPhone"]

MOMENTS_MOST = 1_000
PULSE_PAUSE_MS = 700
RINGING_OVER_MS = 6_000
SHOWN_BEFORE_MS = 2_000


class DeskPhone(Person):
    """A telephone on one of the appliance's ports, and who uses it.

    ``caller_id_shown`` is what it displays for the present or last ringing, ``waiting_shown`` who calls during a call; ``ring_bursts_ms``,
    ``battery_drops_ms`` and ``reversals_ms`` are the moments at which those began (the newest 1000). ``hand`` may be changed at any time;
    ``lamp_by`` says what switches the message lamp; ``displays_waiting`` False: an old telephone that knows nothing of a second call.
    """

    def __init__(
        self,
        world: World,
        name: str,
        port: PhonePortSide,
        impairments: Impairments = NO_IMPAIRMENTS,
        kept_s: int = KEPT_S,
        *,
        hand: Hand = STEADY,
        lamp_by: Lamp = Lamp.FSK,
    ) -> None:
        super().__init__(world, name, kept_s)
        self.lifted = False
        self.plugged = True
        self.hand = hand
        self.lamp_by = lamp_by
        self.displays_waiting = True
        self.caller_id_shown: CallerIdShown | None = None
        self.ring_bursts_ms: deque[int] = deque(maxlen=MOMENTS_MOST)
        self.battery_drops_ms: deque[int] = deque(maxlen=MOMENTS_MOST)
        self.reversals_ms: deque[int] = deque(maxlen=MOMENTS_MOST)
        self._port = port
        self._display = Display()
        self._loop_closed = False
        self._loop_acts: list[Act] = []
        self._loop_free_ms = 0
        self._ringing_over = True
        self._reversed = False
        self._lamp_lit = False
        self._shown_at_ms: int | None = None
        seed = world.seed_for()
        self._seed = seed
        self._chance = random.Random(seed)  # noqa: S311  # a clumsy hand, not a secret
        port.ringing_changed = self._ringing_changed
        port.battery_changed = self._battery_changed
        port.polarity_changed = self._polarity_changed
        port.lamp_changed = self._lamp_changed
        port.far_end = through_line(self, impairments, seed)

    @property
    def ringing(self) -> bool:
        """It rings: a burst sounds, or the last one is less than a pause ago and nobody lifted."""
        bursts = self.ring_bursts_ms
        return not self._ringing_over and bool(bursts) and self.world.now_ms - bursts[-1] < RINGING_OVER_MS

    @property
    def dialled_at_ms(self) -> int:
        """When the last loop break asked for is over; a moment that is past when there is none."""
        return self._loop_free_ms

    @property
    def waiting_shown(self) -> CallerIdShown | None:
        """Who calls while it is in a call, or called in the last one."""
        return self._display.waiting_shown

    @property
    def acknowledged(self) -> int:
        """How often it acknowledged an announcement of a second call."""
        return self._display.acknowledged

    @property
    def message_lamp(self) -> bool:
        """The lamp is lit."""
        if self.lamp_by is Lamp.FSK:
            return self._display.lamp
        return self.plugged and (self._lamp_lit if self.lamp_by is Lamp.VOLTAGE else self._reversed)

    # ---- handset and cord ----------------------------------------------------------------------------------------------

    def lift(self) -> None:
        """Lift the handset. Refused when it is up."""
        if self.lifted:
            raise Refused(text("{who} cannot lift: the handset is up already", who=self.name))
        self.world.note(self.name, "lifts")
        self.lifted = True
        self._ringing_over = True
        self._display.forget()
        self._display.waiting_shown = None
        self._move(closed=True)

    def hang_up(self) -> None:
        """Put the handset down. Refused when it is down."""
        if not self.lifted:
            raise Refused(text("{who} cannot hang up: the handset is down already", who=self.name))
        self.world.note(self.name, "hangs up")
        self.lifted = False
        self._display.forget()
        self._forget_loop_acts()
        self.mouth.shut(self.world.now_sample)
        self._move(closed=False)

    def unplug(self) -> None:
        """Pull the cord out of the wall: no bell, no sound, no loop. Refused when it is out."""
        if not self.plugged:
            raise Refused(text("{who} cannot be unplugged: the cord is out already", who=self.name))
        self.world.note(self.name, "is unplugged")
        self.plugged = False
        self._ringing_over = True
        self._display.forget()
        self._forget_loop_acts()
        self._loop(closed=False)

    def plug_in(self) -> None:
        """Put the cord back. A handset that is up closes the loop at once. Refused when it is in."""
        if self.plugged:
            raise Refused(text("{who} cannot be plugged in: the cord is in already", who=self.name))
        self.world.note(self.name, "is plugged in")
        self.plugged = True
        if self.lifted:
            self._move(closed=True)

    def hears_through(self, impairments: Impairments) -> None:
        """Another cable or other disturbances between port and telephone, from now on."""
        self._port.far_end = through_line(self, impairments, self._seed)

    # ---- dial ----------------------------------------------------------------------------------------------------------

    def flash(self, ms: int | None = None) -> None:
        """Press the R key: the loop opens for so long (None: as long as the hand holds it), after what is being dialled. Refused when the
        handset is down.
        """
        self._must_be_up("flash")
        self.world.note(self.name, "flashes")
        self._breaks([(self._chance.randint(*self.hand.flash_ms) if ms is None else ms, 0)])

    def pulse(self, digit: str) -> None:
        """Dial digits by opening the loop (0 is ten). Refused when the handset is down."""
        self._must_be_up("dial")
        if not digit or any(key not in "0123456789" for key in digit):
            raise BadInput(text("{who} cannot dial {keys} by pulses: expected digits", who=self.name, keys=repr(digit)))
        self.world.note(self.name, f"dials {digit} by pulses")
        for key in digit:
            self._breaks(dial_breaks(self.hand, int(key) or 10, self._chance))
            self._loop_free_ms += PULSE_PAUSE_MS

    # ---- sound ---------------------------------------------------------------------------------------------------------

    def exchange(self, heard: bytes) -> bytes:
        """One block each way, asked by the port."""
        if not self.plugged:
            return IDLE_BLOCK
        if not self.lifted:
            self._listen_on_hook(heard)
            return IDLE_BLOCK
        if not self._loop_closed or not self._port.battery:
            return IDLE_BLOCK
        start = self.world.block_start_sample
        own = self._display.hear_off_hook(heard) if self.displays_waiting else None
        self.ear.hear(heard if own is None else IDLE_BLOCK, start)
        spoken = self.speak(start)
        return spoken if own is None else own

    def _listen_on_hook(self, heard: bytes) -> None:
        if self._port.ringing:
            return
        lit = self._display.lamp
        shown = self._display.hear_on_hook(heard)
        if shown is not None:
            self.caller_id_shown, self._shown_at_ms = shown, self.world.now_ms
            self.world.note(self.name, f"shows {shown.number or shown.absence} {shown.name}".rstrip())
        if self._display.lamp is not lit:
            self._note_lamp(Lamp.FSK, lit=not lit)

    # ---- the loop ------------------------------------------------------------------------------------------------------

    def _must_be_up(self, what: str) -> None:
        if not self.lifted:
            raise Refused(text("{who} cannot {what}: the handset is down", who=self.name, what=what))

    def _forget_loop_acts(self) -> None:
        for act in self._loop_acts:
            act.cancel()
        self._loop_acts.clear()
        self._loop_free_ms = 0

    def _breaks(self, breaks: Sequence[tuple[int, int]]) -> None:
        at = max(self.world.now_ms, self._loop_free_ms)
        self._loop_acts = [act for act in self._loop_acts if not act.over]
        for break_ms, make_ms in breaks:
            self._loop_acts.append(self.world.at(at, lambda: self._loop(closed=False)))
            self._loop_acts.append(self.world.at(at + break_ms, lambda: self._loop(closed=True)))
            at += break_ms + make_ms
        self._loop_free_ms = at

    def _move(self, *, closed: bool) -> None:
        """The cradle's contact moves, as the hand lets it."""
        now = self.world.now_ms
        for after_ms, state in contact_moves(self.hand, self._chance, closed=closed):
            if after_ms == 0:
                self._loop(closed=state)
            else:
                self._loop_acts.append(self.world.at(now + after_ms, partial(self._loop, closed=state)))

    def _loop(self, *, closed: bool) -> None:
        self._loop_closed = closed and self.plugged
        self._port.set_loop(self._loop_closed)

    # ---- what the port does --------------------------------------------------------------------------------------------

    def _ringing_changed(self, on: bool) -> None:
        if not on or self.lifted or not self.plugged:
            return
        now = self.world.now_ms
        late = self._ringing_over or not self.ring_bursts_ms or now - self.ring_bursts_ms[-1] >= RINGING_OVER_MS
        if late and not self._shown_before_ringing(now):
            self.caller_id_shown = None
        self._ringing_over = False
        self._display.forget()
        self.ring_bursts_ms.append(now)
        self.world.note(self.name, "rings")

    def _shown_before_ringing(self, now_ms: int) -> bool:
        """Some exchanges tell who calls before the bell rings."""
        return self._shown_at_ms is not None and now_ms - self._shown_at_ms < SHOWN_BEFORE_MS

    def _battery_changed(self, on: bool) -> None:
        if not on and self.plugged:
            self.battery_drops_ms.append(self.world.now_ms)
            self.world.note(self.name, "loses its battery")

    def _polarity_changed(self, reversed_: bool) -> None:
        self._reversed = reversed_
        if self.plugged:
            self.reversals_ms.append(self.world.now_ms)
            self.world.note(self.name, "sees reversed polarity" if reversed_ else "sees normal polarity")

    def _lamp_changed(self, lit: bool) -> None:
        self._lamp_lit = lit
        self._note_lamp(Lamp.VOLTAGE, lit=lit)

    def _note_lamp(self, by: Lamp, *, lit: bool) -> None:
        if by is self.lamp_by:
            self.world.note(self.name, "lights its message lamp" if lit else "puts out its message lamp")
