"""G.711 in both laws: every octet and every sample, in the portable code and with AVX2."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pytest
from boards.dahdi._pump import ffi, lib

from boards.dahdi.codec import decode, encode
from engine.telephony.media import Companding

EVERY_OCTET = bytes(range(256))
EVERY_SAMPLE = np.arange(-32768, 32768, dtype=np.int32)
Linear = npt.NDArray[np.int32]


@pytest.fixture(params=[lib.PUMP_ISA_PORTABLE, lib.PUMP_ISA_AVX2], ids=["portable", "avx2"])
def isa(request: pytest.FixtureRequest) -> Iterator[int]:
    """The pump's vector code in this body; on a processor without AVX2 the portable one is tried twice."""
    before = lib.pump_isa()
    lib.pump_use_isa(request.param)
    yield request.param
    lib.pump_use_isa(before)


def a_law_table() -> Linear:
    """Table 1 of G.711, by the straight lines that it approximates: 13 bits, here in 16."""
    values = []
    for octet in range(256):
        code = octet ^ 0x55
        chord, step = code >> 4 & 7, code & 15
        width = 16 << max(chord - 1, 0)
        begin = 0 if chord == 0 else 256 << (chord - 1)
        size = begin + step * width + width // 2
        values.append(size if code & 0x80 else -size)
    return np.array(values, np.int32)


def mu_law_table() -> Linear:
    """Table 2 of G.711: 14 bits, here in 16."""
    values = []
    for octet in range(256):
        code = octet ^ 0xFF
        chord, step = code >> 4 & 7, code & 15
        size = 4 * ((33 + 2 * step) * 2**chord - 33)
        values.append(-size if code & 0x80 else size)
    return np.array(values, np.int32)


TABLES = {Companding.A_LAW: a_law_table(), Companding.MU_LAW: mu_law_table()}


def linear(octets: bytes, law: Companding) -> Linear:
    return np.frombuffer(decode(octets, law), "<i2").astype(np.int32)


def converted(law: Companding, octets: bytes) -> bytes:
    """From ``law`` to the other, as the patch bay does for a bridge."""
    room = ffi.new("uint8_t[]", len(octets))
    lib.pump_law_convert(int(law), octets, room, len(octets))
    return bytes(ffi.buffer(room, len(octets)))


@pytest.mark.parametrize("law", Companding)
@pytest.mark.usefixtures("isa")
def test_every_octet_means_what_the_standard_says(law: Companding) -> None:
    """Nobody's voice is distorted by our decoder, whichever processor the machine has."""
    assert linear(EVERY_OCTET, law).tolist() == TABLES[law].tolist()
    for count in (1, 15, 16, 17, 159, 160, 161):  # the rest behind whole vectors
        assert linear(EVERY_OCTET[:count], law).tolist() == TABLES[law][:count].tolist()


@pytest.mark.parametrize("law", Companding)
@pytest.mark.usefixtures("isa")
def test_every_sample_gets_an_octet_next_to_it(law: Companding) -> None:
    """No sample is coded further off than half an interval, but for those beyond full scale."""
    octets = encode(EVERY_SAMPLE.astype("<i2").tobytes(), law)
    levels = np.unique(TABLES[law])
    error = np.abs(TABLES[law][np.frombuffer(octets, np.uint8)] - EVERY_SAMPLE)
    nearest = np.min(np.abs(levels[None, :] - np.clip(EVERY_SAMPLE, levels[0], levels[-1])[:, None]), axis=1)
    beyond = np.maximum(np.abs(EVERY_SAMPLE) - levels[-1], 0)
    # where the size of the intervals changes, and by the lost bits of mu-law, a neighbour at nearly the same distance may be taken
    change = np.abs(EVERY_SAMPLE) // 64 + 8
    assert np.all(error <= nearest + beyond + change)
    assert np.count_nonzero(error > nearest + beyond + 4) < 2000


@pytest.mark.parametrize("law", Companding)
@pytest.mark.usefixtures("isa")
def test_an_octet_comes_back_as_itself(law: Companding) -> None:
    """Mixing does not wear a voice down: decoded and coded again it is the same; mu-law's negative zero becomes zero."""
    again = encode(decode(EVERY_OCTET, law), law)
    assert again == (EVERY_OCTET if law is Companding.A_LAW else EVERY_OCTET.replace(b"\x7f", b"\xff"))


@pytest.mark.parametrize("law", Companding)
def test_all_processors_agree_on_every_sample(law: Companding) -> None:
    """A recording made on one machine is to the bit what another would have made."""
    before = lib.pump_isa()
    results = []
    for isa in (lib.PUMP_ISA_PORTABLE, lib.PUMP_ISA_AVX2):
        lib.pump_use_isa(isa)
        samples = EVERY_SAMPLE.astype("<i2").tobytes()
        results.append((encode(samples, law), encode(samples[2:-60], law), decode(EVERY_OCTET * 3, law)))
    lib.pump_use_isa(before)
    assert results[0] == results[1]


@pytest.mark.parametrize("law", Companding)
def test_a_call_between_two_laws_keeps_its_sound(law: Companding) -> None:
    """An octet of one law becomes one of nearly the same value in the other, of the same sign, never softer where it was louder."""
    other = Companding(1 - law)
    before, after = linear(EVERY_OCTET, law), linear(converted(law, EVERY_OCTET), other)
    assert np.all(np.abs(after - before) <= np.maximum(np.abs(before) / 24, 16))
    order = np.argsort(before, kind="stable")
    assert np.all(np.diff(after[order]) >= 0)
    assert np.all(before * after >= 0)


@pytest.mark.parametrize("law", Companding)
def test_crossing_the_laws_again_and_again_changes_nothing_more(law: Companding) -> None:
    """G.711, tables 3 and 4: what went to the other law and back goes there and back unchanged ever after."""
    other = Companding(1 - law)
    once = converted(other, converted(law, EVERY_OCTET))
    assert converted(other, converted(law, once)) == once
    assert np.count_nonzero(np.frombuffer(once, np.uint8) != np.arange(256)) <= 2 * 16


def test_silence_is_silence_in_both_laws() -> None:
    """The idle octets are 0xD5 in A-law and 0xFF in mu-law; A-law has no zero, so its idle octet is mu-law's smallest step."""
    assert encode(b"\0\0", Companding.A_LAW) == b"\xd5"
    assert encode(b"\0\0", Companding.MU_LAW) == b"\xff"
    assert converted(Companding.A_LAW, b"\xd5") == b"\xfe"
    assert converted(Companding.MU_LAW, b"\xff") == b"\xd5"


def test_a_body_that_the_processor_lacks_is_refused() -> None:
    """Asking for instructions that do not exist changes nothing."""
    before = lib.pump_isa()
    assert lib.pump_use_isa(7) < 0
    assert lib.pump_isa() == before
