"""A full E1 of callers who were led on to others outside: each pair takes two channels, joined in the box, and nobody of the box is left in them."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from appliance.building import Sounds
from appliance.prompts import load
from appliance.rig import Rig
from appliance.site_file import demo_site_file, read_site
from engine import facts
from engine.kernel.bus import Envelope
from engine.settings.routes import InboundRouteSection
from engine.settings.service_class import ServiceClassSection
from engine.settings.site import E1TrunkSection, SpanSection, StationSection
from engine.telephony.causes import Cause
from hwsim.ears import Ear
from hwsim.people import DeskPhone, Subscriber
from hwsim.pri_exchange import ExchangeCall
from hwsim.pri_far_end import PriFarEnd
from hwsim.signals import RATE_HZ, alaw_from_linear, linear_from_alaw

PAIRS = 15
VOICE_S = 0.4
HEARD_LEAST = 0.8
NUMBER, CALLER, FAR = "88886666", "1380010%04d", "77%02d"


class Exchange30:
    """The box, fifteen desk phones, fifteen callers and fifteen whom they are led on to."""

    def __init__(self, folder: Path, prompts: Path) -> None:
        demo = read_site(demo_site_file())
        stations = tuple(StationSection(name=f"phone-{801 + i}", channel=i + 1, extension=str(801 + i)) for i in range(PAIRS))
        site = replace(
            demo,
            trunks=(),
            stations=stations,
            agents=(),
            queues=tuple(replace(queue, agents=()) for queue in demo.queues),
            spans=(SpanSection(name="e1", kind="e1"),),
            e1_trunks=(E1TrunkSection(name="pri", span="e1", number=NUMBER, flow="main"),),
            inbound_routes=tuple(
                InboundRouteSection(name=f"to-{801 + i}", called=(f"8888{801 + i}",), target=f"extension:{801 + i}") for i in range(PAIRS)
            ),
            service_classes=(ServiceClassSection(name="staff", level="national", outside_transfer=True),),
        )
        self.told: list[Any] = []
        self.rig = Rig(
            site, folder, Sounds(load(prompts), {q.music: bytes([0xD5]) * RATE_HZ for q in site.queues}), 1, log=lambda _line: None
        )
        self.rig.appliance.bus.subscribe("test", self._hear)
        world, exchange = self.rig.world, self.rig.exchange
        self.callers = [Subscriber(world, exchange, f"caller-{i}", CALLER % i) for i in range(PAIRS)]
        self.called = [Subscriber(world, exchange, f"far-{i}", FAR % i, answers_after_s=1.0) for i in range(PAIRS)]
        for person in (*self.callers, *self.called):
            person.ear = Ear(person.name, 10, world.apart)
        self.rig.start()
        self.wait(4)

    def _hear(self, envelope: Envelope) -> None:
        self.told.append(envelope.fact)

    def of(self, kind: type) -> list[Any]:
        return [fact for fact in self.told if isinstance(fact, kind)]

    def phone(self, place: int) -> DeskPhone:
        return self.rig.phones[f"phone-{801 + place}"]

    def wait(self, seconds: float) -> None:
        self.rig.world.run_for(round(seconds * 1000))

    def until(self, condition: Callable[[], bool], within_s: float = 30.0) -> None:
        assert self.rig.world.run_until(condition, round(within_s * 1000)), self.told[-5:]

    @property
    def far(self) -> PriFarEnd:
        far = self.rig.exchange.trunks["pri"]
        assert isinstance(far, PriFarEnd)
        return far

    def legs(self) -> dict[str, ExchangeCall]:
        """The exchange's calls by the number outside."""
        return {call.calling if call.outgoing else call.called: call for call in self.far.exchange.calls.values()}

    def busy(self) -> int:
        """Channels of ours that are not free."""
        return sum(1 for trunk in self.rig.appliance.switch.trunks.values() if not trunk.free)

    def lead_on(self, pairs: int = PAIRS) -> None:
        """Every caller to his desk phone, and on to somebody outside; the desk phones are put down."""
        for person in (*self.callers, *self.called):
            if person.circuit is not None:  # still hears that the last call is over
                person.hang_up()
        self.wait(0.5)
        for place, caller in enumerate(self.callers[:pairs]):
            caller.call("pri", called=f"8888{801 + place}")
        for place in range(pairs):
            phone = self.phone(place)
            self.until(lambda phone=phone: phone.ringing)  # type: ignore[misc]  # mypy cannot infer a lambda's default
            phone.lift()
        self.wait(1.5)
        for place in range(pairs):
            self.phone(place).flash()
        self.wait(2)
        for place in range(pairs):
            self.phone(place).press("0" + FAR % place + "#")
        self.until(lambda: len(self.of(facts.CallAnswered)) == 2 * pairs)
        self.wait(1)
        for place in range(pairs):
            self.phone(place).hang_up()
        self.until(lambda: len(self.of(facts.CallTransferred)) == pairs)
        self.wait(1)

    def hear_each_other(self) -> None:
        """Everybody says something of his own, and only his partner hears it."""
        chance = np.random.default_rng(1)
        people = [*self.callers, *self.called]
        voices = [alaw_from_linear(chance.normal(0, 2500, round(VOICE_S * RATE_HZ))) for _ in people]
        since = self.rig.world.now_sample
        for person, voice in zip(people, voices, strict=True):
            person.say(voice)
        self.wait(VOICE_S + 0.3)
        for place, person in enumerate(people):
            partner = (place + PAIRS) % len(people)
            likeness = person.ear.find(linear_from_alaw(voices[partner]), since).correlation
            assert likeness > HEARD_LEAST, f"{person.name} hears {people[partner].name} with a likeness of {likeness:.2f}"


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory, prompts_folder: Path) -> Iterator[Exchange30]:
    made = Exchange30(tmp_path_factory.mktemp("tromboned"), prompts_folder)
    yield made
    made.rig.stop()


