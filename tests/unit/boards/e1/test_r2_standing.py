"""R2 signals as a technician reads them in a trace: each with the one meaning that it has at its place in the call."""

from __future__ import annotations

import pytest

from boards.e1 import r2_words as r2
from boards.e1.r2_signalling import R2Signalling
from engine.settings.e1_trunk import E1TrunkSection
from engine.telephony.call_trace import Selection
from tests.fakes import FakeClock


def read(variant: str, *events: object) -> list[str]:
    """What stands in the trace of a circuit on which this passed."""
    section = E1TrunkSection(name="t", span="a", signalling="r2", r2_variant=variant)
    signalling = R2Signalling(section, FakeClock())
    note = signalling.noter(1)
    for event in events:
        note(event)
    return [line.heading.in_english() for line in signalling.recent(Selection())]


def test_the_bits_of_a_call_in_china() -> None:
    """The same bits acknowledge a seizure, clear back after an answer, and block a circuit without a call."""
    bits = [r2.BitsSeen(0b0011), r2.SetBits(0b1111), r2.SetBits(0b0111), r2.SetBits(0b1111), r2.BitsSeen(0b1011), r2.SetBits(0b1011)]
    assert read("china", *bits, r2.BitsSeen(0b1111)) == [
        "bits 0011: seizure",
        "bits 1111: acknowledgement of the seizure",
        "bits 0111: answer",
        "bits 1111: clear back",
        "bits 1011: idle",
        "bits 1011: idle",
        "bits 1111: blocked",
    ]


def test_the_registers_of_a_call_in_china() -> None:
    """A6 asks for KA and the caller's number, A3 for KD; after it backward 1 means that the called line is free."""
    passed = (
        r2.ForwardHeard(8),
        r2.SendBackward(6),
        r2.ForwardHeard(1),
        r2.SendBackward(1),
        r2.ForwardHeard(3),
        r2.SendBackward(1),
        r2.ForwardHeard(15),
        r2.SendBackward(3),
        r2.ForwardHeard(3),
        r2.SendBackward(1),
    )
    assert read("china", r2.BitsSeen(0b0011), *passed)[1:] == [
        "forward signal 8: as a digit 8",
        "backward signal 6 (group A: class and number of the caller)",
        "forward signal 1: the class of the caller",
        "backward signal 1 (group A: next digit of the caller)",
        "forward signal 3: as a digit 3",
        "backward signal 1 (group A: next digit of the caller)",
        "forward signal 15: the number ends",
        "backward signal 3 (group A: category, and on to group B)",
        "forward signal 3: the category of the call",
        "backward signal 1 (group B: free)",
    ]


@pytest.mark.parametrize(("variant", "letter"), [("china", "A"), ("mexico", "C")])
def test_only_mexico_has_a_group_c(variant: str, letter: str) -> None:
    """The group is called as in the country's own specification."""
    said = read(variant, r2.ForwardHeard(8), r2.SendBackward(6), r2.ForwardHeard(1), r2.SendBackward(1))
    assert f"(group {letter}: next digit of the caller)" in said[-1]


def test_a_new_seizure_begins_anew() -> None:
    """A call that broke off in group B leaves nothing behind for the next."""
    first = (r2.BitsSeen(0b0011), r2.ForwardHeard(8), r2.SendBackward(3), r2.ForwardHeard(3), r2.BitsSeen(0b1011))
    assert (
        read("china", *first, r2.BitsSeen(0b0011), r2.ForwardHeard(8), r2.SendBackward(1))[-1] == "backward signal 1 (group A: next digit)"
    )
