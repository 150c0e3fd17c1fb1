"""The cards of the machine for people: what happens to them becomes facts and alarms; looking at them, loops and bit-error tests on request.

Who looks needs the right to see the status; who tests, the right to test lines: a test takes lines out of service.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from engine import facts
from engine.kernel.bus import Bus
from engine.kernel.clock import Clock
from engine.kernel.errors import BadInput, Refused
from engine.kernel.text import Text, text, text_as_json
from engine.people.actors import Act, Actor
from engine.store.queries import Moment
from engine.telephony.hardware import (
    LOOP_LIMIT_DEFAULT_S,
    BitTest,
    ClockSource,
    ClockState,
    Hardware,
    Loop,
    LoopKind,
    SpanAlarm,
    SpanCounters,
    SpanState,
)
from engine.telephony.hardware_words import test_verdict

__all__ = ["HISTORY_MOST", "HardwareControl", "LostSpan", "hardware_answers"]

HISTORY_MOST = 1000
HISTORY_SHOWN = 50
CLOCK_ALARM = "clock"
SPANS_MOST = 128
PATTERNS = (11, 15)
SECONDS_A_TEST = 60
CHANNEL_MOST = 1024
NUMBER_SHOWN_MOST = 40
NUMBERS: Mapping[str, Text] = {
    "span": text("Span"),
    "far_span": text("Second span"),
    "channel": text("Channel"),
    "far_channel": text("Second channel"),
    "length_s": text("Length of the test in seconds"),
    "limit_s": text("Time until the loop ends in seconds"),
    "pattern": text("Pattern"),
    "limit": text("Number of events"),
}
"""What a number of a command is called before people."""

Request = Mapping[str, Any]
Done = Callable[[Any], None]
Failed = Callable[[Exception], None]
Answer = Callable[[Actor, Request, Done, Failed], None]
ReadHistory = Callable[[int, int, Callable[[Sequence[Moment]], None], Failed], None]
"""``(span, limit, done, failed)``: what was told of a span, newest first."""


@dataclass(frozen=True)
class LostSpan:
    """A span that is there no more: as it was last, what the settings called it, and when it went (UTC)."""

    state: SpanState
    settings_name: str
    utc_ms: int


class HardwareControl:
    """Implements ``engine.telephony.hardware.HardwareReceiver``. ``log`` is told who asks for tests; ``names``: what the site calls the spans, by
    number.

    A span that goes is remembered until it is there again, under whatever number, or the appliance starts anew.
    """

    def __init__(self, bus: Bus, log: Callable[[str], None], names: Callable[[], Mapping[int, str]] = dict) -> None:
        self._bus = bus
        self._log = log
        self._names = names
        self._clock_fault = False
        self._alarms: dict[int, list[SpanAlarm]] = {}
        self._lost: dict[str, LostSpan] = {}
        """By the driver's names for them: numbers may be given to others."""

    def noted(self, actor: Actor, what: str) -> None:
        """Somebody has asked for something that lines feel."""
        self._log(f"control: {actor.role} {actor.about} {what}")

    # ---- what is wrong now -------------------------------------------------------------------------------------------

    def lost(self) -> Sequence[LostSpan]:
        """The spans that have gone, by number."""
        return sorted(self._lost.values(), key=lambda lost: lost.state.span)

    def troubles(self) -> list[dict[str, Any]]:
        """Spans with alarms, and spans that have gone (``gone``), for who looks at the whole site."""
        names = self._names()
        alarmed = [
            {"span": span, "name": names.get(span, ""), "alarms": [alarm.value for alarm in alarms], "gone": False}
            for span, alarms in sorted(self._alarms.items())
        ]
        gone = [
            {"span": lost.state.span, "name": lost.settings_name or lost.state.name, "alarms": [], "gone": True} for lost in self.lost()
        ]
        return [*alarmed, *gone]

    # ---- told by the cards -------------------------------------------------------------------------------------------

    def span_seen(self, state: SpanState) -> None:
        """A span is there."""
        self._lost.pop(state.name, None)
        self._bus.publish(facts.SpanSeen(span=state.span, name=state.name, kind=state.kind, channels=state.channel_count))

    def span_lost(self, state: SpanState) -> None:
        """A span is gone."""
        self._alarms.pop(state.span, None)
        name = self._names().get(state.span, "")
        told = self._bus.publish(facts.SpanLost(span=state.span, name=state.name))
        if len(self._lost) < SPANS_MOST or state.name in self._lost:
            self._lost[state.name] = LostSpan(state, name, told.utc_ms)

    def span_alarm_raised(self, span: int, alarm: SpanAlarm) -> None:
        """An alarm counts."""
        known = self._alarms.setdefault(span, [])
        if alarm not in known:
            known.append(alarm)
        self._bus.publish(facts.SpanAlarmRaised(span=span, alarm=alarm.value))

    def span_alarm_cleared(self, span: int, alarm: SpanAlarm, lasted_s: float) -> None:
        """It is over."""
        left = [known for known in self._alarms.pop(span, []) if known is not alarm]
        if left:
            self._alarms[span] = left
        self._bus.publish(facts.SpanAlarmCleared(span=span, alarm=alarm.value, lasted_ms=round(lasted_s * 1000)))

    def span_counted(self, span: int, seconds: int, counted: SpanCounters) -> None:
        """Errors of the last minute."""
        self._bus.publish(facts.SpanCounted(span=span, seconds=seconds, **asdict(counted)))

    def clock_changed(self, before: ClockState, now: ClockState, *, fault: bool) -> None:
        """The clock comes from somewhere else; where it should not, that is an alarm."""
        if before.source is not ClockSource.UNKNOWN:
            changed = facts.ClockSourceChanged(
                source=now.source.value, span=now.span, source_before=before.source.value, span_before=before.span
            )
            self._bus.publish(changed)
        if fault and not self._clock_fault:
            sentence = "No exchange line feeds the clock: frames slip, and modems and fax suffer. Look at the alarms of the spans and at their timing."
            self._bus.publish(facts.AlarmRaised(alarm=CLOCK_ALARM, about="clock", sentence=sentence))
        elif self._clock_fault and not fault:
            self._bus.publish(facts.AlarmCleared(alarm=CLOCK_ALARM, about="clock"))
        self._clock_fault = fault

    def loop_started(self, loop: Loop) -> None:
        """A loop is on."""
        self._bus.publish(facts.LoopStarted(span=loop.span, channel=loop.channel, loop=loop.kind.value, limit_s=loop.left_s, by=loop.by))

    def loop_ended(self, loop: Loop, reason: str, by: str) -> None:
        """It is off."""
        self._bus.publish(facts.LoopEnded(span=loop.span, channel=loop.channel, loop=loop.kind.value, reason=reason, by=by))

    def test_started(self, test: BitTest) -> None:
        """A bit-error test begins."""
        pairs = tuple(f"{first}-{second}" for first, second in test.pairs)
        self._bus.publish(facts.BitTestStarted(test=test.test, pairs=pairs, pattern=test.pattern, length_s=test.length_s, by=test.by))

    def test_ended(self, test: BitTest) -> None:
        """Its sums."""
        counts = test.counts
        self._bus.publish(
            facts.BitTestEnded(
                test=test.test,
                outcome=test.state,
                channels=len(counts),
                silent=sum(not count.found for count in counts),
                seconds=max((count.seconds for count in counts), default=0),
                bits=sum(count.bits for count in counts),
                bit_errors=sum(count.bit_errors for count in counts),
                errored_seconds=max((count.errored_seconds for count in counts), default=0),
                severely_errored_seconds=max((count.severely_errored_seconds for count in counts), default=0),
                slips=sum(count.slips for count in counts),
                slipped_octets=sum(count.slipped_octets for count in counts),
                late_blocks=sum(count.late_blocks for count in counts),
            )
        )


