"""Which trunk a call gets: what holds whatever the state of the lines, and the examples that an installer would give."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.calls.trunk_choice import (
    NOTHING_TRIED,
    Circuit,
    Failure,
    GroupNow,
    NoTrunk,
    Obstacle,
    Seizure,
    Tried,
    TrunkNow,
    channels_in_order,
    choose,
    failure_of,
    next_attempt,
)
from engine.settings.trunk_group import TrunkGroupSection
from engine.settings.trunk_groups import GroupTrunk
from engine.telephony.causes import Cause, Release

CONGESTED = Release(Cause.NO_CIRCUIT_AVAILABLE, "congested")
BUSY = Release(Cause.USER_BUSY, "busy")
NO_DIAL_TONE = Release(Cause.NETWORK_OUT_OF_ORDER, "no_dial_tone")


def trunk(name: str, states: str, **more: Any) -> TrunkNow:
    """A channel for each letter: free, busy, dead, doubted."""
    circuits = tuple(Circuit(f"{name}-{i}", state in "fD", state != "d", state == "D") for i, state in enumerate(states, 1))
    return TrunkNow(name, circuits, **more)


def group(name: str, *trunks: TrunkNow, now: dict[str, Any] | None = None, **settings: Any) -> GroupNow:
    """A group with these settings."""
    return GroupNow(TrunkGroupSection(name=name, trunks=tuple(one.name for one in trunks), **settings), trunks, **(now or {}))


def line_of(*chain: GroupNow, tried: Tried = NOTHING_TRIED, emergency: bool = False) -> str:
    found = choose(chain, tried, emergency=emergency)
    return found.line if isinstance(found, Seizure) else found.obstacle.value


# ---- whatever there is ------------------------------------------------------------------------------------------------

states = st.text("fbdD", min_size=1, max_size=6)


@st.composite
def chains(draw: st.DrawFn) -> tuple[GroupNow, ...]:
    """One to three groups with any settings and any state of their channels."""
    made = []
    for number in range(draw(st.integers(1, 3))):
        trunks = [
            trunk(f"g{number}t{i}", draw(states), takes_incoming=draw(st.booleans()), calls_today=draw(st.integers(0, 5)))
            for i in range(draw(st.integers(0, 4)))
        ]
        settings: dict[str, Any] = {
            "choice": draw(st.sampled_from(["order", "round_robin", "least_used"])),
            "overflow_on": draw(st.sampled_from(["busy", "congestion", "any"])),
            "reserved": draw(st.integers(0, 6)),
            "concurrent_most": draw(st.integers(0, 3)),
            "daily_calls_most": draw(st.integers(0, 3)),
            "attempts_most": draw(st.integers(1, 9)),
        }
        now = {
            "calls": draw(st.integers(0, 4)),
            "calls_today": draw(st.integers(0, 4)),
            "last_trunk": draw(st.sampled_from(["", *(one.name for one in trunks)])),
        }
        made.append(group(f"g{number}", *trunks, now=now, **settings))
    return tuple(made)


def circuit_of(chain: tuple[GroupNow, ...], seizure: Seizure) -> tuple[GroupNow, TrunkNow, Circuit]:
    within = next(one for one in chain if one.name == seizure.group)
    of = next(one for one in within.trunks if one.name == seizure.trunk)
    return within, of, next(one for one in of.circuits if one.line == seizure.line)


@given(chains())
def test_no_call_gets_a_line_that_it_must_not_have(chain: tuple[GroupNow, ...]) -> None:
    """Never a line in use, out of service or blocked; never one kept for incoming calls; never beyond a limit."""
    found = choose(chain)
    if isinstance(found, Seizure):
        within, of, circuit = circuit_of(chain, found)
        assert circuit.free
        assert circuit.in_service
        assert within.limit_reached is None
        left = within.free_for_incoming - of.takes_incoming
        assert not of.takes_incoming or left >= within.section.reserved
        assert [name for name, _why in found.passed] == [one.name for one in chain[: chain.index(within)]]
    else:
        assert [name for name, _why in found.passed] == [one.name for one in chain]


@given(chains())
def test_an_emergency_call_is_stopped_by_nothing_but_the_lines(chain: tuple[GroupNow, ...]) -> None:
    """While any line of any of the groups is free, it gets one, whatever the limits say."""
    anything_free = any(circuit.free for one in chain for of in one.trunks for circuit in of.circuits)
    found = choose(chain, emergency=True)
    assert isinstance(found, Seizure) is anything_free
    if isinstance(found, Seizure):
        assert circuit_of(chain, found)[2].free


ENDS = [
    CONGESTED,
    BUSY,
    NO_DIAL_TONE,
    Release(Cause.FACILITY_NOT_SUBSCRIBED, "refused"),
    Release(Cause.CHANNEL_UNACCEPTABLE, "channel_refused"),
]


@given(chains(), st.lists(st.sampled_from(ENDS), min_size=40, max_size=40), st.booleans())
def test_the_attempts_end(chain: tuple[GroupNow, ...], ends: list[Release], emergency: bool) -> None:
    """Whatever each attempt comes to, no line is tried twice, no trunk whose exchange has said no, and not more often than set."""
    most = 30 if emergency else chain[0].section.attempts_most
    seized: list[tuple[Seizure, Release]] = []
    found, tried = choose(chain, emergency=emergency), NOTHING_TRIED
    for release in ends:
        if isinstance(found, NoTrunk):
            break
        assert found.line not in {one.line for one, _end in seized}
        assert found.trunk not in {one.trunk for one, end in seized if failure_of(end) is not Failure.CHANNEL}
        seized.append((found, release))
        found, tried = next_attempt(chain, tried, found, release, emergency=emergency)
    assert isinstance(found, NoTrunk)
    assert len(seized) <= most
    if found.obstacle is Obstacle.ATTEMPTS:
        assert len(seized) == most
    if seized and seized[-1][1] is BUSY:
        assert found.obstacle is Obstacle.FINAL


@given(st.integers(1, 6), st.integers(1, 5))
def test_in_turn_is_fair(count: int, rounds: int) -> None:
    """After whole rounds every trunk has carried as many calls as every other."""
    trunks = tuple(trunk(f"t{i}", "ff") for i in range(count))
    carried: Counter[str] = Counter()
    last = ""
    for _ in range(count * rounds):
        found = choose([group("g", *trunks, choice="round_robin", now={"last_trunk": last})])
        assert isinstance(found, Seizure)
        last = found.trunk
        carried[last] += 1
    assert set(carried.values()) == {rounds}


@given(st.lists(st.tuples(states, st.integers(0, 4)), min_size=1, max_size=5))
def test_least_used_is_least_used(kinds: list[tuple[str, int]]) -> None:
    """No trunk that could have taken the call has a smaller part of its working channels in use, or the same and fewer calls today."""
    trunks = tuple(trunk(f"t{i}", letters, calls_today=calls) for i, (letters, calls) in enumerate(kinds))
    found = choose([group("g", *trunks, choice="least_used")])
    if not isinstance(found, Seizure):
        return
    chosen = next(one for one in trunks if one.name == found.trunk)
    doubted = next(circuit.doubted for circuit in chosen.circuits if circuit.line == found.line)
    for other in trunks:
        if any(circuit.free and circuit.doubted <= doubted for circuit in other.circuits):
            assert (chosen.load, chosen.calls_today) <= (other.load, other.calls_today)


# ---- examples ---------------------------------------------------------------------------------------------------------


def test_in_order_the_first_trunk_with_a_free_channel() -> None:
    """The cheap trunk first, the dear one only when that is full."""
    assert line_of(group("g", trunk("a", "bbf"), trunk("b", "ff"))) == "a-3"
    assert line_of(group("g", trunk("a", "bbd"), trunk("b", "ff"))) == "b-1"


def test_a_line_without_dial_tone_comes_last() -> None:
    """Also behind those of the next trunk; when there is no other it is tried."""
    assert line_of(group("g", trunk("a", "D"), trunk("b", "f"))) == "b-1"
    assert line_of(group("g", trunk("a", "D"), trunk("b", "b"))) == "a-1"


def test_what_is_kept_for_incoming_calls_is_left_free() -> None:
    """Two channels are kept: with two free none goes out, with three one does. A trunk without incoming calls is not counted."""
    assert line_of(group("g", trunk("a", "bff"), reserved=2)) == "reserved"
    assert line_of(group("g", trunk("a", "fff"), reserved=2)) == "a-1"
    assert line_of(group("g", trunk("a", "bff"), trunk("out", "f", takes_incoming=False), reserved=2)) == "out-1"


@pytest.mark.parametrize(
    ("settings", "now", "why"),
    [
        ({"concurrent_most": 2}, {"calls": 2}, "concurrent_calls"),
        ({"daily_calls_most": 100}, {"calls_today": 100}, "daily_calls"),
        ({"daily_talk_most_min": 10}, {"talked_ms": 600_000}, "daily_minutes"),
    ],
)
def test_a_limit_that_is_reached(settings: dict[str, Any], now: dict[str, Any], why: str) -> None:
    """The call goes to the group that this one overflows to, or is refused with the limit; an emergency call is not."""
    full = group("g", trunk("a", "f"), now=now, **settings)
    assert line_of(full) == why
    assert line_of(full, group("h", trunk("b", "f"))) == "b-1"
    assert line_of(full, emergency=True) == "a-1"
    just_under = replace(full, **{name: value - 1 for name, value in now.items()})
    assert line_of(just_under) == "a-1"


def test_why_there_is_no_trunk() -> None:
    """Busy is something else than broken; the first group's reason is told."""
    assert line_of(group("g", trunk("a", "bb"))) == "all_busy"
    assert line_of(group("g", trunk("a", "dd"))) == "out_of_service"
    assert choose([group("g", trunk("a", "b")), group("h", trunk("b", "d"))]) == NoTrunk(
        (("g", Obstacle.ALL_BUSY), ("h", Obstacle.OUT_OF_SERVICE))
    )


