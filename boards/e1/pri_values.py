"""The values of ISDN PRI as this house names them: sides, switch types, numbers, indicators, timers. Pure data.

Octets are those of ITU-T Q.931 (1998) clause 4.5 and ETSI EN 300 403-1; what libpri numbers otherwise is turned here, in both directions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from types import MappingProxyType

from engine.kernel.errors import BadInput
from engine.kernel.fsm import Timer
from engine.kernel.text import text

__all__ = [
    "COUNTS",
    "NUMBER_DIGITS_MOST",
    "TIMERS",
    "Bearer",
    "CallingNumber",
    "Count",
    "Layer1",
    "Notification",
    "NumberingPlan",
    "PartyNumber",
    "Presentation",
    "PriSettings",
    "ProgressIndicator",
    "RedirectingNumber",
    "RedirectionReason",
    "Role",
    "Screening",
    "ServiceStatus",
    "SetupRequest",
    "SwitchType",
    "TypeOfNumber",
    "indicators_of",
]

NUMBER_DIGITS_MOST = 31
"""Digits of a number in one message, as many as libpri holds. E.164 has 15; the rest is for prefixes and extensions."""
NUMBER_CHARACTERS = frozenset("0123456789*#ABCD")
NAME_OCTETS_MOST = 50
USER_USER_OCTETS_MOST = 128
CHANNEL_MOST = 31


class Role(StrEnum):
    """Which side of the interface we are: an exchange expects the user side; towards a PBX of one's own it is the network side."""

    USER = "user"
    NETWORK = "network"


class SwitchType(StrEnum):
    """The dialect of Q.931 that the other end speaks."""

    EUROISDN = "euroisdn"
    NI2 = "ni2"
    DMS100 = "dms100"
    LUCENT_5ESS = "5ess"
    ATT_4ESS = "4ess"
    QSIG = "qsig"

    @property
    def number(self) -> int:
        """What libpri calls it."""
        return {"ni2": 1, "dms100": 2, "5ess": 3, "4ess": 4, "euroisdn": 5, "qsig": 10}[self.value]


class TypeOfNumber(IntEnum):
    """Q.931 table 4-9, bits 7 6 5 of octet 3."""

    UNKNOWN = 0
    INTERNATIONAL = 1
    NATIONAL = 2
    NETWORK_SPECIFIC = 3
    SUBSCRIBER = 4
    ABBREVIATED = 6
    RESERVED = 7


class NumberingPlan(IntEnum):
    """Q.931 table 4-9, bits 4 3 2 1 of octet 3."""

    UNKNOWN = 0
    ISDN = 1
    DATA = 3
    TELEX = 4
    NATIONAL_STANDARD = 8
    PRIVATE = 9
    RESERVED = 15


class Presentation(IntEnum):
    """Whether the called party may see the caller's number. Q.931 table 4-11, bits 7 6 of octet 3a."""

    ALLOWED = 0
    RESTRICTED = 1
    NOT_AVAILABLE = 2
    RESERVED = 3


class Screening(IntEnum):
    """Who vouches for the caller's number. Q.931 table 4-11, bits 2 1 of octet 3a."""

    USER_NOT_SCREENED = 0
    USER_PASSED = 1
    USER_FAILED = 2
    NETWORK = 3


class Bearer(IntEnum):
    """Information transfer capability. Q.931 table 4-6, octet 3."""

    SPEECH = 0x00
    UNRESTRICTED_DIGITAL = 0x08
    RESTRICTED_DIGITAL = 0x09
    AUDIO_3K1 = 0x10
    DIGITAL_WITH_TONES = 0x11
    VIDEO = 0x18


class Layer1(IntEnum):
    """User information layer 1 protocol. Q.931 table 4-6, octet 5, with the bits that libpri wants."""

    MU_LAW = 0x22
    A_LAW = 0x23


