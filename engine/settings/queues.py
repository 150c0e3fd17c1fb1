"""Settings of queues: who serves them, how calls are offered, and what comes after a call."""

from __future__ import annotations

from dataclasses import dataclass

from engine.settings.agents import SKILL, SKILL_SAYS
from engine.settings.field import NAME, NAME_SAYS, setting

__all__ = ["AcdSection", "QueueSection"]


@dataclass(frozen=True, kw_only=True)
class AcdSection:
    """What holds for all queues together."""

    strict_most: int = setting(
        5,
        label="First callers in a row",
        help="So many callers of lists that go before all others are served in a row while others wait.",
        least=1,
        most=100,
    )
    others_most_s: float = setting(
        120.0,
        label="Others wait at most",
        help="Who has waited longer than this is not passed by callers of lists that go before all others.",
        unit="s",
        least=0,
        most=3600,
    )


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
    strategy: str = setting(
        "longest_idle",
        label="Choice of the agent",
        help="Which of the free agents gets a call. longest_idle: who has been free longest; rotate: one after the other in the queue's order; hunt: the first"
        " in the queue's order; even_count: who has answered fewest calls today for the time available; least_time: whose time went least into calls today;"
        " weighted_random: by chance and share; best_skill: who knows best what the queue needs.",
        choices=("longest_idle", "rotate", "hunt", "even_count", "least_time", "weighted_random", "best_skill"),
    )
    skills: tuple[str, ...] = setting(
        (),
        label="Skills needed",
        help="Skills and least levels, such as english:5; without agents above, everybody who has them serves the queue.",
        pattern=SKILL,
        pattern_says=SKILL_SAYS,
    )
    relax_after_s: float = setting(
        0.0,
        label="Levels lowered every",
        help="After so long, and again after each such time, one level less is enough, down to 1; 0: never.",
        unit="s",
        least=0,
        most=3600,
    )
    overflow_to: tuple[str, ...] = setting(
        (),
        label="Helped by queues",
        help="Queues whose agents take the calls of this one too, in this order, when its own agents cannot; a caller keeps the place here.",
    )
    overflow_after_s: float = setting(
        60.0, label="Help after", help="How long a call waits for the queue's own agents alone.", unit="s", least=0, most=3600
    )
    overflow_unstaffed: bool = setting(
        True, label="Help when nobody is there", help="Others help at once while nobody who serves the queue is logged in."
    )
    last_agent_days: int = setting(
        0,
        label="Last agent for",
        help="A caller goes first to the agent of the last call in this queue, if that is not longer ago; 0: never.",
        unit="d",
        least=0,
        most=365,
    )
    wanted_s: float = setting(
        20.0,
        label="Wait for the wanted agent",
        help="How long a call waits for the agent whom a number list, a route or the last call names, if that agent is at work; it keeps its place meanwhile.",
        unit="s",
        least=0,
        most=600,
    )
    wanted_alone: bool = setting(
        True,
        label="Nobody else meanwhile",
        help="While the wanted agent is waited for, others are not offered the call although they are free.",
    )
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
