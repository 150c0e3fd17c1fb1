"""A real appliance in virtual time with accounts, whose console fronts are served in real time."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from twisted.internet.selectreactor import SelectReactor

from appliance.building import Sounds
from appliance.console_fronts import ConsoleFronts
from appliance.executors import VirtualExecutor
from appliance.passwords import Argon2
from appliance.prompts import load
from appliance.rig import Rig
from appliance.site_file import demo_site_file, read_site
from engine.control.accounts import Accounts
from engine.control.user_control import UserControl
from engine.kernel.bus import Envelope
from engine.people.actors import Act, Actor, Role
from engine.people.users import LoginRules, User
from engine.settings.site import ConsoleSection, Site
from engine.store.accounts import AccountStore
from tests.fakes import CountedSecrets

__all__ = ["PASSWORD", "WAIT_S", "FrontsBox"]

PASSWORD = "green-heron-at-nine"
HASHER = Argon2(memory_kib=8, rounds=1)
WAIT_S = 30.0
"""Real time that a test waits for something at most; it never waits for longer than needed."""
LOOK_MS = 20
USERS = {"admin": Role.ADMINISTRATOR, "li": Role.SUPERVISOR, "wang": Role.AGENT_USER}


class FrontsBox:
    """``console`` are the settings it starts with. ``facts`` and ``log``: what was told."""

    def __init__(self, folder: Path, prompts: Path, console: ConsoleSection) -> None:
        self.log: list[str] = []
        self.facts: list[Any] = []
        self.said: list[str] = []
        site = replace(read_site(demo_site_file()), console=console)
        self.rig = Rig(site, folder, Sounds(load(prompts)), 1, log=self.log.append)
        appliance = self.rig.appliance
        appliance.bus.subscribe("test", self._hear)
        self.reactor = SelectReactor()
        store = AccountStore(folder)
        for name, role in USERS.items():
            store.save(User(name, frozenset({role}), "en", HASHER.hash(PASSWORD)))
        clock = self.rig.clock
        chores = VirtualExecutor(clock, 0.002)
        self.accounts = Accounts(appliance.bus, clock, chores, store, HASHER, LoginRules(tries=5, lock_ms=600_000), CountedSecrets())
        users = UserControl(self.accounts.book, list)
        appliance.asking.add(
            {
                "new_password": (
                    Act.GIVE_PASSWORD,
                    lambda actor, request, done, failed: users.new_password(
                        actor, request["user"], lambda made: done({"user": made.user.name, "password": made.password}), failed
                    ),
                )
            }
        )
        self.fronts = ConsoleFronts(
            self.reactor, clock, appliance, self.accounts, folder, self.log.append, lambda said: self.said.append(said.in_english())
        )
        self.rig.start()
        self.fronts.open()

    def change(self, console: ConsoleSection) -> None:
        """An administrator changes the console's settings."""
        changed: list[object] = []
        site: Site = replace(self.rig.appliance.sites.site, console=console)
        self.rig.appliance.sites.change(Actor(Role.TECHNICIAN, "uid 0"), site, "test", changed.append, changed.append)
        self.until(lambda: bool(changed))
        assert not isinstance(changed[0], Exception), changed[0]

    def told(self, kind: type) -> list[Any]:
        """Every fact of this kind."""
        return [fact for fact in self.facts if isinstance(fact, kind)]

    def until(self, true: Callable[[], object], about: Callable[[], object] = lambda: "") -> None:
        """Serve the wires until this is so."""
        end = time.monotonic() + WAIT_S
        while not true():
            assert time.monotonic() < end, f"it did not happen: {about()}; the log: {self.log[-10:]}"
            self.reactor.iterate(0.01)
            self.rig.world.run_for(LOOK_MS)

    def later(self, seconds: float) -> None:
        """Virtual time passes."""
        self.rig.world.run_for(round(seconds * 1000))

    def close(self) -> None:
        """End everything."""
        stopped: list[object] = []
        self.fronts.stop().addCallback(stopped.append)
        self.until(lambda: bool(stopped))
        self.reactor.disconnectAll()
        self.rig.stop()

    def _hear(self, envelope: Envelope) -> None:
        self.facts.append(envelope.fact)
