"""The interactions that go on, and to which of them each call belongs.

Every call is given its interaction at its birth: a new one, or that of the call from which it comes.
"""

from __future__ import annotations

from collections import OrderedDict

from engine.calls import interaction as i
from engine.facts import InteractionBegan, InteractionEnded
from engine.kernel.bus import Bus
from engine.kernel.errors import OurFault
from engine.kernel.fsm import Machine
from engine.kernel.ids import Ids
from engine.telephony.causes import Release

__all__ = ["CALLS_REMEMBERED", "Interactions"]

CALLS_REMEMBERED = 4000
"""Calls whose interaction is known: those that go on (at most 1024 channels) and the newest that have ended, for facts that follow them."""


class Interactions:
    """One per switch. Publishes ``InteractionBegan`` before the first fact of the first call, ``InteractionEnded`` after the last of the last."""

    def __init__(self, bus: Bus, ids: Ids) -> None:
        self._bus = bus
        self._ids = ids
        self._open: dict[str, Machine] = {}
        self._of: OrderedDict[str, str] = OrderedDict()

    @property
    def open(self) -> tuple[str, ...]:
        """The interactions that go on, the oldest first."""
        return tuple(self._open)

    def of(self, call: str) -> str:
        """The interaction of a call that goes on or ended not long ago; of any other call its own id, as in journals before there were interactions."""
        return self._of.get(call, call)

    def begin(self, call: str, parent: str = "") -> str:
        """A call begins: in the interaction ``parent`` when that goes on, else in a new one. Gives the interaction's id."""
        interaction = parent
        if parent not in self._open:
            interaction = self._ids.new("i")
            self._open[interaction] = Machine(i.TABLE)
        self._of[call] = interaction
        while len(self._of) > CALLS_REMEMBERED:
            self._of.popitem(last=False)
        self._post(interaction, i.CallBegins(call))
        return interaction

    def end(self, interaction: str, release: Release, by: str) -> None:
        """One of its calls is over; ``by`` released it. To be called once for each ``begin``, after all that is told of the call."""
        self._post(interaction, i.CallIsOver(release, by))

    def wait_for(self, interaction: str) -> None:
        """A call is promised that will belong to it (``begin`` with it as the parent): it stays open until ``waited``. OurFault when it is over."""
        self._post(interaction, i.Awaited())

    def waited(self, interaction: str, release: Release) -> None:
        """The promised call has begun, or will not come: then ``release`` says why. Once for each ``wait_for``."""
        if interaction in self._open:
            self._post(interaction, i.NoMoreAwaited(release))

    def _post(self, interaction: str, event: object) -> None:
        machine = self._open.get(interaction)
        if machine is None:
            raise OurFault(f"interaction {interaction} is over, or never was, and gets {event!r}")
        for effect in machine.handle(event):
            match effect:
                case i.TellBegan(call):
                    self._bus.publish(InteractionBegan(interaction=interaction, call=call), interaction)
                case i.TellEnded(release, by, calls):
                    del self._open[interaction]
                    ended = InteractionEnded(
                        interaction=interaction, cause=release.value, reason=release.reason, released_by=by, calls=calls
                    )
                    self._bus.publish(ended, interaction)
