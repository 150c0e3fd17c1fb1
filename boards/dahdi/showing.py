"""Performs the stages of ``callerid_sending.py`` on a phone's port, one after the other, with what each needs of time.

A performance can be stopped at any moment; then, and when it breaks off by itself (the phone does not acknowledge, the audio would come too late,
the media pump takes no more), the pair is turned back and the other party let in again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from boards.dahdi.callerid_sending import AwaitKey, OnHookAudio, PartyKeptOut, SendData, SendTones, Silence, Stage, TurnPolarity
from boards.dahdi.sounds import render_caller_id
from engine.kernel.clock import Clock, Timer
from engine.kernel.errors import EnvironmentFault, OurFault
from engine.telephony.media import Playing, ToneStep

__all__ = ["Performance", "PhonePair"]

Ended = Callable[[int, bool], None]


class PhonePair(Protocol):
    """What stages act on: the pair to a telephone."""

    def play_data(self, audio: bytes, ended: Ended) -> Playing:
        """Send this, A-law."""

    def sound_tones(self, steps: Sequence[ToneStep], ended: Ended) -> Playing:
        """Send these, once."""

    def turn_polarity(self, *, reverse: bool) -> None:
        """Reverse the pair, or turn it back."""

    def open_audio(self, duration_ms: int) -> None:
        """Let a phone on hook hear for so long."""

    def set_apart(self, *, apart: bool) -> None:
        """Keep the other party out of the conversation, or let it in again."""


def _always(_samples: int) -> bool:
    return True


class Performance:
    """One performance of stages. ``over(whole)`` is called once at its end, unless it is stopped: True when everything was sent.

    ``fits(samples)`` is asked before data are sent; False breaks off.
    """

    def __init__(
        self,
        stages: Sequence[Stage],
        pair: PhonePair,
        clock: Clock,
        over: Callable[[bool], None],
        fits: Callable[[int], bool] = _always,
    ) -> None:
        self._stages: Iterator[Stage] = iter(stages)
        self._pair = pair
        self._clock = clock
        self._over = over
        self._fits = fits
        self._playing: Playing | None = None
        self._timer: Timer | None = None
        self._awaited = ""
        self._apart = False
        self._turned = False
        self._done = False

    def begin(self) -> None:
        """The first stages, up to one that takes time."""
        self._go_on()

    def stop(self) -> None:
        """Silence, and everything as it was before. ``over`` is not called. Twice does nothing."""
        if self._done:
            return
        self._done = True
        if self._timer is not None:
            self._timer.cancel()
        if self._playing is not None:
            self._playing.stop()
        self._put_right()

    def take_key(self, key: str) -> bool:
        """The phone sent a key. True when it was the acknowledgement: then it is nobody else's."""
        if self._done or key not in self._awaited:
            return False
        self._awaited = ""
        if self._timer is not None:
            self._timer.cancel()
        self._go_on()
        return True

    # ---- inside ----

    def _go_on(self) -> None:
        try:
            for stage in self._stages:
                if self._takes_time(stage):
                    return
        except EnvironmentFault:
            self._end(whole=False)
            return
        if not self._done:
            self._end(whole=True)

    def _takes_time(self, stage: Stage) -> bool:
        """Begin a stage; True when something will go on after it, or it was the last."""
        match stage:
            case Silence(duration_ms):
                self._timer = self._clock.call_later(duration_ms / 1000, self._go_on)
            case AwaitKey(keys, within_ms):
                self._awaited = keys
                self._timer = self._clock.call_later(within_ms / 1000, self._unanswered)
            case SendTones(steps):
                self._playing = self._pair.sound_tones(steps, self._sounded)
            case SendData(message, style):
                return self._send(render_caller_id(message, style))
            case TurnPolarity(reverse):
                self._turned = reverse
                self._pair.turn_polarity(reverse=reverse)
                return False
            case OnHookAudio(duration_ms):
                self._pair.open_audio(duration_ms)
                return False
            case PartyKeptOut(apart):
                self._apart = apart
                self._pair.set_apart(apart=apart)
                return False
            case _:
                raise OurFault(f"nobody performs {stage!r}")
        return True

    def _send(self, audio: bytes) -> bool:
        if not self._fits(len(audio)):
            self._end(whole=False)
            return True
        self._playing = self._pair.play_data(audio, self._sounded)
        return True

    def _sounded(self, _samples: int, complete: bool) -> None:
        self._playing = None
        if complete and not self._done:
            self._go_on()

    def _unanswered(self) -> None:
        self._awaited = ""
        self._end(whole=False)

    def _end(self, *, whole: bool) -> None:
        self._done = True
        self._put_right()
        self._over(whole)

    def _put_right(self) -> None:
        if self._turned:
            self._turned = False
            self._pair.turn_polarity(reverse=False)
        if self._apart:
            self._apart = False
            self._pair.set_apart(apart=False)
