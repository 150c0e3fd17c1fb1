"""One call: from its arrival or dialling to its end.

    Attended ──lift──▶ Talking ◀──hold, retrieve──▶ Waiting ──recall answered──▶ Talking
       ▲                  ▲
    a caller arrives      └── lift, answer ── Delivering ◀── a desk phone calls
    every state ── nobody is left, or one for whom nothing is under way ──▶ Ended
    every state ── its parties come into another call ──▶ Joined

The states say what kind of moment it is; what there is to know is in the value that each of them holds, ``CallParties``: the legs of those who
take part, and who looks after one that talks to nobody. A row takes an event to the leg that it is about (``leg.py``), lets ``parties.settled``
draw what follows for the others, and tells. Which state follows is a function of the value (``state_of``), so no row can forget it.

What is heard is a function of the value too (``parties.scene_of``): a row says only that it is to be made anew.

While a phone is rung for an attended caller he keeps whatever he hears: music belongs to who looks after the call, not to this machine.
When it is lifted it hears the caller at once; the caller hears the agent's number announced, and ``Join`` opens the other direction.

Every call ends exactly once, with one cause and one who released it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from engine.calls import leg as l
from engine.calls import parties as p
from engine.calls.call_effects import (
    HandOver,
    HearAnew,
    PassOn,
    SeizeLine,
    TellAlerting,
    TellAnswered,
    TellConnected,
    TellEnded,
    TellFails,
    TellHeld,
    TellInVain,
    TellLeft,
    TellLifted,
    TellNotRung,
    TellPhoneBusy,
    TellReached,
    TellRerouted,
    TellRetrieved,
    TellTooLate,
)
from engine.calls.call_events import (
    Absorb,
    Alert,
    Announce,
    Answer,
    BeginDelivery,
    Come,
    Deliver,
    DialledOut,
    DialLine,
    DropParty,
    End,
    EndDelivery,
    FarAnswered,
    FarFails,
    FarProgressed,
    FarReleased,
    GiveRingback,
    GiveUp,
    HandBack,
    Hold,
    Join,
    Lift,
    LineGaveBack,
    LineMoved,
    Mute,
    NotRung,
    Park,
    PhoneDown,
    PickUp,
    Retrieve,
    Ring,
    SendOn,
    SetApart,
    StopRing,
)
from engine.calls.parties import CallParties, Keeper, Leg, Outcome
from engine.calls.talk import talk_of
from engine.kernel.errors import OurFault, Refused
from engine.kernel.fsm import Expired, Start, Step, Stop, Table, Timer
from engine.telephony.causes import Cause, Release
from engine.telephony.lines import RingKind

__all__ = [
    "LET_GO",
    "PARK_TIME",
    "PARTIES_MOST",
    "RECALL_TIME",
    "RING_TIME",
    "TABLE",
    "Absorb",
    "Alert",
    "Announce",
    "Answer",
    "Attended",
    "BeginDelivery",
    "Come",
    "Deliver",
    "Delivering",
    "DialLine",
    "DialledOut",
    "DropParty",
    "End",
    "EndDelivery",
    "Ended",
    "FarAnswered",
    "FarFails",
    "FarProgressed",
    "FarReleased",
    "GiveRingback",
    "GiveUp",
    "HandBack",
    "Hold",
    "Join",
    "Joined",
    "Lift",
    "LineGaveBack",
    "LineMoved",
    "Mute",
    "NotRung",
    "Park",
    "PhoneDown",
    "PickUp",
    "Retrieve",
    "Ring",
    "SendOn",
    "SetApart",
    "StopRing",
    "Talking",
    "Waiting",
    "arrived",
    "dialling",
    "originated",
    "placed",
    "state_of",
]

RING_TIME = Timer("extension_ring_time", 60.0, 5.0, 300.0, "site setting", "an extension that does not answer another stops ringing")
RECALL_TIME = Timer("recall_time", 60.0, 10.0, 300.0, "ours: as long as an extension rings", "a recall that nobody answers ends the call")
PARK_TIME = Timer("park_time", 120.0, 10.0, 3600.0, "site setting", "whom nobody fetches from a parking place comes back")
PARTIES_MOST = p.LEGS_MOST

# ---- states ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Attended:
    """A dialogue, a queue or nobody yet looks after a caller; phones may ring for him."""

    parties: CallParties


@dataclass(frozen=True)
class Delivering:
    """Somebody is rung or dialled for who is there."""

    parties: CallParties


@dataclass(frozen=True)
class Talking:
    """Two or more hear each other; one may still be hearing who has come."""

    parties: CallParties


@dataclass(frozen=True)
class Waiting:
    """Who is there waits for one who has stepped aside."""

    parties: CallParties


@dataclass(frozen=True)
class Ended:
    """Over."""

    parties: CallParties


@dataclass(frozen=True)
class Joined:
    """Over for itself: its parties are in another call, and what still comes for them is passed on to that."""

    parties: CallParties


State = Attended | Delivering | Talking | Waiting | Ended | Joined


def state_of(call: CallParties) -> State:
    """What kind of moment it is."""
    if call.over:
        return Ended(call)
    if len(call.up) >= 2:
        return Talking(call)
    if call.holder is not None or call.keeper is Keeper.PARK:
        return Waiting(call)
    return Delivering(call) if call.keeper is None else Attended(call)


def arrived(line: str) -> Attended:
    """A caller rings on an exchange line; nobody has answered."""
    return Attended(CallParties((Leg(line, l.Offered(), is_line=True),), Keeper.OWNER, line, line, outside=True))


def dialling(phone: str, line: str) -> Delivering:
    """A desk phone calls out; the exchange line is being dialled."""
    return Delivering(CallParties((Leg(phone, l.Up()), Leg(line, l.Seizing(), is_line=True)), first=phone, outside=True))


def originated() -> Attended:
    """The appliance itself makes the call; who is rung or dialled first comes by ``Ring`` or ``DialLine``."""
    return Attended(CallParties((), Keeper.DELIVERY, awaited=True))


def placed(phone: str) -> Delivering:
    """A desk phone calls; who is rung for it comes by ``Deliver``."""
    return Delivering(CallParties((Leg(phone, l.Up()),), first=phone))


# ---- how rows are made -----------------------------------------------------------------------------------------------

LET_GO = Release(Cause.NORMAL_CALL_CLEARING, "let_go")
NO_ANSWER = Release(Cause.NO_ANSWER, "no_answer")
Effects = Iterable[object]


def _step(before: State, outcome: Outcome, told: Effects = (), timers: Effects = ()) -> Step[object]:
    """The next state; who hears what first, then what is done at devices, timers and what is told, and the end last."""
    old, new = before.parties, outcome.call
    heard: tuple[object, ...] = (HearAnew(),) if _audible(old) != _audible(new) else ()
    over = (TellEnded(new.release or p.HUNG_UP, new.by),) if new.over and not old.over else ()
    return Step(state_of(new), (*heard, *outcome.effects, *timers, *_timers(old, new), *told, *over))


def _audible(call: CallParties) -> object:
    """All that decides who hears what, and what is recorded of it."""
    waits = p.waiting(call)
    members = tuple((leg.device, leg.deaf, leg.muted, leg.apart) for leg in call.legs if isinstance(leg.state, p.HEARING))
    return members, waits.device if waits else "", p.ringback_for(call), talk_of(call)


def _timers(old: CallParties, new: CallParties) -> Effects:
    """Timers of what has begun and what is over; those of a call that is over die with it."""
    if new.over:
        return ()
    recall: Effects = ()
    if new.recalling != old.recalling:
        recall = (Start(RECALL_TIME),) if new.recalling else (Stop(RECALL_TIME),)
    return (*recall, *((Stop(RING_TIME),) if old.rung and not new.rung and old.keeper is None else ()))


def _settled(state: State, outcome: Outcome, release: Release = p.HUNG_UP, by: str = "system", *, failed: bool = False) -> Step[object]:
    return _step(state, p.settled(outcome, release, by, failed=failed))


# ---- rows: the caller ------------------------------------------------------------------------------------------------


def alert(state: State, _event: Alert) -> Step[object]:
    """It rings, and nobody has answered."""
    return _to_offered(state, l.TellAlerting())


def give_ringback(state: State, _event: GiveRingback) -> Step[object]:
    """Ringing tone of ours until the answer or an announcement."""
    return _to_offered(state, l.GiveRingback())


def announce(state: State, _event: Announce) -> Step[object]:
    """Heard, and not charged."""
    return _to_offered(state, l.TellAnnounced())


def answer(state: State, _event: Answer) -> Step[object]:
    """Go off hook and speak."""
    offered = state.parties.offered
    if offered is None:
        return Step(state)
    outcome = p.at(replace(state.parties, answered=True), offered.device, l.Accept())
    return _step(state, outcome, (TellAnswered("local"),))


def _to_offered(state: State, event: object) -> Step[object]:
    """To the caller whom nobody has answered; passed over when somebody has."""
    offered = state.parties.offered
    return Step(state) if offered is None else _step(state, p.at(state.parties, offered.device, event))


def join(state: State, _event: Join) -> Step[object]:
    """Both talk."""
    if not state.parties.greeting:
        return Step(state)
    call = replace(state.parties, legs=tuple(replace(leg, deaf=False) for leg in state.parties.legs))
    return _step(state, Outcome(call))


# ---- rows: phones are rung -------------------------------------------------------------------------------------------


def ring(state: State, event: Ring) -> Step[object]:
    """Ring a phone; the caller hears on what he hears."""
    outcome = p.dropped(state.parties, state.parties.rung)
    for phone in (event.phone, *event.beside):
        if outcome.call.leg(phone) is None:
            outcome = outcome.then(_rung(outcome.call, phone, event.kind))
    return _step(state, outcome)


def stop_ring(state: State, _event: StopRing) -> Step[object]:
    """Back to waiting."""
    return _step(state, p.settled(p.dropped(state.parties, tuple(leg for leg in state.parties.legs if leg.coming)), NO_ANSWER))


def deliver(state: State, event: Deliver) -> Step[object]:
    """Several phones may ring; who takes part already is not rung."""
    outcome = Outcome(state.parties)
    for phone in event.phones:
        if outcome.call.leg(phone) is None:
            outcome = outcome.then(_rung(outcome.call, phone, event.kind))
    return _step(state, p.settled(outcome, NO_ANSWER), timers=(Start(RING_TIME, event.ring_timeout_s),) if outcome.effects else ())


def _rung(call: CallParties, phone: str, kind: RingKind) -> Outcome:
    return p.added(call, Leg(phone, l.Alerting(kind)), l.RingBell(kind))


def not_rung(state: State, event: NotRung) -> Step[object]:
    """The bell cannot be, or must not be: who looks after the caller is told; where nobody does and nothing else is under way, the call is over."""
    leg = state.parties.leg(event.phone)
    if leg is None or not isinstance(leg.state, l.Alerting):
        return Step(state)
    outcome = p.settled(p.at(state.parties, event.phone, l.Drop()), event.release)
    told = (TellNotRung(event.phone),) if outcome.call.keeper is Keeper.OWNER else _in_vain(outcome.call, event.release)
    return _step(state, outcome, told)


def _in_vain(call: CallParties, release: Release) -> Effects:
    """To who delivers it, when nothing is under way any more."""
    return (TellInVain(release),) if call.keeper is Keeper.DELIVERY and not any(leg.coming for leg in call.legs) else ()


def begin_delivery(state: State, _event: BeginDelivery) -> Step[object]:
    """Who is there hears that it rings."""
    present = next(leg.device for leg in state.parties.legs if leg.present)
    return _step(state, Outcome(p.kept(state.parties, Keeper.DELIVERY, present)))


def end_delivery(state: State, _event: EndDelivery) -> Step[object]:
    """No ringback any more: who looks after him now lets him hear something."""
    return _step(state, Outcome(p.kept(state.parties, Keeper.OWNER, state.parties.kept)))


def dial_line(state: State, event: DialLine) -> Step[object]:
    """A party outside is on the way."""
    call = replace(state.parties, outside_alone=state.parties.outside_alone or event.outside_alone)
    return _step(state, p.added(call, Leg(event.line, l.Seizing(), is_line=True)))


def lift(state: State, event: Lift) -> Step[object]:
    """A phone that rings takes the call. What else rings stops, a caller whom nobody has answered is."""
    call = state.parties
    leg = call.leg(event.phone)
    if leg is None or not isinstance(leg.state, l.Alerting):
        return Step(state, () if leg is not None else (TellTooLate(event.phone, event.lifted),))
    if leg.recalled:
        return _step(state, p.at(call, event.phone, l.Lift()), (TellPhoneBusy(event.phone), TellRetrieved(event.phone)))
    if call.awaited:
        first = p.at(replace(call, awaited=False, kept=event.phone), event.phone, l.Lift())
        return _step(state, first, (TellPhoneBusy(event.phone), TellReached(event.phone)))
    taken = _taken(call, event.phone)
    told = (TellPhoneBusy(event.phone), TellConnected(event.phone))
    if call.keeper is Keeper.OWNER:
        greeted = p.changed(p.kept(taken.call, None), call.kept, deaf=True)
        answered = () if call.offered is None else (TellAnswered("local"),)
        return _step(state, Outcome(greeted, taken.effects), (*answered, *told, TellLifted(event.phone)))
    answered = () if call.answered else (TellAnswered("phone" if call.offered is None else "local"),)
    reached = (TellReached(event.phone),) if call.keeper is Keeper.DELIVERY else ()
    return _step(state, Outcome(p.kept(taken.call, None), taken.effects), (*answered, *told, *reached))


def _taken(call: CallParties, phone: str) -> Outcome:
    """The phone is up, and it alone of those that were tried for who is there."""
    return _alone_of_those_tried(call, p.at(replace(call, answered=True, back_to=""), phone, l.Lift()))


def _alone_of_those_tried(before: CallParties, outcome: Outcome) -> Outcome:
    """The others that are rung or dialled are not needed any more, when there was no conversation that they were to come into; a caller is answered."""
    if len(before.up) < 2:
        outcome = outcome.then(p.dropped(outcome.call, tuple(leg for leg in outcome.call.legs if leg.coming and not leg.recalled)))
    offered = outcome.call.offered
    return outcome if offered is None else outcome.then(p.at(outcome.call, offered.device, l.Accept()))


def ring_time_over(state: State, _event: Expired) -> Step[object]:
    """Nobody comes to the phones that are rung: they stop ringing, and who called them hears busy tone."""
    return _settled(state, p.dropped(state.parties, state.parties.rung), NO_ANSWER)


# ---- rows: lines are dialled -----------------------------------------------------------------------------------------


def dialled(state: State, event: DialledOut) -> Step[object]:
    """The phone hears the exchange, and can be heard: some far ends want to hear before they answer."""
    return _step(state, p.at(state.parties, event.line, l.Dialled()))


def far_progressed(state: State, event: FarProgressed) -> Step[object]:
    """Ringing tone of ours for who would hear nothing else, until something else can be heard."""
    outcome = p.at(state.parties, event.line, l.Progressed(event.alerting, event.in_band))
    return _step(state, outcome, (TellAlerting(),) if event.alerting else ())


def far_fails(state: State, event: FarFails) -> Step[object]:
    """The announcement is heard; the call ends after it, or when the phone is put down."""
    return _step(state, p.at(state.parties, event.line, l.Fails(event.release)), (TellFails(event.release),))


def far_answered(state: State, event: FarAnswered) -> Step[object]:
    """The conversation begins."""
    leg = state.parties.leg(event.line)
    if leg is None or not leg.coming:
        return Step(state)
    call = replace(state.parties, answered=True, back_to="")
    answered = (TellAnswered(event.supervision, event.connected),)
    if call.awaited:
        outcome = p.at(replace(call, awaited=False, kept=event.line), event.line, l.FarAnswered())
        return _step(state, outcome, (*answered, TellReached(event.line)))
    outcome = _alone_of_those_tried(call, p.at(call, event.line, l.FarAnswered()))
    reached = (TellReached(event.line),) if call.keeper is Keeper.DELIVERY else ()
    joined = p.kept(outcome.call, None) if reached else outcome.call
    phones = [other.device for other in joined.up if not other.is_line]
    return _step(state, Outcome(joined, outcome.effects), (*answered, *map(TellConnected, phones[:1]), *reached))


def line_moved(state: State, event: LineMoved) -> Step[object]:
    """By the channel of the exchange's choice."""
    return _step(state, Outcome(p.renamed(state.parties, event.line, event.to)))


