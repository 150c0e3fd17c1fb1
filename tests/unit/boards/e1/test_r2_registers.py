"""The registers of R2 by themselves: what each asks, sends and says, signal by signal."""

from __future__ import annotations

import pytest

from boards.e1 import r2_incoming_words as incoming
from boards.e1 import r2_outgoing as outgoing
from boards.e1.r2_code import Group, Request, digit_of, signals_of
from boards.e1.r2_incoming import incoming_table
from boards.e1.r2_incoming_words import AskCaller, IncomingPolicy
from boards.e1.r2_outgoing import Order, Transmit, outgoing_table
from boards.e1.r2_variants import VARIANTS
from boards.e1.r2_words import BackwardGone, BackwardHeard, ForwardGone, ForwardHeard, Outcome, PlanSays, Verdict
from engine.kernel.errors import OurFault, UnexpectedEvent
from engine.kernel.fsm import Expired, Machine, Start

CHINA = VARIANTS["china"].register
ITU = VARIANTS["itu"].register


def sent(effects: tuple[object, ...]) -> list[int | None]:
    """Which signals were sent."""
    return [effect.signal for effect in effects if isinstance(effect, Transmit)]


def sender(variant: str, called: str, caller: str = "") -> tuple[Machine, list[int | None]]:
    """An outgoing register that has begun, and what it has sent."""
    code = VARIANTS[variant].register
    machine = Machine(outgoing_table(code))
    order = Order(signals_of(called), signals_of(caller), code.category, code.caller_class)
    return machine, sent(machine.handle(outgoing.StartSending(order)))


def answers(variant: str, called: str, caller: str, backward: list[int]) -> list[int | None]:
    """What an outgoing register sends when the far end answers so; None: it waits, or is done."""
    machine, signals = sender(variant, called, caller)
    for signal in backward:
        assert sent(machine.handle(BackwardHeard(signal))) == [None]
        signals += sent(machine.handle(BackwardGone())) or [None]
    return signals


@pytest.mark.parametrize(
    ("variant", "called", "caller", "backward", "forward"),
    [
        ("china", "80", "", [1, 1], [8, 10, 15]),
        ("china", "812", "13", [1, 6, 1, 1, 1, 1, 1, 3, 1], [8, 1, 1, 1, 3, 15, 2, 15, 3, None]),
        ("china", "812", "", [6, 1, 1], [8, 1, 15, 1]),
        ("china", "812", "13", [6, 1, 3, 1], [8, 1, 1, 3, None]),
        ("china", "812", "", [1, 2, 1, 1], [8, 1, 8, 1, 2]),
        ("itu", "8123", "77", [1, 1, 2, 1, 7, 8], [8, 1, 2, 1, 2, 8, 8]),
        ("itu", "81", "77", [5, 5, 5, 5, 1, 3, 6], [8, 1, 7, 7, 15, 1, 1, None]),
        ("itu", "81", "", [5, 1, 5, 3], [8, 1, 1, 15, 1]),
        ("mexico", "81", "77", [1, 6, 1, 1, 1, 3, 1], [8, 1, 1, 7, 7, 15, 1, None]),
        ("mexico", "812", "7", [6, 1, 1, 5, 1, 1], [8, 1, 7, 15, 1, 2, None]),
        ("brazil", "81", "", [5, 5, 3, 1], [8, 1, 12, 1, None]),
        ("brazil", "812", "", [1, 1, 2, 1, 9], [8, 1, 2, 8, 1, 8]),
        ("argentina", "8", "7", [5, 5, 5], [8, 1, 7, 12]),
        ("venezuela", "8", "7", [5, 9, 9], [8, 1, 7, 15]),
    ],
)
def test_what_is_asked_is_sent(variant: str, called: str, caller: str, backward: list[int], forward: list[int | None]) -> None:
    """Every exchange gets the digits, classes and ends that it asks for, in the order of its country."""
    assert answers(variant, called, caller, backward) == forward


