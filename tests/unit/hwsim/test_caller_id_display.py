"""What a telephone's display makes of caller id in all its kinds."""

from __future__ import annotations

import numpy as np
import pytest

from hwsim.caller_id import BELL_202, V23, CallerIdShown, Modem, closed, mdmf, modulate
from hwsim.caller_id_display import ACKNOWLEDGEMENT, Display
from hwsim.caller_id_player import alerting_tone, announcement
from hwsim.key_ear import keys_in
from hwsim.line_service import CallerIdAlert, CallerIdSending, CallerIdStyle
from hwsim.signals import BLOCK, IDLE_BLOCK, RATE_HZ, Samples, alaw_from_linear, keys, linear_from_alaw, peak, silence, tone

NUMBER, NAME, DATE = "13800138000", "王小明", "01010800"


def blocks(*parts: Samples) -> list[bytes]:
    """The sound as a pair brings it, with half a second of silence after it."""
    octets = alaw_from_linear(np.concatenate([*parts, silence(500)]))
    return [(octets[at : at + BLOCK] + IDLE_BLOCK)[:BLOCK] for at in range(0, len(octets), BLOCK)]


def shown_on_hook(*parts: Samples) -> list[CallerIdShown]:
    display = Display()
    return [shown for block in blocks(*parts) if (shown := display.hear_on_hook(block)) is not None]


@pytest.mark.parametrize("alert", list(CallerIdAlert))
@pytest.mark.parametrize("style", [CallerIdStyle.FSK, CallerIdStyle.SDMF, CallerIdStyle.ETSI, CallerIdStyle.DTMF])
def test_every_kind_of_caller_id_is_shown(style: CallerIdStyle, alert: CallerIdAlert) -> None:
    """Whatever kind the exchange sends, with or without an alert before it, the number appears once; the name where there is room."""
    told = announcement(style, CallerIdSending(alert=alert), NUMBER, NAME, DATE, "")
    assert told is not None
    name = NAME if style in (CallerIdStyle.FSK, CallerIdStyle.ETSI) else ""
    date = "" if style is CallerIdStyle.DTMF else DATE
    assert shown_on_hook(silence(137), told.sound) == [CallerIdShown(NUMBER, name, date)]


@pytest.mark.parametrize(("absent", "why"), [("B10C", "private"), ("B00C", "unavailable")])
def test_keys_can_say_that_there_is_no_number(absent: str, why: str) -> None:
    """A withheld number says why, in keys, too; an exchange that has no code for it sends nothing."""
    told = announcement(CallerIdStyle.DTMF, CallerIdSending(absence_keys=absent), NUMBER, "", DATE, "private")
    assert told is not None
    assert shown_on_hook(told.sound) == [CallerIdShown(absence=why)]
    assert announcement(CallerIdStyle.DTMF, CallerIdSending(), NUMBER, "", DATE, "private") is None


def test_keys_without_a_stop_code_end_by_themselves() -> None:
    """Some exchanges send no stop code: the number is shown when the keys have ended. Without a start code nothing is."""
    assert shown_on_hook(*keys("D12345", 70, 70)) == [CallerIdShown("12345")]
    assert shown_on_hook(*keys("12345", 70, 70)) == []


@pytest.mark.parametrize(("lit", "message"), [(True, bytes([0x82, 3, 0x0B, 1, 0xFF])), (True, b"\x06\x03BBB")])
def test_a_message_lamp_is_lit_and_put_out_by_data(*, lit: bool, message: bytes) -> None:
    """The lamp follows the messages of either form, and shows no caller."""
    out = bytes([0x82, 3, 0x0B, 1, 0]) if message[0] == 0x82 else b"\x06\x03ooo"
    display = Display()
    for block in blocks(silence(40), modulate(closed(message))):
        assert display.hear_on_hook(block) is None
    assert display.lamp is lit
    for block in blocks(silence(40), modulate(closed(out))):
        display.hear_on_hook(block)
    assert not display.lamp


