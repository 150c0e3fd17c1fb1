"""The public exchange: lines on one side, subscribers on the other, calls between them.

A subscriber who calls hears what a telephone hears: ringback, busy or unallocated tone, or the appliance. A number dialled by
the appliance rings the subscriber who has it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

from engine.kernel.errors import BadInput, Refused
from engine.kernel.text import text
from hwsim.cable import SHORT
from hwsim.e1_calls import USUAL_REACTION, E1Call, E1FarEnd, Reaction
from hwsim.exchange_line import ExchangeLine, Party, Phase
from hwsim.line import NO_IMPAIRMENTS, Impairments, through_line
from hwsim.line_service import CallerIdStyle, Disconnect, LineService
from hwsim.line_side import ExchangePortSide
from hwsim.pair import Pair
from hwsim.signals import CADENCES, IDLE_BLOCK, ToneLoop, cadence
from hwsim.world import World

__all__ = ["CallerIdStyle", "Circuit", "Disconnect", "Exchange", "ExchangeLine", "LineService", "NetworkParty", "Phase"]


class NetworkParty(Protocol):
    """A telephone somewhere in the network, as the exchange knows it."""

    @property
    def number(self) -> str:
        """Its telephone number."""

    @property
    def name(self) -> str:
        """Whose it is."""

    def rung(self, circuit: Circuit) -> None:
        """Somebody calls: it rings until ``circuit.answer()``, or until ``call_over``."""

    def call_over(self) -> None:
        """The call that rang was given up."""

    def hear(self, octets: bytes, at_sample: int) -> None:
        """What its receiver sounds."""

    def speak(self, start_sample: int) -> bytes:
        """The next 160 octets of what is said into it."""


class CallLine(Protocol):
    """A line as a party's circuit knows it: an analog one, or a call on a trunk."""

    @property
    def name(self) -> str:
        """The line's, as the site calls it."""

    def answered(self) -> None:
        """The called party answered."""

    def party_gone(self, party: Party) -> None:
        """It hung up."""

    def heard_by(self, party: Party) -> bytes:
        """What comes from the appliance."""


class Circuit:
    """One party's connection to the exchange, from calling or being rung until hanging up."""

    def __init__(self, exchange: Exchange, party: NetworkParty, line: CallLine | None, tone: str | None) -> None:
        self.party = party
        self.line = line
        self.bridged = False
        self.hears_line = False
        """It is bridged, or hears what sounds before the answer."""
        self.answered = tone is not None
        self._exchange = exchange
        self._tone: ToneLoop | None = None
        self.tone_name = ""
        if tone is not None:
            self.sound(tone)

    def sound(self, tone: str) -> None:
        """The party hears this tone from now on."""
        self.tone_name = tone
        self._tone = ToneLoop(cadence(CADENCES[tone]), self._exchange.world.now_sample)

    def answer(self) -> None:
        """The party that is rung lifts the handset. Refused when nothing rings any more."""
        if self.answered or self.line is None:
            raise Refused(text("{who} cannot answer: nobody is calling", who=self.party.name))
        self.answered = True
        self.bridged = self.hears_line = True
        self._exchange.world.note(self.party.name, "answers")
        self.line.answered()

    def hang_up(self) -> None:
        """The party puts the handset down, or gives up. Twice does nothing."""
        line, self.line = self.line, None
        self.bridged = self.hears_line = False
        self._exchange.forget(self)
        if line is not None:
            line.party_gone(self)

    def line_connected(self) -> None:
        self.bridged = self.hears_line = True
        self._tone, self.tone_name = None, ""

    def line_heard(self) -> None:
        self.hears_line = True
        self._tone, self.tone_name = None, ""

    def line_released(self, tone: str) -> None:
        self.line, self.bridged, self.hears_line = None, False, False
        if self.answered:
            self.sound(tone)
            return
        self._exchange.forget(self)
        self.party.call_over()

    def speak(self, start_sample: int) -> bytes:
        return self.party.speak(start_sample)

    def deliver(self, start_sample: int) -> None:
        """Let the party hear the block that has just crossed the line, or its tone."""
        if self.hears_line and self.line is not None:
            self.party.hear(self.line.heard_by(self), start_sample)
        elif self._tone is not None:
            self.party.hear(self._tone.block(start_sample), start_sample)


