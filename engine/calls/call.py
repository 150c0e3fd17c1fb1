"""One call: from its arrival or dialling to its end.

    Attended ──lift──▶ Talking ◀──hold, retrieve──▶ Waiting ──recall answered──▶ Talking
       ▲                  ▲
    a caller arrives      └── lift, answer ── Delivering ◀── a desk phone calls
    every state ── nobody is left, or one for whom nothing is under way ──▶ Ended

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
    HearAnew,
    SeizeLine,
    TellAlerting,
    TellAnswered,
    TellConnected,
    TellEnded,
    TellFails,
    TellHeld,
    TellLifted,
    TellNotRung,
    TellPhoneBusy,
    TellRerouted,
    TellRetrieved,
    TellTooLate,
)
from engine.calls.parties import CallParties, Keeper, Leg, Outcome
from engine.kernel.fsm import Expired, Start, Step, Stop, Table, Timer
from engine.telephony.causes import Cause, Release
from engine.telephony.lines import RingKind

__all__ = [
    "RECALL_TIME",
    "RING_TIME",
    "TABLE",
    "Alert",
    "Announce",
    "Answer",
    "Attended",
    "Deliver",
    "Delivering",
    "DialledOut",
    "End",
    "Ended",
    "FarAnswered",
    "FarFails",
    "FarProgressed",
    "FarReleased",
    "GiveRingback",
    "Hold",
    "Join",
    "Lift",
    "LineGaveBack",
    "LineMoved",
    "NotRung",
    "PhoneDown",
    "Retrieve",
    "Ring",
    "SetApart",
    "StopRing",
    "Talking",
    "Waiting",
    "arrived",
    "dialling",
    "placed",
    "state_of",
]

RING_TIME = Timer("extension_ring_time", 60.0, 5.0, 300.0, "site setting", "an extension that does not answer another stops ringing")
RECALL_TIME = Timer("recall_time", 60.0, 10.0, 300.0, "ours: as long as an extension rings", "a recall that nobody answers ends the call")

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


State = Attended | Delivering | Talking | Waiting | Ended


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


def placed(phone: str) -> Delivering:
    """A desk phone calls; who is rung for it comes by ``Deliver``."""
    return Delivering(CallParties((Leg(phone, l.Up()),), first=phone))


# ---- events ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Alert:
    """Tell the caller that it rings here; it is not answered yet."""


@dataclass(frozen=True)
class GiveRingback:
    """His exchange leaves ringing tone to us."""


@dataclass(frozen=True)
class Announce:
    """Let the caller hear us before the answer."""


@dataclass(frozen=True)
class Answer:
    """Answer the caller."""


@dataclass(frozen=True)
class Ring:
    """Ring this phone for the caller, and no other."""

    phone: str


@dataclass(frozen=True)
class StopRing:
    """Stop ringing phones; the caller goes on waiting."""


@dataclass(frozen=True)
class Deliver:
    """Ring these phones, all at once, for at most so long; the first that is lifted takes the call."""

    phones: tuple[str, ...]
    ring_timeout_s: float
    kind: RingKind = RingKind.INTERNAL


@dataclass(frozen=True)
class NotRung:
    """A phone cannot be rung, or not any more."""

    phone: str
    release: Release


@dataclass(frozen=True)
class Lift:
    """A phone takes the call that it is rung for; ``lifted``: by that, and not off hook."""

    phone: str
    lifted: bool = True


@dataclass(frozen=True)
class Join:
    """The announcement is over: open the way from phone to caller."""


@dataclass(frozen=True)
class DialledOut:
    """The digits are out on the exchange line."""

    line: str


@dataclass(frozen=True)
class FarProgressed:
    """The exchange says how far it has come; see ``trunk_progressed``."""

    line: str
    alerting: bool
    in_band: bool


@dataclass(frozen=True)
class FarFails:
    """It fails, and the exchange announces why."""

    line: str
    release: Release


@dataclass(frozen=True)
class LineMoved:
    """The exchange chose another channel."""

    line: str
    to: str


@dataclass(frozen=True)
class FarAnswered:
    """The far end answered."""

    line: str
    supervision: str
    connected: str = ""


@dataclass(frozen=True)
class FarReleased:
    """The exchange line says that the far end is gone."""

    line: str
    release: Release


@dataclass(frozen=True)
class LineGaveBack:
    """The attempt on the line has failed; the call is tried on ``next_line``, empty: on no other."""

    line: str
    release: Release
    next_line: str = ""


@dataclass(frozen=True)
class PhoneDown:
    """A phone of this call was put down."""

    phone: str


@dataclass(frozen=True)
class Hold:
    """The phone puts the call aside."""

    phone: str


@dataclass(frozen=True)
class Retrieve:
    """It comes back."""

    phone: str


@dataclass(frozen=True)
class SetApart:
    """The phone's display is being told something, or not any more."""

    phone: str
    apart: bool


@dataclass(frozen=True)
class End:
    """We end the call."""

    release: Release
    by: str


# ---- how rows are made -----------------------------------------------------------------------------------------------

NO_ANSWER = Release(Cause.NO_ANSWER, "no_answer")
Effects = Iterable[object]


