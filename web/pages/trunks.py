"""Trunks as things people run: channels and their load as they move, blocking and unblocking, the D channel, and the trace of calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from klein import Klein
from twisted.internet import defer

from engine.control.fault_advice import FAULT_ADVICE
from engine.control.narration import LINE_FAULTS
from engine.control.trunk_asking import CAPTURE_LIMIT_USUAL_S, selection_of
from engine.control.trunk_control import WHY_MOST, TrunkControl
from engine.control.trunk_narration import CAPTURE_ENDS
from engine.control.trunk_views import ANALOG
from engine.control.trunk_words import BLOCK_MODES, CHANNEL_STATES, SIGNALLINGS
from engine.kernel.errors import BadInput, EnvironmentFault, Refused
from engine.kernel.text import Text, text, text_from_json
from engine.people.actors import Act
from engine.telephony.call_trace import CAPTURE_LIMIT_MOST_S, Selection
from web.followed_trace import FollowedTrace, FollowedTraces
from web.house import House, asked
from web.pages.live import LivePage
from web.visit import PageFault, Visit
from web.wallboard import View, Wallboard

__all__ = ["add"]

ADDRESS = "/trunks"
ELEMENTS = "trunks/elements.html"
NAME_MOST = 60
NUMBER_MOST = 32
SECONDS_A_MINUTE = 60
SHOWN_MOST = 300
TONES: Mapping[str, str] = {
    "free": "line-free",
    "blocked": "finding-unseen",
    "out_of_service": "line-out_of_service",
    "releasing": "line-resting",
    "ringing": "line-ringing",
}
"""How a channel's state is coloured; in a call it is busy."""
TYPED = ("what", "mode", "why", "number", "channel", "minutes")
Row = Mapping[str, Any]


