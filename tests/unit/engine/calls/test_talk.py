"""Who is on which track of a recording, whatever a call has come to."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.calls import leg as l
from engine.calls.parties import CallParties, Keeper, Leg
from engine.calls.talk import Talk, talk_of
from engine.telephony.lines import RingKind

LINE = Leg("line-1", l.Up(), is_line=True)
ONE, TWO, THREE = (Leg(f"phone-{number}", l.Up()) for number in (1, 2, 3))


def aside(leg: Leg) -> Leg:
    """The same party after it has put the others on hold."""
    return Leg(leg.device, l.OnHold(), is_line=leg.is_line)


def talk(*legs: Leg, keeper: Keeper | None = None) -> Talk | None:
    """Of a call of these."""
    return talk_of(CallParties(legs, keeper=keeper, kept=legs[0].device if keeper else ""))


def test_two_talk() -> None:
    """Who is outside is on the left track, whoever called whom; of colleagues it is who called."""
    assert talk(ONE, LINE) == talk(LINE, ONE) == Talk("line-1", ("phone-1",))
    assert talk(TWO, ONE) == Talk("phone-2", ("phone-1",))


def test_nobody_talks_with_who_is_not_there_yet() -> None:
    """Ringing, dialling and the dialogue are no conversation."""
    assert talk(LINE, keeper=Keeper.OWNER) is None
    assert talk(LINE, Leg("phone-1", l.Alerting())) is None
    assert talk(ONE, Leg("line-1", l.Proceeding(), is_line=True)) is None
    assert talk(LINE, keeper=Keeper.PARK) is None


def test_who_steps_aside_is_silent() -> None:
    """The customer on hold stays in the pair with the agent, whose track is silent; also while that agent is rung back."""
    assert talk(LINE, aside(ONE)) == Talk("line-1", ("phone-1",), "right")
    assert talk(LINE, Leg("phone-1", l.Alerting(RingKind.RECALL))) == Talk("line-1", ("phone-1",), "right")
    assert talk(aside(ONE), TWO) == Talk("phone-1", ("phone-2",), "left")
    assert talk(aside(ONE), aside(TWO)) == Talk("phone-1", ("phone-2",), "both")


def test_who_is_muted_is_silent_too() -> None:
    """And it is told from hold."""
    muted = Leg("phone-1", l.Up(), muted=True)
    assert talk(LINE, muted) == Talk("line-1", ("phone-1",), "right", "mute")
    assert talk(Leg("line-1", l.Up(), is_line=True, muted=True), aside(ONE)) == Talk("line-1", ("phone-1",), "right", "hold")


def test_a_conference_is_one_and_all_others() -> None:
    """The customer on the left, everybody else together on the right; who steps aside has no part, and of two left it is a pair again."""
    assert talk(ONE, LINE, TWO) == Talk("line-1", ("phone-1", "phone-2"))
    assert talk(ONE, TWO, THREE) == Talk("phone-1", ("phone-2", "phone-3"))
    assert talk(LINE, aside(ONE), TWO) == Talk("line-1", ("phone-2",))
    assert talk(LINE, aside(ONE), aside(TWO)) == Talk("line-1", ("phone-1",), "right")


STATES = st.sampled_from([l.Up(), l.OnHold(), l.Alerting(), l.Alerting(RingKind.RECALL), l.Proceeding()])


@given(st.lists(st.tuples(STATES, st.booleans(), st.booleans()), max_size=5))
def test_whoever_talks_is_on_a_track(drawn: list[tuple[object, bool, bool]]) -> None:
    """Everybody who is up where two or more are has a place, once; nobody else has one when they are enough."""
    legs = tuple(Leg(f"p{number}", state, is_line=line, muted=muted) for number, (state, line, muted) in enumerate(drawn))
    up = {leg.device for leg in legs if leg.up}
    found = talk(*legs)
    placed = [] if found is None else [found.left, *found.right]
    assert len(placed) == len(set(placed))
    if len(up) > 1:
        assert set(placed) == up
    elif found is not None:
        assert up <= set(placed)
        assert found.silent
