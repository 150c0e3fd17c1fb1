"""What a start needs to know of the past, folded from the facts one by one, and its checkpoint on the disk.

The checkpoint spares a start the reading of years of facts. It is only a saving: when it is missing, torn or does not fit the
journal, the journal is read from its beginning and the result is the same.
"""

from __future__ import annotations

import json
import os
import re
import zlib
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from engine.acd.memory import AcdMemory
from engine.calls.charging.memory import ChargeMemory
from engine.calls.group_usage import GroupUsage
from engine.calls.routing.memory import RoutingMemory
from engine.calls.services.memory import ServiceMemory
from engine.facts import (
    AgentLocked,
    AgentStateChanged,
    ApplianceStarted,
    ApplianceStopped,
    CallArrived,
    CallEnded,
    CallPlaced,
    CallQueued,
    Fact,
    InteractionBegan,
    InteractionEnded,
    MessagesWaiting,
    RecordingEnded,
    RecordingFailed,
    RecordingStarted,
    StintEnded,
    fact_from_record,
    fact_to_record,
)
from engine.kernel.bus import Envelope
from engine.store.journal import Position, sync_folder
from engine.telephony.blocking import Block, Blocks

__all__ = ["CHECKPOINT_NAME", "OpenCall", "OpenStint", "State", "read_checkpoint", "write_checkpoint"]

CHECKPOINT_NAME = "checkpoint.json"
CHECKPOINT_FORMAT = 10
CHECKPOINT_BYTES_MAX = 16 * 1024 * 1024
FAR_END_FIELDS = frozenset({"calling", "calling_name", "called", "sentence", "key"})
"""Fields that others write: what looks like an id there is none."""
ID = re.compile(r"(?P<box>[a-z][a-z0-9]{0,7})-(?P<kind>[a-z])(?P<number>[0-9]{1,15})", re.ASCII)


@dataclass(frozen=True)
class OpenCall:
    """A call whose end is not in the journal."""

    call: str
    interaction: str


@dataclass(frozen=True)
class OpenStint:
    """A stay in a queue whose end is not in the journal.

    ``since_ns`` is the monotonic clock of the run in which it began; ``wait_ms`` how long it lasted as far as the journal
    knows, or −1 while that run goes on.
    """

    call: str
    queue: str
    interaction: str
    since_ns: int
    wait_ms: int = -1


