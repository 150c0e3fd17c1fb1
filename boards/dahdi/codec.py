"""ITU-T G.711 in both laws, as the media pump does it: for prompts, tools and tests."""

from __future__ import annotations

from boards.dahdi._pump import ffi, lib
from engine.kernel.errors import OurFault
from engine.telephony.media import Companding

__all__ = ["alaw_decode", "alaw_encode", "decode", "encode"]


def encode(samples: bytes, law: Companding) -> bytes:
    """Signed 16-bit little-endian samples as octets of ``law`` (ITU-T G.711). OurFault when half a sample is left."""
    if len(samples) % 2:
        raise OurFault(f"{len(samples)} octets are no whole number of 16-bit samples")
    octets = ffi.new("uint8_t[]", max(len(samples) // 2, 1))
    aligned = ffi.new("int16_t[]", max(len(samples) // 2, 1))
    ffi.memmove(aligned, samples, len(samples))
    lib.pump_law_encode(int(law), aligned, octets, len(samples) // 2)
    return bytes(ffi.buffer(octets, len(samples) // 2))


def decode(octets: bytes, law: Companding) -> bytes:
    """Octets of ``law`` as signed 16-bit little-endian samples."""
    samples = ffi.new("int16_t[]", max(len(octets), 1))
    lib.pump_law_decode(int(law), octets, samples, len(octets))
    return bytes(ffi.buffer(samples, len(octets) * 2))


def alaw_encode(samples: bytes) -> bytes:
    """``encode`` in A-law, in which prompts and recordings are kept."""
    return encode(samples, Companding.A_LAW)


def alaw_decode(octets: bytes) -> bytes:
    """``decode`` of A-law."""
    return decode(octets, Companding.A_LAW)
