"""Nobody in a call is left in silence for more than a second without a reason."""

from __future__ import annotations

from collections.abc import Iterator

from engine.calls import call as c
from tests.proofs.switch_box import SwitchBox

__all__ = ["SILENCE_MOST_S", "SilenceWatch"]

SILENCE_MOST_S = 1.0


class SilenceWatch:
    """Asked after each act: who has heard nothing since it was asked before, and for longer than ``SILENCE_MOST_S``?

    Reasons to hear nothing: the line is being dialled, the dialogue waits for a key, one has put the other on hold oneself.
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
            match call.state:
                case c.Connected(outer, phone, _):
                    yield from ((call.id, outer), (call.id, phone))
                case c.Held() as held:
                    yield call.id, held.other
                case c.Greeting(_, phone) | c.Proceeding(phone) | c.Calling(phone):
                    yield call.id, phone

    def _port(self, name: str) -> int:
        switch = self._box.switch
        return switch.trunks[name].port if name in switch.trunks else switch.phones[name].station.port
