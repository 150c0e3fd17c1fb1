"""A desk phone in its user's hand, between the calls.

    Down ──lift──▶ DialTone ──key──▶ Typing ──complete──▶ Acting ──▶ Speaking ──▶ DialTone
     ▲                 │                │ nonsense                 │ refused
     └──── hang up ────┴────────────────┴──▶ Speaking ──▶ Busy ◀──┘
                       (any state) ──call begins──▶ InCall ──call ends──▶ Busy ──▶ Howling ──▶ Abandoned

    with R in a call:
    InCall ──consult──▶ Consulting ──key──▶ Typing …         InCall ──swapped──▶ Choosing ──1, 2, 3, nothing──▶ InCall

    of a phone with a hot line:
    DialTone ──no key──▶ Acting; at once: Down ──lift──▶ Acting

    of an agent who takes calls off hook:
    Down ──lift──▶ Waiting ──call begins──▶ InCall ──call ends──▶ Released ──▶ Waiting ◀──▶ Typing …

The dial tone ends with the first key. What was typed is read by ``dialling.interpret`` after each key; when nothing follows
for the pause between digits it is carried out as it is. The R key gives dial tone again to who has mistyped. A handset that lies
beside the phone hears busy tone, then the howler, then nothing. PINs stay in this machine: no event, effect or fact shows them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from engine.desk.dialling import Act, CallHotLine, GiveUpHeld, JoinCalls, Plan, interpret
from engine.kernel.fsm import Expired, Start, Step, Table, Timer

__all__ = [
    "CHOICES",
    "TABLE",
    "Abandoned",
    "Acting",
    "Attend",
    "Busy",
    "CallBegan",
    "CallEnded",
    "Carried",
    "Carry",
    "Choosing",
    "Consult",
    "Consulting",
    "DialTone",
    "Down",
    "Flash",
    "Howling",
    "Hung",
    "InCall",
    "Key",
    "LeaveOffHook",
    "Lift",
    "Quiet",
    "Released",
    "SoundBusy",
    "SoundConfirmation",
    "SoundDial",
    "SoundHowler",
    "SoundSpecialDial",
    "Speak",
    "Speaking",
    "Spoken",
    "Swapped",
    "Typing",
    "Waiting",
]

FIRST_DIGIT = Timer("first_digit", 20.0, 3.0, 120.0, "exchange practice: 20 s", "dial tone without a key")
HOT_LINE = Timer("hot_line", 5.0, 0.0, 30.0, "site setting", "dial tone of a phone that calls by itself")
NEXT_DIGIT = Timer("next_digit", 4.0, 1.0, 30.0, "site setting", "pause that completes a number")
BUSY_TONE = Timer("busy_tone", 40.0, 5.0, 600.0, "site setting", "a handset that is not put down")
HOWLER = Timer("howler", 60.0, 0.0, 600.0, "site setting", "the howler for a forgotten handset")
CHOICE = Timer("choice_after_r", 5.0, 2.0, 10.0, "ours: time for a finger from R to 1, 2 or 3", "a later key belongs to the conversation")
RELEASED = Timer("released", 2.1, 0.7, 5.0, "GB/T 3378: three times busy tone", "an agent off hook hears that the caller has gone")

# ---- states ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Down:
    """On hook."""


@dataclass(frozen=True)
class DialTone:
    """Lifted, waiting for the first key."""

    plan: Plan


@dataclass(frozen=True)
class Typing:
    """Keys were typed."""

    plan: Plan
    typed: str

    def __repr__(self) -> str:
        return f"Typing({len(self.typed)} keys)"


@dataclass(frozen=True)
class Acting:
    """What was dialled is being carried out."""

    plan: Plan


@dataclass(frozen=True)
class Speaking:
    """A confirmation or refusal is spoken; ``then_dial``: dial tone follows, else busy tone."""

    plan: Plan
    then_dial: bool


@dataclass(frozen=True)
class Busy:
    """Busy tone: the handset is to be put down."""

    plan: Plan


@dataclass(frozen=True)
class Howling:
    """The howler sounds for a forgotten handset."""


@dataclass(frozen=True)
class Abandoned:
    """Forgotten still; nothing sounds any more."""


@dataclass(frozen=True)
class Waiting:
    """Off hook in silence: the next call comes by a short tone."""

    plan: Plan


@dataclass(frozen=True)
class Released:
    """A call of an agent off hook is over: some busy tone, then waiting again."""

    plan: Plan


@dataclass(frozen=True)
class Consulting:
    """The call was put aside: special dial tone, and silence when no key follows; R comes back."""

    plan: Plan


@dataclass(frozen=True)
class InCall:
    """In a call: keys belong to the call."""


@dataclass(frozen=True)
class Choosing:
    """R has changed between two calls: the next key may say what becomes of them."""


# ---- events ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Lift:
    """The handset went up and no call rang."""

    plan: Plan


@dataclass(frozen=True)
class Consult:
    """The R key has put the call aside."""

    plan: Plan


@dataclass(frozen=True)
class Swapped:
    """The R key has changed between two calls."""


@dataclass(frozen=True)
class Hung:
    """The handset went down."""


@dataclass(frozen=True)
class Key:
    """A key was pressed."""

    key: str

    def __repr__(self) -> str:
        return "Key()"


@dataclass(frozen=True)
class Flash:
    """The R key was pressed, and no call had a use for it."""


@dataclass(frozen=True)
class Carried:
    """The act was done or refused: what to say, and whether dial tone or busy tone follows."""

    prompts: tuple[str, ...]
    then_dial: bool


@dataclass(frozen=True)
class Spoken:
    """The prompts were played to the end. ``waits``: the phone's agent takes calls off hook."""

    waits: bool = False


