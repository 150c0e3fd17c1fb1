"""What the lines do not confirm is ended: no agent is stuck, no caller lost, whatever breaks."""

from __future__ import annotations

from typing import Any

import pytest

from engine import facts
from engine.acd import agent as a
from engine.acd.lease import Truth, judge
from engine.calls import call as c
from engine.kernel.fsm import Machine
from engine.kernel.runner import Runner
from tests.floor import Floor, Room, a_site
from tests.unit.engine.acd.test_acd import offers, outcomes, queued, state

LIMITS = a.OfferLimits(20.0, a.WrapUpRule(30.0), 5.0, 2)
OFFERED = a.Offered("P", "c1", "service", 0, 0, LIMITS)
TALKING = a.Talking("P", "c1", "service", a.WrapUpRule(30.0))
OWN = a.OwnCall("P", "c2", a.Ready("P", 0))
QUIET, DEAD = Truth(in_service=True), Truth(in_service=False)


@pytest.mark.parametrize(
    ("said", "truth", "mended"),
    [
        (OFFERED, Truth(True, rings_for="c1"), None),
        (OFFERED, QUIET, a.LeaseLost(7)),
        (OFFERED, Truth(True, rings_for="c9"), a.LeaseLost(7)),
        (OFFERED, Truth(True, talks_in=("c1",)), a.AnswerOffer()),
        (a.Reserved("P", "c1", "service", 0, 0, LIMITS), Truth(True, talks_in=("c1",)), a.AnswerOffer()),
        (a.Reserved("P", "c1", "service", 0, 0, LIMITS), QUIET, None),
        (TALKING, Truth(True, talks_in=("c3", "c1")), None),
        (TALKING, QUIET, a.LeaseLost(7)),
        (OWN, Truth(True, talks_in=("c2",)), None),
        (OWN, QUIET, a.LeaseLost(7)),
        (a.Ready("P", 0), QUIET, None),
        (a.Ready("P", 0), Truth(True, talks_in=("c4",)), a.OwnCallBegan("c4")),
        (a.NotReady("P", frozenset({"meal"})), Truth(True, talks_in=("c4",)), a.OwnCallBegan("c4")),
        (a.Ready("P", 0), DEAD, a.BecomeNotReady("line_fault")),
        (a.NotReady("P", frozenset({"line_fault"})), QUIET, a.ReasonOver("line_fault", 7)),
        (a.NotReady("P", frozenset({"line_fault"})), DEAD, None),
        (a.WrapUp("P", "c1", "service", a.WrapUpRule(30.0), 9), QUIET, None),
        (a.LoggedOut(), QUIET, None),
    ],
)
def test_the_line_is_right(said: object, truth: Truth, mended: object) -> None:
    """A state that the phone confirms stays; any other is brought to what the phone does."""
    assert judge(said, truth, 7) == mended


