"""The console on a serial line: the device opened, watched and opened again; 8 bits, no parity, 1 stop bit, XON/XOFF.

A line is a bad neighbour. What it brings is dropped where it makes no sense; what it does not take is held back and at last cut; a
device that is not there, or is pulled out, is tried again. Nothing of it ever waits in the reactor.
"""

from __future__ import annotations

import os
import select
import termios
from collections.abc import Callable
from functools import partial
from typing import Any

import serial
from twisted.internet import error, main, protocol
from twisted.internet.serialport import SerialPort
from twisted.python.failure import Failure

from appliance.console_gate import AT_A_LINE, ConsoleGate, RescueAlarm
from appliance.texts import translator
from console.login import Gate, LineRules, LoginTerminal
from console.outlet import Outlet
from engine import facts
from engine.control.accounts import Accounts
from engine.control.asking import Answer
from engine.kernel.bus import Bus
from engine.kernel.clock import Clock, Timer
from engine.kernel.text import Text
from engine.people.actors import Role
from engine.settings.site import Site

__all__ = ["AGAIN_S", "SerialFront"]

AGAIN_S = 15.0
CARRIER_LOOK_S = 1.0
OCTETS_A_READ = 4096
ALARM = "serial-line"
FOR_ANY_TERMINAL = str.maketrans({"“": '"', "”": '"', "…": ".", "→": ">", "–": "-"})
"""Signs of print that a terminal without UTF-8 shows as garbage, and what stands for them in the same width."""


class _Port(SerialPort):
    """Twisted's serial port for nobody else at the same time. A read that brings nothing is not the end of the line: a break or a parity
    error may be that.
    """

    _serialFactory = staticmethod(partial(serial.Serial, exclusive=True))  # noqa: N815  # Twisted's name

    def doRead(self) -> object:  # noqa: N802  # Twisted's name
        """Something waits."""
        fd = int(self._serial.fd)
        try:
            octets = os.read(fd, OCTETS_A_READ)
        except (BlockingIOError, InterruptedError):
            return None
        except OSError:
            return main.CONNECTION_LOST
        if octets:
            self.protocol.dataReceived(octets)
            return None
        return main.CONNECTION_LOST if _hung_up(fd) else None


def _hung_up(fd: int) -> bool:
    look = select.poll()
    look.register(fd, select.POLLIN)
    return any(event & (select.POLLHUP | select.POLLERR | select.POLLNVAL) for _fd, event in look.poll(0))


class _Line(protocol.Protocol):
    """The octets of one opened device."""

    transport: Any

    def __init__(self, front: SerialFront) -> None:
        self._front = front
        self.outlet = Outlet(self._send)
        self.terminal: LoginTerminal | None = None

    def connectionMade(self) -> None:  # noqa: N802  # Twisted's name
        """The device is open."""
        self.transport.registerProducer(self, True)
        self.terminal = self._front.make_terminal(self._write)
        self.terminal.begin()

    def dataReceived(self, data: bytes) -> None:  # noqa: N802  # Twisted's name
        """Somebody typed, or the wire hums."""
        if self.terminal is not None:
            self.terminal.receive(data)

    def connectionLost(self, reason: Failure = protocol.connectionDone) -> None:  # noqa: N802  # Twisted's name
        """The device is gone, or closed by us."""
        terminal, self.terminal = self.terminal, None
        if terminal is not None:
            terminal.close()
        self._front.lost(self, reason)

    def pauseProducing(self) -> None:  # noqa: N802  # Twisted's name
        """The line takes no more for now."""
        self.outlet.pause()

    def resumeProducing(self) -> None:  # noqa: N802  # Twisted's name
        """It takes more."""
        self.outlet.resume()

    def stopProducing(self) -> None:  # noqa: N802  # Twisted's name
        """The device is gone; connectionLost does the rest."""

    def _write(self, written: str) -> None:
        self.outlet.write(written.translate(FOR_ANY_TERMINAL).encode("utf-8", "replace"))

    def _send(self, octets: bytes) -> None:
        self.transport.write(octets)


