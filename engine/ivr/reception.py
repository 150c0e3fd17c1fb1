"""The reception: starts the right script for every call that arrives."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from engine import facts
from engine.acd.acd import Acd
from engine.calls import call as c
from engine.calls.switch import Call, Switch
from engine.ivr.session import Prompts, Session
from engine.kernel.bus import Bus
from engine.kernel.clock import Clock
from engine.settings.site import E1TrunkSection, FlowSection, TrunkSection

__all__ = ["Reception", "Script"]

Script = Callable[[Session, FlowSection], Coroutine[Any, Any, None]]


class Reception:
    """One per appliance. ``music`` gives, for a queue's name, what its callers hear."""

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

    def apply(self, flows: Mapping[str, FlowSection], music: Mapping[str, bytes]) -> None:
        """Take another version of the site, for calls that arrive from now on."""
        self._flows = flows
        self._music = music

    def incoming(self, call: Call) -> None:
        """Answer the call by its line's flow; a line without a flow rings on unanswered."""
        flow = self._flows.get(self._trunks[call.line].flow)
        if flow is None:
            call.post(c.Alert())
            return
        line = self._switch.trunks[call.line]
        music = self._music.get(flow.queue, b"")
        session = Session(
            call, line.port, self._bus, self._clock, self._switch.bay, self._acd, self._prompts, music, announces=line.announces
        )
        session.run(self._scripts[flow.script](session, flow), self._failed)

    def _failed(self, session: Session, error: Exception) -> None:
        sentence = f"The script that spoke to the caller of {session.call.id} failed: {type(error).__name__}: {error}"
        self._bus.publish(facts.AlarmRaised(alarm="ivr.script_failed", about=session.call.id, sentence=sentence), session.call.id)
