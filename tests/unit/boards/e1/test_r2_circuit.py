"""A whole R2 circuit: two of them joined, and one alone against whatever may come."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boards.e1.r2_causes import CAUSES, outcome_for, release_of, sentence
from boards.e1.r2_circuit import R2Circuit
from boards.e1.r2_incoming_words import AskCaller, IncomingPolicy
from boards.e1.r2_line_rules import Direction, Glare
from boards.e1.r2_run import CircuitRun
from boards.e1.r2_variants import VARIANTS
from boards.e1.r2_words import (
    FREE,
    Accept,
    AlarmBegan,
    AlarmEnded,
    Answer,
    BackwardGone,
    BackwardHeard,
    BitsSeen,
    Block,
    Clear,
    Cleared,
    Command,
    Fact,
    ForwardGone,
    ForwardHeard,
    Heard,
    MeterPulse,
    NumberComplete,
    Outcome,
    PlanSays,
    Refuse,
    ReleaseControl,
    Seize,
    Seized,
    Status,
    StatusChanged,
    Suspend,
    Unblock,
    Verdict,
    Violated,
)
from engine.kernel.errors import OurFault, UnexpectedEvent
from engine.telephony.causes import Cause, Release
from tests.unit.boards.e1.r2_bench import HUNG_UP, Bench, plan_of, rules_of
from tests.unit.boards.e1.r2_walk import BUSY, Alone, walk


def bench(variant: str = "china", digits: int = 4, policy: IncomingPolicy | None = None, direction: Direction = Direction.BOTH) -> Bench:
    """Two equal circuits; both take numbers of so many digits."""
    rules = rules_of(variant, plan_of(digits), policy, direction)
    return Bench(rules, rules)


def accepting(joined: Bench, outcome: Outcome = Outcome.FREE) -> Callable[[str, Fact], None]:
    """The called side takes each call so; it does not answer by itself."""

    def react(name: str, fact: Fact) -> None:
        if isinstance(fact, NumberComplete):
            (joined.a if name == "a" else joined.b).post(Accept(outcome))

    return react


def in_speech(variant: str = "china", outcome: Outcome = Outcome.FREE) -> Bench:
    """A call from a to b that has been answered."""
    joined = bench(variant)
    joined.react = accepting(joined, outcome)
    joined.a.post(Seize("8123", "13901"))
    joined.clock.advance(10)
    joined.b.post(Answer())
    joined.clock.advance(1)
    assert joined.kinds("a") == ["Acknowledged", "Accepted", "Answered"]
    return joined


def release(joined: Bench, name: str) -> Release:
    """How a side's only call ended."""
    (cleared,) = joined.found(name, Cleared)
    assert isinstance(cleared, Cleared)
    return cleared.release


def at_rest(joined: Bench) -> bool:
    """Both circuits are idle, silent, and without a timer."""
    rest = ("Idle", "Quiet", "Resting")
    return all(run.circuit.state == rest and not run._timers for run in (joined.a, joined.b))


# ---- calls -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("ask", AskCaller)
def test_a_call_in_every_country(variant: str, ask: AskCaller) -> None:
    """Called and caller number arrive digit by digit, the call is answered, and either end can hang up."""
    for hangs_up in ("a", "b"):
        joined = bench(variant, policy=IncomingPolicy(ask))
        joined.react = accepting(joined)
        joined.a.post(Seize("8123", "1390", category=3, caller_class=2))
        joined.clock.advance(10)
        (ready,) = joined.found("b", NumberComplete)
        assert isinstance(ready, NumberComplete)
        expected = ("", 0) if ask is AskCaller.NEVER else ("1390", 2)
        assert (ready.called, ready.caller.number, ready.caller_class, ready.category) == ("8123", *expected, 3)
        joined.b.post(Answer())
        joined.clock.advance(1)
        (joined.a if hangs_up == "a" else joined.b).post(Clear(HUNG_UP))
        joined.clock.advance(2)
        assert joined.kinds("a") == ["Acknowledged", "Accepted", "Answered", "Cleared"]
        assert joined.kinds("b") == ["Seized", "NumberComplete", "Accepted", "Cleared"]
        assert release(joined, "a") == release(joined, "b") == HUNG_UP
        assert at_rest(joined)


