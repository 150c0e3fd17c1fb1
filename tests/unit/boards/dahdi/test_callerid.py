"""Caller id messages: what exchanges send is read, what our phones get can be read, and garbage is refused as garbage."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boards.dahdi.callerid import MESSAGE_MOST, CallerIdError, caller_from_message, message_for_caller
from boards.dahdi.media import render_caller_id
from engine.telephony.numbers import UNKNOWN_CALLER, CallerId
from hwsim.caller_id import CallerIdShown, demodulate, mdmf, read_message, sdmf
from hwsim.signals import linear_from_alaw

VECTOR = bytes.fromhex("8016010830333137313635 36020A32313536343330313434".replace(" ", ""))
"""03-17 16:56, 215 643 0144; its checksum octet is BA."""
VECTOR_SDMF = bytes.fromhex("0412") + b"031716562156430144"
"""The same call in the single form; its checksum octet is 4F."""


def test_the_known_vectors_are_read() -> None:
    """The published message of both forms gives the number, and nothing of the date sticks to it."""
    assert -sum(VECTOR) & 0xFF == 0xBA
    assert -sum(VECTOR_SDMF) & 0xFF == 0x4F
    assert caller_from_message(VECTOR) == CallerId("2156430144")
    assert caller_from_message(VECTOR_SDMF) == CallerId("2156430144")


def test_our_message_is_the_known_vector() -> None:
    """A phone gets from us what the exchange would send it, octet for octet."""
    assert message_for_caller(CallerId("2156430144"), 3, 17, 16, 56) == VECTOR


@pytest.mark.parametrize("absence", ["private", "unavailable"])
@pytest.mark.parametrize("form", ["sdmf", "mdmf"])
def test_absence_of_a_number_is_told_with_its_reason(absence: str, form: str) -> None:
    """A withheld number is shown as withheld, not as unknown or as a letter."""
    message = sdmf("", "03171656", absence) if form == "sdmf" else mdmf("", "03171656", absence=absence)
    assert caller_from_message(message[:-1]) == CallerId(absence=absence)
    shown = read_message(message_for_caller(CallerId(absence=absence), 3, 17, 16, 56) + b"\0")
    assert shown == CallerIdShown(date="03171656", absence=absence)


def test_an_unknown_caller_is_shown_as_unavailable() -> None:
    """When the exchange told nothing, the phone says so."""
    shown = read_message(message_for_caller(UNKNOWN_CALLER, 3, 17, 16, 56) + b"\0")
    assert shown is not None
    assert (shown.number, shown.absence) == ("", "unavailable")


@pytest.mark.parametrize("name", ["张三", "北京电话局 分机", "Wang Wei", "李雷 Lei"])
def test_chinese_names_go_both_ways(name: str) -> None:
    """A customer's name comes from the exchange and reaches the agent's display unchanged."""
    message = mdmf("13901234567", "03171656", name)
    assert caller_from_message(message[:-1]) == CallerId("13901234567", name)
    shown = read_message(message_for_caller(CallerId("13901234567", name), 3, 17, 16, 56) + b"\0")
    assert shown == CallerIdShown("13901234567", name, "03171656")


def test_a_long_name_is_cut_between_characters() -> None:
    """A name too long for the display is shortened, not turned into rubbish at its end."""
    shown = read_message(message_for_caller(CallerId("1", "中" * 60), 1, 2, 3, 4) + b"\0")
    assert shown is not None
    assert shown.name == "中" * 25


def test_what_we_send_is_understood_by_a_telephone() -> None:
    """The message survives the modem: a telephone of another make reads it from the sound."""
    message = message_for_caller(CallerId("13901234567", "张三"), 3, 17, 16, 56)
    (heard,) = demodulate(linear_from_alaw(b"\xd5" * 800 + render_caller_id(message) + b"\xd5" * 800))
    assert read_message(heard) == CallerIdShown("13901234567", "张三", "03171656")


def test_unknown_parameters_are_passed_over() -> None:
    """An exchange that tells more than we know (dialled number, message lamp) does not hide the caller."""
    body = bytes([0x03, 3]) + b"114" + bytes([0x02, 3]) + b"110" + bytes([0x0B, 1, 0xFF]) + bytes([0x08, 1]) + b"O"
    assert caller_from_message(bytes([0x80, len(body)]) + body) == CallerId("110")


@pytest.mark.parametrize("whole", [VECTOR, VECTOR_SDMF], ids=["mdmf", "sdmf"])
def test_every_truncation_is_refused(whole: bytes) -> None:
    """Half a number is never shown as a number."""
    for length in range(len(whole)):
        with pytest.raises(CallerIdError):
            caller_from_message(whole[:length])


def test_a_parameter_that_runs_over_the_end_is_refused() -> None:
    """A message whose inner lengths lie is not half believed, even when the outer length is right."""
    for cut in range(len(VECTOR) - 2):
        body = VECTOR[2 : 2 + cut]
        whole_parameters = cut in (0, 10)
        if whole_parameters:
            assert caller_from_message(bytes([0x80, cut]) + body).number == ""
            continue
        with pytest.raises(CallerIdError):
            caller_from_message(bytes([0x80, cut]) + body)


def test_an_sdmf_message_without_room_for_its_date_is_refused() -> None:
    """The single form begins with eight digits of date; what is shorter is garbage, not a caller without number."""
    with pytest.raises(CallerIdError):
        caller_from_message(bytes([0x04, 5]) + b"03171")


def test_other_messages_are_refused() -> None:
    """A message lamp is no caller."""
    with pytest.raises(CallerIdError, match="0x82"):
        caller_from_message(bytes([0x82, 3, 0x0B, 1, 0xFF]))


@given(st.binary(max_size=MESSAGE_MOST))
def test_garbage_gives_a_caller_or_a_refusal_and_nothing_else(message: bytes) -> None:
    """Whatever noise passes for a message, no line is lost over it, and a number consists of digits."""
    try:
        caller = caller_from_message(message)
    except CallerIdError:
        return
    assert set(caller.number) <= set("0123456789*#")
    assert len(caller.number) <= 20


@given(st.sampled_from([0x04, 0x80]), st.binary(max_size=255))
def test_garbage_of_the_right_length_too(kind: int, body: bytes) -> None:
    """The same for messages whose outside is right."""
    try:
        caller = caller_from_message(bytes([kind, len(body)]) + body)
    except CallerIdError:
        return
    assert caller.absence in ("", "private", "unavailable")


@given(
    st.text("0123456789*#", max_size=20),
    st.text(st.characters(codec="gb2312", exclude_categories=["Cc", "Zs", "Zl", "Zp"]), max_size=20),
)
def test_what_we_send_we_can_read(number: str, name: str) -> None:
    """Every caller that we show could be read back by another exchange of ours."""
    message = message_for_caller(CallerId(number, name), 12, 31, 23, 59)
    assert len(message) <= MESSAGE_MOST
    assert caller_from_message(message) == CallerId(number, name, "" if number else "unavailable")
