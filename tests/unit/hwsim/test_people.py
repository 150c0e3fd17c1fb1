"""People at desk phones, and what they see and do."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from engine.kernel.errors import BadInput, Refused
from hwsim.cable import KM_6
from hwsim.caller_id import CallerIdShown, closed, mdmf, modulate
from hwsim.caller_id_display import Lamp
from hwsim.caller_id_player import alerting_tone
from hwsim.hand import HUMAN
from hwsim.key_ear import keys_in
from hwsim.line import Impairments
from hwsim.people import DeskPhone, Mouth
from hwsim.signals import BLOCK, IDLE_BLOCK, IDLE_OCTET, alaw_from_linear, keys, linear_from_alaw, silence, tone
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


# ---- hands, cords, displays


def test_a_human_hand_lifts_with_chatter_and_its_own_flash() -> None:
    """The loop opens and closes some times within 12 ms and stays closed; the R key is held for 80 to 120 ms."""
    flashes = set()
    for seed in range(12):
        port = SimplePhonePort()
        world = simple_world(port, seed=seed)
        port.now_ms = lambda world=world: world.now_ms  # type: ignore[misc]  # one world each
        phone = DeskPhone(world, "phone-801", port, hand=HUMAN)
        phone.lift()
        world.run_for(100)
        assert port.loops[-1][1]
        assert port.loops[-1][0] <= 12
        phone.flash()
        world.run_for(300)
        (opened_ms, opened), (closed_ms, closed) = port.loops[-2:]
        assert (opened, closed) == (False, True)
        flashes.add(closed_ms - opened_ms)
    assert all(80 <= ms <= 120 for ms in flashes)
    assert len(flashes) > 3


def test_a_long_flash_can_be_asked_for() -> None:
    """The cradle pressed by hand is open for as long as it is pressed."""
    world, port, phone = office()
    phone.lift()
    phone.flash(500)
    world.run_for(1000)
    assert port.loops == [(0, True), (0, False), (500, True)]


def test_an_unplugged_telephone_is_not_there() -> None:
    """Without its cord it does not ring, shows nothing and closes no loop; put back with the handset up it does at once."""
    world, port, phone = office()
    phone.unplug()
    ring_with_caller_id(world, port, mdmf("13800138000", "01010800"))
    world.run_for(6000)
    assert not phone.ringing
    assert phone.caller_id_shown is None
    assert port.loops == [(0, False)]
    phone.lift()
    phone.say(tone(1000, -10, 100))
    world.run_for(200)
    assert port.loops[-1][1] is False
    assert set(port.heard) == {IDLE_OCTET}
    phone.plug_in()
    world.run_for(20)
    assert port.loops[-1][1] is True
    with pytest.raises(Refused, match="cord is in already"):
        phone.plug_in()
    phone.unplug()
    with pytest.raises(Refused, match="cord is out already"):
        phone.unplug()
    assert port.loops[-1][1] is False


def test_a_handset_lifted_for_a_moment_forgets_the_half_heard_number() -> None:
    """Lifted in the middle of the announcement and put back: nothing wrong is shown, and the next ring shows the next caller."""
    world, port, phone = office()
    ring_with_caller_id(world, port, mdmf("13800138000", "01010800"))
    world.at(1900, phone.lift)
    world.at(2200, phone.hang_up)
    world.run_for(12_000)
    assert phone.caller_id_shown is None
    ring_with_caller_id(world, port, mdmf("13900139000", "01010800"))
    world.run_for(4000)
    assert phone.caller_id_shown == CallerIdShown("13900139000", date="01010800")


def test_a_number_told_before_the_bell_stays_on_the_display() -> None:
    """Keys before the first burst are shown, and still shown while it rings."""
    world, port, phone = office()
    port.send(np.concatenate(keys("D13800138000C", 70, 70)))
    world.run_for(2400)
    assert phone.caller_id_shown == CallerIdShown("13800138000")
    port.ring(True)
    world.run_for(1000)
    assert phone.caller_id_shown == CallerIdShown("13800138000")
    port.ring(False)


def test_a_second_call_is_shown_in_the_first() -> None:
    """The person hears neither the alert's answer nor the data, and what is said meanwhile is not sent."""
    world, port, phone = office()
    phone.lift()
    world.run_for(200)
    data = modulate(mdmf("13900139000", "01010800"), seizure_bits=0, mark_bits=80)
    port.send(np.concatenate([alerting_tone(80), silence(300), data, silence(100)]))
    phone.say(tone(1000, -10, 400))
    world.run_for(1500)
    assert phone.waiting_shown == CallerIdShown("13900139000", date="01010800")
    assert phone.acknowledged == 1
    sent = linear_from_alaw(bytes(port.heard))
    assert "".join(key.key for key in keys_in(sent)) == "D"
    phone.hang_up()
    phone.lift()
    assert phone.waiting_shown is None


def test_an_old_telephone_knows_nothing_of_second_calls() -> None:
    """It sends no acknowledgement, and its user hears the alert."""
    world, port, phone = office()
    phone.displays_waiting = False
    phone.lift()
    world.run_for(200)
    port.send(alerting_tone(80))
    world.run_for(500)
    assert phone.acknowledged == 0
    assert set(port.heard) == {IDLE_OCTET}
    assert phone.ear.level_dbm0(1600, 1600 + 640) == pytest.approx(-12, abs=1)


@pytest.mark.parametrize("by", list(Lamp))
def test_the_message_lamp_follows_what_it_was_made_for(by: Lamp) -> None:
    """Data, voltage or reversal: each lamp is lit by its own signal and by no other."""
    world, port, phone = office()
    phone.lamp_by = by
    assert port.polarity_changed is not None
    assert port.lamp_changed is not None
    for lamp, lit in ((Lamp.REVERSAL, True), (Lamp.REVERSAL, False)):
        port.polarity_changed(lit)
        assert phone.message_lamp is (lit and by is lamp)
    for lit in (True, False):
        port.lamp_changed(lit)
        assert phone.message_lamp is (lit and by is Lamp.VOLTAGE)
    for lit in (True, False):
        port.send(modulate(closed(bytes([0x82, 3, 0x0B, 1, 0xFF if lit else 0]))))
        world.run_for(900)
        assert phone.message_lamp is (lit and by is Lamp.FSK)


def test_keys_faster_than_the_standard_come_out_as_pressed() -> None:
    """A dialler that sends 30 ms of tone and 25 ms of pause does just that."""
    world, port, phone = office()
    phone.lift()
    phone.press("123", on_ms=30, off_ms=25)
    world.run_for(400)
    sounds = np.frombuffer(bytes(port.heard), np.uint8) != IDLE_OCTET
    assert np.count_nonzero(sounds[:240]) > 230
    assert not sounds[245:435].any()


def test_a_telephone_moved_to_a_long_cable_hears_less() -> None:
    """Six kilometres away the dial tone is some 5 dB weaker than beside the appliance."""
    world, port, phone = office()
    phone.lift()
    phone.hears_through(Impairments(cable=KM_6))
    port.send(tone(450, -10, 1000))
    world.run_for(1000)
    assert phone.ear.level_dbm0(4000, 8000) == pytest.approx(-15.4, abs=0.7)
