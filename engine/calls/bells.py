"""How phones are rung for calls: by their bells, by a short tone to an agent who is off hook, or announced in a conversation."""

from __future__ import annotations

from collections.abc import Callable

from engine import facts
from engine.calls import call as c
from engine.calls import leg as l
from engine.calls.register import Call, Floors, Phone
from engine.kernel.errors import EnvironmentFault, Refused
from engine.telephony.causes import Cause, Release
from engine.telephony.lines import RingKind
from engine.telephony.media import PatchBay
from engine.telephony.tones import ToneName, ToneSet

__all__ = ["Bells"]

NOT_THERE = Release(Cause.NO_ANSWER, "no_answer")
FAULT = Release(Cause.DESTINATION_OUT_OF_ORDER, "phone_fault")


class Bells:
    """One per appliance. ``take`` lets a phone answer a call."""

    def __init__(
        self,
        bay: PatchBay,
        tones: ToneSet,
        floors: Floors,
        publish: Callable[[Call, facts.Fact], None],
        take: Callable[[Phone, Call], None],
    ) -> None:
        self._bay = bay
        self._tones = tones
        self._floors = floors
        self._publish = publish
        self._take = take

    def ring(self, call: Call, phone: Phone, kind: RingKind) -> None:
        """Ring the phone, whichever way it can be told. One that cannot is told to the call."""
        try:
            if phone.attending and phone.call is None:
                self._sound_zip(phone)
            elif phone.call is not None:
                phone.station.announce_waiting(call.caller_for(phone.name))
                phone.knocking = call
                self._publish(call, facts.CallWaits(call=call.id, phone=phone.name))
                return
            else:
                phone.station.ring(call.caller_for(phone.name), kind)
        except (Refused, EnvironmentFault):
            self.fail(phone, call)
            return
        phone.rung_by = call

    def fail(self, phone: Phone, call: Call) -> None:
        """The phone is at fault: it does not ring for the call, or not any more."""
        phone.rung_by = None if phone.rung_by is call else phone.rung_by
        call.post(c.NotRung(phone.name, FAULT))

    def stop(self, call: Call, phone: Phone) -> None:
        """It does not ring for this call any more."""
        if phone.rung_by is call:
            phone.rung_by = None
            self.stop_zip(phone)
            phone.station.stop_ringing()
            if self._floors.desk is not None:
                self._floors.desk.phone_can_ring(phone)
        elif phone.knocking is call:
            phone.knocking = None
            phone.station.stop_waiting()

    def knock_no_more(self, call: Call, phone: Phone) -> None:
        """The conversation in which the call was announced is over: now the phone rings for it, if it still waits."""
        leg = call.parties.leg(phone.name)
        if leg is not None and isinstance(leg.state, l.Alerting):
            self.ring(call, phone, leg.state.kind)

    def hung_up(self, phone: Phone) -> None:
        """The handset went down in the middle of the short tone: whose call it was keeps its place, or ends."""
        call = phone.rung_by if phone.zip is not None else None
        self.stop_zip(phone)
        if call is not None:
            phone.rung_by = None
            if not call.attended:
                call.post(c.NotRung(phone.name, NOT_THERE))

    def stop_zip(self, phone: Phone) -> None:
        """The short tone ends in vain."""
        zip_tone, phone.zip = phone.zip, None
        if zip_tone is not None:
            zip_tone.stop()

    def _sound_zip(self, phone: Phone) -> None:
        """The agent is off hook: a short tone, then the caller."""

        def heard(_samples: int, _complete: bool) -> None:
            rung_by = phone.rung_by
            if rung_by is not None and phone.zip is zip_tone:
                phone.zip = phone.rung_by = None
                self._take(phone, rung_by)

        phone.stop_tone()
        tone = self._tones[ToneName.ZIP]
        zip_tone = self._bay.tone(tone.steps, [phone.station.port], loop_from=tone.loop_from, ended=heard)
        phone.zip = zip_tone
