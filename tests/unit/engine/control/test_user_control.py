"""Accounts administered: who may, what is told, and who hears of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from appliance.executors import VirtualExecutor
from engine import facts
from engine.control.account_book import AccountBook, AccountChange
from engine.control.control import ActRefused
from engine.control.user_control import NewPassword, UserControl
from engine.kernel.bus import Bus, Envelope
from engine.kernel.errors import EnvironmentFault, Refused
from engine.kernel.text import text
from engine.people.actors import Actor, Role
from engine.people.administration import UserDraft, UserFault, draft_of
from engine.people.users import User, actor_of
from engine.store.accounts import AccountStore
from tests.fakes import CountedSecrets, FakeClock

BOSS = User("admin", frozenset({Role.ADMINISTRATOR}), "", "hash of admin")
LINA = User("lina", frozenset({Role.AGENT_USER}), "zh", "hash of lina", agent="1001")
AS_BOSS = actor_of("admin", BOSS.roles)
JUDGE = UserDraft(frozenset({Role.QUALITY}))


class NamedHasher:
    """A hash that shows its password: so a test sees which one was kept."""

    def hash(self, password: str) -> str:
        return f"hash of {password}"

    def matches(self, password_hash: str, password: str) -> bool:
        return password_hash == f"hash of {password}"

    def is_weak(self, password_hash: str) -> bool:
        return not password_hash


class Office:
    """Two accounts on a real store, and time by hand."""

    def __init__(self, folder: Path) -> None:
        self.clock = FakeClock()
        self.heard: list[Envelope] = []
        self.changes: list[AccountChange] = []
        bus = Bus(self.clock, "b1", 1, lambda: 0, lambda *_: pytest.fail("deaf"))
        bus.subscribe("test", self.heard.append)
        self.store = AccountStore(folder)
        self.store.save(BOSS)
        self.store.save(LINA)
        book = AccountBook(bus, self.clock, VirtualExecutor(self.clock, 0.1), self.store, NamedHasher(), CountedSecrets())
        book.watch(self.changes.append)
        self.control = UserControl(book, lambda: {"1001", "1002"})

    def ask(self, method: str, *arguments: Any, actor: Actor = AS_BOSS) -> Any:
        came: list[Any] = []
        getattr(self.control, method)(actor, *arguments, came.append, came.append)
        self.clock.advance(0.1)
        (result,) = came
        return result

    def told(self) -> list[Any]:
        return [envelope.fact for envelope in self.heard]


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def test_a_user_is_added(office: Office) -> None:
    """The made password opens the new account; the journal knows who made it for whom, and not the password."""
    made = office.ask("add", "wang", UserDraft(frozenset({Role.AGENT_USER, Role.QUALITY}), "1002", "en"))
    assert isinstance(made, NewPassword)
    assert office.store.find("wang") == made.user
    assert (made.user.password_hash, made.user.must_change) == (f"hash of {made.password}", True)
    assert office.told() == [facts.UserAdded(user="wang", roles=("agent_user", "quality"), agent="1002", by="user admin")]
    assert made.password not in repr(office.told())
    assert [user.name for user in office.ask("users")] == ["admin", "lina", "wang"]


def test_a_wrong_wish_makes_nothing(office: Office) -> None:
    """An agent whom the site does not have, and a name that is taken."""
    assert isinstance(office.ask("add", "wang", UserDraft(frozenset({Role.AGENT_USER}), "1003")), UserFault)
    assert isinstance(office.ask("add", "lina", JUDGE), UserFault)
    assert office.told() == []
    assert office.store.count() == 2


def test_a_change_is_kept_told_and_heard(office: Office) -> None:
    """Other roles: the account has them, the journal says what changed, and whoever keeps logins hears of it."""
    after = office.ask("change", "lina", draft_of(LINA), JUDGE)
    assert office.store.find("lina") == after == replace(LINA, roles=JUDGE.roles, agent="", language="")
    (fact,) = office.told()
    assert fact == facts.UserChanged(
        user="lina", changes=("roles: agent_user -> quality", "agent: 1001 -> -", "language: zh -> -"), by="user admin"
    )
    assert office.changes == [AccountChange("lina", after, ends_logins=False)]


def test_two_administrators_do_not_undo_each_other(office: Office) -> None:
    """What was seen must still be so; otherwise nothing is changed and it is said why."""
    office.ask("change", "lina", draft_of(LINA), JUDGE)
    refusal = office.ask("change", "lina", draft_of(LINA), UserDraft(frozenset({Role.SUPERVISOR})))
    assert isinstance(refusal, Refused)
    assert "Meanwhile somebody else has changed the account lina." in str(refusal)
    assert office.store.find("lina") == replace(LINA, roles=JUDGE.roles, agent="", language="")


def test_disabled_enabled_unlocked(office: Office) -> None:
    """Each is told once; what is so already is not told again."""
    office.store.save(replace(LINA, locked_until_utc_ms=2**50))
    for method, arguments in (
        ("set_disabled", (True,)),
        ("set_disabled", (True,)),
        ("set_disabled", (False,)),
        ("unlock", ()),
        ("unlock", ()),
    ):
        assert isinstance(office.ask(method, "lina", *arguments), User)
    assert [fact.changes for fact in office.told()] == [("disabled: no -> yes",), ("disabled: yes -> no",), ("locked: yes -> no",)]
    assert office.store.find("lina") == LINA


def test_a_new_password_ends_logins(office: Office) -> None:
    """Whoever had stolen the old one is out at once."""
    made = office.ask("new_password", "lina")
    assert office.store.find("lina") == replace(LINA, password_hash=f"hash of {made.password}", must_change=True)
    assert [change.ends_logins for change in office.changes] == [True]
    assert office.told() == [facts.PasswordChanged(user="lina", by="user admin")]


def test_a_removed_account_is_gone(office: Office) -> None:
    """It is told, its logins end, and asking for it again is refused."""
    assert office.ask("remove", "lina") == LINA
    assert office.store.find("lina") is None
    assert office.told() == [facts.UserRemoved(user="lina", by="user admin")]
    assert office.changes == [AccountChange("lina", None, ends_logins=True)]
    assert isinstance(office.ask("remove", "lina"), Refused)
    assert office.ask("user", "lina") is None


@pytest.mark.parametrize(
    ("method", "arguments"),
    [("remove", ()), ("set_disabled", (True,)), ("change", (draft_of(BOSS), JUDGE)), ("new_password", ())],
)
def test_nobody_locks_himself_out(office: Office, method: str, arguments: tuple[Any, ...]) -> None:
    """Of the own account an administrator takes nothing away, and nothing is told."""
    try:
        came = office.ask(method, "admin", *arguments)
    except Refused as refusal:
        came = refusal
    assert isinstance(came, Refused)
    assert office.store.find("admin") == BOSS
    assert office.told() == []


def test_the_last_administrator_is_kept_also_from_the_machine(office: Office) -> None:
    """One who is no user but may manage users cannot take the last administrator either."""
    other = Actor(Role.ADMINISTRATOR, "uid 0")
    assert isinstance(office.ask("remove", "admin", actor=other), Refused)
    assert isinstance(office.ask("set_disabled", "admin", True, actor=other), Refused)


@pytest.mark.parametrize(
    "ask",
    [
        lambda control, actor: control.users(actor, print, print),
        lambda control, actor: control.user(actor, "lina", print, print),
        lambda control, actor: control.add(actor, "wang", JUDGE, print, print),
        lambda control, actor: control.change(actor, "lina", draft_of(LINA), JUDGE, print, print),
        lambda control, actor: control.set_disabled(actor, "lina", True, print, print),
        lambda control, actor: control.unlock(actor, "lina", print, print),
        lambda control, actor: control.remove(actor, "lina", print, print),
    ],
)
def test_nobody_else_manages_users(office: Office, ask: Callable[[UserControl, Actor], None]) -> None:
    """Without the right nothing is read and nothing is changed."""
    for role in set(Role) - {Role.ADMINISTRATOR}:
        with pytest.raises(ActRefused):
            ask(office.control, Actor(role, "user x"))
    assert office.store.all() == [BOSS, LINA]


def test_a_disk_that_fails_changes_nothing(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be kept is not told as done."""

    def failing(*_: object) -> None:
        raise EnvironmentFault(text("the disk"))

    monkeypatch.setattr(office.store, "save", failing)
    assert isinstance(office.ask("set_disabled", "lina", True), EnvironmentFault)
    assert office.told() == []
    assert office.changes == []