@dataclass
class State:
    """The fold of all facts so far. ``clean_stop`` is true before the first fact and after ``ApplianceStopped``.

    ``newest_ns`` is the monotonic clock at the newest fact: the last moment at which the box is known to have lived. ``messages`` wait for the
    users of these phones. ``open_interactions``: those whose end is not in the journal. ``group_usage``: what the trunk groups have carried today; ``blocks``: the lines that somebody has blocked; ``routing``:
    switches, listed numbers, and what phones have called today; ``charges``: calls that will be charged, and what was spent this month; ``services``:
    what is set for extensions; ``acd``: the agents' day, and whose turn it is.
    """

    facts: int = 0
    last_ids: dict[str, int] = field(default_factory=dict)
    open_calls: dict[str, str] = field(default_factory=dict)
    open_interactions: dict[str, None] = field(default_factory=dict)
    open_recordings: dict[str, RecordingStarted] = field(default_factory=dict)
    recording_interactions: dict[str, str] = field(default_factory=dict)
    agents: dict[str, AgentStateChanged] = field(default_factory=dict)
    locked_until: dict[str, int] = field(default_factory=dict)
    open_stints: dict[str, OpenStint] = field(default_factory=dict)
    messages: dict[str, int] = field(default_factory=dict)
    group_usage: GroupUsage = field(default_factory=GroupUsage)
    blocks: Blocks = field(default_factory=Blocks)
    routing: RoutingMemory = field(default_factory=RoutingMemory)
    acd: AcdMemory = field(default_factory=AcdMemory)
    charges: ChargeMemory = field(default_factory=ChargeMemory)
    services: ServiceMemory = field(default_factory=ServiceMemory)
    newest_ns: int = 0
    clean_stop: bool = True

    def apply(self, envelope: Envelope) -> None:
        """Take in the next fact."""
        fact = envelope.fact
        self.facts += 1
        self.clean_stop = isinstance(fact, ApplianceStopped)
        self._note_ids(envelope)
        self.group_usage.apply(envelope)
        self.blocks.hear(envelope)
        self.routing.apply(envelope)
        self.acd.apply(envelope)
        self.charges.apply(envelope)
        self.services.apply(envelope)
        match fact:
            case CallArrived() | CallPlaced():
                self.open_calls[fact.call] = envelope.interaction
            case CallEnded():
                self.open_calls.pop(fact.call, None)
            case InteractionBegan():
                self.open_interactions[fact.interaction] = None
            case InteractionEnded():
                self.open_interactions.pop(fact.interaction, None)
            case RecordingStarted():
                self.open_recordings[fact.recording] = fact
                self.recording_interactions[fact.recording] = envelope.interaction
            case RecordingEnded():
                self._recording_over(fact.recording)
            case RecordingFailed() if fact.reason != "overrun":  # after an overrun the recording goes on
                self._recording_over(fact.recording)
            case AgentStateChanged():
                self.agents[fact.agent] = fact
            case AgentLocked():
                self.locked_until[fact.agent] = fact.until_utc_ms
            case MessagesWaiting(phone=phone, count=0):
                self.messages.pop(phone, None)
            case MessagesWaiting():
                self.messages[fact.phone] = fact.count
            case CallQueued():
                self.open_stints[fact.call] = OpenStint(fact.call, fact.queue, envelope.interaction, envelope.monotonic_ns)
            case StintEnded():
                self.open_stints.pop(fact.call, None)
            case ApplianceStarted():  # the clock of the run before has ended: what is open stays as long as it was
                self.open_stints = {stint.call: stint for stint in self.stints_left()}
        self.newest_ns = envelope.monotonic_ns

    def _recording_over(self, recording: str) -> None:
        self.open_recordings.pop(recording, None)
        self.recording_interactions.pop(recording, None)

    def stints_left(self) -> tuple[OpenStint, ...]:
        """The open stays, each with the time that it lasted if the box died now."""
        return tuple(
            replace(stint, wait_ms=max(0, self.newest_ns - stint.since_ns) // 1_000_000) if stint.wait_ms < 0 else stint
            for stint in self.open_stints.values()
        )

    def _note_ids(self, envelope: Envelope) -> None:
        fact = envelope.fact
        values = [value for name, value in vars(fact).items() if name not in FAR_END_FIELDS]
        for value in [envelope.interaction, *values]:
            for one in value if isinstance(value, tuple) else (value,):
                found = ID.fullmatch(one) if isinstance(one, str) else None
                if found and found["box"] == envelope.box:
                    kind, number = found["kind"], int(found["number"])
                    self.last_ids[kind] = max(self.last_ids.get(kind, 0), number)

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {
            "facts": self.facts,
            "last_ids": self.last_ids,
            "open_calls": self.open_calls,
            "open_interactions": list(self.open_interactions),
            "open_recordings": [_kept(fact) for fact in self.open_recordings.values()],
            "recording_interactions": self.recording_interactions,
            "agents": [_kept(fact) for fact in self.agents.values()],
            "locked_until": self.locked_until,
            "open_stints": [asdict(stint) for stint in self.open_stints.values()],
            "messages": self.messages,
            "group_usage": self.group_usage.to_json(),
            "blocks": [asdict(block) for block in self.blocks.by_line.values()],
            "routing": self.routing.to_json(),
            "acd": self.acd.to_json(),
            "charges": self.charges.to_json(),
            "services": self.services.to_json(),
            "newest_ns": self.newest_ns,
            "clean_stop": self.clean_stop,
        }

    @classmethod
    def from_json(cls, row: dict[str, Any]) -> State:
        """Back from ``to_json``. Raises ValueError, KeyError, TypeError or AttributeError for anything else."""
        state = cls(
            facts=int(row["facts"]),
            last_ids={str(kind): int(number) for kind, number in row["last_ids"].items()},
            open_calls={str(call): str(interaction) for call, interaction in row["open_calls"].items()},
            open_interactions={str(interaction): None for interaction in row["open_interactions"]},
            locked_until={str(agent): int(until) for agent, until in row["locked_until"].items()},
            recording_interactions={str(recording): str(interaction) for recording, interaction in row["recording_interactions"].items()},
            messages={str(phone): int(count) for phone, count in row["messages"].items()},
            group_usage=GroupUsage.from_json(row["group_usage"]),
            blocks=Blocks.of(Block(**kept) for kept in row["blocks"]),
            routing=RoutingMemory.from_json(row["routing"]),
            acd=AcdMemory.from_json(row["acd"]),
            charges=ChargeMemory.from_json(row["charges"]),
            services=ServiceMemory.from_json(row["services"]),
            newest_ns=int(row["newest_ns"]),
            clean_stop=bool(row["clean_stop"]),
        )
        for stint in (OpenStint(**kept) for kept in row["open_stints"]):
            state.open_stints[stint.call] = stint
        for fact in map(_recalled, row["open_recordings"]):
            if isinstance(fact, RecordingStarted):
                state.open_recordings[fact.recording] = fact
        for fact in map(_recalled, row["agents"]):
            if isinstance(fact, AgentStateChanged):
                state.agents[fact.agent] = fact
        return state


def _kept(fact: Fact) -> list[Any]:
    return [type(fact).__name__, fact.VERSION, fact_to_record(fact)]


def _recalled(row: list[Any]) -> Fact:
    name, version, record = row
    return fact_from_record(name, version, record)


def write_checkpoint(folder: Path, state: State, at: Position) -> None:
    """Keep the state at this place of the journal, whole or not at all. Raises OSError."""
    body = json.dumps({"format": CHECKPOINT_FORMAT, "at": asdict(at), "state": state.to_json()}, sort_keys=True)
    whole = json.dumps({"body": body, "crc": zlib.crc32(body.encode())})
    fresh = folder / f"{CHECKPOINT_NAME}.new"
    try:
        with fresh.open("w", encoding="utf-8") as file:
            file.write(whole)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(folder / CHECKPOINT_NAME)
        sync_folder(folder)
    except OSError:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)
        raise


def read_checkpoint(folder: Path) -> tuple[State, Position] | None:
    """The newest checkpoint, or None when there is none that can be used."""
    path = folder / CHECKPOINT_NAME
    try:
        if path.stat().st_size > CHECKPOINT_BYTES_MAX:
            return None
        whole = json.loads(path.read_bytes())
        body = whole["body"]
        if zlib.crc32(body.encode()) != whole["crc"]:
            return None
        row = json.loads(body)
        if row["format"] != CHECKPOINT_FORMAT:
            return None
        at = Position(**{name: int(value) for name, value in row["at"].items()})
        return State.from_json(row["state"]), at
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
