"""Accounts: names, passwords, the lock, and which rights roles give."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.people.actors import Act, Role, allowed
from engine.people.users import (
    USER_ROLES,
    LoginRules,
    LoginVerdict,
    User,
    actor_of,
    first_user,
    is_user_name,
    judge_login,
    password_fault,
    with_password,
)

RULES = LoginRules(tries=5, lock_ms=600_000)
USER = User("lina", frozenset({Role.SUPERVISOR}), "zh", "hash")


@given(tries=st.lists(st.tuples(st.booleans(), st.integers(0, 400_000)), max_size=40))
def test_the_lock_follows_its_rule_whatever_is_tried(tries: list[tuple[bool, int]]) -> None:
    """Five wrong ones in a row lock for ten minutes; while locked nothing counts; a right one begins anew."""
    user, now_ms, wrong, locked_until = USER, 1_000, 0, 0
    for right, pause_ms in tries:
        now_ms += pause_ms
        user, verdict = judge_login(user, right=right, now_utc_ms=now_ms, rules=RULES)
        if now_ms < locked_until:
            assert verdict is LoginVerdict.LOCKED
            continue
        wrong = 0 if right else wrong + 1
        expected = LoginVerdict.RIGHT if right else LoginVerdict.WRONG
        if wrong == 5:
            expected, wrong, locked_until = LoginVerdict.NOW_LOCKED, 0, now_ms + 600_000
        assert verdict is expected
        assert user.wrong == wrong


def test_a_new_password_ends_a_lock() -> None:
    """Whoever was given a new password can use it at once."""
    locked, _ = judge_login(USER, right=False, now_utc_ms=0, rules=LoginRules(tries=1, lock_ms=1000))
    fresh = with_password(locked, "other", must_change=True)
    assert (fresh.locked_until_utc_ms, fresh.wrong, fresh.must_change) == (0, 0, True)


@pytest.mark.parametrize(
    ("name", "good"),
    [
        ("admin", True),
        ("li.na_2", True),
        ("a", False),
        ("Admin", False),
        ("b1-c1", False),
        ("李娜", False),
        ("", False),
        ("x" * 32, False),
        ("admin\n", False),
    ],
)
def test_names_are_plain_words(name: str, good: bool) -> None:
    """A user name can be typed on any keyboard and is never an id of the box."""
    assert is_user_name(name) is good


@pytest.mark.parametrize("password", ["green-heron-at-nine", "四个大字加上更多的字啊", "a1b2c3d4e5", "x y z with blanks"])
def test_good_passwords_are_taken(password: str) -> None:
    """Long and varied is enough, in any language."""
    assert password_fault("lina", password) is None


@pytest.mark.parametrize(
    "password", ["short1!", "aaaaaaaaaaaa", "my-lina-secret", "MyPassword2026", "tab\tin the middle", "x" * 40 + "abcdefg" * 20]
)
def test_poor_passwords_are_refused(password: str) -> None:
    """Too short, too simple, one's own name, a common word, what cannot be typed, too long."""
    assert password_fault("lina", password) is not None


def test_a_hash_is_not_shown_by_accident() -> None:
    """An account in a log line or a traceback does not show its hash."""
    assert "hash" not in repr(first_user("secret hash"))


def test_a_user_is_never_a_phone() -> None:
    """An agent's account does not act for a telephone, even when it bears its name."""
    actor = actor_of("phone", frozenset({Role.AGENT_USER}))
    assert actor.about == "user phone"
    assert not allowed(actor, Act.OWN_STATE, "phone")
    assert not allowed(actor, Act.OWN_STATE, "user phone")


def test_several_roles_permit_what_each_permits() -> None:
    """Who is an agent and judges conversations has both rights; without a role one may look only."""
    both = actor_of("x", frozenset({Role.AGENT_USER, Role.QUALITY}))
    assert allowed(both, Act.SEE_STATUS, "")
    assert allowed(both, Act.LISTEN, "")
    assert not allowed(actor_of("x", frozenset()), Act.LISTEN, "")


@pytest.mark.parametrize("role", USER_ROLES)
def test_only_administrators_give_passwords(role: Role) -> None:
    """Whoever forgot the password asks an administrator, and nobody else can take an account over."""
    assert allowed(actor_of("x", frozenset({role})), Act.GIVE_PASSWORD, "") is (role is Role.ADMINISTRATOR)


def test_an_agent_of_the_page_acts_for_himself_only() -> None:
    """Who is agent 1001 changes the state of 1001 and of nobody else; who is no agent changes nobody's."""
    lina = actor_of("lina", frozenset({Role.AGENT_USER}), "1001")
    assert allowed(lina, Act.OWN_AGENT, "1001")
    assert allowed(lina, Act.OWN_AGENT, "")
    assert not allowed(lina, Act.OWN_AGENT, "1002")
    assert not allowed(lina, Act.AGENT_STATE, "")
    assert not allowed(actor_of("wang", frozenset({Role.AGENT_USER})), Act.OWN_AGENT, "")
    assert not allowed(actor_of("boss", frozenset({Role.READ_ONLY}), "1001"), Act.OWN_AGENT, "1001")


def test_a_disabled_account_is_told_so_only_with_the_right_password() -> None:
    """Whoever guesses does not learn that an account is disabled, and is locked as anywhere."""
    disabled = replace(USER, disabled=True)
    assert judge_login(disabled, right=True, now_utc_ms=0, rules=RULES)[1] is LoginVerdict.DISABLED
    assert judge_login(disabled, right=False, now_utc_ms=0, rules=RULES)[1] is LoginVerdict.WRONG
