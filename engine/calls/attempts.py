"""The exchange lines of calls: which call each line carries, and on which line a call out is tried next."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from engine import facts
from engine.calls import call as c
from engine.calls.register import Call
from engine.calls.route import Route
from engine.kernel.errors import OurFault, Refused
from engine.telephony.causes import Cause, Release
from engine.telephony.lines import Trunk
from engine.telephony.numbers import Redirection

__all__ = ["Attempts"]

LINES_BUSY = Release(Cause.NO_CIRCUIT_AVAILABLE, "lines_busy")
NOT_DIALLABLE = Release(Cause.INVALID_NUMBER_FORMAT, "not_diallable")


@dataclass(frozen=True)
class _Way:
    """What is dialled on a line, the number shown to the called party (empty: that of the group, or the line's own), where it goes on to, and from where
    the call was led on.
    """

    number: str
    presented: str
    route: Route
    redirection: Redirection | None = None

    def dial(self, trunk: Trunk) -> None:
        """On this line. Refused as its ``dial``."""
        trunk.dial(self.number, self.presented or self.route.caller_number, self.redirection)


class Attempts:
    """One per appliance. ``trunks`` by name, as the switch knows them."""

    def __init__(self, trunks: dict[str, Trunk], publish: Callable[[Call, facts.Fact], None]) -> None:
        self._trunks = trunks
        self._publish = publish
        self._carrying: dict[str, Call] = {}
        self._ways: dict[str, _Way] = {}
        self._next_ways: dict[tuple[str, str], _Way] = {}
        """Of calls (by id) that are to be tried on a line next."""
        self._doubted: set[str] = set()
        """Lines without dial tone at the last attempt."""

    # ---- which call is on which line ----

    def call_on(self, line: str) -> Call | None:
        """The call that a line carries."""
        return self._carrying.get(line)

    def check_free(self, line: str) -> None:
        """OurFault when the line carries a call already."""
        if line in self._carrying:
            raise OurFault(f"{line} offers a call while it carries {self._carrying[line].id}")

    def carry(self, line: str, call: Call) -> None:
        """The line carries this call from now on."""
        self._carrying[line] = call

    def free(self, line: str, call: Call) -> bool:
        """The line carries this call no more; True when it did."""
        if self._carrying.get(line) is not call:
            return False
        self._free(line)
        return True

    def hand_over(self, call: Call, to: Call) -> None:
        """The lines of the one call are those of the other from now on."""
        for line in self.lines_of(call):
            self._carrying[line] = to
        for key in [key for key in self._next_ways if key[0] == call.id]:
            self._next_ways[to.id, key[1]] = self._next_ways.pop(key)

    def forget(self, call: Call) -> None:
        """The call is over: what it has carries it no more, and what was seized for it too late is released."""
        for line in self.lines_of(call):
            self._free(line)
            self._trunks[line].release()
        for key in [key for key in self._next_ways if key[0] == call.id]:
            del self._next_ways[key]

    def lines_of(self, call: Call) -> tuple[str, ...]:
        """The lines that carry a call."""
        return tuple(line for line, carried in self._carrying.items() if carried is call)

    def number_on(self, line: str) -> str:
        """What was dialled on the line for the call that it carries; empty: nothing."""
        way = self._ways.get(line)
        return way.number if way is not None else ""

    def outgoing(self, group: str) -> int:
        """How many calls go out by a trunk group now."""
        return sum(1 for way in self._ways.values() if way.route.group == group)

    def _free(self, line: str) -> None:
        del self._carrying[line]
        self._ways.pop(line, None)

    def post(self, line: str, event: object) -> None:
        """Tell the call on the line."""
        call = self._carrying.get(line)
        if call is not None:
            call.post(event)

    def is_free(self, line: str) -> bool:
        """True when an outgoing call can seize the line."""
        return line not in self._carrying and self._trunks[line].free

    def is_doubted(self, line: str) -> bool:
        """True when the line gave no dial tone the last time."""
        return line in self._doubted

    def doubt(self, line: str, *, doubted: bool) -> None:
        """It gave no dial tone, or is found to work."""
        (self._doubted.add if doubted else self._doubted.discard)(line)

    # ---- attempts ----

    def first_line(self, number: str, route: Route, presented: str, redirection: Redirection | None = None) -> str:
        """The line that dials the number. Refused when there is no line, or none can dial it."""
        refusal: Refused | None = None
        way = _Way(number, presented, route, redirection)
        line = route.first()
        while line:
            try:
                way.dial(self._trunks[line])
            except Refused as refused:
                refusal, line = refused, route.next(NOT_DIALLABLE)
                continue
            self._ways[line] = way
            return line
        raise refusal or Refused(route.refusal)

    def seize(self, call: Call, line: str) -> None:
        """Dial on the next line what was dialled on the one before; one that was taken meanwhile is passed over."""
        call.line = line
        way = self._next_ways.pop((call.id, line))
        if line not in self._carrying:
            with suppress(Refused):
                way.dial(self._trunks[line])
                self._carrying[line], self._ways[line] = call, way
                return
        call.post(c.LineGaveBack(line, LINES_BUSY, self._next_line(call, way, LINES_BUSY)))

    def failed(self, line: str, release: Release) -> bool:
        """The exchange announces why the attempt fails. Where another way may help that is not waited for; False: it is to be heard."""
        call, way = self._carrying.get(line), self._ways.get(line)
        if call is None or way is None or not call.attempting(line):
            return False
        next_line = self._next_line(call, way, release)
        if not next_line:
            return False
        self._free(line)
        self._trunks[line].release()
        call.post(c.LineGaveBack(line, release, next_line))
        return True

    def released(self, line: str, release: Release) -> None:
        """The far end is gone; or the line gives a call of ours back. It may carry another from this moment on."""
        call, way = self._carrying.get(line), self._ways.get(line)
        if release.reason == "no_dial_tone":
            self._doubted.add(line)
        if call is None:
            return
        attempting = way is not None and call.attempting(line)
        next_line = self._next_line(call, way, release) if way is not None and attempting else ""
        self._free(line)
        call.post(c.LineGaveBack(line, release, next_line) if next_line else c.FarReleased(line, release))

    def moved(self, line: str, to: Trunk) -> None:
        """The exchange's choice of a channel."""
        call = self._carrying.pop(line, None)
        if call is None:
            to.release()  # the call's end crossed this, and released a channel on which it was not any more
            return
        self._carrying[to.name], call.line = call, to.name
        call.post(c.LineMoved(line, to.name))
        group, way = "", self._ways.pop(line, None)
        if way is not None:
            self._ways[to.name], group = way, way.route.group
            way.route.moved(to.name)
        told = facts.CallRerouted(call=call.id, line=line, reason="moved", next_line=to.name, cause=0, group=group, next_group=group)
        self._publish(call, told)

    def rerouted(self, call: Call, line: str, release: Release, next_line: str) -> None:
        """Tell of an attempt that ended so, and of the next."""
        route = self._next_ways[call.id, next_line].route
        self._publish(
            call,
            facts.CallRerouted(
                call=call.id,
                line=line,
                reason=release.reason,
                next_line=next_line,
                cause=release.value,
                group=route.previous_group,
                next_group=route.group,
            ),
        )

    def _next_line(self, call: Call, way: _Way, release: Release) -> str:
        """Where the call is tried after an attempt that ended so; empty: nowhere."""
        next_line = way.route.next(release)
        if way.route.exhausted:
            self._publish(call, facts.AttemptsExhausted(call=call.id, group=way.route.group, attempts=way.route.exhausted))
        if next_line:
            self._next_ways[call.id, next_line] = way
        return next_line
