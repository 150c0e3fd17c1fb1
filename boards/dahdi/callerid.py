"""Caller id messages of the Bellcore kind (GR-30 / YD/T 1277.1): single and multiple data message formats.

Pure octets, without the checksum that the modem layer adds and checks. Sent to our phones and received from exchange
lines between the first two ring bursts.
"""

from __future__ import annotations

from engine.telephony.numbers import CallerId

__all__ = ["MESSAGE_MOST", "CallerIdError", "caller_from_message", "message_for_caller"]

SDMF = 0x04
MDMF = 0x80
DATE_TIME = 0x01
NUMBER = 0x02
NUMBER_ABSENT = 0x04
NAME = 0x07
NAME_ABSENT = 0x08
ABSENCES = {"P": "private", "O": "unavailable"}
ABSENCE_LETTERS = {word: letter for letter, word in ABSENCES.items()}
MESSAGE_MOST = 2 + 255
DATE_TIME_OCTETS = 8
NUMBER_MOST = 20
NAME_MOST_OCTETS = 50
CHARSET = "gb18030"
"""Names are GB 2312 in Chinese networks; its superset decodes all of them and plain ASCII alike."""


class CallerIdError(ValueError):
    """The message has no known type or its lengths do not fit. The line's fault."""


def message_for_caller(caller: CallerId, month: int, day: int, hour: int, minute: int) -> bytes:
    """The MDMF message that shows this caller on a phone, with the local date and time."""
    body = _parameter(DATE_TIME, f"{month:02}{day:02}{hour:02}{minute:02}".encode("ascii"))
    if caller.number:
        body += _parameter(NUMBER, caller.number[:NUMBER_MOST].encode("ascii"))
    else:
        body += _parameter(NUMBER_ABSENT, ABSENCE_LETTERS.get(caller.absence, "O").encode("ascii"))
    if caller.name:
        body += _parameter(NAME, _cut(caller.name))
    return bytes([MDMF, len(body)]) + body


def caller_from_message(message: bytes) -> CallerId:
    """The caller that an SDMF or MDMF message names. Unknown parameters are passed over. Raises CallerIdError."""
    if len(message) < 2 or message[1] != len(message) - 2:
        raise CallerIdError(f"length octet does not fit a message of {len(message)} octets")
    if message[0] == SDMF:
        return _caller_from_sdmf(message[2:])
    if message[0] == MDMF:
        return _caller_from_mdmf(message[2:])
    raise CallerIdError(f"message type {message[0]:#04x} is no caller id")


def _parameter(kind: int, value: bytes) -> bytes:
    return bytes([kind, len(value)]) + value


def _cut(name: str) -> bytes:
    octets = b""
    for character in name:
        more = character.encode(CHARSET, "replace")
        if len(octets) + len(more) > NAME_MOST_OCTETS:
            break
        octets += more
    return octets


def _caller_from_sdmf(body: bytes) -> CallerId:
    if len(body) < DATE_TIME_OCTETS:
        raise CallerIdError(f"{len(body)} octets are too few for date and time")
    shown = body[DATE_TIME_OCTETS:].decode("ascii", "replace").strip()
    if shown in ABSENCES:
        return CallerId(absence=ABSENCES[shown])
    return CallerId(number=_digits(shown))


def _caller_from_mdmf(body: bytes) -> CallerId:
    number = name = absence = ""
    at = 0
    while at < len(body):
        if at + 2 > len(body) or at + 2 + body[at + 1] > len(body):
            raise CallerIdError(f"parameter at octet {at + 2} is longer than the message")
        kind, value = body[at], body[at + 2 : at + 2 + body[at + 1]]
        if kind == NUMBER:
            number = _digits(value.decode("ascii", "replace").strip())
        elif kind == NUMBER_ABSENT:
            absence = ABSENCES.get(value.decode("ascii", "replace"), "unavailable")
        elif kind == NAME:
            name = value.decode(CHARSET, "replace").strip()
        at += 2 + len(value)
    return CallerId(number, name, "" if number else absence)


def _digits(shown: str) -> str:
    kept = "".join(character for character in shown if character in "0123456789*#")
    return kept[:NUMBER_MOST]
