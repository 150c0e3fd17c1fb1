"""What must be true of a data folder after a crash, judged from its octets by code of its own.

Nothing here uses the appliance's reading of journals and recordings: the checksums, the fold of facts and the RIFF parser
are written a second time, so that one misunderstanding cannot hide in both.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import peewee

from engine.acd.agent import PASSING
from engine.store.journal import Reading
from engine.store.migrations import open_database
from engine.store.models import PROJECTED
from engine.store.projection import Projection
from engine.store.queries import Reader

__all__ = ["Past", "Reference", "check_again", "check_restart", "check_survivors", "journal_bytes", "sound"]

WRITTEN_WITHIN_MS = 100
"""A fact is in the journal's file 20 ms after it happened; three steps of the world round that up."""
SOUND_WITHIN_MS = 1_000
START_FACTS = {"ApplianceStarted", "ApplianceStopped", "AgentStateChanged", "LineInService"}


def journal_bytes(folder: Path) -> bytes:
    """All segments in a row."""
    return b"".join(path.read_bytes() for path in sorted((folder / "journal").glob("*.seg")))


@dataclass(frozen=True)
class Line:
    """One fact of a journal."""

    seq: int
    fact: str
    utc_ms: int
    values: dict[str, Any]


def lines_of(octets: bytes) -> list[Line]:
    """The facts in whole lines. Raises ValueError when a checksum is wrong or a number is missing."""
    crc, lines = 0, list[Line]()
    for number, line in enumerate(octets.split(b"\n")[:-1]):
        crc = zlib.crc32(line[9:], crc)
        if line[:9] != b"%08x " % crc:
            raise ValueError(f"line {number} of the journal has a wrong checksum")
        row = json.loads(line[9:])
        if isinstance(row, dict):
            continue
        if row[0] != len(lines) + 1:
            raise ValueError(f"fact {len(lines) + 1} is missing, {row[0]} is there")
        lines.append(Line(row[0], row[2], row[5], row[9]))
    return lines


def sound(path: Path) -> bytes:
    """The audio of a recording: stereo A-law at 8000 Hz. Raises ValueError when a player would stumble over the file."""
    octets = path.read_bytes()
    if octets[:4] != b"RIFF" or octets[8:12] != b"WAVE" or int.from_bytes(octets[4:8], "little") != len(octets) - 8:
        raise ValueError(f"{path.name}: no RIFF WAVE header that fits {len(octets)} octets: {octets[:12]!r}")
    chunks, at = dict[bytes, bytes](), 12
    while at < len(octets):
        name, size = octets[at : at + 4], int.from_bytes(octets[at + 4 : at + 8], "little")
        if at + 8 + size > len(octets):
            raise ValueError(f"{path.name}: chunk {name!r} of {size} octets does not fit the file")
        chunks[name] = octets[at + 8 : at + 8 + size]
        at += 8 + size + size % 2
    if struct.unpack_from("<HHIIHH", chunks[b"fmt "]) != (6, 2, 8000, 16000, 2, 8):
        raise ValueError(f"{path.name}: the format is {chunks[b'fmt ']!r}")
    if int.from_bytes(chunks[b"fact"], "little") * 2 != len(chunks[b"data"]):
        raise ValueError(f"{path.name}: the number of samples does not fit the audio")
    return chunks[b"data"]


@dataclass
class Past:
    """What the facts of a journal leave open, and how agents are."""

    calls: set[str] = field(default_factory=set)
    ended: dict[str, str] = field(default_factory=dict)
    stints: set[str] = field(default_factory=set)
    recordings: dict[str, str] = field(default_factory=dict)
    agents: dict[str, dict[str, Any]] = field(default_factory=dict)
    last: str = ""

    @classmethod
    def of(cls, lines: list[Line]) -> Past:
        """The fold."""
        past = cls()
        for line in lines:
            past.last = line.fact
            match line.fact:
                case "CallArrived" | "CallPlaced":
                    past.calls.add(line.values["call"])
                case "CallEnded":
                    past.calls.discard(line.values["call"])
                    past.ended[line.values["call"]] = line.values["reason"]
                case "CallQueued":
                    past.stints.add(line.values["call"])
                case "StintEnded":
                    past.stints.discard(line.values["call"])
                case "RecordingStarted":
                    past.recordings[line.values["recording"]] = line.values["path"]
                case "RecordingEnded" | "RecordingFailed":
                    past.recordings.pop(line.values["recording"], None)
                case "AgentStateChanged":
                    past.agents[line.values["agent"]] = line.values
        return past