@pytest.mark.parametrize(
    ("variant", "backward", "outcome"),
    [
        ("china", [4], Outcome.CONGESTED),
        ("china", [5], Outcome.UNALLOCATED),
        ("china", [3, 1], Outcome.FREE),
        ("china", [3, 4], Outcome.BUSY_OR_CONGESTED),
        ("china", [3, 6], Outcome.FREE_CALLER_CONTROLS),
        ("itu", [6], Outcome.FREE),
        ("itu", [3, 2], Outcome.SPECIAL_TONE),
        ("itu", [3, 7], Outcome.FREE_NO_CHARGE),
        ("brazil", [3, 3], Outcome.NUMBER_CHANGED),
    ],
)
def test_what_the_far_end_decides_is_understood(variant: str, backward: list[int], outcome: Outcome) -> None:
    """Busy, congested, unallocated and free are what the called exchange meant, and are said once its signal has ended."""
    machine, _ = sender(variant, "1")
    for signal in backward[:-1]:
        machine.handle(BackwardHeard(signal))
        machine.handle(BackwardGone())
    assert machine.handle(BackwardHeard(backward[-1])) == (Transmit(None), Start(outgoing.BACKWARD_STAYS))
    assert machine.handle(BackwardGone()) == (outgoing.Concluded(outcome),)
    assert machine.state == outgoing.Quiet()


def test_an_answer_is_told_after_what_the_register_said() -> None:
    """An exchange whose answer overtakes the end of its last signal is understood; so is one that answers in the middle."""
    machine, _ = sender("china", "1")
    machine.handle(BackwardHeard(3))
    machine.handle(BackwardGone())
    machine.handle(BackwardHeard(6))
    assert machine.handle(outgoing.LineAnswered()) == (outgoing.Concluded(Outcome.FREE_CALLER_CONTROLS), outgoing.Through())
    assert machine.handle(outgoing.LineAnswered()) == (outgoing.Through(),)
    machine, _ = sender("china", "1")
    assert machine.handle(outgoing.LineAnswered()) == (Transmit(None), outgoing.Through())


def test_a_toll_call_has_its_own_group_b_in_china() -> None:
    """After KD 2 busy is B2, busy with a toll call B3; after KD 3 the exchange may say busy by B4 only."""
    for category, signal, outcome in (
        (2, 2, Outcome.BUSY),
        (2, 3, Outcome.BUSY_TOLL),
        (3, 4, Outcome.BUSY_OR_CONGESTED),
        (2, 4, Outcome.CONGESTED),
    ):
        assert CHINA.meaning(CHINA.group_b(category), signal) is outcome


def test_a_far_end_that_asks_for_ever_is_left() -> None:
    """A broken exchange that asks for the first digit again and again does not hold a circuit for ever."""
    machine, _ = sender("china", "1")
    for _ in range(outgoing.CYCLES_MOST):
        machine.handle(BackwardHeard(2))
        machine.handle(BackwardGone())
    assert machine.handle(BackwardHeard(2)) == (Transmit(None), outgoing.Failed("endless"))


@pytest.mark.parametrize("signal", [7, 8, 15])
def test_a_signal_that_says_nothing_ends_the_call(signal: int) -> None:
    """What China's group A does not know is not guessed at."""
    machine, _ = sender("china", "1")
    assert machine.handle(BackwardHeard(signal)) == (Transmit(None), outgoing.Failed("unknown_signal"))


def test_a_silent_far_end_is_given_up() -> None:
    """Nobody waits for ever: not for an answer, nor for its end, nor for a pulse."""
    failed = (Transmit(None), outgoing.Failed("register_time_out"))
    machine, _ = sender("mexico", "1")
    assert machine.handle(Expired(outgoing.FORWARD_ON)) == failed
    machine, _ = sender("mexico", "1")
    machine.handle(BackwardHeard(1))
    assert machine.handle(Expired(outgoing.BACKWARD_STAYS)) == failed
    machine, _ = sender("mexico", "1")
    machine.handle(BackwardHeard(1))
    assert machine.handle(BackwardGone()) == (Start(outgoing.SILENCE),)
    assert machine.handle(Expired(outgoing.SILENCE)) == failed


# ---- incoming --------------------------------------------------------------------------------------------------------


def receive(machine: Machine, signal: int) -> tuple[object, ...]:
    """A forward signal comes; what is done until something is asked of others."""
    return machine.handle(ForwardHeard(signal))


