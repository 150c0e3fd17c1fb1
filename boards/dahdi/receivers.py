"""Key receivers over whole recordings: the pump's own, and spandsp's as it comes, for measuring one by the other.

In a call keys are heard by the pump (``boards.dahdi.media``); this is the same receiver without one.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from boards.dahdi._pump import ffi, lib
from engine.kernel.errors import OurFault
from engine.telephony.media import BLOCK_SAMPLES, Companding

__all__ = ["AVX2", "PORTABLE", "KeyFound", "Receiver", "find_keys", "instructions", "use_instructions"]

PORTABLE = "portable"
AVX2 = "avx2"
_ISA = {PORTABLE: lib.PUMP_ISA_PORTABLE, AVX2: lib.PUMP_ISA_AVX2}


class Receiver(IntEnum):
    """Whose ears."""

    OWN = 0
    SPANDSP = 1


@dataclass(frozen=True)
class KeyFound:
    """A key: when its sound began and ended, and when that was certain, in samples; ``level_dbm0``: mean power of its two tones.

    Spandsp tells no beginnings and ends: there they are those of the blocks in which it told.
    """

    key: str
    begin: int
    end: int
    told: int
    level_dbm0: float


def find_keys(octets: bytes, receiver: Receiver = Receiver.OWN, law: Companding = Companding.A_LAW) -> list[KeyFound]:
    """The keys in this sound (G.711 octets, 8000 a second; what is left of the last block is not heard), in order."""
    most = len(octets) // BLOCK_SAMPLES + 1
    found = ffi.new("struct pump_key_found[]", most)
    count = lib.pump_find_keys(int(receiver), int(law), ffi.from_buffer(octets), len(octets), found, most)
    if not 0 <= count <= most:
        raise OurFault(f"{len(octets)} octets cannot be searched for keys: {count}")
    return [KeyFound(chr(key.key), key.begin, key.end, key.told, key.level / 100) for key in found[0:count]]


def instructions() -> str:
    """``avx2`` or ``portable``: which instructions the pump's vector code uses."""
    return next(name for name, number in _ISA.items() if number == lib.pump_isa())


def use_instructions(name: str) -> bool:
    """Use these from now on, in every pump; the results are the same. False when the processor has them not."""
    return bool(lib.pump_use_isa(_ISA[name]) == 0)
