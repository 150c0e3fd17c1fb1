"""All evidence at once: in the running appliance for itself, or from outside for one that runs or does not."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from appliance.doctor.driver_looking import driver_seen, gains_of_cards, idle_spans_seen, nodes_seen, spans_seen, timer_seen
from appliance.doctor.evidence import Evidence, Person, PumpSeen, Rights, Seen, Span, Timer, Unseen
from appliance.doctor.files import Files, integer
from appliance.doctor.looking import (
    folder_seen,
    governor_seen,
    medium_seen,
    person_of,
    ports_seen,
    processes_seen,
    rights_seen,
    schema_seen,
    time_seen,
)
from boards.dahdi.sysfs import DeviceTree
from boards.dahdi.system import System
from engine.kernel.text import Text, text
from engine.settings.site import Site

__all__ = ["Asked", "Machine", "gather"]


@dataclass(frozen=True)
class Machine:
    """What is looked at: files, the driver's tree and calls. ``now_s`` is a clock that only goes forward, ``offset_min`` the
    machine's local time ahead of UTC.
    """

    files: Files
    tree: DeviceTree
    system: System
    now_s: Callable[[], float]
    offset_min: int


@dataclass(frozen=True, kw_only=True)
class Asked:
    """For whom: the site, its data folder, whether real boards are judged; ``pid`` of the running appliance, None: none runs; its
    pump's counters when it is asked itself, and with simulated boards the spans that it has found there.
    """

    site: Site
    data: Path
    boards: bool
    pid: int | None = None
    pump: PumpSeen | None = None
    simulated: Seen[tuple[Span, ...]] | None = None


def gather(asked: Asked, machine: Machine) -> Evidence:
    """Look at everything; takes about a second, most of it to watch the driver's timer."""
    files = machine.files
    person = _person(files, asked)
    folder = folder_seen(files, asked.data)
    ours = frozenset({os.getpid()} | ({asked.pid} if asked.pid is not None else set()))
    processes = processes_seen(files, ours)
    nothing = Unseen(text("the boards are simulated"))
    evidence = Evidence(
        site=asked.site,
        boards=asked.boards,
        running=asked.pid is not None,
        person=person,
        driver=nothing,
        processes=processes,
        spans=nothing if asked.simulated is None else asked.simulated,
        timer=nothing,
        pump=asked.pump,
        rights=_rights(files, asked, person),
        folder=folder,
        medium=medium_seen(folder, machine.now_s),
        schema=schema_seen(asked.data),
        time=time_seen(),
        offset_min=machine.offset_min,
        governor=governor_seen(files),
        ports=ports_seen(files, _wanted_ports(asked.site), asked.pid, processes),
    )
    return _with_driver(evidence, machine) if asked.boards else evidence


def _with_driver(evidence: Evidence, machine: Machine) -> Evidence:
    driver = driver_seen(machine.files, machine.system, os.uname().release)
    evidence = replace(evidence, driver=driver, card_gains=gains_of_cards(machine.files))
    if not driver.loaded:
        return evidence
    nodes = nodes_seen(machine.system)
    timer: Seen[Timer] = timer_seen(machine.system, machine.now_s)
    spans = spans_seen(machine.tree, machine.system)
    return replace(evidence, nodes=nodes, timer=timer, spans=spans, idle_spans=idle_spans_seen(machine.tree))


def _wanted_ports(site: Site) -> list[tuple[Text, int]]:
    wanted = [(text("page"), site.web.port), (text("console by SSH"), site.console.ssh_port)]
    return [(purpose, number) for purpose, number in wanted if number]


def _person(files: Files, asked: Asked) -> Person:
    """As whom the appliance runs; else whose the data folder is, when root asks; else who asks."""
    own = os.geteuid()
    if asked.pid is not None and asked.pid != os.getpid():
        with suppress(OSError):
            found = re.search(r"(?m)^Uid:\s+(\d+)", files.read(f"/proc/{asked.pid}/status"))
            if found is not None:
                return person_of(integer(found[1]))
    if own == 0 and asked.pid is None:
        with suppress(OSError):
            return person_of(asked.data.stat().st_uid)
    return replace(person_of(own), groups=frozenset({os.getegid(), *os.getgroups()}))


def _rights(files: Files, asked: Asked, person: Person) -> Seen[Rights] | None:
    if asked.pid is not None:
        return rights_seen(files, asked.pid)
    return rights_seen(files, os.getpid()) if person.uid == os.geteuid() else None
