"""Words of the page for the states of things; what the command line says too comes from ``engine/control``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.control.choice_words import AGAINST
from engine.control.narration import LINE_FAULTS, REASONS, STATES, WHO
from engine.control.trunk_group_words import GROUP_OBSTACLES
from engine.control.trunk_words import SIGNALLINGS
from engine.kernel.text import Text, text
from engine.telephony.hardware_words import ALARMS

__all__ = [
    "CALL_STATES",
    "CHOICES",
    "E1_CHOICES",
    "GROUP_STATES",
    "HEADINGS",
    "LINE_CHOICES",
    "LINE_STATES",
    "NOT_READY_REASONS",
    "PHONE_STATES",
    "RECORDING_STATES",
    "ROLES",
    "ROLE_SENTENCES",
    "WAYS",
    "WORDS",
    "choice_words",
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
GROUP_STATES: Mapping[str, Text] = {
    "free": text("free"),
    "full": text("full"),
    "limit": text("limit reached"),
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
    "line_fault": text("line out of service"),
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
COUNTRIES: Mapping[str, Text] = {
    "cn": text("China"),
    "uk": text("United Kingdom"),
    "us": text("United States"),
    "hk": text("Hong Kong"),
    "itu": text("as the ITU recommends"),
}
SERVICE_LEVELS: Mapping[str, Text] = {
    "auto": text("as the number says"),
    "internal": text("extensions only"),
    "local": text("local"),
    "national": text("national"),
    "international": text("international"),
}
NUMBER_TYPES: Mapping[str, Text] = {
    "unknown": text("unknown"),
    "subscriber": text("subscriber number"),
    "national": text("national"),
    "international": text("international"),
    "by-prefix": text("by its prefix"),
}
NUMBER_PLANS: Mapping[str, Text] = {"isdn": text("ISDN plan"), "unknown": text("unknown"), "private": text("private plan")}
CHOICES: Mapping[str, Mapping[str, Text]] = {
    "reads": {"": text("as the browser asks"), "zh": text("Chinese"), "en": text("English")},
    "hardware": {"simulated": text("simulated boards"), "dahdi": text("real boards")},
    "language": {"": text("the site's"), "zh": text("Chinese"), "en": text("English")},
    "answer_supervision": {"polarity": text("polarity reversal"), "none": text("is not told")},
    "caller_id_start": {"ring": text("after the first ring"), "polarity": text("after a reversal"), "always": text("at any time")},
    "caller_id_keys": {"china": text("as in China"), "etsi": text("as ETSI has it")},
    "dialling": {"dtmf": text("keys"), "pulse": text("pulses")},
    "dial_tone": {"wait": text("is waited for"), "none": text("the line has none")},
    "release_supervision": {"none": text("is not told"), "battery": text("battery removal")},
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
    "strategy": {
        "longest_idle": text("idle longest"),
        "rotate": text("in turn"),
        "hunt": text("in the queue's order"),
        "even_count": text("equal numbers of calls"),
        "least_time": text("least time in calls"),
        "weighted_random": text("by lot and share"),
        "best_skill": text("best skill"),
    },
    "wrap_up_mode": {
        "": text("as the queue has it"),
        "max": text("after its time, or by key"),
        "fixed": text("after its time"),
        "until_key": text("by key alone"),
    },
    "login_elsewhere": {"refuse": text("is refused"), "move": text("takes the agent along")},
    "tones": COUNTRIES,
    "tone_zone": {"site": text("the site's"), **COUNTRIES},
    "kind": {
        "analog": text("analog card"),
        "dynamic": text("over a network"),
        "plain": text("for routes only"),
        "black": text("black list"),
        "white": text("white list"),
        "vip": text("VIPs"),
        "extension": text("of an extension"),
        "agent": text("of an agent"),
        "account": text("on an account code"),
        "prepaid": text("prepaid"),
        "postpaid": text("paid later"),
    },
    "off_hook_hang_up": {"log_out": text("logs out"), "not_ready": text("becomes not ready")},
    "direction": {"both": text("both directions"), "incoming": text("incoming only"), "outgoing": text("outgoing only")},
    "order": {"descending": text("highest first"), "ascending": text("lowest first"), "round": text("in turn")},
    "choice": {
        "order": text("in this order"),
        "round_robin": text("each in turn"),
        "least_used": text("least used first"),
    },
    "overflow_on": {
        "busy": text("all busy or out of service"),
        "congestion": text("also no circuit or congestion in the exchange"),
        "any": text("also other causes that another way may mend"),
    },
    "sending": {"en-bloc": text("at once"), "overlap": text("digit by digit")},
    "channel_choice": {"exclusive": text("this one or none"), "preferred": text("the exchange may choose another")},
    "restarts": {
        "start": text("after a start, and when in doubt"),
        "up": text("when the D channel comes up, and when in doubt"),
        "doubt": text("only when in doubt"),
        "never": text("never"),
    },
    "ringback": {"auto": text("by the exchange, or by this box"), "exchange": text("by the exchange only")},
    "ringing_tone": {"auto": text("as usual for the signalling"), "box": text("by this box"), "exchange": text("by the exchange")},
    "r2_glare": {"release": text("both let go"), "yield": text("the exchange's call wins"), "keep": text("our call wins")},
    "r2_ask_caller": {"complete": text("when the number is whole"), "first": text("after the first digit"), "never": text("never")},
    "r2_release_control": {
        "first": text("whoever hangs up first"),
        "caller": text("the caller controls"),
        "called": text("the called party controls"),
    },
    "called_type": NUMBER_TYPES,
    "caller_type": NUMBER_TYPES,
    "called_plan": NUMBER_PLANS,
    "caller_plan": NUMBER_PLANS,
    "switch_type": {"euroisdn": text("China, Europe"), "qsig": text("between PBXs")},
    "r2_variant": {
        "china": text("China No.1"),
        "itu": text("as the ITU recommends"),
        "brazil": text("Brazil"),
        "argentina": text("Argentina"),
        "mexico": text("Mexico"),
        "venezuela": text("Venezuela"),
    },
    "cas_address": {"dtmf": text("keys"), "pulses": text("pulses"), "none": text("none (tie line)")},
    "access": {"account": text("with a charge account"), "pin": text("with a PIN")},
    "holidays": {"closed": text("closed, with swapped work days"), "ignored": text("do not count")},
    "vip": {"any": text("all callers"), "yes": text("only VIPs"), "no": text("all but VIPs")},
    "when": {"open": text("while open"), "closed": text("while closed")},
    "level": SERVICE_LEVELS,
    "after_hours_level": SERVICE_LEVELS,
    "script": {"bilingual_menu": text("bilingual menu")},
    "conversations": {"all": text("every conversation"), "outside": text("with an exchange line"), "none": text("no conversation")},
}
"""The values of settings that have few, by the setting's name."""

