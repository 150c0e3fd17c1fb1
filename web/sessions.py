"""Logins in memory: who has shown a password, until when, and the token that each form must carry.

A restart of the appliance ends every login. Pure but for its two arguments: where random tokens come from, and the time.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256

from engine.control.account_book import AccountChange
from engine.kernel.text import Text
from engine.people.actors import Actor
from engine.people.users import User, actor_of
from web.unsent import UnsentForm

__all__ = ["ENDED_MOST", "HEARD_MOST", "Session", "SessionLimits", "Sessions"]

NS_A_MIN = 60_000_000_000
HEARD_MOST = 1000
"""Recordings remembered as opened in one login; of more, each opening is told again."""
ENDED_MOST = 1000
"""Logins that have ended and of which it is remembered whose they were."""


@dataclass(frozen=True)
class SessionLimits:
    """Minutes without use, minutes in any case, logins at one time."""

    idle_min: int = 30
    absolute_min: int = 720
    most: int = 200


@dataclass
class Session:
    """One login. ``csrf`` is what a form of this login must send back; ``heard`` are the recordings opened in it;
    ``news`` is said once, on the next page; ``unsent`` is a form that was sent without a login and waits for its user.
    """

    user: User
    csrf: str
    begun_ns: int
    used_ns: int
    streams: int = 0
    news: Text | None = None
    heard: set[str] = field(default_factory=set)
    unsent: UnsentForm | None = None

    @property
    def actor(self) -> Actor:
        """The user as one who asks."""
        return actor_of(self.user.name, self.user.roles, self.user.agent)


class Sessions:
    """All logins. ``make_token`` gives an unguessable text of at least 128 bits; a copy of the memory does not give the cookies."""

    def __init__(self, make_token: Callable[[], str], monotonic_ns: Callable[[], int], limits: Callable[[], SessionLimits]) -> None:
        self._make_token = make_token
        self._monotonic_ns = monotonic_ns
        self._limits = limits
        self._sessions: dict[str, Session] = {}
        self._ended: dict[str, str] = {}
        self._secret = make_token().encode()
        self.crowded_out = 0
        """Logins that ended because there were too many."""

    def __len__(self) -> int:
        return len(self._sessions)

    def begin(self, user: User) -> tuple[str, Session]:
        """A new login and its cookie's value. When there are too many, the one unused longest ends."""
        self._forget_old()
        while len(self._sessions) >= self._limits().most:
            self._drop(min(self._sessions, key=lambda key: self._sessions[key].used_ns))
            self.crowded_out += 1
        now_ns = self._monotonic_ns()
        token = self._make_token()
        session = Session(user, self._make_token(), now_ns, now_ns)
        self._sessions[_key(token)] = session
        return token, session

    def find(self, token: str) -> Session | None:
        """The login with this cookie, which counts as use; None when there is none or it is over."""
        key = _key(token)
        session = self._sessions.get(key)
        if session is None:
            return None
        if self._over(session):
            self._drop(key)
            return None
        session.used_ns = self._monotonic_ns()
        return session

    def whose(self, token: str) -> str:
        """Who was logged in with this cookie, when that is known still; empty otherwise."""
        return self._ended.get(_key(token), "")

    def end(self, token: str) -> None:
        """Log out."""
        self._drop(_key(token))

    def keep_alive(self, session: Session) -> bool:
        """An open live page uses its login. False when the login is over."""
        if not any(one is session for one in self._sessions.values()) or self._over(session):
            return False
        session.used_ns = self._monotonic_ns()
        return True

    def end_others(self, name: str, keep: Session | None) -> None:
        """End every login of a user but one, or but none: the password has changed."""
        for key in [key for key, one in self._sessions.items() if one is not keep and one.user.name == name]:
            self._drop(key)

    def follow(self, change: AccountChange) -> None:
        """An account is another one now: its logins have the new rights at once, or end."""
        user = change.user
        if user is None or user.disabled or change.ends_logins:
            self.end_others(change.name, None)
            return
        for session in self._sessions.values():
            if session.user.name == user.name:
                session.user = user

    # ---- before anybody is known -----------------------------------------------------------------------------------

    def new_visit(self) -> str:
        """The value of a cookie for a browser that has not logged in."""
        return self._make_token()

    def visit_csrf(self, visit: str) -> str:
        """What the login form of this visit must send back."""
        return hmac.new(self._secret, visit.encode(), sha256).hexdigest()

    def _forget_old(self) -> None:
        for key in [key for key, one in self._sessions.items() if self._over(one)]:
            self._drop(key)

    def _drop(self, key: str) -> None:
        """A login ends; whose it was is remembered for a while, for what may still be sent from its pages."""
        session = self._sessions.pop(key, None)
        if session is None:
            return
        self._ended[key] = session.user.name
        if len(self._ended) > ENDED_MOST:
            del self._ended[next(iter(self._ended))]

    def _over(self, session: Session) -> bool:
        limits, now_ns = self._limits(), self._monotonic_ns()
        idle_ns, whole_ns = now_ns - session.used_ns, now_ns - session.begun_ns
        return idle_ns >= limits.idle_min * NS_A_MIN or whole_ns >= limits.absolute_min * NS_A_MIN


def _key(token: str) -> str:
    return sha256(token.encode()).hexdigest()
