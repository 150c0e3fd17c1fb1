"""The echo canceller of a line during a call, on simulated cards: whether somebody hears himself."""

from __future__ import annotations

import errno
from collections.abc import Iterator

import numpy as np
import pytest

from boards.dahdi.abi import Ioctl
from boards.dahdi.nodes.control import ControlNode
from boards.dahdi.sysfs import SPANS
from boards.dahdi.system import System
from hwsim.signals import RATE_HZ, Samples
from tests.line_bench import LineBench

LINE, PHONE = 1, 3
REVERSAL_S = 0.45


@pytest.fixture
def bench() -> Iterator[LineBench]:
    """Every channel has a canceller attached, 32 ms long."""
    made = LineBench(echo_taps=lambda _channel: 256)
    with ControlNode.open(made.driver) as control:
        for channel in range(1, 5):
            control.attach_echo_canceller(channel, "mg2")
    made.start()
    yield made
    made.close()


def works(bench: LineBench, channel: int) -> bool:
    """Whether the driver runs the canceller."""
    return bench.driver.tree.read(f"{SPANS}/span-1/dahdi!chan!001!{channel:03}/ec_state") == "ACTIVE"


def modem_answers(seconds: float) -> Samples:
    """2100 Hz whose phase turns round every 450 ms (ITU-T V.25)."""
    at = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    turned = np.where((at // REVERSAL_S) % 2 == 0, 1.0, -1.0)
    made: Samples = np.rint(5000 * turned * np.sin(2 * np.pi * 2100 * at)).astype(np.int16)
    return made


def test_a_callers_echo_is_cancelled_from_the_answer_to_the_end(bench: LineBench) -> None:
    """Not while it rings, from our answer on, and not in the pause after the call."""
    trunk = bench.board.trunks[0]
    bench.calls("line-1")
    assert bench.until_told("line-1", "offered", 10)
    assert not works(bench, LINE)
    trunk.answer()
    bench.wait(0.1)
    assert works(bench, LINE)
    trunk.release()
    bench.wait(0.1)
    assert not works(bench, LINE)


def test_an_outgoing_call_gets_it_when_its_digits_are_out(bench: LineBench) -> None:
    """The exchange hears clean digits; from then on whoever answers hears no echo."""
    bench.board.trunks[0].dial("65510001")
    bench.wait(1.0)
    assert not works(bench, LINE)
    assert bench.until_told("line-1", "dialled", 10)
    bench.wait(0.1)
    assert works(bench, LINE)


def test_a_desk_phone_has_it_while_the_handset_is_up(bench: LineBench) -> None:
    """Lifted: on; put down: off."""
    phone = bench.phones["phone-801"]
    phone.lift()
    bench.wait(0.5)
    assert works(bench, PHONE)
    phone.hang_up()
    bench.wait(2.0)
    assert not works(bench, PHONE)


def test_a_modem_gets_a_line_without_canceller_until_the_end_of_the_call(bench: LineBench) -> None:
    """A modem that asks for it trains on the bare line; the next call on the line has its canceller again."""
    bench.answered_call()
    assert works(bench, LINE)
    bench.caller.say(modem_answers(3.0))
    bench.wait(3.0)
    assert not works(bench, LINE)
    bench.board.trunks[0].release()
    bench.caller.hang_up()
    bench.wait(10.0)
    bench.answered_call()
    assert works(bench, LINE)


class Refusing:
    """A driver that does not know ECHOCANCEL."""

    def __init__(self, driver: System) -> None:
        self._driver = driver

    def __getattr__(self, name: str) -> object:
        return getattr(self._driver, name)

    def ioctl(self, fd: int, code: int, argument: int | bytearray) -> int:
        if code == Ioctl.ECHOCANCEL:
            raise OSError(errno.ENOTTY, "no such call")
        return self._driver.ioctl(fd, code, argument)


def test_a_line_whose_canceller_fails_serves_all_the_same() -> None:
    """An old driver: it is told, and the call goes on with its echo."""
    made = LineBench(echo_taps=lambda _channel: 256, around_driver=Refusing)  # type: ignore[arg-type]  # by getattr
    made.start()
    made.answered_call()
    made.wait(1.0)
    assert [line for line, _ in made.driver_errors] == ["line-1"]
    assert made.heard.of("line-1") == []
    made.close()
