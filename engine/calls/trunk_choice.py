"""Which trunk an outgoing call gets, and whether it is tried again when an attempt failed: the policy, pure.

The shell (``trunk_groups.py``) says how things stand at this moment: each trunk with its channels, each group with what it carries and has carried
today. ``choose`` gives the line to seize, or what is in the way in each group that was asked; ``next_attempt`` does so after an attempt has failed.

Three kinds of failure are tried again. *Channel*: the line gave the call back, or failed; another channel may serve, also one of the same trunk.
*Congestion*: the exchange has no circuit, or is not able to switch; its other channels lead to the same place, so another trunk is taken. *Other*: it
does not give the service, or does not understand; likewise. Each group says which kinds it tries again. What the called party decided, a number
that nobody has, and what the caller has heard already as a tone of the exchange are final.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from engine.settings.trunk_group import TrunkGroupSection
from engine.settings.trunk_groups import GroupTrunk
from engine.telephony.causes import Cause, Release
from engine.telephony.q850 import CauseClass, meaning_of

__all__ = [
    "NOTHING_TRIED",
    "Circuit",
    "Failure",
    "GroupNow",
    "NoTrunk",
    "Obstacle",
    "Seizure",
    "Tried",
    "TrunkNow",
    "channels_in_order",
    "choose",
    "failure_of",
    "next_attempt",
]

MS_A_MINUTE = 60_000
EMERGENCY_ATTEMPTS_MOST = 30
GIVEN_BACK = frozenset({"no_dial_tone", "collision", "lines_busy", "glare", "not_acknowledged", "channel_refused", "not_diallable"})
"""Reasons for which a line gives a call back before anybody has dialled anything for it."""
LOST = frozenset({"line_failed", "d_channel_down", "alarm", "restarted"})
"""Reasons for which a line is gone."""
HEARD = "_tone"
"""How the names of tones end by which an analog line's call was found to be over: the caller has heard them."""
CHANNEL_CAUSES = frozenset({Cause.CHANNEL_UNACCEPTABLE, Cause.REQUESTED_CIRCUIT_NOT_AVAILABLE, Cause.CHANNEL_DOES_NOT_EXIST})
SWITCHING_CAUSES = frozenset({Cause.EXCHANGE_ROUTING_ERROR, Cause.RECOVERY_ON_TIMER_EXPIRY})
"""Beside the class "resource unavailable": the exchange leads astray, or says nothing any more."""


class Failure(StrEnum):
    """What kind of failure an attempt met; see above."""

    CHANNEL = "channel"
    CONGESTION = "congestion"
    OTHER = "other"
    FINAL = "final"


TRIED_AGAIN = {
    "busy": frozenset({Failure.CHANNEL}),
    "congestion": frozenset({Failure.CHANNEL, Failure.CONGESTION}),
    "any": frozenset({Failure.CHANNEL, Failure.CONGESTION, Failure.OTHER}),
}
"""By ``overflow_on``."""


class Obstacle(StrEnum):
    """What keeps a group from taking a call. ``FINAL`` and ``ATTEMPTS``: after an attempt that failed."""

    ALL_BUSY = "all_busy"
    RESERVED = "reserved"
    OUT_OF_SERVICE = "out_of_service"
    CONCURRENT_CALLS = "concurrent_calls"
    DAILY_CALLS = "daily_calls"
    DAILY_MINUTES = "daily_minutes"
    FINAL = "final"
    ATTEMPTS = "attempts"


@dataclass(frozen=True)
class Circuit:
    """A channel at this moment. ``doubted``: it gave no dial tone the last time, and comes last."""

    line: str
    free: bool
    in_service: bool = True
    doubted: bool = False


@dataclass(frozen=True)
class TrunkNow:
    """A trunk at this moment; its circuits in the order in which its own settings want them."""

    name: str
    circuits: tuple[Circuit, ...]
    takes_incoming: bool = True
    calls_today: int = 0

    @property
    def load(self) -> float:
        """The part of its working channels that is in use, 0…1; one that does not work at all is full."""
        working = [circuit for circuit in self.circuits if circuit.in_service]
        return sum(not circuit.free for circuit in working) / len(working) if working else 1.0


@dataclass(frozen=True)
class GroupNow:
    """A group at this moment. ``calls``: the outgoing ones that it carries, but for the one that is to be placed; ``last_trunk``: by which the newest
    call went. ``talked_ms``: how long today's outgoing calls have lasted so far.
    """

    section: TrunkGroupSection
    trunks: tuple[TrunkNow, ...]
    last_trunk: str = ""
    calls: int = 0
    calls_today: int = 0
    talked_ms: int = 0

    @property
    def name(self) -> str:
        """Its name; empty: the one of all trunks."""
        return self.section.name

    @property
    def free_for_incoming(self) -> int:
        """Free channels by which a caller could come in."""
        return sum(circuit.free for trunk in self.trunks if trunk.takes_incoming for circuit in trunk.circuits)

    @property
    def limit_reached(self) -> Obstacle | None:
        """The limit that lets no other call begin; None: there is none."""
        section = self.section
        if 0 < section.concurrent_most <= self.calls:
            return Obstacle.CONCURRENT_CALLS
        if 0 < section.daily_calls_most <= self.calls_today:
            return Obstacle.DAILY_CALLS
        if 0 < section.daily_talk_most_min * MS_A_MINUTE <= self.talked_ms:
            return Obstacle.DAILY_MINUTES
        return None


