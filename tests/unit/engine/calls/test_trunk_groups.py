"""Outgoing trunk groups at work: attempts and overflow, limits that are told and outlast a restart, emergency calls, and what people see of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from engine import facts
from engine.calls.group_usage import GroupUsage
from engine.calls.trunk_groups import GroupState, TrunkGroups
from engine.control.control import ActRefused
from engine.control.trunk_group_asking import group_rows
from engine.people.actors import Actor, Role
from engine.settings.trunk_group import TrunkGroupSection
from engine.telephony.causes import Cause, Release
from tests.floor import Floor, a_site

CONGESTED = Cause.NO_CIRCUIT_AVAILABLE
HOUR_S = 3600.0


def two_groups(**first: Any) -> Floor:
    """Group ``main`` of lines 1 and 2 overflows to ``spare`` of line 3; line 4 is in none."""
    main = TrunkGroupSection(name="main", trunks=("line-1", "line-2"), overflow="spare", **first)
    spare = TrunkGroupSection(name="spare", trunks=("line-3",), caller_number="88883333")
    return Floor(replace(a_site(), trunk_groups=(main, spare)))


@pytest.fixture
def made() -> Iterator[list[Floor]]:
    """Floors that a test makes; whatever the house counts as a bug fails it."""
    floors: list[Floor] = []
    yield floors
    assert [bug for floor in floors for bug in floor.bugs] == []


@pytest.fixture
def floor(made: list[Floor]) -> Floor:
    made.append(two_groups())
    return made[-1]


def calls(floor: Floor, phone: int = 1, number: str = "10086") -> str:
    """The phone calls out; the line of the first attempt, or why there is none."""
    if not floor.phone(phone).off_hook:
        floor.phone(phone).lift()
    try:
        floor.control.call_outside(Actor(Role.AGENT, f"phone-{phone}"), f"phone-{phone}", number)
    except ActRefused as refusal:
        return f"{refusal} [{refusal.prompt}]"
    placed = floor.switch.phones[f"phone-{phone}"].call
    assert placed is not None
    return placed.line


def state(floor: Floor, name: str = "main") -> GroupState:
    return next(one for one in floor.groups.states() if one.section.name == name)


def talks(floor: Floor, phone: int, line: int, seconds: float) -> None:
    """A call by this line is answered, and the phone hangs up after so long."""
    floor.line(line).send_digits()
    floor.line(line).far_answers()
    floor.clock.advance(seconds)
    floor.phone(phone).hang_up()
    floor.clock.advance(5)


def test_congestion_is_followed_by_the_next_trunk_and_then_by_the_other_group(floor: Floor) -> None:
    """The caller notices only a wait; the journal tells every attempt with its cause, and that the call overflowed."""
    assert calls(floor) == "line-1"
    floor.line(1).send_digits()
    floor.line(1).hang_up("congested", CONGESTED)
    assert floor.line(2).dialled == "10086"
    assert not floor.bay.hears(floor.phone(1).port, floor.line(1).port)
    floor.line(2).hang_up("congested", CONGESTED)
    assert (floor.line(3).dialled, floor.line(3).presented) == ("10086", "88883333")
    floor.line(3).send_digits()
    floor.line(3).far_answers()
    told = [(fact.line, fact.cause, fact.group, fact.next_line, fact.next_group) for fact in floor.told(facts.CallRerouted)]
    assert told == [("line-1", 34, "main", "line-2", "main"), ("line-2", 34, "main", "line-3", "spare")]
    assert floor.bay.hears(floor.phone(1).port, floor.line(3).port)
    assert [(state(floor, name).day.calls, state(floor, name).day.overflowed) for name in ("main", "spare")] == [(1, 1), (1, 0)]


def test_a_busy_called_party_is_not_rung_again(floor: Floor) -> None:
    """Cause 17 ends the call on the first trunk."""
    calls(floor)
    floor.line(1).send_digits()
    floor.line(1).hang_up("busy", Cause.USER_BUSY)
    assert floor.line(2).dialled == ""
    assert [(fact.cause, fact.reason) for fact in floor.told(facts.CallEnded)] == [(17, "busy")]


def test_an_announcement_of_congestion_is_not_waited_for(floor: Floor) -> None:
    """Where another trunk may carry the call, the caller need not hear out why this one does not; the last announcement is heard."""
    calls(floor)
    floor.line(1).send_digits()
    floor.line(1).far_fails(Release(CONGESTED, "congested"))
    assert floor.line(1).does == "guard"
    assert floor.line(2).dialled == "10086"
    floor.line(3).does = "dead"
    floor.line(2).send_digits()
    floor.line(2).far_fails(Release(CONGESTED, "congested"))
    assert floor.bay.hears(floor.phone(1).port, floor.line(2).port)
    assert [fact.cause for fact in floor.told(facts.CallFails)] == [34]
    floor.line(2).hang_up("congested", CONGESTED)
    assert [fact.cause for fact in floor.told(facts.CallEnded)] == [34]


def test_a_channel_that_the_exchange_chose_is_the_same_attempt(floor: Floor) -> None:
    """It counts once, and is not tried again when it fails."""
    calls(floor)
    floor.line(1).move_to(floor.line(2))
    assert state(floor).day.calls == 1
    floor.line(2).hang_up("channel_refused", Cause.REQUESTED_CIRCUIT_NOT_AVAILABLE)
    told = [(fact.line, fact.next_line, fact.group, fact.next_group) for fact in floor.told(facts.CallRerouted)]
    assert told == [("line-1", "line-2", "main", "main"), ("line-2", "line-1", "main", "main")]


def test_an_agents_own_number_goes_before_the_groups(floor: Floor) -> None:
    """What the called party sees: the agent's or the phone's number, else the group's."""
    floor.phone(1).lift()
    floor.line(1).does = floor.line(2).does = "dead"
    route = floor.groups.route("10086")
    floor.switch.call_outside(floor.switch.phones["phone-1"], "10086", route, "88880801")
    assert floor.line(3).presented == "88880801"


