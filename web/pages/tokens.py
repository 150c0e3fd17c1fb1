"""Tokens for programs: one's own, made and revoked."""

from __future__ import annotations

from klein import Klein

from engine.kernel.errors import BadInput, Refused
from engine.kernel.text import Text, text
from engine.people.tokens import LABEL_MOST, ApiToken
from web.house import House, asked
from web.visit import Visit

__all__ = ["add"]

DAYS = ("30", "90", "365", "0")
ID_MOST = 40


class _Tokens:
    def __init__(self, house: House) -> None:
        self._house = house

    async def own(self, visit: Visit) -> bytes:
        """The user's tokens, and a form for another one."""
        return await self._page(visit, None, 200)

    async def make(self, visit: Visit) -> bytes:
        """A new token, shown this once."""
        label, days = visit.value("label", LABEL_MOST + 1), visit.value("days", 4)
        if days not in DAYS:
            return await self._page(visit, text("Choose how long the token lasts."), 400)
        tokens, name = self._house.accounts.tokens, visit.user.name
        try:
            made: tuple[str, ApiToken] = await asked(
                lambda done, failed: tokens.make_token(
                    visit.actor, name, label, int(days), lambda secret, token: done((secret, token)), failed
                )
            )
        except BadInput as fault:
            return await self._page(visit, fault.text, 400)
        secret, token = made
        return visit.page("account/token.html", {"token": token, "secret": secret})

    async def revoke(self, visit: Visit) -> bytes:
        """A token is worth nothing any more."""
        accounts, wanted = self._house.accounts, visit.value("token", ID_MOST)
        assert visit.session is not None
        try:
            token: ApiToken = await asked(lambda done, failed: accounts.tokens.revoke_token(visit.actor, wanted, done, failed))
        except Refused as refusal:
            return await self._page(visit, refusal.text, 409)
        visit.session.news = text("The token {label} is revoked.", label=token.label)
        return visit.go("/account/tokens")

    async def _page(self, visit: Visit, said: Text | None, status: int) -> bytes:
        accounts, name = self._house.accounts, visit.user.name
        tokens: list[ApiToken] = await asked(lambda done, failed: accounts.tokens.tokens(visit.actor, name, done, failed))
        values = {
            "said": said,
            "tokens": tokens,
            "label": visit.value("label", LABEL_MOST + 1),
            "days": visit.value("days", 4) or DAYS[1],
            "choices": DAYS,
            "most": LABEL_MOST,
            "now_utc_ms": self._house.clock.utc_ms(),
            "offset_min": self._house.clock.utc_offset_min(),
        }
        return visit.page("account/tokens.html", values, status)


def add(app: Klein, house: House) -> None:
    """Put these pages to their addresses."""
    tokens = _Tokens(house)
    house.add(app, "/account/tokens", None, tokens.own)
    house.add(app, "/account/tokens", None, tokens.make, ("POST",))
    house.add(app, "/account/tokens/revoke", None, tokens.revoke, ("POST",))
