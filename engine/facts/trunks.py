"""What happened to trunks as things people run: blocked and unblocked lines, D channels that fail, traces of calls.

``lines`` are names of lines or phones from the site, ``trunk`` is the name of an E1 trunk, ``by`` who asked.
"""

from __future__ import annotations

from engine.facts.base import Fact, fact

__all__ = ["DChannelDown", "DChannelUp", "LinesBlocked", "LinesUnblocked", "TraceEnded", "TraceStarted"]


@fact(version=1)
class LinesBlocked(Fact):
    """Somebody keeps lines from new calls until they are unblocked, also over a restart. ``mode``: ``now`` ended their calls, ``after_calls``
    waits for the end of each.
    """

    lines: tuple[str, ...]
    mode: str
    by: str
    why: str


@fact(version=1)
class LinesUnblocked(Fact):
    """Lines that were blocked may carry calls again."""

    lines: tuple[str, ...]
    by: str
    why: str


@fact(version=1)
class DChannelDown(Fact):
    """The D channel of an ISDN trunk works no more: no new call can be made on the trunk."""

    trunk: str


@fact(version=1)
class DChannelUp(Fact):
    """The D channel works, after ``down_ms`` (0: it has come up first)."""

    trunk: str
    down_ms: int


@fact(version=1)
class TraceStarted(Fact):
    """Somebody captures the signalling of a trunk, for ``limit_s`` at most."""

    trunk: str
    limit_s: int
    by: str


@fact(version=1)
class TraceEnded(Fact):
    """The capture is over: ``ended`` by somebody, ``limit`` of time, ``full``, or ``stopping``; ``lost`` messages found no room."""

    trunk: str
    reason: str
    messages: int
    lost: int
