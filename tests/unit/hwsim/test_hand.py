"""How people handle telephones: chattering contacts and uneven dials."""

from __future__ import annotations

import random
from itertools import pairwise

from hwsim.hand import HUMAN, SHORT_FLASH_MS, STEADY, contact_moves, dial_breaks
from hwsim.loop_ear import PulseEar


def test_a_steady_hand_moves_once() -> None:
    """Without a hand's faults a contact moves once, and every pulse is 60 ms open and 40 ms closed."""
    chance = random.Random(1)
    assert contact_moves(STEADY, chance, closed=True) == ((0, True),)
    assert dial_breaks(STEADY, 3, chance) == ((60, 40),) * 3


def test_a_human_hand_chatters_and_rests() -> None:
    """A contact opens and closes some times within 12 ms, in order, and rests as it was meant to."""
    for seed in range(200):
        for closed in (True, False):
            moves = contact_moves(HUMAN, random.Random(seed), closed=closed)
            times = [ms for ms, _ in moves]
            assert times == sorted(set(times))
            assert times[-1] <= HUMAN.chatter_ms
            assert moves[-1][1] is closed
            assert all(before is not after for (_, before), (_, after) in pairwise(moves))
    assert any(len(contact_moves(HUMAN, random.Random(seed), closed=True)) > 3 for seed in range(20))


def test_a_human_dial_is_uneven_and_still_within_the_standard() -> None:
    """Dials run at 8 to 14 pulses a second with breaks 1.3 to 2.5 times the makes; an exchange reads every digit."""
    rates, ratios = [], []
    for seed in range(300):
        breaks = dial_breaks(HUMAN, 10, random.Random(seed))
        rates.append(10_000 / sum(open_ms + closed_ms for open_ms, closed_ms in breaks))
        ratios.append(sum(open_ms for open_ms, _ in breaks) / sum(closed_ms for _, closed_ms in breaks))
        ear = PulseEar()
        assert all(ear.broke(open_ms) for open_ms, _ in breaks)
        assert ear.digit() == "0"
        assert len(set(breaks)) > 1
    assert 7.7 < min(rates) < 9
    assert 13 < max(rates) < 14.4
    assert 1.2 < min(ratios) < 1.5
    assert 2.2 < max(ratios) < 2.7


def test_a_human_flash_is_a_chinese_one() -> None:
    """The R key of a Chinese telephone is held for 80 to 120 ms."""
    assert HUMAN.flash_ms == SHORT_FLASH_MS == (80, 120)


def test_an_exchange_takes_bounce_for_nothing_and_long_breaks_for_no_pulse() -> None:
    """Contacts that chatter are no digit, a handset put down for a moment is none either, and eleven pulses are no digit."""
    ear = PulseEar()
    assert not ear.broke(8)
    assert not ear.broke(150)
    assert (ear.digit(), ear.spoilt) == ("", 1)
    for _ in range(11):
        ear.broke(60)
    assert ear.digit() == ""
