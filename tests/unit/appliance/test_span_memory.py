"""What is remembered of configured spans over a restart of the appliance, and forgotten over one of the machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.span_memory import SpanFile, boot_id


def memory(folder: Path, boot: str = "boot-1") -> tuple[SpanFile, list[str]]:
    """The memory of a start, and its log."""
    log: list[str] = []
    return SpanFile(folder / "spans.json", boot, log.append), log


def test_a_restart_of_the_appliance_remembers(tmp_path: Path) -> None:
    """What was kept is there at the next start of the program."""
    memory(tmp_path)[0].keep({"card 1": 2})
    assert memory(tmp_path)[0].recall() == {"card 1": 2}


def test_a_restart_of_the_machine_forgets(tmp_path: Path) -> None:
    """The driver was loaded anew: nothing that was told to the old one counts."""
    memory(tmp_path)[0].keep({"card 1": 2})
    assert memory(tmp_path, "boot-2")[0].recall() == {}


@pytest.mark.parametrize(
    "damaged", ["", "{", "[]", '{"boot": "boot-1", "spans": 7}', '{"boot": "boot-1", "spans": {"a": "x"}}', " " * 70_000]
)
def test_a_damaged_file_is_an_empty_memory(tmp_path: Path, damaged: str) -> None:
    """A power cut in the middle of writing costs one configuring, not a start."""
    (tmp_path / "spans.json").write_text(damaged)
    assert memory(tmp_path)[0].recall() == {}


def test_a_disk_that_cannot_be_written_is_told_in_the_log(tmp_path: Path) -> None:
    """The memory works on; the log says what follows."""
    kept, log = memory(tmp_path / "gone")
    kept.keep({"card 1": 2})
    assert kept.recall() == {"card 1": 2}
    assert "are configured once more at the next start" in log[0]


def test_a_machine_without_boot_id_remembers_nothing(tmp_path: Path) -> None:
    """Without a name of this start nobody could know whether the driver is the same."""
    assert boot_id(tmp_path / "none") == ""
    memory(tmp_path, "")[0].keep({"card 1": 2})
    assert memory(tmp_path, "")[0].recall() == {}


def test_cards_put_back_again_and_again_do_not_fill_it(tmp_path: Path) -> None:
    """The newest 256 are kept."""
    kept, _ = memory(tmp_path)
    kept.keep({f"card {number}": 1 for number in range(1000)})
    assert len(memory(tmp_path)[0].recall()) == 256
    assert "card 999" in kept.recall()
