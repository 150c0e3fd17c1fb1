"""Caller id through the product's receivers, from sounds that the product did not make: a slice of ``make prove-callerid``."""

from __future__ import annotations

import numpy as np
import pytest

from boards.dahdi.callerid import CallerIdError, caller_from_message, checksum, read_burst
from boards.dahdi.callerid_keys import ETSI
from boards.dahdi.heard import CallerIdModem, Hearing
from engine.telephony.numbers import CallerId
from hwsim.babble import babble
from hwsim.cable import KM_3, KM_6, Cable, loss_filter
from hwsim.caller_id import mdmf
from hwsim.signals import linear_from_alaw
from tests.unit.boards.dahdi.callerid_vectors import (
    KNOWN,
    KNOWN_SDMF,
    Receiver,
    bits_of,
    burst_hits,
    caller_heard,
    keyed,
    noisy,
    sound_of,
)

CALLER = CallerId("2156430144")
NAMED = mdmf("13800138000", "03171656", "王小明")
MODEMS = list(CallerIdModem)
SIGNAL_TO_NOISE_DB = 12


@pytest.fixture(scope="module")
def receiver() -> Receiver:
    return Receiver()


@pytest.mark.parametrize("level_dbm0", [-6, -12, -20, -28, -36])
@pytest.mark.parametrize("modem", MODEMS)
def test_every_number_is_read_on_a_weak_and_noisy_line(receiver: Receiver, modem: CallerIdModem, level_dbm0: float) -> None:
    """From beside the exchange to the end of the longest line, with noise 12 dB below: every number, and by its own modem."""
    for seed, message in enumerate((KNOWN, KNOWN_SDMF, NAMED, KNOWN)):
        wave = noisy(sound_of(bits_of(message), modem, level_dbm0), level_dbm0 - SIGNAL_TO_NOISE_DB, np.random.default_rng(seed))
        heard = receiver.hear(wave)
        assert [each.message for each in heard if each.modem is modem] == [message[:-1]], (modem, level_dbm0, seed)


@pytest.mark.parametrize("cable", [KM_3, KM_6])
@pytest.mark.parametrize("modem", MODEMS)
def test_a_long_cable_takes_the_high_tone_but_not_the_number(receiver: Receiver, modem: CallerIdModem, cable: Cable) -> None:
    """Six kilometres of cable weaken the space by some 5 dB more than the mark; the number is read all the same."""
    wave = np.convolve(sound_of(bits_of(NAMED), modem, -13.5), loss_filter(cable))
    heard = receiver.hear(noisy(wave, -50, np.random.default_rng(3)))
    assert [each.message for each in heard if each.modem is modem] == [NAMED[:-1]]


def test_a_phone_in_a_call_is_told_without_seizure(receiver: Receiver) -> None:
    """The short burst of a second call, eighty marks and the message, is understood, too."""
    heard = receiver.hear(noisy(sound_of(bits_of(KNOWN), CallerIdModem.BELL_202, -20, 0, 80), -40, np.random.default_rng(1)))
    assert caller_from_message(heard[0].message) == CALLER


