"""The reception: leads every call that arrives to where the site's routes say, and starts the right script for it."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from typing import Any

from engine import facts
from engine.acd.acd import Acd
from engine.calls import call as c
from engine.calls.placing import Placing
from engine.calls.router import Router
from engine.calls.routing.decision import Decision, IncomingCall, Outcome
from engine.calls.services.decision import Caller, Ringing
from engine.calls.switch import Call, Switch
from engine.ivr.disa import OpenDisa, disa_dialogue
from engine.ivr.session import Prompts, Session
from engine.kernel.bus import Bus
from engine.kernel.clock import Clock
from engine.kernel.errors import OurFault, Refused
from engine.kernel.text import text
from engine.settings.site import E1TrunkSection, FlowSection, TrunkSection
from engine.settings.targets import Target
from engine.telephony.causes import Cause, Release
from engine.telephony.tones import CHINA, ToneName, ToneSet

__all__ = ["Reception", "Script"]

Script = Callable[[Session, FlowSection], Coroutine[Any, Any, None]]
LeadOutside = Callable[[Call, str, Callable[[Call, Release], None]], None]
"""Leads a caller on to a number outside, or raises Refused; tells when nobody answers there."""
REFUSED_BY: Mapping[str, Cause] = {"black_list": Cause.CALL_REJECTED}
EVENTS: Mapping[int, str] = {Cause.NO_ANSWER: "no_answer", Cause.USER_BUSY: "busy"}
"""What it is for a route that nobody has taken a call, by the cause of that; any other: that the target is out of service."""
NOWHERE: Mapping[str, Release] = {
    "busy": Release(Cause.USER_BUSY, "busy"),
    "no_answer": Release(Cause.NO_ANSWER, "no_answer"),
    "out_of_service": Release(Cause.DESTINATION_OUT_OF_ORDER, "out_of_order"),
}
"""How a call ends whose target does not take it and that has nowhere to go on to."""


def _nobody_leads(_call: Call, _number: str, _in_vain: Callable[[Call, Release], None]) -> None:
    raise Refused(text("Calls are not led outside."))


class Reception:
    """One per appliance. ``music`` gives, for a queue's name, what its callers hear; ``router`` the site's routes (None: every line's own flow answers);
    ``tones`` what callers hear; ``placing`` rings extensions for them, and is needed where there is a router.
    """

    def __init__(
        self,
        bus: Bus,
        clock: Clock,
        switch: Switch,
        acd: Acd,
        trunks: Mapping[str, TrunkSection | E1TrunkSection],
        flows: Mapping[str, FlowSection],
        scripts: Mapping[str, Script],
        prompts: Prompts,
        music: Mapping[str, bytes],
        router: Router | None = None,
        tones: ToneSet = CHINA,
        placing: Placing | None = None,
    ) -> None:
        self._bus = bus
        self._clock = clock
        self._switch = switch
        self._acd = acd
        self._trunks = trunks
        self._flows = flows
        self._scripts = scripts
        self._prompts = prompts
        self._music = music
        self._router = router
        self._tones = tones
        self._placing = placing
        self._lead_outside: LeadOutside = _nobody_leads
        self._open_disa: OpenDisa | None = None

    def wire(self, lead_outside: LeadOutside, open_disa: OpenDisa | None = None) -> None:
        """Who leads calls on to numbers outside, and who judges callers that want a dial tone; until then nobody does."""
        self._lead_outside = lead_outside
        self._open_disa = open_disa

    def apply(self, flows: Mapping[str, FlowSection], music: Mapping[str, bytes]) -> None:
        """Take another version of the site, for calls that arrive from now on."""
        self._flows = flows
        self._music = music

    def incoming(self, call: Call) -> None:
        """Lead the call to its target. Where no route fits, its line's flow answers; a line without a flow rings on unanswered."""
        usual = self._flows.get(self._trunks[call.line].flow)
        if self._router is None:
            self._flow(call, usual)
            return
        caller = call.caller
        asked = IncomingCall(call.line, self._trunks[call.line].name, caller.number, call.called, doubtful=caller.doubtful)
        decision = self._router.incoming(call.id, asked, call.interaction)
        if decision.outcome is Outcome.REFUSED:
            cause = REFUSED_BY.get(decision.reason, Cause.EXCHANGE_ROUTING_ERROR)
            call.post(c.End(Release(cause, decision.reason), "system"))
        elif decision.outcome is Outcome.USUAL:
            self._flow(call, usual)
        else:
            self._lead(self._router, call, decision)

    def lead(self, call: Call, target: Target) -> None:
        """Bring a caller who is there to a target, whatever the routes say. Nothing on a site without routing."""
        if self._router is not None:
            self._lead(self._router, call, Decision(Outcome.TARGET, target=target))

    # ---- targets ---------------------------------------------------------------------------------------------------

    def _lead(self, router: Router, call: Call, decision: Decision) -> None:
        """To the decision's target; each kind has its own way."""
        assert decision.target is not None
        name = decision.target.name
        match decision.target.kind:
            case "flow":
                self._flow(call, self._flows.get(name))
            case "queue":
                self._run(call, name, lambda session: self._to_queue(session, name, router, decision))
            case "announcement":
                self._run(call, "", lambda session: _announced(session, name))
            case "extension" | "group":
                self._ring(router, call, decision)
            case "outside":
                self._outside(router, call, decision)
            case "disa":
                self._disa(router, call, decision)
            case kind:
                raise OurFault(f"nobody carries a call to a target of the kind {kind}")

    def _flow(self, call: Call, flow: FlowSection | None) -> None:
        if flow is None:
            call.post(c.Alert())
        else:
            self._run(call, flow.queue, lambda session: self._scripts[flow.script](session, flow))

    def _run(self, call: Call, queue: str, script: Callable[[Session], Coroutine[Any, Any, None]]) -> None:
        line = self._switch.trunks[call.line]
        music = self._music.get(queue, b"")
        session = Session(
            call, line.port, self._bus, self._clock, self._switch.bay, self._acd, self._prompts, music, announces=line.announces
        )
        session.run(script(session), self._failed)

    async def _to_queue(self, session: Session, queue: str, router: Router, decision: Decision) -> None:
        await session.answer()
        try:
            await session.queue(queue)
        except Refused:
            following = router.onward(session.call.id, decision, "busy", session.call.interaction)
            if following is None:
                await session.say("queue_full", "goodbye")
                session.hang_up()
            else:
                self._clock.call_later(0, lambda: self._carried_on(router, session.call, following))

    def _carried_on(self, router: Router, call: Call, following: Decision) -> None:
        """From the turn after the script's end on; the caller may have gone meanwhile."""
        if call.attended:
            self._settle(router, call, following)

    def _ring(self, router: Router, call: Call, decision: Decision) -> None:
        """An extension or a group rings, and those to whom its calls are forwarded; then the call goes on as they say, or as the route says."""
        assert decision.target is not None
        assert self._placing is not None
        caller = Caller("" if call.caller.doubtful else call.caller.number)

        def in_vain(waiting: Call, rung: Ringing, release: Release) -> None:
            if rung.onward is not None:
                self._lead(router, waiting, replace(decision, target=rung.onward))
            else:
                self._onward(router, waiting, decision, EVENTS.get(release.cause, "out_of_service"))

        self._placing.bring(call, self._placing.extensions.ringing(decision.target, caller), in_vain)

    def _disa(self, router: Router, call: Call, decision: Decision) -> None:
        """A dial tone for who proves who he is. Whom he calls and does not reach he is told of, and let go."""
        assert decision.target is not None
        name = decision.target.name
        section = next((one for one in router.routing.site.disa if one.name == name), None)
        if section is None or self._open_disa is None:
            self._onward(router, call, decision, "out_of_service")
            return

        def in_vain(led: Call, _release: Release) -> None:
            self._run(led, "", lambda session: _announced(session, "not_reached"))

        door = self._open_disa(call, section, in_vain)
        dial_tone = self._tones[ToneName.DIAL].steps
        self._run(call, "", lambda session: disa_dialogue(session, section, door, dial_tone))

    def _outside(self, router: Router, call: Call, decision: Decision) -> None:
        assert decision.target is not None

        def in_vain(led: Call, release: Release) -> None:
            self._onward(router, led, decision, EVENTS.get(release.cause, "out_of_service"))

        try:
            self._lead_outside(call, decision.target.name, in_vain)
        except Refused:
            self._onward(router, call, decision, "out_of_service")

    def _onward(self, router: Router, call: Call, decision: Decision, event: str) -> None:
        """To the target after this one; a call with nowhere to go ends."""
        following = router.onward(call.id, decision, event, call.interaction)
        if following is None:
            call.post(c.End(NOWHERE[event], "system"))
        else:
            self._settle(router, call, following)

    def _settle(self, router: Router, call: Call, decision: Decision) -> None:
        if decision.outcome is Outcome.REFUSED:
            call.post(c.End(Release(Cause.EXCHANGE_ROUTING_ERROR, decision.reason), "system"))
        else:
            self._lead(router, call, decision)

    def _failed(self, session: Session, error: Exception) -> None:
        sentence = f"The script that spoke to the caller of {session.call.id} failed: {type(error).__name__}: {error}"
        self._bus.publish(facts.AlarmRaised(alarm="ivr.script_failed", about=session.call.id, sentence=sentence), session.call.interaction)


async def _announced(session: Session, prompt: str) -> None:
    await session.answer()
    await session.say(prompt)
    session.hang_up()
