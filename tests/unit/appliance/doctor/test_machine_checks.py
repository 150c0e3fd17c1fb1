"""What the doctor says about the machine."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from appliance.doctor.evidence import Folder, Governor, Medium, Port, Rights, Schema, SystemTime, Unseen
from appliance.doctor.findings import State
from engine.kernel.text import text
from tests.unit.appliance.doctor.healthy import SITE, found, running_pump, sentence


def rights(**spoiled: Any) -> Rights:
    return Rights(**({"priority": 0, "locked_bytes": 8_000_000, "nice_capability": False, "lock_capability": False} | spoiled))


def test_a_user_without_realtime_priority() -> None:
    """The limit is told beside the wanted one; the limit or the capability is enough; a running pump knows better than either."""
    assert "limit 0, wanted 80" in sentence(found("realtime", rights=rights()))
    assert found("realtime", rights=rights(priority=80)).state is State.GOOD
    assert found("realtime", rights=rights(nice_capability=True)).state is State.GOOD
    assert found("realtime", rights=rights(priority=80), pump=running_pump(realtime=False)).state is State.BAD
    assert found("realtime", rights=rights(), pump=running_pump()).state is State.GOOD
    assert found("realtime", rights=None).state is State.NONE


def test_a_user_without_locked_memory() -> None:
    """A limit in MB is red; none, the capability, or a pump that has locked its own memory is green."""
    assert "limited to 8 MB" in sentence(found("memory", rights=rights()))
    assert found("memory", rights=rights(locked_bytes=None)).state is State.GOOD
    assert found("memory", rights=rights(lock_capability=True)).state is State.GOOD
    assert found("memory", pump=running_pump(locked="own")).state is State.GOOD
    assert found("memory", pump=running_pump(locked="nothing")).state is State.BAD


@pytest.mark.parametrize(
    ("stalls", "running_s", "state"), [(1, 60, State.GOOD), (2, 60, State.BAD), (20, 24 * 3600, State.GOOD), (30, 24 * 3600, State.BAD)]
)
def test_gaps_of_the_pump(stalls: int, running_s: int, state: State) -> None:
    """More than a gap an hour is red."""
    assert found("pump", pump=running_pump(stalls=stalls, running_s=running_s)).state is state


def test_a_disk_that_is_nearly_full() -> None:
    """Less than twice the reserve is red, and the hours of conversations left are told."""
    small = Folder("/data", exists=True, free_bytes=900_000_000, total_bytes=10**10, filesystem="ext4")
    assert "0.9 GB free of 10.0 GB: 7 h of conversations" in sentence(found("disk", folder=small))
    assert found("disk", folder=small).state is State.BAD
    assert found("disk", folder=Unseen(text("no permission"))).state is State.UNSEEN


def test_a_disk_that_does_not_take_what_is_written() -> None:
    """Slow, broken, or no disk at all but memory: each is red with what to look at."""
    assert "took 400 ms" in sentence(found("medium", medium=Medium(400.0)))
    assert "failed: Input/output error" in sentence(found("medium", medium=Medium(0.0, "Input/output error")))
    memory = Folder("/run/x", exists=True, free_bytes=10**10, total_bytes=10**10, filesystem="tmpfs")
    assert "a power cut takes everything" in sentence(found("medium", folder=memory))
    absent = Folder("/var/lib", exists=False, free_bytes=10**10, total_bytes=10**10, filesystem="ext4")
    assert found("medium", folder=absent, medium=Unseen(text("none"))).state is State.NONE
    assert found("medium", medium=Unseen(text("no permission"))).state is State.UNSEEN


def test_the_version_of_the_database() -> None:
    """A database of a newer program is red; an older one is told to be raised at the next start."""
    assert "version 3, but this program knows 2" in sentence(found("database", schema=Schema(3, 2)))
    assert "the next start makes it 2" in sentence(found("database", schema=Schema(1, 2)))
    assert found("database", schema=Schema(None, 2)).state is State.NONE


def test_a_clock_that_follows_nobody() -> None:
    """Without a time server it is red; where the kernel may not be asked, somebody else has to look."""
    assert found("time", time=SystemTime(synchronised=False, error_ms=None)).state is State.BAD
    assert "at most 3 ms off" in sentence(found("time"))
    assert found("time", time=Unseen(text("not permitted"))).state is State.UNSEEN


def test_a_machine_in_another_time_zone() -> None:
    """Both offsets are told, also west of Greenwich."""
    assert "the machine's is UTC-05:30, the site's UTC+08:00" in sentence(found("zone", offset_min=-330))


def test_a_processor_held_at_its_lowest_frequency() -> None:
    """The governor "powersave" is red, but not with the drivers that raise the frequency themselves."""
    assert found("processor", governor=Governor(frozenset({"powersave"}), "acpi-cpufreq")).state is State.BAD
    assert found("processor", governor=Governor(frozenset({"powersave"}), "intel_pstate")).state is State.GOOD
    assert found("processor", governor=Governor(frozenset(), "")).state is State.NONE


def test_ports_of_page_and_console() -> None:
    """A port that another program has is red with its name; so is one where the running appliance does not listen."""
    page = text("page")
    assert "port 8443 (page) is taken by nginx (80)" in sentence(found("ports", ports=(Port(page, 8443, "taken", "nginx (80)"),)))
    assert "taken by another program" in sentence(found("ports", ports=(Port(page, 8443, "taken"),)))
    assert "does not listen at port 8443 (page)" in sentence(found("ports", ports=(Port(page, 8443, "free"),), running=True))
    assert found("ports", ports=(Port(page, 8443, "ours"),), running=True).state is State.GOOD
    assert found("ports", ports=()).state is State.NONE


def test_a_pump_that_stands_still_is_red_whatever_it_counted() -> None:
    """A dead pump makes no gaps: it has a sentence of its own, and the mend is to restart."""
    finding = found("pump", pump=running_pump(still=True), running=True)
    assert finding.state is State.BAD
    assert "it stands still: nobody hears anybody -> restart the appliance" in sentence(finding)


def test_from_outside_the_pump_of_a_running_appliance_cannot_be_seen() -> None:
    """Beside a running box nobody says that none runs."""
    assert found("pump", running=True).state is State.UNSEEN
    assert "no appliance runs" in sentence(found("pump"))


@pytest.mark.parametrize(("address", "only_here"), [("127.0.0.1", True), ("::1", True), ("0.0.0.0", False), ("10.0.0.5", False)])
def test_a_page_that_only_the_machine_itself_reaches_is_remarked(address: str, *, only_here: bool) -> None:
    """Whoever cannot open the page from another machine reads why; it is no fault."""
    site = replace(SITE, web=replace(SITE.web, address=address))
    for running in (False, True):
        finding = found("ports", site=site, ports=(Port(text("page"), 8443, "ours" if running else "free"),), running=running)
        assert finding.state is State.GOOD
        assert (f"only on this machine (web.address is {address})" in sentence(finding)) == only_here
