"""R2 circuits on a simulated card, with real tones and bits: what engine and exchange see of calls, blocking and double seizure."""

from __future__ import annotations

from typing import Any

import pytest

from boards.e1.r2_code import Group
from boards.e1.r2_trunk import R2Trunk
from boards.e1.r2_words import Answer, MeterPulse, Outcome, Suspend
from engine.kernel.errors import Refused
from engine.settings.e1_trunk import R2_VARIANTS
from engine.telephony.causes import Cause, Release
from engine.telephony.numbers import CallerId
from tests.unit.boards.e1.e1_bench import CHEN, E1Bench

NUMBER = "8666"


@pytest.fixture
def bench() -> E1Bench:
    """Three circuits are enough."""
    return E1Bench(signalling="r2", channels="1-3", digits=len(NUMBER), number=NUMBER)


def test_a_call_comes_in_with_both_numbers_and_goes(bench: E1Bench) -> None:
    """Called and calling number cross as tones; the answer and the end cross as bits."""
    bench.chen.call(NUMBER)
    assert bench.until("offered") == ("t-1", CallerId(CHEN), NUMBER)
    bench.line(1).answer()
    assert bench.world.run_until(lambda: bench.chen.talking, 2000)
    bench.chen.hang_up()
    assert bench.until("released") == ("t-1", Release(Cause.NORMAL_CALL_CLEARING, "hung_up"))
    assert bench.world.run_until(lambda: bench.line(1).free, 3000)
    bench.close()


def test_a_call_goes_out_and_we_hang_up(bench: E1Bench) -> None:
    """The exchange sees our number when it asks for it; after the end both ends are idle."""
    bench.line(2).dial(CHEN)
    bench.until("dialled")
    assert bench.far_r2.exchange.calls[-1].caller == NUMBER
    bench.chen_answers()
    bench.until("answered")
    bench.line(2).release()
    assert bench.world.run_until(lambda: bench.line(2).free, 3000)
    assert not bench.told.of("released")
    bench.close()


def test_a_blocked_circuit_is_not_used(bench: E1Bench) -> None:
    """The exchange blocks: the lines say so, and serve again when it unblocks."""
    bench.far_r2.cut_signalling(cut=True)
    assert bench.until("out_of_service", 3)[1] == "far_blocked"
    with pytest.raises(Refused, match="in use or out of service"):
        bench.line(1).dial(CHEN)
    bench.far_r2.cut_signalling(cut=False)
    assert bench.world.run_until(lambda: bench.line(1).free, 3000)
    bench.close()


def test_both_ends_seize_at_once(bench: E1Bench) -> None:
    """Our call is given back, to be tried on another circuit; the circuit is free again."""
    bench.far_r2.exchange.call(0, NUMBER, CHEN)
    bench.line(1).dial(CHEN)
    assert bench.until("released")[1].reason == "glare"
    assert bench.world.run_until(lambda: bench.line(1).free, 5000)
    bench.close()


# ---- what the settings say -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("variant", sorted(set(R2_VARIANTS) - {"china"}))
def test_calls_in_other_countries(variant: str) -> None:
    """An exchange of each country calls and is called, by its own bits and tones; both numbers arrive, and nobody breaks a rule."""
    made = E1Bench(signalling="r2", r2_variant=variant, channels="1-2", digits=len(NUMBER), number=NUMBER)
    made.chen.call(NUMBER)
    assert made.until("offered") == ("t-1", CallerId(CHEN), NUMBER)
    made.line(1).answer()
    assert made.world.run_until(lambda: made.chen.talking, 2000)
    made.line(1).release()
    assert made.world.run_until(lambda: made.line(1).free, 3000)
    made.chen.hang_up()
    made.line(2).dial(CHEN)
    made.until("dialled", timeout_ms=15_000)
    made.chen_answers()
    made.until("answered")
    made.chen.hang_up()
    made.until("released")
    assert made.world.run_until(lambda: made.line(2).free, 3000)
    assert (made.far_r2.exchange.calls[-1].digits, made.far_r2.exchange.calls[-1].caller) == (CHEN, NUMBER)
    assert not made.told.of("violated")
    made.close()


@pytest.mark.parametrize(("glare", "ours"), [("yield", False), ("keep", True)])
def test_the_policy_says_whose_call_wins(glare: str, ours: bool) -> None:
    """Both seize at once: by yield the exchange's call is taken and ours looks for another circuit; by keep ours stands."""
    made = E1Bench(signalling="r2", r2_glare=glare, channels="1", digits=len(NUMBER), number=NUMBER)
    far = made.far_r2.exchange
    far.call(0, NUMBER, CHEN)
    made.line(1).dial(CHEN)
    if ours:
        made.until("dialled", timeout_ms=15_000)
        made.line(1).release()
    else:
        assert made.until("released")[1].reason == "glare"
        assert made.until("offered")[0] == "t-1"
        far.hang_up(0)
    assert made.world.run_until(lambda: made.line(1).free, 5000)
    made.close()


