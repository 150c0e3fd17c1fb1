"""Time and order in the simulated world."""

from __future__ import annotations

import pytest
from twisted.internet.task import Clock

from engine.kernel.errors import OurFault
from hwsim.person import Person
from hwsim.signals import IDLE_BLOCK
from hwsim.world import CATCH_UP_STEPS_MAX, World, WorldClock


class Trace:
    """A driver, a pump and an appliance that write down when they are called."""

    def __init__(self, clock: Clock | None) -> None:
        self.told: list[str] = []
        self.now_ms = 0
        self.left_to_handle = 0
        self.world = World(7, self, clock, lambda: self.told.append("tick"), self.poll, 1_000_000)

    def advance_to(self, ms: int) -> None:
        self.now_ms = ms

    def exchange_block(self) -> None:
        self.told.append(f"block {self.now_ms} from sample {self.world.block_start_sample}")

    def poll(self) -> int:
        self.told.append("poll")
        handled, self.left_to_handle = self.left_to_handle, 0
        return handled


def test_one_step_has_one_order() -> None:
    """Acts and driver by the millisecond, then audio, pump, appliance, then the appliance's timers, then it again."""
    clock = Clock()
    trace = Trace(clock)
    world = trace.world
    timers = WorldClock(clock, 1_000_000)
    world.at(13, lambda: trace.told.append(f"act {world.now_ms} driver {trace.now_ms}"))
    timers.call_later(0.0125, lambda: trace.told.append(f"timer {timers.monotonic_ns()}"))
    world.step()
    assert trace.told == ["act 13 driver 13", "block 20 from sample 0", "tick", "poll", "timer 13000000", "poll"]
    assert (world.now_ms, world.now_sample, world.utc_ms) == (20, 160, 1_000_020)
    assert timers.monotonic_ns() == 20_000_000


def test_acts_of_one_moment_keep_their_order_and_may_cause_others_at_once() -> None:
    """What people do in the same millisecond happens in the order in which it was planned."""
    trace = Trace(Clock())
    world = trace.world

    def first() -> None:
        trace.told.append("first")
        world.after(0, lambda: trace.told.append("third"))

    world.at(5, first)
    world.at(5, lambda: trace.told.append("second"))
    world.at(4, lambda: trace.told.append("before"))
    world.step()
    assert trace.told[:4] == ["before", "first", "second", "third"]


def test_a_cancelled_act_does_not_happen() -> None:
    """Who changes his mind does nothing; changing it twice is allowed."""
    trace = Trace(Clock())
    act = trace.world.after(3, lambda: trace.told.append("no"))
    act.cancel()
    act.cancel()
    trace.world.step()
    assert "no" not in trace.told
    assert act.over


def test_an_act_on_the_border_of_a_step_belongs_to_the_next() -> None:
    """The 20th millisecond is heard in the second block."""
    trace = Trace(Clock())
    trace.world.at(20, lambda: trace.told.append("act"))
    trace.world.step()
    assert "act" not in trace.told
    trace.world.step()
    assert trace.told.index("act") < trace.told.index("block 40 from sample 160")