def test_a_call_sets_up_in_seconds() -> None:
    """Eleven digits, the caller's number and the categories take under six seconds when audio takes 45 ms a way."""
    joined = bench(digits=11)
    joined.react = accepting(joined)
    joined.a.post(Seize("01088886666", "13901234567"))
    joined.clock.advance(6)
    assert joined.kinds("a") == ["Acknowledged", "Accepted"]


@pytest.mark.parametrize(
    ("cause", "told"),
    [
        (Cause.USER_BUSY, Cause.USER_BUSY),
        (Cause.UNALLOCATED_NUMBER, Cause.UNALLOCATED_NUMBER),
        (Cause.NO_CIRCUIT_AVAILABLE, Cause.USER_BUSY),
    ],
)
def test_a_refused_call_tells_its_cause(cause: Cause, told: Cause) -> None:
    """The caller's exchange learns why, as far as China's group B can say; our own record keeps the exact cause."""
    joined = bench()
    refusal = Release(cause, "ours")
    joined.react = lambda name, fact: joined.b.post(Refuse(refusal)) if name == "b" and isinstance(fact, NumberComplete) else None
    joined.a.post(Seize("8123"))
    joined.clock.advance(20)
    assert release(joined, "a").cause is told
    assert release(joined, "b") == refusal
    assert at_rest(joined)


def test_a_number_that_does_not_exist_ends_at_its_last_possible_digit() -> None:
    """Nobody waits for a call to a number that cannot be: A5 comes in the middle."""
    rules = rules_of("china", lambda called, _ended: Verdict.UNALLOCATED if called == "99" else Verdict.MORE)
    joined = Bench(rules, rules)
    joined.a.post(Seize("9912345"))
    joined.clock.advance(3)
    assert release(joined, "a") == Release(Cause.UNALLOCATED_NUMBER, "unallocated")
    assert at_rest(joined)


def test_a_dial_plan_may_take_its_time() -> None:
    """Where the engine itself answers for the digits, the far end waits for it."""
    rules = rules_of("itu", None, IncomingPolicy(AskCaller.NEVER))
    joined = Bench(rules, rules)
    joined.a.post(Seize("12"))
    for verdict in (Verdict.MORE, Verdict.COMPLETE):
        joined.clock.advance(3)
        joined.b.post(PlanSays(verdict))
    joined.clock.advance(1)
    assert joined.kinds("b") == ["Seized", "NumberComplete"]


def test_an_answer_before_the_register_is_through_waits_for_it() -> None:
    """A script that answers at once does not cut the signals that tell the caller's exchange of it."""
    joined = bench()

    def react(name: str, fact: Fact) -> None:
        if name == "b" and isinstance(fact, NumberComplete):
            joined.b.post(Accept())
            joined.b.post(Answer())

    joined.react = react
    joined.a.post(Seize("8123"))
    joined.clock.advance(10)
    assert joined.kinds("a") == ["Acknowledged", "Accepted", "Answered"]
    joined.b.post(Clear(HUNG_UP))
    joined.clock.advance(1)
    assert at_rest(joined)


