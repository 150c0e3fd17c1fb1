"""Caller id sent as DTMF keys: which keys begin and end it, and how far what was heard can be trusted.

    D 13800138000 C        China, most exchanges: start code, digits, stop code
    A 13800138000 C        EN 300 659-3 annex B; D then begins the number that passed the call on
    B 10 C                 no number, and why: 00 unavailable, 10 withheld

Keys have no checksum. What a receiver loses, adds or splits in noise shows in the rhythm, which a machine keeps exactly: a number
whose keys do not come evenly, at one level, between start and stop code is marked doubtful.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from engine.telephony.numbers import UNKNOWN_CALLER, CallerId

__all__ = ["CHINA", "ETSI", "KEYS_MOST", "KeyCodes", "KeyHeard", "KeyedCallerId", "caller_from_keys", "keys_for_caller"]

DIGITS = "0123456789"
NUMBER_LEAST, NUMBER_MOST = 3, 20
KEYS_MOST = 48
"""Two numbers with their codes. What is longer is no caller id; it is counted and forgotten."""
END_MS = 500.0
"""Silence for so long ends a number without a stop code: several times the pause between keys."""
PERIOD_SLACK = 0.3
LENGTH_SLACK = 0.4
LEVEL_SLACK_DB = 5.0
INFORMATION = {"10": "private", "1": "private"}
"""Anything else is ``unavailable``."""
INFORMATION_CODES = {"private": "10", "unavailable": "00"}


@dataclass(frozen=True)
class KeyCodes:
    """The keys with which an exchange begins and ends what it says. Each of ``number``, ``information`` and ``redirecting`` is a set of start
    keys, ``stop`` the set of keys that end; the first key of the set is the one that we send.
    """

    number: str = "DA"
    information: str = "B"
    redirecting: str = ""
    stop: str = "C#"

    @property
    def starts(self) -> str:
        """Every key that begins something."""
        return self.number + self.information + self.redirecting


CHINA = KeyCodes()
ETSI = KeyCodes(number="A", redirecting="D", stop="C")


@dataclass(frozen=True)
class KeyHeard:
    """A key that is over: when it began and ended (ms, any zero), and its level when the receiver measures it."""

    key: str
    begin_ms: float
    end_ms: float
    level_dbm0: float | None = None


def keys_for_caller(caller: CallerId, codes: KeyCodes = CHINA) -> str:
    """The keys that tell this caller: 1…20 digits, or the code for why there are none. Keys that are no digits are left out."""
    digits = "".join(key for key in caller.number if key in DIGITS)[:NUMBER_MOST]
    if digits:
        return codes.number[0] + digits + codes.stop[0]
    return codes.information[0] + INFORMATION_CODES.get(caller.absence, "00") + codes.stop[0]


def caller_from_keys(keys: Sequence[KeyHeard], codes: KeyCodes = CHINA) -> CallerId:
    """Who these keys say calls. Without any digits or code the caller is unknown; whatever is not quite as sent is doubtful."""
    if not keys:
        return UNKNOWN_CALLER
    number, begun, ended = _digits_told(keys, codes)
    kind = begun or codes.number[0]
    if kind in codes.information:
        return CallerId(absence=INFORMATION.get(number, "unavailable"))
    if not number:
        return CallerId(absence="unavailable") if begun and ended else UNKNOWN_CALLER
    whole = bool(begun) and ended and NUMBER_LEAST <= len(number) <= NUMBER_MOST and set(number) <= set(DIGITS)
    digits = "".join(key for key in number if key in DIGITS)[:NUMBER_MOST]
    return CallerId(number=digits, doubtful=not (whole and _even(keys))) if digits else UNKNOWN_CALLER


def _digits_told(keys: Sequence[KeyHeard], codes: KeyCodes) -> tuple[str, str, bool]:
    """What is between start and stop code, the start code (empty when it was not heard), and whether the stop code was heard."""
    begun = keys[0].key if keys[0].key in codes.starts else ""
    told = "".join(key.key for key in keys[1 if begun else 0 :])
    ended = bool(told) and told[-1] in codes.stop
    return (told[:-1] if ended else told), begun, ended


def _even(keys: Sequence[KeyHeard]) -> bool:
    """True when the keys came as a machine sends them: evenly, equally long, equally loud."""
    periods = [after.begin_ms - before.begin_ms for before, after in pairwise(keys)]
    lengths = [key.end_ms - key.begin_ms for key in keys]
    levels = [key.level_dbm0 for key in keys if key.level_dbm0 is not None]
    return (
        _within(periods, PERIOD_SLACK)
        and _within(lengths, LENGTH_SLACK)
        and all(abs(level - median(levels)) <= LEVEL_SLACK_DB for level in levels)
    )


def _within(values: Sequence[float], slack: float) -> bool:
    middle = median(values)
    return all(abs(value - middle) <= slack * middle for value in values)


class KeyedCallerId:
    """Collects the keys of one caller id as they are heard on an idle or ringing line.

    ``hear`` gives the caller when the stop code came, ``expire`` when the keys have ended without one. ``forgotten`` counts keys beyond the 48
    that a caller id can have.
    """

    def __init__(self, codes: KeyCodes = CHINA) -> None:
        self.forgotten = 0
        self._codes = codes
        self._keys: list[KeyHeard] = []
        self._quiet_since_ms = 0.0

    def hear(self, key: KeyHeard) -> CallerId | None:
        """One more key that is over. None as long as more is to come."""
        codes = self._codes
        quiet_since_ms, self._quiet_since_ms = self._quiet_since_ms, key.end_ms
        if self._keys and key.begin_ms - quiet_since_ms >= END_MS:
            self._keys.clear()  # it begins anew: what came before was cut off, or noise
        if len(self._keys) >= KEYS_MOST:
            self.forgotten += 1
            return None
        self._keys.append(key)
        if key.key not in codes.stop or len(self._keys) == 1:
            return None
        if self._keys[0].key in codes.redirecting:
            self._keys.clear()  # who passed the call on; the caller follows or has been told
            return None
        return self._take()

    def expire(self, now_ms: float) -> CallerId | None:
        """What was heard, when no key came for half a second; doubtful, since its end was not heard."""
        if not self._keys or now_ms - self._quiet_since_ms < END_MS:
            return None
        return self._take()

    def _take(self) -> CallerId:
        caller = caller_from_keys(self._keys, self._codes)
        self._keys.clear()
        return caller
