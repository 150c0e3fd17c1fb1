"""What every page stands on: the guard in front of it, and the sentence that a person reads when it cannot be shown."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, wraps
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

from klein import Klein
from twisted.internet import defer
from twisted.python.failure import Failure
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, RoutingException, Rule

from engine.control.accounts import Accounts
from engine.control.asking import Answer
from engine.control.control import ActRefused
from engine.control.site_control import SiteControl
from engine.control.user_control import UserControl
from engine.control.window import Window
from engine.kernel.clock import Clock
from engine.kernel.errors import BadInput, EnvironmentFault, Refused
from engine.kernel.executor import Executor
from engine.kernel.text import Text, text
from engine.people.actors import Act
from web.render import Renderer, StaticFile
from web.request import BODY_BYTES_MOST, UPLOAD_BYTES_MOST, PageRequest
from web.sessions import Sessions
from web.unsent import WRITTEN_BYTES_MOST, UnsentForm, unsent_to_json
from web.visit import PageFault, Visit, local_path, login_token

__all__ = ["LOGIN_ENDED_FORM_KEPT", "UNSENT_PATH", "House", "PageRule", "PageRules", "asked"]

UNSENT_PATH = "/unsent"
"""Where a form waits that was sent without a login."""

T = TypeVar("T")
View = Callable[..., Any]

FORM_IS_FOREIGN = text(
    "This form did not come from this page, or it is too old. Nothing was changed. Go back, reload the page and try again."
)
LOGIN_ENDED_FORM_KEPT = text("Your login has ended. Nothing was sent, and what you typed is kept: log in again, then send it.")
CARRIES_UNSENT = frozenset({"/login", "/preferences"})
"""Forms that can hold another form, one which waits for the login."""
STATUS_SENTENCES = {
    404: text("There is no such page."),
    405: text("This page cannot be asked in this way."),
    400: text("The address of this page is not understood."),
}
TITLES = {
    400: text("Not understood"),
    401: text("Log in first"),
    403: text("Not allowed"),
    404: text("Not found"),
    405: text("Not understood"),
    409: text("Not possible now"),
    413: text("Too large"),
    500: text("Something went wrong"),
    503: text("Not possible now"),
}


def asked(ask: Callable[[Callable[[T], None], Callable[[Exception], None]], None]) -> defer.Deferred[T]:
    """A question that is answered later, as a Deferred. The page may have been left before the answer comes."""
    answered: defer.Deferred[T] = defer.Deferred()
    ask(answered.callback, answered.errback)
    return answered


@dataclass(frozen=True)
class PageRule:
    """A page's address, and who may ask for it: see ``House.add``."""

    rule: str
    methods: tuple[str, ...]
    act: Act | None
    anybody: bool = False
    restricted: bool = False


class PageRules:
    """Every page that there is."""

    def __init__(self) -> None:
        self._rules: list[PageRule] = []

    def __iter__(self) -> Iterator[PageRule]:
        return iter(self._rules)

    def add(self, rule: PageRule) -> None:
        """There is a further page. All are added before anybody asks."""
        self._rules.append(rule)

    def find(self, path: str, method: str) -> PageRule | None:
        """Which page is asked for by a path (with or without a query); None when there is none."""
        try:
            endpoint, _parts = self._map.bind("box").match(unquote(urlsplit(path).path), method)
        except (HTTPException, RoutingException, ValueError):
            return None
        return self._rules[int(endpoint)]

    def page_above(self, path: str) -> str:
        """The page that an address without one belongs to: the nearest above it that can be looked at."""
        above = urlsplit(path).path
        while above.strip("/"):
            above = above.rstrip("/").rpartition("/")[0]
            if above and self.find(above, "GET") is not None:
                return above
        return "/"

    @cached_property
    def _map(self) -> Map:
        return Map([Rule(rule.rule, methods=list(rule.methods), endpoint=str(number)) for number, rule in enumerate(self._rules)])


