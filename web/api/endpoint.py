"""One endpoint as a row: how it is asked for, what it needs, what it answers, and the act that answers.

Routing, the check of what comes in and the OpenAPI document are made from these rows and from nothing else.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.people.actors import Act, Actor
from engine.people.users import User, actor_of
from web.api.news import News
from web.api.shapes import Group, Schema, Shape, Words, Written
from web.api.streams import Streams
from web.house import House, asked
from web.render import Reader
from web.request import PageRequest

__all__ = [
    "BASE",
    "TAKEN",
    "Ask",
    "Body",
    "Endpoint",
    "Inside",
    "Media",
    "Parameter",
    "Perform",
    "actor_for",
    "agent_number",
    "call_id",
    "command",
]

BASE = "/api/v1"
TAKEN = object()
"""Given by a ``perform`` that writes the answer itself."""


@dataclass(frozen=True)
class Media:
    """An answer that is not JSON: its type, and what it is."""

    media_type: str
    says: str
    statuses: Mapping[int, str]
    """Further statuses, and what they say; none of them has a body."""
    schema: Schema | None = None
    """Of one event, when it is a stream of them."""


@dataclass(frozen=True)
class Parameter:
    """A value in the address (``query``, or a part of the path) or in a header. What is not given has its ``usual`` value, or none."""

    name: str
    place: str
    shape: Written
    says: str
    usual: Any = None
    example: str = ""


@dataclass(frozen=True)
class Body:
    """What is sent as JSON; always an object."""

    group: Group
    example: Mapping[str, Any]


@dataclass(frozen=True)
class Inside:
    """What endpoints use: the page's house, the newest facts, the open streams, and who has heard which recording."""

    house: House
    news: News
    streams: Streams
    heard: Callable[[str, str], bool]
    """``heard(user, recording)``: True when this user has not opened this recording for a while; it is noted."""
    describe: Callable[[], Mapping[str, Any]]
    """The OpenAPI document."""


@dataclass(frozen=True)
class Ask:
    """One request, checked. ``values`` are parameters and body by name; what was not given and has no usual value is not in it."""

    request: PageRequest
    user: User | None
    token: str
    reader: Reader
    values: Mapping[str, Any]

    @property
    def actor(self) -> Actor:
        """Who asks; only where a token is needed."""
        assert self.user is not None
        return actor_for(self.user)


def actor_for(user: User) -> Actor:
    """The user of a token as one who asks."""
    return actor_of(user.name, user.roles, user.agent)


Perform = Callable[[Inside, Ask], Awaitable[Any]]


@dataclass(frozen=True)
class Endpoint:
    """``act``: what its asker must be allowed; None: any user with a token; ``public``: nobody is asked for a token.

    ``refused``: the status when the appliance refuses, 404 where that can only mean that there is no such thing.
    """

    name: str
    method: str
    path: str
    act: Act | None
    summary: str
    answer: Shape | Media
    perform: Perform
    parameters: tuple[Parameter, ...] = ()
    body: Body | None = None
    says: str = ""
    refused: int = 409
    refuses: bool = False
    """It may be refused for other reasons than a right: 409, and 422 for a word that the site does not know."""
    tag: str = "status"
    public: bool = False

    @property
    def whole_path(self) -> str:
        """The path from the root of the site."""
        return BASE + self.path


async def command(inside: Inside, ask: Ask, name: str, /, **values: Any) -> Any:  # noqa: ANN401  # an answer of asking.py
    """Ask the appliance one of the commands of ``engine/control/asking.py`` in the asker's name."""
    house, request = inside.house, {"command": name, **values}
    return await asked(lambda done, failed: house.ask(ask.actor, request, done, failed))


def call_id() -> Parameter:
    """The call that an address is about."""
    return Parameter("call", "path", Words(1, 40, "[a-z][a-z0-9]{0,7}-c[0-9]{1,18}"), "Id of the call.", example="b1-c1")


def agent_number() -> Parameter:
    """The agent that an address is about."""
    return Parameter("agent", "path", Words(1, 8, "[0-9]{1,8}"), "Agent number.", example="1001")
