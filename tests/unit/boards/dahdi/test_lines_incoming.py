"""Calls that come in on exchange lines of every kind: caller id as exchanges send it, bells that are none, and bad input. With real audio."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest

from boards.dahdi import fxo
from boards.dahdi.abi import Event
from boards.dahdi.heard import Hearing, KeyUp
from engine.settings.site import TrunkSection
from engine.telephony.numbers import UNKNOWN_CALLER, CallerId
from hwsim.cable import CABLES
from hwsim.line import Impairments
from hwsim.line_service import CallerIdAlert, CallerIdSending, CallerIdStyle, LineService
from tests.line_bench import CALLER_NUMBER, LineBench

LINE = "line-1"
CALLED = "62010001"
NUMBER = CallerId(CALLER_NUMBER)


def line(**settings: object) -> LineBench:
    """A started board with one exchange line that is set so."""
    section = replace(TrunkSection(name=LINE, channel=1, number=CALLED), **settings)  # type: ignore[arg-type]  # a test's own settings
    bench = LineBench(trunks=(section, TrunkSection(name="line-2", channel=2)))
    bench.start()
    return bench


def call(bench: LineBench, style: CallerIdStyle, sending: CallerIdSending | None = None, **how: object) -> None:
    """The caller dials, on a line whose exchange sends caller id so."""
    bench.exchange.serve(LINE, LineService(caller_id=sending or CallerIdSending()))
    bench.caller.caller_id = style
    bench.caller.call(LINE, **how)  # type: ignore[arg-type]  # a test's own ways


@dataclass(frozen=True)
class Kind:
    """A kind of line: how it is set, and what its exchange does."""

    name: str
    caller_id: str
    start: str
    style: CallerIdStyle
    before_ring: bool
    alert: CallerIdAlert = CallerIdAlert.NONE


KINDS = (
    Kind("fsk", "fsk", "ring", CallerIdStyle.FSK, before_ring=False),
    Kind("sdmf", "fsk", "ring", CallerIdStyle.SDMF, before_ring=False),
    Kind("fsk, reversal after ring", "fsk", "ring", CallerIdStyle.FSK, before_ring=False, alert=CallerIdAlert.REVERSAL),
    Kind("v23", "etsi", "ring", CallerIdStyle.ETSI, before_ring=False),
    Kind("keys", "dtmf", "ring", CallerIdStyle.DTMF, before_ring=False),
    Kind("keys, reversal, before ring", "dtmf", "polarity", CallerIdStyle.DTMF, before_ring=True, alert=CallerIdAlert.REVERSAL),
    Kind("keys, no sign, before ring", "dtmf", "always", CallerIdStyle.DTMF, before_ring=True),
    Kind("fsk, reversal, before ring", "fsk", "polarity", CallerIdStyle.FSK, before_ring=True, alert=CallerIdAlert.REVERSAL),
    Kind("fsk, no sign, before ring", "fsk", "always", CallerIdStyle.FSK, before_ring=True),
    Kind("v23, tones, before ring", "etsi", "always", CallerIdStyle.ETSI, before_ring=True, alert=CallerIdAlert.TONE),
    Kind("v23, reversal, before ring", "etsi", "polarity", CallerIdStyle.ETSI, before_ring=True, alert=CallerIdAlert.REVERSAL),
)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_the_callers_number_is_known_on_every_kind_of_line(kind: Kind) -> None:
    """However the exchange tells it, the agent sees who calls: at the first ring when it came before, else before the second."""
    bench = line(caller_id=kind.caller_id, caller_id_start=kind.start)
    call(bench, kind.style, CallerIdSending(before_ring=kind.before_ring, alert=kind.alert))
    assert bench.until_told(LINE, "rang", 8)
    rang_ms = bench.world.now_ms
    assert bench.until_told(LINE, "offered", 5)
    assert bench.heard.of(LINE) == [("rang",), ("offered", NUMBER, CALLED)]
    assert bench.world.now_ms - rang_ms <= (20 if kind.before_ring else 4500)
    bench.close()


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.name in ("fsk", "v23", "keys")], ids=lambda kind: kind.name)
def test_a_long_noisy_line_brings_the_number_or_none_but_never_a_wrong_one(kind: Kind) -> None:
    """On six kilometres of cable with noise and hum the number is right, missing, or marked doubtful."""
    bench = line(caller_id=kind.caller_id, caller_id_start=kind.start)
    bench.exchange.impair(LINE, Impairments(cable=CABLES["6km"], noise_dbm0=-45, mains_dbm0=-40))
    for _ in range(2):
        call(bench, kind.style)
        assert bench.until_told(LINE, "offered", 12)
        caller = bench.heard.of(LINE)[-1][1]
        assert isinstance(caller, CallerId)
        assert caller.number in ("", CALLER_NUMBER) or caller.doubtful
        bench.caller.hang_up()
        bench.wait(8)
        bench.heard.told.clear()
    bench.close()


def test_keys_that_came_uneven_are_doubtful() -> None:
    """A number read from keys that no machine sends so is shown as doubtful, not as right."""
    bench = line(caller_id="dtmf")
    trunk = bench.board.trunks[0]
    call(bench, CallerIdStyle.NONE)
    bench.wait(1.5)
    at = bench.pump.sample_now()
    for place, key in enumerate("D62001234C"):
        late = 1200 if place > 4 else 0
        trunk._hear(KeyUp(key, at + place * 1120 + late, 560, -10.0))
    assert bench.until_told(LINE, "offered", 2)
    assert bench.heard.of(LINE)[-1][1] == CallerId("62001234", doubtful=True)
    bench.close()


def test_keys_without_an_end_are_taken_as_they_are_after_a_pause() -> None:
    """An exchange that sends no stop key does not keep the caller from being offered; the number is doubtful."""
    bench = line(caller_id="dtmf")
    call(bench, CallerIdStyle.DTMF, CallerIdSending(stop_key=""))
    assert bench.until_told(LINE, "offered", 6)
    assert bench.heard.of(LINE)[-1][1] == CallerId(CALLER_NUMBER, doubtful=True)
    bench.close()


@pytest.mark.parametrize("caller_id", ["fsk", "dtmf"])
def test_a_caller_id_that_never_ends_keeps_nobody_waiting(caller_id: str) -> None:
    """When the exchange's data go on for ever, the call is offered at the second ring all the same, and can be answered."""
    bench = line(caller_id=caller_id)
    call(bench, CallerIdStyle.FSK, CallerIdSending(endless=True, spoil=lambda message: message[:5]))
    assert bench.until_told(LINE, "offered", 7)
    assert bench.heard.of(LINE)[-1][1] == UNKNOWN_CALLER
    bench.board.trunks[0].answer()
    bench.wait(2)
    assert isinstance(bench.board.trunks[0]._actor.state, fxo.Connected)
    bench.close()


