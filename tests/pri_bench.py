"""Two D channels joined frame by frame in virtual time: the user side that is ours, and the network side that an exchange would be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from boards.e1.pri import DChannel
from boards.e1.pri_events import CallEvent, CallRef, DChannelUp, Event
from boards.e1.pri_values import CallingNumber, PartyNumber, PriSettings, Role, SetupRequest, TypeOfNumber

__all__ = ["CALLED", "CALLING", "Carried", "End", "PriPair", "a_call"]

CALLED = PartyNumber("02188886666", TypeOfNumber.UNKNOWN)
CALLING = CallingNumber("13800138000", TypeOfNumber.NATIONAL)
ROUNDS_MOST = 2000
FIRST_US = 1_000_000_000


def a_call(
    channel: int = 1, *, called: PartyNumber = CALLED, calling: CallingNumber | None = CALLING, complete: bool = True
) -> SetupRequest:
    """An ordinary call."""
    return SetupRequest(channel, called, calling, complete=complete)


@dataclass(frozen=True)
class Carried:
    """A frame that was on the line: from which side, and when."""

    side: Role
    octets: bytes
    at_us: int


@dataclass
class End:
    """One side: its D channel, everything that happened there, and what it does about it."""

    channel: DChannel
    happened: list[Event] = field(default_factory=list)
    answer: Callable[[Event], None] = lambda _event: None

    def last(self, kind: type[Event]) -> Event | None:
        """The latest event of a kind."""
        return next((event for event in reversed(self.happened) if isinstance(event, kind)), None)

    def call(self) -> CallRef:
        """The call of the latest event that was of one."""
        return next(event.call for event in reversed(self.happened) if isinstance(event, CallEvent))

    def kinds(self) -> list[str]:
        """The names of what happened, in order."""
        return [type(event).__name__ for event in self.happened]


class PriPair:
    """Both ends and the line between them. ``cut``: frames go nowhere. ``garble``: what becomes of a frame under way; none when it gives none."""

    def __init__(self, user: PriSettings | None = None, network: PriSettings | None = None, seed: int = 1) -> None:
        self.now_us = FIRST_US
        self.user = End(DChannel(user or PriSettings(role=Role.USER), lambda: self.now_us, seed))
        self.network = End(DChannel(network or PriSettings(role=Role.NETWORK), lambda: self.now_us, seed + 1))
        self.carried: list[Carried] = []
        self.cut = False
        self.garble: Callable[[Role, bytes], list[bytes]] = lambda _side, octets: [octets]

    def up(self) -> PriPair:
        """Establish layer 2 and forget what happened on the way."""
        self.settle()
        assert self.user.last(DChannelUp), self.user.happened
        assert self.network.last(DChannelUp), self.network.happened
        self.forget()
        return self

    def forget(self) -> None:
        """Begin the records anew."""
        self.user.happened.clear()
        self.network.happened.clear()
        self.carried.clear()

    def settle(self) -> None:
        """Carry frames and let things happen until nothing more does at this moment."""
        for _ in range(ROUNDS_MOST):
            if not self._round():
                return
        raise AssertionError("the two ends never come to rest")

    def _round(self) -> bool:
        moved = self._carry(Role.USER, self.user, self.network)
        moved |= self._carry(Role.NETWORK, self.network, self.user)
        for end in (self.user, self.network):
            while event := end.channel.advance():
                end.happened.append(event)
                end.answer(event)
                moved = True
        return moved

    def _carry(self, side: Role, sender: End, receiver: End) -> bool:
        frames = list(sender.channel.frames_to_send())
        for octets in frames:
            self.carried.append(Carried(side, octets, self.now_us))
            if not self.cut:
                for arriving in self.garble(side, octets):
                    receiver.channel.receive(arriving)
        return bool(frames)

    def wait(self, seconds: float) -> None:
        """Let time go by, from timer to timer."""
        until = self.now_us + round(seconds * 1_000_000)
        self.settle()
        while (at := self._next_us()) is not None and at <= until:
            self.now_us = max(self.now_us + 1, at)
            self.settle()
        self.now_us = until
        self.settle()

    def _next_us(self) -> int | None:
        waits = [at for end in (self.user, self.network) if (at := end.channel.next_timeout_us()) is not None]
        return min(waits, default=None)

    def close(self) -> None:
        """Give the memory of both back."""
        self.user.channel.close()
        self.network.channel.close()
