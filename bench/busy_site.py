"""A busy site for measurements: an appliance on simulated boards, half of its channels exchange lines, and people who telephone.

``python -m bench.busy_site DATA CHANNELS FACTS`` runs until it is ended. Every fact's number and moment are written to
``DATA/facts.jsonl``.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from twisted.internet import defer, reactor

from appliance.building import Sounds
from appliance.data_folder import DataFolder
from appliance.door import DoorServer, Peer
from appliance.live import LiveAppliance
from appliance.options import door_path
from appliance.page_front import PageFront
from appliance.passwords import Argon2
from appliance.process import Collector, open_log
from appliance.prompts import generate, load, load_music
from appliance.simulation import Surrounded
from appliance.site_file import demo_site_file, read_site
from engine.kernel.bus import Envelope
from engine.kernel.errors import Refused
from engine.people.actors import Actor, Role
from engine.people.users import User
from engine.settings.site import Site, StationSection, TrunkSection
from engine.store.accounts import AccountStore
from hwsim.people import Subscriber

USER, PASSWORD = "load", "seven-grey-herons"  # of a site that lives for a minute
PORT = 18_443
FACTS_A_CALL = 9.0
"""Told by one call that listens for a while and hangs up; measured, not exact."""
LISTENS_MS = 12_000


def busy_site(channels: int) -> Site:
    """The demo site with many lines and phones."""
    site = read_site(demo_site_file())
    lines = channels // 2
    trunks = tuple(TrunkSection(name=f"line-{n}", channel=n, number=f"0215550{n:04d}", flow="main") for n in range(1, lines + 1))
    phones = tuple(StationSection(name=f"phone-{n}", channel=lines + n, extension=str(1000 + n)) for n in range(1, channels - lines + 1))
    return replace(site, trunks=trunks, stations=phones, web=replace(site.web, port=PORT, logins_most=1000))


class Traffic:
    """Calls, one after the other, so many that about ``facts`` are told a second."""

    def __init__(self, site: Site, around: Surrounded, facts: float) -> None:
        self._around = around
        self._every_ms = round(1000 * FACTS_A_CALL / facts)
        self._lines = [trunk.name for trunk in site.trunks]
        self._people = [Subscriber(around.world, around.exchange, f"caller-{n}", f"1380013{n:04d}") for n in range(200)]
        self._next = 0

    def begin(self) -> None:
        """From now on."""
        self._next += 1
        person = self._people[self._next % len(self._people)]
        line = self._lines[self._next % len(self._lines)]
        try:
            person.call(line)
        except Refused:
            pass  # still busy with the last call
        else:
            self._around.world.after(LISTENS_MS, lambda: self._leave(person))
        self._around.world.after(self._every_ms, self.begin)

    def _leave(self, person: Subscriber) -> None:
        if person.circuit is not None:
            person.hang_up()


def main() -> None:
    """Run until SIGTERM."""
    data, channels, facts = Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    twisted: Any = reactor
    site = busy_site(channels)
    with DataFolder(data) as folder, (data / "facts.jsonl").open("w", buffering=1) as told:
        generate(folder.prompts, lambda *_: None)
        AccountStore(folder.path).save(User(USER, frozenset({Role.ADMINISTRATOR}), "en", Argon2().hash(PASSWORD)))
        sounds = Sounds(load(folder.prompts), {file: load_music(file) for file in {queue.music for queue in site.queues}})
        log = open_log(folder.path / "log")
        live = LiveAppliance(twisted, site, folder, sounds, log)
        try:
            _serve(twisted, live, folder.path, log, told.write, lambda: Traffic(site, live.around, facts).begin() if live.around else None)
        finally:
            live.close()


def _serve(
    twisted: Any,  # noqa: ANN401  # Twisted's reactor is several interfaces at once
    live: LiveAppliance,
    folder: Path,
    log: Callable[[str], None],
    told: Callable[[str], object],
    traffic: Callable[[], None],
) -> None:
    def heard(envelope: Envelope) -> None:
        told(json.dumps({"seq": envelope.seq, "ns": live.clock.monotonic_ns()}) + "\n")

    def answer(_peer: Peer, request: Any) -> defer.Deferred[Any]:  # noqa: ANN401  # whatever JSON holds
        answered: defer.Deferred[Any] = defer.Deferred()
        live.appliance.ask(Actor(Role.TECHNICIAN, "bench"), request, answered.callback, answered.errback)
        return answered

    live.appliance.bus.subscribe("bench", heard)
    page = PageFront(twisted, live, folder, log, lambda _said: None, http=True)
    live.appliance.start()
    door = DoorServer(twisted, door_path(folder), answer, log)
    door.start()
    Collector(live.clock).start()
    for begin in (page.open, live.move_world, traffic):
        twisted.callWhenRunning(begin)
    twisted.addSystemEventTrigger("before", "shutdown", lambda: live.stop("stopped"))
    twisted.run()


if __name__ == "__main__":
    main()
