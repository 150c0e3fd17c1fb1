"""The line side of a digital span: what is plugged in, what the line does wrong, and how the card makes alarms of it.

    what is wrong     after      alarm
    LOS, LFA, LMFA    2500 ms    RED, with the detail
    BLUE (AIS)        2500 ms    BLUE
    YELLOW (RAI)       500 ms    YELLOW
    nothing more      at once    RECOVER for 5000 ms when RED or BLUE ended, then none

Times are a typical card's (AT&T TR 54016 asks for 2.5 s). While a span is in RED or BLUE, or recovers, it sends RAI: its far end is in
yellow alarm.

A line without plug has no signal. Two spans are joined by ``plug_into``; a span plugged into itself is a loop plug. ``impose`` makes
faults, ``count`` errors.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from boards.dahdi.abi import Alarm, LineConfigBit
from hwsim.agenda import Agenda, Deadline

if TYPE_CHECKING:
    from hwsim.span_card import CardSpan

__all__ = ["CARRIER_ALARMS", "RAISED_AFTER_MS", "RECOVERED_AFTER_MS", "SpanLine"]

RAISED_AFTER_MS: Mapping[Alarm, int] = MappingProxyType(
    {Alarm.LOS: 2500, Alarm.LFA: 2500, Alarm.LMFA: 2500, Alarm.BLUE: 2500, Alarm.YELLOW: 500}
)
RECOVERED_AFTER_MS = 5000
DETAILS = Alarm.LOS | Alarm.LFA | Alarm.LMFA
CARRIER_ALARMS = Alarm.RED | Alarm.BLUE | DETAILS
CODINGS = LineConfigBit.AMI | LineConfigBit.HDB3 | LineConfigBit.B8ZS
FRAMINGS = LineConfigBit.D4 | LineConfigBit.ESF
MULTIFRAMES = LineConfigBit.CCS | LineConfigBit.CRC4


class SpanLine:
    """A span's line. The span is told of its alarms whenever they change."""

    def __init__(self, agenda: Agenda, span: CardSpan) -> None:
        self.span = span
        self.far: SpanLine | None = None
        self.running = False
        self.line_config = 0
        self.alarms = Alarm.NONE
        self._imposed = Alarm.NONE
        self._simulated = Alarm.NONE
        self._local_loop = False
        self._confirmed = Alarm.NONE
        self._timers: dict[Alarm, Deadline] = {}
        for defect in RAISED_AFTER_MS:
            self._timers[defect] = agenda.deadline(self._confirming(defect))
        self._recovering = agenda.deadline(self._tell)

    def _confirming(self, defect: Alarm) -> Callable[[], None]:
        def confirm() -> None:
            self._confirmed |= defect
            self._tell()

        return confirm

    # ---- the world's side ----

    def plug_into(self, other: SpanLine) -> None:
        """Join two lines, or make a loop of one. What was plugged in before is unplugged."""
        self.unplug()
        other.unplug()
        self.far, other.far = other, self
        self.look()
        other.look()

    def unplug(self) -> None:
        """Nothing is plugged in: neither this line nor its far end has a signal."""
        far, self.far = self.far, None
        if far is not None:
            far.far = None
            far.look()
        self.look()

    def impose(self, defects: Alarm) -> None:
        """What is wrong with the signal that comes (LOS, LFA, LMFA, BLUE, YELLOW), besides what follows from the plug; NONE: nothing."""
        self._imposed = defects
        self.look()

    def count(self, **errors: int) -> None:
        """Add errors to the counters, by the names of SPANSTAT: ``bpvcount=3``."""
        for name, more in errors.items():
            setattr(self.span.counters, name, getattr(self.span.counters, name) + more)

    # ---- the card's side ----

    def set_running(self, running: bool) -> None:
        """The span was started up or shut down: it sends and looks at what comes, or does neither."""
        self.running = running
        if not running:
            for timer in (*self._timers.values(), self._recovering):
                timer.stop()
            self._confirmed = self.alarms = Alarm.NONE
        self.look()
        self._look_at_far()

    def set_line_config(self, line_config: int) -> None:
        """SPANCONFIG."""
        self.line_config = line_config
        self.look()
        self._look_at_far()

    def loop_locally(self, on: bool) -> None:
        """The span receives what it sends; what comes from the line is not looked at."""
        self._local_loop = on
        self.look()

    def simulate_alarm(self, on: bool) -> None:
        """MAINT ALARM_SIM: as if there were no signal."""
        self._simulated = Alarm.LOS if on else Alarm.NONE
        self.look()

    @property
    def source(self) -> SpanLine | None:
        """Whose octets are received; None: nobody's."""
        if self._local_loop:
            return self
        if self.far is None or not self.far.running or self._imposed & (Alarm.LOS | Alarm.BLUE):
            return None
        return self.far

    @property
    def sends_yellow(self) -> bool:
        """It tells its far end that it does not hear it."""
        return bool(self.alarms & (CARRIER_ALARMS | Alarm.RECOVER))

    @property
    def defects(self) -> Alarm:
        """What is wrong with what comes now."""
        if self._local_loop:
            return self._simulated
        far = self.far
        if far is None or not far.running:
            return Alarm.LOS | self._imposed | self._simulated
        found = self._imposed | self._simulated
        if (self.line_config ^ far.line_config) & (CODINGS | FRAMINGS):
            found |= Alarm.LFA
        elif (self.line_config ^ far.line_config) & MULTIFRAMES:
            found |= Alarm.LMFA
        return found | Alarm.YELLOW if far.sends_yellow and not found & DETAILS else found

    def look(self) -> None:
        """See what comes: begin to wait, give up waiting, end an alarm."""
        if not self.running:
            return
        defects = self.defects
        for defect, timer in self._timers.items():
            if not defects & defect:
                timer.stop()
                self._confirmed &= ~defect
            elif not self._confirmed & defect and not timer.running:
                timer.start(RAISED_AFTER_MS[defect])
        self._tell()

    def _tell(self) -> None:
        alarms = self._confirmed
        if alarms & DETAILS:
            alarms |= Alarm.RED
        if self.alarms & CARRIER_ALARMS and not alarms & CARRIER_ALARMS:
            self._recovering.start(RECOVERED_AFTER_MS)
        if self._recovering.running:
            alarms |= Alarm.RECOVER
        if alarms != self.alarms:
            self.alarms = alarms
            self.span.line_alarmed(alarms)
            self._look_at_far()

    def _look_at_far(self) -> None:
        if self.far is not None and self.far is not self:
            self.far.look()
