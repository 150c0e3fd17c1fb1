"""The numbers of spans and channels: who has which, who gets which, and which span the driver takes its clock from.

Spans are ordered by number, and channels rise with them. A span gets the first number behind which its channels fit.
"""

from __future__ import annotations

import errno

from hwsim.driver_channel import DriverChannel
from hwsim.driver_memory import refusal
from hwsim.driver_span import DriverDevice, DriverSpan

__all__ = ["SpanRegister"]


class SpanRegister:
    """All devices of a driver, and the spans that have numbers."""

    def __init__(self) -> None:
        self.devices: list[DriverDevice] = []
        self.spans: list[DriverSpan] = []
        self.master: DriverSpan | None = None
        self._channels: dict[int, DriverChannel] = {}

    def find(self, number: int) -> DriverSpan | None:
        """A span by its number."""
        return next((span for span in self.spans if span.number == number), None)

    def channel(self, number: int) -> DriverChannel | None:
        """A channel by its number."""
        return self._channels.get(number)

    def assign(self, span: DriverSpan, number: int = 0, first_channel: int = 0) -> None:
        """Give a span its numbers; 0: the first that fit. EINVAL when it has some or they would not rise, EEXIST for a number that is taken."""
        if span.number or (number and not first_channel):
            raise refusal(errno.EINVAL)
        if number:
            self._check(len(span.channels), number, first_channel)
        else:
            number, first_channel = self._first_fit(len(span.channels))
        span.numbered(number, first_channel)
        self.spans.append(span)
        self.spans.sort(key=lambda each: each.number)
        for channel in span.channels:
            self._channels[channel.number] = channel
        self.look_for_master()

    def _check(self, channels: int, number: int, first_channel: int) -> None:
        for span in self.spans:
            if span.number == number:
                raise refusal(errno.EEXIST if first_channel >= span.first_channel + len(span.channels) else errno.EINVAL)
            if span.number < number and first_channel < span.first_channel + len(span.channels):
                raise refusal(errno.EINVAL)
            if span.number > number:
                if first_channel + channels > span.first_channel:
                    raise refusal(errno.EINVAL)
                return

    def _first_fit(self, channels: int) -> tuple[int, int]:
        number = first_channel = 1
        for span in self.spans:
            if span.number > number and first_channel + channels <= span.first_channel:
                break
            number = span.number + 1
            first_channel = span.first_channel + len(span.channels)
        return number, first_channel

    def remove(self, span: DriverSpan) -> None:
        """A span loses its numbers."""
        self.spans.remove(span)
        for channel in span.channels:
            del self._channels[channel.number]
        span.lose_numbers()
        if self.master is span:
            self.master = next((each for each in self.spans if each.timing), None)

    def look_for_master(self) -> None:
        """As the driver does it: the first span that is fit, other than the present one, when there is such."""
        before = self.master
        for span in self.spans:
            unfit = span.alarms or (span.digital and not span.running)
            if (unfit and before is not None) or not span.timing or span is before:
                continue
            self.master = span
            return
