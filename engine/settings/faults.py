"""What is wrong with a site: one ``Fault`` for each place, all of them together in one ``SiteFaults``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.kernel.errors import BadInput
from engine.kernel.text import Text, text

__all__ = ["FAULTS_SHOWN_MAX", "Fault", "Path", "SiteFaults", "one_per_line", "path_shown"]

FAULTS_SHOWN_MAX = 100
"""Faults put into one message; the rest is counted. A file with more is of another kind altogether."""

Path = tuple[str | int, ...]
"""Where a setting is: names of fields and positions in lists, e.g. ``("queues", 0, "ring_timeout_s")``."""


def path_shown(path: Path) -> str:
    """The path as people write it: ``queues[0].ring_timeout_s``; empty for the site as a whole."""
    shown = ""
    for step in path:
        if isinstance(step, int):
            shown += f"[{step}]"
        else:
            shown += f".{step}" if shown else step
    return shown


def one_per_line(texts: Sequence[Text]) -> Text:
    """Several texts as one, each on its own line; each is translated by itself."""
    values = {f"line{number}": part for number, part in enumerate(texts)}
    return Text("\n".join(f"{{{name}}}" for name in values), values)


@dataclass(frozen=True)
class Fault:
    """One wrong place: which setting, where in the file (from 1; 0: no file), what was found and what was expected."""

    path: Path
    line: int
    column: int
    said: Text

    def in_file(self, file: str) -> Text:
        """The fault as one line for a person, beginning with the place in the way that editors understand."""
        place = f"{file}:{self.line}" if self.line else file
        shown = path_shown(self.path)
        if not shown:
            return Text("{place}: {said}", {"place": place, "said": self.said})
        return Text("{place}: {setting}: {said}", {"place": place, "setting": shown, "said": self.said})


class SiteFaults(BadInput):
    """The site is wrong in at least one place. ``faults`` holds every one of them, in the order of the file."""

    def __init__(self, file: str, faults: Sequence[Fault]) -> None:
        self.file = file
        self.faults = tuple(sorted(faults, key=lambda fault: (fault.line, fault.column)))
        lines = [fault.in_file(file) for fault in self.faults[:FAULTS_SHOWN_MAX]]
        if len(self.faults) > FAULTS_SHOWN_MAX:
            lines.append(text("{file}: and {count} more faults", file=file, count=len(self.faults) - FAULTS_SHOWN_MAX))
        super().__init__(one_per_line(lines))
