"""The sentences of alarms in the reader's language.

A fact carries an alarm's sentence in English, so that a journal can be read without this program. Some carry it as a text besides: those that are put
together of many, as what the driver refuses. For the others here stand the sentences that alarms of a known key are made of; one that is
recognised becomes a text again, values and all. Any other sentence stays as it was written.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache

from engine.calls.group_usage import LIMIT_ALARM
from engine.calls.trunk_groups import LIMIT_SENTENCES
from engine.kernel.text import Text, text

__all__ = ["ALARM_NAMES", "ALARM_SENTENCES", "alarm_said"]

SENTENCE_MOST = 2000
"""Characters of a sentence that are looked at; a longer one is repeated as it is."""
PLACE = re.compile(r"\{(\w+)\}")

ALARM_SENTENCES: Mapping[str, Sequence[Text]] = {
    "pump-refused": (text("The media pump refused a command for port {port}: {reason}."),),
    "pump-stalled": (text("The media pump was {late_ms} ms late: callers heard a gap. Is the machine overloaded?"),),
    "pump-events-lost": (text("{count} events of the media pump were lost: the appliance was too slow to take them."),),
    "pump-priority": (
        text(
            "The media pump runs without realtime priority: under load callers hear gaps. Start the appliance as root, or permit"
            " a realtime priority of {priority} (LimitRTPRIO of the service, rtprio in limits.conf)."
        ),
    ),
    "pump-memory": (
        text(
            "The media pump's memory is not locked: when the machine swaps, callers hear gaps. Start the appliance as root, or permit"
            " locked memory without limit (LimitMEMLOCK=infinity of the service, memlock in limits.conf)."
        ),
    ),
    "pump-still": (text("The media pump stands still: nobody hears anybody. Under systemd the service is started anew; else restart it."),),
    "tap-overrun": (text("A recording lacks {lost_ms} ms: the disk is too slow to write it."),),
    "recorder.overrun": (text("The recording of call {call} has gaps: the disk took too long. Look for other load on it."),),
    "recorder.disk": (text("The recording of call {call} broke off ({error}); the call goes on. Look at the disk of {folder}."),),
    "store.disk": (
        text("The journal in {folder} cannot be written ({error}); facts wait in memory. Free disk space or replace the disk."),
    ),
    "store.backlog": (text("{count} facts wait for the disk; newer ones are lost until it works again."),),
    "clock": (
        text(
            "No exchange line feeds the clock: frames slip, and modems and fax suffer. Look at the alarms of the spans and at their timing."
        ),
    ),
    "d-channel": (
        text(
            "The D channel of trunk {trunk} is down: no new calls on it. Look at the span's alarms, at the signalling of both ends and at the"
            " timeslot."
        ),
    ),
    "caller-refused": (
        text(
            "The exchange refuses call after call of trunk {trunk}, probably for the caller number that it shows: set Caller number shown to a number of the"
            " range that the carrier has assigned, and look at type and plan of caller numbers."
        ),
    ),
    "ivr.script_failed": (text("The script that spoke to the caller of {call} failed: {error}"),),
    "toll.limit": (text("Phone {phone} has reached the daily limit of class {rule} for calls outside. Look at its calls."),),
    "page": (text("There is no page at {address} ({fault}). Calls go on; it is tried again every {seconds} s."),),
    "ssh": (text("There is no console by SSH at {address} ({fault}). Calls go on; it is tried again every {seconds} s."),),
    "serial-line": (text("There is no console on the serial line {device} ({fault}). Calls go on; it is tried again every {seconds} s."),),
    "driver": (
        text("The other end also claims to be the user side: make one of the two the network side."),
        text("The other end also claims to be the network side: make one of the two the user side."),
    ),
    "rescue": (text("Somebody at the serial line {device} uses the rescue login, which gives accounts new passwords."),),
    LIMIT_ALARM: tuple(LIMIT_SENTENCES.values()),
    "bug": (
        text("{actor} met the event {event} in state {state}, for which there is no rule."),
        text("{actor} failed: {error}"),
    ),
}
"""By the alarm's key; the values of the texts are what stands in a sentence's places."""

ALARM_NAMES: Mapping[str, Text] = {
    "pump-priority": text("no realtime priority"),
    "pump-memory": text("memory not locked"),
    "pump-refused": text("media pump refused a command"),
    "pump-stalled": text("media pump late"),
    "pump-events-lost": text("events of the media pump lost"),
    "pump-still": text("media pump stands still"),
    "tap-overrun": text("gaps in a recording"),
    "recorder.overrun": text("gaps in a recording"),
    "recorder.disk": text("recording broken off"),
    "store.disk": text("journal not writable"),
    "store.backlog": text("journal behind"),
    "clock": text("clock"),
    "driver": text("driver error"),
    "span-configuration": text("configuration of a span"),
    "ivr.script_failed": text("script failed"),
    "page": text("page not reachable"),
    "ssh": text("console by SSH not reachable"),
    "serial-line": text("console on the serial line not reachable"),
    "rescue": text("rescue login"),
    "d-channel": text("D channel down"),
    "caller-refused": text("caller number refused"),
    LIMIT_ALARM: text("limit of a trunk group reached"),
    "toll.limit": text("daily limit of calls outside reached"),
    "cost.budget": text("budget of the month used"),
    "disa.locked": text("wrong PINs of a caller"),
    "charge-account.locked": text("charge account locked"),
    "bug": text("fault in the program"),
}
"""What people call an alarm, by its key."""


def alarm_said(alarm: str, sentence: str) -> Text | str:
    """The sentence as a text that can be rendered in any language; the sentence itself where it is none of those above."""
    if len(sentence) <= SENTENCE_MOST:
        for known in ALARM_SENTENCES.get(alarm, ()):
            if found := _pattern(known.msgid).fullmatch(sentence):
                return Text(known.msgid, found.groupdict())
    return sentence


@cache
def _pattern(msgid: str) -> re.Pattern[str]:
    """What matches every sentence made from this message."""
    pieces = PLACE.split(msgid)  # words and names of places by turns
    return re.compile("".join(f"(?P<{piece}>.+?)" if at % 2 else re.escape(piece) for at, piece in enumerate(pieces)), re.DOTALL)
