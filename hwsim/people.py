"""People: callers somewhere in the telephone network (here), and those who sit at the desk phones (``telephone.py``)."""

from __future__ import annotations

from collections import deque

from engine.kernel.errors import Refused
from engine.kernel.text import text
from hwsim.ears import KEPT_S
from hwsim.exchange import CallerIdStyle, Circuit, Disconnect, Exchange
from hwsim.person import Mouth, Person, Utterance
from hwsim.telephone import DeskPhone
from hwsim.world import Act, World

__all__ = ["DeskPhone", "Mouth", "Person", "Subscriber", "Utterance"]

MOMENTS_MOST = 1_000


class Subscriber(Person):
    """A telephone with a number somewhere in the network.

    ``answers_after_s``: lifts so long after the first ring; None: only by ``answer()``. ``shown_name`` goes out as the caller's
    name, ``absence`` (``private``, ``unavailable``) instead of the number.
    """

    def __init__(
        self,
        world: World,
        exchange: Exchange,
        name: str,
        number: str,
        *,
        answers_after_s: float | None = None,
        caller_id: CallerIdStyle = CallerIdStyle.FSK,
        shown_name: str = "",
        absence: str = "",
        kept_s: int = KEPT_S,
    ) -> None:
        super().__init__(world, name, kept_s)
        self.answers_after_s = answers_after_s
        self.caller_id = caller_id
        self.shown_name = shown_name
        self.absence = absence
        self.circuit: Circuit | None = None
        self.rung_at_ms: deque[int] = deque(maxlen=MOMENTS_MOST)
        self._number = number
        self._exchange = exchange
        self._answering: Act | None = None
        exchange.subscribe(self)

    @property
    def number(self) -> str:
        """The telephone number."""
        return self._number

    @property
    def ringing(self) -> bool:
        """The telephone rings and is not answered yet."""
        return self.circuit is not None and not self.circuit.answered

    @property
    def talking(self) -> bool:
        """Through to the appliance."""
        return self.circuit is not None and self.circuit.bridged

    def call(
        self,
        to: str,
        disconnect: Disconnect | None = None,
        *,
        ring_cadence_ms: tuple[int, ...] = (),
        collides: bool = False,
        called: str = "",
        by_digits: bool = False,
        diverted_from: str = "",
    ) -> None:
        """Dial a line's name or a number. Refused while in a call.

        ``ring_cadence_ms``: a distinctive ring; ``collides``: the line does not ring, the call meets the appliance's own seizure of it. By an E1
        trunk ``called`` is the number that the exchange tells instead of the trunk's, ``by_digits`` that it does so digit by digit,
        ``diverted_from`` the number from which it says that the call was diverted.
        """
        self.circuit = self._exchange.place_call(
            self,
            to,
            self.caller_id,
            shown_name=self.shown_name,
            absence=self.absence,
            disconnect=disconnect,
            ring_cadence_ms=ring_cadence_ms,
            collides=collides,
            called=called,
            by_digits=by_digits,
            diverted_from=diverted_from,
        )

    def answer(self) -> None:
        """Lift the handset of the ringing telephone. Refused when it does not ring."""
        if self.circuit is None:
            raise Refused(text("{who} cannot answer: nobody is calling", who=self.name))
        self._forget_answering()
        self.circuit.answer()

    def hang_up(self) -> None:
        """Put the handset down, whatever the call is at. Refused when there is none."""
        if self.circuit is None:
            raise Refused(text("{who} cannot hang up: not in a call", who=self.name))
        self.world.note(self.name, "hangs up")
        self._forget_answering()
        self.mouth.shut(self.world.now_sample)
        circuit, self.circuit = self.circuit, None
        circuit.hang_up()

    def rung(self, circuit: Circuit) -> None:
        self.circuit = circuit
        self.rung_at_ms.append(self.world.now_ms)
        self.world.note(self.name, "is rung")
        if self.answers_after_s is not None:
            self._answering = self.world.after(round(self.answers_after_s * 1000), self.answer)

    def call_over(self) -> None:
        self._forget_answering()
        self.circuit = None

    def hear(self, octets: bytes, at_sample: int) -> None:
        self.ear.hear(octets, at_sample)

    def _forget_answering(self) -> None:
        if self._answering is not None:
            self._answering.cancel()
            self._answering = None