def line_gave_back(state: State, event: LineGaveBack) -> Step[object]:
    """The next line, if there is one; the phone hears the exchange no more until that one is dialled."""
    leg = state.parties.leg(event.line)
    if leg is None:
        return Step(state)
    if not event.next_line or not leg.coming:
        return far_released(state, FarReleased(event.line, event.release))
    call = p.renamed(p.changed(state.parties, event.line, state=l.Seizing()), event.line, event.next_line)
    return _step(state, Outcome(call), (TellRerouted(event.line, event.release, event.next_line), SeizeLine(event.next_line)))


# ---- rows: somebody leaves, or steps aside ---------------------------------------------------------------------------


def far_released(state: State, event: FarReleased) -> Step[object]:
    """A line's far end is gone. Of an attempt that never came to a conversation the phone hears by the tone why not; of two far ends that were
    connected here the other one is told the same cause.
    """
    leg = state.parties.leg(event.line)
    if leg is None:
        return Step(state)
    by = p.who_left(state.parties, leg)
    through = all(other.is_line for other in state.parties.legs)
    outcome = p.settled(p.put_down(state.parties, event.line), event.release, by, failed=leg.coming, through=through)
    return _step(state, outcome, _in_vain(outcome.call, event.release) if leg.coming else ())


def phone_down(state: State, event: PhoneDown) -> Step[object]:
    """Who is left alone is released or hears busy tone. Who has put somebody aside is rung for him."""
    call = state.parties
    leg = call.leg(event.phone)
    if leg is None or leg.recalled:
        return Step(state)
    if leg.rung:
        return _settled(state, p.at(call, event.phone, l.Drop()), NO_ANSWER)
    release, by = _why_left(call, leg)
    gone = p.at(call, event.phone, l.Leave()) if event.for_good else p.put_down(call, event.phone)
    outcome = p.settled(gone, release, by)
    goes_on = not outcome.call.over and outcome.call.leg(event.phone) is None
    return _step(state, outcome, (TellLeft(event.phone),) if goes_on else ())


