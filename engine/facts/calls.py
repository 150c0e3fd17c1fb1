"""What happened to calls. ``call`` is the call's id; ``line``/``phone`` are port names; numbers are digit strings."""

from __future__ import annotations

from engine.facts.base import Fact, Record, fact, lift

__all__ = [
    "CallAnswered",
    "CallArrived",
    "CallConnected",
    "CallEnded",
    "CallHeld",
    "CallMetered",
    "CallPlaced",
    "CallRerouted",
    "CallRetrieved",
    "CallSilent",
    "CallWaits",
    "KeyPressed",
    "LanguageChosen",
    "PromptEnded",
    "PromptStarted",
]


@fact(version=2)
class CallArrived(Fact):
    """A caller from outside is there. ``calling`` is empty when withheld or not sent; ``doubtful``: it may be wrong, as caller id sent
    by keys in noise.
    """

    call: str
    line: str
    calling: str
    calling_name: str
    called: str
    doubtful: bool = False


@lift("CallArrived", 1)
def _no_doubt(record: Record) -> Record:
    """Doubtful numbers were not known as such before version 2."""
    return {**record, "doubtful": False}


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

    ``supervision``: how we know: ``local`` (we went off hook), ``phone`` (a desk phone was lifted), ``polarity`` (the exchange reversed the
    line), ``signalled`` (it told it by signalling), ``progress`` (ringback stopped and somebody spoke), ``assumed`` (nothing tells: the line is set so, or its longest time was over).
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
class CallRerouted(Fact):
    """An exchange line gave an outgoing call back (``no_dial_tone``; ``collision``: a caller was first; ``lines_busy``), and it is tried on another."""

    call: str
    line: str
    reason: str
    next_line: str


@fact(version=1)
class CallSilent(Fact):
    """Nothing was heard from either side of the call for long. Both hear a warning tone; the line is released soon when they remain silent."""

    call: str
    line: str


@fact(version=1)
class CallMetered(Fact):
    """The exchange sent a metering pulse for a placed call: its ``pulses``-th."""

    call: str
    line: str
    pulses: int


@fact(version=1)
class CallHeld(Fact):
    """The phone has put the other party of the call on hold, who hears music."""

    call: str
    phone: str


@fact(version=1)
class CallRetrieved(Fact):
    """The phone has come back to the party on hold."""

    call: str
    phone: str


@fact(version=1)
class CallWaits(Fact):
    """The call is announced to a phone in conversation, by a soft tone and on its display."""

    call: str
    phone: str


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
