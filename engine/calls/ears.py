"""What is heard in calls, carried out in the patch bay: always as the calls say, and by the differences only.

Nobody commands a patch. ``Ears.hear`` is given a call as it is now; what was patched for it before and is not wanted any more goes, what is
missing comes. Hold music and ringing tone of ours belong to the call in the same way, so at its end nothing of it is left.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from engine.calls.parties import CallParties, ringback_for, scene_of, waiting
from engine.telephony.conference import patches_for
from engine.telephony.media import SAMPLE_RATE_HZ, SILENCE_ALAW, PatchBay, Playing, Port
from engine.telephony.tones import ToneName, ToneSet

__all__ = ["Ears"]

SILENCE = bytes([SILENCE_ALAW]) * SAMPLE_RATE_HZ
"""For who waits where no music is installed."""


@dataclass
class _Heard:
    """What sounds for one call: patches with their gains, the music and into which port it goes, ringing tone by the devices that hear it."""

    patches: dict[tuple[Port, Port], float] = field(default_factory=dict)
    music: Playing | None = None
    music_at: str = ""
    ringback: dict[str, Playing] = field(default_factory=dict)


class Ears:
    """One per appliance. ``port_of`` gives the port of a device; ``hold_music`` (A-law) is what parties on hold hear."""

    def __init__(self, bay: PatchBay, tones: ToneSet, hold_music: bytes, port_of: Callable[[str], Port]) -> None:
        self._bay = bay
        self._tones = tones
        self._hold_music = hold_music or SILENCE
        self._port_of = port_of
        self._heard: dict[str, _Heard] = {}

    def hear(self, call_id: str, call: CallParties) -> None:
        """Make it so. When the bay's command ring is full this raises EnvironmentFault in the middle; the next time does what is left."""
        heard = self._heard.setdefault(call_id, _Heard())
        self._ring_back(heard, ringback_for(call))
        waits = waiting(call)
        self._play(heard, waits.device if waits else "")
        wanted = patches_for(scene_of(call, self._port_of, heard.music.source if heard.music else None))
        for patch in [patch for patch in heard.patches if patch not in wanted]:
            self._bay.unpatch(*patch)
            del heard.patches[patch]
        for patch, gain_db in wanted.items():
            if heard.patches.get(patch) != gain_db:
                self._bay.patch(*patch, gain_db)
                heard.patches[patch] = gain_db
        if call.over:
            del self._heard[call_id]

    def sounds(self, call_id: str) -> bool:
        """True while anything is patched or played for the call."""
        heard = self._heard.get(call_id)
        return heard is not None and bool(heard.patches or heard.music or heard.ringback)

    @property
    def with_music(self) -> frozenset[str]:
        """The calls in which somebody hears hold music."""
        return frozenset(call_id for call_id, heard in self._heard.items() if heard.music is not None)

    @property
    def patches(self) -> frozenset[tuple[Port, Port]]:
        """Every patch that some call has."""
        return frozenset(patch for heard in self._heard.values() for patch in heard.patches)

    def _play(self, heard: _Heard, device: str) -> None:
        """Music for who waits; a player that stops breaks its patches itself."""
        if heard.music is not None and heard.music_at != device:
            source = heard.music.source
            heard.music.stop()
            heard.music = None
            heard.patches = {patch: gain_db for patch, gain_db in heard.patches.items() if patch[0] != source}
        if device and heard.music is None:
            port = self._port_of(device)
            heard.music, heard.music_at = self._bay.play(self._hold_music, [port], loop=True), device
            heard.patches[heard.music.source, port] = 0.0

    def _ring_back(self, heard: _Heard, devices: tuple[str, ...]) -> None:
        for device in [device for device in heard.ringback if device not in devices]:
            heard.ringback.pop(device).stop()
        tone = self._tones[ToneName.RINGBACK]
        for device in devices:
            if device not in heard.ringback:
                heard.ringback[device] = self._bay.tone(tone.steps, [self._port_of(device)], loop_from=tone.loop_from)
