"""What the gate lets through to libpri, and what it counts."""

from __future__ import annotations

from random import Random

from boards.e1.frame_gate import FrameGate
from boards.e1.pri_values import Role, SwitchType
from boards.e1.q921 import Frame, FrameReason, parse_frame
from boards.e1.q931 import Message, Reason, parse_message
from hwsim.pri_rudeness import STRAY_MESSAGES, garbled_message
from tests.pri_soak import conversation

HEADER = bytes.fromhex("02010604")


def gate(switch_type: SwitchType = SwitchType.EUROISDN, *, maintenance: bool = False) -> FrameGate:
    return FrameGate(Role.USER, switch_type, maintenance=maintenance)


def test_a_frame_in_order_passes_unchanged_and_counts_nothing() -> None:
    """Ordinary calls are not touched by the gate."""
    this = gate()
    for message in conversation():
        assert this.admit(HEADER + message) == HEADER + message
    assert not this.refused


def test_a_broken_frame_is_dropped_and_a_broken_message_only_emptied() -> None:
    """A bad message costs itself; the link and the other calls on it stay."""
    this = gate()
    assert this.admit(b"\x03\x01\x7f") is None
    assert this.admit(HEADER + b"\x07\x02\x00\x01\x05") == HEADER
    assert dict(this.refused) == {FrameReason.ADDRESS_EXTENSION: 1, Reason.PROTOCOL_DISCRIMINATOR: 1}


def test_a_malformed_element_is_taken_out_of_its_frame() -> None:
    """A caller with a malformed number still gets through, as one without a number."""
    this = gate()
    setup = bytes.fromhex("080200010504038090a31803a983836c0300313270038138 37".replace(" ", ""))
    cleaned = bytes.fromhex("080200010504038090a31803a9838370038138 37".replace(" ", ""))
    assert this.admit(HEADER + setup) == HEADER + cleaned
    assert dict(this.refused) == {Reason.ELEMENT_CONTENTS: 1}


def test_each_switch_type_hears_its_own_codeset() -> None:
    """A North American exchange's own elements reach the call there, and nowhere else."""
    disconnect = HEADER + bytes.fromhex("0802800145080280909e0101ff")
    assert gate(SwitchType.NI2).admit(disconnect) == disconnect
    assert gate().admit(disconnect) == disconnect[:-4]


def test_service_messages_pass_when_they_are_switched_on() -> None:
    """Channels can be taken out of service by message only on trunks that are set so."""
    service = HEADER + bytes.fromhex("030200000f0101c01803a98381")
    assert gate(maintenance=True).admit(service) == service
    assert gate().admit(service) == HEADER


def test_whatever_passes_is_well_formed() -> None:
    """Four thousand garbled messages later nothing malformed has reached the library, and every one of them was counted."""
    random, this, dirty = Random(5), gate(), 0
    heard = [*conversation(), *STRAY_MESSAGES]
    for _ in range(4000):
        octets = HEADER + garbled_message(random.choice(heard), random)
        passed = this.admit(octets)
        dirty += passed != octets
        if passed is None or passed == HEADER:
            continue
        frame = parse_frame(passed, from_network=True)
        assert isinstance(frame, Frame)
        message = parse_message(frame.information)
        assert isinstance(message, Message), passed.hex()
        assert not message.findings, passed.hex()
    assert 400 < dirty <= sum(this.refused.values())
