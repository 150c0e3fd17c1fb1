"""What must fit together for queues and agents: numbers that are told apart while they are dialled, and reasons that are not the appliance's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from engine.kernel.text import Text, text
from engine.settings.agents import SYSTEM_REASONS
from engine.settings.faults import Path
from engine.settings.site import Site

__all__ = ["ACD_RULES"]

Found = tuple[Path, Text]


def _told_apart(places: Sequence[tuple[Path, str]]) -> Iterator[Found]:
    """Of two numbers the one must not be the beginning of the other."""
    for i, (path, number) in enumerate(places):
        for other, (_, longer) in enumerate(places):
            if number and i != other and longer.startswith(number) and (number != longer or i > other):
                yield path, text("{number} is also {longer} or its beginning; give each its own digits", number=number, longer=longer)
                break


def _wrap_up_codes(site: Site) -> Iterator[Found]:
    codes: list[tuple[Path, str]] = [(("desk", "wrap_up_codes", i, "code"), one.code) for i, one in enumerate(site.desk.wrap_up_codes)]
    yield from _told_apart(codes)


def _queue_numbers(site: Site) -> Iterator[Found]:
    numbers: list[tuple[Path, str]] = [(("queues", i, "number"), queue.number) for i, queue in enumerate(site.queues)]
    yield from _told_apart(numbers)


def _own_reasons(site: Site) -> Iterator[Found]:
    for i, reason in enumerate(site.desk.reasons):
        if reason.name in SYSTEM_REASONS:
            yield ("desk", "reasons", i, "name"), text("{name} is a reason of the appliance's own; choose another name", name=reason.name)


def _named_agents(site: Site) -> Iterator[Found]:
    known = {agent.number for agent in site.agents}
    places: list[tuple[Path, str]] = [(("number_lists", i, "agent"), one.agent) for i, one in enumerate(site.number_lists)]
    places += [(("inbound_routes", i, "agent"), one.agent) for i, one in enumerate(site.inbound_routes)]
    for path, number in places:
        if number and number not in known:
            yield path, text("there is no agent {number}", number=number)


def _overflows(site: Site) -> Iterator[Found]:
    known = {queue.name for queue in site.queues}
    for i, queue in enumerate(site.queues):
        for j, name in enumerate(queue.overflow_to):
            path: Path = ("queues", i, "overflow_to", j)
            if name == queue.name:
                yield path, text("queue {name} cannot help itself", name=name)
            elif name not in known:
                yield path, text("there is no queue {name}", name=name)


def _skills(site: Site) -> Iterator[Found]:
    """A queue that needs what nobody knows would keep its callers for ever."""
    known = {skill.partition(":")[0] for agent in site.agents for skill in agent.skills}
    for i, queue in enumerate(site.queues):
        for j, written in enumerate(queue.skills):
            skill = written.partition(":")[0]
            if skill not in known:
                yield ("queues", i, "skills", j), text("no agent has the skill {skill}; give it to one, or take it away here", skill=skill)


ACD_RULES: tuple[tuple[Callable[[Site], Iterator[Found]], frozenset[str]], ...] = (
    (_wrap_up_codes, frozenset({"desk"})),
    (_queue_numbers, frozenset({"queues"})),
    (_own_reasons, frozenset({"desk"})),
    (_named_agents, frozenset({"agents", "number_lists", "inbound_routes"})),
    (_overflows, frozenset({"queues"})),
    (_skills, frozenset({"agents", "queues"})),
)
"""Every rule with the top-level fields that it reads."""