def after(release: Release, *chain: GroupNow, first: str = "a-1") -> str:
    """Where a call goes after its attempt on this line ended so."""
    name, _, _ = first.partition("-")
    found, _tried = next_attempt(chain, NOTHING_TRIED, Seizure(chain[0].name, name, first), release)
    return found.line if isinstance(found, Seizure) else found.obstacle.value


def test_another_trunk_after_congestion_another_channel_after_a_refused_channel() -> None:
    """The exchange has no circuit: its other channels lead to the same place. A channel it does not want: the next one will do."""
    both = group("g", trunk("a", "fff"), trunk("b", "f"))
    assert after(CONGESTED, both) == "b-1"
    assert after(Release(Cause.REQUESTED_CIRCUIT_NOT_AVAILABLE, "channel_refused"), both) == "a-2"
    assert after(NO_DIAL_TONE, both) == "a-2"


@pytest.mark.parametrize(
    "cause", [Cause.USER_BUSY, Cause.NO_ANSWER, Cause.NO_USER_RESPONDING, Cause.UNALLOCATED_NUMBER, Cause.CALL_REJECTED]
)
@pytest.mark.parametrize("overflow_on", ["busy", "congestion", "any"])
def test_what_the_called_party_decides_is_final(cause: Cause, overflow_on: str) -> None:
    """Nobody is rung a second time by another trunk because he is busy or does not answer."""
    assert after(Release(cause, "refused"), group("g", trunk("a", "ff"), trunk("b", "f"), overflow_on=overflow_on)) == "final"


