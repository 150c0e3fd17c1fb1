"""The reception: leads every call that arrives to where the site's routes say, and starts the right script for it."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from engine import facts
from engine.acd.acd import Acd
from engine.calls import call as c
from engine.calls.router import Router
from engine.calls.routing.decision import Decision, IncomingCall, Outcome
from engine.calls.switch import Call, Switch
from engine.ivr.extension_ring import ExtensionRing
from engine.ivr.session import Prompts, Session
from engine.kernel.bus import Bus
from engine.kernel.clock import Clock
from engine.kernel.errors import OurFault, Refused
from engine.settings.site import E1TrunkSection, FlowSection, TrunkSection
from engine.telephony.causes import Cause, Release
from engine.telephony.tones import CHINA, ToneSet

__all__ = ["Reception", "Script"]

Script = Callable[[Session, FlowSection], Coroutine[Any, Any, None]]
REFUSED_BY: Mapping[str, Cause] = {"black_list": Cause.CALL_REJECTED}
NOWHERE: Mapping[str, Release] = {
    "busy": Release(Cause.USER_BUSY, "busy"),
    "no_answer": Release(Cause.NO_ANSWER, "no_answer"),
    "out_of_service": Release(Cause.DESTINATION_OUT_OF_ORDER, "out_of_order"),
}
"""How a call ends whose target does not take it and that has nowhere to go on to."""


class Reception:
    """One per appliance. ``music`` gives, for a queue's name, what its callers hear; ``router`` the site's routes (None: every line's own flow answers);
    ``tones`` what callers hear.
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
            case "extension":
                self._extension(router, call, decision)
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

    def _extension(self, router: Router, call: Call, decision: Decision) -> None:
        assert decision.target is not None
        phone = self._switch.phone_of_extension(decision.target.name)
        if phone is None or not phone.free:
            event = "out_of_service" if phone is None or not phone.station.in_service else "busy"
            self._onward(router, call, decision, event)
            return

        def onward(ringing: Call, event: str) -> None:
            self._onward(router, ringing, decision, event)

        ring = ExtensionRing(self._switch, self._bus, self._clock, self._tones, onward)
        ring.begin(call, phone, router.routing.site.numbering.ring_timeout_s)

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
