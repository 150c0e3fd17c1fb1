"""What the command line asks for, as values that the commands take."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

__all__ = ["RunOptions", "ScenarioOptions", "door_path"]


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