def listener(variant: str, policy: IncomingPolicy | None = None) -> Machine:
    """An incoming register that waits for the first digit."""
    machine = Machine(incoming_table(VARIANTS[variant].register, policy))
    assert machine.handle(incoming.StartReceiving()) == (Start(incoming.FORWARD_WAIT),)
    return machine


def cycle(machine: Machine, signal: int, verdict: Verdict | None = None) -> int | None:
    """A whole compelled cycle; which signal answered."""
    effects = receive(machine, signal)
    if verdict is not None:
        effects = machine.handle(PlanSays(verdict))
    (reply,) = sent(effects)
    machine.handle(ForwardGone())
    return reply


MORE, COMPLETE = Verdict.MORE, Verdict.COMPLETE


def offered(machine: Machine) -> incoming.Sheet:
    """What the call that waits for a decision is."""
    assert isinstance(machine.state, incoming.Offering)
    return machine.state.sheet


def test_china_asks_for_the_caller_when_the_number_is_complete() -> None:
    """The caller's number is on the agent's screen: A6 after the last digit, KA, the number, its end, then A3 and KD."""
    machine = listener("china")
    replies = [cycle(machine, 8, MORE), cycle(machine, 1, COMPLETE)]
    replies += [cycle(machine, signal) for signal in (1, 1, 3, 9, 15)]
    assert replies == [1, 6, 1, 1, 1, 1, 3]
    (ready, _) = receive(machine, 3)
    assert ready == incoming.CallReady(offered(machine))
    assert (offered(machine).called, offered(machine).caller_id().number, offered(machine).category, offered(machine).caller_class) == (
        "81",
        "139",
        3,
        1,
    )
    assert machine.handle(incoming.Say(Outcome.FREE)) == (Transmit(1), Start(incoming.FORWARD_STAYS))
    assert machine.handle(ForwardGone()) == (Transmit(None), Start(incoming.SETTLE))
    assert machine.handle(Expired(incoming.SETTLE)) == (outgoing.Concluded(Outcome.FREE),)


def test_the_moment_of_asking_can_be_set() -> None:
    """An exchange that wants to tell its caller after the first digit, or never, is content."""
    early = listener("china", IncomingPolicy(AskCaller.AFTER_DIGITS, 1))
    assert [cycle(early, 8, MORE), cycle(early, 1), cycle(early, 5), cycle(early, 15), cycle(early, 2, COMPLETE)] == [6, 1, 1, 1, 3]
    never = listener("china", IncomingPolicy(AskCaller.NEVER))
    assert [cycle(never, 8, MORE), cycle(never, 2, COMPLETE)] == [1, 3]
    receive(never, 3)
    assert offered(never).caller_id().absence == ""


def test_a_country_may_accept_without_category() -> None:
    """Where the trunk skips the category an ITU exchange hears A6 right after the numbers; China has no such signal, and A3 comes."""
    machine = listener("itu", IncomingPolicy(skip_category=True))
    assert [cycle(machine, 8, COMPLETE), cycle(machine, 1), cycle(machine, 7)] == [5, 5, 5]
    (ready, _) = receive(machine, 15)
    assert ready == incoming.CallReady(offered(machine))
    assert offered(machine).caller_id().number == "7"
    assert sent(machine.handle(incoming.Say(Outcome.FREE))) == [6]
    assert cycle(listener("china", IncomingPolicy(AskCaller.NEVER, skip_category=True)), 8, COMPLETE) == 3


def test_itu_asks_for_the_caller_by_a5() -> None:
    """In ITU's signals the caller's digits are asked by A5, at most as many as are wanted, and the call goes on by A1 or A3."""
    machine = listener("itu", IncomingPolicy(AskCaller.AFTER_DIGITS, 1, caller_most=2))
    assert [cycle(machine, 8, MORE), cycle(machine, 1), cycle(machine, 7), cycle(machine, 7), cycle(machine, 2, COMPLETE)] == [
        5,
        5,
        5,
        1,
        3,
    ]


