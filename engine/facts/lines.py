"""What happened on exchange lines and desk phones, below any call. ``line`` and ``phone`` are port names from the site."""

from __future__ import annotations

from engine.facts.base import Fact, fact

__all__ = [
    "ExchangeFlashed",
    "LineAudioCounted",
    "LineInService",
    "LineOutOfService",
    "LineRang",
    "LineTested",
    "MessagesWaiting",
    "PhoneFlashed",
    "PhoneHungUp",
    "PhoneLeftOffHook",
    "PhoneLifted",
    "ProtocolViolated",
]


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
    """An exchange line or a phone port cannot be used: ``no_battery``, ``card_removed``, ``driver_error``, ``alarm`` of its span, ``maintenance``, ``blocked`` by somebody, ``under_test``
    (an installer's line test);
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
class LineTested(Fact):
    """A line test of a port is over: ``test`` (``battery``, ``dial_tone`` …), ``verdict`` (``good``, ``doubtful``, ``bad``, ``not_done``).

    ``found`` is what was found in a word, ``values`` its figures as ``name=figure``; ``far``: the port that it was cabled to, empty for none.
    """

    port: str
    far: str
    test: str
    verdict: str
    found: str
    values: tuple[str, ...]
    by: str


@fact(version=1)
class PhoneLifted(Fact):
    """The handset of a desk phone was lifted."""

    phone: str


@fact(version=1)
class PhoneHungUp(Fact):
    """The handset of a desk phone was put down (reported by the driver after the flash time)."""

    phone: str


@fact(version=1)
class ExchangeFlashed(Fact):
    """In a call the loop of an exchange line was opened for a moment, as a phone's user wanted: for a service of the exchange."""

    call: str
    line: str
    phone: str


@fact(version=1)
class PhoneFlashed(Fact):
    """The R key of a desk phone was pressed, or its cradle for a moment."""

    phone: str


@fact(version=1)
class PhoneLeftOffHook(Fact):
    """A handset was not put down though busy tone told it to: the howler sounds, and no call comes before it is down."""

    phone: str


@fact(version=1)
class MessagesWaiting(Fact):
    """So many messages (0: none) wait for the user of a phone: its lamp, and special dial tone."""

    phone: str
    count: int


@fact(version=1)
class ProtocolViolated(Fact):
    """The far end of a line did what its signalling does not allow in this state; counted, not obeyed."""

    line: str
    state: str
    event: str
