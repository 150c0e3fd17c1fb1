"""Accounts administered: who there is, made, changed, disabled, given a new password, removed.

Each change is one piece of work: read, judged by ``engine/people/administration.py`` against everybody as they are then, kept. Afterwards
everybody who must hear of it does: logins have the new rights at once, or end.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from engine import facts
from engine.control.account_book import AccountBook
from engine.kernel.errors import Refused
from engine.kernel.text import text
from engine.people.actors import Act, Actor
from engine.people.administration import UserDraft, changed_user, changes_between, draft_of, loss_fault, new_user
from engine.people.users import USER_ROLES, User, user_name_of, with_password

__all__ = ["NewPassword", "UserControl"]

Told = Callable[[User], None]
Failed = Callable[[Exception], None]


@dataclass(frozen=True)
class NewPassword:
    """An account with a made password, which is shown once and kept nowhere."""

    user: User
    password: str

    def __repr__(self) -> str:
        """Without the password: it shall not reach a log by accident."""
        return f"NewPassword({self.user.name})"


class UserControl:
    """One per appliance. ``agents`` gives every agent's number of the site. Each method needs ``MANAGE_USERS`` and raises ActRefused
    without it; ``failed`` is told Refused, UserFault or EnvironmentFault.
    """

    def __init__(self, book: AccountBook, agents: Callable[[], Collection[str]]) -> None:
        self._book = book
        self._agents = agents

    def users(self, actor: Actor, done: Callable[[list[User]], None], failed: Failed) -> None:
        """Every account, by name."""
        self._check(actor)
        self._book.submit(self._book.kept.all, done, failed)

    def user(self, actor: Actor, name: str, done: Callable[[User | None], None], failed: Failed) -> None:
        """One account; None when there is none of this name."""
        self._check(actor)
        self._book.submit(lambda: self._book.kept.find(name), done, failed)

    def add(self, actor: Actor, name: str, draft: UserDraft, done: Callable[[NewPassword], None], failed: Failed) -> None:
        """A new account with a made password, to be changed at the first login."""
        self._check(actor)
        book, agents = self._book, frozenset(self._agents())

        def work() -> NewPassword:
            everyone = book.kept.all()
            judged = new_user(name, draft, "", agents, everyone)
            password = book.secrets.password()
            user = replace(judged, password_hash=book.hasher.hash(password))
            book.kept.save(user)
            return NewPassword(user, password)

        def added(made: NewPassword) -> None:
            user = made.user
            book.changed(user)
            roles = tuple(role.value for role in USER_ROLES if role in user.roles)
            book.bus.publish(facts.UserAdded(user=user.name, roles=roles, agent=user.agent, by=actor.about))
            done(made)

        book.submit(work, added, failed)

    def change(self, actor: Actor, name: str, seen: UserDraft, wanted: UserDraft, done: Told, failed: Failed) -> None:
        """Other roles, another agent, another language. ``seen`` is what the administrator saw: nobody's change is undone unseen."""
        agents = frozenset(self._agents())

        def decide(user: User, everyone: list[User]) -> User:
            if draft_of(user) != seen:
                raise Refused(text("Meanwhile somebody else has changed the account {name}. Look at it again, then save.", name=name))
            return changed_user(user, wanted, agents, everyone)

        self._alter(actor, name, decide, done, failed)

    def set_disabled(self, actor: Actor, name: str, disabled: bool, done: Told, failed: Failed) -> None:
        """Nobody can log in with the account, and every login and token of it is worth nothing; or they can again."""
        self._alter(actor, name, lambda user, _everyone: replace(user, disabled=disabled), done, failed)

    def unlock(self, actor: Actor, name: str, done: Told, failed: Failed) -> None:
        """The lock after wrong passwords is over before its time."""
        self._alter(actor, name, lambda user, _everyone: replace(user, wrong=0, locked_until_utc_ms=0), done, failed)

    def new_password(self, actor: Actor, name: str, done: Callable[[NewPassword], None], failed: Failed) -> None:
        """Another made password, to be changed at the next login; a lock and every login of before are over. Refused for oneself."""
        self._book.check(actor, Act.GIVE_PASSWORD)
        if user_name_of(actor) == name:
            raise Refused(text("Your own password is changed under your name, with the old one."))
        book = self._book

        def work() -> NewPassword:
            password = book.secrets.password()
            user = with_password(book.known(name), book.hasher.hash(password), must_change=True)
            book.kept.save(user)
            return NewPassword(user, password)

        def given(made: NewPassword) -> None:
            book.changed(made.user, ends_logins=True)
            book.bus.publish(facts.PasswordChanged(user=name, by=actor.about))
            done(made)

        book.submit(work, given, failed)

    def remove(self, actor: Actor, name: str, done: Told, failed: Failed) -> None:
        """The account and its tokens are gone; what the user did stays in the journal under the name."""
        self._check(actor)
        book = self._book

        def work() -> User:
            user = book.known(name)
            self._judge_loss(actor, user, None, book.kept.all())
            book.kept.remove(name)
            return user

        def removed(user: User) -> None:
            book.removed(name)
            book.bus.publish(facts.UserRemoved(user=name, by=actor.about))
            done(user)

        book.submit(work, removed, failed)

    def _alter(self, actor: Actor, name: str, decide: Callable[[User, list[User]], User], done: Told, failed: Failed) -> None:
        self._check(actor)
        book = self._book

        def work() -> tuple[User, User]:
            before, everyone = book.known(name), book.kept.all()
            after = decide(before, everyone)
            self._judge_loss(actor, before, after, everyone)
            if after != before:
                book.kept.save(after)
            return before, after

        def altered(found: tuple[User, User]) -> None:
            before, after = found
            changes = changes_between(before, after)
            book.changed(after)
            if changes:
                book.bus.publish(facts.UserChanged(user=name, changes=changes, by=actor.about))
            done(after)

        book.submit(work, altered, failed)

    def _judge_loss(self, actor: Actor, before: User, after: User | None, everyone: list[User]) -> None:
        fault = loss_fault(user_name_of(actor), before, after, everyone)
        if fault is not None:
            raise Refused(fault)

    def _check(self, actor: Actor) -> None:
        self._book.check(actor, Act.MANAGE_USERS)
