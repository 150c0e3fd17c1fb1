"""A busy primary rate interface: random calls both ways through lines that may be rude, and a flood of garbled messages. Seeded, in virtual time."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from boards.e1 import pri_events as e
from boards.e1.pri import CallOver, CommandRefused, DChannel, PriCounters, PriError
from boards.e1.pri_values import CallingNumber, Notification, PartyNumber, PriSettings, RedirectingNumber, Role, SetupRequest
from boards.e1.q921 import NUMBERED_HEADER
from hwsim.lapd_peer import LapdPeer
from hwsim.pri_exchange import CalledPlan, CallingPlan, PriExchange, every_timeslot
from hwsim.pri_rudeness import STRAY_MESSAGES, RudeLine, Rudeness, garbled_message

__all__ = ["BusySpan", "Flood", "Outcome", "conversation"]

FIRST_US = 1_000_000_000
AFTERWARDS_US = 400_000_000
ROUNDS_MOST = 5000
OTHER = {Role.USER: Role.NETWORK, Role.NETWORK: Role.USER}
LISTENED_S = 4.0
CAUSES = (17, 1, 44, 41, 21, 34, 88, 28, 6, 26)
PLANS = (
    CalledPlan(),
    CalledPlan(early_audio=True),
    CalledPlan(cause=17),
    CalledPlan(cause=1),
    CalledPlan(answer_after_ms=None),
    CalledPlan(hang_up_after_ms=1000),
    CalledPlan(digits=8),
)


@dataclass(frozen=True)
class Outcome:
    """What a run left: calls that never ended on our side and at the exchange, what was counted, which events there were."""

    ours: int
    theirs: int
    us: PriCounters
    exchange: PriCounters
    events: Counter[str]


class BusySpan:
    """Our side with careless people behind it, an exchange with subscribers (or a PBX, where we are the network side), and a line each way."""

    def __init__(self, seed: int, rudeness: Rudeness = Rudeness(), role: Role = Role.USER) -> None:  # noqa: B008  # frozen
        self.now_us = FIRST_US
        self.random = Random(seed)
        self.us = DChannel(PriSettings(role=role, overlap_receiving=True), lambda: self.now_us, seed)
        self.exchange = PriExchange(lambda: self.now_us, seed + 1, self._plan_of, PriSettings(role=OTHER[role], overlap_receiving=True))
        on_the_line_only = Rudeness(lost=rudeness.lost, repeated=rudeness.repeated, late=rudeness.late)
        self.to_us = RudeLine(rudeness, Random(seed + 2))
        self.to_exchange = RudeLine(on_the_line_only, Random(seed + 3))
        self.mine: set[e.CallRef] = set()
        self.due: list[tuple[int, Callable[[e.CallRef], None], e.CallRef]] = []
        self.events: Counter[str] = Counter()

    def run(self, calls: int) -> Outcome:
        """So many attempts in either direction, then everybody hangs up and time goes by."""
        made = 0
        while made < calls:
            self._settle()
            made += self._attempt()
            self.now_us += self.random.randrange(400_000)
            self._act_due()
        self.to_us.rudeness = self.to_exchange.rudeness = Rudeness()
        for call in list(self.mine):
            self._command(lambda ref: self.us.hang_up(ref, 16), call)
        for leg in list(self.exchange.calls.values()):
            self.exchange.hang_up(leg)
        self._wait(AFTERWARDS_US)
        outcome = Outcome(len(self.mine), len(self.exchange.calls), self.us.counters(), self.exchange.channel.counters(), self.events)
        self.us.close()
        self.exchange.close()
        return outcome

    def _plan_of(self, digits: str) -> CalledPlan:
        return PLANS[int(digits[-1]) % len(PLANS)] if digits else CalledPlan(digits=8)

    def _attempt(self) -> int:
        random = self.random
        if random.random() < 0.5 and self.us.is_up:
            number = str(random.randrange(10**8)).zfill(8)[: random.choice((1, 8))]
            request = SetupRequest(random.choice(every_timeslot()), PartyNumber(number), complete=random.random() < 0.5)
            try:
                call = self.us.set_up(request)
            except PriError:
                return 1
            self.mine.add(call)
            self._later(8_000_000, self._end, call)
            return 1
        if not self.exchange.channel.is_up:
            return 0
        plan = CallingPlan(
            PartyNumber("87654321"),
            CallingNumber("13800138000"),
            gives_up_after_ms=random.choice((100, 3000, 20_000)),
            talks_ms=random.randrange(5000),
            overlap=random.random() < 0.3,
            digits_at_once=0 if self.us.settings.role is Role.NETWORK else 1,
            exclusive=random.random() < 0.5,
        )
        return 1 if self.exchange.call(plan) else 0

    def _end(self, call: e.CallRef) -> None:
        self.us.hang_up(call, 16)

    def _later(self, within_us: int, act: Callable[[e.CallRef], None], call: e.CallRef) -> None:
        self.due.append((self.now_us + self.random.randrange(within_us), act, call))

    def _act_due(self) -> None:
        for entry in [entry for entry in self.due if entry[0] <= self.now_us]:
            self.due.remove(entry)
            if entry[2] in self.mine:
                self._command(entry[1], entry[2])

    def _command(self, act: Callable[[e.CallRef], None], call: e.CallRef) -> None:
        try:
            act(call)
        except (CallOver, CommandRefused) as refused:
            self.events[type(refused).__name__] += 1

    def _happened(self, event: e.Event) -> None:
        self.events[type(event).__name__] += 1
        match event:
            case e.Offered():
                self.mine.add(event.call)
                self._offered(event)
            case e.Released():
                self.mine.remove(event.call)
            case e.Disconnecting():
                self.us.hang_up(event.call, event.cause)
            case e.SetupAcknowledged():
                self.us.more_digits(event.call, "2345678")
            case _:
                pass

    def _offered(self, event: e.Offered) -> None:
        mood = self.random.random()
        self._later(8_000_000, self._end, event.call)
        if mood < 0.1:
            self._refuse(event.call)
        elif mood < 0.2 or event.channel is None:
            return
        elif mood < 0.4 and not event.complete:
            self.us.acknowledge_setup(event.call, dial_tone=not event.called.digits)
        else:
            self.us.proceed(event.call)
            if mood < 0.9:
                self.us.alert(event.call, in_band=mood < 0.6)
            if mood < 0.8:
                self._later(3_000_000, self.us.answer, event.call)

    def _refuse(self, call: e.CallRef) -> None:
        cause = self.random.choice(CAUSES)
        if self.us.settings.role is Role.NETWORK:
            self.us.hang_up_announced(call, cause, LISTENED_S)
        else:
            self.us.hang_up(call, cause)

    def _settle(self) -> None:
        for _ in range(ROUNDS_MOST):
            sent = [arriving for frame in self.us.frames_to_send() for arriving in self.to_exchange.carry(frame)]
            came = [arriving for frame in self.exchange.frames_to_send() for arriving in self.to_us.carry(frame)]
            for frame in sent:
                self.exchange.receive(frame)
            for frame in came:
                self.us.receive(frame)
            self.exchange.run()
            events = 0
            while event := self.us.advance():
                self._happened(event)
                events += 1
            if not (sent or came or events):
                return
        raise AssertionError("the two ends never come to rest")

    def _wait(self, microseconds: int) -> None:
        until = self.now_us + microseconds
        while self.now_us < until:
            self._settle()
            self._act_due()
            waits = [self.us.next_timeout_us(), self.exchange.next_timeout_us(), min((entry[0] for entry in self.due), default=None)]
            self.now_us = max(self.now_us + 1, min([until, *(wait for wait in waits if wait is not None)]))


def conversation(role: Role = Role.USER) -> list[bytes]:
    """What we, on this side, hear in some ordinary calls, as octets of messages: what to garble."""
    span = BusySpan(7, role=role)
    heard: list[bytes] = []
    carry = span.to_us.carry

    def listen(frame: bytes) -> list[bytes]:
        if not frame[2] & 1 and len(frame) > NUMBERED_HEADER:
            heard.append(frame[NUMBERED_HEADER:])
        return carry(frame)

    span.to_us.carry = listen  # type: ignore[method-assign]  # a listener on the line
    span.run(60)
    return heard


class Flood:
    """Garbled messages by a far end that keeps the link in order, at a D channel with calls that are commanded at random."""

    def __init__(self, seed: int, heard: list[bytes], settings: PriSettings | None = None) -> None:
        self.now_us = FIRST_US
        self.random = Random(seed)
        self.us = DChannel(settings or PriSettings(overlap_receiving=True, hold=True), lambda: self.now_us, seed)
        self.peer = LapdPeer(Role.NETWORK if self.us.settings.role is Role.USER else Role.USER)
        self.heard = heard
        self.mine: list[e.CallRef] = []
        self.over: list[e.CallRef] = []

    def run(self, messages: int) -> PriCounters:
        """So many messages, then the far end only keeps the link and we hang up. Returns what was counted; ``mine`` is what is left."""
        self._settle()
        for _ in range(messages):
            self._message()
            self._settle()
            if self.random.random() < 0.1:
                self._command()
            if self.random.random() < 0.05:
                self.now_us += self.random.randrange(3_000_000)
        for call in list(self.mine):
            self.us.hang_up(call, 16)
        until = self.now_us + AFTERWARDS_US
        while self.now_us < until:
            self._settle()
            self.now_us = min(until, max(self.now_us + 1, self.us.next_timeout_us() or until))
        counted = self.us.counters()
        self.us.close()
        return counted

    def _message(self) -> None:
        random = self.random
        octets = bytearray(random.choice(self.heard if random.random() < 0.8 else STRAY_MESSAGES))
        if octets[1:2] == b"\x02" and random.random() < 0.9:
            octets[2:4] = (random.randrange(24) | random.choice((0, 0x8000))).to_bytes(2)
        said = garbled_message(bytes(octets), random) if random.random() < 0.6 else bytes(octets)
        if random.random() < 0.02:
            self.peer.send_raw(garbled_message(bytes([2, 1, random.randrange(256), random.randrange(256)]) + said, random))
        else:
            self.peer.send(said)

    def _command(self) -> None:
        random, us = self.random, self.us
        call = random.choice(self.mine if self.mine and random.random() < 0.9 else self.over or self.mine or [e.CallRef(257)])
        cause = random.choice(CAUSES)
        act: Callable[[], object] = random.choice(
            (
                lambda: us.proceed(call),
                lambda: us.alert(call),
                lambda: us.answer(call),
                lambda: us.progress(call, cause),
                lambda: us.acknowledge_setup(call),
                lambda: us.more_digits(call, "12"),
                lambda: us.keypad(call, "12"),
                lambda: us.notify(call, Notification.REMOTE_HOLD),
                lambda: us.hold(call),
                lambda: us.acknowledge_hold(call),
                lambda: us.reject_hold(call, cause),
                lambda: us.retrieve(call, 3),
                lambda: us.acknowledge_retrieve(call, 3),
                lambda: us.reject_retrieve(call, cause),
                lambda: us.hang_up(call, cause),
                lambda: us.hang_up_announced(call, cause, LISTENED_S),
                lambda: us.restart(random.randrange(1, 32)),
                self._set_up,
                self._set_up,
                self._set_up,
            )
        )
        with contextlib.suppress(PriError):
            act()

    def _set_up(self) -> None:
        redirecting = RedirectingNumber("4008001234") if self.random.random() < 0.3 else None
        request = SetupRequest(self.random.randrange(1, 32), PartyNumber("02188886666"), CallingNumber("138"), redirecting)
        self.mine.append(self.us.set_up(request))

    def _settle(self) -> None:
        for _ in range(ROUNDS_MOST):
            sent, came = list(self.us.frames_to_send()), self.peer.frames_to_send()
            for frame in sent:
                self.peer.receive(frame)
            for frame in came:
                self.us.receive(frame)
            events = 0
            while event := self.us.advance():
                self._happened(event)
                events += 1
            if not (sent or came or events):
                return
        raise AssertionError("the two ends never come to rest")

    def _happened(self, event: e.Event) -> None:
        if isinstance(event, e.Offered):
            self.mine.append(event.call)
        elif isinstance(event, e.Released):
            self.mine.remove(event.call)
            self.over = [*self.over[-50:], event.call]
        elif isinstance(event, e.Disconnecting) and self.random.random() < 0.7:
            self.us.hang_up(event.call, event.cause)
