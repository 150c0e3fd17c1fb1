"""Thirty calls by E1 at once through a whole appliance on the real driver, every octet of every conversation accounted for.

``python -m tests.kernel.e1 isdn r2 SPEECH``: one after the other. The appliance is the one that ``strowger run`` starts, in real time, its E1 the near span of a looped
pair; the far span is an exchange over libpri, or over Debian's libopenr2. Twelve telephones of the looped channel bank call out, eighteen
callers come in, all at the same time. Checked: numbers both ways; the welcome, octet for octet, in every caller's ear; keys; speech both ways in twelve
conversations, octet for octet; their recordings, length and octets; every line free at the end. Ends with a line of JSON.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from twisted.internet import defer, task

from appliance.building import Sounds
from appliance.data_folder import DataFolder
from appliance.live import LiveAppliance
from appliance.prompts import load
from appliance.scenarios import cache_folder, prompt_cache
from appliance.site_file import demo_site_file, read_site
from engine import facts
from engine.kernel.bus import Envelope
from engine.settings.e1_trunk import E1TrunkSection
from engine.settings.site import Site, SpanSection, StationSection
from hwsim.signals import alaw_from_linear, keys
from recorder.wav import HEADER_BYTES, header
from tests.contracts.drivers import KernelDriver
from tests.contracts.looped import Loop
from tests.kernel.account import IDLE, Account, Stream
from tests.kernel.e1_far import BLOCK, FarIsdn, FarR2, FarTrunk, Telephone, Voice

__all__ = ["main"]

PHONES, CALLERS = 12, 18
PHONE_FROM = 13
"""Where the telephones' half of the bank begins."""
SPOKEN = 6 * BLOCK
"""Three seconds."""
TURN_S = 0.02
LONGEST_S = 180
SETTLE_S = 1.0
AUDIO_EVERY = 5
"""Far audio is moved in every so-many-th turn: its buffers are large, and sixty channels take time."""
SILENCE = bytes([IDLE]) * 8000
"""Instead of music on hold, which takes long to read."""
MENU_KEY = "1"
FARS: dict[str, type[FarIsdn | FarR2]] = {"isdn": FarIsdn, "r2": FarR2}


class Missing(Exception):  # a sentence of ours
    """Something did not happen."""


def site_on(loop: Loop, far: type[FarIsdn | FarR2]) -> Site:
    """The demo site with an E1 and twelve desk phones instead of its own lines."""
    site = read_site(demo_site_file())
    stations = tuple(
        StationSection(name=f"phone-{801 + place}", channel=loop.bank_near.channel(PHONE_FROM + place), extension=str(801 + place))
        for place in range(PHONES)
    )
    use = "r2" if far.SIGNALLING == "r2" else "pri"
    span = SpanSection(
        name="e1", kind="dynamic", dynamic_driver="loc", dynamic_address="1:0", channel_count=31, signalling=use, echo_canceller="none"
    )
    trunk = E1TrunkSection(
        name="e1",
        span="e1",
        signalling=far.SIGNALLING,
        number=far.NUMBER,
        digits=len(far.NUMBER) if use == "r2" else 0,
        flow=site.flows[0].name,
    )
    return replace(
        site, trunks=(), stations=stations, spans=(span,), e1_trunks=(trunk,), box=replace(site.box, hardware="dahdi", language="zh")
    )


def _say(line: str) -> None:
    sys.stdout.write(f"{time.monotonic():6.2f} {line}\n")
    sys.stdout.flush()


def tone_of(key: str) -> bytes:
    """Keys as a telephone sounds them."""
    return b"".join(alaw_from_linear(sound) for sound in keys(key))


