"""Trunks as people see them: which lines belong together, what each does, and what keeps it from service. Pure, over what is handed in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.control.trunk_tally import Load, TrunkTally, summed, top_causes
from engine.kernel.text import Text, text, text_as_json
from engine.settings.e1_lines import e1_trunks
from engine.settings.site import Site
from engine.telephony.blocking import Block
from engine.telephony.call_trace import CaptureState, Counted, SignallingState, TraceLine
from engine.telephony.q850 import CAUSES

__all__ = [
    "ANALOG",
    "LineNow",
    "TrunkLines",
    "block_shown",
    "capture_shown",
    "line_shown",
    "load_shown",
    "signalling_shown",
    "totals",
    "trace_shown",
    "trunks_of",
]

ANALOG = "analog_lines"
"""The analog exchange lines of a site, as one trunk; no trunk of the settings can be called so."""
UNKNOWN_CAUSE = text("unknown cause")


@dataclass(frozen=True)
class TrunkLines:
    """Lines that belong together. ``signalling`` as in the settings, ``analog`` for analog lines; ``places``: each line's timeslot."""

    name: str
    signalling: str
    span: str
    places: Mapping[str, int]

    @property
    def lines(self) -> tuple[str, ...]:
        """Their names, by timeslot."""
        return tuple(self.places)


def trunks_of(site: Site) -> tuple[TrunkLines, ...]:
    """Every E1 trunk of a site, then its analog exchange lines together when it has some."""
    made = [
        TrunkLines(trunk.section.name, trunk.section.signalling, trunk.section.span, {line.name: line.place for line in trunk.lines})
        for trunk in e1_trunks(site)
    ]
    if site.trunks:
        made.append(TrunkLines(ANALOG, "analog", "", dict.fromkeys((trunk.name for trunk in site.trunks), 0)))
    return tuple(made)


@dataclass(frozen=True)
class LineNow:
    """One line at this moment. ``call`` and ``call_stage`` empty: it carries none; ``free``: it can be seized."""

    line: str
    place: int
    free: bool
    fault: str
    call: str
    call_stage: str
    other: str
    block: Block | None
    since_utc_ms: int


def _state(now: LineNow) -> str:
    if now.call:
        return now.call_stage
    if now.fault:
        return "out_of_service"
    if now.block is not None:
        return "blocked"
    return "free" if now.free else "releasing"


def line_shown(now: LineNow, tally: TrunkTally, day: int) -> dict[str, Any]:
    """A line with its counts as plain values."""
    return {
        "line": now.line,
        "place": now.place,
        "state": _state(now),
        "fault": now.fault,
        "call": now.call,
        "other": now.other,
        "since_utc_ms": now.since_utc_ms,
        "block": block_shown(now.block),
        "today": load_shown(tally.today(now.line, day)),
        "since_start": load_shown(tally.since_start(now.line)),
    }


def block_shown(block: Block | None) -> dict[str, Any] | None:
    """Who has blocked it, as plain values."""
    return None if block is None else {"mode": block.mode, "by": block.by, "why": block.why, "since_utc_ms": block.since_utc_ms}


def load_shown(load: Load) -> dict[str, Any]:
    """Counts as plain values; ratios in percent, None without calls."""
    return {
        "calls_in": load.calls_in,
        "answered_in": load.answered_in,
        "answer_ratio_in": load.answer_ratio_in,
        "calls_out": load.calls_out,
        "answered_out": load.answered_out,
        "answer_ratio_out": load.answer_ratio_out,
        "seconds": round(load.seconds),
        "causes": [{"cause": cause, "name": text_as_json(_cause_name(cause)), "calls": calls} for cause, calls in top_causes(load).items()],
    }


def _cause_name(cause: int) -> Text:
    meaning = CAUSES.get(cause)  # type: ignore[call-overload]  # a plain number finds the cause that equals it
    return meaning.name if meaning else UNKNOWN_CAUSE


def totals(names: tuple[str, ...], tally: TrunkTally, day: int) -> dict[str, Any]:
    """Several lines together."""
    return {
        "today": load_shown(summed(tally.today(name, day) for name in names)),
        "since_start": load_shown(summed(tally.since_start(name) for name in names)),
    }


def _counted(counts: tuple[Counted, ...]) -> list[dict[str, Any]]:
    return [{"name": text_as_json(one.name), "count": one.count} for one in counts]


def signalling_shown(state: SignallingState) -> dict[str, Any]:
    """D channel and refusals as plain values."""
    return {
        "up": state.up,
        "since_utc_ms": state.since_utc_ms,
        "counters": _counted(state.counters),
        "refused": _counted(state.refused),
        "kept": state.kept,
        "kept_most": state.kept_most,
        "kept_octets_most": state.kept_octets_most,
    }


def capture_shown(state: CaptureState | None) -> dict[str, Any] | None:
    """A capture as plain values."""
    if state is None:
        return None
    return {
        "number": state.selection.number,
        "channel": state.selection.channel,
        "by": state.by,
        "begun_utc_ms": state.begun_utc_ms,
        "limit_s": state.limit_s,
        "messages": state.messages,
        "octets": state.octets,
        "lost": state.lost,
        "why_ended": state.why_ended,
    }


def trace_shown(line: TraceLine) -> dict[str, Any]:
    """A message in words as plain values."""
    return {
        "seq": line.seq,
        "utc_ms": line.utc_ms,
        "ours": line.ours,
        "channel": line.channel,
        "call": line.call,
        "heading": text_as_json(line.heading),
        "details": [text_as_json(detail) for detail in line.details],
    }