def test_a_withheld_caller_is_private() -> None:
    """The agent sees that the number is withheld, or that there is none."""
    machine = listener("brazil")
    assert [cycle(machine, 8, COMPLETE), cycle(machine, 1), cycle(machine, 12)] == [5, 5, 3]
    receive(machine, 1)
    assert offered(machine).caller_id().absence == "private"
    machine = listener("china")
    assert [cycle(machine, 8, COMPLETE), cycle(machine, 1), cycle(machine, 15)] == [6, 1, 3]
    receive(machine, 3)
    assert offered(machine).caller_id().absence == "unavailable"


def test_a_number_without_an_end_is_complete_after_a_silence() -> None:
    """Where the exchange has no end signal, a pause ends the number, and a pulse of A3 goes on."""
    machine = listener("mexico")
    assert cycle(machine, 8, MORE) == 1
    assert machine.handle(Expired(incoming.DIGIT_WAIT)) == (incoming.AskPlan("8", ended=True), Start(incoming.PLAN_WAIT))
    assert machine.handle(PlanSays(COMPLETE)) == (Start(incoming.PULSE_PAUSE),)
    assert machine.handle(Expired(incoming.PULSE_PAUSE)) == (Transmit(3), Start(incoming.PULSE_ON))
    assert machine.handle(ForwardHeard(2)) == ()
    assert machine.handle(Expired(incoming.PULSE_ON)) == (Transmit(None), Start(incoming.FORWARD_WAIT))
    assert machine.handle(ForwardGone()) == ()
    receive(machine, 1)
    assert offered(machine).called == "8"


def test_a_caller_number_that_stops_does_not_stop_the_call() -> None:
    """An exchange that takes A1 for a called digit, and has none left, still gets its call through; the agent sees that no number came."""
    machine = listener("china")
    assert [cycle(machine, 8, COMPLETE), cycle(machine, 1)] == [6, 1]
    assert machine.handle(Expired(incoming.DIGIT_WAIT)) == (Start(incoming.PULSE_PAUSE),)
    assert sent(machine.handle(Expired(incoming.PULSE_PAUSE))) == [3]
    machine.handle(Expired(incoming.PULSE_ON))
    receive(machine, 3)
    assert (offered(machine).called, offered(machine).caller_id().absence) == ("8", "unavailable")
    early = listener("china", IncomingPolicy(AskCaller.AFTER_DIGITS, 1))
    assert [cycle(early, 8, MORE), cycle(early, 1)] == [6, 1]
    early.handle(Expired(incoming.DIGIT_WAIT))
    assert sent(early.handle(Expired(incoming.PULSE_PAUSE))) == [4]


def test_a_number_that_nobody_has_is_refused_as_the_country_does() -> None:
    """In China A5 says at once that a number is unallocated; ITU says it in group B; congestion is A4 in both."""
    china, itu, full = listener("china"), listener("itu"), listener("itu")
    assert cycle(china, 9, Verdict.UNALLOCATED) == 5
    assert china.state == incoming.Resting()
    assert cycle(itu, 9, Verdict.UNALLOCATED) == 3
    assert sent(receive(itu, 1)) == [5]
    assert itu.handle(ForwardGone()) == (Transmit(None), outgoing.Concluded(Outcome.UNALLOCATED))
    assert cycle(full, 9, Verdict.CONGESTED) == 4


@pytest.mark.parametrize(
    ("variant", "category", "outcome", "signal"),
    [
        ("china", 3, Outcome.BUSY, 4),
        ("china", 2, Outcome.BUSY, 2),
        ("china", 3, Outcome.OUT_OF_ORDER, 4),
        ("china", 3, Outcome.FREE_NO_CHARGE, 1),
        ("china", 3, Outcome.FREE_CALLER_CONTROLS, 6),
        ("itu", 1, Outcome.NUMBER_CHANGED, 4),
        ("itu", 1, Outcome.OUT_OF_ORDER, 8),
        ("mexico", 1, Outcome.UNALLOCATED, 4),
    ],
)
def test_what_a_country_cannot_say_is_said_by_the_next_best(variant: str, category: int, outcome: Outcome, signal: int) -> None:
    """A refusal always reaches the caller in some form that the far exchange knows."""
    machine = listener(variant, IncomingPolicy(AskCaller.NEVER))
    cycle(machine, 1, COMPLETE)
    receive(machine, category)
    assert sent(machine.handle(incoming.Say(outcome))) == [signal]


