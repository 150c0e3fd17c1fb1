"""The audio inside a RIFF WAVE file, as far as telephones need it: A-law or 16-bit PCM, 8000 Hz, mono."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

from engine.kernel.errors import BadInput, EnvironmentFault
from engine.kernel.text import Text, text

__all__ = ["WAV_OCTETS_MAX", "Wav", "parse_wav", "read_wav"]

WAV_OCTETS_MAX = 64 * 1024 * 1024
"""Over an hour of 16-bit audio; it is held in memory."""

PCM = 1
ALAW = 6
EXTENSIBLE = 0xFFFE
TAG_NAMES = {1: "PCM", 3: "float", 6: "A-law", 7: "µ-law", 17: "IMA ADPCM", 49: "GSM 6.10", 85: "MP3"}


@dataclass(frozen=True)
class Wav:
    """A file's format and its audio octets."""

    tag: int
    channels: int
    rate_hz: int
    bits: int
    audio: bytes

    def says(self) -> str:
        """The format for a person, e.g. ``PCM 16 bit, 44100 Hz, 2 ch``."""
        kind = TAG_NAMES.get(self.tag, f"format {self.tag}")
        return f"{kind} {self.bits} bit, {self.rate_hz} Hz, {self.channels} ch"

    @property
    def is_telephone_alaw(self) -> bool:
        """A-law, 8000 Hz, mono: can be played as it is."""
        return (self.tag, self.channels, self.rate_hz, self.bits) == (ALAW, 1, 8000, 8)

    @property
    def is_telephone_pcm(self) -> bool:
        """16-bit PCM, 8000 Hz, mono: can be played when encoded."""
        return (self.tag, self.channels, self.rate_hz, self.bits) == (PCM, 1, 8000, 16)


def read_wav(file: Path) -> Wav:
    """Read a WAV file. EnvironmentFault when it cannot be read, BadInput when it is not one; both name the file."""
    try:
        with file.open("rb") as opened:
            octets = opened.read(WAV_OCTETS_MAX + 1)
    except OSError as error:
        raise EnvironmentFault(text("cannot read {file}: {why}", file=file, why=error.strerror or error)) from error
    if len(octets) > WAV_OCTETS_MAX:
        raise BadInput(text("{file} is larger than {most} octets", file=file, most=WAV_OCTETS_MAX))
    return parse_wav(octets, str(file))


def parse_wav(octets: bytes, file: str) -> Wav:
    """The audio in these octets. Raises BadInput that names ``file``."""
    if len(octets) < 12 or octets[:4] != b"RIFF" or octets[8:12] != b"WAVE":
        raise _not_wav(file, text("it does not begin with a RIFF WAVE header"))
    form: tuple[int, int, int, int] | None = None
    at = 12
    while at + 8 <= len(octets):
        name, size = struct.unpack_from("<4sI", octets, at)
        body = octets[at + 8 : at + 8 + size]
        if name == b"fmt ":
            form = _form(body, file)
        elif name == b"data":
            if form is None:
                raise _not_wav(file, text("its audio comes before its format"))
            tag, channels, rate_hz, bits = form
            return Wav(tag, channels, rate_hz, bits, body)
        at += 8 + size + size % 2  # chunks are padded to even octets
    raise _not_wav(file, text("it has no audio"))


def _form(body: bytes, file: str) -> tuple[int, int, int, int]:
    if len(body) < 16:
        raise _not_wav(file, text("its format chunk is too short"))
    tag, channels, rate_hz, _, _, bits = struct.unpack_from("<HHIIHH", body)
    if tag == EXTENSIBLE and len(body) >= 26:
        (tag,) = struct.unpack_from("<H", body, 24)
    return tag, channels, rate_hz, bits


def _not_wav(file: str, why: Text) -> BadInput:
    return BadInput(text("{file} is not a WAV file that can be played: {why}", file=file, why=why))
