"""``{trunk: pri-1, is: {…}}``: how the exchange of an E1 trunk behaves, from a scenario's words to its manners."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

from yaml.nodes import Node

from boards.e1.q931 import MessageType
from engine.kernel.text import text
from hwsim import scenario_nodes as nodes
from hwsim.exchange import Exchange
from hwsim.pri_manners import PriManners
from hwsim.pri_rudeness import Rudeness
from hwsim.scenario_steps import LineValue, TrunkIs
from hwsim.voices import VOICES

__all__ = ["change_trunk", "read_trunk_is"]

PERCENT_MOST = 100.0
SLOW_MOST_S = 60.0
MESSAGES: Mapping[str, MessageType] = MappingProxyType({kind.name.lower(): kind for kind in MessageType})
RUDE: Mapping[str, Callable[[Rudeness, float], Rudeness]] = MappingProxyType(
    {
        "lost": lambda rude, share: replace(rude, lost=share),
        "late": lambda rude, share: replace(rude, late=share),
        "repeated": lambda rude, share: replace(rude, repeated=share),
        "garbled": lambda rude, share: replace(rude, garbled=share),
        "stray": lambda rude, share: replace(rude, stray=share),
    }
)


def _percent(node: Node) -> LineValue:
    return nodes.decimal(node, 0.0, PERCENT_MOST)


def _slow(node: Node) -> LineValue:
    seconds = nodes.seconds(node)
    if seconds > SLOW_MOST_S:
        raise nodes.Wrong(node, text("expected a time of at most {most} s", most=f"{SLOW_MOST_S:g}"))
    return seconds


def _beginning(node: Node) -> LineValue:
    said = text("the digits with which callers' numbers must begin; empty: any")
    digits = nodes.scalar(node, said)
    if digits and not (digits.isascii() and digits.isdigit()):
        raise nodes.Wrong(node, text("expected digits, or nothing between the quotes"))
    return digits


def _messages(node: Node) -> LineValue:
    return ",".join(nodes.choice(item, tuple(MESSAGES)) for item in nodes.items_of(node, text("messages of Q.931, such as [connect]")))


READERS: Mapping[str, Callable[[Node], LineValue]] = MappingProxyType(
    {
        **dict.fromkeys(RUDE, _percent),
        "slow": _slow,
        "metering": _slow,
        "never_says": _messages,
        "takes_callers": _beginning,
        "announces": lambda node: nodes.scalar(node, text("what is said when a call fails; empty: nothing")),
        "announces_in": lambda node: nodes.choice(node, tuple(VOICES)),
    }
)


def read_trunk_is(node: Node, name: str, line: int) -> TrunkIs:
    """The step that makes the exchange of this trunk behave as ``node`` says."""
    given = nodes.fields_of(node, text("how the exchange behaves"))
    nodes.only(given, tuple(READERS))
    if not given:
        raise nodes.Wrong(node, text("expected at least one of {allowed}", allowed=", ".join(READERS)))
    return TrunkIs(line=line, name=name, settings=tuple((key, READERS[key](value)) for key, value in given.items()))


def change_trunk(exchange: Exchange, step: TrunkIs, announcement: bytes) -> None:
    """Make the exchange behave so; what the step does not name stays as it is. ``announcement``: the sound of ``announces``.

    Raises BadInput for what the trunk's signalling does not have.
    """
    far_end = exchange.trunks[step.name]
    far_end.behave(_changed(far_end.manners, dict(step.settings), announcement))


def _changed(manners: PriManners, settings: Mapping[str, LineValue], announcement: bytes) -> PriManners:
    changed = manners
    for key, value in settings.items():
        if key in RUDE and isinstance(value, float):
            changed = replace(changed, rudeness=RUDE[key](changed.rudeness, value / 100))
    slow_s, never, metering_s = settings.get("slow"), settings.get("never_says"), settings.get("metering")
    if isinstance(metering_s, float):
        changed = replace(changed, metering_ms=round(metering_s * 1000))
    if isinstance(slow_s, float):
        changed = replace(changed, slow_ms=round(slow_s * 1000))
    if isinstance(never, str):
        changed = replace(changed, never_says=frozenset(MESSAGES[name] for name in never.split(",") if name))
    takes = settings.get("takes_callers")
    if isinstance(takes, str):
        changed = replace(changed, takes_callers=takes)
    return replace(changed, announcement=announcement) if "announces" in settings else changed
