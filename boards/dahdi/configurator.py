"""Brings the driver to what a site wants, by itself: looks, plans, performs, and looks again. The shell around ``configuration.py``.

Every failure is told by itself and hinders no other step: of a span whose numbers or framing were refused the rest is left, because the
channels would be others; of channels each is tried.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace

from boards.dahdi.configuration import LOOSE, Assign, AttachCanceller, ConfigureSpan, Plan, SpanPlan, StartSpan, Step, Unassign, match, plan
from boards.dahdi.echo import OFF
from boards.dahdi.faults import DriverFault, text_of
from boards.dahdi.found_cards import found_cards
from boards.dahdi.nodes.control import ControlNode
from boards.dahdi.nodes.errors import DahdiError
from boards.dahdi.steps import perform, told, told_together
from boards.dahdi.survey import Found, SpanMemory, survey
from boards.dahdi.sysfs import DeviceTree
from boards.dahdi.system import System
from boards.dahdi.wanted import Wanted, WantedSpan, wanted_of
from boards.dahdi.zones import ZONE_NUMBERS
from engine.kernel.text import Text, text
from engine.settings.site import Site
from engine.telephony.spans import FoundCard, SpanOutcome

__all__ = ["STAGES_MOST", "SpanConfigurator"]

STAGES_MOST = 6
"""Stages of one span: made, numbered, framed, its channels; twice that when it is moved."""
CANCELLERS_MOST = 1024
USUAL_TAPS = 256
"""32 ms: a national connection, ITU-T G.168 annex."""


class SpanConfigurator:
    """One per driver."""

    def __init__(self, system: System, tree: DeviceTree, memory: SpanMemory, log: Callable[[str], None]) -> None:
        self._system = system
        self._tree = tree
        self._memory = memory
        self._log = log
        self._framed: dict[str, int] = {}
        """Timing priorities given by us, by what spans are remembered by; they are kept for good when the span runs."""
        self._taps: dict[int, int] = {}
        """Length of the canceller of each channel that is in a span of the site; 0: none."""
        self._names: dict[int, str] = {}
        self._zones: dict[int, int] = {}
        """The tone zone of each channel that has another than the site's."""
        self._first_channels: dict[str, int] = {}
        """The driver's number of the first channel of each span of the site that it has."""
        self._attached: dict[int, str] = {}
        """Cancellers attached by us, where the driver does not tell."""

    def look(self, site: Site) -> Plan:
        """The next stage of everything. Raises EnvironmentFault when there is no driver, or it does not answer."""
        wanted = wanted_of(site)
        stage = self._planned(wanted)
        self._names = {span.number: span.name for span in stage.spans if span.number and span.name != LOOSE}
        sections = {span.name: span for span in wanted.spans}
        self._taps = {channel: taps for span in stage.spans if span.name in sections for channel, taps in _taps(sections[span.name], span)}
        self._zones = {
            channel: ZONE_NUMBERS[sections[span.name].zone]
            for span in stage.spans
            if span.name in sections and sections[span.name].zone
            for channel in span.channels
        }
        self._first_channels = {span.name: min(span.channels, default=0) for span in stage.spans}
        return stage

    def first_channel(self, span: str) -> int:
        """The number of the first channel of a span of the site, as it was found last; 0: the driver has none of it."""
        return self._first_channels.get(span, 0)

    def clashes(self, site: Site) -> Mapping[str, tuple[Text, ...]]:
        """The spans of a site whose numbers another span of the driver keeps, with the reasons. Nothing of the site is remembered.

        Raises EnvironmentFault as ``look``.
        """
        return {span.name: span.refusals for span in self._planned(wanted_of(site)).spans if span.clash}

    def found_cards(self, site: Site) -> tuple[FoundCard, ...]:
        """Everything that the driver has, with the entry of the site that each is. Raises EnvironmentFault as ``look``."""
        try:
            found = self._survey()
        except DahdiError as error:
            raise DriverFault(error) from error
        return found_cards(found, match(wanted_of(site), found))

    @property
    def names(self) -> Mapping[int, str]:
        """The site's name of each span of the driver, by its number, as they were at the last look."""
        return self._names

    def _planned(self, wanted: Wanted) -> Plan:
        try:
            return plan(wanted, self._survey())
        except DahdiError as error:
            raise DriverFault(error) from error

    def tone_zone(self, channel: int) -> int | None:
        """The tone zone that a channel is to have; None: the one that every channel gets at its opening."""
        return self._zones.get(channel)

    def echo_taps(self, channel: int) -> int:
        """How long the echo canceller of a channel is, in samples; 0: it has none. A channel in no span of the site may have one."""
        return self._taps.get(channel, USUAL_TAPS)

    def configure(self, site: Site, spans: Collection[str]) -> tuple[SpanOutcome, ...]:
        """Bring these spans of the site to what it wants, stage by stage; ``LOOSE`` stands for what is in no span.

        Raises EnvironmentFault as ``look``.
        """
        done: dict[str, list[Step]] = {name: [] for name in spans}
        failed: dict[str, list[Text]] = {name: [] for name in spans}
        left = set(spans)
        for _ in range(STAGES_MOST):
            stage = self.look(site)
            if LOOSE in left:
                self._take(stage.zones, done[LOOSE], failed[LOOSE], all_the_same=True)
            for span in stage.spans:
                if span.name in left and not self._span_taken(span, done[span.name], failed[span.name]):
                    left.discard(span.name)
            left &= {span.name for span in stage.spans if span.more}
            if not left:
                break
        return tuple(SpanOutcome(name, told_together(done[name]), tuple(failed[name])) for name in spans)

    def _survey(self) -> Found:
        found = survey(self._system, self._tree, self._memory, ZONE_NUMBERS.values())
        spans = []
        for span in found.spans:
            timing = self._framed.get(span.key, span.timing)
            channels = tuple(
                replace(one, canceller=self._attached.get(one.number)) if one.canceller is None else one for one in span.channels
            )
            spans.append(replace(span, timing=timing, channels=channels))
        return replace(found, spans=tuple(spans))

    def _span_taken(self, span: SpanPlan, done: list[Step], failed: list[Text]) -> bool:
        """Perform a stage. False when what follows it makes no sense any more."""
        failed.extend(span.refusals)
        return self._take(span.steps, done, failed, all_the_same=not span.more)

    def _take(self, steps: Collection[Step], done: list[Step], failed: list[Text], *, all_the_same: bool) -> bool:
        """Perform steps; ``all_the_same``: one that fails does not end it. True when none failed."""
        if not steps:
            return True
        well = True
        with ControlNode.open(self._system) as control:
            for step in steps:
                try:
                    perform(step, self._system, control, self._tree)
                except OSError as error:
                    well = False
                    said = text("{step}: {why}", step=told(step), why=_why(error))
                    failed.append(said)
                    self._log(f"spans: {said.in_english()}")
                    if not all_the_same:
                        break
                else:
                    done.append(step)
                    self._note(step)
        return well

    def _note(self, step: Step) -> None:
        """What the driver will not tell again."""
        match step:
            case Assign() | Unassign():
                self._attached.clear()
            case ConfigureSpan():
                self._framed[step.key] = step.timing
                # a driver that had to be told of the line may be another one than was started, loaded anew: a start costs a running span nothing
                self._memory.keep({key: timing for key, timing in self._memory.recall().items() if key != step.key})
            case StartSpan():
                self._memory.keep({**self._memory.recall(), step.key: step.timing})
            case AttachCanceller(number, name) if len(self._attached) < CANCELLERS_MOST:
                self._attached[number] = name


def _taps(wanted: WantedSpan, found: SpanPlan) -> Iterator[tuple[int, int]]:
    first = min(found.channels, default=0)
    if wanted.channels is None:
        yield from ((channel, wanted.echo_taps if wanted.canceller else OFF) for channel in found.channels)
    else:
        yield from ((first + one.place - 1, wanted.echo_taps if one.canceller else OFF) for one in wanted.channels)


def _why(error: OSError) -> Text:
    if isinstance(error, DahdiError):
        return text_of(error.advice)
    if isinstance(error, PermissionError):
        return text("no permission to number spans: start the appliance once as root, or load the driver with auto_assign_spans=1")
    return text("the driver does not take it ({why}); its log (dmesg) may say more", why=error.strerror or str(error))
