"""What is kept of a trunk's signalling: the newest always, captures on request; whole calls by number or channel; always bounded."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from boards.e1.trace_keeping import (
    CALLS_MOST,
    CAPTURE_ENTRIES_MOST,
    CAPTURE_OCTETS_MOST,
    RING_ENTRIES_MOST,
    RING_OCTETS_MOST,
    Kept,
    Marks,
    TraceKeeper,
)
from engine.kernel.errors import Refused
from engine.telephony.call_trace import Selection

NONE = Marks()


@dataclass(frozen=True)
class Entry:
    """A message on paper."""

    name: str
    marks: Marks = NONE


def keeper() -> TraceKeeper[Entry]:
    return TraceKeeper(lambda kept: kept.entry.marks, lambda entry: entry.name != "idle")


def names(kept: list[Kept[Entry]]) -> list[str]:
    return [one.entry.name for one in kept]


def a_call(name: str, number: str, channel: int) -> list[Entry]:
    """Set-up names the number, the answer to it the channel."""
    return [
        Entry(f"setup {name}", Marks(name, begins=True, numbers=(number,))),
        Entry(f"proceeding {name}", Marks(name, channel)),
        Entry(f"release {name}", Marks(name, ends=True)),
    ]


def told(keeper_: TraceKeeper[Entry], *entries: Entry, octets: int = 10) -> None:
    for number, entry in enumerate(entries):
        keeper_.note(number * 1_000_000, entry, octets, ours=False)


def test_a_call_is_found_by_number_and_by_channel_as_a_whole() -> None:
    """Who looks for a number sees the whole call with it; who looks for a channel also the set-up, which did not name the channel yet."""
    kept = keeper()
    one, two = a_call("a", "13800138000", 3), a_call("b", "10086", 4)
    told(kept, *(entry for pair in zip(one, two, strict=True) for entry in pair), Entry("link"))
    assert names(kept.recent(Selection(number="0138"), 0)) == ["setup a", "proceeding a", "release a"]
    assert names(kept.recent(Selection(channel=4), 0)) == ["setup b", "proceeding b", "release b"]
    assert names(kept.recent(Selection("10086", 3), 0)) == []
    assert len(kept.recent(Selection(), 0)) == 7


def test_digits_that_come_one_by_one_make_a_number() -> None:
    """A call whose number is dialled in overlap is found all the same, from its first message on."""
    kept = keeper()
    digits = [Entry(f"digit {digit}", Marks("a", digits=digit)) for digit in "8866"]
    told(kept, Entry("setup", Marks("a", begins=True)), *digits)
    assert names(kept.recent(Selection(number="886"), 0)) == ["setup", "digit 8", "digit 8", "digit 6", "digit 6"]


def test_a_reference_that_is_used_again_is_another_call() -> None:
    """The next call with the same reference is not shown with the one that was looked for."""
    kept = keeper()
    told(kept, *a_call("a", "1111", 1), *a_call("a", "2222", 1))
    assert len(kept.recent(Selection(number="2222"), 0)) == 3


def test_the_ring_keeps_the_newest_and_not_what_only_says_that_the_link_lives() -> None:
    """A minute of idle frames pushes out no call; the ring never holds more than it says."""
    kept = keeper()
    told(kept, Entry("first"), *[Entry("idle")] * 5000)
    assert names(kept.recent(Selection(), 0)) == ["first"]
    told(kept, *(Entry(str(number)) for number in range(RING_ENTRIES_MOST + 5)))
    assert names(kept.recent(Selection(), 0))[0] == "5"
    assert kept.kept == RING_ENTRIES_MOST
    told(kept, *[Entry("large")] * 40, octets=RING_OCTETS_MOST // 10)
    assert kept.kept == 10


def test_a_capture_holds_what_was_wanted_and_idle_frames_too() -> None:
    """It begins when it is asked for, ends when it is told to, and keeps every frame."""
    kept = keeper()
    told(kept, Entry("before"))
    kept.begin(Selection(), 60, "user li", 5)
    with pytest.raises(Refused, match="user li"):
        kept.begin(Selection(), 60, "user wang", 6)
    told(kept, Entry("idle"), Entry("x"))
    kept.end("ended")
    kept.end("limit")
    told(kept, Entry("after"))
    assert names(kept.captured()) == ["idle", "x"]
    assert kept.capture is not None
    assert (kept.capture.messages, kept.capture.octets, kept.capture.why_ended) == (2, 20, "ended")
    assert names(kept.captured(after=kept.captured()[0].seq)) == ["x"]
    kept.begin(Selection("1234"), 60, "user li", 7)
    assert kept.captured() == []


def test_a_capture_that_is_full_counts_what_it_lost() -> None:
    """Whoever reads the file knows that something is missing, and how much."""
    kept = keeper()
    kept.begin(Selection(), 60, "user li", 0)
    told(kept, *[Entry("idle")] * (CAPTURE_ENTRIES_MOST + 7), octets=1)
    assert kept.capture is not None
    assert (kept.capture.messages, kept.capture.lost) == (CAPTURE_ENTRIES_MOST, 7)
    kept.end("ended")
    kept.begin(Selection(), 60, "user li", 0)
    told(kept, *[Entry("idle")] * 5, octets=CAPTURE_OCTETS_MOST // 4)
    assert (kept.capture.messages, kept.capture.lost) == (4, 1)


def test_an_exchange_that_begins_calls_without_end_takes_no_memory() -> None:
    """Set-ups that never go on are forgotten beyond as many as a trunk can carry; a call that is wanted is found still."""
    kept = keeper()
    kept.begin(Selection(number="77"), 60, "user li", 0)
    told(kept, *(a_call(str(number), "1", 1)[0] for number in range(3 * CALLS_MOST)), *a_call("z", "77", 1))
    assert names(kept.captured()) == ["setup z", "proceeding z", "release z"]


def test_who_reads_along_gets_each_message_once_and_whole_calls() -> None:
    """First what is kept, then only what came since; of a call that turns out to be wanted also its beginning."""
    kept = keeper()
    told(kept, *a_call("a", "139", 1)[:1], Entry("link"))
    everything, channel_2 = kept.follow(Selection()), kept.follow(Selection(channel=2))
    assert names(everything.more()) == ["setup a", "link"]
    assert names(channel_2.more()) == []
    told(kept, *a_call("b", "138", 2)[:1])
    assert names(everything.more()) == ["setup b"]
    assert names(channel_2.more()) == []
    told(kept, *a_call("b", "138", 2)[1:], Entry("idle"))
    assert names(channel_2.more()) == ["setup b", "proceeding b", "release b"]
    assert names(everything.more()) == ["proceeding b", "release b"]
    assert everything.more() == channel_2.more() == []


def test_who_reads_along_too_slowly_misses_what_the_ring_lost() -> None:
    """A reader who stands still costs no memory."""
    kept = keeper()
    reader = kept.follow(Selection())
    told(kept, *(Entry(str(number)) for number in range(RING_ENTRIES_MOST + 500)))
    assert names(reader.more()) == [str(number) for number in range(500, RING_ENTRIES_MOST + 500)]
