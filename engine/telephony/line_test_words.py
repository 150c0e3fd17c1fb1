"""Line tests in words: what each is, what a person has to do meanwhile, and what was found, in a plain sentence."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress

from engine.kernel.text import Text, text, text_from_json
from engine.telephony.line_tests import LineTest

__all__ = ["DOES", "NAMES", "PERSON", "VERDICTS", "found_words"]

NAMES: Mapping[LineTest, Text] = {
    LineTest.BATTERY: text("Battery"),
    LineTest.DIAL_TONE: text("Dial tone"),
    LineTest.NOISE: text("Noise"),
    LineTest.ECHO: text("Echo"),
    LineTest.KEYS: text("Keys"),
    LineTest.RING: text("Ringing"),
    LineTest.CALLER_ID: text("Caller id"),
    LineTest.LEARN_BUSY: text("Learn the busy tone"),
    LineTest.LOOP: text("Loop of two ports"),
}
DOES: Mapping[LineTest, Text] = {
    LineTest.BATTERY: text("whether the pair is fed, also under load, and where the handset is"),
    LineTest.DIAL_TONE: text("seizes the line and measures the tone's level and frequency"),
    LineTest.NOISE: text("measures what is to be heard when nobody speaks"),
    LineTest.ECHO: text("sounds a test signal and measures how much of it comes back"),
    LineTest.KEYS: text("whether keys are understood at the other end"),
    LineTest.RING: text("rings the phone until somebody lifts"),
    LineTest.CALLER_ID: text("rings the phone and shows the number 13800138000"),
    LineTest.LEARN_BUSY: text("dials a number that is busy, such as the line's own, and learns the tone that comes"),
    LineTest.LOOP: text("with a line's port and a phone's port cabled to each other: ringing, answer, levels, keys and hang-up, both ways"),
}
PERSON = {
    (LineTest.RING, True): text("Go to the phone. Lift the handset when it rings."),
    (LineTest.CALLER_ID, True): text("Go to the phone. Lift the handset when the display shows 13800138000, and not before."),
    (LineTest.NOISE, True): text("Go to the phone. Lift the handset when it rings, and be silent for four seconds."),
    (LineTest.ECHO, True): text("Go to the phone. Lift the handset when it rings, and be silent for four seconds: a test signal is heard."),
    (LineTest.KEYS, True): text(
        "Go to the phone. Lift the handset when it rings. Twelve keys are sounded; then press all twelve keys, one after the other."
    ),
}
"""What somebody must do; by test and whether it is a phone's. A test that is not here needs nobody."""
VERDICTS: Mapping[str, Text] = {
    "good": text("good"),
    "doubtful": text("doubtful"),
    "bad": text("bad"),
    "not_done": text("not done"),
}

