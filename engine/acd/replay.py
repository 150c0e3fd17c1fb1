"""Makes the choices of a journal again: every offer tells with which settings, after which fact and at which moment it was chosen, so the whole list of
candidates can be had again, and compared with what was told.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from engine import facts
from engine.acd.choose import Choice, choose
from engine.acd.inputs import AcdInputs
from engine.acd.memory import AcdMemory
from engine.acd.rules import Rules
from engine.kernel.bus import Envelope

__all__ = ["ChosenAgain", "Replay"]


@dataclass(frozen=True)
class ChosenAgain:
    """An offer of the journal, and the choice that the same situation gives now (None: nobody). ``differs``: what is not the same, empty when nothing."""

    seq: int
    offer: facts.CallOffered
    choice: Choice | None
    differs: tuple[str, ...]


class Replay:
    """Give it every fact of a journal in order; ``rules_of`` a version of the settings. ``found`` gets each offer."""

    def __init__(self, rules_of: Callable[[int], Rules], found: Callable[[ChosenAgain], None], version: int = 0) -> None:
        self._rules_of = rules_of
        self._found = found
        self._memory = AcdMemory()
        self._inputs = AcdInputs(rules_of(version), self._memory)

    def hear(self, envelope: Envelope) -> None:
        """The next fact."""
        fact = envelope.fact
        if isinstance(fact, facts.CallOffered):
            self._found(self._chosen_again(envelope, fact))
        self._inputs.apply(envelope)
        self._memory.apply(envelope)

    def _chosen_again(self, envelope: Envelope, offer: facts.CallOffered) -> ChosenAgain:
        if self._inputs.rules.version != offer.rule_version:
            self._inputs.take(self._rules_of(offer.rule_version))
        choice = choose(self._inputs.situation(offer.decided_ns, envelope.utc_ms, envelope.utc_offset_min))
        if choice is None:
            return ChosenAgain(envelope.seq, offer, None, ("call",))
        again = {
            "call": choice.call,
            "queue": choice.queue,
            "agent": choice.agent,
            "why": choice.why,
            "helping": choice.helping,
            "candidates": tuple(f"{number}:{measure}" for number, measure in choice.next),
            "excluded": tuple(f"{reason}:{count}" for reason, count in choice.excluded),
        }
        return ChosenAgain(envelope.seq, offer, choice, tuple(name for name, value in again.items() if getattr(offer, name) != value))
