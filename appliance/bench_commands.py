"""``strowger bench``: what the appliance can carry on this machine, measured."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from appliance.texts import Translate
from engine.kernel.errors import BadInput
from engine.kernel.text import text

__all__ = ["EXIT_VOID", "add_bench_parser", "run_bench_command"]

EXIT_VOID = 3
"""The measurement means nothing: the machine was not ours meanwhile."""
CHANNELS_MOST = 1024
SECONDS_MOST = 3600
EVENTS_MOST = 5000
LOADS = ("none", "gil", "all")
REPEATS_MOST = 1000
SEED_MOST = 999_999_999
EXIT_FAULT = 1

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
    say(json.dumps(figures, ensure_ascii=False) if options.json else _figures_shown(figures, _))
    return EXIT_VOID if figures["void"] else 0


def _dtmf(options: argparse.Namespace, say: Callable[[str], None], _: Translate) -> int:
    from appliance.bench_dtmf import measure_dtmf, table_shown  # noqa: PLC0415

    figures = measure_dtmf(options.seed, options.repeats)
    if options.json:
        rows = [{name: value for name, value in row.items() if name != "name"} for row in figures["rows"]]
        say(json.dumps(figures | {"rows": rows}, ensure_ascii=False))
    else:
        say(table_shown(figures, _))
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
    return EXIT_VOID if any(figures["void"] for figures in rows) else 0


def _figures_shown(figures: dict[str, Any], _: Translate) -> str:
    """The same for a person, a line a figure."""
    lines = []
    for name, value in figures.items():
        shown = ", ".join(f"{key} {part}" for key, part in value.items()) if isinstance(value, dict) else str(value)
        lines.append(f"{name}: {shown or '-'}")
    if figures["void"]:
        worst_ms = figures["control_lateness_ms"]["max"]
        said = text(
            "This run means nothing: a thread with nothing to do woke {ms} ms late, so the machine was not ours. Repeat it.", ms=worst_ms
        )
        lines.append(said.render(_))
    if not figures["realtime"]:
        lines.append(_("Without realtime priority these figures are those of a machine that happened to be idle."))
    return "\n".join(lines)


_MEASURES = {"media": _media, "dtmf": _dtmf}