@dataclass(frozen=True)
class CallBegan:
    """The phone is in a call."""


@dataclass(frozen=True)
class CallEnded:
    """The call is over and the handset still up; the switch sounds busy tone. ``plan`` is the present one."""

    plan: Plan


# ---- effects ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SoundDial:
    """Sound dial tone."""


@dataclass(frozen=True)
class SoundSpecialDial:
    """Sound special dial tone: another call waits."""


@dataclass(frozen=True)
class SoundBusy:
    """Sound busy tone."""


@dataclass(frozen=True)
class SoundConfirmation:
    """Sound the confirmation tone: heard, and understood."""


@dataclass(frozen=True)
class SoundHowler:
    """Sound the howler."""


@dataclass(frozen=True)
class LeaveOffHook:
    """Tell that nobody puts the handset down."""


@dataclass(frozen=True)
class Attend:
    """Calls may come without ringing, or not any more."""

    on: bool


@dataclass(frozen=True)
class Quiet:
    """Stop tone and prompts."""


@dataclass(frozen=True)
class Speak:
    """Play prompts in the phone's language; ``Spoken`` follows."""

    prompts: tuple[str, ...]


@dataclass(frozen=True)
class Carry:
    """Carry out what was dialled; ``Carried`` or ``CallBegan`` follows."""

    act: Act


# ---- rows ------------------------------------------------------------------------------------------------------------

WRONG = ("number_unknown",)


def lift(_state: Down, event: Lift) -> Step[object]:
    """Dial tone; an agent who takes calls off hook is there for them."""
    if event.plan.waits:
        return Step(Waiting(event.plan), (SoundConfirmation(), Attend(True)))
    hot_line_s = event.plan.hot_line_s
    if hot_line_s == 0:
        return Step(Acting(event.plan), (Carry(CallHotLine()),))
    step = _dial_tone(event.plan)
    return step if hot_line_s is None else Step(step.state, (*step.effects, Start(HOT_LINE, hot_line_s)))


def _dial_tone(plan: Plan) -> Step[object]:
    return Step(DialTone(plan), (SoundDial(), Start(FIRST_DIGIT, plan.desk.first_digit_s)))


def _busy(plan: Plan) -> Step[object]:
    return Step(Busy(plan), (SoundBusy(), Start(BUSY_TONE, plan.desk.busy_tone_s)))


def _consult(plan: Plan) -> Step[object]:
    return Step(Consulting(plan), (SoundSpecialDial(), Start(FIRST_DIGIT, plan.desk.first_digit_s)))


def consult(_state: InCall | Choosing, event: Consult) -> Step[object]:
    """Whoever is put aside hears music; a number dialled now is the second call."""
    return _consult(event.plan)


def consulting_in_silence(state: Consulting, _event: Expired) -> Step[object]:
    """Who only wants the other to wait is left in peace."""
    return Step(state, (Quiet(),))


def nobody_waits_any_more(_state: Consulting, event: CallEnded) -> Step[object]:
    """The party put aside has gone."""
    step = _busy(event.plan)
    return Step(step.state, (Quiet(), *step.effects))


def plan_changed(state: Typing | Acting | Speaking | Busy, event: CallEnded) -> Step[object]:
    """The party put aside has gone in the middle of something else."""
    return Step(replace(state, plan=event.plan))


