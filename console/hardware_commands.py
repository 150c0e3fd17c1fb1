"""Spans, loops and bit-error tests at the console."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from console.hardware_views import bit_test_shown, bit_tests_shown, loops_shown, span_shown, spans_shown
from console.steps import Confirm, Question, Sitting, Steps
from console.tables import Translate
from console.tree import Argument, Command, Source, Word
from engine.kernel.text import Text, text
from engine.people.actors import Act
from engine.telephony.hardware import LoopKind

__all__ = ["HARDWARE_COMMANDS", "SPANS"]

SPANS_MOST = 128
CHANNELS_MOST = 1024
MINUTES_MOST = 24 * 60
SECONDS_MOST = 24 * 3600
SECONDS_A_MINUTE = 60


def _spans(answer: Mapping[str, Any], _: Translate) -> Sequence[tuple[str, str]]:
    return [(str(span["span"]), span["name"]) for span in answer["spans"]]


def _tests(answer: Mapping[str, Any], _: Translate) -> Sequence[tuple[str, str]]:
    return [(test["test"], "") for test in answer["tests"] if test["state"] == "running"]


def _kinds(_answer: Mapping[str, Any], _: Translate) -> Sequence[tuple[str, str]]:
    return [(kind.value, "") for kind in (LoopKind.LOCAL, LoopKind.LINE, LoopKind.PAYLOAD)]


def _asked_first(said: Text, command: str, arguments: Mapping[str, object], sitting: Sitting) -> Steps:
    """What takes lines out of service is done after a question, and then also when they are in use."""
    if not (yield Confirm(said, text("nobody can be asked here; do it at a terminal"))):
        return sitting.say(text("Nothing is done."))
    answer = yield Question(command, {**arguments, "force": True})
    return loops_shown(answer, sitting.translate) if command == "loop" else bit_test_shown(answer, sitting.translate)


def _loop_span(sitting: Sitting, values: Mapping[str, object]) -> Steps:
    asked: dict[str, object] = {"span": values["span"], "loop": values["loop"], "limit_s": _limit_s(values)}
    said = text("Loop span {span}? Its lines are out of service meanwhile, and calls on it end.", span=values["span"])
    return (yield from _asked_first(said, "loop", asked, sitting))


def _loop_channel(sitting: Sitting, values: Mapping[str, object]) -> Steps:
    asked: dict[str, object] = {"span": values["span"], "channel": values["channel"], "limit_s": _limit_s(values)}
    said = text("Loop channel {channel}? Its line is out of service meanwhile, and a call on it ends.", channel=values["channel"])
    return (yield from _asked_first(said, "loop", asked, sitting))


def _limit_s(values: Mapping[str, object]) -> int:
    return int(str(values.get("minutes", 15))) * SECONDS_A_MINUTE


def _bits_channels(sitting: Sitting, values: Mapping[str, object]) -> Steps:
    asked = {"channel": values["channel"], "far_channel": values["far_channel"], "length_s": values.get("length_s", SECONDS_A_MINUTE)}
    said = text(
        "Count bit errors between channels {first} and {second}? Their lines are out of service meanwhile, and calls on them end.",
        first=values["channel"],
        second=values["far_channel"],
    )
    return (yield from _asked_first(said, "bit_test", asked, sitting))


def _bits_spans(sitting: Sitting, values: Mapping[str, object]) -> Steps:
    asked = {"span": values["span"], "far_span": values["far_span"], "length_s": values.get("length_s", SECONDS_A_MINUTE)}
    said = text(
        "Count bit errors between spans {first} and {second}? Their lines are out of service meanwhile, and calls on them end.",
        first=values["span"],
        second=values["far_span"],
    )
    return (yield from _asked_first(said, "bit_test", asked, sitting))


SPAN = Argument("span", "SPAN", text("the span's number"), Source("spans", _spans), most=SPANS_MOST)
FAR_SPAN = Argument("far_span", "SPAN2", text("the span at the other end of the cable"), Source("spans", _spans), most=SPANS_MOST)
CHANNEL = Argument("channel", "CHANNEL", text("the channel's number"), most=CHANNELS_MOST)
FAR_CHANNEL = Argument("far_channel", "CHANNEL2", text("the channel at the other end; the same one when it is looped"), most=CHANNELS_MOST)
KIND = Argument("loop", "LOOP", text("local: in the card; line, payload: back to the far end"), Source("spans", _kinds))
MINUTES = Argument("minutes", "MINUTES", text("after so many minutes it ends by itself (default 15)"), most=MINUTES_MOST, optional=True)
SECONDS = Argument("length_s", "SECONDS", text("how long (default 60)"), most=SECONDS_MOST, optional=True)
TEST = Argument("test", "TEST", text("the test's name"), Source("bit_tests", _tests))

_SPANS_HELP = text("spans of the cards: alarms, errors, clock, loops and tests")
_SPAN_HELP = text("one span: channels, what its alarms mean, history")
_LOOP_HELP = text("loop a span, after a question")
_UNLOOP_HELP = text("end a loop")
_CHANNEL_HELP = text("loop one channel of it")
_BITS_HELP = text("bit-error tests that run or ran of late")
_BITS_CHANNELS_HELP = text("count bit errors between two channels that are cabled to each other")
_BITS_SPANS_HELP = text("count bit errors between all channels of two spans")
_BITS_STOP_HELP = text("stop a bit-error test")

SPANS = Word("spans", _SPANS_HELP)
BITS = Word("bits", text("bit-error tests: begin one, stop it, look at them"))

HARDWARE_COMMANDS: tuple[Command, ...] = (
    Command((SPANS,), _SPANS_HELP, spans_shown, "spans", act=Act.SEE_STATUS),
    Command((SPANS, SPAN), _SPAN_HELP, span_shown, "span", act=Act.SEE_STATUS),
    Command((SPANS, SPAN, Word("loop", _LOOP_HELP), KIND, MINUTES), _LOOP_HELP, run=_loop_span, act=Act.TEST_LINES),
    Command((SPANS, SPAN, Word("unloop", _UNLOOP_HELP)), _UNLOOP_HELP, loops_shown, "loop_end", act=Act.TEST_LINES),
    Command(
        (SPANS, SPAN, Word("channel", _CHANNEL_HELP), CHANNEL, Word("loop", _CHANNEL_HELP), MINUTES),
        text("loop one channel, after a question"),
        run=_loop_channel,
        act=Act.TEST_LINES,
    ),
    Command(
        (SPANS, SPAN, Word("channel", _CHANNEL_HELP), CHANNEL, Word("unloop", _UNLOOP_HELP)),
        _UNLOOP_HELP,
        loops_shown,
        "loop_end",
        act=Act.TEST_LINES,
    ),
    Command((BITS,), _BITS_HELP, bit_tests_shown, "bit_tests", act=Act.SEE_STATUS),
    Command(
        (BITS, Word("channels", _BITS_CHANNELS_HELP), CHANNEL, FAR_CHANNEL, SECONDS),
        _BITS_CHANNELS_HELP,
        run=_bits_channels,
        act=Act.TEST_LINES,
    ),
    Command((BITS, Word("spans", _BITS_SPANS_HELP), SPAN, FAR_SPAN, SECONDS), _BITS_SPANS_HELP, run=_bits_spans, act=Act.TEST_LINES),
    Command((BITS, Word("stop", _BITS_STOP_HELP), TEST), _BITS_STOP_HELP, bit_tests_shown, "bit_test_end", act=Act.TEST_LINES),
)
