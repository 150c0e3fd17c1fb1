"""What each cause of ITU-T Q.850 means: its name for people, its class, what the caller hears, and whether another route is worth a try.

The next route is tried when the fault may be this route's: no channel, a network out of order, a service that this carrier does not give, a message
that this exchange does not understand. It is not tried when the called party decided, or when the number is wrong on every route.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from engine.kernel.text import Text, text
from engine.telephony.causes import Cause
from engine.telephony.tones import ToneName

__all__ = ["CAUSES", "CauseClass", "CauseMeaning", "cause_of", "meaning_of", "named"]

NEXT, STAY = True, False


class CauseClass(StrEnum):
    """Q.850 clause 2.2.5: bits 7 6 5 of the cause."""

    NORMAL_EVENT = "normal_event"
    RESOURCE_UNAVAILABLE = "resource_unavailable"
    SERVICE_NOT_AVAILABLE = "service_not_available"
    SERVICE_NOT_IMPLEMENTED = "service_not_implemented"
    INVALID_MESSAGE = "invalid_message"
    PROTOCOL_ERROR = "protocol_error"
    INTERWORKING = "interworking"


_CLASSES = (
    CauseClass.NORMAL_EVENT,
    CauseClass.NORMAL_EVENT,
    CauseClass.RESOURCE_UNAVAILABLE,
    CauseClass.SERVICE_NOT_AVAILABLE,
    CauseClass.SERVICE_NOT_IMPLEMENTED,
    CauseClass.INVALID_MESSAGE,
    CauseClass.PROTOCOL_ERROR,
    CauseClass.INTERWORKING,
)
_UNSPECIFIED = (
    Cause.NORMAL_UNSPECIFIED,
    Cause.NORMAL_UNSPECIFIED,
    Cause.RESOURCE_UNAVAILABLE,
    Cause.SERVICE_NOT_AVAILABLE,
    Cause.SERVICE_NOT_IMPLEMENTED,
    Cause.INVALID_MESSAGE,
    Cause.PROTOCOL_ERROR,
    Cause.INTERWORKING,
)
"""By class: what a value means that nobody knows (clause 2.2.5)."""


@dataclass(frozen=True)
class CauseMeaning:
    """One cause. ``tone``: what a caller hears who is not already hearing an announcement. ``advice``: what to change when it comes again."""

    cause: Cause
    name: Text
    cause_class: CauseClass
    tone: ToneName
    tries_next_route: bool
    advice: Text | None = None


def _row(cause: Cause, name: Text, tone: ToneName, tries_next_route: bool, advice: Text | None = None) -> CauseMeaning:
    return CauseMeaning(cause, name, _CLASSES[cause >> 4], tone, tries_next_route, advice)


_ROWS = (
    _row(
        Cause.UNALLOCATED_NUMBER,
        text("Unallocated number"),
        ToneName.UNALLOCATED,
        STAY,
        text("Check the number dialled, and the type of number that the trunk sends."),
    ),
    _row(Cause.NO_ROUTE_TO_TRANSIT_NETWORK, text("No route to the transit network"), ToneName.CONGESTION, NEXT),
    _row(
        Cause.NO_ROUTE_TO_DESTINATION,
        text("No route to the destination"),
        ToneName.UNALLOCATED,
        NEXT,
        text("The exchange does not know where the number leads: check prefix and type of number."),
    ),
    _row(Cause.SEND_SPECIAL_INFORMATION_TONE, text("Special information tone"), ToneName.INFORMATION, STAY),
    _row(
        Cause.MISDIALLED_TRUNK_PREFIX,
        text("Wrong trunk prefix"),
        ToneName.UNALLOCATED,
        STAY,
        text("Check the prefix before the number, and the type of number that the trunk sends."),
    ),
    _row(Cause.CHANNEL_UNACCEPTABLE, text("Channel unacceptable"), ToneName.CONGESTION, NEXT),
    _row(Cause.CALL_AWARDED, text("Call delivered in a channel that stands"), ToneName.CONGESTION, STAY),
    _row(Cause.PREEMPTION, text("Pre-empted"), ToneName.CONGESTION, NEXT),
    _row(Cause.PREEMPTION_CIRCUIT_RESERVED, text("Pre-empted, circuit kept for another call"), ToneName.CONGESTION, NEXT),
    _row(Cause.NUMBER_PORTED, text("Number has moved to another network"), ToneName.UNALLOCATED, STAY),
    _row(Cause.NORMAL_CALL_CLEARING, text("Normal call clearing"), ToneName.BUSY, STAY),
    _row(Cause.USER_BUSY, text("User busy"), ToneName.BUSY, STAY),
    _row(Cause.NO_USER_RESPONDING, text("No user responding"), ToneName.BUSY, STAY),
    _row(Cause.NO_ANSWER, text("No answer from the user"), ToneName.BUSY, STAY),
    _row(Cause.SUBSCRIBER_ABSENT, text("Subscriber absent"), ToneName.INFORMATION, STAY),
    _row(
        Cause.CALL_REJECTED,
        text("Call rejected"),
        ToneName.BUSY,
        STAY,
        text(
            "If the exchange rejects every call, check the caller number that the trunk presents: it must be in the range assigned to it."
        ),
    ),
    _row(Cause.NUMBER_CHANGED, text("Number changed"), ToneName.INFORMATION, STAY),
    _row(Cause.REDIRECTION, text("Redirection to a new destination"), ToneName.INFORMATION, STAY),
    _row(Cause.REJECTED_BY_FEATURE, text("Call rejected by a service of the called user"), ToneName.BUSY, STAY),
    _row(Cause.EXCHANGE_ROUTING_ERROR, text("Exchange routing error"), ToneName.CONGESTION, NEXT),
    _row(Cause.NON_SELECTED_USER_CLEARING, text("Another terminal took the call"), ToneName.BUSY, STAY),
    _row(Cause.DESTINATION_OUT_OF_ORDER, text("Destination out of order"), ToneName.CONGESTION, STAY),
    _row(
        Cause.INVALID_NUMBER_FORMAT,
        text("Number incomplete or of the wrong format"),
        ToneName.UNALLOCATED,
        STAY,
        text("Check that the number is whole, and the type of number and numbering plan that the trunk sends."),
    ),
    _row(Cause.FACILITY_REJECTED, text("Facility rejected"), ToneName.CONGESTION, STAY),
    _row(Cause.RESPONSE_TO_STATUS_ENQUIRY, text("Answer to a status enquiry"), ToneName.BUSY, STAY),
    _row(
        Cause.NORMAL_UNSPECIFIED,
        text("Normal, unspecified"),
        ToneName.BUSY,
        STAY,
        text(
            "If the exchange ends every call so, check the caller number that the trunk presents: it must be in the range assigned to it."
        ),
    ),
    _row(Cause.NO_CIRCUIT_AVAILABLE, text("No channel available"), ToneName.CONGESTION, NEXT),
    _row(Cause.NETWORK_OUT_OF_ORDER, text("Network out of order"), ToneName.CONGESTION, NEXT),
    _row(Cause.PERMANENT_CONNECTION_OUT_OF_SERVICE, text("Permanent connection out of service"), ToneName.CONGESTION, NEXT),
    _row(Cause.PERMANENT_CONNECTION_OPERATIONAL, text("Permanent connection operational"), ToneName.CONGESTION, STAY),
    _row(Cause.TEMPORARY_FAILURE, text("Temporary failure"), ToneName.CONGESTION, NEXT),
    _row(Cause.SWITCHING_CONGESTION, text("Switching equipment congestion"), ToneName.CONGESTION, NEXT),
    _row(Cause.ACCESS_INFORMATION_DISCARDED, text("Access information discarded"), ToneName.CONGESTION, NEXT),
    _row(
        Cause.REQUESTED_CIRCUIT_NOT_AVAILABLE,
        text("Requested channel not available"),
        ToneName.CONGESTION,
        NEXT,
        text("If it comes again and again for one channel, restart that channel: the two ends disagree about it."),
    ),
    _row(Cause.PRECEDENCE_CALL_BLOCKED, text("Blocked by calls of higher precedence"), ToneName.CONGESTION, NEXT),
    _row(Cause.RESOURCE_UNAVAILABLE, text("Resource unavailable, unspecified"), ToneName.CONGESTION, NEXT),
    _row(Cause.QUALITY_OF_SERVICE_UNAVAILABLE, text("Quality of service unavailable"), ToneName.CONGESTION, NEXT),
    _row(
        Cause.FACILITY_NOT_SUBSCRIBED,
        text("Requested facility not subscribed"),
        ToneName.CONGESTION,
        NEXT,
        text("Ask the carrier what is subscribed, or switch the service off for this trunk."),
    ),
    _row(
        Cause.OUTGOING_CALLS_BARRED,
        text("Outgoing calls barred"),
        ToneName.CONGESTION,
        NEXT,
        text("Ask the carrier why outgoing calls are barred on this trunk."),
    ),
    _row(Cause.OUTGOING_CALLS_BARRED_IN_GROUP, text("Outgoing calls barred within the closed user group"), ToneName.CONGESTION, NEXT),
    _row(Cause.INCOMING_CALLS_BARRED, text("Incoming calls barred"), ToneName.CONGESTION, STAY),
    _row(Cause.INCOMING_CALLS_BARRED_IN_GROUP, text("Incoming calls barred within the closed user group"), ToneName.CONGESTION, STAY),
    _row(
        Cause.BEARER_NOT_AUTHORIZED,
        text("Bearer capability not authorized"),
        ToneName.CONGESTION,
        NEXT,
        text("The exchange does not allow this kind of call to this trunk: check bearer capability and caller number."),
    ),
    _row(Cause.BEARER_NOT_AVAILABLE, text("Bearer capability not available now"), ToneName.CONGESTION, NEXT),
    _row(Cause.INCONSISTENT_ACCESS_INFORMATION, text("Outgoing access does not fit the class of subscriber"), ToneName.CONGESTION, NEXT),
    _row(Cause.SERVICE_NOT_AVAILABLE, text("Service not available, unspecified"), ToneName.CONGESTION, NEXT),
    _row(
        Cause.BEARER_NOT_IMPLEMENTED,
        text("Bearer capability not implemented"),
        ToneName.CONGESTION,
        NEXT,
        text("Set the trunk's bearer capability to speech."),
    ),
    _row(Cause.CHANNEL_TYPE_NOT_IMPLEMENTED, text("Channel type not implemented"), ToneName.CONGESTION, NEXT),
    _row(Cause.FACILITY_NOT_IMPLEMENTED, text("Requested facility not implemented"), ToneName.CONGESTION, NEXT),
    _row(Cause.ONLY_RESTRICTED_DIGITAL, text("Only restricted digital bearer available"), ToneName.CONGESTION, NEXT),
    _row(
        Cause.SERVICE_NOT_IMPLEMENTED,
        text("Service not implemented, unspecified"),
        ToneName.CONGESTION,
        NEXT,
        text("If the exchange ends every call so, check the caller number and the services that the trunk uses."),
    ),
    _row(Cause.INVALID_CALL_REFERENCE, text("Invalid call reference"), ToneName.CONGESTION, NEXT),
    _row(
        Cause.CHANNEL_DOES_NOT_EXIST,
        text("Channel does not exist"),
        ToneName.CONGESTION,
        NEXT,
        text("The two ends count channels differently: check the range of channels of this trunk with the carrier."),
    ),
    _row(Cause.NO_SUCH_SUSPENDED_CALL, text("No suspended call with this identity"), ToneName.CONGESTION, STAY),
    _row(Cause.CALL_IDENTITY_IN_USE, text("Call identity in use"), ToneName.CONGESTION, STAY),
    _row(Cause.NO_CALL_SUSPENDED, text("No call suspended"), ToneName.CONGESTION, STAY),
    _row(Cause.SUSPENDED_CALL_CLEARED, text("The suspended call has been cleared"), ToneName.CONGESTION, STAY),
    _row(Cause.NOT_MEMBER_OF_GROUP, text("Not a member of the closed user group"), ToneName.CONGESTION, STAY),
    _row(
        Cause.INCOMPATIBLE_DESTINATION,
        text("Incompatible destination"),
        ToneName.CONGESTION,
        STAY,
        text("The called terminal does not take this kind of call: set the trunk's bearer capability to speech."),
    ),
    _row(Cause.NO_SUCH_GROUP, text("Closed user group does not exist"), ToneName.CONGESTION, STAY),
    _row(Cause.INVALID_TRANSIT_NETWORK, text("Invalid transit network"), ToneName.CONGESTION, NEXT),
    _row(Cause.INVALID_MESSAGE, text("Invalid message, unspecified"), ToneName.CONGESTION, NEXT),
    _row(
        Cause.MANDATORY_ELEMENT_MISSING,
        text("Mandatory information element missing"),
        ToneName.CONGESTION,
        NEXT,
        text("The two ends speak different dialects: check the trunk's switch type."),
    ),
    _row(
        Cause.MESSAGE_TYPE_NOT_IMPLEMENTED,
        text("Message type not implemented"),
        ToneName.CONGESTION,
        NEXT,
        text("The two ends speak different dialects: check the trunk's switch type."),
    ),
    _row(Cause.MESSAGE_NOT_COMPATIBLE, text("Message not compatible with the call's state, or not implemented"), ToneName.CONGESTION, NEXT),
    _row(
        Cause.ELEMENT_NOT_IMPLEMENTED,
        text("Information element not implemented"),
        ToneName.CONGESTION,
        NEXT,
        text("The two ends speak different dialects: check the trunk's switch type."),
    ),
    _row(
        Cause.INVALID_ELEMENT_CONTENTS,
        text("Invalid contents of an information element"),
        ToneName.CONGESTION,
        NEXT,
        text("Check the numbers that the trunk sends: too long, or of a type that the exchange does not take."),
    ),
    _row(Cause.MESSAGE_IN_WRONG_STATE, text("Message not compatible with the call's state"), ToneName.CONGESTION, NEXT),
    _row(Cause.RECOVERY_ON_TIMER_EXPIRY, text("Recovery on timer expiry"), ToneName.CONGESTION, NEXT),
    _row(Cause.PARAMETER_PASSED_ON, text("Unknown parameter passed on"), ToneName.CONGESTION, STAY),
    _row(Cause.PARAMETER_DISCARDED, text("Message with an unknown parameter discarded"), ToneName.CONGESTION, NEXT),
    _row(Cause.PROTOCOL_ERROR, text("Protocol error, unspecified"), ToneName.CONGESTION, NEXT),
    _row(Cause.INTERWORKING, text("Interworking, unspecified"), ToneName.CONGESTION, NEXT),
)
CAUSES: Mapping[Cause, CauseMeaning] = MappingProxyType({row.cause: row for row in _ROWS})
"""Every cause, by its value."""


def cause_of(value: int) -> Cause:
    """The cause with this value; for a value that Q.850 does not define, the unspecified one of its class. Values outside 0…127 are 127."""
    if value in CAUSES:
        return Cause(value)
    return _UNSPECIFIED[value >> 4] if 0 <= value <= Cause.INTERWORKING else Cause.INTERWORKING


def meaning_of(value: int) -> CauseMeaning:
    """What a value from the far end means; see ``cause_of``."""
    return CAUSES[cause_of(value)]


def named(value: int) -> Text:
    """The cause with its number, for people; one that Q.850 does not define says so, and what it is taken for."""
    if value in CAUSES:
        return text("{number} {name}", number=value, name=CAUSES[Cause(value)].name)
    return text("{number}, which Q.850 does not define (taken for: {name})", number=value, name=meaning_of(value).name)
