"""The signalling of an R2 trunk as people look at it: line bits and register signals of its circuits in words, kept and captured.

The ring holds the newest 2000 of them for all circuits together, which takes less than a megabyte. Pure but for the clock that is handed in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from boards.e1 import r2_words as r2
from boards.e1.r2_code import DIGITS, Group, Meaning, Request
from boards.e1.r2_line_rules import Pair
from boards.e1.r2_standing import Phase, Standing, after
from boards.e1.r2_variants import VARIANTS, Variant
from boards.e1.trace_keeping import RING_ENTRIES_MOST, RING_OCTETS_MOST, Kept, Marks, TraceKeeper
from engine.kernel.clock import Clock
from engine.kernel.text import Text, text
from engine.settings.e1_trunk import E1TrunkSection
from engine.telephony.call_trace import CaptureState, Counted, Selection, SignallingState, TraceLine

__all__ = ["R2Signal", "R2Signalling"]

ENTRY_OCTETS = 64
"""What an entry counts for in the limits."""
NS_A_MS = 1_000_000
OURS = (r2.SetBits, r2.SendForward, r2.SendBackward, r2.SendKeys, r2.Seize, r2.Answer, r2.Clear, r2.Block, r2.Unblock, r2.Cleared)
TRACED = (
    *OURS,
    r2.BitsSeen,
    r2.ForwardHeard,
    r2.ForwardGone,
    r2.BackwardHeard,
    r2.BackwardGone,
    r2.KeyHeard,
    r2.NumberComplete,
    r2.Metered,
    r2.Violated,
    r2.AlarmBegan,
    r2.AlarmEnded,
)


@dataclass(frozen=True)
class R2Signal:
    """Something on one circuit. ``standing``: where its call stood before, with which it is to be read."""

    place: int
    event: object
    standing: Standing


PAIRS: Mapping[Pair, Text] = MappingProxyType(
    {
        Pair.IDLE: text("idle"),
        Pair.SEIZED: text("seizure"),
        Pair.BLOCKED: text("blocked"),
        Pair.ANSWERED: text("answer"),
    }
)
NOT_FREE: Mapping[Phase, Text] = MappingProxyType(
    {
        Phase.SEIZED: text("acknowledgement of the seizure"),
        Phase.ACKNOWLEDGED: text("clear back, or blocked"),
        Phase.ANSWERED: text("clear back"),
    }
)
"""What the bits of a blocked circuit say while a call is on it."""
REQUESTS: Mapping[Request, Text] = MappingProxyType(
    {
        Request.NEXT: text("next digit"),
        Request.BACK_1: text("one digit back"),
        Request.BACK_2: text("two digits back"),
        Request.BACK_3: text("three digits back"),
        Request.FROM_FIRST: text("from the first digit"),
        Request.CATEGORY: text("category, and on to group B"),
        Request.CALLER_CLASS: text("class and number of the caller"),
        Request.NEXT_CALLER: text("next digit of the caller"),
    }
)
OUTCOMES: Mapping[r2.Outcome, Text] = MappingProxyType(
    {
        r2.Outcome.FREE: text("free"),
        r2.Outcome.FREE_NO_CHARGE: text("free, no charge"),
        r2.Outcome.FREE_CALLER_CONTROLS: text("free, the caller controls the release"),
        r2.Outcome.FREE_CALLED_CONTROLS: text("free, the called party controls the release"),
        r2.Outcome.BUSY: text("busy"),
        r2.Outcome.BUSY_TOLL: text("busy with a long-distance call"),
        r2.Outcome.BUSY_OR_CONGESTED: text("busy, or the exchange is congested"),
        r2.Outcome.CONGESTED: text("the exchange is congested"),
        r2.Outcome.UNALLOCATED: text("unallocated number"),
        r2.Outcome.NUMBER_CHANGED: text("the number has changed"),
        r2.Outcome.OUT_OF_ORDER: text("the called line is out of order"),
        r2.Outcome.SPECIAL_TONE: text("the number cannot be reached"),
        r2.Outcome.COLLECT_REFUSED: text("the called party does not take collect calls"),
    }
)
MEXICO_ALONE = "C"
"""Mexico calls the group in which the caller's number is asked for C; elsewhere it is A with other meanings."""


