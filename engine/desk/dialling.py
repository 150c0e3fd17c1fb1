"""What the keys typed on a desk phone mean so far. Pure.

A number that cannot become longer is carried out at once; one that could is carried out after the pause between digits,
or with ``#``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from engine.desk.agent_codes import AgentAct, AgentNumbers, code_starts, interpret_code
from engine.desk.service_dialling import Redial, ServiceAct, ShortNumber, read_service
from engine.settings.site import DeskSection, ServiceCodesSection
from engine.telephony.numbers import is_diallable

__all__ = [
    "CALLS",
    "TYPED_MOST",
    "Act",
    "CallExtension",
    "CallHotLine",
    "CallOutside",
    "EndWrapUp",
    "FetchCall",
    "FlashExchange",
    "GiveUpHeld",
    "GoNotReady",
    "GoReady",
    "JoinCalls",
    "LogIn",
    "LogOut",
    "ParkCall",
    "PickUpAnyCall",
    "PickUpCall",
    "Plan",
    "Reading",
    "SwitchCondition",
    "interpret",
]

TYPED_MOST = 48
"""Longer than a code with the longest charge account and PIN, and an outside number with its prefix."""
PIN_MOST = 8
CHARGE_ACCOUNT_MOST = 10


@dataclass(frozen=True)
class LogIn:
    """Log in. ``pin`` is a secret: never in a fact or a log."""

    agent: str
    pin: str

    def __repr__(self) -> str:
        return f"LogIn(agent={self.agent!r})"


@dataclass(frozen=True)
class LogOut:
    """Log out."""


@dataclass(frozen=True)
class GoNotReady:
    """Not ready, for the reason with this digit."""

    digit: str


@dataclass(frozen=True)
class GoReady:
    """Ready."""


@dataclass(frozen=True)
class EndWrapUp:
    """End wrap-up."""


@dataclass(frozen=True)
class CallExtension:
    """Call a desk phone."""

    extension: str


@dataclass(frozen=True)
class CallOutside:
    """Call out. ``pin`` is a secret: never in a fact or a log."""

    number: str
    pin: str = ""
    account: str = ""
    charge_account: str = ""

    def __repr__(self) -> str:
        return f"CallOutside(number={self.number!r}, account={self.account!r}, charge_account={self.charge_account!r})"


@dataclass(frozen=True)
class SwitchCondition:
    """Turn the emergency switch of a time condition over."""

    condition: str


@dataclass(frozen=True)
class FlashExchange:
    """Give the exchange line of the call that was put aside the R key."""


@dataclass(frozen=True)
class GiveUpHeld:
    """Leave the call that was put aside."""


@dataclass(frozen=True)
class JoinCalls:
    """Make one conversation of two calls."""


@dataclass(frozen=True)
class CallHotLine:
    """Call what the phone calls by itself."""


@dataclass(frozen=True)
class ParkCall:
    """Leave the call that was put aside in a parking place."""


@dataclass(frozen=True)
class FetchCall:
    """Take the call out of a parking place."""

    slot: str


@dataclass(frozen=True)
class PickUpCall:
    """Take the call that rings at an extension."""

    extension: str


@dataclass(frozen=True)
class PickUpAnyCall:
    """Take the call that has rung longest."""


InCallAct = FlashExchange | GiveUpHeld | JoinCalls | ParkCall | FetchCall | PickUpCall | PickUpAnyCall
Act = (
    LogIn
    | LogOut
    | GoNotReady
    | GoReady
    | EndWrapUp
    | CallExtension
    | CallOutside
    | SwitchCondition
    | CallHotLine
    | ServiceAct
    | InCallAct
    | AgentAct
)
CALLS = (CallExtension, CallOutside, CallHotLine, ShortNumber, Redial)
"""Acts that are calls: a refused one leads to busy tone, any other to dial tone again."""


@dataclass(frozen=True)
class Plan:
    """What can be dialled on this site. ``waits``: the phone's agent takes calls off hook, so between calls the handset stays up in silence.

    ``holding``: it has put a call aside. ``switches``: the phone's codes of emergency switches, each with its time condition; ``emergency``: numbers that
    need no outside prefix, unless they are extensions or the beginning of one. ``services``: the codes by which users set their extensions, ``site_slots``
    the site's short numbers; ``direct``: numbers outside need no prefix; ``hot_line_s``: without a key the phone calls by itself after so long, None: it
    does not; ``numbers``: what may follow the codes for agents' own work.
    """

    desk: DeskSection
    agents: frozenset[str]
    extensions: frozenset[str]
    waits: bool = False
    holding: bool = False
    switches: Mapping[str, str] = field(default_factory=dict)
    emergency: frozenset[str] = frozenset()
    numbers: AgentNumbers = field(default_factory=AgentNumbers)
    services: ServiceCodesSection = field(default_factory=ServiceCodesSection)
    site_slots: frozenset[str] = frozenset()
    direct: bool = False
    hot_line_s: float | None = None


@dataclass(frozen=True)
class Reading:
    """``act``: what is meant if nothing more is typed (None: nothing yet). ``now``: nothing more can follow. ``hopeless``:
    no more keys can make sense of it.
    """

    act: Act | None = None
    now: bool = False
    hopeless: bool = False


MORE = Reading()
HOPELESS = Reading(hopeless=True)


def interpret(typed: str, plan: Plan) -> Reading:
    """Read what was typed since dial tone; a closing ``#`` means that it is complete."""
    if len(typed) > TYPED_MOST:
        return HOPELESS
    service = read_service(typed, plan.services, plan.site_slots)
    if service is not None and (service.act is not None or service.hopeless):
        return Reading(service.act, now=service.now, hopeless=service.hopeless)
    if typed.startswith("*"):
        code = _code(typed, plan)
        return MORE if service is not None and code.hopeless else code
    if service is not None:
        return MORE
    complete = typed.endswith("#")
    number = typed.removesuffix("#")
    if plan.direct:
        return _direct(number, plan, complete=complete)
    if number.startswith(plan.desk.outside_prefix):
        return _outside(number.removeprefix(plan.desk.outside_prefix), complete=complete)
    return _extension(number, plan, complete=complete)


