"""Reading the driver's devices from sysfs, and numbering their spans, over files in a folder as a kernel of each age has them."""

from __future__ import annotations

from pathlib import Path

import pytest

from boards.dahdi.sysfs import DEVICES, Device, DeviceSpan, KernelTree, NoTree, assign_span, read_devices, set_span_type, unassign_span


def card(root: Path, name: str, *, old: bool, registered: str = "1.5") -> Path:
    """A card with two ports, the first with number 2 and two channels."""
    folder = root / DEVICES.removeprefix("/") / name
    folder.mkdir(parents=True)
    prefix = "" if old else "dahdi_"
    for file, written in {
        "hardware_id": "TE220-7",
        "location": "PCI Bus 05 Slot 01",
        "type": "Wildcard TE220",
        "manufacturer": "Digium",
        f"{prefix}spantype": "1:E1\n2:T1",
        f"{prefix}registration_time": registered,
        "assign_span": "",
        "unassign_span": "",
    }.items():
        (folder / file).write_text(f"{written}\n")
    span = folder / "span-2"
    span.mkdir()
    for file, written in {"spantype": "E1", "local_spanno": "1", "channels": "2", "basechan": "32"}.items():
        (span / file).write_text(f"{written}\n")
    for number, canceller in ((32, "MG2"), (33, "")):
        channel = span / f"dahdi!chan!002!{number - 31:03}"
        channel.mkdir()
        (channel / "channo").write_text(f"{number}\n")
        (channel / "ec_factory").write_text(f"{canceller}\n")
    return folder


KNOWN = Device(
    "pci:1",
    "TE220-7",
    "PCI Bus 05 Slot 01",
    "Wildcard TE220",
    "Digium",
    "1.5",
    (DeviceSpan(1, "E1", 2, 32, 2, ((32, "mg2"), (33, ""))), DeviceSpan(2, "T1")),
)


@pytest.mark.parametrize("old", [True, False])
def test_a_card_is_known_by_what_stays_with_it(tmp_path: Path, old: bool) -> None:
    """Hardware id, location, ports with and without a number, and each channel's canceller, whichever kernel wrote the files."""
    card(tmp_path, "pci:1", old=old)
    assert read_devices(KernelTree(str(tmp_path))) == (KNOWN,)


def test_cards_come_in_the_order_in_which_the_driver_took_them(tmp_path: Path) -> None:
    """The order of numbers that the driver gives, not that of names."""
    card(tmp_path, "pci:1", old=True, registered="20.1")
    card(tmp_path, "pci:2", old=True, registered="03.1")
    assert [device.folder for device in read_devices(KernelTree(str(tmp_path)))] == ["pci:2", "pci:1"]


def test_a_card_pulled_out_while_we_look_is_left_out(tmp_path: Path) -> None:
    """Half a card is none; the other is told."""
    card(tmp_path, "pci:1", old=True)
    (card(tmp_path, "pci:2", old=True) / "location").unlink()
    assert [device.folder for device in read_devices(KernelTree(str(tmp_path)))] == ["pci:1"]


def test_without_a_driver_there_are_no_devices(tmp_path: Path) -> None:
    """A machine without the driver, or with one too old to have the tree, is no fault."""
    assert read_devices(KernelTree(str(tmp_path))) == ()
    assert read_devices(NoTree()) == ()


@pytest.mark.parametrize("old", [True, False])
def test_numbers_and_kinds_are_written_in_the_drivers_form(tmp_path: Path, old: bool) -> None:
    """What the driver reads: local:span:channel, local, local:kind."""
    folder = card(tmp_path, "pci:1", old=old)
    tree = KernelTree(str(tmp_path))
    assign_span(tree, "pci:1", 2, 3, 63)
    unassign_span(tree, "pci:1", 1)
    set_span_type(tree, "pci:1", 2, "E1")
    assert (folder / "assign_span").read_text() == "2:3:63"
    assert (folder / "unassign_span").read_text().startswith("1")
    assert (folder / ("spantype" if old else "dahdi_spantype")).read_text().startswith("2:E1")


def test_what_the_driver_does_not_take_is_an_oserror(tmp_path: Path) -> None:
    """A device that is gone, a tree that is not there."""
    with pytest.raises(OSError, match="pci:9"):
        assign_span(KernelTree(str(tmp_path)), "pci:9", 1, 1, 1)
    with pytest.raises(OSError, match="spantype"):
        set_span_type(NoTree(), "pci:1", 1, "E1")
    with pytest.raises(OSError, match="devices"):
        NoTree().listdir(DEVICES)