class _TrunkPages:
    def __init__(self, house: House, live: LivePage, trunks: TrunkControl) -> None:
        self._house = house
        self._live = live
        self._trunks = trunks
        self._wallboards: dict[str, Wallboard] = {}
        self._followed = FollowedTraces(self._follow)
        live.also_touch(self._touch)

    def _touch(self) -> None:
        self._followed.touch()
        for wallboard in self._wallboards.values():
            wallboard.touch()

    def _wallboard(self, trunk: str) -> Wallboard:
        """One for each trunk that somebody has looked at."""
        if trunk not in self._trunks.names():
            raise PageFault(404, text("There is no trunk {trunk}.", trunk=trunk[:NAME_MOST]))
        found = self._wallboards.get(trunk)
        if found is None:
            window = self._house.window
            found = self._wallboards[trunk] = Wallboard(lambda: self._elements(trunk), lambda: window.seq, self._house.clock)
        return found

    def _elements(self, trunk: str) -> dict[str, View]:
        if trunk not in self._trunks.names():
            return {}
        state = self._trunks.trunk(trunk)
        lines = state.pop("lines")
        shown: dict[str, View] = {"trunk-now": {"kind": "trunk", **_trunk(state), "advice": _advice(lines)}}
        if state["signalled"] is not None:
            shown["trunk-signalling"] = {"kind": "signalling", **_signalled(state["signalled"])}
        shown |= {f"line-{line['line']}": {"kind": "line", **_line(line)} for line in lines}
        return shown

    # ---- looking -----------------------------------------------------------------------------------------------------

    def overview(self, visit: Visit) -> bytes:
        """Every trunk and span with what they carry."""
        values = {"trunks": [_trunk(trunk) for trunk in self._trunks.trunks()], "spans": [_span(span) for span in self._trunks.spans()]}
        return visit.page("trunks/overview.html", values)

    def trunk(self, visit: Visit, trunk: str) -> bytes:
        """One trunk with its channels."""
        return self._trunk(visit, trunk, None, 200)

    def _trunk(self, visit: Visit, trunk: str, said: Text | None, status: int) -> bytes:
        whole = self._wallboard(trunk).whole()
        elements = list(whole.changed.items())
        values = {
            "trunk": self._named(trunk),
            "heads": [(name, view) for name, view in elements if view["kind"] == "trunk"],
            "lines": [(name, view) for name, view in elements if view["kind"] == "line"],
            "signalled": [(name, view) for name, view in elements if view["kind"] == "signalling"],
            "mark": str(whole.mark),
            "now_utc_ms": whole.utc_ms,
            "modes": [(mode, BLOCK_MODES[mode]) for mode in ("after_calls", "now")],
            "why_most": WHY_MOST,
            "traced": trunk in self._trunks.signalling,
            "offset_min": self._house.clock.utc_offset_min(),
            "typed": {name: visit.value(name, WHY_MOST) if said else "" for name in TYPED},
            "said": said,
        }
        return visit.page("trunks/trunk.html", values, status)

    def _named(self, trunk: str) -> dict[str, Any]:
        found = next(one for one in self._trunks.trunks() if one["trunk"] == trunk)
        return _trunk(found)

    def stream(self, visit: Visit, trunk: str) -> defer.Deferred[bytes]:
        """Its channels as they move."""
        return self._live.open_stream(visit, self._wallboard(trunk), ELEMENTS)

    # ---- blocking ----------------------------------------------------------------------------------------------------

    async def block(self, visit: Visit, trunk: str) -> bytes:
        """Block or unblock the trunk, its span, or one of its lines."""
        self._wallboard(trunk)
        scope, _, name = visit.value("what", NAME_MOST + 8).partition(":")
        command = "unblock" if visit.value("act") == "unblock" else "block"
        request: dict[str, object] = {"command": command, "scope": scope, "name": name, "why": visit.value("why", WHY_MOST + 1)}
        if command == "block":
            request["mode"] = visit.value("mode", NAME_MOST)
        try:
            answer = await self._ask(visit, request)
        except (Refused, BadInput) as refusal:
            return self._trunk(visit, trunk, refusal.text, 409)
        assert visit.session is not None
        done = text("Unblocked: {count} lines.", count=len(answer["lines"]))
        if command == "block":
            done = text("Blocked: {count} lines.", count=len(answer["lines"]))
        visit.session.news = done
        return visit.go(_link(trunk))

    # ---- the trace ---------------------------------------------------------------------------------------------------

    async def trace(self, visit: Visit, trunk: str) -> bytes:
        """The newest messages in words, all or those of some calls."""
        return await self._trace(visit, trunk, None, 200)

    async def _trace(self, visit: Visit, trunk: str, said: Text | None, status: int) -> bytes:
        self._traced(trunk)
        typed = {name: visit.value(name, NAME_MOST) for name in TYPED}
        of_capture = visit.value("of") == "capture"
        selection = Selection()
        try:
            selection = _selected(typed) if said is None and not of_capture else selection
        except BadInput as refusal:
            said, status = refusal.text, 400
        whole = None if of_capture or visit.value("still") else self._followable(trunk, selection).whole()
        request: dict[str, object] = {"command": "trunk_trace", "trunk": trunk, "limit": SHOWN_MOST}
        request |= {"captured": True} if of_capture else {"number": selection.number, "channel": selection.channel}
        answer = await self._ask(visit, request)
        capture = answer["capture"]
        kept = [(f"message-{line['seq']}", {**_message(line), "offset_min": answer["utc_offset_min"]}) for line in answer["lines"]]
        values = {
            "trunk": self._named(trunk),
            "messages": list(reversed(kept if whole is None else list(whole.changed.items()))),
            "mark": "" if whole is None else str(whole.mark),
            "now_utc_ms": 0 if whole is None else whole.utc_ms,
            "query": _query(selection),
            "capture": capture and {**capture, "ended_words": CAPTURE_ENDS.get(capture["why_ended"], capture["why_ended"])},
            "of_capture": of_capture,
            "suffix": self._trunks.signalling[trunk].file_suffix,
            "minutes_usual": CAPTURE_LIMIT_USUAL_S // SECONDS_A_MINUTE,
            "offset_min": answer["utc_offset_min"],
            "typed": typed,
            "said": said,
        }
        return visit.page("trunks/trace.html", values, status)

    def trace_stream(self, visit: Visit, trunk: str) -> defer.Deferred[bytes]:
        """Its messages as they come."""
        self._traced(trunk)
        try:
            selection = _selected({name: visit.value(name, NAME_MOST) for name in TYPED})
        except BadInput as refusal:
            raise PageFault(400, refusal.text) from refusal
        return self._live.open_stream(visit, self._followable(trunk, selection), ELEMENTS, Act.TEST_LINES)

    def _followable(self, trunk: str, selection: Selection) -> Wallboard:
        found = self._followed.of(trunk, selection)
        if found is None:
            raise PageFault(503, text("Too many follow traces at this moment."))
        return found

    def _follow(self, trunk: str, selection: Selection) -> Wallboard:
        window, clock = self._house.window, self._house.clock
        followed = FollowedTrace(self._trunks.signalling[trunk].follow(selection), clock.utc_offset_min)
        return Wallboard(followed.elements, lambda: window.seq, clock)

    async def capture(self, visit: Visit, trunk: str) -> bytes:
        """Begin a capture, or end it."""
        self._traced(trunk)
        request: dict[str, object] = {"command": "capture_end", "trunk": trunk}
        try:
            if visit.value("act") != "end":
                selected = {"number": visit.value("number", NUMBER_MOST + 1), "channel": _whole(visit.value("channel", NAME_MOST))}
                request = {"command": "capture", "trunk": trunk, **selected, "limit_s": _minutes(visit) * SECONDS_A_MINUTE}
            await self._ask(visit, request)
        except (Refused, BadInput) as refusal:
            return await self._trace(visit, trunk, refusal.text, 409)
        return visit.go(f"{_link(trunk)}/trace")

    def file(self, visit: Visit, trunk: str) -> bytes:
        """The newest capture as a file."""
        self._traced(trunk)
        signalling = self._trunks.signalling[trunk]
        capture = signalling.capture()
        if capture is None or not capture.messages:
            raise PageFault(404, text("Nothing has been captured on {trunk}.", trunk=trunk))
        suffix = signalling.file_suffix
        media_type = "application/vnd.tcpdump.pcap" if suffix == "pcap" else "text/plain; charset=utf-8"
        visit.request.setHeader("content-type", media_type)
        visit.request.setHeader("content-disposition", f'attachment; filename="{trunk}-{capture.begun_utc_ms // 1000}.{suffix}"')
        reader = self._house.renderer.readers[visit.language]
        return signalling.capture_file(reader.say)

    def _traced(self, trunk: str) -> None:
        if trunk not in self._trunks.signalling:
            raise PageFault(404, text("There is no trunk {trunk} with signalling that can be traced.", trunk=trunk[:NAME_MOST]))

    async def _ask(self, visit: Visit, request: Mapping[str, Any]) -> Row:
        try:
            answer: Row = await asked(lambda done, failed: self._house.ask(visit.actor, request, done, failed))
        except EnvironmentFault as fault:
            raise PageFault(503, fault.text) from fault
        return answer


