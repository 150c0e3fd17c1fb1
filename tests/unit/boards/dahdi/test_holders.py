"""Who has a node open, as the kernel shows it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from boards.dahdi import holders
from boards.dahdi.holders import Holder, holders_of
from boards.dahdi.system import KernelSystem, SeesHolders

CHANNEL = "/dev/dahdi/channel"


def process(proc: Path, number: int, program: str, *files: str) -> None:
    """A process as the kernel shows it."""
    folder = proc / str(number) / "fd"
    folder.mkdir(parents=True)
    (proc / str(number) / "comm").write_text(f"{program}\n", encoding="utf-8")
    for place, file in enumerate(files):
        (folder / str(place)).symlink_to(file)


def test_programs_with_the_node_open(tmp_path: Path) -> None:
    """Each program is named once a node, whatever else it has open; others are not named."""
    process(tmp_path, 300, "asterisk", "/dev/null", CHANNEL, CHANNEL)
    process(tmp_path, 20, "cat", "/dev/dahdi/5", CHANNEL)
    process(tmp_path, 4, "init", "/dev/null")
    (tmp_path / "meminfo").touch()
    assert holders_of([CHANNEL, "/dev/dahdi/5"], tmp_path) == (
        Holder(20, "cat", "/dev/dahdi/5", ourselves=False),
        Holder(20, "cat", CHANNEL, ourselves=False),
        Holder(300, "asterisk", CHANNEL, ourselves=False),
    )


def test_processes_that_may_not_be_looked_into(tmp_path: Path) -> None:
    """Another user's process hides its files, and one that has just ended its name: the search goes on."""
    (tmp_path / "7").mkdir()
    process(tmp_path, 8, "asterisk", CHANNEL)
    (tmp_path / "8" / "comm").unlink()
    assert holders_of([CHANNEL], tmp_path) == (Holder(8, "?", CHANNEL, ourselves=False),)
    assert holders_of([CHANNEL], tmp_path / "nowhere") == ()


def test_the_search_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with very many processes does not hold up the caller, and the sentence stays short."""
    for number in range(1, 21):
        process(tmp_path, number, "x", CHANNEL)
    assert [holder.process for holder in holders_of([CHANNEL], tmp_path)] == list(range(1, holders.HOLDERS_MOST + 1))
    monkeypatch.setattr(holders, "FILES_MOST", 3)
    assert len(holders_of([CHANNEL], tmp_path)) == 3


def test_the_kernel_shows_our_own_files(tmp_path: Path) -> None:
    """On a real machine a program finds itself, also by a link to the file."""
    node, link = tmp_path / "node", tmp_path / "link"
    node.touch()
    link.symlink_to(node)
    system = KernelSystem()
    assert isinstance(system, SeesHolders)
    fd = os.open(node, os.O_RDONLY)
    (found,) = [holder for holder in system.holders([str(link)]) if holder.process == os.getpid()]
    os.close(fd)
    assert found.ourselves
    assert found.node == str(link)
    assert system.holders([str(link)]) == ()
