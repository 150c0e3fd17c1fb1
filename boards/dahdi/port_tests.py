"""Line tests on real ports: a test borrows its channels from their lines, walks through its steps on them, and gives them back.

The lines' own machines have no part in it: a port that is tested is out of service, and opened anew afterwards. So a test cannot leave a line in a
state that it would not have by itself. A line on which somebody calls is given back at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from boards.dahdi.channel import Channel
from boards.dahdi.faults import text_of
from boards.dahdi.line import ChannelBay, Line
from boards.dahdi.lines import AnalogTrunk
from boards.dahdi.loans import Loans
from boards.dahdi.nodes.errors import DahdiError
from boards.dahdi.port_end import BorrowedPort, Notices
from boards.dahdi.port_life import MAINTENANCE, UNDER_TEST
from engine.kernel.clock import Clock
from engine.kernel.errors import Refused
from engine.kernel.text import Text, text
from engine.telephony.line_test_run import EndFault, LineTestRun, Outcome, TestEnd
from engine.telephony.line_tests import Plan, PortKind, Seen
from engine.telephony.port_testing import PortState, Progress

__all__ = ["RUNNING_MOST", "PortTests"]

RUNNING_MOST = 4


@dataclass
class _Running:
    """A test from its command to its end."""

    plan: Plan
    lines: tuple[Line, ...]
    over: Callable[[Outcome], None]
    ends: tuple[BorrowedPort, ...] = ()
    run: LineTestRun | None = None


class PortTests:
    """Implements ``engine.telephony.port_testing.PortTester``. ``loans`` are those of all tests on the driver; ``tone_zone`` by channel."""

    def __init__(
        self,
        clock: Clock,
        bay: ChannelBay,
        loans: Loans,
        lines: Iterable[Line],
        tone_zone: Callable[[int], int | None] = lambda _channel: None,
    ) -> None:
        self._clock = clock
        self._bay = bay
        self._loans = loans
        self._tone_zone = tone_zone
        self._lines: Mapping[str, Line] = {line.name: line for line in lines}
        self._running: list[_Running] = []

    def ports(self) -> Sequence[PortState]:
        states = [self._state(line) for line in self._lines.values()]
        return sorted(states, key=lambda state: state.kind is PortKind.PHONE)

    def begin(self, plan: Plan, port: str, far: str, over: Callable[[Outcome], None]) -> None:
        if len(self._running) >= RUNNING_MOST:
            raise Refused(text("{most} tests run already: wait, or stop one.", most=RUNNING_MOST))
        lines = tuple(self._line(name) for name in (port, far)[: plan.ends])
        if len(set(lines)) != len(lines):
            raise Refused(text("A loop is between two different ports."))
        for line in lines:
            self._need_idle(line)
        test = _Running(plan, lines, over)
        self._running.append(test)
        test.ends = tuple(self._end(test, place, line) for place, line in enumerate(lines))
        for end, line in zip(test.ends, lines, strict=True):
            self._borrow(test, end, line)

    def stop_test(self, port: str) -> None:
        test = self._test_of(self._line(port))
        if test is None:
            raise Refused(text("No test runs on {port}.", port=port))
        self._finish(test, TestEnd.STOPPED, None)

    def stop(self) -> None:
        """The board stops."""
        for test in list(self._running):
            self._finish(test, TestEnd.STOPPED, None)

    # ---- inside ------------------------------------------------------------------------------------------------------

    def _line(self, name: str) -> Line:
        line = self._lines.get(name)
        if line is None:
            raise Refused(text("There is no line or phone {port}.", port=name or "-"))
        return line

    def _need_idle(self, line: Line) -> None:
        if self._test_of(line) is not None or line.held_for == MAINTENANCE:
            raise Refused(text("{port} is being tested already.", port=line.name))
        if line.busy:
            raise Refused(text("{port} is in use: a test waits for nobody, and ends no call. Try again when it is idle.", port=line.name))

    def _state(self, line: Line) -> PortState:
        kind = PortKind.LINE if isinstance(line, AnalogTrunk) else PortKind.PHONE
        test = self._test_of(line)
        progress = None
        if test is not None:
            names = [one.name for one in test.lines]
            run = test.run
            progress = Progress(
                test.plan.test,
                names[0],
                "".join(names[1:]),
                run.progress if run is not None else 0.0,
                run.step if run is not None else None,
            )
        return PortState(line.name, kind, line.channel_number, line.span, line.busy, line.held_for, progress)

    def _test_of(self, line: Line) -> _Running | None:
        return next((test for test in self._running if line in test.lines), None)

    def _end(self, test: _Running, place: int, line: Line) -> BorrowedPort:
        def seen(what: Seen) -> None:
            if test.run is not None:
                test.run.seen(place, what)

        def key(pressed: str, level_dbm0: float | None) -> None:
            if test.run is not None:
                test.run.key(place, pressed, level_dbm0)

        return BorrowedPort(
            line, self._clock, self._bay, self._tone_zone, Notices(seen, key, lambda said: self._finish(test, TestEnd.FAILED, said))
        )

    def _borrow(self, test: _Running, end: BorrowedPort, line: Line) -> None:
        def got(channel: Channel) -> None:
            try:
                end.open(channel)
            except EndFault as fault:
                self._finish(test, TestEnd.FAILED, fault.said)
                return
            if all(each.opened for each in test.ends):
                self._walk(test)

        def refused(error: DahdiError) -> None:
            self._finish(test, TestEnd.FAILED, text_of(error.sentence))

        end.loan = self._loans.borrow(line.channel_number, got, refused, UNDER_TEST)

    def _walk(self, test: _Running) -> None:
        test.run = LineTestRun(test.plan, self._clock, test.ends, lambda outcome: self._over(test, outcome))
        test.run.begin()

    def _finish(self, test: _Running, end: TestEnd, failure: Text | None) -> None:
        if test.run is not None:
            test.run.finish(end, failure)
            return
        for each in test.ends:
            each.close()
        self._over(test, Outcome(test.plan, end, failure=failure))

    def _over(self, test: _Running, outcome: Outcome) -> None:
        if test in self._running:
            self._running.remove(test)
            test.over(outcome)
