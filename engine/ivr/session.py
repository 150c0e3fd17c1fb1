"""A dialogue with a caller, as a coroutine.

A script is ``async def script(session, flow)``. It awaits the session's verbs; while it waits the reactor goes on. When the
caller is gone, the verb it waits in raises ``CallerGone`` and the script ends. A script does no I/O and knows no line, no
clock and no queue: only the verbs.

    await session.answer()
    key = await session.ask([("zh", "menu")], timeout_s=5)
    await session.queue("service")
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Coroutine, Generator, Mapping, Sequence
from typing import Any

from engine import facts
from engine.acd.acd import Acd
from engine.calls import call as c
from engine.calls.switch import Call, Phone
from engine.ivr.speech import cardinal, digits
from engine.kernel.bus import Bus
from engine.kernel.clock import Clock, Timer
from engine.kernel.errors import OurFault
from engine.telephony.causes import Cause, Release
from engine.telephony.media import PatchBay, Playing, Port, ToneStep

__all__ = ["KEYS_AHEAD_MOST", "CallerGone", "Prompts", "Session"]

KEYS_AHEAD_MOST = 32
"""Keys that a caller may type ahead of the question; later ones are forgotten, as a number is never longer."""

Prompts = Mapping[tuple[str, str], bytes]
"""(language, prompt name) → A-law octets."""


class CallerGone(Exception):  # the word of the trade
    """The caller hung up; raised inside the script's present verb."""


class _Wait:
    """What a verb yields to the session: wake me with a value."""

    def __await__(self) -> Generator[_Wait, Any, Any]:
        return (yield self)