class Play:
    """The thirty calls."""

    def __init__(self, reactor: Any, far: type[FarIsdn | FarR2], speech: Path) -> None:
        self.figures: dict[str, Any] = {}
        self.faults: list[str] = []
        self._reactor = reactor
        self._made = ExitStack()
        self._loop = Loop(KernelDriver())
        self._far: FarTrunk = far(self._loop)
        self._numbers = [far.CALLED.format(place) for place in range(PHONES)]
        self._phones = [Telephone(self._loop, self._loop.bank_far.channel(PHONE_FROM + place)) for place in range(PHONES)]
        self._told: list[facts.Fact] = []
        self._turns = 0
        folder = self._made.enter_context(DataFolder(Path(self._made.enter_context(tempfile.TemporaryDirectory()))))
        self._recordings = folder.recordings
        site = site_on(self._loop, far)
        cache = cache_folder({"XDG_CACHE_HOME": str(speech)})
        sounds = Sounds(load(prompt_cache(cache)), load_music=lambda _file: SILENCE)
        self._welcome = sounds.prompts["zh", "welcome"].strip(bytes([IDLE]))
        self._live = LiveAppliance(reactor, site, folder, sounds, self._logged)
        self._live.appliance.bus.subscribe("proof", self._hear)
        self._ears: list[Voice] = list(self._phones)

    def _logged(self, line: str) -> None:
        """A pump that was late once is told; whether an octet was lost by it is seen by the octets."""
        kept = self.figures.setdefault("late", []) if line.startswith("pump-stalled") else self.faults
        kept.append(f"{time.monotonic():.2f} {line}")

    def _hear(self, envelope: Envelope) -> None:
        assert isinstance(envelope.fact, facts.Fact)
        self._told.append(envelope.fact)

    def told(self, kind: type[facts.Fact], **where: object) -> list[Any]:
        """The facts of this kind with these values."""
        found = [fact for fact in self._told if isinstance(fact, kind)]
        return [fact for fact in found if all(getattr(fact, name) == value for name, value in where.items())]

    # ---- time --------------------------------------------------------------------------------------------------------

    def _turn(self) -> None:
        self._far.turn()
        self._turns += 1
        if self._turns % AUDIO_EVERY:
            return
        for voice in (*self._phones, *self._far.voices.values()):
            voice.turn()

    def wait(self, seconds: float) -> defer.Deferred[None]:
        """Let so much time pass."""
        return task.deferLater(self._reactor, seconds, lambda: None)

    @defer.inlineCallbacks
    def until(self, what: str, happened: Callable[[], bool], most_s: float) -> Generator[Any, Any, None]:
        """Until it has happened. Fails with Missing."""
        began_s = self._reactor.seconds()
        while not happened():
            if self._reactor.seconds() > began_s + most_s:
                raise Missing(f"{what}: not within {most_s} s; {self.faults[:5]} {self._told[-5:]} {self._far.faults()[:3]}")
            yield self.wait(TURN_S)
        took_s = self.figures[f"{what.replace(' ', '_')}_s"] = round(self._reactor.seconds() - began_s, 2)
        _say(f"{what}: after {took_s} s")

    # ---- the play ----------------------------------------------------------------------------------------------------

    @defer.inlineCallbacks
    def play(self) -> Generator[Any, Any, None]:
        """From the appliance's start to its stop."""
        _say("the appliance is built")
        self._live.appliance.start()
        _say("the appliance has started")
        turning = task.LoopingCall(self._turn)
        turned = turning.start(TURN_S)
        turned.addErrback(lambda failure: self.faults.append(failure.getTraceback()))
        try:
            yield self._thirty_calls()
        except Missing as missing:
            self.faults.append(str(missing))
        if turning.running:
            turning.stop()
        yield self._live.stop("stopped")
        self._live.close()
        self._loop.close()
        self._made.close()

    @defer.inlineCallbacks
    def _thirty_calls(self) -> Generator[Any, Any, None]:
        trunks = self._live.appliance.e1_board.trunks
        yield self.until("in service", lambda: all(trunk.free for trunk in trunks), 20)
        yield self.wait(SETTLE_S)
        self._far.begin()
        for phone in self._phones:
            phone.lift()
        yield self.wait(SETTLE_S)
        for phone, number in zip(self._phones, self._numbers, strict=True):
            phone.say(tone_of(f"0{number}#"))
            yield self.wait(self._far.PACE_S)
        yield self.until("outgoing answered", lambda: len(self._far.called()) == PHONES, 40)
        for _ in range(CALLERS):
            self._far.call_in()
            yield self.wait(self._far.PACE_S)
        yield self.until("incoming answered", lambda: len(self._far.callers()) == CALLERS, 40)
        self._check_numbers()
        self.figures["at_once"] = len(self._live.appliance.switch.calls)
        yield self.wait(SETTLE_S)
        yield self._talk()
        yield self._menu()
        yield self._end(trunks)
        self._check_recordings()

    def _check_numbers(self) -> None:
        wanted = {call.called for call in self.told(facts.CallPlaced)}
        if wanted != set(self._far.called()) or len(wanted) != PHONES:
            raise Missing(f"the exchange was called with {sorted(self._far.called())}, not {sorted(wanted)}")

    @defer.inlineCallbacks
    def _talk(self) -> Generator[Any, Any, None]:
        """Both parties of every conversation speak at the same time; what arrives is what was said."""
        pairs = [(phone, self._far.voices[self._far.called()[number]]) for phone, number in zip(self._phones, self._numbers, strict=True)]
        begun = [(len(phone.heard), len(far.heard)) for phone, far in pairs]
        for place, (phone, far) in enumerate(pairs):
            phone.say(Stream(2 * place).take(0, SPOKEN))
            far.say(Stream(2 * place + 1).take(0, SPOKEN))
        yield self.wait(SPOKEN / 8000 + 1.5)
        arrived = 0
        for place, ((phone, far), (phone_from, far_from)) in enumerate(zip(pairs, begun, strict=True)):
            arrived += self._accounted(f"telephone {place} to its exchange", 2 * place, bytes(far.heard[far_from:]))
            arrived += self._accounted(f"exchange to telephone {place}", 2 * place + 1, bytes(phone.heard[phone_from:]))
        self.figures |= {"spoken": 2 * PHONES * SPOKEN, "arrived": arrived}

    def _accounted(self, who: str, seed: int, heard: bytes) -> int:
        account = Account(Stream(seed))
        account.take(heard)
        if account.arrived != SPOKEN or account.idle or account.breaks:
            self.faults.append(f"{who}: {account.arrived} of {SPOKEN} octets, {account.idle} of silence put in, {account.breaks[:3]}")
        return account.arrived

    @defer.inlineCallbacks
    def _menu(self) -> Generator[Any, Any, None]:
        """Every caller has heard the welcome, and chooses."""
        voices = [self._far.voices[slot] for slot in self._far.callers()]
        self.figures["welcomed"] = sum(self._welcome in voice.heard for voice in voices)
        if self.figures["welcomed"] != CALLERS:
            self.faults.append(f"{self.figures['welcomed']} of {CALLERS} callers heard the welcome octet for octet")
        before = len(self.told(facts.KeyPressed))
        for voice in voices:
            voice.say(tone_of(MENU_KEY))
        yield self.until("keys", lambda: len(self.told(facts.KeyPressed, key=MENU_KEY)) == before + CALLERS, 5)

    @defer.inlineCallbacks
    def _end(self, trunks: Any) -> Generator[Any, Any, None]:
        """Half of the telephones are put down, and the far parties of all others leave."""
        for phone in self._phones[: PHONES // 2]:
            phone.put_down()
        for number in self._numbers[PHONES // 2 :]:
            self._far.hang_up(self._far.called()[number])
        for slot in self._far.callers():
            self._far.hang_up(slot)
        yield self.until("ended", lambda: len(self.told(facts.CallEnded)) == PHONES + CALLERS, 10)
        for phone in self._phones[PHONES // 2 :]:
            phone.put_down()
        yield self.until("free", lambda: all(trunk.free for trunk in trunks) and not self._far.faults(), 15)
        yield self.until("recorded", lambda: len(self.told(facts.RecordingEnded)) == PHONES, 10)

    def _check_recordings(self) -> None:
        paths = {fact.recording: fact.path for fact in self.told(facts.RecordingStarted)}
        extensions = {fact.call: fact.extension for fact in self.told(facts.CallPlaced)}
        for fact in self.told(facts.RecordingEnded):
            place = int(extensions[fact.call]) - 801
            octets = (self._recordings / paths[fact.recording]).read_bytes()
            if octets[:HEADER_BYTES] != header(fact.samples) or len(octets) != HEADER_BYTES + 2 * fact.samples or fact.samples < SPOKEN:
                self.faults.append(f"the recording of telephone {place} has {len(octets)} octets for {fact.samples} samples")
            sound = octets[HEADER_BYTES:]
            self._accounted(f"recording, far party of telephone {place}", 2 * place + 1, sound[0::2])
            self._accounted(f"recording, telephone {place}", 2 * place, sound[1::2])
        self.figures["recordings"] = len(paths)


@defer.inlineCallbacks
def played(reactor: Any, fars: list[str], speech: Path, told: list[dict[str, Any]]) -> Generator[Any, Any, None]:
    """One play after the other; their figures go to ``told``."""
    for name in fars:
        began_s = time.monotonic()
        _say(name)
        play = Play(reactor, FARS[name], speech)
        figures: dict[str, Any] = {"signalling": name, "faults": play.faults}
        told.append(figures)
        yield play.play()
        figures |= {**play.figures, "took_s": round(time.monotonic() - began_s, 1)}


def main(words: list[str]) -> int:
    """The command line."""
    from twisted.internet import reactor as installed  # noqa: PLC0415  # installed here, in the one place that may

    reactor: Any = installed
    _say("imported")
    told: list[dict[str, Any]] = []
    failures: list[str] = []

    def begin() -> None:
        playing = played(reactor, words[:-1], Path(words[-1]), told)
        playing.addErrback(lambda failure: failures.append(failure.getTraceback())).addBoth(lambda _nothing: reactor.stop())

    def too_long() -> None:
        failures.append(f"not over after {LONGEST_S} s")
        reactor.stop()

    reactor.callWhenRunning(begin)
    reactor.callLater(LONGEST_S, too_long)
    reactor.run()
    sys.stdout.write(json.dumps({"e1": told, "failures": failures}) + "\n")
    return 1 if failures or any(figures["faults"] for figures in told) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
