"""How trunks, their channels, their load and the messages of their signalling look on a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from console.tables import Translate, listed, local_time, local_time_of_day, table
from engine.control.narration import LINE_FAULTS
from engine.control.trunk_narration import CAPTURE_ENDS
from engine.control.trunk_words import BLOCK_MODES, CHANNEL_STATES, SIGNALLINGS
from engine.kernel.text import Text, text, text_from_json

__all__ = ["blocked_shown", "capture_shown", "saved_shown", "trace_lines", "trace_shown", "trunk_shown", "trunks_shown", "unblocked_shown"]

Row = Mapping[str, Any]
INDENT = "    "


def _words(known: Mapping[str, Text], key: str, _: Translate) -> str:
    return known[key].render(_) if key in known else key


def _ratio(load: Row, way: str) -> str:
    ratio = load[f"answer_ratio_{way}"]
    return "-" if ratio is None else f"{ratio}%"


def _load_cells(load: Row) -> list[str]:
    calls = f"{load['calls_in']}/{load['calls_out']}"
    answered = f"{load['answered_in']}/{load['answered_out']}"
    return [calls, answered, f"{_ratio(load, 'in')}/{_ratio(load, 'out')}", str(load["seconds"])]


def _load_heads(_: Translate) -> list[str]:
    return [_("calls in/out"), _("answered"), _("answer ratio"), _("seconds")]


def _causes(load: Row, _: Translate) -> str:
    return listed((f"{one['cause']} {text_from_json(one['name']).render(_)} ×{one['calls']}" for one in load["causes"]), _)


# ---- trunks ----------------------------------------------------------------------------------------------------------


def trunks_shown(result: Row, _: Translate, width: int = 0) -> str:
    """Every trunk in a line, with what it carried today; then the spans."""
    headings = [
        _("trunk"),
        _("signalling"),
        _("span"),
        _("channels"),
        _("in call"),
        _("free"),
        _("out of service"),
        _("blocked"),
        _("D channel"),
    ]
    rows = [
        [
            trunk["trunk"],
            _words(SIGNALLINGS, trunk["signalling"], _),
            trunk["span"] or "-",
            *(str(trunk[name]) for name in ("channels", "in_call", "free", "out_of_service", "blocked")),
            _up(trunk["up"], _),
        ]
        for trunk in result["trunks"]
    ]
    carried = [[trunk["trunk"], *_load_cells(trunk["today"]), _causes(trunk["today"], _) or "-"] for trunk in result["trunks"]]
    carried += [
        [text("span {span}", span=span["span"]).render(_), *_load_cells(span["today"]), _causes(span["today"], _) or "-"]
        for span in result["spans"]
    ]
    if not rows:
        return _("none")
    return "\n\n".join([table(headings, rows, width), _("Today:"), table([_("trunk"), *_load_heads(_), _("causes")], carried, width)])


def _up(up: bool | None, _: Translate) -> str:
    return "-" if up is None else _("up") if up else _("down")


def trunk_shown(result: Row, _: Translate, width: int = 0) -> str:
    """One trunk: its D channel, its channels, what they carried."""
    offset = int(result["utc_offset_min"])
    head = [
        (text("trunk"), result["trunk"]),
        (text("signalling"), _words(SIGNALLINGS, result["signalling"], _)),
        (text("span"), result["span"] or "-"),
        *_signalled(result["signalled"], offset, _),
    ]
    blocks = ["\n".join(f"{name.render(_)}: {value}" for name, value in head)]
    headings = [_("line"), _("state"), _("since"), _("other party"), *_load_heads(_)]
    blocks.append(table(headings, [_line(line, offset, _) for line in result["lines"]], width))
    whys = [_block(line, offset, _) for line in result["lines"] if line["block"] is not None]
    if whys:
        blocks.append("\n".join(dict.fromkeys(whys)))
    sums = [[name, *_load_cells(load)] for name, load in ((_("today"), result["today"]), (_("since the start"), result["since_start"]))]
    blocks.append(table([_("all together"), *_load_heads(_)], sums, width))
    causes = _causes(result["since_start"], _)
    return "\n\n".join([*blocks, *([text("Causes since the start: {causes}", causes=causes).render(_)] if causes else [])])


def _signalled(state: Row | None, offset: int, _: Translate) -> list[tuple[Text, str]]:
    if state is None:
        return []
    rows = []
    if state["up"] is not None:
        since = local_time(state["since_utc_ms"], offset) if state["since_utc_ms"] else "-"
        rows.append((text("D channel"), text("{state} since {time}", state=_up(state["up"], _), time=since).render(_)))
    rows.append((text("counted"), _counts(state["counters"], _) or "-"))
    return [*rows, (text("refused"), _counts(state["refused"], _) or "-")]


def _counts(counts: Sequence[Row], _: Translate) -> str:
    return listed((f"{text_from_json(one['name']).render(_)} {one['count']}" for one in counts if one["count"]), _)


def _line(line: Row, offset: int, _: Translate) -> list[str]:
    state = _words(CHANNEL_STATES, line["state"], _)
    if line["state"] == "out_of_service":
        state = _words(LINE_FAULTS, line["fault"], _)
    elif line["block"] is not None:
        state = listed([state, _("then blocked")], _)
    since = local_time(line["since_utc_ms"], offset) if line["since_utc_ms"] else "-"
    return [line["line"], state, since, line["other"] or line["call"] or "-", *_load_cells(line["today"])]


def _block(line: Row, offset: int, _: Translate) -> str:
    block = line["block"]
    said = text(
        "Blocked by {by} on {time} ({mode}): {why}",
        by=block["by"],
        time=local_time(block["since_utc_ms"], offset),
        mode=_words(BLOCK_MODES, block["mode"], _),
        why=block["why"],
    )
    return said.render(_)


def blocked_shown(result: Row, _: Translate, _width: int = 0) -> str:
    """What was blocked."""
    return text("Blocked: {lines}.", lines=listed(result["lines"], _)).render(_)


def unblocked_shown(result: Row, _: Translate, _width: int = 0) -> str:
    """What may carry calls again."""
    return text("Unblocked: {lines}.", lines=listed(result["lines"], _)).render(_)


# ---- messages --------------------------------------------------------------------------------------------------------


def trace_lines(result: Row, _: Translate) -> str:
    """Messages in words, each with its time and direction; empty for none."""
    offset = int(result["utc_offset_min"])
    return "\n".join(_message(line, offset, _) for line in result["lines"])


def _message(line: Row, offset: int, _: Translate) -> str:
    arrow = "→" if line["ours"] else "←"
    channel = f"{line['channel']:2d} " if line["channel"] else "   "
    heading = f"{local_time_of_day(line['utc_ms'], offset)} {channel}{arrow} {text_from_json(line['heading']).render(_)}"
    return "\n".join([heading, *(INDENT + text_from_json(detail).render(_) for detail in line["details"])])


def trace_shown(result: Row, _: Translate, _width: int = 0) -> str:
    """The newest messages."""
    return trace_lines(result, _) or _("No message fits.")


def capture_shown(result: Row, _: Translate, _width: int = 0) -> str:
    """A capture, running or over."""
    capture = result["capture"]
    if capture is None:
        return _("Nothing has been captured.")
    told = text(
        "{messages} messages, {octets} octets, {lost} lost",
        messages=capture["messages"],
        octets=capture["octets"],
        lost=capture["lost"],
    )
    if capture["why_ended"]:
        return text("The capture is over ({why}): {told}.", why=_words(CAPTURE_ENDS, capture["why_ended"], _), told=told).render(_)
    return text("A capture runs, for {seconds} s at most: {told}.", seconds=capture["limit_s"], told=told).render(_)


def saved_shown(result: Row, _: Translate, _width: int = 0) -> str:
    """Where the file lies."""
    return text("The capture lies in {file}.", file=result["file"]).render(_)