@pytest.mark.parametrize(("control", "state"), [("first", "Idle"), ("caller", "OutClearedBack")])
def test_the_exchange_is_told_whose_hanging_up_ends_a_call(control: str, state: str) -> None:
    """Our agent hangs up: the exchange frees the circuit at once, or, where the caller controls, keeps it until the caller hangs up."""
    made = E1Bench(signalling="r2", r2_release_control=control, channels="1", digits=len(NUMBER), number=NUMBER)
    made.chen.call(NUMBER)
    made.until("offered")
    made.line(1).answer()
    assert made.world.run_until(lambda: made.chen.talking, 2000)
    made.line(1).release()
    made.world.run_for(2000)
    assert made.far_r2._circuits[0].run.circuit.state[0] == state
    made.chen.hang_up()
    assert made.world.run_until(lambda: made.line(1).free, 3000)
    made.close()


@pytest.mark.parametrize(("reanswer_s", "ends"), [(0, True), (6, False)])
def test_a_called_party_may_lift_again(reanswer_s: int, ends: bool) -> None:
    """Where the exchange leaves the release to the caller, a called party who only changes the telephone is not lost, if it is set so."""
    made = E1Bench(signalling="r2", r2_reanswer_s=reanswer_s, channels="1", number=NUMBER)
    made.far_r2.numbers.accepts = Outcome.FREE_CALLER_CONTROLS
    made.line(1).dial(CHEN)
    made.until("dialled", timeout_ms=15_000)
    made.chen_answers()
    made.until("answered")
    run = made.far_r2._circuits[0].run
    run.post(Suspend())
    made.world.run_for(3000)
    assert bool(made.told.of("released")) is ends
    if not ends:
        run.post(Answer())
        made.world.run_for(8_000)
        assert not made.told.of("released")
        run.post(Suspend())
        assert made.until("released", timeout_ms=9_000) == ("t-1", Release(Cause.NORMAL_CALL_CLEARING, "hung_up"))
    made.close()


@pytest.mark.parametrize("settings", [{"r2_variant": "argentina"}, {"r2_metering_ms": 400.0}])
def test_metering_pulses_are_told(settings: dict[str, Any]) -> None:
    """A site that pays by the pulse can count them, also where the country has none as a rule; the call goes on."""
    made = E1Bench(signalling="r2", channels="1", number=NUMBER, **settings)
    made.line(1).dial(CHEN)
    made.until("dialled", timeout_ms=15_000)
    made.chen_answers()
    made.until("answered")
    for count in (1, 2):
        made.far_r2._circuits[0].run.post(MeterPulse())
        assert made.until("metered", count) == ("t-1",)
    assert not made.told.of("released")
    made.close()


@pytest.mark.parametrize("after", [2, 4])
def test_the_moment_of_asking_for_the_caller_can_be_set(after: int) -> None:
    """Some exchanges have the caller's number ready only after a few digits: it is asked for after so many."""
    made = E1Bench(signalling="r2", r2_ask_caller="first", r2_ask_after=after, channels="1", digits=len(NUMBER), number=NUMBER)
    digits_when_asked: list[int] = []
    circuit = made.far_r2._circuits[0].run.circuit
    send = circuit._send_tone

    def watched(tone: object) -> None:
        place = getattr(circuit._outgoing.state, "place", None)
        if place is not None and place.caller == -1 and place.group is Group.CALLER and not digits_when_asked:
            digits_when_asked.append(place.called + 1)
        send(tone)  # type: ignore[arg-type]  # passed on as it came

    circuit._send_tone = watched  # type: ignore[method-assign]  # an ear on the exchange's register
    made.chen.call(NUMBER)
    assert made.until("offered") == ("t-1", CallerId(CHEN), NUMBER)
    assert digits_when_asked == [after]
    made.close()


@pytest.mark.parametrize(("persistence_ms", "state"), [(0, "InSeized"), (20, "InSeized"), (100, "Idle")])
def test_bits_count_when_they_have_stood_as_long_as_is_set(persistence_ms: float, state: str) -> None:
    """On a line with disturbances of 60 ms a site sets a longer check, and no call comes of them."""
    made = E1Bench(signalling="r2", r2_persistence_ms=persistence_ms, channels="1", number=NUMBER)
    trunk = made.line(1)
    assert isinstance(trunk, R2Trunk)
    made.far_r2._span.send_bits(1, 0b0011)
    made.world.run_for(80)
    assert trunk.circuit.state[0] == state
    made.far_r2._span.send_bits(1, 0b1011)
    assert made.world.run_until(lambda: trunk.free, 2000)
    made.close()
