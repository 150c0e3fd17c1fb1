"""Circuits without registers: numbers by keys, by pulses or not at all, over the line signalling of R2."""

from __future__ import annotations

import pytest

from boards.e1.cas_incoming import Broken, Collecting, Counting, Deciding, Offering, Waiting, cas_incoming_table
from boards.e1.cas_outgoing import Breaking, Making, Pausing, Sounding, cas_outgoing_table
from boards.e1.cas_words import AddressBy, PassOn, PulseSeen, signals_of
from boards.e1.r2_incoming_words import Resting
from boards.e1.r2_line_rules import Glare, Pair
from boards.e1.r2_outgoing import Concluded, Failed, Quiet
from boards.e1.r2_words import (
    Accept,
    AlarmBegan,
    AlarmEnded,
    Answer,
    BitsSeen,
    Block,
    Clear,
    Cleared,
    Fact,
    KeyHeard,
    KeysSent,
    NumberComplete,
    Outcome,
    PlanSays,
    Refuse,
    Seize,
    Unblock,
    Verdict,
)
from engine.kernel.errors import OurFault
from engine.kernel.fsm import Machine
from engine.telephony.causes import Cause, Release
from tests.unit.boards.e1.cas_bench import CasBench
from tests.unit.boards.e1.cas_walk import walk
from tests.unit.boards.e1.r2_bench import HUNG_UP

BUSY = Release(Cause.USER_BUSY, "busy")


def bench(by: AddressBy, answer: Accept | Refuse | None = None, digits: int = 3) -> CasBench:
    """A bench whose ``b`` accepts what is offered."""
    joined = CasBench(by, digits)

    def react(name: str, fact: Fact) -> None:
        if name == "b" and isinstance(fact, NumberComplete):
            joined.b.post(answer or Accept())

    joined.react = react
    return joined


def called(joined: CasBench) -> str:
    """The number that ``b`` was told."""
    (ready,) = joined.found("b", NumberComplete)
    assert isinstance(ready, NumberComplete)
    return ready.called


def release(joined: CasBench, name: str) -> Release:
    """How the one call ended for this side."""
    (cleared,) = joined.found(name, Cleared)
    assert isinstance(cleared, Cleared)
    return cleared.release


def at_rest(joined: CasBench) -> bool:
    """Both circuits are idle, and without a timer."""
    return all(run.circuit.state == ("Idle", "Quiet", "Resting") and not run._timers for run in (joined.a, joined.b))


# ---- calls -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hangs_up", ["a", "b"])
@pytest.mark.parametrize(("by", "number"), [(AddressBy.KEYS, "805"), (AddressBy.PULSES, "805"), (AddressBy.NOTHING, "")])
def test_a_call_in_every_way(by: AddressBy, number: str, hangs_up: str) -> None:
    """The number arrives where one is sent, the call is answered, and either end hangs up; both circuits are idle then."""
    joined = bench(by)
    joined.a.post(Seize("805"))
    joined.clock.advance(8)
    assert called(joined) == number
    joined.b.post(Answer())
    joined.clock.advance(1)
    (joined.a if hangs_up == "a" else joined.b).post(Clear(HUNG_UP))
    joined.clock.advance(2)
    assert joined.kinds("a") == ["Acknowledged", "Accepted", "Answered", "Cleared"]
    assert joined.kinds("b") == ["Seized", "NumberComplete", "Accepted", "Cleared"]
    assert release(joined, "a") == release(joined, "b") == HUNG_UP
    assert at_rest(joined)


def test_pulses_are_breaks_of_the_seizure() -> None:
    """An old exchange counts: three breaks for 3, ten for 0, 60 ms each, and a rest between digits."""
    joined = bench(AddressBy.PULSES, digits=2)
    joined.a.post(Seize("30"))
    joined.clock.advance(6)
    bits = [(int(line.split()[0]), line.split()[-1]) for line in joined.trace if line.split()[2:4] == ["a", "bits"]]
    breaks = [at for at, what in bits[1:] if what == "1011"]
    makes = [at for at, what in bits[1:] if what == "0011"]
    assert len(breaks) == len(makes) == 13
    assert {make - begun for begun, make in zip(breaks, makes, strict=True)} == {60}
    gaps = [after - make for make, after in zip(makes, breaks[1:], strict=False)]
    assert sorted(set(gaps)) == [40, 800]
    assert gaps.index(800) == 2


