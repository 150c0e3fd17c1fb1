"""Who takes part in a call, and what becomes of it when one of them comes, goes, or steps aside. Pure.

A call is one value: its legs in the order in which they came, and the keeper, if the dialogue, a queue or a parking place looks after one of
them. Legs are values in it and not machines beside it, so two parties who do something in the same block are two events in one row, and
never two messages that cross.

Every operation gives the call as it is afterwards and what has to be done at which device; ``settled`` then draws what follows for the
others. So there is one place that decides when a call is over, and no way to forget somebody:

- nobody is there (whoever is rung or dialled is not there yet): what rings stops, and the call is over;
- one is there, nobody is on the way and no keeper looks after him: the phone that he was sent on from is rung for him, or he is let go;
- the keeper's caller has gone: the keeper has nobody to look after;
- only parties outside are left, and nobody has permitted that: they are let go, as nobody here would end what they cost.

Two calls of one phone become one by ``merged``: a transfer when the phone leaves by it, a conference when it stays.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum

from engine.calls import leg as l
from engine.kernel.errors import OurFault, Refused
from engine.kernel.fsm import Machine
from engine.kernel.text import text
from engine.telephony.causes import Cause, Release
from engine.telephony.conference import MEMBERS_MOST, Member, Scene
from engine.telephony.lines import RingKind
from engine.telephony.media import Port

__all__ = [
    "AtDevice",
    "CallParties",
    "Keeper",
    "Leg",
    "Outcome",
    "added",
    "at",
    "changed",
    "dropped",
    "ended",
    "kept",
    "merged",
    "outside_act",
    "put_down",
    "renamed",
    "ringback_for",
    "scene_of",
    "settled",
    "waiting",
    "who_left",
]

LEGS_MOST = MEMBERS_MOST
HUNG_UP = Release(Cause.NORMAL_CALL_CLEARING, "hung_up")
GAVE_UP = Release(Cause.NORMAL_CALL_CLEARING, "gave_up")

PRESENT = (l.Offered, l.Up, l.OnHold)
COMING = (l.Alerting, l.Seizing, l.Proceeding)
HEARING = (l.Up, l.Proceeding)


class Keeper(Enum):
    """What looks after a party that talks to nobody."""

    OWNER = "owner"
    """A dialogue or a queue, which lets it hear what it wants."""
    DELIVERY = "delivery"
    """Who rings and dials for it, one after another: it hears ringback all the time, or music when it was sent on."""
    PARK = "park"
    """A parking place."""


@dataclass(frozen=True)
class Leg:
    """A party: a line or a phone by its name, and how far it has come (``leg.py``).

    ``muted``: not heard by the others. ``deaf``: it hears something else than the others, such as the number of the agent who has just
    come. ``apart``: neither, for the moment that its display is told something.
    """

    device: str
    state: object
    is_line: bool = False
    muted: bool = False
    deaf: bool = False
    apart: bool = False

    @property
    def present(self) -> bool:
        """It is there, and not only rung or dialled."""
        return isinstance(self.state, PRESENT)

    @property
    def coming(self) -> bool:
        """It is rung or dialled."""
        return isinstance(self.state, COMING)

    @property
    def up(self) -> bool:
        """It takes part in the conversation."""
        return isinstance(self.state, l.Up)

    @property
    def recalled(self) -> bool:
        """It is rung for somebody whom its user has left waiting."""
        return isinstance(self.state, l.Alerting) and self.state.kind is RingKind.RECALL

    @property
    def rung(self) -> bool:
        """It is rung, and not because its user has left somebody waiting."""
        return isinstance(self.state, l.Alerting) and not self.recalled


@dataclass(frozen=True)
class CallParties:
    """A call's legs that are not gone, and who looks after the party ``kept``.

    ``first`` is the device that began it; ``outside``: a line has had a part in it; ``answered``: somebody was reached. ``moved``: who is there was sent
    on, and hears music where the first party of a call hears ringback; ``back_to`` is the phone that sent him, and is rung when it was in vain.
    ``awaited``: the appliance itself makes the call, and nobody is there yet. ``outside_alone``: parties outside may be left among themselves. ``over`` is for good, with ``release`` and ``by`` (``caller``, ``called``, ``agent``, ``system``).
    """

    legs: tuple[Leg, ...]
    keeper: Keeper | None = None
    kept: str = ""
    first: str = ""
    outside: bool = False
    answered: bool = False
    moved: bool = False
    back_to: str = ""
    awaited: bool = False
    outside_alone: bool = False
    over: bool = False
    release: Release | None = None
    by: str = ""

    def leg(self, device: str) -> Leg | None:
        """The leg on this device; None: it has no part in the call."""
        return next((leg for leg in self.legs if leg.device == device), None)

    @property
    def up(self) -> tuple[Leg, ...]:
        """Those who take part in the conversation."""
        return tuple(leg for leg in self.legs if leg.up)

    @property
    def rung(self) -> tuple[Leg, ...]:
        """The phones that ring for it, other than by a recall."""
        return tuple(leg for leg in self.legs if leg.rung)

    @property
    def offered(self) -> Leg | None:
        """The caller whom nobody has answered."""
        return next((leg for leg in self.legs if isinstance(leg.state, l.Offered)), None)

    @property
    def attempt(self) -> Leg | None:
        """The line that is being dialled, or was and has not answered yet."""
        return next((leg for leg in self.legs if isinstance(leg.state, (l.Seizing, l.Proceeding))), None)

    @property
    def holder(self) -> Leg | None:
        """Who has put the call aside first, or is rung because he has hung up on it."""
        return next((leg for leg in self.legs if isinstance(leg.state, l.OnHold) or leg.recalled), None)

    @property
    def recalling(self) -> bool:
        """Somebody is rung because he has left who waits."""
        return any(leg.recalled for leg in self.legs)

    @property
    def greeting(self) -> bool:
        """Somebody does not hear yet who has come for him."""
        return any(leg.deaf for leg in self.legs)


@dataclass(frozen=True)
class AtDevice:
    """An effect of ``leg.py`` to be performed at a device."""

    device: str
    effect: object


@dataclass(frozen=True)
class Outcome:
    """The call afterwards, and what is to be done, in this order."""

    call: CallParties
    effects: tuple[AtDevice, ...] = ()

    def then(self, after: Outcome) -> Outcome:
        """The one operation after the other."""
        return Outcome(after.call, (*self.effects, *after.effects))


# ---- operations ------------------------------------------------------------------------------------------------------


def at(call: CallParties, device: str, event: object) -> Outcome:
    """Something happens at one of the devices. Raises UnexpectedEvent when that cannot be there; a device that is not in the call is passed over:
    its message crossed its end.
    """
    leg = call.leg(device)
    if leg is None:
        return Outcome(call)
    machine = Machine(l.TABLE, leg.state)
    effects = tuple(AtDevice(device, effect) for effect in machine.handle(event))
    if isinstance(machine.state, l.Gone):
        return Outcome(replace(call, legs=tuple(other for other in call.legs if other.device != device)), effects)
    return Outcome(changed(call, device, state=machine.state), effects)


def added(call: CallParties, leg: Leg, *effects: object) -> Outcome:
    """One more takes part, or is rung or dialled (``effects`` begins it). Refused when 32 do; OurFault for one that does already."""
    if call.over:
        raise OurFault(f"{leg.device} comes to a call that is over")
    if call.leg(leg.device) is not None:
        raise OurFault(f"{leg.device} takes part already")
    if len(call.legs) >= LEGS_MOST:
        raise Refused(text("A call has at most {most} parties.", most=LEGS_MOST))
    both = replace(call, legs=(*call.legs, leg), outside=call.outside or leg.is_line)
    return Outcome(both, tuple(AtDevice(leg.device, effect) for effect in effects))


def renamed(call: CallParties, device: str, to: str) -> CallParties:
    """A line's call goes on on another line."""
    legs = tuple(replace(leg, device=to) if leg.device == device else leg for leg in call.legs)
    kept, first = (to if named == device else named for named in (call.kept, call.first))
    return replace(call, legs=legs, kept=kept, first=first)