def _outside(number: str, *, complete: bool, pin: str = "", account: str = "", charge_account: str = "") -> Reading:
    if not number:
        return HOPELESS if complete else MORE
    if not number.isdigit() or not is_diallable(number):
        return HOPELESS
    return Reading(CallOutside(number, pin, account, charge_account), now=complete)


def _extension(number: str, plan: Plan, *, complete: bool) -> Reading:
    emergency = {one for one in plan.emergency if not any(extension.startswith(one) for extension in plan.extensions)}
    longer = any(known.startswith(number) and known != number for known in plan.extensions | emergency)
    if number in plan.extensions:
        return Reading(CallExtension(number), now=complete or not longer)
    if number in emergency:
        return Reading(CallOutside(number), now=True)
    return MORE if longer and not complete else HOPELESS


def _direct(number: str, plan: Plan, *, complete: bool) -> Reading:
    """Extension or number outside: which of them is known when nothing more follows."""
    inside = _extension(number, plan, complete=complete)
    if isinstance(inside.act, CallOutside):
        return inside
    if inside.act is not None:
        return Reading(inside.act, now=complete)
    return _outside(number, complete=complete)


def _code(typed: str, plan: Plan) -> Reading:
    desk = plan.desk
    plain: dict[str, Act] = {desk.logout_code: LogOut(), desk.ready_code: GoReady(), desk.end_wrap_up_code: EndWrapUp()}
    if plan.holding:
        plain |= {desk.exchange_flash_code: FlashExchange(), desk.park_code: ParkCall()}
    else:
        plain[desk.pick_up_group_code] = PickUpAnyCall()
    if typed.removesuffix("#") in plain:
        return Reading(plain[typed.removesuffix("#")], now=True)
    if typed.startswith(desk.not_ready_code):
        return _not_ready(typed.removeprefix(desk.not_ready_code))
    if typed.startswith(desk.login_code):
        return _login(typed.removeprefix(desk.login_code), plan.agents)
    if not plan.holding and typed.startswith((desk.fetch_code, desk.pick_up_code)):
        return _taking(typed, plan)
    if typed.removesuffix("#") in plan.switches:
        return Reading(SwitchCondition(plan.switches[typed.removesuffix("#")]), now=True)
    work, sensible = interpret_code(typed, desk, plan.numbers)
    if work is not None or sensible:
        return Reading(work, now=work is not None)
    for code in (desk.pin_call_code, desk.account_call_code):
        if typed.startswith(code):
            return _special_call(typed.removeprefix(code), desk.outside_prefix, by_pin=code == desk.pin_call_code)
    if typed.startswith(desk.charge_call_code):
        return _charged_call(typed.removeprefix(desk.charge_call_code), desk.outside_prefix)
    calls = (desk.pin_call_code, desk.account_call_code, desk.charge_call_code)
    codes = [*plain, desk.not_ready_code, desk.login_code, *calls, *code_starts(desk), *plan.switches]
    codes += [] if plan.holding else [desk.fetch_code, desk.pick_up_code]
    return MORE if any(code.startswith(typed) for code in codes) else HOPELESS


