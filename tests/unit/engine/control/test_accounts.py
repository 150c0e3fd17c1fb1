"""Logging in: what is done in which order, what is told, and what never is."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from appliance.executors import VirtualExecutor
from appliance.passwords import Argon2
from engine import facts
from engine.control.accounts import Accounts, LoginRefusal
from engine.control.user_control import UserControl
from engine.kernel.bus import Bus, Envelope
from engine.kernel.errors import BadInput, EnvironmentFault, Refused
from engine.kernel.text import text
from engine.people.actors import Actor, Role
from engine.people.users import LoginRules
from engine.store.accounts import AccountStore
from tests.fakes import CountedSecrets, FakeClock

PASSWORD = "green-heron-at-nine"
OTHER = "a wholly different one"
TECHNICIAN = Actor(Role.TECHNICIAN, "uid 0")


class Desk:
    """Accounts on a real store with the real hash, cheap, and time by hand."""

    def __init__(self, folder: Path, rounds: int = 1) -> None:
        self.clock = FakeClock()
        self.heard: list[Envelope] = []
        bus = Bus(self.clock, "b1", 1, lambda: 0, lambda *_: pytest.fail("deaf"))
        bus.subscribe("test", self.heard.append)
        self.store = AccountStore(folder)
        self.hasher = Argon2(memory_kib=8, rounds=rounds)
        chores = VirtualExecutor(self.clock, 0.1)
        self.accounts = Accounts(bus, self.clock, chores, self.store, self.hasher, LoginRules(), CountedSecrets())

    def ask(self, method: str, *arguments: Any) -> Any:
        """The result, or the error."""
        came: list[Any] = []
        getattr(self.accounts, method)(*arguments, came.append, came.append)
        assert came == []
        self.clock.advance(0.1)
        (result,) = came
        return result

    def administer(self, method: str, *arguments: Any) -> Any:
        """The same of what administrators do."""
        came: list[Any] = []
        getattr(UserControl(self.accounts.book, list), method)(*arguments, came.append, came.append)
        self.clock.advance(0.1)
        (result,) = came
        return result

    def told(self) -> list[Any]:
        return [envelope.fact for envelope in self.heard]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = Desk(tmp_path)
    assert made.ask("first_start", PASSWORD) is True
    return made


def test_the_first_account_is_made_once(desk: Desk, tmp_path: Path) -> None:
    """A new box has an administrator with the password that is shown; a later start makes no other and changes nothing."""
    user = desk.ask("log_in", "admin", PASSWORD)
    assert (user.name, user.roles, user.must_change) == ("admin", {Role.ADMINISTRATOR}, True)
    again = Desk(tmp_path)
    assert again.ask("first_start", OTHER) is False
    assert isinstance(again.ask("log_in", "admin", OTHER), LoginRefusal)


def test_guesses_at_one_time_are_judged_one_after_the_other(desk: Desk) -> None:
    """A hundred guesses sent at once are worth five."""
    came: list[Any] = []
    for number in range(100):
        desk.accounts.log_in("admin", f"guess {number}", came.append, came.append)
    desk.accounts.log_in("admin", PASSWORD, came.append, came.append)
    desk.clock.advance(0.1)
    assert [refusal.locked for refusal in came] == [False] * 4 + [True] * 97
    assert [type(fact) for fact in desk.told()].count(facts.UserLocked) == 1


def test_a_lock_outlives_a_restart(desk: Desk, tmp_path: Path) -> None:
    """Restarting the box does not help whoever guesses."""
    for _ in range(5):
        desk.ask("log_in", "admin", "wrong")
    assert desk.ask("log_in", "admin", PASSWORD).locked
    assert Desk(tmp_path).ask("log_in", "admin", PASSWORD).locked


def test_facts_name_users_and_nothing_else(desk: Desk) -> None:
    """No fact holds a password, a hash, or a name that no account has."""
    desk.ask("log_in", "admin", "my secret typed wrong")
    desk.ask("log_in", "my-secret-as-a-name", "x")
    desk.ask("change_password", "admin", PASSWORD, OTHER)
    desk.ask("log_in", "admin", OTHER)
    values = {str(getattr(fact, field.name)) for fact in desk.told() for field in fields(fact)}
    assert values == {"admin", "", "wrong_password", "unknown_user", "user admin"}


def test_a_forgotten_password_is_replaced_from_the_machine(desk: Desk) -> None:
    """The technician at the machine gets a made one, which unlocks, and must be changed; an administrator gets one for others, and
    nobody else does.
    """
    for _ in range(5):
        desk.ask("log_in", "admin", "wrong")
    made = desk.administer("new_password", TECHNICIAN, "admin")
    assert made.password not in repr(made)
    assert desk.ask("log_in", "admin", made.password).must_change
    assert desk.told()[-2] == facts.PasswordChanged(user="admin", by="uid 0")
    assert isinstance(desk.administer("new_password", TECHNICIAN, "nobody"), Refused)
    assert desk.administer("new_password", Actor(Role.ADMINISTRATOR, "user boss"), "admin").user.must_change
    with pytest.raises(Refused):
        desk.administer("new_password", Actor(Role.ADMINISTRATOR, "user admin"), "admin")
    with pytest.raises(Refused):
        desk.administer("new_password", Actor(Role.SUPERVISOR, "user banzhang"), "admin")


def test_a_disabled_account_lets_nobody_in(desk: Desk) -> None:
    """With the right password it is said that the account is disabled; with a wrong one nothing is told."""
    user = desk.store.find("admin")
    assert user is not None
    desk.store.save(replace(user, disabled=True))
    refusal = desk.ask("log_in", "admin", PASSWORD)
    assert "This account is disabled." in str(refusal)
    assert desk.told()[-1] == facts.UserLoginRefused(user="admin", reason="disabled")
    assert "User name or password is wrong." in str(desk.ask("log_in", "admin", "wrong"))


def test_the_last_login_is_known(desk: Desk) -> None:
    """Administrators see when somebody came last; a wrong password is no login."""
    desk.ask("log_in", "admin", "wrong")
    before = desk.store.find("admin")
    desk.clock.advance(1)
    desk.ask("log_in", "admin", PASSWORD)
    after = desk.store.find("admin")
    assert before is not None
    assert after is not None
    assert (before.last_login_utc_ms, before.wrong) == (0, 1)
    assert (after.last_login_utc_ms, after.wrong) == (desk.clock.utc_ms() - 100, 0)


def test_a_full_disk_does_not_keep_people_out(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever can make room must be able to log in; that it is not kept when they came harms nobody."""

    def failing(*_: object) -> None:
        raise EnvironmentFault(text("the disk"))

    monkeypatch.setattr(desk.store, "save", failing)
    assert desk.ask("log_in", "admin", PASSWORD).name == "admin"


def test_a_weak_hash_is_made_strong_at_the_next_login(desk: Desk, tmp_path: Path) -> None:
    """When the parameters are raised, accounts follow as their users come."""
    before = desk.store.find("admin")
    stronger = Desk(tmp_path, rounds=2)
    stronger.ask("log_in", "admin", PASSWORD)
    after = stronger.store.find("admin")
    assert before is not None
    assert after is not None
    assert "t=1" in before.password_hash
    assert "t=2" in after.password_hash


def test_the_language_is_kept(desk: Desk) -> None:
    """A language that the page does not speak is refused; another one stays with the account."""
    assert desk.ask("set_language", "admin", "en").language == "en"
    with pytest.raises(BadInput):
        desk.accounts.set_language("admin", "xx", print, print)
    assert desk.ask("log_in", "admin", PASSWORD).language == "en"


def test_a_disk_that_fails_lets_nobody_in_and_says_so(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the account cannot be read or kept, the answer is a sentence about the disk, and no login."""

    def failing(*_: object) -> None:
        raise EnvironmentFault(text("the disk"))

    monkeypatch.setattr(desk.store, "save", failing)
    assert isinstance(desk.ask("log_in", "admin", "wrong"), EnvironmentFault)
    assert desk.told() == []
