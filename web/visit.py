"""One request as a page sees it: who asks, in which language, with which values, and how to answer."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from urllib.parse import quote, urlencode

from engine.kernel.text import Text
from engine.people.actors import Act, Actor, allowed
from engine.people.users import User
from web.render import LANGUAGES, Reader, Renderer
from web.request import PageRequest
from web.sessions import Session, Sessions
from web.unsent import UnsentForm, unsent_form

__all__ = ["THEMES", "PageFault", "Visit", "local_path", "login_token"]

VALUE_MOST = 500
"""Characters of one value; what a person types is shorter."""
VALUES_MOST = 40_000
YEAR_S = 31_536_000
COOKIES_MOST = 4096
THEMES = ("auto", "light", "dark")


class PageFault(Exception):
    """There is no page to show: the status, and a sentence for the person."""

    def __init__(self, status: int, said: Text) -> None:
        super().__init__(said.in_english())
        self.status = status
        self.said = said


def local_path(path: str) -> str:
    """A path of this site that somebody gave us, or ``/`` when it would lead elsewhere."""
    inside = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if inside and len(path) <= VALUE_MOST else "/"


class Visit:
    """A request with its login. ``session`` is None before anybody has logged in."""

    def __init__(self, request: PageRequest, sessions: Sessions, renderer: Renderer, site_language: str, *, secure: bool) -> None:
        self.request = request
        self._sessions = sessions
        self._renderer = renderer
        self._secure = secure
        self._cookies = _cookies(request.getHeader("cookie") or "")
        self.token = self._cookies.get(self._name("login"), "")
        self.session: Session | None = sessions.find(self.token) if self.token else None
        self.language = self._choose_language(site_language)
        self.theme = self._cookies.get("theme", "") if self._cookies.get("theme", "") in THEMES else "auto"
        request.user_name = self.session.user.name if self.session else ""

    # ---- what came in --------------------------------------------------------------------------------------------

    @property
    def reader(self) -> Reader:
        """The forms of the reader's language."""
        return self._renderer.readers[self.language]

    @property
    def renderer(self) -> Renderer:
        """The templates."""
        return self._renderer

    @property
    def path(self) -> str:
        """Path and query of this request."""
        return local_path(self.request.uri.decode("ascii", "replace"))

    @property
    def actor(self) -> Actor:
        """Who asks; only in a page that needs a login."""
        assert self.session is not None
        return self.session.actor

    @property
    def user(self) -> User:
        """Who is logged in; only in a page that needs a login."""
        assert self.session is not None
        return self.session.user

    def value(self, name: str, most: int = VALUE_MOST) -> str:
        """One value of the form or the query, without blanks around it; empty when it is not there."""
        return self.raw_value(name, most).strip()

    def raw_value(self, name: str, most: int = VALUE_MOST) -> str:
        """The value as it was typed: for passwords."""
        found = self.request.args.get(name.encode(), [])
        return found[0].decode("utf-8", "replace")[:most] if found else ""

    def values(self, name: str, most: int = VALUES_MOST) -> list[str]:
        """Every value of this name: of a list of boxes to tick, or of a field whose own limit is judged later."""
        return [value.decode("utf-8", "replace")[:most].strip() for value in self.request.args.get(name.encode(), [])]

    def file(self, name: str) -> tuple[str, bytes] | None:
        """An uploaded file as its name and its octets; None when none was chosen. Only at addresses that take one: see ``House.add``."""
        return self.request.files.get(name)

    def header(self, name: str) -> str:
        """A header of the request; empty when it is not there."""
        return (self.request.getHeader(name) or "")[:VALUE_MOST]

    # ---- forms are ours --------------------------------------------------------------------------------------------

    @property
    def csrf(self) -> str:
        """What every form of this visit carries. A browser that is not known yet gets a cookie for it."""
        if self.session is not None:
            return self.session.csrf
        visit = self._cookies.get(self._name("visit"), "")
        if not visit:
            visit = self._sessions.new_visit()
            self._cookies[self._name("visit")] = visit
            self._set_cookie(self._name("visit"), visit, None)
        return self._sessions.visit_csrf(visit)

    def form_is_ours(self) -> bool:
        """True when the form came from a page that we gave to this browser."""
        if self.header("origin") and not self.came_from_here():
            return False
        known = self.session is not None or self._name("visit") in self._cookies
        return known and hmac.compare_digest(self.raw_value("csrf").encode(), self.csrf.encode())

    def came_from_here(self) -> bool:
        """True when the browser says that one of our pages sent this form. An old browser does not say it: false then."""
        return self.header("origin") == f"{'https' if self._secure else 'http'}://{self.header('host')}"

    def is_no_foreign_form(self) -> bool:
        """True unless another site's page sent this form: the browser says so itself, or it has brought our cookie along, which it does
        not do for others (``SameSite``).
        """
        return self.came_from_here() or (not self.header("origin") and self.token != "")

    def unsent_form(self) -> UnsentForm:
        """The form as far as it can be kept until its user has logged in again."""
        return unsent_form(self.path, self.request.args, self.request.files, self._sessions.whose(self.token))

    # ---- answers ---------------------------------------------------------------------------------------------------

    def page(self, template: str, values: Mapping[str, object], status: int = 200) -> bytes:
        """An HTML page."""
        self.request.setResponseCode(status)
        self.request.setHeader("content-type", "text/html; charset=utf-8")
        user = self.session.user if self.session else None
        news = None
        if self.session is not None:
            news, self.session.news = self.session.news, None
        common = {
            "news": news,
            "csrf": self.csrf,
            "path": self.path,
            "theme": self.theme,
            "user_name": user.name if user else "",
            "restricted": bool(user and user.must_change),
            "may": self._may(),
        }
        return self._renderer.page(template, self.language, {**common, **values})

    def go(self, path: str, **query: str) -> bytes:
        """Send the browser to another page of ours."""
        there = local_path(path)
        joint = "&" if "?" in there else "?"
        self.request.setResponseCode(303)
        self.request.setHeader("location", quote(there, safe="/?&=%+.~-_:,") + (joint + urlencode(query) if query else ""))
        return b""

    def remember(self, name: str, value: str) -> None:
        """Keep a choice in the browser for a year."""
        self._set_cookie(name, value, YEAR_S)

    def prefer(self, language: str, theme: str) -> None:
        """Show what is answered now in another language or other colours; what is none is passed over."""
        self.language = language if language in LANGUAGES else self.language
        self.theme = theme if theme in THEMES else self.theme

    def log_in(self, token: str, session: Session) -> None:
        """The browser is known from now on."""
        if self.token:
            self._sessions.end(self.token)
        self.token, self.session = token, session
        self._set_cookie(self._name("login"), token, None)

    def log_out(self) -> None:
        """The browser is unknown from now on."""
        self._sessions.end(self.token)
        self.session = None
        self._set_cookie(self._name("login"), "", 0)

    # ---- small things ------------------------------------------------------------------------------------------------

    def _may(self) -> frozenset[str]:
        return frozenset(act.value for act in Act if self.session is not None and allowed(self.session.actor, act, ""))

    def _choose_language(self, site_language: str) -> str:
        chosen = [self.session.user.language] if self.session else []
        asked = [part.split(";")[0].strip()[:2].lower() for part in self.header("accept-language").split(",")]
        for language in [*chosen, self._cookies.get("language", ""), *asked, site_language]:
            if language in LANGUAGES:
                return language
        return "en"

    def _name(self, name: str) -> str:
        """With TLS the browser itself sees to it that nobody else on the host's name can set the cookie (RFC 6265bis, 4.1.3.2)."""
        return f"__Host-{name}" if self._secure else name

    def _set_cookie(self, name: str, value: str, max_age_s: int | None) -> None:
        parts = [f"{name}={value}", "Path=/", "HttpOnly", "SameSite=Lax"]
        if self._secure:
            parts.append("Secure")
        if max_age_s is not None:
            parts.append(f"Max-Age={max_age_s}")
        self.request.responseHeaders.addRawHeader(b"Set-Cookie", "; ".join(parts).encode())


def login_token(cookies: str, *, secure: bool) -> str:
    """The login's token in a request's cookies; empty when there is none."""
    return _cookies(cookies).get("__Host-login" if secure else "login", "")


def _cookies(header: str) -> dict[str, str]:
    found: SimpleCookie = SimpleCookie()
    try:
        found.load(header[:COOKIES_MOST])
    except CookieError:
        return {}
    return {name: morsel.value for name, morsel in found.items()}