def _why_left(call: CallParties, leg: Leg) -> tuple[Release, str]:
    """Who hangs up when he has heard why the call fails has not given up: it has failed."""
    attempt = call.attempt
    if attempt is not None and isinstance(attempt.state, l.Proceeding) and attempt.state.failing is not None:
        return attempt.state.failing, p.who_left(call, attempt)
    return p.HUNG_UP if call.answered else p.GAVE_UP, p.who_left(call, leg)


def hold(state: State, event: Hold) -> Step[object]:
    """The R key: the other party waits with music."""
    leg = state.parties.leg(event.phone)
    if leg is None or not leg.up:
        return Step(state)
    return _step(state, p.at(state.parties, event.phone, l.Aside()), (TellHeld(event.phone),))


def retrieve(state: State, event: Retrieve) -> Step[object]:
    """The R key again."""
    leg = state.parties.leg(event.phone)
    if leg is None or not isinstance(leg.state, l.OnHold):
        return Step(state)
    return _step(state, p.at(state.parties, event.phone, l.Back()), (TellRetrieved(event.phone),))


def recall_time_over(state: State, _event: Expired) -> Step[object]:
    """Nobody comes back."""
    recalled = tuple(leg for leg in state.parties.legs if leg.recalled)
    return _settled(state, p.dropped(state.parties, recalled), NO_ANSWER)


