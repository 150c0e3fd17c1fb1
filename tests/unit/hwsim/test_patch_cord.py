"""A cable between two ports of the appliance: what each side notices of the other, and that pulling it gives both ports back."""

from __future__ import annotations

from hwsim.patch_cord import PatchCord
from hwsim.signals import IDLE_BLOCK
from tests.line_bench import LineBench


def test_the_phones_port_rings_and_feeds_the_lines_port() -> None:
    """Ringing, battery and polarity go one way, the loop the other; sound both ways, a block later; then all is as before."""
    bench = LineBench()
    line, phone = bench.driver.exchange_ports[1], bench.driver.phone_ports[3]
    before = (line.far_end, line.loop_changed, phone.far_end, phone.ringing_changed)
    cord = PatchCord(line, phone)
    assert phone.ringing_changed is not None
    assert line.far_end is not None
    assert phone.far_end is not None
    assert line.loop_changed is not None
    line.loop_changed(True)
    assert phone.loop_closed
    said, answered = bytes([0x55]) * 160, bytes([0x2A]) * 160
    assert line.far_end.exchange(said) == IDLE_BLOCK
    assert phone.far_end.exchange(answered) == said
    assert line.far_end.exchange(IDLE_BLOCK) == answered
    cord.pull()
    assert (line.far_end, line.loop_changed, phone.far_end, phone.ringing_changed) == before
    assert not phone.loop_closed
    bench.pump.close()
