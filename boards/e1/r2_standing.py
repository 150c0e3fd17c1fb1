"""Where a call on an R2 circuit stands, as somebody who only listens works it out: pure.

One signal has many meanings in R2: backward signal 1 asks for a digit in group A and says that the line is free in group B, and the bits of a
blocked circuit are those of an acknowledged seizure (ITU-T Q.421 clause 2.2.2, Q.441 clause 3.3). Which one is meant follows from what came
before. The machines of a circuit know it for their own direction; whoever reads a trace wants it for both, also of an exchange that errs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from boards.e1 import r2_words as r2
from boards.e1.r2_code import Group, RegisterCode, Request
from boards.e1.r2_line_rules import Pair
from boards.e1.r2_variants import Variant

__all__ = ["Phase", "Standing", "after"]


class Phase(Enum):
    """What the line signals have come to."""

    IDLE = "idle"
    SEIZED = "seized"
    ACKNOWLEDGED = "acknowledged"
    ANSWERED = "answered"


@dataclass(frozen=True)
class Standing:
    """``group``: in which meanings backward signals are; ``asked``: what the forward signal that is due answers, None: the first digit."""

    phase: Phase = Phase.IDLE
    group: Group = Group.A
    asked: Request | None = None


def after(standing: Standing, event: object, variant: Variant) -> Standing:
    """Where the call stands when this has passed. ``standing`` itself is what the event is to be read with."""
    match event:
        case r2.SetBits(bits) | r2.BitsSeen(bits):
            return _after_bits(standing, variant.line.pair(bits))
        case r2.SendForward(int(signal)) | r2.ForwardHeard(signal):
            return _after_forward(standing, signal, variant.register)
        case r2.SendBackward(int(signal)) | r2.BackwardHeard(signal):
            return _after_backward(standing, signal, variant.register)
    return standing


def _after_bits(standing: Standing, pair: Pair) -> Standing:
    if pair is Pair.IDLE:
        return Standing()
    if pair is Pair.SEIZED:
        return standing if standing.phase is Phase.ANSWERED else Standing(Phase.SEIZED)
    if pair is Pair.ANSWERED:
        return replace(standing, phase=Phase.ANSWERED)
    return replace(standing, phase=Phase.ACKNOWLEDGED) if standing.phase is Phase.SEIZED else standing


def _after_forward(standing: Standing, signal: int, code: RegisterCode) -> Standing:
    if standing.asked is Request.CATEGORY:
        return replace(standing, group=code.group_b(signal))
    if standing.group is Group.CALLER and standing.asked is not Request.CALLER_CLASS and signal in {code.caller_end, code.caller_withheld}:
        return replace(standing, group=code.after_caller())
    return standing


def _after_backward(standing: Standing, signal: int, code: RegisterCode) -> Standing:
    meaning = code.meaning(standing.group, signal)
    if not isinstance(meaning, Request):
        return standing
    return replace(standing, group=code.after_request(standing.group, meaning), asked=meaning)