def test_nobody_is_waited_for_too_long() -> None:
    """The dial plan, the decision, the far end's next signal and its end: each wait ends, and the caller hears congestion."""
    machine = listener("china")
    receive(machine, 1)
    assert sent(machine.handle(Expired(incoming.PLAN_WAIT))) == [4]
    machine = listener("china", IncomingPolicy(AskCaller.NEVER))
    cycle(machine, 1, COMPLETE)
    receive(machine, 2)
    assert sent(machine.handle(Expired(incoming.OFFER_WAIT))) == [4]
    assert machine.handle(Expired(incoming.FORWARD_STAYS)) == (Transmit(None), outgoing.Failed("register_time_out"))
    machine = listener("china")
    assert machine.handle(Expired(incoming.FORWARD_WAIT)) == (Start(incoming.PULSE_PAUSE),)
    assert sent(machine.handle(Expired(incoming.PULSE_PAUSE))) == [4]
    assert machine.handle(Expired(incoming.PULSE_ON)) == (Transmit(None), outgoing.Concluded(Outcome.CONGESTED))


def test_a_caller_number_without_end_is_cut() -> None:
    """A broken exchange that sends caller digits for ever does not hold the circuit."""
    machine = listener("china")
    cycle(machine, 1, COMPLETE)
    cycle(machine, 1)
    for _ in range(32):
        assert cycle(machine, 7) == 1
    assert receive(machine, 7) == (outgoing.Failed("endless"),)


def test_a_called_number_without_end_is_cut() -> None:
    """After 32 digits the dial plan is told that no more are taken."""
    machine = listener("china")
    for _ in range(31):
        cycle(machine, 1, MORE)
    assert receive(machine, 1) == (incoming.AskPlan("1" * 32, ended=True), Start(incoming.PLAN_WAIT))


def test_a_second_signal_within_ours_is_refused() -> None:
    """What the far end sends out of turn is counted by the circuit and takes no digit's place."""
    machine = listener("china")
    receive(machine, 1)
    machine.handle(PlanSays(MORE))
    with pytest.raises(UnexpectedEvent):
        receive(machine, 2)


# ---- the countries ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_country_can_ask_and_say_what_is_needed(variant: str) -> None:
    """No call fails for a word that a country's table lacks."""
    code = VARIANTS[variant].register
    assert code.name == variant
    for request in (Request.NEXT, Request.CATEGORY, Request.CALLER_CLASS):
        assert code.signal(Group.A, request) is not None
    for request in (Request.NEXT_CALLER, Request.CATEGORY):
        assert code.signal(Group.CALLER, request) is not None
    assert code.signal(code.after_caller(), Request.NEXT) is not None
    for category in range(1, 16):
        group = code.group_b(category)
        assert code.signal(group, Outcome.FREE) is not None
        assert any(code.signal(group, outcome) for outcome in (Outcome.BUSY, Outcome.BUSY_OR_CONGESTED))
    for group, meanings in code.backward.items():
        for signal, meaning in meanings.items():
            assert code.meaning(group, code.signal(group, meaning) or 0) is meaning
            assert 1 <= signal <= (6 if variant == "china" else 15)


def test_numbers_are_signals_and_back() -> None:
    """The digit 0 is signal 10; what is no digit is no number."""
    assert signals_of("1230B") == (1, 2, 3, 10, 11)
    assert [digit_of(signal) for signal in (1, 10, 14)] == ["1", "0", "E"]
    for wrong in ("1*", "F", "1" * 33):
        with pytest.raises(OurFault):
            signals_of(wrong)
    for signal in (0, 15):
        with pytest.raises(OurFault):
            digit_of(signal)


def test_a_policy_that_makes_no_sense_is_refused() -> None:
    """A wait longer than the far end's own, or no digits at all, is named when it is set."""
    for policy in ({"caller_after": 0}, {"caller_most": 33}, {"digit_wait_s": 20}):
        with pytest.raises(OurFault):
            IncomingPolicy(**policy)  # type: ignore[arg-type]  # numbers by name