@pytest.mark.parametrize("after_s", [0.0, 0.02, 0.04, 0.5, 1.0, 2.0, 3.0])
@pytest.mark.parametrize("who", ["a", "b"])
def test_hanging_up_in_the_middle_leaves_nothing(after_s: float, who: str) -> None:
    """Whoever gives up, and whenever, both circuits are free afterwards, and each side's call has one end."""
    joined = bench()
    joined.react = accepting(joined)
    joined.a.post(Seize("8123", "139"))
    joined.clock.advance(after_s)
    (joined.a if who == "a" else joined.b).post(Clear(BUSY))
    joined.clock.advance(60)
    assert len(joined.found("b", Seized)) == len(joined.found("b", Cleared)) or who == "b"
    for run in (joined.a, joined.b):  # nothing tells the caller's exchange that a called party is gone which had not answered
        run.post(Clear(BUSY))
    joined.clock.advance(60)
    assert len(joined.found("a", Cleared)) == 1
    assert len(joined.found("b", Seized)) == len(joined.found("b", Cleared)) <= 1
    assert at_rest(joined)


# ---- release control, metering ---------------------------------------------------------------------------------------


def test_where_the_caller_controls_the_called_party_may_lift_again() -> None:
    """B6 in China: hanging up and lifting again within a minute keeps the call; after that it is over."""
    joined = in_speech(outcome=Outcome.FREE_CALLER_CONTROLS)
    assert Outcome.FREE_CALLER_CONTROLS.control is ReleaseControl.CALLING_PARTY
    joined.b.post(Suspend())
    joined.clock.advance(30)
    joined.b.post(Answer())
    joined.clock.advance(1)
    assert joined.kinds("a")[-2:] == ["ClearedBack", "Reanswered"]
    joined.b.post(Suspend())
    joined.clock.advance(61)
    assert release(joined, "a") == release(joined, "b") == HUNG_UP
    assert at_rest(joined)


def test_where_the_called_party_controls_it_keeps_the_circuit() -> None:
    """B6 in Brazil: the caller's hanging up is the end for the caller, and the circuit stays until the called party hangs up too."""
    joined = in_speech("brazil", Outcome.FREE_CALLED_CONTROLS)
    joined.a.post(Clear(HUNG_UP))
    joined.clock.advance(30)
    assert joined.kinds("a")[-1] == "Cleared"
    assert joined.a.circuit.status is Status.BUSY
    joined.b.post(Clear(HUNG_UP))
    joined.clock.advance(2)
    assert at_rest(joined)


def test_metering_pulses_are_counted_and_do_not_cut_the_call() -> None:
    """In Argentina each charge unit is a short clear back; a long one still ends the call."""
    joined = in_speech("argentina")
    for _ in range(3):
        joined.b.post(MeterPulse())
        joined.clock.advance(1)
    assert joined.kinds("a")[-3:] == ["Metered"] * 3
    joined.b.post(Clear(HUNG_UP))
    joined.clock.advance(2)
    assert release(joined, "a") == HUNG_UP
    assert at_rest(joined)


# ---- blocking, alarm, glare ------------------------------------------------------------------------------------------


def test_blocking_waits_for_the_end_of_the_call() -> None:
    """A technician who blocks a circuit cuts nobody off; the far end sees it blocked afterwards, and free again later."""
    joined = in_speech()
    joined.b.post(Block())
    joined.clock.advance(5)
    assert joined.b.circuit.status is Status.BUSY
    joined.a.post(Clear(HUNG_UP))
    joined.clock.advance(2)
    assert (joined.a.circuit.status, joined.b.circuit.status) == (Status.FAR_BLOCKED, Status.LOCAL_BLOCKED)
    with pytest.raises(UnexpectedEvent):
        joined.a.post(Seize("1"))
    joined.b.post(Unblock())
    joined.clock.advance(1)
    assert at_rest(joined)


def test_a_circuit_blocked_at_both_ends_needs_both_to_come_back() -> None:
    """Each end's blocking is its own."""
    joined = bench()
    for run in (joined.a, joined.b):
        run.post(Block())
    joined.clock.advance(1)
    joined.a.post(Unblock())
    joined.clock.advance(1)
    assert joined.a.circuit.status is Status.FAR_BLOCKED
    joined.b.post(Unblock())
    joined.clock.advance(1)
    assert at_rest(joined)


