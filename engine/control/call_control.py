"""What people may do with calls, from a desk phone, the page and programs: checked, and refused in words.

Who stands at a phone acts with its calls; an agent at the page acts with those of the phone where he is logged in; who leads agents acts with every call.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from engine.acd.acd import Acd
from engine.calls import call as c
from engine.calls.delivery import Delivery, DeliveryStage, DialledNumber
from engine.calls.operations import Operations
from engine.calls.switch import Call, Phone, Switch
from engine.control.refusals import ActRefused
from engine.kernel.bus import Bus
from engine.kernel.clock import Clock, Timer
from engine.kernel.errors import Refused
from engine.kernel.text import text
from engine.people.actors import Act, Actor, allowed
from engine.settings.site import Site
from engine.settings.targets import TARGET_KINDS, Target
from engine.telephony.causes import Cause, Release

__all__ = ["CallControl", "Outside"]

LED = ("queue", "flow", "announcement")
NO_ANSWER = Release(Cause.NO_ANSWER, "no_answer")
T = TypeVar("T")

Outside = Callable[[Phone, str], tuple[DialledNumber, Callable[[Call], None]]]
"""Whether a phone may call a number outside, and how; what is to be told when the call is under way. Raises ActRefused."""


class CallControl:
    """One per appliance."""

    def __init__(
        self, bus: Bus, clock: Clock, switch: Switch, acd: Acd, site: Callable[[], Site], outside: Outside, operations: Operations
    ) -> None:
        self._bus = bus
        self._clock = clock
        self._switch = switch
        self._acd = acd
        self._site = site
        self._outside = outside
        self.operations = operations
        self._lead: Callable[[Call, Target], None] = lambda _call, _target: None

    # ---- at a phone --------------------------------------------------------------------------------------------------

    def park(self, actor: Actor, phone: str) -> str:
        """Leave the phone's call in a parking place; its digit."""
        return self._at(actor, phone, lambda here: self.operations.park(here, self._site().desk.park_recall_s))

    def fetch(self, actor: Actor, phone: str, slot: str) -> None:
        """Take a parked call to the lifted phone."""
        self._at(actor, phone, lambda here: self.operations.fetch(here, slot), "nobody_parked")

    def pick_up(self, actor: Actor, phone: str, extension: str) -> None:
        """Take what rings at an extension to the lifted phone."""
        self._at(actor, phone, lambda here: self.operations.pick_up(here, extension), "nothing_rings")

    def pick_up_any(self, actor: Actor, phone: str) -> None:
        """Take what has rung longest to the lifted phone."""
        self._at(actor, phone, self.operations.pick_up_any, "nothing_rings")

    def join_calls(self, actor: Actor, phone: str) -> None:
        """Make one conversation of the phone's two calls."""
        self._at(actor, phone, self._switch.join_calls)

    def connect_calls(self, actor: Actor, phone: str) -> None:
        """Connect the parties of the phone's two calls with each other; the phone leaves."""
        self._at(actor, phone, self._switch.connect_calls)

    def give_up_held(self, actor: Actor, phone: str) -> None:
        """Leave the call that the phone has put aside."""
        self._at(actor, phone, self._switch.give_up_held)

    def flash(self, actor: Actor, phone: str) -> None:
        """Press the R key for the phone: hold, come back, change between two calls."""
        self._at(actor, phone, lambda here: self._switch.station_flashed(here.station))

    def transfer(self, actor: Actor, phone: str, to: str) -> None:
        """The phone leaves its call without asking there: to an extension (or ``extension:802``), ``outside:88886666``, or a target of routes such as
        ``queue:service``, ``flow:main``, ``announcement:goodbye``, for a caller from outside.
        """
        kind, _, name = to.rpartition(":")
        self._at(actor, phone, lambda here: self._send(here, kind or "extension", name))

    def _send(self, phone: Phone, kind: str, name: str) -> Call:
        ring_s = self._site().desk.ring_timeout_s
        if kind == "extension":
            return self.operations.send_on(phone, name, ring_s)
        if kind == "outside":
            way, tell = self._outside(phone, name)
            call = self.operations.send_outside(phone, way, ring_s)
            tell(call)
            return call
        known = TARGET_KINDS[kind].names(self._site()) if kind in LED else ()
        if kind not in LED or (known is not None and name not in known):
            raise Refused(text("There is no {target} to which calls are transferred.", target=f"{kind}:{name}"))
        return self.operations.hand_back(phone, f"{kind}:{name}", lambda call: self._lead(call, Target(kind, name)))

    def wire(self, lead: Callable[[Call, Target], None]) -> None:
        """Who brings a caller from outside to a target of routes."""
        self._lead = lead

    # ---- a call ------------------------------------------------------------------------------------------------------

    def invite(self, actor: Actor, call: str, extension: str) -> None:
        """Bring an extension into a conversation."""
        self._in(actor, call, lambda found: self.operations.invite(found, extension, self._site().desk.ring_timeout_s))

    def drop(self, actor: Actor, call: str, party: str) -> None:
        """Let a line or phone go from a call."""
        self._in(actor, call, lambda found: self.operations.drop(found, party))

    def mute(self, actor: Actor, call: str, party: str, *, muted: bool) -> None:
        """Let a line or phone be heard no more in a call, or again."""
        self._in(actor, call, lambda found: self.operations.mute(found, party, muted=muted))

    def release(self, actor: Actor, call: str) -> None:
        """End a call, whoever is in it. Only for who leads agents."""
        if not allowed(actor, Act.LEAD_CALLS, ""):
            raise ActRefused(text("{actor} may not do this.", actor=actor.about), "not_allowed_now")
        self._in(actor, call, self.operations.release)

    # ---- calls that the appliance makes ------------------------------------------------------------------------------

    def click_to_dial(self, actor: Actor, phone: str, number: str, *, customer_first: bool = False) -> str:
        """Ring the phone, then call the number, an extension or one outside; the call's id. ``customer_first``: the other way round, outside only."""
        return self._at(actor, phone, lambda here: self._click(here, number, customer_first=customer_first)).id

    def _click(self, phone: Phone, number: str, *, customer_first: bool) -> Call:
        ring_s = self._site().desk.ring_timeout_s
        inside = self._switch.phone_of_extension(number)
        tell: Callable[[Call], None] = _nothing
        if inside is phone:
            raise Refused(text("A phone cannot call itself."))
        if inside is not None:
            if customer_first:
                raise Refused(text("Only a party outside can be called first."))
            then = DeliveryStage((inside.name,), ring_s)
        else:
            way, tell = self._outside(phone, number)
            then = DeliveryStage((), ring_s, (way,))
        first = _FirstRung(self._switch, self._bus, self._clock, then, tell)
        if customer_first:
            return first.call_customer(phone, number, way, ring_s)
        call = self.operations.originate(phone, first, number)
        first.give_up_after(call, ring_s)
        return call

    # ---- small things ------------------------------------------------------------------------------------------------

    def _at(self, actor: Actor, phone: str, act: Callable[[Phone], T], prompt: str = "not_allowed_now") -> T:
        agent = self._acd.agent_at(phone)
        own = allowed(actor, Act.PLACE_CALL, phone) or (agent != "" and allowed(actor, Act.OWN_AGENT, agent))
        if not own and not allowed(actor, Act.LEAD_CALLS, ""):
            raise ActRefused(text("{actor} may not do this.", actor=actor.about), "not_allowed_now")
        found = self._switch.phones.get(phone)
        if found is None:
            raise ActRefused(text("There is no phone {phone}.", phone=phone), "not_allowed_now")
        try:
            return act(found)
        except ActRefused:
            raise
        except Refused as refusal:
            raise ActRefused(refusal.text, prompt) from refusal

    def _in(self, actor: Actor, call: str, act: Callable[[Call], None]) -> None:
        found = self._switch.calls.get(call)
        agents = {self._acd.agent_at(leg.device) for leg in found.parties.legs} - {""} if found is not None else set()
        own = any(allowed(actor, Act.OWN_AGENT, agent) for agent in agents)
        if not own and not allowed(actor, Act.LEAD_CALLS, ""):
            raise ActRefused(text("{actor} may not do this.", actor=actor.about), "not_allowed_now")
        if found is None:
            raise ActRefused(text("There is no call {call}.", call=call), "not_allowed_now")
        try:
            act(found)
        except Refused as refusal:
            raise ActRefused(refusal.text, "not_allowed_now") from refusal


