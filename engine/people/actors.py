"""Who asks: an actor with a role; and what each role may do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Act", "Actor", "Role", "allowed"]


class Role(StrEnum):
    """What an actor is here as."""

    AGENT = "agent"
    """Somebody at a desk phone: may act for the agent of that phone, and call."""
    TECHNICIAN = "technician"
    """Somebody with an account on the machine itself, at its socket."""


class Act(StrEnum):
    """What can be asked of the appliance."""

    SEE_STATUS = "see_status"
    SEE_CALLS = "see_calls"
    OWN_STATE = "own_state"
    PLACE_CALL = "place_call"


_ALLOWED: dict[Role, frozenset[Act]] = {
    Role.AGENT: frozenset({Act.OWN_STATE, Act.PLACE_CALL}),
    Role.TECHNICIAN: frozenset({Act.SEE_STATUS, Act.SEE_CALLS}),
}


@dataclass(frozen=True)
class Actor:
    """Who asks. ``about`` is the phone's name for an agent, the user id for a technician."""

    role: Role
    about: str


def allowed(actor: Actor, act: Act, about: str) -> bool:
    """True when the actor may do this to ``about`` (a phone's name, or empty for the box)."""
    if act not in _ALLOWED[actor.role]:
        return False
    return actor.role is not Role.AGENT or actor.about == about
