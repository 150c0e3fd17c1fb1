"""How the guest's output is judged, and what the machine is given: nothing here needs a virtual machine."""

from __future__ import annotations

import gzip
import json
import stat
import struct
from pathlib import Path

import pytest

from tests.kernel.__main__ import main
from tests.kernel.archive import Archive
from tests.kernel.hour import add_up, pieces
from tests.kernel.machine import MachineMissing, uncompressed_kernel
from tests.kernel.proofs import CONTRACT_PARTS, accounted, contract_checks, played, signalled, talked
from tests.kernel.warm import warm_archive


def test_contract_passed() -> None:
    """Every check passed: their number is told."""
    assert contract_checks(0, "....\n12 passed in 3.00s\n").checks == 12
    assert contract_checks(0, "....\n12 passed in 3.00s\n").held


@pytest.mark.parametrize(
    ("status", "last"),
    [(1, "1 failed, 11 passed in 3s"), (0, "11 passed, 1 skipped in 3s"), (0, "no tests ran in 0.1s"), (125, ""), (0, "2 errors in 1s")],
)
def test_contract_not_passed(status: int, last: str) -> None:
    """A failure, a check that was left out, or no check at all is no proof."""
    assert not contract_checks(status, last).held


def test_every_contract_file_runs() -> None:
    """No file of the driver's contract is left out on the kernel, none runs twice."""
    files = [word for part in CONTRACT_PARTS for word in part.words if word.endswith(".py")]
    folder = Path(__file__).resolve().parents[1] / "contracts"
    assert sorted(Path(file).name for file in files) == sorted(
        path.name for path in [*folder.glob("test_driver_*.py"), folder / "test_seam_a.py"]
    )


FIGURES = {
    "channels": 30,
    "spoken_s": 60.0,
    "sent": 10,
    "received": 10,
    "lost": 0,
    "silence_put_in": 0,
    "breaks": [],
    "pump": {"stalls": 0},
}


R2_FIGURES = {"r2": [{"variant": "china", "calls": 90, "refused": 3, "alarms": []}]}


def test_r2_is_told_by_country() -> None:
    """The calls with libopenr2 are told for each country; a failed call, or none at all, is no proof."""
    told = signalled(0, f"china: thirty circuits\n{json.dumps(R2_FIGURES)}\n")
    assert told.held
    assert "china 90 calls and 3 refusals" in told.said
    assert not signalled(1, json.dumps(R2_FIGURES)).held
    assert not signalled(0, "china: thirty circuits\n").held


E1_FIGURES = {"signalling": "isdn", "at_once": 30, "spoken": 20, "arrived": 20, "recordings": 12, "welcomed": 18, "faults": []}


def test_thirty_calls_are_told_with_what_arrived() -> None:
    """The octets that arrived are told beside those that were spoken; when one is missing, or the program failed, nothing is proved."""
    told = talked(0, f"…\n{json.dumps({'e1': [E1_FIGURES]})}\n")
    assert told.held
    assert "isdn 30 at once, 20 of 20 octets" in told.said
    assert not talked(1, json.dumps({"e1": [E1_FIGURES]})).held
    assert not talked(0, json.dumps({"e1": [E1_FIGURES, {**E1_FIGURES, "arrived": 19}]})).held
    assert not talked(0, json.dumps({"e1": []})).held
    assert not talked(0, "Traceback …").held


def test_account() -> None:
    """The figures are told in a sentence; without figures, or with a status, nothing is proved."""
    told = accounted(0, f"60 s: …\n{json.dumps(FIGURES)}\n")
    assert told.held
    assert "10 octets sent, 10 received, 0 lost" in told.said
    assert not accounted(1, json.dumps(FIGURES)).held
    assert not accounted(0, "Traceback …").held


def test_call() -> None:
    """A scenario that failed shows its end."""
    assert played(0, "…\n0 failures; 0 blocks missing\n").said.endswith("0 blocks missing")
    assert "expected: dial tone" in played(1, "expected: dial tone\n").said


def test_unknown_name(capsys: pytest.CaptureFixture[str]) -> None:
    """A proof that there is not is refused with the names of those that there are."""
    assert main(["pomp"]) == 2
    assert "pump" in capsys.readouterr().out


def test_an_hour_in_pieces() -> None:
    """The pieces make up the time that was asked for, each with a name and a seed of its own."""
    made = list(pieces(1450, 7))
    assert [length for _, length, _ in made] == [600, 600, 250]
    assert len({name for name, _, _ in made}) == len({seed for _, _, seed in made}) == 3
    sums = add_up({name: FIGURES for name, _, _ in made})
    assert (sums["seconds"], sums["sent"], sums["lost"]) == (180, 30, 0)


def test_archive(tmp_path: Path) -> None:
    """The first file of an archive stands where the kernel looks for it, with name, mode, length and time."""
    path = tmp_path / "tool"
    path.write_bytes(b"content")
    archive = Archive()
    archive.copy("bin/tool", path)
    made = archive.finish()
    fields = [int(made[6 + 8 * place : 14 + 8 * place], 16) for place in range(13)]
    assert made[:6] == b"070701"
    assert (stat.S_ISREG(fields[1]), fields[5], fields[6], fields[11]) == (True, int(path.stat().st_mtime), 7, len("bin/tool") + 1)
    assert b"bin/tool\0" in made
    assert b"content" in made
    assert len(made) % 512 == 0


def test_what_a_guest_reads_often_is_in_its_memory(tmp_path: Path) -> None:
    """Modules by name, and the files of a folder, lie in the guest's memory at their own places; without modules nothing does."""
    voices = tmp_path / "voices" / "zh"
    voices.mkdir(parents=True)
    (voices / "welcome.wav").write_bytes(b"sound")
    made = warm_archive(("colorsys",), (), tmp_path / "pycache", (tmp_path / "voices",))
    assert f"warm{voices}/welcome.wav".encode() in made
    assert b"/colorsys.py\0" in made
    assert warm_archive((), (), tmp_path, (tmp_path / "voices",)) == b""


def test_kernel_image() -> None:
    """The kernel inside an image is found by its header, and one that is packed in a way not known is refused."""
    kernel = b"\x7fELF" + bytes(1000)
    packed = gzip.compress(kernel)
    head = bytearray(0x400)
    head[0x1F1] = 1
    struct.pack_into("<II", head, 0x248, 0, len(packed))
    assert uncompressed_kernel(bytes(head) + packed) == kernel
    struct.pack_into("<II", head, 0x248, 0, 4)
    with pytest.raises(MachineMissing, match="packed"):
        uncompressed_kernel(bytes(head) + b"LZ4!")
