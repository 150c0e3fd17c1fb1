"""ABCD bits and what they mean: the driver's signalling on spans that carry bits. Tables, nothing else.

An FXO-signalled end (an exchange) sends B as long as it does not ring and A when it takes the battery away; an FXS-signalled end (a
terminal) sends A when it is off hook.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from boards.dahdi.abi import ANALOG_STATION, ANALOG_TRUNK, ReceivedHook, SentHook, Sig

__all__ = ["A", "B", "C", "D", "crowded", "hook_of", "idle_received", "is_off_hook", "sent_bits"]

A, B, C, D = 8, 4, 2, 1
AB, AC, BD, ABCD = A | B, A | C, B | D, A | B | C | D

Sent = tuple[int, int, int, int]
"""Bits for on hook, off hook, start (or ringing), battery removal."""

SENT: Mapping[int, Sent] = MappingProxyType(
    {
        Sig.NONE: (A | C | D, 0, 0, 0),
        Sig.EM: (0, ABCD, ABCD, 0),
        Sig.FXSLS: (BD, ABCD, ABCD, 0),
        Sig.FXSGS: (BD, ABCD, AC, 0),
        Sig.FXSKS: (BD, ABCD, ABCD, 0),
        Sig.FXOLS: (BD, BD, 0, 0),
        Sig.FXOGS: (ABCD, BD, 0, 0),
        Sig.FXOKS: (BD, BD, 0, ABCD),
        Sig.SF: (B | C | D, ABCD, ABCD, B | C | D),
        Sig.EM_E1: (D, A | B | D, A | B | D, D),
    }
)
IDLE: Mapping[int, tuple[int, int]] = MappingProxyType(
    {
        Sig.NONE: (0, 0),
        Sig.EM: (0, A),
        Sig.FXSLS: (B, B),
        Sig.FXSGS: (AB, AB),
        Sig.FXSKS: (B, AB),
        Sig.FXOLS: (0, A),
        Sig.FXOGS: (B, AB),
        Sig.FXOKS: (0, A),
        Sig.SF: (0, 0),
        Sig.EM_E1: (D, A | D),
    }
)
"""What an idle far end sends, and which bits count."""
UNKNOWN = 0xFF
"""What a channel without bits is taken to have received."""


def sent_bits(sig: int, hook: SentHook) -> int | None:
    """What a channel of this signalling sends in a hook state; None when it sends no bits of its own."""
    row = SENT.get(sig)
    return None if row is None else row[hook]


def idle_received(sig: int, idle_bits: int) -> int:
    """What a freshly configured channel is taken to have received."""
    if sig == Sig.CAS:
        return idle_bits & 0xFF
    return IDLE.get(sig, (UNKNOWN, 0))[0]


def is_off_hook(sig: int, received: int, hook: ReceivedHook, idle_bits: int) -> bool:
    """``Params.rxisoffhook``. With CAS the driver compares nothing with the idle bits, so only idle bits 0 are on hook."""
    if sig == Sig.CAS:
        return idle_bits & 0xFF != 0
    row = IDLE.get(sig)
    if row is None:
        return hook not in (ReceivedHook.ONHOOK, ReceivedHook.INITIAL)
    value, counts = row
    return received & counts != value


def hook_of(sig: int, received: int, before: int) -> ReceivedHook | None:
    """What received bits say of the far end's hook; None: nothing."""
    if sig == Sig.EM:
        changed = (received ^ before) & A
        return None if not changed else ReceivedHook.OFFHOOK if received & A else ReceivedHook.ONHOOK
    if sig == Sig.FXOGS and not received & B:
        return ReceivedHook.START
    if sig == Sig.EM_E1 or sig & ANALOG_STATION:
        return ReceivedHook.OFFHOOK if received & A else ReceivedHook.ONHOOK
    if sig & ANALOG_TRUNK:
        if not received & B:
            return ReceivedHook.RING
        return ReceivedHook.ONHOOK if sig != Sig.FXSLS and received & A else ReceivedHook.OFFHOOK
    return None


def crowded(bits: Sequence[int]) -> list[int]:
    """What a dynamic span's channels read: each with its neighbour's bits above, but for every fourth. A fault of driver 2.11.1 and later."""
    above = [*bits[1:], 0]
    return [own & 0xF | (0 if place % 4 == 3 else (above[place] & 0xF) << 4) for place, own in enumerate(bits)]
