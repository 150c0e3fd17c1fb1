"""The agent machine, row by row, and under any order of events."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.acd import agent as a
from engine.kernel.errors import UnexpectedEvent
from engine.kernel.fsm import Expired, Machine, Start

NOW = 9_000
LIMITS = a.OfferLimits(ring_timeout_s=12.0, wrap_up_s=40.0, miss_pause_s=3.0, misses_most=2)
HASTY = a.OfferLimits(ring_timeout_s=12.0, wrap_up_s=0.0, miss_pause_s=0.0, misses_most=2)
OUT = a.LoggedOut()
READY = a.Ready("P", 100)
COOLING = a.Ready("P", 100, 1, cooling=True)
BREAK = a.NotReady("P", frozenset({"break"}))
FRESH = a.NotReady("P", frozenset({"login"}))
OFFERED = a.Offered("P", "c1", "service", 100, 0, LIMITS)
TALKING = a.Talking("P", "c1", "service", 40.0)
WRAP_UP = a.WrapUp("P", "service")
OWN_READY = a.OwnCall("P", "c2", a.Ready("P", 100, 1, cooling=True))
OWN_BREAK = a.OwnCall("P", "c2", BREAK)
AGAIN = a.Ready("P", NOW)
TOLD, TOLD_AND_FREE = (a.Announce(),), (a.Announce(), a.Rematch())
MISSED = a.OfferMissed("c1", "service")


def not_ready(*reasons: str) -> a.NotReady:
    return a.NotReady("P", frozenset(reasons))


ROWS: list[tuple[object, object, object, tuple[object, ...]]] = [
    (OUT, a.Login("P", True, NOW), AGAIN, TOLD_AND_FREE),
    (OUT, a.Login("P", False, NOW), FRESH, TOLD),
    (BREAK, a.Logout(), OUT, TOLD),
    (READY, a.Logout(), OUT, TOLD),
    (WRAP_UP, a.Logout(), OUT, TOLD),
    (TALKING, a.Logout(), a.Talking("P", "c1", "service", 40.0, logout=True), ()),
    (OFFERED, a.Logout(), OUT, (MISSED, *TOLD_AND_FREE)),
    (OWN_BREAK, a.Logout(), a.OwnCall("P", "c2", BREAK, logout=True), ()),
    (a.OwnCall("P", "c2", BREAK, logout=True), a.OwnCallOver(NOW), OUT, TOLD),
    (BREAK, a.BecomeReady(NOW), AGAIN, TOLD_AND_FREE),
    (a.Talking("P", "c1", "service", 40.0, frozenset({"meal"}), logout=True), a.BecomeReady(NOW), TALKING, ()),
    (a.WrapUp("P", "service", frozenset({"meal"})), a.BecomeReady(NOW), AGAIN, TOLD_AND_FREE),
    (OWN_BREAK, a.BecomeReady(NOW), a.OwnCall("P", "c2", AGAIN), ()),
    (READY, a.BecomeNotReady("meal"), not_ready("meal"), TOLD),
    (BREAK, a.BecomeNotReady("meal"), not_ready("break", "meal"), TOLD),
    (FRESH, a.BecomeNotReady("meal"), not_ready("meal"), TOLD),
    (not_ready("missed"), a.BecomeNotReady("meal"), not_ready("meal"), TOLD),
    (OFFERED, a.BecomeNotReady("meal"), not_ready("meal"), (MISSED, *TOLD_AND_FREE)),
    (TALKING, a.BecomeNotReady("meal"), a.Talking("P", "c1", "service", 40.0, frozenset({"meal"})), ()),
    (WRAP_UP, a.BecomeNotReady("meal"), a.WrapUp("P", "service", frozenset({"meal"})), ()),
    (OWN_READY, a.BecomeNotReady("meal"), a.OwnCall("P", "c2", not_ready("meal")), ()),
    (OWN_BREAK, a.BecomeNotReady("meal"), a.OwnCall("P", "c2", not_ready("break", "meal")), ()),
    (a.OwnCall("P", "c2", not_ready("missed")), a.BecomeNotReady("meal"), a.OwnCall("P", "c2", not_ready("meal")), ()),
    (FRESH, a.BecomeNotReady("off_hook"), not_ready("login", "off_hook"), TOLD),
    (a.OwnCall("P", "c2", FRESH), a.BecomeNotReady("handset_down"), a.OwnCall("P", "c2", not_ready("login", "handset_down")), ()),
    (not_ready("off_hook"), a.ReasonOver("off_hook", NOW), AGAIN, TOLD_AND_FREE),
    (not_ready("login", "off_hook"), a.ReasonOver("off_hook", NOW), FRESH, TOLD),
    (BREAK, a.ReasonOver("off_hook", NOW), BREAK, ()),
    (
        a.Talking("P", "c1", "service", 40.0, frozenset({"meal", "off_hook"})),
        a.ReasonOver("off_hook", NOW),
        a.Talking("P", "c1", "service", 40.0, frozenset({"meal"})),
        (),
    ),
    (a.WrapUp("P", "service", frozenset({"off_hook"})), a.ReasonOver("off_hook", NOW), WRAP_UP, ()),
    (a.OwnCall("P", "c2", not_ready("off_hook")), a.ReasonOver("off_hook", NOW), a.OwnCall("P", "c2", AGAIN), ()),
    (a.OwnCall("P", "c2", not_ready("break", "off_hook")), a.ReasonOver("off_hook", NOW), OWN_BREAK, ()),
    (OWN_READY, a.ReasonOver("off_hook", NOW), OWN_READY, ()),
    (READY, a.Offer("c1", "service", LIMITS), OFFERED, (a.Announce(), Start(a.RING_TIME, 12.0))),
    (COOLING, Expired(a.COOL_DOWN, NOW), a.Ready("P", 100, 1), (a.Rematch(),)),
    (OFFERED, a.AnswerOffer(), TALKING, TOLD),
    (OFFERED, Expired(a.RING_TIME, NOW), a.Ready("P", NOW, 1, cooling=True), (Start(a.COOL_DOWN, 3.0), MISSED, *TOLD_AND_FREE)),
    (a.Offered("P", "c1", "service", 100, 0, HASTY), Expired(a.RING_TIME, NOW), a.Ready("P", NOW, 1), (MISSED, *TOLD_AND_FREE)),
    (a.Offered("P", "c1", "service", 100, 1, LIMITS), Expired(a.RING_TIME, NOW), not_ready("missed"), (MISSED, *TOLD_AND_FREE)),
    (a.Offered("P", "c1", "service", 100, 1, LIMITS), a.OfferWithdrawn(), a.Ready("P", 100, 1), TOLD_AND_FREE),
    (TALKING, a.CallOver(NOW), WRAP_UP, (a.Announce(), Start(a.WRAP_UP, 40.0))),
    (a.Talking("P", "c1", "service", 40.0, logout=True), a.CallOver(NOW), OUT, TOLD),
    (a.Talking("P", "c1", "service", 0.0), a.CallOver(NOW), AGAIN, TOLD_AND_FREE),
    (a.Talking("P", "c1", "service", 0.0, frozenset({"meal"})), a.CallOver(NOW), not_ready("meal"), TOLD),
    (
        a.Talking("P", "c1", "service", 40.0, frozenset({"meal"})),
        a.CallOver(NOW),
        a.WrapUp("P", "service", frozenset({"meal"})),
        (a.Announce(), Start(a.WRAP_UP, 40.0)),
    ),
    (WRAP_UP, a.EndWrapUp(NOW), AGAIN, TOLD_AND_FREE),
    (WRAP_UP, Expired(a.WRAP_UP, NOW), AGAIN, TOLD_AND_FREE),
    (a.WrapUp("P", "service", frozenset({"meal"})), Expired(a.WRAP_UP, NOW), not_ready("meal"), TOLD),
    (BREAK, a.OwnCallBegan("c2"), OWN_BREAK, TOLD),
    (COOLING, a.OwnCallBegan("c2"), OWN_READY, TOLD),
    (OWN_READY, a.OwnCallOver(NOW), a.Ready("P", NOW, 1), TOLD_AND_FREE),
    (OWN_BREAK, a.OwnCallOver(NOW), BREAK, TOLD),
    (OWN_READY, a.OwnCallMoved("c3"), a.OwnCall("P", "c3", a.Ready("P", 100, 1, cooling=True)), ()),
]
SAMPLES: dict[object, object] = {type(event): event for _, event, _, _ in ROWS}


@pytest.mark.parametrize(("state", "event", "then", "effects"), ROWS, ids=[f"{type(s).__name__}-{e!r}"[:60] for s, e, _, _ in ROWS])
def test_a_row_does_what_it_should(state: object, event: object, then: object, effects: tuple[object, ...]) -> None:
    """What an agent, a caller or the clock does has exactly these consequences for the agent."""
    machine = Machine(a.TABLE, state)
    assert machine.handle(event) == effects
    assert machine.state == then


def test_no_row_is_untried() -> None:
    """Each row of the agent's table is tried above."""
    tried = {(type(state), event.timer if isinstance(event, Expired) else type(event)) for state, event, _, _ in ROWS}
    assert tried == set(a.TABLE.rows)


