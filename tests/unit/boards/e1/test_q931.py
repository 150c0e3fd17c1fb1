"""Messages of Q.931, read strictly and cleaned."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boards.e1.q931 import Element, Finding, Message, MessageType, Reason, name_of, parse_message, words_of_reason, written
from boards.e1.q931_elements import CALLED_NUMBER, CALLING_NUMBER, CAUSE, CHANNEL_IDENTIFICATION, DISPLAY, ELEMENTS, SENDING_COMPLETE
from hwsim.pri_rudeness import garbled_message

SETUP = bytes.fromhex("0802000105 04039090a3 1803a98383 6c0d2180 3133383030313338303030 700c81 3032313838383836363636 a1")
HEAD = "0802000105"


def taken(octets: bytes | str) -> Message:
    message = parse_message(octets if isinstance(octets, bytes) else bytes.fromhex(octets))
    assert isinstance(message, Message), message
    return message


def found(body: str) -> list[Reason]:
    """What is wrong with the elements of a SETUP."""
    return [finding.reason for finding in taken(HEAD + body).findings]


def test_a_set_up_is_read_whole() -> None:
    """The called and the calling number of an ordinary call arrive as they were sent."""
    message = taken(SETUP)
    assert (message.type, message.reference, message.from_originator, message.findings) == (MessageType.SETUP, 1, True, ())
    assert [element.identifier for element in message.elements] == [
        0x04,
        CHANNEL_IDENTIFICATION,
        CALLING_NUMBER,
        CALLED_NUMBER,
        SENDING_COMPLETE,
    ]
    called = message.element(CALLED_NUMBER)
    assert called is not None
    assert called.contents[1:] == b"02188886666"
    assert written(message) == SETUP


@pytest.mark.parametrize(
    ("octets", "reason"),
    [
        ("080200", Reason.MESSAGE_TOO_SHORT),
        ("08020001", Reason.MESSAGE_TOO_SHORT),
        ("0702000105", Reason.PROTOCOL_DISCRIMINATOR),
        ("030200000f", Reason.PROTOCOL_DISCRIMINATOR),
        ("08000562", Reason.CALL_REFERENCE_LENGTH),
        ("080300000105", Reason.CALL_REFERENCE_LENGTH),
        ("0812000105", Reason.CALL_REFERENCE_LENGTH),
        ("0802000005", Reason.REFERENCE_OF_INTERFACE),
        ("0802800045", Reason.REFERENCE_OF_INTERFACE),
        ("0802000146", Reason.REFERENCE_OF_CALL),
        ("080280014e", Reason.REFERENCE_OF_CALL),
        (HEAD + "a1" * 65, Reason.TOO_MANY_ELEMENTS),
    ],
)
def test_a_message_with_a_wrong_head_is_ignored_as_a_whole(octets: str, reason: Reason) -> None:
    """A message that cannot be assigned to a call changes no call."""
    finding = parse_message(bytes.fromhex(octets))
    assert finding == Finding(reason)
    assert isinstance(finding, Finding)
    assert finding.costs_the_message


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("7005813132", Reason.ELEMENT_OVERRUNS),
        ("70", Reason.ELEMENT_OVERRUNS),
        ("0400", Reason.ELEMENT_LENGTH),
        ("0801 90", Reason.ELEMENT_LENGTH),
        ("7021 81" + "31" * 32, Reason.ELEMENT_LENGTH),
        ("6c03 0031 32", Reason.ELEMENT_CONTENTS),
        ("6c04 2180 3120", Reason.ELEMENT_CONTENTS),
        ("0802 0101", Reason.ELEMENT_CONTENTS),
        ("1801 a1", Reason.ELEMENT_CONTENTS),
        ("1803 a98303", Reason.ELEMENT_CONTENTS),
        ("1803 a98380", Reason.ELEMENT_CONTENTS),
        ("1803 e981 81", Reason.ELEMENT_CONTENTS),
        ("0403 901020", Reason.ELEMENT_CONTENTS),
        ("1e02 0188", Reason.ELEMENT_CONTENTS),
        ("a1 a1", Reason.ELEMENT_REPEATED),
        ("700281 31 700281 32", Reason.ELEMENT_REPEATED),
        ("700281 31 6c0281 32", Reason.ELEMENT_ORDER),
        ("98", Reason.CODESET_SHIFT),
        ("90 a1", Reason.CODESET_SHIFT),
        ("9e 0101ff", Reason.OTHER_CODESET),
        ("96 0101ff", Reason.OTHER_CODESET),
    ],
)
def test_a_malformed_element_is_taken_out_by_its_rule(body: str, reason: Reason) -> None:
    """One bad element costs what it said, not the call."""
    assert found(body) == [reason]


@pytest.mark.parametrize(
    "body",
    [
        "0403 8090a3",
        "0402 8890",
        "0804 0180 9031",
        "0802 8090",
        "1803 a98381",
        "1804 e9 81 8383",
        "1805 a983 01 02 83",
        "1806 a993 00000002",
        "1801 ac",
        "1801 a3",
        "1e02 8188 1e02 8182",
        "2806 b1 e5bca0e4b8",
        "6c02 0083",
        "740d 210087 3430303830303132 3334",
        "7002 8030 a1",
        "1802 e981",
        "d1 0403 8090a3 0403 9090a3",
        "7f03 010203",
        "0d0101",
    ],
)
def test_what_exchanges_really_send_passes(body: str) -> None:
    """Well-formed elements of every kind, and ones that we do not know, reach the call."""
    assert found(body) == []


def test_an_element_after_a_shift_belongs_to_its_codeset_alone() -> None:
    """A national extension in a SETUP is left aside, and the number behind it is still read."""
    message = taken(HEAD + "9e 7002 8139 7002 8138")
    assert [element.contents for element in message.elements] == [b"\x818"]
    assert message.findings == (Finding(Reason.OTHER_CODESET, CALLED_NUMBER),)


def test_a_used_codeset_is_kept_and_written_behind_its_shift() -> None:
    """An operator of a North American trunk does not lose what the exchange says in codeset 6."""
    octets = bytes.fromhex(HEAD + "9e 0101ff 70028138")
    message = parse_message(octets, codesets=frozenset({0, 6}))
    assert isinstance(message, Message)
    assert (message.findings, written(message)) == ((), octets)


def test_what_is_written_after_cleaning_is_clean() -> None:
    """What reaches the library after cleaning has nothing left that would be refused."""
    dirty = taken(HEAD + "6c03003132 700281 31 0802 8090 a1 a1 9e 0101ff")
    assert len(dirty.findings) == 4
    clean = taken(written(dirty))
    assert (clean.findings, clean.elements) == ((), dirty.elements)


def test_maintenance_messages_pass_only_where_they_are_wanted() -> None:
    """An exchange that does not know service messages cannot take channels out of service by one."""
    service = bytes.fromhex("030200000f0101c01803a98381")
    assert parse_message(service) == Finding(Reason.PROTOCOL_DISCRIMINATOR)
    message = parse_message(service, maintenance=True)
    assert isinstance(message, Message)
    assert name_of(message).in_english() == "SERVICE"
    assert parse_message(bytes.fromhex("030200010f"), maintenance=True) == Finding(Reason.REFERENCE_OF_CALL)


def test_names_and_reasons_have_words() -> None:
    """A trace never shows a bare number where Q.931 has a name."""
    names = {name_of(replace(taken(SETUP), type_octet=kind)).in_english() for kind in MessageType}
    assert len(names) == len(MessageType)
    assert name_of(replace(taken(SETUP), type_octet=0x55)).in_english() == "unknown message 0x55"
    assert len({words_of_reason(reason).in_english() for reason in Reason}) == len(Reason)
    assert len({row.name.in_english() for row in ELEMENTS.values()}) == len(ELEMENTS)


def is_clean(element: Element) -> bool:
    row = ELEMENTS.get(element.identifier)
    return row is None or row.least <= len(element.contents) <= row.most


@given(st.binary(max_size=260))
def test_any_octets_are_read_or_refused(octets: bytes) -> None:
    """No message of any exchange stops the D channel."""
    message = parse_message(octets)
    assert isinstance(message, Finding) or all(is_clean(element) for element in message.elements)


@given(st.integers(0, 2**32))
def test_a_garbled_set_up_is_cleaned_to_something_clean(seed: int) -> None:
    """Whatever happens to a SETUP on its way, only well-formed elements of it reach the call."""
    message = parse_message(garbled_message(SETUP, Random(seed)))
    if isinstance(message, Message):
        again = parse_message(written(message))
        assert isinstance(again, Message)
        assert (again.findings, again.elements, again.type_octet) == ((), message.elements, message.type_octet)


def test_a_display_without_characters_is_no_fault() -> None:
    """An empty name is not a broken message."""
    assert taken(HEAD + "2800").element(DISPLAY) == Element(DISPLAY, b"", 0, b"\x28\x00")
    assert taken("080280015a 0802 8090").element(CAUSE) is not None
