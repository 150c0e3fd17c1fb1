"""A channel of an E1 as a trunk of the engine: the shell around its call machine, for every signalling.

Port, pump, alarms and pulled cards are those of every line (``boards/dahdi/line.py``); what a signalling does is left to ``PriTrunk`` and
``R2Trunk``.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

from boards.dahdi.abi import Event, Params
from boards.dahdi.channel import Channel
from boards.dahdi.heard import FaxHeard, FaxTone, Heard, Hearing, KeyDown, LineEvent
from boards.dahdi.line import EVENTS_FULL, Line, Surroundings
from boards.dahdi.port_life import BLOCKED
from boards.e1 import trunk_call as c
from engine.kernel.errors import OurFault, Refused
from engine.kernel.fsm import Machine
from engine.kernel.text import text
from engine.settings.e1_trunk import E1TrunkSection
from engine.telephony.causes import Cause
from engine.telephony.lines import TrunkReceiver
from engine.telephony.numbers import NumberRefused, Redirection

__all__ = ["SIGNALLED", "ChannelSettings", "DigitalTrunk"]

SIGNALLED = "signalled"
"""How an answer is known: the signalling said so."""
STARTING = "starting"
DIGITS_MOST = 20
DIGITS = frozenset("0123456789*#")


@dataclass(frozen=True)
class ChannelSettings:
    """What a line wants to know of its settings. ``channel`` 0: not known yet, the span has to be numbered first."""

    name: str
    channel: int
    receive_gain_db: float
    transmit_gain_db: float


class DigitalTrunk(Line):
    """One timeslot. Implements ``engine.telephony.lines.Trunk``."""

    def __init__(self, section: E1TrunkSection, name: str, place: int, around: Surroundings) -> None:
        settings = ChannelSettings(name, 0, section.receive_gain_db, section.transmit_gain_db)
        super().__init__(settings, around, Machine(c.TABLE))
        self.place = place
        self.section = section
        self._receiver: TrunkReceiver | None = None
        self._port_fault = STARTING
        self._signalling_fault = ""

    def report_to(self, receiver: TrunkReceiver) -> None:
        """Who hears what happens."""
        self._receiver = receiver

    # ---- the contract ------------------------------------------------------------------------------------------------

    @property
    def free(self) -> bool:
        return self._channel is not None and isinstance(self._actor.state, c.Idle)

    @property
    def announces(self) -> bool:
        """Speech is through as soon as the call is here."""
        return True

    def alert(self) -> bool:
        gives = self.section.gives_ringing_tone and isinstance(self._actor.state, c.Offered)
        self._actor.post(c.AlertCall(gives))
        return gives

    def announce(self) -> None:
        self._actor.post(c.AnnounceCall())

    def answer(self) -> None:
        if not isinstance(self._actor.state, c.Offered):
            raise Refused(text("Line {line} has no call to answer.", line=self.name))
        self._actor.post(c.AnswerCall())

    def dial(self, number: str, presented: str = "", redirection: Redirection | None = None) -> None:
        digits = "".join(key for key in number if key not in ",W")  # pauses are for lines that dial by keys
        if not 0 < len(digits) <= DIGITS_MOST or not DIGITS.issuperset(digits):
            raise NumberRefused(
                text("{number} cannot be dialled on line {line}: 1 to 20 digits, * or # are wanted.", number=number, line=self.name)
            )
        if not self.free:
            raise Refused(text("Line {line} is in use or out of service.", line=self.name))
        self._actor.post(c.DialNumber(digits, presented, redirection))

    def record_tone(self, number: str, told: Callable[[bytes], None]) -> None:
        raise Refused(text("Line {line} is digital: its exchange says by signalling that a number is busy.", line=self.name))

    def know_busy_tone(self, written: str) -> None:
        """The exchange says it by signalling: nothing has to be listened for."""

    def flash(self) -> None:
        raise Refused(text("Line {line} is digital: it has no loop to be opened.", line=self.name))

    def release(self, cause: Cause = Cause.NORMAL_CALL_CLEARING) -> None:
        self._actor.post(c.ReleaseCall(cause))

    @property
    def held_for(self) -> str:
        """As of every line; what its signalling says counts too, once it has said something."""
        return super().held_for or (self._signalling_fault if self._signalling_fault != STARTING else "")

    # ---- the port's life ---------------------------------------------------------------------------------------------

    def block(self) -> None:
        """A hold ends no call here: nothing has to be waited for."""
        self._blocked = True
        self.hold(BLOCKED)

    def _at_rest(self) -> bool:
        return isinstance(self._actor.state, (c.Idle, c.OutOfService))

    def _take_out(self, reason: str, *, works: bool) -> None:
        self._port_fault = reason
        self._actor.post(c.Hold(reason) if works else c.Fail(reason))

    def _put_in(self, state: Params) -> None:
        self._port_fault = ""
        self._judge()

    def signalling_fault(self, reason: str) -> None:
        """The signalling keeps it from service, for this reason; empty: it does not."""
        self._signalling_fault = reason
        self._judge()

    def _judge(self) -> None:
        fault = self._port_fault or self._signalling_fault
        self._actor.post(c.Hold(fault) if fault else c.Unhold())

    def _seen(self, state: Params) -> None:
        if self._receiver is not None:
            self._receiver.line_violated(self, "events", EVENTS_FULL)

    # ---- what is heard -----------------------------------------------------------------------------------------------

    def _hear(self, heard: Heard) -> None:
        match heard:
            case KeyDown(key):
                if self._receiver is not None and isinstance(self._actor.state, (c.Connected, c.Proceeding)):
                    self._receiver.trunk_key(self, key)
            case FaxHeard(FaxTone.REVERSALS):
                self._switch_echo(self._echo.modem_heard())
            case LineEvent(Event.ALARM | Event.NOALARM):
                self._around.spans.look(self.span)

    def _listen(self, hearing: Hearing) -> None:
        if self._channel is not None:
            self._around.bay.listen(self.port, hearing)

    def _speech_hearing(self) -> Hearing:
        return Hearing.KEYS | (Hearing.FAX if self._echo_taps else Hearing.NONE)

    # ---- what the machine wants --------------------------------------------------------------------------------------

    def _perform(self, effect: object) -> None:
        match effect:
            case c.SendSetup():
                self._send_setup(effect)
            case c.SendAlerting(in_band):
                self._send_alerting(in_band=in_band)
            case c.SendProgress():
                self._send_progress()
            case c.SendAnswer():
                self._begin_speech()
                self._send_answer()
            case c.SendClear(cause):
                self._end_speech()
                self._send_clear(cause)
            case c.SendRefusal(cause):
                self._end_speech()
                self._send_refusal(cause)
            case c.DialledOut():
                self._begin_speech()
                self._report(effect)
            case c.CallReleased():
                self._end_speech()
                self._report(effect)
            case _:
                self._report(effect)

    def _begin_speech(self) -> None:
        self._switch_echo(self._echo.answered(self._echo_taps))
        self._listen(self._speech_hearing())

    def _end_speech(self) -> None:
        self._switch_echo(self._echo.ended())
        self._listen(Hearing.NONE)

    @abstractmethod
    def _send_setup(self, wanted: c.SendSetup) -> None:
        """Call out; what becomes of it is posted."""

    def _send_alerting(self, *, in_band: bool) -> None:
        """Tell the far end that somebody is rung, where the signalling has a word for it."""

    def _send_progress(self) -> None:
        """Tell the far end that something can be heard, where the signalling has a word for it."""

    @abstractmethod
    def _send_answer(self) -> None:
        """Tell the far end."""

    @abstractmethod
    def _send_clear(self, cause: Cause) -> None:
        """Let the channel go; ``Over`` is posted when it is free."""

    def _send_refusal(self, cause: Cause) -> None:
        """The same for a call that was not answered: its caller may be told why by a tone."""
        self._send_clear(cause)

    def _report(self, effect: object) -> None:
        receiver = self._receiver
        if receiver is None:
            return
        match effect:
            case c.CallOffered(caller, called):
                receiver.trunk_rang(self)
                receiver.trunk_offered(self, caller, called or self.section.number)
            case c.DialledOut():
                receiver.trunk_dialled(self)
            case c.Progressed(alerting, in_band):
                receiver.trunk_progressed(self, alerting=alerting, in_band=in_band or not self.section.sounds_ringback)
            case c.CallFails(release):
                receiver.trunk_fails(self, release)
            case c.Answered(connected):
                receiver.trunk_answered(self, SIGNALLED, connected)
            case c.CallReleased(release):
                receiver.trunk_released(self, release)
            case c.Usable():
                receiver.line_in_service(self)
            case c.Gone(reason):
                receiver.line_out_of_service(self, reason)
            case _:
                raise OurFault(f"nobody performs {effect!r}")

    def _hand_over(self, channel: Channel) -> None:
        super()._hand_over(channel)
        self._listen(Hearing.NONE)
