"""The agent machine, row by row, and under any order of events."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.acd import agent as a
from engine.kernel.errors import UnexpectedEvent
from engine.kernel.fsm import Expired, Machine, Start

NOW = 9_000
RULE = a.WrapUpRule(40.0, "max", 1, 25.0)
LIMITS = a.OfferLimits(ring_timeout_s=12.0, wrap_up=RULE, miss_pause_s=3.0, misses_most=2)
NO_WRAP_UP = a.WrapUpRule(0.0)
FIXED = a.WrapUpRule(40.0, "fixed")
BY_KEY = a.WrapUpRule(0.0, "until_key")
SKIPPED = a.WrapUpRule(40.0, skipped_by_pause=True)
HASTY = a.OfferLimits(ring_timeout_s=12.0, wrap_up=NO_WRAP_UP, miss_pause_s=0.0, misses_most=2)
OUT = a.LoggedOut()
READY = a.Ready("P", 100)
COOLING = a.Ready("P", 100, 1, cooling=True)
BREAK = a.NotReady("P", frozenset({"break"}))
FRESH = a.NotReady("P", frozenset({"login"}))
RESERVED = a.Reserved("P", "c1", "service", 100, 0, LIMITS)
OFFERED = a.Offered("P", "c1", "service", 100, 0, LIMITS)
TALKING = a.Talking("P", "c1", "service", RULE)
END = NOW + 40_000_000_000
WRAP_UP = a.WrapUp("P", "c1", "service", RULE, END)
FIXED_WRAP_UP = a.WrapUp("P", "c1", "service", FIXED, END)
ENDLESS = a.WrapUp("P", "c1", "service", BY_KEY, 0)
OWN_READY = a.OwnCall("P", "c2", a.Ready("P", 100, 1, cooling=True))
OWN_BREAK = a.OwnCall("P", "c2", BREAK)
AGAIN = a.Ready("P", NOW)
TOLD, TOLD_AND_FREE = (a.Announce(),), (a.Announce(), a.Rematch())


def over(outcome: str) -> a.OfferOver:
    return a.OfferOver("c1", "service", outcome)


def not_ready(*reasons: str) -> a.NotReady:
    return a.NotReady("P", frozenset(reasons))


def wrap_up(*pending: str) -> a.WrapUp:
    return replace(WRAP_UP, pending=frozenset(pending))


def talking(*pending: str, rule: a.WrapUpRule = RULE, logout: bool = False) -> a.Talking:
    return a.Talking("P", "c1", "service", rule, "talking", frozenset(pending), logout)


ROWS: list[tuple[object, object, object, tuple[object, ...]]] = [
    (OUT, a.Login("P", True, NOW), AGAIN, TOLD_AND_FREE),
    (OUT, a.Login("P", False, NOW), FRESH, TOLD),
    (READY, a.Move("Q"), a.Ready("Q", 100), TOLD_AND_FREE),
    (not_ready("break", "off_hook"), a.Move("Q"), a.NotReady("Q", frozenset({"break"})), TOLD),
    (not_ready("phone_fault"), a.Move("Q"), a.NotReady("Q", frozenset({"login"})), TOLD),
    (BREAK, a.Logout(), OUT, TOLD),
    (READY, a.Logout(), OUT, TOLD),
    (WRAP_UP, a.Logout(), OUT, TOLD),
    (TALKING, a.Logout(), talking(logout=True), TOLD),
    (RESERVED, a.Logout(), OUT, (over("forced"), *TOLD_AND_FREE)),
    (OFFERED, a.Logout(), OUT, (over("forced"), *TOLD_AND_FREE)),
    (OWN_BREAK, a.Logout(), a.OwnCall("P", "c2", BREAK, logout=True), TOLD),
    (a.OwnCall("P", "c2", BREAK, logout=True), a.OwnCallOver(NOW), OUT, TOLD),
    (BREAK, a.BecomeReady(NOW), AGAIN, TOLD_AND_FREE),
    (not_ready("break", "line_fault"), a.BecomeReady(NOW), not_ready("line_fault"), TOLD),
    (not_ready("line_fault"), a.BecomeReady(NOW), not_ready("line_fault"), ()),
    (talking("meal", logout=True), a.BecomeReady(NOW), TALKING, TOLD),
    (talking("meal", "line_fault"), a.BecomeReady(NOW), talking("line_fault"), TOLD),
    (wrap_up("meal"), a.BecomeReady(NOW), AGAIN, TOLD_AND_FREE),
    (wrap_up("meal", "off_hook"), a.BecomeReady(NOW), not_ready("off_hook"), TOLD),
    (replace(FIXED_WRAP_UP, pending=frozenset({"meal"})), a.BecomeReady(NOW), FIXED_WRAP_UP, TOLD),
    (OWN_BREAK, a.BecomeReady(NOW), a.OwnCall("P", "c2", AGAIN), TOLD),
    (a.OwnCall("P", "c2", not_ready("off_hook")), a.BecomeReady(NOW), a.OwnCall("P", "c2", not_ready("off_hook")), TOLD),
    (READY, a.BecomeNotReady("meal"), not_ready("meal"), TOLD),
    (BREAK, a.BecomeNotReady("meal"), not_ready("break", "meal"), TOLD),
    (FRESH, a.BecomeNotReady("meal"), not_ready("meal"), TOLD),
    (not_ready("missed"), a.BecomeNotReady("meal"), not_ready("meal"), TOLD),
    (RESERVED, a.BecomeNotReady("phone_fault"), not_ready("phone_fault"), (over("phone_fault"), *TOLD_AND_FREE)),
    (OFFERED, a.BecomeNotReady("meal"), not_ready("meal"), (over("forced"), *TOLD_AND_FREE)),
    (OFFERED, a.BecomeNotReady("line_fault"), not_ready("line_fault"), (over("phone_fault"), *TOLD_AND_FREE)),
    (TALKING, a.BecomeNotReady("meal"), talking("meal"), TOLD),
    (WRAP_UP, a.BecomeNotReady("meal"), wrap_up("meal"), TOLD),
    (OWN_READY, a.BecomeNotReady("meal"), a.OwnCall("P", "c2", not_ready("meal")), TOLD),
    (OWN_BREAK, a.BecomeNotReady("meal"), a.OwnCall("P", "c2", not_ready("break", "meal")), TOLD),
    (a.OwnCall("P", "c2", not_ready("missed")), a.BecomeNotReady("meal"), a.OwnCall("P", "c2", not_ready("meal")), TOLD),
    (FRESH, a.BecomeNotReady("off_hook"), not_ready("login", "off_hook"), TOLD),
    (a.OwnCall("P", "c2", FRESH), a.BecomeNotReady("handset_down"), a.OwnCall("P", "c2", not_ready("login", "handset_down")), TOLD),
    (not_ready("off_hook"), a.ReasonOver("off_hook", NOW), AGAIN, TOLD_AND_FREE),
    (not_ready("login", "off_hook"), a.ReasonOver("off_hook", NOW), FRESH, TOLD),
    (BREAK, a.ReasonOver("off_hook", NOW), BREAK, ()),
    (talking("meal", "off_hook"), a.ReasonOver("off_hook", NOW), talking("meal"), TOLD),
    (TALKING, a.ReasonOver("off_hook", NOW), TALKING, ()),
    (wrap_up("off_hook"), a.ReasonOver("off_hook", NOW), WRAP_UP, TOLD),
    (a.OwnCall("P", "c2", not_ready("off_hook")), a.ReasonOver("off_hook", NOW), a.OwnCall("P", "c2", AGAIN), TOLD),
    (a.OwnCall("P", "c2", not_ready("break", "off_hook")), a.ReasonOver("off_hook", NOW), OWN_BREAK, TOLD),
    (OWN_READY, a.ReasonOver("off_hook", NOW), OWN_READY, ()),
    (READY, a.Reserve("c1", "service", LIMITS), RESERVED, (Start(a.RESERVE), a.RingPhone("c1"))),
    (COOLING, Expired(a.COOL_DOWN, NOW), a.Ready("P", 100, 1), TOLD_AND_FREE),
    (RESERVED, a.Confirm(), RESERVED, (a.LookAtLine("c1"),)),
    (RESERVED, a.RingBegan(), OFFERED, (a.Announce(), Start(a.RING_TIME, 12.0))),
    (
        RESERVED,
        Expired(a.RESERVE, NOW),
        a.Ready("P", NOW, 1, cooling=True),
        (Start(a.COOL_DOWN, 3.0), over("phone_fault"), *TOLD_AND_FREE),
    ),
    (replace(RESERVED, misses=1), a.LeaseLost(NOW), not_ready("phone_fault"), (over("phone_fault"), *TOLD_AND_FREE)),
    (replace(OFFERED, misses=1), a.LeaseLost(NOW), not_ready("phone_fault"), (over("phone_fault"), *TOLD_AND_FREE)),
    (RESERVED, a.AnswerOffer(), TALKING, TOLD),
    (OFFERED, a.AnswerOffer(), TALKING, TOLD),
    (
        OFFERED,
        Expired(a.RING_TIME, NOW),
        a.Ready("P", NOW, 1, cooling=True),
        (Start(a.COOL_DOWN, 3.0), over("no_answer"), *TOLD_AND_FREE),
    ),
    (replace(OFFERED, limits=HASTY), Expired(a.RING_TIME, NOW), a.Ready("P", NOW, 1), (over("no_answer"), *TOLD_AND_FREE)),
    (replace(OFFERED, misses=1), Expired(a.RING_TIME, NOW), not_ready("missed"), (over("no_answer"), *TOLD_AND_FREE)),
    (
        replace(OFFERED, misses=1),
        a.RejectOffer(NOW),
        a.Ready("P", NOW, 1, cooling=True),
        (Start(a.COOL_DOWN, 3.0), over("rejected"), *TOLD_AND_FREE),
    ),
    (replace(RESERVED, misses=1), a.OfferWithdrawn(), a.Ready("P", 100, 1), TOLD_AND_FREE),
    (replace(OFFERED, misses=1), a.OfferWithdrawn(), a.Ready("P", 100, 1), TOLD_AND_FREE),
    (TALKING, a.ModeChanged("hold"), replace(TALKING, mode="hold"), TOLD),
    (TALKING, a.ModeChanged("talking"), TALKING, ()),
    (TALKING, a.CallOver(NOW), WRAP_UP, (a.Announce(), Start(a.WRAP_UP, 40.0))),
    (TALKING, a.LeaseLost(NOW), WRAP_UP, (a.Announce(), Start(a.WRAP_UP, 40.0))),
    (talking(rule=BY_KEY), a.CallOver(NOW), ENDLESS, TOLD),
    (talking(logout=True), a.CallOver(NOW), OUT, TOLD),
    (talking(rule=NO_WRAP_UP), a.CallOver(NOW), AGAIN, TOLD_AND_FREE),
    (talking("meal", rule=NO_WRAP_UP), a.CallOver(NOW), not_ready("meal"), TOLD),
    (talking("meal", rule=SKIPPED), a.CallOver(NOW), not_ready("meal"), TOLD),
    (talking("meal"), a.CallOver(NOW), wrap_up("meal"), (a.Announce(), Start(a.WRAP_UP, 40.0))),
    (WRAP_UP, a.EndWrapUp(NOW), AGAIN, TOLD_AND_FREE),
    (FIXED_WRAP_UP, a.EndWrapUp(NOW), FIXED_WRAP_UP, ()),
    (ENDLESS, a.EndWrapUp(NOW), AGAIN, TOLD_AND_FREE),
    (
        WRAP_UP,
        a.ExtendWrapUp(NOW),
        replace(WRAP_UP, ends_ns=END + 25_000_000_000, extended=1),
        (a.Announce(), Start(a.WRAP_UP, 65.0)),
    ),
    (replace(WRAP_UP, extended=1), a.ExtendWrapUp(NOW), replace(WRAP_UP, extended=1), ()),
    (ENDLESS, a.ExtendWrapUp(NOW), ENDLESS, ()),
    (WRAP_UP, Expired(a.WRAP_UP, NOW), AGAIN, TOLD_AND_FREE),
    (wrap_up("meal"), Expired(a.WRAP_UP, NOW), not_ready("meal"), TOLD),
    (BREAK, a.OwnCallBegan("c2"), OWN_BREAK, TOLD),
    (COOLING, a.OwnCallBegan("c2"), OWN_READY, TOLD),
    (OWN_READY, a.OwnCallOver(NOW), a.Ready("P", NOW, 1), TOLD_AND_FREE),
    (OWN_BREAK, a.OwnCallOver(NOW), BREAK, TOLD),
    (OWN_BREAK, a.LeaseLost(NOW), BREAK, TOLD),
    (OWN_READY, a.CallMoved("c3"), a.OwnCall("P", "c3", a.Ready("P", 100, 1, cooling=True)), TOLD),
    (TALKING, a.CallMoved("c3"), replace(TALKING, call="c3"), TOLD),
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
        assert (type(state) is before) or a.Announce() in effects or (type(state) is a.Reserved and a.RingPhone("c1") in effects)
        assert isinstance(state, a.LoggedOut) or state.phone in {"P", "Q"}
        assert not isinstance(state, a.NotReady) or state.reasons
        if isinstance(state, a.Ready) and before is not a.Ready:
            assert a.Rematch() in effects, "whoever becomes ready is looked at for a waiting call"
        for effect in effects:
            assert not isinstance(effect, Start) or effect.timer in machine.timers_now()
