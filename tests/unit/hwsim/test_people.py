"""People at desk phones, and what they see and do."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from engine.kernel.errors import BadInput, Refused
from hwsim.caller_id import CallerIdShown, mdmf, modulate
from hwsim.key_ear import keys_in
from hwsim.people import DeskPhone, Mouth
from hwsim.signals import BLOCK, IDLE_BLOCK, IDLE_OCTET, alaw_from_linear, linear_from_alaw, tone
from hwsim.world import World
from tests.unit.hwsim.simple_world import SimplePhonePort, simple_world


def office() -> tuple[World, SimplePhonePort, DeskPhone]:
    port = SimplePhonePort()
    world = simple_world(port)
    port.now_ms = lambda: world.now_ms
    return world, port, DeskPhone(world, "phone-801", port)


def ring_with_caller_id(world: World, port: SimplePhonePort, message: bytes) -> None:
    start = world.now_ms
    for burst in range(2):
        world.at(start + 5000 * burst, lambda: port.ring(True))
        world.at(start + 5000 * burst + 1000, lambda: port.ring(False))
    world.at(start + 1600, lambda: port.send(modulate(message)))


def test_a_phone_shows_who_rings() -> None:
    """Number and name sent between the bursts appear on the display, and go with the next caller."""
    world, port, phone = office()
    ring_with_caller_id(world, port, mdmf("13800138000", "01010800", "王小明"))
    world.run_for(1200)
    assert phone.ringing
    assert phone.caller_id_shown is None
    world.run_for(5000)
    assert phone.caller_id_shown == CallerIdShown("13800138000", "王小明", "01010800")
    assert list(phone.ring_bursts_ms) == [0, 5000]
    world.run_for(6000)
    assert not phone.ringing
    port.ring(True)
    assert phone.caller_id_shown is None


def test_a_lifted_phone_talks_and_hears_from_its_block_on() -> None:
    """With the handset up both directions pass; the answered phone no longer rings."""
    world, port, phone = office()
    port.ring(True)
    world.run_for(100)
    world.after(7, phone.lift)
    port.send(tone(450, -10, 400))
    world.run_for(20)
    assert not phone.ringing
    said = phone.say(tone(1000, -10, 100), "hm")
    world.run_for(400)
    assert bytes(port.heard)[said.start_sample : said.end_sample] == said.octets
    assert phone.ear.next_sample == world.now_sample
    assert phone.ear.level_dbm0(world.now_sample - 2400, world.now_sample - 1000) == pytest.approx(-10, abs=0.5)


def test_a_phone_on_hook_is_silent_and_remembers_nothing() -> None:
    """Nothing said with the handset down reaches the line."""
    world, port, phone = office()
    phone.say(tone(1000, -10, 100))
    world.run_for(200)
    assert set(port.heard) == {IDLE_OCTET}
    assert phone.ear.next_sample == 0


def test_flash_is_exactly_100_ms() -> None:
    """The R key opens the loop for 100 ms at the millisecond at which it is pressed."""
    world, port, phone = office()
    phone.lift()
    world.at(1003, phone.flash)
    world.run_for(2000)
    assert port.loops == [(0, True), (1003, False), (1103, True)]


def test_pulse_dialling_has_ten_breaks_a_second() -> None:
    """Dialling 3 and 0 by pulses: 3 and 10 breaks of 60 ms, 40 ms apart, with a pause between."""
    world, port, phone = office()
    phone.lift()
    phone.pulse("30")
    world.run_for(4000)
    opened = [ms for ms, closed in port.loops if not closed]
    closed = [ms for ms, closed in port.loops[1:] if closed]
    assert [b - a for a, b in zip(opened, closed, strict=True)] == [60] * 13
    assert [b - a for a, b in pairwise(opened)] == [100, 100, 800, *[100] * 9]


def test_hanging_up_in_the_middle_ends_everything() -> None:
    """A handset put down during dialling stays down: no pulse lifts it again, and what was being said is cut."""
    world, port, phone = office()
    phone.lift()
    phone.pulse("5")
    phone.press("123")
    world.at(130, phone.hang_up)
    world.run_for(2000)
    assert port.loops[-1] == (130, False)
    assert [(said.label, len(said.octets)) for said in phone.mouth.said] == [("key 1", 130 * 8)]


def test_keys_pressed_are_heard_as_keys() -> None:
    """The appliance hears the digits that were pressed, one after the other."""
    world, port, phone = office()
    phone.lift()
    phone.press("*111001#")
    world.run_for(2000)
    assert "".join(key.key for key in keys_in(linear_from_alaw(bytes(port.heard)))) == "*111001#"


def test_a_removed_battery_is_noticed() -> None:
    """The phone notices the drop that tells of the far end's hang-up, and hears nothing meanwhile."""
    world, port, phone = office()
    phone.lift()
    world.run_for(100)
    heard = phone.ear.next_sample
    port.feed(False)
    world.run_for(500)
    port.feed(True)
    assert list(phone.battery_drops_ms) == [100]
    assert phone.ear.next_sample == heard


def test_polarity_is_noticed() -> None:
    """A phone behind a reversing port knows when it was reversed."""
    world, port, phone = office()
    world.run_for(40)
    assert port.polarity_changed is not None
    port.polarity_changed(True)
    assert list(phone.reversals_ms) == [40]


def test_what_cannot_be_done_is_refused_in_words() -> None:
    """Lifting twice, hanging up twice, dialling on hook and wrong keys are named with the phone."""
    _, _, phone = office()
    with pytest.raises(Refused, match="phone-801 cannot hang up: the handset is down already"):
        phone.hang_up()
    with pytest.raises(Refused, match="cannot dial: the handset is down"):
        phone.pulse("1")
    with pytest.raises(Refused, match="cannot flash"):
        phone.flash()
    phone.lift()
    with pytest.raises(Refused, match="up already"):
        phone.lift()
    with pytest.raises(BadInput, match="phone-801 cannot press '12x'"):
        phone.press("12x")
    with pytest.raises(BadInput, match=r"cannot dial '\*' by pulses"):
        phone.pulse("*")
    assert not phone.mouth.said


def test_a_mouth_says_one_thing_after_the_other_across_blocks() -> None:
    """Two things said at once follow each other without a gap, and each knows when it began."""
    mouth = Mouth()
    first = mouth.say("a", b"\x01" * 200, 100)
    second = mouth.say("b", b"\x02" * 100, 100)
    assert (first.start_sample, second.start_sample) == (100, 300)
    spoken = b"".join(mouth.block(at) for at in range(0, 640, BLOCK))
    assert spoken == IDLE_BLOCK[:100] + b"\x01" * 200 + b"\x02" * 100 + (IDLE_BLOCK * 2)[:240]
    assert not mouth.busy(400)
    assert mouth.say("c", b"\x03", 1000).start_sample == 1000


def test_int16_and_alaw_can_be_said() -> None:
    """Audio is taken as samples or as octets."""
    world, _, phone = office()
    samples = tone(450, -10, 20)
    assert phone.say(samples).octets == alaw_from_linear(samples)
    assert np.array_equal(phone.say(b"\x2a" * 5).samples, linear_from_alaw(b"\x2a" * 5))
    assert world.now_ms == 0
