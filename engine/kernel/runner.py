"""The runner: gives machines their events one at a time, performs their effects, owns their timers.

Machines never call machines. What an effect causes is queued and handled after the present event is wholly done, so
no machine ever sees another half-way through a step.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from engine.kernel.clock import Clock
from engine.kernel.clock import Timer as Pending
from engine.kernel.errors import OurFault, UnexpectedEvent
from engine.kernel.fsm import Expired, Machine, Start, Stop, Timer

__all__ = ["EVENTS_WAITING_MAX", "Actor", "Runner"]

EVENTS_WAITING_MAX = 10_000
"""More than any burst a whole board can make in one block (1024 channels × 8 events); beyond it something loops."""


class Actor:
    """A machine at work: its name in the log, its state, its timers, and who performs its effects."""

    def __init__(self, runner: Runner, name: str, machine: Machine, perform: Callable[[object], None]) -> None:
        self._runner = runner
        self.name = name
        self.machine = machine
        self.perform = perform
        self.running: dict[Timer, Pending] = {}

    @property
    def state(self) -> object:
        """The state the machine is in."""
        return self.machine.state

    def post(self, event: object) -> None:
        """Queue an event for this machine; it is handled in its turn, before the runner returns to the reactor."""
        self._runner.post(self, event)


class Runner:
    """One per appliance, in the reactor thread.

    ``refused(actor, error)`` is told of every event without a row; ``failed(actor, error)`` of every exception a row
    or an effect raises: one broken call must not take the others along.
    """

    def __init__(
        self,
        clock: Clock,
        refused: Callable[[Actor, UnexpectedEvent], None],
        failed: Callable[[Actor, Exception], None],
    ) -> None:
        self._clock = clock
        self._refused = refused
        self._failed = failed
        self._waiting: deque[tuple[Actor, object]] = deque()
        self._busy = False
        self._stopped = False

    def adopt(self, name: str, machine: Machine, perform: Callable[[object], None]) -> Actor:
        """Put a machine to work under this name."""
        return Actor(self, name, machine, perform)

    def post(self, actor: Actor, event: object) -> None:
        """Queue an event; drains the queue unless it is already being drained. Raises OurFault when it overflows."""
        if self._stopped:
            return
        if len(self._waiting) >= EVENTS_WAITING_MAX:
            raise OurFault(f"more than {EVENTS_WAITING_MAX} events wait; the newest is {event!r} for {actor.name}")
        self._waiting.append((actor, event))
        if self._busy:
            return
        self._busy = True
        try:
            while self._waiting:
                self._turn(*self._waiting.popleft())
        finally:
            self._busy = False

    def stop(self) -> None:
        """The end: the lines are closed. Events that still come, and timers that still run out, do nothing."""
        self._stopped = True

    def _turn(self, actor: Actor, event: object) -> None:
        before = type(actor.state)
        try:
            effects = actor.machine.handle(event)
        except UnexpectedEvent as error:
            self._refused(actor, error)
            return
        except Exception as error:  # noqa: BLE001  # the runner is where one broken call is kept from the others
            self._failed(actor, error)
            return
        if type(actor.state) is not before:
            self._bury_timers(actor)
        for effect in effects:
            self._perform(actor, effect)

    def _perform(self, actor: Actor, effect: object) -> None:
        try:
            if isinstance(effect, Start):
                self._start(actor, effect)
            elif isinstance(effect, Stop):
                self._stop(actor, effect.timer)
            else:
                actor.perform(effect)
        except Exception as error:  # noqa: BLE001  # the runner is where one broken call is kept from the others
            self._failed(actor, error)

    def _start(self, actor: Actor, effect: Start) -> None:
        timer = effect.timer
        if timer not in actor.machine.timers_now():
            raise OurFault(f"{actor.name}: timer {timer.name} does not belong to {type(actor.state).__name__}")
        self._stop(actor, timer)
        seconds = timer.default_s if effect.seconds is None else effect.seconds

        def expire() -> None:
            actor.running.pop(timer, None)
            actor.post(Expired(timer, self._clock.monotonic_ns()))

        actor.running[timer] = self._clock.call_later(seconds, expire)

    def _stop(self, actor: Actor, timer: Timer) -> None:
        pending = actor.running.pop(timer, None)
        if pending is not None:
            pending.cancel()

    def _bury_timers(self, actor: Actor) -> None:
        alive = actor.machine.timers_now()
        for timer in [timer for timer in actor.running if timer not in alive]:
            self._stop(actor, timer)
