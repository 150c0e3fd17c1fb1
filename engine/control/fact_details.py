"""Sentences for facts that nobody needs to follow a call, but that somebody reads who looks through all of them."""

from __future__ import annotations

from collections.abc import Mapping

from engine import facts
from engine.kernel.text import Text, text
from engine.telephony.media import SAMPLE_RATE_HZ

__all__ = ["detail"]

OFFER_ENDS: Mapping[str, Text] = {
    "answered": text("answered"),
    "no_answer": text("no answer"),
    "rejected": text("rejected"),
    "caller_gone": text("the caller gave up"),
    "phone_fault": text("the phone cannot be rung"),
    "forced": text("taken away"),
}
MS_A_S = 1000


def detail(fact: facts.Fact) -> Text | None:
    """What the fact says; None for one that ``narration.sentence`` tells, or that is not known here."""
    match fact:
        case facts.PromptEnded(call=call, played_ms=played_ms, interrupted=interrupted):
            seconds = f"{played_ms / MS_A_S:.1f}"
            if interrupted:
                return text("{call}: the prompt was broken off after {seconds} s.", call=call, seconds=seconds)
            return text("{call}: the prompt is over after {seconds} s.", call=call, seconds=seconds)
        case facts.OfferEnded(call=call, agent=agent, outcome=outcome):
            return text(
                "{call} no longer rings agent {agent}: {outcome}.", call=call, agent=agent, outcome=OFFER_ENDS.get(outcome, outcome)
            )
        case facts.AgentLocked(agent=agent):
            return text("The PIN of agent {agent} is locked after wrong PINs.", agent=agent)
        case facts.RecordingStarted(call=call, path=path):
            return text("{call} is recorded into {path}.", call=call, path=path)
        case facts.RecordingSegment(call=call, segment=segment, samples=samples, left=left, right=right):
            return text(
                "{call}: part {segment} of the recording, {left} and {right}, has {seconds} s.",
                call=call,
                segment=segment,
                left=left,
                right=right,
                seconds=f"{samples / SAMPLE_RATE_HZ:.1f}",
            )
        case facts.InteractionBegan(interaction=interaction, call=call):
            return text("Contact {interaction} begins with {call}.", interaction=interaction, call=call)
        case facts.InteractionEnded(interaction=interaction, calls=calls):
            return text("Contact {interaction} is over; it had {calls} calls.", interaction=interaction, calls=calls)
        case facts.PhoneLifted(phone=phone):
            return text("{phone}: the handset is lifted.", phone=phone)
        case facts.PhoneHungUp(phone=phone):
            return text("{phone}: the handset is put down.", phone=phone)
        case facts.ProtocolViolated(line=line, state=state, event=event):
            return text("{line} sent what does not fit: {event} in state {state}.", line=line, event=event, state=state)
        case facts.ApplianceStarted(version=version, after_clean_stop=True):
            return text("The appliance has started, version {version}.", version=version)
        case facts.ApplianceStarted(version=version):
            return text("The appliance has started, version {version}; it was not stopped cleanly before.", version=version)
        case facts.ApplianceStopped():
            return text("The appliance stops.")
    return None