def second_call(alert: Samples, data: Samples, wait_ms: float) -> tuple[Display, Samples, list[bool]]:
    """Play an announcement of a second call; what the telephone sent by itself, and when its handset was cut off."""
    display = Display()
    sent, cut_off = [], []
    for block in blocks(silence(60), alert, silence(wait_ms), data):
        own = display.hear_off_hook(block)
        cut_off.append(own is not None)
        sent.append(IDLE_BLOCK if own is None else own)
    return display, linear_from_alaw(b"".join(sent)), cut_off


@pytest.mark.parametrize("lead_ms", range(0, 20, 3))
@pytest.mark.parametrize("modem", [BELL_202, V23])
def test_a_second_call_is_acknowledged_and_shown(modem: Modem, lead_ms: int) -> None:
    """After the alert the handset is muted, D is sent within 100 ms and for 60 ms, the number is shown, and the handset speaks again."""
    data = modulate(mdmf(NUMBER, DATE, NAME), modem=modem, seizure_bits=0, mark_bits=80)
    alert = np.concatenate([silence(lead_ms), alerting_tone(80)])
    display, sent, cut_off = second_call(alert, data, 280)
    (key,) = keys_in(sent)
    alert_over = (60 + lead_ms + 80) * 8
    assert key.key == "D"
    assert 0 <= key.start_sample - alert_over <= 100 * 8
    assert 50 * 8 <= key.length_samples <= 80 * 8
    assert display.waiting_shown == CallerIdShown(NUMBER, NAME, DATE)
    assert display.acknowledged == 1
    assert cut_off[0] is cut_off[-1] is False


@pytest.mark.parametrize("length_ms", [20, 200])
def test_an_alert_of_another_length_is_none(length_ms: int) -> None:
    """Something much shorter or longer than an alert, or one tone of it, is not acknowledged."""
    display, sent, _ = second_call(alerting_tone(length_ms), silence(100), 100)
    assert display.acknowledged == 0
    assert np.abs(sent).max() <= 8
    display, _, _ = second_call(tone(2130, -12, 80), silence(100), 100)
    assert display.acknowledged == 0


def test_talk_is_no_alert() -> None:
    """Ten minutes of noise shaped like talk, as loud as talk, with keys in it, are acknowledged never."""
    chance = np.random.default_rng(5)
    display = Display()
    for _ in range(600):
        audio = chance.normal(0, peak(-12), RATE_HZ).astype(np.int16) // 4
        audio[:800] += keys(str(chance.choice(list("0123456789ABCD"))), 100, 0)[0]
        for at in range(0, RATE_HZ, BLOCK):
            assert display.hear_off_hook(alaw_from_linear(audio[at : at + BLOCK])) is None
    assert display.acknowledged == 0


def test_when_no_data_come_the_handset_is_given_back() -> None:
    """An alert that nothing follows cuts the conversation off for less than a second; the old number stays."""
    display, _, cut_off = second_call(alerting_tone(80), silence(1500), 0)
    assert 0.1 < sum(cut_off) * 0.02 < 1.0
    assert not cut_off[-1]
    assert display.waiting_shown is None


def test_noise_that_never_ends_gives_the_handset_back() -> None:
    """Data that go on and on are given up after four seconds."""
    noise = np.random.default_rng(1).normal(0, 3000, 6 * RATE_HZ).astype(np.int16)
    _, _, cut_off = second_call(alerting_tone(80), noise, 100)
    assert 3.5 < sum(cut_off) * 0.02 < 4.5


def test_lifting_forgets_what_was_half_heard() -> None:
    """A handset lifted in the middle of caller id shows nothing of it later."""
    display = Display()
    burst = blocks(modulate(mdmf(NUMBER)))
    for block in burst[:20]:
        display.hear_on_hook(block)
    display.forget()
    assert [display.hear_on_hook(block) for block in burst[20:]].count(None) == len(burst) - 20
    assert len(ACKNOWLEDGEMENT) == 60 * 8
