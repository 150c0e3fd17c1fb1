"""What an alarm of a span means and what to look at, in words for who stands before the rack; and the words for counters, loops and clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from engine.kernel.text import Text, text
from engine.settings.spans import places_shown
from engine.telephony.hardware import BitTest, ClockSource, LoopKind, SpanAlarm

__all__ = [
    "ALARMS",
    "CLOCK_SOURCES",
    "COUNTERS",
    "LOOPS",
    "AlarmWords",
    "analog_cannot_loop",
    "skipped_words",
    "test_verdict",
    "worth_explaining",
]


@dataclass(frozen=True)
class AlarmWords:
    """An alarm: its name, what it means, and what to check."""

    name: Text
    meaning: Text
    check: Text


ALARMS: Mapping[SpanAlarm, AlarmWords] = MappingProxyType(
    {
        SpanAlarm.RED: AlarmWords(
            text("red alarm"),
            text("No usable signal comes from the far end; we tell it so by a yellow alarm."),
            text(
                "Is the cable plugged in at both ends, and is receive not changed over with transmit? Is the exchange's port switched on?"
            ),
        ),
        SpanAlarm.YELLOW: AlarmWords(
            text("yellow alarm"),
            text("The far end says that it receives nothing usable from us; we receive it well."),
            text("Look at the transmit pair of the cable, and whether framing, coding and CRC-4 are those that the exchange has."),
        ),
        SpanAlarm.BLUE: AlarmWords(
            text("blue alarm"),
            text(
                "All ones come instead of a signal: something between us and the exchange has lost it, or the exchange has blocked the port."
            ),
            text("The cable here is good. Ask the carrier to look at its transmission equipment and at the port."),
        ),
        SpanAlarm.LOS: AlarmWords(
            text("loss of signal"),
            text("There are no pulses on the receive pair."),
            text(
                "Is the cable plugged in, unbroken, and on the right port? Is it too long (line build-out), or of the wrong impedance (75 or 120 ohms)?"
            ),
        ),
        SpanAlarm.LFA: AlarmWords(
            text("loss of frame alignment"),
            text("Pulses come, but no frames that we understand."),
            text("Compare framing and line coding with the exchange (E1: HDB3; T1: ESF with B8ZS), and whether the port is an E1 or a T1."),
        ),
        SpanAlarm.LMFA: AlarmWords(
            text("loss of multiframe alignment"),
            text("Frames come, but not the multiframe that is set: CRC-4, or signalling in timeslot 16."),
            text("Is CRC-4 on at both ends or off at both? Does the exchange use channel-associated signalling where we do?"),
        ),
        SpanAlarm.LOOPBACK: AlarmWords(
            text("looped"),
            text("What is sent on this span comes back: somebody has put a loop on it."),
            text("End the test, here or at the exchange."),
        ),
        SpanAlarm.RECOVERING: AlarmWords(
            text("recovering"),
            text("The signal is back, and the card waits some seconds whether it stays."),
            text("Nothing, when it ends by itself. When it comes again and again, count bit errors."),
        ),
        SpanAlarm.NOT_OPEN: AlarmWords(
            text("not running"),
            text("The card does not run this span: it was not configured, or the card is gone."),
            text("Is the card in its place, and is the span configured? The driver's own messages (dmesg) say more."),
        ),
    }
)

COUNTERS: Mapping[str, Text] = MappingProxyType(
    {
        "bipolar_violations": text("bipolar violations"),
        "crc4_errors": text("CRC-4 errors"),
        "far_end_errors": text("errors seen by the far end (E bits)"),
        "frame_alignment_errors": text("errors of frame alignment"),
        "framing_errors": text("framing errors"),
        "code_violations": text("code violations"),
        "bit_errors": text("bit errors"),
        "errored_seconds": text("errored seconds"),
        "missed_interrupts": text("missed interrupts"),
    }
)

LOOPS: Mapping[LoopKind, Text] = MappingProxyType(
    {
        LoopKind.LOCAL: text("local loop in the card"),
        LoopKind.LINE: text("line loop towards the far end"),
        LoopKind.PAYLOAD: text("payload loop towards the far end"),
        LoopKind.CHANNEL: text("loop of one channel towards the far end"),
    }
)

CLOCK_SOURCES: Mapping[ClockSource, Text] = MappingProxyType(
    {
        ClockSource.LINE: text("the signal of span {span}"),
        ClockSource.CARD: text("the crystal of the card with span {span}"),
        ClockSource.TIMER: text("the machine's timer, no card"),
        ClockSource.UNKNOWN: text("unknown"),
    }
)


DETAILS = frozenset({SpanAlarm.LOS, SpanAlarm.LFA, SpanAlarm.LMFA})


def worth_explaining(alarms: Iterable[str]) -> list[SpanAlarm]:
    """The alarms that tell something: red alarm is left out where it is known what it comes from."""
    known = [SpanAlarm(alarm) for alarm in alarms if alarm in set(SpanAlarm)]
    return [alarm for alarm in known if alarm is not SpanAlarm.RED or not DETAILS & set(known)]


FOUND_WITHIN_S = 3
"""A pattern that comes back at all is found in a fraction of a second."""


def _sum(test: BitTest, name: str) -> int:
    return sum(int(getattr(count, name)) for count in test.counts)


def test_verdict(test: BitTest) -> Text:
    """What a bit-error test has shown, in one sentence."""
    if test.failure is not None:
        return test.failure
    if not any(count.found for count in test.counts):
        if test.state == "running" and test.elapsed_s < FOUND_WITHIN_S:
            return text("The pattern is being sent and looked for.")
        return text("The pattern has not come back on any channel: is there a cable or a loop, and is it the right one?")
    silent = [count.channel for count in test.counts if not count.found]
    if silent:
        return text(
            "The pattern has not come back on {silent} of {count} channels: {channels}.",
            silent=len(silent),
            count=len(test.counts),
            channels=places_shown(silent),
        )
    if _sum(test, "late_blocks"):
        return text(
            "The machine itself was late {count} times and lost audio, so the errors say nothing of the line: try again when it is idle.",
            count=_sum(test, "late_blocks"),
        )
    seconds, errors, slips = max(count.seconds for count in test.counts), _sum(test, "bit_errors"), _sum(test, "slips")
    if seconds == 0:
        return text("The pattern has come back on every channel; the first second is not over yet.")
    if not errors and not slips and not _sum(test, "lost_seconds"):
        return text("No errors in {seconds} s (channels: {count}).", seconds=seconds, count=len(test.counts))
    if slips and not errors:
        return text(
            "{slips} slips in {seconds} s and no bit errors: the two ends have different clocks. Look at the clock source.",
            slips=slips,
            seconds=seconds,
        )
    bits = _sum(test, "bits")
    return text(
        "{errors} bit errors in {bits} bits ({rate}), {slips} slips, {bad} errored seconds of {seconds}.",
        errors=errors,
        bits=bits,
        rate=f"{errors / bits:.1e}" if bits else "-",
        slips=slips,
        bad=max(count.errored_seconds for count in test.counts),
        seconds=seconds,
    )


def analog_cannot_loop(span: int) -> Text:
    """An analog card has no framer that could turn a whole span round."""
    return text("Span {span} is an analog card: it cannot be looped as a whole. Loop one of its channels.", span=span)


def skipped_words(channels: Iterable[int]) -> Text:
    """Which channels a bit-error test has left out, and why."""
    return text("Left out, since they carry data in frames (D channel): {channels}.", channels=places_shown(channels))
