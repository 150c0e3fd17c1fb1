"""The start: what the journal says of the time before.

``recover`` removes a torn tail, brings the tables up to the journal's end, and tells what was going on when the
appliance stopped. It runs before the reactor and before any thread, with nobody else on the data folder.
"""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import peewee

from engine.acd.memory import AcdMemory
from engine.calls.charging.memory import ChargeMemory
from engine.calls.group_usage import GroupUsage
from engine.calls.routing.memory import RoutingMemory
from engine.calls.services.memory import ServiceMemory
from engine.facts import AgentStateChanged, RecordingStarted
from engine.kernel.bus import Envelope
from engine.kernel.errors import EnvironmentFault
from engine.kernel.text import text
from engine.store.journal import START, Position, Reading, cut, holds
from engine.store.migrations import open_database
from engine.store.projection import Projection
from engine.store.state import OpenCall, OpenStint, State, read_checkpoint
from engine.telephony.blocking import Block

__all__ = ["JOURNAL_FOLDER", "OpenCall", "OpenStint", "Recovered", "recover"]

JOURNAL_FOLDER = "journal"
BATCH_FACTS = 1000
"""Facts projected in one transaction while catching up: keeps memory small, and the disk busy with few commits."""


@dataclass(frozen=True)
class Recovered:
    """The past, as far as the journal holds it.

    ``messages`` wait for the users of these phones; ``group_usage`` is what the trunk groups have carried today; ``blocks``: lines that somebody has
    blocked; ``recording_interactions``: the interaction of each open recording; ``routing``, ``acd``, ``charges`` and ``services`` are copies of the folds. ``next_seq`` is the number of the next fact; ``last_ids`` the highest number used per id kind;
    ``locked_until`` UTC ms by agent; ``facts`` how many facts there are; ``torn_bytes`` how much of an unfinished tail was removed; ``end`` and
    ``state`` are for the ``Store`` to go on from.
    """

    next_seq: int
    last_ids: Mapping[str, int]
    open_calls: tuple[OpenCall, ...]
    open_interactions: tuple[str, ...]
    open_stints: tuple[OpenStint, ...]
    open_recordings: tuple[RecordingStarted, ...]
    recording_interactions: Mapping[str, str]
    agents: Mapping[str, AgentStateChanged]
    locked_until: Mapping[str, int]
    messages: Mapping[str, int]
    group_usage: GroupUsage
    blocks: tuple[Block, ...]
    routing: RoutingMemory
    acd: AcdMemory
    charges: ChargeMemory
    services: ServiceMemory
    clean_stop: bool
    facts: int
    torn_bytes: int
    end: Position
    state: State


def recover(folder: Path) -> Recovered:
    """Make the data folder whole and say what was.

    Raises BadInput when the journal is damaged or newer than this program, EnvironmentFault when the disk or the database fails.
    """
    try:
        (folder / JOURNAL_FOLDER).mkdir(parents=True, exist_ok=True)
        database = open_database(folder)
        try:
            return _recover(folder, Projection(database))
        finally:
            database.close()
    except OSError as error:
        raise _fault(folder, error) from error
    except (peewee.DatabaseError, sqlite3.Error) as error:
        raise EnvironmentFault(
            text("database in {folder}: {error}. Check free disk space and permissions.", folder=str(folder), error=str(error))
        ) from error


def _fault(folder: Path, error: OSError) -> EnvironmentFault:
    if error.errno == errno.ENOSPC:
        return EnvironmentFault(text("the disk of {folder} is full: free some space, then start again.", folder=str(folder)))
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        where = str(error.filename or folder)
        return EnvironmentFault(
            text("no permission to write {where}: give it to the user of this process, or choose another data folder.", where=where)
        )
    return EnvironmentFault(text("data folder {folder} cannot be read and written: {error}.", folder=str(folder), error=str(error)))


def _recover(folder: Path, projection: Projection) -> Recovered:
    journal = folder / JOURNAL_FOLDER
    state, since = _starting_point(folder, projection.applied_seq)
    reading = Reading(journal, since)
    _replay(reading, state, projection)
    if projection.applied_seq > reading.end.seq:
        # The tables are ahead: the journal is an older copy. It alone counts, so they are made again.
        projection.clear()
        again = State()
        reading = Reading(journal)
        _replay(reading, again, projection)
        state = again
    cut(journal, reading)
    return Recovered(
        next_seq=reading.end.seq + 1,
        last_ids=dict(state.last_ids),
        open_calls=tuple(OpenCall(call, interaction) for call, interaction in state.open_calls.items()),
        open_interactions=tuple(state.open_interactions),
        open_stints=state.stints_left(),
        open_recordings=tuple(state.open_recordings.values()),
        recording_interactions=dict(state.recording_interactions),
        agents=dict(state.agents),
        locked_until=dict(state.locked_until),
        messages=dict(state.messages),
        group_usage=GroupUsage.from_json(state.group_usage.to_json()),  # the writer's thread goes on with its own
        blocks=tuple(state.blocks.by_line.values()),
        routing=RoutingMemory.from_json(state.routing.to_json()),
        acd=AcdMemory.from_json(state.acd.to_json()),
        charges=ChargeMemory.from_json(state.charges.to_json()),
        services=ServiceMemory.from_json(state.services.to_json()),
        clean_stop=state.clean_stop,
        facts=state.facts,
        torn_bytes=reading.torn_bytes,
        end=reading.end,
        state=state,
    )


def _starting_point(folder: Path, applied_seq: int) -> tuple[State, Position]:
    """The checkpoint when it fits the journal and the tables have passed it; otherwise the beginning."""
    found = read_checkpoint(folder)
    if found is None:
        return State(), START
    state, at = found
    if applied_seq < at.seq or not holds(folder / JOURNAL_FOLDER, at):
        return State(), START
    return state, at


def _replay(reading: Reading, state: State, projection: Projection) -> None:
    """Fold and project all that is read. ``Projection.apply`` itself passes over what the tables contain already."""
    batch: list[Envelope] = []
    for envelope in reading:
        state.apply(envelope)
        batch.append(envelope)
        if len(batch) >= BATCH_FACTS:
            projection.apply(batch)
            batch = []
    if batch:
        projection.apply(batch)