def put_down(call: CallParties, device: str) -> Outcome:
    """A handset goes down, or a far end is gone. Who has put somebody aside is rung for him."""
    waits = any(other.present for other in call.legs if other.device != device)
    return at(call, device, l.Leave(recall=waits))


def dropped(call: CallParties, legs: tuple[Leg, ...], event: l.Drop | None = None) -> Outcome:
    """We end these parts."""
    outcome = Outcome(call)
    for leg in legs:
        outcome = outcome.then(at(outcome.call, leg.device, event or l.Drop()))
    return outcome


def kept(call: CallParties, keeper: Keeper | None, device: str = "") -> CallParties:
    """A dialogue, queue or parking place looks after this party from now on; None: nobody does any more."""
    if keeper is not None and call.leg(device) is None:
        raise OurFault(f"{device} is not there to be looked after")
    return replace(call, keeper=keeper, kept=device if keeper else "")


def merged(call: CallParties, other: CallParties, shared: str, *, stays: bool) -> Outcome:
    """Those of the ``other`` call come into this one; ``shared`` is the phone that has both. Nobody is released by that: the other call is over.

    ``stays`` False is a transfer: the phone leaves both, and who is left talks, or waits for who is still rung; when that is in vain the phone is
    rung. Refused when they would be too many, or somebody is in both; OurFault when the phone is not in both.
    """
    if call.leg(shared) is None or other.leg(shared) is None:
        raise OurFault(f"{shared} is not in both calls")
    others = tuple(leg for leg in other.legs if leg.device != shared)
    if any(call.leg(leg.device) is not None for leg in others):
        raise Refused(text("Somebody is in both calls already."))
    if len(call.legs) + len(others) > LEGS_MOST:
        raise Refused(text("A call has at most {most} parties.", most=LEGS_MOST))
    keeper, kept_one = (call.keeper, call.kept) if call.keeper else (other.keeper, other.kept)
    both = replace(
        changed(call, shared, state=l.Up()),
        keeper=keeper,
        kept=kept_one,
        outside=call.outside or other.outside,
        answered=call.answered or other.answered,
    )
    both = replace(both, legs=(*both.legs, *others))
    if stays:
        return Outcome(both)
    left = tuple(leg for leg in both.legs if leg.device != shared)
    in_vain = shared if sum(leg.present for leg in left) < 2 else ""
    return Outcome(replace(both, legs=left, moved=True, back_to=in_vain))


