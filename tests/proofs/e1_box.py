"""A whole appliance with a full E1 by ISDN PRI: agents who take calls, desk phones that call out, and the exchange's subscribers at the other end.

A cycle is thirty calls in both directions. Many of them are given up at a random moment of their set-up, by either side, and made again; when all
thirty talk at once each pair is heard in both directions, both sides of the interface agree upon the channels, and then everybody hangs up
when it pleases. Afterwards nothing may be left of them, anywhere, and each conversation is on disk.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from appliance.building import Sounds
from appliance.rig import Rig
from appliance.site_file import demo_site_file, read_site
from appliance.wav import read_wav
from boards.e1.pri import PriCounters
from boards.e1.pri_span import PriSpan
from engine import facts
from engine.control.trunk_control import D_CHANNEL_ALARM
from engine.kernel.bus import Envelope
from engine.settings.site import AgentSection, E1TrunkSection, Site, SpanSection, StationSection
from hwsim.ears import Ear, best_match
from hwsim.people import DeskPhone, Subscriber
from hwsim.pri_far_end import PriFarEnd
from hwsim.signals import RATE_HZ, alaw_from_linear, linear_from_alaw

__all__ = ["CALLS", "TRUNK", "E1Box", "Left", "Off", "Outcome", "SetUp", "Talk", "site_for"]

CALLS = 30
SIDES = 18
"""Agents who take calls, and phones that call out: of each kind at most so many in one cycle."""
TRUNK, NUMBER = "pri", "88886666"
CALLER, FAR = "1380010%04d", "77%02d"
PROMPT_S = 0.3
"""Prompts are cut: what they say does not matter here."""
VOICE_S = 0.5
EAR_S = 30
HEARD_LEAST = 0.8
ABANDONED_MS = 4500
GIVEN_UP_MS = 3000
TRIES_MOST = 4
SET_UP_WITHIN_S, CLEARED_WITHIN_S = 90.0, 40.0
MESSAGES_KEPT = 10
Wait = tuple[Callable[[], object], float, str]
"""What is waited for, until which millisecond, and what it is called."""
Plot = Generator[Wait, None, None]


class Off(AssertionError):
    """Something did not come to pass, or was not as it should be."""


@dataclass(frozen=True)
class Left:
    """What the appliance and the exchange have at rest; equal after every cycle."""

    calls: int
    lines_busy: int
    phones_busy: int
    recordings: int
    patches: int
    our_references: int
    our_records: int
    their_calls: int
    their_records: int


@dataclass(frozen=True)
class Outcome:
    """A cycle: calls in and out, given up on the way, and how long it took."""

    incoming: int
    outgoing: int
    given_up: int
    together_ms: int
    whole_ms: int


@dataclass
class Talk:
    """Two people who talk."""

    person: Subscriber
    phone: DeskPhone
    call: str


@dataclass(frozen=True)
class SetUp:
    """Thirty calls at once: who talks, how many calls came in, how many were given up on the way."""

    talks: list[Talk]
    incoming: int
    given_up: int


def site_for(calls_survive_s: float = 6.0) -> Site:
    """36 desk phones and an E1; half of the phones have an agent."""
    site = read_site(demo_site_file())
    places = range(2 * SIDES)
    agents = tuple(AgentSection(number=str(1001 + place), name=f"agent {place}", pin=str(2580 + place)) for place in range(SIDES))
    return replace(
        site,
        trunks=(),
        stations=tuple(StationSection(name=f"phone-{801 + place}", channel=place + 1, extension=str(801 + place)) for place in places),
        spans=(SpanSection(name="e1", kind="e1"),),
        e1_trunks=(E1TrunkSection(name=TRUNK, span="e1", number=NUMBER, flow="main", calls_survive_s=calls_survive_s),),
        agents=agents,
        queues=tuple(
            replace(queue, agents=tuple(agent.number for agent in agents), wrap_up_s=0.0, ring_timeout_s=60.0, announce_agent=False)
            for queue in site.queues
        ),
        recording=replace(site.recording, reserve_mb=10),
    )


class E1Box:
    """One appliance for many cycles. ``chance`` of a cycle is its own seed's."""

    def __init__(self, site: Site, folder: Path, prompts: Mapping[tuple[str, str], bytes], seed: int) -> None:
        self.log: list[str] = []
        cut = {key: octets[: round(PROMPT_S * RATE_HZ)] for key, octets in prompts.items()}
        hush = bytes([0xD5]) * RATE_HZ
        self.rig = Rig(site, folder, Sounds(cut, {queue.music: hush for queue in site.queues}), seed, log=self._log)
        self._folder = folder / "recordings"
        self._site = site
        self._facts: list[Envelope] = []
        self.rig.appliance.bus.subscribe("proof", self._facts.append)
        self.world = self.rig.world
        self.far = self._far_end()
        self.span: PriSpan = self.rig.appliance.e1_board.pri_spans[0]  # type: ignore[attr-defined]  # the board's own, beyond the engine's contract
        phones = list(self.rig.phones.values())
        for phone in phones:
            phone.ear = Ear(phone.name, EAR_S, self.world.apart)
        self._takers, self._diallers = phones[:SIDES], phones[SIDES:]
        self._callers = [self._subscriber("caller", CALLER, place) for place in range(SIDES)]
        self._called = [self._subscriber("far", FAR, place) for place in range(SIDES)]
        self._chance = random.Random(seed)
        self._at_work = False
        self._dialled_ms: dict[str, int] = {}
        self._hands: dict[str, int] = {}
        """Agents' phones that will be lifted or put down, and when."""
        self.rig.start()
        self._log_in()
        self._at_work = True
        self.rig.pump.stats()  # asked for; the answer comes with a block
        self.wait(0.1)
        self.at_rest = self.left()

    def _log(self, line: str) -> None:
        self.log = [*self.log[1 - MESSAGES_KEPT :], line]

    def _far_end(self) -> PriFarEnd:
        far = self.rig.exchange.trunks[TRUNK]
        assert isinstance(far, PriFarEnd)
        return far

    def _subscriber(self, name: str, number: str, place: int) -> Subscriber:
        return Subscriber(self.world, self.rig.exchange, f"{name}-{place}", number % place, kept_s=EAR_S)

    def close(self) -> None:
        """Power off."""
        self.rig.appliance.e1_board.stop()
        self.rig.crash()
        self.far.exchange.close()

    # ---- a cycle -----------------------------------------------------------------------------------------------------

    def cycle(self, number: int, seed: int) -> Outcome:
        """Thirty calls. Raises Off."""
        began_ms = self.world.now_ms
        made = self.set_up(random.Random(f"{seed}/{number}"))
        together_ms = self.world.now_ms - began_ms
        self.speak(made.talks)
        self.hang_up(made.talks)
        self.rest()
        self._recorded(made.talks)
        self.forget()
        return Outcome(made.incoming, CALLS - made.incoming, made.given_up, together_ms, self.world.now_ms - began_ms)

    def set_up(self, chance: random.Random) -> SetUp:
        """Until thirty calls talk at once. Raises Off."""
        self._chance = chance
        self._facts.clear()
        talks: list[Talk] = []
        given_up = [0]
        incoming = chance.randint(CALLS - SIDES, SIDES)
        callers, called = chance.sample(self._callers, incoming), chance.sample(self._called, CALLS - incoming)
        diallers = chance.sample(self._diallers, CALLS - incoming)
        plots = [self._incoming(caller, talks, given_up) for caller in callers]
        plots += [self._outgoing(phone, far, talks, given_up) for phone, far in zip(diallers, called, strict=True)]
        self._play(plots, SET_UP_WITHIN_S)
        self.agree(CALLS)
        return SetUp(talks, incoming, given_up[0])

    def agree(self, calls: int) -> None:
        """Both sides have so many calls, on the same channels. Raises Off."""
        if not self.agrees(calls):
            ours, theirs = self._channels()
            mine = len(self.rig.appliance.switch.calls)
            raise Off(f"{calls} calls: we have {mine} on the channels {sorted(ours)}, the exchange has {sorted(theirs)}")

    def agrees(self, calls: int) -> bool:
        """Whether it is so."""
        ours, theirs = self._channels()
        return ours == theirs and len(ours) == len(self.rig.appliance.switch.calls) == calls

    def _channels(self) -> tuple[set[int], set[int]]:
        ours = {trunk.place for trunk in self.span.trunks if not trunk.free}
        return ours, {call.channel for call in self.far.exchange.calls.values()}

    def speak(self, talks: Sequence[Talk]) -> None:
        """Everybody says something of his own, and is heard by his partner. Raises Off."""
        since = self.world.now_sample
        said = [(talk, self._voice(), self._voice()) for talk in talks]
        for talk, outside, inside in said:
            talk.person.say(outside)
            talk.phone.say(inside)
        self.wait(VOICE_S + 0.3)
        for talk, outside, inside in said:
            for ear, voice, who in ((talk.phone.ear, outside, talk.person), (talk.person.ear, inside, talk.phone)):
                likeness = ear.find(linear_from_alaw(voice), since).correlation
                if likeness < HEARD_LEAST:
                    raise Off(f"{who.name} is not heard by the other side of call {talk.call}: likeness {likeness:.2f}")

    def _voice(self) -> bytes:
        noise = np.random.default_rng(self._chance.getrandbits(32)).normal(0, 2500, round(VOICE_S * RATE_HZ))
        return alaw_from_linear(noise)

    def hang_up(self, talks: Sequence[Talk]) -> None:
        """Within two seconds, whoever likes to, sometimes both at once."""
        chance = self._chance
        for talk in talks:
            first, second = (talk.person, talk.phone) if chance.random() < 0.5 else (talk.phone, talk.person)
            at_ms = chance.randrange(2000)
            self.world.after(at_ms, lambda who=first: self._put_down(who))  # type: ignore[misc]  # mypy cannot infer a lambda's default
            self.world.after(at_ms + chance.choice((0, 20, 300)), lambda who=second: self._put_down(who))  # type: ignore[misc]  # the same
        self.wait(2.4)

    def _put_down(self, who: Subscriber | DeskPhone) -> None:
        if who.lifted if isinstance(who, DeskPhone) else who.circuit is not None:
            who.hang_up()

    def rest(self) -> None:
        """Until nothing is left of any call. Raises Off with what is."""
        self._need_rest(CLEARED_WITHIN_S)
        over = {(fact.alarm, fact.about) for fact in self.told(facts.AlarmCleared)}
        wrong = [
            f"{fact.alarm}: {fact.sentence}"
            for fact in self.told(facts.AlarmRaised)
            if fact.alarm != D_CHANNEL_ALARM or (fact.alarm, fact.about) not in over  # a D channel that fails is told, and that it is back
        ]
        arrived = [fact.call for kind in (facts.CallArrived, facts.CallPlaced) for fact in self.told(kind)]
        ended = [fact.call for fact in self.told(facts.CallEnded)]
        if sorted(arrived) != sorted(ended):
            wrong.append(f"calls that began and did not end once: {sorted(set(arrived) ^ set(ended))}")
        wrong += [f"{fact.line}: {fact.event} in {fact.state}" for fact in self.told(facts.ProtocolViolated)]
        if wrong:
            raise Off("; ".join(wrong))

    def _need_rest(self, within_s: float) -> None:
        until_ms = self.world.now_ms + within_s * 1000
        while self.left() != self.at_rest:
            if self.world.now_ms > until_ms:
                raise Off(f"{within_s:g} s after the last hang-up: {self.left()} instead of {self.at_rest}; {self.log[-3:]}")
            self.wait(0.1)

    def left(self) -> Left:
        """What there is at this moment."""
        appliance = self.rig.appliance
        switch = appliance.switch
        span = self.span
        return Left(
            calls=len(switch.calls),
            lines_busy=sum(1 for trunk in span.trunks if not trunk.free),
            phones_busy=sum(1 for phone in switch.phones.values() if not phone.free),
            recordings=appliance.recorder.active,
            patches=self.rig.pump.stats().patches,
            our_references=len(span._calls) + len(span._collecting),  # a leak is what nobody is meant to see
            our_records=self.counters().calls_live,
            their_calls=len(self.far.exchange.calls) + len(self.far._calls),  # the same
            their_records=self.far.exchange.channel.counters().calls_live,
        )

    def counters(self) -> PriCounters:
        """What libpri has of ours."""
        return self.span.d_channel.counters()

    # ---- plots -------------------------------------------------------------------------------------------------------

    def _incoming(self, caller: Subscriber, talks: list[Talk], given_up: list[int]) -> Plot:
        chance = self._chance
        yield self._pass(500 + chance.randrange(2000))
        for last in (*(False for _ in range(chance.choice((0, 0, 1, 2)))), True):
            yield self._until(lambda: self.far.free, 15, "the exchange has a free channel")
            caller.call(TRUNK)
            self._choose(caller)
            if last:
                break
            given_up[0] += 1
            yield self._pass(chance.randrange(ABANDONED_MS))
            phone = self._phone_of(caller)
            self._put_down(phone if phone is not None and chance.random() < 0.5 else caller)
            yield self._pass(chance.choice((0, 20, 500)))
            self._put_down(caller)
            yield self._pass(chance.randrange(400))
        yield self._until(lambda: self._phone_of(caller), 25, f"{caller.name} talks with an agent")
        phone = self._phone_of(caller)
        assert phone is not None
        talks.append(Talk(caller, phone, self._call_of(caller.number)))

    def _choose(self, caller: Subscriber) -> None:
        """Through the menu, as fast as it can be done."""
        circuit = caller.circuit

        def press(after_ms: int, left: int) -> None:
            if caller.circuit is not circuit or circuit is None:
                return
            if not circuit.bridged:
                self.world.after(100, lambda: press(after_ms, left))
            elif after_ms:
                self.world.after(after_ms, lambda: press(0, left))
            elif left:
                caller.press("1")
                self.world.after(900, lambda: press(0, left - 1))

        press(300, 2)

    def _outgoing(self, phone: DeskPhone, far: Subscriber, talks: list[Talk], given_up: list[int]) -> Plot:
        chance = self._chance
        yield self._pass(chance.randrange(2000))
        for last in (*(False for _ in range(chance.choice((0, 0, 1, 2)))), True):
            yield self._until(lambda: self._rests(phone) and far.circuit is None, 15, f"{phone.name} and {far.name} are free")
            phone.lift()
            began_ms = self.world.now_ms
            self._dial(phone, far)
            far.answers_after_s = chance.uniform(0, 1.5)
            if last:
                break
            given_up[0] += 1
            yield self._pass(chance.randrange(ABANDONED_MS))
            if far.circuit is not None and chance.random() < 0.5:
                far.hang_up()
            yield self._pass(chance.choice((0, 20, 500)))
            self._put_down(phone)
            yield self._pass(max(0, began_ms + 700 - self.world.now_ms) + chance.randrange(400))
            self._put_down(far)
        for _ in range(TRIES_MOST):
            yield self._until(
                lambda: (far.talking and self._connected(phone)) or self._failed(phone), 25, f"{phone.name} reaches {far.name}"
            )
            if self._connected(phone):
                break
            # all thirty channels were taken when it dialled: somebody's call was still being cleared
            self._put_down(phone)
            yield self._until(lambda: self._rests(phone), 5, f"{phone.name} is free")
            yield self._until(lambda: any(trunk.free for trunk in self.span.trunks), 15, "a channel is free")
            phone.lift()
            self._dial(phone, far)
        call = self.rig.appliance.switch.phones[phone.name].call
        talks.append(Talk(far, phone, call.id if call is not None else ""))

    def _dial(self, phone: DeskPhone, far: Subscriber) -> None:
        lifted = self._dialled_ms[phone.name] = self.world.now_ms

        def press() -> None:
            if phone.lifted and self.world.now_ms == lifted + 600:
                phone.press(f"0{far.number}#", 80, 80)
                self._dialled_ms[phone.name] = self.world.now_ms

        self.world.after(600, press)

    def _rests(self, phone: DeskPhone) -> bool:
        return not phone.lifted and self.rig.appliance.switch.phones[phone.name].free

    def _failed(self, phone: DeskPhone) -> bool:
        """It has dialled, and hears that nothing came of it."""
        desk = self.rig.appliance.switch.phones[phone.name]
        return (
            phone.lifted and desk.call is None and desk.tone is not None and self.world.now_ms > self._dialled_ms[phone.name] + GIVEN_UP_MS
        )

    def _connected(self, phone: DeskPhone) -> bool:
        call = self.rig.appliance.switch.phones[phone.name].call
        return call is not None and call.talking and not call.held_by

    def _call_of(self, number: str) -> str:
        """The newest call of this caller."""
        arrived = [fact.call for fact in self.told(facts.CallArrived) if fact.calling == number]
        return arrived[-1] if arrived else ""

    def _phone_of(self, caller: Subscriber) -> DeskPhone | None:
        """The agent's phone that talks with the caller now."""
        if not caller.talking:
            return None
        call = self.rig.appliance.switch.calls.get(self._call_of(caller.number))
        if call is None or not call.talking:
            return None
        return self.rig.phones[call.phone]

    # ---- agents ------------------------------------------------------------------------------------------------------

    def _log_in(self) -> None:
        self.wait(1.0)
        for phone in self._takers:
            phone.lift()
        self.wait(0.8)
        for phone, agent in zip(self._takers, self._site.agents, strict=True):
            phone.press(f"{self._site.desk.login_code}{agent.number}#{agent.pin}#")
        within_ms = 15_000
        if not self.world.run_until(lambda: len(self.told(facts.AgentStateChanged)) >= SIDES, within_ms):
            raise Off("the agents could not log in")
        self.wait(3.0)
        for phone in self._takers:
            phone.hang_up()
        self.wait(3.0)
        if not self.world.run_until(lambda: all(trunk.free for trunk in self.span.trunks), within_ms):
            raise Off(f"the trunk does not come into service: {self.log[-3:]}")
        self.wait(2.0)

    def _hand_down(self) -> None:
        """Agents lift what rings, and put down what is over; so do those who were called."""
        now_ms = self.world.now_ms
        if not self._at_work:
            return
        for person in self._called:
            if person.circuit is not None and person.circuit.line is None:
                person.hang_up()
        for phone in self._takers:
            over = phone.lifted and self.rig.appliance.switch.phones[phone.name].call is None
            if not over and (phone.lifted or not phone.ringing):
                self._hands.pop(phone.name, None)
                continue
            if now_ms >= self._hands.setdefault(phone.name, now_ms + self._chance.randrange(100, 900)):
                del self._hands[phone.name]
                if over:
                    phone.hang_up()
                else:
                    phone.lift()

    # ---- on disk -----------------------------------------------------------------------------------------------------

    def _recorded(self, talks: Sequence[Talk]) -> None:
        paths = {fact.call: fact.path for fact in self.told(facts.RecordingStarted)}
        kept = {fact.call: fact.samples for fact in self.told(facts.RecordingEnded)}
        failed = [f"{fact.call}: {fact.reason}" for fact in self.told(facts.RecordingFailed)]
        if failed or set(paths) != set(kept):
            raise Off(f"recordings failed or are open: {failed} {sorted(set(paths) ^ set(kept))}")
        for talk in talks:
            if talk.call not in paths:
                raise Off(f"call {talk.call} is not recorded")
            self._on_tracks(talk, self._folder / paths[talk.call])
        for path in paths.values():
            (self._folder / path).unlink()

    def _on_tracks(self, talk: Talk, file: Path) -> None:
        both = np.frombuffer(read_wav(file).audio, dtype=np.uint8).reshape(-1, 2)
        for track, who in enumerate((talk.person, talk.phone)):
            heard: npt.NDArray[np.int16] = linear_from_alaw(both[:, track].tobytes())
            likeness = best_match(heard, who.mouth.said[-1].samples).correlation
            if likeness < HEARD_LEAST:
                raise Off(f"{who.name} is not on track {track} of call {talk.call}: likeness {likeness:.2f}")

    def forget(self) -> None:
        """What people and exchange remember of this cycle, so that only what leaks grows."""
        self._facts.clear()
        self.far.exchange.finished.clear()
        for person in (*self._takers, *self._diallers, *self._callers, *self._called):
            person.mouth.said.clear()

    # ---- small things ------------------------------------------------------------------------------------------------

    def told(self, kind: type[facts.Fact]) -> list:  # type: ignore[type-arg]  # of whatever kind was asked for
        """What the bus has told of this kind since the cycle began."""
        return [envelope.fact for envelope in self._facts if isinstance(envelope.fact, kind)]

    def wait(self, seconds: float) -> None:
        """Time passes; agents go on."""
        until_ms = self.world.now_ms + round(seconds * 1000)
        while self.world.now_ms < until_ms:
            self._hand_down()
            self.world.step()

    def wait_until(self, condition: Callable[[], object], within_s: float, what: str) -> None:
        """Until it is so; agents go on meanwhile. Raises Off."""
        until_ms = self.world.now_ms + within_s * 1000
        while not condition():
            if self.world.now_ms > until_ms:
                raise Off(f"it does not come that {what}; left {self.left()}; {self.log[-3:]}")
            self._hand_down()
            self.world.step()

    def _pass(self, ms: float) -> Wait:
        until_ms = self.world.now_ms + ms
        return lambda: self.world.now_ms >= until_ms, until_ms + 1000, "time passes"

    def _until(self, condition: Callable[[], object], within_s: float, what: str) -> Wait:
        return condition, self.world.now_ms + within_s * 1000, what

    def _play(self, plots: Sequence[Plot], within_s: float) -> None:
        """All of them at the same time, until the last is over. Raises Off."""
        waiting = {plot: next(plot, None) for plot in plots}
        until_ms = self.world.now_ms + within_s * 1000
        while waiting:
            for plot, wait in list(waiting.items()):
                going: Wait | None = wait
                while going is not None and going[0]():
                    going = next(plot, None)
                if going is None:
                    del waiting[plot]
                    continue
                waiting[plot] = going
                if self.world.now_ms > min(going[1], until_ms):
                    raise Off(f"it does not come that {going[2]}; left {self.left()}; {self.log[-3:]}")
            self._hand_down()
            self.world.step()
