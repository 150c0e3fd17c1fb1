"""Facts of supplementary services as sentences."""

from __future__ import annotations

from collections.abc import Mapping

from engine import facts
from engine.calls.services.decision import Forwarded, forwarded_said, place_said
from engine.kernel.text import Text, text
from engine.settings.targets import parse_target

__all__ = ["WHEN_WORDS", "service_sentence"]

WHEN_WORDS: Mapping[str, Text] = {
    "always": text("every call"),
    "busy": text("when busy"),
    "no_answer": text("when not answered"),
    "unreachable": text("when out of service"),
}
"""When calls are forwarded."""


def service_sentence(fact: facts.Fact) -> Text | None:
    """The sentence of a fact of services; None for any other."""
    match fact:
        case facts.CallForwarded(call=call, extension=extension, when=when, target=target):
            return forwarded_said(call, Forwarded(extension, when, target), _place(target))
        case facts.ForwardingSet(extension=extension, when=when, target="", by=by):
            said = text("Extension {extension} does not forward any more: {when} ({by}).", extension=extension, by=by)
            return Text(said.msgid, {**said.values, "when": WHEN_WORDS.get(when, when)})
        case facts.ForwardingSet(extension=extension, when=when, target=target, by=by):
            said = text("Extension {extension} forwards to {target}: {when} ({by}).", extension=extension, by=by)
            return Text(said.msgid, {**said.values, "when": WHEN_WORDS.get(when, when), "target": _place(target)})
        case facts.DoNotDisturbSet(extension=extension, on=True, by=by):
            return text("Extension {extension} is not to be disturbed ({by}).", extension=extension, by=by)
        case facts.DoNotDisturbSet(extension=extension, by=by):
            return text("Extension {extension} may be disturbed again ({by}).", extension=extension, by=by)
        case facts.CallWaitingSet(extension=extension, on=True, by=by):
            return text("A second call is announced to extension {extension} ({by}).", extension=extension, by=by)
        case facts.CallWaitingSet(extension=extension, by=by):
            return text("No second call is announced to extension {extension} ({by}).", extension=extension, by=by)
        case facts.WakeUpSet(extension=extension, time="", by=by):
            return text("Extension {extension} has no wake-up call any more ({by}).", extension=extension, by=by)
        case facts.WakeUpSet(extension=extension, time=time, by=by):
            return text("Extension {extension} has a wake-up call at {time} ({by}).", extension=extension, time=time, by=by)
        case facts.WakeUpEnded(extension=extension, time=time, answered=True):
            return text("The wake-up call of extension {extension} at {time} was answered.", extension=extension, time=time)
        case facts.WakeUpEnded(extension=extension, time=time, tries=tries):
            said = text(
                "Nobody has answered the wake-up call of extension {extension} at {time}, which rang {tries} times.", extension=extension
            )
            return Text(said.msgid, {**said.values, "time": time, "tries": tries})
        case facts.CallBackSet(extension=extension, called="", by=by):
            return text("Extension {extension} waits for nobody any more ({by}).", extension=extension, by=by)
        case facts.CallBackSet(extension=extension, called=called, by=by):
            return text("Extension {extension} calls {called} when both are free ({by}).", extension=extension, called=called, by=by)
        case facts.SecretaryFilterSet(extension=extension, on=True, by=by):
            return text("The secretaries take the calls of extension {extension} ({by}).", extension=extension, by=by)
        case facts.SecretaryFilterSet(extension=extension, by=by):
            return text("Extension {extension} takes its calls itself ({by}).", extension=extension, by=by)
        case facts.SpeedDialSet(extension=extension, slot=slot, target="", by=by):
            return text("Extension {extension} has no short number {slot} any more ({by}).", extension=extension, slot=slot, by=by)
        case facts.SpeedDialSet(extension=extension, slot=slot, target=target, by=by):
            said = text("Extension {extension} calls {target} by the short number {slot} ({by}).", extension=extension, slot=slot, by=by)
            return Text(said.msgid, {**said.values, "target": _place(target)})
        case facts.HotLineSet(extension=extension, target="", by=by):
            return text("Extension {extension} is no hot line any more ({by}).", extension=extension, by=by)
        case facts.HotLineSet(extension=extension, target=target, by=by):
            said = text("Extension {extension} is a hot line to {target} ({by}).", extension=extension, by=by)
            return Text(said.msgid, {**said.values, "target": _place(target)})
    return None


def _place(target: str) -> Text:
    return place_said(parse_target(target))