def swapped(_state: InCall | Choosing, _event: Swapped) -> Step[object]:
    """1: give up the one just left; 3: all together."""
    return Step(Choosing(), (Start(CHOICE),))


def chosen(_state: Choosing, event: Key) -> Step[object]:
    """2 is what R has done already; other keys are the conversation's."""
    act = CHOICES.get(event.key)
    return Step(InCall(), () if act is None else (Carry(act),))


def not_chosen(_state: Choosing, _event: Expired) -> Step[object]:
    """On with both."""
    return Step(InCall())


def flash(state: DialTone | Typing | Speaking | Busy, _event: Flash) -> Step[object]:
    """Begin anew."""
    step = _dial_tone(state.plan)
    return Step(step.state, (Quiet(), *step.effects))


def key_while_waiting(state: Waiting, event: Key) -> Step[object]:
    """A code, or a call of one's own."""
    step = _typed(state.plan, event.key)
    return Step(step.state, (Attend(False), Quiet(), *step.effects))


def first_key(state: DialTone | Consulting, event: Key) -> Step[object]:
    """The tone ends with the first key."""
    step = _typed(state.plan, event.key)
    return Step(step.state, (Quiet(), *step.effects))


def next_key(state: Typing, event: Key) -> Step[object]:
    """One more."""
    return _typed(state.plan, state.typed + event.key)


def key_while_speaking(state: Speaking, event: Key) -> Step[object]:
    """Dialling on without waiting for the end of a confirmation."""
    if not state.then_dial:
        return Step(state)
    step = _typed(state.plan, event.key)
    return Step(step.state, (Quiet(), *step.effects))


def _typed(plan: Plan, typed: str) -> Step[object]:
    reading = interpret(typed, plan)
    if reading.hopeless:
        return Step(Speaking(plan, then_dial=False), (Speak(WRONG),))
    if reading.now and reading.act is not None:
        return Step(Acting(plan), (Carry(reading.act),))
    return Step(Typing(plan, typed), (Start(NEXT_DIGIT, plan.desk.next_digit_s),))


def typing_over(state: Typing, _event: Expired) -> Step[object]:
    """Nothing followed: take it as it is."""
    act = interpret(state.typed, state.plan).act
    if act is None:
        return Step(Speaking(state.plan, then_dial=False), (Speak(WRONG),))
    return Step(Acting(state.plan), (Carry(act),))


def nothing_typed(state: DialTone, _event: Expired) -> Step[object]:
    """Lifted and forgotten."""
    step = _busy(state.plan)
    return Step(step.state, (Quiet(), *step.effects))


def hot_line_due(state: DialTone, _event: Expired) -> Step[object]:
    """No key: it calls by itself."""
    return Step(Acting(state.plan), (Quiet(), Carry(CallHotLine())))


def busy_in_vain(state: Busy, _event: Expired) -> Step[object]:
    """The howler, when the site has one; not for who has somebody on hold."""
    if state.plan.holding:
        return Step(Consulting(state.plan), (Quiet(),))
    howler_s = state.plan.desk.howler_s
    if howler_s <= 0:
        return Step(Abandoned(), (Quiet(), LeaveOffHook()))
    return Step(Howling(), (SoundHowler(), LeaveOffHook(), Start(HOWLER, howler_s)))


def howled_in_vain(_state: Howling, _event: Expired) -> Step[object]:
    """Nobody is there."""
    return Step(Abandoned(), (Quiet(),))


def carried(state: Acting, event: Carried) -> Step[object]:
    """Say how it went."""
    return Step(Speaking(state.plan, event.then_dial), (Speak(event.prompts),))


def spoken(state: Speaking, event: Spoken) -> Step[object]:
    """On with dialling, or an end; silence for who takes calls off hook."""
    if state.plan.holding:
        return _consult(state.plan)
    if event.waits:
        return Step(Waiting(state.plan), (Attend(True),))
    return _dial_tone(state.plan) if state.then_dial else _busy(state.plan)


def hang_up(_state: object, _event: Hung) -> Step[object]:
    """Down; what sounded stops."""
    return Step(Down(), (Quiet(),))


def call_began(_state: object, _event: CallBegan) -> Step[object]:
    """The phone is somebody else's business now."""
    return Step(InCall())


def call_came(_state: Waiting, _event: CallBegan) -> Step[object]:
    """The short tone was heard, and the caller is there."""
    return Step(InCall(), (Attend(False),))


