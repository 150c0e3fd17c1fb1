"""Alarms about limits of calls outside: raised once while they hold, and over when the day or month is, or when somebody raises the limit."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from engine import facts
from engine.calls.group_usage import MS_A_DAY, MS_A_MINUTE
from engine.kernel.bus import Bus
from engine.kernel.clock import Clock, Timer
from engine.kernel.text import Text, text_read, text_written

__all__ = ["Holds", "LimitAlarms"]

SECOND_MS = 1000
Holds = Callable[[str, Mapping[str, object]], bool]
"""Whether the limit still is reached: what the alarm is about, and the values of its sentence."""


class LimitAlarms:
    """``known``: the alarms that are on, by key and by what each is about, with their sentences as written; a fold over the journal keeps it.
    ``holds``: for each key of an alarm, who knows whether its limit still is reached.
    """

    def __init__(self, bus: Bus, clock: Clock, known: Mapping[str, Mapping[str, str]], holds: Mapping[str, Holds]) -> None:
        self._bus = bus
        self._clock = clock
        self._known = known
        self._holds = holds
        self._midnight: Timer | None = None

    def tell(self, alarm: str, about: str, said: Text) -> None:
        """A limit is reached. Nothing when that is told already."""
        if about not in self._known.get(alarm, {}):
            self._bus.publish(facts.AlarmRaised(alarm=alarm, about=about, sentence=said.in_english(), said=text_written(said)))
        self._wake_at_midnight()

    def look(self) -> None:
        """Clear what does not hold any more: at a start, at midnight, and when the settings have changed."""
        for alarm, holds in self._holds.items():
            for about, written in list(self._known.get(alarm, {}).items()):
                said = text_read(written)
                if said is None or not holds(about, said.values):
                    self._bus.publish(facts.AlarmCleared(alarm=alarm, about=about))
        if any(self._known.get(alarm) for alarm in self._holds):
            self._wake_at_midnight()

    def _wake_at_midnight(self) -> None:
        if self._midnight is None:
            local_ms = self._clock.utc_ms() + self._clock.utc_offset_min() * MS_A_MINUTE
            self._midnight = self._clock.call_later((MS_A_DAY - local_ms % MS_A_DAY + SECOND_MS) / 1000, self._day_over)

    def _day_over(self) -> None:
        self._midnight = None
        self.look()
