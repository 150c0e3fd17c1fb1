"""How an E1 trunk sounds: its gains, and the echo canceller that the driver runs during its calls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from boards.dahdi.sysfs import SPANS
from engine.telephony.media import ToneStep
from hwsim.signals import level_dbm0, linear_from_alaw, tone
from tests.unit.boards.e1.e1_bench import CHEN, E1Bench

NUMBER = "8666"
SENT_DBM0 = -10.0
TRUNKS: dict[str, dict[str, Any]] = {
    "isdn": {"number": NUMBER},
    "r2": {"signalling": "r2", "channels": "1-2", "digits": 4, "number": NUMBER},
    "cas": {"signalling": "cas", "channels": "1-2", "digits": 4, "number": NUMBER},
}


def works(bench: E1Bench, place: int) -> bool:
    """Whether the driver runs the canceller of this channel."""
    return bench.driver.tree.read(f"{SPANS}/span-1/dahdi!chan!001!{place:03}/ec_state") == "ACTIVE"


def connected(bench: E1Bench) -> int:
    """A call of ours that Chen has answered; its timeslot."""
    place = bench.board.trunks[0].place
    bench.line(place).dial(CHEN)
    bench.until("dialled", timeout_ms=20_000)
    bench.chen_answers()
    bench.until("answered")
    return place


@pytest.mark.parametrize("signalling", TRUNKS)
def test_a_trunks_gains_are_heard(signalling: str) -> None:
    """A trunk that is too loud from the carrier is made softer, and our side louder, in every call on it."""
    bench = E1Bench(receive_gain_db=-6.0, transmit_gain_db=3.0, **TRUNKS[signalling])
    line = bench.line(connected(bench))
    other = bench.board.trunks[1]
    bench.pump.patch(line.port, other.port)
    bench.pump.tone((ToneStep(3000, 1000.0, SENT_DBM0),), [line.port])
    bench.chen.say(tone(1000, SENT_DBM0, 1000))
    taken: dict[str, list[bytes]] = {"chen": [], "other": []}
    far = bench.far_span
    receive = far.receive_blocks

    def listening(blocks: Sequence[bytes]) -> None:
        taken["chen"].append(blocks[line.place - 1])
        taken["other"].append(blocks[other.place - 1])
        receive(blocks)

    far.receive_blocks = listening  # type: ignore[method-assign]  # an ear on the cable
    bench.world.run_for(800)
    heard = {who: level_dbm0(linear_from_alaw(b"".join(blocks[10:30]))) for who, blocks in taken.items()}
    assert heard["chen"] == pytest.approx(SENT_DBM0 + 3.0, abs=0.2)
    # through both trunks: softer on the way in, louder on the way out
    assert heard["other"] == pytest.approx(SENT_DBM0 - 6.0 + 3.0, abs=0.2)
    bench.close()


@pytest.mark.parametrize("signalling", TRUNKS)
def test_the_echo_canceller_runs_during_a_call(signalling: str) -> None:
    """From the moment when somebody may be heard to the end of the call, and never between calls."""
    bench = E1Bench(**TRUNKS[signalling])
    place = bench.board.trunks[0].place
    assert not works(bench, place)
    connected(bench)
    assert works(bench, place)
    bench.line(place).release()
    assert bench.world.run_until(lambda: bench.line(place).free, 5000)
    assert not works(bench, place)
    bench.close()


def test_a_span_without_canceller_has_none() -> None:
    """Where the settings say none, the driver is not asked, and nothing complains."""
    bench = E1Bench(echo_canceller="none", number=NUMBER)
    place = connected(bench)
    assert not works(bench, place)
    assert not bench.errors
    bench.close()
