"""What the driver was told and does not tell again, over a restart of the appliance: a small file in the data folder.

It holds for as long as the machine runs: another start of the machine has another boot id, and begins with an empty memory.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

__all__ = ["BOOT_ID", "SpanFile", "boot_id"]

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
OCTETS_MOST = 64 * 1024
SPANS_MOST = 256
"""Twice as many as a driver can have: cards that were put back count anew."""


def boot_id(file: Path = BOOT_ID) -> str:
    """The name of this start of the machine; empty when it has none, and then nothing is remembered."""
    try:
        return file.read_text().strip()
    except OSError:
        return ""


class SpanFile:
    """Implements ``boards.dahdi.survey.SpanMemory``."""

    def __init__(self, file: Path, boot: str, log: Callable[[str], None]) -> None:
        self._file = file
        self._boot = boot
        self._log = log
        self._timings: dict[str, int] | None = None

    def recall(self) -> Mapping[str, int]:
        if self._timings is None:
            self._timings = self._read()
        return self._timings

    def keep(self, timings: Mapping[str, int]) -> None:
        self._timings = dict(list(timings.items())[-SPANS_MOST:])
        if not self._boot:
            return
        written = self._file.with_suffix(".new")
        try:
            written.write_text(json.dumps({"boot": self._boot, "spans": self._timings}, ensure_ascii=False))
            written.replace(self._file)
        except OSError as error:
            self._log(f"spans: {self._file} cannot be written ({error}); the spans are configured once more at the next start")

    def _read(self) -> dict[str, int]:
        try:
            if self._file.stat().st_size > OCTETS_MOST:
                return {}
            known = json.loads(self._file.read_text())
            spans = known["spans"] if known["boot"] == self._boot and self._boot else {}
            return {str(key): int(timing) for key, timing in spans.items()}
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return {}  # a damaged file costs one configuring that was not needed
