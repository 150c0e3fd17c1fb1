"""Scenarios in real time: one appliance after the other on the reactor, each with its threads and its pump thread."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any

from appliance.live import LiveAppliance
from appliance.scenarios import Follower, Production, Result, Studio
from hwsim.scenario_player import Player

__all__ = ["play_in_realtime"]


def play_in_realtime(productions: Sequence[Production], studio: Studio, follower_for: Callable[[Production], Follower]) -> list[Result]:
    """Play one after the other. Ctrl-C breaks the present one off, which then has failed, and leaves out the rest."""
    from twisted.internet import reactor  # noqa: PLC0415  # installed here, in the one place that may

    theatre = _Theatre(reactor, studio, list(productions), follower_for)
    theatre.run()
    return theatre.results


class _Theatre:
    """The reactor's run: plays what is left, one at a time."""

    def __init__(
        self,
        reactor: Any,  # noqa: ANN401  # Twisted's reactor has no type
        studio: Studio,
        productions: list[Production],
        follower_for: Callable[[Production], Follower],
    ) -> None:
        self.results: list[Result] = []
        self._reactor = reactor
        self._studio = studio
        self._left = productions
        self._follower_for = follower_for
        self._playing: _Play | None = None
        self._fault: BaseException | None = None

    def run(self) -> None:
        """Until the last is played. Raises what kept one from being played."""
        self._reactor.callWhenRunning(self._next)
        self._reactor.addSystemEventTrigger("before", "shutdown", self._shut)
        self._reactor.run()
        if self._fault is not None:
            raise self._fault

    def _next(self) -> None:
        if not self._left:
            self._reactor.stop()
            return
        production = self._left.pop(0)
        try:
            self._playing = _Play(self._reactor, production, self._studio, self._follower_for(production), self._played)
        except BaseException as error:  # noqa: BLE001  # the reactor would only log it; run() raises it again
            self._fault = error
            self._reactor.stop()

    def _played(self, result: Result) -> None:
        self._playing = None
        self.results.append(result)
        self._next()

    def _shut(self) -> None:
        if self._playing is not None:
            self._left.clear()
            self.results.append(self._playing.break_off())


class _Play:
    """One scenario on an appliance of its own, from the start to the stop of that."""

    def __init__(
        self,
        reactor: Any,  # noqa: ANN401  # Twisted's reactor has no type
        production: Production,
        studio: Studio,
        follower: Follower,
        played: Callable[[Result], None],
    ) -> None:
        self._reactor = reactor
        self._production = production
        self._told_played = played
        self._began_s = time.monotonic()
        follower.begins()
        with ExitStack() as made:
            folder = made.enter_context(production.folder())
            self._live = LiveAppliance(reactor, production.site, folder, studio.sounds(production.site), follower.log, production.seed)
            made.callback(self._live.close)
            around, driver, appliance = self._live.around, self._live.driver, self._live.appliance
            assert around is not None
            assert driver is not None
            stage = production.stage(around, driver, appliance, folder, studio)
            self._player = Player(production.scenario, stage, follower.told, self._over)
            follower.follow(appliance, self._player, folder.recordings)
            appliance.start()
            self._made = made.pop_all()
        self._live.move_world()
        self._player.begin()

    def break_off(self) -> Result:
        """End it now, without a clean stop."""
        self._player.finish()
        return self._close()

    def _over(self) -> None:
        # Called from within a step of the world: stop when that is done.
        self._reactor.callLater(0, self._stop)

    def _stop(self) -> None:
        if self._reactor.running and self._live.open:
            self._live.stop("stopped").addCallback(lambda _nothing: self._told_played(self._close()))

    def _close(self) -> Result:
        self._made.close()
        return self._production.result(self._player, self._player.now_ms, self._began_s)
