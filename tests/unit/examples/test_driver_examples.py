"""The examples for the driver's binding, on simulated cards in virtual time."""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from boards.dahdi.abi import Alarm, Ioctl, Law, Sig, VersionInfo
from boards.dahdi.nodes.errors import NoSuchDevice
from boards.dahdi.system import System
from examples.list_spans import list_spans, named
from examples.record_a_line import record, wav
from examples.ring_a_phone import ring
from hwsim.dahdi import AnalogCard, SimulatedDahdi
from hwsim.wires import Wires
from tests.unit.boards.dahdi.noting_system import NotingSystem

ROOT = Path(__file__).resolve().parents[3]
LINE, PHONE = 1, 2
BLOCK_MS = 20


class Talker:
    """A far end that counts its blocks."""

    def __init__(self) -> None:
        self.said = 0

    def exchange(self, heard: bytes) -> bytes:
        """One block each way."""
        self.said += 1
        return bytes([self.said & 0xFF]) * len(heard)


class Machine:
    """A machine with an exchange line and a telephone, and what happens in it by the millisecond."""

    def __init__(self, phones: int = 1) -> None:
        self.driver = SimulatedDahdi([AnalogCard(fxo=1, fxs=phones)], Wires(8))
        self.system: System = self.driver
        self.due: list[tuple[int, Callable[[], object]]] = []
        self._left_ms = 0.0

    def wait(self, time_s: float) -> None:
        """Let time pass, and audio with it in whole blocks."""
        self._left_ms += time_s * 1000
        while self._left_ms >= BLOCK_MS:
            self._left_ms -= BLOCK_MS
            self.driver.advance_to(self.driver.now_ms + BLOCK_MS)
            self.driver.exchange_block()
            for due_ms, act in self.due:
                if self.driver.now_ms - BLOCK_MS < due_ms <= self.driver.now_ms:
                    act()


def test_spans_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever runs the example sees the driver, each span with its alarms, and each channel with its signalling."""
    list_spans(Machine().system)
    told = capsys.readouterr().out
    assert told.startswith("DAHDI 3.4.0")
    assert "span 1 SIM/0 (Simulated analog card 1)" in told
    assert "alarms none" in told
    assert "channel 1 SIM/0/0: FXSKS, span 1 place 1" in told
    assert "channel 2 SIM/0/1: FXOKS, span 1 place 2" in told


def test_a_driver_that_nobody_tried_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    """A newer driver is listed all the same, with a warning; and without one the sentence says what to do."""
    system = NotingSystem(answers={Ioctl.GETVERSION: VersionInfo("3.9.1", "HWEC")}, refuse={Ioctl.SPANSTAT: 22, Ioctl.GET_PARAMS: 22})
    list_spans(system)
    told = capsys.readouterr().out
    assert "DAHDI 3.9.1, echo cancellers: HWEC" in told
    assert "newer than 3.4" in told
    with pytest.raises(NoSuchDevice, match="modprobe"):
        list_spans(NotingSystem(refuse={"open": 2}))


def test_the_readme_is_true(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever copies the lines of the README into a program has a program that works."""
    machine = Machine(phones=4)
    machine.due = [(2000, lambda: machine.driver.phone_ports[5].set_loop(True))]
    monkeypatch.setattr("boards.dahdi.system.KernelSystem", lambda: machine.system)
    monkeypatch.setattr("time.sleep", machine.wait)
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "boards/dahdi/README.md").read_text(encoding="utf-8"), re.DOTALL)
    for block in blocks:
        exec(block, {})
    assert len(blocks) == 3
    told = capsys.readouterr().out
    assert "1 SIM/0 FXO 0" in told
    assert told.count("  channel ") == 4, "those of the card that is simulated in the last block"
    assert machine.driver.now_ms == 2000