@dataclass(frozen=True)
class Reference:
    """The same day without a crash: its journal and its sounds."""

    journal: bytes
    sounds: dict[str, bytes]
    began_ms: dict[str, int]

    @classmethod
    def of(cls, folder: Path, start_utc_ms: int) -> Reference:
        """Read from the folder of the day that was not disturbed."""
        octets = journal_bytes(folder)
        began = {line.values["path"]: line.utc_ms - start_utc_ms for line in lines_of(octets) if line.fact == "RecordingStarted"}
        return cls(octets, {path: sound(folder / "recordings" / path) for path in began}, began)


def check_survivors(folder: Path, reference: Reference, start_utc_ms: int, killed_ms: int) -> tuple[bytes, list[str]]:
    """The whole lines that the kill left, and what is wrong with them. Nothing has been repaired yet."""
    octets = journal_bytes(folder)
    whole = octets[: octets.rfind(b"\n") + 1]
    faults = [] if reference.journal.startswith(octets) else ["the journal is no prefix of the undisturbed day's"]
    due = sum(1 for line in lines_of(reference.journal) if line.utc_ms - start_utc_ms <= killed_ms - WRITTEN_WITHIN_MS)
    there = len(lines_of(whole))
    if there < due:
        faults.append(f"{due} facts were due in the journal, {there} are there")
    return whole, faults


def check_restart(folder: Path, whole: bytes, reference: Reference, killed_ms: int, status: dict[str, Any]) -> list[str]:
    """What is wrong after the first start that was not killed.

    A start before it may have been killed and told anything from nothing to all: every end must be told once all the same.
    """
    octets = journal_bytes(folder)
    if not octets.startswith(whole):
        return ["the journal after the restart does not begin with what survived"]
    past, lines = Past.of(lines_of(whole)), lines_of(octets)
    added = lines[len(lines_of(whole)) :]
    faults = _added_facts(past, lines, added)
    faults += _recordings(folder, past, lines, reference, killed_ms)
    faults += _call_list(folder, past)
    faults += _agents(past, status)
    faults += _tables(folder)
    if not status["answered"]:
        faults.append("a caller who rang after the restart was not answered")
    return faults + [f"log: {line}" for line in status["log"]]


def check_again(before: bytes, folder: Path, files_before: dict[str, bytes]) -> list[str]:
    """What is wrong after one more start and stop: it must have added its own facts and nothing else."""
    octets = journal_bytes(folder)
    if not octets.startswith(before):
        return ["the second restart changed the journal"]
    added = lines_of(octets)[len(lines_of(before)) :]
    strange = [line.fact for line in added if line.fact not in START_FACTS]
    faults = [f"the second restart added {strange}"] if strange else []
    if not added or added[0].fact != "ApplianceStarted" or added[0].values["after_clean_stop"] is not True:
        faults.append("the second restart does not know that the stop before was clean")
    files = {str(path.relative_to(folder)): path.read_bytes() for path in sorted((folder / "recordings").rglob("*.wav"))}
    if files != files_before:
        faults.append("the second restart changed recordings")
    return faults + _tables(folder)


def _added_facts(past: Past, lines: list[Line], added: list[Line]) -> list[str]:
    faults: list[str] = []
    if not added or added[0].fact != "ApplianceStarted":
        faults.append("the restart does not begin with ApplianceStarted")
    elif added[0].values["after_clean_stop"] is not (past.last == ""):
        faults.append("the restart takes the kill for a clean stop")
    counts = Counter((line.fact, line.values.get("call", "")) for line in lines)
    for first, last in (("CallArrived", "CallEnded"), ("CallPlaced", "CallEnded"), ("CallQueued", "StintEnded")):
        for (fact, call), count in counts.items():
            if fact == first and (count != 1 or counts[last, call] != 1):
                faults.append(f"{call}: {count} times {first}, {counts[last, call]} times {last}")
    failed = {line.values["call"] for line in added if line.fact == "StintEnded" and line.values["outcome"] == "failed"}
    if past.stints - failed:
        faults.append(f"the stays of {sorted(past.stints - failed)} have no end")
    left = Past.of(lines)
    if left.calls or left.stints or left.recordings:
        faults.append(f"still open after a clean stop: {left.calls} {left.stints} {left.recordings}")
    faults += [f"alarm: {line.values['sentence']}" for line in lines if line.fact == "AlarmRaised"]
    return faults