@pytest.mark.parametrize("message", [KNOWN, KNOWN_SDMF, NAMED])
def test_no_single_wrong_bit_makes_another_number(message: bytes) -> None:
    """Whichever bit of type, length, number, name or checksum turns over: the right number is doubtful at best, never another one right."""
    right = read_burst(message).caller
    assert right.number
    for place in range(8 * len(message)):
        spoilt = bytearray(message)
        spoilt[place // 8] ^= 1 << place % 8
        try:
            shown = read_burst(bytes(spoilt)).caller
            kept = read_burst(bytes(spoilt), keep_doubtful=True).caller
        except CallerIdError:
            continue
        assert shown.number == ""
        assert kept.doubtful


@pytest.mark.parametrize("first", range(5))
def test_no_single_wrong_bit_on_the_line_makes_another_number(receiver: Receiver, first: int) -> None:
    """The same with every fifth bit as it goes over the line, start and stop bits, too, through the receiver."""
    bits = bits_of(KNOWN)
    numbers = []
    for place in range(first * 7, len(bits), 35):
        turned = [bit ^ (index == place) for index, bit in enumerate(bits)]
        heard = receiver.hear(noisy(sound_of(turned, CallerIdModem.BELL_202, -13.5), -60, np.random.default_rng(place)), Hearing.CALLER_ID)
        numbers += [caller_from_message(each.message).number for each in heard if each.message[0] in (0x04, 0x80)]
    assert set(numbers) <= {CALLER.number}


def test_talk_and_noise_are_no_caller_id(receiver: Receiver) -> None:
    """A minute of sound shaped like talk, and one of loud noise, tell nobody's number, by either modem."""
    talk = linear_from_alaw(babble(3, 60)).astype(np.float64)
    assert receiver.hear(talk) == []
    assert receiver.hear(np.random.default_rng(1).normal(0, 2000, 60 * 8000)) == []


@pytest.mark.parametrize("pause_bits", [0, 10, 25])
def test_octets_may_come_with_pauses(receiver: Receiver, pause_bits: int) -> None:
    """Some exchanges leave marks between the octets; the number is read all the same."""
    spaced = [bit for octet in KNOWN for bit in [*bits_of(bytes([octet])), *[1] * pause_bits]]
    heard = receiver.hear(noisy(sound_of(spaced, CallerIdModem.BELL_202, -20), -40, np.random.default_rng(2)), Hearing.CALLER_ID)
    assert [each.message for each in heard] == [KNOWN[:-1]]


@pytest.mark.parametrize("cut", [200, 900, 1500])
def test_a_burst_that_breaks_off_tells_nothing(receiver: Receiver, cut: int) -> None:
    """A message that loses its end, or goes on after a hole, is no message; the next whole one is read."""
    burst = sound_of(bits_of(KNOWN), CallerIdModem.BELL_202, -13.5)
    broken = burst.copy()
    broken[-cut : -cut + 100] = 0
    heard = receiver.hear(np.concatenate([burst[:-cut], np.zeros(800), broken, np.zeros(800), burst, np.zeros(800)]), Hearing.CALLER_ID)
    assert [each.message for each in heard] == [KNOWN[:-1]]


def test_the_longest_message_is_read(receiver: Receiver) -> None:
    """A message of 254 octets of parameters, far longer than any number and name, is told whole."""
    body = bytes([0x07, 252]) + bytes(range(1, 253))
    message = bytes([0x80, len(body)]) + body
    wave = sound_of(bits_of(message + bytes([checksum(message)])), CallerIdModem.BELL_202, -13.5)
    assert [each.message for each in receiver.hear(np.concatenate([wave, np.zeros(800)]), Hearing.CALLER_ID)] == [message]


def test_keys_are_read_in_noise_and_trusted() -> None:
    """Caller id by keys, 12 dB above the noise of the line: always right, and never doubted without reason."""
    for seed, level_dbm0 in enumerate((-6, -12, -20, -26)):
        sound = keyed("D13800138000C", level_dbm0)
        wave = noisy(sound.wave, level_dbm0 + 3 - SIGNAL_TO_NOISE_DB, np.random.default_rng(seed))
        assert caller_heard(wave) == CallerId("13800138000")


@pytest.mark.parametrize("hits", [1, 3, 8])
def test_keys_hit_by_bursts_of_noise_are_right_or_doubtful(hits: int) -> None:
    """Keys have no checksum: a number hit by noise louder than itself is the right one, or marked doubtful, or none."""
    doubtful = 0
    for seed in range(40):
        chance = np.random.default_rng(1000 * hits + seed)
        number = "".join(chance.choice(list("0123456789"), 11))
        heard = caller_heard(burst_hits(keyed(f"D{number}C", -12).wave, hits, 0, chance))
        assert heard.doubtful or heard.number in ("", number)
        doubtful += heard.doubtful
    assert doubtful >= 5


@pytest.mark.parametrize("lost", range(13))
def test_a_key_that_is_lost_leaves_a_doubtful_number(lost: int) -> None:
    """Whichever key the line swallows, start and stop code, too: what is left is never shown as a number to be trusted."""
    sound = keyed("D13800138000C", -12)
    begin, end = sound.places[lost]
    wave = sound.wave.copy()
    wave[begin:end] = 0
    assert caller_heard(wave).doubtful


def test_other_codes_and_speeds_are_read() -> None:
    """A network with other codes and quicker keys: the number, and why there is none."""
    assert caller_heard(keyed("A02112345678C", -15, 50, 50).wave, ETSI) == CallerId("02112345678")
    assert caller_heard(keyed("B10C", -15, 50, 50).wave, ETSI) == CallerId(absence="private")
