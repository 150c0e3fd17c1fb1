"""An exchange that takes no caller number of a trunk: the alarm when it has refused several calls in a row for that, and its end.

One refused call may be the called party's matter (call rejected, barred). When call after call of a trunk comes back so before anybody was rung, the number that is
shown is outside the range that the carrier has assigned, or of the wrong type; somebody must change a setting, and no call goes out until then.
"""

from __future__ import annotations

from collections.abc import Callable

from engine import facts
from engine.kernel.bus import Bus, Envelope

__all__ = ["CALLER_ALARM", "CALLER_SENTENCE", "REFUSALS_LEAST", "CallerRefusals"]

CALLER_ALARM = "caller-refused"
CALLER_SENTENCE = (
    "The exchange refuses call after call of trunk {trunk}, probably for the caller number that it shows: set Caller number shown to a number of the range"
    " that the carrier has assigned, and look at type and plan of caller numbers."
)
REFUSALS_LEAST = 3
"""In a row, on one trunk."""
REASON = "caller_refused"


class CallerRefusals:
    """One per appliance. ``trunk_of`` gives the E1 trunk of a line, None for a line of none."""

    def __init__(self, bus: Bus, trunk_of: Callable[[str], str | None]) -> None:
        self._bus = bus
        self._trunk_of = trunk_of
        self._lines: dict[str, str] = {}
        """The line of each call out that is under way: no more than there are lines."""
        self._in_a_row: dict[str, int] = {}
        self._raised: set[str] = set()
        bus.subscribe("caller refusals", self.hear)

    def hear(self, envelope: Envelope) -> None:
        """What becomes of calls."""
        match envelope.fact:
            case facts.CallPlaced(call=call, line=line) if line:
                self._lines[call] = line
            case facts.CallRerouted(call=call, line=line, reason=reason, next_line=next_line):
                self._lines[call] = next_line
                self._failed(line, reason)
            case facts.CallAlerting(call=call) | facts.CallAnswered(call=call) if call in self._lines:
                self._taken(self._lines[call])
            case facts.CallEnded(call=call, reason=reason):
                self._failed(self._lines.pop(call, ""), reason)

    def _failed(self, line: str, reason: str) -> None:
        trunk = self._trunk_of(line) if reason == REASON else None
        if trunk is None:
            return
        self._in_a_row[trunk] = self._in_a_row.get(trunk, 0) + 1
        if self._in_a_row[trunk] >= REFUSALS_LEAST and trunk not in self._raised:
            self._raised.add(trunk)
            self._bus.publish(facts.AlarmRaised(alarm=CALLER_ALARM, about=trunk, sentence=CALLER_SENTENCE.format(trunk=trunk)))

    def _taken(self, line: str) -> None:
        """Somebody was rung: the exchange takes the number."""
        trunk = self._trunk_of(line) if self._in_a_row else None
        if trunk is None:
            return
        self._in_a_row.pop(trunk, None)
        if trunk in self._raised:
            self._raised.discard(trunk)
            self._bus.publish(facts.AlarmCleared(alarm=CALLER_ALARM, about=trunk))
