"""Everything of the console that is not the local one: the serial line, SSH, and restarting, joined to a running appliance."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from twisted.internet import defer

from appliance.building import Appliance
from appliance.serial_front import SerialFront
from appliance.ssh_front import SshFront
from appliance.ssh_keys import judge_keys
from engine.control.accounts import Accounts
from engine.control.restart import Machine, RestartControl, restart_answers
from engine.kernel.clock import Clock
from engine.kernel.text import Text
from engine.settings.site import Site

__all__ = ["ConsoleFronts", "answer_restarts"]


def answer_restarts(appliance: Appliance, machine: Machine) -> RestartControl:
    """Let console and page ask for a restart; call before the first question."""
    outside = appliance.outside
    restarts = RestartControl(
        appliance.bus,
        outside.clock,
        lambda: len(appliance.switch.calls),
        machine,
        lambda: appliance.site.console.reboot_allowed,
        outside.log,
    )
    appliance.asking.add(restart_answers(restarts))
    return restarts


class ConsoleFronts:
    """Made before the appliance's first fact; ``open`` opens what the settings want, now and at every change; ``stop`` ends it."""

    def __init__(
        self,
        reactor: Any,  # noqa: ANN401  # Twisted's reactor is several interfaces at once
        clock: Clock,
        appliance: Appliance,
        accounts: Accounts,
        folder: Path,
        log: Callable[[str], None],
        say: Callable[[Text], None],
    ) -> None:
        site = appliance.site
        self.serial = SerialFront(reactor, clock, appliance.bus, accounts, appliance.ask, site, log)
        self.ssh = SshFront(reactor, clock, appliance.bus, accounts, appliance.ask, folder, site, log, say, appliance.tell_host_key)
        appliance.sites.guard(judge_keys)
        appliance.sites.watch(self._apply)

    def open(self) -> None:
        """Open what the settings want."""
        self.serial.open()
        self.ssh.open()

    def stop(self) -> defer.Deferred[Any]:
        """End every login and listen no more; fires when the port is free."""
        self.serial.stop()
        return self.ssh.stop()

    def _apply(self, _old: Site, new: Site) -> None:
        self.serial.apply(new)
        self.ssh.apply(new)
