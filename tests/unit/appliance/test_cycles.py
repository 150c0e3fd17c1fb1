"""What threads cost in cycles: counted where the kernel lets one, and otherwise said why not."""

from __future__ import annotations

import errno
from types import SimpleNamespace

import pytest

from appliance import bench_media, cycles
from appliance.bench_media import _at_full_clock  # the one thing here that needs no machine
from appliance.cycles import CycleCounter, Cycles


def _moment(pump: Cycles | None, recorder: Cycles | None) -> SimpleNamespace:
    return SimpleNamespace(pump_cycles=pump, recorder_cycles=recorder)


REFUSED = {errno.EACCES, errno.EPERM, errno.ENOENT, errno.EOPNOTSUPP, errno.ENODEV}
"""What a kernel says that lets nobody count, or has nothing to count with."""


def _counted(work: int) -> tuple[Cycles, Cycles] | int:
    """Before and after so much work; or the errno of a refusal."""
    try:
        counter = CycleCounter(0)
    except OSError as refused:
        return refused.errno or 0
    before = counter.read()
    sum(range(work))
    after = counter.read()
    counter.close()
    return before, after


def test_work_is_counted_or_refused_with_a_reason() -> None:
    """A thread that works uses cycles, most of them its own; a machine without counters names its reason."""
    counted = _counted(200_000)
    if isinstance(counted, int):
        assert counted in REFUSED
    else:
        before, after = counted
        assert after.user - before.user > 100_000
        assert after.all - before.all >= (after.user - before.user) * 0.9


def test_who_may_not_count_gets_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine where only root may."""
    monkeypatch.setattr(cycles, "lib", SimpleNamespace(cycles_open=lambda _thread, _user_only: -errno.EACCES))
    with pytest.raises(PermissionError):
        CycleCounter(0)


def test_cycles_become_time_at_the_full_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """3 million cycles for two call-seconds at 3 GHz are half a millisecond each, however long the machine took."""
    monkeypatch.setattr(bench_media, "full_clock_ghz", lambda: 3.0)
    begin, end = _moment(Cycles(1000, 0), Cycles(0, 0)), _moment(Cycles(2_401_000, 900_000), Cycles(600_000, 0))
    assert _at_full_clock(begin, end, 2.0) == {  # type: ignore[arg-type]  # all that is asked of a moment
        "ms_per_call_second": 0.5,
        "pump_ms": 0.4,
        "pump_kernel_ms": 0.25,
        "recorder_ms": 0.1,
        "ghz": 3.0,
    }


def test_without_counters_there_is_no_figure() -> None:
    """Nothing is made up."""
    assert _at_full_clock(_moment(None, None), _moment(None, None), 2.0) is None  # type: ignore[arg-type]  # as above
