"""What happened on each line and phone since the start, counted from the facts: for whoever looks for a faulty port."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from engine import facts
from engine.kernel.bus import Envelope

__all__ = ["LineCount", "LineTally"]


@dataclass
class LineCount:
    """The counters of one line or phone. ``fault`` is empty in service; ``fault_since_utc_ms`` 0 likewise.

    ``late_blocks`` … ``refused_blocks``: as in ``LineAudioCounted``, a minute old at most. ``rung``: a ring burst came and no call has been made of it yet.
    """

    rings: int = 0
    calls_in: int = 0
    calls_out: int = 0
    lifted: int = 0
    violations: int = 0
    driver_errors: int = 0
    faults: int = 0
    late_blocks: int = 0
    missing_blocks: int = 0
    gaps: int = 0
    overflows: int = 0
    refused_blocks: int = 0
    fault: str = ""
    fault_since_utc_ms: int = 0
    rung: bool = False


class LineTally:
    """Hears every fact. ``lines`` are the names of all lines and phones of the site; no others are ever kept."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._counts = {line: LineCount() for line in lines}
        self._nobody = LineCount()

    @property
    def counts(self) -> Mapping[str, LineCount]:
        """The counters by line."""
        return self._counts

    def hear(self, envelope: Envelope) -> None:
        """Subscribe this to the bus."""
        fact = envelope.fact
        match fact:
            case facts.LineRang(line=line):
                count = self._of(line)
                count.rings += 1
                count.rung = True
            case facts.CallArrived(line=line):
                count = self._of(line)
                count.calls_in += 1
                count.rung = False
            case facts.CallPlaced(line=line, phone=phone):
                self._of(phone).calls_out += 1
                self._of(line).calls_out += 1
                self._of(line).rung = False
            case facts.PhoneLifted(phone=phone):
                self._of(phone).lifted += 1
            case facts.ProtocolViolated(line=line):
                self._of(line).violations += 1
            case facts.AlarmRaised(alarm="driver", about=line):
                self._of(line).driver_errors += 1
            case facts.LineOutOfService(line=line, reason=reason):
                count = self._of(line)
                count.faults += 1
                count.fault, count.fault_since_utc_ms, count.rung = reason, envelope.utc_ms, False
            case facts.LineInService(line=line):
                count = self._of(line)
                count.fault, count.fault_since_utc_ms = "", 0
            case facts.LineAudioCounted(line=line):
                _add_audio(self._of(line), fact)

    def _of(self, line: str) -> LineCount:
        return self._counts.get(line, self._nobody)


def _add_audio(count: LineCount, fact: facts.LineAudioCounted) -> None:
    count.late_blocks += fact.late_blocks
    count.missing_blocks += fact.missing_blocks
    count.gaps += fact.gaps
    count.overflows += fact.overflows
    count.refused_blocks += fact.refused_blocks
