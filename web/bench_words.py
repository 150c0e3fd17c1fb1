"""Words of the bench that change while one looks at it."""

from __future__ import annotations

from collections.abc import Mapping

from engine.kernel.text import Text, text
from web.words import NOT_READY_REASONS

__all__ = ["BENCH_WORDS"]

BENCH_WORDS: Mapping[str, Mapping[str, Text]] = {
    "tone": {
        "dial": text("dial tone"),
        "special_dial": text("special dial tone"),
        "ringback": text("ringback tone"),
        "busy": text("busy tone"),
        "congestion": text("congestion tone"),
        "unallocated": text("unallocated number tone"),
        "howler": text("howler tone"),
        "steady": text("a steady tone"),
        "sound": text("voice or music"),
        "": text("silence"),
    },
    "state": {
        "idle": text("on hook"),
        "ringing": text("ringing"),
        "lifted": text("off hook"),
        "demo": text("in the demo call"),
        "other": text("in use by {who}"),
    },
    "line": {
        "idle": text("free"),
        "ringing": text("ringing"),
        "talking": text("in a call"),
        "clearing": text("other side has hung up"),
        "dialling": text("being dialled"),
        "ringing_out": text("ringing outside"),
        "failed": text("not completed"),
        "channels": text("{busy} of {channels} channels in calls"),
        "down": text("signalling down"),
    },
    "absence": {"private": text("number withheld"), "unavailable": text("number unavailable")},
    "agent": {
        "ready": text("ready"),
        "not_ready": text("not ready"),
        "reserved": text("about to be rung"),
        "offered": text("being rung"),
        "talking": text("talking"),
        "hold": text("has the caller on hold"),
        "consult": text("asks somebody else"),
        "conference": text("in a conference"),
        "wrap_up": text("in wrap-up"),
        "own_call": text("in an own call"),
    },
    "reason": NOT_READY_REASONS,
    "act": {"lift": text("Lift"), "answer": text("Answer")},
    "display": {
        "calls": text("{who} calls"),
        "unknown": text("unknown number"),
        "on_line": text("on {line}"),
        "hears": text("hears: {what}"),
        "ear_none": text("No handset is at your ear: lift one."),
        "ear_at": text("At your ear: {number}"),
    },
    "guide": {
        "none": text("Somebody telephones you. You see the call arrive."),
        "dialling": text("The line rings …"),
        "arrived": text("The voice menu answers. It is led through for you; you may press keys yourself."),
        "waiting": text("The caller waits for an agent."),
        "offered": text("Telephone {number} rings!"),
        "talking": text("You are connected. Say something, or play a file; then hang up."),
        "over": text("The call is over."),
        "from": text("Call from {number}"),
        "reached": text("The call has come to an agent."),
        "logged_in": text("Logged in: {who}"),
        "not_ready": text(
            "{who} is logged in, but not ready ({why}): no call would come. At telephone {number} press Lift, {code}, Hang up; or log another agent in."
        ),
        "logging_in": text("The keys are being pressed …"),
        "recorded": text("The recording is ready."),
        "recording": text("It comes when the call is over."),
        "heard": text("You have heard it. That is all there is to it!"),
        "demo": text("The demo call is being played. Your turn comes when it is over, in half a minute at most."),
    },
    "connection": {
        "live": text("connected"),
        "lost": text("connection lost, trying again …"),
        "ended": text("login ended"),
        "replaced": text("the bench was opened again elsewhere; reload this page to use it here"),
        "refused": text("the bench refuses this page; reload it"),
    },
    "sound": {
        "microphone_denied": text("The browser gives no microphone. Allow it for this page, or play a file instead."),
        "microphone_insecure": text("A browser gives its microphone only to a page with TLS or on this machine. Play a file instead."),
        "no_sound": text("This browser cannot play sound on this page: {why}"),
        "file_unknown": text("{file} is no sound that this browser can play."),
        "file_large": text("{file} is larger than 20 MB."),
        "playing": text("plays: {file}"),
        "lift_first": text("Lift a handset first."),
    },
}
"""By group and key, for the page's script; names in braces are filled in there."""
