"""Interactions: what belongs together from the first ring to the end of the last call."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.calls import interaction as i
from engine.calls.interactions import CALLS_REMEMBERED, Interactions
from engine.facts import InteractionBegan, InteractionEnded
from engine.kernel.bus import Bus, Envelope
from engine.kernel.errors import OurFault, UnexpectedEvent
from engine.kernel.fsm import Machine
from engine.kernel.ids import Ids
from engine.telephony.causes import Cause, Release
from tests.fakes import FakeClock

HUNG_UP = Release(Cause.NORMAL_CALL_CLEARING, "hung_up")
NO_ANSWER = Release(Cause.NO_ANSWER, "no_answer")


class Told:
    """Interactions on a bus, and what was told."""

    def __init__(self) -> None:
        self.heard: list[Envelope] = []
        bus = Bus(FakeClock(), "b1", 1, lambda: 0, lambda _name, _envelope, error: pytest.fail(repr(error)))
        bus.subscribe("test", self.heard.append)
        self.interactions = Interactions(bus, Ids("b1"))

    @property
    def facts(self) -> list[object]:
        return [envelope.fact for envelope in self.heard]


def ended(interaction: str, release: Release, calls: int, by: str = "caller") -> InteractionEnded:
    """The end that is told."""
    return InteractionEnded(interaction=interaction, cause=release.value, reason=release.reason, released_by=by, calls=calls)


def test_a_call_by_itself_is_an_interaction() -> None:
    """Every call has an interaction, which begins before it and ends after it with its cause."""
    told = Told()
    name = told.interactions.begin("b1-c1")
    assert list(told.interactions.open) == [name] == ["b1-i1"]
    told.interactions.end(name, HUNG_UP, "caller")
    assert told.facts == [InteractionBegan(interaction="b1-i1", call="b1-c1"), ended("b1-i1", HUNG_UP, 1)]
    assert {envelope.interaction for envelope in told.heard} == {"b1-i1"}
    assert len(told.interactions.open) == 0


def test_the_last_call_ends_the_interaction() -> None:
    """A customer who is passed on stays one contact: it ends when the last of its calls does, with that call's cause."""
    told = Told()
    name = told.interactions.begin("b1-c1")
    assert told.interactions.begin("b1-c2", name) == name
    told.interactions.end(name, NO_ANSWER, "system")
    assert told.facts[1:] == []
    told.interactions.end(name, HUNG_UP, "agent")
    assert told.facts[1:] == [ended(name, HUNG_UP, 2, "agent")]


def test_a_promised_call_keeps_it_open() -> None:
    """Who is called back when the busy extension is free is still in the same contact."""
    told = Told()
    name = told.interactions.begin("b1-c1")
    told.interactions.wait_for(name)
    told.interactions.end(name, NO_ANSWER, "caller")
    assert told.interactions.open == (name,)
    assert told.interactions.begin("b1-c2", name) == name
    told.interactions.waited(name, HUNG_UP)
    told.interactions.end(name, HUNG_UP, "caller")
    assert told.facts[1:] == [ended(name, HUNG_UP, 2)]


def test_a_promise_that_is_not_kept_ends_it() -> None:
    """A call-back that never comes does not leave a contact open for ever; told twice, it still ends once."""
    told = Told()
    name = told.interactions.begin("b1-c1")
    told.interactions.wait_for(name)
    told.interactions.end(name, HUNG_UP, "caller")
    told.interactions.waited(name, NO_ANSWER)
    told.interactions.waited(name, NO_ANSWER)
    assert told.facts[1:] == [ended(name, NO_ANSWER, 1, "system")]


def test_a_contact_that_is_over_is_not_begun_again() -> None:
    """A call that comes too late for its contact has one of its own."""
    told = Told()
    name = told.interactions.begin("b1-c1")
    told.interactions.end(name, HUNG_UP, "caller")
    assert told.interactions.begin("b1-c2", name) == "b1-i2"


def test_an_end_too_many_is_our_fault() -> None:
    """A call cannot end an interaction twice."""
    told = Told()
    name = told.interactions.begin("b1-c1")
    told.interactions.end(name, HUNG_UP, "caller")
    with pytest.raises(OurFault, match="b1-i1 is over"):
        told.interactions.end(name, HUNG_UP, "caller")
    with pytest.raises(UnexpectedEvent):
        Machine(i.TABLE).handle(i.CallIsOver(HUNG_UP, "caller"))


def test_what_follows_a_call_still_knows_its_interaction() -> None:
    """The agent's work after the call belongs to it; of calls long ago nothing is kept in memory."""
    told = Told()
    name = told.interactions.begin("b1-c1")
    told.interactions.end(name, HUNG_UP, "caller")
    assert told.interactions.of("b1-c1") == name
    for number in range(2, CALLS_REMEMBERED + 2):
        told.interactions.end(told.interactions.begin(f"b1-c{number}"), HUNG_UP, "caller")
    assert told.interactions.of("b1-c1") == "b1-c1"


@given(st.lists(st.integers(0, 3), max_size=40))
@settings(max_examples=100, deadline=None)
def test_one_beginning_one_end_whatever_comes(acts: list[int]) -> None:
    """Calls and promises in any order: a contact begins once, ends once, and only when nothing of it is left."""
    machine, calls, awaited = Machine(i.TABLE), 0, 0
    told: list[object] = []
    for act in (0, *acts):
        if act == 0:
            calls += 1
            told += machine.handle(i.CallBegins("c"))
        elif act == 1 and calls:
            calls -= 1
            told += machine.handle(i.CallIsOver(HUNG_UP, "caller"))
        elif act == 2:
            awaited += 1
            told += machine.handle(i.Awaited())
        elif act == 3 and awaited:
            awaited -= 1
            told += machine.handle(i.NoMoreAwaited(NO_ANSWER))
        assert (machine.state == i.Over()) == (calls == awaited == 0)
        if machine.state == i.Over():
            break
    assert [type(effect) for effect in told] == [i.TellBegan, i.TellEnded][: 2 if machine.state == i.Over() else 1]
