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
    "held": text("on hold"),
    "recalling": text("comes back from hold"),
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
    "left_off_hook": text("left off hook"),
    "attending": text("ready off hook"),
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
    "off_hook": text("handset left off"),
    "handset_down": text("handset put down"),
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
SERVICE_LEVELS: Mapping[str, Text] = {
    "auto": text("as the number says"),
    "internal": text("extensions only"),
    "local": text("local"),
    "national": text("national"),
    "international": text("international"),
}
CHOICES: Mapping[str, Mapping[str, Text]] = {
    "reads": {"": text("as the browser asks"), "zh": text("Chinese"), "en": text("English")},
    "hardware": {"simulated": text("simulated boards"), "dahdi": text("real boards")},
    "language": {"": text("the site's"), "zh": text("Chinese"), "en": text("English")},
    "answer_supervision": {"progress": text("by ear"), "polarity": text("polarity reversal"), "none": text("none")},
    "caller_id_start": {"ring": text("after the first ring"), "polarity": text("after a reversal"), "always": text("at any time")},
    "dialling": {"dtmf": text("keys"), "pulse": text("pulses")},
    "dial_tone": {"wait": text("is waited for"), "none": text("the line has none")},
    "release_supervision": {"none": text("none"), "battery": text("battery removal")},
    "caller_id": {
        "mdmf": text("number and name, FSK (Bell 202)"),
        "sdmf": text("number only, FSK (Bell 202)"),
        "etsi": text("number and name, FSK (V.23)"),
        "dtmf": text("number, by keys"),
        "none": text("no display"),
    },
    "caller_id_alert": {"none": text("not at all"), "tone": text("two tones"), "reversal": text("polarity reversal")},
    "flash": {"both": text("short and long breaks"), "short": text("short breaks"), "long": text("long breaks"), "none": text("no break")},
    "lamp": {"none": text("no lamp"), "fsk": text("data"), "voltage": text("high voltage"), "reversal": text("polarity reversal")},
    "answers": {"ringing": text("when rung"), "off_hook": text("off hook")},
    "off_hook_hang_up": {"log_out": text("logs out"), "not_ready": text("becomes not ready")},
    "direction": {"both": text("both directions"), "incoming": text("incoming only"), "outgoing": text("outgoing only")},
    "order": {"descending": text("highest first"), "ascending": text("lowest first"), "round": text("in turn")},
    "r2_glare": {"release": text("both let go"), "yield": text("the exchange's call wins"), "keep": text("our call wins")},
    "r2_ask_caller": {"complete": text("when the number is whole"), "first": text("after the first digit"), "never": text("never")},
    "holidays": {"closed": text("closed, with swapped work days"), "ignored": text("do not count")},
    "kind": {
        "plain": text("for routes only"),
        "black": text("black list"),
        "white": text("white list"),
        "vip": text("VIPs"),
    },
    "vip": {"any": text("all callers"), "yes": text("only VIPs"), "no": text("all but VIPs")},
    "when": {"open": text("while open"), "closed": text("while closed")},
    "level": SERVICE_LEVELS,
    "after_hours_level": SERVICE_LEVELS,
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
