"""Messages of ITU-T Q.931 on a primary rate interface: read strictly, cleaned of what is malformed, without state and without I/O.

    octet 1       protocol discriminator: 8, or a maintenance protocol
    octet 2       length of the call reference (1 or 2 here); its upper half is 0
    then          the call reference: flag (0: from the side that gave it) and value; value 0 is the interface itself
    then          the message type
    then          information elements: one octet (bit 8 set), or identifier, length, contents, in rising order within a codeset

What a malformed message is worth follows clause 5.8. A message whose head is wrong is ignored as a whole (5.8.1 to 5.8.3). An element that is
malformed, out of order, too often there, or of another codeset is taken out and the rest is kept (5.8.5, 5.8.7): whoever reads the
rest finds a mandatory element missing and answers as clause 5.8.6 wants. Nothing raises; every finding is named by its reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from types import MappingProxyType

from boards.e1.q931_elements import ELEMENTS
from engine.kernel.text import Text, text

__all__ = [
    "CALL_CONTROL",
    "MAINTENANCE",
    "Element",
    "Finding",
    "Message",
    "MessageType",
    "Reason",
    "name_of",
    "parse_message",
    "words_of_reason",
    "written",
]

CALL_CONTROL = 0x08
MAINTENANCE = frozenset({0x03, 0x43})
REFERENCE_OCTETS = (1, 2)
ELEMENTS_MOST = 64
LOCKING_SHIFT, NON_LOCKING_SHIFT, SHIFT_MASK, CODESET_MASK = 0x90, 0x98, 0xF8, 0x07
SINGLE_OCTET, TYPE_2 = 0x80, 0xA0
SERVICE_TYPES = frozenset({0x07, 0x0F})
SERVICE_ACKNOWLEDGE = MappingProxyType({0x03: 0x07, 0x43: 0x0F})
"""AT&T and National ISDN number the two messages the other way round."""


class MessageType(IntEnum):
    """Q.931 table 4-2."""

    ALERTING = 0x01
    CALL_PROCEEDING = 0x02
    PROGRESS = 0x03
    SETUP = 0x05
    CONNECT = 0x07
    SETUP_ACKNOWLEDGE = 0x0D
    CONNECT_ACKNOWLEDGE = 0x0F
    USER_INFORMATION = 0x20
    SUSPEND_REJECT = 0x21
    RESUME_REJECT = 0x22
    HOLD = 0x24
    SUSPEND = 0x25
    RESUME = 0x26
    HOLD_ACKNOWLEDGE = 0x28
    SUSPEND_ACKNOWLEDGE = 0x2D
    RESUME_ACKNOWLEDGE = 0x2E
    HOLD_REJECT = 0x30
    RETRIEVE = 0x31
    RETRIEVE_ACKNOWLEDGE = 0x33
    RETRIEVE_REJECT = 0x37
    DISCONNECT = 0x45
    RESTART = 0x46
    RELEASE = 0x4D
    RESTART_ACKNOWLEDGE = 0x4E
    RELEASE_COMPLETE = 0x5A
    SEGMENT = 0x60
    FACILITY = 0x62
    REGISTER = 0x64
    NOTIFY = 0x6E
    STATUS_ENQUIRY = 0x75
    CONGESTION_CONTROL = 0x79
    INFORMATION = 0x7B
    STATUS = 0x7D


_OF_THE_INTERFACE = frozenset({MessageType.RESTART, MessageType.RESTART_ACKNOWLEDGE})
_OF_EITHER = frozenset({MessageType.STATUS})


class Reason(StrEnum):
    """What was wrong. The first six cost the whole message, the others an element."""

    MESSAGE_TOO_SHORT = "message_too_short"
    PROTOCOL_DISCRIMINATOR = "protocol_discriminator"
    CALL_REFERENCE_LENGTH = "call_reference_length"
    REFERENCE_OF_INTERFACE = "reference_of_interface"
    REFERENCE_OF_CALL = "reference_of_call"
    TOO_MANY_ELEMENTS = "too_many_elements"
    ELEMENT_OVERRUNS = "element_overruns"
    ELEMENT_LENGTH = "element_length"
    ELEMENT_CONTENTS = "element_contents"
    ELEMENT_ORDER = "element_order"
    ELEMENT_REPEATED = "element_repeated"
    OTHER_CODESET = "other_codeset"
    CODESET_SHIFT = "codeset_shift"


_WHOLE_MESSAGE = frozenset(list(Reason)[:6])


def words_of_reason(reason: Reason) -> Text:
    """The reason as a sentence."""
    return {
        Reason.MESSAGE_TOO_SHORT: text("the message is too short to have a head"),
        Reason.PROTOCOL_DISCRIMINATOR: text("the protocol discriminator is not that of call control"),
        Reason.CALL_REFERENCE_LENGTH: text("the call reference is not one or two octets long"),
        Reason.REFERENCE_OF_INTERFACE: text("a message of one call bears the call reference of the interface"),
        Reason.REFERENCE_OF_CALL: text("a message of the interface bears the call reference of a call"),
        Reason.TOO_MANY_ELEMENTS: text("the message has more elements than any message needs"),
        Reason.ELEMENT_OVERRUNS: text("an element is longer than what is left of the message"),
        Reason.ELEMENT_LENGTH: text("an element is shorter or longer than it may be"),
        Reason.ELEMENT_CONTENTS: text("the contents of an element are not what its first octets promise"),
        Reason.ELEMENT_ORDER: text("an element comes after one that must follow it"),
        Reason.ELEMENT_REPEATED: text("an element comes more often than it may"),
        Reason.OTHER_CODESET: text("an element is of a codeset that is not used here"),
        Reason.CODESET_SHIFT: text("a shift of codeset goes back, or shifts nothing"),
    }[reason]


@dataclass(frozen=True)
class Finding:
    """A rule that a message breaks; ``element``: the identifier concerned, if it is one's."""

    reason: Reason
    element: int | None = None

    @property
    def costs_the_message(self) -> bool:
        """True when the whole message is to be ignored."""
        return self.reason in _WHOLE_MESSAGE


