"""Facts about the cards of the machine as sentences."""

from __future__ import annotations

from collections.abc import Mapping

from engine import facts
from engine.kernel.text import Text, text
from engine.telephony.hardware import ClockSource, LoopKind, SpanAlarm
from engine.telephony.hardware_words import ALARMS, CLOCK_SOURCES, COUNTERS, LOOPS
from engine.telephony.line_test_words import NAMES, found_words
from engine.telephony.line_tests import LineTest

__all__ = ["LOOP_ENDS", "alarm_name", "clock_words", "counters_shown", "hardware_sentence", "loop_name"]

LOOP_ENDS: Mapping[str, Text] = {
    "ended": text("ended"),
    "limit": text("its time was over"),
    "card_removed": text("the card was removed"),
    "stopping": text("the appliance is stopping"),
    "failed": text("the driver refused it"),
}


def alarm_name(alarm: str) -> Text | str:
    """An alarm's name; an unknown one as it is."""
    return ALARMS[SpanAlarm(alarm)].name if alarm in set(SpanAlarm) else alarm


def loop_name(kind: str) -> Text | str:
    """A loop's name."""
    return LOOPS[LoopKind(kind)] if kind in set(LoopKind) else kind


def clock_words(source: str, span: int) -> Text | str:
    """Where the clock comes from."""
    if source not in set(ClockSource):
        return source
    words = CLOCK_SOURCES[ClockSource(source)]
    return Text(words.msgid, {"span": span})


def counters_shown(values: Mapping[str, object]) -> list[tuple[Text, int]]:
    """The counters that are not nought, with their names."""
    counted = ((words, values.get(name, 0)) for name, words in COUNTERS.items())
    return [(words, count) for words, count in counted if isinstance(count, int) and count]


def _counted(fact: facts.SpanCounted) -> Text:
    listed: Text | None = None
    for words, count in counters_shown(facts.fact_to_record(fact)):
        one = text("{what}: {count}", what=words, count=count)
        listed = one if listed is None else text("{some}, {more}", some=listed, more=one)
    return text("Span {span} in {seconds} s: {counters}.", span=fact.span, seconds=fact.seconds, counters=listed or "-")


def _looped(fact: facts.LoopStarted | facts.LoopEnded) -> Text:
    loop = loop_name(fact.loop)
    where = text("channel {channel}", channel=fact.channel) if fact.channel else text("span {span}", span=fact.span)
    if isinstance(fact, facts.LoopStarted):
        return text(
            "{where} is looped by {by} for at most {minutes} min: {loop}.",
            where=where,
            by=fact.by,
            minutes=-(-fact.limit_s // 60),
            loop=loop,
        )
    return text("{where} is looped no more: {reason}.", where=where, reason=LOOP_ENDS.get(fact.reason, fact.reason))


def _tested(fact: facts.LineTested) -> Text:
    name = NAMES[LineTest(fact.test)] if fact.test in set(LineTest) else fact.test
    port = text("{port} and {far}", port=fact.port, far=fact.far) if fact.far else fact.port
    found = found_words(fact.found, dict(value.partition("=")[::2] for value in fact.values))
    return text("Line test of {port}, {test}: {found}", port=port, test=name, found=found)


def hardware_sentence(fact: facts.Fact) -> Text | None:
    """What a person reads when this happens; None for what is not about cards."""
    match fact:
        case facts.SpanSeen(span=span, name=name):
            return text("Span {span} is there ({name}).", span=span, name=name)
        case facts.SpanLost(span=span, name=name):
            return text("Span {span} is gone ({name}): was its card removed?", span=span, name=name)
        case facts.SpanAlarmRaised(span=span, alarm=alarm):
            meaning = ALARMS[SpanAlarm(alarm)].meaning if alarm in set(SpanAlarm) else "-"
            return text("ALARM: span {span}: {alarm}. {meaning}", span=span, alarm=alarm_name(alarm), meaning=meaning)
        case facts.SpanAlarmCleared(span=span, alarm=alarm, lasted_ms=lasted_ms):
            return text(
                "Span {span}: {alarm} is over after {seconds} s.", span=span, alarm=alarm_name(alarm), seconds=round(lasted_ms / 1000)
            )
        case facts.SpanCounted():
            return _counted(fact)
        case facts.ClockSourceChanged(source=source, span=span, source_before=before, span_before=span_before):
            now, was = clock_words(source, span), clock_words(before, span_before)
            return text("The clock comes from {now} now, no longer from {before}.", now=now, before=was)
        case facts.LineTested():
            return _tested(fact)
        case facts.LoopStarted() | facts.LoopEnded():
            return _looped(fact)
        case facts.BitTestStarted(test=test, pairs=pairs, by=by, length_s=length_s):
            return text(
                "{by} counts bit errors for {seconds} s ({test}): {pairs}.", by=by, seconds=length_s, test=test, pairs=", ".join(pairs)
            )
        case facts.BitTestEnded(test=test, seconds=seconds, bit_errors=errors, slips=slips, silent=silent):
            if silent:
                return text("{test}: the pattern did not come on {silent} channels.", test=test, silent=silent)
            return text(
                "{test}: {errors} bit errors and {slips} slips in {seconds} s.", test=test, errors=errors, slips=slips, seconds=seconds
            )
    return None
