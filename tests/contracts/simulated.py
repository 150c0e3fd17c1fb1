"""The simulated driver as contract tests have it: with looped spans only, and with an analog card."""

from __future__ import annotations

from boards.dahdi.sysfs import DeviceTree
from boards.dahdi.system import System
from hwsim.dahdi import AnalogCard, SimulatedDahdi
from hwsim.wires import Wires
from tests.contracts.drivers import BLOCK_MS

__all__ = ["CardBench", "SimulatedDriver"]

SILENCE = 0xD5


class SimulatedDriver:
    """The simulated driver: the given one, or one without cards."""

    tolerance_ms = 0

    def __init__(self, simulated: SimulatedDahdi | None = None) -> None:
        self._driver = simulated or SimulatedDahdi([], Wires(160), zone=None)
        self.system: System = self._driver
        self.tree: DeviceTree = self._driver.tree
        self.standing: set[int] = set()

    def now_ms(self) -> float:
        return self._driver.now_ms

    def wait(self, ms: float) -> None:
        until_ms = self._driver.now_ms + round(ms)
        while (now_ms := self._driver.now_ms) < until_ms:
            self._driver.advance_to(min(until_ms, now_ms - now_ms % BLOCK_MS + BLOCK_MS))
            if self._driver.now_ms % BLOCK_MS == 0:
                self._driver.exchange_block()

    def close(self) -> None:
        """Nothing is left outside."""


class Exchange:
    """A far end that says one octet for ever, and keeps what it hears."""

    def __init__(self) -> None:
        self.octet = SILENCE
        self.heard = b""

    def exchange(self, heard: bytes) -> bytes:
        """One block each way."""
        self.heard += heard
        return bytes([self.octet]) * len(heard)


class CardBench:
    """The simulated driver with one card."""

    line, phone, unknown = 1, 2, 3

    def __init__(self) -> None:
        simulated = SimulatedDahdi([AnalogCard(fxo=1, fxs=1)], Wires(4))
        self._driver = SimulatedDriver(simulated)
        self.system = self._driver.system
        self.tolerance_ms = self._driver.tolerance_ms
        self._line_side = simulated.exchange_ports[self.line]
        self._telephone = simulated.phone_ports[self.phone]
        self._exchange = Exchange()
        self._line_side.far_end = self._exchange

    def now_ms(self) -> float:
        return self._driver.now_ms()

    def wait(self, ms: float) -> None:
        self._driver.wait(ms)

    def set_ringing(self, on: bool) -> None:
        self._line_side.set_ringing(on)

    def set_battery(self, on: bool) -> None:
        self._line_side.set_battery(on)

    def set_handset(self, up: bool) -> None:
        self._telephone.set_loop(up)

    def loop_closed(self) -> bool:
        return self._line_side.loop_closed

    def bell(self) -> bool:
        return self._telephone.ringing

    def fed(self) -> bool:
        return self._telephone.battery

    def say(self, octet: int) -> None:
        self._exchange.octet = octet

    def heard(self) -> bytes:
        heard, self._exchange.heard = self._exchange.heard, b""
        return heard

    def close(self) -> None:
        self._driver.close()