def test_after_the_last_trunk_the_last_cause_is_told(floor: Floor) -> None:
    """The call ends once, with what the last exchange said."""
    calls(floor)
    for line, cause in ((1, CONGESTED), (2, CONGESTED), (3, Cause.SWITCHING_CONGESTION)):
        floor.line(line).hang_up("congested", cause)
    assert [fact.cause for fact in floor.told(facts.CallEnded)] == [42]
    assert floor.told(facts.AttemptsExhausted) == []
    assert floor.switch.calls == {}


def test_a_call_is_not_tried_for_ever(made: list[Floor]) -> None:
    """After the most attempts it is given up, though another line is free; that is told and counted."""
    floor = two_groups(attempts_most=2)
    made.append(floor)
    calls(floor)
    floor.line(1).hang_up("congested", CONGESTED)
    floor.line(2).hang_up("congested", CONGESTED)
    (given_up,) = floor.told(facts.AttemptsExhausted)
    assert (given_up.group, given_up.attempts) == ("main", 2)
    assert floor.line(3).dialled == ""
    assert state(floor).day.exhausted == 1


def test_all_busy_overflows_at_once(floor: Floor) -> None:
    """The call is placed in the other group, and the fact says from which one it overflowed."""
    floor.line(1).does = floor.line(2).does = "dead"
    assert calls(floor) == "line-3"
    (placed,) = floor.told(facts.CallPlaced)
    assert (placed.group, placed.wanted_group) == ("spare", "main")
    assert (state(floor).day.overflowed, state(floor, "spare").day.calls) == (1, 1)


def test_nothing_is_free(floor: Floor) -> None:
    """Line 4 is free but in none of the groups: the phone is told by prompt and sentence, and the refusal counts."""
    for line in (1, 2, 3):
        floor.line(line).does = "dead"
    assert calls(floor) == "No exchange line is free. [lines_busy]"
    (refused,) = floor.told(facts.OutgoingCallRefused)
    assert (refused.called, refused.group, refused.reason) == ("10086", "main", "all_busy")
    assert state(floor).day.refused == 1


