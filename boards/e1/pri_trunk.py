"""A B channel of an ISDN PRI as a trunk: its call is a reference on the span's D channel."""

from __future__ import annotations

from typing import Protocol

from boards.dahdi.line import Surroundings
from boards.e1 import trunk_call as c
from boards.e1.digital_trunk import DigitalTrunk
from boards.e1.pri_events import CallRef
from engine.settings.e1_trunk import E1TrunkSection
from engine.telephony.causes import Cause
from engine.telephony.numbers import CallerId

__all__ = ["BChannelSignalling", "PriTrunk"]


class BChannelSignalling(Protocol):
    """What a B channel asks of its D channel; every answer is posted later, by ``told``, except a refusal."""

    def set_up(self, trunk: PriTrunk, number: str, presented: str) -> None:
        """Begin a call that shows this caller number; empty: the trunk's."""

    def answer(self, trunk: PriTrunk) -> None:
        """Answer the call that is on it."""

    def clear(self, trunk: PriTrunk, cause: Cause) -> None:
        """End it."""


class PriTrunk(DigitalTrunk):
    """One B channel. ``call``: the call on it, from its first message to its last; None: none."""

    def __init__(self, section: E1TrunkSection, name: str, place: int, around: Surroundings, signalling: BChannelSignalling) -> None:
        super().__init__(section, name, place, around)
        self.call: CallRef | None = None
        self._signalling = signalling

    @property
    def free(self) -> bool:
        return super().free and self.call is None

    @property
    def unheard(self) -> bool:
        """A call of ours is on it, to which the exchange has not said anything yet."""
        return isinstance(self._actor.state, c.Dialling)

    def offer(self, caller: CallerId, called: str) -> None:
        """A call came for it."""
        self._actor.post(c.Arrives(caller, called))

    def told(self, event: c.Through | c.FarAnswered | c.FarEnded | c.Over) -> None:
        """What the D channel says of the call."""
        self._actor.post(event)

    def _send_setup(self, number: str, presented: str) -> None:
        self._signalling.set_up(self, number, presented)

    def _send_answer(self) -> None:
        self._signalling.answer(self)

    def _send_clear(self, cause: Cause) -> None:
        self._signalling.clear(self, cause)
