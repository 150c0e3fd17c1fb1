"""What every page stands on: the guard in front of it, and the sentence that a person reads when it cannot be shown."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar

from klein import Klein
from twisted.internet import defer
from twisted.python.failure import Failure
from werkzeug.exceptions import HTTPException

from engine.control.accounts import Accounts
from engine.control.control import ActRefused
from engine.control.site_control import SiteControl
from engine.control.window import Window
from engine.kernel.clock import Clock
from engine.kernel.errors import BadInput, EnvironmentFault, Refused
from engine.kernel.executor import Executor
from engine.kernel.text import Text, text
from engine.people.actors import Act
from web.render import Renderer, StaticFile
from web.request import PageRequest
from web.sessions import Sessions
from web.visit import PageFault, Visit

__all__ = ["House", "asked"]

T = TypeVar("T")
View = Callable[..., Any]

FORM_IS_FOREIGN = text(
    "This form did not come from this page, or it is too old. Nothing was changed. Go back, reload the page and try again."
)
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
    500: text("Something went wrong"),
    503: text("Not possible now"),
}


def asked(ask: Callable[[Callable[[T], None], Callable[[Exception], None]], None]) -> defer.Deferred[T]:
    """A question that is answered later, as a Deferred. The page may have been left before the answer comes."""
    answered: defer.Deferred[T] = defer.Deferred()
    ask(answered.callback, answered.errback)
    return answered


@dataclass(frozen=True)
class House:
    """Everything that pages use. ``secure``: the page is served with TLS. ``chores`` is for what takes long."""

    accounts: Accounts
    window: Window
    sites: SiteControl
    sessions: Sessions
    renderer: Renderer
    static: dict[str, StaticFile]
    clock: Clock
    chores: Executor
    log: Callable[[str], None]
    secure: bool

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
    ) -> None:
        """Put a page to an address. ``act`` is what its user must be allowed; None: any user. ``anybody``: also without login.
        ``restricted``: also for who must change the password first.
        """

        @wraps(view)
        def guarded(request: Any, **parts: str) -> Any:  # noqa: ANN401  # Klein's request and renderable
            visit = self.visit(request)
            if request.method == b"POST" and (visit.session or anybody) and not visit.form_is_ours():
                raise PageFault(403, FORM_IS_FOREIGN)
            if not anybody:
                if visit.session is None:
                    return self._log_in_first(visit)
                if visit.session.user.must_change and not restricted:
                    return visit.go("/password")
                if act is not None:
                    self.window.check(visit.actor, act)
            return view(visit, **parts)

        app.route(rule, methods=list(methods), endpoint=f"{rule} {view.__name__}")(guarded)

    def visit(self, request: PageRequest) -> Visit:
        """The request as a page sees it."""
        return Visit(request, self.sessions, self.renderer, self.window.site.box.language, secure=self.secure)

    def _log_in_first(self, visit: Visit) -> bytes:
        if visit.request.method not in {b"GET", b"HEAD"}:
            return visit.go("/login", ended="1")
        if "text/html" not in visit.header("accept"):
            raise PageFault(401, text("Your login has ended. Log in again."))
        query = {"ended": "1"} if visit.token else {}
        return visit.go("/login", next=visit.path, **query) if visit.path != "/" else visit.go("/login", **query)

    # ---- what cannot be shown --------------------------------------------------------------------------------------

    def failed(self, request: Any, failure: Failure) -> bytes:  # noqa: ANN401  # Klein's request
        """The page for a fault."""
        status, said = self._judge(request, failure)
        if request.startedWriting:
            request.loseConnection()
            return b""
        visit = self.visit(request)
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