def test_flags_in_words() -> None:
    """Alarms and signalling are said as words, several beside each other."""
    assert named(Alarm.RED | Alarm.LOS, Alarm) == "RED LOS"
    assert named(0, Alarm) == "none"
    assert named(Sig.HDLCFCS, Sig) == "HDLCFCS"


def test_a_phone_rings_until_it_is_lifted(capsys: pytest.CaptureFixture[str]) -> None:
    """The telephone rings; lifting the handset ends it and tells after how long."""
    machine = Machine()
    phone = machine.driver.phone_ports[PHONE]
    rang: list[bool] = []
    machine.due = [(500, lambda: rang.append(phone.ringing)), (7000, lambda: phone.set_loop(True))]
    lifted_s = ring(machine.system, PHONE, 20, machine.wait)
    assert lifted_s is not None
    assert lifted_s == pytest.approx(7.0, abs=0.05)
    assert rang == [True]
    assert capsys.readouterr().out.splitlines() == ["the bell is silent", "the bell rings", "the bell is silent"]


def test_a_phone_that_nobody_answers() -> None:
    """When the time is up the bell is silent, and the channel free for others."""
    machine = Machine()
    assert ring(machine.system, PHONE, 3, machine.wait) is None
    machine.wait(0.1)
    assert not machine.driver.phone_ports[PHONE].ringing
    assert ring(machine.system, PHONE, 0, machine.wait) is None


def test_a_line_is_not_rung() -> None:
    """Whoever names an exchange line by mistake seizes nothing."""
    machine = Machine()
    with pytest.raises(ValueError, match="channel 1 is no telephone's: its signalling is FXSKS"):
        ring(machine.system, LINE, 3, machine.wait)
    assert not machine.driver.exchange_ports[LINE].loop_closed


def test_a_line_is_recorded() -> None:
    """The line is seized while it is recorded, every sample is there once and in order, and it is hung up afterwards."""
    machine = Machine()
    port = machine.driver.exchange_ports[LINE]
    port.far_end = Talker()
    seized: list[bool] = []
    machine.due = [(500, lambda: seized.append(port.loop_closed))]
    octets, law = record(machine.system, LINE, 1.0, machine.wait)
    assert (len(octets), law, seized) == (8000, Law.ALAW, [True])
    blocks = [octets[start : start + 160] for start in range(0, 8000, 160)]
    assert all(len(set(block)) == 1 for block in blocks)
    assert [block[0] for block in blocks] == list(range(blocks[0][0], blocks[0][0] + 50))
    assert not port.loop_closed


def test_a_line_that_ends_the_call(capsys: pytest.CaptureFixture[str]) -> None:
    """When the exchange takes the battery away the recording ends, and what was heard is kept."""
    machine = Machine()
    port = machine.driver.exchange_ports[LINE]
    port.far_end = Talker()
    machine.due = [(1500, lambda: port.set_battery(False))]
    octets, _ = record(machine.system, LINE, 10, machine.wait)
    assert 8000 < len(octets) < 30000
    assert "ended the call" in capsys.readouterr().out


@pytest.mark.parametrize(("law", "number"), [(Law.ALAW, 6), (Law.MULAW, 7)])
@pytest.mark.parametrize("length", [160, 161])
def test_the_file_can_be_played(law: Law, number: int, length: int) -> None:
    """The WAV file says its law and its length as players want it."""
    file = io.BytesIO(wav(bytes(length), law))
    riff, size, wave = struct.unpack("<4sI4s", file.read(12))
    assert (riff, size % 2, wave, len(file.getvalue())) == (b"RIFF", 0, b"WAVE", size + 8)
    kinds = {}
    while head := file.read(8):
        name, octets = struct.unpack("<4sI", head)
        kinds[name] = file.read(octets + octets % 2)[:octets]
    assert struct.unpack("<HHIIHHH", kinds[b"fmt "]) == (number, 1, 8000, 8000, 1, 8, 0)
    assert len(kinds[b"data"]) == length
    assert struct.unpack("<I", kinds[b"fact"]) == (length,)
