"""Data messages of the Bellcore and ETSI kinds: who calls, the date, message lamps.

    0x04  single data message, call          0x80  multiple data message, call
    0x06  single data message, lamp          0x82  multiple data message, lamp

Sources: GR-30 and YD/T 1277.1 (0x04, 0x80), GR-1401 (0x06, 0x82), EN 300 659-3 (0x80 and 0x82 with more parameters). Pure octets: type,
length, parameters. Sent to our phones and received from exchange lines; the modem layer adds and checks the checksum, ``read_burst``
checks it here.

What counts as right: a number is right when the checksum is right, its parameter holds digits and the usual decorations (space, +, -,
brackets) only, and it is no longer than 20 digits. Everything else is dropped or marked ``doubtful``.

No message has a field for doubt. Whoever sends a doubtful number to a display puts a word into the name (``marked_doubtful``), where the form
has one; a single data message has none, since its displays take anything but digits for an absent number.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from types import MappingProxyType

from engine.telephony.numbers import UNKNOWN_CALLER, CallerId

__all__ = [
    "ABSENCES",
    "MESSAGE_MOST",
    "NUMBER_MOST",
    "CallerIdError",
    "DataMessage",
    "Form",
    "LocalMinute",
    "call_message",
    "caller_from_message",
    "checksum",
    "lamp_message",
    "marked_doubtful",
    "message_for_caller",
    "read_burst",
    "read_message",
]

SDMF = 0x04
SDMF_LAMP = 0x06
MDMF = 0x80
MDMF_LAMP = 0x82
DATE_TIME = 0x01
NUMBER = 0x02
DIALLED = 0x03
NUMBER_ABSENT = 0x04
NAME = 0x07
NAME_ABSENT = 0x08
LAMP = 0x0B
CALL_TYPE = 0x11
FIRST_CALLED = 0x12
WAITING = 0x13
REDIRECTING = 0x1A
VOICE_CALL = 1
LAMP_ON, LAMP_OFF = 0xFF, 0x00
SDMF_LAMPS = {b"\x42\x42\x42": True, b"\x6f\x6f\x6f": False}

ABSENCES = MappingProxyType({"P": "private", "O": "unavailable"})
ABSENCE_LETTERS = {word: letter for letter, word in ABSENCES.items()}
MESSAGE_MOST = 2 + 255
DATE_TIME_OCTETS = 8
NUMBER_MOST = 20
NAME_MOST_OCTETS = 50
DECORATIONS = " +-()."
CHARSET = "gb18030"
"""Names are GB 2312 in Chinese networks; its superset decodes all of them and plain ASCII alike."""
SHOWN_MOST_OCTETS = 2
"""A character of GB 2312, or of what displays know beyond it. The superset's four octets would show as two wrong characters."""


class CallerIdError(ValueError):
    """The message has no known type or its lengths do not fit. The line's fault."""


class Form(Enum):
    """How a call is told to a phone."""

    SDMF = "sdmf"
    """Date and number only: a single data message."""
    MDMF = "mdmf"
    """Date, number, name: a multiple data message."""
    ETSI = "etsi"
    """As MDMF, with the call's type first and who was called first; ETSI's phones want it."""


@dataclass(frozen=True)
class LocalMinute:
    """The site's local date and time, as a display shows it."""

    month: int
    day: int
    hour: int
    minute: int

    @property
    def octets(self) -> bytes:
        """Eight digits, ``MMDDhhmm``."""
        return f"{self.month:02}{self.day:02}{self.hour:02}{self.minute:02}".encode("ascii")


@dataclass(frozen=True)
class DataMessage:
    """What a message says. What it did not say is empty or None.

    ``dialled``: the number the caller dialled; ``redirecting``: who passed the call on; ``lamp``: a message lamp's state, with ``waiting``
    messages (0…255). ``is_call`` False: no call comes, only the lamp changes.
    """

    is_call: bool
    caller: CallerId = UNKNOWN_CALLER
    sent_at: LocalMinute | None = None
    dialled: str = ""
    redirecting: str = ""
    lamp: bool | None = None
    waiting: int | None = None


# ---- to phones --------------------------------------------------------------------------------------------------------