@dataclass(frozen=True)
class House:
    """Everything that pages use. ``secure``: the page is served with TLS. ``chores`` is for what takes long; ``ask`` answers the
    commands of ``engine/control/asking.py``.
    """

    accounts: Accounts
    users: UserControl
    window: Window
    sites: SiteControl
    sessions: Sessions
    renderer: Renderer
    static: dict[str, StaticFile]
    clock: Clock
    chores: Executor
    log: Callable[[str], None]
    secure: bool
    ask: Answer
    uploads: dict[str, Act | None] = field(default_factory=dict)
    """The addresses that take a file, and what whoever sends it must be allowed."""
    rules: PageRules = field(default_factory=PageRules)
    """Every page, with what its user must be allowed."""

    def add(
        self,
        app: Klein,
        rule: str,
        act: Act | None,
        view: View,
        methods: Iterable[str] = ("GET",),
        *,
        anybody: bool = False,
        restricted: bool = False,
        upload: bool = False,
    ) -> None:
        """Put a page to an address. ``act`` is what its user must be allowed; None: any user. ``anybody``: also without login.
        ``restricted``: also for who must change the password first. ``upload``: it takes a file (``Visit.file``) of up to
        ``UPLOAD_BYTES_MOST`` octets; the address has no variable parts then.
        """
        methods = tuple(methods)
        if upload:
            self.uploads[rule] = act

        @wraps(view)
        def guarded(request: Any, **parts: str) -> Any:  # noqa: ANN401  # Klein's request and renderable
            visit = self.visit(request)
            if request.too_large:
                raise PageFault(413, text("The file is larger than {most} MB. Nothing was changed.", most=request.body_most >> 20))
            if not anybody and visit.session is None:
                return self._log_in_first(visit, keeps=not restricted)
            if request.method == b"POST" and not visit.form_is_ours():
                return self._not_ours(visit, keeps=not (anybody or restricted))
            if not anybody and visit.session is not None:
                if visit.session.user.must_change and not restricted:
                    return self._change_password_first(visit)
                if act is not None:
                    self.window.check(visit.actor, act)
                if request.method == b"POST" and visit.session.unsent is not None and visit.session.unsent.path == visit.path:
                    visit.session.unsent = None  # it is sent now
            return view(visit, **parts)

        app.route(rule, methods=list(methods), endpoint=f"{rule} {view.__name__}")(guarded)
        self.rules.add(PageRule(rule, methods, act, anybody, restricted))

    def body_most(self, path: str, cookies: str) -> int:
        """How many octets may be sent to a path, by whoever has these cookies: files only by users who may, and by who was one until
        lately, so that the page can say what happens with what was typed.
        """
        if path in CARRIES_UNSENT:
            return WRITTEN_BYTES_MOST
        if path not in self.uploads:
            return BODY_BYTES_MOST
        token = login_token(cookies, secure=self.secure)
        session, act = self.sessions.find(token), self.uploads[path]
        if session is None:
            return UPLOAD_BYTES_MOST if self.sessions.whose(token) else BODY_BYTES_MOST
        known = not session.user.must_change and (act is None or self.window.may(session.actor, act))
        return UPLOAD_BYTES_MOST if known else BODY_BYTES_MOST

    def visit(self, request: PageRequest) -> Visit:
        """The request as a page sees it."""
        return Visit(request, self.sessions, self.renderer, self.window.site.box.language, secure=self.secure)

    # ---- before the password is shown, and after a login has ended -------------------------------------------------

    def login_form(self, visit: Visit, said: Text | None, status: int, unsent: UnsentForm | None = None) -> bytes:
        """The form for logging in. ``unsent``: a form that waits until then."""
        values = {
            "said": said,
            "name": visit.value("name", 60),
            "next": local_path(visit.value("next") or "/"),
            "site_name": self.window.site.box.name,
            "waiting_form": unsent_to_json(unsent) if unsent is not None else "",
        }
        return visit.page("account/login.html", values, status)

    def _log_in_first(self, visit: Visit, *, keeps: bool) -> bytes:
        form = visit.request.method not in {b"GET", b"HEAD"}
        if "text/html" not in visit.header("accept"):
            raise PageFault(401, text("Your login has ended. Log in again."))
        if form and keeps and visit.is_no_foreign_form():
            return self.login_form(visit, LOGIN_ENDED_FORM_KEPT, 401, visit.unsent_form())
        if form:
            return visit.go("/login", ended="1")
        query = {"ended": "1"} if visit.token else {}
        return visit.go("/login", next=visit.path, **query) if visit.path != "/" else visit.go("/login", **query)

    def _not_ours(self, visit: Visit, *, keeps: bool) -> bytes:
        """The form has the token of another login. From one of our pages, left open while the user logged in anew, it is kept."""
        if not keeps or visit.session is None or not visit.came_from_here():
            raise PageFault(403, FORM_IS_FOREIGN)
        visit.session.unsent = visit.unsent_form()
        return visit.go(UNSENT_PATH)

    def _change_password_first(self, visit: Visit) -> bytes:
        if visit.request.method == b"POST" and visit.session is not None:
            visit.session.unsent = visit.unsent_form()
        return visit.go("/password")

    # ---- what cannot be shown --------------------------------------------------------------------------------------

    def failed(self, request: Any, failure: Failure) -> bytes:  # noqa: ANN401  # Klein's request
        """The page for a fault."""
        status, said = self._judge(request, failure)
        if request.startedWriting:
            request.loseConnection()
            return b""
        visit = self.visit(request)
        if failure.check(HTTPException) and status == 405 and request.method in {b"GET", b"HEAD"}:
            # A form's address, entered anew or come back to by the switch of languages: its page is what is meant.
            return visit.go(self.rules.page_above(visit.path))
        if failure.check(HTTPException) and status == 405:
            request.setHeader("allow", ", ".join(sorted(getattr(failure.value, "valid_methods", None) or [])))
        heading = TITLES.get(status, TITLES[500])
        return visit.page("error.html", {"heading": heading, "said": said, "status": status}, status)

    def _judge(self, request: Any, failure: Failure) -> tuple[int, Text]:  # noqa: ANN401  # Klein's request
        error = failure.value
        match error:
            case PageFault():
                return error.status, error.said
            case ActRefused():
                return 403, error.text
            case Refused():
                return 409, error.text
            case BadInput():
                return 400, error.text
            case EnvironmentFault():
                self.log(f"web: {request.path.decode('ascii', 'backslashreplace')}: {error}")
                return 503, error.text
            case HTTPException():
                status = error.code if error.code in STATUS_SENTENCES else 400
                assert status is not None
                return status, STATUS_SENTENCES[status]
        self.log("bug: web: " + "".join(traceback.format_exception(error)))
        return 500, text("Something went wrong inside the appliance; its log has the details. Calls go on.")
