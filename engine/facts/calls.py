"""What happened to calls. ``call`` is the call's id; ``line``/``phone`` are port names; numbers are digit strings."""

from __future__ import annotations

from engine.facts.base import Fact, fact

__all__ = [
    "CallAnswered",
    "CallArrived",
    "CallConnected",
    "CallEnded",
    "CallPlaced",
    "KeyPressed",
    "LanguageChosen",
    "PromptEnded",
    "PromptStarted",
]


@fact(version=1)
class CallArrived(Fact):
    """A caller from outside is there. ``calling`` is empty when withheld or not sent."""

    call: str
    line: str
    calling: str
    calling_name: str
    called: str


@fact(version=1)
class CallPlaced(Fact):
    """A desk phone calls: inside (``line`` empty) or out by an exchange line. ``agent`` is empty when none is logged in."""

    call: str
    phone: str
    extension: str
    agent: str
    called: str
    line: str


@fact(version=1)
class CallAnswered(Fact):
    """The appliance answered an arriving call, or the far end answered a placed one.

    ``supervision``: how we know: ``local`` (we went off hook), ``phone`` (a desk phone was lifted), ``polarity``,
    ``assumed`` (the line gives no answer signal, so the call counts as answered when dialling has ended).
    """

    call: str
    supervision: str


@fact(version=1)
class LanguageChosen(Fact):
    """The caller is spoken to in this language from now on (``zh`` or ``en``)."""

    call: str
    language: str


@fact(version=1)
class PromptStarted(Fact):
    """A prompt, or several in a row, began to play to the caller."""

    call: str
    prompts: tuple[str, ...]
    language: str


@fact(version=1)
class PromptEnded(Fact):
    """The prompts ended after ``played_ms``, in full or interrupted by a key or the end of the call."""

    call: str
    played_ms: int
    interrupted: bool


@fact(version=1)
class KeyPressed(Fact):
    """The caller pressed a key, heard as DTMF. Keys typed as a secret never appear here."""

    call: str
    key: str


@fact(version=1)
class CallConnected(Fact):
    """Two parties hear each other. ``agent`` is empty when nobody is logged in at the phone."""

    call: str
    phone: str
    extension: str
    agent: str


@fact(version=1)
class CallEnded(Fact):
    """The call is over, once for each call.

    ``cause`` is a Q.850 value; ``reason`` says it in a word (``hung_up``, ``busy_tone``, ``battery_drop``, ``no_answer``,
    ``restart``, …); ``released_by`` is ``caller``, ``called``, ``agent`` or ``system``.
    """

    call: str
    cause: int
    reason: str
    released_by: str
