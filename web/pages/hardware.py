"""The cards of the machine: spans with their alarms and what to do about them, counters, history, channels; loops and bit-error tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from klein import Klein

from engine.control.hardware_narration import clock_words, counters_shown, hardware_sentence, loop_name
from engine.control.narration import LINE_FAULTS
from engine.facts import fact_from_record, known_facts
from engine.kernel.errors import BadInput, EnvironmentFault, Refused
from engine.kernel.text import Text, text, text_from_json
from engine.people.actors import Act
from engine.telephony.hardware import LOOP_LIMIT_DEFAULT_S, LOOP_LIMIT_MOST_S, LoopKind, SpanAlarm
from engine.telephony.hardware_words import ALARMS, LOOPS, AlarmWords, skipped_words, worth_explaining
from web.house import House, asked
from web.pages.spans import span_states
from web.visit import PageFault, Visit

__all__ = ["add"]

ADDRESS = "/hardware"
NUMBER_MOST = 4
NAME_MOST = 40
SECONDS_A_MINUTE = 60
TEST_STATES: Mapping[str, Text] = {
    "running": text("running"),
    "over": text("over"),
    "stopped": text("stopped"),
    "failed": text("failed"),
}
SPAN_LOOPS = (LoopKind.LOCAL, LoopKind.LINE, LoopKind.PAYLOAD)
LOOP_FORM: Mapping[str, str] = {"kind": "", "channel": "", "minutes": str(LOOP_LIMIT_DEFAULT_S // SECONDS_A_MINUTE), "force": ""}
"""The fields of the form for loops, as they are before anybody has typed."""
Row = Mapping[str, Any]


class _HardwarePages:
    def __init__(self, house: House) -> None:
        self._house = house

    # ---- looking -----------------------------------------------------------------------------------------------------

    async def overview(self, visit: Visit) -> bytes:
        """Every span, the clock, and what is being tested."""
        return await self._overview(visit, None, 200)

    async def _overview(self, visit: Visit, said: Text | None, status: int) -> bytes:
        state = await self._ask(visit, {"command": "spans"})
        clock = state["clock"]
        values = {
            "spans": [_span(span) for span in state["spans"]],
            "lost": state["lost"],
            "missing": [row for row in await span_states(self._house, visit) if _is_missing(row, state["lost"])],
            "offset_min": state["utc_offset_min"],
            "clock": clock_words(clock["source"], clock["span"]),
            "clock_known": clock["source"] != "unknown",
            "loops": [_loop(loop) for loop in state["loops"]],
            "tests": [_test(test) for test in state["tests"]],
            "digital": any(span["digital"] for span in state["spans"]),
            "typed": {name: visit.value(name, NAME_MOST) for name in ("first", "second", "length_s", "pattern", "what", "force")},
            "said": said,
        }
        return visit.page("hardware/overview.html", values, status)

    async def span(self, visit: Visit, span: str) -> bytes:
        """One span with its channels and history."""
        return await self._span(visit, _number(span), None, 200)

    async def _span(self, visit: Visit, number: int, said: Text | None, status: int) -> bytes:
        try:
            state = await self._ask(visit, {"command": "span", "span": number})
        except Refused as refusal:
            raise PageFault(404, refusal.text) from refusal
        values = {
            "span": _span(state["span"]),
            "channels": [_channel(channel) for channel in state["channels"]],
            "loops": [_loop(loop) for loop in state["loops"]],
            "looped": any(loop["channel"] == 0 for loop in state["loops"]),
            "kinds": [(kind.value, LOOPS[kind]) for kind in SPAN_LOOPS],
            "history": [_moment(moment) for moment in state["history"]],
            "offset_min": state["utc_offset_min"],
            "in_use": sum(1 for channel in state["channels"] if channel["busy"]),
            "said": said,
        }
        values["typed"] = {name: visit.value(name, NAME_MOST) if said else usual for name, usual in LOOP_FORM.items()}
        return visit.page("hardware/span.html", values, status)

    # ---- testing -----------------------------------------------------------------------------------------------------

    async def loop(self, visit: Visit, span: str) -> bytes:
        """Put a loop on the span or one of its channels, or end it."""
        number = _number(span)
        request: dict[str, object] = {"span": number, "channel": _typed_number(visit, "channel")}
        news = text("The loop is ended.")
        try:
            if visit.value("act") == "end":
                request["command"] = "loop_end"
            else:
                minutes = _minutes(visit)
                request |= {"command": "loop", "limit_s": minutes * SECONDS_A_MINUTE, "force": visit.value("force") == "true"}
                if not request["channel"]:
                    request["loop"] = visit.value("kind", NAME_MOST)
                news = text("The loop is on. It ends by itself after {minutes} minutes.", minutes=minutes)
            await self._ask(visit, request)
        except (Refused, BadInput, EnvironmentFault) as refusal:
            return await self._span(visit, number, refusal.text, 409)
        assert visit.session is not None
        visit.session.news = news
        return visit.go(f"{ADDRESS}/spans/{number}")

    async def test(self, visit: Visit) -> bytes:
        """Begin a bit-error test."""
        first, second = _typed_number(visit, "first"), _typed_number(visit, "second")
        ends = (
            {"span": first, "far_span": second or first}
            if visit.value("what") == "spans"
            else {"channel": first, "far_channel": second or first}
        )
        request = {
            "command": "bit_test",
            **ends,
            "length_s": _typed_number(visit, "length_s"),
            "pattern": _typed_number(visit, "pattern"),
            "force": visit.value("force") == "true",
        }
        try:
            test = await self._ask(visit, request)
        except (Refused, BadInput, EnvironmentFault) as refusal:
            return await self._overview(visit, refusal.text, 409)
        assert visit.session is not None
        visit.session.news = text("The test {test} runs for {seconds} s.", test=test["test"], seconds=test["length_s"])
        return visit.go(ADDRESS)

    async def stop_test(self, visit: Visit) -> bytes:
        """Stop one."""
        try:
            await self._ask(visit, {"command": "bit_test_end", "test": visit.value("test", NAME_MOST)})
        except (Refused, BadInput) as refusal:
            return await self._overview(visit, refusal.text, 409)
        return visit.go(ADDRESS)

    async def _ask(self, visit: Visit, request: Mapping[str, Any]) -> Row:
        answer: Row = await asked(lambda done, failed: self._house.ask(visit.actor, request, done, failed))
        return answer


# ---- as the templates want it ----------------------------------------------------------------------------------------


def _span(span: Row) -> dict[str, Any]:
    words: list[AlarmWords] = [ALARMS[SpanAlarm(alarm)] for alarm in span["alarms"] if alarm in set(SpanAlarm)]
    meant = [ALARMS[alarm] for alarm in worth_explaining(span["alarms"])]
    return {**span, "alarm_words": words, "explained": meant, "errors": counters_shown(span["counters"])}


def _is_missing(row: Row, lost: Sequence[Row]) -> bool:
    """A span of the settings of which the driver has nothing, and did not lose it just now."""
    return bool(row["span"]) and not row["number"] and row["span"] not in {one["settings_name"] for one in lost}


def _channel(channel: Row) -> dict[str, Any]:
    fault = channel["fault"]
    link = f"/calls/{quote(channel['call'], safe='')}" if channel["call"] else ""
    port = f"{ADDRESS}/ports/{quote(channel['line'], safe='')}"
    return {**channel, "fault_words": LINE_FAULTS.get(fault, fault), "call_link": link, "port_link": port}


def _loop(loop: Row) -> dict[str, Any]:
    return {**loop, "words": loop_name(loop["kind"]), "minutes": -(-int(loop["left_s"]) // SECONDS_A_MINUTE)}


def _test(test: Row) -> dict[str, Any]:
    pairs = [f"{first}" if first == second else f"{first}–{second}" for first, second in test["pairs"]]
    bad = [count for count in test["counts"] if count["found"] and (count["bit_errors"] or count["slips"])]
    return {
        **test,
        "verdict_words": text_from_json(test["verdict"]),
        "skipped_words": skipped_words(test["skipped"]) if test["skipped"] else "",
        "state_words": TEST_STATES.get(test["state"], test["state"]),
        "pairs_shown": pairs,
        "bad": bad,
        "good": test["state"] == "over" and not bad and all(count["found"] for count in test["counts"]),
    }


def _moment(moment: Row) -> dict[str, Any]:
    kind = known_facts()[moment["fact"]]
    said = hardware_sentence(fact_from_record(moment["fact"], kind.VERSION, dict(moment["values"])))
    return {"utc_ms": moment["utc_ms"], "said": said or moment["fact"], "bad": moment["fact"] in {"SpanAlarmRaised", "SpanLost"}}


def _number(typed: str) -> int:
    if not (typed.isascii() and typed.isdigit() and len(typed) <= NUMBER_MOST):
        raise PageFault(404, text("There is no such page."))
    return int(typed)


def _typed_number(visit: Visit, name: str) -> int | str:
    """A number of a form; 0 when nothing was typed, and what is no number as it is: whoever is asked says which numbers there are."""
    typed = visit.value(name, NAME_MOST).strip()
    return int(typed) if typed.isascii() and typed.isdigit() else typed or 0


def _minutes(visit: Visit) -> int:
    """How long a loop lasts; said in the unit in which it was typed when it cannot be."""
    minutes, most = _typed_number(visit, "minutes"), LOOP_LIMIT_MOST_S // SECONDS_A_MINUTE
    if not isinstance(minutes, int) or not 1 <= minutes <= most:
        raise BadInput(
            text(
                "{what}: {number} was given; a number from {least} to {most} is wanted.",
                what=text("Minutes until the loop ends"),
                number=minutes,
                least=1,
                most=most,
            )
        )
    return minutes


def add(app: Klein, house: House) -> None:
    """Put these pages to their addresses."""
    pages = _HardwarePages(house)
    house.add(app, ADDRESS, Act.SEE_STATUS, pages.overview)
    house.add(app, f"{ADDRESS}/spans/<span>", Act.SEE_STATUS, pages.span)
    house.add(app, f"{ADDRESS}/spans/<span>/loop", Act.TEST_LINES, pages.loop, ("POST",))
    house.add(app, f"{ADDRESS}/tests", Act.TEST_LINES, pages.test, ("POST",))
    house.add(app, f"{ADDRESS}/tests/stop", Act.TEST_LINES, pages.stop_test, ("POST",))
