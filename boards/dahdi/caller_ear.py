"""Who calls, as an exchange line hears it: the detectors for the line's kind of caller id, and what their reports add up to.

What makes no sense is told as a fault of the exchange's and is no caller id: the call comes through without a number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from boards.dahdi.callerid import CallerIdError, caller_from_message
from boards.dahdi.callerid_keys import CHINA, KeyCodes, KeyedCallerId, KeyHeard
from boards.dahdi.heard import CallerIdHeard, Heard, Hearing, KeyUp
from engine.kernel.clock import Clock, Timer
from engine.telephony.media import SAMPLE_RATE_HZ
from engine.telephony.numbers import UNKNOWN_CALLER, CallerId

__all__ = ["CallerEar"]

DETECTORS: Mapping[str, Hearing] = MappingProxyType(
    {"fsk": Hearing.CALLER_ID, "etsi": Hearing.CALLER_ID_V23, "dtmf": Hearing.KEYS, "none": Hearing.NONE}
)
"""By the line's setting."""
KEYS_OVER_S = 0.6
"""Keys without a stop key are over after half a second; the pump tells a key's end up to 45 ms late."""
DOUBTFUL_LEAST = 3
"""Fewer digits than that, and not quite as sent, are noise."""


class CallerEar:
    """One per line. ``codes``: the keys around a number sent by keys. ``came`` is told of every caller, ``wrong`` of messages that are none, in a sentence for the journal."""

    def __init__(
        self, kind: str, clock: Clock, came: Callable[[CallerId], None], wrong: Callable[[str], None], codes: KeyCodes = CHINA
    ) -> None:
        self.detectors = DETECTORS[kind]
        self._clock = clock
        self._came = came
        self._wrong = wrong
        self._codes = codes
        self._keys = KeyedCallerId(codes)
        self._waiting: Timer | None = None

    def hear(self, heard: Heard) -> None:
        """What the pump heard while the line listened for caller id; anything else is passed over."""
        match heard:
            case CallerIdHeard(message):
                self._message(message)
            case KeyUp() if self.detectors & Hearing.KEYS:
                self._key(heard)

    def forget(self) -> None:
        """The line listens for something else now: keys that were heard belong to no caller id."""
        self._stop_waiting()
        self._keys = KeyedCallerId(self._codes)

    def _message(self, message: bytes) -> None:
        try:
            caller = caller_from_message(message)
        except CallerIdError as error:
            self._wrong(str(error))
            return
        self._came(caller)

    def _key(self, key: KeyUp) -> None:
        self._stop_waiting()
        end_ms = key.sample * 1000 / SAMPLE_RATE_HZ
        begin_ms = end_ms - key.duration_samples * 1000 / SAMPLE_RATE_HZ
        caller = self._keys.hear(KeyHeard(key.key, begin_ms, end_ms, key.level_dbm0))
        if caller is not None:
            self._tell(caller)
        else:
            self._waiting = self._clock.call_later(KEYS_OVER_S, lambda: self._keys_over(end_ms))

    def _keys_over(self, last_ms: float) -> None:
        self._waiting = None
        caller = self._keys.expire(last_ms + KEYS_OVER_S * 1000)
        if caller is not None:
            self._tell(caller)

    def _tell(self, caller: CallerId) -> None:
        noise = caller.doubtful and len(caller.number) < DOUBTFUL_LEAST
        if caller != UNKNOWN_CALLER and not noise:
            self._came(caller)

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None
