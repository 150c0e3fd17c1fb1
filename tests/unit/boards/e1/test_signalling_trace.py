"""The signalling of a trunk on a simulated card, as a technician sees it: states, counters, messages in words, files."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.kernel.text import Text
from engine.telephony.call_trace import Selection, TraceLine, TrunkSignalling
from tests.unit.boards.e1.e1_bench import CHEN, E1Bench

NUMBER = "8666"


@pytest.fixture(scope="module")
def isdn() -> Iterator[E1Bench]:
    """A trunk on which a call went out, was answered and ended while all was captured."""
    bench = E1Bench(channels="1-4", number=NUMBER)
    _capture_and_call(bench)
    yield bench
    bench.close()


@pytest.fixture(scope="module")
def r2() -> Iterator[E1Bench]:
    """The same by R2."""
    bench = E1Bench(signalling="r2", channels="1-4", digits=len(NUMBER), number=NUMBER)
    _capture_and_call(bench)
    yield bench
    bench.close()


def _capture_and_call(bench: E1Bench) -> None:
    bench.board.signalling[0].begin_capture(Selection(), 60, "user li")
    bench.line(3).dial(CHEN)
    bench.until("dialled")
    bench.chen_answers()
    bench.until("answered")
    bench.world.run_for(1000)
    bench.chen.hang_up()
    bench.until("released")
    bench.world.run_for(3000)
    bench.board.signalling[0].end_capture("ended")


def of(bench: E1Bench) -> TrunkSignalling:
    return bench.board.signalling[0]


def in_english(lines: list[TraceLine]) -> list[str]:
    return [f"{'>' if line.ours else '<'} {line.heading.in_english()}" for line in lines]


def test_the_messages_of_a_call_are_read_in_order_and_direction(isdn: E1Bench) -> None:
    """From set-up to release complete, who said what, with numbers and channel in words."""
    lines = list(of(isdn).recent(Selection(number=CHEN)))
    said = [line.split(",")[0] for line in in_english(lines)]
    assert said == [
        "> SETUP",
        "< CALL PROCEEDING",
        "< ALERTING",
        "< CONNECT",
        "> CONNECT ACKNOWLEDGE",
        "< DISCONNECT",
        "> RELEASE",
        "< RELEASE COMPLETE",
    ]
    details = [detail.in_english() for detail in lines[0].details]
    assert any(CHEN in detail for detail in details)
    assert "Channel identification: channel 3, no other" in details
    assert {line.call for line in lines} == {lines[0].call}
    by_channel = in_english(list(of(isdn).recent(Selection(channel=3))))
    assert by_channel[-len(lines) :] == in_english(lines)
    others = by_channel[: -len(lines)] + in_english(list(of(isdn).recent(Selection(channel=2))))
    assert all("RESTART" in one for one in others), "channels were brought to rest at the start, and nothing else"
    assert not of(isdn).recent(Selection(number="10086"))


def test_wireshark_opens_the_capture(isdn: E1Bench, tmp_path: Path) -> None:
    """Every frame with its direction, the numbers decoded, nothing that it complains of."""
    file = tmp_path / "t.pcap"
    file.write_bytes(of(isdn).capture_file(Text.in_english))
    words = [
        "tshark",
        "-r",
        str(file),
        "-T",
        "fields",
        "-e",
        "lapd.direction",
        "-e",
        "q931.message_type",
        "-e",
        "q931.called_party_number.digits",
    ]
    shown = subprocess.run([*words, "-e", "_ws.malformed"], capture_output=True, text=True, check=True)
    rows = [line.split("\t") for line in shown.stdout.splitlines()]
    capture = of(isdn).capture()
    assert capture is not None
    assert len(rows) == capture.messages
    assert capture.lost == 0
    assert [int(row[1], 16) for row in rows if row[1]] == [0x05, 0x02, 0x01, 0x07, 0x0F, 0x45, 0x4D, 0x5A]
    assert [row[2] for row in rows if row[2]] == [CHEN]
    assert not any(row[3] for row in rows)


def test_the_state_of_a_d_channel(isdn: E1Bench) -> None:
    """Up, since when, and what was counted; what was refused is named."""
    state = of(isdn).state()
    assert state.up is True
    counted = {one.name.in_english(): one.count for one in state.counters}
    assert counted["frames received"] > 5
    assert counted["calls under way"] == 0
    assert state.refused == ()
    assert 0 < state.kept <= state.kept_most


def test_a_d_channel_that_fails_is_told_once_each_way() -> None:
    """Down, and up again: each time one word to whoever watches, with the moment."""
    bench = E1Bench(channels="1-2")
    told: list[bool] = []
    of(bench).watch(told.append)
    bench.far.cut_signalling(cut=True)
    bench.until("out_of_service", 2, 60_000)
    assert told == [False]
    assert of(bench).state().up is False
    bench.far.cut_signalling(cut=False)
    bench.until("in_service", 4, 30_000)
    assert told == [False, True]
    assert of(bench).state().since_utc_ms > 0
    bench.close()
    assert of(bench).state().counters == ()


def test_bits_and_register_signals_in_words(r2: E1Bench) -> None:
    """What each side sends is told by what it means in the country's code; the number is found."""
    said = in_english(list(of(r2).recent(Selection(number=CHEN))))
    for wanted in (
        f"> a call of ours to {CHEN}",
        "> bits 0011: seizure",
        "< bits 1111: acknowledgement of the seizure",
        "> forward signal 1: as a digit 1",
        "< backward signal 1 (group A: next digit)",
        "< bits 0111: answer",
        "> the circuit is free of the call, cause 16",
    ):
        assert wanted in said, (wanted, said)
    assert {line.channel for line in of(r2).recent(Selection(channel=3))} == {3}
    assert not of(r2).recent(Selection(number="10086"))
    assert of(r2).state().up is None


def test_an_r2_capture_is_a_text(r2: E1Bench) -> None:
    """A line for each signal, with time, timeslot and direction."""
    lines = of(r2).capture_file(Text.in_english).decode().splitlines()
    assert any(line.endswith(" 3 > bits 0011: seizure") for line in lines)
    assert of(r2).file_suffix == "txt"


@pytest.mark.parametrize("signalling", ["isdn", "r2"])
def test_who_reads_along_gets_what_is_kept_and_then_what_is_new(signalling: str, request: pytest.FixtureRequest) -> None:
    """The same messages as a look at the trace, in words, and none of them twice."""
    bench: E1Bench = request.getfixturevalue(signalling)
    trace = bench.board.signalling[0]
    more = trace.follow(Selection(channel=3))
    assert list(more()) == list(trace.recent(Selection(channel=3)))
    assert list(more()) == []
    bench.line(3).dial(CHEN)
    bench.world.run_for(500)
    fresh = more()
    assert fresh
    assert {line.channel for line in fresh} <= {0, 3}
    bench.line(3).release()
    bench.world.run_for(3000)