def message_for_caller(caller: CallerId, month: int, day: int, hour: int, minute: int) -> bytes:
    """The MDMF message that shows this caller on a phone, with the local date and time."""
    return call_message(caller, LocalMinute(month, day, hour, minute))


def call_message(caller: CallerId, now: LocalMinute, form: Form = Form.MDMF, redirecting: str = "") -> bytes:
    """The message that announces a call; numbers are cut to 20 digits, the name to 50 octets.

    ``redirecting``: who passed the call on; only ETSI's form has room for it, as only the multiple forms have for the name.
    """
    number = caller.number[:NUMBER_MOST].encode("ascii")
    absence = ABSENCE_LETTERS.get(caller.absence, "O").encode("ascii")
    if form is Form.SDMF:
        return _message(SDMF, now.octets + (number or absence))
    body = _parameter(CALL_TYPE, bytes([VOICE_CALL])) if form is Form.ETSI else b""
    body += _parameter(DATE_TIME, now.octets)
    body += _parameter(NUMBER, number) if number else _parameter(NUMBER_ABSENT, absence)
    if caller.name:
        body += _parameter(NAME, _cut(caller.name))
    if redirecting and form is Form.ETSI:
        body += _parameter(REDIRECTING, redirecting[:NUMBER_MOST].encode("ascii"))
    return _message(MDMF, body)


def marked_doubtful(caller: CallerId, mark: str) -> CallerId:
    """The caller as a display is told of it: before the name of one whose number is doubtful stands ``mark``."""
    return replace(caller, name=f"{mark} {caller.name}".strip()) if caller.doubtful and caller.number else caller


def lamp_message(*, on: bool, waiting: int = 0, form: Form = Form.MDMF) -> bytes:
    """The message that switches a phone's message lamp; ``waiting`` (at most 255 are told) goes with ETSI's form only."""
    if form is Form.SDMF:
        return _message(SDMF_LAMP, next(octets for octets, state in SDMF_LAMPS.items() if state is on))
    body = _parameter(LAMP, bytes([LAMP_ON if on else LAMP_OFF]))
    if form is Form.ETSI:
        body += _parameter(WAITING, bytes([min(max(waiting, 0), 255)]))
    return _message(MDMF_LAMP, body)


def checksum(message: bytes) -> int:
    """The octet that makes the sum of all octets zero, modulo 256."""
    return -sum(message) & 0xFF


def _message(kind: int, body: bytes) -> bytes:
    return bytes([kind, len(body)]) + body


def _parameter(kind: int, value: bytes) -> bytes:
    return bytes([kind, len(value)]) + value


def _cut(name: str) -> bytes:
    octets = b""
    for character in name:
        more = _shown(character)
        if len(octets) + len(more) > NAME_MOST_OCTETS:
            break
        octets += more
    return octets


def _shown(character: str) -> bytes:
    octets = character.encode(CHARSET, "replace")
    return octets if len(octets) <= SHOWN_MOST_OCTETS else b"?"


# ---- from the exchange ------------------------------------------------------------------------------------------------


def caller_from_message(message: bytes) -> CallerId:
    """The caller that an SDMF or MDMF message names. Unknown parameters are passed over. Raises CallerIdError, also for a lamp."""
    read = read_message(message)
    if not read.is_call:
        raise CallerIdError(f"message type {message[0]:#04x} is no caller id")
    return read.caller


def read_message(message: bytes) -> DataMessage:
    """What a message says that came through with a right checksum: type, length, parameters. Raises CallerIdError."""
    if len(message) < 2 or message[1] != len(message) - 2:
        raise CallerIdError(f"length octet does not fit a message of {len(message)} octets")
    read = _READERS.get(message[0])
    if read is None:
        raise CallerIdError(f"message type {message[0]:#04x} is no caller id")
    return read(message[2:])


def read_burst(octets: bytes, *, keep_doubtful: bool = False) -> DataMessage:
    """What a message with its checksum octet says; octets after it do not count. Raises CallerIdError.

    When the checksum is wrong the caller is unknown; with ``keep_doubtful`` what was understood is kept, marked doubtful.
    """
    if len(octets) < 2 or len(octets) < octets[1] + 3:
        raise CallerIdError(f"{len(octets)} octets are no whole message")
    message, sent = octets[: octets[1] + 2], octets[octets[1] + 2]
    read = read_message(message)
    if sent == checksum(message):
        return read
    if not keep_doubtful:
        return DataMessage(read.is_call)
    return replace(read, caller=replace(read.caller, doubtful=True))


