"""Trunks at the console: their channels and load, blocking and unblocking, and the trace of calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from console.steps import Confirm, Question, Say, Sitting, Steps
from console.tables import Translate
from console.tree import Argument, Command, Source, Values, Word
from console.trunk_views import (
    blocked_shown,
    capture_shown,
    saved_shown,
    trace_lines,
    trace_shown,
    trunk_shown,
    trunks_shown,
    unblocked_shown,
)
from engine.control.trunk_words import BLOCK_MODES
from engine.kernel.errors import BadInput
from engine.kernel.text import Text, text
from engine.people.actors import Act

__all__ = ["TRUNK_COMMANDS"]

MODES: Mapping[str, str] = {"now": "now", "after-calls": "after_calls"}
CHANNEL_MOST = 31
SECONDS_MOST = 24 * 3600
FOLLOW_USUAL_S, FOLLOW_MOST_S = 300, 3600
FOLLOW_ROUND_S = 2
"""So long a terminal that waits for each answer may be deaf to Ctrl-C."""
Row = Mapping[str, Any]


def _trunks(answer: Row, _: Translate) -> Sequence[tuple[str, str]]:
    return [(trunk["trunk"], trunk["span"]) for trunk in answer["trunks"]]


def _traced(answer: Row, _: Translate) -> Sequence[tuple[str, str]]:
    return [(trunk["trunk"], trunk["span"]) for trunk in answer["trunks"] if trunk["signalling"] != "analog"]


def _spans(answer: Row, _: Translate) -> Sequence[tuple[str, str]]:
    return [(span["span"], "") for span in answer["spans"]]


def _lines(answer: Row, _: Translate) -> Sequence[tuple[str, str]]:
    return [(line["line"], "") for line in answer["lines"]]


def _modes(_answer: Row, translate: Translate) -> Sequence[tuple[str, str]]:
    return [(typed, BLOCK_MODES[mode].render(translate)) for typed, mode in MODES.items()]


# ---- blocking --------------------------------------------------------------------------------------------------------


def _block(scope: str) -> Callable[[Sitting, Values], Steps]:
    def steps(sitting: Sitting, values: Values) -> Steps:
        mode = MODES.get(str(values["mode"]))
        if mode is None:
            raise BadInput(text("{mode} is no way to block; there are {known}.", mode=repr(values["mode"]), known=", ".join(MODES)))
        if mode == "now":
            said = text("Block {name} now? Calls on it end.", name=values["name"])
            if not (yield Confirm(said, text("nobody can be asked here; block after-calls, or do it at a terminal"))):
                return sitting.say(text("Nothing is done."))
        answer = yield Question("block", {"scope": scope, "name": values["name"], "mode": mode, "why": values["why"]})
        return blocked_shown(answer, sitting.translate)

    return steps


def _unblock(scope: str) -> Callable[[Sitting, Values], Steps]:
    def steps(sitting: Sitting, values: Values) -> Steps:
        answer = yield Question("unblock", {"scope": scope, "name": values["name"], "why": values["why"]})
        return unblocked_shown(answer, sitting.translate)

    return steps


# ---- tracing ---------------------------------------------------------------------------------------------------------


def _follow(sitting: Sitting, values: Values) -> Steps:
    """New messages as they come, until Ctrl-C or the time is over."""
    trunk, left_s = values["trunk"], int(str(values.get("seconds", FOLLOW_USUAL_S)))
    answer = yield Question("trunk_trace", {"trunk": trunk, "limit": 1})
    after = max((line["seq"] for line in answer["lines"]), default=0)
    yield Say(sitting.say(text("Messages of {trunk} as they come; Ctrl-C ends it.", trunk=trunk)))
    while left_s > 0:
        wait_s = min(left_s, FOLLOW_ROUND_S)
        answer = yield Question("trunk_trace", {"trunk": trunk, "after": after, "wait_s": wait_s})
        if answer["lines"]:
            after = max(line["seq"] for line in answer["lines"])
            yield Say(trace_lines(answer, sitting.translate))
        else:
            left_s -= wait_s
    return sitting.say(text("Nothing more came for so long."))


# ---- words and arguments ---------------------------------------------------------------------------------------------

TRUNK = Argument("trunk", "TRUNK", text("the trunk's name"), Source("trunks", _trunks))
TRACED_TRUNK = Argument("trunk", "TRUNK", text("the trunk's name"), Source("trunks", _traced))
MODE = Argument("mode", "MODE", text("now: calls end; after-calls: when they have ended"), Source("trunks", _modes))
WHY = Argument("why", "WHY", text("why, for others who wonder: everything up to the end of the line"), rest=True)
NAMED: Mapping[str, Argument] = {
    "line": Argument("name", "LINE", text("the name of a line or phone"), Source("lines", _lines)),
    "trunk": Argument("name", "TRUNK", text("the trunk's name"), Source("trunks", _trunks)),
    "span": Argument("name", "SPAN", text("the span's name in the settings"), Source("trunks", _spans)),
}
NUMBER = Argument("number", "NUMBER", text("digits of the caller's or the called number"))
CHANNEL = Argument("channel", "TIMESLOT", text("the channel's timeslot"), most=CHANNEL_MOST)
SECONDS = Argument("limit_s", "SECONDS", text("how long at most (default 900)"), most=SECONDS_MOST, optional=True)
FOLLOW_SECONDS = Argument("seconds", "SECONDS", text("how long without news (default 300)"), most=FOLLOW_MOST_S, optional=True)

_TRUNKS_HELP = text("trunks: channels, what they carried, D channels")
_TRUNK_HELP = text("one trunk: each channel's state and calls, its D channel, who has blocked what")
_BLOCK_HELP = text("keep a line, a trunk or a span from new calls, at once or when calls have ended")
_UNBLOCK_HELP = text("let a line, a trunk or a span carry calls again")
_SCOPE_HELP: Mapping[str, Text] = {
    "line": text("one line or phone"),
    "trunk": text("all lines of a trunk"),
    "span": text("all lines of a span"),
}
_TRACE_HELP = text("the signalling of a trunk in words: its newest messages")
_TRACE_NUMBER_HELP = text("only calls with this number")
_TRACE_CHANNEL_HELP = text("only calls on this channel")
_FOLLOW_HELP = text("messages as they come, until Ctrl-C")
_CAPTURE_HELP = text("keep all messages from now on, for a file")
_STOP_HELP = text("end the capture")
_SAVE_HELP = text("write the capture to a file on the box, for Wireshark")

TRUNKS = Word("trunks", _TRUNKS_HELP)
TRACE = Word("trace", _TRACE_HELP)
CAPTURE = Word("capture", _CAPTURE_HELP)


def _scoped(scope: str) -> tuple[Command, ...]:
    word, name = Word(scope, _SCOPE_HELP[scope]), NAMED[scope]
    return (
        Command((Word("block", _BLOCK_HELP), word, name, MODE, WHY), _SCOPE_HELP[scope], run=_block(scope), act=Act.TEST_LINES),
        Command((Word("unblock", _UNBLOCK_HELP), word, name, WHY), _SCOPE_HELP[scope], run=_unblock(scope), act=Act.TEST_LINES),
    )


def _tracing(parts: tuple[Word | Argument, ...], help_: Text, asks: str, shown: Callable[[Row, Translate, int], str]) -> Command:
    return Command((TRACE, TRACED_TRUNK, *parts), help_, shown, asks, act=Act.TEST_LINES)


NUMBER_WORD, CHANNEL_WORD = Word("number", _TRACE_NUMBER_HELP), Word("channel", _TRACE_CHANNEL_HELP)

TRUNK_COMMANDS: tuple[Command, ...] = (
    Command((TRUNKS,), _TRUNKS_HELP, trunks_shown, "trunks", act=Act.SEE_STATUS),
    Command((TRUNKS, TRUNK), _TRUNK_HELP, trunk_shown, "trunk", act=Act.SEE_STATUS),
    *(command for scope in NAMED for command in _scoped(scope)),
    _tracing((), _TRACE_HELP, "trunk_trace", trace_shown),
    _tracing((NUMBER_WORD, NUMBER), _TRACE_NUMBER_HELP, "trunk_trace", trace_shown),
    _tracing((CHANNEL_WORD, CHANNEL), _TRACE_CHANNEL_HELP, "trunk_trace", trace_shown),
    Command((TRACE, TRACED_TRUNK, Word("follow", _FOLLOW_HELP), FOLLOW_SECONDS), _FOLLOW_HELP, run=_follow, act=Act.TEST_LINES),
    _tracing((CAPTURE, SECONDS), _CAPTURE_HELP, "capture", capture_shown),
    _tracing((CAPTURE, NUMBER_WORD, NUMBER, SECONDS), _TRACE_NUMBER_HELP, "capture", capture_shown),
    _tracing((CAPTURE, CHANNEL_WORD, CHANNEL, SECONDS), _TRACE_CHANNEL_HELP, "capture", capture_shown),
    _tracing((Word("stop", _STOP_HELP),), _STOP_HELP, "capture_end", capture_shown),
    _tracing((Word("save", _SAVE_HELP),), _SAVE_HELP, "capture_save", saved_shown),
)
