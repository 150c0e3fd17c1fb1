"""Calls over an E1 as the exchange's parties know them: who talks on which timeslot, and what sounds there.

``E1FarEnd`` is what the signalling of a trunk (``pri_far_end.py``, ``r2_far_end.py``) and the public exchange (``exchange.py``) agree upon.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from hwsim.exchange_line import Party
from hwsim.pri_manners import PriManners
from hwsim.signals import BLOCK, CADENCES, IDLE_BLOCK, ToneLoop, cadence
from hwsim.world import World

__all__ = ["USUAL_REACTION", "E1Call", "E1FarEnd", "Reaction", "Town"]


@dataclass(frozen=True)
class Reaction:
    """What calling a subscriber by an E1 comes to. ``cause``: the call fails with this Q.850 cause when it should ring; None: it rings.
    ``announcement``: A-law octets that are heard before that; empty: nothing.
    """

    cause: int | None = None
    announcement: bytes = b""


USUAL_REACTION = Reaction()


class E1Call:
    """One call on a timeslot; to its party it is what an analog line is."""

    def __init__(self, world: World, name: str, place: int, hang_up: Callable[[], None], answer: Callable[[], None]) -> None:
        self.place = place
        self._name = name
        self.party: Party | None = None
        self.bridged = False
        self.heard = IDLE_BLOCK
        self._world = world
        self._hang_up = hang_up
        self._answer = answer
        self._tone: ToneLoop | None = None
        self._said, self._again = b"", False

    # ---- the party's side ----

    @property
    def name(self) -> str:
        """The line's, as the site calls it."""
        return self._name

    def answered(self) -> None:
        """The called party lifts the handset."""
        self._tone = None
        self._answer()

    def party_gone(self, party: Party) -> None:
        """The party hangs up."""
        if party is self.party:
            self.party, self.bridged, self._tone, self._said = None, False, None, b""
            self._hang_up()

    def heard_by(self, _party: Party) -> bytes:
        """What the party hears."""
        return self.heard

    # ---- the line's side ----

    def moved(self, name: str, place: int) -> None:
        """The signalling put it on another timeslot."""
        self._name, self.place = name, place

    def sound(self, tone: str) -> None:
        """The appliance hears this tone."""
        self._tone = ToneLoop(cadence(CADENCES[tone]), self._world.now_sample)
        self._said = b""

    def announce(self, octets: bytes, *, again: bool = False) -> None:
        """The appliance hears this from now on, once or again and again."""
        self._said, self._again = octets, again

    @property
    def announcing(self) -> bool:
        """What is announced is not over."""
        return bool(self._said)

    def heard_early(self) -> None:
        """Not answered yet, the appliance is heard already: music, an announcement, its own ringback. A second time does nothing."""
        if not self.bridged and self.party is not None:
            self.party.line_heard()

    def connected(self) -> None:
        """Both hear each other; a second time does nothing."""
        if not self.bridged and self.party is not None:
            self.bridged, self._tone, self._said = True, None, b""
            self.party.line_connected()

    def over(self, tone: str = "busy") -> None:
        """The call is over; whoever is still there hears this tone."""
        party, self.party = self.party, None
        self.bridged, self._tone, self._said = False, None, b""
        if party is not None:
            party.line_released(tone)

    def exchange(self, heard: bytes) -> bytes:
        """One block each way."""
        self.heard = heard
        start = self._world.block_start_sample
        if self.bridged and self.party is not None:
            return self.party.speak(start)
        if self._said:
            return self._next_said()
        return IDLE_BLOCK if self._tone is None else self._tone.block(start)

    def _next_said(self) -> bytes:
        block, rest = self._said[:BLOCK], self._said[BLOCK:]
        self._said = rest + block if self._again else rest
        return block + IDLE_BLOCK[len(block) :]


class Town(Protocol):
    """The exchange's subscribers."""

    def trouble_of(self, number: str) -> str:
        """Why this number cannot be called: ``unallocated``, ``busy``; empty: it can."""

    def may_become(self, number: str) -> bool:
        """True when a subscriber's number begins so."""

    def reaction_of(self, number: str) -> Reaction:
        """What calling this number comes to; the usual reaction for one that nobody has."""

    def operator(self) -> str:
        """The number that a line without numbers leads to; empty: nobody is there."""

    def ring(self, number: str, call: E1Call) -> None:
        """Ring the subscriber who has it."""


class E1FarEnd(Protocol):
    """The exchange's end of one trunk."""

    @property
    def free(self) -> bool:
        """A call to the appliance can begin."""

    @property
    def works(self) -> bool:
        """Its signalling is up."""

    @property
    def channels(self) -> int:
        """How many it has."""

    @property
    def busy(self) -> int:
        """How many of them carry calls, as the exchange has it."""

    @property
    def manners(self) -> PriManners:
        """How it behaves."""

    def behave(self, manners: PriManners) -> None:
        """Behave so from now on. Raises BadInput for manners that its signalling does not have; then nothing has changed."""

    def offer(
        self, party: Party, number: str, called: str, *, absence: str, by_digits: bool = False, diverted_from: str = ""
    ) -> E1Call | None:
        """Call the appliance; None when no channel was free after all. ``by_digits``: the number comes digit by digit;
        ``diverted_from``: the number first called, for signalling that can tell it.
        """

    def run(self) -> None:
        """20 ms have passed."""

    def cut_signalling(self, *, cut: bool) -> None:
        """The signalling fails, or is mended: no frame passes on the D channel; an exchange with R2 blocks its circuits."""
