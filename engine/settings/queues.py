"""Settings of queues: who serves them, how calls are offered, and what comes after a call."""

from __future__ import annotations

from dataclasses import dataclass

from engine.settings.field import NAME, NAME_SAYS, setting

__all__ = ["QueueSection"]


@dataclass(frozen=True, kw_only=True)
class QueueSection:
    """One queue and the agents who serve it."""

    name: str = setting(label="Queue", help="Name of the queue.", pattern=NAME, pattern_says=NAME_SAYS)
    number: str = setting(
        "",
        label="Number",
        help="What agents dial after the codes for signing in to this queue and out of it; empty: it cannot be signed out of by phone.",
        pattern=r"[0-9]{0,4}",
        pattern_says="up to 4 digits",
    )
    title: str = setting("", label="Title", help="The queue's name for people.", most=60)
    agents: tuple[str, ...] = setting((), label="Agents", help="Numbers of the agents who serve it.")
    ring_timeout_s: float = setting(
        20.0, label="Ringing time", help="How long an agent's phone rings before the next agent is tried.", unit="s", least=5, most=120
    )
    wrap_up_s: float = setting(30.0, label="Wrap-up time", help="Time for paperwork after a call; 0: none.", unit="s", least=0, most=3600)
    wrap_up_mode: str = setting(
        "max",
        label="Wrap-up ends",
        help="max: after its time, or before by key; fixed: after its time and not before; until_key: by key alone.",
        choices=("max", "fixed", "until_key"),
    )
    wrap_up_extensions: int = setting(
        0, label="Wrap-up extensions", help="How often an agent can make one wrap-up longer by key.", least=0, most=20
    )
    wrap_up_extend_s: float = setting(60.0, label="Wrap-up longer by", help="What each extension adds.", unit="s", least=5, most=600)
    miss_pause_s: float = setting(
        5.0,
        label="Pause after a missed call",
        help="After an unanswered offer the agent is not offered a call for this long.",
        unit="s",
        least=0,
        most=300,
    )
    misses_until_not_ready: int = setting(
        2,
        label="Missed calls until not ready",
        help="Unanswered offers in a row after which the agent becomes not ready.",
        least=1,
        most=20,
    )
    place_every_s: float = setting(
        30.0,
        label="Place announced every",
        help="The waiting caller hears the place in the queue this often; 0: never.",
        unit="s",
        least=0,
        most=600,
    )
    music: str = setting("", label="Music on hold", help="WAV file of the music on hold; empty: the first one installed.", most=255)
    announce_agent: bool = setting(
        True, label="Agent number announced", help="The caller hears the agent's number (报工号) before talking."
    )
    short_abandon_s: float = setting(
        5.0,
        label="Short abandon",
        help="Callers who leave within this time count as short, not as abandoned; 0: off.",
        unit="s",
        least=0,
        most=60,
    )
    waiting_most: int = setting(
        100, label="Most waiting callers", help="Callers that may wait at once; the next one hears that all are busy.", least=1, most=1000
    )