LINE_CHOICES: Mapping[str, Mapping[str, Text]] = {
    "caller_id": {
        "fsk": text("modem tones (Bell 202)"),
        "dtmf": text("keys (DTMF)"),
        "etsi": text("modem tones (V.23)"),
        "none": text("none is sent"),
    },
    "answer_supervision": {
        "progress": text("by ear"),
        "polarity": text("polarity reversal"),
        "none": text("counts as answered when dialled"),
    },
}
"""The same of exchange lines, where a setting of this name means something else on a desk phone."""


HEADINGS: Mapping[str, Mapping[str, Text]] = {
    "e1_trunks": {
        "name": text("Trunk"),
        "digits": text("Numbers"),
        "digit_wait_s": text("Numbers on ISDN"),
        "channel_choice": text("ISDN"),
        "r2_variant": text("R2, and the bits of CAS"),
        "cas_address": text("CAS without registers"),
        "receive_gain_db": text("Levels"),
    }
}
"""Long forms in parts: before which field of which section which heading stands."""

UNUSED_PARTS: Mapping[str, tuple[str, Mapping[str, frozenset[str]]]] = {
    "e1_trunks": (
        "signalling",
        {
            "isdn-user": frozenset({"r2_variant", "cas_address"}),
            "isdn-network": frozenset({"r2_variant", "cas_address"}),
            "r2": frozenset({"digit_wait_s", "channel_choice", "cas_address"}),
            "cas": frozenset({"digit_wait_s", "channel_choice"}),
        },
    )
}
"""Parts of these forms that do not count: by the field that decides it and its value, named by their first field."""

E1_CHOICES: Mapping[str, Mapping[str, Text]] = {
    "signalling": {name: SIGNALLINGS[name] for name in ("isdn-user", "isdn-network", "r2", "cas")}
}
"""The same of E1 trunks, whose signalling is another thing than the use of a span or of its channels."""


def choice_words(name: str, choices: Sequence[str]) -> Mapping[str, Text]:
    """The words for the values of a setting, by its name and the values that it may have."""
    of_lists = (of_list.get(name, {}) for of_list in (LINE_CHOICES, E1_CHOICES))
    return next((words for words in of_lists if choices and set(choices) == set(words)), CHOICES.get(name, {}))


WORDS: Mapping[str, Mapping[str, Text]] = {
    "agent": STATES,
    "against": AGAINST,
    "call": CALL_STATES,
    "line": LINE_STATES,
    "group": GROUP_STATES,
    "group_limit": GROUP_OBSTACLES,
    "phone": PHONE_STATES,
    "way": WAYS,
    "fault": LINE_FAULTS,
    "span_alarm": {alarm.value: words.name for alarm, words in ALARMS.items()},
    "span_alarm_meaning": {alarm.value: words.meaning for alarm, words in ALARMS.items()},
    "end": REASONS,
    "who": WHO,
    "recording": RECORDING_STATES,
    "reason": NOT_READY_REASONS,
    "role": ROLES,
    "role_sentence": ROLE_SENTENCES,
}
"""All of them by name, for the templates."""
