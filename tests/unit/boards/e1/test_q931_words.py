"""A D channel's frames in words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boards.e1.q931_words import in_words

HEADER = "02010604"


def said(octets: str, *, from_network: bool = True) -> list[str]:
    words = in_words(bytes.fromhex(octets), from_network=from_network)
    return [words.heading.in_english(), *(detail.in_english() for detail in words.details)]


def test_a_refused_call_reads_as_a_sentence() -> None:
    """A technician reads why the exchange refused a call without a table at hand."""
    assert said(HEADER + "0802800545080284811e028288") == [
        "DISCONNECT, call 5 of the receiver",
        "Cause: 1 Unallocated number, said by the public network of the remote user",
        "Progress indicator: 8 tone or announcement in band, said by the public network of the local user",
    ]


def test_a_set_up_says_who_calls_whom_on_which_channel() -> None:
    """The trace of a call names caller, called number, their types, channel and kind of call."""
    assert said(HEADER + "0802000705" + "04038090a3" + "1803a98391" + "6c0421a3" + "3133" + "700381" + "3837" + "a1") == [
        "SETUP, call 7 of the sender",
        "Bearer capability: speech, A-law",
        "Channel identification: channel 17, no other",
        "Calling party number: 13 (national, ISDN plan; must not be shown, from the network)",
        "Called party number: 87 (type unknown, ISDN plan)",
        "Sending complete",
    ]


@pytest.mark.parametrize(
    ("octets", "words"),
    [
        ("1801a3", "Channel identification: any channel"),
        ("1801a0", "Channel identification: no channel"),
        ("1806a99300000006", "Channel identification: channel 1, 2, no other"),
        ("1804e9818382", "Channel identification: channel 2, no other"),
        ("08028595", "Cause: 21 Call rejected, said by the private network of the remote user"),
        ("080280fb", "Cause: 123 unknown cause, said by the user"),
        ("14010a", "Call state: 10 active"),
        ("140105", "Call state: 5 unknown state"),
        ("2701f9", "Notification indicator: 121 put on hold by the other side"),
        ("28054c69414e47", "Display: LiANG"),
        ("2803b14c69", "Display: Li"),
        ("2c023123", "Keypad facility: 1#"),
        ("790187", "Restart indicator: all interfaces"),
        ("1c0391a102", "Facility: 91 a1 02"),
        ("0d0101", "element 0x0d of codeset 0: 01"),
        ("9d0d0101", "element 0x0d of codeset 5: 01"),
        ("4c020083", "Connected number: – (type unknown, plan unknown; may be shown, from the network)"),
        ("040390", "left out: Bearer capability: an element is longer than what is left of the message"),
        ("0d0101" * 2, "element 0x0d of codeset 0: 01"),
    ],
)
def test_each_element_says_what_it_holds(octets: str, words: str) -> None:
    """What stands in a message can be read, malformed or not."""
    assert words in said(HEADER + "080280017d" + octets)


@pytest.mark.parametrize(
    ("octets", "words"),
    [
        ("0201 7f", "SABME: asks for the link"),
        ("0001 73", "UA: agrees"),
        ("0001 010a", "RR: received up to frame 5, ready"),
        ("0001 050a", "RNR: received up to frame 5, not ready for more"),
        ("0001 090a", "REJ: send again from frame 5"),
        ("0001 0f", "DM: has no link"),
        ("0201 53", "DISC: ends the link"),
        ("0001 97 0102030405", "FRMR: cannot make sense of a frame"),
        ("0201 0604", "an information frame without information"),
        ("0201 0604 08020000464d", "RESTART, of the interface"),
        ("0201 0604 0702000105", "a message that was ignored: the protocol discriminator is not that of call control"),
        ("0301 7f", "a frame that was refused: the address is not two octets long"),
    ],
)
def test_each_frame_has_a_heading(octets: str, words: str) -> None:
    """Every frame of a trace says what it is, or why it was not taken."""
    assert said(octets)[0] == words


def test_a_message_is_told_from_what_keeps_the_link() -> None:
    """A trace can show the messages of one call and leave the rest out."""
    message, link = in_words(bytes.fromhex(HEADER + "0802800145"), from_network=True), in_words(b"\x00\x01\x01\x02", from_network=True)
    assert (message.is_message, message.reference, link.is_message, link.reference) == (True, 1, False, None)


@given(st.binary(max_size=200))
def test_any_octets_can_be_put_into_words(body: bytes) -> None:
    """A trace of a line full of nonsense can still be shown."""
    words = in_words(bytes.fromhex(HEADER + "08020001") + body, from_network=True)
    assert words.heading.in_english()
    assert all(detail.in_english() for detail in words.details)
