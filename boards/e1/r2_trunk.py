"""An R2 circuit as a trunk: bits by the driver, register signals by the media pump, the circuit's machines between them.

An incoming call is accepted as soon as its number is complete: then speech is through, and the caller hears what the engine lets him hear from
the answer on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from boards.dahdi.abi import Event, Params
from boards.dahdi.channel import Channel
from boards.dahdi.heard import Heard, Hearing, LineEvent, RegisterSignalGone, RegisterSignalHeard
from boards.dahdi.line import Surroundings
from boards.dahdi.nodes.errors import DahdiError
from boards.e1 import r2_words as r2
from boards.e1 import trunk_call as c
from boards.e1.digital_trunk import DigitalTrunk
from boards.e1.r2_circuit import CircuitRules, Plan, R2Circuit
from boards.e1.r2_incoming_words import AskCaller, IncomingPolicy
from boards.e1.r2_line_rules import RANGES_S, Direction, Glare, LineRules
from boards.e1.r2_line_words import METERING
from boards.e1.r2_run import CircuitRun
from boards.e1.r2_tones import RegisterTones
from boards.e1.r2_variants import VARIANTS
from engine.kernel.errors import EnvironmentFault, UnexpectedEvent
from engine.settings.e1_trunk import E1TrunkSection
from engine.telephony.causes import Cause, Release
from engine.telephony.numbers import UNKNOWN_CALLER

__all__ = ["R2Trunk", "line_rules_of", "plan_of", "rules_of"]

REGISTERS = Hearing.R2_FORWARD | Hearing.R2_BACKWARD
NOT_SEIZED = Release(Cause.REQUESTED_CIRCUIT_NOT_AVAILABLE, "channel_refused")
FAULTS = {
    r2.Status.UNSETTLED: "unsettled",
    r2.Status.FAR_BLOCKED: "far_blocked",
    r2.Status.LOCAL_BLOCKED: "blocked",
    r2.Status.ALARM: "alarm",
}
"""What keeps a circuit from service; idle and busy ones serve."""
ASKS = {"complete": AskCaller.COMPLETE, "first": AskCaller.AFTER_DIGITS, "never": AskCaller.NEVER}


ACCEPTED = {"first": r2.Outcome.FREE, "caller": r2.Outcome.FREE_CALLER_CONTROLS, "called": r2.Outcome.FREE_CALLED_CONTROLS}
"""What the exchange is told of an incoming call, by who controls its release."""


def line_rules_of(section: E1TrunkSection) -> LineRules:
    """How the bits of a trunk's circuits are run."""
    code = VARIANTS[section.r2_variant].line
    if section.r2_metering_ms:
        code = replace(code, metering_s=max(section.r2_metering_ms / 1000, METERING.least_s))
    return LineRules(
        code,
        Direction(section.direction),
        Glare(section.r2_glare),
        persistence_s=section.r2_persistence_ms / 1000,
        reanswer_s=max(section.r2_reanswer_s, RANGES_S["reanswer_s"][0]),
    )


def plan_of(section: E1TrunkSection) -> Plan:
    """When a called number is whole: with as many digits as are set, or when no more come."""
    wanted = section.digits

    def plan(called: str, ended: bool) -> r2.Verdict:
        return r2.Verdict.COMPLETE if ended or (wanted and len(called) >= wanted) else r2.Verdict.MORE

    return plan


def rules_of(section: E1TrunkSection) -> CircuitRules:
    """How a trunk's circuits are run."""
    policy = IncomingPolicy(ASKS[section.r2_ask_caller], section.r2_ask_after)
    return CircuitRules(line_rules_of(section), VARIANTS[section.r2_variant].register, policy, plan_of(section))


