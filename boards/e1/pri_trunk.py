"""A B channel of an ISDN PRI as a trunk: its call is a reference on the span's D channel."""

from __future__ import annotations

from typing import Protocol

from boards.dahdi.line import Surroundings
from boards.e1 import trunk_call as c
from boards.e1.digital_trunk import DigitalTrunk
from boards.e1.pri_events import CallRef
from engine.kernel.errors import EnvironmentFault
from engine.settings.e1_trunk import E1TrunkSection
from engine.telephony.causes import Cause
from engine.telephony.media import Playing
from engine.telephony.numbers import CallerId
from engine.telephony.q850 import meaning_of
from engine.telephony.tones import ToneName

__all__ = ["BChannelSignalling", "PriTrunk"]


FarEvent = c.Through | c.FarFails | c.FarAnswered | c.FarEnded | c.Over | c.MovedAway | c.TakenOver


class BChannelSignalling(Protocol):
    """What a B channel asks of its D channel; every answer is posted later, by ``told``, except a refusal."""

    def set_up(self, trunk: PriTrunk, wanted: c.SendSetup) -> None:
        """Begin a call."""

    def alert(self, trunk: PriTrunk, *, in_band: bool) -> None:
        """Somebody is rung for the call that is on it; with ringing tone from here, or without."""

    def progress(self, trunk: PriTrunk) -> None:
        """Something sounds from here before the answer."""

    def restarts_now(self, place: int) -> bool:
        """The channel is being brought to rest: nothing is begun on it meanwhile."""

    def at(self, place: int) -> PriTrunk:
        """The B channel in this timeslot. KeyError when there is none."""

    def answer(self, trunk: PriTrunk) -> None:
        """Answer the call that is on it."""

    def clear(self, trunk: PriTrunk, cause: Cause) -> None:
        """End it."""

    def served(self, trunk: PriTrunk) -> None:
        """It serves again, or does not: the far end may have to know."""

    def refuse(self, trunk: PriTrunk, cause: Cause, tone_s: float) -> None:
        """End it, and let the caller listen to the channel for so long at most."""


class PriTrunk(DigitalTrunk):
    """One B channel. ``call``: the call on it, from its first message to its last; None: none."""

    def __init__(self, section: E1TrunkSection, name: str, place: int, around: Surroundings, signalling: BChannelSignalling) -> None:
        super().__init__(section, name, place, around)
        self.call: CallRef | None = None
        self._signalling = signalling
        self._d_channel_fault = ""
        self._far_blocked = False
        self._sounding: Playing | None = None

    @property
    def free(self) -> bool:
        return super().free and self.call is None and not self._signalling.restarts_now(self.place)

    @property
    def unheard(self) -> bool:
        """A call of ours is on it, to which the exchange has not said anything yet."""
        return isinstance(self._actor.state, c.Dialling)

    def d_channel_fault(self, reason: str) -> None:
        """The D channel keeps it from service, for this reason; empty: it does not."""
        self._d_channel_fault = reason
        self._judge_signalling()

    def far_blocks(self, *, blocked: bool) -> None:
        """The exchange has taken it out of service by a maintenance message, or back."""
        self._far_blocked = blocked
        self._judge_signalling()

    def _judge_signalling(self) -> None:
        self.signalling_fault(self._d_channel_fault or ("far_blocked" if self._far_blocked else ""))

    def offer(self, caller: CallerId, called: str) -> None:
        """A call came for it."""
        self._actor.post(c.Arrives(caller, called))

    def told(self, event: FarEvent) -> None:
        """What the D channel says of the call."""
        if isinstance(event, c.Over):
            self.quiet()
        self._actor.post(event)

    # ---- tones that belong to the signalling -------------------------------------------------------------------------

    def sound(self, name: ToneName) -> None:
        """Let the far end hear this tone until ``quiet``. A channel that is not open sounds nothing."""
        self.quiet()
        if self._channel is None:
            return
        tone = self._around.tones[name]
        try:
            self._sounding = self._around.bay.tone(tone.steps, [self.port], loop_from=tone.loop_from)
        except EnvironmentFault as error:
            self._complain(error)  # signalling goes on without it

    def quiet(self) -> None:
        """Sound it no more. Twice does nothing."""
        sounding, self._sounding = self._sounding, None
        if sounding is not None:
            sounding.stop()

    def _take_out(self, reason: str, *, works: bool) -> None:
        if not works:
            self._sounding = None  # its player ends with the channel
        super()._take_out(reason, works=works)

    def _report(self, effect: object) -> None:
        if isinstance(effect, c.CallMoved):
            if self._receiver is not None:
                self._receiver.trunk_moved(self._signalling.at(effect.place), self)
            return
        super()._report(effect)
        if isinstance(effect, c.Gone | c.Usable):
            self._signalling.served(self)

    @property
    def blocked_here(self) -> bool:
        """Somebody has blocked it, and no call is on it any more."""
        return self._blocked and isinstance(self._actor.state, c.OutOfService)

    def _send_setup(self, wanted: c.SendSetup) -> None:
        self._signalling.set_up(self, wanted)

    def _send_alerting(self, *, in_band: bool) -> None:
        self._signalling.alert(self, in_band=in_band)

    def _send_progress(self) -> None:
        self._signalling.progress(self)

    def _send_answer(self) -> None:
        self._signalling.answer(self)

    def _send_clear(self, cause: Cause) -> None:
        self._signalling.clear(self, cause)

    def _send_refusal(self, cause: Cause) -> None:
        tone_s = self.section.refusal_s
        if not tone_s or self.call is None:
            self._send_clear(cause)
            return
        self.sound(meaning_of(cause).tone)
        self._signalling.refuse(self, cause, tone_s)
