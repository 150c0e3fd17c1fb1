"""A whole appliance on one exchange line of a kind, with an agent and a second phone, for the cases of the matrix one after the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from appliance.building import Sounds
from appliance.rig import Rig
from appliance.site_file import demo_site_file, read_site
from engine import facts
from engine.kernel.bus import Envelope
from engine.settings.site import Site
from hwsim.people import DeskPhone, Subscriber
from tests.proofs.matrix_cases import IMPAIRMENTS, Case, Expected, LineKind, Plot, expected_of

__all__ = ["MatrixBox", "Verdict", "voices_from"]

LINE, LINE_NUMBER = "line-1", "62010001"
AGENT_PHONE, SECOND_PHONE = "phone-801", "phone-802"
FAR, BUSY, NOBODY = "88880001", "88880002", "88889999"
CALLER = "1380013%04d"
PROMPT_S = 1.2
"""Prompts are cut: what they say does not matter here, that they sound does."""
TALK_S = 3.0
RECORDED_WITHIN_S = 0.5
RATE = 8000


@dataclass(frozen=True)
class Verdict:
    """What came of a case: everything that was not as expected; empty: all right."""

    case: Case
    wrong: tuple[str, ...]
    line_s: float


class Off(AssertionError):
    """Something did not come that the plot needs."""


def voices_from(prompts: Mapping[tuple[str, str], bytes]) -> list[bytes]:
    """Speech for the people of the plots."""
    return [prompts[key] for key in sorted(prompts) if len(prompts[key]) > 2 * RATE][:8]


def site_for(kind: LineKind) -> Site:
    """The demo site with one line of this kind, two phones, and an agent without paperwork."""
    site = read_site(demo_site_file())
    trunk = kind.trunk(replace(site.trunks[0], name=LINE, channel=1, number=LINE_NUMBER))
    stations = tuple(replace(station, channel=2 + place) for place, station in enumerate(site.stations[:2]))
    queues = tuple(replace(queue, agents=("1001",), wrap_up_s=0.0, ring_timeout_s=60.0, announce_agent=False) for queue in site.queues)
    recording = replace(site.recording, reserve_mb=10)
    return replace(site, trunks=(trunk,), stations=stations, queues=queues, agents=site.agents[:1], recording=recording)


class MatrixBox:
    """Plays cases of one kind of line. ``prompts`` and ``voices`` are shared by all boxes."""

    def __init__(self, kind: LineKind, folder: Path, prompts: Mapping[tuple[str, str], bytes], voices: Sequence[bytes], seed: int) -> None:
        self.kind = kind
        site = site_for(kind)
        self._site = site
        self._voices = voices
        cut = {key: octets[: round(PROMPT_S * RATE)] for key, octets in prompts.items()}
        music = {queue.music: voices[0] for queue in site.queues}
        self.log: list[str] = []
        self.rig = Rig(site, folder, Sounds(cut, music), seed, log=self.log.append)
        self._facts: list[Envelope] = []
        self.rig.appliance.bus.subscribe("matrix", self._facts.append)
        self._agent, self._second = self.rig.phones[AGENT_PHONE], self.rig.phones[SECOND_PHONE]
        world, exchange = self.rig.world, self.rig.exchange
        exchange.serve(LINE, kind.service)
        self._far = Subscriber(world, exchange, "far", FAR)
        self._engaged = Subscriber(world, exchange, "engaged", BUSY)
        self._played = 0
        self.rig.start()
        self._log_in()

    def close(self) -> None:
        """Power off."""
        self.rig.crash()

    def play(self, case: Case) -> Verdict:
        """Play one case and judge it. A box on which one went wrong is not fit for another."""
        world = self.rig.world
        began_ms = world.now_ms
        self._facts.clear()
        self._played += 1
        self.rig.exchange.impair(LINE, IMPAIRMENTS[case.impairment])
        wrong: list[str] = []
        caller = None
        if case.plot.value.startswith("out") or case.plot is Plot.INTERNAL:
            plot = self._internal if case.plot is Plot.INTERNAL else self._outgoing
            self._try(lambda: plot(case), wrong)
        else:
            caller = Subscriber(world, self.rig.exchange, "caller", CALLER % self._played, caller_id=case.kind.style)
            self._try(lambda: self._incoming(case, caller), wrong)
        self._everybody_leaves(caller)
        wrong += self._left_busy()
        wrong += self._judged(expected_of(case), CALLER % self._played)
        return Verdict(case, tuple(wrong), (world.now_ms - began_ms) / 1000)

    # ---- plots -------------------------------------------------------------------------------------------------------

    def _incoming(self, case: Case, caller: Subscriber) -> None:
        caller.call(LINE)
        self._need(lambda: self._told(facts.LineRang), 8, "the line rings")
        if case.plot is Plot.LEAVES_RINGING:
            self._wait(0.8)
            caller.hang_up()
            self._wait(8)
            return
        self._need(lambda: caller.talking, 15, "the appliance answers")
        self._wait(0.6)
        if case.plot is Plot.LEAVES_MENU:
            caller.hang_up()
            self._need(lambda: self._told(facts.CallEnded), 12, "the call ends")
            return
        caller.press("1")
        self._wait(1.2)
        caller.press("1")
        self._need(lambda: self._agent.ringing, 10, "the agent's phone rings")
        self._wait(1.0)
        if case.plot is Plot.LEAVES_QUEUE:
            caller.hang_up()
            self._need(lambda: self._told(facts.CallEnded), 12, "the call ends")
            return
        self._agent.lift()
        self._need(lambda: self._told(facts.CallConnected), 6, "caller and agent are connected")
        self._talk(caller, self._agent)
        self._part(case.plot is Plot.CALLER_ENDS, caller, self._agent, case.kind)

    def _outgoing(self, case: Case) -> None:
        number = {Plot.OUT_BUSY: BUSY, Plot.OUT_UNALLOCATED: NOBODY}.get(case.plot, FAR)
        if case.plot is Plot.OUT_BUSY:
            self._engaged.call(NOBODY)
        phone = self._second
        phone.lift()
        self._wait(0.8)
        phone.press(f"0{number}#")
        if case.plot in (Plot.OUT_BUSY, Plot.OUT_UNALLOCATED):
            self._need(lambda: self._told(facts.CallEnded), 40, "the call ends")
            return
        self._need(lambda: self._far.ringing, 25, "the far telephone rings")
        if case.plot is Plot.OUT_NO_ANSWER:
            self._wait(11)
            phone.hang_up()
            return
        self._wait(6)
        self._far.answer()
        self._wait(0.5)
        self._talk(self._far, phone)
        self._need(lambda: self._told(facts.CallAnswered), 10, "the answer is noticed")
        self._part(case.plot is Plot.OUT_FAR_ENDS, self._far, phone, case.kind)

    def _internal(self, case: Case) -> None:
        self._second.lift()
        self._wait(0.8)
        self._second.press(self._site.stations[0].extension)
        self._need(lambda: self._agent.ringing, 8, "the other phone rings")
        self._wait(1.0)
        self._agent.lift()
        self._need(lambda: self._told(facts.CallConnected), 3, "the phones are connected")
        self._talk(self._agent, self._second)
        self._second.hang_up()
        self._need(lambda: self._told(facts.CallEnded), 3, "the call ends")

    def _part(self, other_first: bool, other: Subscriber, phone: DeskPhone, kind: LineKind) -> None:
        if other_first:
            other.hang_up()
            if kind.tells_end:
                self._need(lambda: self._told(facts.CallEnded), 8, "the end is noticed")
                return
            self._wait(2)
        phone.hang_up()
        self._need(lambda: self._told(facts.CallEnded), 4, "the call ends")

    # ---- people ------------------------------------------------------------------------------------------------------

    def _log_in(self) -> None:
        agent = self._site.agents[0]
        self._wait(1)
        self._agent.lift()
        self._wait(0.8)
        self._agent.press(f"{self._site.desk.login_code}{agent.number}#{agent.pin}#")
        self._need(lambda: self._told(facts.AgentStateChanged), 12, "the agent is logged in")
        self._wait(2)
        self._agent.hang_up()
        self._wait(3)

    def _talk(self, one: Subscriber | DeskPhone, other: Subscriber | DeskPhone) -> None:
        voice, answer = self._voices[self._played % len(self._voices)], self._voices[(self._played + 3) % len(self._voices)]
        one.say(voice[: round(0.6 * TALK_S * RATE)])
        self._wait(0.6 * TALK_S)
        other.say(answer[: round(0.4 * TALK_S * RATE)])
        self._wait(0.4 * TALK_S + 0.3)

    def _everybody_leaves(self, caller: Subscriber | None) -> None:
        for phone in (self._agent, self._second):
            if phone.lifted:
                phone.hang_up()
        for person in (caller, self._far, self._engaged):
            if person is not None and person.circuit is not None:
                person.hang_up()
        self.rig.world.run_until(lambda: not self._busy(), 12_000)
        self._wait(1.0)
        if caller is not None:
            self.rig.exchange.unsubscribe(caller)

    # ---- judging -----------------------------------------------------------------------------------------------------

    def _busy(self) -> bool:
        switch = self.rig.appliance.switch
        phones = any(not phone.free for phone in switch.phones.values())
        return phones or bool(switch.calls) or not all(trunk.free for trunk in switch.trunks.values())

    def _left_busy(self) -> list[str]:
        switch = self.rig.appliance.switch
        left = [f"line {trunk.name} is left busy" for trunk in switch.trunks.values() if not trunk.free]
        left += [f"phone {phone.name} is left busy" for phone in switch.phones.values() if not phone.free]
        left += [f"call {name} is left" for name in switch.calls]
        left += [f"alarm: {fact.sentence}" for fact in self._told(facts.AlarmRaised)]
        return left

    def _judged(self, expected: Expected, number: str) -> list[str]:
        ended = self._told(facts.CallEnded)
        arrived = self._told(facts.CallArrived)
        if not ended:
            return [] if "caller_gone" in expected.reasons and not arrived else ["no call ended"]
        if len(ended) > 1:
            return [f"{len(ended)} calls instead of one: {[(one.reason, one.released_by) for one in ended]}"]
        end = ended[0]
        wrong = [] if end.reason in expected.reasons else [f"reason {end.reason} instead of {' or '.join(expected.reasons)}"]
        if (end.released_by, end.cause) != (expected.released_by, expected.cause) and end.reason != "caller_gone":
            wrong.append(f"released by {end.released_by}, cause {end.cause} instead of {expected.released_by}, {expected.cause}")
        if "caller_gone" in expected.reasons:
            return wrong
        calling = [fact.calling for fact in arrived]
        if arrived and calling != [number if expected.shown else ""]:
            wrong.append(f"caller {calling} instead of {number if expected.shown else 'none'}")
        supervision = [fact.supervision for fact in self._told(facts.CallAnswered)]
        if supervision != ([expected.supervision] if expected.supervision else []):
            wrong.append(f"answered {supervision} instead of {expected.supervision or 'not at all'}")
        return wrong + (self._judged_recording() if expected.recorded else [])

    def _judged_recording(self) -> list[str]:
        recorded = self._told(facts.RecordingEnded)
        if len(recorded) != 1:
            return [f"{len(recorded)} recordings instead of one"]
        times = {type(envelope.fact): envelope.utc_ms for envelope in self._facts}
        begin_ms = times.get(facts.CallConnected, times.get(facts.CallAnswered, 0))
        conversation_s = (times[facts.CallEnded] - begin_ms) / 1000
        kept_s = recorded[0].samples / RATE
        if abs(kept_s - conversation_s) > RECORDED_WITHIN_S:
            return [f"{kept_s:.2f} s are recorded of a conversation of {conversation_s:.2f} s"]
        return []

    # ---- small things ------------------------------------------------------------------------------------------------

    def _told(self, kind: type[facts.Fact]) -> list:  # type: ignore[type-arg]  # of whatever kind was asked for
        return [envelope.fact for envelope in self._facts if isinstance(envelope.fact, kind)]

    def _wait(self, seconds: float) -> None:
        self.rig.world.run_for(round(seconds * 1000))

    def _need(self, condition: Callable[[], object], within_s: float, what: str) -> None:
        if not self.rig.world.run_until(condition, round(within_s * 1000)):
            raise Off(f"within {within_s:g} s it did not come that {what}")

    def _try(self, plot: Callable[[], None], wrong: list[str]) -> None:
        try:
            plot()
        except Off as off:
            wrong.append(str(off))