class R2Trunk(DigitalTrunk):
    """One circuit. Implements ``R2Side`` for it."""

    REGISTER_HEARING = REGISTERS
    """What is listened for while a number is told."""

    def __init__(
        self, section: E1TrunkSection, name: str, place: int, around: Surroundings, trace: Callable[[object], None] = lambda _event: None
    ) -> None:
        super().__init__(section, name, place, around)
        self._trace = trace
        self._run = self._made_run()
        self._tones: RegisterTones | None = None
        self._begun = False
        self._ours = False
        """The call on it is ours."""
        self._called, self._caller = "", UNKNOWN_CALLER
        self._signalling_fault = "starting"

    def _made_run(self) -> CircuitRun:
        return CircuitRun(R2Circuit(rules_of(self.section)), self._around.clock, self, self._told, self._trace)

    @property
    def circuit(self) -> R2Circuit:
        """The circuit as it is now: it begins afresh with its channel."""
        return self._run.circuit

    @property
    def free(self) -> bool:
        return super().free and self.circuit.status is r2.Status.IDLE

    # ---- the circuit's side of the channel ---------------------------------------------------------------------------

    def set_bits(self, bits: int) -> None:
        """Send these; a channel that is closed sends its idle bits."""
        channel = self._channel
        if channel is not None:
            self._ioctl(lambda: channel.send_bits(bits))

    def send_register(self, signal: int | None, *, backward: bool) -> None:
        """Send this signal, or silence."""
        if self._tones is not None:
            try:
                self._tones.send(signal, backward=backward)
            except EnvironmentFault as error:
                self._complain(error)  # the registers' timers end the call

    # ---- the port's life ---------------------------------------------------------------------------------------------

    def block(self) -> None:
        """The exchange is told by the blocking bits, as soon as no call is on the circuit."""
        self._blocked = True
        if self._begun:
            self._run.post(r2.Block())

    def unblock(self) -> None:
        """Idle bits again."""
        self._blocked = False
        if self._begun:
            self._run.post(r2.Unblock())

    def _holds_at_opening(self) -> set[str]:
        return set()  # what blocks it is the circuit, not the port

    def _hand_over(self, channel: Channel) -> None:
        super()._hand_over(channel)
        self._tones = RegisterTones(self._around.bay, self.port)

    def _put_in(self, state: Params) -> None:
        bits = self._bits()
        if not self._begun:
            self._begun = True
            self._run.begin(bits)
            if self._blocked:
                self._run.post(r2.Block())
        else:
            self._run.post(r2.AlarmEnded())
            self._run.post(r2.BitsSeen(bits))
        super()._put_in(state)

    def _take_out(self, reason: str, *, works: bool) -> None:
        if not works and self._tones is not None:
            self._tones = None  # its player ends with the channel
        if self._begun:
            self._run.post(r2.AlarmBegan())
        super()._take_out(reason, works=works)

    def _seen(self, state: Params) -> None:
        self._run.post(r2.BitsSeen(self._bits()))
        super()._seen(state)

    def close(self) -> None:
        """As every line; the circuit begins afresh when the channel is opened again."""
        super().close()
        self._run.close()
        self._run = self._made_run()
        self._begun, self._tones = False, None
        self._signalling_fault = "starting"

    def _bits(self) -> int:
        try:
            return self._driven().received_bits()
        except DahdiError as error:
            self._complain(error)
            return 0

    # ---- what is heard -----------------------------------------------------------------------------------------------

    def _hear(self, heard: Heard) -> None:
        match heard:
            case LineEvent(Event.BITSCHANGED):
                if self._begun:
                    self._run.post(r2.BitsSeen(self._bits()))
            case RegisterSignalHeard(signal, backward):
                self._run.post(r2.BackwardHeard(signal) if backward else r2.ForwardHeard(signal))
            case RegisterSignalGone(_, backward):
                self._run.post(r2.BackwardGone() if backward else r2.ForwardGone())
            case _:
                super()._hear(heard)

    # ---- commands ----------------------------------------------------------------------------------------------------

    def _send_setup(self, wanted: c.SendSetup) -> None:  # R2 has no signal for calls that were led on
        section = self.section
        category, caller_class = section.r2_category or None, section.r2_caller_class or None
        self._ours = True
        self._listen(self.REGISTER_HEARING)
        try:
            self._run.post(r2.Seize(wanted.number, wanted.presented or section.presented, category, caller_class))
        except UnexpectedEvent:
            # The exchange has seized it, or blocked it, in this very moment.
            self._ours = False
            self._actor.post(c.Over(NOT_SEIZED))

    def _send_answer(self) -> None:
        self._obey(r2.Answer())

    def _send_clear(self, cause: Cause) -> None:
        if self.circuit.status is not r2.Status.BUSY:
            self._actor.post(c.Over(Release(cause, "hung_up")))
            return
        self._obey(r2.Clear(Release(cause, "hung_up")))

    def _obey(self, command: r2.Command) -> None:
        try:
            self._run.post(command)
        except UnexpectedEvent:
            # The far end was quicker; what it did is told as a fact, if it has not been.
            if self.circuit.status is not r2.Status.BUSY:
                self._actor.post(c.Over(NOT_SEIZED))

    # ---- facts -------------------------------------------------------------------------------------------------------

    def _told(self, fact: r2.Fact) -> None:
        match fact:
            case r2.Seized():
                self._ours = False
                self._listen(self.REGISTER_HEARING)
            case r2.NumberComplete(called, caller):
                self._called, self._caller = called, caller
                self._run.post(r2.Accept(ACCEPTED[self.section.r2_release_control]))
            case r2.Accepted():
                self._accepted()
            case r2.Answered():
                self._actor.post(c.FarAnswered())
            case r2.ClearedBack() if not self.section.r2_reanswer_s:
                self._actor.post(c.FarEnded(Release(Cause.NORMAL_CALL_CLEARING, "hung_up")))
            case r2.Cleared(release):
                self._listen(Hearing.NONE)
                self._actor.post(c.Over(release))
            case r2.StatusChanged(status):
                self.signalling_fault(FAULTS.get(status, ""))
            case r2.Metered():
                if self._receiver is not None:
                    self._receiver.trunk_metered(self)
            case r2.Violated(what):
                if self._receiver is not None:
                    self._receiver.line_violated(self, "r2", what)

    def _accepted(self) -> None:
        if self._ours:
            self._actor.post(c.Through())
        else:
            self._listen(Hearing.NONE)
            self._actor.post(c.Arrives(self._caller, self._called))
