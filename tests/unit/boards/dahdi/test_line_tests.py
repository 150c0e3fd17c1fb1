"""Loops and bit-error tests on two cabled E1 ports: what is sent, counted and told, and that everything is put back."""

from __future__ import annotations

import errno
from collections.abc import Iterator

import pytest

from boards.dahdi.abi import Ioctl, Maint, Sig, SpanInfo
from engine.kernel.errors import BadInput, Refused
from engine.telephony.hardware import BitCount, BitTest, LoopKind
from engine.telephony.hardware_words import skipped_words
from engine.telephony.hardware_words import test_verdict as verdict_of
from tests.unit.boards.dahdi.span_bench import SpanBench

FAR = 32
"""Channel 1 of the far port."""


@pytest.fixture
def bench() -> Iterator[SpanBench]:
    """Two ports under watch."""
    bench = SpanBench()
    bench.start()
    yield bench
    bench.close()


def begin(bench: SpanBench, *pairs: tuple[int, int], pattern: int = 15, length_s: int = 3) -> str:
    """A test of these pairs."""
    return bench.hardware.start_test(pairs, pattern, length_s, "wang", force=False)


def verdict(bench: SpanBench) -> str:
    """The newest test in a sentence."""
    return verdict_of(bench.hardware.tests()[0]).in_english()


# ---- bit errors ------------------------------------------------------------------------------------------------------


def test_a_good_cable(bench: SpanBench) -> None:
    """Two channels on a perfect cable: no errors for as long as was asked, in both directions, and the channels are free again."""
    assert begin(bench, (1, FAR)) == "t1"
    assert verdict(bench) == "The pattern is being sent and looked for."
    bench.wait(1)
    assert all(channel.tested for channel in bench.hardware.channels(1) if channel.channel == 1)
    bench.wait(4)
    assert verdict(bench) == "No errors in 3 s (channels: 2)."
    (test,) = bench.hardware.tests()
    assert (test.state, [count.channel for count in test.counts]) == ("over", [1, FAR])
    assert bench.heard.told == [("test", "t1"), ("tested", "t1", "over")]
    assert not any(bench.driver.wires.is_open(fd) for fd in bench.driver.wires.descriptors)
    assert begin(bench, (1, FAR)) == "t2"


def test_a_looped_port_is_a_pair_with_itself(bench: SpanBench) -> None:
    """With a loop plug one channel is enough; the shorter pattern does as well."""
    bench.cable = lambda _channel, _octets: sent[0]
    sent = [b"\xd5" * 160]
    exchange = bench.driver.wires.sent

    def keeping(fd: int, count: int) -> bytes:
        sent[0] = exchange(fd, count)
        return sent[0]

    bench.driver.wires.sent = keeping  # type: ignore[method-assign]  # what a loop plug does
    begin(bench, (1, 1), pattern=11, length_s=2)
    bench.wait(4)
    assert verdict(bench) == "No errors in 2 s (channels: 1)."


def test_errors_of_one_direction_are_told_of_its_channel(bench: SpanBench) -> None:
    """A bad pair in one direction shows on the channel that receives by it."""
    bench.cable = lambda channel, octets: bytes([octets[0] ^ (channel == FAR)]) + octets[1:]
    begin(bench, (1, FAR), length_s=4)
    bench.wait(6)
    near, far = bench.hardware.tests()[0].counts
    assert (near.bit_errors, near.errored_seconds) == (0, 0)
    assert far.bit_errors == pytest.approx(far.bits / 1280, abs=2)
    assert far.errored_seconds == far.seconds
    assert "bit errors in" in verdict(bench)


def test_nothing_comes(bench: SpanBench) -> None:
    """Without a cable the sentence asks for it."""
    bench.cable = lambda _channel, _octets: b"\xd5" * 160
    begin(bench, (1, FAR), length_s=3)
    bench.wait(6)
    assert verdict(bench) == "The pattern has not come back on any channel: is there a cable or a loop, and is it the right one?"


def test_a_silent_channel_is_named(bench: SpanBench) -> None:
    """Who has cabled many channels reads which of them are silent."""
    straight = bench.cable
    bench.cable = lambda channel, octets: b"\xd5" * 160 if channel in {2, FAR + 1} else straight(channel, octets)
    begin(bench, (1, FAR), (2, FAR + 1), length_s=3)
    bench.wait(6)
    assert verdict(bench) == "The pattern has not come back on 2 of 4 channels: 2,33."


def test_the_d_channel_of_a_whole_span_is_left_out_and_named(bench: SpanBench) -> None:
    """A healthy cable between two ISDN ports passes: the driver makes frames on the D channels, so they are not tested, and that is told."""
    bench.driver.sigs = {16: Sig.HDLCFCS, FAR + 15: Sig.HDLCFCS}
    begin(bench, (1, FAR), (16, FAR + 15), length_s=3)
    bench.wait(6)
    (test,) = bench.hardware.tests()
    assert (verdict(bench), test.pairs, test.skipped) == ("No errors in 3 s (channels: 2).", ((1, FAR),), (16, FAR + 15))
    assert skipped_words(test.skipped).in_english() == "Left out, since they carry data in frames (D channel): 16,47."
    with pytest.raises(Refused, match="Channel 16 carries data in frames"):
        begin(bench, (16, FAR + 15))


