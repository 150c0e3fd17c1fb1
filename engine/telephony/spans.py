"""How the engine sees the configuring of spans, whatever drives them.

A board says what differs between the site and the driver, span by span, and brings one span to what the site wants. It decides nothing about
when: that a span is busy, and must wait, is for the engine (``engine/control/span_control.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

from engine.kernel.text import Text
from engine.settings.site import Site
from engine.telephony.line_tests import PortKind

__all__ = ["OUTSIDE", "FoundCard", "FoundPort", "SpanBoard", "SpanChange", "SpanOutcome"]

OUTSIDE = ""
"""In place of a span's name: tone zones, and analog lines that are in no span of the site."""


@dataclass(frozen=True)
class SpanChange:
    """What one span still differs in. ``steps`` say what is to be done, ``refused`` what cannot be and why.

    ``lines`` are the site's lines on it, which must be idle meanwhile.
    """

    span: str
    steps: tuple[Text, ...] = ()
    refused: tuple[Text, ...] = ()
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class SpanOutcome:
    """What came of configuring one span: what was done, and each failure by itself."""

    span: str
    done: tuple[Text, ...] = ()
    failed: tuple[Text, ...] = ()


@dataclass(frozen=True)
class FoundPort:
    """A port of an analog card that the driver has; ``place`` counts from 1 on its card."""

    channel: int
    place: int
    kind: PortKind


@dataclass(frozen=True)
class FoundCard:
    """A port of a digital card, a whole analog card or a dynamic span, as the driver has it.

    ``span``: the entry of the site that it is, empty: none. ``number`` 0: the driver has not numbered it. ``kind`` as in the settings: ``e1``,
    ``t1``, ``j1``, ``analog``, ``dynamic``. ``hardware_id``, ``location`` and ``port`` are those that a span of the settings is known by.
    """

    span: str
    number: int
    kind: str
    hardware_id: str
    location: str
    port: int
    description: str
    first_channel: int
    channel_count: int
    ports: tuple[FoundPort, ...] = ()


class SpanBoard(Protocol):
    """The cards of a machine as things to be configured. Called in the reactor thread; each call takes some milliseconds."""

    def span_changes(self, site: Site) -> tuple[SpanChange, ...]:
        """Every span that differs from the site, or is refused; empty when all is as it should be. EnvironmentFault without a driver."""

    def configure_span(self, site: Site, span: str, done: Callable[[SpanOutcome], None]) -> None:
        """Bring one span to what the site wants, then call ``done``: at once when no line of it is open, else in some blocks' time. Its lines
        are closed meanwhile: nothing must be going on there. EnvironmentFault without a driver, and then ``done`` is not called.
        """

    def busy_lines(self) -> Collection[str]:
        """The lines that carry a call, or are on the way to or from one."""

    def clashes(self, site: Site) -> Mapping[str, tuple[Text, ...]]:
        """The spans of a site that would get no numbers, because another span keeps them, each with the reasons. EnvironmentFault without a
        driver.
        """

    def span_names(self) -> Mapping[int, str]:
        """The site's name of each span, by the driver's number; as it was when the site in force was looked at last."""

    def found_cards(self, site: Site) -> tuple[FoundCard, ...]:
        """Everything that the driver has, whether the site names it or not. EnvironmentFault without a driver."""

    def driver_file(self, site: Site) -> str:
        """The same as a configuration file of the driver's, for those who use its own tools."""