def call_came_back(_state: DialTone | Consulting | Typing | Speaking | Busy, _event: CallBegan) -> Step[object]:
    """With R, to the call on hold, in the middle of dialling."""
    return Step(InCall(), (Quiet(),))


def call_ended(_state: InCall | Choosing, event: CallEnded) -> Step[object]:
    """The handset is still up."""
    if event.plan.waits and not event.plan.holding:
        return Step(Released(event.plan), (Start(RELEASED),))
    return Step(Busy(event.plan), (Start(BUSY_TONE, event.plan.desk.busy_tone_s),))


def released(state: Released, _event: Expired) -> Step[object]:
    """There for the next call."""
    return Step(Waiting(state.plan), (Quiet(), Attend(True)))


def key_after_call(state: Released, event: Key) -> Step[object]:
    """A code right after the call."""
    step = _typed(state.plan, event.key)
    return Step(step.state, (Quiet(), *step.effects))


# ---- table -----------------------------------------------------------------------------------------------------------

NO_USE = "keys have no use here"
LATE = "it crossed a hang-up or a call"
CHOICES: dict[str, Act] = {"1": GiveUpHeld(), "3": JoinCalls()}
UP = (DialTone, Consulting, Typing, Acting, Speaking, Busy, Howling, Abandoned, Waiting, Released, InCall, Choosing)
BETWEEN = (DialTone, Typing, Speaking, Busy)
FORGOTTEN = (Howling, Abandoned)
TABLE = Table(
    "desk phone's keys",
    Down(),
    rows={
        (Down, Lift): lift,
        (DialTone, Key): first_key,
        (Consulting, Key): first_key,
        (Consulting, FIRST_DIGIT): consulting_in_silence,
        (Consulting, CallEnded): nobody_waits_any_more,
        (InCall, Consult): consult,
        (Choosing, Consult): consult,
        (InCall, Swapped): swapped,
        (Choosing, Swapped): swapped,
        (Choosing, Key): chosen,
        (Choosing, CHOICE): not_chosen,
        (Choosing, CallEnded): call_ended,
        **{(state, CallEnded): plan_changed for state in (Typing, Acting, Speaking, Busy)},
        (DialTone, FIRST_DIGIT): nothing_typed,
        (DialTone, HOT_LINE): hot_line_due,
        (Typing, Key): next_key,
        (Typing, NEXT_DIGIT): typing_over,
        (Speaking, Key): key_while_speaking,
        (Acting, Carried): carried,
        (Speaking, Spoken): spoken,
        **{(state, Hung): hang_up for state in UP},
        **{(state, Flash): flash for state in BETWEEN},
        (Busy, BUSY_TONE): busy_in_vain,
        (Howling, HOWLER): howled_in_vain,
        (Waiting, Key): key_while_waiting,
        (Waiting, CallBegan): call_came,
        (Released, Key): key_after_call,
        (Released, RELEASED): released,
        **{(state, CallBegan): call_began for state in (Down, Acting, *FORGOTTEN, Released)},
        **{(state, CallBegan): call_came_back for state in (DialTone, Consulting, Typing, Speaking, Busy)},
        (InCall, CallEnded): call_ended,
    },
    ignored={
        **{(state, Key): NO_USE for state in (Down, Acting, Busy, *FORGOTTEN, InCall)},
        **{(state, Flash): NO_USE for state in (Down, Consulting, Acting, *FORGOTTEN, Waiting, Released, InCall, Choosing)},
        **{
            (state, Carried): LATE
            for state in (Down, DialTone, Consulting, Typing, Speaking, Busy, *FORGOTTEN, Waiting, Released, InCall, Choosing)
        },
        **{
            (state, Spoken): LATE
            for state in (Down, DialTone, Consulting, Typing, Acting, Busy, *FORGOTTEN, Waiting, Released, InCall, Choosing)
        },
        (Down, Hung): "an answered call was put down, or the handset was down already",
        (Down, CallEnded): "the handset was put down first",
        **{(state, CallBegan): "a second call beside the first" for state in (InCall, Choosing)},
        **{(state, CallEnded): "said already, or the second of two calls" for state in (DialTone, *FORGOTTEN, Waiting, Released)},
    },
    timers={
        DialTone: (FIRST_DIGIT, HOT_LINE),
        Consulting: (FIRST_DIGIT,),
        Choosing: (CHOICE,),
        Typing: (NEXT_DIGIT,),
        Busy: (BUSY_TONE,),
        Howling: (HOWLER,),
        Released: (RELEASED,),
    },
)