def test_an_alarm_ends_the_call_once_and_the_circuit_comes_back() -> None:
    """A cut cable ends both sides' call; the all-ones of the alarm are no signal; with the cable the circuit is back, blocked if it was."""
    joined = in_speech()
    joined.b.post(Block())
    for run in (joined.a, joined.b):
        run.post(AlarmBegan())
        run.post(BitsSeen(0b1111))
    joined.clock.advance(5)
    assert release(joined, "a") == release(joined, "b") == Release(Cause.NETWORK_OUT_OF_ORDER, "alarm")
    assert joined.a.circuit.status is Status.ALARM
    joined.b.post(AlarmEnded())
    joined.a.post(AlarmEnded())
    joined.a.post(BitsSeen(joined.b.circuit._sent or 0))
    joined.b.post(BitsSeen(joined.a.circuit._sent or 0))
    joined.clock.advance(5)
    assert (joined.a.circuit.status, joined.b.circuit.status) == (Status.FAR_BLOCKED, Status.LOCAL_BLOCKED)


def test_a_start_in_the_middle_of_somebody_elses_call_frees_the_circuit() -> None:
    """After a restart of ours an exchange that still holds the old call is brought to let it go."""
    joined = in_speech()
    told: list[Fact] = []
    fresh = CircuitRun(R2Circuit(joined.b_rules), joined.clock, joined.cable.right, told.append)
    joined.b.close()
    joined.cable.right.hear = fresh.post
    fresh.begin(0b0011)
    joined.clock.advance(3)
    assert release(joined, "a").reason == "far_end_released"
    assert fresh.circuit.status is joined.a.circuit.status is Status.IDLE
    assert told == [StatusChanged(Status.IDLE)]


def test_a_glitch_at_the_moment_of_unblocking_leaves_no_circuit_behind() -> None:
    """A disturbance of the bits just while a circuit is put back does not leave it unusable until the next change."""
    joined = bench()
    joined.a.post(Block())
    joined.clock.advance(1)
    joined.a.post(BitsSeen(0b1111))
    joined.a.post(Unblock())
    joined.a.post(BitsSeen(0b1011))
    joined.clock.advance(1)
    assert at_rest(joined)


@pytest.mark.parametrize("glare", Glare)
def test_glare_is_decided(glare: Glare) -> None:
    """When both ends seize at once, either both calls look for another circuit, or the one that insists goes through."""
    a_rules = rules_of("china", plan_of(4), glare=glare)
    other = {Glare.RELEASE: Glare.RELEASE, Glare.KEEP: Glare.YIELD, Glare.YIELD: Glare.KEEP}[glare]
    joined = Bench(a_rules, rules_of("china", plan_of(4), glare=other))
    joined.react = accepting(joined)
    joined.a.post(Seize("8123"))
    joined.b.post(Seize("5678"))
    joined.clock.advance(10)
    glared = Release(Cause.NO_CIRCUIT_AVAILABLE, "glare")
    if glare is Glare.RELEASE:
        assert release(joined, "a") == release(joined, "b") == glared
        assert at_rest(joined)
        return
    loses, wins = ("b", "a") if glare is Glare.KEEP else ("a", "b")
    assert joined.kinds(loses) == ["Cleared", "Seized", "NumberComplete", "Accepted"]
    assert joined.kinds(wins) == ["Acknowledged", "Accepted"]


def test_a_one_way_circuit_is_used_one_way() -> None:
    """A circuit for the exchange's calls is not seized by us, and one for ours gives the exchange no acknowledgement."""
    joined = bench(direction=Direction.INCOMING)
    with pytest.raises(OurFault):
        joined.a.post(Seize("1"))
    rules = rules_of("china", plan_of(4))
    joined = Bench(rules, rules_of("china", plan_of(4), direction=Direction.OUTGOING))
    joined.a.post(Seize("8123"))
    joined.clock.advance(10)
    assert release(joined, "a").reason == "not_acknowledged"
    assert StatusChanged(Status.UNSETTLED, "strange_bits") in joined.facts["b"]
    assert at_rest(joined)