class SerialFront:
    """One serial line. ``open`` begins, ``apply`` takes other settings, ``stop`` ends. ``log`` takes one line."""

    def __init__(
        self,
        reactor: Any,  # noqa: ANN401  # Twisted's reactor is several interfaces at once
        clock: Clock,
        bus: Bus,
        accounts: Accounts,
        ask: Answer,
        site: Site,
        log: Callable[[str], None],
    ) -> None:
        self._reactor = reactor
        self._clock = clock
        self._bus = bus
        self._site = site
        self._log = log
        self._gate = ConsoleGate(accounts, ask, AT_A_LINE, self._rescue)
        self._gate.watch(self)
        self._rescues: dict[str, RescueAlarm] = {}
        self._port: Any = None
        self._line: _Line | None = None
        self._timer: Timer | None = None
        self._alarmed = ""
        self._carrier = False
        self._closed = False

    def open(self) -> None:
        """Open the device, if the site has one; when it is not there it is tried again and again."""
        device = self._site.console.serial_device
        if self._closed or not device or self._port is not None:
            return
        line = _Line(self)
        try:
            port: Any = _Port
            self._port = port(line, device, self._reactor, baudrate=int(self._site.console.serial_baud), xonxoff=True)
            _make_tolerant(self._port.fileno())
        except (OSError, ValueError, termios.error) as fault:  # pyserial's errors are OSErrors
            self._drop_port()
            self._not_open(device, fault)
            return
        self._line = line
        self._carrier = False
        self._timer = self._clock.call_later(CARRIER_LOOK_S, self._look_at_carrier)
        self._over(device)
        self._log(f"console: the serial line {device} is open at {self._site.console.serial_baud} bit/s")

    def apply(self, site: Site) -> None:
        """Other settings are in force. Another device or speed opens anew, which ends a login; the rest counts from the next login on."""
        old, new = self._site.console, site.console
        self._site = site
        if (old.serial_device, old.serial_baud) == (new.serial_device, new.serial_baud) or self._closed:
            return
        self._close()
        if self._alarmed:
            self._over(old.serial_device)
        self.open()

    def stop(self) -> None:
        """Close the device. Twice does nothing."""
        self._closed = True
        self._close()

    def end_user(self, name: str, said: Text, unless: frozenset[Role] | None) -> None:
        """As ``Closing.end_user``."""
        terminal = self._line.terminal if self._line is not None else None
        if terminal is not None and terminal.user == name and terminal.roles != unless:
            terminal.end(said)

    # ---- what the line asks for --------------------------------------------------------------------------------------

    def make_terminal(self, write: Callable[[str], None]) -> LoginTerminal:
        """The dialogue of a device that was opened just now."""
        settings = self._site.console
        rules = LineRules(self._site.box.name, settings.serial_idle_min, settings.serial_rescue)
        device = settings.serial_device
        gate: Gate = self._gate
        return LoginTerminal(
            self._clock,
            write,
            gate,
            rules,
            lambda language: translator({}, language),
            settings.serial_language,
            lambda said: self._log(f"console: serial line {device}: {said}"),
        )

    def lost(self, line: _Line, reason: Failure) -> None:
        """A device is closed; when it was not by us it is told, and tried again."""
        if line is not self._line:
            return
        self._line, self._port = None, None
        self._drop_timer()
        if not self._closed:
            self._not_open(self._site.console.serial_device, reason.value)

    def _rescue(self) -> RescueAlarm | None:
        settings = self._site.console
        if not settings.serial_rescue:
            return None
        device = settings.serial_device
        if device not in self._rescues:
            self._rescues[device] = RescueAlarm(self._bus, device, self._log)
        return self._rescues[device]

    # ---- small things ------------------------------------------------------------------------------------------------

    def _close(self) -> None:
        self._drop_timer()
        self._line = None
        self._drop_port()

    def _drop_port(self) -> None:
        port, self._port = self._port, None
        if port is None:
            return
        try:
            port.flushOutput()  # a line that holds us back must not hold back the close
        except (OSError, termios.error):
            self._log("console: the serial line took its last words with it")
        port.connectionLost(Failure(error.ConnectionDone()))

    def _not_open(self, device: str, fault: object) -> None:
        if not self._alarmed:
            self._alarmed = device
            sentence = f"There is no console on the serial line {device} ({fault}). Calls go on; it is tried again every {AGAIN_S:g} s."
            self._log(f"console: {sentence}")
            self._bus.publish(facts.AlarmRaised(alarm=ALARM, about=device, sentence=sentence))
        self._timer = self._clock.call_later(AGAIN_S, self.open)

    def _over(self, device: str) -> None:
        if self._alarmed:
            self._alarmed = ""
            self._bus.publish(facts.AlarmCleared(alarm=ALARM, about=device))

    def _look_at_carrier(self) -> None:
        """A modem or a terminal that goes away drops the carrier: whoever comes next must not find a login. Many cables have none."""
        self._timer = self._clock.call_later(CARRIER_LOOK_S, self._look_at_carrier)
        try:
            carrier = bool(self._port.getCD())
        except (OSError, AttributeError):  # a pseudo-terminal, or a driver that does not know
            return
        if self._carrier and not carrier and self._line is not None and self._line.terminal is not None and self._line.terminal.user:
            self._line.terminal.end()
        self._carrier = carrier

    def _drop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _make_tolerant(fd: int) -> None:
    """A break is an octet like another, and any key lets go on what an XOFF of the noise has stopped."""
    settings = termios.tcgetattr(fd)
    settings[0] = (settings[0] & ~termios.BRKINT) | termios.IXANY
    termios.tcsetattr(fd, termios.TCSANOW, settings)
