"""The machine of a desk phone's keys, row by row."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.desk import dialling as d
from engine.desk import phone as p
from engine.kernel.fsm import Expired, Machine, Start
from engine.settings.site import DeskSection

PLAN = d.Plan(
    DeskSection(first_digit_s=15.0, next_digit_s=3.0, busy_tone_s=30.0, howler_s=20.0),
    frozenset({"1001"}),
    frozenset({"801", "802", "8021"}),
)
WAITING_PLAN = replace(PLAN, waits=True)
HOT_PLAN, WARM_PLAN = replace(PLAN, hot_line_s=0.0), replace(PLAN, hot_line_s=5.0)
NO_HOWLER = replace(PLAN, desk=replace(PLAN.desk, howler_s=0.0))
HOLDING_PLAN = replace(PLAN, holding=True)
CONSULTING, CHOOSING, HELD_BUSY = p.Consulting(HOLDING_PLAN), p.Choosing(), p.Busy(HOLDING_PLAN)
CONSULTS = (p.SoundSpecialDial(), Start(p.FIRST_DIGIT, 15.0))
DOWN, DIAL, ACTING, BUSY, IN_CALL = p.Down(), p.DialTone(PLAN), p.Acting(PLAN), p.Busy(PLAN), p.InCall()
HOWLING, ABANDONED, WAITING, RELEASED = p.Howling(), p.Abandoned(), p.Waiting(PLAN), p.Released(WAITING_PLAN)
DIALS = (p.SoundDial(), Start(p.FIRST_DIGIT, 15.0))
SOUNDS_BUSY = (p.SoundBusy(), Start(p.BUSY_TONE, 30.0))
CONFIRMING, REFUSING = p.Speaking(PLAN, then_dial=True), p.Speaking(PLAN, then_dial=False)
WAIT, WRONG = Start(p.NEXT_DIGIT, 3.0), p.Speak(("number_unknown",))


def typed(keys: str) -> p.Typing:
    return p.Typing(PLAN, keys)


ROWS: list[tuple[object, object, object, tuple[object, ...]]] = [
    (DOWN, p.Lift(PLAN), DIAL, (p.SoundDial(), Start(p.FIRST_DIGIT, 15.0))),
    (DOWN, p.Lift(HOT_PLAN), p.Acting(HOT_PLAN), (p.Carry(d.CallHotLine()),)),
    (DOWN, p.Lift(WARM_PLAN), p.DialTone(WARM_PLAN), (*DIALS, Start(p.HOT_LINE, 5.0))),
    (DIAL, Expired(p.HOT_LINE), ACTING, (p.Quiet(), p.Carry(d.CallHotLine()))),
    (DIAL, p.Key("8"), typed("8"), (p.Quiet(), WAIT)),
    (DIAL, p.Key("9"), REFUSING, (p.Quiet(), WRONG)),
    (DIAL, Expired(p.FIRST_DIGIT), BUSY, (p.Quiet(), *SOUNDS_BUSY)),
    (typed("8"), p.Key("0"), typed("80"), (WAIT,)),
    (typed("80"), p.Key("1"), ACTING, (p.Carry(d.CallExtension("801")),)),
    (typed("80"), p.Key("2"), typed("802"), (WAIT,)),
    (typed("80"), p.Key("9"), REFUSING, (WRONG,)),
    (typed("802"), Expired(p.NEXT_DIGIT), ACTING, (p.Carry(d.CallExtension("802")),)),
    (typed("80"), Expired(p.NEXT_DIGIT), REFUSING, (WRONG,)),
    (CONFIRMING, p.Key("*"), typed("*"), (p.Quiet(), WAIT)),
    (REFUSING, p.Key("*"), REFUSING, ()),
    (ACTING, p.Carried(("logged_in",), then_dial=True), CONFIRMING, (p.Speak(("logged_in",)),)),
    (ACTING, p.Carried(("lines_busy",), then_dial=False), REFUSING, (p.Speak(("lines_busy",)),)),
    (CONFIRMING, p.Spoken(), DIAL, (p.SoundDial(), Start(p.FIRST_DIGIT, 15.0))),
    (REFUSING, p.Spoken(), BUSY, SOUNDS_BUSY),
    (CONFIRMING, p.Spoken(waits=True), WAITING, (p.Attend(True),)),
    (REFUSING, p.Spoken(waits=True), WAITING, (p.Attend(True),)),
    *((state, p.Flash(), DIAL, (p.Quiet(), *DIALS)) for state in (DIAL, typed("8"), CONFIRMING, REFUSING, BUSY)),
    (BUSY, Expired(p.BUSY_TONE), HOWLING, (p.SoundHowler(), p.LeaveOffHook(), Start(p.HOWLER, 20.0))),
    (p.Busy(NO_HOWLER), Expired(p.BUSY_TONE), ABANDONED, (p.Quiet(), p.LeaveOffHook())),
    (HOWLING, Expired(p.HOWLER), ABANDONED, (p.Quiet(),)),
    (DOWN, p.Lift(WAITING_PLAN), p.Waiting(WAITING_PLAN), (p.SoundConfirmation(), p.Attend(True))),
    (WAITING, p.Key("*"), typed("*"), (p.Attend(False), p.Quiet(), WAIT)),
    (WAITING, p.CallBegan(), IN_CALL, (p.Attend(False),)),
    (IN_CALL, p.CallEnded(WAITING_PLAN), RELEASED, (Start(p.RELEASED),)),
    (RELEASED, p.Key("*"), p.Typing(WAITING_PLAN, "*"), (p.Quiet(), WAIT)),
    (RELEASED, Expired(p.RELEASED), p.Waiting(WAITING_PLAN), (p.Quiet(), p.Attend(True))),
    *(
        (state, p.Hung(), DOWN, (p.Quiet(),))
        for state in (DIAL, typed("8"), ACTING, CONFIRMING, BUSY, HOWLING, ABANDONED, WAITING, RELEASED, IN_CALL, CONSULTING, CHOOSING)
    ),
    *((state, p.CallBegan(), IN_CALL, ()) for state in (HOWLING, ABANDONED, RELEASED)),
    *((state, p.CallBegan(), IN_CALL, (p.Quiet(),)) for state in (DIAL, typed("8"), CONFIRMING, CONSULTING, BUSY)),
    *((state, p.Consult(HOLDING_PLAN), CONSULTING, CONSULTS) for state in (IN_CALL, CHOOSING)),
    (CONSULTING, p.Key("8"), p.Typing(HOLDING_PLAN, "8"), (p.Quiet(), WAIT)),
    (CONSULTING, Expired(p.FIRST_DIGIT), CONSULTING, (p.Quiet(),)),
    (CONSULTING, p.CallEnded(PLAN), BUSY, (p.Quiet(), *SOUNDS_BUSY)),
    (p.Typing(HOLDING_PLAN, "8"), p.CallEnded(PLAN), typed("8"), ()),
    (p.Acting(HOLDING_PLAN), p.CallEnded(PLAN), ACTING, ()),
    (p.Speaking(HOLDING_PLAN, then_dial=False), p.CallEnded(PLAN), REFUSING, ()),
    (p.Speaking(HOLDING_PLAN, then_dial=False), p.Spoken(), CONSULTING, CONSULTS),
    (HELD_BUSY, p.CallEnded(PLAN), BUSY, ()),
    (HELD_BUSY, Expired(p.BUSY_TONE), CONSULTING, (p.Quiet(),)),
    (IN_CALL, p.CallEnded(HOLDING_PLAN), HELD_BUSY, (Start(p.BUSY_TONE, 30.0),)),
    (CHOOSING, p.CallEnded(PLAN), BUSY, (Start(p.BUSY_TONE, 30.0),)),
    *((state, p.Swapped(), CHOOSING, (Start(p.CHOICE),)) for state in (IN_CALL, CHOOSING)),
    (CHOOSING, p.Key("1"), IN_CALL, (p.Carry(d.GiveUpHeld()),)),
    (CHOOSING, p.Key("2"), IN_CALL, ()),
    (CHOOSING, p.Key("3"), IN_CALL, (p.Carry(d.JoinCalls()),)),
    (CHOOSING, Expired(p.CHOICE), IN_CALL, ()),
    (DOWN, p.CallBegan(), IN_CALL, ()),
    (ACTING, p.CallBegan(), IN_CALL, ()),
    (IN_CALL, p.CallEnded(PLAN), BUSY, (Start(p.BUSY_TONE, 30.0),)),
]
SAMPLES: dict[object, object] = {type(event): event for _, event, _, _ in ROWS}


@pytest.mark.parametrize(("state", "event", "then", "effects"), ROWS, ids=[f"{type(s).__name__}-{type(e).__name__}" for s, e, _, _ in ROWS])
def test_a_row_does_what_it_should(state: object, event: object, then: object, effects: tuple[object, ...]) -> None:
    """What the user of a phone does and hears follows exactly this table."""
    machine = Machine(p.TABLE, state)
    assert machine.handle(event) == effects
    assert machine.state == then


def test_no_row_is_untried() -> None:
    """Each row of the phone's table is tried above."""
    tried = {(type(state), event.timer if isinstance(event, Expired) else type(event)) for state, event, _, _ in ROWS}
    assert tried == set(p.TABLE.rows)


@pytest.mark.parametrize(("state", "event"), p.TABLE.ignored, ids=lambda part: part.__name__)
def test_what_is_ignored_changes_nothing(state: type, event: type) -> None:
    """Messages that cross a hang-up or a call do no harm."""
    begun = next(s for s, _, _, _ in ROWS if type(s) is state)
    machine = Machine(p.TABLE, begun)
    assert machine.handle(SAMPLES[event]) == ()
    assert machine.state == begun


def test_secrets_do_not_show() -> None:
    """A log that shows events, states and effects shows no key and no PIN."""
    machine = Machine(p.TABLE, DIAL)
    shown = ""
    for key in "*111001#4711#":
        event = p.Key(key)
        effects = machine.handle(event)
        shown += f"{event!r} {machine.state!r} {effects!r}"
    assert "Carry" in shown
    assert "4711" not in shown
    assert "Key()" in shown
    assert repr(typed("*111001#4711")) == "Typing(12 keys)"