FOUND: Mapping[str, Text] = {
    "no_battery": text("No battery: nobody feeds the line. Is the cable plugged in at both ends, and is the line switched on?"),
    "handset_up": text("The handset is up, or the two wires touch each other: put it down and try again."),
    "nobody_lifted": text("It was rung for {seconds} s, and nobody lifted. Does it ring at all?"),
    "phone_fed": text("The port feeds the phone with {volts} V, and the handset is down."),
    "handset_down": text("The handset is down. This card does not tell voltages."),
    "battery_drops": text("There is battery, but it goes away when the line is seized: too long a pair, or a bad contact."),
    "battery": text("There is battery, also when the line is seized. This card does not tell voltages."),
    "battery_volts": text("Battery: {volts} V on hook, {loaded} V when the line is seized."),
    "silent": text("No dial tone: the line is silent ({level} dBm0)."),
    "no_tone": text("There is sound of {level} dBm0, but no dial tone: its loudest tone, {hertz} Hz, is a small part of it."),
    "other_frequency": text(
        "A tone of {hertz} Hz at {level} dBm0: {off} Hz off the dial tone of {nominal} Hz. Is the tone set {tones} that of this exchange?"
    ),
    "dial_tone": text("Dial tone of {hertz} Hz ({off} Hz off {nominal} Hz) at {level} dBm0."),
    "faint": text("Dial tone of {hertz} Hz ({off} Hz off {nominal} Hz), but faint: {level} dBm0."),
    "tone_goes_on": text("Dial tone goes on after a key, so noise cannot be measured: try the test of keys."),
    "quiet": text("Quiet: {level} dBm0."),
    "noisy": text("Noisy: {level} dBm0. Below −50 dBm0 would be good."),
    "hum": text("Hum of the {mains} Hz mains: {level} dBm0. Does the pair lie beside a mains cable, or does one of its wires touch earth?"),
    "little_echo": text("Little echo: the test signal comes back {loss} dB weaker (at the worst {worst} dB, at {hertz} Hz)."),
    "much_echo": text(
        "Much echo: the test signal comes back only {loss} dB weaker (at the worst {worst} dB, at {hertz} Hz). 14 dB would be good:"
        " switch on the echo canceller, or set the card's impedance for this country."
    ),
    "keys_taken": text("The exchange hears our keys: dial tone ended with the first one."),
    "keys_not_taken": text("Dial tone goes on after a key: the exchange does not hear it, or wants pulse dialling."),
    "no_key": text("No key was heard from the phone."),
    "keys_missing": text("Heard: {keys}. Not heard: {missing}."),
    "all_pulses": text("All twelve keys were heard, as pulses."),
    "all_keys": text("All twelve keys were heard, at {softest} to {loudest} dBm0."),
    "rang": text("The phone rang, and lifting was noticed after {seconds} s."),
    "lifted_early": text("The handset was lifted before the number was sent: wait until the display shows it."),
    "shown": text("The number was sent after the first ring, and the handset lifted then: the display showed 13800138000."),
    "not_learned": text("Nothing was learned. {failure}"),
    "nothing_recorded": text("Nothing was recorded: no dial tone came, or the line was released before."),
    "country_tone": text("Busy tone of {hertz} Hz, {times} ms: one of the country's tones, so nothing has to be kept."),
    "learned": text(
        "Busy tone of {hertz} Hz, {times} ms. It is kept in the line's settings (version {version}), and ends calls from now on."
    ),
    "learned_before": text("Busy tone of {hertz} Hz, {times} ms, as the line's settings have it already."),
    "learned_not_kept": text("Busy tone of {hertz} Hz, {times} ms; but it could not be kept in the settings. {failure}"),
    "no_loop": text("Ringing does not arrive: are these two ports cabled to each other?"),
    "loop_unanswered": text("Ringing arrives, but the answer does not come back: one of the wires may be broken."),
    "loop": text(
        "The loop works: ringing, answer, keys and hang-up both ways. Loss towards the phone's port {to_phone} dB, towards the line's {to_line} dB."
    ),
    "loop_faults": text(
        "The loop works in part. Wrong: {faults}. Loss towards the phone's port {to_phone} dB, towards the line's {to_line} dB."
    ),
    "stopped": text("The test was stopped."),
    "interrupted": text("Somebody called on the line: the test was broken off, and the call comes first."),
    "failed": text("The test could not be done. {failure}"),
}
LOOP_FAULTS: Mapping[str, Text] = {
    "to_phone": text("level towards the phone's port"),
    "to_line": text("level towards the line's port"),
    "keys_to_phone": text("keys towards the phone's port"),
    "keys_to_line": text("keys towards the line's port"),
    "hung_up": text("hang-up of the line is not seen"),
    "rang_again": text("no ringing the second time"),
    "answered_again": text("no answer the second time"),
    "battery_gone": text("hang-up of the phone's port is not seen (battery removal)"),
}


def found_words(found: str, figures: Mapping[str, str]) -> Text:
    """What was found, as a sentence. A word or figures of a newer program become a sentence all the same."""
    words = FOUND.get(found)
    if words is None:
        return Text("{found}", {"found": found})
    shown: dict[str, object] = dict(figures)
    if "failure" in figures:
        shown["failure"] = _failure(figures["failure"])
    if found == "loop_faults":
        shown["faults"] = _listed([name for name in figures.get("faults", "").split(",") if name])
    said = Text(words.msgid, shown)
    with suppress(KeyError, IndexError, ValueError):
        said.in_english()
        return said
    return Text("{found}", {"found": found})


def _failure(written: str) -> Text | str:
    with suppress(ValueError, KeyError, TypeError, AttributeError):
        return text_from_json(json.loads(written))
    return written


def _listed(names: list[str]) -> Text | str:
    listed: Text | str = ""
    for name in names:
        one = LOOP_FAULTS.get(name, name)
        listed = text("{some}, {more}", some=listed, more=one) if listed else one
    return listed