def test_garbage_for_caller_id_is_told_or_passed_over() -> None:
    """Octets of chance with a right checksum never take a call down, nor show a number."""
    chance = np.random.default_rng(4)
    for _ in range(3):
        rubbish = bytes(chance.integers(0, 256, 20, dtype=np.uint8).tolist())
        whole = bytes([rubbish[0], 18]) + rubbish[2:]
        bench = line()
        call(bench, CallerIdStyle.FSK, CallerIdSending(spoil=lambda _message, sent=whole: sent + bytes([-sum(sent) & 0xFF])))  # type: ignore[misc]
        assert bench.until_told(LINE, "offered", 8)
        assert bench.heard.of(LINE)[-1][1] == UNKNOWN_CALLER
        bench.close()


def test_a_number_that_no_bell_follows_is_forgotten() -> None:
    """Data on an idle line without a call are nobody's number: the next caller is not shown with it."""
    bench = line(caller_id="dtmf", caller_id_start="always")
    trunk = bench.board.trunks[0]
    at = bench.pump.sample_now()
    for place, key in enumerate("D62001234C"):
        trunk._hear(KeyUp(key, at + place * 1120, 560, -10.0))
    assert not trunk.free
    bench.wait(7)
    assert trunk.free
    call(bench, CallerIdStyle.NONE)
    assert bench.until_told(LINE, "offered", 8)
    assert bench.heard.of(LINE)[-1][1] == UNKNOWN_CALLER
    bench.close()