class ProgressIndicator(IntEnum):
    """Progress description. Q.931 table 4-20."""

    NOT_END_TO_END_ISDN = 1
    CALLED_NOT_ISDN = 2
    CALLER_NOT_ISDN = 3
    RETURNED_TO_ISDN = 4
    IN_BAND = 8
    DELAY_AT_CALLED_INTERFACE = 10
    INTERWORKING_WITH_PUBLIC = 16
    NO_RELEASE = 17
    NO_RELEASE_BEFORE_ANSWER = 18
    NO_RELEASE_AFTER_ANSWER = 19


_INDICATOR_BITS = (
    ProgressIndicator.NOT_END_TO_END_ISDN,
    ProgressIndicator.CALLED_NOT_ISDN,
    ProgressIndicator.CALLER_NOT_ISDN,
    ProgressIndicator.IN_BAND,
    ProgressIndicator.DELAY_AT_CALLED_INTERFACE,
    ProgressIndicator.INTERWORKING_WITH_PUBLIC,
    ProgressIndicator.NO_RELEASE,
    ProgressIndicator.NO_RELEASE_BEFORE_ANSWER,
    ProgressIndicator.NO_RELEASE_AFTER_ANSWER,
    ProgressIndicator.RETURNED_TO_ISDN,
)
"""libpri's bits, from the lowest."""


def indicators_of(bits: int) -> frozenset[ProgressIndicator]:
    """The progress indicators of one message from libpri's bits."""
    return frozenset(indicator for place, indicator in enumerate(_INDICATOR_BITS) if bits >> place & 1)


class RedirectionReason(IntEnum):
    """Why a call was redirected. Q.952 and libpri."""

    UNKNOWN = 0
    BUSY = 1
    NO_REPLY = 2
    DEFLECTION = 3
    OUT_OF_ORDER = 9
    BY_CALLED_EQUIPMENT = 10
    UNCONDITIONAL = 15


class Notification(IntEnum):
    """Notification description. Q.931 table 4-19 and Q.953, Q.952."""

    USER_SUSPENDED = 0x00
    USER_RESUMED = 0x01
    BEARER_CHANGED = 0x02
    CALL_WAITING = 0x60
    DIVERSION_ACTIVATED = 0x68
    REMOTE_HOLD = 0x79
    REMOTE_RETRIEVAL = 0x7A
    CALL_DIVERTING = 0x7B


class ServiceStatus(IntEnum):
    """What a maintenance message says of a channel (as AT&T and National ISDN have them)."""

    IN_SERVICE = 0
    MAINTENANCE = 1
    OUT_OF_SERVICE = 2


# ---- numbers ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PartyNumber:
    """A number with its type and plan. ``digits``: 0…31 of 0-9 * # A-D; empty means none."""

    digits: str = ""
    type_of_number: TypeOfNumber = TypeOfNumber.UNKNOWN
    plan: NumberingPlan = NumberingPlan.ISDN

    @property
    def octet(self) -> int:
        """Type and plan as one octet without the extension bit; unknown in both is 0."""
        return self.type_of_number << 4 | self.plan


@dataclass(frozen=True)
class CallingNumber(PartyNumber):
    """The caller's number, and whether it may be shown."""

    presentation: Presentation = Presentation.ALLOWED
    screening: Screening = Screening.USER_NOT_SCREENED


@dataclass(frozen=True)
class RedirectingNumber(PartyNumber):
    """The number from which the call was diverted to here, and why."""

    reason: RedirectionReason = RedirectionReason.UNKNOWN
    presentation: Presentation = Presentation.ALLOWED


@dataclass(frozen=True)
class SetupRequest:
    """What an outgoing call says in its SETUP.

    ``channel``: timeslot 1…31, not the D channel's; ``exclusive``: that one or none. ``complete``: the number is whole (Sending complete is
    sent); else more digits may follow when the far end acknowledges the set-up. ``user_user``: up to 128 characters of ASCII.
    """

    channel: int
    called: PartyNumber
    calling: CallingNumber | None = None
    redirecting: RedirectingNumber | None = None
    name: str = ""
    exclusive: bool = False
    complete: bool = True
    bearer: Bearer = Bearer.AUDIO_3K1
    layer1: Layer1 = Layer1.A_LAW
    user_user: str = ""

    def __post_init__(self) -> None:
        if not 1 <= self.channel <= CHANNEL_MOST:
            raise BadInput(text("Channel {channel} cannot carry a call: give a timeslot from 1 to 31.", channel=self.channel))
        for number in (self.called, self.calling, self.redirecting):
            if number is not None:
                _check_number(number.digits)
        if not self.called.digits and self.complete:
            raise BadInput(text("A call needs a number, or digits that follow."))
        if (
            len(self.name.encode()) > NAME_OCTETS_MOST
            or len(self.user_user.encode()) > USER_USER_OCTETS_MOST
            or not self.user_user.isascii()
        ):
            raise BadInput(text("The name or the user information of a call is too long for its SETUP: shorten it."))


