"""Trunks as things people run: lines blocked and unblocked, one by one, by trunk or by span, and what each does at this moment.

A block is a fact: it survives a restart, and says who wanted it and why. *Now* ends the calls on the lines with cause 41 (temporary failure);
*after calls* lets each go on to its end. Either way no new call begins, in or out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from engine import facts
from engine.calls import call as c
from engine.calls.switch import Call, Switch
from engine.control.control import ActRefused
from engine.control.trunk_tally import CarriedCall, TrunkTally, day_of
from engine.control.trunk_views import LineNow, TrunkLines, capture_shown, line_shown, signalling_shown, totals, trunks_of
from engine.kernel.bus import Bus
from engine.kernel.clock import Clock
from engine.kernel.errors import BadInput, Refused
from engine.kernel.text import text
from engine.people.actors import Act, Actor, allowed
from engine.settings.site import Site
from engine.store.queries import CallRow
from engine.telephony.blocking import Block, BlockableLine, BlockMode, Blocks
from engine.telephony.call_trace import TrunkSignalling
from engine.telephony.causes import Cause, Release

__all__ = ["D_CHANNEL_ALARM", "SCOPES", "WHY_MOST", "TrunkControl", "carried_call"]

WHY_MOST = 200
BLOCKED = Release(Cause.TEMPORARY_FAILURE, "blocked")
D_CHANNEL_ALARM = "d-channel"
D_CHANNEL_SENTENCE = "The D channel of trunk {trunk} is down: no new calls on it. Look at the span's alarms, at the signalling of both ends and at the timeslot."
SCOPES = ("line", "trunk", "span")
NS_A_MS = 1_000_000


def carried_call(row: CallRow) -> CarriedCall:
    """A call of the tables, as far as it counts for its line."""
    answered, ended = row.answered_utc_ms, row.ended_utc_ms
    seconds = (ended - answered) / 1000 if answered is not None and ended is not None else 0.0
    return CarriedCall(row.line, row.direction == "incoming", answered is not None, max(seconds, 0.0), row.cause)


class TrunkControl:
    """One per appliance. ``lines``: every line and phone by name; ``kept``: what was blocked before the start; ``signalling``: of each E1 trunk."""

    def __init__(
        self,
        bus: Bus,
        clock: Clock,
        switch: Switch,
        lines: Iterable[BlockableLine],
        site: Callable[[], Site],
        kept: Iterable[Block],
        signalling: Sequence[TrunkSignalling],
        log: Callable[[str], None],
    ) -> None:
        self._bus = bus
        self._clock = clock
        self._switch = switch
        self._lines: Mapping[str, BlockableLine] = {line.name: line for line in lines}
        self._site = site
        self._blocks = Blocks.of(kept)
        self._log = log
        self._down_ns: dict[str, int] = {}
        self.signalling: Mapping[str, TrunkSignalling] = {one.trunk: one for one in signalling}
        self.tally = TrunkTally(switch.trunks)
        bus.subscribe("blocks", self._blocks.hear)
        bus.subscribe("trunk tally", self.tally.hear)
        for one in signalling:
            one.watch(lambda up, trunk=one.trunk: self._d_channel(trunk, up=up))  # type: ignore[misc]  # mypy cannot infer a lambda's default

    def start(self) -> None:
        """Before the boards start: what was blocked stays blocked."""
        for name in self._blocks.by_line:
            if name in self._lines:
                self._lines[name].block()

    # ---- commands ----------------------------------------------------------------------------------------------------

    def block(self, actor: Actor, scope: str, name: str, mode: str, why: str) -> tuple[str, ...]:
        """Keep a ``line``, the lines of a ``trunk`` or of a ``span`` (its name in the settings) from new calls; the lines concerned.

        ``mode``: ``now``, ``after_calls``; ``why``: 1…200 characters. ActRefused: no right; Refused: no such thing, or nothing to change.
        """
        wanted = self._named(actor, scope, name, why)
        if mode not in set(BlockMode):
            raise BadInput(text("{mode} is no way to block; there are {known}.", mode=repr(mode), known=", ".join(BlockMode)))
        fresh = tuple(line for line in wanted if self._stricter(line, BlockMode(mode)))
        if not fresh:
            raise Refused(text("{name} is blocked already.", name=name))
        self._bus.publish(facts.LinesBlocked(lines=fresh, mode=mode, by=actor.about, why=why))
        self._log(f"control: {actor.role} {actor.about} blocks {', '.join(fresh)} ({mode}): {why}")
        for line in fresh:
            self._lines[line].block()
        if mode == BlockMode.NOW:
            for call in self._calls_on(fresh):
                call.post(c.End(BLOCKED, "system"))
        return fresh

    def unblock(self, actor: Actor, scope: str, name: str, why: str) -> tuple[str, ...]:
        """Let them carry calls again; the lines concerned. As ``block``."""
        wanted = self._named(actor, scope, name, why)
        fresh = tuple(line for line in wanted if line in self._blocks.by_line)
        if not fresh:
            raise Refused(text("{name} is not blocked.", name=name))
        self._bus.publish(facts.LinesUnblocked(lines=fresh, by=actor.about, why=why))
        self._log(f"control: {actor.role} {actor.about} unblocks {', '.join(fresh)}: {why}")
        for line in fresh:
            self._lines[line].unblock()
        return fresh

    def _named(self, actor: Actor, scope: str, name: str, why: str) -> tuple[str, ...]:
        if not allowed(actor, Act.TEST_LINES, ""):
            raise ActRefused(text("{actor} may not do this.", actor=actor.about), "not_allowed_now")
        if scope not in SCOPES:
            raise BadInput(text("{scope} cannot be blocked; there are {known}.", scope=repr(scope), known=", ".join(SCOPES)))
        if not 1 <= len(why.strip()) <= WHY_MOST or not why.isprintable():
            raise BadInput(text("Say why, in 1 to {most} characters on one line: others will wonder.", most=WHY_MOST))
        named = self._lines_of(scope, name)
        if not named:
            raise Refused(text("There is no {name} with lines.", name=name))
        return named

    def _lines_of(self, scope: str, name: str) -> tuple[str, ...]:
        if scope == "line":
            return (name,) if name in self._lines else ()
        key = "name" if scope == "trunk" else "span"
        found = [trunk for trunk in trunks_of(self._site()) if name and getattr(trunk, key) == name]
        return tuple(line for trunk in found for line in trunk.lines if line in self._lines)

    def _stricter(self, line: str, mode: BlockMode) -> bool:
        """The line is not blocked yet, or its call is to end now."""
        before = self._blocks.by_line.get(line)
        return before is None or (mode is BlockMode.NOW and before.mode != BlockMode.NOW)

    def _calls_on(self, lines: Sequence[str]) -> list[Call]:
        phones = [self._switch.phones[name] for name in lines if name in self._switch.phones]
        found = {call.id: call for phone in phones for call in (phone.call, phone.held) if call is not None}
        found |= {call.id: call for call in self._switch.calls.values() if set(call.lines) & set(lines)}
        return list(found.values())

    # ---- the D channel -----------------------------------------------------------------------------------------------

    def _d_channel(self, trunk: str, *, up: bool) -> None:
        now_ns = self._clock.monotonic_ns()
        if not up:
            self._down_ns[trunk] = now_ns
            self._bus.publish(facts.DChannelDown(trunk=trunk))
            sentence = D_CHANNEL_SENTENCE.format(trunk=trunk)
            self._bus.publish(facts.AlarmRaised(alarm=D_CHANNEL_ALARM, about=trunk, sentence=sentence))
            return
        began_ns = self._down_ns.pop(trunk, None)
        self._bus.publish(facts.DChannelUp(trunk=trunk, down_ms=0 if began_ns is None else (now_ns - began_ns) // NS_A_MS))
        if began_ns is not None:
            self._bus.publish(facts.AlarmCleared(alarm=D_CHANNEL_ALARM, about=trunk))

    # ---- looking -----------------------------------------------------------------------------------------------------

    def block_of(self, line: str) -> Block | None:
        """Who has blocked a line or phone, and why."""
        return self._blocks.by_line.get(line)

    def names(self) -> tuple[str, ...]:
        """Every trunk."""
        return tuple(trunk.name for trunk in trunks_of(self._site()))

    def trunks(self) -> list[dict[str, Any]]:
        """Every trunk with its sums."""
        return [self._summary(trunk) for trunk in trunks_of(self._site())]

    def spans(self) -> list[dict[str, Any]]:
        """The sums of each span that carries trunks."""
        found: dict[str, tuple[str, ...]] = {}
        for trunk in trunks_of(self._site()):
            if trunk.span:
                found[trunk.span] = found.get(trunk.span, ()) + self._counted(trunk)
        return [{"span": span, "lines": len(lines), **totals(lines, self.tally, self._day())} for span, lines in found.items()]

    def trunk(self, name: str) -> dict[str, Any]:
        """One trunk with its lines and its signalling. Refused when there is none of this name."""
        trunk = next((one for one in trunks_of(self._site()) if one.name == name), None)
        if trunk is None:
            raise Refused(text("There is no trunk {trunk}.", trunk=name))
        signalling = self.signalling.get(name)
        day = self._day()
        carrying = {line: call for call in self._switch.calls.values() for line in call.lines}
        return {
            **self._summary(trunk),
            "lines": [
                line_shown(self._now(line, trunk.places[line], carrying.get(line)), self.tally, day) for line in self._counted(trunk)
            ],
            "signalled": None if signalling is None else signalling_shown(signalling.state()),
            "capture": None if signalling is None else capture_shown(signalling.capture()),
        }

    def _summary(self, trunk: TrunkLines) -> dict[str, Any]:
        lines = self._counted(trunk)
        signalling = self.signalling.get(trunk.name)
        carrying = {line for call in self._switch.calls.values() for line in call.lines}
        return {
            "trunk": trunk.name,
            "signalling": trunk.signalling,
            "span": trunk.span,
            "channels": len(lines),
            "in_call": sum(1 for line in lines if line in carrying),
            "free": sum(1 for line in lines if self._switch.trunks[line].free and line not in carrying),
            "out_of_service": sum(1 for line in lines if self.tally.fault(line) and line not in self._blocks.by_line),
            "blocked": sum(1 for line in lines if line in self._blocks.by_line),
            "up": None if signalling is None else signalling.state().up,
            **totals(lines, self.tally, self._day()),
        }

    def _counted(self, trunk: TrunkLines) -> tuple[str, ...]:
        """Lines that run; those of settings that wait for a restart do not."""
        return tuple(line for line in trunk.lines if line in self._switch.trunks)

    def _now(self, line: str, place: int, call: Call | None) -> LineNow:
        other = "" if call is None else call.caller.number if call.direction == "in" else call.called
        return LineNow(
            line,
            place,
            self._switch.trunks[line].free,
            self.tally.fault(line),
            call.id if call else "",
            call.stage if call else "",
            other,
            self._blocks.by_line.get(line),
            self.tally.changed_utc_ms(line),
        )

    def _day(self) -> int:
        return day_of(self._clock.utc_ms(), self._clock.utc_offset_min())
