"""Tokens for programs: made, shown once, judged, revoked."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from appliance.executors import VirtualExecutor
from engine import facts
from engine.control.accounts import Accounts, LoginRefusal
from engine.control.control import ActRefused
from engine.kernel.bus import Bus, Envelope
from engine.kernel.errors import BadInput, EnvironmentFault, Refused
from engine.kernel.text import text
from engine.people.actors import Actor, Role
from engine.people.tokens import TOKENS_OF_A_USER_MOST, ApiToken, token_of
from engine.people.users import LoginRules, User, actor_of
from engine.store.accounts import AccountStore
from tests.fakes import CountedSecrets, FakeClock

LINA = User("lina", frozenset({Role.SUPERVISOR}), "zh", "hash")
WANG = User("wang", frozenset({Role.READ_ONLY}), "zh", "hash")
AS_LINA = actor_of("lina", LINA.roles)
AS_WANG = actor_of("wang", WANG.roles)
ADMIN = Actor(Role.ADMINISTRATOR, "user admin")
DAY_S = 86_400


class PlainHasher:
    """Passwords are their own hashes: here nobody logs in by one."""

    def hash(self, password: str) -> str:
        return password

    def matches(self, password_hash: str, password: str) -> bool:
        return password_hash == password

    def is_weak(self, password_hash: str) -> bool:
        return password_hash == ""


class Desk:
    """Accounts of two users on a real store, and time by hand."""

    def __init__(self, folder: Path) -> None:
        self.clock = FakeClock()
        self.heard: list[Envelope] = []
        bus = Bus(self.clock, "b1", 1, lambda: 0, lambda *_: pytest.fail("deaf"))
        bus.subscribe("test", self.heard.append)
        self.store = AccountStore(folder)
        self.accounts = Accounts(
            bus, self.clock, VirtualExecutor(self.clock, 0.1), self.store, PlainHasher(), LoginRules(), CountedSecrets()
        )
        for user in (LINA, WANG):
            self.store.save(user)

    def make(self, actor: Actor = AS_LINA, name: str = "lina", label: str = "crm", days: int = 0) -> Any:
        came: list[Any] = []
        self.accounts.tokens.make_token(actor, name, label, days, lambda secret, token: came.append((secret, token)), came.append)
        self.clock.advance(0.1)
        return came[0]

    def ask(self, method: str, *arguments: Any) -> Any:
        came: list[Any] = []
        getattr(self.accounts.tokens, method)(*arguments, came.append, came.append)
        self.clock.advance(0.1)
        return came[0]

    def show(self, token: str) -> Any:
        return self.ask("by_token", token)

    def change(self, user: User) -> None:
        """Something changes an account, as administrators do."""
        self.store.save(user)
        self.accounts.book.changed(user)

    def told(self, kind: type) -> list[Any]:
        return [envelope.fact for envelope in self.heard if isinstance(envelope.fact, kind)]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_a_program_works_as_its_user(desk: Desk, tmp_path: Path) -> None:
    """Whoever shows a token is the user who made it, also after a restart; the token itself is nowhere on the disk."""
    secret, token = desk.make(days=30)
    assert token_of(secret) == secret
    assert (token.user, token.label, token.expires_utc_ms - token.created_utc_ms) == ("lina", "crm", 30 * 86_400_000)
    assert desk.show(secret).name == "lina"
    assert Desk(tmp_path).show(secret) == LINA
    desk.store.close()
    assert not any(secret[4:].encode() in file.read_bytes() for file in tmp_path.iterdir())


def test_after_the_first_question_the_answer_comes_at_once(desk: Desk) -> None:
    """Ten thousand questions a minute do not wait for the disk."""
    secret, _ = desk.make()
    desk.show(secret)
    came: list[Any] = []
    desk.accounts.by_token(secret, came.append, came.append)
    assert came == [LINA]


@pytest.mark.parametrize(
    "shown", ["", "stw_", "stw_" + "0" * 42, "stw_" + "9" * 43, "stw_" + "ü" * 43, "x" * 100_000, "stw_" + "0" * 43 + "\n"]
)
def test_an_unknown_token_opens_nothing(desk: Desk, shown: str) -> None:
    """Too short, too long, made up: a sentence, and nobody's name."""
    desk.make()
    refusal = desk.show(shown)
    assert isinstance(refusal, LoginRefusal)
    assert not refusal.locked
    assert desk.told(facts.TokensRefused) == [facts.TokensRefused(many=1, reason="unknown", user="", token="")]


def test_whoever_tries_tokens_does_not_fill_the_journal(desk: Desk) -> None:
    """A thousand wrong tokens in a minute are two facts, which together count all of them; a quiet hour tells nothing."""
    for number in range(1000):
        desk.accounts.by_token(f"stw_{number:043d}", lambda _user: pytest.fail("opened"), lambda _refusal: None)
    desk.clock.advance(61)
    desk.clock.advance(3600)
    assert [fact.many for fact in desk.told(facts.TokensRefused)] == [1, 999]
    assert desk.accounts.tokens.refused == 1000


