"""Words of the page for the states of things; what the command line says too comes from ``engine/control``."""

from __future__ import annotations

from collections.abc import Mapping

from engine.control.narration import LINE_FAULTS, REASONS, STATES, WHO
from engine.kernel.text import Text, text

__all__ = [
    "CALL_STATES",
    "CHOICES",
    "LINE_STATES",
    "NOT_READY_REASONS",
    "PHONE_STATES",
    "RECORDING_STATES",
    "ROLES",
    "ROLE_SENTENCES",
    "WAYS",
    "WORDS",
]

CALL_STATES: Mapping[str, Text] = {
    "ringing": text("ringing"),
    "answered": text("in dialogue"),
    "waiting": text("waiting"),
    "connecting": text("connecting"),
    "dialling": text("dialling"),
    "proceeding": text("ringing outside"),
    "talking": text("talking"),
    "ended": text("ended"),
}
LINE_STATES: Mapping[str, Text] = {
    "free": text("free"),
    "ringing": text("ringing"),
    "busy": text("in a call"),
    "resting": text("resting"),
    "out_of_service": text("out of service"),
}
PHONE_STATES: Mapping[str, Text] = {
    "idle": text("on hook"),
    "off_hook": text("off hook"),
    "ringing": text("ringing"),
    "out_of_service": text("out of service"),
}
WAYS: Mapping[str, Text] = {
    "in": text("in"),
    "out": text("out"),
    "inside": text("inside"),
    "incoming": text("in"),
    "outgoing": text("out"),
    "internal": text("inside"),
}
RECORDING_STATES: Mapping[str, Text] = {
    "open": text("The recording is still running."),
    "whole": text("The recording is complete."),
    "mended": text("The recording was cut off by a restart and mended."),
    "failed": text("The recording broke off."),
}
NOT_READY_REASONS: Mapping[str, Text] = {
    "break": text("break"),
    "meal": text("meal"),
    "meeting": text("meeting"),
    "training": text("training"),
    "login": text("just logged in"),
    "missed": text("missed calls"),
    "phone_fault": text("phone fault"),
}
"""The usual reasons; a site's own are shown as the site writes them."""
ROLES: Mapping[str, Text] = {
    "administrator": text("administrator"),
    "supervisor": text("supervisor"),
    "agent_user": text("agent"),
    "quality": text("quality inspector"),
    "read_only": text("onlooker"),
}
ROLE_SENTENCES: Mapping[str, Text] = {
    "administrator": text("Sets the box up: settings, users and log; sees all calls, hears recordings, and commands agents."),
    "supervisor": text("Leads agents: sees the live page and all calls, hears recordings, makes agents ready or not ready."),
    "agent_user": text("Takes calls: sees the live page; tied to an agent, also the own calls, and is ready or not ready from the page."),
    "quality": text("Judges conversations: sees all calls and hears recordings."),
    "read_only": text("Looks on: sees the live page and all calls, and hears nothing."),
}
CHOICES: Mapping[str, Mapping[str, Text]] = {
    "reads": {"": text("as the browser asks"), "zh": text("Chinese"), "en": text("English")},
    "hardware": {"simulated": text("simulated boards"), "dahdi": text("real boards")},
    "language": {"": text("the site's"), "zh": text("Chinese"), "en": text("English")},
    "answer_supervision": {"none": text("none"), "polarity": text("polarity reversal")},
    "script": {"bilingual_menu": text("bilingual menu")},
    "conversations": {"all": text("every conversation"), "outside": text("with an exchange line"), "none": text("no conversation")},
}
"""The values of settings that have few, by the setting's name."""

WORDS: Mapping[str, Mapping[str, Text]] = {
    "agent": STATES,
    "call": CALL_STATES,
    "line": LINE_STATES,
    "phone": PHONE_STATES,
    "way": WAYS,
    "fault": LINE_FAULTS,
    "end": REASONS,
    "who": WHO,
    "recording": RECORDING_STATES,
    "reason": NOT_READY_REASONS,
    "role": ROLES,
    "role_sentence": ROLE_SENTENCES,
}
"""All of them by name, for the templates."""
