"""What a voltmeter shows on a line, and what both ends notice of each other."""

from __future__ import annotations

import pytest

from hwsim.cable import KM_6, SHORT, Cable
from hwsim.pair import Feeding, Pair
from tests.unit.hwsim.simple_world import SimpleExchangePort


def laid(cable: Cable = SHORT, feeding: Feeding | None = None) -> tuple[Pair, SimpleExchangePort, list[bool]]:
    """A pair, its port, and the loops that the exchange saw."""
    port = SimpleExchangePort()
    pair = Pair(port, cable, feeding or Feeding())
    seen: list[bool] = []
    pair.loop_changed = seen.append
    return pair, port, seen


def test_an_idle_line_has_the_exchanges_voltage() -> None:
    """48 V with the handset down; reversed they are negative; while the battery is removed there is nothing."""
    pair, port, _ = laid()
    assert pair.readings().line_v == pytest.approx(48)
    pair.set_reversed(True)
    assert pair.readings().line_v == pytest.approx(-48)
    pair.set_battery(False)
    assert pair.readings().line_v == 0
    assert port.moments == [("reversed", True), ("battery", False)]


def test_the_loop_current_falls_with_the_length() -> None:
    """A closed loop draws 20 to 45 mA, the less the longer the cable; the voltage falls to a few volts."""
    pair, port, seen = laid()
    port.loop(True)
    near = pair.readings()
    pair.lay(KM_6)
    far = pair.readings()
    assert 35 < near.loop_ma < 45
    assert 20 < far.loop_ma < near.loop_ma
    assert near.line_v == pytest.approx(near.loop_ma * 0.3)
    assert seen == [True]


def test_ringing_is_weaker_far_out() -> None:
    """The bell gets 90 V less what generator and cable take; a cable far too long rings no bell."""
    pair, port, _ = laid()
    pair.set_ringing(True)
    assert 80 < pair.readings().ringing_v < 90
    assert port.moments == [("ringing", True)]
    pair.lay(Cable(60))
    assert pair.readings().ringing_v < 35
    assert port.moments == [("ringing", True), ("ringing", False)]


def test_an_exchange_does_not_see_a_loop_of_too_little_current() -> None:
    """On a cable far beyond its reach the appliance goes off hook and gets no dial tone."""
    pair, port, seen = laid(Cable(20))
    port.loop(True)
    assert not pair.loop_closed
    assert seen == [False]


def test_a_cut_wire_is_dead_at_both_ends() -> None:
    """No voltage, no ringing, no loop while it is cut; mended, what was asked for meanwhile arrives."""
    pair, port, _ = laid()
    pair.cut()
    assert pair.broken
    pair.set_ringing(True)
    assert port.moments == [("battery", False)]
    assert (pair.readings().line_v, pair.readings().ringing_v) == (0, 0)
    port.loop(True)
    assert not pair.loop_closed
    port.loop(False)
    pair.mend()
    assert port.moments[1:] == [("battery", True), ("ringing", True)]
