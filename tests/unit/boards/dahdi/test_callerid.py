"""Caller id messages: what exchanges send is read, what our phones get can be read, and garbage is refused as garbage."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boards.dahdi.callerid import (
    MESSAGE_MOST,
    CallerIdError,
    DataMessage,
    Form,
    LocalMinute,
    call_message,
    caller_from_message,
    checksum,
    lamp_message,
    message_for_caller,
    read_burst,
    read_message,
)
from boards.dahdi.media import render_caller_id
from engine.telephony.numbers import UNKNOWN_CALLER, CallerId
from hwsim.caller_id import CallerIdShown, demodulate, lamp_told, mdmf, sdmf
from hwsim.caller_id import read_message as read_by_phone
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
    shown = read_by_phone(message_for_caller(CallerId(absence=absence), 3, 17, 16, 56) + b"\0")
    assert shown == CallerIdShown(date="03171656", absence=absence)


def test_an_unknown_caller_is_shown_as_unavailable() -> None:
    """When the exchange told nothing, the phone says so."""
    shown = read_by_phone(message_for_caller(UNKNOWN_CALLER, 3, 17, 16, 56) + b"\0")
    assert shown is not None
    assert (shown.number, shown.absence) == ("", "unavailable")


@pytest.mark.parametrize("name", ["张三", "北京电话局 分机", "Wang Wei", "李雷 Lei"])
def test_chinese_names_go_both_ways(name: str) -> None:
    """A customer's name comes from the exchange and reaches the agent's display unchanged."""
    message = mdmf("13901234567", "03171656", name)
    assert caller_from_message(message[:-1]) == CallerId("13901234567", name)
    shown = read_by_phone(message_for_caller(CallerId("13901234567", name), 3, 17, 16, 56) + b"\0")
    assert shown == CallerIdShown("13901234567", name, "03171656")


def test_a_long_name_is_cut_between_characters() -> None:
    """A name too long for the display is shortened, not turned into rubbish at its end."""
    shown = read_by_phone(message_for_caller(CallerId("1", "中" * 60), 1, 2, 3, 4) + b"\0")
    assert shown is not None
    assert shown.name == "中" * 25


def test_what_we_send_is_understood_by_a_telephone() -> None:
    """The message survives the modem: a telephone of another make reads it from the sound."""
    message = message_for_caller(CallerId("13901234567", "张三"), 3, 17, 16, 56)
    (heard,) = demodulate(linear_from_alaw(b"\xd5" * 800 + render_caller_id(message) + b"\xd5" * 800))
    assert read_by_phone(heard) == CallerIdShown("13901234567", "张三", "03171656")


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


# ---- the whole of it: forms, lamps, doubt

NOW = LocalMinute(3, 17, 16, 56)


def test_each_form_has_its_room() -> None:
    """Single data have number and date only; multiple data the name; ETSI's the call's type and who passed it on, too."""
    caller = CallerId("13901234567", "张三")
    assert call_message(caller, NOW, Form.SDMF) == b"\x04\x1303171656" + b"13901234567"
    assert call_message(caller, NOW, Form.MDMF) == message_for_caller(caller, 3, 17, 16, 56)
    etsi = read_message(call_message(caller, NOW, Form.ETSI, redirecting="8002"))
    assert etsi == DataMessage(is_call=True, caller=caller, sent_at=NOW, redirecting="8002")
    assert read_message(call_message(caller, NOW, Form.MDMF, redirecting="8002")).redirecting == ""


@pytest.mark.parametrize("form", list(Form))
@pytest.mark.parametrize("on", [True, False])
def test_a_message_lamp_is_switched_in_every_form(*, form: Form, on: bool) -> None:
    """The lamp of any phone is lit and put out, and a phone of another make understands it."""
    message = lamp_message(on=on, waiting=3, form=form)
    assert read_message(message) == DataMessage(is_call=False, lamp=on, waiting=3 if form is Form.ETSI else None)
    assert lamp_told(message + b"\0") is on
    assert read_message(lamp_message(on=on, waiting=1000, form=Form.ETSI)).waiting == 255


@pytest.mark.parametrize("form", list(Form))
def test_phones_of_another_make_read_every_form(form: Form) -> None:
    """Number, date and, where there is room, the name appear on a telephone that was not made by us."""
    shown = read_by_phone(call_message(CallerId("13901234567", "张三"), NOW, form) + b"\0")
    assert shown == CallerIdShown("13901234567", "" if form is Form.SDMF else "张三", "03171656")
    withheld = read_by_phone(call_message(CallerId(absence="private"), NOW, form) + b"\0")
    assert withheld == CallerIdShown(date="03171656", absence="private")


def test_the_dialled_number_and_who_redirected_are_read() -> None:
    """An exchange that tells which number was dialled, and who passed the call on, is understood."""
    body = bytes([0x03, 3]) + b"114" + bytes([0x02, 3]) + b"110" + bytes([0x12, 4]) + b"8002" + bytes([0x0B, 1, 0xFF])
    read = read_message(bytes([0x80, len(body)]) + body)
    assert (read.caller, read.dialled, read.redirecting, read.lamp) == (CallerId("110"), "114", "8002", True)


def test_a_wrong_checksum_is_never_a_right_number() -> None:
    """Spoilt on the way: unknown, or doubtful where the site wants to see it; never as if it were right."""
    spoilt = VECTOR[:-1] + b"5" + bytes([checksum(VECTOR)])
    assert read_burst(VECTOR + bytes([checksum(VECTOR)])).caller == CallerId("2156430144")
    assert read_burst(spoilt) == DataMessage(is_call=True)
    assert read_burst(spoilt, keep_doubtful=True).caller == CallerId("2156430145", doubtful=True)
    with pytest.raises(CallerIdError):
        read_burst(VECTOR)


def test_octets_after_the_checksum_do_not_count() -> None:
    """Marks at the end of a burst are sometimes taken for octets."""
    assert read_burst(VECTOR + bytes([checksum(VECTOR)]) + b"\xff\xff").caller == CallerId("2156430144")


@pytest.mark.parametrize(
    ("sent", "caller"),
    [
        ("+86 138-0013-8000", CallerId("8613800138000")),
        ("(021) 6200.1234", CallerId("02162001234")),
        ("138x0138000", CallerId("1380138000", doubtful=True)),
        ("1" * 21, CallerId("1" * 20, doubtful=True)),
        ("P", CallerId(absence="private")),
        ("O", CallerId(absence="unavailable")),
        ("anonymous", CallerId()),
        ("", CallerId()),
    ],
)
def test_what_stands_in_a_numbers_place(sent: str, caller: CallerId) -> None:
    """Decorations go, letters make it doubtful, and the letters for absence say why there is none."""
    body = bytes([0x02, len(sent)]) + sent.encode()
    assert caller_from_message(bytes([0x80, len(body)]) + body) == caller


@pytest.mark.parametrize("date", [b"13010000", b"00010000", b"01320000", b"01012400", b"0101236", b"0101 000", b"        "])
def test_a_date_that_no_calendar_knows_is_none(date: bytes) -> None:
    """A caller is shown without a date rather than with a wrong one."""
    body = bytes([0x01, len(date)]) + date + bytes([0x02, 3]) + b"110"
    assert read_message(bytes([0x80, len(body)]) + body) == DataMessage(is_call=True, caller=CallerId("110"))


def test_a_name_moves_no_cursor() -> None:
    """A name with control characters in it cannot write elsewhere on a technician's terminal."""
    body = bytes([0x02, 3]) + b"110" + bytes([0x07, 9]) + b"\x1b[2JAB\r\n\x07"
    assert caller_from_message(bytes([0x80, len(body)]) + body).name == "[2JAB"


