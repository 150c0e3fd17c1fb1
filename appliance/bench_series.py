"""``strowger bench media --series``: the same measurement with 30 to 960 channels, as a table and as a drawing of cost over channels."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from appliance.texts import Translate
from console.tables import table
from engine.kernel.errors import EnvironmentFault
from engine.kernel.text import text

__all__ = ["SIZES", "measure_series", "plot", "table_shown"]

SIZES = (30, 60, 120, 240, 480, 960)
EXIT_VOID = 3
OVERHEAD_S = 90
WIDTH, HEIGHT, MARGIN = 640, 400, 60

Figures = dict[str, Any]


def measure_series(seconds: int, load: str) -> Iterator[Figures]:
    """The figures of each size, each measured in a process of its own. Raises EnvironmentFault when one does not get through."""
    for channels in SIZES:
        command = [sys.executable, "-m", "appliance.cli", "bench", "media", "--json", "--events", "0"]
        command += ["--channels", str(channels), "--seconds", str(seconds), "--load", load]
        done = subprocess.run(command, stdout=subprocess.PIPE, check=False, timeout=seconds + OVERHEAD_S)  # noqa: S603  # our own program
        if done.returncode not in {0, EXIT_VOID}:
            raise EnvironmentFault(text("the measurement with {channels} channels broke off; see above", channels=channels))
        yield json.loads(done.stdout)


def cost_ms_a_second(figures: Figures) -> float:
    """Processor time of pump and recorder for all calls together, in ms for a second of line time."""
    return float(figures["cpu_ms_per_call_second"]) * int(figures["calls"])


def table_shown(rows: Sequence[Figures], _: Translate) -> str:
    """A line for each size."""
    headings = [
        _("channels"),
        _("ms CPU per call-second"),
        _("percent of a processor"),
        _("late ms p99"),
        _("late ms max"),
        _("control ms max"),
        _("late blocks"),
        _("lost blocks"),
        _("void"),
    ]
    cells = [
        [
            str(row["channels"]),
            f"{row['cpu_ms_per_call_second']:.3f}",
            f"{cost_ms_a_second(row) / 10:.1f}",
            str(row["lateness_ms"]["p99"]),
            str(row["lateness_ms"]["max"]),
            str(row["control_lateness_ms"]["max"]),
            str(row["late_blocks"]),
            str(row["lost_blocks"]),
            _("yes") if row["void"] else "",
        ]
        for row in rows
    ]
    return table(headings, cells, 0)


def plot(rows: Sequence[Figures], file: Path, _: Translate) -> None:
    """Draw cost over channels, with the straight line through nothing and the greatest size. Raises EnvironmentFault when the file cannot be written."""
    try:
        file.write_text(drawing(rows, _), encoding="utf-8")
    except OSError as error:
        raise EnvironmentFault(text("{file} cannot be written: {error}", file=str(file), error=error.strerror or error)) from error


def drawing(rows: Sequence[Figures], _: Translate) -> str:
    """The same as SVG."""
    most_channels = max(int(row["channels"]) for row in rows)
    most_ms = max(cost_ms_a_second(row) for row in rows) or 1.0

    def place(channels: float, cost_ms: float) -> str:
        x = MARGIN + channels / most_channels * (WIDTH - 2 * MARGIN)
        y = HEIGHT - MARGIN - cost_ms / most_ms * (HEIGHT - 2 * MARGIN)
        return f"{x:.1f},{y:.1f}"

    points = [place(int(row["channels"]), cost_ms_a_second(row)) for row in rows]
    marks = "".join('<circle cx="{}" cy="{}" r="4" fill="#0b5cad"/>'.format(*point.split(",")) for point in points)
    last = rows[-1]
    ends = [place(0, 0).split(","), place(int(last["channels"]), cost_ms_a_second(last)).split(",")]
    straight = '<line x1="{}" y1="{}" x2="{}" y2="{}" stroke="#999" stroke-dasharray="4 4"/>'.format(*ends[0], *ends[1])
    axes = f'<path d="M{MARGIN},{MARGIN} V{HEIGHT - MARGIN} H{WIDTH - MARGIN}" fill="none" stroke="#333"/>'
    labels = "".join(
        f'<text x="{place(int(row["channels"]), 0).split(",")[0]}" y="{HEIGHT - MARGIN + 18}" text-anchor="middle">{row["channels"]}</text>'
        for row in rows[2:]
    )
    top = f'<text x="{MARGIN - 8}" y="{MARGIN + 4}" text-anchor="end">{most_ms:.0f}</text>'
    titles = (
        f'<text x="{WIDTH / 2}" y="{HEIGHT - 14}" text-anchor="middle">{_("channels")}</text>'
        f'<text x="{MARGIN}" y="{MARGIN - 20}">{_("ms CPU of pump and recorder for a second of all calls")}</text>'
    )
    line = f'<polyline points="{" ".join(points)}" fill="none" stroke="#0b5cad" stroke-width="2"/>'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="13">'
    return f"{head}{axes}{straight}{line}{marks}{labels}{top}{titles}</svg>\n"