def _step(before: State, outcome: Outcome, told: Effects = (), timers: Effects = ()) -> Step[object]:
    """The next state; who hears what first, then what is done at devices, timers and what is told, and the end last."""
    old, new = before.parties, outcome.call
    heard: tuple[object, ...] = (HearAnew(),) if _audible(old) != _audible(new) else ()
    over = (TellEnded(new.release or p.HUNG_UP, new.by),) if new.over and not old.over else ()
    return Step(state_of(new), (*heard, *outcome.effects, *timers, *_timers(old, new), *told, *over))


def _audible(call: CallParties) -> object:
    """All that decides who hears what."""
    waits = p.waiting(call)
    members = tuple((leg.device, leg.deaf, leg.muted, leg.apart) for leg in call.legs if isinstance(leg.state, p.HEARING))
    return members, waits.device if waits else "", p.ringback_for(call)


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
    call = replace(state.parties, legs=tuple(replace(leg, deaf=False) for leg in state.parties.legs))
    return _step(state, Outcome(call))


# ---- rows: phones are rung -------------------------------------------------------------------------------------------


def ring(state: State, event: Ring) -> Step[object]:
    """Ring a phone; the caller hears on what he hears."""
    quiet = p.dropped(state.parties, state.parties.rung)
    return _step(state, quiet.then(_rung(quiet.call, event.phone, RingKind.QUEUE)))


def stop_ring(state: State, _event: StopRing) -> Step[object]:
    """Back to waiting."""
    return _step(state, p.dropped(state.parties, state.parties.rung))


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
    return _step(state, outcome, (TellNotRung(event.phone),) if outcome.call.keeper is Keeper.OWNER else ())


def lift(state: State, event: Lift) -> Step[object]:
    """A phone that rings takes the call. What else rings stops, a caller whom nobody has answered is."""
    call = state.parties
    leg = call.leg(event.phone)
    if leg is None or not isinstance(leg.state, l.Alerting):
        return Step(state, () if leg is not None else (TellTooLate(event.phone, event.lifted),))
    if leg.recalled:
        return _step(state, p.at(call, event.phone, l.Lift()), (TellPhoneBusy(event.phone), TellRetrieved(event.phone)))
    taken = _taken(call, event.phone)
    told = (TellPhoneBusy(event.phone), TellConnected(event.phone))
    if call.keeper is Keeper.OWNER:
        greeted = p.changed(p.kept(taken.call, None), call.kept, deaf=True)
        answered = () if call.offered is None else (TellAnswered("local"),)
        return _step(state, Outcome(greeted, taken.effects), (*answered, *told, TellLifted(event.phone)))
    return _step(state, Outcome(p.kept(taken.call, None), taken.effects), (*(() if call.answered else (TellAnswered("phone"),)), *told))


def _taken(call: CallParties, phone: str) -> Outcome:
    """The phone is up, and it alone of those that were tried for who is there."""
    outcome = p.at(replace(call, answered=True, back_to=""), phone, l.Lift())
    if len(call.up) < 2:
        outcome = outcome.then(p.dropped(outcome.call, tuple(leg for leg in outcome.call.legs if leg.rung)))
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
    outcome = p.at(replace(state.parties, answered=True, back_to=""), event.line, l.FarAnswered())
    phones = [other.device for other in outcome.call.up if not other.is_line]
    return _step(state, outcome, (TellAnswered(event.supervision, event.connected), *map(TellConnected, phones[:1])))


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
    """A line's far end is gone. Of an attempt that never came to a conversation the phone hears by the tone why not."""
    leg = state.parties.leg(event.line)
    if leg is None:
        return Step(state)
    by = p.who_left(state.parties, leg)
    return _settled(state, p.put_down(state.parties, event.line), event.release, by, failed=leg.coming)


def phone_down(state: State, event: PhoneDown) -> Step[object]:
    """Who is left alone is released or hears busy tone. Who has put somebody aside is rung for him."""
    call = state.parties
    leg = call.leg(event.phone)
    if leg is None or leg.recalled:
        return Step(state)
    if leg.rung:
        return _step(state, p.at(call, event.phone, l.Drop()))
    release, by = _why_left(call, leg)
    return _settled(state, p.put_down(call, event.phone), release, by)


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

TABLE = Table(
    "call",
    arrived(""),
    rows={
        **{(Attended, event): row for event, row in ATTENDING.items()},
        **{(state, event): row for state in LIVE for event, row in BY_EVENT.items()},
        **{(state, Deliver): deliver for state in CONVERSING},
        (Talking, Join): join,
        (Waiting, Join): join,
        **{(state, Hold): hold for state in (Talking, Waiting)},
        **{(state, Retrieve): retrieve for state in (Talking, Waiting)},
        **{(state, RING_TIME): ring_time_over for state in CONVERSING},
        **{(state, RECALL_TIME): recall_time_over for state in CONVERSING},
    },
    ignored={
        **{(Ended, event): OVER for event in (*ATTENDING, *BY_EVENT, Deliver, Join, Hold, Retrieve)},
        **{(state, StopRing): TAKEN for state in CONVERSING},
        **{(state, event): "somebody has answered" for state in CONVERSING for event in (Alert, GiveRingback, Announce)},
        (Delivering, Hold): "nobody has answered",
        (Delivering, Retrieve): "nobody is put aside",
    },
    timers=dict.fromkeys(CONVERSING, (RING_TIME, RECALL_TIME)),
)