def hardware_answers(
    hardware: Hardware,
    control: HardwareControl,
    clock: Clock,
    history: ReadHistory,
    call_on: Callable[[str], str],
    names: Callable[[], Mapping[int, str]],
) -> Mapping[str, tuple[Act, Answer]]:
    """The commands, each with the right it needs, for the table in ``asking.py``. ``call_on``: the call that a line or phone carries, or empty;
    ``names``: what the site calls the spans, by number.
    """
    look = _Looking(hardware, clock, history, call_on, names, control.lost)
    test = _Testing(hardware, control)
    return {
        "spans": (Act.SEE_STATUS, look.spans),
        "span": (Act.SEE_STATUS, look.span),
        "bit_tests": (Act.SEE_STATUS, look.tests),
        "loop": (Act.TEST_LINES, test.loop),
        "loop_end": (Act.TEST_LINES, test.loop_end),
        "bit_test": (Act.TEST_LINES, test.begin),
        "bit_test_end": (Act.TEST_LINES, test.end),
    }


class _Looking:
    """Questions."""

    def __init__(
        self,
        hardware: Hardware,
        clock: Clock,
        history: ReadHistory,
        call_on: Callable[[str], str],
        names: Callable[[], Mapping[int, str]],
        lost: Callable[[], Sequence[LostSpan]],
    ) -> None:
        self._hardware = hardware
        self._lost = lost
        self._clock = clock
        self._history = history
        self._call_on = call_on
        self._names = names

    def spans(self, _actor: Actor, _request: Request, done: Done, _failed: Failed) -> None:
        """Every span, the clock, and what is being tested."""
        source = self._hardware.clock()
        done(
            {
                "utc_offset_min": self._clock.utc_offset_min(),
                "spans": [_span(state, self._names()) for state in self._hardware.spans()],
                "lost": [_lost(lost) for lost in self._lost()],
                "clock": {"source": source.source.value, "span": source.span},
                "loops": [_loop(loop) for loop in self._hardware.loops()],
                "tests": [_test(test) for test in self._hardware.tests()],
            }
        )

    def span(self, _actor: Actor, request: Request, done: Done, failed: Failed) -> None:
        """One span: its channels, what runs on it, and what was told of it, newest first."""
        number, limit = _whole(request, "span", None, 128), _whole(request, "limit", HISTORY_SHOWN, HISTORY_MOST)
        state = next((state for state in self._hardware.spans() if state.span == number), None)
        if state is None:
            raise Refused(text("There is no span {span}.", span=number))
        channels = [{**asdict(channel), "call": self._call_on(channel.line)} for channel in self._hardware.channels(number)]

        def answer(moments: Sequence[Moment]) -> None:
            done(
                {
                    "utc_offset_min": self._clock.utc_offset_min(),
                    "span": _span(state, self._names()),
                    "channels": channels,
                    "loops": [_loop(loop) for loop in self._hardware.loops() if loop.span == number],
                    "history": [_moment(moment) for moment in moments],
                }
            )

        self._history(number, limit, answer, failed)

    def tests(self, _actor: Actor, _request: Request, done: Done, _failed: Failed) -> None:
        """Bit-error tests, running and over, newest first."""
        done({"tests": [_test(test) for test in self._hardware.tests()]})


