"""What happened to outgoing trunk groups, in sentences; and the words for what stands in a group's way."""

from __future__ import annotations

from collections.abc import Mapping

from engine import facts
from engine.calls.trunk_groups import LIMIT_SENTENCES
from engine.kernel.text import Text, text

__all__ = ["GROUP_OBSTACLES", "group_named", "group_sentence", "rerouted_sentence"]

GROUP_OBSTACLES: Mapping[str, Text] = {
    "all_busy": text("every channel is in use"),
    "reserved": text("what is free is kept for incoming calls"),
    "out_of_service": text("no channel is in service"),
    "concurrent_calls": text("as many calls at once as allowed"),
    "daily_calls": text("as many calls today as allowed"),
    "daily_minutes": text("as many minutes today as allowed"),
    "not_diallable": text("no line can dial this number: an E1 takes at most 20 digits, * and #, an analog line 32 keys"),
}


def group_named(group: str) -> Text | str:
    """The name of a group for people."""
    return group or text("all outgoing lines")


def rerouted_sentence(fact: facts.CallRerouted, reason: Text | str) -> Text:
    """An attempt failed, and another one follows."""
    if fact.reason == "moved":
        return text("{call}: the exchange chose {next_line} instead of {line}.", call=fact.call, line=fact.line, next_line=fact.next_line)
    values = {"call": fact.call, "line": fact.line, "reason": reason, "next_line": fact.next_line, "cause": fact.cause}
    if fact.group != fact.next_group:
        said = text("{call}: {line} gives the call back ({reason}, cause {cause}); it overflows to {group}: {next_line} is tried.")
        return Text(said.msgid, {**values, "group": group_named(fact.next_group)})
    return Text(text("{call}: {line} gives the call back ({reason}, cause {cause}); {next_line} is tried.").msgid, values)


def group_sentence(fact: facts.Fact) -> Text | None:
    """What a person reads; None for other facts."""
    match fact:
        case facts.OutgoingCallRefused(extension=extension, called=called, group=group, reason=reason):
            return text(
                "Extension {extension} cannot call {called} by {group}: {reason}.",
                extension=extension,
                called=called,
                group=group_named(group),
                reason=GROUP_OBSTACLES.get(reason, reason),
            )
        case facts.GroupLimitReached(group=group, limit=limit, most=most) if limit in LIMIT_SENTENCES:
            sentence = next(said for obstacle, said in LIMIT_SENTENCES.items() if obstacle == limit)
            return Text(sentence.msgid, {"group": group, "most": most})
        case facts.GroupLimitReached(group=group, limit=limit, most=most):
            return text("Trunk group {group} has reached a limit of {most} ({limit}).", group=group, limit=limit, most=most)
        case facts.AttemptsExhausted(call=call, attempts=attempts):
            return text("{call} is given up after {attempts} attempts, the most that its trunk group allows.", call=call, attempts=attempts)
    return None