def _check_number(digits: str) -> None:
    if len(digits) > NUMBER_DIGITS_MOST:
        raise BadInput(
            text("The number {number} is too long: {most} digits fit into one message.", number=digits, most=NUMBER_DIGITS_MOST),
        )
    if not NUMBER_CHARACTERS.issuperset(digits):
        raise BadInput(text("The number {number} has characters that ISDN cannot carry: only digits, *, # and A to D.", number=digits))


# ---- timers ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Count:
    """One row of the table of counts: how often something is tried, or how many may be under way."""

    name: str
    default: int
    least: int
    most: int
    clause: str
    meaning: str


TIMERS: Mapping[str, Timer] = MappingProxyType(
    {
        timer.name: timer
        for timer in (
            Timer("T200", 1.0, 0.2, 10.0, "Q.921 5.9.1", "a frame that is not acknowledged is asked for again"),
            Timer("T203", 10.0, 1.0, 120.0, "Q.921 5.9.8", "a silent far end is asked whether it is there"),
            Timer("T303", 4.0, 1.0, 30.0, "Q.931 9.1", "SETUP is sent once more, then given up"),
            Timer("T305", 30.0, 1.0, 60.0, "Q.931 9.1", "DISCONNECT without answer: RELEASE"),
            Timer("T308", 4.0, 1.0, 30.0, "Q.931 9.1", "RELEASE is sent once more, then the call is forgotten"),
            Timer("T309", 6.0, 0.0, 90.0, "Q.931 5.8.9", "how long calls outlive their D channel"),
            Timer("T313", 4.0, 1.0, 30.0, "Q.931 9.2", "CONNECT without CONNECT ACKNOWLEDGE: the call is cleared"),
            Timer("T316", 0.0, 0.0, 300.0, "Q.931 5.5", "RESTART is sent again; 0: never"),
        )
    }
)
COUNTS: Mapping[str, Count] = MappingProxyType(
    {
        count.name: count
        for count in (
            Count("N200", 3, 1, 10, "Q.921 5.9.2", "how often a frame is sent again"),
            Count("K", 7, 1, 127, "Q.921 5.9.5", "frames that may wait for acknowledgement"),
            Count("N316", 2, 1, 10, "Q.931 5.5", "how often RESTART is sent"),
        )
    }
)


@dataclass(frozen=True)
class PriSettings:
    """How a D channel is run. ``timers_s`` and ``counts`` replace defaults by name; what is not named keeps its own.

    ``overlap_receiving``: a SETUP without Sending complete may be followed by digits. ``in_band_disconnect``: an announcement in a DISCONNECT
    is heard out, the call ends with the far end's RELEASE or ours. ``service_messages``: maintenance messages are understood (not in Europe or
    China). ``facility``: Facility elements are sent, and redirection is told in them.
    """

    role: Role = Role.USER
    switch_type: SwitchType = SwitchType.EUROISDN
    overlap_receiving: bool = False
    in_band_disconnect: bool = True
    hold: bool = False
    service_messages: bool = False
    facility: bool = False
    timers_s: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    counts: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        for name, seconds in self.timers_s.items():
            timer = TIMERS.get(name)
            if timer is None or not timer.least_s <= seconds <= timer.most_s:
                raise BadInput(text("Timer {name} cannot be {value} s.", name=name, value=seconds))
        for name, number in self.counts.items():
            count = COUNTS.get(name)
            if count is None or not count.least <= number <= count.most:
                raise BadInput(text("Count {name} cannot be {value}.", name=name, value=number))