def test_timers_that_set_timers_run_in_the_same_step_in_order() -> None:
    """A chain of short timers of the appliance is not stretched to one link a step."""
    clock = Clock()
    trace = Trace(clock)
    timers = WorldClock(clock, 0)
    fired: list[int] = []

    def again() -> None:
        fired.append(timers.monotonic_ns() // 1_000_000)
        if len(fired) < 6:
            timers.call_later(0.006, again)

    timers.call_later(0.006, again)
    trace.world.step()
    assert fired == [6, 12, 18]
    trace.world.step()
    assert fired == [6, 12, 18, 24, 30, 36]


def test_the_appliances_clock_does_not_drift_in_an_hour() -> None:
    """After 180 000 steps of 20 ms the clock shows exactly one hour, and 0.1 s timers fired at exact tenths."""
    clock = Clock()
    timers = WorldClock(clock, 5)
    trace = Trace(clock)
    off: list[int] = []

    def again() -> None:
        if timers.monotonic_ns() % 100_000_000:
            off.append(timers.monotonic_ns())
        timers.call_later(0.1, again)

    timers.call_later(0.1, again)
    for _ in range(180_000 // 20):
        trace.world._now_ms += 380  # most of the hour is passed over; only the clock is of interest
        trace.world.driver.advance_to(trace.world.now_ms)
        trace.world.step()
    assert timers.monotonic_ns() == 3_600_000_000_000
    assert timers.utc_ms() == 3_600_005
    assert off == []


def test_the_appliance_is_asked_until_it_rests() -> None:
    """What the appliance causes by handling something is handled in the same step."""
    trace = Trace(Clock())
    trace.left_to_handle = 3
    trace.world.step()
    assert trace.told.count("poll") == 2


def test_an_appliance_that_never_rests_is_a_fault_with_the_seed() -> None:
    """An endless loop ends with a message that tells how to repeat it."""
    clock = Clock()
    trace = Trace(clock)

    def again() -> None:
        clock.callLater(0, again)

    again()
    with pytest.raises(OurFault, match="seed 7"):
        trace.world.step()


def test_time_does_not_go_back() -> None:
    """Planning for the past is a fault."""
    trace = Trace(Clock())
    trace.world.step()
    with pytest.raises(OurFault, match="time does not go back"):
        trace.world.at(19, lambda: None)


def test_run_until_stops_at_the_condition_or_the_time_limit() -> None:
    """Waiting for something ends when it comes, or says that it did not."""
    world = Trace(Clock()).world
    assert world.run_until(lambda: world.now_ms >= 100, 1000)
    assert world.now_ms == 100
    assert not world.run_until(lambda: False, 60)
    assert world.now_ms == 160


def test_a_cancelled_timer_stays_cancelled() -> None:
    """Cancelling a timer twice, or after it ran, does nothing."""
    clock = Clock()
    timers = WorldClock(clock, 0)
    ran: list[int] = []
    timer = timers.call_later(0.01, lambda: ran.append(1))
    timer.cancel()
    timer.cancel()
    done = timers.call_later(0, lambda: ran.append(2))
    Trace(clock).world.step()
    done.cancel()
    assert ran == [2]


def test_real_time_follows_the_clock_and_catches_up() -> None:
    """One step every 20 ms; after a pause of 0.1 s the missing steps are made up."""
    trace, reactor = Trace(None), Clock()
    pacing = trace.world.run_realtime(reactor)
    reactor.pump([0.02] * 5)
    assert trace.world.now_ms == 100
    reactor.advance(0.1)
    assert trace.world.now_ms == 200
    assert (pacing.late_wakes, pacing.steps_left_out) == (1, 0)
    pacing.stop()
    pacing.stop()
    reactor.advance(1)
    assert trace.world.now_ms == 200


def test_real_time_does_not_follow_a_long_stall() -> None:
    """After a suspended machine wakes the world goes on from there and counts what it left out."""
    trace, reactor = Trace(None), Clock()
    pacing = trace.world.run_realtime(reactor)
    reactor.advance(10)
    assert trace.world.now_ms == CATCH_UP_STEPS_MAX * 20
    assert pacing.steps_left_out == 500 - CATCH_UP_STEPS_MAX
    reactor.advance(0.02)
    assert trace.world.now_ms == CATCH_UP_STEPS_MAX * 20 + 20


def test_real_time_waits_for_a_pump_that_is_busy() -> None:
    """While the pump has not taken the last tick, not one block more crosses the lines; then the missing ones do, one tick after the other."""
    trace, reactor = Trace(None), Clock()
    taken = [True]
    pacing = trace.world.run_realtime(reactor, lambda: taken[0])
    reactor.advance(0.02)
    taken[0] = False
    reactor.pump([0.001] * 100)
    assert trace.world.now_ms == 20
    taken[0] = True
    reactor.advance(0.001)
    assert trace.world.now_ms == 120
    assert pacing.waits == 1


def test_real_time_goes_on_without_a_broken_pump() -> None:
    """A pump that has stopped for good stops nobody else: callers of a broken appliance hear nothing, and time goes on."""
    trace, reactor = Trace(None), Clock()
    pacing = trace.world.run_realtime(reactor, lambda: False)
    reactor.pump([0.001] * 600)
    assert trace.world.now_ms > CATCH_UP_STEPS_MAX * 20
    reactor.advance(0.02)
    assert trace.world.now_ms == CATCH_UP_STEPS_MAX * 20 + (600 - 520) // 20 * 20 + 20
    assert pacing.waits == 1


def test_the_two_kinds_of_time_are_not_mixed() -> None:
    """A virtual world cannot be paced, a paced one cannot be run ahead."""
    with pytest.raises(OurFault, match="virtual"):
        Trace(Clock()).world.run_realtime(Clock())
    with pytest.raises(OurFault, match="run_realtime"):
        Trace(None).world.run_until(lambda: True, 1)


def test_who_looks_on_or_acts_and_fails_does_not_stop_the_world() -> None:
    """A browser's ear, a terminal or a clumsy act that breaks is told once and counted each time; everybody else's time goes on."""
    world = Trace(Clock()).world
    told: list[str] = []
    world.failed = lambda sentence, _error: told.append(sentence)

    def break_down(*_what: object) -> None:
        raise ValueError("the browser has gone")

    person = Person(world, "phone-801")
    person.ear.tap = break_down
    world.after_each_block(lambda: person.ear.hear(IDLE_BLOCK, world.block_start_sample))
    world.after(5, break_down)
    world.run_for(60)
    assert world.now_ms == 60
    assert person.ear.next_sample == world.now_sample
    assert told == ["an act: ValueError: the browser has gone", "whoever listens at phone-801: ValueError: the browser has gone"]
    assert world.failures == 4


def test_a_step_that_breaks_does_not_end_real_time() -> None:
    """A fault in one block of sound costs that block; the telephones go on with the next."""
    trace = Trace(None)
    reactor = Clock()
    told: list[str] = []
    trace.world.failed = lambda sentence, _error: told.append(sentence)
    trace.world.run_realtime(reactor)
    sound = trace.exchange_block
    trace.exchange_block = lambda: 1 // 0  # type: ignore[method-assign, assignment]  # the fault
    reactor.advance(0.02)
    reactor.advance(0.02)
    trace.exchange_block = sound  # type: ignore[method-assign]  # mended
    reactor.advance(0.02)
    assert trace.world.now_ms == 60
    assert trace.told[0] == "block 60 from sample 320"
    assert told == ["a step: ZeroDivisionError: integer division or modulo by zero"]
    assert trace.world.failures == 2


def test_without_anybody_to_be_told_a_failure_is_not_hidden() -> None:
    """A scenario in which an act breaks ends with that error."""
    world = Trace(Clock()).world
    world.after(5, lambda: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        world.step()
