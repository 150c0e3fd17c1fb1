"""When spans are brought to what the site wants: at the start all, later each as soon as nothing is going on there.

The board knows what differs and how it is mended; this decides when. A span is configured only while none of its lines carries a call, since
its channels are hung up by it. What the driver or the card refuses is told once, as a fact and an alarm, and not tried again until the site is
changed, or another span was configured (whose numbers may have been in the way).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from engine import facts
from engine.kernel.bus import Bus, Envelope
from engine.kernel.clock import Clock, Timer
from engine.kernel.errors import BadInput, EnvironmentFault, Refused
from engine.kernel.text import Text, joined, text, text_as_json, text_written
from engine.people.actors import Act, Actor
from engine.settings.site import Site
from engine.telephony.spans import OUTSIDE, SpanBoard, SpanChange, SpanOutcome

__all__ = ["ALARM", "Decision", "SpanControl", "decide", "span_answers"]

ALARM = "span-configuration"
LOOK_AGAIN_S = 1.0
"""Between two looks whether the lines are idle now."""
ROUNDS_MOST = 20
"""Spans may make room for each other; so often it is looked again."""

Request = Mapping[str, Any]
Done = Callable[[Any], None]
Failed = Callable[[Exception], None]
Answer = Callable[[Actor, Request, Done, Failed], None]


@dataclass(frozen=True)
class Decision:
    """Which spans are configured now, and which wait for which lines."""

    now: tuple[str, ...]
    waits: Mapping[str, tuple[str, ...]]


def decide(changes: Sequence[SpanChange], busy: Collection[str]) -> Decision:
    """A span with something to do goes at once, unless one of its lines is busy."""
    waits = {change.span: tuple(line for line in change.lines if line in busy) for change in changes if change.steps}
    return Decision(tuple(span for span, lines in waits.items() if not lines), {span: lines for span, lines in waits.items() if lines})


class SpanControl:
    """One per appliance. ``site`` gives the site in force."""

    def __init__(self, bus: Bus, clock: Clock, board: SpanBoard, site: Callable[[], Site]) -> None:
        self._bus = bus
        self._clock = clock
        self._board = board
        self._site = site
        self._changes: dict[str, SpanChange] = {}
        self._waits: Mapping[str, tuple[str, ...]] = {}
        self._refused: dict[str, tuple[Text, ...]] = {}
        self._tried: dict[str, tuple[Text, ...]] = {}
        """The steps of a span that failed, as they were told: the same are not tried again."""
        self._under_way: set[str] = set()
        self._rounds = 0
        """Rounds since somebody last wanted something: spans may make room for each other, but not for ever."""
        self._looking = self._moved = False
        self._no_driver: Text | None = None
        self._timer: Timer | None = None

    # ---- what makes it look ------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Before the lines are opened: bring everything to what the site wants. What is refused keeps nothing else from starting."""
        self._look()

    def apply(self, _old: Site, _new: Site) -> None:
        """Another site is in force."""
        self._want()

    def judge(self, new: Site) -> None:
        """Before a site is kept: Refused when a span of it would get no numbers, and so no service. What is so already hinders no change."""
        if new.spans == self._site().spans:
            return
        try:
            before, clashes = self._board.clashes(self._site()), self._board.clashes(new)
        except EnvironmentFault:
            return  # nobody can say
        for span, reasons in clashes.items():
            if before.get(span) != reasons:
                raise Refused(text("Span {span}: {why}. Nothing was saved.", span=span, why=reasons[0]))

    def names(self) -> Mapping[int, str]:
        """What the site calls the spans, by the driver's numbers."""
        return self._board.span_names()

    def hear(self, envelope: Envelope) -> None:
        """Subscribe this to the bus: a card that was put back is as new, and has to be configured."""
        if isinstance(envelope.fact, facts.SpanSeen):
            self._want()

    def _want(self) -> None:
        self._tried.clear()
        self._rounds = 0
        self._look_in(0.0)

    def stop(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look_in(self, delay_s: float) -> None:
        self.stop()
        self._timer = self._clock.call_later(delay_s, self._look_when_idle if delay_s else self._look)

    def _look_when_idle(self) -> None:
        """While the same lines are busy nothing can have changed for those that wait."""
        self._timer = None
        self._rounds = 0
        busy = self._board.busy_lines()
        if any(not set(lines) & set(busy) for lines in self._waits.values()):
            self._look()
        elif self._waits:
            self._look_in(LOOK_AGAIN_S)

    def _look(self) -> None:
        self._timer = None
        try:
            while self._rounds < ROUNDS_MOST and self._round():
                self._rounds += 1
        except EnvironmentFault as fault:
            self._lack_of_driver(fault.text)
            return
        self._no_driver = None
        if self._waits and self._timer is None:
            self._look_in(LOOK_AGAIN_S)

    def _round(self) -> bool:
        """Look, and configure what can be configured now. True when something was, already."""
        site = self._site()
        changes = {change.span: change for change in self._board.span_changes(site)}
        fresh = [change for change in changes.values() if self._tried.get(change.span) != change.steps]
        decision = decide([change for change in fresh if change.span not in self._under_way], self._board.busy_lines())
        self._changes = changes
        self._tell_waits(decision.waits)
        for span in [span for span in self._refused if span not in changes]:
            self._clear(span)
        for change in changes.values():
            if change.refused and not change.steps:
                self._refuse(change.span, change.refused)
        return self._configure(site, [changes[span] for span in decision.now])

    def _configure(self, site: Site, changes: Sequence[SpanChange]) -> bool:
        """Begin with these. True when something was done already: else the answer comes later, and it is looked again then."""
        self._moved, self._looking = False, True
        try:
            for change in changes:
                self._under_way.add(change.span)
                self._board.configure_span(site, change.span, partial(self._configured, change))
        except EnvironmentFault:
            self._under_way.clear()
            raise
        finally:
            self._looking = False
        return self._moved

    def _configured(self, change: SpanChange, outcome: SpanOutcome) -> None:
        self._under_way.discard(change.span)
        if outcome.done:
            self._moved = True
            self._bus.publish(facts.SpanConfigured(span=change.span, done=_in_english(outcome.done), said=_written(outcome.done)))
            self._tried.clear()
        if outcome.failed:
            self._tried[change.span] = change.steps
            self._refuse(change.span, outcome.failed)
        if not self._looking:
            self._rounds += 1
            self._look_in(0.0)

    # ---- telling ---------------------------------------------------------------------------------------------------------

    def _tell_waits(self, waits: Mapping[str, tuple[str, ...]]) -> None:
        for span, lines in waits.items():
            if self._waits.get(span) != lines:
                self._bus.publish(facts.SpanConfigurationWaits(span=span, lines=lines))
        self._waits = dict(waits)

    def _refuse(self, span: str, reasons: tuple[Text, ...]) -> None:
        if self._refused.get(span) == reasons:
            return
        self._refused[span] = reasons
        said = _in_english(reasons)
        self._bus.publish(facts.SpanConfigurationRefused(span=span, reasons=said, said=_written(reasons)))
        alarm = facts.AlarmRaised(alarm=ALARM, about=span or "spans", sentence="; ".join(said), said=text_written(joined(reasons)))
        self._bus.publish(alarm)

    def _clear(self, span: str) -> None:
        del self._refused[span]
        self._bus.publish(facts.AlarmCleared(alarm=ALARM, about=span or "spans"))

    def _lack_of_driver(self, said: Text) -> None:
        """Who opens the lines says it too, and ends the start; a running appliance goes on with what it has."""
        if self._no_driver is None:
            self._refuse(OUTSIDE, (said,))
        self._no_driver = said

    # ---- being asked -----------------------------------------------------------------------------------------------------

    def state(self) -> list[dict[str, Any]]:
        """Every span of the site: ``state`` is ``right``, ``waits`` or ``refused``; the steps to be done, the reasons, the busy lines; ``number``: the driver's, 0: none."""
        numbers = {name: number for number, name in self.names().items()}
        names = [span.name for span in self._site().spans]
        names += [OUTSIDE] if OUTSIDE in self._changes or OUTSIDE in self._refused else []
        return [{**self._state_of(name), "number": numbers.get(name, 0)} for name in names]

    def _state_of(self, name: str) -> dict[str, Any]:
        lines, reasons = self._waits.get(name, ()), self._refused.get(name, ())
        change = self._changes.get(name, SpanChange(name))
        steps = change.steps if lines or reasons else ()
        return {
            "span": name,
            "state": "waits" if lines else "refused" if reasons else "right",
            "steps": [text_as_json(step) for step in steps],
            "reasons": [text_as_json(reason) for reason in ([waiting_for(lines)] if lines else reasons)],
            "lines": list(lines),
        }

    def found_cards(self) -> list[dict[str, Any]]:
        """What the driver has, whether the site names it or not, with the analog ports. EnvironmentFault without a driver."""
        return [asdict(card) for card in self._board.found_cards(self._site())]

    def driver_file(self) -> str:
        """The site as a configuration file of the driver's."""
        return self._board.driver_file(self._site())


def waiting_for(lines: Sequence[str]) -> Text:
    """Why a span waits."""
    return text("waits until no call is on {lines} any more", lines=", ".join(lines))


def _in_english(said: Sequence[Text]) -> tuple[str, ...]:
    return tuple(one.in_english() for one in said)


def _written(said: Sequence[Text]) -> tuple[str, ...]:
    return tuple(text_written(one) for one in said)


def span_answers(spans: SpanControl) -> Mapping[str, tuple[Act, Answer]]:
    """The commands, each with the right it needs, for the table in ``asking.py``."""

    def configuration(_actor: Actor, _request: Request, done: Done, _failed: Failed) -> None:
        done({"spans": spans.state()})

    def driver_file(_actor: Actor, request: Request, done: Done, _failed: Failed) -> None:
        if set(request) - {"command"}:
            raise BadInput(text("system_conf takes no arguments."))
        done({"text": spans.driver_file()})

    def found_cards(_actor: Actor, _request: Request, done: Done, _failed: Failed) -> None:
        done({"cards": spans.found_cards()})

    return {
        "span_configuration": (Act.SEE_SITE, configuration),
        "system_conf": (Act.SEE_SITE, driver_file),
        "found_cards": (Act.SEE_SITE, found_cards),
    }
