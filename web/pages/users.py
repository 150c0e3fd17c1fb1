"""Accounts of the page: who there is, made, changed, disabled, given a new password, removed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from klein import Klein

from engine.control.user_control import NewPassword
from engine.kernel.errors import Refused
from engine.kernel.text import Text, text
from engine.people.actors import Act, Role
from engine.people.administration import UserDraft, UserFault, draft_of
from engine.people.tokens import ApiToken
from engine.people.users import LANGUAGES, USER_ROLES, User
from engine.settings.edit import Kind
from web.forms import NO_FAULTS, FormFaults, form_rows, own_field
from web.house import House, asked
from web.visit import PageFault, Visit

__all__ = ["USERS_A_PAGE", "USER_FIELDS", "add"]

USERS_A_PAGE = 100
NAME_MOST = 40
AGENT_MOST = 20
WORDS_MOST = 60
NAME = own_field(
    "name",
    text("User name"),
    text("What is typed at the login: lower-case letters, digits, dots and underscores; never changed later."),
    must=True,
)
ROLES = own_field(
    "roles", text("Roles"), text("What the user may see and do; several roles permit what each permits."), Kind.NAMES, must=True
)
AGENT = own_field(
    "agent", text("Is the agent"), text("The user's first page is this agent's desk then, and the role of an agent is needed.")
)
READS = own_field("reads", text("Language"), text("In which language the pages are shown."), Kind.CHOICE, choices=("", *LANGUAGES))
USER_FIELDS = (NAME, ROLES, AGENT, READS)


class _Users:
    def __init__(self, house: House) -> None:
        self._house = house

    # ---- the list --------------------------------------------------------------------------------------------------

    async def users(self, visit: Visit) -> bytes:
        """All of them, by name; those that fit when something is looked for."""
        words, asked_for = visit.value("q", WORDS_MOST).lower(), visit.value("page", 4)
        agents = self._agents()
        everyone: list[User] = await asked(lambda done, failed: self._house.users.users(visit.actor, done, failed))
        found = [user for user in everyone if not words or words in f"{user.name} {user.agent} {agents.get(user.agent, '')}".lower()]
        page = min(int(asked_for) if asked_for.isascii() and asked_for.isdigit() else 0, max(0, len(found) - 1) // USERS_A_PAGE)
        values = {
            "q": words,
            "users": found[page * USERS_A_PAGE : (page + 1) * USERS_A_PAGE],
            "many": len(found),
            "page": page,
            "more": len(found) > (page + 1) * USERS_A_PAGE,
            **self._common(agents),
        }
        return visit.page("users/list.html", values)

    # ---- a new one -------------------------------------------------------------------------------------------------

    def fresh(self, visit: Visit) -> bytes:
        """The form."""
        return self._form(visit, "", UserDraft(frozenset({Role.READ_ONLY})), NO_FAULTS, 200)

    async def add(self, visit: Visit) -> bytes:
        """The form comes back. The made password is shown this once."""
        name, draft = visit.value("name", NAME_MOST), _typed(visit)
        try:
            made: NewPassword = await asked(lambda done, failed: self._house.users.add(visit.actor, name, draft, done, failed))
        except UserFault as fault:
            return self._form(visit, name, draft, _faults(fault), 400)
        return visit.page("users/password.html", {"made": made, "fresh": True})

    def _form(self, visit: Visit, name: str, draft: UserDraft, faults: FormFaults, status: int) -> bytes:
        (name_row,) = form_rows((NAME,), {"name": name}, faults)
        values = {"name_row": name_row, **self._rows(draft, faults), **self._common(self._agents())}
        return visit.page("users/new.html", values, status)

    # ---- one of them -----------------------------------------------------------------------------------------------

    async def user(self, visit: Visit, name: str) -> bytes:
        """The account, its tokens, and what can be done with it."""
        user = await self._find(visit, name)
        return await self._account(visit, user, draft_of(user), NO_FAULTS, 200)

    async def save(self, visit: Visit, name: str) -> bytes:
        """Other roles, another agent, another language."""
        wanted, seen = _typed(visit), _seen(visit)
        try:
            await self._told(lambda done, failed: self._house.users.change(visit.actor, name, seen, wanted, done, failed))
        except UserFault as fault:
            return await self._account(visit, await self._find(visit, name), wanted, _faults(fault), 400)
        except Refused as refusal:
            user = await self._find(visit, name)
            return await self._account(visit, user, wanted, FormFaults(others=(refusal.text,)), 409)
        return self._back(
            visit, name, text("The account {name} is changed. Whoever is logged in with it has the new rights now.", name=name)
        )

    async def disable(self, visit: Visit, name: str) -> bytes:
        """Nobody can log in with it."""
        said = text("The account {name} is disabled, and its logins have ended.", name=name)
        return await self._done(
            visit, name, lambda done, failed: self._house.users.set_disabled(visit.actor, name, True, done, failed), said
        )

    async def enable(self, visit: Visit, name: str) -> bytes:
        """They can again."""
        said = text("The account {name} can log in again.", name=name)
        return await self._done(
            visit, name, lambda done, failed: self._house.users.set_disabled(visit.actor, name, False, done, failed), said
        )

    async def unlock(self, visit: Visit, name: str) -> bytes:
        """The lock after wrong passwords is over."""
        said = text("The account {name} is not locked any more.", name=name)
        return await self._done(visit, name, lambda done, failed: self._house.users.unlock(visit.actor, name, done, failed), said)

    async def ask_password(self, visit: Visit, name: str) -> bytes:
        """Really?"""
        return visit.page("users/ask_password.html", {"user": await self._find(visit, name)})

    async def give_password(self, visit: Visit, name: str) -> bytes:
        """A new password, shown this once."""
        try:
            made: NewPassword = await asked(lambda done, failed: self._house.users.new_password(visit.actor, name, done, failed))
        except Refused as refusal:
            return await self._refused(visit, name, refusal)
        return visit.page("users/password.html", {"made": made, "fresh": False})

    async def ask_remove(self, visit: Visit, name: str) -> bytes:
        """Really?"""
        return visit.page("users/ask_remove.html", {"user": await self._find(visit, name)})

    async def remove(self, visit: Visit, name: str) -> bytes:
        """It is gone."""
        try:
            await self._told(lambda done, failed: self._house.users.remove(visit.actor, name, done, failed))
        except Refused as refusal:
            return await self._refused(visit, name, refusal)
        assert visit.session is not None
        visit.session.news = text("The account {name} is removed.", name=name)
        return visit.go("/users")

    async def revoke(self, visit: Visit, name: str) -> bytes:
        """A token of somebody else is worth nothing any more."""
        tokens, wanted = self._house.accounts.tokens, visit.value("token", NAME_MOST)
        try:
            token: ApiToken = await asked(lambda done, failed: tokens.revoke_token(visit.actor, wanted, done, failed))
        except Refused as refusal:
            return await self._refused(visit, name, refusal)
        return self._back(visit, name, text("The token {label} is revoked.", label=token.label))

    # ---- parts -----------------------------------------------------------------------------------------------------

    async def _find(self, visit: Visit, name: str) -> User:
        user: User | None = await asked(lambda done, failed: self._house.users.user(visit.actor, name, done, failed))
        if user is None:
            raise PageFault(
                404, text("There is no user {name}. Perhaps somebody has removed the account meanwhile.", name=name[:NAME_MOST])
            )
        return user

    async def _account(self, visit: Visit, user: User, draft: UserDraft, faults: FormFaults, status: int) -> bytes:
        tokens = self._house.accounts.tokens
        held: list[ApiToken] = await asked(lambda done, failed: tokens.tokens(visit.actor, user.name, done, failed))
        values = {
            "user": user,
            "address": f"/users/account/{quote(user.name)}",
            "oneself": user.name == visit.user.name,
            "seen": {"seen_roles": _roles(user), "seen_agent": user.agent, "seen_language": user.language},
            "tokens": held,
            **self._rows(draft, faults),
            **self._common(self._agents()),
        }
        return visit.page("users/account.html", values, status)

    async def _told(self, ask: Callable[[Callable[[User], None], Callable[[Exception], None]], None]) -> User:
        user: User = await asked(ask)
        return user

    async def _done(
        self, visit: Visit, name: str, ask: Callable[[Callable[[User], None], Callable[[Exception], None]], None], said: Text
    ) -> bytes:
        try:
            await self._told(ask)
        except Refused as refusal:
            return await self._refused(visit, name, refusal)
        return self._back(visit, name, said)

    async def _refused(self, visit: Visit, name: str, refusal: Refused) -> bytes:
        user = await self._find(visit, name)
        return await self._account(visit, user, draft_of(user), FormFaults(others=(refusal.text,)), 409)

    def _back(self, visit: Visit, name: str, said: Text) -> bytes:
        assert visit.session is not None
        visit.session.news = said
        return visit.go(f"/users/account/{quote(name)}")

    def _rows(self, draft: UserDraft, faults: FormFaults) -> dict[str, Any]:
        offered = {"agent": tuple(self._agents().items()), "roles": tuple((role.value, "") for role in USER_ROLES)}
        typed = {"agent": draft.agent, "reads": draft.language, "roles": ", ".join(draft.roles)}
        roles, agent, reads = form_rows((ROLES, AGENT, READS), typed, faults, offered)
        plain = tuple(replace(row, usual=None, changed=False) for row in (agent, reads))
        return {"roles_row": roles, "rows": plain, "others": faults.others}

    def _agents(self) -> dict[str, str]:
        return {agent.number: agent.name for agent in self._house.window.site.agents}

    def _common(self, agents: dict[str, str]) -> dict[str, Any]:
        clock = self._house.clock
        return {"agents": agents, "all_roles": USER_ROLES, "now_utc_ms": clock.utc_ms(), "offset_min": clock.utc_offset_min()}


def _typed(visit: Visit) -> UserDraft:
    return UserDraft(_read_roles(visit.values("roles", NAME_MOST)), visit.value("agent", AGENT_MOST), visit.value("reads", 10))


def _seen(visit: Visit) -> UserDraft:
    return UserDraft(
        _read_roles(visit.value("seen_roles").split()), visit.value("seen_agent", AGENT_MOST), visit.value("seen_language", 10)
    )


def _read_roles(names: list[str]) -> frozenset[Role]:
    known = {role.value: role for role in USER_ROLES}
    return frozenset(known[name] for name in names if name in known)


def _roles(user: User) -> str:
    return " ".join(role.value for role in USER_ROLES if role in user.roles)


def _faults(fault: UserFault) -> FormFaults:
    name = {"language": "reads"}.get(fault.field, fault.field)
    return FormFaults({name: (fault.text,)}) if name else FormFaults(others=(fault.text,))


def add(app: Klein, house: House) -> None:
    """Put these pages to their addresses."""
    users = _Users(house)
    house.add(app, "/users", Act.MANAGE_USERS, users.users)
    house.add(app, "/users/new", Act.MANAGE_USERS, users.fresh)
    house.add(app, "/users/new", Act.MANAGE_USERS, users.add, ("POST",))
    one = "/users/account/<name>"
    house.add(app, one, Act.MANAGE_USERS, users.user)
    house.add(app, one, Act.MANAGE_USERS, users.save, ("POST",))
    house.add(app, f"{one}/disable", Act.MANAGE_USERS, users.disable, ("POST",))
    house.add(app, f"{one}/enable", Act.MANAGE_USERS, users.enable, ("POST",))
    house.add(app, f"{one}/unlock", Act.MANAGE_USERS, users.unlock, ("POST",))
    house.add(app, f"{one}/password", Act.GIVE_PASSWORD, users.ask_password)
    house.add(app, f"{one}/password", Act.GIVE_PASSWORD, users.give_password, ("POST",))
    house.add(app, f"{one}/remove", Act.MANAGE_USERS, users.ask_remove)
    house.add(app, f"{one}/remove", Act.MANAGE_USERS, users.remove, ("POST",))
    house.add(app, f"{one}/tokens/revoke", Act.MANAGE_USERS, users.revoke, ("POST",))
