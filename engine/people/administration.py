"""What administrators decide about accounts, and what they cannot do: lock the box, or themselves, out. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from engine.kernel.errors import BadInput
from engine.kernel.text import Text, text
from engine.people.actors import Role
from engine.people.users import LANGUAGES, USER_ROLES, User, is_user_name

__all__ = ["USERS_MOST", "UserDraft", "UserFault", "changed_user", "changes_between", "draft_of", "loss_fault", "new_user"]

USERS_MOST = 2000


class UserFault(BadInput):
    """Something wished for an account is wrong; ``field`` is ``name``, ``roles``, ``agent``, ``language``, or empty for the whole."""

    def __init__(self, field: str, said: Text) -> None:
        super().__init__(said)
        self.field = field


@dataclass(frozen=True)
class UserDraft:
    """What an administrator decides about an account. ``agent``: the number of the agent who this user is, or empty; ``language`` empty:
    as the browser asks.
    """

    roles: frozenset[Role]
    agent: str = ""
    language: str = ""


def draft_of(user: User) -> UserDraft:
    """The account as far as an administrator decides it."""
    return UserDraft(user.roles, user.agent, user.language)


def new_user(name: str, draft: UserDraft, password_hash: str, agents: Collection[str], everyone: Collection[User]) -> User:
    """A new account whose password must be changed. ``agents``: every number of the site. Raises UserFault."""
    if not is_user_name(name):
        raise UserFault("name", text("A user name has 2 to 31 lower-case letters, digits, dots and underscores, and begins with a letter."))
    if any(user.name == name for user in everyone):
        raise UserFault("name", text("There is a user {name} already.", name=name))
    if len(everyone) >= USERS_MOST:
        raise UserFault("", text("There are {most} users already. Remove one that is not needed any more.", most=USERS_MOST))
    fresh = User(name, frozenset(), "", password_hash, must_change=True)
    return changed_user(fresh, draft, agents, everyone)


def changed_user(user: User, draft: UserDraft, agents: Collection[str], everyone: Iterable[User]) -> User:
    """The account as the draft wants it. An agent who is gone from the site may stay, but not come. Raises UserFault."""
    if not draft.roles or not draft.roles <= frozenset(USER_ROLES):
        raise UserFault("roles", text("Choose at least one role."))
    if draft.language not in {"", *LANGUAGES}:
        raise UserFault("language", text("There is no language {language}.", language=draft.language))
    if draft.agent and draft.agent != user.agent:
        if draft.agent not in agents:
            raise UserFault("agent", text("There is no agent {agent}.", agent=draft.agent))
        holder = next((one for one in everyone if one.agent == draft.agent and one.name != user.name), None)
        if holder is not None:
            raise UserFault("agent", text("Agent {agent} is the user {name} already.", agent=draft.agent, name=holder.name))
    if draft.agent and Role.AGENT_USER not in draft.roles:
        raise UserFault("roles", text("Who is an agent needs the role of an agent too: tick it, or choose no agent."))
    return replace(user, roles=draft.roles, agent=draft.agent, language=draft.language)


def loss_fault(who: str, before: User, after: User | None, everyone: Iterable[User]) -> Text | None:
    """Why an account may not lose what it would lose, for the one who wanted it; None when it may. ``who``: the name of the user who
    wants it, or empty; ``after`` None: the account goes.
    """
    loses = _administers(before) and (after is None or not _administers(after))
    if before.name == who and (after is None or after.disabled):
        return text("You cannot remove or disable your own account. Ask another administrator.")
    if before.name == who and loses:
        return text("You cannot take the role of an administrator from yourself. Ask another administrator.")
    if loses and not any(_administers(one) for one in everyone if one.name != before.name):
        return text("{name} is the last administrator who can log in. Make another one first.", name=before.name)
    return None


def changes_between(before: User, after: User) -> tuple[str, ...]:
    """What differs, each as ``field: old -> new``: for facts, so in plain words of ours, and never anything secret."""
    fields = [
        ("roles", _roles(before), _roles(after)),
        ("agent", before.agent or "-", after.agent or "-"),
        ("language", before.language or "-", after.language or "-"),
        ("disabled", _yes_no(before.disabled), _yes_no(after.disabled)),
        ("locked", _yes_no(before.locked_until_utc_ms > 0), _yes_no(after.locked_until_utc_ms > 0)),
    ]
    return tuple(f"{name}: {old} -> {new}" for name, old, new in fields if old != new)


def _administers(user: User) -> bool:
    return Role.ADMINISTRATOR in user.roles and not user.disabled


def _roles(user: User) -> str:
    return " ".join(role.value for role in USER_ROLES if role in user.roles) or "-"


def _yes_no(value: bool) -> str:
    return "yes" if value else "no"
