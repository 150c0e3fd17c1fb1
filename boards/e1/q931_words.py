"""A D channel's frames in words, for the trace of a call: what the message is, of which call, and what each element says.

Everything is a translatable text; octets that mean nothing to us are shown as they are. Takes any octets; nothing raises.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from boards.e1 import q921, q931
from boards.e1.pri_values import Bearer, NumberingPlan, Presentation, ProgressIndicator, Screening, TypeOfNumber
from boards.e1.q921 import Frame, FrameKind, FrameRefusal
from boards.e1.q931 import Element, Finding, Message
from boards.e1.q931_elements import (
    BEARER_CAPABILITY,
    CALL_STATE,
    CALLED_NUMBER,
    CALLING_NUMBER,
    CAUSE,
    CHANNEL_IDENTIFICATION,
    CONNECTED_NUMBER,
    DISPLAY,
    ELEMENTS,
    KEYPAD,
    NOTIFICATION,
    ORIGINAL_CALLED_NUMBER,
    PROGRESS,
    REDIRECTING_NUMBER,
    REDIRECTION_NUMBER,
    RESTART,
    group_end,
)
from engine.kernel.text import Text, text
from engine.telephony.q850 import CAUSES

__all__ = ["FrameWords", "in_words"]


@dataclass(frozen=True)
class FrameWords:
    """A frame for readers. ``heading`` names it; ``details``: one line an element. ``reference``: its call reference, None without a message.

    ``is_message`` False for frames that only keep the link going.
    """

    heading: Text
    details: tuple[Text, ...] = ()
    reference: int | None = None
    is_message: bool = False


def in_words(octets: bytes, *, from_network: bool) -> FrameWords:
    """The frame (without check sequence) that the network or the user side sent."""
    frame = q921.parse_frame(octets, from_network=from_network)
    if isinstance(frame, FrameRefusal):
        return FrameWords(text("a frame that was refused: {reason}", reason=q921.words_of_reason(frame.reason)), (_octets(octets),))
    if frame.kind is not FrameKind.I:
        return FrameWords(_link(frame))
    if not frame.information:
        return FrameWords(text("an information frame without information"))
    message = q931.parse_message(frame.information, maintenance=True, codesets=frozenset(range(8)))
    if isinstance(message, Finding):
        return FrameWords(text("a message that was ignored: {reason}", reason=q931.words_of_reason(message.reason)), (_octets(octets),))
    return FrameWords(_heading(message), _details(message), message.reference, is_message=True)


def _heading(message: Message) -> Text:
    name = q931.name_of(message)
    if message.reference == 0:
        return text("{message}, of the interface", message=name)
    if message.from_originator:
        return text("{message}, call {reference} of the sender", message=name, reference=message.reference)
    return text("{message}, call {reference} of the receiver", message=name, reference=message.reference)


def _link(frame: Frame) -> Text:
    number = frame.receive_number
    return {
        FrameKind.RR: text("RR: received up to frame {number}, ready", number=number),
        FrameKind.RNR: text("RNR: received up to frame {number}, not ready for more", number=number),
        FrameKind.REJ: text("REJ: send again from frame {number}", number=number),
        FrameKind.SABME: text("SABME: asks for the link"),
        FrameKind.UA: text("UA: agrees"),
        FrameKind.DM: text("DM: has no link"),
        FrameKind.DISC: text("DISC: ends the link"),
        FrameKind.FRMR: text("FRMR: cannot make sense of a frame"),
    }[frame.kind]


def _details(message: Message) -> tuple[Text, ...]:
    kept = [_element(element) for element in message.elements]
    return (*kept, *(_left_out(finding) for finding in message.findings))


def _left_out(finding: Finding) -> Text:
    row = ELEMENTS.get(finding.element) if finding.element is not None else None
    name = row.name if row else text("element {octet}", octet=_hex(finding.element))
    return text("left out: {element}: {reason}", element=name, reason=q931.words_of_reason(finding.reason))


def _hex(octet: int | None) -> str:
    return "?" if octet is None else f"{octet:#04x}"


def _octets(octets: bytes) -> Text:
    return text("octets {octets}", octets=octets.hex(" "))


def _element(element: Element) -> Text:
    row = ELEMENTS.get(element.identifier)
    if row is None or element.codeset:
        name = text("element {octet} of codeset {codeset}", octet=_hex(element.identifier), codeset=element.codeset)
        return text("{element}: {value}", element=name, value=element.contents.hex(" "))
    say = _SAY.get(element.identifier)
    if not element.contents:
        return row.name
    return text("{element}: {value}", element=row.name, value=say(element.contents) if say else element.contents.hex(" "))


# ---- what elements say -----------------------------------------------------------------------------------------------


def _bearer(contents: bytes) -> Text:
    known = {
        Bearer.SPEECH: text("speech"),
        Bearer.UNRESTRICTED_DIGITAL: text("unrestricted digital"),
        Bearer.RESTRICTED_DIGITAL: text("restricted digital"),
        Bearer.AUDIO_3K1: text("3.1 kHz audio"),
        Bearer.DIGITAL_WITH_TONES: text("digital with tones"),
        Bearer.VIDEO: text("video"),
    }
    value = contents[0] & 0x1F
    capability = known[Bearer(value)] if value in known else text("bearer {octet}", octet=_hex(value))
    law = {0xA2: text("mu-law"), 0xA3: text("A-law")}.get(contents[2]) if len(contents) > 2 else None
    return text("{capability}, {law}", capability=capability, law=law) if law else capability


_LOCATIONS: Mapping[int, Text] = MappingProxyType(
    {
        0: text("the user"),
        1: text("the private network of the local user"),
        2: text("the public network of the local user"),
        3: text("the transit network"),
        4: text("the public network of the remote user"),
        5: text("the private network of the remote user"),
        7: text("the international network"),
        10: text("the network beyond the interworking point"),
    }
)


def _location(octet: int) -> Text:
    return _LOCATIONS.get(octet & 0x0F) or text("location {number}", number=octet & 0x0F)


def _cause(contents: bytes) -> Text:
    end = group_end(contents, 0)
    value = contents[end] & 0x7F if end is not None and end < len(contents) else 0
    meaning = CAUSES.get(value)  # type: ignore[call-overload]  # a plain number finds the cause that equals it
    name = meaning.name if meaning else text("unknown cause")
    return text("{number} {name}, said by {location}", number=value, name=name, location=_location(contents[0]))


def _channel(contents: bytes) -> Text:
    selection = contents[0] & 0x03
    if selection == 0:
        return text("no channel")
    if selection == 3:
        return text("any channel")
    listed = _channels(contents)
    if not listed:
        return _octets(contents)
    if contents[0] & 0x08:
        return text("channel {channels}, no other", channels=listed)
    return text("channel {channels}, or another", channels=listed)


def _channels(contents: bytes) -> str:
    at = 1
    if contents[0] & 0x40:
        at = group_end(contents, at) or len(contents)
    if at >= len(contents):
        return ""
    rest = contents[at + 1 :]
    if contents[at] & 0x10:
        bits = int.from_bytes(rest)
        return ", ".join(str(place) for place in range(len(rest) * 8) if bits >> place & 1)
    return ", ".join(str(octet & 0x7F) for octet in rest)


_INDICATORS: Mapping[int, Text] = MappingProxyType(
    {
        ProgressIndicator.NOT_END_TO_END_ISDN: text("not ISDN from end to end"),
        ProgressIndicator.CALLED_NOT_ISDN: text("the called line is not ISDN"),
        ProgressIndicator.CALLER_NOT_ISDN: text("the calling line is not ISDN"),
        ProgressIndicator.RETURNED_TO_ISDN: text("back in the ISDN"),
        ProgressIndicator.IN_BAND: text("tone or announcement in band"),
        ProgressIndicator.DELAY_AT_CALLED_INTERFACE: text("delay at the called interface"),
        ProgressIndicator.INTERWORKING_WITH_PUBLIC: text("interworking with a public network"),
        ProgressIndicator.NO_RELEASE: text("interworking that cannot tell of a release"),
        ProgressIndicator.NO_RELEASE_BEFORE_ANSWER: text("interworking that cannot tell of a release before the answer"),
        ProgressIndicator.NO_RELEASE_AFTER_ANSWER: text("interworking that cannot tell of a release after the answer"),
    }
)


def _progress(contents: bytes) -> Text:
    value = contents[1] & 0x7F
    meaning = _INDICATORS.get(value) or text("unknown indicator")
    return text("{number} {name}, said by {location}", number=value, name=meaning, location=_location(contents[0]))


_TYPES: Mapping[int, Text] = MappingProxyType(
    {
        TypeOfNumber.UNKNOWN: text("type unknown"),
        TypeOfNumber.INTERNATIONAL: text("international"),
        TypeOfNumber.NATIONAL: text("national"),
        TypeOfNumber.NETWORK_SPECIFIC: text("network-specific"),
        TypeOfNumber.SUBSCRIBER: text("subscriber number"),
        TypeOfNumber.ABBREVIATED: text("abbreviated"),
    }
)
_PLANS: Mapping[int, Text] = MappingProxyType(
    {
        NumberingPlan.UNKNOWN: text("plan unknown"),
        NumberingPlan.ISDN: text("ISDN plan"),
        NumberingPlan.DATA: text("data plan"),
        NumberingPlan.TELEX: text("telex plan"),
        NumberingPlan.NATIONAL_STANDARD: text("national standard plan"),
        NumberingPlan.PRIVATE: text("private plan"),
    }
)
_PRESENTATIONS: Mapping[int, Text] = MappingProxyType(
    {
        Presentation.ALLOWED: text("may be shown"),
        Presentation.RESTRICTED: text("must not be shown"),
        Presentation.NOT_AVAILABLE: text("not available"),
        Presentation.RESERVED: text("presentation reserved"),
    }
)
_SCREENINGS: Mapping[int, Text] = MappingProxyType(
    {
        Screening.USER_NOT_SCREENED: text("from the user, not verified"),
        Screening.USER_PASSED: text("from the user, verified"),
        Screening.USER_FAILED: text("from the user, found wrong"),
        Screening.NETWORK: text("from the network"),
    }
)


def _number(contents: bytes) -> Text:
    start = group_end(contents, 0) or len(contents)
    kind = _TYPES.get(contents[0] >> 4 & 7) or text("type reserved")
    plan = _PLANS.get(contents[0] & 0x0F) or text("plan reserved")
    digits = contents[start:].decode("ascii", "replace") or "–"
    if start == 1:
        return text("{digits} ({type}, {plan})", digits=digits, type=kind, plan=plan)
    presentation, screening = _PRESENTATIONS[contents[1] >> 5 & 3], _SCREENINGS[contents[1] & 3]
    return text(
        "{digits} ({type}, {plan}; {presentation}, {screening})",
        digits=digits,
        type=kind,
        plan=plan,
        presentation=presentation,
        screening=screening,
    )


_STATES: Mapping[int, Text] = MappingProxyType(
    {
        0: text("null"),
        1: text("call initiated"),
        2: text("overlap sending"),
        3: text("outgoing call proceeding"),
        4: text("call delivered"),
        6: text("call present"),
        7: text("call received"),
        8: text("connect request"),
        9: text("incoming call proceeding"),
        10: text("active"),
        11: text("disconnect request"),
        12: text("disconnect indication"),
        15: text("suspend request"),
        17: text("resume request"),
        19: text("release request"),
        25: text("overlap receiving"),
        61: text("restart request"),
        62: text("restart"),
    }
)


def _state(contents: bytes) -> Text:
    value = contents[0] & 0x3F
    return text("{number} {name}", number=value, name=_STATES.get(value) or text("unknown state"))


def _restart(contents: bytes) -> Text:
    known = {0: text("the channels named"), 6: text("this interface"), 7: text("all interfaces")}
    return known.get(contents[0] & 7) or text("unknown indicator")


_NOTIFICATIONS: Mapping[int, Text] = MappingProxyType(
    {
        0x00: text("user suspended"),
        0x01: text("user resumed"),
        0x02: text("bearer service changed"),
        0x60: text("call is waiting"),
        0x68: text("diversion activated"),
        0x79: text("put on hold by the other side"),
        0x7A: text("taken back by the other side"),
        0x7B: text("call is being diverted"),
    }
)


def _notification(contents: bytes) -> Text:
    value = contents[0] & 0x7F
    return text("{number} {name}", number=value, name=_NOTIFICATIONS.get(value) or text("unknown notification"))


def _characters(contents: bytes) -> str:
    """Display text, with or without its octet of character set; keypad digits."""
    shown = contents[1:] if contents[0] & 0x80 else contents
    return shown.decode("latin-1").translate(dict.fromkeys((*range(32), *range(127, 160)), "."))


_SAY: Mapping[int, Callable[[bytes], Text | str]] = MappingProxyType(
    {
        BEARER_CAPABILITY: _bearer,
        CAUSE: _cause,
        CALL_STATE: _state,
        CHANNEL_IDENTIFICATION: _channel,
        PROGRESS: _progress,
        NOTIFICATION: _notification,
        DISPLAY: _characters,
        KEYPAD: _characters,
        CONNECTED_NUMBER: _number,
        CALLING_NUMBER: _number,
        CALLED_NUMBER: _number,
        ORIGINAL_CALLED_NUMBER: _number,
        REDIRECTING_NUMBER: _number,
        REDIRECTION_NUMBER: _number,
        RESTART: _restart,
    }
)
