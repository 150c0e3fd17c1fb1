"""What the driver keeps of a channel whether it is open or not: its configuration, its law, whose slave it is, who has it open."""

from __future__ import annotations

import errno
from collections.abc import Callable
from typing import TYPE_CHECKING

from boards.dahdi.abi import ChannelConfig, Law, Sig
from hwsim.bit_port import BitPort
from hwsim.driver_memory import refusal
from hwsim.hook_machine import HookPort
from hwsim.kernel_law import silence_octet

if TYPE_CHECKING:
    from hwsim.channel_audio import ChannelAudio
    from hwsim.driver_span import DriverSpan

__all__ = ["BLOCK_SAMPLES", "DriverChannel"]

BLOCK_SAMPLES = 160
LAWS = {int(law): law for law in Law}
"""The driver takes any other number for mu-law."""
CLEAR_IDLE = b"\xff" * BLOCK_SAMPLES
CLEAR, SLAVE, FRAMES, CHECKED, SIGNALLING_UNITS, NETWORK = map(int, (Sig.CLEAR, Sig.SLAVE, Sig.HDLCRAW, Sig.HDLCFCS, Sig.MTP2, Sig.HDLCNET))
"""As plain numbers: a thousand channels are configured at a time, and sets of flags are slow."""
FLAGS = b"\x7e" * BLOCK_SAMPLES


def _allowed(capabilities: int) -> int:
    """The signalling types that a channel with these capabilities can be configured for: a clear one can have the driver's own HDLC."""
    return capabilities | FRAMES | CHECKED if capabilities & CLEAR else capabilities


class DriverChannel:
    """A channel. Without span and port it is a pseudo channel."""

    def __init__(
        self,
        name: str,
        position: int,
        capabilities: Sig,
        span: DriverSpan | None,
        make_port: Callable[[DriverChannel], HookPort] | None = None,
    ) -> None:
        self.name = name
        self.position = position
        self.span = span
        self.capabilities = capabilities
        self.number = 0
        self.configured_law = Law.DEFAULT
        self.law = self.default_law
        self.audio = True
        self.hdlc = self.checked = self.signalling_units = self.seven_bits = False
        self.buffer_events = self.overrun_told = self.underrun_told = False
        self.master: DriverChannel = self
        self.slaves: list[DriverChannel] = []
        self.canceller = ""
        self.opened: ChannelAudio | None = None
        self.port = None if make_port is None else make_port(self)

    @property
    def pseudo(self) -> bool:
        """It has no line."""
        return self.span is None

    @property
    def sig(self) -> Sig:
        """Its signalling; NONE: not configured."""
        return Sig.CLEAR if self.port is None else self.port.sig

    @property
    def clear(self) -> bool:
        """The driver has no signalling to do on it."""
        return bool(int(self.sig) & CLEAR)

    @property
    def default_law(self) -> Law:
        """The law that it has at open: its configuration's, or else its span's."""
        return self.configured_law or (Law.MULAW if self.span is None else self.span.law)

    def set_law(self, law: Law) -> None:
        """SETLAW."""
        self.law = law or self.default_law

    @property
    def idle_octet(self) -> int:
        """What is sent when nothing is: ones on a clear channel that is not in audio mode, else silence."""
        return 0xFF if self.clear and not self.audio else silence_octet(self.law)

    def raise_event(self, event: int) -> None:
        """Queue an event for who has it open; else it is lost."""
        if self.opened is not None:
            self.opened.raise_event(event)

    def empty_audio(self) -> None:
        """A hang-up: both directions are emptied, and whatever the driver sounds or dials ends."""
        if self.opened is not None:
            self.opened.hung_up()

    # ---- configuration ----

    def configure(self, asked: ChannelConfig, master: DriverChannel | None) -> Sig:
        """CHANCONFIG: hang up; returns the signalling that it has then. EINVAL for what it cannot be, ENOSYS for a network interface."""
        sig = asked.sigtype
        if sig == SLAVE:
            if master is None:
                raise refusal(errno.EINVAL)
            sig = int(master.sig)
        else:
            master = self
        if sig == NETWORK:
            raise refusal(errno.ENOSYS)
        self.leave_bundle()
        if _allowed(int(self.capabilities)) & sig != sig:
            raise refusal(errno.EINVAL)
        self.audio = not sig & CLEAR
        self.signalling_units = sig & SIGNALLING_UNITS == SIGNALLING_UNITS
        self.hdlc = sig & FRAMES == FRAMES or self.signalling_units
        self.checked = sig & CHECKED == CHECKED or self.signalling_units
        if master is not self:
            self.master = master
            master.slaves.append(self)
            master.slaves.sort(key=lambda slave: slave.position)
        self.configured_law = LAWS.get(asked.deflaw, Law.MULAW)
        made = Sig(sig)
        if isinstance(self.port, BitPort):
            self.port.configure(made, asked.idlebits)
        elif self.port is not None:
            self.port.configured(made)
        if self.opened is not None:
            self.opened.mode_changed()
        return made

    def leave_bundle(self) -> None:
        """It is nobody's slave any more."""
        if self.master is not self:
            self.master.slaves.remove(self)
            self.master = self

    def at_open(self) -> None:
        """What opening sets, besides the port."""
        if self.clear and not self.pseudo:
            self.audio = False
        if self.sig == Sig.CLEAR:
            self.hdlc = self.checked = False
        self.law = self.default_law

    def taken_away(self) -> None:
        """Its span lost its numbers: configured for nothing, nobody's slave or master, without canceller."""
        for slave in self.slaves:
            slave.master = slave
        self.slaves.clear()
        self.leave_bundle()
        self.canceller = ""
        self.number = 0
        self.law = self.default_law

    # ---- audio ----

    def sent(self, blocks: int) -> bytes:
        """What it sends to the line in the next block's time; ``blocks``: how many timeslots it has."""
        if self.opened is not None:
            return self.opened.sent(BLOCK_SAMPLES * blocks)
        if self.hdlc:
            return FLAGS * blocks
        idle = self.idle_octet
        return (CLEAR_IDLE if idle == 0xFF else bytes([idle]) * BLOCK_SAMPLES) * blocks
