"""Spans, loops and bit-error tests at the console."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from typing import Any

from console.hardware_views import bit_test_shown, bit_tests_shown, loop_ended_shown, loops_shown, span_shown, spans_shown
from console.steps import Confirm, Question, Sitting, Step, Steps
from console.tables import Translate
from console.tree import Argument, Command, Source, Word
from engine.kernel.text import Text, text
from engine.people.actors import Act
from engine.telephony.hardware import LoopKind
from engine.telephony.hardware_words import analog_cannot_loop

__all__ = ["HARDWARE_COMMANDS", "SPANS"]

SPANS_MOST = 128
CHANNELS_MOST = 1024
MINUTES_MOST = 24 * 60
SECONDS_MOST = 24 * 3600
SECONDS_A_MINUTE = 60
SPAN_LOOPS = (LoopKind.LOCAL, LoopKind.LINE, LoopKind.PAYLOAD)


def _spans(answer: Mapping[str, Any], _: Translate) -> Sequence[tuple[str, str]]:
    return [(str(span["span"]), span["name"]) for span in answer["spans"]]


def _tests(answer: Mapping[str, Any], _: Translate) -> Sequence[tuple[str, str]]:
    return [(test["test"], "") for test in answer["tests"] if test["state"] == "running"]


def _kinds(_answer: Mapping[str, Any], _: Translate) -> Sequence[tuple[str, str]]:
    return [(kind.value, "") for kind in SPAN_LOOPS]


def _need_channel(sitting: Sitting, span: object, channel: object) -> Generator[Step, Any, str]:
    """A sentence when the span has no such channel, else an empty text. Asked before anybody is asked to end calls."""
    answer = yield Question("span", {"span": span, "limit": 1})
    if any(one["channel"] == channel for one in answer["channels"]):
        return ""
    return sitting.say(text("Span {span} has no channel {channel}.", span=span, channel=channel))


def _asked_first(said: Text, command: str, arguments: Mapping[str, object], sitting: Sitting) -> Steps:
    """What takes lines out of service is done after a question, and then also when they are in use."""
    if not (yield Confirm(said, text("nobody can be asked here; do it at a terminal"))):
        return sitting.say(text("Nothing is done."))
    answer = yield Question(command, {**arguments, "force": True})
    return loops_shown(answer, sitting.translate) if command == "loop" else bit_test_shown(answer, sitting.translate)


def _loop_span(sitting: Sitting, values: Mapping[str, object]) -> Steps:
    if values["loop"] not in set(SPAN_LOOPS):
        return sitting.say(text("{loop} is no loop; there are {known}.", loop=repr(values["loop"]), known=", ".join(SPAN_LOOPS)))
    known = yield Question("span", {"span": values["span"], "limit": 1})
    if not known["span"]["digital"]:
        return sitting.say(analog_cannot_loop(int(known["span"]["span"])))
    asked: dict[str, object] = {"span": values["span"], "loop": values["loop"], "limit_s": _limit_s(values)}
    said = text("Loop span {span}? Its lines are out of service meanwhile, and calls on it end.", span=values["span"])
    return (yield from _asked_first(said, "loop", asked, sitting))


def _loop_channel(sitting: Sitting, values: Mapping[str, object]) -> Steps:
    wrong = yield from _need_channel(sitting, values["span"], values["channel"])
    if wrong:
        return wrong
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
    for span in (values["span"], values["far_span"]):
        yield Question("span", {"span": span, "limit": 1})  # one that is not there is refused before anybody is asked
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
    Command((SPANS, SPAN, Word("unloop", _UNLOOP_HELP)), _UNLOOP_HELP, loop_ended_shown, "loop_end", act=Act.TEST_LINES),
    Command(
        (SPANS, SPAN, Word("channel", _CHANNEL_HELP), CHANNEL, Word("loop", _CHANNEL_HELP), MINUTES),
        text("loop one channel, after a question"),
        run=_loop_channel,
        act=Act.TEST_LINES,
    ),
    Command(
        (SPANS, SPAN, Word("channel", _CHANNEL_HELP), CHANNEL, Word("unloop", _UNLOOP_HELP)),
        _UNLOOP_HELP,
        loop_ended_shown,
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
