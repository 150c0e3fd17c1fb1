"""Which B channels the far end was told are blocked here, by maintenance messages (SERVICE), and which of them it has been refused. Pure.

Only the North American dialects have these messages: AT&T's numbering has the protocol discriminator 3 (4ESS, 5ESS, DMS-100), National ISDN has 67 and the
two message types the other way round. Q.931, EN 300 403 and QSIG define none; libpri would send AT&T's on any of them, and an exchange that knows
Q.931 only ignores it (clause 5.8.1). There a blocked channel is refused call by call (cause 44, or another channel where the exchange leaves us the choice),
and when it serves again it is restarted, if it was refused meanwhile: an exchange may have taken such a channel out of service by itself.
"""

from __future__ import annotations

from boards.e1.pri_values import ServiceStatus

__all__ = ["ChannelServices"]


class ChannelServices:
    """Of one interface. ``told_far``: the dialect has service messages."""

    def __init__(self, *, told_far: bool) -> None:
        self._told_far = told_far
        self._blocked: set[int] = set()
        """As the far end knows it; at most one entry for each channel, as below."""
        self._refused: set[int] = set()

    def due(self, place: int, *, blocked: bool) -> ServiceStatus | None:
        """What the far end is to be told of this channel, which is blocked here, or not; None: nothing, it knows. It counts as told."""
        if not self._told_far or blocked is (place in self._blocked):
            return None
        if blocked:
            self._blocked.add(place)
            return ServiceStatus.OUT_OF_SERVICE
        self._blocked.discard(place)
        return ServiceStatus.IN_SERVICE

    def refused(self, place: int) -> None:
        """The far end wanted this channel, and could not have it."""
        self._refused.add(place)

    def doubted(self, place: int) -> bool:
        """The channel was refused while it did not serve, and the far end may think of it what it likes: asked once, when it serves again."""
        doubted = place in self._refused
        self._refused.discard(place)
        return doubted

    def forget(self) -> None:
        """The D channel is down: what was told may not have come there."""
        self._blocked.clear()
        self._refused.clear()
