"""A busy hundred seconds: agents come and go, callers overlap on all lines, everybody talks. The same seed, the same day."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace

from appliance.rig import Rig
from engine.kernel.errors import Refused
from engine.settings.site import Site
from hwsim.people import DeskPhone, Subscriber

__all__ = ["DAY_MS", "BusyDay", "busy_site"]

DAY_MS = 100_000
LOOK_EVERY_MS = 100
CALLERS = 7
SPEECH_MS = 12_000


def busy_site(site: Site) -> Site:
    """The site with little paperwork after a call, so that agents talk more often within the day."""
    queues = tuple(replace(queue, wrap_up_s=4.0, ring_timeout_s=8.0, place_every_s=6.0) for queue in site.queues)
    recording = replace(site.recording, reserve_mb=10)
    return replace(site, queues=queues, recording=recording)


class BusyDay:
    """Puts everything that people will do into the rig's world. ``prompts`` lend the voices."""

    def __init__(self, rig: Rig, site: Site, prompts: Mapping[tuple[str, str], bytes], seed: int) -> None:
        self._world = rig.world
        self._site = site
        self._chance = random.Random(seed)
        self._voices = [prompts[key] for key in sorted(prompts) if len(prompts[key]) > 8000]
        self._long_talk = False
        phones = list(rig.phones.values())
        for agent, phone in zip(site.agents, phones, strict=True):
            self._agent(phone, agent.number, agent.pin)
        self._break(phones[-1])
        lines = [trunk.name for trunk in site.trunks]
        for number in range(CALLERS):
            caller = Subscriber(self._world, rig.exchange, f"caller-{number}", f"1380000000{number}")
            first = number == 0
            begin_ms = 6_000 if first else self._chance.randint(20_000, 75_000)
            stay_ms = 85_000 if first else self._chance.randint(7_000, 70_000)
            self._caller(caller, lines[number % len(lines)], begin_ms, stay_ms)

    # ---- agents --------------------------------------------------------------------------------------------------------

    def _agent(self, phone: DeskPhone, number: str, pin: str) -> None:
        desk = self._site.desk
        begin_ms = self._chance.randint(300, 4_000)
        self._dial(phone, f"{desk.login_code}{number}#{pin}#", begin_ms, 6_500)
        self._world.at(begin_ms + 7_000, lambda: self._wait_for_ring(phone))

    def _wait_for_ring(self, phone: DeskPhone) -> None:
        if phone.ringing and not phone.lifted:
            # The first caller is served at once and talks for long; later some agents are so slow that the call goes on to the next one.
            slow_ms = self._chance.choice([300, 1_500, 3_000, 9_000]) if self._long_talk else 500
            self._world.after(slow_ms, lambda: self._answer(phone))
            return
        self._world.after(LOOK_EVERY_MS, lambda: self._wait_for_ring(phone))

    def _answer(self, phone: DeskPhone) -> None:
        if phone.ringing and not phone.lifted:
            phone.lift()
            self._talk(phone, lambda: phone.lifted)
            stay_ms = self._chance.choice([12_000, 25_000, 70_000]) if self._long_talk else 75_000
            self._long_talk = True
            self._world.after(stay_ms, lambda: self._put_down(phone))
        self._world.after(LOOK_EVERY_MS, lambda: self._wait_for_ring(phone))

    def _put_down(self, phone: DeskPhone) -> None:
        with suppress(Refused):
            phone.hang_up()

    def _dial(self, phone: DeskPhone, keys: str, at_ms: int, stay_ms: int) -> None:
        """Lift, press, listen, put down; nothing when the phone is in use or rings at that moment."""

        def lift() -> None:
            if phone.lifted or phone.ringing:
                return
            phone.lift()
            self._world.after(700, lambda: phone.press(keys) if phone.lifted else None)
            self._world.after(stay_ms, lambda: self._put_down(phone))

        self._world.at(at_ms, lift)

    def _break(self, phone: DeskPhone) -> None:
        """The last agent: a break, an own call during it, ready again, and home."""
        desk = self._site.desk
        begin_ms = self._chance.randint(13_000, 30_000)
        self._dial(phone, f"{desk.not_ready_code}1", begin_ms, 4_000)
        self._dial(phone, self._site.stations[0].extension, begin_ms + 8_000, 6_000)
        self._dial(phone, desk.ready_code, begin_ms + 25_000, 4_000)
        self._dial(phone, desk.logout_code, begin_ms + 45_000, 4_000)

    # ---- callers -------------------------------------------------------------------------------------------------------

    def _caller(self, caller: Subscriber, line: str, begin_ms: int, stay_ms: int) -> None:
        def call() -> None:
            caller.call(line)
            self._when_answered(caller)

        def leave() -> None:
            with suppress(Refused):
                caller.hang_up()

        self._world.at(begin_ms, call)
        self._world.at(begin_ms + stay_ms, leave)

    def _when_answered(self, caller: Subscriber) -> None:
        if caller.talking:
            # The key interrupts the prompts; the second one chooses the queue.
            self._world.after(1_500, lambda: self._press(caller, "1"))
            self._world.after(3_000, lambda: self._press(caller, "1"))
            self._world.after(SPEECH_MS, lambda: self._talk(caller, lambda: caller.talking))
        elif caller.circuit is not None:
            self._world.after(LOOK_EVERY_MS, lambda: self._when_answered(caller))

    def _press(self, caller: Subscriber, key: str) -> None:
        if caller.talking:
            caller.press(key)

    # ---- talking -------------------------------------------------------------------------------------------------------

    def _talk(self, person: DeskPhone | Subscriber, wants: Callable[[], bool]) -> None:
        """Say one thing after the other, with pauses, as long as the person wants."""
        if not wants():
            return
        voice = self._chance.choice(self._voices)
        person.say(voice)
        self._world.after(len(voice) // 8 + self._chance.randint(200, 1_500), lambda: self._talk(person, wants))
