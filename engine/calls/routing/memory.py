"""What routing remembers of the past, folded from facts: switches, listed numbers, and what each phone has called today. Pure.

The same fold runs while the appliance does and over the journal at a start, so a restart forgets no limit.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from engine import facts
from engine.calls.routing.decision import DayUse
from engine.kernel.bus import Envelope

__all__ = ["BUDGET_ALARM", "LIMIT_ALARM", "LISTED_MOST", "REQUESTS_MOST", "ListingRequest", "RoutingMemory", "local_moment"]

LIMIT_ALARM = "toll.limit"
"""Key of the alarm that a phone has reached a daily limit of its class; about the phone."""
BUDGET_ALARM = "cost.budget"
"""Key of the alarm that the month's money of an extension, agent or account code is nearly used or used up; about ``extension:801/warning`` or ``…/used``."""
ALARMS_MOST = 1000
"""Alarms of one key that are remembered: more than a box has phones."""
REQUESTS_MOST = 500
"""Requests for a list that wait; the oldest is forgotten then."""
LISTED_MOST = 100_000
"""Numbers on one list beside those of the settings."""
CALLS_MOST = 2048
"""Calls outside under way: more than a box has channels."""
MS_A_S = 1000


def local_moment(utc_ms: int, utc_offset_min: int) -> datetime:
    """The site's local time."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=utc_ms, minutes=utc_offset_min)).replace(tzinfo=None)


@dataclass(frozen=True)
class ListingRequest:
    """A number that somebody wants on a list."""

    request: str
    number: str
    list: str
    reason: str
    by: str
    utc_ms: int


@dataclass
class _Use:
    day: str
    calls: int = 0
    talk_ms: int = 0


@dataclass
class _Open:
    phone: str
    answered_utc_ms: int = 0


@dataclass
class RoutingMemory:
    """The fold. ``switched``: time conditions whose switch is not at rest; ``listed``: numbers by list; ``requests`` that wait for a decision;
    ``alarms`` that are on, by key and by what each is about, with their sentences as written.
    """

    switched: dict[str, str] = field(default_factory=dict)
    listed: dict[str, frozenset[str]] = field(default_factory=dict)
    requests: dict[str, ListingRequest] = field(default_factory=dict)
    alarms: dict[str, dict[str, str]] = field(default_factory=lambda: {LIMIT_ALARM: {}, BUDGET_ALARM: {}})
    _use: dict[str, _Use] = field(default_factory=dict)
    _open: dict[str, _Open] = field(default_factory=dict)

    def apply(self, envelope: Envelope) -> None:
        """Take in the next fact."""
        fact = envelope.fact
        match fact:
            case facts.TimeConditionSwitched(position="auto"):
                self.switched.pop(fact.condition, None)
            case facts.TimeConditionSwitched():
                self.switched[fact.condition] = fact.position
            case facts.NumberListingRequested():
                self._requested(fact, envelope.utc_ms)
            case facts.NumberListingDecided():
                self._decided(fact)
            case facts.CallPlaced() if fact.line:
                self._placed(fact.call, fact.phone, envelope)
            case facts.CallLedOutside():
                self._placed(fact.call, fact.by, envelope)
            case facts.CallAnswered() if fact.call in self._open:
                self._open[fact.call].answered_utc_ms = envelope.utc_ms
            case facts.CallEnded() if fact.call in self._open:
                self._ended(fact.call, envelope)
            case facts.AlarmRaised(alarm=alarm) if alarm in self.alarms and len(self.alarms[alarm]) < ALARMS_MOST:
                self.alarms[alarm][fact.about] = fact.said
            case facts.AlarmCleared(alarm=alarm) if alarm in self.alarms:
                self.alarms[alarm].pop(fact.about, None)

    def today(self, day: date) -> dict[str, DayUse]:
        """What each phone has called on this day."""
        wanted = day.isoformat()
        return {phone: DayUse(use.calls, use.talk_ms / MS_A_S) for phone, use in self._use.items() if use.day == wanted}

    def _requested(self, fact: facts.NumberListingRequested, utc_ms: int) -> None:
        while len(self.requests) >= REQUESTS_MOST:
            del self.requests[next(iter(self.requests))]
        self.requests[fact.request] = ListingRequest(fact.request, fact.number, fact.list, fact.reason, fact.by, utc_ms)

    def _decided(self, fact: facts.NumberListingDecided) -> None:
        self.requests.pop(fact.request, None)
        numbers = self.listed.get(fact.list, frozenset())
        if fact.approved and len(numbers) < LISTED_MOST:
            self.listed[fact.list] = numbers | {fact.number}

    def _placed(self, call: str, phone: str, envelope: Envelope) -> None:
        while len(self._open) >= CALLS_MOST:
            del self._open[next(iter(self._open))]
        self._open[call] = _Open(phone)
        self._of(phone, envelope).calls += 1

    def _ended(self, call: str, envelope: Envelope) -> None:
        ended = self._open.pop(call)
        if ended.answered_utc_ms:
            self._of(ended.phone, envelope).talk_ms += max(0, envelope.utc_ms - ended.answered_utc_ms)

    def _of(self, phone: str, envelope: Envelope) -> _Use:
        """The phone's use of the day on which this happens."""
        day = local_moment(envelope.utc_ms, envelope.utc_offset_min).date().isoformat()
        use = self._use.get(phone)
        if use is None or use.day != day:
            use = self._use[phone] = _Use(day)
        return use

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {
            "switched": self.switched,
            "listed": {name: sorted(numbers) for name, numbers in self.listed.items()},
            "requests": [vars(one) for one in self.requests.values()],
            "alarms": self.alarms,
            "use": {phone: vars(use) for phone, use in self._use.items()},
            "open": {call: vars(one) for call, one in self._open.items()},
        }

    @classmethod
    def from_json(cls, row: dict[str, Any]) -> RoutingMemory:
        """Back from ``to_json``. Raises ValueError, KeyError, TypeError or AttributeError for anything else."""
        return cls(
            switched={str(name): str(position) for name, position in row["switched"].items()},
            listed={str(name): frozenset(map(str, numbers)) for name, numbers in row["listed"].items()},
            requests={str(one["request"]): ListingRequest(**one) for one in row["requests"]},
            alarms={str(alarm): {str(about): str(said) for about, said in on.items()} for alarm, on in row["alarms"].items()},
            _use={str(phone): _Use(**use) for phone, use in row["use"].items()},
            _open={str(call): _Open(**one) for call, one in row["open"].items()},
        )
