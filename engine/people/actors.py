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
    ADMINISTRATOR = "administrator"
    """A user who sets the box up."""
    SUPERVISOR = "supervisor"
    """A user who leads agents (班长)."""
    AGENT_USER = "agent_user"
    """An agent who is a user of the page as well; what is done at the desk phone is done as ``AGENT``."""
    QUALITY = "quality"
    """A user who judges conversations (质检)."""
    READ_ONLY = "read_only"
    """A user who looks, and listens to nothing."""


class Act(StrEnum):
    """What can be asked of the appliance."""

    SEE_STATUS = "see_status"
    SEE_CALLS = "see_calls"
    LISTEN = "listen"
    """Hear a recording."""
    GIVE_PASSWORD = "give_password"  # noqa: S105  # the name of an act
    """Give an account of the page another password: the rescue of who forgot it."""
    OWN_STATE = "own_state"
    """Log in and out, ready and not ready, at one's own phone."""
    OWN_AGENT = "own_agent"
    """From a page: see and change the state of the agent who the user is."""
    PLACE_CALL = "place_call"
    LEAD_CALLS = "lead_calls"
    """Do with anybody's calls what one may do with one's own, and end them."""
    SEE_LOG = "see_log"
    SEE_FACTS = "see_facts"
    AGENT_STATE = "agent_state"
    """Log another person out, or change whether calls are offered to that person."""
    SET_SERVICES = "set_services"
    """Set what calls to an extension do; whose depends: other people's need ``AGENT_STATE``."""
    ASK_LISTING = "ask_listing"
    """Ask that a number be put on a list; who decides it needs ``AGENT_STATE``."""
    SEE_SITE = "see_site"
    CHANGE_SITE = "change_site"
    SEE_SECRETS = "see_secrets"  # the name of an act
    """Read PINs and other secrets of the settings in clear: an export that another box can take."""
    MANAGE_USERS = "manage_users"
    """Make, change and remove accounts of the page."""
    USE_BENCH = "use_bench"
    """Play the people at simulated telephones and exchange lines."""
    TEST_LINES = "test_lines"
    """Loop spans and channels, count bit errors, test lines and phones: they are out of service meanwhile."""
    RESTART = "restart"
    """Stop the appliance so that it starts anew; calls end."""


_ALLOWED: dict[Role, frozenset[Act]] = {
    Role.AGENT: frozenset({Act.OWN_STATE, Act.PLACE_CALL}),
    Role.TECHNICIAN: frozenset(
        {
            Act.GIVE_PASSWORD,
            Act.SEE_STATUS,
            Act.SEE_CALLS,
            Act.SEE_LOG,
            Act.SEE_FACTS,
            Act.AGENT_STATE,
            Act.SET_SERVICES,
            Act.LEAD_CALLS,
            Act.ASK_LISTING,
            Act.SEE_SITE,
            Act.SEE_SECRETS,
            Act.CHANGE_SITE,
            Act.TEST_LINES,
            Act.RESTART,
        }
    ),
    Role.ADMINISTRATOR: frozenset(
        {
            Act.SEE_LOG,
            Act.SEE_FACTS,
            Act.AGENT_STATE,
            Act.SET_SERVICES,
            Act.LEAD_CALLS,
            Act.ASK_LISTING,
            Act.SEE_STATUS,
            Act.SEE_CALLS,
            Act.LISTEN,
            Act.SEE_SITE,
            Act.CHANGE_SITE,
            Act.MANAGE_USERS,
            Act.GIVE_PASSWORD,
            Act.USE_BENCH,
            Act.TEST_LINES,
            Act.RESTART,
        }
    ),
    Role.SUPERVISOR: frozenset(
        {Act.AGENT_STATE, Act.LEAD_CALLS, Act.SET_SERVICES, Act.ASK_LISTING, Act.SEE_STATUS, Act.SEE_CALLS, Act.LISTEN}
    ),
    Role.AGENT_USER: frozenset({Act.SEE_STATUS, Act.OWN_AGENT, Act.SET_SERVICES, Act.ASK_LISTING}),
    Role.QUALITY: frozenset({Act.SEE_CALLS, Act.LISTEN}),
    Role.READ_ONLY: frozenset({Act.SEE_STATUS, Act.SEE_CALLS}),
}


@dataclass(frozen=True)
class Actor:
    """Who asks. ``about`` is the phone's name for an agent, the user id for a technician, the name of a user of the page.

    ``further`` are the other roles of somebody who has several: each permits what it permits. ``agent`` is the number of the agent
    who a user of the page is; empty for none.
    """

    role: Role
    about: str
    further: frozenset[Role] = frozenset()
    agent: str = ""


def allowed(actor: Actor, act: Act, about: str) -> bool:
    """True when the actor may do this to ``about``: a phone's name for who stands at it, an agent's number for ``OWN_AGENT`` (empty:
    the actor's own, whichever it is), and empty for the box.
    """
    return any(_role_allows(role, actor, act, about) for role in {actor.role, *actor.further})


def _role_allows(role: Role, actor: Actor, act: Act, about: str) -> bool:
    if act not in _ALLOWED[role]:
        return False
    if act is Act.OWN_AGENT:
        return actor.agent != "" and about in {"", actor.agent}
    return role is not Role.AGENT or actor.about == about