class Exchange:
    """Lines by name, their directory numbers, and the subscribers of the network by number."""

    def __init__(
        self,
        world: World,
        ports: Mapping[str, ExchangePortSide],
        numbers: Mapping[str, str],
        services: Mapping[str, LineService] = MappingProxyType({}),
        impairments: Mapping[str, Impairments] = MappingProxyType({}),
    ) -> None:
        self.world = world
        self.lines: dict[str, ExchangeLine] = {}
        self.pairs: dict[str, Pair] = {}
        self.trunks: dict[str, E1FarEnd] = {}
        """The far ends of E1 trunks, by the trunk's name."""
        self._impairments: dict[str, Impairments] = {}
        self._numbers = dict(numbers)
        self._parties: dict[str, NetworkParty] = {}
        self._reactions: dict[str, Reaction] = {}
        self._circuits: list[Circuit] = []
        for name, port in ports.items():
            pair = self.pairs[name] = Pair(port)
            self.lines[name] = ExchangeLine(name, pair, world, services.get(name, LineService()), self._route, self._complete)
            self.impair(name, impairments.get(name, NO_IMPAIRMENTS))
        world.after_each_block(self._deliver)

    def subscribe(self, party: NetworkParty) -> None:
        """Connect a telephone to the network. Raises BadInput when its number is taken."""
        if party.number in self._parties or party.number in self._numbers.values():
            raise BadInput(
                text(
                    "the number {number} of {who} is taken: give every subscriber a number of its own", number=party.number, who=party.name
                )
            )
        self._parties[party.number] = party

    def unsubscribe(self, party: NetworkParty) -> None:
        """Disconnect a telephone from the network; its number is free again. Refused while it is in a call."""
        if self.engaged(party):
            raise Refused(text("{who} is in a call: hang up first", who=party.name))
        if self._parties.get(party.number) is party:
            del self._parties[party.number]
            self._reactions.pop(party.number, None)

    def knows(self, number: str) -> bool:
        """True when a telephone or one of the lines has this number."""
        return number in self._parties or number in self._numbers.values()

    def engaged(self, party: NetworkParty) -> bool:
        """True while the party calls, is rung, talks or listens to a tone."""
        return any(circuit.party is party for circuit in self._circuits)

    def place_call(
        self,
        party: NetworkParty,
        to: str,
        caller_id: CallerIdStyle = CallerIdStyle.FSK,
        *,
        shown_name: str = "",
        absence: str = "",
        disconnect: Disconnect | None = None,
        ring_cadence_ms: tuple[int, ...] = (),
        collides: bool = False,
        called: str = "",
        by_digits: bool = False,
        diverted_from: str = "",
    ) -> Circuit:
        """The party dials ``to``: a line's name, or a number (the first free line that has it rings).

        ``absence``: ``private`` or ``unavailable`` instead of the number; ``disconnect`` None and ``ring_cadence_ms`` empty: as the line's
        service says. ``collides``: the line does not ring, the call meets the appliance's own seizure. Only by an E1 trunk: ``called``, the number that
        the exchange tells the appliance instead of the trunk's, ``by_digits``, that it does so digit by digit, and ``diverted_from``, the number
        from which it says that the call was diverted. Refused while the party has another call.
        """
        if self.engaged(party):
            raise Refused(text("{who} is in a call: hang up first", who=party.name))
        trunk = next((name for name in self.trunks if to in (name, self._numbers.get(name))), None)
        if trunk is not None:
            number = called or self._numbers.get(trunk, "")
            circuit, far_end = self._circuit_by(party, trunk, to), self.trunks[trunk]
            if circuit.tone_name != "busy":
                circuit.line = far_end.offer(
                    circuit, party.number, number, absence=absence, by_digits=by_digits, diverted_from=diverted_from
                )
                if circuit.line is None:
                    circuit.sound("busy")
            return circuit
        lines = [line for name, line in self.lines.items() if to in (name, self._numbers.get(name))]
        line = next((line for line in lines if line.free), None)
        tone = "unallocated" if not lines else "busy" if line is None else "ringback"
        circuit = Circuit(self, party, line, tone)
        self._circuits.append(circuit)
        self.world.note(party.name, f"calls {to}: {tone} tone")
        if line is not None and collides:
            line.collide(circuit)
        elif line is not None:
            line.offer(circuit, party.number, shown_name, caller_id, absence, disconnect, ring_cadence_ms)
        return circuit

    def _circuit_by(self, party: NetworkParty, trunk: str, to: str) -> Circuit:
        circuit = Circuit(self, party, None, "ringback" if self.trunks[trunk].free else "busy")
        self._circuits.append(circuit)
        self.world.note(party.name, f"calls {to}: {circuit.tone_name} tone")
        return circuit

    # ---- what E1 trunks ask (``e1_calls.Town``) ----

    def add_trunk(self, name: str, number: str, far_end: E1FarEnd) -> None:
        """Connect the far end of an E1 trunk; ``number`` is the trunk's, empty: none."""
        self.trunks[name] = far_end
        if number:
            self._numbers[name] = number

    def trouble_of(self, number: str) -> str:
        """Why a number cannot be called by a trunk."""
        party = self._parties.get(number)
        return "unallocated" if party is None else "busy" if self.engaged(party) else ""

    def may_become(self, number: str) -> bool:
        """True when a subscriber's number begins so, and goes on."""
        return any(other != number and other.startswith(number) for other in self._parties)

    def react(self, number: str, reaction: Reaction) -> None:
        """Calls to this number by an E1 trunk come to this from now on."""
        self._reactions[number] = reaction

    def reaction_of(self, number: str) -> Reaction:
        """What calls to this number by an E1 trunk come to."""
        return self._reactions.get(number, USUAL_REACTION)

    def operator(self) -> str:
        """The first telephone of the network."""
        return next(iter(self._parties), "")

    def ring(self, number: str, call: E1Call) -> None:
        """Ring the subscriber for a call by a trunk."""
        party = self._parties[number]
        circuit = Circuit(self, party, call, None)
        call.party = circuit
        self._circuits.append(circuit)
        party.rung(circuit)

    def forget(self, circuit: Circuit) -> None:
        """A circuit is given back. Twice does nothing."""
        if circuit in self._circuits:
            self._circuits.remove(circuit)

    def impair(self, line: str, impairments: Impairments) -> None:
        """Give a line another cable and other disturbances, from now on. KeyError for a line that is not there."""
        pair = self.pairs[line]
        self._impairments[line] = impairments
        pair.far_end = through_line(self.lines[line], impairments, self.world.seed_for())
        pair.lay(impairments.cable or SHORT)

    def impairments_of(self, line: str) -> Impairments:
        """What the line's cable does. KeyError for a line that is not there."""
        return self._impairments[line]

    def serve(self, line: str, service: LineService) -> None:
        """Order other services for a line; a call that is on keeps its way of ending. KeyError for a line that is not there."""
        self.lines[line].service = service

    def service_of(self, line: str) -> LineService:
        """What a line has ordered. KeyError for a line that is not there."""
        return self.lines[line].service

    def cut(self, line: str) -> None:
        """Break the wire of a line; of an E1 trunk the signalling fails, and speech goes on. KeyError for a line that is not there."""
        if line in self.trunks:
            self.trunks[line].cut_signalling(cut=True)
            return
        self.lines[line].cut()
        self.pairs[line].cut()

    def mend(self, line: str) -> None:
        """Mend the wire of a line, or the signalling of an E1 trunk."""
        if line in self.trunks:
            self.trunks[line].cut_signalling(cut=False)
            return
        self.pairs[line].mend()
        self.lines[line].mend()

    def _complete(self, number: str) -> bool:
        return number in self._parties and not any(other != number and other.startswith(number) for other in self._parties)

    def _route(self, line: ExchangeLine, number: str) -> None:
        party = self._parties.get(number)
        if party is None:
            line.fail(self._tone_of_line(line, number))
        elif self.engaged(party):
            line.fail("busy")
        else:
            circuit = Circuit(self, party, line, None)
            self._circuits.append(circuit)
            line.ring_out(circuit)
            party.rung(circuit)

    def _tone_of_line(self, line: ExchangeLine, number: str) -> str:
        """Whoever dials the number of the own line finds it busy; calls from line to line are not modelled."""
        return "busy" if self._numbers.get(line.name) == number else "unallocated"

    def _deliver(self) -> None:
        start = self.world.block_start_sample
        for trunk in self.trunks.values():
            trunk.run()
        for circuit in list(self._circuits):
            circuit.deliver(start)
        for line in self.lines.values():
            line.heard = IDLE_BLOCK