def test_a_number_without_a_known_length_is_whole_when_no_more_comes() -> None:
    """Where numbers have no fixed length, four seconds of silence end one, and a # at once."""
    joined = bench(AddressBy.KEYS, digits=30)
    joined.b.circuit._rules.__dict__["plan"] = lambda _called, ended: Verdict.COMPLETE if ended else Verdict.MORE
    joined.a.post(Seize("80"))
    joined.clock.advance(3)
    assert not joined.found("b", NumberComplete)
    joined.clock.advance(4)
    assert called(joined) == "80"
    joined.b.post(Clear(HUNG_UP))
    joined.a.post(Clear(HUNG_UP))
    joined.clock.advance(2)
    joined.forget()
    joined.a.post(Seize("81#"))
    joined.clock.advance(2)
    assert called(joined) == "81"


@pytest.mark.parametrize("by", [AddressBy.KEYS, AddressBy.PULSES])
def test_a_seizure_without_a_number_is_given_up(by: AddressBy) -> None:
    """A stuck circuit of the far end costs ten seconds and no call; it serves again when it is let go."""
    joined = bench(by)
    joined.a.post(Seize(""))
    joined.clock.advance(12)
    assert release(joined, "b").reason == "no_digits"
    joined.a.post(Clear(HUNG_UP))
    joined.clock.advance(2)
    assert at_rest(joined)


@pytest.mark.parametrize("after_s", [0.1, 0.62, 0.7, 1.0, 2.2])
@pytest.mark.parametrize("by", AddressBy)
def test_hanging_up_in_the_middle_leaves_nothing(by: AddressBy, after_s: float) -> None:
    """A caller who gives up while the number is on its way, even in the middle of a break, is gone at the other end within a second."""
    joined = bench(by)
    joined.a.post(Seize("805"))
    joined.clock.advance(after_s)
    joined.a.post(Clear(HUNG_UP))
    joined.clock.advance(3)
    assert release(joined, "a") == HUNG_UP
    assert len(joined.found("b", Cleared)) == 1
    assert at_rest(joined)


def test_a_refusal_is_seen_as_no_answer() -> None:
    """There is no signal that says busy: the called side does not answer, and is free when the caller has gone."""
    joined = bench(AddressBy.KEYS, Refuse(BUSY))
    joined.a.post(Seize("805"))
    joined.clock.advance(5)
    assert joined.kinds("a") == ["Acknowledged", "Accepted"]
    assert release(joined, "b") == BUSY
    joined.a.post(Clear(HUNG_UP))
    joined.clock.advance(2)
    assert at_rest(joined)


@pytest.mark.parametrize(("by", "after_s"), [(AddressBy.KEYS, 1.0), (AddressBy.PULSES, 2.2)])
def test_an_answer_in_the_middle_of_the_number_stops_it(by: AddressBy, after_s: float) -> None:
    """Somebody lifts before the number is out: both speak, and no digit disturbs them."""
    joined = bench(by, digits=30)
    joined.a.post(Seize("805555"))
    joined.clock.advance(after_s)
    joined.a.post(BitsSeen(0b0111))
    joined.clock.advance(0.1)
    assert joined.kinds("a") == ["Acknowledged", "Answered"]
    joined.trace.clear()
    joined.clock.advance(5)
    assert not [line for line in joined.trace if "a bits" in line]
    joined.a.post(Clear(HUNG_UP))
    joined.clock.advance(2)
    assert at_rest(joined)


@pytest.mark.parametrize("glare", Glare)
def test_glare_is_decided(glare: Glare) -> None:
    """Both seize at once: as the policy says, and no circuit is left behind."""
    joined = CasBench(AddressBy.NOTHING, glare=glare)
    joined.a.post(Seize(""))
    joined.b.post(Seize(""))
    joined.clock.advance(0.1)
    joined.a.post(Clear(HUNG_UP))
    joined.b.post(Clear(HUNG_UP))
    joined.clock.advance(10)
    assert len(joined.found("a", Cleared)) >= 1
    joined.a.post(Clear(HUNG_UP))
    joined.b.post(Clear(HUNG_UP))
    joined.clock.advance(400)
    assert at_rest(joined)


def test_blocking_and_alarm_are_those_of_r2() -> None:
    """A blocked circuit is seen as such by the far end, and an alarm ends the call once."""
    joined = bench(AddressBy.PULSES)
    joined.b.post(Block())
    joined.clock.advance(1)
    assert joined.a.circuit.state[0] == "FarBlocked"
    joined.b.post(Unblock())
    joined.clock.advance(1)
    joined.a.post(Seize("805"))
    joined.clock.advance(1)
    joined.a.post(AlarmBegan())
    joined.clock.advance(1)
    assert release(joined, "a").reason == "alarm"
    joined.a.post(AlarmEnded())
    joined.a.post(BitsSeen(0b1011))
    joined.clock.advance(2)
    assert at_rest(joined)