def test_a_card_of_both_kinds_of_ports_says_both(bench: SpanBench) -> None:
    """The driver calls it by one of them; whoever looks for a telephone port finds it."""
    bench.driver.abilities = {FAR: Sig.FXSKS | Sig.FXSLS, FAR + 1: Sig.FXOKS | Sig.FXOLS}
    bench.change(2, spantype="FXO", lineconfig=0)
    bench.idle(2)
    assert [state.kind for state in bench.hardware.spans()] == ["E1", "FXO + FXS"]


def test_a_test_can_be_stopped(bench: SpanBench) -> None:
    """What was counted until then stays."""
    begin(bench, (1, FAR), length_s=3600)
    bench.wait(3)
    bench.hardware.end_test("t1")
    bench.wait(0.5)
    (test,) = bench.hardware.tests()
    assert (test.state, test.counts[0].seconds) == ("stopped", 2)
    with pytest.raises(Refused):
        bench.hardware.end_test("t1")


def test_a_channel_that_cannot_be_opened_fails_the_test_in_words(bench: SpanBench) -> None:
    """Another program has it: the sentence says so, and the other channel is given back."""
    bench.driver.refused[Ioctl.SPECIFY] = errno.EBUSY
    begin(bench, (1, FAR))
    bench.wait(3)
    assert bench.heard.told[-1] == ("tested", "t1", "failed")
    assert "SPECIFY" in verdict(bench)
    bench.driver.refused.clear()
    assert begin(bench, (1, FAR)) == "t2"


def test_a_card_that_is_pulled_ends_the_test(bench: SpanBench) -> None:
    """The test fails with a sentence, and the appliance goes on."""
    begin(bench, (1, FAR))
    bench.wait(1)
    fd = next(fd for fd, channel in bench.driver.channels.items() if channel == 1)
    bench.driver.wires.unplug(fd)
    bench.wait(0.2)
    assert bench.heard.told[-1] == ("tested", "t1", "failed")
    assert verdict(bench) == "Channel 1 has failed: was its card removed?"


@pytest.mark.parametrize(
    ("pairs", "pattern", "length_s"),
    [([], 15, 3), ([(1, 2), (2, 3)], 15, 3), ([(1, FAR)], 9, 3), ([(1, FAR)], 15, 0), ([(1, FAR)], 15, 90_000)],
)
def test_what_makes_no_sense_is_refused(bench: SpanBench, pairs: list[tuple[int, int]], pattern: int, length_s: int) -> None:
    """No pair, one channel twice, an unknown pattern, an impossible length: a sentence, and nothing is touched."""
    with pytest.raises(BadInput):
        bench.hardware.start_test(pairs, pattern, length_s, "wang", force=False)
    assert bench.heard.told == []


def test_what_cannot_be_tested_is_refused(bench: SpanBench) -> None:
    """A channel that there is not, one that is in a test already, an analog port."""
    with pytest.raises(Refused, match="no channel 99"):
        begin(bench, (1, 99))
    begin(bench, (1, FAR))
    with pytest.raises(Refused, match="being tested"):
        begin(bench, (FAR, 33))
    bench.driver.infos[2] = SpanInfo(spanno=2, spantype="FXO", totalchans=31)
    bench.idle(1.2)
    with pytest.raises(Refused, match="analog"):
        begin(bench, (40, 41))


def test_the_machines_own_lateness_is_not_the_lines_fault() -> None:
    """A test on a machine that could not keep up says so instead of blaming the cable."""
    late = BitCount(1, found=True, seconds=60, bits=3_840_000, bit_errors=500, slips=3, late_blocks=4)
    test = BitTest("t1", ((1, 1),), 15, 60, "wang", "over", 60, (late,))
    assert "machine itself was late 4 times" in verdict_of(test).in_english()


def test_slips_without_errors_point_to_the_clock() -> None:
    """Two ends with different clocks slip: the sentence says where to look."""
    slipping = BitCount(1, found=True, seconds=60, bits=3_840_000, slips=3, slipped_octets=3, lost_seconds=3, errored_seconds=3)
    test = BitTest("t1", ((1, 1),), 15, 60, "wang", "over", 60, (slipping,))
    assert "clock" in verdict_of(test).in_english()


# ---- loops -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "command"),
    [(LoopKind.LOCAL, Maint.LOCALLOOP), (LoopKind.LINE, Maint.NETWORKLINELOOP), (LoopKind.PAYLOAD, Maint.NETWORKPAYLOADLOOP)],
)
def test_a_span_is_looped_and_freed(bench: SpanBench, kind: LoopKind, command: Maint) -> None:
    """The card is told which loop, and that it is over."""
    bench.hardware.start_loop(1, 0, kind, 900, "wang", force=False)
    (loop,) = bench.hardware.loops()
    assert (loop.kind, loop.left_s, loop.by) == (kind, 900, "wang")
    bench.hardware.end_loop(1, 0, "li")
    assert bench.driver.maintained == [(1, command), (1, Maint.NONE)]
    assert bench.heard.told == [("looped", 1, 0, kind.value), ("unlooped", 1, 0, "ended", "li")]
    with pytest.raises(Refused):
        bench.hardware.end_loop(1, 0, "li")


