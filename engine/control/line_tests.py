"""Line tests for people: which there are for a port, running one or all of them, their results and history.

A test takes its port out of service, and is begun only when the port is idle. Its findings are judged in the reading thread, for a test with sound
needs some arithmetic; the result is a fact, so the history is that of the journal.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from engine import facts
from engine.control.site_control import SiteControl
from engine.kernel.bus import Bus
from engine.kernel.clock import Clock
from engine.kernel.errors import BadInput, EnvironmentFault, Refused, StrowgerError
from engine.kernel.executor import Executor
from engine.kernel.text import text, text_as_json
from engine.people.actors import Act, Actor
from engine.store.queries import Moment
from engine.telephony.line_test_run import Outcome, TestEnd
from engine.telephony.line_test_words import DOES, NAMES, PERSON, found_words
from engine.telephony.line_tests import AUTOMATIC, LINE_TESTS, PHONE_TESTS, LineTest, Plan, PortKind, plan_for
from engine.telephony.line_tone import LineTone
from engine.telephony.line_verdicts import Judgement, Verdict, judge, learned
from engine.telephony.lines import Trunk
from engine.telephony.numbers import is_diallable
from engine.telephony.port_testing import PortState, PortTester
from engine.telephony.tones import TONE_SETS, ToneSet

__all__ = ["ALL", "LineTestControl", "line_test_answers", "line_test_result"]

ALL = "all"
HISTORY_SHOWN = 50
HISTORY_MOST = 200
NAME_MOST = 40
WAITING_MOST = 32
"""Who waits for the end of the tests of one port."""

T = TypeVar("T")
Request = Mapping[str, Any]
Done = Callable[[Any], None]
Failed = Callable[[Exception], None]
Answer = Callable[[Actor, Request, Done, Failed], None]
ReadHistory = Callable[[str, int, Callable[[Sequence[Moment]], None], Failed], None]
"""``(port, limit, done, failed)``: what was told of a port, newest first."""


def line_test_result(fact: facts.LineTested) -> dict[str, Any]:
    """A result as people want it: the sentence as a text for the reader's language, and the figures for programs."""
    figures = dict(value.partition("=")[::2] for value in fact.values)
    name = text_as_json(NAMES[LineTest(fact.test)]) if fact.test in set(LineTest) else None
    said = text_as_json(found_words(fact.found, figures))
    return {
        "port": fact.port,
        "far": fact.far,
        "test": fact.test,
        "name": name,
        "verdict": fact.verdict,
        "found": fact.found,
        "figures": figures,
        "said": said,
        "by": fact.by,
    }


@dataclass
class _Series:
    """Tests of a port one after the other."""

    port: str
    far: str
    plans: list[Plan]
    by: str
    results: list[facts.LineTested] = field(default_factory=list)
    waiting: list[Callable[[list[facts.LineTested]], None]] = field(default_factory=list)
    judging: bool = False
    learning: bool = False
    stopped: bool = False