@pytest.mark.parametrize(
    ("number", "by"), [("12a", AddressBy.KEYS), ("1" * 21, AddressBy.KEYS), ("1*", AddressBy.PULSES), ("1#", AddressBy.PULSES)]
)
def test_a_number_that_cannot_be_sent_is_refused_before_anything_is_seized(number: str, by: AddressBy) -> None:
    """A star has no pulses; too long a number is none."""
    joined = bench(by)
    with pytest.raises(OurFault):
        joined.a.post(Seize(number))
    assert at_rest(joined)
    assert signals_of("*0#", AddressBy.KEYS) == (11, 10, 12)


# ---- single rows -----------------------------------------------------------------------------------------------------

SEIZED, IDLE = PulseSeen(Pair.SEIZED), PulseSeen(Pair.IDLE)


@pytest.mark.parametrize(
    ("state", "event", "then"),
    [
        (Waiting(), KeyHeard("A"), Waiting()),
        (Waiting(), KeyHeard("#"), Waiting()),
        (Collecting("8"), SEIZED, Collecting("8")),
        (Collecting("8"), IDLE, Broken("8")),
        (Broken("8", 2), IDLE, Broken("8", 2)),
        (Broken("8", 2), SEIZED, Counting("8", 3)),
        (Counting("8", 3), IDLE, Broken("8", 3)),
        (Deciding("8"), PlanSays(Verdict.COMPLETE), Offering()),
        (Deciding("8"), PlanSays(Verdict.MORE), Resting()),
        (Collecting("8"), PlanSays(Verdict.MORE), Collecting("8")),
        (Collecting("8"), PlanSays(Verdict.CONGESTED), Resting()),
    ],
    ids=repr,
)
def test_incoming_row(state: object, event: object, then: object) -> None:
    """Each thing that is heard in the middle of a number has its meaning."""
    machine = Machine(cas_incoming_table(AddressBy.KEYS), state)
    machine.handle(event)
    assert machine.state == then


def test_what_is_no_digit_is_told() -> None:
    """Eleven breaks are no digit; a break that does not end is the end of the call; a number that nobody judges is congestion."""
    table = cas_incoming_table(AddressBy.PULSES)
    by_name = {timer.name: timer for timers in table.timers.values() for timer in timers}

    def expired(state: object, name: str) -> tuple[object, ...]:
        return table.rows[type(state), by_name[name]](state, None).effects

    assert expired(Counting("", 11), "cas_digit_end") == (Failed("wrong_pulses"),)
    assert expired(Broken("80"), "cas_break_most") == (PassOn(Pair.IDLE),)
    assert expired(Deciding("80"), "cas_plan_wait") == (Concluded(Outcome.CONGESTED),)
    assert expired(Offering(), "cas_offer_wait") == (Concluded(Outcome.CONGESTED),)


def test_every_pair_has_been_thought_of() -> None:
    """Whatever comes at whatever moment has a row, or a reason why nothing is done, but for what only our own circuit could do wrong."""
    incoming, outgoing = cas_incoming_table(AddressBy.KEYS), cas_outgoing_table(AddressBy.KEYS)
    from_outside = {KeyHeard, PulseSeen, PlanSays}
    assert set(incoming.states()) == {Resting, Waiting, Collecting, Deciding, Broken, Counting, Offering}
    assert set(outgoing.states()) == {Quiet, Pausing, Sounding, Breaking, Making}
    for state in incoming.states():
        assert all((state, event) in {*incoming.rows, *incoming.ignored} for event in from_outside)
    for state in outgoing.states():
        assert all((state, event) in {*outgoing.rows, *outgoing.ignored} for event in {KeysSent})


# ---- whatever may come -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", AddressBy)
@pytest.mark.parametrize("seed", range(8))
def test_no_walk_breaks_a_circuit(seed: int, by: AddressBy) -> None:
    """Half sane and half mad, a far end comes deep into calls; no call ends twice, no timer stays, and the circuit is idle at last.

    More seeds: python -m tests.proofs.fuzz_r2.
    """
    alone = walk(seed, 200, by)
    assert alone.calls > 0