def _recordings(folder: Path, past: Past, lines: list[Line], reference: Reference, killed_ms: int) -> list[str]:
    faults: list[str] = []
    ends = {line.values["recording"]: line.values for line in lines if line.fact == "RecordingEnded"}
    started = {line.values["recording"]: line.values["path"] for line in lines if line.fact == "RecordingStarted"}
    for recording, path in started.items():
        end = ends.get(recording)
        wanted = reference.sounds.get(path)
        if end is None or wanted is None:
            faults.append(f"{path} has no end, or the undisturbed day does not know it")
            continue
        try:
            kept = sound(folder / "recordings" / path)
        except (OSError, ValueError) as error:
            faults.append(str(error))
            continue
        least = len(wanted)
        if recording in past.recordings:
            least = min(least, (killed_ms - reference.began_ms[path] - SOUND_WITHIN_MS) * 16)
        if not wanted.startswith(kept) or len(kept) < least:
            faults.append(f"{path}: {len(kept) / 16:.0f} ms of sound are kept, {least / 16:.0f} are due, of {len(wanted) / 16:.0f}")
        if end["samples"] * 2 != len(kept) or end["repaired"] is not (recording in past.recordings):
            faults.append(f"{path}: {len(kept) // 2} samples, the journal says {end}")
    return faults


def _call_list(folder: Path, past: Past) -> list[str]:
    reader = Reader(folder, lambda: 0)
    try:
        rows = {row.call: row for row in reader.calls(1000)}
    finally:
        reader.close()
    faults = [f"{call} is not in the list" for call in (past.calls | past.ended.keys()) - rows.keys()]
    for call, row in rows.items():
        reason = "restart" if call in past.calls else past.ended.get(call, row.reason)
        if row.reason != reason or row.ended_utc_ms is None:
            faults.append(f"{call} is listed with the reason {row.reason!r}, ended {row.ended_utc_ms}; {reason!r} is right")
    return faults


def _agents(past: Past, status: dict[str, Any]) -> list[str]:
    """Who was logged in is; who had reasons not to be ready has them, but for those of a handset, which is looked at anew; whoever was in a call or
    after it is ready.
    """
    faults: list[str] = []
    for agent in status["agents"]:
        fact = past.agents.get(agent["agent"], {"state": "logged_out", "phone": "", "reasons": []})
        reasons = [reason for reason in fact["reasons"] if reason not in PASSING]
        state = "logged_out" if not fact["phone"] else "not_ready" if reasons else "ready"
        found = (agent["state"], agent["phone"], agent["reasons"])
        if found != (state, fact["phone"], reasons):
            faults.append(f"agent {agent['agent']} is {found}, the journal says {fact}")
    return faults


def _tables(folder: Path) -> list[str]:
    """The tables against a projection of the whole journal into an empty database."""
    kept = open_database(folder)
    fresh = peewee.SqliteDatabase(":memory:")
    try:
        for sql in [row[0] for row in kept.execute_sql("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")]:  # type: ignore[no-untyped-call]  # the stub has no types
            fresh.execute_sql(sql)  # type: ignore[no-untyped-call]  # the stub has no types
        Projection(fresh).apply(Reading(folder / "journal"))
        faults = []
        for model in PROJECTED:
            rows = [sorted(model.select().tuples().execute(database), key=repr) for database in (kept, fresh)]
            if rows[0] != rows[1]:
                faults.append(f"table {model._meta.table_name} is not what the journal says")
        return faults
    finally:
        kept.close()
        fresh.close()