@pytest.mark.parametrize(
    ("changed", "reason", "locked"),
    [
        ({"disabled": True}, "disabled", False),
        ({"locked_until_utc_ms": 2**50}, "locked", True),
        ({"must_change": True}, "must_change", False),
    ],
)
def test_a_token_helps_nobody_who_may_not_log_in(desk: Desk, changed: dict[str, Any], reason: str, locked: bool) -> None:
    """An account that is disabled, locked, or waits for a password of its own is closed for programs from that moment."""
    secret, token = desk.make()
    assert desk.show(secret) == LINA
    desk.change(replace(LINA, **changed))
    refusal = desk.show(secret)
    assert isinstance(refusal, LoginRefusal)
    assert refusal.locked is locked
    assert desk.told(facts.TokensRefused)[-1] == facts.TokensRefused(many=1, reason=reason, user="lina", token=token.id)
    desk.change(LINA)
    assert desk.show(secret) == LINA


def test_a_program_has_the_rights_of_its_user_now(desk: Desk) -> None:
    """A role that was taken away is gone for programs too."""
    secret, _ = desk.make()
    desk.show(secret)
    desk.change(replace(LINA, roles=frozenset({Role.READ_ONLY})))
    assert desk.show(secret).roles == {Role.READ_ONLY}


def test_a_token_ends_at_its_day(desk: Desk) -> None:
    """Thirty days are thirty days; without an end it goes on."""
    ending, _ = desk.make(days=30)
    endless, _ = desk.make(label="for ever")
    desk.clock.advance(30 * DAY_S - 1)
    assert desk.show(ending) == LINA
    desk.clock.advance(1)
    assert isinstance(desk.show(ending), LoginRefusal)
    assert desk.show(endless) == LINA


def test_a_revoked_token_is_dead_at_once(desk: Desk, tmp_path: Path) -> None:
    """Its user or an administrator revokes it; nobody else does. Other tokens go on."""
    secret, token = desk.make()
    other, _ = desk.make(label="other")
    desk.show(secret)
    assert isinstance(desk.ask("revoke_token", AS_WANG, token.id), ActRefused)
    assert desk.show(secret) == LINA
    assert desk.ask("revoke_token", ADMIN, token.id).label == "crm"
    assert isinstance(desk.show(secret), LoginRefusal)
    assert isinstance(Desk(tmp_path).show(secret), LoginRefusal)
    assert desk.show(other) == LINA
    assert desk.told(facts.TokenRevoked) == [facts.TokenRevoked(user="lina", token=token.id, label="crm", by="user admin")]
    assert isinstance(desk.ask("revoke_token", AS_LINA, token.id), Refused)


def test_tokens_go_with_their_account(desk: Desk) -> None:
    """A removed user's programs are refused, and an account of the same name made later does not get them back."""
    secret, _ = desk.make()
    desk.show(secret)
    desk.store.remove("lina")
    desk.accounts.book.removed("lina")
    assert isinstance(desk.show(secret), LoginRefusal)
    desk.change(LINA)
    assert isinstance(desk.show(secret), LoginRefusal)
    assert desk.store.token_digests() == {}


def test_a_token_is_made_by_its_user_only(desk: Desk) -> None:
    """Not even an administrator makes one that works in another's name."""
    for actor in (ADMIN, AS_WANG):
        with pytest.raises(ActRefused):
            desk.make(actor)


@pytest.mark.parametrize(("label", "days"), [("", 0), ("x" * 61, 0), ("a\nb", 0), ("crm", -1), ("crm", 3651), ("there already", 0)])
def test_a_poor_wish_is_refused_with_its_reason(desk: Desk, label: str, days: int) -> None:
    """No name, too long a name, an impossible time, a name that is used already."""
    desk.make(label="there already")
    assert isinstance(desk.make(label=label, days=days), BadInput)
    assert len(desk.store.tokens("lina")) == 1


def test_a_user_has_only_so_many(desk: Desk) -> None:
    """The twenty-first is refused, another user is not hindered by it."""
    for number in range(TOKENS_OF_A_USER_MOST):
        desk.make(label=f"token {number}")
    assert isinstance(desk.make(label="one more"), BadInput)
    assert isinstance(desk.make(AS_WANG, "wang")[1], ApiToken)


def test_who_may_see_tokens(desk: Desk) -> None:
    """One's own and, for administrators, everybody's; what is seen does not open anything."""
    secret, token = desk.make()
    assert desk.ask("tokens", AS_LINA, "lina") == [token]
    assert desk.ask("tokens", ADMIN, "lina") == [token]
    with pytest.raises(ActRefused):
        desk.ask("tokens", AS_WANG, "lina")
    assert not any(secret[4:] in str(getattr(token, field.name)) for field in fields(token))


def test_it_is_known_when_a_token_was_used(desk: Desk) -> None:
    """A token that nobody uses any more is found; using one every second does not write every second."""
    secret, _ = desk.make()
    assert desk.store.tokens("lina")[0].last_used_utc_ms == 0
    desk.show(secret)
    first = desk.store.tokens("lina")[0].last_used_utc_ms
    assert first > 0
    desk.clock.advance(60)
    desk.show(secret)
    assert desk.store.tokens("lina")[0].last_used_utc_ms == first
    desk.clock.advance(300)
    desk.show(secret)
    assert desk.store.tokens("lina")[0].last_used_utc_ms > first


def test_a_disk_that_fails_is_named_and_asked_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """While accounts cannot be read nobody gets in by a token and the reason is the disk; afterwards all is as before."""
    secret, _ = desk.make()

    def failing(*_: object) -> None:
        raise EnvironmentFault(text("the disk"))

    with monkeypatch.context() as broken:
        broken.setattr(desk.store, "token_digests", failing)
        assert isinstance(desk.show(secret), EnvironmentFault)
    with monkeypatch.context() as broken:
        broken.setattr(desk.store, "mark_used", failing)
        assert desk.show(secret) == LINA