def outside_act(call: CallParties, other: CallParties, shared: str, *, stays: bool) -> str:
    """What merging them needs to be permitted: ``outside_transfer`` leaves parties outside among themselves, ``outside_invitation`` brings more than one
    of them into a conversation here; empty: nothing.
    """
    both = [leg for leg in (*call.legs, *other.legs) if leg.device != shared]
    if sum(leg.is_line for leg in both) < 2:
        return ""
    return "outside_invitation" if stays or not all(leg.is_line for leg in both) else "outside_transfer"


def ended(call: CallParties, release: Release, by: str) -> Outcome:
    """We end it for everybody."""
    outcome = dropped(replace(call, keeper=None, kept="", back_to=""), call.legs, l.Drop(release.cause))
    return settled(outcome, release, by)


def settled(outcome: Outcome, release: Release = HUNG_UP, by: str = "system", *, failed: bool = False, through: bool = False) -> Outcome:
    """What follows for the others. ``release`` and ``by`` say why the call ends if it does; ``failed``: an attempt has, and nothing is left of it;
    ``through``: all of it is outside, and who is left there is told the cause too.
    """
    call = outcome.call
    if call.over:
        return outcome
    if call.awaited and any(leg.coming for leg in call.legs):
        return outcome
    if call.keeper is not None and not any(leg.present for leg in call.legs if leg.device == call.kept):
        call = replace(call, keeper=None, kept="")
    present = [leg for leg in call.legs if leg.present]
    coming = any(leg.coming for leg in call.legs)
    lonely = len(present) == 1 and not coming and call.keeper is None
    if lonely and call.back_to and call.leg(call.back_to) is None:
        recalled = Leg(call.back_to, l.Alerting(RingKind.RECALL))
        return outcome.then(added(replace(call, back_to=""), recalled, l.RingBell(RingKind.RECALL)))
    forsaken = len(call.legs) > 1 and not call.outside_alone and all(leg.is_line for leg in call.legs)
    if present and not lonely and not forsaken:
        return replace(outcome, call=call)
    event = l.Drop(release.cause, failed=failed) if failed or through else l.Drop()
    result = outcome.then(dropped(call, call.legs, event))
    return replace(result, call=replace(result.call, keeper=None, kept="", over=True, release=release, by=by))