def _taking(typed: str, plan: Plan) -> Reading:
    """The digit of a parking place, or an extension."""
    if typed.startswith(plan.desk.fetch_code):
        slot = typed.removeprefix(plan.desk.fetch_code)
        return MORE if not slot else Reading(FetchCall(slot), now=True) if slot.isdigit() else HOPELESS
    number = typed.removeprefix(plan.desk.pick_up_code).removesuffix("#")
    reading = _extension(number, plan, complete=typed.endswith("#")) if number else MORE
    if isinstance(reading.act, CallExtension):
        return replace(reading, act=PickUpCall(reading.act.extension))
    return MORE if reading.act is None and not reading.hopeless else HOPELESS


def _special_call(rest: str, prefix: str, *, by_pin: bool) -> Reading:
    """PIN or account code, ``#``, outside prefix and number."""
    secret, separator, number = rest.partition("#")
    if "*" in rest or len(secret) > PIN_MOST or (separator and not secret):
        return HOPELESS
    complete = number.endswith("#")
    number = number.removesuffix("#")
    if not separator or not number:
        return HOPELESS if complete else MORE
    if not number.startswith(prefix):
        return HOPELESS
    pin, account = (secret, "") if by_pin else ("", secret)
    return _outside(number.removeprefix(prefix), complete=complete, pin=pin, account=account)


def _charged_call(rest: str, prefix: str) -> Reading:
    """Number of a charge account, ``#``, its PIN, ``#``, outside prefix and number."""
    account, separator, behind = rest.partition("#")
    if "*" in rest or len(account) > CHARGE_ACCOUNT_MOST or (separator and not account):
        return HOPELESS
    reading = _special_call(behind, prefix, by_pin=True) if separator else MORE
    if isinstance(reading.act, CallOutside):
        return replace(reading, act=replace(reading.act, charge_account=account))
    return reading


def _not_ready(rest: str) -> Reading:
    if not rest:
        return MORE
    return Reading(GoNotReady(rest[0]), now=True) if rest[0].isdigit() else HOPELESS


def _login(rest: str, agents: frozenset[str]) -> Reading:
    """Agent number and PIN, with or without ``#`` between them and after them."""
    if rest.startswith("#") or "*" in rest:
        return HOPELESS
    agent, separator, pin = rest.partition("#")
    if separator and agent in agents:
        return Reading(LogIn(agent, pin.rstrip("#")), now=pin.endswith("#") or len(pin) >= PIN_MOST) if pin else MORE
    known = max((number for number in agents if agent.startswith(number) and agent != number), key=len, default="")
    if known:
        pin = agent.removeprefix(known)
        return Reading(LogIn(known, pin), now=bool(separator) or len(pin) >= PIN_MOST)
    if separator and pin:
        return Reading(LogIn(agent, pin.rstrip("#")), now=pin.endswith("#"))
    # An agent who hesitates before the PIN has not tried one: that must not count towards the lock.
    return Reading(LogIn(agent, "")) if agent and agent not in agents else MORE
