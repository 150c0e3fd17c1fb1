"""Between the border's C structures and this house's values: a set-up written, an event read. One function a kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from boards.e1 import pri_events as e
from boards.e1._pri import ffi, lib
from boards.e1.pri_values import (
    Bearer,
    CallingNumber,
    Layer1,
    NumberingPlan,
    PartyNumber,
    Presentation,
    RedirectingNumber,
    RedirectionReason,
    Role,
    Screening,
    ServiceStatus,
    SetupRequest,
    TypeOfNumber,
    indicators_of,
)
from engine.kernel.text import text

__all__ = ["event_of", "setup_of"]

CData = Any  # a structure of the border; cffi gives them no type
NOT_SENT = 0x43
"""Presentation of a number that is not there: not available, network provided."""


def setup_of(request: SetupRequest) -> CData:
    """The set-up as the border wants it."""
    calling, redirecting = request.calling, request.redirecting
    flags = (lib.PRI_SHIM_EXCLUSIVE if request.exclusive else 0) | (lib.PRI_SHIM_COMPLETE if request.complete else 0)
    return ffi.new(
        "struct pri_shim_setup *",
        {
            "channel": request.channel,
            "flags": flags,
            "bearer": int(request.bearer),
            "layer1": int(request.layer1),
            "called": request.called.digits.encode(),
            "called_plan": request.called.octet,
            "calling": calling.digits.encode() if calling else b"",
            "calling_plan": calling.octet if calling else 0,
            "calling_presentation": calling.presentation << 5 | calling.screening if calling else NOT_SENT,
            "redirecting": redirecting.digits.encode() if redirecting else b"",
            "redirecting_plan": redirecting.octet if redirecting else 0,
            "redirecting_presentation": redirecting.presentation << 5 if redirecting else 0,
            "redirecting_reason": int(redirecting.reason) if redirecting else 0,
            "name": request.name.encode(),
            "text": request.user_user.encode(),
        },
    )


def event_of(came: CData, role: Role) -> e.Event | None:
    """The event, all of it copied. None for one that says nothing."""
    kind = int(came.kind)
    if kind in _OF_INTERFACE:
        return _OF_INTERFACE[kind](came, role)
    make = _OF_CALL.get(kind)
    return make(came, e.CallRef(int(came.call)), _channel(came)) if make else None


def _channel(came: CData) -> int | None:
    return int(came.channel) if came.channel > 0 else None


def _string(field: CData) -> str:
    return bytes(ffi.string(field)).decode("utf-8", "replace")


def _cause(came: CData) -> int:
    """A cause that must be there; 31 (normal, unspecified) stands for none."""
    return int(came.cause) if came.cause > 0 else 31


# ---- of the interface ------------------------------------------------------------------------------------------------


def _misconfigured(came: CData, role: Role) -> e.Event:
    del came  # libpri has only this one configuration error, in English
    if role is Role.USER:
        return e.Misconfigured(text("The other end also claims to be the user side: make one of the two the network side."))
    return e.Misconfigured(text("The other end also claims to be the network side: make one of the two the user side."))


def _status(came: CData) -> ServiceStatus:
    known = came.value in ServiceStatus.__members__.values()
    return ServiceStatus(came.value) if known else ServiceStatus.MAINTENANCE


_OF_INTERFACE: Mapping[int, Callable[[CData, Role], e.Event]] = MappingProxyType(
    {
        lib.PRI_SHIM_UP: lambda _came, _role: e.DChannelUp(),
        lib.PRI_SHIM_DOWN: lambda _came, _role: e.DChannelDown(),
        lib.PRI_SHIM_RESTARTED: lambda came, _role: e.Restarted(_channel(came)),
        lib.PRI_SHIM_RESTART_ACKNOWLEDGED: lambda came, _role: e.RestartAcknowledged(_channel(came)),
        lib.PRI_SHIM_MISCONFIGURED: _misconfigured,
        lib.PRI_SHIM_SERVICE_CHANGED: lambda came, _role: e.ServiceChanged(_channel(came), _status(came)),
        lib.PRI_SHIM_SERVICE_ACKNOWLEDGED: lambda came, _role: e.ServiceAcknowledged(_channel(came), _status(came)),
    }
)


# ---- of a call -------------------------------------------------------------------------------------------------------


def _type_and_plan(octet: int) -> tuple[TypeOfNumber, NumberingPlan]:
    kind, plan = octet >> 4 & 7, octet & 0x0F
    return (
        TypeOfNumber(kind) if kind in TypeOfNumber.__members__.values() else TypeOfNumber.RESERVED,
        NumberingPlan(plan) if plan in NumberingPlan.__members__.values() else NumberingPlan.RESERVED,
    )


def _calling(came: CData) -> CallingNumber | None:
    digits, octet = _string(came.calling), int(came.calling_presentation)
    if not digits and octet & 0x60 != Presentation.RESTRICTED << 5:
        return None
    kind, plan = _type_and_plan(int(came.calling_plan))
    return CallingNumber(digits, kind, plan, Presentation(octet >> 5 & 3), Screening(octet & 3))


def _redirecting(came: CData) -> RedirectingNumber | None:
    digits = _string(came.redirecting)
    if not digits:
        return None
    reason = int(came.redirecting_reason)
    known = reason in RedirectionReason.__members__.values()
    shown = Presentation(int(came.redirecting_presentation) >> 5 & 3)
    return RedirectingNumber(digits, *_type_and_plan(int(came.redirecting_plan)), RedirectionReason(reason if known else 0), shown)


def _offered(came: CData, call: e.CallRef, channel: int | None) -> e.Event:
    return e.Offered(
        call,
        channel,
        called=PartyNumber(_string(came.called), *_type_and_plan(int(came.called_plan))),
        calling=_calling(came),
        redirecting=_redirecting(came),
        name=_string(came.name),
        exclusive=bool(came.flags & lib.PRI_SHIM_EXCLUSIVE),
        complete=bool(came.flags & lib.PRI_SHIM_COMPLETE),
        bearer=Bearer(came.bearer) if came.bearer in Bearer.__members__.values() else None,
        a_law=came.layer1 == Layer1.A_LAW,
        progress=indicators_of(int(came.progress)),
        user_user=_string(came.text),
    )


def _released(came: CData, call: e.CallRef, channel: int | None) -> e.Event:
    by = {lib.PRI_SHIM_BY_FAR_END: e.EndedBy.FAR_END, lib.PRI_SHIM_BY_US: e.EndedBy.US}.get(int(came.value), e.EndedBy.LIBRARY)
    return e.Released(call, channel, int(came.cause) if came.cause > 0 else None, by)


def _progress(came: CData, call: e.CallRef, channel: int | None) -> e.Event:
    return e.Progress(call, channel, indicators_of(int(came.progress)), int(came.cause) if came.cause > 0 else None)


_Maker = Callable[[CData, e.CallRef, int | None], e.Event]


def _answered(came: CData, call: e.CallRef, channel: int | None) -> e.Event:
    return e.Answered(call, channel, indicators_of(int(came.progress)), _calling(came))


def _with_progress(cls: type[e.SetupAcknowledged | e.Proceeding | e.Alerting]) -> _Maker:
    return lambda came, call, channel: cls(call, channel, indicators_of(int(came.progress)))


def _with_cause(cls: type[e.Disconnecting | e.HoldRejected | e.RetrieveRejected]) -> _Maker:
    return lambda came, call, channel: cls(call, channel, _cause(came))


def _bare(cls: type[e.HoldWanted | e.HoldAcknowledged | e.RetrieveAcknowledged]) -> _Maker:
    return lambda _came, call, channel: cls(call, channel)


_OF_CALL: Mapping[int, _Maker] = MappingProxyType(
    {
        lib.PRI_SHIM_OFFERED: _offered,
        lib.PRI_SHIM_MORE_DIGITS: lambda came, call, channel: e.MoreDigits(
            call, channel, _string(came.called), bool(came.flags & lib.PRI_SHIM_COMPLETE)
        ),
        lib.PRI_SHIM_SETUP_ACKNOWLEDGED: _with_progress(e.SetupAcknowledged),
        lib.PRI_SHIM_PROCEEDING: _with_progress(e.Proceeding),
        lib.PRI_SHIM_PROGRESS: _progress,
        lib.PRI_SHIM_ALERTING: _with_progress(e.Alerting),
        lib.PRI_SHIM_ANSWERED: _answered,
        lib.PRI_SHIM_DISCONNECTING: _with_cause(e.Disconnecting),
        lib.PRI_SHIM_RELEASED: _released,
        lib.PRI_SHIM_KEYPAD: lambda came, call, channel: e.Keypad(call, channel, _string(came.text)),
        lib.PRI_SHIM_NOTIFIED: lambda came, call, channel: e.Notified(call, channel, int(came.value)),
        lib.PRI_SHIM_FACILITY_RECEIVED: lambda came, call, channel: e.FacilityReceived(
            call, channel, _string(came.calling), _string(came.name)
        ),
        lib.PRI_SHIM_HOLD_WANTED: _bare(e.HoldWanted),
        lib.PRI_SHIM_HOLD_ACKNOWLEDGED: _bare(e.HoldAcknowledged),
        lib.PRI_SHIM_HOLD_REJECTED: _with_cause(e.HoldRejected),
        lib.PRI_SHIM_RETRIEVE_WANTED: lambda came, call, channel: e.RetrieveWanted(
            call, channel, bool(came.flags & lib.PRI_SHIM_EXCLUSIVE)
        ),
        lib.PRI_SHIM_RETRIEVE_ACKNOWLEDGED: _bare(e.RetrieveAcknowledged),
        lib.PRI_SHIM_RETRIEVE_REJECTED: _with_cause(e.RetrieveRejected),
    }
)
"""Adding a kind here is all that it takes to hear of it."""
