"""An analog card as a span: exchange lines first, then telephones, each with its far end."""

from __future__ import annotations

from dataclasses import dataclass

from boards.dahdi.abi import Law, LineConfigBit, Sig
from hwsim.agenda import Agenda
from hwsim.analog_port import AnalogPort, ExchangePort, PhonePort
from hwsim.driver_channel import BLOCK_SAMPLES, DriverChannel
from hwsim.driver_span import DriverDevice, DriverSpan
from hwsim.kernel_law import to_linear
from hwsim.signals import alaw_from_linear, linear_from_alaw

__all__ = ["AnalogCard", "AnalogSpan"]

ALAW_IDLE = 0xD5
SILENCE = bytes([ALAW_IDLE]) * BLOCK_SAMPLES
EVERY_OCTET = bytes(range(256))


def _law_tables() -> tuple[bytes, bytes]:
    """Octet tables from A-law to mu-law and back, by the nearest value."""
    mulaw = to_linear(EVERY_OCTET, Law.MULAW).astype(int)
    alaw = linear_from_alaw(EVERY_OCTET).astype(int)
    to_mulaw = bytes(int(abs(mulaw - value).argmin()) for value in alaw)
    return to_mulaw, alaw_from_linear(mulaw.astype("int16"))


TO_MULAW, TO_ALAW = _law_tables()


@dataclass(frozen=True)
class AnalogCard:
    """A card: how many exchange lines and telephones it has, the law that its driver was loaded with, and where it is plugged in."""

    fxo: int
    fxs: int
    law: Law = Law.ALAW
    hardware_id: str = ""
    location: str = ""


class AnalogSpan(DriverSpan):
    """The card in its place. It is configured and runs from the start; the line is A-law whatever the card's law is."""

    digital = False

    def __init__(self, device: DriverDevice, card: AnalogCard, place: int, agenda: Agenda) -> None:
        kind = "FXO" if card.fxo else "FXS"
        super().__init__(device, f"SIM/{place}", f"Simulated analog card {place + 1}", kind, card.law, LineConfigBit(0))
        self._agenda = agenda
        self.ports: list[ExchangePort | PhonePort] = []
        self.running = True
        self.plugged = True
        for position in range(1, card.fxo + card.fxs + 1):
            self.channels.append(self._channel(position, exchange=position <= card.fxo))

    def _channel(self, position: int, *, exchange: bool) -> DriverChannel:
        kind, sig = (ExchangePort, Sig.FXSKS) if exchange else (PhonePort, Sig.FXOKS)
        capabilities = Sig.FXSKS | Sig.FXSLS if exchange else Sig.FXOKS | Sig.FXOLS

        def port(channel: DriverChannel) -> ExchangePort | PhonePort:
            made = kind(self._agenda, 0, sig, channel.raise_event, channel.empty_audio)
            self.ports.append(made)
            return made

        return DriverChannel(f"{self.name}/{position - 1}", position, capabilities, self, port)

    def shut_down(self) -> None:
        for port in self.ports:
            if port.plugged:
                port.configured(Sig.NONE)
            else:
                port.sig = Sig.NONE

    def pulled(self) -> None:
        """Out of its place: dead lines at once."""
        self.plugged = False
        self.disable()
        for port in self.ports:
            port.pulled()

    def pushed(self) -> None:
        """Back in its place, configured as at the start."""
        self.plugged = True
        for port in self.ports:
            port.sig = Sig.FXSKS if isinstance(port, ExchangePort) else Sig.FXOKS
            port.pushed()

    def exchange_block(self) -> None:
        """20 ms of sound both ways on every port. What is sent goes first because a far end may answer out of what it hears."""
        for channel in self.channels:
            port = channel.port
            if isinstance(port, AnalogPort):
                self._exchange(channel, port)

    def _exchange(self, channel: DriverChannel, port: AnalogPort) -> None:
        audio = channel.opened if port.plugged else None
        heard = SILENCE if audio is None else self._onto_line(audio.sent(BLOCK_SAMPLES))
        said = SILENCE if port.far_end is None else port.far_end.exchange(heard if port.heard_on_line else SILENCE)
        if len(said) != BLOCK_SAMPLES:
            raise ValueError(f"the far end of channel {port.channel} said {len(said)} octets, a block has {BLOCK_SAMPLES}")
        if audio is not None:
            audio.receive(self._from_line(said if port.hears_line else SILENCE))

    def _onto_line(self, octets: bytes) -> bytes:
        return octets.translate(TO_ALAW) if self.law == Law.MULAW else octets

    def _from_line(self, octets: bytes) -> bytes:
        return octets.translate(TO_MULAW) if self.law == Law.MULAW else octets
