"""Restarting the appliance, at once or when no call is left, and rebooting the machine: asked by console and page alike.

running ──restart now──▶ going ──a moment for the answer──▶ the process stops cleanly and starts anew
   └──restart when idle──▶ pending ──no call any more──▶ going
                              └──cancel──▶ running
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from engine import facts
from engine.kernel.bus import Bus
from engine.kernel.clock import Clock, Timer
from engine.kernel.errors import BadInput, Refused
from engine.kernel.text import Text, text
from engine.people.actors import Act, Actor

__all__ = ["Machine", "RestartControl", "restart_answers"]

ANSWER_GOES_OUT_S = 0.5
"""Between the answer and the end, so that whoever asked reads it."""
IDLE_LOOK_S = 1.0

Request = Mapping[str, Any]
Done = Callable[[Any], None]
Failed = Callable[[Exception], None]
Answer = Callable[[Actor, Request, Done, Failed], None]


class Machine(Protocol):
    """What the process runs in."""

    def restart(self) -> None:
        """End every call, write everything down, and start anew with the newest settings. Returns at once."""

    def reboot(self, done: Callable[[], None], failed: Callable[[Text], None]) -> None:
        """Ask the operating system for a reboot; ``failed`` is told in words why there is none."""


@dataclass(frozen=True)
class _Pending:
    by: str
    timer: Timer


class RestartControl:
    """One per appliance. ``calls`` counts the calls now; ``reboot_allowed`` is the site's word on rebooting the machine."""

    def __init__(
        self,
        bus: Bus,
        clock: Clock,
        calls: Callable[[], int],
        machine: Machine,
        reboot_allowed: Callable[[], bool],
        log: Callable[[str], None],
    ) -> None:
        self._bus = bus
        self._clock = clock
        self._calls = calls
        self._machine = machine
        self._reboot_allowed = reboot_allowed
        self._log = log
        self._pending: _Pending | None = None
        self._going = False

    def state(self) -> dict[str, Any]:
        """How many calls would end, whether a restart waits for them (and who wants it), and whether the machine may be rebooted."""
        return {
            "calls": self._calls(),
            "going": self._going,
            "pending": self._pending is not None,
            "by": self._pending.by if self._pending is not None else "",
            "reboot_allowed": self._reboot_allowed(),
        }

    def restart(self, actor: Actor, *, when_idle: bool) -> None:
        """Restart now, or as soon as there is no call. Asked again for now, a pending one goes at once. Refused when it is going on."""
        self._refuse_when_going()
        if when_idle and self._pending is not None:
            raise Refused(text("A restart waits already, wanted by {by}; it can be cancelled.", by=self._pending.by))
        self._drop()
        self._log(f"control: {actor.role} {actor.about} restarts the appliance {'when no call is left' if when_idle else 'now'}")
        self._bus.publish(facts.RestartRequested(what="restart", when="idle" if when_idle else "now", by=actor.about))
        if when_idle and self._calls():
            self._look_later(actor.about)
        else:
            self._go()

    def cancel(self, actor: Actor) -> None:
        """Do not restart. Refused when nothing waits."""
        self._refuse_when_going()
        if self._pending is None:
            raise Refused(text("No restart is waiting."))
        self._drop()
        self._log(f"control: {actor.role} {actor.about} cancels the restart")
        self._bus.publish(facts.RestartCancelled(by=actor.about))

    def reboot(self, actor: Actor, done: Callable[[], None], failed: Failed) -> None:
        """Reboot the machine. Refused when the site does not allow it, or the operating system does not."""
        self._refuse_when_going()
        if not self._reboot_allowed():
            raise Refused(
                text("This site does not allow a reboot of the machine (console.reboot_allowed). “restart” restarts the appliance.")
            )
        self._drop()
        self._log(f"control: {actor.role} {actor.about} reboots the machine")
        self._bus.publish(facts.RestartRequested(what="reboot", when="now", by=actor.about))
        self._machine.reboot(done, lambda said: failed(Refused(said)))

    # ---- small things ------------------------------------------------------------------------------------------------

    def _refuse_when_going(self) -> None:
        if self._going:
            raise Refused(text("The appliance is restarting already."))

    def _look_later(self, by: str) -> None:
        def look() -> None:
            if self._calls():
                self._look_later(by)
            else:
                self._pending = None
                self._go()

        self._pending = _Pending(by, self._clock.call_later(IDLE_LOOK_S, look))

    def _drop(self) -> None:
        if self._pending is not None:
            self._pending.timer.cancel()
            self._pending = None

    def _go(self) -> None:
        self._going = True
        self._clock.call_later(ANSWER_GOES_OUT_S, self._machine.restart)


def restart_answers(restarts: RestartControl) -> Mapping[str, tuple[Act, Answer]]:
    """The commands, each with the right it needs, for the table in ``asking.py``."""

    def restart(actor: Actor, request: Request, done: Done, _failed: Failed) -> None:
        when = request.get("when", "now")
        if when not in {"now", "idle"}:
            raise BadInput(text("when is {when}; expected now or idle.", when=repr(when)))
        restarts.restart(actor, when_idle=when == "idle")
        done(restarts.state())

    def cancel(actor: Actor, _request: Request, done: Done, _failed: Failed) -> None:
        restarts.cancel(actor)
        done(restarts.state())

    def reboot(actor: Actor, _request: Request, done: Done, failed: Failed) -> None:
        restarts.reboot(actor, lambda: done(restarts.state()), failed)

    return {
        "restart": (Act.RESTART, restart),
        "restart_cancel": (Act.RESTART, cancel),
        "restart_state": (Act.RESTART, lambda _actor, _request, done, _failed: done(restarts.state())),
        "reboot": (Act.RESTART, reboot),
    }