def set_apart(state: State, event: SetApart) -> Step[object]:
    """The others do not hear the display's modem, and cannot disturb it."""
    if state.parties.leg(event.phone) is None:
        return Step(state)
    return _step(state, Outcome(p.changed(state.parties, event.phone, apart=event.apart)))


def end(state: State, event: End) -> Step[object]:
    """We end it for everybody."""
    return _step(state, p.ended(state.parties, event.release, event.by))


# ---- rows: parking, pick-up, and parties sent on, brought in and let go ----------------------------------------------


def park(state: State, event: Park) -> Step[object]:
    """Who is left waits with music until somebody fetches him. Nothing when there is nobody or a conversation to be left."""
    others = [leg for leg in state.parties.legs if leg.device != event.phone]
    if state.parties.leg(event.phone) is None or len(others) != 1 or not others[0].up:
        return Step(state)
    gone = p.at(replace(state.parties, back_to=event.phone), event.phone, l.Leave())
    parked = Outcome(p.kept(gone.call, Keeper.PARK, others[0].device), gone.effects)
    return _step(state, parked, (TellLeft(event.phone),), (Start(PARK_TIME, event.recall_after_s),))


def park_time_over(state: State, _event: Expired) -> Step[object]:
    """Nobody has fetched him: the phone that left him is rung."""
    return _settled(state, Outcome(p.kept(state.parties, None)), NO_ANSWER)


