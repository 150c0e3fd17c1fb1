"""The information elements of ITU-T Q.931 clause 4.5, one row each: lengths, how often they may come, and what their octets must look like.

Lengths are of the contents, without identifier and length octet. A check gets the contents and says whether they are well-formed: octet groups
closed by their extension bits (clause 4.5.1), lengths that agree with what the first octets promise, digits that are digits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from engine.kernel.text import Text, text

__all__ = [
    "BEARER_CAPABILITY",
    "CALLED_NUMBER",
    "CALLING_NUMBER",
    "CALL_STATE",
    "CAUSE",
    "CHANGE_STATUS",
    "CHANNEL_IDENTIFICATION",
    "CONNECTED_NUMBER",
    "DISPLAY",
    "ELEMENTS",
    "FACILITY",
    "KEYPAD",
    "NOTIFICATION",
    "ORIGINAL_CALLED_NUMBER",
    "PROGRESS",
    "REDIRECTING_NUMBER",
    "REDIRECTION_NUMBER",
    "REPEAT_INDICATOR",
    "RESTART",
    "SENDING_COMPLETE",
    "USER_USER",
    "Row",
    "group_end",
    "number_start",
]

BEARER_CAPABILITY, CAUSE, CALL_STATE, CHANNEL_IDENTIFICATION = 0x04, 0x08, 0x14, 0x18
FACILITY, PROGRESS, NOTIFICATION, DISPLAY, KEYPAD = 0x1C, 0x1E, 0x27, 0x28, 0x2C
CHANGE_STATUS, CONNECTED_ADDRESS, CONNECTED_NUMBER = 0x01, 0x0C, 0x4C
CALLING_NUMBER, CALLED_NUMBER, ORIGINAL_CALLED_NUMBER = 0x6C, 0x70, 0x73
REDIRECTING_NUMBER, REDIRECTION_NUMBER, RESTART, USER_USER = 0x74, 0x76, 0x79, 0x7E
SENDING_COMPLETE, REPEAT_INDICATOR = 0xA1, 0xD0

EXTENSION = 0x80
DIGITS_MOST = 31
DIGITS = frozenset(b"0123456789*#ABCD")
CIRCUIT_64K = 0x10
MULTIRATE = 0x18
CHANNEL_MAP_OCTETS_MOST = 4
CHANNELS_LISTED_MOST = 31


@dataclass(frozen=True)
class Row:
    """What one element may be. ``times``: how often in one message."""

    name: Text
    least: int
    most: int
    times: int = 1
    check: Callable[[bytes], bool] | None = None


def group_end(contents: bytes, start: int) -> int | None:
    """Where the octet group that begins at ``start`` ends: behind the first octet with its extension bit set; None when none has."""
    return next((at + 1 for at in range(start, len(contents)) if contents[at] & EXTENSION), None)


def number_start(contents: bytes) -> int | None:
    """Where the digits of a number begin that has a group 3, 3a, 3b; None when the group is not closed."""
    return group_end(contents, 0)


def _digits(octets: bytes) -> bool:
    return len(octets) <= DIGITS_MOST and DIGITS.issuperset(octets)


def _number(groups_most: int) -> Callable[[bytes], bool]:
    def check(contents: bytes) -> bool:
        start = number_start(contents)
        return start is not None and start <= groups_most and _digits(contents[start:])

    return check


def _called(contents: bytes) -> bool:
    return bool(contents[0] & EXTENSION) and _digits(contents[1:])


def _bearer(contents: bytes) -> bool:
    """Octets 3 and 4 closed by themselves, 4.1 when the rate is a multiple, then groups 5, 6 and 7 in this order."""
    if not contents[0] & EXTENSION or not contents[1] & EXTENSION:
        return False
    at = 2
    if contents[0] & 0x60 == 0 and contents[1] & 0x7F == MULTIRATE:
        at = 3
        if len(contents) < at or not contents[2] & EXTENSION:
            return False
    last = 0
    while at < len(contents):
        layer, end = contents[at] >> 5 & 3, group_end(contents, at)
        if end is None or layer <= last:
            return False
        last, at = layer, end
    return True


def _cause(contents: bytes) -> bool:
    """Octet 3 with or without 3a, then the cause; diagnostics after it are free."""
    end = group_end(contents, 0)
    return end is not None and end <= 2 and len(contents) > end and bool(contents[end] & EXTENSION)


def _progress(contents: bytes) -> bool:
    return bool(contents[0] & EXTENSION) and bool(contents[1] & EXTENSION)


def _channel(contents: bytes) -> bool:
    """Octet 3; 3.1 when the interface is named; 3.2 and 3.3 when "as indicated" (clause 4.5.13), as numbers or as a map."""
    if not contents[0] & EXTENSION:
        return False
    at = 1
    if contents[0] & 0x40:
        end = group_end(contents, at)
        if end is None:
            return False
        at = end
    as_indicated = contents[0] & 0x23 == 0x21
    if not as_indicated or contents[0] & 0x04:
        return at == len(contents)
    if at == len(contents):
        return bool(contents[0] & 0x40)  # the whole interface, as a restart may name it
    if not contents[at] & EXTENSION or contents[at] & 0x6F != 0x03:
        return False
    rest = contents[at + 1 :]
    if contents[at] & 0x10:
        return 0 < len(rest) <= CHANNEL_MAP_OCTETS_MOST
    return _channel_list(rest)


def _channel_list(octets: bytes) -> bool:
    """Numbers of channels, the last with its extension bit; the numbers of an E1 are 1 to 31."""
    listed = 0 < len(octets) <= CHANNELS_LISTED_MOST
    return listed and all(0 < octet & 0x7F <= CHANNELS_LISTED_MOST for octet in octets) and group_end(octets, 0) == len(octets)


def _restart(contents: bytes) -> bool:
    return bool(contents[0] & EXTENSION) and contents[0] & 0x78 == 0


def _closed(contents: bytes) -> bool:
    return bool(contents[0] & EXTENSION)


def _subaddress(contents: bytes) -> bool:
    return bool(contents[0] & EXTENSION) and contents[0] & 0x07 == 0


def _ascii(contents: bytes) -> bool:
    return all(0x20 <= octet < 0x7F for octet in contents)


def _without_zero(contents: bytes) -> bool:
    return 0 not in contents


_NUMBER_MOST = 3 + DIGITS_MOST

ELEMENTS: Mapping[int, Row] = MappingProxyType(
    {
        CHANGE_STATUS: Row(text("Change status"), 1, 1),
        BEARER_CAPABILITY: Row(text("Bearer capability"), 2, 10, 2, _bearer),
        CAUSE: Row(text("Cause"), 2, 30, 2, _cause),
        CONNECTED_ADDRESS: Row(text("Connected address"), 1, _NUMBER_MOST, 1, _number(2)),
        0x10: Row(text("Call identity"), 0, 8),
        CALL_STATE: Row(text("Call state"), 1, 1),
        CHANNEL_IDENTIFICATION: Row(text("Channel identification"), 1, 40, 1, _channel),
        FACILITY: Row(text("Facility"), 1, 250, 8),
        PROGRESS: Row(text("Progress indicator"), 2, 2, 4, _progress),
        0x20: Row(text("Network-specific facilities"), 2, 40, 4),
        NOTIFICATION: Row(text("Notification indicator"), 1, 120, 2, _closed),
        DISPLAY: Row(text("Display"), 0, 82, 2, _without_zero),
        0x29: Row(text("Date and time"), 3, 6),
        KEYPAD: Row(text("Keypad facility"), 1, DIGITS_MOST, 1, _ascii),
        0x34: Row(text("Signal"), 1, 1),
        0x36: Row(text("Switch-hook"), 1, 1),
        0x38: Row(text("Feature activation"), 1, 2),
        0x39: Row(text("Feature indication"), 1, 3),
        0x40: Row(text("Information rate"), 4, 4),
        0x42: Row(text("End-to-end transit delay"), 1, 9),
        0x43: Row(text("Transit delay selection"), 1, 3),
        0x44: Row(text("Packet layer binary parameters"), 1, 1),
        0x45: Row(text("Packet layer window size"), 1, 2),
        0x46: Row(text("Packet size"), 1, 2),
        0x47: Row(text("Closed user group"), 2, 5),
        0x4A: Row(text("Reverse charging indication"), 1, 1, 1, _closed),
        CONNECTED_NUMBER: Row(text("Connected number"), 1, _NUMBER_MOST, 1, _number(2)),
        0x4D: Row(text("Connected subaddress"), 1, 21, 1, _subaddress),
        CALLING_NUMBER: Row(text("Calling party number"), 1, _NUMBER_MOST, 2, _number(2)),
        0x6D: Row(text("Calling party subaddress"), 1, 21, 2, _subaddress),
        CALLED_NUMBER: Row(text("Called party number"), 1, 1 + DIGITS_MOST, 1, _called),
        0x71: Row(text("Called party subaddress"), 1, 21, 1, _subaddress),
        ORIGINAL_CALLED_NUMBER: Row(text("Original called number"), 1, _NUMBER_MOST, 1, _number(3)),
        REDIRECTING_NUMBER: Row(text("Redirecting number"), 1, _NUMBER_MOST, 2, _number(3)),
        REDIRECTION_NUMBER: Row(text("Redirection number"), 1, _NUMBER_MOST, 1, _number(2)),
        0x78: Row(text("Transit network selection"), 1, 40, 4, _closed),
        RESTART: Row(text("Restart indicator"), 1, 1, 1, _restart),
        0x7C: Row(text("Low layer compatibility"), 2, 16, 2),
        0x7D: Row(text("High layer compatibility"), 2, 4, 2),
        USER_USER: Row(text("User-user"), 1, 131),
        SENDING_COMPLETE: Row(text("Sending complete"), 0, 0),
        0xB0: Row(text("Congestion level"), 0, 0),
        REPEAT_INDICATOR: Row(text("Repeat indicator"), 0, 0),
    }
)
"""By identifier, in codeset 0. Elements of one octet have 0 octets of contents; their identifier is the upper half octet where that holds a value."""
