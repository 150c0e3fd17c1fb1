"""The outgoing trunk groups at work: the shell around ``trunk_choice.py``. It knows the lines, what the groups have carried, and the limits that were told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from engine import facts
from engine.calls.group_usage import LIMIT_ALARM, MS_A_DAY, MS_A_MINUTE, GroupDay, GroupUsage, local_day
from engine.calls.switch import Switch
from engine.calls.trunk_choice import (
    NOTHING_TRIED,
    Circuit,
    GroupNow,
    NoTrunk,
    Obstacle,
    Seizure,
    TrunkNow,
    channels_in_order,
    choose,
    next_attempt,
)
from engine.kernel.bus import Bus, Envelope
from engine.kernel.clock import Clock
from engine.kernel.errors import OurFault
from engine.kernel.text import Text, text
from engine.settings.site import Site
from engine.settings.trunk_group import TrunkGroupSection
from engine.settings.trunk_groups import ALL_TRUNKS, GroupTrunk, TrunkGroup, trunk_groups, usual_group, way_chain, way_group
from engine.telephony.causes import Release

__all__ = ["LIMIT_SENTENCES", "GroupRoute", "GroupState", "TrunkGroups"]

NOT_DIALLABLE = "not_diallable"
BLOCKED = frozenset({"blocked", "far_blocked"})
"""Reasons for which a line is out of service because somebody, here or there, wants it so."""
LIMIT_SENTENCES: Mapping[Obstacle, Text] = {
    Obstacle.CONCURRENT_CALLS: text("Trunk group {group} carries {most} outgoing calls at once, as many as its settings allow."),
    Obstacle.DAILY_CALLS: text("Trunk group {group} has carried {most} outgoing calls today, as many as its settings allow."),
    Obstacle.DAILY_MINUTES: text("Outgoing calls of trunk group {group} have lasted {most} minutes today, as long as its settings allow."),
}
"""What a refused caller and the alarm say."""
SECOND_MS = 1000


@dataclass(frozen=True)
class GroupState:
    """A group at this moment, for people. Each channel is one of ``in_use`` (and what rests after a call), ``free``, ``blocked``, ``out_of_service``;
    of the free ones ``reserved`` are kept for incoming calls. ``calls``: outgoing ones now; ``day`` what it has carried today.
    """

    section: TrunkGroupSection
    channels: int
    in_use: int
    free: int
    reserved: int
    blocked: int
    out_of_service: int
    calls: int
    day: GroupDay
    talked_ms: int
    limit: str


class TrunkGroups:
    """One per appliance. ``usage`` is what the past has carried; subscribe ``hear`` to the facts before the boards start."""

    def __init__(self, bus: Bus, clock: Clock, switch: Switch, site: Site, usage: GroupUsage | None = None) -> None:
        self._bus = bus
        self._clock = clock
        self._switch = switch
        self._usage = usage or GroupUsage()
        self._faults: dict[str, str] = {}
        self._last_lines: dict[str, str] = {}
        """By trunk."""
        self._told: set[tuple[int, str, str]] = set()
        self._site = site
        self._groups = trunk_groups(site)
        self._trunk_of = _trunk_of(self._groups)
        bus.subscribe("trunk groups", self.hear)

    def apply(self, site: Site) -> None:
        """Take another version of the site: the next attempt, also of a call that is being placed, goes by it."""
        self._site = site
        self._groups = trunk_groups(site)
        self._trunk_of = _trunk_of(self._groups)

    def start(self) -> None:
        """Alarms about limits of an earlier day are over; those of today end with the day."""
        today = self._today
        kept = (
            {f"{group}/{limit}" for group, day in self._usage.groups.items() for limit in day.limits} if self._usage.day == today else set()
        )
        for about in [about for about in self._usage.alarms if about not in kept]:
            self._bus.publish(facts.AlarmCleared(alarm=LIMIT_ALARM, about=about))
        if kept:
            self._told = {(today, group, limit) for group, day in self._usage.groups.items() for limit in day.limits}
            self._clear_at_midnight()

    def hear(self, envelope: Envelope) -> None:
        """What becomes of lines and calls."""
        self._usage.apply(envelope)
        match envelope.fact:
            case facts.LineOutOfService(line=line, reason=reason):
                self._faults[line] = reason
            case facts.LineInService(line=line):
                self._faults.pop(line, None)
            case facts.CallPlaced(line=line) | facts.CallLedOutside(line=line) if line:
                self._last_lines[self._trunk_of.get(line, line)] = line
            case facts.CallRerouted(next_line=line):
                self._last_lines[self._trunk_of.get(line, line)] = line

    # ---- routes --------------------------------------------------------------------------------------------------------

    def route(self, number: str, ways: Sequence[str] = ()) -> GroupRoute:
        """The way of a call to ``number`` by groups, or trunks alone, in this order; none: by the group that the dialling codes name."""
        emergency = number in self._site.desk.emergency_numbers
        return GroupRoute(self, tuple(ways) or (usual_group(self._site),), emergency=emergency)

    def chain(self, ways: Sequence[str], *, emergency: bool, carried: str | None = None) -> Sequence[GroupNow]:
        """The groups that a call asks one after the other, as they are now. An emergency call asks all trunks in the end. ``carried``: the group that
        carries this very call already.
        """
        groups = list(way_chain(self._groups, ways))
        if emergency and groups[-1].name != ALL_TRUNKS:
            groups.append(self._groups[ALL_TRUNKS])
        return tuple(self._now(group, carried) for group in groups)

    def section(self, name: str) -> TrunkGroupSection:
        """The settings of a group, or of a trunk alone as one; those of the group of all trunks when there is no such thing any more."""
        return (way_group(self._groups, name) or self._groups[ALL_TRUNKS]).section

    def is_group(self, name: str) -> bool:
        """True for a group of the settings; False for a trunk that a route names alone, and for all trunks."""
        return name != ALL_TRUNKS and name in self._groups

    def tell_limits(self, passed: Sequence[tuple[str, Obstacle]]) -> None:
        """A call could not have these groups: limits that were reached are told once a day."""
        for group, obstacle in passed:
            if obstacle not in LIMIT_SENTENCES or (self._today, group, obstacle.value) in self._told:
                continue
            if not any(day == self._today for day, _group, _limit in self._told):
                self._told.clear()
                self._clear_at_midnight()
            self._told.add((self._today, group, obstacle.value))
            said = limit_said(self.section(group), obstacle)
            most = said.values["most"]
            assert isinstance(most, int)
            self._bus.publish(facts.GroupLimitReached(group=group, limit=obstacle.value, most=most))
            self._bus.publish(facts.AlarmRaised(alarm=LIMIT_ALARM, about=f"{group}/{obstacle.value}", sentence=said.in_english()))

    def _clear_at_midnight(self) -> None:
        local_ms = self._clock.utc_ms() + self._clock.utc_offset_min() * MS_A_MINUTE
        self._clock.call_later((MS_A_DAY - local_ms % MS_A_DAY + SECOND_MS) / 1000, self._day_over)

    def _day_over(self) -> None:
        if any(day == self._today for day, _group, _limit in self._told):
            self._clear_at_midnight()  # the wall clock was set back
            return
        self._told.clear()
        for about in list(self._usage.alarms):
            self._bus.publish(facts.AlarmCleared(alarm=LIMIT_ALARM, about=about))

    # ---- for people ----------------------------------------------------------------------------------------------------

    def states(self) -> Sequence[GroupState]:
        """Every group as it is now, in the order of the site; the one of all trunks last."""
        return tuple(self._state(group) for group in self._groups.values())

    def _state(self, group: TrunkGroup) -> GroupState:
        now = self._now(group, None)
        lines = list(dict.fromkeys(circuit.line for trunk in now.trunks for circuit in trunk.circuits))
        free = [line for line in lines if self._switch.is_free(line)]
        faults = [self._faults[line] for line in lines if line in self._faults and line not in free]
        blocked = sum(fault in BLOCKED for fault in faults)
        day = self._usage.on(group.name, self._today)
        return GroupState(
            section=group.section,
            channels=len(lines),
            in_use=len(lines) - len(free) - len(faults),
            free=len(free),
            reserved=min(group.section.reserved, now.free_for_incoming),
            blocked=blocked,
            out_of_service=len(faults) - blocked,
            calls=now.calls,
            day=day,
            talked_ms=now.talked_ms,
            limit=now.limit_reached or "",
        )

    # ---- how things stand ----------------------------------------------------------------------------------------------

    @property
    def _today(self) -> int:
        return local_day(self._clock.utc_ms(), self._clock.utc_offset_min())

    def _now(self, group: TrunkGroup, carried: str | None) -> GroupNow:
        today, name = self._today, group.name
        last_line = self._usage.last_lines.get(name, "")
        return GroupNow(
            section=group.section,
            trunks=tuple(self._trunk_now(trunk, today) for trunk in group.trunks),
            last_trunk=self._trunk_of.get(last_line, ""),
            calls=self._switch.outgoing_calls(name) - (carried == name),
            calls_today=self._usage.on(name, today).calls,
            talked_ms=self._usage.talked_ms(name, today, self._clock.monotonic_ns()),
        )

    def _trunk_now(self, trunk: GroupTrunk, today: int) -> TrunkNow:
        lines = [line for line in channels_in_order(trunk, self._last_lines.get(trunk.name, "")) if self._switch.has_line(line)]
        circuits = tuple(
            Circuit(line, self._switch.is_free(line), line not in self._faults, self._switch.is_doubted(line)) for line in lines
        )
        return TrunkNow(trunk.name, circuits, trunk.takes_incoming, sum(self._usage.calls_of(line, today) for line in trunk.lines))


class GroupRoute:
    """The way of one call by trunk groups and those that they overflow to. Implements ``Route``."""

    def __init__(self, groups: TrunkGroups, ways: tuple[str, ...], *, emergency: bool) -> None:
        self._groups = groups
        self._ways = ways
        self._name = groups.section(ways[0]).name
        self._emergency = emergency
        self._tried = NOTHING_TRIED
        self._seizure: Seizure | None = None
        self._obstacle = Obstacle.ALL_BUSY
        self._not_diallable = False
        self._over = False
        self.previous_group = ""
        self.exhausted = 0

    @property
    def wanted_group(self) -> str:
        """The group that was asked first."""
        return self._name

    @property
    def group(self) -> str:
        """The group of the present attempt; before the first one, of the call."""
        return self._seizure.group if self._seizure is not None else self._name

    @property
    def caller_number(self) -> str:
        """The group's."""
        return self._groups.section(self.group).caller_number

    @property
    def refused_for(self) -> str:
        """As in ``OutgoingCallRefused``."""
        return NOT_DIALLABLE if self._not_diallable else self._obstacle.value

    @property
    def limited(self) -> bool:
        """A limit of the day is in the way: later today it will be as it is now."""
        return not self._not_diallable and self._obstacle in {Obstacle.DAILY_CALLS, Obstacle.DAILY_MINUTES}

    @property
    def refusal(self) -> Text:
        """Why there was no line."""
        section = self._groups.section(self._name)
        if self._obstacle in LIMIT_SENTENCES:
            return limit_said(section, self._obstacle)
        if self._obstacle is Obstacle.RESERVED:
            return text("What is free in trunk group {group} is kept for incoming calls.", group=section.name)
        if self._obstacle is Obstacle.OUT_OF_SERVICE and self._groups.is_group(section.name):
            return text("No line of trunk group {group} is in service.", group=section.name)
        if self._obstacle is Obstacle.OUT_OF_SERVICE and section.name != ALL_TRUNKS:
            return text("Trunk {trunk} is out of service.", trunk=section.name)
        return text("No exchange line is free.")

    def first(self) -> str:
        """The line of the first attempt."""
        if self._seizure is not None:
            raise OurFault("a route begins once")
        return self._taken(choose(self._groups.chain(self._ways, emergency=self._emergency), emergency=self._emergency))

    def next(self, release: Release) -> str:
        """The line after the present attempt ended so."""
        if self._seizure is None or self._over:
            self.exhausted = 0
            return ""
        self._not_diallable = release.reason == NOT_DIALLABLE
        self.previous_group = self.group
        chain = self._groups.chain(self._ways, emergency=self._emergency, carried=self.group)
        found, self._tried = next_attempt(chain, self._tried, self._seizure, release, emergency=self._emergency)
        return self._taken(found)

    def moved(self, line: str) -> None:
        """The exchange's choice of a channel."""
        if self._seizure is not None:
            self._seizure = replace(self._seizure, line=line)

    def _taken(self, found: Seizure | NoTrunk) -> str:
        if found.passed:
            self._groups.tell_limits(found.passed)
        if isinstance(found, Seizure):
            self._seizure = found
            return found.line
        self._obstacle, self._over = found.obstacle, True
        self.exhausted = self._tried.attempts if found.obstacle is Obstacle.ATTEMPTS else 0
        return ""


def limit_said(section: TrunkGroupSection, obstacle: Obstacle) -> Text:
    """A limit that is reached, in words."""
    most = {
        Obstacle.CONCURRENT_CALLS: section.concurrent_most,
        Obstacle.DAILY_CALLS: section.daily_calls_most,
        Obstacle.DAILY_MINUTES: section.daily_talk_most_min,
    }[obstacle]
    return Text(LIMIT_SENTENCES[obstacle].msgid, {"group": section.name, "most": most})


def _trunk_of(groups: Mapping[str, TrunkGroup]) -> Mapping[str, str]:
    return {line: trunk.name for group in groups.values() for trunk in group.trunks for line in trunk.lines}