class LineTestControl:
    """One per appliance. ``trunks`` are the exchange lines by name; ``decode`` makes samples of A-law; ``judging`` is where sound is measured;
    ``log`` is told who asks for tests.
    """

    def __init__(
        self,
        bus: Bus,
        tester: PortTester,
        trunks: Mapping[str, Trunk],
        sites: SiteControl,
        judging: Executor,
        decode: Callable[[bytes], Sequence[int]],
        log: Callable[[str], None],
    ) -> None:
        self._bus = bus
        self._tester = tester
        self._trunks = trunks
        self._sites = sites
        self._judging = judging
        self._decode = decode
        self._log = log
        self._series: dict[str, _Series] = {}

    # ---- what there is -----------------------------------------------------------------------------------------------

    def ports(self) -> Sequence[PortState]:
        """Every port of the site."""
        return self._tester.ports()

    def port(self, name: str) -> PortState:
        """One port. Refused when there is none of this name."""
        found = next((port for port in self.ports() if port.port == name), None)
        if found is None:
            raise Refused(text("There is no line or phone {port}.", port=name))
        return found

    def under_test(self, port: str) -> bool:
        """A test runs on it, or another of its series follows."""
        return any(port in (series.port, series.far) for series in self._series.values())

    def learns(self, port: str) -> bool:
        """It calls a busy number at this moment."""
        return port in self._series and self._series[port].learning

    # ---- commands ----------------------------------------------------------------------------------------------------

    def begin(self, actor: Actor, port: str, test: str, far: str, number: str) -> None:
        """Begin a test, or with ``all`` those that need nobody. Refused, with everything as it was, when it cannot be."""
        state = self.port(port)
        if self.under_test(port):
            raise Refused(text("{port} is being tested already.", port=port))
        if test == LineTest.LEARN_BUSY and state.kind is PortKind.LINE:
            self._learn(actor, port, number)
            return
        plans = self._plans(state, test)
        near, other = self._ends(state, far) if plans[0].ends == 2 else (port, "")
        if other and self.under_test(other):
            raise Refused(text("{port} is being tested already.", port=other))
        series = _Series(near, other, plans, actor.about)
        self._series[near] = series
        try:
            self._next(series)
        except Exception:
            del self._series[near]
            raise
        self._log(f"control: {actor.role} {actor.about} tests {near}{'-' + other if other else ''} ({test})")

    def stop(self, actor: Actor, port: str) -> None:
        """Stop the test of this port, and those that were to follow."""
        series = next((series for series in self._series.values() if port in (series.port, series.far)), None)
        if series is None:
            raise Refused(text("No test runs on {port}.", port=port))
        series.plans.clear()
        series.stopped = True
        if series.learning:
            self._trunks[series.port].release()
        elif not series.judging:
            self._tester.stop_test(series.port)
        self._log(f"control: {actor.role} {actor.about} stops the test of {port}")

    def wait(self, port: str, over: Callable[[list[facts.LineTested]], None]) -> None:
        """``over`` is called with the results when the tests of this port are over. Refused when too many wait."""
        series = self._series[port] if port in self._series else next(each for each in self._series.values() if each.far == port)
        if len(series.waiting) >= WAITING_MOST:
            raise Refused(text("Too many wait for the end of this test."))
        series.waiting.append(over)

    # ---- inside ------------------------------------------------------------------------------------------------------

    def _plans(self, state: PortState, test: str) -> list[Plan]:
        known = LINE_TESTS if state.kind is PortKind.LINE else PHONE_TESTS
        if test == ALL:
            if state.kind is PortKind.PHONE:
                raise Refused(text("The tests of a phone need somebody who lifts it: choose one of them."))
            return [plan_for(each, state.kind) for each in AUTOMATIC]
        if test not in known:
            raise BadInput(text("{test} is no test of this port; there are {known}.", test=repr(test), known=", ".join(known)))
        return [plan_for(LineTest(test), state.kind)]

    def _ends(self, state: PortState, far: str) -> tuple[str, str]:
        """The exchange line first."""
        other = self.port(far)
        if other.kind is state.kind:
            raise Refused(text("A loop is between an exchange line's port and a phone's port."))
        return (state.port, far) if state.kind is PortKind.LINE else (far, state.port)

    def _next(self, series: _Series) -> None:
        plan = series.plans.pop(0)
        self._tester.begin(plan, series.port, series.far, lambda outcome: self._judge(series, outcome))

    def _judge(self, series: _Series, outcome: Outcome) -> None:
        series.judging = True
        phone = self.port(series.port).kind is PortKind.PHONE
        tones = self._tones()
        self._measure(
            series,
            lambda: judge(outcome, phone=phone, tones=tones),
            lambda judgement: self._judged(series, outcome, judgement),
            lambda judgement: self._judged(series, outcome, judgement),
        )

    def _tones(self) -> ToneSet:
        return TONE_SETS[self._sites.site.box.tones]

    def _measure(self, series: _Series, work: Callable[[], T], done: Callable[[T], None], not_done: Callable[[Judgement], None]) -> None:
        """Work for the other thread; when it fails, the test is not done, and says why."""

        def failed(error: Exception) -> None:
            self._log(f"line test of {series.port} could not be judged: {error}")
            not_done(Judgement(Verdict.NOT_DONE, "failed", {"failure": str(error)}))

        try:
            self._judging.submit(work, done, failed)
        except EnvironmentFault as fault:
            failed(fault)

    def _judged(self, series: _Series, outcome: Outcome, judgement: Judgement) -> None:
        series.judging = False
        self._tell(series, outcome.plan.test, judgement)
        # Without battery or with a caller on the line no other test finds anything.
        if series.plans and outcome.end is TestEnd.DONE and judgement.found != "no_battery":
            try:
                self._next(series)
            except Refused as refusal:
                self._log(f"line tests of {series.port} end: {refusal}")
            else:
                return
        self._end(series)

    def _end(self, series: _Series) -> None:
        del self._series[series.port]
        for over in series.waiting:
            over(series.results)

    def _tell(self, series: _Series, test: LineTest, judgement: Judgement) -> None:
        values = tuple(f"{name}={figure}" for name, figure in judgement.figures.items())
        fact = facts.LineTested(
            port=series.port,
            far=series.far,
            test=test.value,
            verdict=judgement.verdict.value,
            found=judgement.found,
            values=values,
            by=series.by,
        )
        self._bus.publish(fact)
        series.results.append(fact)

    # ---- learning the busy tone --------------------------------------------------------------------------------------

    def _learn(self, actor: Actor, port: str, number: str) -> None:
        """A call of the line itself to a number that is busy; what the exchange sounds then is kept in the line's settings."""
        section = next(trunk for trunk in self._sites.site.trunks if trunk.name == port)
        number = number or section.number
        if not is_diallable(number):
            raise BadInput(text("A number that is busy is wanted: 1 to 32 of the keys 0-9, *, #, A-D, such as the line's own number."))
        series = _Series(port, "", [], actor.about, learning=True)

        def told(octets: bytes) -> None:
            if series.stopped:
                self._learned(actor, series, Judgement(Verdict.NOT_DONE, TestEnd.STOPPED.value), None)
                return
            tones = self._tones()
            self._measure(
                series,
                lambda: learned(self._decode(octets), tones),
                lambda found: self._learned(actor, series, *found),
                lambda judgement: self._learned(actor, series, judgement, None),
            )

        self._trunks[port].record_tone(number, told)
        self._series[port] = series
        self._log(f"control: {actor.role} {actor.about} lets {port} learn its busy tone by calling {number}")

    def _learned(self, actor: Actor, series: _Series, judgement: Judgement, tone: LineTone | None) -> None:
        def over(found: str, **more: str) -> None:
            self._tell(series, LineTest.LEARN_BUSY, replace(judgement, found=found, figures={**judgement.figures, **more}))
            self._end(series)

        def failed(error: Exception) -> None:
            over("learned_not_kept", failure=_written(error))

        if tone is None:
            over(judgement.found)
            return
        site = self._sites.site
        trunks = tuple(replace(trunk, busy_tone=tone.written) if trunk.name == series.port else trunk for trunk in site.trunks)
        if trunks == site.trunks:
            over("learned_before")
            return
        why = f"busy tone of {series.port} learned by a test call"
        try:
            self._sites.change(
                actor, replace(site, trunks=trunks), why, lambda changed: over("learned", version=str(changed.number)), failed
            )
        except StrowgerError as refusal:
            failed(refusal)


