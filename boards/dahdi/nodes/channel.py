"""A channel with a line: a port of an analog card or a timeslot of a digital span. Only one program can have it open.

Opening a channel resets everything in it and hangs it up; so does closing. Descriptors are opened not to wait: work that goes on by
itself, like ringing and flash, is answered at once, and an event tells its end where there is one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Self

from boards.dahdi.abi import (
    CHANNELS_MOST,
    ECHO_PARAMS_MOST,
    PRETRAINING_MOST_MS,
    EchoCancelParam,
    EchoCancelParams,
    EchoTune,
    HardwareGain,
    Hook,
    Ioctl,
    MessageLamp,
    RegisterOperation,
    Registers,
    Sig,
    ToneDetect,
    VoltageStats,
)
from boards.dahdi.nodes.errors import DahdiError, refusal
from boards.dahdi.nodes.node import TIME_MOST_MS, open_node, who_has
from boards.dahdi.nodes.sentences import Message
from boards.dahdi.nodes.sentences import marked as _
from boards.dahdi.nodes.voice import VoiceNode
from boards.dahdi.system import System

__all__ = ["CHANNEL_NODE", "ChannelNode", "node_of_channel"]

CHANNEL_NODE = "/dev/dahdi/channel"
"""Opens any channel, once SPECIFY has said which."""
TAPS = (0, 32, 64, 128, 256, 512, 1024)
BITS_MOST = 0x0F
HARDWARE_GAIN_MOST_DB = 50.0
MESSAGES_MOST = 65535


def node_of_channel(number: int) -> str:
    """The node that opens channel ``number`` and no other, where udev has made it."""
    return f"/dev/dahdi/{number}"


class ChannelNode(VoiceNode):
    """An open channel. ``number`` is its number (1…1024)."""

    def __init__(self, system: System, fd: int, number: int) -> None:
        super().__init__(system, fd, f"DAHDI channel {number}")
        self.number = number

    @classmethod
    def open(cls, system: System, number: int, *, blocking: bool = False) -> Self:
        """Open channel ``number`` (1…1024) for ourselves alone. Nothing stays open when it raises DahdiError.

        NoSuchDevice without a driver or for a channel that is not configured, NotValid for one that there is not, DeviceBusy
        when somebody else has it (and who, as far as the user may see), NotPermitted.
        """
        nodes = [CHANNEL_NODE, node_of_channel(number)]
        made = cls(system, open_node(system, CHANNEL_NODE, nodes, blocking=blocking), number)
        try:
            made._specify(nodes)
        except BaseException:
            made.close()
            raise
        return made

    def _specify(self, nodes: Sequence[str]) -> None:
        self._within(Ioctl.SPECIFY, _("the number of a channel"), self.number, 1, CHANNELS_MOST)
        try:
            self._tell(Ioctl.SPECIFY, self.number)
        except DahdiError as error:
            number = error.number
            raise refusal(self.device, "SPECIFY", Ioctl.SPECIFY, number, who_has(self._system, number, nodes), nodes) from error

    def signalling(self) -> Sig:
        """How the channel is configured."""
        return Sig(self.params().sigtype & 0xFFFFFFFF)

    # ---- hook and ringing ----

    def hook_on(self) -> None:
        """Hang up. A phone that is still off hook gets its battery removed for 500 ms. Empties both audio directions."""
        self._hook(Hook.ONHOOK)

    def hook_off(self) -> None:
        """Close the loop of an exchange line; on a phone's port, tell the driver that we serve the phone. DeviceBusy after ``hook_on``."""
        self._hook(Hook.OFFHOOK)

    def start(self) -> None:
        """Seize a line that is started by signalling; on a phone's port, ring. DeviceBusy unless on hook, NoToneZone without one."""
        self._hook(Hook.START)

    def ring(self, cadence: Sequence[int] | None = None) -> None:
        """Ring the phone; ``cadence`` as for ``set_cadence``, None keeps the present one. DeviceBusy unless on hook, NoToneZone."""
        if cadence is not None:
            self.set_cadence(cadence)
        self._hook(Hook.RING)

    def ring_stop(self) -> None:
        """Stop ringing; the port is idle again."""
        self._hook(Hook.RINGOFF)

    def flash(self) -> None:
        """Open the loop for ``flashtime``; HOOKCOMPLETE follows. DeviceBusy within the debounce time after ``hook_off``."""
        self._hook(Hook.FLASH)

    def wink(self) -> None:
        """Close the loop for ``winktime``; HOOKCOMPLETE follows. DeviceBusy unless on hook."""
        self._hook(Hook.WINK)

    def _hook(self, what: Hook) -> None:
        self._tell(Ioctl.HOOK, what, f"HOOK {what.name}")

    def frozen(self) -> bool:
        """Whether changes of the hook are ignored."""
        return bool(self._answer(Ioctl.GETSIGFREEZE))

    def freeze(self, *, on: bool) -> None:
        """Ignore changes of the hook, or heed them again."""
        self._tell(Ioctl.SETSIGFREEZE, on)

    # ---- channel-associated signalling ----

    def received_bits(self) -> int:
        """The ABCD bits (A is 8) that come in. They can have changed again since BITSCHANGED was told."""
        # Some drivers leave the neighbour's bits in the upper half of the octet.
        return self._answer(Ioctl.GETRXBITS) & BITS_MOST

    def send_bits(self, bits: int) -> None:
        """Send ABCD bits (0…15) from now on. NotValid unless the channel is configured for CAS."""
        self._within(Ioctl.SETTXBITS, _("a set of ABCD bits"), bits, 0, BITS_MOST)
        self._tell(Ioctl.SETTXBITS, bits)

    # ---- clear channels ----

    def set_audio(self, *, on: bool) -> None:
        """Let a clear channel carry audio: silence when idle, gains, echo canceller, tones. NotValid on any other channel."""
        self._tell(Ioctl.AUDIOMODE, on)

    def set_hdlc_raw(self, *, on: bool) -> None:
        """Frames instead of audio on a clear channel, without check octets."""
        self._tell(Ioctl.HDLCRAWMODE, on)

    def set_hdlc_checked(self, *, on: bool) -> None:
        """Frames instead of audio on a clear channel. A frame read ends with its two check octets; one written ends with two of any value."""
        self._tell(Ioctl.HDLCFCSMODE, on)

    def set_hdlc_rate(self, kbit_s: int) -> None:
        """56 or 64 kbit/s."""
        if kbit_s not in (56, 64):
            self._wrong(Ioctl.HDLC_RATE, Message(_("the rate of a frame channel is 56 or 64 kbit/s, not {value}"), {"value": kbit_s}))
        self._tell(Ioctl.HDLC_RATE, kbit_s)

    def set_loopback(self, *, on: bool) -> None:
        """Send back what comes in, when nothing else is to be sent."""
        self._tell(Ioctl.LOOPBACK, on)

    # ---- echo ----

    def echo_cancel(self, taps: int, params: Mapping[str, int] | None = None) -> None:
        """Echo canceller on with 32, 64 … 1024 taps (8 per ms), or off with 0. Does nothing where none is attached.

        ``params`` (at most 8 names of at most 15 octets) are the canceller's own; NotValid when it does not take them.
        """
        given = params or {}
        code = Ioctl.ECHOCANCEL_PARAMS if given else Ioctl.ECHOCANCEL
        if taps not in TAPS:
            values = {"choices": ", ".join(map(str, TAPS)), "value": taps}
            self._wrong(code, Message(_("the number of taps is one of {choices}, not {value}"), values))
        if not given:
            self._tell(code, taps)
            return
        self._within(code, _("the number of parameters of an echo canceller"), len(given), 0, ECHO_PARAMS_MOST)
        self._send(code, EchoCancelParams(taps, len(given)), more=[EchoCancelParam(*param) for param in given.items()])

    def echo_train(self, time_ms: int) -> None:
        """Let the canceller learn the line with an impulse after ``time_ms`` (0…999) of silence. NotValid when none is on."""
        self._within(Ioctl.ECHOTRAIN, _("the time of training an echo canceller in ms"), time_ms, 0, PRETRAINING_MOST_MS)
        self._tell(Ioctl.ECHOTRAIN, time_ms)

    def echo_fax_mode(self, *, on: bool) -> None:
        """Let the canceller leave a fax or modem alone. NotValid when none is on."""
        self._tell(Ioctl.ECHOCANCEL_FAX_MODE, on)

    # ---- what only analog cards know ----

    def set_polarity(self, *, reverse: bool) -> None:
        """Reverse a phone's battery, or set it right. NotValid while ringing or without battery."""
        self._tell(Ioctl.SETPOLARITY, reverse)

    def onhook_transfer(self, duration_ms: int) -> None:
        """Let a phone on hook hear audio for this time (0…60 000 ms), for caller id or a message lamp."""
        self._within(Ioctl.ONHOOKTRANSFER, _("the time of audio to a telephone on hook in ms"), duration_ms, 0, TIME_MOST_MS)
        self._tell(Ioctl.ONHOOKTRANSFER, duration_ms)

    def set_message_lamp(self, kind: MessageLamp) -> None:
        """How the telephone is told that messages wait."""
        self._tell(Ioctl.VMWI_CONFIG, kind)

    def set_messages_waiting(self, messages: int) -> None:
        """How many messages wait (0…65535); 0 puts the lamp out."""
        self._within(Ioctl.VMWI, _("the number of waiting messages"), messages, 0, MESSAGES_MOST)
        self._tell(Ioctl.VMWI, messages)

    def set_hardware_gain(self, gain_db: float, *, transmit: bool) -> None:
        """The gain of the card itself, in steps of 0.1 dB; what a card can do is less than the −50…50 dB that are taken here."""
        if not -HARDWARE_GAIN_MOST_DB <= gain_db <= HARDWARE_GAIN_MOST_DB:
            self._wrong(Ioctl.SET_HWGAIN, Message(_("the gain of a card is −50 to 50 dB, not {value}"), {"value": gain_db}))
        self._send(Ioctl.SET_HWGAIN, HardwareGain(round(gain_db * 10), int(transmit)))

    def detect_keys(self, what: ToneDetect) -> None:
        """The card's own receiver of keys, which tells DTMFDOWN and DTMFUP. NotSupported on most cards."""
        self._tell(Ioctl.TONEDETECT, what)

    def voltages(self) -> VoltageStats:
        """Millivolts on the port: tip, ring, battery."""
        return self._ask(Ioctl.WCTDM_GET_STATS, VoltageStats)

    def registers(self) -> Registers:
        """The registers of the port's line chip."""
        return self._ask(Ioctl.WCTDM_GET_REGS, Registers)

    def set_register(self, register: int, value: int, *, indirect: bool = False) -> None:
        """Set one register (0…255) of the line chip to 0…255, an indirect one to 0…65535. Can damage what is on the line."""
        self._within(Ioctl.WCTDM_SET_REG, _("the number of a register"), register, 0, 255)
        self._within(Ioctl.WCTDM_SET_REG, _("the value of a register"), value, 0, 65535 if indirect else 255)
        self._send(Ioctl.WCTDM_SET_REG, RegisterOperation(int(indirect), register, value))

    def tune_hybrid(self, tune: EchoTune) -> None:
        """Line impedance and hybrid balance of an exchange line's port."""
        self._send(Ioctl.WCTDM_SET_ECHOTUNE, tune)
