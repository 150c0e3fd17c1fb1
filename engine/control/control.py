"""Commands: what a person may ask of the appliance, checked, and refused in words that a person can read or hear."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from engine import facts
from engine.acd import agent as a
from engine.acd.acd import Acd, Agent
from engine.calls import call as c
from engine.calls.charging.memory import ChargeMemory
from engine.calls.delivery import DialledNumber
from engine.calls.extensions import Extensions
from engine.calls.operations import Operations
from engine.calls.placing import Placing
from engine.calls.router import Router
from engine.calls.routing.decision import Decision, OutgoingCall
from engine.calls.routing.opening import CLOSED
from engine.calls.routing.outbound import class_of
from engine.calls.routing.plan import compile_routing
from engine.calls.services.decision import Caller, Device, Ringing, Stage, vain_said
from engine.calls.services.ringing import class_of_phone
from engine.calls.switch import Call, Phone, Switch
from engine.calls.trunk_groups import GroupRoute, TrunkGroups
from engine.control.agent_work import AgentWork, end_wrap_up
from engine.control.budget_watch import BudgetWatch
from engine.control.call_control import CallControl
from engine.control.charge_accounts import ChargeAccounts
from engine.control.disa_doors import DisaDoors
from engine.control.led_outside import LedOutside
from engine.control.outside_calls import OutsideCalls, OutsideRefused
from engine.control.refusals import ActRefused
from engine.control.service_control import ServiceControl
from engine.kernel.bus import Bus
from engine.kernel.clock import Clock
from engine.kernel.errors import Refused
from engine.kernel.text import text
from engine.people.actors import Act, Actor, allowed
from engine.people.pins import PinGuard, Verdict
from engine.settings.service_checks import called_target, may_pick_up
from engine.settings.site import Site
from engine.settings.targets import Target
from engine.telephony.causes import Release
from engine.telephony.numbers import NumberRefused

__all__ = ["ActRefused", "Control"]

MS_A_MINUTE = 60_000


class Control:
    """One per appliance. ``router``: the site's routing, ``placing``: who rings for calls to extensions; None: one without a past is made."""

    def __init__(
        self,
        bus: Bus,
        clock: Clock,
        switch: Switch,
        acd: Acd,
        pins: PinGuard,
        site: Site,
        groups: TrunkGroups,
        router: Router | None = None,
        placing: Placing | None = None,
        charges: ChargeMemory | None = None,
    ) -> None:
        self._bus = bus
        self._clock = clock
        self._switch = switch
        self._groups = groups
        self._acd = acd
        self._pins = pins
        self._site = site
        self._reasons: Mapping[str, str] = {reason.digit: reason.name for reason in site.desk.reasons}
        self._router = router or Router(bus, clock, compile_routing(site))
        self.work = AgentWork(bus, acd, lambda: self._site)
        self._placing = placing or Placing(switch, bus, clock, Extensions(bus, self._router), groups)
        self._placing.extensions.wire(self._can_wait)
        charges = charges or ChargeMemory()
        self.charge_accounts = ChargeAccounts(bus, clock, self._router, charges)
        self._outside = OutsideCalls(bus, clock, switch, self._router, self.charge_accounts)
        self._led = LedOutside(bus, clock, switch, groups, self._outside)
        self.disa = DisaDoors(bus, clock, self._router, self.charge_accounts, self._led, charges.callers_locked_until)
        self._placing.wire(self._led.went_out)
        switch.permit_joins(self._may_join_outside)
        self.calls = CallControl(bus, clock, switch, acd, lambda: self._site, self._way_out, Operations(switch, bus))
        self._budgets = BudgetWatch(bus, clock, self._router)
        self.calls.operations.permit_pick_up(lambda taker, ringing: may_pick_up(self._site, taker, ringing))
        self.services = ServiceControl(bus, clock, self._placing.extensions, acd.agent_at)

    def start(self) -> None:
        """Before the first call: alarms of limits that have held until yesterday are over."""
        self._outside.look()
        self._budgets.look()

    def apply(self, site: Site) -> None:
        """Take another version of the site, PINs included."""
        self._site = site
        self._outside.look()
        self._budgets.look()
        self.charge_accounts.apply()
        self._groups.apply(site)
        self._reasons = {reason.digit: reason.name for reason in site.desk.reasons}
        lock_ms = round(site.desk.lock_min * MS_A_MINUTE)
        self._pins.apply({agent.number: agent.pin for agent in site.agents}, site.desk.pin_tries, lock_ms)

    # ---- what a desk needs to know ---------------------------------------------------------------------------------

    @property
    def agent_numbers(self) -> frozenset[str]:
        """Every agent number of the site."""
        return frozenset(self._acd.agents)

    @property
    def extensions(self) -> frozenset[str]:
        """Every extension of the site."""
        return frozenset(phone.extension for phone in self._switch.phones.values())

    @property
    def group_numbers(self) -> frozenset[str]:
        """Every number of a ring group."""
        return frozenset(one.number for one in self._site.ring_groups if one.number)

    @property
    def site_slots(self) -> frozenset[str]:
        """The site's short numbers."""
        return frozenset(one.slot for one in self._site.speed_dials)

    def dials_directly(self, phone: str) -> bool:
        """True when numbers outside need no prefix at this phone."""
        section = class_of_phone(self._router.routing, phone)
        return section is not None and section.direct_dialling

    @property
    def emergency_numbers(self) -> frozenset[str]:
        """Numbers that nothing stops."""
        return self._router.routing.emergency

    def switch_codes(self, phone: str) -> Mapping[str, str]:
        """The codes of emergency switches that may be dialled at a phone, each with its time condition."""
        return {
            one.switch_code: one.name
            for one in self._site.time_conditions
            if one.switch_code and (not one.switch_phones or phone in one.switch_phones)
        }

    def language_at(self, phone: str) -> str:
        """The language of the agent at a phone; empty: the site's."""
        agent = self._acd.agents.get(self._acd.agent_at(phone))
        return agent.section.language if agent else ""

    def waits_off_hook(self, phone: str) -> bool:
        """True when the agent at a phone takes calls off hook."""
        agent = self._acd.agents.get(self._acd.agent_at(phone))
        return agent is not None and agent.section.answers == "off_hook"

    def phone_left_off_hook(self, phone: Phone) -> None:
        """Nobody puts the handset down: its agent is not ready until somebody does."""
        self._switch.leave_off_hook(phone)
        self._acd.phone_reason(phone.name, a.OFF_HOOK)

    def phone_lifted(self, phone: Phone) -> None:
        """A handset went up: an agent who takes calls off hook is back."""
        self._acd.phone_reason_over(phone.name, a.HANDSET_DOWN)

    def phone_hung_up(self, phone: Phone) -> None:
        """A handset went down: its agent may be offered a call; one who takes calls off hook leaves, as the site wants it."""
        leaves = self.waits_off_hook(phone.name)
        if leaves and self._site.desk.off_hook_hang_up == "log_out":
            self._acd.post(self._acd.agent_at(phone.name), a.Logout())
        elif leaves:
            self._acd.phone_reason(phone.name, a.HANDSET_DOWN)
        self._acd.phone_reason_over(phone.name, a.OFF_HOOK)
        if not leaves:
            self.phone_can_ring(phone)

    def set_messages_waiting(self, actor: Actor, phone: str, count: int) -> None:
        """So many messages (0…99) wait for the user of a phone. ActRefused: no right, no such phone."""
        self._check(actor, Act.AGENT_STATE, "")
        found = self._switch.phones.get(phone)
        if found is None:
            raise ActRefused(text("There is no phone {phone}.", phone=phone), "not_allowed_now")
        self._switch.set_messages(found, count)

    def phone_can_ring(self, phone: Phone) -> None:
        """A handset went down, a bell stopped or a port works again: the phone's agent may be offered a call."""
        if phone.free:
            self._acd.phone_free()

    def phone_call_began(self, phone: Phone, call: Call) -> None:
        """A phone is in a call."""
        self._acd.phone_call_began(phone, call)

    def phone_call_moved(self, phone: Phone, before: Call, call: Call) -> None:
        """Its call goes on as another."""
        self._acd.phone_call_moved(phone, before, call)

    def phone_call_ended(self, phone: Phone, call: Call) -> None:
        """Its call is over."""
        self._acd.phone_call_ended(phone, call)

    # ---- commands of agents -----------------------------------------------------------------------------------------

    def log_in(self, actor: Actor, phone: str, number: str, pin: str) -> None:
        """Log an agent in at a phone. ActRefused: wrong PIN, locked, unknown, elsewhere, phone taken."""
        self._check(actor, Act.OWN_STATE, phone)
        now_ms = self._clock.utc_ms()
        verdict = self._pins.judge(number, pin, now_ms)
        if verdict is not Verdict.RIGHT:
            self._login_refused(number, phone, verdict)
        try:
            self._acd.login(number, phone, ready=self._site.desk.ready_after_login)
        except Refused as refusal:
            reason = "elsewhere" if self._acd.agents[number].phone else "phone_taken"
            self._bus.publish(facts.LoginRefused(agent=number, phone=phone, reason=reason))
            raise ActRefused(refusal.text, "already_elsewhere" if reason == "elsewhere" else "not_allowed_now") from refusal

    def log_out(self, actor: Actor, phone: str) -> None:
        """Log the phone's agent out; during a call, after it."""
        _log_out(self._agent(actor, phone))

    def go_ready(self, actor: Actor, phone: str) -> None:
        """All reasons are over; ends wrap-up."""
        self._ready(self._agent(actor, phone))

    def go_not_ready(self, actor: Actor, phone: str, digit: str) -> None:
        """Not ready for the reason with this digit."""
        agent = self._agent(actor, phone)
        reason = self._reasons.get(digit)
        if reason is None:
            raise ActRefused(text("There is no reason with the digit {digit}.", digit=digit), "reason_unknown")
        self._check_allowance(agent, reason)
        agent.post(a.BecomeNotReady(reason))

    def end_wrap_up(self, actor: Actor, phone: str) -> None:
        """End wrap-up before its time."""
        end_wrap_up(self._acd, self._agent(actor, phone))

    def call_extension(self, actor: Actor, phone: str, extension: str) -> None:
        """Call an extension or the number of a ring group; who rings is decided by what is set there. ActRefused: no right, or nobody can be rung."""
        self._check(actor, Act.PLACE_CALL, phone)
        calling = self._switch.phones[phone]
        target = called_target(self._site, extension) or Target("extension", extension)
        decision = self._placing.extensions.ringing(target, Caller(calling.extension, inside=True))
        if decision.reason == "busy" and target.kind == "extension":
            self.services.found_busy(calling.extension, target.name)
        if not decision.stages and decision.reason != "unallocated":
            raise _not_rung(extension, decision)
        self._announce_call(phone, self._ring(calling, extension, decision))

    def _ring(self, calling: Phone, extension: str, decision: Ringing) -> Call:
        """Ring as it was decided. An extension that nothing is set for, and one number outside, have ways of their own."""
        first = decision.stages[0] if decision.stages else Stage((Device("extension", extension),), self._site.desk.ring_timeout_s)
        device = first.devices[0]
        alone = len(decision.stages) <= 1 and len(first.devices) == 1
        if alone and device.out is not None:
            call = self._go_out(calling, device.number, device.out)
            self._placing.extensions.tell(call, first.forwarded)
        else:
            try:
                if alone and device.number == extension and not first.forwarded:
                    return self._switch.call_inside(calling, extension, first.ring_s)
                call = self._switch.begin_inside(calling, extension)
            except Refused as refusal:
                raise ActRefused(refusal.text, "not_allowed_now") from refusal
            self._placing.bring(call, decision, _in_vain)
        return call

    def call_target(self, actor: Actor, phone: str, target: Target | None) -> None:
        """Call what a short number, a hot line or the last call stands for; None: nothing does. ActRefused as when it is dialled."""
        if target is None:
            raise ActRefused(text("There is no number behind it."), "number_unknown")
        if target.kind == "outside":
            self.call_outside(actor, phone, target.name)
            return
        group = next((one.number for one in self._site.ring_groups if one.name == target.name), "")
        self.call_extension(actor, phone, group if target.kind == "group" else target.name)

    def flash_exchange(self, actor: Actor, phone: str) -> None:
        """Give the exchange line of the phone's call the R key."""
        self._check(actor, Act.PLACE_CALL, phone)
        try:
            self._switch.flash_exchange(self._switch.phones[phone])
        except Refused as refusal:
            raise ActRefused(refusal.text, "not_allowed_now") from refusal

    def call_outside(self, actor: Actor, phone: str, number: str, pin: str = "", account: str = "", charge_account: str = "") -> None:
        """Call out by the ways that the site's rules choose; ``pin`` is a secret, of the ``charge_account`` or else of a class of service.

        ActRefused: no right, the rules do not permit it, no line of the ways is free, a limit of theirs is reached.
        """
        self._check(actor, Act.PLACE_CALL, phone)
        calling, agent = self._switch.phones[phone], self._acd.agent_at(phone)
        try:
            decision = self._outside.permit(OutgoingCall(phone, number, agent, pin, account, charge_account))
        except OutsideRefused as refusal:
            raise ActRefused(refusal.said, refusal.prompt) from refusal
        self._announce_call(phone, self._go_out(calling, number, decision))

    def switch_condition(self, actor: Actor, phone: str, condition: str) -> bool:
        """Turn the emergency switch of a time condition over; True: it is closed now. ActRefused: no right, not at this phone."""
        self._check(actor, Act.OWN_STATE, phone)
        if condition not in self.switch_codes(phone).values():
            raise _not_now()
        closed = self._router.memory.switched.get(condition) != CLOSED
        self._bus.publish(facts.TimeConditionSwitched(condition=condition, position=CLOSED if closed else "auto", by=phone))
        return closed

    # ---- commands of those who look after the agents, and of agents at the page -------------------------------------

    @property
    def reasons(self) -> tuple[str, ...]:
        """The names of the reasons for not being ready, in the site's order."""
        return tuple(self._reasons.values())

    def log_agent_out(self, actor: Actor, number: str) -> None:
        """Log an agent out; during a call, after it. ActRefused: no right and another agent, no such agent, not logged in, not now."""
        _log_out(self._agent_numbered(actor, number))

    def make_agent_ready(self, actor: Actor, number: str) -> None:
        """Let calls be offered to an agent again; during a call, after it. ActRefused as above."""
        self._ready(self._agent_numbered(actor, number))

    def make_agent_not_ready(self, actor: Actor, number: str, reason: str) -> None:
        """Keep calls from an agent for a reason of the site; during a call, after it. ActRefused as above, and for an unknown reason."""
        agent = self._agent_numbered(actor, number)
        if reason not in self.reasons:
            known = ", ".join(self.reasons)
            raise ActRefused(text("There is no reason {reason}; there are: {known}.", reason=reason, known=known), "reason_unknown")
        if not allowed(actor, Act.AGENT_STATE, ""):
            self._check_allowance(agent, reason)
        agent.post(a.BecomeNotReady(reason))

    # ---- small things ------------------------------------------------------------------------------------------------

    def _way_out(self, phone: Phone, number: str) -> tuple[DialledNumber, Callable[[Call], None]]:
        """How a call that the appliance makes for a phone goes out. ActRefused: the rules do not permit it."""
        try:
            decision = self._outside.permit(OutgoingCall(phone.name, number, self._acd.agent_at(phone.name)))
        except OutsideRefused as refusal:
            raise ActRefused(refusal.said, refusal.prompt) from refusal
        way = DialledNumber(decision.number, self._groups.route(decision.number, decision.ways), self._caller_number(phone.name))
        return way, lambda call: self._outside.placed(call, number, decision)

    def lead_outside(self, call: Call, number: str, in_vain: Callable[[Call, Release], None]) -> None:
        """Lead a call from outside on to a number outside, as an inbound route says. Refused: the site's class for that does not permit it."""
        numbering = self._site.numbering
        asked = OutgoingCall(call.line, number, service_class=numbering.outside_class)
        try:
            self._led.lead(call, asked, numbering.ring_timeout_s, in_vain)
        except OutsideRefused as refusal:
            raise Refused(refusal.said) from refusal

    def _may_join_outside(self, phone: str, act: str) -> bool:
        """As the class of service of the phone, or of the agent there, says."""
        service_class = class_of(self._router.routing, phone, self._acd.agent_at(phone))
        return bool(getattr(service_class, act))

    def _go_out(self, calling: Phone, number: str, decision: Decision) -> Call:
        """Call out as it was decided. ActRefused: no line of the ways is free, a limit of theirs is reached."""
        route = self._groups.route(decision.number, decision.ways)
        try:
            call = self._switch.call_outside(calling, decision.number, route, self._caller_number(calling.name))
        except Refused as refusal:
            refused = facts.OutgoingCallRefused(
                phone=calling.name,
                extension=calling.extension,
                agent=self._acd.agent_at(calling.name),
                called=number,
                group=route.wanted_group,
                reason=route.refused_for,
            )
            self._bus.publish(refused)
            raise ActRefused(refusal.text, _prompt_of(refusal, route)) from refusal
        self._outside.placed(call, number, decision)
        return call

    def _can_wait(self) -> frozenset[str]:
        """Extensions in conversation to which another call can be announced."""
        return frozenset(phone.extension for phone in self._switch.phones.values() if phone.can_be_told)

    def _caller_number(self, phone: str) -> str:
        """What calls from this phone show outside: the agent's own number, else the phone's, else (empty) the trunk's."""
        agent = self._acd.agents.get(self._acd.agent_at(phone))
        own = next((station.caller_number for station in self._site.stations if station.name == phone), "")
        return (agent.section.caller_number if agent else "") or own

    def _announce_call(self, phone: str, call: Call) -> None:
        self._switch.call_placed(self._switch.phones[phone], call)

    def _agent(self, actor: Actor, phone: str) -> Agent:
        self._check(actor, Act.OWN_STATE, phone)
        number = self._acd.agent_at(phone)
        if not number:
            raise ActRefused(text("Nobody is logged in at {phone}.", phone=phone), "not_logged_in")
        return self._acd.agents[number]

    def _agent_numbered(self, actor: Actor, number: str) -> Agent:
        if not allowed(actor, Act.OWN_AGENT, number):
            self._check(actor, Act.AGENT_STATE, "")
        agent = self._acd.agents.get(number)
        if agent is None:
            raise ActRefused(text("There is no agent {agent}.", agent=number), "unknown_agent")
        if not agent.phone:
            raise ActRefused(text("Agent {agent} is not logged in.", agent=number), "not_logged_in")
        return agent

    def _ready(self, agent: Agent) -> None:
        if isinstance(agent.state, a.Offered):
            raise _not_now()
        agent.post(a.BecomeReady(self._acd.now_ns()))

    def _check_allowance(self, agent: Agent, reason: str) -> None:
        """Who leads agents may give more than the allowance; they themselves may not take it."""
        if self._acd.used_up(agent.number, reason):
            said = text("Today's time for the reason {reason} is used up; ask your supervisor.", reason=reason)
            raise ActRefused(said, "reason_used_up")

    def _check(self, actor: Actor, act: Act, about: str) -> None:
        if not allowed(actor, act, about):
            raise ActRefused(text("{actor} may not do this.", actor=actor.about), "not_allowed_now")

    def _login_refused(self, number: str, phone: str, verdict: Verdict) -> None:
        if verdict is Verdict.NOW_LOCKED:
            self._bus.publish(facts.AgentLocked(agent=number, until_utc_ms=self._pins.locked_until(number)))
        reason = "locked" if verdict is Verdict.NOW_LOCKED else verdict.value
        known = number if verdict is not Verdict.UNKNOWN else ""
        self._bus.publish(facts.LoginRefused(agent=known, phone=phone, reason=reason))
        if verdict is Verdict.UNKNOWN:
            raise ActRefused(text("There is no such agent."), "unknown_agent")
        if verdict is Verdict.WRONG:
            raise ActRefused(text("The PIN of agent {agent} is wrong.", agent=number), "wrong_pin")
        raise ActRefused(text("Agent {agent} is locked after too many wrong PINs.", agent=number), "locked_out")


def _log_out(agent: Agent) -> None:
    if isinstance(agent.state, a.Offered | a.OwnCall):
        raise _not_now()
    agent.post(a.Logout())


def _in_vain(call: Call, _decision: Ringing, release: Release) -> None:
    """Nobody of those who rang has taken a call of an extension: it ends, and its caller hears so."""
    call.post(c.End(release, "system"))


def _not_rung(extension: str, decision: Ringing) -> ActRefused:
    """Nobody can be rung: why, for who reads and who listens."""
    if decision.reason == "busy":
        return ActRefused(text("Extension {extension} is busy.", extension=extension), "not_allowed_now")
    prompt = "not_disturbed" if decision.reason == "do_not_disturb" else "not_allowed_now"
    return ActRefused(text("{extension} cannot be called: {why}.", extension=extension, why=vain_said(decision.reason)), prompt)


def _prompt_of(refusal: Refused, route: GroupRoute) -> str:
    """What a phone hears whose call out is refused."""
    if isinstance(refusal, NumberRefused):
        return "number_unknown"
    return "not_allowed_now" if route.limited else "lines_busy"


def _not_now() -> ActRefused:
    return ActRefused(text("That is not possible now."), "not_allowed_now")
