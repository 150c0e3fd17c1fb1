"""An E1 board on a simulated card whose other end is an exchange, in virtual time; what the board tells is kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from twisted.internet.task import Clock as TwistedClock

from appliance.simulation import Simulation
from boards.dahdi.configurator import SpanConfigurator
from boards.dahdi.line import Surroundings
from boards.e1.board import E1Board
from boards.e1.digital_trunk import DigitalTrunk
from engine.kernel.runner import Runner
from engine.settings.e1_lines import e1_trunks
from engine.settings.site import E1TrunkSection, LineTimesSection, Site, SpanSection
from hwsim.exchange_span import ExchangeSpan
from hwsim.people import Subscriber
from hwsim.pri_far_end import PriFarEnd
from hwsim.r2_far_end import R2FarEnd
from hwsim.world import WorldClock

CHEN = "13700137000"


class Memory:
    """What spans were given, for one run."""

    def __init__(self) -> None:
        self._kept: dict[str, int] = {}

    def recall(self) -> dict[str, int]:
        return dict(self._kept)

    def keep(self, timings: Mapping[str, int]) -> None:
        self._kept = dict(timings)


class Told:
    """Implements ``TrunkReceiver``: keeps (what, line, the rest)."""

    def __init__(self) -> None:
        self.all: list[tuple[Any, ...]] = []

    def __getattr__(self, name: str) -> Any:
        def note(line: DigitalTrunk, *rest: Any, **more: Any) -> None:
            self.all.append((name.removeprefix("trunk_").removeprefix("line_"), line.name, *rest, *more.values()))

        return note

    def of(self, what: str) -> list[tuple[Any, ...]]:
        return [told[1:] for told in self.all if told[0] == what]


class E1Bench:
    """One E1 with one trunk ``t``; ``settings`` are the trunk's. ``far`` is the exchange's end."""

    def __init__(self, *, echo_canceller: str = "mg2", **settings: Any) -> None:
        use = "r2" if settings.get("signalling") in {"r2", "cas"} else "pri"
        section = E1TrunkSection(name="t", span="a", **settings)
        self.site = Site(spans=(SpanSection(name="a", signalling=use, echo_canceller=echo_canceller),), e1_trunks=(section,))
        self.faults: list[str] = []
        simulation = Simulation(self.site, lambda key, sentence: self.faults.append(f"{key}: {sentence}"))
        self.pump, self.driver = simulation.pump, simulation.driver
        twisted = TwistedClock()
        clock = WorldClock(twisted, 0)
        around = simulation.begin(1, twisted, self.pump.tick, self.pump.poll, 0)
        self.world, self.exchange = around.world, around.exchange
        runner = Runner(clock, lambda _actor, error: self.faults.append(str(error)), lambda _actor, error: self.faults.append(repr(error)))
        configurator = SpanConfigurator(self.driver, self.driver.tree, Memory(), self.faults.append)
        configurator.configure(self.site, ("a",))
        self.errors: list[str] = []
        surroundings = Surroundings(
            self.pump,
            clock,
            runner,
            LineTimesSection(),
            lambda line, error: self.errors.append(f"{line}: {error}"),
            echo_taps=configurator.echo_taps,
        )
        self.board = E1Board(self.driver, surroundings, e1_trunks(self.site), configurator.first_channel, lambda: 1)
        self.told = Told()
        self.board.start(self.told, self.told)
        self.chen = Subscriber(self.world, self.exchange, "chen", CHEN)
        self.world.run_for(3000)

    @property
    def far(self) -> PriFarEnd:
        far = self.exchange.trunks["t"]
        assert isinstance(far, PriFarEnd)
        return far

    @property
    def far_r2(self) -> R2FarEnd:
        far = self.exchange.trunks["t"]
        assert isinstance(far, R2FarEnd)
        return far

    @property
    def far_span(self) -> ExchangeSpan:
        """The exchange's end of the cable."""
        span = self.far_r2._span if isinstance(self.exchange.trunks["t"], R2FarEnd) else self.far._span
        assert isinstance(span, ExchangeSpan)
        return span

    def line(self, place: int) -> DigitalTrunk:
        return next(trunk for trunk in self.board.trunks if trunk.place == place)

    def until(self, what: str, count: int = 1, timeout_ms: int = 12_000) -> tuple[Any, ...]:
        """Run until so many of these have been told; the last one."""
        assert self.world.run_until(lambda: len(self.told.of(what)) >= count, timeout_ms), (what, self.told.all[-8:], self.faults)
        return self.told.of(what)[-1]

    def chen_answers(self) -> None:
        """As soon as it rings at his end."""
        assert self.world.run_until(lambda: self.chen.ringing, 3000)
        self.chen.answer()

    def close(self) -> None:
        assert not self.faults
        self.board.stop()
        self.pump.close()