def _nothing(_call: Call) -> None:
    """Nothing to be told."""


class _FirstRung:
    """Owns a call that the appliance makes until its first party is there; then the second is called. See ``engine.calls.register.CallOwner``."""

    def __init__(self, switch: Switch, bus: Bus, clock: Clock, then: DeliveryStage, tell: Callable[[Call], None]) -> None:
        self._switch = switch
        self._bus = bus
        self._clock = clock
        self._then = then
        self._tell = tell
        self._timer: Timer | None = None

    def call_customer(self, phone: Phone, number: str, way: DialledNumber, ring_s: float) -> Call:
        """The party outside first, then the phone."""
        call = self._switch.make_call(phone, self, number)
        self._then = DeliveryStage((phone.name,), ring_s)
        try:
            self._switch.dial_for(call, way.number, way.route, way.presented)
        except Refused:
            call.post(c.End(NO_ANSWER, "system"))
            raise
        self._switch.tell_placed(call)
        self._tell(call)
        self._tell = _nothing
        return call

    def give_up_after(self, call: Call, seconds: float) -> None:
        """End the call when its first party is not there by then."""
        self._timer = self._clock.call_later(seconds, lambda: call.post(c.End(NO_ANSWER, "system")))

    def call_reached(self, call: Call, device: str) -> None:
        """The first party is there: now the second."""
        self._stop()
        Delivery(self._switch, self._bus, self._clock, (self._then,), self._in_vain).begin(call)
        if not call.told and not call.ended:
            self._switch.tell_placed(call)
            self._tell(call)

    def call_in_vain(self, call: Call, release: Release) -> None:
        """The first party cannot be had: the call is over by itself."""

    def call_key(self, call: Call, key: str) -> None:
        """Nothing asks for keys."""

    def call_lifted(self, call: Call, phone: Phone) -> None:
        """Told by ``call_reached``."""

    def call_not_rung(self, call: Call, phone: Phone) -> None:
        """The call is over by that."""

    def call_ended(self, call: Call) -> None:
        """Over."""
        self._stop()

    def _in_vain(self, call: Call, release: Release) -> None:
        call.post(c.End(release, "system"))

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
