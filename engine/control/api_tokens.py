"""Tokens at work: programs that ask, tokens made and revoked.

A shown token is judged from memory, which follows every change; only the first one after a start waits for the disk. So a token costs
no more than a look into a table, and one that nobody has costs no more than one that is right.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from engine import facts
from engine.control.account_book import AccountBook, AccountChange, LoginRefusal
from engine.control.control import ActRefused
from engine.kernel.errors import BadInput, EnvironmentFault, Refused
from engine.kernel.text import Text, text
from engine.people.actors import Act, Actor
from engine.people.tokens import (
    ApiToken,
    TokenVerdict,
    digest_of,
    expiry_utc_ms,
    judge_token,
    new_token,
    token_fault,
    token_id,
    token_of,
)
from engine.people.users import User, user_name_of

__all__ = ["ApiTokens"]

Failed = Callable[[Exception], None]
Waiting = Callable[[Exception | None], None]

WAITING_MOST = 1000
"""Questions that may wait for the first look at the disk."""
USE_NOTED_EVERY_MS = 300_000
TOLD_EVERY_S = 60.0
REFUSALS: Mapping[TokenVerdict, Text] = {
    TokenVerdict.UNKNOWN: text("This token is not known here. Make one on the page, under your name, and give it whole."),
    TokenVerdict.EXPIRED: text("This token has expired. Make a new one on the page, under your name."),
    TokenVerdict.DISABLED: text("The account of this token is disabled. Ask an administrator."),
    TokenVerdict.LOCKED: text("The account of this token is locked after too many wrong passwords. Try again later."),
    TokenVerdict.MUST_CHANGE: text("The user of this token must choose a password of their own on the page first."),
}


@dataclass
class _Memory:
    """Every account by name, every token by digest."""

    users: dict[str, User]
    tokens: dict[str, ApiToken]


class ApiTokens:
    """One per appliance. ``refused`` counts tokens that opened nothing."""

    def __init__(self, book: AccountBook) -> None:
        self._book = book
        self._memory: _Memory | None = None
        self._waiting: list[Waiting] = []
        self.refused = 0
        self._untold = 0
        self._telling = False
        self._last = facts.TokensRefused(many=0, reason="", user="", token="")
        book.watch(self._hear)

    # ---- programs that ask -----------------------------------------------------------------------------------------

    def by_token(self, shown: str, done: Callable[[User], None], failed: Failed) -> None:
        """The user for whom a program asks; ``done`` or ``failed`` may be called at once. LoginRefusal: the token is unknown or has
        expired, or its user may not log in now; EnvironmentFault: accounts cannot be read.
        """

        def ready(fault: Exception | None) -> None:
            if fault is not None:
                failed(fault)
                return
            verdict, token, user = self._judge(shown)
            if verdict is TokenVerdict.RIGHT and token is not None and user is not None:
                self._note_use(token)
                done(user)
            else:
                failed(self._refusal(verdict, token))

        if self._memory is not None:
            ready(None)
        elif len(self._waiting) >= WAITING_MOST:
            failed(EnvironmentFault(text("Accounts are not read yet: try again in a moment.")))
        else:
            self._waiting.append(ready)
            if len(self._waiting) == 1:
                self._read()

    def _judge(self, shown: str) -> tuple[TokenVerdict, ApiToken | None, User | None]:
        assert self._memory is not None
        token = self._memory.tokens.get(digest_of(shown)) if token_of(shown) else None
        user = self._memory.users.get(token.user) if token is not None else None
        return judge_token(token, user, self._book.clock.utc_ms()), token, user

    def _read(self) -> None:
        kept = self._book.kept

        def read(memory: _Memory) -> None:
            self._memory = memory
            self._tell_waiting(None)

        def work() -> _Memory:
            return _Memory({user.name: user for user in kept.all()}, kept.token_digests())

        try:
            self._book.submit(work, read, self._tell_waiting)
        except EnvironmentFault as fault:
            self._tell_waiting(fault)

    def _tell_waiting(self, fault: Exception | None) -> None:
        waiting, self._waiting = self._waiting, []
        for ready in waiting:
            ready(fault)

    def _note_use(self, token: ApiToken) -> None:
        """Remember now and then that a token is used; when that cannot be kept the token is as good as before."""
        now_ms = self._book.clock.utc_ms()
        if now_ms - token.last_used_utc_ms < USE_NOTED_EVERY_MS:
            return
        self._replace(replace(token, last_used_utc_ms=now_ms))
        kept = self._book.kept
        try:
            self._book.submit(lambda: kept.mark_used(token.id, now_ms), lambda _nothing: None, lambda _fault: None)
        except EnvironmentFault:
            return

    # ---- refusals are counted, and told now and then ---------------------------------------------------------------

    def _refusal(self, verdict: TokenVerdict, token: ApiToken | None) -> LoginRefusal:
        self.refused += 1
        self._untold += 1
        user, known = (token.user, token.id) if token is not None else ("", "")
        self._last = facts.TokensRefused(many=0, reason=verdict.value, user=user, token=known)
        if not self._telling:
            self._tell_refused()
        return LoginRefusal(REFUSALS[verdict], locked=verdict is TokenVerdict.LOCKED)

    def _tell_refused(self) -> None:
        """One fact for all that came since the last one: whoever tries tokens for hours does not fill the journal."""
        self._telling = self._untold > 0
        if self._telling:
            many, self._untold = self._untold, 0
            self._book.bus.publish(replace(self._last, many=many))
            self._book.clock.call_later(TOLD_EVERY_S, self._tell_refused)

    # ---- making and revoking ---------------------------------------------------------------------------------------

    def make_token(
        self, actor: Actor, user_name: str, label: str, days: int, done: Callable[[str, ApiToken], None], failed: Failed
    ) -> None:
        """Make a token for oneself, good for so many ``days`` (0: for ever). ``done`` is told the token, which is shown once and kept
        nowhere, and what is known of it. ActRefused for anybody else, BadInput for a poor label or too many.
        """
        if user_name_of(actor) != user_name:
            raise ActRefused(text("A token is made by its user only."), "not_allowed_now")
        book, now_ms = self._book, self._book.clock.utc_ms()

        def work() -> tuple[str, str, ApiToken]:
            user = book.known(user_name)
            fault = token_fault(label, days, book.kept.tokens(user.name))
            if fault is not None:
                raise BadInput(fault)
            secret = new_token(book.secrets.token())
            digest = digest_of(secret)
            token = ApiToken(token_id(digest), user.name, label, now_ms, expiry_utc_ms(now_ms, days))
            book.kept.save_token(digest, token)
            return secret, digest, token

        def made(found: tuple[str, str, ApiToken]) -> None:
            secret, digest, token = found
            if self._memory is not None:
                self._memory.tokens[digest] = token
            book.bus.publish(facts.TokenMade(user=token.user, token=token.id, label=token.label, expires_utc_ms=token.expires_utc_ms))
            done(secret, token)

        book.submit(work, made, failed)

    def tokens(self, actor: Actor, user_name: str, done: Callable[[list[ApiToken]], None], failed: Failed) -> None:
        """The tokens of a user, the oldest first; for the user and for who manages users."""
        self._book.check(actor, Act.MANAGE_USERS, user_name)
        kept = self._book.kept
        self._book.submit(lambda: kept.tokens(user_name), done, failed)

    def revoke_token(self, actor: Actor, wanted: str, done: Callable[[ApiToken], None], failed: Failed) -> None:
        """A token is worth nothing from now on; for its user and for who manages users. Refused when there is none with this id."""
        book = self._book

        def work() -> ApiToken:
            token = book.kept.token(wanted)
            if token is None:
                raise Refused(text("There is no such token any more."))
            book.check(actor, Act.MANAGE_USERS, token.user)
            book.kept.remove_token(token.id)
            return token

        def revoked(token: ApiToken) -> None:
            self._forget({token.id})
            book.bus.publish(facts.TokenRevoked(user=token.user, token=token.id, label=token.label, by=actor.about))
            done(token)

        book.submit(work, revoked, failed)

    # ---- memory follows --------------------------------------------------------------------------------------------

    def _hear(self, change: AccountChange) -> None:
        if self._memory is None:
            return
        if change.user is not None:
            self._memory.users[change.name] = change.user
            return
        self._memory.users.pop(change.name, None)
        self._forget({token.id for token in self._memory.tokens.values() if token.user == change.name})

    def _forget(self, ids: set[str]) -> None:
        if self._memory is not None:
            self._memory.tokens = {digest: token for digest, token in self._memory.tokens.items() if token.id not in ids}

    def _replace(self, token: ApiToken) -> None:
        assert self._memory is not None
        for digest, one in self._memory.tokens.items():
            if one.id == token.id:
                self._memory.tokens[digest] = token
                return
