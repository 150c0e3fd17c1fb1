"""Capture files of D channels."""

from __future__ import annotations

import subprocess
from pathlib import Path

from boards.e1.capture import FRAME_OCTETS_MOST, CapturedFrame, file_head, record, written
from boards.e1.pri_values import Role
from tests.pri_bench import PriPair, a_call

UTC_NS = 1_800_000_000_000_000_000


def tshark(file: Path, *fields: str) -> list[list[str]]:
    """What Wireshark makes of a file: the fields of each frame."""
    words = ["tshark", "-r", str(file), "-T", "fields", *(word for field in fields for word in ("-e", field))]
    shown = subprocess.run(words, capture_output=True, text=True, check=True)
    return [line.split("\t") for line in shown.stdout.splitlines()]


def a_call_on_the_line() -> list[CapturedFrame]:
    pair = PriPair()
    pair.settle()
    pair.network.channel.set_up(a_call(17))
    pair.wait(1.5)
    pair.user.channel.hang_up(pair.user.call(), 17)
    pair.settle()
    frames = [
        CapturedFrame(UTC_NS + (carried.at_us - pair.carried[0].at_us) * 1000, carried.side, carried.octets) for carried in pair.carried
    ]
    pair.close()
    return frames


def test_wireshark_reads_a_call_with_its_directions_and_times(tmp_path: Path) -> None:
    """A technician who opens the file sees who said what to whom and when, with every number decoded."""
    file = tmp_path / "call.pcap"
    file.write_bytes(written(a_call_on_the_line(), Role.USER))
    shown = tshark(file, "frame.time_epoch", "lapd.direction", "q931.message_type", "q931.called_party_number.digits", "q931.cause_value")
    messages = [row for row in shown if row[2]]
    assert [(row[1], int(row[2], 16)) for row in messages] == [("1", 0x05), ("0", 0x02), ("0", 0x45)]
    assert messages[0][3] == "02188886666"
    assert int(messages[2][4]) == 17
    assert [row[0] for row in messages] == ["1800000000.000000000", "1800000001.500000000", "1800000001.500000000"]


def test_the_network_side_writes_the_same_call_the_other_way_round(tmp_path: Path) -> None:
    """A box that is the network side of a tie line captures with directions that are right for it."""
    file = tmp_path / "call.pcap"
    file.write_bytes(written(a_call_on_the_line(), Role.NETWORK))
    shown = tshark(file, "lapd.direction", "q931.message_type", "_ws.expert")
    assert [row[0] for row in shown if row[1]] == ["1", "0", "0"]
    assert not any(row[2] for row in shown)


def test_a_file_that_was_cut_off_is_read_up_to_there(tmp_path: Path) -> None:
    """A capture that a power cut ended still opens."""
    frames = a_call_on_the_line()
    file = tmp_path / "call.pcap"
    file.write_bytes(file_head() + b"".join(record(frame, Role.USER) for frame in frames[:3]))
    assert len(tshark(file, "frame.number")) == 3


def test_an_overlong_frame_is_cut_and_its_length_told(tmp_path: Path) -> None:
    """Nonsense on a line cannot make a capture file that no program opens."""
    file = tmp_path / "call.pcap"
    file.write_bytes(written([CapturedFrame(UTC_NS, Role.NETWORK, b"\x02\x01\x00\x00" + bytes(2000))], Role.USER))
    assert tshark(file, "frame.cap_len", "frame.len") == [[str(FRAME_OCTETS_MOST), "2004"]]
