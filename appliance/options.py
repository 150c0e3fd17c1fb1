"""What the command line asks for, as values that the commands take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

__all__ = ["PUMP_PRIORITY", "RunOptions", "ScenarioOptions", "door_path", "only_here", "usual_data"]

PUMP_PRIORITY = 80
"""The realtime priority (SCHED_FIFO) for which the media pump asks."""


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """``strowger run``: ``site`` None: the data folder's own, or the demo site for a new folder; ``simulated``: whatever the
    site says, drive simulated boards; ``caller``: a simulated customer telephones by itself; ``http``: the page without TLS, for this machine only; ``language``: of messages, empty: from the environment.
    """

    data: Path = Path("data")
    site: Path | None = None
    simulated: bool = False
    caller: bool = True
    http: bool = False
    language: str = ""


@dataclass(frozen=True, kw_only=True)
class ScenarioOptions:
    """``strowger scenario``: ``seed`` None: the scenario's own; ``keep``: folder for what each run leaves behind, None: thrown away."""

    files: tuple[Path, ...]
    realtime: bool = False
    seed: int | None = None
    json: bool = False
    keep: Path | None = None
    language: str = ""


def door_path(data: Path) -> Path:
    """The socket by which the appliance that runs on this data folder is asked."""
    return data / "door.sock"


def usual_data(environment: Mapping[str, str]) -> Path:
    """The data folder when none is named: ``STROWGER_DATA`` (an installed appliance's program sets it), else ``data`` here."""
    return Path(environment.get("STROWGER_DATA") or "data")


def only_here(address: str) -> bool:
    """Whether nobody but this machine itself reaches a port at this IP address. Raises ValueError when it is none."""
    return ip_address(address).is_loopback