class _Testing:
    """Commands."""

    def __init__(self, hardware: Hardware, control: HardwareControl) -> None:
        self._hardware = hardware
        self._control = control

    def loop(self, actor: Actor, request: Request, done: Done, _failed: Failed) -> None:
        """Loop a span or a channel of it."""
        span, channel = _whole(request, "span", None, 128), _whole(request, "channel", 0, CHANNEL_MOST, least=0)
        kind = _kind(request, channel)
        limit_s = _whole(request, "limit_s", LOOP_LIMIT_DEFAULT_S, 24 * 3600)
        self._hardware.start_loop(span, channel, kind, limit_s, actor.about, force=_force(request))
        self._control.noted(actor, f"loops span {span} channel {channel} ({kind})")
        done({"loops": [_loop(loop) for loop in self._hardware.loops()]})

    def loop_end(self, actor: Actor, request: Request, done: Done, _failed: Failed) -> None:
        """End a loop."""
        span, channel = _whole(request, "span", None, 128), _whole(request, "channel", 0, CHANNEL_MOST, least=0)
        self._hardware.end_loop(span, channel, actor.about)
        self._control.noted(actor, f"ends the loop of span {span} channel {channel}")
        done({"loops": [_loop(loop) for loop in self._hardware.loops()]})

    def begin(self, actor: Actor, request: Request, done: Done, _failed: Failed) -> None:
        """Count bit errors between two channels (``channel``, ``far_channel``), or all channels of two spans (``span``, ``far_span``)."""
        pairs = self._pairs(request)
        pattern = _whole(request, "pattern", 15, max(PATTERNS))
        length_s = _whole(request, "length_s", SECONDS_A_TEST, 24 * 3600)
        name = self._hardware.start_test(pairs, pattern, length_s, actor.about, force=_force(request))
        self._control.noted(actor, f"counts bit errors ({name}): {', '.join(f'{first}-{second}' for first, second in pairs)}")
        done(next(_test(test) for test in self._hardware.tests() if test.test == name))

    def end(self, actor: Actor, request: Request, done: Done, _failed: Failed) -> None:
        """Stop a test."""
        name = request.get("test")
        if not isinstance(name, str):
            raise BadInput(text("The name of a test is wanted."))
        self._hardware.end_test(name)
        self._control.noted(actor, f"stops the test {name}")
        done({"tests": [_test(test) for test in self._hardware.tests()]})

    def _pairs(self, request: Request) -> list[tuple[int, int]]:
        if "channel" in request:
            channel = _whole(request, "channel", None, CHANNEL_MOST)
            return [(channel, _whole(request, "far_channel", channel, CHANNEL_MOST))]
        near = _whole(request, "span", None, 128)
        far = _whole(request, "far_span", near, 128)
        by_place = {one.position: one.channel for one in self._hardware.channels(far) if one.signalling}
        pairs = [
            (one.channel, by_place[one.position]) for one in self._hardware.channels(near) if one.signalling and one.position in by_place
        ]
        if not pairs:
            raise Refused(text("Spans {near} and {far} have no configured channels at the same places.", near=near, far=far))
        return pairs


