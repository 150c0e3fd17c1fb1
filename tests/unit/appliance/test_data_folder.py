"""The data folder belongs to one appliance, and says clearly why it cannot be used."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from appliance.data_folder import DataFolder, fault_of
from engine.kernel.errors import EnvironmentFault


def test_the_folder_is_made_with_its_rooms(tmp_path: Path) -> None:
    """The first start on a fresh machine needs no preparation."""
    with DataFolder(tmp_path / "var" / "data") as data:
        assert (data.journal.is_dir(), data.recordings.is_dir(), data.prompts.is_dir()) == (True, True, True)
        assert (data.path / "lock").read_text() == f"{os.getpid()}\n"


def test_a_new_folder_is_closed_to_everybody_else_and_an_old_one_keeps_its_rights(tmp_path: Path) -> None:
    """Another account on the machine reads no PIN and plays no recording, unless the administrator wants it so."""
    with DataFolder(tmp_path / "new") as data:
        assert data.path.stat().st_mode & 0o077 == 0
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o750)
    with DataFolder(shared):
        assert shared.stat().st_mode & 0o777 == 0o750


def test_a_second_appliance_is_told_who_is_there(tmp_path: Path) -> None:
    """Starting twice by mistake harms nothing and names the process that runs."""
    first = DataFolder(tmp_path)
    with pytest.raises(EnvironmentFault, match=rf"process {os.getpid()}\) runs on data folder"):
        DataFolder(tmp_path)
    first.close()
    first.close()
    with DataFolder(tmp_path):
        pass


def test_a_lock_file_left_by_a_kill_is_no_obstacle(tmp_path: Path) -> None:
    """After kill -9 the next start just works."""
    (tmp_path / "lock").write_text("999999999\n and longer than the new one")
    with DataFolder(tmp_path):
        assert (tmp_path / "lock").read_text() == f"{os.getpid()}\n"


def test_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    """A data folder that is a file gives a sentence, not a trace."""
    (tmp_path / "data").write_text("x")
    with pytest.raises(EnvironmentFault, match=r"data is not a folder"):
        DataFolder(tmp_path / "data")


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (errno.EACCES, "no permission to write /d/journal"),
        (errno.EROFS, "no permission to write /d/journal"),
        (errno.ENOSPC, "the disk of data folder /d is full"),
        (errno.EIO, "data folder /d cannot be used"),
    ],
)
def test_each_refusal_says_what_to_do(code: int, sentence: str) -> None:
    """No write permission, a full disk and a broken one are told apart."""
    assert sentence in str(fault_of(OSError(code, "x", "/d/journal"), Path("/d")))
