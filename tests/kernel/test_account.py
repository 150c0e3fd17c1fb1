"""The account of octets: what it would tell of a pump that loses, repeats or invents something."""

from __future__ import annotations

import pytest

from tests.kernel.account import IDLE, Account, Break, Stream

SILENCE = bytes([IDLE])


def arrived(*pieces: bytes, seed: int = 1) -> Account:
    """An account of these pieces."""
    account = Account(Stream(seed))
    for piece in pieces:
        account.take(piece)
    return account


@pytest.fixture
def stream() -> Stream:
    """The stream that the accounts are of."""
    return Stream(1)


def test_streams_differ_and_are_never_silent(stream: Stream) -> None:
    """Two channels that were exchanged would be noticed, and no octet of a stream can be taken for silence."""
    assert stream.take(0, 100_000) == Stream(1).take(0, 100_000)
    assert stream.take(0, 1000) != Stream(2).take(0, 1000)
    assert IDLE not in stream.take(0, 131_072)


def test_clean(stream: Stream) -> None:
    """Silence before and after, and pieces of any length, are no fault."""
    account = arrived(SILENCE * 100, SILENCE * 60 + stream.take(0, 1000), stream.take(1000, 1), stream.take(1001, 5000) + SILENCE * 700)
    assert (account.arrived, account.lost, account.idle, account.breaks) == (6001, 0, 0, [])


def test_a_whole_period_and_more(stream: Stream) -> None:
    """A stream goes on for longer than it takes to repeat."""
    pieces = [stream.take(place, 100_000) for place in range(0, 500_000, 100_000)]
    assert (arrived(*pieces).arrived, arrived(*pieces).lost) == (500_000, 0)


def test_lost_block(stream: Stream) -> None:
    """A block that is missing is counted, told where, and what follows is compared on."""
    account = arrived(stream.take(0, 1600), stream.take(1760, 3000))
    assert (account.arrived, account.lost, account.breaks) == (4600, 160, [Break(1600, 160)])


def test_silence_put_in(stream: Stream) -> None:
    """Silence between two blocks is counted, wherever pieces begin and end."""
    for pieces in (
        (stream.take(0, 500) + SILENCE * 160 + stream.take(500, 500),),
        (stream.take(0, 500) + SILENCE * 60, SILENCE * 100, stream.take(500, 500)),
    ):
        account = arrived(*pieces)
        assert (account.idle, account.lost, account.breaks) == (160, 0, [])


def test_repeated_block(stream: Stream) -> None:
    """A block that comes twice is no part of the stream: it is told as a break."""
    account = arrived(stream.take(0, 480), stream.take(320, 160), stream.take(480, 4000))
    assert account.breaks
    assert account.breaks[0].at == 480


def test_changed_octet(stream: Stream) -> None:
    """A single wrong octet is told."""
    wrong = bytearray(stream.take(0, 2000))
    wrong[777] ^= 0x01 if wrong[777] ^ 0x01 != IDLE else 0x02
    account = arrived(bytes(wrong))
    assert account.breaks == [Break(777, None)]


def test_foreign_stream() -> None:
    """What belongs to another channel is not taken for ours."""
    account = arrived(Stream(2).take(0, 1000))
    assert account.breaks[0] == Break(0, None)