def test_a_phone_that_says_yes_and_does_not_ring_costs_two_seconds(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    """The caller is back at the old place, and is offered to the next agent; the fault is counted against the phone."""
    floor.login("1001", "1002")
    forgotten: dict[str, str] = {}
    monkeypatch.setattr(floor.switch._bells, "ring", lambda call, phone, _kind: forgotten.update({call.id: phone.name}))
    call, _ = queued(floor, 1)
    floor.clock.advance(0.9)
    monkeypatch.undo()
    floor.clock.advance(1.2)
    assert [(offer.agent, offer.outcome) for offer in floor.told(facts.OfferEnded)] == [("1001", "phone_fault")]
    assert offers(floor) == ["1001", "1002"]
    assert floor.phone(2).ringing
    assert floor.acd.place(call.id) == 1
    floor.line(1).hang_up()
    floor.clock.advance(60)
    assert state(floor, "1001") == "ready"


class Broken:
    """A runner whose machines of one name raise at one event, once: our own fault at the worst moment."""

    def __init__(self, floor: Floor, actor: str, event: type) -> None:
        self.armed = True
        turn = Runner._turn

        def turned(runner: Runner, machine: Any, happened: object) -> None:
            if self.armed and machine.name == actor and type(happened) is event:
                self.armed = False
                return
            turn(runner, machine, happened)

        floor.runner._turn = turned.__get__(floor.runner)  # type: ignore[method-assign]


AGENT_EVENTS = [a.Reserve, a.Confirm, a.RingBegan, a.AnswerOffer, a.CallOver, a.OfferWithdrawn]
CALL_EVENTS = [c.Ring, c.StopRing]


@pytest.mark.parametrize("event", [*AGENT_EVENTS, *CALL_EVENTS], ids=lambda event: event.__name__)
@pytest.mark.parametrize("story", ["answered", "missed", "given_up"])
def test_a_lost_event_strands_nobody(event: type, story: str) -> None:
    """Whichever message of a call's way to an agent is lost once: two seconds later each agent is what the phone does, and no caller is lost."""
    floor = Floor(a_site(wrap_up_s=1.0, misses_until_not_ready=9))
    floor.login("1001", "1002")
    floor.answer_nobody()
    call = floor.calling(1)
    broken = Broken(floor, "agent 1001" if event in AGENT_EVENTS else call.id, event)
    call.post(c.Answer())
    room = Room(call, lambda: call.post(c.Join()))
    floor.acd.enter(call, "service", room)
    floor.clock.advance(3)
    if story == "answered":
        ringing = next((number for number in (1, 2) if floor.phone(number).ringing), None)
        assert ringing is not None, "the caller rings somewhere"
        floor.phone(ringing).lift()
        floor.clock.advance(2)
        floor.line(1).hang_up()
        floor.clock.advance(0.1)
        floor.phone(ringing).hang_up()
    elif story == "missed":
        floor.clock.advance(30)
        floor.line(1).hang_up()
    else:
        floor.line(1).hang_up()
    floor.clock.advance(2.1)
    confirmed(floor)
    assert len(outcomes(floor)) == 1
    assert len([told for told in room.told if not told.startswith("answered")]) == 1
    floor.clock.advance(60)
    assert [floor.agent(number).state for number in ("1001", "1002") if type(floor.agent(number).state) is not a.Ready] == []
    floor.answer_nobody()
    broken.armed = False
    before = len(offers(floor))
    queued(floor, 2)
    assert len(offers(floor)) == before + 1, "and the next caller is served"


def confirmed(floor: Floor) -> None:
    """No agent's state says anything that the phone does not."""
    for agent in floor.acd.crew:
        phone = floor.switch.phones.get(agent.phone)
        if isinstance(agent.state, a.Reserved):
            assert phone is not None
            assert phone.rung_by is not None
        if isinstance(agent.state, a.Talking | a.OwnCall):
            assert phone is not None
            assert phone.call is not None


def test_a_call_that_vanishes_ends_its_stay(floor: Floor) -> None:
    """A caller whose call is gone without a word does not stand in the queue for ever."""
    call, room = queued(floor, 1)
    del floor.switch.calls[call.id]
    floor.login("1001")
    floor.clock.advance(2)
    assert outcomes(floor) == [("failed", "")]
    assert room.told == ["failed"]
    assert floor.acd.waiting("service") == []


def test_a_dead_line_takes_its_agent_out_and_brings_him_back(floor: Floor) -> None:
    """The board shows why no calls come, the caller goes to the next agent at once, and when the line works again the agent is ready."""
    floor.login("1001", "1002")
    call, _ = queued(floor, 1)
    assert floor.phone(1).ringing
    floor.phone(1).die("card_removed")
    assert (state(floor, "1001"), floor.agent("1001").state) == ("not_ready", a.NotReady("phone-1", frozenset({"line_fault"})))
    assert floor.phone(2).ringing
    assert floor.acd.place(call.id) == 1
    floor.phone(1).revive()
    assert state(floor, "1001") == "ready"


def test_nobody_there_nothing_is_looked_at(floor: Floor) -> None:
    """A box at night does not wake every second."""
    floor.login("1001")
    floor.acd.post("1001", a.Logout())
    floor.clock.advance(2)
    assert floor.clock.waiting == 0


def test_the_machines_own_fault_does_not_spread(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row that raises is a bug that is told; the agent is put right by the phone."""
    floor.login("1001")
    queued(floor, 1)
    handle = Machine.handle

    def broken(machine: Machine, event: object) -> tuple[object, ...]:
        if type(event) is a.AnswerOffer:
            monkeypatch.setattr(Machine, "handle", handle)
            raise ValueError("injected")
        return handle(machine, event)

    monkeypatch.setattr(Machine, "handle", broken)
    floor.phone(1).lift()
    assert state(floor, "1001") == "offered"
    floor.clock.advance(2)
    assert state(floor, "1001") == "talking"
    assert floor.bugs == ["agent 1001: ValueError('injected')"]
    floor.bugs.clear()
