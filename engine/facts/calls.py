"""What happened to calls. ``call`` is the call's id; ``line``/``phone`` are port names; numbers are digit strings."""

from __future__ import annotations

from engine.facts.base import Fact, Record, fact, lift

__all__ = [
    "CallAlerting",
    "CallAnswered",
    "CallArrived",
    "CallConnected",
    "CallEnded",
    "CallFails",
    "CallHeld",
    "CallMetered",
    "CallParked",
    "CallPickedUp",
    "CallPlaced",
    "CallRerouted",
    "CallRetrieved",
    "CallSilent",
    "CallTransferred",
    "CallWaits",
    "CallsJoined",
    "KeyPressed",
    "LanguageChosen",
    "PartyMuted",
    "PromptEnded",
    "PromptStarted",
]


@fact(version=3)
class CallArrived(Fact):
    """A caller from outside is there. ``calling`` is empty when withheld or not sent, ``absence`` says which: ``private``, ``unavailable`` or empty;
    ``doubtful``: it may be wrong, as caller id sent by keys in noise.

    ``screening``: who vouches for the number: ``network``, ``user_passed``, ``user_failed``, ``user_not_screened``; empty: the line does not tell.
    ``redirected``: why the call was diverted to here (``busy``, ``no_reply``, ``unconditional``, ``deflection``, ``out_of_order``,
    ``by_called_equipment``, ``unknown``), empty: it was not; ``redirecting``: the number from which it was diverted.
    """

    call: str
    line: str
    calling: str
    calling_name: str
    called: str
    doubtful: bool = False
    absence: str = ""
    screening: str = ""
    redirecting: str = ""
    redirected: str = ""


@lift("CallArrived", 1)
def _no_doubt(record: Record) -> Record:
    """Doubtful numbers were not known as such before version 2."""
    return {**record, "doubtful": False}


@lift("CallArrived", 2)
def _nothing_more_told(record: Record) -> Record:
    """Why a number is missing, who vouches for it and diversions are told from version 3 on."""
    return {**record, "absence": "", "screening": "", "redirecting": "", "redirected": ""}


@fact(version=2)
class CallPlaced(Fact):
    """A desk phone calls: inside (``line`` empty) or out by an exchange line. ``agent`` is empty when none is logged in.

    ``group`` is the trunk group of the line, empty for the one of all trunks; ``wanted_group`` the one that was asked first, when the call overflowed from
    it, else empty.
    """

    call: str
    phone: str
    extension: str
    agent: str
    called: str
    line: str
    group: str = ""
    wanted_group: str = ""


@lift("CallPlaced", 1)
def _no_group(record: Record) -> Record:
    """There were no trunk groups before version 2."""
    return {**record, "group": "", "wanted_group": ""}


@fact(version=1)
class CallAlerting(Fact):
    """The exchange says that the called party of a placed call is rung."""

    call: str


@fact(version=1)
class CallFails(Fact):
    """A placed call fails, and the exchange announces why; the phone hears that. ``CallEnded`` follows. ``cause`` and ``reason`` as there."""

    call: str
    cause: int
    reason: str


@fact(version=2)
class CallAnswered(Fact):
    """The appliance answered an arriving call, or the far end answered a placed one.

    ``supervision``: how we know: ``local`` (we went off hook), ``phone`` (a desk phone was lifted), ``polarity`` (the exchange reversed the
    line), ``signalled`` (it told it by signalling), ``progress`` (ringback stopped and somebody spoke), ``assumed`` (nothing tells: the line is set so, or its longest time was over).
    ``connected``: the number that answered, where the exchange told it.
    """

    call: str
    supervision: str
    connected: str = ""


@lift("CallAnswered", 1)
def _not_told_who(record: Record) -> Record:
    """The number that answered is known from version 2 on."""
    return {**record, "connected": ""}


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


@fact(version=2)
class CallRerouted(Fact):
    """An attempt at an outgoing call failed, and it is tried on another line: ``cause`` is a Q.850 value, ``reason`` says it in a word (``no_dial_tone``;
    ``collision``: a caller was first; ``lines_busy``; ``congested`` …). The groups are those of the lines; when they differ the call overflows.
    Or the exchange chose another channel (``moved``, and no cause: 0): that is the same attempt.
    """

    call: str
    line: str
    reason: str
    next_line: str
    cause: int = 34
    group: str = ""
    next_group: str = ""


@lift("CallRerouted", 1)
def _no_cause(record: Record) -> Record:
    """Before version 2 only a line gave calls back, and there were no groups."""
    return {**record, "cause": 34, "group": "", "next_group": ""}


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
class CallTransferred(Fact):
    """The phone has left its two calls, and the parties of the ``other`` are in this one from now on: ``to`` is the line or phone that came, ``agent``
    who is logged in there; ``answered`` is false while it is still rung or dialled. ``CallEnded`` of the other follows with the reason ``transferred``.
    """

    call: str
    other: str
    phone: str
    to: str
    answered: bool
    agent: str


@fact(version=1)
class CallsJoined(Fact):
    """The phone has made one conversation of its two calls: the parties of the ``other``, ``to`` the first of them, are in this one from now on.
    ``CallEnded`` of the other follows with the reason ``joined``.
    """

    call: str
    other: str
    phone: str
    to: str


@fact(version=1)
class CallParked(Fact):
    """The phone has left the other party of the call in a parking place, where it hears music until a phone fetches it by the ``slot``."""

    call: str
    slot: str
    phone: str


@fact(version=1)
class CallPickedUp(Fact):
    """The phone has taken the call that rang at another one, ``ringing``. ``CallConnected`` follows."""

    call: str
    phone: str
    ringing: str


@fact(version=1)
class PartyMuted(Fact):
    """A party of the call, a line or a phone, is not heard by the others any more, or is heard again."""

    call: str
    party: str
    muted: bool


@fact(version=1)
class CallWaits(Fact):
    """The call is announced to a phone in conversation, by a soft tone and on its display."""

    call: str
    phone: str


@fact(version=1)
class CallEnded(Fact):
    """The call is over, once for each call.

    ``cause`` is a Q.850 value (1…127), one that Q.850 does not define as the exchange gave it; ``reason`` says it in a word (``hung_up``, ``busy_tone``, ``battery_drop``, ``no_answer``,
    ``restart``, …); ``released_by`` is ``caller``, ``called``, ``agent`` or ``system``.
    """

    call: str
    cause: int
    reason: str
    released_by: str