@dataclass(frozen=True)
class Seizure:
    """The line to seize. ``passed``: the groups that could not take the call, and why."""

    group: str
    trunk: str
    line: str
    passed: tuple[tuple[str, Obstacle], ...] = ()


@dataclass(frozen=True)
class NoTrunk:
    """No trunk takes the call. ``passed``: every group that was asked, and what is in the way there; the first one's is ``obstacle``."""

    passed: tuple[tuple[str, Obstacle], ...]

    @property
    def obstacle(self) -> Obstacle:
        """What to tell."""
        return self.passed[0][1] if self.passed else Obstacle.ALL_BUSY


@dataclass(frozen=True)
class Tried:
    """What has been tried for one call: lines and whole trunks that are not to be tried again, groups that carried it, attempts."""

    lines: frozenset[str] = frozenset()
    trunks: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    attempts: int = 0

    def failed(self, seizure: Seizure, failure: Failure) -> Tried:
        """After this attempt."""
        trunks = self.trunks if failure is Failure.CHANNEL else self.trunks | {seizure.trunk}
        return Tried(self.lines | {seizure.line}, trunks, self.groups | {seizure.group}, self.attempts + 1)


NOTHING_TRIED = Tried()


def choose(chain: Sequence[GroupNow], tried: Tried = NOTHING_TRIED, *, emergency: bool = False) -> Seizure | NoTrunk:
    """The line for a call that asks for the first group of ``chain``; the others are those that it overflows to, in turn.

    An emergency call meets no limit, and may have what is kept for incoming calls. A group that carries the call already is not asked for its limits again.
    """
    passed: list[tuple[str, Obstacle]] = []
    for group in chain:
        limit = None if emergency or group.name in tried.groups else group.limit_reached
        found = limit or _picked(group, tried, emergency=emergency)
        if isinstance(found, Seizure):
            return replace(found, passed=tuple(passed))
        passed.append((group.name, found))
    return NoTrunk(tuple(passed))


def next_attempt(
    chain: Sequence[GroupNow], tried: Tried, seizure: Seizure, release: Release, *, emergency: bool = False
) -> tuple[Seizure | NoTrunk, Tried]:
    """The next attempt after one that ended so, or what ends the attempts; and what has been tried now.

    ``FINAL``: this cause is not tried again. ``ATTEMPTS``: there would have been a line, but it has been tried often enough.
    """
    failure = failure_of(release)
    section = next((group.section for group in chain if group.name == seizure.group), TrunkGroupSection(name=seizure.group))
    now = tried.failed(seizure, failure)
    if failure not in TRIED_AGAIN[section.overflow_on]:
        return NoTrunk(((seizure.group, Obstacle.FINAL),)), now
    chosen = choose(chain, now, emergency=emergency)
    most = EMERGENCY_ATTEMPTS_MOST if emergency else chain[0].section.attempts_most if chain else 0
    if isinstance(chosen, Seizure) and now.attempts >= most:
        return NoTrunk(((seizure.group, Obstacle.ATTEMPTS),)), now
    return chosen, now


def failure_of(release: Release) -> Failure:
    """What kind of failure the end of an attempt is."""
    if release.reason in GIVEN_BACK | LOST:
        return Failure.CHANNEL
    meaning = meaning_of(release.cause)
    if release.reason.endswith(HEARD) or not meaning.tries_next_route:
        return Failure.FINAL
    if meaning.cause in CHANNEL_CAUSES:
        return Failure.CHANNEL
    if meaning.cause_class is CauseClass.RESOURCE_UNAVAILABLE or meaning.cause in SWITCHING_CAUSES:
        return Failure.CONGESTION
    return Failure.OTHER


def channels_in_order(trunk: GroupTrunk, last_line: str = "") -> tuple[str, ...]:
    """The channels of a trunk in the order in which its settings want them tried; ``last_line``: the one that it used last."""
    if trunk.order == "descending":
        return trunk.lines[::-1]
    if trunk.order == "ascending" or last_line not in trunk.lines:
        return trunk.lines
    behind = trunk.lines.index(last_line) + 1
    return trunk.lines[behind:] + trunk.lines[:behind]


def _picked(group: GroupNow, tried: Tried, *, emergency: bool) -> Seizure | Obstacle:
    trunks = [trunk for trunk in _in_order(group) if trunk.name not in tried.trunks]
    free = [(trunk, circuit) for trunk in trunks for circuit in trunk.circuits if circuit.free and circuit.line not in tried.lines]
    keeps = not emergency and group.free_for_incoming <= group.section.reserved
    allowed = [(trunk, circuit) for trunk, circuit in free if not (keeps and trunk.takes_incoming and group.section.reserved)]
    if allowed:
        trunk, circuit = min(allowed, key=lambda one: one[1].doubted)  # the first of the best: min keeps the order
        return Seizure(group.name, trunk.name, circuit.line)
    if free:
        return Obstacle.RESERVED
    works = any(circuit.in_service for trunk in group.trunks for circuit in trunk.circuits)
    return Obstacle.ALL_BUSY if works else Obstacle.OUT_OF_SERVICE


def _in_order(group: GroupNow) -> Sequence[TrunkNow]:
    """The group's trunks as its choice wants them tried."""
    trunks = group.trunks
    match group.section.choice:
        case "round_robin":
            behind = next((place + 1 for place, trunk in enumerate(trunks) if trunk.name == group.last_trunk), 0)
            return trunks[behind:] + trunks[:behind]
        case "least_used":
            return sorted(trunks, key=lambda trunk: (trunk.load, trunk.calls_today))
    return trunks