def come(state: State, event: Come) -> Step[object]:
    """One more hears and is heard."""
    outcome = p.added(replace(state.parties, back_to=""), Leg(event.phone, l.Up()))
    freed = Outcome(p.kept(outcome.call, None), outcome.effects)
    return _step(state, freed, (TellPhoneBusy(event.phone), TellConnected(event.phone)), (Stop(PARK_TIME),))


def pick_up(state: State, event: PickUp) -> Step[object]:
    """The bell stops there, and the other phone has the call as if it had been rung and lifted."""
    call, leg = state.parties, state.parties.leg(event.rung)
    if leg is None or not leg.rung or call.leg(event.by) is not None:
        return Step(state, (TellTooLate(event.by, lifted=False),))
    quiet = p.at(call, event.rung, l.Drop())
    moved = p.added(quiet.call, replace(leg, device=event.by))
    step = lift(replace(state, parties=moved.call), Lift(event.by, lifted=False))
    return Step(step.state, (*quiet.effects, *step.effects))


def come_too_late(state: Ended, event: Come | PickUp) -> Step[object]:
    """It was over when somebody came for it."""
    return Step(state, (TellTooLate(event.phone if isinstance(event, Come) else event.by, lifted=False),))


def send_on(state: State, event: SendOn) -> Step[object]:
    """The other party hears music while the phones ring."""
    there = [leg for leg in state.parties.legs if leg.device != event.phone and leg.present]
    if state.parties.leg(event.phone) is None or len(there) != 1 or not there[0].up:
        return Step(state)
    outcome = p.at(replace(state.parties, moved=True, back_to=event.phone), event.phone, l.Drop())
    for phone in event.to:
        if outcome.call.leg(phone) is None:
            outcome = outcome.then(_rung(outcome.call, phone, RingKind.INTERNAL))
    return _step(state, p.settled(outcome, NO_ANSWER), (TellLeft(event.phone),), (Start(RING_TIME, event.ring_timeout_s),))


