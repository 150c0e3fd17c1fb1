"""A scenario through a whole appliance on real ``/dev/dahdi`` files. For a machine with the real driver.

``python -m tests.kernel.call SCENARIO``. The appliance is the one that ``strowger run`` starts, in real time, on the near span of a looped
channel bank; exchange, callers and telephones are those of the simulated world, on the far span.
"""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from appliance.live import LiveAppliance
from appliance.options import ScenarioOptions
from appliance.prompts import load
from appliance.scenarios import Follower, Production, Studio, productions_of, prompt_cache
from appliance.scenarios import cache_folder as shared_cache
from appliance.simulation import Surrounded
from engine.kernel.text import Text
from engine.settings.site import Site
from hwsim.exchange import Exchange
from hwsim.people import DeskPhone
from hwsim.scenario_player import Player
from hwsim.world import Pacing, World
from tests.contracts.drivers import KernelDriver
from tests.contracts.looped import Loop
from tests.kernel.far_ends import FarEnds, FarLine, FarPhone

__all__ = ["main"]

LINES_MOST = 1
PHONES_MOST = 1
PHONE_FROM = 13
"""Where the telephones' half of the bank begins."""
AFTER_S = 1.0
LONGEST_S = 120


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def on_the_bank(site: Site, loop: Loop) -> Site:
    """The site with its first lines and phones on the near span's channels, on real boards."""
    bank = loop.bank_near
    trunks = [replace(trunk, channel=bank.channel(1 + place)) for place, trunk in enumerate(site.trunks[:LINES_MOST])]
    stations = [replace(phone, channel=bank.channel(PHONE_FROM + place)) for place, phone in enumerate(site.stations[:PHONES_MOST])]
    return replace(site, trunks=tuple(trunks), stations=tuple(stations), box=replace(site.box, hardware="dahdi"))


def surrounded(site: Site, loop: Loop, far: FarEnds, seed: int) -> Surrounded:
    """Exchange and telephones on the far span's channels."""
    bank = loop.bank_far
    lines = {trunk.name: FarLine(loop, bank.channel(1 + place)) for place, trunk in enumerate(site.trunks)}
    phones = {phone.name: FarPhone(loop, bank.channel(PHONE_FROM + place)) for place, phone in enumerate(site.stations)}
    for port in (*lines.values(), *phones.values()):
        far.add(port)
    world = World(seed, far, None, lambda: None, lambda: 0, round(time.time() * 1000))
    exchange = Exchange(world, lines, {trunk.name: trunk.number for trunk in site.trunks if trunk.number})
    return Surrounded(world, exchange, {name: DeskPhone(world, name, port) for name, port in phones.items()})


class Play:
    """One scenario, from the start of the appliance to its stop."""

    def __init__(self, reactor: Any, production: Production, loop: Loop) -> None:
        self.failures = 1
        self.gaps = self.late = 0
        self._reactor = reactor
        self._far = FarEnds()
        self._made = ExitStack()
        cache = shared_cache({"XDG_CACHE_HOME": sys.argv[2]} if len(sys.argv) > 2 else {})
        studio = Studio(load(prompt_cache(cache)), cache / "voices")
        site = on_the_bank(production.site, loop)
        production = replace(production, site=site)
        folder = self._made.enter_context(production.folder())
        around = surrounded(site, loop, self._far, production.seed)
        follower = Follower(production, _told, str)
        self._live = LiveAppliance(reactor, site, folder, studio.sounds(site), follower.log, production.seed)
        self._made.callback(self._live.close)
        stage = production.stage(around, self._far, self._live.appliance, folder, studio)
        self._player = Player(production.scenario, stage, follower.told, lambda: self._reactor.callLater(AFTER_S, self._stop))
        follower.follow(self._live.appliance, self._player, folder.recordings)
        self._around = around
        self._pacing: Pacing | None = None

    def begin(self) -> None:
        """The appliance starts; the first step comes when the lines are at rest."""
        self._live.appliance.start()
        self._reactor.callLater(LONGEST_S, self._too_long)
        self._pacing = self._around.world.run_realtime(self._reactor)
        self._player.begin()

    def _too_long(self) -> None:
        _say(f"the scenario is not over after {LONGEST_S} s")
        self._player.finish()
        self._close()

    def _stop(self) -> None:
        self._live.stop("stopped").addCallback(lambda _nothing: self._close())

    def _close(self) -> None:
        assert self._pacing is not None
        self._pacing.stop()
        self.failures = len(self._player.failures)
        self.gaps, self.late = self._far.gaps, self._pacing.steps_left_out
        self._made.close()
        self._reactor.stop()


def _told(said: Text) -> None:
    _say(said.in_english())


def main() -> int:
    """The command line."""
    from twisted.internet import reactor as installed  # noqa: PLC0415  # installed here, in the one place that may

    reactor: Any = installed
    loop = Loop(KernelDriver())
    for address in ("1:0", "1:1"):
        loop.destroy(address)  # the E1 pair is not needed, and time is cheaper without it
    (production,) = productions_of(ScenarioOptions(files=(Path(sys.argv[1]),), realtime=True))
    play = Play(reactor, production, loop)
    reactor.callWhenRunning(play.begin)
    reactor.run()
    _say(f"{play.failures} failures; audio of {play.gaps} blocks missing; {play.late} steps of the world left out")
    return 0 if not play.failures else 1


if __name__ == "__main__":
    sys.exit(main())
