"""The fact bus: every fact gets the next number and reaches every subscriber in that order.

Facts only, never requests. A subscriber cannot veto. If one raises, it is logged and the others still hear. A fact
published while another is being delivered waits for its turn, so all subscribers see one order.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from engine.kernel.clock import Clock
from engine.kernel.errors import OurFault

__all__ = ["FACTS_WAITING_MAX", "Bus", "Envelope"]

FACTS_WAITING_MAX = 10_000
"""Facts that may be caused by one fact before we call it a loop."""


@dataclass(frozen=True)
class Envelope:
    """A fact with its place in the one order of the box.

    ``seq`` counts from 1 without gaps; ``monotonic_ns`` orders and measures; ``utc_ms`` with ``utc_offset_min`` is for
    people; ``sample`` is the media sample offset of the pump when the fact was published (8000 a second; 0 without pump);
    ``interaction`` is the id that ties together all that one customer contact caused, or empty.
    """

    seq: int
    box: str
    monotonic_ns: int
    utc_ms: int
    utc_offset_min: int
    sample: int
    interaction: str
    fact: object


class Bus:
    """Numbers and delivers facts. ``next_seq`` is where the journal says to go on."""

    def __init__(
        self,
        clock: Clock,
        box: str,
        next_seq: int,
        sample_now: Callable[[], int],
        failed: Callable[[str, Envelope, Exception], None],
    ) -> None:
        self._clock = clock
        self._box = box
        self._next_seq = next_seq
        self._sample_now = sample_now
        self._failed = failed
        self._subscribers: list[tuple[str, Callable[[Envelope], None]]] = []
        self._waiting: deque[Envelope] = deque()
        self._delivering = False

    @property
    def last_seq(self) -> int:
        """The number of the newest fact; 0 before the first."""
        return self._next_seq - 1

    def subscribe(self, name: str, hear: Callable[[Envelope], None]) -> Callable[[], None]:
        """Hear every later fact. Returns the act that ends the subscription."""
        entry = (name, hear)
        self._subscribers.append(entry)

        def leave() -> None:
            if entry in self._subscribers:
                self._subscribers.remove(entry)

        return leave

    def publish(self, fact: object, interaction: str = "") -> Envelope:
        """Number the fact now and deliver it in its turn. Raises OurFault when facts cause facts without end."""
        if len(self._waiting) >= FACTS_WAITING_MAX:
            raise OurFault(f"more than {FACTS_WAITING_MAX} facts wait; the newest is {fact!r}")
        clock = self._clock
        envelope = Envelope(
            self._next_seq,
            self._box,
            clock.monotonic_ns(),
            clock.utc_ms(),
            clock.utc_offset_min(),
            self._sample_now(),
            interaction,
            fact,
        )
        self._next_seq += 1
        self._waiting.append(envelope)
        if not self._delivering:
            self._deliver()
        return envelope

    def _deliver(self) -> None:
        self._delivering = True
        try:
            while self._waiting:
                envelope = self._waiting.popleft()
                for name, hear in list(self._subscribers):
                    try:
                        hear(envelope)
                    except Exception as error:  # noqa: BLE001  # one deaf subscriber must not silence the others
                        self._failed(name, envelope, error)
        finally:
            self._delivering = False
