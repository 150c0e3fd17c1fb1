"""What the switch keeps: a call and who takes part, a desk phone and what it is doing; and what it asks of those who look after them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from engine.calls import call as c
from engine.calls.route import Route
from engine.kernel.runner import Actor
from engine.telephony.causes import Release
from engine.telephony.lines import Station
from engine.telephony.media import Playing
from engine.telephony.numbers import CallerId

__all__ = ["Call", "CallOwner", "Desk", "Phone"]


class CallOwner(Protocol):
    """Who looks after a caller that no phone talks to yet."""

    def call_key(self, call: Call, key: str) -> None:
        """The caller pressed a key."""

    def call_lifted(self, call: Call, phone: Phone) -> None:
        """The phone that rang for the call was lifted and hears the caller; join when the caller may hear it."""

    def call_not_rung(self, call: Call, phone: Phone) -> None:
        """The phone could not be rung, or failed while it rang."""

    def call_ended(self, call: Call) -> None:
        """The call is over, whoever ended it."""


class Desk(Protocol):
    """Who looks after the desk phones' keys."""

    def phone_lifted(self, phone: Phone) -> None:
        """The handset is up and no call rang."""

    def phone_hung_up(self, phone: Phone) -> None:
        """The handset is down."""

    def phone_key(self, phone: Phone, key: str) -> None:
        """A key was pressed."""

    def phone_flashed(self, phone: Phone) -> None:
        """The R key was pressed, and no call was put on hold, taken or come back to by it."""

    def phone_call_began(self, phone: Phone, call: Call) -> None:
        """The phone is in a call."""

    def phone_call_ended(self, phone: Phone, call: Call) -> None:
        """The call is over; the handset may still be up (it hears busy tone)."""

    def phone_can_ring(self, phone: Phone) -> None:
        """The bell stopped without being answered, or the port works again: the phone may be rung."""


@dataclass
class Phone:
    """A desk phone: its port, its extension, and what it is doing.

    ``held`` is put aside for ``call``; ``knocking`` is announced during it. ``attending``: it is off hook to be given calls without ringing, by a
    short tone (``zip``). ``left_off_hook``: nobody puts it down. ``messages`` wait for its user.
    """

    station: Station
    extension: str
    call: Call | None = None
    rung_by: Call | None = None
    held: Call | None = None
    knocking: Call | None = None
    tone: Playing | None = None
    zip: Playing | None = None
    attending: bool = False
    left_off_hook: bool = False
    messages: int = 0

    @property
    def name(self) -> str:
        """The port's name."""
        return self.station.name

    @property
    def free(self) -> bool:
        """True when it can be rung, or given a call without ringing, now."""
        engaged = self.rung_by or self.call or self.held or self.knocking
        return self.station.in_service and engaged is None and (self.attending or not self.station.off_hook)

    @property
    def can_be_told(self) -> bool:
        """True when a second call can be announced to it now."""
        talks = self.call is not None and isinstance(self.call.state, c.Connected)
        engaged = self.rung_by or self.held or self.knocking
        return talks and engaged is None and self.station.off_hook and self.station.announces_waiting


@dataclass
class Call:
    """A call and who takes part. ``agent`` is the one who talks or talked last; ``direction`` in, out or inside; ``placed_by`` the phone that
    dialled it; ``interaction`` what it belongs to; ``presented`` the caller number that it shows outside, empty: that of its trunk group, or the line's own; ``route`` the way of one that
    goes out; ``pulses`` the metering pulses that came for it.
    """

    id: str
    direction: str
    line: str
    caller: CallerId
    called: str
    language: str
    agent: str = ""
    phone: str = ""
    placed_by: str = ""
    route: Route | None = None
    presented: str = ""
    pulses: int = 0
    owner: CallOwner | None = None
    actor: Actor | None = None
    release: Release | None = None
    released_by: str = ""
    interaction: str = ""

    @property
    def state(self) -> object:
        """The state of the call's machine."""
        assert self.actor is not None
        return self.actor.state

    def post(self, event: object) -> None:
        """Give the call's machine an event."""
        assert self.actor is not None
        self.actor.post(event)