def _written(error: Exception) -> str:
    """An error's sentence as ``found_words`` reads it."""
    return json.dumps(text_as_json(error.text), ensure_ascii=False) if isinstance(error, StrowgerError) else str(error)


def line_test_answers(
    control: LineTestControl, clock: Clock, history: ReadHistory, call_on: Callable[[str], str]
) -> Mapping[str, tuple[Act, Answer]]:
    """The commands, each with the right it needs, for the table in ``asking.py``."""
    answers = _Answers(control, clock, history, call_on)
    return {
        "ports": (Act.SEE_STATUS, answers.ports),
        "port": (Act.SEE_STATUS, answers.port),
        "line_test": (Act.TEST_LINES, answers.begin),
        "line_test_end": (Act.TEST_LINES, answers.end),
    }


class _Answers:
    def __init__(self, control: LineTestControl, clock: Clock, history: ReadHistory, call_on: Callable[[str], str]) -> None:
        self._control = control
        self._clock = clock
        self._history = history
        self._call_on = call_on

    def ports(self, _actor: Actor, _request: Request, done: Done, _failed: Failed) -> None:
        """Every port; with ``kind`` those of a kind."""
        kind = _request.get("kind")
        done({"ports": [self._state(port) for port in self._control.ports() if kind in (None, port.kind.value)]})

    def port(self, _actor: Actor, request: Request, done: Done, failed: Failed) -> None:
        """One port: its state, its tests, and what they found, newest first."""
        port = self._control.port(_name(request, "port"))
        limit = request.get("limit", HISTORY_SHOWN)
        if not isinstance(limit, int) or isinstance(limit, bool) or not 1 <= limit <= HISTORY_MOST:
            raise BadInput(text("limit is {limit}; a number from 1 to {most} is wanted.", limit=repr(limit), most=HISTORY_MOST))
        phone = port.kind is PortKind.PHONE
        other = [each.port for each in self._control.ports() if each.kind is not port.kind]
        tests = [
            {
                "test": test.value,
                "name": text_as_json(NAMES[test]),
                "does": text_as_json(DOES[test]),
                "person": text_as_json(PERSON[test, phone]) if (test, phone) in PERSON else None,
            }
            for test in (PHONE_TESTS if phone else LINE_TESTS)
        ]

        def answer(moments: Sequence[Moment]) -> None:
            told = [
                {"utc_ms": moment.utc_ms, **line_test_result(moment.fact)}
                for moment in moments
                if isinstance(moment.fact, facts.LineTested)
            ]
            offset = self._clock.utc_offset_min()
            done({"utc_offset_min": offset, "port": self._state(port), "tests": tests, "other_ports": other, "history": told})

        self._history(port.port, limit, answer, failed)

    def begin(self, actor: Actor, request: Request, done: Done, _failed: Failed) -> None:
        """Begin ``test`` of ``port`` (``all``: those that need nobody); with ``wait`` the answer comes when it is over, with the results."""
        port = _name(request, "port")
        far = _name(request, "far") if "far" in request else ""
        number = request.get("number", "")
        if not isinstance(number, str):
            raise BadInput(text("A number to be dialled is wanted."))
        self._control.begin(actor, port, _name(request, "test"), far, number)
        if request.get("wait") is True:
            self._control.wait(port, lambda results: done({"results": [line_test_result(fact) for fact in results]}))
        else:
            done({"port": self._state(self._control.port(port))})

    def end(self, actor: Actor, request: Request, done: Done, _failed: Failed) -> None:
        """Stop the test of a port."""
        port = _name(request, "port")
        self._control.stop(actor, port)
        done({"port": self._state(self._control.port(port))})

    def _state(self, port: PortState) -> dict[str, Any]:
        running = port.running
        shown: dict[str, Any] | None = None
        if running is None and self._control.learns(port.port):
            shown = {
                "test": LineTest.LEARN_BUSY.value,
                "name": text_as_json(NAMES[LineTest.LEARN_BUSY]),
                "port": port.port,
                "far": "",
                "percent": None,
                "step": "",
                "person": None,
            }
        if running is not None:
            phone = port.kind is PortKind.PHONE
            shown = {
                "test": running.test.value,
                "name": text_as_json(NAMES[running.test]),
                "port": running.port,
                "far": running.far,
                "percent": round(running.share * 100),
                "step": "" if running.step is None else type(running.step).__name__,
                "person": text_as_json(PERSON[running.test, phone]) if (running.test, phone) in PERSON else None,
            }
        return {
            "port": port.port,
            "kind": port.kind.value,
            "channel": port.channel,
            "span": port.span,
            "busy": port.busy,
            "fault": port.fault,
            "call": self._call_on(port.port),
            "under_test": self._control.under_test(port.port),
            "running": shown,
        }


def _name(request: Request, key: str) -> str:
    name = request.get(key)
    if not isinstance(name, str) or not 1 <= len(name) <= NAME_MOST:
        raise BadInput(text("{name} is missing or wrong: a text of 1 to {most} characters is wanted.", name=key, most=NAME_MOST))
    return name
