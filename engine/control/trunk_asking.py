"""Questions and commands about trunks, each with the right it needs, for the table in ``asking.py``; captures of signalling and their end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from engine import facts
from engine.control.trunk_control import WHY_MOST, TrunkControl
from engine.control.trunk_views import capture_shown, trace_shown
from engine.kernel.bus import Bus
from engine.kernel.clock import Clock, Timer
from engine.kernel.errors import BadInput, EnvironmentFault, Refused
from engine.kernel.executor import Executor
from engine.kernel.text import Text, text
from engine.people.actors import Act, Actor
from engine.telephony.call_trace import CAPTURE_LIMIT_MOST_S, Selection, TrunkSignalling

__all__ = ["CAPTURE_LIMIT_USUAL_S", "LINES_MOST", "NUMBER_MOST", "CallTraces", "selection_of", "trunk_answers"]

CAPTURE_LIMIT_USUAL_S = 15 * 60
NAME_MOST = 60
NUMBER_MOST = 32
NUMBER_SIGNS = frozenset("0123456789*#ABCDE")
CHANNEL_MOST = 31
LINES_MOST = 500
"""Messages in one answer; the newest, or the first ones behind ``after``."""
WAIT_MOST_S = 30
WAITING_MOST = 32
FILES_MOST = 20
LOOK_AGAIN_S = 0.2
"""Between two looks for a reader who waits for the next message."""

Request = Mapping[str, Any]
Done = Callable[[Any], None]
Failed = Callable[[Exception], None]
Answer = Callable[[Actor, Request, Done, Failed], None]


class CallTraces:
    """Captures of the signalling of trunks: begun and ended by people, bounded in time. One per appliance."""

    def __init__(self, bus: Bus, clock: Clock, trunks: TrunkControl, folder: Path, writing: Executor, log: Callable[[str], None]) -> None:
        self._bus = bus
        self._clock = clock
        self._trunks = trunks
        self._folder = folder
        self._writing = writing
        self._log = log
        self._timers: dict[str, Timer] = {}
        self.waiting = 0
        """Readers who wait for the next message."""

    def of(self, trunk: str) -> TrunkSignalling:
        """The signalling of a trunk. Refused when it has none."""
        found = self._trunks.signalling.get(trunk)
        if found is None:
            raise Refused(text("There is no trunk {trunk} with signalling that can be traced.", trunk=trunk))
        return found

    def begin(self, actor: Actor, trunk: str, selection: Selection, limit_s: int) -> None:
        """Capture for so long at most. Refused while a capture of this trunk runs."""
        self.of(trunk).begin_capture(selection, limit_s, actor.about)
        self._bus.publish(facts.TraceStarted(trunk=trunk, limit_s=limit_s, by=actor.about))
        self._log(f"control: {actor.role} {actor.about} captures the signalling of {trunk} for {limit_s} s")
        self._timers[trunk] = self._clock.call_later(limit_s, partial(self.end, trunk, "limit"))

    def end(self, trunk: str, why: str) -> None:
        """Capture no more. Refused when nothing is captured."""
        signalling = self.of(trunk)
        before = signalling.capture()
        if trunk not in self._timers or before is None:
            raise Refused(text("Nothing is captured on {trunk}.", trunk=trunk))
        self._timers.pop(trunk).cancel()
        signalling.end_capture(why)
        after = signalling.capture()
        assert after is not None
        self._bus.publish(facts.TraceEnded(trunk=trunk, reason=after.why_ended, messages=after.messages, lost=after.lost))

    def save(self, trunk: str, render: Callable[[Text], str], done: Callable[[Path], None], failed: Failed) -> None:
        """Write the newest capture into the folder of traces, which keeps the newest ``FILES_MOST``. Refused when there is none."""
        signalling = self.of(trunk)
        capture = signalling.capture()
        if capture is None or not capture.messages:
            raise Refused(text("Nothing has been captured on {trunk}.", trunk=trunk))
        octets = signalling.capture_file(render)
        path = self._folder / f"{trunk}-{capture.begun_utc_ms // 1000}.{signalling.file_suffix}"
        self._writing.submit(lambda: _write(path, octets), done, failed)

    def stop(self) -> None:
        """The appliance stops."""
        for trunk in list(self._timers):
            self.end(trunk, "stopping")

    def wait(self, ready: Callable[[], bool], seconds: int, then: Callable[[], None]) -> None:
        """``then``, as soon as ``ready`` or after so long. Refused when too many wait."""
        if self.waiting >= WAITING_MOST:
            raise Refused(text("Too many follow traces at this moment."))
        self.waiting += 1
        until_ns = self._clock.monotonic_ns() + seconds * 1_000_000_000

        def look() -> None:
            if not ready() and self._clock.monotonic_ns() < until_ns:
                self._clock.call_later(LOOK_AGAIN_S, look)
                return
            self.waiting -= 1
            then()

        look()


def _write(path: Path, octets: bytes) -> Path:
    """Runs in the writing thread. Raises EnvironmentFault."""
    try:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(octets)
        older = sorted((file for file in path.parent.iterdir() if file.is_file()), key=lambda file: file.stat().st_mtime_ns)
        for file in older[:-FILES_MOST]:
            file.unlink(missing_ok=True)
    except OSError as error:
        raise EnvironmentFault(
            text("{path} cannot be written ({error}): look at the disk of the data folder.", path=str(path), error=str(error))
        ) from error
    return path


def trunk_answers(trunks: TrunkControl, traces: CallTraces, clock: Clock) -> Mapping[str, tuple[Act, Answer]]:
    """The commands by name."""
    look, work = _Looking(trunks, clock), _Working(trunks)
    trace = _Tracing(traces, clock)
    return {
        "trunks": (Act.SEE_STATUS, look.trunks),
        "trunk": (Act.SEE_STATUS, look.trunk),
        "block": (Act.TEST_LINES, work.block),
        "unblock": (Act.TEST_LINES, work.unblock),
        "trunk_trace": (Act.TEST_LINES, trace.trace),
        "capture": (Act.TEST_LINES, trace.begin),
        "capture_end": (Act.TEST_LINES, trace.end),
        "capture_save": (Act.TEST_LINES, trace.save),
    }


class _Looking:
    def __init__(self, trunks: TrunkControl, clock: Clock) -> None:
        self._trunks = trunks
        self._clock = clock

    def trunks(self, _actor: Actor, _request: Request, done: Done, _failed: Failed) -> None:
        """Every trunk and span with its sums."""
        done({"utc_offset_min": self._clock.utc_offset_min(), "trunks": self._trunks.trunks(), "spans": self._trunks.spans()})

    def trunk(self, _actor: Actor, request: Request, done: Done, _failed: Failed) -> None:
        """One trunk with its lines, its D channel and its capture."""
        done({"utc_offset_min": self._clock.utc_offset_min(), **self._trunks.trunk(_word(request, "trunk"))})


class _Working:
    def __init__(self, trunks: TrunkControl) -> None:
        self._trunks = trunks

    def block(self, actor: Actor, request: Request, done: Done, _failed: Failed) -> None:
        """Block a line, a trunk or a span."""
        mode = _word(request, "mode") if "mode" in request else "after_calls"
        lines = self._trunks.block(actor, _word(request, "scope"), _word(request, "name"), mode, _why(request))
        done({"lines": list(lines)})

    def unblock(self, actor: Actor, request: Request, done: Done, _failed: Failed) -> None:
        """Unblock it."""
        lines = self._trunks.unblock(actor, _word(request, "scope"), _word(request, "name"), _why(request))
        done({"lines": list(lines)})


class _Tracing:
    def __init__(self, traces: CallTraces, clock: Clock) -> None:
        self._traces = traces
        self._clock = clock

    def trace(self, _actor: Actor, request: Request, done: Done, _failed: Failed) -> None:
        """Messages in words: of the ring of the newest, with ``captured`` of the capture; ``wait_s``: answer only when there is one."""
        signalling = self._traces.of(_word(request, "trunk"))
        selection, captured = selection_of(request), request.get("captured") is True
        after = _whole(request, "after", 0, 2**53 - 1, least=0)
        limit = _whole(request, "limit", LINES_MOST, LINES_MOST)

        def found() -> list[Any]:
            return list(signalling.captured(after) if captured else signalling.recent(selection, after))

        def answer() -> None:
            lines = found()
            shown = lines[:limit] if after else lines[-limit:]
            done(
                {
                    "utc_offset_min": self._clock.utc_offset_min(),
                    "lines": [trace_shown(line) for line in shown],
                    "capture": capture_shown(signalling.capture()),
                }
            )

        wait_s = _whole(request, "wait_s", 0, WAIT_MOST_S, least=0)
        if wait_s:
            self._traces.wait(lambda: bool(found()), wait_s, answer)
        else:
            answer()

    def begin(self, actor: Actor, request: Request, done: Done, _failed: Failed) -> None:
        """Begin a capture."""
        trunk = _word(request, "trunk")
        limit_s = _whole(request, "limit_s", CAPTURE_LIMIT_USUAL_S, CAPTURE_LIMIT_MOST_S)
        self._traces.begin(actor, trunk, selection_of(request), limit_s)
        done({"capture": capture_shown(self._traces.of(trunk).capture())})

    def end(self, _actor: Actor, request: Request, done: Done, _failed: Failed) -> None:
        """End it."""
        trunk = _word(request, "trunk")
        self._traces.end(trunk, "ended")
        done({"capture": capture_shown(self._traces.of(trunk).capture())})

    def save(self, _actor: Actor, request: Request, done: Done, failed: Failed) -> None:
        """Write it to a file on the box."""
        self._traces.save(_word(request, "trunk"), Text.in_english, lambda path: done({"file": str(path)}), failed)


# ---- what is asked ---------------------------------------------------------------------------------------------------


def _word(request: Request, name: str) -> str:
    word = request.get(name)
    if not isinstance(word, str) or not 1 <= len(word) <= NAME_MOST:
        raise BadInput(text("{name} is missing or wrong: a text of 1 to {most} characters is wanted.", name=name, most=NAME_MOST))
    return word


def _why(request: Request) -> str:
    why = request.get("why")
    if not isinstance(why, str):
        raise BadInput(_say_why())
    return why.strip()


def _say_why() -> Text:
    return text("Say why, in 1 to {most} characters on one line: others will wonder.", most=WHY_MOST)


def selection_of(request: Request) -> Selection:
    """Which calls are wanted: ``number``, ``channel``. Raises BadInput."""
    number = request.get("number", "")
    if not isinstance(number, str) or len(number) > NUMBER_MOST or not NUMBER_SIGNS.issuperset(number):
        raise BadInput(
            text("{number} is no number to look for: up to {most} digits are wanted.", number=repr(number)[:40], most=NUMBER_MOST)
        )
    return Selection(number, _whole(request, "channel", 0, CHANNEL_MOST, least=0))


def _whole(request: Request, name: str, usual: int, most: int, *, least: int = 1) -> int:
    number = request.get(name, usual)
    if not isinstance(number, int) or isinstance(number, bool) or not least <= number <= most:
        raise BadInput(
            text(
                "{what}: {number} was given; a number from {least} to {most} is wanted.",
                what=name,
                number=str(number)[:40] or "-",
                least=least,
                most=most,
            )
        )
    return number