@dataclass(frozen=True)
class Element:
    """One information element. ``octets`` as they came, identifier and length included."""

    identifier: int
    contents: bytes
    codeset: int
    octets: bytes


@dataclass(frozen=True)
class Message:
    """A message whose head is right, with the elements that are well-formed. ``findings``: those that were taken out, and why.

    ``from_originator``: the sender gave this call reference. ``reference`` 0 is the interface.
    """

    protocol: int
    reference: int
    from_originator: bool
    reference_octets: int
    type_octet: int
    elements: tuple[Element, ...]
    findings: tuple[Finding, ...] = ()

    @property
    def type(self) -> MessageType | None:
        """The message type, None for one that Q.931 does not know or a maintenance message."""
        known = self.protocol == CALL_CONTROL and self.type_octet in _KNOWN_TYPES
        return MessageType(self.type_octet) if known else None

    def element(self, identifier: int) -> Element | None:
        """The first element of codeset 0 with this identifier."""
        return next((element for element in self.elements if element.identifier == identifier and element.codeset == 0), None)


_KNOWN_TYPES = frozenset(MessageType)


def parse_message(information: bytes, *, maintenance: bool = False, codesets: frozenset[int] = frozenset({0})) -> Message | Finding:
    """The message in an information frame, or why all of it is to be ignored. ``maintenance``: service messages are taken too."""
    if len(information) < 4:  # discriminator, length, one octet of reference, type
        return Finding(Reason.MESSAGE_TOO_SHORT)
    protocol, octets = information[0], information[1]
    if protocol != CALL_CONTROL and not (maintenance and protocol in MAINTENANCE):
        return Finding(Reason.PROTOCOL_DISCRIMINATOR)
    if octets not in REFERENCE_OCTETS:
        return Finding(Reason.CALL_REFERENCE_LENGTH)
    if len(information) < 3 + octets:
        return Finding(Reason.MESSAGE_TOO_SHORT)
    reference = int.from_bytes(information[2 : 2 + octets]) & ~(0x80 << 8 * (octets - 1))
    type_octet = information[2 + octets]
    wrong = _wrong_reference(protocol, type_octet, reference)
    if wrong:
        return Finding(wrong)
    body = _elements(information[3 + octets :], codesets)
    if isinstance(body, Reason):
        return Finding(body)
    return Message(protocol, reference, not information[2] & 0x80, octets, type_octet, *body)


