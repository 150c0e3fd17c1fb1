"""Logins: how long they last and how many there are."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from engine.control.account_book import AccountChange
from engine.people.actors import Role
from engine.people.users import User
from tests.fakes import FakeClock
from web.sessions import ENDED_MOST, Session, SessionLimits, Sessions

USER = User("lina", frozenset({Role.SUPERVISOR}), "", "hash")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def sessions(clock: FakeClock) -> Sessions:
    numbers = itertools.count()
    return Sessions(lambda: f"t{next(numbers)}", clock.monotonic_ns, lambda: SessionLimits(idle_min=30, absolute_min=120, most=3))


def minutes(clock: FakeClock, count: float) -> None:
    clock.advance(count * 60)


def test_use_keeps_a_login_until_its_longest_time(sessions: Sessions, clock: FakeClock) -> None:
    """Whoever works stays in for two hours at most; whoever leaves the desk is out after half an hour."""
    token, session = sessions.begin(USER)
    for _ in range(4):
        minutes(clock, 29)
        assert sessions.find(token) is session
    minutes(clock, 4)
    assert sessions.find(token) is None
    token, _ = sessions.begin(USER)
    minutes(clock, 30)
    assert sessions.find(token) is None
    assert len(sessions) == 0


def test_somebody_elses_cookie_is_no_login(sessions: Sessions) -> None:
    """Guessed, empty and old values are nobody."""
    token, _ = sessions.begin(USER)
    sessions.end(token)
    for guess in (token, "", "t0", "x" * 10_000):
        assert sessions.find(guess) is None


def test_too_many_logins_end_the_one_unused_longest(sessions: Sessions, clock: FakeClock) -> None:
    """Memory is bounded; whoever is at work is not the one to be logged out."""
    tokens = []
    for _ in range(3):
        tokens.append(sessions.begin(USER)[0])
        minutes(clock, 1)
    sessions.find(tokens[0])
    tokens.append(sessions.begin(USER)[0])
    assert [sessions.find(token) is not None for token in tokens] == [True, False, True, True]
    assert sessions.crowded_out == 1


def test_dead_logins_make_room_first(sessions: Sessions, clock: FakeClock) -> None:
    """Logins that are over do not crowd out anybody."""
    for _ in range(3):
        sessions.begin(USER)
    minutes(clock, 31)
    sessions.begin(USER)
    assert (len(sessions), sessions.crowded_out) == (1, 0)


def test_the_memory_does_not_hold_the_cookies(sessions: Sessions) -> None:
    """Whoever reads the memory's keys cannot send them as cookies."""
    token, _ = sessions.begin(USER)
    assert token not in sessions._sessions


def test_a_live_page_keeps_its_login_only_while_it_lasts(sessions: Sessions, clock: FakeClock) -> None:
    """A stream of a login that is over, or was ended elsewhere, is told so."""
    token, session = sessions.begin(USER)
    minutes(clock, 20)
    assert sessions.keep_alive(session)
    minutes(clock, 20)
    assert sessions.find(token) is session
    sessions.end(token)
    assert not sessions.keep_alive(session)
    assert not sessions.keep_alive(Session(USER, "", 0, 0))


def test_tokens_of_forms_before_login_fit_one_visit(sessions: Sessions) -> None:
    """The login form of one browser is worth nothing in another one."""
    one, two = sessions.new_visit(), sessions.new_visit()
    assert sessions.visit_csrf(one) == sessions.visit_csrf(one) != sessions.visit_csrf(two)


def test_a_login_follows_its_account(sessions: Sessions) -> None:
    """New rights count at once in every browser of the user, and in nobody else's; without the account, disabled, or with another
    password the logins end.
    """
    first, second, other = sessions.begin(USER), sessions.begin(USER), sessions.begin(replace(USER, name="wang"))
    judge = replace(USER, roles=frozenset({Role.QUALITY}), agent="1001")
    sessions.follow(AccountChange("lina", judge, ends_logins=False))
    assert [session.user for _, session in (first, second)] == [judge, judge]
    assert first[1].actor.agent == "1001"
    assert other[1].user.roles == USER.roles
    for change in (
        AccountChange("lina", None, ends_logins=True),
        AccountChange("lina", replace(USER, disabled=True), ends_logins=False),
        AccountChange("lina", USER, ends_logins=True),
    ):
        token, _ = sessions.begin(USER)
        sessions.follow(change)
        assert sessions.find(token) is None
        assert sessions.find(other[0]) is not None


def test_whose_a_login_was_is_known_for_a_while(sessions: Sessions, clock: FakeClock) -> None:
    """However it ended; but only so many are remembered."""
    old, _ = sessions.begin(USER)
    minutes(clock, 31)
    assert sessions.find(old) is None
    assert sessions.whose(old) == "lina"
    ended, _ = sessions.begin(USER)
    sessions.end(ended)
    assert sessions.whose(ended) == "lina"
    assert sessions.whose("nobody's") == ""
    for _ in range(ENDED_MOST):
        sessions.end(sessions.begin(USER)[0])
    assert sessions.whose(old) == ""
