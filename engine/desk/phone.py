"""A desk phone in its user's hand, between the calls.

    Down ──lift──▶ DialTone ──key──▶ Typing ──complete──▶ Acting ──▶ Speaking ──▶ DialTone
     ▲                 │                │ nonsense                 │ refused
     └──── hang up ────┴────────────────┴──▶ Speaking ──▶ Busy ◀──┘
                       (any state) ──call begins──▶ InCall ──call ends──▶ Busy

The dial tone ends with the first key. What was typed is read by ``dialling.interpret`` after each key; when nothing follows
for the pause between digits it is carried out as it is. PINs stay in this machine: no event, effect or fact shows them.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.desk.dialling import Act, Plan, interpret
from engine.kernel.fsm import Expired, Start, Step, Table, Timer

__all__ = [
    "TABLE",
    "Acting",
    "Busy",
    "CallBegan",
    "CallEnded",
    "Carried",
    "Carry",
    "DialTone",
    "Down",
    "Hung",
    "InCall",
    "Key",
    "Lift",
    "Quiet",
    "SoundBusy",
    "SoundDial",
    "Speak",
    "Speaking",
    "Spoken",
    "Typing",
]

FIRST_DIGIT = Timer("first_digit", 20.0, 3.0, 120.0, "exchange practice: 20 s", "dial tone without a key")
NEXT_DIGIT = Timer("next_digit", 4.0, 1.0, 30.0, "site setting", "pause that completes a number")

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
    """Busy tone until the handset is put down."""


@dataclass(frozen=True)
class InCall:
    """In a call: keys belong to the call."""


# ---- events ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Lift:
    """The handset went up and no call rang."""

    plan: Plan


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
class Carried:
    """The act was done or refused: what to say, and whether dial tone or busy tone follows."""

    prompts: tuple[str, ...]
    then_dial: bool


@dataclass(frozen=True)
class Spoken:
    """The prompts were played to the end."""


@dataclass(frozen=True)
class CallBegan:
    """The phone is in a call."""


@dataclass(frozen=True)
class CallEnded:
    """The call is over and the handset still up; the switch sounds busy tone."""


# ---- effects ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SoundDial:
    """Sound dial tone."""


@dataclass(frozen=True)
class SoundBusy:
    """Sound busy tone."""


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
    """Dial tone."""
    return Step(DialTone(event.plan), (SoundDial(), Start(FIRST_DIGIT, event.plan.desk.first_digit_s)))


def first_key(state: DialTone, event: Key) -> Step[object]:
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


def nothing_typed(_state: DialTone, _event: Expired) -> Step[object]:
    """Lifted and forgotten."""
    return Step(Busy(), (Quiet(), SoundBusy()))


def carried(state: Acting, event: Carried) -> Step[object]:
    """Say how it went."""
    return Step(Speaking(state.plan, event.then_dial), (Speak(event.prompts),))


def spoken(state: Speaking, _event: Spoken) -> Step[object]:
    """On with dialling, or an end."""
    if state.then_dial:
        return Step(DialTone(state.plan), (SoundDial(), Start(FIRST_DIGIT, state.plan.desk.first_digit_s)))
    return Step(Busy(), (SoundBusy(),))


def hang_up(_state: object, _event: Hung) -> Step[object]:
    """Down; what sounded stops."""
    return Step(Down(), (Quiet(),))


def call_began(_state: object, _event: CallBegan) -> Step[object]:
    """The phone is somebody else's business now."""
    return Step(InCall())


def call_ended(_state: InCall, _event: CallEnded) -> Step[object]:
    """The handset is still up."""
    return Step(Busy())


# ---- table -----------------------------------------------------------------------------------------------------------

NO_USE = "keys have no use here"
LATE = "it crossed a hang-up or a call"
UP = (DialTone, Typing, Acting, Speaking, Busy, InCall)
TABLE = Table(
    "desk phone's keys",
    Down(),
    rows={
        (Down, Lift): lift,
        (DialTone, Key): first_key,
        (DialTone, FIRST_DIGIT): nothing_typed,
        (Typing, Key): next_key,
        (Typing, NEXT_DIGIT): typing_over,
        (Speaking, Key): key_while_speaking,
        (Acting, Carried): carried,
        (Speaking, Spoken): spoken,
        **{(state, Hung): hang_up for state in UP},
        **{(state, CallBegan): call_began for state in (Down, Acting)},
        (InCall, CallEnded): call_ended,
    },
    ignored={
        **{(state, Key): NO_USE for state in (Down, Acting, Busy, InCall)},
        **{(state, Carried): LATE for state in (Down, DialTone, Typing, Speaking, Busy, InCall)},
        **{(state, Spoken): LATE for state in (Down, DialTone, Typing, Acting, Busy, InCall)},
        (Down, Hung): "an answered call was put down, or the handset was down already",
        (Down, CallEnded): "the handset was put down first",
        (Busy, CallEnded): "said already",
    },
    timers={DialTone: (FIRST_DIGIT,), Typing: (NEXT_DIGIT,)},
)