def test_a_reversal_on_a_line_that_announces_nothing_means_nothing() -> None:
    """Where the settings know of no caller id by reversal, one on the idle line does not keep it from being used."""
    bench = line()
    bench.raise_event(1, Event.POLARITY)
    bench.wait(0.1)
    assert bench.board.trunks[0].free
    bench.close()


def test_a_tinkle_of_the_bell_is_no_call() -> None:
    """A telephone beside ours that dials by its disc makes the bell tinkle; nobody is told of a call, and the line stays usable."""
    bench = line()
    port = bench.driver.exchange_ports[1]
    trunk = bench.board.trunks[0]
    for _ in range(4):
        port.set_ringing(True)
        bench.wait(0.1)
        port.set_ringing(False)
        bench.wait(1.5)
    assert bench.heard.of(LINE) == []
    assert trunk.rings_too_short == 4
    assert trunk.free
    bench.close()


def test_a_distinctive_ring_is_one() -> None:
    """Short bursts in pairs, as some exchanges ring for some calls, are a ring; the number after them is read."""
    bench = line()
    call(bench, CallerIdStyle.FSK, ring_cadence_ms=(400, 200, 400, 4000))
    assert bench.until_told(LINE, "offered", 5)
    assert bench.heard.of(LINE)[-1] == ("offered", NUMBER, CALLED)
    bench.close()


def test_forty_rings_are_one_call() -> None:
    """Who lets it ring for more than three minutes is offered once, can be answered then, and is one call."""
    bench = line()
    bench.exchange.serve(LINE, LineService(ringing_most_ms=400_000))
    bench.caller.call(LINE)
    bench.wait(200)
    assert [told[0] for told in bench.heard.of(LINE)] == ["rang", "offered"]
    bench.board.trunks[0].answer()
    bench.wait(1)
    assert bench.caller.talking
    bench.close()


@pytest.mark.parametrize(("start_key", "number"), [("A", CALLER_NUMBER), ("D", "")])
def test_keys_of_another_country_are_read_as_there(start_key: str, number: str) -> None:
    """Where D begins the number of who passed the call on, it is not shown as the caller's."""
    bench = line(caller_id="dtmf", caller_id_keys="etsi")
    call(bench, CallerIdStyle.DTMF, CallerIdSending(start_key=start_key))
    assert bench.until_told(LINE, "offered", 12)
    caller = bench.heard.of(LINE)[-1][1]
    assert isinstance(caller, CallerId)
    assert (caller.number, caller.doubtful) == (number, False)
    bench.close()


def test_a_line_may_be_answered_sooner_than_others() -> None:
    """A line on which no caller id comes need not ring twice because others do."""
    bench = line(caller_id="none", answer_after_rings=1)
    call(bench, CallerIdStyle.NONE)
    assert bench.until_told(LINE, "rang", 8)
    rang_ms = bench.world.now_ms
    assert bench.until_told(LINE, "offered", 5)
    assert bench.world.now_ms - rang_ms <= 20
    bench.close()


def test_a_line_without_caller_id_costs_no_detector(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the exchange sends none, nothing listens while it rings."""
    bench = line(caller_id="none")
    listened: list[Hearing] = []
    monkeypatch.setattr(bench.pump, "listen", lambda _port, hearing, _hear=None: listened.append(hearing))
    call(bench, CallerIdStyle.NONE)
    assert bench.until_told(LINE, "offered", 8)
    assert set(listened) == {Hearing.NONE}
    bench.close()