def hand_back(state: State, event: HandBack) -> Step[object]:
    """Who is left is looked after, as before anybody talked to him."""
    others = [leg for leg in state.parties.legs if leg.device != event.phone]
    if state.parties.leg(event.phone) is None or len(others) != 1 or not others[0].up:
        return Step(state)
    gone = p.at(replace(state.parties, back_to=""), event.phone, l.Drop())
    kept = p.kept(p.changed(gone.call, others[0].device, deaf=False, muted=False), Keeper.OWNER, others[0].device)
    return _step(state, Outcome(kept, gone.effects), (TellLeft(event.phone),))


def drop_party(state: State, event: DropParty) -> Step[object]:
    """Who is left goes on, unless it is nobody, or one."""
    leg = state.parties.leg(event.device)
    if leg is None:
        return Step(state)
    outcome = p.settled(p.dropped(state.parties, (leg,)), LET_GO, "system")
    left = () if outcome.call.over or leg.is_line or not leg.present else (TellLeft(event.device),)
    return _step(state, outcome, left)


def mute(state: State, event: Mute) -> Step[object]:
    """The others do not hear it; it hears them."""
    if state.parties.leg(event.device) is None:
        return Step(state)
    return _step(state, Outcome(p.changed(state.parties, event.device, muted=event.muted)))


# ---- rows: two calls become one --------------------------------------------------------------------------------------

TRANSFERRED = Release(Cause.NORMAL_CALL_CLEARING, "transferred")
JOINED = Release(Cause.NORMAL_CALL_CLEARING, "joined")


def give_up(state: State, event: GiveUp) -> Step[object]:
    """Nobody is released: all go over as they are, and this call is over."""
    call = state.parties
    leg = call.leg(event.shared)
    if leg is None:
        return Step(state, (HandOver(None),))
    release = JOINED if event.stays else TRANSFERRED
    empty = replace(call, legs=(), keeper=None, kept="", over=True, release=release, by=p.who_left(call, leg))
    return Step(Joined(empty), (HearAnew(), HandOver(call), TellEnded(release, empty.by)))


def nothing_to_give(state: Ended, _event: GiveUp) -> Step[object]:
    """It was over before."""
    return Step(state, (HandOver(None),))


def pass_on(state: Joined, event: object) -> Step[object]:
    """To the call in which the parties are now."""
    return Step(state, (PassOn(event),))


