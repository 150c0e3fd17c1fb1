"""What the driver's binding costs over the raw system call: microseconds of processor time for a call, typed and raw.

Run ``python -m bench.driver_binding [NUMBER]`` from the checkout. No driver is needed. The raw call is ``fcntl.ioctl`` on a pipe with a
request that the kernel knows for every file with data (FIONREAD), so it goes into the kernel and out again like any other. The typed call goes
through the same ``fcntl.ioctl`` with that request, whatever request the binding has made: what differs is the binding alone, and what a
driver then does for either of them is left out.
"""

from __future__ import annotations

import fcntl
import os
import sys
import termios
import time
from collections.abc import Callable
from functools import partial

from boards.dahdi.abi import DialParams, Flush, Params, SpanInfo, TransmitPolicy
from boards.dahdi.nodes.channel import ChannelNode
from boards.dahdi.nodes.control import ControlNode
from boards.dahdi.system import KernelSystem

NUMBER = 2_000
ROUNDS = 60
AGAIN = 3
"""How often a call that seems too dear is measured again; the least of all counts."""
SCALAR_MOST_US = 2.0
STRUCTURE_MOST_US = 15.0
PARAMS = Params(flashtime=100)


class PipeSystem(KernelSystem):
    """The kernel's calls, on a pipe in place of the driver: every request becomes FIONREAD."""

    def __init__(self) -> None:
        self._ends = os.pipe()

    def open(self, path: str, flags: int) -> int:
        return self._ends[0]

    def ioctl(self, fd: int, code: int, argument: int | bytearray) -> int:
        return int(fcntl.ioctl(fd, termios.FIONREAD, argument))


def measured_us(call: Callable[[], object], number: int) -> float:
    """The best of several rounds: microseconds of this process's time for one call."""
    best = float("inf")
    for _ in range(ROUNDS):
        began_ns = time.process_time_ns()
        for _ in range(number):
            call()
        best = min(best, (time.process_time_ns() - began_ns) / number / 1000)
    return best


def main() -> int:
    """Print the table, and which calls cost more than they should. Figures are reported, not judged: 0."""
    number = int(sys.argv[1]) if len(sys.argv) > 1 else NUMBER
    system = PipeSystem()
    channel, control = ChannelNode.open(system, 1), ControlNode.open(system)
    fd = system.open("", 0)
    calls: tuple[tuple[str, Callable[[], object], float], ...] = (
        ("GETEVENT", channel.next_event, SCALAR_MOST_US),
        ("FLUSH", lambda: channel.flush(Flush.READ), SCALAR_MOST_US),
        ("HOOK OFFHOOK", channel.hook_off, SCALAR_MOST_US),
        ("GETRXBITS", channel.received_bits, SCALAR_MOST_US),
        ("SETTXBITS", lambda: channel.send_bits(9), SCALAR_MOST_US),
        ("STARTUP", lambda: control.start_up(1), SCALAR_MOST_US),
        ("SET_BUFINFO", lambda: channel.set_buffers(160, 4, TransmitPolicy.IMMEDIATE), STRUCTURE_MOST_US),
        ("SETCADENCE", lambda: channel.set_cadence((1000, 4000)), STRUCTURE_MOST_US),
        ("GET_PARAMS", channel.params, STRUCTURE_MOST_US),
        ("SET_PARAMS", lambda: channel.set_params(PARAMS), STRUCTURE_MOST_US),
        ("SPANSTAT", lambda: control.span(1), STRUCTURE_MOST_US),
        ("GETGAINS", channel.gains, STRUCTURE_MOST_US),
        ("SET_DIALPARAMS", lambda: control.set_dial_params(DialParams(100, 100, 100)), STRUCTURE_MOST_US),
        ("GETVERSION", control.version, STRUCTURE_MOST_US),
    )
    raw = partial(fcntl.ioctl, fd, termios.FIONREAD, bytearray(4))
    raw_us = measured_us(raw, number)
    long_us = measured_us(partial(fcntl.ioctl, fd, termios.FIONREAD, bytearray(SpanInfo.size())), number)
    print(f"raw fcntl.ioctl with 4 octets {raw_us:.2f} us, with {SpanInfo.size()} octets {long_us:.2f} us")
    print(f"{'call':16}{'typed us':>10}{'over raw us':>13}{'at most us':>12}")
    for name, call, most_us in calls:
        typed_us = measured_us(call, number)
        for _ in range(AGAIN):  # a busy machine makes the least of few repeats too great
            if typed_us - raw_us <= most_us:
                break
            raw_us, typed_us = min(raw_us, measured_us(raw, number)), min(typed_us, measured_us(call, number))
        print(f"{name:16}{typed_us:10.2f}{typed_us - raw_us:13.2f}{most_us:12.1f}{'  too dear' if typed_us - raw_us > most_us else ''}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
