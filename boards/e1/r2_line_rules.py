"""The line signalling of R2 on an E1 as data: which bits mean what, and how a circuit is run.

Of the four bits of a channel A and B speak, C and D stand still: 01 in ITU-T Q.421, 11 in China No.1. Both directions use the same
four pairs; what a pair means depends on who sends it and when:

    A B   calling side                called side
    1 0   idle, clear forward         idle (release guard over)
    0 0   seizure                     forced release, where it is known
    1 1   blocked, when idle          seizure acknowledged, clear back; blocked, when idle
    0 1   (nothing)                   answer
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from engine.kernel.errors import OurFault

__all__ = ["Direction", "Glare", "LineCode", "LineRules", "Pair"]


class Pair(Enum):
    """What bits A and B say together."""

    IDLE = "idle"
    SEIZED = "seized"
    BLOCKED = "blocked"
    """Also the acknowledgement of a seizure, and clear back."""
    ANSWERED = "answered"


AB: Mapping[Pair, int] = MappingProxyType({Pair.IDLE: 0b10, Pair.SEIZED: 0b00, Pair.BLOCKED: 0b11, Pair.ANSWERED: 0b01})


class Direction(Enum):
    """Which side may seize a circuit."""

    BOTH = "both"
    INCOMING = "incoming"
    OUTGOING = "outgoing"


class Glare(Enum):
    """What is done when both ends seize a circuit at once."""

    RELEASE = "release"
    """Both let go, and both calls look for another circuit (Q.422)."""
    YIELD = "yield"
    """We let go and take the far end's call."""
    KEEP = "keep"
    """We insist: the far end yields."""


@dataclass(frozen=True)
class LineCode:
    """A country's bits. ``cd``: the constant bits C and D, 0…3. ``forced_release``: 0 0 from the called side ends a call.

    ``metering_s``: a clear back shorter than this is a metering pulse; 0: there are none.
    """

    cd: int = 0b01
    forced_release: bool = False
    metering_s: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.cd <= 3:
            raise OurFault(f"bits C and D are 0…3, not {self.cd}")

    def bits(self, pair: Pair) -> int:
        """The four bits to be sent, A the highest."""
        return AB[pair] << 2 | self.cd

    def pair(self, bits: int) -> Pair:
        """What received bits say; C and D are not looked at: exchanges differ, and nothing hangs on them."""
        return next(pair for pair, ab in AB.items() if ab == bits >> 2 & 0b11)


RANGES_S: Mapping[str, tuple[float, float]] = MappingProxyType(
    {"persistence_s": (0.0, 0.1), "acknowledge_s": (0.1, 8.0), "reanswer_s": (1.0, 180.0)}
)
"""What a trunk may set."""


@dataclass(frozen=True)
class LineRules:
    """How one circuit is run. ``persistence_s``: bits count when they have stood so long (Q.421: 20 ±7 ms; 0: at once).

    ``acknowledge_s``: how long a seizure waits for its acknowledgement; ``reanswer_s``: how long a called party that hung up may lift again
    when the caller controls the release (Q.118: 60…120 s). OurFault when one is out of ``RANGES_S``.
    """

    code: LineCode = LineCode()
    direction: Direction = Direction.BOTH
    glare: Glare = Glare.RELEASE
    persistence_s: float = 0.02
    acknowledge_s: float = 2.0
    reanswer_s: float = 60.0

    def __post_init__(self) -> None:
        for name, (least_s, most_s) in RANGES_S.items():
            if not least_s <= getattr(self, name) <= most_s:
                raise OurFault(f"{name} of an R2 circuit is {getattr(self, name)} s, expected {least_s} to {most_s} s")