def test_a_number_that_cannot_be_sent_is_refused_before_anything_is_seized() -> None:
    """A star in a number does not block a circuit."""
    joined = bench()
    with pytest.raises(OurFault):
        joined.a.post(Seize("12*"))
    joined.clock.advance(1)
    assert at_rest(joined)
    assert not joined.facts["b"]


def test_what_the_far_end_must_not_do_is_counted() -> None:
    """A technician sees that an exchange misbehaves before it costs calls."""
    joined = in_speech()
    joined.b.post(BitsSeen(0b0111))
    joined.clock.advance(1)
    assert joined.b.circuit.violations == 1
    assert joined.found("b", Violated) == [Violated("SawAnswer() in InAnswered")]


# ---- causes ----------------------------------------------------------------------------------------------------------


def test_every_outcome_has_a_sentence_and_every_refusal_a_cause() -> None:
    """Reports say in words what the exchange said."""
    assert len({sentence(outcome).in_english() for outcome in Outcome}) == len(Outcome)
    assert set(CAUSES) == set(Outcome) - FREE
    for outcome in FREE:
        with pytest.raises(OurFault):
            release_of(outcome)
    assert release_of(Outcome.BUSY_TOLL) == Release(Cause.USER_BUSY, "busy_toll")
    assert outcome_for(Cause.NETWORK_OUT_OF_ORDER) is Outcome.CONGESTED
    for cause in (
        Cause.UNALLOCATED_NUMBER,
        Cause.USER_BUSY,
        Cause.DESTINATION_OUT_OF_ORDER,
        Cause.SWITCHING_CONGESTION,
        Cause.NORMAL_UNSPECIFIED,
    ):
        assert release_of(outcome_for(cause)).cause is cause


# ---- whatever may come -----------------------------------------------------------------------------------------------

SIGNALS = st.integers(1, 15)
FROM_FAR = st.one_of(
    st.builds(BitsSeen, st.sampled_from([0b1011, 0b0011, 0b1111, 0b0111, 0b1001, 0b0000])),
    st.builds(ForwardHeard, SIGNALS),
    st.builds(BackwardHeard, st.integers(1, 6)),
    st.just(ForwardGone()),
    st.just(BackwardGone()),
)
FROM_US = st.one_of(
    st.just(Seize("8123", "139")),
    st.sampled_from(
        [Accept(), Answer(), Suspend(), MeterPulse(), Block(), Unblock(), AlarmBegan(), AlarmEnded(), Refuse(BUSY), Clear(HUNG_UP)]
    ),
    st.builds(PlanSays, st.sampled_from(list(Verdict))),
)
STEPS = st.lists(st.tuples(st.one_of(FROM_FAR, FROM_FAR, FROM_US), st.sampled_from([0.0, 0.01, 0.03, 0.2, 2.0, 16.0])), max_size=60)


@pytest.mark.parametrize("variant", ["china", "argentina", "brazil"])
@given(STEPS, st.booleans(), st.sampled_from([0b1011, 0b0011, 0b1111, 0b0111]))
@settings(max_examples=60, deadline=None)
def test_whatever_comes_a_call_has_one_end_and_the_circuit_recovers(
    variant: str, steps: list[tuple[Command | Heard, float]], planned: bool, bits: int
) -> None:
    """No nonsense of an exchange raises, holds a circuit or a timer for ever, leaves a tone on, or ends a call twice."""
    alone = Alone(variant, bits, planned=planned)
    for event, pause_s in steps:
        alone.post(event)
        alone.clock.advance(pause_s)
    alone.must_recover()


@pytest.mark.parametrize("seed", range(20))
def test_no_walk_breaks_a_circuit(seed: int) -> None:
    """Half sane and half mad, a far end comes deep into calls; the circuit outlives it. More seeds: python -m tests.proofs.fuzz_r2."""
    assert walk(seed, 150).calls > 0
