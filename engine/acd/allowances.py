"""How long agents may be not ready for a reason: at a time, and in all a day. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from engine.acd.memory import AgentDay
from engine.settings.site import NotReadyReason

__all__ = ["Overrun", "overruns"]

MS_A_MINUTE = 60_000
S_A_MINUTE = 60


@dataclass(frozen=True)
class Overrun:
    """A limit that is exceeded: ``at_a_time`` or ``a_day``, and what it allows."""

    reason: str
    limit: str
    allowed_s: int


def overruns(reasons: Iterable[NotReadyReason], lasts_ms: Mapping[str, int], today: AgentDay) -> Iterable[Overrun]:
    """Every exceeded limit of these reasons; ``lasts_ms``: how long each has lasted without a break."""
    for reason in reasons:
        if reason.most_min and lasts_ms.get(reason.name, 0) > reason.most_min * MS_A_MINUTE:
            yield Overrun(reason.name, "at_a_time", round(reason.most_min * S_A_MINUTE))
        if reason.a_day_min and today.reasons_ms.get(reason.name, 0) > reason.a_day_min * MS_A_MINUTE:
            yield Overrun(reason.name, "a_day", round(reason.a_day_min * S_A_MINUTE))