# ---- as the templates want it ----------------------------------------------------------------------------------------


def _link(trunk: str) -> str:
    return f"{ADDRESS}/{quote(trunk, safe='')}"


def _span(span: Row) -> dict[str, Any]:
    return {**span, "today": _load(span["today"])}


def _trunk(trunk: Row) -> dict[str, Any]:
    title: Text | str = text("Analog exchange lines") if trunk["trunk"] == ANALOG else trunk["trunk"]
    signalling = trunk["signalling"]
    shown = {**trunk, "title": title, "link": _link(trunk["trunk"]), "signalling_words": SIGNALLINGS.get(signalling, signalling)}
    signalled = trunk.get("signalled")
    if signalled is not None:  # its counters are another element: they move with every frame
        shown["signalled"] = {"up": signalled["up"], "since_utc_ms": signalled["since_utc_ms"]}
    for when in ("today", "since_start"):
        shown[when] = _load(trunk[when])
    return shown


def _advice(lines: Sequence[Row]) -> tuple[tuple[Text, Text], ...]:
    """What keeps channels from service, each fault once, and what to look at."""
    faults = dict.fromkeys(line["fault"] for line in lines)
    return tuple((LINE_FAULTS[fault], FAULT_ADVICE[fault]) for fault in faults if fault in FAULT_ADVICE)