def _wrong_reference(protocol: int, type_octet: int, reference: int) -> Reason | None:
    """Clause 5.8.3.2: RESTART and its answer are of the interface, STATUS of either, all others of one call."""
    if protocol in MAINTENANCE:
        return Reason.REFERENCE_OF_CALL if reference or type_octet not in SERVICE_TYPES else None
    if type_octet in _OF_EITHER:
        return None
    if (type_octet in _OF_THE_INTERFACE) == (reference == 0):
        return None
    return Reason.REFERENCE_OF_CALL if reference else Reason.REFERENCE_OF_INTERFACE


# ---- elements --------------------------------------------------------------------------------------------------------


def _elements(body: bytes, codesets: frozenset[int]) -> tuple[tuple[Element, ...], tuple[Finding, ...]] | Reason:
    split, findings = _split(body)
    if len(split) > ELEMENTS_MOST:
        return Reason.TOO_MANY_ELEMENTS
    kept: list[Element] = []
    seen: Counter[int] = Counter()
    last = 0
    for element in split:
        wrong = _wrong_codeset(element, codesets) or (_wrong_element(element, last, seen) if element.codeset == 0 else None)
        if wrong:
            findings.append(Finding(wrong, element.identifier))
            continue
        kept.append(element)
        if element.codeset == 0:
            seen[element.identifier] += 1
            last = last if element.identifier & SINGLE_OCTET else element.identifier
    return tuple(kept), tuple(findings)


def _split(body: bytes) -> tuple[list[Element], list[Finding]]:
    """The body cut into elements, each with its codeset; shifts themselves are not elements, and what cannot be cut is left off."""
    elements: list[Element] = []
    findings: list[Finding] = []
    locked, codeset, at = 0, 0, 0
    while at < len(body) and len(elements) <= ELEMENTS_MOST:
        octet = body[at]
        if octet & 0xF0 == LOCKING_SHIFT:
            codeset, good = octet & CODESET_MASK, octet & SHIFT_MASK == NON_LOCKING_SHIFT
            if not good:
                good, locked = codeset > locked, max(codeset, locked)
                codeset = locked
            if not good or at + 1 == len(body):
                findings.append(Finding(Reason.CODESET_SHIFT))
            at += 1
            continue
        end = at + 1 if octet & SINGLE_OCTET else at + 2 + body[at + 1] if at + 1 < len(body) else len(body) + 1
        if end > len(body):
            findings.append(Finding(Reason.ELEMENT_OVERRUNS, octet))
            break
        elements.append(Element(_identifier(octet), body[at + 2 : end], codeset, body[at:end]))
        at, codeset = end, locked
    return elements, findings


def _identifier(octet: int) -> int:
    """Elements of one octet and type 1 carry a value in their lower half."""
    return octet & 0xF0 if octet & SINGLE_OCTET and octet & 0xF0 != TYPE_2 else octet


def _wrong_codeset(element: Element, codesets: frozenset[int]) -> Reason | None:
    return None if element.codeset in codesets else Reason.OTHER_CODESET


def _wrong_element(element: Element, last: int, seen: Mapping[int, int]) -> Reason | None:
    """Clauses 5.8.5 and 5.8.7 for an element of codeset 0. One that we do not know is kept: whoever reads on answers for it."""
    if not element.identifier & SINGLE_OCTET and element.identifier < last:
        return Reason.ELEMENT_ORDER
    row = ELEMENTS.get(element.identifier)
    if row is None:
        return Reason.ELEMENT_REPEATED if seen[element.identifier] else None
    if not row.least <= len(element.contents) <= row.most:
        return Reason.ELEMENT_LENGTH
    if seen[element.identifier] >= row.times:
        return Reason.ELEMENT_REPEATED
    if row.check is not None and element.contents and not row.check(element.contents):
        return Reason.ELEMENT_CONTENTS
    return None