@pytest.mark.parametrize(("state", "event"), a.TABLE.ignored, ids=lambda part: part.__name__)
def test_what_is_ignored_changes_nothing(state: type, event: type) -> None:
    """Messages that cross a change of state do no harm."""
    begun = next(s for s, _, _, _ in ROWS if type(s) is state)
    machine = Machine(a.TABLE, begun)
    assert machine.handle(SAMPLES[event]) == ()
    assert machine.state == begun


events = st.one_of(
    st.sampled_from([event for _, event, _, _ in ROWS]),
    st.builds(a.BecomeNotReady, st.sampled_from(["break", "meal"])),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(events, max_size=40))
def test_whatever_happens_an_agent_is_in_one_piece(happened: list[object]) -> None:
    """No order of events leaves an agent not ready for no reason, at no phone, or in a state that nobody was told of."""
    machine = Machine(a.TABLE)
    for event in happened:
        before = type(machine.state)
        try:
            effects = machine.handle(event)
        except UnexpectedEvent:
            assert type(machine.state) is before
            continue
        state = machine.state
        assert (type(state) is before) or a.Announce() in effects
        assert isinstance(state, a.LoggedOut) or state.phone == "P"
        assert not isinstance(state, a.NotReady) or state.reasons
        if isinstance(state, a.Ready) and before is not a.Ready:
            assert a.Rematch() in effects, "whoever becomes ready is looked at for a waiting call"
        for effect in effects:
            assert not isinstance(effect, Start) or effect.timer in machine.timers_now()
