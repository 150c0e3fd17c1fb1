"""The spans of the machine as the engine sees them: the configurator, and the lines that it must close meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Protocol

from boards.dahdi.configuration import LOOSE, Plan, SpanPlan
from boards.dahdi.configurator import SpanConfigurator
from boards.dahdi.steps import told_together
from boards.dahdi.system_conf import conf_written
from boards.dahdi.system_conf_site import conf_of
from engine.kernel.errors import EnvironmentFault
from engine.kernel.text import Text
from engine.settings.site import Site
from engine.telephony.spans import OUTSIDE, FoundCard, SpanChange, SpanOutcome

__all__ = ["DahdiSpans", "LineHolder", "LineHolders"]

assert LOOSE == OUTSIDE, "one empty name for what is in no span"


class LineHolder(Protocol):
    """Whoever has channels open."""

    def lines_on(self, channels: Collection[int]) -> tuple[str, ...]:
        """The names of the lines on these channels."""

    def busy_lines(self) -> frozenset[str]:
        """Those that must not be disturbed."""

    def without(self, names: Collection[str], act: Callable[[], None]) -> None:
        """Close these lines, act when they are closed, open them again."""


class LineHolders:
    """Several of them as one."""

    def __init__(self, holders: Sequence[LineHolder]) -> None:
        self._holders = tuple(holders)

    def lines_on(self, channels: Collection[int]) -> tuple[str, ...]:
        return tuple(line for holder in self._holders for line in holder.lines_on(channels))

    def busy_lines(self) -> frozenset[str]:
        return frozenset[str]().union(*(holder.busy_lines() for holder in self._holders))

    def without(self, names: Collection[str], act: Callable[[], None]) -> None:
        _without(self._holders, names, act)


def _without(holders: Sequence[LineHolder], names: Collection[str], act: Callable[[], None]) -> None:
    """One after the other closes its lines; they are opened again in the opposite order."""
    if holders:
        holders[0].without(names, lambda: _without(holders[1:], names, act))
    else:
        act()


class DahdiSpans:
    """Implements ``engine.telephony.spans.SpanBoard``."""

    def __init__(self, configurator: SpanConfigurator, lines: LineHolder) -> None:
        self._configurator = configurator
        self._lines = lines

    def span_changes(self, site: Site) -> tuple[SpanChange, ...]:
        stage = self._configurator.look(site)
        found = {span.name: self._change(span) for span in stage.spans if span.steps or span.refusals}
        if stage.zones:
            loose = found.get(OUTSIDE, SpanChange(OUTSIDE))
            found[OUTSIDE] = SpanChange(OUTSIDE, (*told_together(stage.zones), *loose.steps), loose.refused, loose.lines)
        return tuple(found.values())

    def _change(self, span: SpanPlan) -> SpanChange:
        return SpanChange(span.name, told_together(span.steps), span.refusals, self._lines.lines_on(span.channels))

    def configure_span(self, site: Site, span: str, done: Callable[[SpanOutcome], None]) -> None:
        lines = self._lines.lines_on(_channels(self._configurator.look(site)).get(span, frozenset()))
        outcomes: list[SpanOutcome] = []

        def act() -> None:
            try:
                outcomes.extend(self._configurator.configure(site, (span,)))
            except EnvironmentFault as fault:
                outcomes.append(SpanOutcome(span, failed=(fault.text,)))
            done(outcomes[0])

        self._lines.without(lines, act)

    def busy_lines(self) -> frozenset[str]:
        return self._lines.busy_lines()

    def clashes(self, site: Site) -> Mapping[str, tuple[Text, ...]]:
        return self._configurator.clashes(site)

    def span_names(self) -> Mapping[int, str]:
        return self._configurator.names

    def found_cards(self, site: Site) -> tuple[FoundCard, ...]:
        return self._configurator.found_cards(site)

    def driver_file(self, site: Site) -> str:
        try:
            numbers = {span.name: (span.number, min(span.channels, default=0)) for span in self._configurator.look(site).spans}
        except EnvironmentFault:
            numbers = {}
        return conf_written(conf_of(site, lambda name: numbers.get(name, (0, 0))))


def _channels(stage: Plan) -> Mapping[str, frozenset[int]]:
    return {span.name: span.channels for span in stage.spans}