def test_each_group_says_which_causes_it_tries_again() -> None:
    """By default no circuit and congestion; a service that this carrier does not give only where it is wanted; on "busy" nothing that was dialled."""
    there = (group("h", trunk("b", "f")),)
    service = Release(Cause.FACILITY_NOT_SUBSCRIBED, "refused")
    assert after(CONGESTED, group("g", trunk("a", "f")), *there) == "b-1"
    assert after(service, group("g", trunk("a", "f")), *there) == "final"
    assert after(service, group("g", trunk("a", "f"), overflow_on="any"), *there) == "b-1"
    assert after(CONGESTED, group("g", trunk("a", "f"), overflow_on="busy"), *there) == "final"
    assert after(NO_DIAL_TONE, group("g", trunk("a", "f"), overflow_on="busy"), *there) == "b-1"


@pytest.mark.parametrize(
    ("release", "kind"),
    [
        (Release(Cause.SWITCHING_CONGESTION, "congestion_tone"), Failure.FINAL),
        (Release(Cause.SWITCHING_CONGESTION, "congested"), Failure.CONGESTION),
        (Release(Cause.NETWORK_OUT_OF_ORDER, "refused"), Failure.CONGESTION),
        (Release(Cause.NETWORK_OUT_OF_ORDER, "d_channel_down"), Failure.CHANNEL),
        (Release(Cause.RECOVERY_ON_TIMER_EXPIRY, "not_dialled"), Failure.CONGESTION),
        (Release(Cause.NO_ROUTE_TO_DESTINATION, "unallocated"), Failure.OTHER),
        (Release(Cause.NORMAL_CALL_CLEARING, "hung_up"), Failure.FINAL),
    ],
)
def test_kinds_of_failure(release: Release, kind: Failure) -> None:
    """A tone that the caller has heard is an end; a silent exchange and a lost line are not."""
    assert failure_of(release) is kind


@pytest.mark.parametrize(
    ("order", "last", "lines"),
    [
        ("descending", "", "321"),
        ("ascending", "t-1", "123"),
        ("round", "", "123"),
        ("round", "t-1", "231"),
        ("round", "t-3", "123"),
        ("round", "elsewhere", "123"),
    ],
)
def test_channels_are_tried_in_the_order_that_is_set(order: str, last: str, lines: str) -> None:
    """The channels of a trunk, as the installer wants them."""
    assert channels_in_order(GroupTrunk("t", ("t-1", "t-2", "t-3"), order), last) == tuple(f"t-{place}" for place in lines)