# ---- small things ----------------------------------------------------------------------------------------------------


def _span(state: SpanState, names: Mapping[int, str]) -> dict[str, Any]:
    return {**asdict(state), "alarms": [alarm.value for alarm in state.alarms], "settings_name": names.get(state.span, "")}


def _lost(lost: LostSpan) -> dict[str, Any]:
    state = lost.state
    return {
        "span": state.span,
        "name": state.name,
        "kind": state.kind,
        "description": state.description,
        "settings_name": lost.settings_name,
        "lost_utc_ms": lost.utc_ms,
    }


def _moment(moment: Moment) -> dict[str, Any]:
    return {"utc_ms": moment.utc_ms, "fact": type(moment.fact).__name__, "values": facts.fact_to_record(moment.fact)}


def _loop(loop: Loop) -> dict[str, Any]:
    return {**asdict(loop), "kind": loop.kind.value}


def _test(test: BitTest) -> dict[str, Any]:
    shown = {**asdict(test), "pairs": [list(pair) for pair in test.pairs], "verdict": text_as_json(test_verdict(test))}
    del shown["failure"]
    return shown


def _kind(request: Request, channel: int) -> LoopKind:
    word = request.get("loop", LoopKind.CHANNEL.value if channel else LoopKind.LOCAL.value)
    try:
        return LoopKind(str(word))
    except ValueError:
        raise BadInput(text("{loop} is no loop; there are {known}.", loop=repr(word), known=", ".join(LoopKind))) from None


def _force(request: Request) -> bool:
    return request.get("force") is True


def _whole(request: Request, name: str, usual: int | None, most: int, *, least: int = 1) -> int:
    number = request.get(name, usual)
    if not isinstance(number, int) or isinstance(number, bool) or not least <= number <= most:
        raise BadInput(
            text(
                "{what}: {number} was given; a number from {least} to {most} is wanted.",
                what=NUMBERS.get(name, name),
                number=str(number)[:NUMBER_SHOWN_MOST] or "-",
                least=least,
                most=most,
            )
        )
    return number
