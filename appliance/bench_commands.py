"""``strowger bench``: what the appliance can carry on this machine, measured."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from appliance.texts import Translate
from engine.kernel.errors import BadInput
from engine.kernel.text import Text, text

__all__ = ["EXIT_VOID", "add_bench_parser", "run_bench_command"]

EXIT_VOID = 3
"""The measurement means nothing: the machine was not ours meanwhile."""
CHANNELS_MOST = 1024
SECONDS_MOST = 3600
EVENTS_MOST = 5000
LOADS = ("none", "gil", "all")
REPEATS_MOST = 1000
SEED_MOST = 999_999_999
RATE_MOST = 60
ROUTES_MOST = 700
NUMBERS_MOST = 1_000_000
EXIT_FAULT = 1

FIGURES: Mapping[str, Text] = {
    "channels": text("channels"),
    "calls": text("calls"),
    "seconds": text("seconds"),
    "load": text("load"),
    "cpu_ms_per_call_second": text("processor time, ms for a second of a call"),
    "cpu": text("processor time by part, ms for a second of a call"),
    "pump_ms": text("media pump ms"),
    "recorder_ms": text("recorder ms"),
    "floor_ms": text("bare reading and writing ms"),
    "paced_floor_ms": text("the same at the pace of a line ms"),
    "at_full_clock": text("at the processor's full clock"),
    "ms_per_call_second": text("ms for a second of a call"),
    "pump_kernel_ms": text("media pump, the kernel's share ms"),
    "ghz": text("clock GHz"),
    "system_calls_per_call_second": text("system calls for a second of a call"),
    "pump": text("media pump"),
    "recorder": text("recorder"),
    "floor": text("bare reading and writing"),
    "reads": text("reads"),
    "writes": text("writes"),
    "waits": text("times waited"),
    "late_blocks": text("late blocks"),
    "lost_blocks": text("lost blocks"),
    "late_ticks": text("rounds that came 20 ms late or more"),
    "lateness_ms": text("how late the media pump was, ms"),
    "control_lateness_ms": text("how late a thread with nothing to do was, ms"),
    "card_lateness_ms": text("how late the measurement's card was, ms"),
    "max": text("most"),
    "events": text("line events"),
    "count": text("number"),
    "per_second": text("in a second"),
    "p50_ms": text("p50 ms"),
    "p99_ms": text("p99 ms"),
    "max_ms": text("most ms"),
    "recordings": text("recordings"),
    "started": text("begun"),
    "failed": text("failed"),
    "overruns": text("with gaps"),
    "alarms": text("alarms"),
    "realtime": text("realtime priority"),
    "locked": text("locked memory"),
    "void": text("means nothing"),
    "machine": text("machine"),
    "processor": text("processor"),
    "processors": text("processors"),
    "kernel": text("kernel"),
    "load_average": text("load average"),
    "attempts_per_second": text("call attempts in a second"),
    "attempts": text("call attempts"),
    "answered": text("answered"),
    "no_channel": text("not made, no channel was free"),
    "left": text("calls left at the end"),
    "setup_to_proceeding_ms": text("from SETUP to PROCEEDING, ms"),
    "setup_to_connect_ms": text("from SETUP to CONNECT, ms"),
    "cpu_ms_per_call": text("processor time of a call ms"),
    "idle_cpu_ms_per_second": text("processor time without calls, ms in a second"),
    "waited_ms_per_second": text("how long the appliance waited for its processor, ms in a second"),
    "exchange_realtime": text("the measurement's exchange with realtime priority"),
    "exchange_lateness_ms": text("how late the measurement's exchange was, ms"),
    "offers_refused": text("calls refused for want of a channel"),
    "frames_dropped": text("frames dropped"),
    "one_processor": text("the appliance on one processor"),
    "exchange_elsewhere": text("the exchange on another"),
    "p50": text("half of them at most"),
    "p99": text("99 of 100 at most"),
}
"""Names of figures for people; programs get them as they are."""
WORDS: Mapping[str, Text] = {
    "none": text("none"),
    "nothing": text("nothing"),
    "own": text("its own tables"),
    "all": text("all"),
}

Whole = Callable[[int, int], Callable[[str], int]]
"""Gives the reader of a whole number between two bounds."""


def add_bench_parser(
    bench: argparse.ArgumentParser, whole: Whole, language: Callable[[argparse.ArgumentParser], None], _: Translate
) -> None:
    """The grammar below ``strowger bench``."""
    measures = bench.add_subparsers(dest="measure", required=True, metavar=_("MEASURE"))
    does = _("the cost and the punctuality of calls that are bridged, heard and recorded")
    media = measures.add_parser("media", help=does, description=does)
    media.add_argument(
        "--channels", type=whole(2, CHANNELS_MOST), default=240, metavar="N", help=_("channels, an even number (default 240)")
    )
    media.add_argument("--seconds", type=whole(1, SECONDS_MOST), default=60, metavar="S", help=_("length of the measurement (default 60)"))
    load = _("what else the process does meanwhile: nothing; a thread that holds the interpreter; that, garbage, queries and pages")
    media.add_argument("--load", choices=LOADS, default="none", help=load)
    events = _("line events a second, after the measurement (default 2000)")
    media.add_argument("--events", type=whole(0, EVENTS_MOST), default=2000, metavar="N", help=events)
    media.add_argument("--folder", type=Path, metavar=_("DIR"), help=_("keep the recordings here (default: they are thrown away)"))
    media.add_argument("--series", action="store_true", help=_("measure 30 to 960 channels one after the other"))
    media.add_argument("--plot", type=Path, metavar=_("FILE"), help=_("with --series: draw cost over channels into this SVG file"))
    media.add_argument("--json", action="store_true", help=_("print the result as JSON"))
    language(media)
    does = _("what the key receiver accepts and refuses, and what it costs, beside another one")
    dtmf = measures.add_parser("dtmf", help=does, description=does)
    repeats = _("times that the sixteen keys are pressed in each condition (default 10)")
    dtmf.add_argument("--repeats", type=whole(1, REPEATS_MOST), default=10, metavar="N", help=repeats)
    dtmf.add_argument("--seed", type=whole(0, SEED_MOST), default=0, metavar="N", help=_("seed of all chance (default 0)"))
    dtmf.add_argument("--json", action="store_true", help=_("print the result as JSON"))
    language(dtmf)
    does = _("how soon an exchange's calls are answered on an E1, and what they cost")
    e1 = measures.add_parser("e1", help=does, description=does)
    e1.add_argument("--rate", type=whole(1, RATE_MOST), default=20, metavar="N", help=_("call attempts in a second (default 20)"))
    e1.add_argument("--seconds", type=whole(1, SECONDS_MOST), default=30, metavar="S", help=_("length of the measurement (default 30)"))
    e1.add_argument("--seed", type=whole(0, SEED_MOST), default=1, metavar="N", help=_("seed of all chance (default 1)"))
    e1.add_argument("--json", action="store_true", help=_("print the result as JSON"))
    language(e1)
    does = _("how long it takes to decide where a call goes, on a site with many routes")
    routing = measures.add_parser("routing", help=does, description=does)
    routing.add_argument("--routes", type=whole(2, ROUTES_MOST), default=200, metavar="N", help=_("routes each way (default 200)"))
    routing.add_argument("--numbers", type=whole(100, NUMBERS_MOST), default=10_000, metavar="N", help=_("calls each way (default 10000)"))
    routing.add_argument("--seed", type=whole(0, SEED_MOST), default=0, metavar="N", help=_("seed of all chance (default 0)"))
    routing.add_argument("--json", action="store_true", help=_("print the result as JSON"))
    language(routing)
    does = _("how fast a freed agent gets the next caller, a burst its agents, and what a call costs")
    acd = measures.add_parser("acd", help=does, description=does)
    acd.add_argument("--rounds", type=whole(20, NUMBERS_MOST), default=300, metavar="N", help=_("calls that are followed (default 300)"))
    acd.add_argument("--json", action="store_true", help=_("print the result as JSON"))
    language(acd)


def run_bench_command(options: argparse.Namespace, say: Callable[[str], None], _: Translate) -> int:
    """Measure, print, and give the exit status. Raises StrowgerError."""
    return _MEASURES[options.measure](options, say, _)


def _media(options: argparse.Namespace, say: Callable[[str], None], _: Translate) -> int:
    if options.channels % 2:
        raise BadInput(text("{channels} channels cannot be bridged in pairs: give an even number.", channels=options.channels))
    if options.series:
        return _series(options, say, _)
    from appliance.bench_media import MediaBench, measure_media  # noqa: PLC0415

    asked = MediaBench(options.channels, options.seconds, options.load, options.events, options.folder)
    figures = measure_media(asked)
    say(json.dumps(figures, ensure_ascii=False) if options.json else "\n".join([*_figures_shown(figures, _), *_doubts(figures, _)]))
    return _judged([figures], options, _)


def _dtmf(options: argparse.Namespace, say: Callable[[str], None], _: Translate) -> int:
    from appliance.bench_dtmf import measure_dtmf, table_shown  # noqa: PLC0415

    figures = measure_dtmf(options.seed, options.repeats)
    if options.json:
        rows = [{name: value for name, value in row.items() if name != "name"} for row in figures["rows"]]
        say(json.dumps(figures | {"rows": rows}, ensure_ascii=False))
    else:
        say(table_shown(figures, _))
    return 0 if figures["met"] else EXIT_FAULT


def _e1(options: argparse.Namespace, say: Callable[[str], None], _: Translate) -> int:
    from appliance.bench_e1 import E1Bench, measure_e1  # noqa: PLC0415

    figures = measure_e1(E1Bench(options.rate, options.seconds, options.seed))
    if options.json:
        say(json.dumps(figures, ensure_ascii=False))
    else:
        say("\n".join(_figures_shown(figures, _)))
    if figures["void"]:
        late = text("This run means nothing: the appliance or the measurement's exchange had to wait for a processor. Repeat it.").render(_)
        (sys.stderr.write(f"Strowger: {late}\n") if options.json else say(late))
    return EXIT_VOID if figures["void"] else 0


def _routing(options: argparse.Namespace, say: Callable[[str], None], _: Translate) -> int:
    from appliance.bench_routing import measure_routing, routing_shown  # noqa: PLC0415

    figures = measure_routing(options.routes, options.numbers, options.seed)
    say(json.dumps(figures, ensure_ascii=False) if options.json else routing_shown(figures, _))
    return 0 if figures["met"] else EXIT_FAULT


def _acd(options: argparse.Namespace, say: Callable[[str], None], _: Translate) -> int:
    from appliance.bench_acd import acd_shown, measure_acd  # noqa: PLC0415

    figures = measure_acd(options.rounds)
    say(json.dumps(figures, ensure_ascii=False) if options.json else acd_shown(figures, _))
    return 0 if figures["met"] else EXIT_FAULT


def _series(options: argparse.Namespace, say: Callable[[str], None], _: Translate) -> int:
    from appliance.bench_series import measure_series, plot, table_shown  # noqa: PLC0415

    rows = []
    for figures in measure_series(options.seconds, options.load):
        rows.append(figures)
        if options.json:
            say(json.dumps(figures, ensure_ascii=False))
    if not options.json:
        say(table_shown(rows, _))
    if options.plot is not None:
        plot(rows, options.plot, _)
    return _judged(rows, options, _)


def _judged(rows: Sequence[Mapping[str, Any]], options: argparse.Namespace, _: Translate) -> int:
    """The exit status; who reads JSON is told on the standard error why it is not 0."""
    void = [figures for figures in rows if figures["void"]]
    if options.json:
        for figures in void:
            sys.stderr.write(f"Strowger: {_void_said(figures, _)}\n")
    return EXIT_VOID if void else 0


def _void_said(figures: Mapping[str, Any], _: Translate) -> str:
    worst_ms = figures["control_lateness_ms"]["max"]
    said = text(
        "This run means nothing: a thread with nothing to do woke {ms} ms late, so the machine was not ours. Repeat it.", ms=worst_ms
    )
    return said.render(_)


def _figures_shown(figures: Mapping[str, Any], _: Translate) -> list[str]:
    """The same for a person, a line a figure; what stands within another has its own lines below it."""
    lines = []
    for name, value in figures.items():
        if isinstance(value, Mapping) and value:
            lines.append(f"{_named(name, _)}:")
            lines += [f"  {line}" for line in _figures_shown(value, _)]
        else:
            lines.append(f"{_named(name, _)}: {_value_shown(value, _)}")
    return lines


def _named(name: str, _: Translate) -> str:
    return FIGURES[name].render(_) if name in FIGURES else name


def _value_shown(value: object, _: Translate) -> str:
    if value is None or value in ("", {}):
        return "-"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return WORDS[value].render(_) if isinstance(value, str) and value in WORDS else str(value)


def _doubts(figures: Mapping[str, Any], _: Translate) -> list[str]:
    """What speaks against the figures."""
    lines = [_void_said(figures, _)] if figures["void"] else []
    if not figures["realtime"]:
        lines.append(_("Without realtime priority these figures are those of a machine that happened to be idle."))
    return lines


_MEASURES = {"media": _media, "dtmf": _dtmf, "e1": _e1, "routing": _routing, "acd": _acd}
