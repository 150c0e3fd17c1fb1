"""How the engine asks for line tests: which ports there are, what is tested, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from engine.telephony.line_test_run import Outcome
from engine.telephony.line_tests import LineTest, Plan, PortKind, Step

__all__ = ["PortState", "PortTester", "Progress"]


@dataclass(frozen=True)
class Progress:
    """A test that runs. ``share`` 0…1 of its steps are done; ``step`` is the one that it is at, None before it begins; ``far``: the port
    at the other end of the cable, empty for none.
    """

    test: LineTest
    port: str
    far: str
    share: float
    step: Step | None


@dataclass(frozen=True)
class PortState:
    """A port of the site. ``busy``: it carries a call; ``fault``: what keeps it from service, a word of ``LineOutOfService``; empty for nothing."""

    port: str
    kind: PortKind
    channel: int
    span: int
    busy: bool
    fault: str
    running: Progress | None = None


class PortTester(Protocol):
    """The board, as far as it lends its ports to tests."""

    def ports(self) -> Sequence[PortState]:
        """Exchange lines first, each kind in port order."""

    def begin(self, plan: Plan, port: str, far: str, over: Callable[[Outcome], None]) -> None:
        """Take the port (and for a plan of two ends the port ``far``) out of service and test it; ``over`` is called once, later.

        For a loop ``port`` is the exchange line and ``far`` the phone. Refused when there is no such port, when one carries a call or is tested, or
        too many tests run.
        """

    def stop_test(self, port: str) -> None:
        """Stop the test of this port. Refused when there is none."""
