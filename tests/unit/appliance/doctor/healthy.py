"""Evidence of a box in which everything is in order; a test spoils one thing."""

from __future__ import annotations

from typing import Any

from appliance.doctor.evidence import (
    Channel,
    Driver,
    Evidence,
    Folder,
    Governor,
    Medium,
    Node,
    Person,
    Port,
    Processes,
    PumpSeen,
    Rights,
    Schema,
    Span,
    SystemTime,
    Timer,
)
from appliance.doctor.examining import examine
from appliance.doctor.findings import Finding
from engine.kernel.text import text
from engine.settings.site import BoxSection, Site, StationSection, TrunkSection

STROWGER = Person(999, "strowger", frozenset({999, 20}))
SITE = Site(
    box=BoxSection(hardware="dahdi"),
    trunks=(TrunkSection(name="line-1", channel=1), TrunkSection(name="line-2", channel=2)),
    stations=(StationSection(name="phone-801", channel=3, extension="801"),),
)


def port(number: int, signalling: str = "FXSKS", **spoiled: Any) -> Channel:
    """A channel in order; an exchange line's has an echo canceller."""
    usual: dict[str, Any] = {"alarmed": False, "canceller": "mg2", "law": 2}
    return Channel(number, signalling, **(usual | spoiled))


PORTS = (port(1), port(2), port(3, "FXOKS", canceller=""))


def span(number: int = 1, **spoiled: Any) -> Span:
    """A card in order."""
    usual: dict[str, Any] = {"name": "WCTDM/0", "kind": "FXO", "alarms": 0, "master": True, "dynamic": False, "channels": PORTS}
    return Span(number, **(usual | spoiled))


def evidence(**spoiled: Any) -> Evidence:
    """A box in order, but for what is given."""
    usual: dict[str, Any] = {
        "site": SITE,
        "boards": True,
        "running": False,
        "person": STROWGER,
        "driver": Driver(loaded=True, version="3.1.0", running_kernel="6.1.0-1-amd64", built_for=None),
        "nodes": tuple(Node(f"/dev/dahdi/{name}", exists=True, mode=0o660, uid=0, gid=999) for name in ("ctl", "channel", "timer")),
        "processes": Processes((), hidden=0),
        "spans": (span(),),
        "timer": Timer(25, 500.0),
        "rights": Rights(80, None, nice_capability=False, lock_capability=False),
        "folder": Folder("/var/lib/strowger", exists=True, free_bytes=50 * 10**9, total_bytes=100 * 10**9, filesystem="ext4"),
        "medium": Medium(4.0),
        "schema": Schema(2, 2),
        "time": SystemTime(synchronised=True, error_ms=3.0),
        "offset_min": 480,
        "governor": Governor(frozenset({"performance"}), "acpi-cpufreq"),
        "ports": (Port(text("page"), 8443, "free"),),
    }
    return Evidence(**(usual | spoiled))


def found(check: str, **spoiled: Any) -> Finding:
    """What the doctor says about one thing."""
    return next(finding for finding in examine(evidence(**spoiled)) if finding.check == check)


def sentence(finding: Finding) -> str:
    """What a person reads, with the mend."""
    return finding.found.in_english() + (f" -> {finding.mend.in_english()}" if finding.mend is not None else "")


def running_pump(**spoiled: Any) -> PumpSeen:
    """The pump of an appliance that has run for an hour."""
    usual: dict[str, Any] = {"realtime": True, "locked": "all", "stalls": 0, "blocks_missing": 0, "running_s": 3600}
    return PumpSeen(**(usual | spoiled))