def test_a_number_that_no_line_can_dial(floor: Floor) -> None:
    """It is refused for that, not for busy lines."""
    assert calls(floor, number="1" * 33).startswith("Line line-")
    assert [fact.reason for fact in floor.told(facts.OutgoingCallRefused)] == ["not_diallable"]


def test_what_is_kept_for_incoming_calls(made: list[Floor]) -> None:
    """With two free lines of which one is kept, the second call goes to the other group; an emergency call may have the kept line."""
    floor = two_groups(reserved=1)
    made.append(floor)
    assert [calls(floor, 1), calls(floor, 2)] == ["line-1", "line-3"]
    assert calls(floor, 3) == "What is free in trunk group main is kept for incoming calls. [lines_busy]"
    shown = state(floor)
    assert (shown.in_use, shown.free, shown.reserved) == (1, 1, 1)
    assert calls(floor, 4, "110") == "line-2"


def test_calls_at_once(made: list[Floor]) -> None:
    """One call at once is allowed: the next overflows, and another one is refused when the other group is full too. The limit is told once, with an alarm."""
    floor = two_groups(concurrent_most=1)
    made.append(floor)
    assert [calls(floor, 1), calls(floor, 2)] == ["line-1", "line-3"]
    said = "Trunk group main carries 1 outgoing calls at once, as many as its settings allow. [lines_busy]"
    assert [calls(floor, 3), calls(floor, 3)] == [said, said]
    assert floor.told(facts.GroupLimitReached) == [facts.GroupLimitReached(group="main", limit="concurrent_calls", most=1)]
    assert [alarm.about for alarm in floor.told(facts.AlarmRaised)] == ["main/concurrent_calls"]
    assert (state(floor).calls, state(floor).limit) == (1, "concurrent_calls")
    floor.phone(1).hang_up()
    floor.clock.advance(5)
    assert calls(floor, 1) == "line-1"


def test_a_retry_does_not_meet_the_limit_that_the_call_itself_fills(made: list[Floor]) -> None:
    """The one call that is allowed may be tried on the group's other line."""
    floor = two_groups(concurrent_most=1, daily_calls_most=1)
    made.append(floor)
    calls(floor)
    floor.line(1).hang_up("congested", CONGESTED)
    assert floor.line(2).dialled == "10086"
    assert state(floor).day.calls == 1


def test_minutes_of_a_day(made: list[Floor]) -> None:
    """After ten minutes of conversation no further call begins; those that last count as they last, and midnight begins anew, alarm and all."""
    floor = two_groups(daily_talk_most_min=10)
    made.append(floor)
    calls(floor, 1)
    talks(floor, 1, 1, 540)
    assert calls(floor, 1) == "line-1"
    floor.line(1).send_digits()
    floor.line(1).far_answers()
    floor.clock.advance(61)
    floor.line(3).does = "dead"
    assert calls(floor, 2).endswith("have lasted 10 minutes today, as long as its settings allow. [not_allowed_now]")
    assert state(floor).talked_ms == 601_000
    floor.phone(1).hang_up()
    assert floor.told(facts.AlarmCleared) == []
    floor.clock.advance(5 * HOUR_S)
    assert [cleared.about for cleared in floor.told(facts.AlarmCleared)] == ["main/daily_minutes"]
    assert state(floor).day.calls == 0
    assert calls(floor, 2) == "line-1"


def test_an_emergency_call_is_stopped_by_no_limit(made: list[Floor]) -> None:
    """All limits are reached and the groups' lines taken: 110 goes out, in the end by a line of no group at all."""
    floor = two_groups(daily_calls_most=1, concurrent_most=1)
    made.append(floor)
    calls(floor, 1)
    talks(floor, 1, 1, 10)
    assert calls(floor, 1) == "line-3"
    assert calls(floor, 2).endswith("as many as its settings allow. [not_allowed_now]")
    assert calls(floor, 2, "110") == "line-1"
    floor.line(2).does = "dead"
    assert calls(floor, 3, "119") == "line-4"


