"""Calls whose every octet on the D channel is pinned: each way en bloc and overlap, refused, and a restart."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from boards.e1.pri_values import PartyNumber, PriSettings, RedirectingNumber, RedirectionReason, Role, SetupRequest, TypeOfNumber
from boards.e1.q931_words import in_words
from tests.pri_bench import CALLED, CALLING, PriPair, a_call

__all__ = ["TRACES", "renew", "trace", "trace_file"]

FOLDER = Path(__file__).parent / "pri"

OVERLAP = PriSettings(role=Role.USER, overlap_receiving=True)


def _talk(pair: PriPair, *, from_us: bool) -> None:
    """Proceed, ring, answer, hang up: the called side is the other one; the calling side hangs up."""
    caller, called = (pair.user, pair.network) if from_us else (pair.network, pair.user)
    there = called.call()
    for act in (called.channel.proceed, called.channel.progress, called.channel.alert, called.channel.answer):
        act(there)
        pair.settle()
    caller.channel.hang_up(caller.call(), 16)
    pair.settle()
    called.channel.hang_up(there, 16)
    pair.settle()


def _outgoing(pair: PriPair) -> None:
    redirecting = RedirectingNumber("4008001234", TypeOfNumber.NATIONAL, reason=RedirectionReason.NO_REPLY)
    pair.user.channel.set_up(SetupRequest(3, CALLED, CALLING, redirecting))
    pair.settle()
    _talk(pair, from_us=True)


def _incoming(pair: PriPair) -> None:
    pair.network.channel.set_up(a_call(17))
    pair.settle()
    _talk(pair, from_us=False)


def _outgoing_overlap(pair: PriPair) -> None:
    call = pair.user.channel.set_up(a_call(31, called=PartyNumber("0"), complete=False))
    pair.settle()
    pair.network.channel.acknowledge_setup(pair.network.call(), dial_tone=True)
    pair.settle()
    pair.user.channel.more_digits(call, "21")
    pair.settle()
    _talk(pair, from_us=True)


def _incoming_overlap(pair: PriPair) -> None:
    call = pair.network.channel.set_up(a_call(1, called=PartyNumber("8"), complete=False))
    pair.settle()
    pair.user.channel.acknowledge_setup(pair.user.call())
    pair.settle()
    pair.network.channel.more_digits(call, "01")
    pair.settle()
    _talk(pair, from_us=False)


def _refused(pair: PriPair) -> None:
    for cause in (1, 17):
        pair.network.channel.set_up(a_call(2))
        pair.settle()
        pair.user.channel.hang_up(pair.user.call(), cause)
        pair.settle()
        if pair.network.channel.counters().calls_live:
            pair.network.channel.hang_up(pair.network.call(), cause)
            pair.settle()


def _restart(pair: PriPair) -> None:
    pair.user.channel.restart(5)
    pair.settle()


_CALLS: Mapping[str, tuple[PriSettings | None, Callable[[PriPair], None]]] = MappingProxyType(
    {
        "outgoing": (None, _outgoing),
        "incoming": (None, _incoming),
        "outgoing_overlap": (None, _outgoing_overlap),
        "incoming_overlap": (OVERLAP, _incoming_overlap),
        "refused": (None, _refused),
        "restart": (None, _restart),
    }
)
TRACES = tuple(_CALLS)


def trace(name: str) -> str:
    """One of them as lines: side, octets, and below them what they say."""
    settings, act = _CALLS[name]
    pair = PriPair(user=settings)
    pair.settle()
    act(pair)
    lines = []
    for carried in pair.carried:
        said = in_words(carried.octets, from_network=carried.side is Role.NETWORK)
        lines += [f"{carried.side:<7} {carried.octets.hex(' ')}", f"        {said.heading.in_english()}"]
        lines += [f"            {detail.in_english()}" for detail in said.details]
    pair.close()
    return "\n".join(lines) + "\n"


def trace_file(name: str) -> Path:
    """Where the trace of a call lies."""
    return FOLDER / f"{name}.txt"


def renew() -> None:
    """Write every trace anew."""
    FOLDER.mkdir(exist_ok=True)
    for name in TRACES:
        trace_file(name).write_text(trace(name), encoding="utf-8")
