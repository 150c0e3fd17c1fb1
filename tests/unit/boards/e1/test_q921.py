"""Frames of the D channel, read strictly."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boards.e1.q921 import Frame, FrameKind, FrameReason, FrameRefusal, emptied, parse_frame, words_of_reason

SABME_OF_USER, SABME_OF_NETWORK, UA_OF_NETWORK = "00017f", "02017f", "000173"


def read(octets: str, *, from_network: bool = True) -> Frame | FrameRefusal:
    return parse_frame(bytes.fromhex(octets), from_network=from_network)


@pytest.mark.parametrize(
    ("octets", "kind", "numbers"),
    [
        ("0201 0604 0802000145", FrameKind.I, (3, 2)),
        ("0001 0106", FrameKind.RR, (None, 3)),
        ("0001 0507", FrameKind.RNR, (None, 3)),
        ("0201 0906", FrameKind.REJ, (None, 3)),
        ("0201 7f", FrameKind.SABME, (None, None)),
        ("0001 0f", FrameKind.DM, (None, None)),
        ("0201 53", FrameKind.DISC, (None, None)),
        ("0001 73", FrameKind.UA, (None, None)),
        ("0001 97 0102030405", FrameKind.FRMR, (None, None)),
    ],
)
def test_each_kind_of_frame_is_known_with_its_numbers(octets: str, kind: FrameKind, numbers: tuple[int | None, int | None]) -> None:
    """A technician who reads a trace sees every frame by its right name and number."""
    frame = read(octets)
    assert isinstance(frame, Frame)
    assert (frame.kind, (frame.send_number, frame.receive_number)) == (kind, numbers)


@pytest.mark.parametrize(
    ("octets", "reason"),
    [
        ("", FrameReason.TOO_SHORT),
        ("0201", FrameReason.TOO_SHORT),
        ("020106", FrameReason.TOO_SHORT),
        ("000197", FrameReason.TOO_SHORT),
        ("00017f00", FrameReason.TOO_LONG),
        ("0001010600", FrameReason.TOO_LONG),
        ("02010604" + "00" * 261, FrameReason.TOO_LONG),
        ("03017f", FrameReason.ADDRESS_EXTENSION),
        ("02007f", FrameReason.ADDRESS_EXTENSION),
        ("fe017f", FrameReason.OTHER_LINK),
        ("02ff7f", FrameReason.OTHER_LINK),
        ("020103", FrameReason.UNKNOWN_CONTROL),
        ("0201af", FrameReason.UNKNOWN_CONTROL),
        ("00010d06", FrameReason.UNKNOWN_CONTROL),
        ("00011106", FrameReason.UNKNOWN_CONTROL),
        ("00010604", FrameReason.WRONG_DIRECTION),
        ("020173", FrameReason.WRONG_DIRECTION),
        ("000153", FrameReason.WRONG_DIRECTION),
    ],
)
def test_a_frame_that_breaks_a_rule_is_refused_by_that_rule(octets: str, reason: FrameReason) -> None:
    """A broken frame moves nothing, and the counter that rises says what was wrong."""
    assert read(octets) == FrameRefusal(reason)


def test_a_request_for_the_link_is_taken_from_whichever_side_it_claims_to_be() -> None:
    """Two ends that both claim to be the user side are told apart from a dead line: the request reaches the library that says so."""
    wrong, right = read(SABME_OF_USER), read(SABME_OF_NETWORK)
    assert isinstance(wrong, Frame)
    assert isinstance(right, Frame)
    assert (wrong.from_network, right.from_network) == (False, True)


def test_an_emptied_frame_still_counts() -> None:
    """A bad message does not bring the link down: its frame keeps its numbers and loses only its contents."""
    frame = parse_frame(emptied(bytes.fromhex("0201060408020001ff")), from_network=True)
    assert isinstance(frame, Frame)
    assert (frame.kind, frame.send_number, frame.receive_number, frame.information) == (FrameKind.I, 3, 2, b"")


def test_every_reason_has_words() -> None:
    """No refusal is shown without saying why."""
    assert len({words_of_reason(reason).in_english() for reason in FrameReason}) == len(FrameReason)


@given(st.binary(max_size=300), st.booleans())
def test_no_octets_make_it_raise(octets: bytes, from_network: bool) -> None:  # hypothesis gives it
    """Whatever a line delivers, the D channel goes on."""
    read_ = parse_frame(octets, from_network=from_network)
    assert isinstance(read_, FrameRefusal) or (octets[0] & 0xFC, octets[1]) == (0, 1)
