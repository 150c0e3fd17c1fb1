"""A voice that comes while it is spoken."""

from __future__ import annotations

import pytest

from engine.kernel.errors import BadInput
from hwsim.live_voice import LiveVoice
from hwsim.people import Mouth
from hwsim.signals import BLOCK, IDLE_BLOCK


def spoken(number: int) -> bytes:
    """A block that is like no other."""
    return bytes([number]) * BLOCK


def test_the_voice_comes_whole_and_unchanged() -> None:
    """Whoever listens hears every octet in order, after the usual filling of the buffer, without a gap."""
    voice = LiveVoice(usual=3)
    heard = []
    for number in range(20):
        voice.put(spoken(number))
        heard.append(voice.block(number * BLOCK))
    assert heard == [IDLE_BLOCK, IDLE_BLOCK, *(spoken(number) for number in range(18))]
    assert (voice.dropped, voice.gaps) == (0, 0)


def test_a_late_block_is_not_noticed_and_a_very_late_one_is_a_gap() -> None:
    """What waits in the buffer bridges a delay; when it is empty there is silence until it is filled again, and one gap is counted."""
    voice = LiveVoice(usual=2)
    voice.put(spoken(1))
    voice.put(spoken(2))
    heard = [voice.block(place * BLOCK) for place in range(3)]
    voice.put(spoken(3))
    heard.append(voice.block(3 * BLOCK))
    voice.put(spoken(4))
    heard += [voice.block(place * BLOCK) for place in (4, 5)]
    assert heard == [spoken(1), spoken(2), IDLE_BLOCK, IDLE_BLOCK, spoken(3), spoken(4)]
    assert voice.gaps == 1


def test_too_much_is_left_out() -> None:
    """Whoever sends faster than sound loses the oldest, not the newest: the delay stays short."""
    voice = LiveVoice(usual=2, most=4)
    voice.block(0)
    for number in range(6):
        voice.put(spoken(number))
    assert voice.dropped == 3
    assert [voice.block(place * BLOCK) for place in (1, 2, 3)] == [spoken(3), spoken(4), spoken(5)]


def test_what_was_said_while_nobody_listened_is_old() -> None:
    """After a pause in listening, as before an answer, only the newest is heard."""
    voice = LiveVoice(usual=1, most=10)
    voice.put(spoken(1))
    assert voice.block(0) == spoken(1)
    for number in range(2, 8):
        voice.put(spoken(number))
    assert voice.block(50 * BLOCK) == spoken(7)
    assert voice.dropped == 5


def test_a_block_of_another_length_is_refused() -> None:
    """Sound in pieces that are no 20 ms is not taken."""
    with pytest.raises(BadInput, match="159 octets; expected 160"):
        LiveVoice().put(bytes(159))


def test_keys_sound_instead_of_the_voice() -> None:
    """While a key is pressed the microphone is not heard, as in a telephone; afterwards the voice goes on in time."""
    mouth = Mouth()
    mouth.live = LiveVoice(usual=1)
    mouth.block(0)
    for number in range(3):
        mouth.live.put(spoken(number))
    mouth.say("key 1", bytes([99]) * (BLOCK // 2), 2 * BLOCK)
    assert mouth.waiting_ms(BLOCK) == 30
    assert mouth.block(BLOCK) == spoken(0)
    assert mouth.block(2 * BLOCK) == bytes([99]) * (BLOCK // 2) + bytes([1]) * (BLOCK // 2)
    assert mouth.block(3 * BLOCK) == spoken(2)
    assert mouth.waiting_ms(3 * BLOCK) == 0