def test_a_rare_character_does_not_spoil_the_display() -> None:
    """What displays do not know comes as a question mark, not as two wrong characters; what many know is sent."""
    message = message_for_caller(CallerId("1", "朱镕基𠀀喆"), 1, 2, 3, 4)
    assert caller_from_message(message).name == "朱镕基?喆"


def test_lamps_of_neither_kind_are_refused() -> None:
    """A single data lamp message with something else in it is garbage."""
    with pytest.raises(CallerIdError, match="switches no lamp"):
        read_message(b"\x06\x03abc")
    with pytest.raises(CallerIdError, match="0x06"):
        caller_from_message(b"\x06\x03BBB")


@given(st.binary(max_size=300), st.booleans())
def test_any_burst_is_a_message_or_a_refusal(octets: bytes, keep: bool) -> None:
    """Whatever the modem takes for octets: a right checksum or no number to be trusted."""
    try:
        read = read_burst(octets, keep_doubtful=keep)
    except CallerIdError:
        return
    if sum(octets[: octets[1] + 3]) % 256:
        assert not read.caller.number or read.caller.doubtful


@given(
    st.sampled_from(Form),
    st.text("0123456789", max_size=20),
    st.text("0123456789", max_size=20),
    st.sampled_from(["", "private", "unavailable"]),
)
def test_every_form_is_read_back(form: Form, number: str, redirecting: str, absence: str) -> None:
    """What one of our exchanges would say another understands, in every form."""
    caller = CallerId(number) if number else CallerId(absence=absence or "unavailable")
    read = read_message(call_message(caller, NOW, form, redirecting))
    assert (read.is_call, read.caller, read.sent_at) == (True, caller, NOW)
    assert read.redirecting == (redirecting if form is Form.ETSI else "")
