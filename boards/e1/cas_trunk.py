"""A circuit without registers as a trunk: as an R2 circuit, with numbers by keys, by pulses or not at all.

The exchange has only tones to say what becomes of a number of ours, so until the answer its busy and congestion tones end the call.
"""

from __future__ import annotations

from boards.dahdi.channel import Channel
from boards.dahdi.heard import Heard, Hearing, KeyUp, ToneHeard
from boards.dahdi.lines import ENDS, line_windows
from boards.e1 import r2_words as r2
from boards.e1 import trunk_call as c
from boards.e1.cas_circuit import CasCircuit, CasRun
from boards.e1.cas_words import AddressBy
from boards.e1.r2_run import CircuitRun
from boards.e1.r2_trunk import R2Trunk, line_rules_of, plan_of
from engine.kernel.errors import EnvironmentFault
from engine.settings.e1_trunk import E1TrunkSection
from engine.telephony.dtmf import dial_steps
from engine.telephony.media import Playing

__all__ = ["CasTrunk", "cas_circuit_of"]


def cas_circuit_of(section: E1TrunkSection) -> CasCircuit:
    """A circuit of this trunk."""
    return CasCircuit(line_rules_of(section), AddressBy(section.cas_address), plan_of(section))


class CasTrunk(R2Trunk):
    """One circuit. Implements ``CasSide`` for it."""

    REGISTER_HEARING = Hearing.KEYS
    _keys: Playing | None = None

    def _made_run(self) -> CircuitRun:
        return CasRun(cas_circuit_of(self.section), self._around.clock, self, self._told, self._trace)

    # ---- the circuit's side of the channel ---------------------------------------------------------------------------

    def send_keys(self, keys: str | None) -> None:
        """Sound these, or stop; keys that cannot be sounded are missed by the circuit's timer."""
        playing, self._keys = self._keys, None
        if playing is not None:
            playing.stop()
        if keys is None or self._channel is None:
            return
        times = self._around.times

        def sent(_samples: int, complete: bool) -> None:
            if complete and self._keys is sounding:
                self._keys = None
                self._run.post(r2.KeysSent())

        try:
            sounding = self._around.bay.tone(dial_steps(keys, times.dtmf_on_ms, times.dtmf_off_ms), [self.port], loop_from=None, ended=sent)
        except EnvironmentFault as error:
            self._complain(error)
        else:
            self._keys = sounding

    def _hand_over(self, channel: Channel) -> None:
        super()._hand_over(channel)
        self._around.bay.teach_tones(self.port, line_windows(self._around.tones, ""))

    # ---- what is heard -----------------------------------------------------------------------------------------------

    def _hear(self, heard: Heard) -> None:
        match heard:
            case KeyUp(key) if isinstance(self._actor.state, c.Idle):
                # once it is over: whoever listens after the number must not hear its last key again
                self._run.post(r2.KeyHeard(key))
            case ToneHeard(tone) if tone in ENDS and isinstance(self._actor.state, c.Proceeding):
                self._actor.post(c.FarEnded(ENDS[tone]))
            case _:
                super()._hear(heard)

    def _perform(self, effect: object) -> None:
        super()._perform(effect)
        match effect:
            case c.DialledOut():
                self._listen(self._speech_hearing() | Hearing.PROGRESS)
            case c.Answered():
                self._listen(self._speech_hearing())