class Session:
    """One caller's dialogue. It owns the call until a phone is connected."""

    def __init__(
        self,
        call: Call,
        line_port: Port,
        bus: Bus,
        clock: Clock,
        bay: PatchBay,
        acd: Acd,
        prompts: Prompts,
        music: bytes,
        *,
        announces: bool = False,
    ) -> None:
        self.call = call
        self._port = line_port
        self._bus = bus
        self._clock = clock
        self._bay = bay
        self._acd = acd
        self._prompts = prompts
        self._music = music
        self._announces = announces
        self._script: Coroutine[_Wait, Any, None] | None = None
        self._happened: deque[tuple[str, Any]] = deque()
        self._keys: deque[str] = deque()
        self._secret = False
        self._playing = 0
        self._gone = False
        self._waiting = False

    # ---- running the script ------------------------------------------------------------------------------------------

    def run(self, script: Coroutine[_Wait, Any, None], failed: Callable[[Session, Exception], None]) -> None:
        """Start the script. When it raises anything but CallerGone, ``failed`` is told and the call is ended."""
        self._script = script
        self._failed = failed
        self.call.owner = self
        self._step(lambda running: running.send(None))

    def _step(self, resume: Callable[[Coroutine[_Wait, Any, None]], object]) -> None:
        script = self._script
        if script is None:
            return
        self._waiting = False
        try:
            resume(script)
        except StopIteration:
            self._script = None
            return
        except CallerGone:
            self._script = None
            return
        except Exception as error:  # noqa: BLE001  # one broken script ends its call, not the appliance
            self._script = None
            self._failed(self, error)
            self.call.post(c.End(Release(Cause.TEMPORARY_FAILURE, "script_failed"), "system"))
            return
        self._waiting = True
        if self._happened:
            self._resume()

    def _tell(self, what: str, value: object = None) -> None:
        """Something happened that a verb may wait for."""
        self._happened.append((what, value))
        if self._waiting:
            self._resume()

    def _resume(self) -> None:
        what = self._happened.popleft()
        self._step(lambda running: running.send(what))

    async def _next(self) -> tuple[str, Any]:
        if self._gone:
            raise CallerGone
        if self._happened:
            what, value = self._happened.popleft()
        else:
            what, value = await _Wait()
        if what == "gone":
            self._gone = True
            raise CallerGone
        return what, value

    # ---- the call's owner --------------------------------------------------------------------------------------------

    def call_key(self, call: Call, key: str) -> None:
        """A key."""
        if not self._secret:
            self._publish(facts.KeyPressed(call=call.id, key=key))
        if len(self._keys) < KEYS_AHEAD_MOST:
            self._keys.append(key)
        self._tell("key")

    def call_lifted(self, call: Call, phone: Phone) -> None:
        """Phones ring for the queue only, and the queue then owns the call."""
        raise OurFault(f"{phone.name} was lifted for {call.id} in a dialogue")

    def call_not_rung(self, call: Call, phone: Phone) -> None:
        """As above."""
        raise OurFault(f"{phone.name} was rung for {call.id} in a dialogue")

    def call_ended(self, call: Call) -> None:
        """The caller is gone."""
        self._tell("gone")

    # ---- the stay in a queue -----------------------------------------------------------------------------------------

    def stay_answered(self, agent: str) -> None:
        """An agent lifted."""
        self._tell("answered", agent)

    def stay_over(self, outcome: str) -> None:
        """The stay ended otherwise."""
        self._tell("gone", outcome)

    # ---- verbs -------------------------------------------------------------------------------------------------------

    async def answer(self) -> None:
        """Answer the call; the script goes on when the call's machine has done so. Nothing when it is answered already."""
        if not self.call.unanswered:
            return
        self.call.post(c.Answer())
        self._clock.call_later(0, lambda: self._tell("turn"))
        await self._until("turn")

    async def announce(self, *names: str) -> None:
        """Play prompts to a caller who is not answered yet and pays nothing, where the line can do that; on others the call is answered first."""
        if not self._announces:
            await self.answer()
        else:
            self.call.post(c.Announce())
            self._clock.call_later(0, lambda: self._tell("turn"))
            await self._until("turn")
        await self.say(*names)

    def speak(self, language: str) -> None:
        """Use this language from now on."""
        self.call.language = language
        self._publish(facts.LanguageChosen(call=self.call.id, language=language))

    async def say(self, *names: str, language: str = "") -> None:
        """Play prompts in a row, to the end."""
        await self._play(names, language, interruptible=False)

    async def ask(self, spoken: Sequence[tuple[str, str]], timeout_s: float) -> str:
        """Play ``(language, prompt)`` pairs and wait for one key, also typed ahead or into the prompt; "" when none came in time.

        Any key is returned: the script says what it thinks of it.
        """
        if not self._keys:
            await self._play_pairs(spoken, interruptible=True)
        if not self._keys and not await self._key_within(timeout_s):
            return ""
        return self._keys.popleft()

    def keep_secret(self) -> None:
        """From now on no fact tells which keys are pressed: they are account numbers and PINs, also those typed ahead of the question."""
        self._secret = True

    async def digits(self, most: int, first_s: float, next_s: float, prompt: str = "", tone: Sequence[ToneStep] = ()) -> str:
        """What is typed until #, up to ``most`` digits, or until no key comes for ``next_s`` (``first_s`` for the first one). The first key ends the
        prompt, or the tone that sounds instead of one.
        """
        sounding: Playing | None = None
        if not self._keys and prompt:
            await self._play_pairs([(self.call.language, prompt)], interruptible=True)
        elif not self._keys and tone:
            sounding = self._bay.tone(tone, [self._port])
        typed = ""
        try:
            while len(typed) < most and (self._keys or await self._key_within(next_s if typed else first_s)):
                _stop(sounding, None)
                sounding = None
                key = self._keys.popleft()
                if key == "#":
                    break
                typed += key
        finally:
            _stop(sounding, None)
        return typed

    def all_busy(self, queue: str) -> bool:
        """True when no agent of the queue could be offered a call now, or others wait already."""
        return self._acd.all_busy(queue)

    async def queue(self, name: str) -> None:
        """Wait in a queue until an agent talks to the caller, with music and the place now and then.

        Ends when the conversation has begun. Refused when the queue is full.
        """
        section = self._acd.queue(name)
        self._keys.clear()
        self._acd.enter(self.call, name, self)
        agent = await self._wait_for_agent(name, section.place_every_s)
        if section.announce_agent:
            said = ("agent_before", *digits(agent, self.call.language), "agent_after")
            await self._play(said, "", interruptible=False)
        self.call.post(c.Join())

    def hang_up(self) -> None:
        """End the call."""
        self.call.post(c.End(Release(Cause.NORMAL_CALL_CLEARING, "dialogue_over"), "system"))

    # ---- how verbs are done ------------------------------------------------------------------------------------------

    async def _wait_for_agent(self, queue: str, every_s: float) -> str:
        while True:
            self._forget_stale()
            music = self._bay.play(self._music, [self._port], loop=True) if self._music else None
            timer = self._clock.call_later(every_s, lambda: self._tell("place")) if every_s > 0 else None
            try:
                what, value = await self._until("answered", "place")
            finally:
                _stop(music, timer)
            if what == "answered":
                return str(value)
            answered = await self._announce_place(queue)
            if answered:
                return answered

    async def _announce_place(self, queue: str) -> str:
        """Say the place; cut short when an agent answers meanwhile, whose number is returned."""
        place = self._acd.place(self.call.id)
        if place == 0:
            return ""
        self._publish(facts.PlaceAnnounced(call=self.call.id, queue=queue, place=place))
        language = self.call.language
        names = ("place_before", *cardinal(min(place, 999), language), "place_after")
        self._forget_stale()
        playing = self._start([(language, name) for name in names])
        try:
            what, value = await self._until("answered", "played")
        finally:
            playing.stop()
        return str(value) if what == "answered" else ""

    def _forget_stale(self) -> None:
        """Drop what belongs to an earlier wait; keys are kept in ``_keys``, and an end or an answer is never stale."""
        lasting = [(what, value) for what, value in self._happened if what in ("gone", "answered")]
        self._happened.clear()
        self._happened.extend(lasting)

    async def _until(self, *wanted: str) -> tuple[str, Any]:
        while True:
            what, value = await self._next()
            if what in wanted:
                return what, value

    async def _key_within(self, timeout_s: float) -> bool:
        self._forget_stale()
        timer = self._clock.call_later(timeout_s, lambda: self._tell("late"))
        try:
            what, _ = await self._until("key", "late")
        finally:
            timer.cancel()
        return what == "key"

    async def _play(self, names: Sequence[str], language: str, *, interruptible: bool) -> None:
        await self._play_pairs([(language or self.call.language, name) for name in names], interruptible=interruptible)

    async def _play_pairs(self, spoken: Sequence[tuple[str, str]], *, interruptible: bool) -> None:
        self._forget_stale()
        playing = self._start(spoken)
        wanted = ("played", "key") if interruptible else ("played",)
        try:
            await self._until(*wanted)
        finally:
            playing.stop()

    def _start(self, spoken: Sequence[tuple[str, str]]) -> Playing:
        audio = b"".join(self._prompts[pair] for pair in spoken)
        names = tuple(name for _, name in spoken)
        language = spoken[0][0]
        self._publish(facts.PromptStarted(call=self.call.id, prompts=names, language=language))

        self._playing += 1
        number = self._playing

        def ended(samples: int, complete: bool) -> None:
            self._publish(facts.PromptEnded(call=self.call.id, played_ms=samples // 8, interrupted=not complete))
            # One that was interrupted may come to its end in the same block: that is not the end of what plays now.
            if complete and number == self._playing:
                self._tell("played")

        return self._bay.play(audio, [self._port], ended=ended)

    def _publish(self, fact: facts.Fact) -> None:
        self._bus.publish(fact, self.call.interaction)


def _stop(music: Playing | None, timer: Timer | None) -> None:
    if music is not None:
        music.stop()
    if timer is not None:
        timer.cancel()
