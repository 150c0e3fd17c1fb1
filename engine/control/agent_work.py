"""Commands by which agents look after their own work, and supervisors after it: notes of calls, longer wrap-up, rejected calls, queues signed out of,
and the figures of today.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from engine import facts
from engine.acd import agent as a
from engine.acd.acd import Acd
from engine.acd.crew import Agent
from engine.acd.memory import AgentDay
from engine.control.refusals import ActRefused
from engine.kernel.bus import Bus
from engine.kernel.errors import Refused
from engine.kernel.text import text
from engine.people.actors import Act, Actor, allowed
from engine.settings.site import Site

__all__ = ["AgentWork", "TodayFigures"]

MS_A_S = 1000
IN_CONVERSATION = a.MODES


@dataclass(frozen=True)
class TodayFigures:
    """An agent's day so far. ``rung_s``: the phone rang for queued callers; ``reasons_s``: time not ready by reason; ``occupancy_per_mille``: the share of
    the time for calls (conversations and wrap-up, and ready for them) that was spent on calls, −1 without any.
    """

    agent: str
    answered: int
    missed: int
    rejected: int
    talked_s: int
    held_s: int
    wrap_up_s: int
    rung_s: int
    ready_s: int
    own_calls_s: int
    not_ready_s: int
    logged_in_s: int
    occupancy_per_mille: int
    reasons_s: Mapping[str, int]


def figures_of(agent: str, day: AgentDay) -> TodayFigures:
    """The counted day as it is shown, in whole seconds."""
    busy_ms = day.of((*IN_CONVERSATION, "wrap_up"))
    for_calls_ms = busy_ms + day.of(("ready", "offered"))
    return TodayFigures(
        agent=agent,
        answered=day.answered,
        missed=day.missed,
        rejected=day.rejected,
        talked_s=day.of(IN_CONVERSATION) // MS_A_S,
        held_s=day.of(("hold",)) // MS_A_S,
        wrap_up_s=day.of(("wrap_up",)) // MS_A_S,
        rung_s=day.of(("offered",)) // MS_A_S,
        ready_s=day.of(("ready",)) // MS_A_S,
        own_calls_s=day.of(("own_call",)) // MS_A_S,
        not_ready_s=day.of(("not_ready",)) // MS_A_S,
        logged_in_s=day.logged_in_ms // MS_A_S,
        occupancy_per_mille=busy_ms * 1000 // for_calls_ms if for_calls_ms else -1,
        reasons_s={reason: ms // MS_A_S for reason, ms in sorted(day.reasons_ms.items())},
    )


class AgentWork:
    """One per appliance. Each command is for an agent at a phone (``actor`` stands there), or for a numbered agent (``actor`` is the agent, or may command
    agents); all raise ActRefused with what to read and what to hear.
    """

    def __init__(self, bus: Bus, acd: Acd, site: Callable[[], Site]) -> None:
        self._bus = bus
        self._acd = acd
        self._site = site

    # ---- what may be dialled ---------------------------------------------------------------------------------------

    @property
    def notes(self) -> Mapping[str, str]:
        """What can be noted of a call: digits → meaning."""
        return {one.code: one.name for one in self._site().desk.wrap_up_codes}

    @property
    def queue_numbers(self) -> Mapping[str, str]:
        """The queues that can be dialled: number → name."""
        return {queue.number: queue.name for queue in self._site().queues if queue.number}

    # ---- at a phone ------------------------------------------------------------------------------------------------

    def note_call(self, actor: Actor, phone: str, code: str) -> None:
        """Note what the agent's present or last call was about."""
        self._note(self._at(actor, phone), code)

    def extend_wrap_up(self, actor: Actor, phone: str) -> None:
        """Make wrap-up longer."""
        self._extend(self._at(actor, phone))

    def sign_at(self, actor: Actor, phone: str, number: str, *, out: bool) -> None:
        """Sign out of the queue with this number, or in again."""
        agent, queue = self._at(actor, phone), self.queue_numbers.get(number)
        if queue is None:
            raise ActRefused(text("No queue has the number {number}.", number=number), "queue_unknown")
        self._sign(agent, queue, out=out)

    def today_at(self, actor: Actor, phone: str) -> TodayFigures:
        """The figures of the agent at this phone."""
        agent = self._at(actor, phone)
        return figures_of(agent.number, self._acd.today(agent.number))

    # ---- by number -------------------------------------------------------------------------------------------------

    def note_call_of(self, actor: Actor, number: str, code: str) -> None:
        """Note what the agent's present or last call was about."""
        self._note(self._numbered(actor, number), code)

    def extend_wrap_up_of(self, actor: Actor, number: str) -> None:
        """Make the agent's wrap-up longer."""
        self._extend(self._numbered(actor, number))

    def end_wrap_up_of(self, actor: Actor, number: str) -> None:
        """End the agent's wrap-up, where a key could end it."""
        end_wrap_up(self._acd, self._numbered(actor, number))

    def reject_offer_of(self, actor: Actor, number: str) -> None:
        """The agent does not take the call that rings: it goes to the next one."""
        agent = self._numbered(actor, number)
        if type(agent.state) is not a.Offered:
            raise _not_now()
        agent.post(a.RejectOffer(self._acd.now_ns()))

    def sign_of(self, actor: Actor, number: str, queue: str, *, out: bool) -> None:
        """Sign the agent out of a queue, or in again."""
        self._sign(self._numbered(actor, number), queue, out=out)

    def today_of(self, actor: Actor, number: str) -> TodayFigures:
        """The agent's figures; who is not logged in has figures as well."""
        if not allowed(actor, Act.OWN_AGENT, number) and not allowed(actor, Act.SEE_STATUS, ""):
            raise ActRefused(text("{actor} may not do this.", actor=actor.about), "not_allowed_now")
        if number not in self._acd.agents:
            raise ActRefused(text("There is no agent {agent}.", agent=number), "unknown_agent")
        return figures_of(number, self._acd.today(number))

    # ---- done ------------------------------------------------------------------------------------------------------

    def _note(self, agent: Agent, code: str) -> None:
        name = self.notes.get(code)
        if name is None:
            raise ActRefused(text("There is no note with the digits {code}.", code=code), "note_unknown")
        if not agent.last_call:
            raise ActRefused(text("Agent {agent} has had no call since logging in.", agent=agent.number), "not_allowed_now")
        call = agent.last_call
        self._bus.publish(facts.WrapUpCodeGiven(call=call, agent=agent.number, code=code, name=name), self._acd.interaction_of(call))

    def _extend(self, agent: Agent) -> None:
        state = agent.state
        if not isinstance(state, a.WrapUp):
            raise _not_now()
        if state.extended >= state.rule.extensions or not state.ends_ns:
            raise ActRefused(text("This wrap-up cannot be made longer (again)."), "not_allowed_now")
        agent.post(a.ExtendWrapUp(self._acd.now_ns()))

    def _sign(self, agent: Agent, queue: str, *, out: bool) -> None:
        try:
            self._acd.sign(agent.number, queue, out=out)
        except Refused as refusal:
            raise ActRefused(refusal.text, "queue_unknown") from refusal

    def _at(self, actor: Actor, phone: str) -> Agent:
        if not allowed(actor, Act.OWN_STATE, phone):
            raise ActRefused(text("{actor} may not do this.", actor=actor.about), "not_allowed_now")
        agent = self._acd.agents.get(self._acd.agent_at(phone))
        if agent is None:
            raise ActRefused(text("Nobody is logged in at {phone}.", phone=phone), "not_logged_in")
        return agent

    def _numbered(self, actor: Actor, number: str) -> Agent:
        if not allowed(actor, Act.OWN_AGENT, number) and not allowed(actor, Act.AGENT_STATE, ""):
            raise ActRefused(text("{actor} may not do this.", actor=actor.about), "not_allowed_now")
        agent = self._acd.agents.get(number)
        if agent is None:
            raise ActRefused(text("There is no agent {agent}.", agent=number), "unknown_agent")
        if not agent.phone:
            raise ActRefused(text("Agent {agent} is not logged in.", agent=number), "not_logged_in")
        return agent


def end_wrap_up(acd: Acd, agent: Agent) -> None:
    """End wrap-up by key. ActRefused when the agent is in none, or in one that lasts its time."""
    if not isinstance(agent.state, a.WrapUp):
        raise _not_now()
    if agent.state.rule.mode == "fixed":
        raise ActRefused(text("This wrap-up lasts its time."), "not_allowed_now")
    agent.post(a.EndWrapUp(acd.now_ns()))


def _not_now() -> ActRefused:
    return ActRefused(text("That is not possible now."), "not_allowed_now")
