"""What happened on exchange lines and desk phones, below any call. ``line`` and ``phone`` are port names from the site."""

from __future__ import annotations

from engine.facts.base import Fact, fact

__all__ = ["LineAudioCounted", "LineInService", "LineOutOfService", "LineRang", "PhoneHungUp", "PhoneLifted", "ProtocolViolated"]


@fact(version=1)
class LineRang(Fact):
    """The first ring burst of an incoming call has begun on an exchange line."""

    line: str


@fact(version=1)
class LineInService(Fact):
    """An exchange line or a phone port can be used (again)."""

    line: str


@fact(version=1)
class LineOutOfService(Fact):
    """An exchange line or a phone port cannot be used: ``no_battery``, ``card_removed``, ``driver_error``, ``alarm`` of its span, ``maintenance``;
    its channel is ``not_configured``, ``taken``, not there (``no_channel``), of the other kind (``wrong_port``), without room (``no_room``).
    """

    line: str
    reason: str


@fact(version=1)
class LineAudioCounted(Fact):
    """Audio of a line or phone did not go as it should since the count before, in blocks of 20 ms; told once a minute at most.

    ``late_blocks`` were heard late and lost for the other party, ``missing_blocks`` did not come when others did, ``gaps`` were sent as silence,
    ``overflows``: times at which audio may have been lost on its way in, ``refused_blocks`` found the driver's buffers full.
    """

    line: str
    late_blocks: int
    missing_blocks: int
    gaps: int
    overflows: int
    refused_blocks: int


@fact(version=1)
class PhoneLifted(Fact):
    """The handset of a desk phone was lifted."""

    phone: str


@fact(version=1)
class PhoneHungUp(Fact):
    """The handset of a desk phone was put down (reported by the driver after the flash time)."""

    phone: str


@fact(version=1)
class ProtocolViolated(Fact):
    """The far end of a line did what its signalling does not allow in this state; counted, not obeyed."""

    line: str
    state: str
    event: str
