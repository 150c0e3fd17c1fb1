"""Nobody in a call is left in silence for more than a second without a reason."""

from __future__ import annotations

from collections.abc import Iterator

from engine.calls import call as c
from engine.calls import leg as l
from engine.telephony.media import Port
from tests.proofs.switch_box import SwitchBox

__all__ = ["SILENCE_MOST_S", "SilenceWatch"]

SILENCE_MOST_S = 1.0


class SilenceWatch:
    """Asked after each act: who has heard nothing since it was asked before, and for longer than ``SILENCE_MOST_S``?

    Reasons to hear nothing: the line is being dialled, the dialogue waits for a key, one has put the other on hold oneself, all others are muted.
    """

    def __init__(self, box: SwitchBox) -> None:
        self._box = box
        self._since_ns: dict[tuple[str, str], int] = {}

    def faults(self) -> list[str]:
        """In words."""
        now_ns = self._box.clock.monotonic_ns()
        deaf = {(call, name) for call, name in self._listeners() if self._box.bay.is_deaf(self._port(name))}
        self._since_ns = {who: self._since_ns.get(who, now_ns) for who in deaf}
        return [
            f"{name} has heard nothing in {call} for {(now_ns - since_ns) / 1e9:.2f} s"
            for (call, name), since_ns in self._since_ns.items()
            if now_ns - since_ns > SILENCE_MOST_S * 1e9
        ]

    def _listeners(self) -> Iterator[tuple[str, str]]:
        """Who ought to hear something in which call."""
        for call in self._box.switch.calls.values():
            parties = call.parties
            dialled = parties.attempt is not None and isinstance(parties.attempt.state, l.Seizing)
            if not dialled and not isinstance(call.state, c.Attended):
                for leg in parties.up:
                    others = [other for other in parties.legs if other is not leg and isinstance(other.state, l.Up | l.Proceeding)]
                    if not leg.deaf and not (others and all(other.muted for other in others)):
                        yield call.id, leg.device

    def _port(self, name: str) -> Port:
        switch = self._box.switch
        return switch.trunks[name].port if name in switch.trunks else switch.phones[name].station.port