def _signalled(state: Row) -> dict[str, Any]:
    return {"counters": _counts(state["counters"]), "refused": _counts(state["refused"])}


def _counts(counts: list[Row]) -> list[tuple[Text, int]]:
    return [(text_from_json(one["name"]), one["count"]) for one in counts]


def _load(load: Row) -> dict[str, Any]:
    return {**load, "causes": [{**one, "name": text_from_json(one["name"])} for one in load["causes"]]}


def _line(line: Row) -> dict[str, Any]:
    state, fault, block = line["state"], line["fault"], line["block"]
    words: Text | str = CHANNEL_STATES.get(state, state)
    if state == "out_of_service":
        words = LINE_FAULTS.get(fault, fault)
    shown = {
        **line,
        "words": words,
        "tone": "finding-unseen" if fault == "blocked" else TONES.get(state, "line-busy"),
        "call_link": f"/calls/{quote(line['call'], safe='')}" if line["call"] else "",
        "then_blocked": block is not None and bool(line["call"]),
        "block": block and {**block, "mode_words": BLOCK_MODES.get(block["mode"], block["mode"])},
    }
    for when in ("today", "since_start"):
        shown[when] = _load(line[when])
    return shown


def _message(line: Row) -> dict[str, Any]:
    details = [text_from_json(detail) for detail in line["details"]]
    return {**line, "kind": "message", "heading": text_from_json(line["heading"]), "details": details}


def _selected(typed: Mapping[str, str]) -> Selection:
    """Raises BadInput."""
    return selection_of({"number": typed["number"], "channel": _whole(typed["channel"])})


def _query(selection: Selection) -> str:
    """The same in an address, for the streams and links of the page that shows it."""
    return f"number={quote(selection.number, safe='')}&channel={selection.channel or ''}"


def _whole(typed: str) -> int | str:
    """A number of a form; 0 when nothing was typed, and what is no number as it is: whoever is asked says which numbers there are."""
    typed = typed.strip()
    return int(typed) if typed.isascii() and typed.isdigit() else typed or 0


def _minutes(visit: Visit) -> int:
    minutes, most = _whole(visit.value("minutes", NAME_MOST)), CAPTURE_LIMIT_MOST_S // SECONDS_A_MINUTE
    if not isinstance(minutes, int) or not 1 <= minutes <= most:
        raise BadInput(
            text(
                "{what}: {number} was given; a number from {least} to {most} is wanted.",
                what=text("Minutes until the capture ends"),
                number=minutes,
                least=1,
                most=most,
            )
        )
    return minutes


def add(app: Klein, house: House, live: LivePage, trunks: TrunkControl) -> None:
    """Put these pages to their addresses."""
    pages = _TrunkPages(house, live, trunks)
    house.add(app, ADDRESS, Act.SEE_STATUS, pages.overview)
    house.add(app, f"{ADDRESS}/<trunk>", Act.SEE_STATUS, pages.trunk)
    house.add(app, f"{ADDRESS}/<trunk>/stream", Act.SEE_STATUS, pages.stream)
    house.add(app, f"{ADDRESS}/<trunk>/block", Act.TEST_LINES, pages.block, ("POST",))
    house.add(app, f"{ADDRESS}/<trunk>/trace", Act.TEST_LINES, pages.trace)
    house.add(app, f"{ADDRESS}/<trunk>/trace/stream", Act.TEST_LINES, pages.trace_stream)
    house.add(app, f"{ADDRESS}/<trunk>/capture", Act.TEST_LINES, pages.capture, ("POST",))
    house.add(app, f"{ADDRESS}/<trunk>/capture/file", Act.TEST_LINES, pages.file)