def test_thirty_channels_of_pairs_who_talk_and_leave(full: Exchange30) -> None:
    """Fifteen pairs hear each other over thirty channels; whoever hangs up, the other one's exchange is told normal clearing, and nothing is left."""
    full.lead_on()
    assert full.busy() == 2 * PAIRS
    assert len(full.legs()) == 2 * PAIRS
    assert {f"phone-{801 + i}" for i in range(PAIRS)} == {fact.phone for fact in full.of(facts.CallTransferred)}
    full.hear_each_other()
    legs = full.legs()
    chance = random.Random(3)
    left: list[ExchangeCall] = []
    for place in range(PAIRS):
        first, other = (full.callers, FAR) if chance.random() < 0.5 else (full.called, CALLER)
        left.append(legs[other % place])
        first[place].hang_up()
        full.wait(0.1)
    full.until(lambda: full.busy() == 0 and not full.far.exchange.calls, 10)
    assert {leg.cause for leg in left} == {Cause.NORMAL_CALL_CLEARING}
    assert not full.rig.appliance.switch.calls
    ended = {fact.call: fact for fact in full.of(facts.CallEnded)}
    assert len(ended) == len(full.of(facts.CallEnded)) == 2 * PAIRS
    reasons = sorted(fact.reason for fact in ended.values())
    assert reasons == ["hung_up"] * PAIRS + ["transferred"] * PAIRS


@pytest.mark.parametrize("cause", [Cause.DESTINATION_OUT_OF_ORDER, Cause.TEMPORARY_FAILURE])
def test_the_other_exchange_is_told_why(full: Exchange30, cause: Cause) -> None:
    """A network that ends one half for a reason of its own has that reason told to the other half."""
    full.told.clear()
    full.lead_on(1)
    legs = full.legs()
    full.far.exchange.hang_up(legs[FAR % 0], cause)
    full.until(lambda: full.busy() == 0, 10)
    assert legs[CALLER % 0].cause == cause
    (ended,) = [fact for fact in full.of(facts.CallEnded) if fact.reason != "transferred"]
    assert ended.cause == cause
    full.wait(1)
