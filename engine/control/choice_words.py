"""Why a caller waits and why an agent was chosen, in words: for page, console and command line."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from engine.kernel.text import Text, text

__all__ = ["AGAINST", "claim_said", "why_chosen"]

AGAINST: Mapping[str, Text] = {
    "logged_out": text("logged out"),
    "not_ready": text("not ready"),
    "ready": text("ready"),
    "reserved": text("about to be rung"),
    "offered": text("being rung"),
    "talking": text("talking"),
    "hold": text("has the caller on hold"),
    "consult": text("asks somebody else"),
    "conference": text("in a conference"),
    "wrap_up": text("in wrap-up"),
    "own_call": text("in an own call"),
    "missed_just_now": text("left in peace after a missed call"),
    "phone_in_use": text("the phone is in use"),
    "idle_shorter": text("idle for a shorter time"),
    "ranked_lower": text("comes after the chosen one"),
    "skill_missing": text("lacks a skill that the call needs by now"),
    "signed_out": text("has signed out of the queue"),
    "not_wanted": text("the call is for another agent"),
    "gone": text("is not there any more"),
    "": text("nothing: the call can be offered at once"),
}
"""What speaks against an agent, as the choice names it."""
_MEASURED: Mapping[str, Callable[[str], Text]] = {
    "longest_idle": lambda measure: text("idle longest: {time}", time=measure),
    "progressive": lambda measure: text("idle longest: {time}", time=measure),
    "rotate": lambda _measure: text("next in turn"),
    "hunt": lambda _measure: text("first free one in the queue's order"),
    "even_count": lambda measure: text("fewest calls for the time available: {measure} a minute", measure=measure),
    "least_time": lambda measure: text("least time in calls: {measure}", measure=measure),
    "weighted_random": lambda _measure: text("by lot"),
    "wanted": lambda agent: text("the call is for agent {agent}", agent=agent),
}


def why_chosen(why: str) -> Text | str:
    """The choice's rule and measure, such as ``longest_idle 14.4 s``, in words; what is not known stays as it is."""
    if why.startswith("helping "):
        queue, _, rest = why.removeprefix("helping ").partition(": ")
        return text("queue {queue} helps; {why}", queue=queue, why=why_chosen(rest))
    rule, _, measure = why.partition(" ")
    if rule in {"best_skill", "ring_all"} and ", " in measure:
        level, _, idle = measure.partition(", ")
        if rule == "ring_all":
            return text("all who lack least of what is needed, levels lacking: {level}", level=level)
        return text("knows best what is needed: level {level}, idle for {time}", level=level, time=idle)
    said = _MEASURED.get(rule)
    return said(measure) if said is not None and measure else why


def claim_said(credit_s: int, strict: bool, wanted: str, because: Sequence[str]) -> Text | None:  # a fact's own field
    """How far ahead a caller is, whom the call is for, and which list or route says so; None: it is served in turn."""
    if not (credit_s or strict or wanted):
        return None
    names = ", ".join(one.partition(":")[2] or one for one in because)
    if wanted:
        return text(
            "The call is for agent {agent} first, and {seconds} s ahead of its turn ({because}).",
            agent=wanted,
            seconds=credit_s,
            because=names,
        )
    if strict:
        return text("The caller goes before all others, within the cap ({because}).", because=names)
    return text("The caller is served as if {seconds} s had been waited more ({because}).", seconds=credit_s, because=names)
