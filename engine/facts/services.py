"""What an extension's user, or somebody who may, has set for it, and calls that are forwarded by that. Each fact carries the whole new value."""

from __future__ import annotations

from engine.facts.base import Fact, fact

__all__ = [
    "CallBackSet",
    "CallForwarded",
    "CallWaitingSet",
    "DoNotDisturbSet",
    "ForwardingSet",
    "HotLineSet",
    "SecretaryFilterSet",
    "SpeedDialSet",
    "WakeUpEnded",
    "WakeUpSet",
]


@fact(version=1)
class ForwardingSet(Fact):
    """Calls to an extension go to ``target`` (``extension:802``, ``group:sales``, ``outside:13800138000``; empty: not any more) ``always``, when
    ``busy``, at ``no_answer`` after ``after_s`` (0: the site's usual time), or when ``unreachable``. ``by``: a phone or a person.
    """

    extension: str
    when: str
    target: str
    after_s: int
    by: str


@fact(version=1)
class DoNotDisturbSet(Fact):
    """No call rings the extension, or calls ring again."""

    extension: str
    on: bool
    by: str


@fact(version=1)
class CallWaitingSet(Fact):
    """A second call is announced during a conversation, or the extension is busy then."""

    extension: str
    on: bool
    by: str


@fact(version=1)
class SpeedDialSet(Fact):
    """The extension calls ``target`` by ``**`` and the digit ``slot``; an empty target: not any more."""

    extension: str
    slot: str
    target: str
    by: str


@fact(version=1)
class HotLineSet(Fact):
    """The extension calls ``target`` by itself when nothing is dialled; empty: not any more."""

    extension: str
    target: str
    by: str


@fact(version=1)
class WakeUpSet(Fact):
    """The extension's phone is to ring at ``time`` (``07:30``, local), which is next at ``due_utc_ms``; empty and 0: not any more."""

    extension: str
    time: str
    due_utc_ms: int
    by: str


@fact(version=1)
class WakeUpEnded(Fact):
    """A wake-up call is over after so many ``tries``: ``answered``, or nobody came to the phone."""

    extension: str
    time: str
    answered: bool
    tries: int


@fact(version=1)
class CallBackSet(Fact):
    """The extension wants to call ``called``, an extension that was busy, when both are free; empty: not any more."""

    extension: str
    called: str
    by: str


@fact(version=1)
class SecretaryFilterSet(Fact):
    """Calls to the extension go to its secretaries, or to itself."""

    extension: str
    on: bool
    by: str


@fact(version=1)
class CallForwarded(Fact):
    """A call to ``extension`` was led on to ``target`` by what is set there: ``always``, ``busy``, ``no_answer``, ``unreachable``, or ``secretary``.

    ``call`` is empty when no call came about.
    """

    call: str
    extension: str
    when: str
    target: str
