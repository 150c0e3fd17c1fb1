"""How spans, their alarms, loops and bit-error tests look on a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from console.tables import Translate, listed, local_time, table
from engine.control.hardware_narration import alarm_name, clock_words, counters_shown, hardware_sentence, loop_name
from engine.control.narration import LINE_FAULTS
from engine.facts import fact_from_record, known_facts
from engine.kernel.text import Text, text, text_from_json
from engine.telephony.hardware_words import ALARMS, skipped_words, worth_explaining

__all__ = ["bit_test_shown", "bit_tests_shown", "loop_ended_shown", "loops_shown", "span_shown", "spans_shown"]

Row = Mapping[str, Any]

TEST_STATES: Mapping[str, Text] = {
    "running": text("running"),
    "over": text("over"),
    "stopped": text("stopped"),
    "failed": text("failed"),
}


def spans_shown(result: Row, _: Translate, width: int = 0) -> str:
    """Every span in a line, what its alarms mean, the clock, and what is being tested."""
    headings = [_("span"), _("in the settings"), _("span name"), _("kind"), _("channels"), _("alarms"), _("errors")]
    rows = [
        [
            str(span["span"]),
            span["settings_name"] or "-",
            span["name"],
            span["kind"] or "-",
            f"{span['configured']}/{span['channel_count']}",
            _alarms(span, _),
            _errors(span, _),
        ]
        for span in result["spans"]
    ]
    rows += [
        [str(lost["span"]), lost["settings_name"] or "-", lost["name"], lost["kind"] or "-", "-", _("gone"), "-"]
        for lost in result.get("lost", ())
    ]
    blocks = [table(headings, rows, width) if rows else _("none")]
    blocks += [told for span in result["spans"] for told in _meanings(span, _)]
    clock = result["clock"]
    blocks.append(text("Clock: {source}", source=clock_words(clock["source"], clock["span"])).render(_))
    blocks += [_tests(result["tests"], _)] if result["tests"] else []
    blocks += [_loops(result["loops"], _)] if result["loops"] else []
    return "\n\n".join(blocks)


def span_shown(result: Row, _: Translate, width: int = 0) -> str:
    """One span with its channels and its history, newest first."""
    span, offset = result["span"], int(result["utc_offset_min"])
    head = [
        (text("span"), f"{span['span']} {span['name']}"),
        (text("in the settings"), span["settings_name"] or "-"),
        (text("description"), span["description"] or "-"),
        (text("kind"), " ".join(part for part in (span["kind"], span["line_settings"]) if part) or "-"),
        (text("hardware"), listed((part for part in (span["hardware"], span["location"]) if part), _) or "-"),
        (text("alarms"), _alarms(span, _)),
        (text("counted since the start"), _errors(span, _)),
    ]
    blocks = ["\n".join(f"{name.render(_)}: {value}" for name, value in head), *_meanings(span, _)]
    if result["loops"]:
        blocks.append(_loops(result["loops"], _))
    headings = [_("channel"), _("place"), _("signalling"), _("line"), _("call"), _("out of service")]
    blocks.append(table(headings, [_channel(channel, _) for channel in result["channels"]], width))
    told = [_moment(moment, offset, _) for moment in result["history"]]
    blocks.append("\n".join(told) or _("Nothing was told of it yet."))
    return "\n\n".join(blocks)


def loops_shown(result: Row, _: Translate, _width: int = 0) -> str:
    """The loops that are on after a command."""
    return _loops(result["loops"], _) or _("No loop is on. One of a channel needs a moment.")


def loop_ended_shown(result: Row, _: Translate, _width: int = 0) -> str:
    """The loop is off; those that are still on follow."""
    return "\n".join(part for part in (_("The loop is ended."), _loops(result["loops"], _)) if part)


def bit_tests_shown(result: Row, _: Translate, _width: int = 0) -> str:
    """Bit-error tests, newest first."""
    return _tests(result["tests"], _) or _("none")


def bit_test_shown(result: Row, _: Translate, _width: int = 0) -> str:
    """One test after the command that began it."""
    return _tests([result], _)


# ---- pieces ----------------------------------------------------------------------------------------------------------


def _alarms(span: Row, _: Translate) -> str:
    names = [alarm_name(alarm) for alarm in span["alarms"]]
    return listed((name.render(_) if isinstance(name, Text) else name for name in names), _) or _("no alarm")


def _errors(span: Row, _: Translate) -> str:
    return listed((f"{words.render(_)} {count}" for words, count in counters_shown(span["counters"])), _) or "-"


def _meanings(span: Row, _: Translate) -> list[str]:
    known = [ALARMS[alarm] for alarm in worth_explaining(span["alarms"])]
    return [
        text(
            "Span {span}: {alarm}. {meaning} {check}", span=_called(span), alarm=words.name, meaning=words.meaning, check=words.check
        ).render(_)
        for words in known
    ]


def _called(span: Row) -> str:
    return f"{span['span']} ({span['settings_name']})" if span["settings_name"] else str(span["span"])


def _channel(channel: Row, _: Translate) -> list[str]:
    fault = channel["fault"]
    out = LINE_FAULTS[fault].render(_) if fault in LINE_FAULTS else fault
    marks = [_("looped")] if channel["looped"] else []
    marks += [_("bit errors are counted")] if channel["tested"] else []
    place = [str(channel["channel"]), str(channel["position"]), channel["signalling"] or "-", channel["line"] or "-"]
    return [*place, channel["call"] or (_("in use") if channel["busy"] else "-"), listed([*([out] if out else []), *marks], _) or "-"]


def _moment(moment: Row, offset: int, _: Translate) -> str:
    kind = known_facts()[moment["fact"]]
    said = hardware_sentence(fact_from_record(moment["fact"], kind.VERSION, dict(moment["values"])))
    return f"{local_time(int(moment['utc_ms']), offset)} {said.render(_) if said is not None else moment['fact']}"


def _loops(loops: Sequence[Row], _: Translate) -> str:
    lines = []
    for loop in loops:
        where = text("channel {channel}", channel=loop["channel"]) if loop["channel"] else text("span {span}", span=loop["span"])
        minutes = -(-int(loop["left_s"]) // 60)
        said = text(
            "{where}: {loop}, by {by}, {minutes} min left", where=where, loop=loop_name(loop["kind"]), by=loop["by"], minutes=minutes
        )
        lines.append(said.render(_))
    return "\n".join(lines)


def _tests(tests: Sequence[Row], _: Translate) -> str:
    lines = []
    for test in tests:
        pairs = listed((f"{first}-{second}" for first, second in test["pairs"]), _)
        state = TEST_STATES.get(test["state"], test["state"])
        head = text(
            "{test} ({state}, {elapsed} of {length} s): {pairs}",
            test=test["test"],
            state=state,
            elapsed=test["elapsed_s"],
            length=test["length_s"],
            pairs=pairs,
        )
        lines += [head.render(_), "  " + text_from_json(test["verdict"]).render(_)]
        lines += ["  " + skipped_words(test["skipped"]).render(_)] if test["skipped"] else []
        bad = [count for count in test["counts"] if count["found"] and (count["bit_errors"] or count["slips"])]
        lines += ["  " + _count(count, _) for count in bad]
    return "\n".join(lines)


def _count(count: Row, _: Translate) -> str:
    said = text(
        "channel {channel}: {errors} bit errors, {slips} slips ({octets} octets), {bad} errored seconds, {severe} severely",
        channel=count["channel"],
        errors=count["bit_errors"],
        slips=count["slips"],
        octets=count["slipped_octets"],
        bad=count["errored_seconds"],
        severe=count["severely_errored_seconds"],
    )
    return said.render(_)
