"""What the outgoing trunk groups have carried today: a fold over the facts, so that limits outlast a restart.

A day is a day of the site's local time. A call counts in each group that carried it, once; its conversation counts on the day on which it was answered, for
the group that carried it in the end. Of calls that a power cut ended only that time counts of which the journal knows.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from engine import facts
from engine.kernel.bus import Envelope

__all__ = ["LIMIT_ALARM", "GroupDay", "GroupUsage", "local_day"]

LIMIT_ALARM = "trunk-group-limit"
"""Key of the alarm that a group has reached a limit; about ``group/limit``."""
MOVED = "moved"
"""The exchange chose another channel for an attempt: that is no other attempt."""
NS_A_MS = 1_000_000
MS_A_MINUTE = 60_000
MS_A_DAY = 86_400_000
GROUPS_MOST = 1000
"""Groups remembered; a site has a handful, and groups that were renamed are forgotten first."""


def local_day(utc_ms: int, utc_offset_min: int) -> int:
    """The number of the day (since 1970-01-01) on which this moment lies for people who are so far ahead of UTC."""
    return (utc_ms + utc_offset_min * MS_A_MINUTE) // MS_A_DAY


@dataclass
class GroupDay:
    """One group on one day. ``refused``: calls that it could not take and no other group took; ``overflowed``: those that another one took;
    ``exhausted``: given up after the most attempts.
    """

    calls: int = 0
    talked_ms: int = 0
    refused: int = 0
    overflowed: int = 0
    exhausted: int = 0
    limits: list[str] = field(default_factory=list)
    """The limits that were reached, and told."""


@dataclass
class _Open:
    """An outgoing call: the groups that carried it, in their order. ``answered_ns`` on the monotonic clock, −1 before the answer; ``answered_day`` likewise."""

    groups: list[str]
    answered_ns: int = -1
    answered_day: int = -1

    @property
    def group(self) -> str:
        """The one that carries it now."""
        return self.groups[-1]


@dataclass
class GroupUsage:
    """The fold. ``lines``: today's calls by line; ``last_lines``: the newest line by group; ``alarms``: those that are on, by what they are about."""

    day: int = 0
    groups: dict[str, GroupDay] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    last_lines: dict[str, str] = field(default_factory=dict)
    alarms: list[str] = field(default_factory=list)
    open: dict[str, _Open] = field(default_factory=dict)
    newest_ns: int = 0

    def on(self, group: str, day: int) -> GroupDay:
        """What the group has carried on this day; nothing when the newest fact is of another one."""
        return self.groups.get(group, GroupDay()) if day == self.day else GroupDay()

    def calls_of(self, line: str, day: int) -> int:
        """How many calls went out by a line on this day."""
        return self.lines.get(line, 0) if day == self.day else 0

    def talked_ms(self, group: str, day: int, now_ns: int) -> int:
        """How long the calls answered on this day have lasted, those that last included."""
        lasting = [call for call in self.open.values() if call.group == group and call.answered_ns >= 0 and call.answered_day == day]
        return self.on(group, day).talked_ms + sum(max(0, now_ns - call.answered_ns) for call in lasting) // NS_A_MS

    def apply(self, envelope: Envelope) -> None:
        """Take in the next fact."""
        day = local_day(envelope.utc_ms, envelope.utc_offset_min)
        match envelope.fact:
            case facts.CallPlaced(call=call, line=line, group=group, wanted_group=wanted) if line:
                self._placed(day, call, line, group)
                if wanted:
                    self._of(day, wanted).overflowed += 1
            case facts.CallLedOutside(call=call, line=line, group=group):
                self._placed(day, call, line, group)
            case facts.CallRerouted(call=call, next_line=line, next_group=group, reason=reason) if reason != MOVED:
                self._rerouted(day, call, line, group)
            case facts.CallAnswered(call=call) if call in self.open and self.open[call].answered_ns < 0:
                self.open[call].answered_ns, self.open[call].answered_day = envelope.monotonic_ns, day
            case facts.CallEnded(call=call):
                self._ended(day, call, envelope.monotonic_ns)
            case facts.ApplianceStarted():  # the clock of the run before has ended
                for call in list(self.open):
                    self._ended(day, call, self.newest_ns)
            case _:
                self._told(day, envelope.fact)
        self.newest_ns = envelope.monotonic_ns

    def _told(self, day: int, fact: object) -> None:
        match fact:
            case facts.OutgoingCallRefused(group=group):
                self._of(day, group).refused += 1
            case facts.AttemptsExhausted(group=group):
                self._of(day, group).exhausted += 1
            case facts.GroupLimitReached(group=group, limit=limit):
                self._of(day, group).limits.append(limit)
            case facts.AlarmRaised(alarm=alarm, about=about) if alarm == LIMIT_ALARM and about not in self.alarms:
                self.alarms.append(about)
            case facts.AlarmCleared(alarm=alarm, about=about) if alarm == LIMIT_ALARM and about in self.alarms:
                self.alarms.remove(about)

    def _of(self, day: int, group: str) -> GroupDay:
        if day != self.day:
            self.day, self.groups, self.lines = day, {}, {}
        return self.groups.setdefault(group, GroupDay()) if len(self.groups) < GROUPS_MOST else self.groups.get(group, GroupDay())

    def _carries(self, day: int, line: str, group: str) -> None:
        self._of(day, group)
        self.lines[line] = self.lines.get(line, 0) + 1
        self.last_lines.pop(group, None)
        self.last_lines[group] = line
        if len(self.last_lines) > GROUPS_MOST:
            del self.last_lines[next(iter(self.last_lines))]

    def _placed(self, day: int, call: str, line: str, group: str) -> None:
        self._carries(day, line, group)
        self._of(day, group).calls += 1
        self.open[call] = _Open([group])

    def _rerouted(self, day: int, call: str, line: str, group: str) -> None:
        self._carries(day, line, group)
        known = self.open.get(call)
        if known is not None and known.group != group:
            self._of(day, known.group).overflowed += 1
            self._of(day, group).calls += group not in known.groups
            known.groups = [*(one for one in known.groups if one != group), group]

    def _ended(self, day: int, call: str, now_ns: int) -> None:
        known = self.open.pop(call, None)
        if known is not None and known.answered_ns >= 0 and known.answered_day == day:
            self._of(day, known.group).talked_ms += max(0, now_ns - known.answered_ns) // NS_A_MS

    # ---- for a checkpoint ------------------------------------------------------------------------------------------

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, row: dict[str, Any]) -> GroupUsage:
        """Back from ``to_json``. Raises ValueError, KeyError, TypeError or AttributeError for anything else."""
        return cls(
            day=int(row["day"]),
            groups={str(name): GroupDay(**day) for name, day in row["groups"].items()},
            lines={str(line): int(calls) for line, calls in row["lines"].items()},
            last_lines={str(group): str(line) for group, line in row["last_lines"].items()},
            alarms=[str(about) for about in row["alarms"]],
            open={str(call): _Open(**known) for call, known in row["open"].items()},
            newest_ns=int(row["newest_ns"]),
        )
