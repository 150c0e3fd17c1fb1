"""What the switch keeps: a call and who takes part, a desk phone and what it is doing; and what it asks of those who look after them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from engine.calls import call as c
from engine.calls import leg as l
from engine.calls.parties import CallParties, Keeper
from engine.calls.route import Route
from engine.kernel.runner import Actor
from engine.telephony.causes import Release
from engine.telephony.lines import Station
from engine.telephony.media import Playing
from engine.telephony.numbers import CallerId

__all__ = ["Call", "CallOwner", "DeliveringOwner", "Desk", "Floors", "Phone", "stage_of"]


@runtime_checkable
class DeliveringOwner(Protocol):
    """What a call tells an owner who delivers it, beside what it tells every owner."""

    def call_reached(self, call: Call, device: str) -> None:
        """A line or phone has answered, and is in the call."""

    def call_in_vain(self, call: Call, release: Release) -> None:
        """Nobody is rung or dialled for it any more: so the last attempt ended."""


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

    def phone_consults(self, phone: Phone) -> None:
        """The R key has put the phone's call aside: its user may dial."""

    def phone_swapped(self, phone: Phone) -> None:
        """The R key has changed between the phone's two calls."""

    def phone_call_moved(self, phone: Phone, before: Call, call: Call) -> None:
        """The parties of the phone's call have come into another one, the phone with them."""

    def phone_can_ring(self, phone: Phone) -> None:
        """The bell stopped without being answered, or the port works again: the phone may be rung."""


@dataclass
class Floors:
    """The upper floors: the desk, the reception that looks after every call that arrives, and who is logged in at a phone (empty: nobody)."""

    desk: Desk | None = None
    incoming: Callable[[Call], None] | None = None
    agent_at: Callable[[str], str] = lambda _phone: ""
    may_join_outside: Callable[[str, str], bool] = lambda _phone, _act: False
    """Whether the user of a phone may do this ``outside_act`` of ``parties.py``."""


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

    def stop_tone(self) -> None:
        """End the tone that it hears."""
        if self.tone is not None:
            self.tone.stop()
            self.tone = None

    @property
    def can_be_told(self) -> bool:
        """True when a second call can be announced to it now."""
        talks = self.call is not None and self.call.talking and not self.call.held_by
        engaged = self.rung_by or self.held or self.knocking
        return talks and engaged is None and self.station.off_hook and self.station.announces_waiting


@dataclass
class Call:
    """A call and who takes part. ``agent`` is the one who talks or talked last; ``direction`` in, out or inside; ``placed_by`` the phone that
    dialled it; ``interaction`` what it belongs to; ``about`` the call that was put aside for it; ``ring_timeout_s`` for how long phones are rung for it; ``joined`` the call in which its
    parties are now; ``route`` the way of one that goes out; ``pulses`` the metering pulses that came for it.
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
    about: Call | None = None
    ring_timeout_s: float = 0.0
    joined: Call | None = None
    pulses: int = 0
    owner: CallOwner | None = None
    actor: Actor | None = None
    release: Release | None = None
    released_by: str = ""
    interaction: str = ""
    told: bool = True
    """That it began was told; False of one that the appliance makes and that nobody has answered."""

    @property
    def state(self) -> object:
        """The state of the call's machine: what kind of moment it is."""
        assert self.actor is not None
        return self.actor.state

    @property
    def parties(self) -> CallParties:
        """Who takes part now."""
        state = self.state
        assert isinstance(state, c.State)
        return state.parties

    @property
    def lines(self) -> tuple[str, ...]:
        """The exchange lines that take part in it now."""
        return tuple(leg.device for leg in self.parties.legs if leg.is_line)

    @property
    def unanswered(self) -> bool:
        """A caller from outside is there, and nobody has answered."""
        return self.parties.offered is not None

    @property
    def attended(self) -> bool:
        """A dialogue or a queue looks after the caller, or nobody yet."""
        return isinstance(self.state, c.Attended)

    @property
    def talking(self) -> bool:
        """Two or more hear each other."""
        return isinstance(self.state, c.Talking) and not self.parties.greeting

    def consults(self, other: Call) -> bool:
        """One of the two was made while the other was put aside for it."""
        return self.about is other or other.about is self

    @property
    def held_by(self) -> str:
        """The phone that has put the call aside, or is rung because it has hung up on it; empty: none."""
        holder = self.parties.holder
        return holder.device if holder is not None else ""

    @property
    def recalling(self) -> bool:
        """The phone that has put the call aside is rung for who waits."""
        return self.parties.recalling

    @property
    def ended(self) -> bool:
        """It is over."""
        return self.parties.over

    def attempting(self, line: str) -> bool:
        """It goes out by this line, nobody has answered, and another may still be tried: the user has not been told why it fails."""
        leg = self.parties.leg(line)
        return leg is not None and leg.coming and getattr(leg.state, "failing", None) is None

    def caller_for(self, phone: str) -> CallerId:
        """Who calls, for the display of a phone: the called one for the phone that is rung for a call of its own."""
        return CallerId(self.called) if phone == self.placed_by else self.caller

    @property
    def stage(self) -> str:
        """How far it has come, in a word: ``ringing``, ``answered``, ``connecting``, ``dialling``, ``proceeding``, ``talking``, ``held``, ``recalling``, ``ended``."""
        return stage_of(self.state)

    def post(self, event: object) -> None:
        """Give the call's machine an event."""
        assert self.actor is not None
        self.actor.post(event)


def stage_of(state: object) -> str:
    """The word for a state of the call's machine; see ``Call.stage``."""
    match state:
        case c.Attended(parties) if parties.keeper is Keeper.DELIVERY:
            return "proceeding" if parties.attempt is not None else "ringing"
        case c.Attended(parties):
            return "answered" if parties.offered is None else "ringing"
        case c.Delivering(parties):
            attempt = parties.attempt
            return "ringing" if attempt is None else "dialling" if isinstance(attempt.state, l.Seizing) else "proceeding"
        case c.Talking(parties):
            return "connecting" if parties.greeting else "talking"
        case c.Waiting(parties):
            return "recalling" if parties.recalling else "held"
    return "ended"