def written(message: Message) -> bytes:
    """The message as octets again: its head, and the elements it kept, each of another codeset behind a shift of its own."""
    flag = 0 if message.from_originator else 0x80 << 8 * (message.reference_octets - 1)
    head = bytes([message.protocol, message.reference_octets]) + (message.reference | flag).to_bytes(message.reference_octets)
    shifted = ((bytes([NON_LOCKING_SHIFT | element.codeset]) if element.codeset else b"") + element.octets for element in message.elements)
    return head + bytes([message.type_octet]) + b"".join(shifted)


# ---- names -----------------------------------------------------------------------------------------------------------

_NAMES: Mapping[int, Text] = MappingProxyType(
    {
        MessageType.ALERTING: text("ALERTING"),
        MessageType.CALL_PROCEEDING: text("CALL PROCEEDING"),
        MessageType.PROGRESS: text("PROGRESS"),
        MessageType.SETUP: text("SETUP"),
        MessageType.CONNECT: text("CONNECT"),
        MessageType.SETUP_ACKNOWLEDGE: text("SETUP ACKNOWLEDGE"),
        MessageType.CONNECT_ACKNOWLEDGE: text("CONNECT ACKNOWLEDGE"),
        MessageType.USER_INFORMATION: text("USER INFORMATION"),
        MessageType.SUSPEND_REJECT: text("SUSPEND REJECT"),
        MessageType.RESUME_REJECT: text("RESUME REJECT"),
        MessageType.HOLD: text("HOLD"),
        MessageType.SUSPEND: text("SUSPEND"),
        MessageType.RESUME: text("RESUME"),
        MessageType.HOLD_ACKNOWLEDGE: text("HOLD ACKNOWLEDGE"),
        MessageType.SUSPEND_ACKNOWLEDGE: text("SUSPEND ACKNOWLEDGE"),
        MessageType.RESUME_ACKNOWLEDGE: text("RESUME ACKNOWLEDGE"),
        MessageType.HOLD_REJECT: text("HOLD REJECT"),
        MessageType.RETRIEVE: text("RETRIEVE"),
        MessageType.RETRIEVE_ACKNOWLEDGE: text("RETRIEVE ACKNOWLEDGE"),
        MessageType.RETRIEVE_REJECT: text("RETRIEVE REJECT"),
        MessageType.DISCONNECT: text("DISCONNECT"),
        MessageType.RESTART: text("RESTART"),
        MessageType.RELEASE: text("RELEASE"),
        MessageType.RESTART_ACKNOWLEDGE: text("RESTART ACKNOWLEDGE"),
        MessageType.RELEASE_COMPLETE: text("RELEASE COMPLETE"),
        MessageType.SEGMENT: text("SEGMENT"),
        MessageType.FACILITY: text("FACILITY"),
        MessageType.REGISTER: text("REGISTER"),
        MessageType.NOTIFY: text("NOTIFY"),
        MessageType.STATUS_ENQUIRY: text("STATUS ENQUIRY"),
        MessageType.CONGESTION_CONTROL: text("CONGESTION CONTROL"),
        MessageType.INFORMATION: text("INFORMATION"),
        MessageType.STATUS: text("STATUS"),
    }
)


def name_of(message: Message) -> Text:
    """The message's name: in English as Q.931 writes it, translated for readers of other languages."""
    if message.protocol in MAINTENANCE:
        return text("SERVICE ACKNOWLEDGE") if message.type_octet == SERVICE_ACKNOWLEDGE[message.protocol] else text("SERVICE")
    if message.type is None:
        return text("unknown message {octet}", octet=f"{message.type_octet:#04x}")
    return _NAMES[message.type]
