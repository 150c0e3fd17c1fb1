"""Caller id by FSK: messages, a modulator and a demodulator of our own.

Bell 202: 1200 bit/s, mark (1) 1200 Hz, space (0) 2200 Hz, continuous phase; a burst is 300 bits of seizure, 180 of mark,
the message in octets with start and stop bit, low bit first. V.23, which ETSI's exchanges use, has 1300 and 2100 Hz. Messages are
SDMF (type 0x04) or MDMF (0x80) with a checksum that makes the sum of all octets zero modulo 256 (YD/T 1277.1-2003, after Telcordia
GR-30; EN 300 659-3), or switch a message lamp (0x06, 0x82).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hwsim.signals import RATE_HZ, Floats, Samples, level_dbm0, peak

__all__ = [
    "BELL_202",
    "MODEMS",
    "SHORTEST_BURST_MS",
    "V23",
    "CallerIdReceiver",
    "CallerIdShown",
    "Modem",
    "closed",
    "demodulate",
    "lamp_told",
    "mdmf",
    "modulate",
    "read_message",
    "sdmf",
]

Flags = npt.NDArray[np.bool_]

BIT_RATE = 1200
SAMPLES_A_BIT = RATE_HZ / BIT_RATE
SEIZURE_BITS = 300
MARK_BITS = 180
END_MARKS = 10
LEVEL_DBM0 = -13.5
ABSENCE_CODES = {"unavailable": b"O", "private": b"P"}
SHORTEST_BURST_MS = 200
LAMP_KINDS = (0x06, 0x82)
LAMP = 0x0B


@dataclass(frozen=True)
class Modem:
    """The two frequencies of a modem of 1200 bit/s."""

    mark_hz: float
    space_hz: float


BELL_202 = Modem(1200.0, 2200.0)
V23 = Modem(1300.0, 2100.0)
MODEMS = (BELL_202, V23)


@dataclass(frozen=True)
class CallerIdShown:
    """What a telephone shows: digits, a name, the exchange's date (``MMDDhhmm``), and why there is no number."""

    number: str = ""
    name: str = ""
    date: str = ""
    absence: str = ""


def closed(message: bytes) -> bytes:
    """The message (type, length, parameters) with its checksum."""
    return message + bytes([-sum(message) & 0xFF])


def sdmf(number: str, date: str, absence: str = "") -> bytes:
    """A single data message with its checksum; ``absence``: "", ``private`` or ``unavailable``."""
    body = date.encode("ascii") + (ABSENCE_CODES[absence] if absence else number.encode("ascii"))
    return closed(bytes([0x04, len(body)]) + body)


def mdmf(number: str, date: str = "", name: str = "", absence: str = "") -> bytes:
    """A multiple data message with its checksum. The name is GB 2312; ValueError when the message is over 255 octets."""
    parameters = [(0x01, date.encode("ascii"))] if date else []
    parameters.append((0x04, ABSENCE_CODES[absence]) if absence else (0x02, number.encode("ascii")))
    if name:
        parameters.append((0x07, name.encode("gb2312")))
    size = sum(2 + len(value) for _, value in parameters)
    if size > 255:
        raise ValueError(f"caller id of {size} octets; at most 255 fit into one message")
    body = b"".join(bytes([kind, len(value)]) + value for kind, value in parameters)
    return closed(bytes([0x80, len(body)]) + body)


