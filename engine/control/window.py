"""What people who look at the appliance may see: the state now with every later fact, the calls of the past, and recordings.

Each question is checked by ``people`` first: ActRefused at once, nothing is read. What comes from the tables comes later, by ``done``
or ``failed``, from the thread that reads.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from engine import facts
from engine.acd.acd import Acd
from engine.calls.switch import Switch
from engine.control.control import ActRefused
from engine.control.snapshot import snapshot
from engine.kernel.bus import Bus, Envelope
from engine.kernel.clock import Clock
from engine.kernel.executor import Executor
from engine.kernel.text import text
from engine.people.actors import Act, Actor, allowed
from engine.settings.site import Site
from engine.store.queries import CallFilter, CallRow, Moment, Reader, RecordedRow

__all__ = ["CallStory", "Flushed", "RecordingFile", "Window"]

ROWS_OF_A_STORY_MOST = 100

Failed = Callable[[Exception], None]


class Flushed(Protocol):
    """The store, as far as it is asked here."""

    def flush(self, done: Callable[[], None]) -> None:
        """Call ``done`` when every fact heard so far is in the tables. Raises EnvironmentFault."""


@dataclass(frozen=True)
class CallStory:
    """All that is known of one call: its row, its recordings (the oldest first), and its time line; and of the interaction that it belongs to: its
    ``calls`` and their recordings, ``segments``, the oldest first, at most 100 of each.
    """

    row: CallRow
    recordings: tuple[RecordedRow, ...]
    moments: tuple[Moment, ...]
    calls: tuple[CallRow, ...] = ()
    segments: tuple[RecordedRow, ...] = ()


@dataclass(frozen=True)
class RecordingFile:
    """A recording and its file. The file may have been taken away since."""

    row: RecordedRow
    path: Path


class Window:
    """One per appliance. ``site`` gives the settings of this moment; ``recordings`` is the recordings' folder; ``media`` tells whether the
    media pump has what it needs to be punctual (``realtime``, ``locked``) and ``still`` while it stands, empty when that is not known;
    ``span_troubles`` gives the spans with alarms and those that have gone, ``groups`` the outgoing trunk groups.
    """

    def __init__(
        self,
        bus: Bus,
        clock: Clock,
        switch: Switch,
        acd: Acd,
        store: Flushed,
        reader: Reader,
        reading: Executor,
        recordings: Path,
        site: Callable[[], Site],
        media: Callable[[], dict[str, Any]] = dict,
        span_troubles: Callable[[], list[dict[str, Any]]] = list,
        groups: Callable[[], list[dict[str, Any]]] = list,
    ) -> None:
        self._bus = bus
        self._clock = clock
        self._switch = switch
        self._acd = acd
        self._store = store
        self._reader = reader
        self._reading = reading
        self._recordings = recordings
        self._site = site
        self._media = media
        self._span_troubles = span_troubles
        self._groups = groups

    @property
    def site(self) -> Site:
        """The settings now. Nothing secret in them may be shown."""
        return self._site()

    @property
    def pump_still(self) -> bool:
        """True while the media pump does not move: nobody hears anybody."""
        return bool(self._media().get("still"))

    @property
    def seq(self) -> int:
        """The number of the newest fact."""
        return self._bus.last_seq

    def may(self, actor: Actor, act: Act) -> bool:
        """True when the actor may do this to the box as a whole."""
        return allowed(actor, act, "")

    def check(self, actor: Actor, act: Act) -> None:
        """Raise ActRefused unless the actor may do this."""
        if not self.may(actor, act):
            raise ActRefused(text("{actor} may not do this.", actor=actor.about), "not_allowed_now")

    def live(self) -> dict[str, Any]:
        """Lines, trunk groups, phones, agents, queues, calls, the media pump and spans in trouble now, for whoever has checked ``SEE_STATUS``."""
        now = snapshot(self._switch, self._acd, self._clock)
        return {**now, "media": self._media(), "spans": self._span_troubles(), "groups": self._groups()}

    def hear(self, name: str, hear: Callable[[Envelope], None]) -> Callable[[], None]:
        """Be told every later fact, in order; gives the act that ends it."""
        return self._bus.subscribe(name, hear)

    def calls(
        self, actor: Actor, wanted: CallFilter, limit: int, offset: int, done: Callable[[list[CallRow]], None], failed: Failed
    ) -> None:
        """Calls that fit, the newest first."""
        self.check(actor, Act.SEE_CALLS)
        self._read(lambda: self._reader.calls(limit, offset, None, wanted), done, failed)

    def own_calls(self, actor: Actor, limit: int, done: Callable[[list[CallRow]], None], failed: Failed) -> None:
        """The newest calls of the agent who the actor is. Their recordings are another right."""
        self.check(actor, Act.OWN_AGENT)
        self._read(lambda: self._reader.calls(limit, 0, None, CallFilter(agent=actor.agent)), done, failed)

    def call(self, actor: Actor, call: str, done: Callable[[CallStory | None], None], failed: Failed) -> None:
        """One call with its recordings and its time line; None when there is no such call."""
        self.check(actor, Act.SEE_CALLS)

        def read() -> CallStory | None:
            rows = self._reader.calls(1, 0, call)
            if not rows:
                return None
            recordings = tuple(reversed(self._reader.recordings(ROWS_OF_A_STORY_MOST, 0, call)))
            interaction = rows[0].interaction
            calls = self._reader.calls(ROWS_OF_A_STORY_MOST, 0, None, CallFilter(interaction=interaction))
            segments = self._reader.recordings(ROWS_OF_A_STORY_MOST, 0, interaction=interaction)
            moments = tuple(self._reader.moments(call))
            return CallStory(rows[0], recordings, moments, tuple(reversed(calls)), tuple(sorted(segments, key=lambda row: row.segment)))

        self._read(read, done, failed)

    def recording(self, actor: Actor, recording: str, done: Callable[[RecordingFile | None], None], failed: Failed) -> None:
        """The file of a recording; None when there is no such recording, or none that is complete. To listen is a right of its own."""
        self.check(actor, Act.LISTEN)

        def read() -> RecordingFile | None:
            rows = self._reader.recordings(1, 0, None, recording)
            if not rows or not rows[0].path or rows[0].state == "open":
                return None
            path = (self._recordings / rows[0].path).resolve()
            return RecordingFile(rows[0], path) if path.is_relative_to(self._recordings.resolve()) else None

        # A recording that has ended does not change any more: no need to wait for what was heard last.
        self._reading.submit(read, done, failed)

    def heard(self, user: str, recording: RecordedRow) -> None:
        """A user has opened a recording: that is a fact."""
        self._bus.publish(facts.RecordingHeard(user=user, recording=recording.recording, call=recording.call))

    def _read(self, read: Callable[[], Any], done: Callable[[Any], None], failed: Failed) -> None:
        def flushed() -> None:
            try:
                self._reading.submit(read, done, failed)
            except Exception as error:  # noqa: BLE001  # whoever waits for the answer must hear of it
                failed(error)

        # What has been heard so far must be in the tables before they are read: one question never gets two answers.
        self._store.flush(flushed)