def test_a_forgotten_loop_ends_by_itself(bench: SpanBench) -> None:
    """Nobody has to remember it: after its time the span serves again."""
    bench.hardware.start_loop(1, 0, LoopKind.LOCAL, 10, "wang", force=False)
    bench.idle(9)
    assert bench.hardware.loops()
    bench.idle(2)
    assert bench.hardware.loops() == []
    assert bench.driver.maintained[-1] == (1, Maint.NONE)
    assert bench.heard.told[-1] == ("unlooped", 1, 0, "limit", "")


def test_a_card_that_cannot_loop_says_so(bench: SpanBench) -> None:
    """The driver's refusal is a sentence, and no loop stays behind."""
    bench.driver.refused[Ioctl.MAINT] = errno.ENOSYS
    with pytest.raises(Refused, match="The card of span 1 cannot make this loop"):
        bench.hardware.start_loop(1, 0, LoopKind.LOCAL, 900, "wang", force=False)
    assert bench.hardware.loops() == []
    assert bench.heard.told == []


def test_a_channel_is_looped_and_freed(bench: SpanBench) -> None:
    """One timeslot gives back what comes, so the far end can measure it; afterwards it is closed."""
    bench.hardware.start_loop(2, FAR, LoopKind.CHANNEL, 900, "wang", force=False)
    bench.wait(0.3)
    assert bench.driver.looped == {FAR}
    begin(bench, (1, 1), length_s=2)
    bench.wait(4)
    assert verdict(bench) == "No errors in 2 s (channels: 1)."
    with pytest.raises(Refused, match="looped towards the far end"):
        begin(bench, (FAR, FAR))
    bench.hardware.end_loop(2, FAR, "wang")
    assert bench.driver.looped == set()
    assert ("unlooped", 2, FAR, "ended", "wang") in bench.heard.told


def test_a_channel_that_cannot_be_looped_is_given_back(bench: SpanBench) -> None:
    """A refusal that comes later is told as the loop's end."""
    bench.driver.refused[Ioctl.LOOPBACK] = errno.ENOTTY
    bench.hardware.start_loop(2, FAR, LoopKind.CHANNEL, 900, "wang", force=False)
    bench.wait(0.3)
    assert bench.heard.told == [("unlooped", 2, FAR, "failed", "")]
    assert bench.hardware.loops() == []
    assert FAR not in bench.driver.channels.values()


@pytest.mark.parametrize(
    ("span", "channel", "kind", "limit_s", "error"),
    [
        (1, 0, LoopKind.CHANNEL, 900, BadInput),
        (1, 5, LoopKind.LOCAL, 900, BadInput),
        (1, 0, LoopKind.LOCAL, 0, BadInput),
        (1, 0, LoopKind.LOCAL, 90_000, BadInput),
        (1, FAR, LoopKind.CHANNEL, 900, Refused),
        (9, 0, LoopKind.LOCAL, 900, Refused),
    ],
)
def test_loops_that_make_no_sense_are_refused(
    bench: SpanBench, span: int, channel: int, kind: LoopKind, limit_s: int, error: type[Exception]
) -> None:
    """A channel of another span, a span that there is not, a loop without end: a sentence, and the card is not touched."""
    with pytest.raises(error):
        bench.hardware.start_loop(span, channel, kind, limit_s, "wang", force=False)
    assert bench.driver.maintained == []


def test_one_loop_at_a_time(bench: SpanBench) -> None:
    """A second loop on the same span is refused until the first is over."""
    bench.hardware.start_loop(1, 0, LoopKind.LOCAL, 900, "wang", force=False)
    with pytest.raises(Refused, match="looped already"):
        bench.hardware.start_loop(1, 0, LoopKind.LINE, 900, "wang", force=False)
    with pytest.raises(Refused, match="looped already"):
        bench.hardware.start_loop(1, 3, LoopKind.CHANNEL, 900, "wang", force=False)


def test_loops_end_with_their_card_and_with_the_appliance(bench: SpanBench) -> None:
    """A pulled card has no loop, and an appliance that stops leaves none behind on the cards."""
    bench.hardware.start_loop(1, 0, LoopKind.LOCAL, 900, "wang", force=False)
    bench.hardware.start_loop(2, 0, LoopKind.LINE, 900, "wang", force=False)
    del bench.driver.infos[2]
    bench.idle(1.2)
    assert ("unlooped", 2, 0, "card_removed", "") in bench.heard.told
    bench.hardware.stop()
    assert bench.driver.maintained[-1] == (1, Maint.NONE)
    assert bench.heard.told[-1] == ("unlooped", 1, 0, "stopping", "")
