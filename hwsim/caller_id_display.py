"""The display of a telephone: what it understands of what comes over its pair, on hook and in a call.

On hook: FSK of both modems, caller id as keys, message lamps. In a call (type 2, GR-30 and EN 300 659-1): both alerting tones for some
80 ms make it mute the handset, acknowledge with the key D, and wait for data without channel seizure.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

import numpy as np

from hwsim.caller_id import MODEMS, CallerIdReceiver, CallerIdShown, demodulate, read_message
from hwsim.caller_id_player import ALERT_HZ
from hwsim.key_ear import KeyEar
from hwsim.signals import BLOCK, IDLE_BLOCK, RATE_HZ, Floats, Samples, alaw_from_linear, keys, level_dbm0, linear_from_alaw, peak, silence

__all__ = ["ACKNOWLEDGEMENT", "Display", "Lamp"]

ACKNOWLEDGEMENT = alaw_from_linear(np.concatenate(keys("D", 60, 0)))
ALERT_LEAST_DBM0 = -32.0
ALERT_SHARE = 0.8
ALERT_TWIST_DB = 6.0
ALERT_LEAST_BLOCKS, ALERT_MOST_BLOCKS = 2, 5
"""Whole blocks of an alert of 75…85 ms, wherever it begins; one of 100 ms is accepted, too."""
DATA_WAIT_BLOCKS = 40
DATA_MOST_BLOCKS = 200
"""Data begin within 0.8 s of the acknowledgement and are over in 4 s; else the handset is given back."""
DATA_LEAST_DBM0 = -40.0
KEYS_MOST = 32
KEYS_OVER_BLOCKS = 20
NUMBER_STARTS, STOPS = "AD", "C#"
ABSENCES = {"00": "unavailable", "10": "private"}
_ANGLE = 2 * np.pi / RATE_HZ * np.outer(np.arange(BLOCK), ALERT_HZ)
_FIT: Floats = np.linalg.pinv(np.hstack([np.cos(_ANGLE), np.sin(_ANGLE)]))


class Lamp(Enum):
    """What switches the message lamp of a telephone."""

    FSK = "fsk"
    VOLTAGE = "voltage"
    """High voltage on the pair, which only a lamp notices."""
    REVERSAL = "reversal"


def _alerts(block: Samples) -> bool:
    """Both alerting tones, and little else."""
    fit = _FIT @ block.astype(np.float64)
    first, second = fit[0] ** 2 + fit[2] ** 2, fit[1] ** 2 + fit[3] ** 2
    whole = 2 * float(np.mean(np.square(block.astype(np.float64))))
    if min(first, second) < peak(ALERT_LEAST_DBM0) ** 2 or first + second < ALERT_SHARE * whole:
        return False
    return bool(abs(10 * np.log10(first / second)) <= ALERT_TWIST_DB)


class _KeyedNumber:
    """Caller id as keys: between a start and a stop key, or until they end."""

    def __init__(self) -> None:
        self._ear = KeyEar()
        self._keys = ""
        self._quiet = 0

    @property
    def listening(self) -> bool:
        return bool(self._keys)

    def hear(self, block: Samples) -> CallerIdShown | None:
        came = self._ear.hear(block)
        self._quiet = 0 if came else self._quiet + 1
        self._keys = (self._keys + came)[:KEYS_MOST]
        if not self._keys or (self._keys[-1] not in STOPS and self._quiet < KEYS_OVER_BLOCKS):
            return None
        told, self._keys = self._keys, ""
        return _number_told(told)

    def forget(self) -> None:
        self._keys = ""
        self._ear = KeyEar()


def _number_told(told: str) -> CallerIdShown | None:
    start, digits = told[0], told[1:].rstrip(STOPS)
    if start == "B":
        return CallerIdShown(absence=ABSENCES.get(digits, "unavailable"))
    return CallerIdShown(digits) if start in NUMBER_STARTS and digits.isdigit() else None


class Display:
    """Feed it 20 ms of what the pair brings: ``hear_on_hook`` or ``hear_off_hook``. ``waiting_shown`` is who calls during a call."""

    def __init__(self) -> None:
        self.waiting_shown: CallerIdShown | None = None
        self.acknowledged = 0
        self._receiver = CallerIdReceiver()
        self._number = _KeyedNumber()
        self._alert_blocks = 0
        self._data: list[Samples] = []
        self._waited = 0
        self._answering = b""

    @property
    def lamp(self) -> bool:
        """The message lamp as data have switched it."""
        return self._receiver.lamp

    @property
    def mutes(self) -> bool:
        """The handset is cut off: an acknowledgement is being sent, or data are awaited."""
        return bool(self._answering) or self._waited > 0

    def forget(self) -> None:
        """The handset moved, or ringing began: what was half heard is void."""
        self._receiver.forget()
        self._number.forget()
        self._alert_blocks, self._waited, self._answering = 0, 0, b""
        self._data.clear()

    def hear_on_hook(self, heard: bytes) -> CallerIdShown | None:
        """20 ms with the handset down; the caller when one has just been understood."""
        if heard == IDLE_BLOCK and not self._receiver.listening and not self._number.listening:
            return None
        block = linear_from_alaw(heard)
        return self._receiver.hear(block) or self._number.hear(block)

    def hear_off_hook(self, heard: bytes) -> bytes | None:
        """20 ms in a call. None: the handset speaks; else what the telephone itself sends."""
        if heard == IDLE_BLOCK and not self._alert_blocks and not self.mutes:
            return None
        block = linear_from_alaw(heard)
        if self._waited:
            self._take_data(block)
        elif _alerts(block):
            self._alert_blocks += 1
        else:
            self._alert_over()
        return self._send() if self.mutes else None

    def _alert_over(self) -> None:
        blocks, self._alert_blocks = self._alert_blocks, 0
        if ALERT_LEAST_BLOCKS <= blocks <= ALERT_MOST_BLOCKS:
            self.acknowledged += 1
            self._waited = 1
            self._answering = IDLE_BLOCK + ACKNOWLEDGEMENT  # the alert may still last for a part of this block

    def _send(self) -> bytes:
        block, self._answering = self._answering[:BLOCK], self._answering[BLOCK:]
        return (block + IDLE_BLOCK)[:BLOCK]

    def _take_data(self, block: Samples) -> None:
        self._waited += 1
        if level_dbm0(block) > DATA_LEAST_DBM0:
            self._data.append(block)
        elif self._data or self._waited > DATA_WAIT_BLOCKS:
            self._data_over([*self._data, block])
            return
        if self._waited > DATA_MOST_BLOCKS:
            self._data_over(self._data)

    def _data_over(self, pieces: Sequence[Samples]) -> None:
        audio = np.concatenate([silence(20), *pieces])
        messages = [message for modem in MODEMS for message in demodulate(audio, modem)]
        shown = next((found for message in messages if (found := read_message(message)) is not None), None)
        self.waiting_shown = shown or self.waiting_shown
        self._waited = 0
        self._data.clear()