def restarted(floor: Floor) -> Floor:
    """Another start on the journal of this floor."""
    usage = GroupUsage()
    for envelope in floor.heard:
        usage.apply(envelope)
    again = Floor(floor.site)
    again.clock.set_wall(floor.clock.utc_ms() + 60_000)
    again.groups = TrunkGroups(again.bus, again.clock, again.switch, again.site, GroupUsage.from_json(usage.to_json()))
    again.control._groups = again.groups
    again.bus.publish(facts.ApplianceStarted(version="1", boards=(), after_clean_stop=True))
    again.groups.start()
    return again


def test_a_restart_forgets_no_limit(made: list[Floor]) -> None:
    """What was carried before the restart counts on, a call that the restart ended with the time that it had lasted; the limit is not told twice on a day."""
    floor = two_groups(daily_calls_most=2)
    made.append(floor)
    calls(floor, 1)
    talks(floor, 1, 1, 100)
    calls(floor, 1)
    floor.line(1).send_digits()
    floor.line(1).far_answers()
    floor.clock.advance(50)
    assert calls(floor, 2) == "line-3"
    assert len(floor.told(facts.AlarmRaised)) == 1
    again = restarted(floor)
    made.append(again)
    assert (state(again).day.calls, state(again).talked_ms) == (2, 150_000)
    again.line(3).does = "dead"
    assert calls(again, 1).endswith("[not_allowed_now]")
    assert again.told(facts.GroupLimitReached) == []
    again.clock.advance(5 * HOUR_S)
    assert [cleared.about for cleared in again.told(facts.AlarmCleared)] == ["main/daily_calls"]


def test_an_alarm_of_yesterday_is_over_after_a_restart(made: list[Floor]) -> None:
    """Who starts the box next morning does not find it still on."""
    floor = two_groups(concurrent_most=1)
    made.append(floor)
    calls(floor, 1)
    calls(floor, 2)
    floor.clock.advance(1)
    usage = GroupUsage()
    for envelope in floor.heard:
        usage.apply(envelope)
    again = Floor(floor.site)
    made.append(again)
    again.clock.set_wall(floor.clock.utc_ms() + 24 * 3_600_000)
    TrunkGroups(again.bus, again.clock, again.switch, again.site, usage).start()
    assert [cleared.about for cleared in again.told(facts.AlarmCleared)] == ["main/concurrent_calls"]


def test_in_turn_and_least_used_over_calls(made: list[Floor]) -> None:
    """Call by call: in turn goes round; least used takes the line with the fewest calls today, which the order would not."""
    floor = two_groups(choice="round_robin")
    made.append(floor)
    lines = []
    for _ in range(4):
        lines.append(calls(floor))
        floor.phone(1).hang_up()
        floor.clock.advance(5)
    assert lines == ["line-1", "line-2", "line-1", "line-2"]
    site = replace(floor.site, trunk_groups=(TrunkGroupSection(name="main", trunks=("line-3", "line-1", "line-2"), choice="least_used"),))
    floor.control.apply(site)
    assert calls(floor) == "line-3"


def test_blocked_and_broken_lines_are_counted_apart(floor: Floor) -> None:
    """Whoever looks sees why a group is small; the group of all lines is always there, without a name."""
    floor.line(1).does = floor.line(2).does = "dead"
    floor.bus.publish(facts.LineOutOfService(line="line-1", reason="far_blocked"))
    floor.bus.publish(facts.LineOutOfService(line="line-2", reason="no_battery"))
    rows = {row["group"]: row for row in group_rows(floor.groups)}
    assert list(rows) == ["main", "spare", ""]
    main = rows["main"]
    assert (main["channels"], main["free"], main["in_use"], main["blocked"], main["out_of_service"]) == (2, 0, 0, 1, 1)
    assert (rows[""]["channels"], rows[""]["free"]) == (4, 2)
    floor.line(2).does = "idle"
    floor.bus.publish(facts.LineInService(line="line-2"))
    assert state(floor).free == 1
