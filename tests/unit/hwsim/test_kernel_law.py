"""The driver's own arithmetic, against tables that were read out of the driver 2.11.1."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from boards.dahdi.abi import Law
from hwsim.kernel_law import from_linear, saturated, silence_octet, to_linear

EVERY_FOURTH = np.arange(-32768, 32768, 4).astype(np.int16)
READ_OUT = {Law.ALAW: "099b7c332fa26b9703ca1c838f2bafba8eb3db3e", Law.MULAW: "86277f3ab5572a1acb16c806b2f3c69bc2b667f2"}
"""SHA-1 of the octets that the driver made of every fourth sample, from the lowest on."""


@pytest.mark.parametrize("law", READ_OUT)
def test_samples_become_the_drivers_octets(law: Law) -> None:
    """A program that writes samples sends the octets that the driver would send."""
    assert hashlib.sha1(from_linear(EVERY_FOURTH, law), usedforsecurity=False).hexdigest() == READ_OUT[law]


@pytest.mark.parametrize(("law", "lost"), [(Law.ALAW, {0x55}), (Law.MULAW, {0x00, 0xFF})])
def test_octets_become_samples_and_the_same_octets(law: Law, lost: set[int]) -> None:
    """What is read as samples and written as samples is the same sound, but for the octets that the driver never makes."""
    octets = bytes(octet for octet in range(256) if octet not in lost)
    assert from_linear(to_linear(octets, law), law) == octets


def test_silence() -> None:
    """The driver's silence is no level, in A-law D5 and in mu-law 7F."""
    assert (silence_octet(Law.ALAW), silence_octet(Law.MULAW)) == (0xD5, 0x7F)
    assert list(to_linear(b"\xd5", Law.ALAW)) + list(to_linear(b"\x7f", Law.MULAW)) == [0, 0]


def test_limits() -> None:
    """Sums are limited, not turned over."""
    assert list(saturated(np.array([40_000, -40_000, 5], dtype=np.int32))) == [32767, -32768, 5]