def modulate(
    message: bytes, level: float = LEVEL_DBM0, modem: Modem = BELL_202, seizure_bits: int = SEIZURE_BITS, mark_bits: int = MARK_BITS
) -> Samples:
    """The whole burst for ``message`` (with checksum): seizure, marks, octets, closing marks."""
    octets = np.frombuffer(message, dtype=np.uint8)
    framed = np.ones((octets.size, 10), dtype=np.uint8)
    framed[:, 0] = 0
    framed[:, 1:9] = np.unpackbits(octets[:, None], axis=1, bitorder="little")
    seizure = np.arange(seizure_bits, dtype=np.uint8) % 2
    bits = np.concatenate([seizure, np.ones(mark_bits, np.uint8), framed.ravel(), np.ones(END_MARKS, np.uint8)])
    count = round(bits.size * SAMPLES_A_BIT)
    sent = bits[np.minimum(np.arange(count) * BIT_RATE // RATE_HZ, bits.size - 1)]
    frequency = np.where(sent == 1, modem.mark_hz, modem.space_hz)
    return np.rint(peak(level) * np.sin(np.cumsum(2 * np.pi * frequency / RATE_HZ))).astype(np.int16)


def _space_or_mark(samples: Samples, modem: Modem) -> Floats:
    """How much each sample's neighbourhood of one bit sounds like space (> 0) or mark (< 0)."""
    width = 7
    when = np.arange(width) / RATE_HZ
    audio = samples.astype(np.float64)

    def strength(frequency_hz: float) -> Floats:
        turning = np.convolve(audio, np.exp(2j * np.pi * frequency_hz * when), mode="same")
        return np.abs(turning)

    return strength(modem.space_hz) - strength(modem.mark_hz)


def _long_marks(space: Flags) -> Iterator[int]:
    """Where a run of at least 40 mark bits ends: there the first start bit begins."""
    edges = np.flatnonzero(np.diff(np.concatenate([[True], space, [True]]).astype(np.int8)))
    for start, end in zip(edges[0::2], edges[1::2], strict=False):
        if end - start >= 40 * SAMPLES_A_BIT:
            yield int(end)


def _octets_from(start: int, space: Flags) -> bytes:
    """Octets framed by start and stop bits from the start bit at sample ``start`` on; ends at the first bad frame."""
    got = bytearray()
    at = float(start)
    while at + 10 * SAMPLES_A_BIT <= space.size:
        middles = np.rint(at + (np.arange(10) + 0.5) * SAMPLES_A_BIT).astype(np.int64)
        bits = ~space[np.minimum(middles, space.size - 1)]
        if bits[0] or not bits[9]:
            break
        got.append(int(np.packbits(bits[1:9], bitorder="little")[0]))
        if len(got) > 2 and len(got) == got[1] + 3:
            break
        stop = int(middles[9])
        following = np.flatnonzero(space[stop : stop + round(25 * SAMPLES_A_BIT)])
        if following.size == 0:
            break
        at = float(stop + following[0])
    return bytes(got)


def demodulate(samples: Samples, modem: Modem = BELL_202) -> tuple[bytes, ...]:
    """Every message with a right checksum in this audio, checksum included. At least one bit time of lead is needed."""
    space = _space_or_mark(samples, modem) > 0
    messages = []
    for start in _long_marks(space):
        message = _octets_from(start, space)
        if len(message) > 2 and len(message) == message[1] + 3 and sum(message) % 256 == 0:
            messages.append(message)
    return tuple(messages)


def _parameters(body: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 2 <= len(body):
        yield body[at], body[at + 2 : at + 2 + body[at + 1]]
        at += 2 + body[at + 1]


def read_message(message: bytes) -> CallerIdShown | None:
    """What the message says; None when it is no caller id. Unknown parameters are passed over."""
    body = message[2:-1]
    why = {code: word for word, code in ABSENCE_CODES.items()}
    if message[0] == 0x04 and len(body) >= 8:
        date, rest = body[:8].decode("ascii", "replace"), body[8:]
        return CallerIdShown(date=date, absence=why[rest]) if rest in why else CallerIdShown(rest.decode("ascii", "replace"), date=date)
    if message[0] != 0x80:
        return None
    found = dict(_parameters(body))
    return CallerIdShown(
        number=found.get(0x02, b"").decode("ascii", "replace"),
        name=found.get(0x07, b"").decode("gb2312", "replace"),
        date=found.get(0x01, b"").decode("ascii", "replace"),
        absence=why.get(found.get(0x04, b""), ""),
    )


def lamp_told(message: bytes) -> bool | None:
    """Whether the message switches a message lamp on or off; None when it says nothing of a lamp."""
    if message[0] not in LAMP_KINDS:
        return None
    if message[0] == 0x06:
        return {b"BBB": True, b"ooo": False}.get(message[2:-1])
    return {b"\xff": True, b"\0": False}.get(dict(_parameters(message[2:-1])).get(LAMP, b""))


class CallerIdReceiver:
    """The caller id part of a telephone: takes 20 ms blocks on hook, gives what it understood when a burst ends.

    ``lamp`` is the state of the message lamp as messages have switched it.
    """

    FLOOR_DBM0 = -40.0
    LONGEST_BLOCKS = 250
    """5 s: twice the longest message."""

    def __init__(self) -> None:
        self._burst: list[Samples] = []
        self.bursts_too_long = 0
        self.lamp = False

    @property
    def listening(self) -> bool:
        """A burst has begun and not ended."""
        return bool(self._burst)

    def hear(self, block: Samples) -> CallerIdShown | None:
        """One more block; the caller when a burst has just ended with a good message in it."""
        if level_dbm0(block) > self.FLOOR_DBM0:
            if len(self._burst) >= self.LONGEST_BLOCKS:
                self._burst.clear()
                self.bursts_too_long += 1
            self._burst.append(block)
            return None
        if not self._burst:
            return None
        audio = np.concatenate([*self._burst, block])
        self._burst.clear()
        if audio.size < SHORTEST_BURST_MS * RATE_HZ // 1000:
            return None
        messages = [message for modem in MODEMS for message in demodulate(audio, modem)]
        for told in filter(lambda told: told is not None, map(lamp_told, messages)):
            self.lamp = bool(told)
        return next((shown for message in messages if (shown := read_message(message)) is not None), None)

    def forget(self) -> None:
        """Ringing began or the handset was lifted: what was half heard is void."""
        self._burst.clear()