def _read_single(body: bytes) -> DataMessage:
    if len(body) < DATE_TIME_OCTETS:
        raise CallerIdError(f"{len(body)} octets are too few for date and time")
    shown = body[DATE_TIME_OCTETS:]
    return DataMessage(is_call=True, caller=_caller(shown), sent_at=_minute(body[:DATE_TIME_OCTETS]))


def _read_single_lamp(body: bytes) -> DataMessage:
    if body not in SDMF_LAMPS:
        raise CallerIdError(f"{body.hex()} switches no lamp")
    return DataMessage(is_call=False, lamp=SDMF_LAMPS[body])


def _read_multiple(body: bytes) -> DataMessage:
    found = _parameters(body)
    caller = _caller(found.get(NUMBER, b""))
    if not caller.number and not caller.absence and NUMBER_ABSENT in found:
        caller = replace(caller, absence=ABSENCES.get(found[NUMBER_ABSENT].decode("ascii", "replace"), "unavailable"))
    redirecting, _ = _number(found.get(REDIRECTING, found.get(FIRST_CALLED, b"")))
    return replace(
        _read_multiple_lamp(body),
        is_call=True,
        caller=replace(caller, name=_name(found.get(NAME, b""))),
        sent_at=_minute(found.get(DATE_TIME, b"")),
        dialled=_number(found.get(DIALLED, b""))[0],
        redirecting=redirecting,
    )


def _read_multiple_lamp(body: bytes) -> DataMessage:
    found = _parameters(body)
    lamp = {bytes([LAMP_ON]): True, bytes([LAMP_OFF]): False}.get(found.get(LAMP, b""))
    waiting = found.get(WAITING, b"")
    return DataMessage(is_call=False, lamp=lamp, waiting=waiting[0] if len(waiting) == 1 else None)


_READERS: MappingProxyType[int, Callable[[bytes], DataMessage]] = MappingProxyType(
    {SDMF: _read_single, SDMF_LAMP: _read_single_lamp, MDMF: _read_multiple, MDMF_LAMP: _read_multiple_lamp}
)


def _parameters(body: bytes) -> dict[int, bytes]:
    """Values by kind; of two of a kind the last. Raises CallerIdError when one is longer than the message."""
    found: dict[int, bytes] = {}
    at = 0
    while at < len(body):
        if at + 2 > len(body) or at + 2 + body[at + 1] > len(body):
            raise CallerIdError(f"parameter at octet {at + 2} is longer than the message")
        found[body[at]] = body[at + 2 : at + 2 + body[at + 1]]
        at += 2 + body[at + 1]
    return found


def _caller(shown: bytes) -> CallerId:
    """A number, or the letter for its absence, which some exchanges put into the number's place."""
    letter = shown.decode("ascii", "replace").strip()
    if letter in ABSENCES:
        return CallerId(absence=ABSENCES[letter])
    number, doubtful = _number(shown)
    return CallerId(number=number, doubtful=doubtful)


def _number(shown: bytes) -> tuple[str, bool]:
    """The digits, and whether something in or beside them makes them doubtful."""
    characters = shown.decode("ascii", "replace").strip()
    digits = "".join(character for character in characters if character in "0123456789*#")
    strange = any(character not in digits and character not in DECORATIONS for character in characters)
    return digits[:NUMBER_MOST], bool(digits) and (strange or len(digits) > NUMBER_MOST)


def _name(shown: bytes) -> str:
    """Without control characters: names are shown on terminals, too."""
    return "".join(character for character in shown.decode(CHARSET, "replace") if character.isprintable()).strip()


def _minute(shown: bytes) -> LocalMinute | None:
    """The date, None when there is none that a calendar knows."""
    digits = shown.decode("ascii", "replace")
    if len(digits) != DATE_TIME_OCTETS or not (digits.isascii() and digits.isdigit()):
        return None
    found = LocalMinute(*(int(digits[at : at + 2]) for at in range(0, DATE_TIME_OCTETS, 2)))
    possible = 1 <= found.month <= 12 and 1 <= found.day <= 31 and found.hour < 24 and found.minute < 60
    return found if possible else None
