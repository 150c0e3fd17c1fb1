"""Which queues an agent serves. The queues name their agents; this is the same seen from the agent. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from engine.kernel.errors import BadInput
from engine.kernel.text import text
from engine.settings.site import QueueSection, Site

__all__ = ["serving", "with_membership"]


def serving(site: Site) -> Mapping[str, tuple[str, ...]]:
    """The queues of each agent who serves any, by agent number, in the site's order."""
    found: dict[str, tuple[str, ...]] = {}
    for queue in site.queues:
        for number in queue.agents:
            found[number] = (*found.get(number, ()), queue.name)
    return found


def with_membership(site: Site, number: str, join: Collection[str], leave: Collection[str]) -> Site:
    """The site with an agent in these queues and out of those. Who joins stands at the end. BadInput when a queue to join is gone."""
    names = {queue.name for queue in site.queues}
    for name in join:
        if name not in names:
            raise BadInput(text("There is no queue {key} any more.", key=name))
    return replace(site, queues=tuple(_changed(queue, number, join, leave) for queue in site.queues))


def _changed(queue: QueueSection, number: str, join: Collection[str], leave: Collection[str]) -> QueueSection:
    if queue.name in join and number not in queue.agents:
        return replace(queue, agents=(*queue.agents, number))
    if queue.name in leave and number in queue.agents:
        return replace(queue, agents=tuple(one for one in queue.agents if one != number))
    return queue