def absorb(state: State, event: Absorb) -> Step[object]:
    """A transfer or a conference. Who cannot come in is let go."""
    try:
        merged = p.merged(state.parties, event.parties, event.shared, stays=event.stays)
    except (Refused, OurFault):
        return absorb_late(state, event)
    call = replace(merged.call, outside_alone=merged.call.outside_alone or event.outside_alone)
    rings = (Start(RING_TIME, event.ring_timeout_s),) if event.parties.rung else ()
    left = () if event.stays else (TellLeft(event.shared),)
    outcome = p.settled(Outcome(call, merged.effects))
    return _step(state, outcome, left, () if outcome.call.over else rings)


def absorb_late(state: State, event: Absorb) -> Step[object]:
    """The call was over before they came."""
    gone = p.dropped(event.parties, tuple(leg for leg in event.parties.legs if leg.device != event.shared))
    return Step(state, (*gone.effects, *(TellLeft(leg.device) for leg in event.parties.legs if not leg.is_line and not leg.rung)))


# ---- table -----------------------------------------------------------------------------------------------------------

OVER = "the call is over; the message crossed its end"
TAKEN = "lifted at the same moment"
LIVE: tuple[type, ...] = (Attended, Delivering, Talking, Waiting)
CONVERSING: tuple[type, ...] = (Delivering, Talking, Waiting)
BY_EVENT: dict[type, Callable[..., Step[object]]] = {
    Lift: lift,
    NotRung: not_rung,
    DialledOut: dialled,
    FarProgressed: far_progressed,
    FarFails: far_fails,
    FarAnswered: far_answered,
    FarReleased: far_released,
    LineGaveBack: line_gave_back,
    LineMoved: line_moved,
    PhoneDown: phone_down,
    SetApart: set_apart,
    DialLine: dial_line,
    PickUp: pick_up,
    DropParty: drop_party,
    Mute: mute,
    GiveUp: give_up,
    Absorb: absorb,
    End: end,
}
ATTENDING: dict[type, Callable[..., Step[object]]] = {
    Alert: alert,
    GiveRingback: give_ringback,
    Announce: announce,
    Answer: answer,
    Ring: ring,
    StopRing: stop_ring,
}
BETWEEN: dict[type, Callable[..., Step[object]]] = {
    Deliver: deliver,
    Park: park,
    SendOn: send_on,
    HandBack: hand_back,
    Come: come,
}

EVENTS: tuple[type, ...] = tuple(
    event for event in (*ATTENDING, *BY_EVENT, *BETWEEN, BeginDelivery, EndDelivery, Join, Hold, Retrieve) if event not in (GiveUp, Absorb)
)

TABLE = Table(
    "call",
    arrived(""),
    rows={
        **{(Attended, event): row for event, row in ATTENDING.items()},
        **{(state, event): row for state in LIVE for event, row in BY_EVENT.items()},
        **{(state, event): row for state in CONVERSING for event, row in BETWEEN.items()},
        (Attended, BeginDelivery): begin_delivery,
        (Attended, EndDelivery): end_delivery,
        (Delivering, BeginDelivery): begin_delivery,
        **{(state, PARK_TIME): park_time_over for state in CONVERSING},
        (Talking, Join): join,
        (Delivering, Join): join,  # sent on while the agent was announced
        (Waiting, Join): join,
        **{(state, Hold): hold for state in (Talking, Waiting)},
        **{(state, Retrieve): retrieve for state in (Talking, Waiting)},
        **{(state, RING_TIME): ring_time_over for state in CONVERSING},
        **{(state, RECALL_TIME): recall_time_over for state in CONVERSING},
        (Ended, Come): come_too_late,
        (Ended, PickUp): come_too_late,
        (Ended, GiveUp): nothing_to_give,
        (Ended, Absorb): absorb_late,
        (Joined, GiveUp): nothing_to_give,
        **{(Joined, event): pass_on for event in (*EVENTS, Absorb)},
    },
    ignored={
        **{(Ended, event): OVER for event in EVENTS if event not in (Come, PickUp)},
        **{(state, StopRing): TAKEN for state in CONVERSING},
        **{(state, event): "somebody has answered" for state in CONVERSING for event in (Alert, GiveRingback, Announce)},
        (Delivering, Hold): "nobody has answered",
        **{(state, EndDelivery): "somebody has answered" for state in CONVERSING},
        (Delivering, Retrieve): "nobody is put aside",
    },
    timers=dict.fromkeys(CONVERSING, (RING_TIME, RECALL_TIME, PARK_TIME)),
)
