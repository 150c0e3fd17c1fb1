"""PINs: right or wrong, and the lock after too many wrong ones in a row."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import sha256

__all__ = ["PinGuard", "PinState", "Verdict", "made_pin"]

MADE_PIN_DIGITS = 6


class Verdict(StrEnum):
    """What a try was worth."""

    RIGHT = "right"
    WRONG = "wrong_pin"
    NOW_LOCKED = "now_locked"
    LOCKED = "locked"
    UNKNOWN = "unknown_agent"


@dataclass(frozen=True)
class PinState:
    """Wrong tries in a row, and until when the agent is locked (UTC ms; 0: not)."""

    wrong: int = 0
    locked_until_utc_ms: int = 0


class PinGuard:
    """Judges PINs for all agents of a site."""

    def __init__(self, pins: Mapping[str, str], tries: int, lock_ms: int) -> None:
        self._pins = dict(pins)
        self._tries = tries
        self._lock_ms = lock_ms
        self._states: dict[str, PinState] = {}

    def apply(self, pins: Mapping[str, str], tries: int, lock_ms: int) -> None:
        """Take another version of the site. Who is locked stays locked until the time that was said; who is gone is forgotten."""
        self._pins = dict(pins)
        self._tries = tries
        self._lock_ms = lock_ms
        self._states = {agent: state for agent, state in self._states.items() if agent in self._pins}

    def lock(self, agent: str, until_utc_ms: int) -> None:
        """Lock an agent, as the journal says after a restart."""
        self._states[agent] = PinState(0, until_utc_ms)

    def locked_until(self, agent: str) -> int:
        """UTC ms until which the agent is locked; 0: not."""
        return self._states.get(agent, PinState()).locked_until_utc_ms

    def judge(self, agent: str, pin: str, now_utc_ms: int) -> Verdict:
        """One try. The comparison takes the same time wherever the first difference is."""
        if agent not in self._pins:
            return Verdict.UNKNOWN
        state = self._states.get(agent, PinState())
        if now_utc_ms < state.locked_until_utc_ms:
            return Verdict.LOCKED
        if hmac.compare_digest(self._pins[agent].encode(), pin.encode()):
            self._states[agent] = PinState()
            return Verdict.RIGHT
        state = replace(state, wrong=state.wrong + 1, locked_until_utc_ms=0)
        if state.wrong >= self._tries:
            self._states[agent] = PinState(0, now_utc_ms + self._lock_ms)
            return Verdict.NOW_LOCKED
        self._states[agent] = state
        return Verdict.WRONG


def made_pin(token: str) -> str:
    """A PIN of six digits, as hard to guess as ``token`` allows (at least 128 bits of chance leave every PIN equally likely)."""
    return f"{int(sha256(token.encode()).hexdigest(), 16) % 10**MADE_PIN_DIGITS:0{MADE_PIN_DIGITS}d}"