class R2Signalling:
    """Implements ``TrunkSignalling`` for one R2 trunk. Its circuits tell what passes by ``noter``."""

    file_suffix = "txt"

    def __init__(self, section: E1TrunkSection, clock: Clock) -> None:
        self._section = section
        self._clock = clock
        self._variant: Variant = VARIANTS[section.r2_variant]
        self._violations = 0
        self.keeper: TraceKeeper[R2Signal] = TraceKeeper(_marks, lambda _entry: True)

    @property
    def trunk(self) -> str:
        return self._section.name

    def noter(self, place: int) -> Callable[[object], None]:
        """Where the circuit in this timeslot says what passes."""
        standing = Standing()

        def note(event: object) -> None:
            nonlocal standing
            before, standing = standing, after(standing, event, self._variant)
            if isinstance(event, r2.Violated):
                self._violations += 1
            if isinstance(event, TRACED):
                self.keeper.note(self._clock.utc_ms() * NS_A_MS, R2Signal(place, event, before), ENTRY_OCTETS, ours=isinstance(event, OURS))

        return note

    def watch(self, hear: Callable[[bool], None]) -> None:
        """There is no D channel."""

    def state(self) -> SignallingState:
        counted = (Counted(text("signals that fit no state of the circuit"), self._violations),)
        return SignallingState(None, 0, counted, (), self.keeper.kept, RING_ENTRIES_MOST, RING_OCTETS_MOST)

    # ---- the trace -----------------------------------------------------------------------------------------------------

    def recent(self, selection: Selection, after: int = 0) -> Sequence[TraceLine]:
        return [self._line(kept) for kept in self.keeper.recent(selection, after)]

    def follow(self, selection: Selection) -> Callable[[], Sequence[TraceLine]]:
        follower = self.keeper.follow(selection)
        return lambda: [self._line(kept) for kept in follower.more()]

    def begin_capture(self, selection: Selection, limit_s: int, by: str) -> None:
        self.keeper.begin(selection, limit_s, by, self._clock.utc_ms())

    def end_capture(self, why: str) -> None:
        self.keeper.end(why)

    def capture(self) -> CaptureState | None:
        return self.keeper.capture

    def captured(self, after: int = 0) -> Sequence[TraceLine]:
        return [self._line(kept) for kept in self.keeper.captured(after)]

    def capture_file(self, render: Callable[[Text], str]) -> bytes:
        lines = []
        for line in self.captured():
            seconds, ms = divmod(line.utc_ms, 1000)
            arrow = ">" if line.ours else "<"
            lines.append(f"{seconds}.{ms:03d} {line.channel:2d} {arrow} {render(line.heading)}\n")
        return "".join(lines).encode()

    def _line(self, kept: Kept[R2Signal]) -> TraceLine:
        signal = kept.entry
        heading = self._words(signal.event, signal.standing)
        return TraceLine(kept.seq, kept.utc_ns // NS_A_MS, kept.ours, signal.place, str(signal.place), heading)

    # ---- words -----------------------------------------------------------------------------------------------------------

    def _words(self, event: object, standing: Standing) -> Text:
        match event:
            case r2.SetBits(bits) | r2.BitsSeen(bits):
                pair = self._variant.line.pair(bits)
                meaning = NOT_FREE.get(standing.phase, PAIRS[pair]) if pair is Pair.BLOCKED else PAIRS[pair]
                return text("bits {bits}: {meaning}", bits=f"{bits:04b}", meaning=meaning)
            case r2.SendKeys(None):
                return text("keys end")
            case r2.SendKeys(str(keys)):
                return text("keys {keys}", keys=keys)
            case r2.KeyHeard(key):
                return text("key {key}", key=key)
            case r2.SendForward(None) | r2.ForwardGone():
                return text("forward signal ends")
            case r2.SendBackward(None) | r2.BackwardGone():
                return text("backward signal ends")
            case r2.SendForward(int(signal)) | r2.ForwardHeard(signal):
                return self._forward(signal, standing)
            case r2.SendBackward(int(signal)) | r2.BackwardHeard(signal):
                return self._backward(signal, standing.group)
        return _happening(event)

    def _forward(self, signal: int, standing: Standing) -> Text:
        code = self._variant.register
        if standing.asked is Request.CATEGORY:
            return text("forward signal {signal}: the category of the call", signal=signal)
        if standing.asked is Request.CALLER_CLASS:
            return text("forward signal {signal}: the class of the caller", signal=signal)
        if signal == (code.caller_end if standing.group is Group.CALLER else code.number_end):
            return text("forward signal {signal}: the number ends", signal=signal)
        if standing.group is Group.CALLER and signal == code.caller_withheld:
            return text("forward signal {signal}: the caller's number is not told", signal=signal)
        digit = DIGITS[signal - 1] if signal <= len(DIGITS) else "–"
        return text("forward signal {signal}: as a digit {digit}", signal=signal, digit=digit)

    def _backward(self, signal: int, group: Group) -> Text:
        meaning = self._variant.register.meaning(group, signal)
        if meaning is None:
            return text("backward signal {signal}, which means nothing here", signal=signal)
        letter = group.value[0] if group is not Group.CALLER else MEXICO_ALONE if self._section.r2_variant == "mexico" else Group.A.value
        one = text("group {group}: {meaning}", group=letter, meaning=_meaning(meaning))
        return text("backward signal {signal} ({meanings})", signal=signal, meanings=one)


def _meaning(meaning: Meaning) -> Text:
    return REQUESTS[meaning] if isinstance(meaning, Request) else OUTCOMES[meaning]


def _happening(event: object) -> Text:
    match event:
        case r2.Seize(called):
            return text("a call of ours to {called}", called=called)
        case r2.Answer():
            return text("we answer")
        case r2.Clear(release):
            return text("we end the call, cause {cause}", cause=int(release.cause))
        case r2.Block():
            return text("we block the circuit")
        case r2.Unblock():
            return text("we unblock the circuit")
        case r2.Cleared(release):
            return text("the circuit is free of the call, cause {cause}", cause=int(release.cause))
        case r2.NumberComplete(called, caller):
            return text("a call to {called} from {caller}", called=called or "–", caller=caller.number or "–")
        case r2.Violated(what):
            return text("this fits no state of the circuit: {what}", what=what)
        case r2.Metered():
            return text("a metering pulse")
        case r2.AlarmBegan():
            return text("the span is in alarm: bits mean nothing")
    return text("the span works again")


def _marks(kept: Kept[R2Signal]) -> Marks:
    """A circuit carries one call at a time; what comes before a call and after the last one counts to it."""
    signal = kept.entry
    numbers: tuple[str, ...] = ()
    match signal.event:
        case r2.Seize(called):
            numbers = (called,)
        case r2.NumberComplete(called, caller):
            numbers = (called, caller.number)
    return Marks(str(signal.place), signal.place, ends=isinstance(signal.event, r2.Cleared), numbers=numbers)