def who_left(call: CallParties, leg: Leg) -> str:
    """By whom a call is ended that this party leaves: the agent where the call has to do with outside, else by who called whom."""
    if call.outside and not leg.is_line:
        return "agent"
    return "caller" if leg.device == call.first else "called"


def changed(call: CallParties, device: str, **fields: object) -> CallParties:
    """The call with these fields of a leg changed. OurFault when the device has no part in it."""
    if call.leg(device) is None:
        raise OurFault(f"{device} takes no part")
    legs = tuple(replace(leg, **fields) if leg.device == device else leg for leg in call.legs)  # type: ignore[arg-type]  # replace checks the names
    return replace(call, legs=legs)


# ---- what is heard ---------------------------------------------------------------------------------------------------


def _alone(call: CallParties) -> Leg | None:
    """The one who is there and hears nobody, though he is in conversation; None: there is none, or a keeper lets him hear something."""
    hearing = [leg for leg in call.legs if isinstance(leg.state, HEARING)]
    return hearing[0] if len(hearing) == 1 and hearing[0].up and call.keeper is not Keeper.OWNER else None


def waiting(call: CallParties) -> Leg | None:
    """Who hears music: the other one has stepped aside, he is parked, or was sent on to who has not answered yet."""
    alone = _alone(call)
    if alone is None:
        return None
    aside = any(isinstance(leg.state, l.OnHold) or leg.recalled for leg in call.legs)
    sent_on = call.moved and (call.keeper is Keeper.DELIVERY or any(leg.coming for leg in call.legs))
    return alone if aside or call.keeper is Keeper.PARK or sent_on else None


def ringback_for(call: CallParties) -> tuple[str, ...]:
    """Who hears ringing tone of ours: the caller of a phone that rings, of a line whose exchange is silent, and on a line that asked for it."""
    offered = call.offered
    if offered is not None and isinstance(offered.state, l.Offered) and offered.state.ringback:
        return (offered.device,)
    if any(isinstance(leg.state, l.Proceeding) and leg.state.ringback for leg in call.legs):
        return tuple(leg.device for leg in call.up)
    alone = _alone(call)
    delivered = call.keeper is Keeper.DELIVERY or bool(call.rung)
    return (alone.device,) if alone is not None and delivered and waiting(call) is None else ()


def scene_of(call: CallParties, port_of: Callable[[str], Port], music: Port | None = None) -> Scene:
    """Who hears whom. ``music`` is what who waits hears."""
    waits = waiting(call)
    return Scene(
        members=tuple(
            Member(
                port_of(leg.device),
                hears=not (leg.deaf or leg.apart),
                heard=not (leg.muted or leg.apart),
                on_hold=leg is waits,
                music=music if leg is waits else None,
            )
            for leg in call.legs
            if isinstance(leg.state, HEARING)
        )
    )
