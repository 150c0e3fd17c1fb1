"""The codes by which agents look after their own work: notes of calls, longer wrap-up, own figures, signing in to queues and out of them. Pure, but for
``carry``, which asks ``engine.control``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.control.agent_work import AgentWork, TodayFigures
from engine.ivr.speech import CARDINAL_MAX, cardinal
from engine.people.actors import Actor
from engine.settings.site import DeskSection

__all__ = [
    "AgentAct",
    "AgentNumbers",
    "ExtendWrapUp",
    "NoteCall",
    "SignIn",
    "SignOut",
    "TellFigures",
    "carry",
    "code_starts",
    "interpret_code",
]


@dataclass(frozen=True)
class NoteCall:
    """What the present or last call was about."""

    code: str


@dataclass(frozen=True)
class ExtendWrapUp:
    """More time for paperwork."""


@dataclass(frozen=True)
class TellFigures:
    """Say the own figures of today."""


@dataclass(frozen=True)
class SignIn:
    """Take the calls of the queue with this number again."""

    number: str


@dataclass(frozen=True)
class SignOut:
    """Take them no more."""

    number: str


AgentAct = NoteCall | ExtendWrapUp | TellFigures | SignIn | SignOut


@dataclass(frozen=True)
class AgentNumbers:
    """What may follow the codes: digits of notes, numbers of queues."""

    notes: frozenset[str] = frozenset()
    queues: frozenset[str] = frozenset()


def code_starts(desk: DeskSection) -> tuple[str, ...]:
    """The codes themselves."""
    return (desk.wrap_up_code, desk.extend_wrap_up_code, desk.figures_code, desk.sign_in_code, desk.sign_out_code)


def interpret_code(typed: str, desk: DeskSection, numbers: AgentNumbers) -> tuple[AgentAct | None, bool]:
    """What was typed after dial tone, when it begins with one of these codes: the act, and whether it makes sense so far (no act yet: more is
    to come). ``(None, False)`` for anything else.
    """
    alone = typed.removesuffix("#")
    if alone == desk.extend_wrap_up_code:
        return ExtendWrapUp(), True
    if alone == desk.figures_code:
        return TellFigures(), True
    followed: Mapping[str, tuple[type[NoteCall | SignIn | SignOut], frozenset[str]]] = {
        desk.wrap_up_code: (NoteCall, numbers.notes),
        desk.sign_in_code: (SignIn, numbers.queues),
        desk.sign_out_code: (SignOut, numbers.queues),
    }
    for code, (act, known) in followed.items():
        if alone.startswith(code):
            digits = alone.removeprefix(code)
            longer = not digits or any(number.startswith(digits) for number in known - {digits})
            # Digits that lead nowhere are carried out as well: the refusal says what they are not.
            return (None, True) if longer and not typed.endswith("#") else (act(digits), True)
    return None, False


def carry(work: AgentWork, person: Actor, phone: str, act: AgentAct, language: str) -> tuple[str, ...]:
    """Have it done; what to say then. ActRefused as the commands."""
    match act:
        case NoteCall(code):
            work.note_call(person, phone, code)
            return ("call_noted",)
        case ExtendWrapUp():
            work.extend_wrap_up(person, phone)
            return ("wrap_up_longer",)
        case SignIn(number):
            work.sign_at(person, phone, number, out=False)
            return ("signed_in",)
        case SignOut(number):
            work.sign_at(person, phone, number, out=True)
            return ("signed_out",)
        case TellFigures():
            return figures_spoken(work.today_at(person, phone), language)


def figures_spoken(today: TodayFigures, language: str) -> tuple[str, ...]:
    """Calls answered, calls missed, minutes talked; more than can be said is said as the most."""
    said: list[str] = []
    for before, number, after in (
        ("answered_before", today.answered, "answered_after"),
        ("missed_before", today.missed, "missed_after"),
        ("talked_before", today.talked_s // 60, "talked_after"),
    ):
        said += [before, *cardinal(min(number, CARDINAL_MAX), language), after]
    return tuple(said)
