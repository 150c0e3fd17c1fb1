"""Logging in and out, one's own password, and how one likes to read."""

from __future__ import annotations

from klein import Klein

from engine.control.accounts import LoginRefusal
from engine.kernel.errors import BadInput, EnvironmentFault
from engine.kernel.text import Text, text
from engine.people.actors import Act
from engine.people.users import LANGUAGES, PASSWORD_LEAST, PASSWORD_MOST, User
from web.house import LOGIN_ENDED_FORM_KEPT, UNSENT_PATH, House, asked
from web.unsent import WRITTEN_BYTES_MOST, UnsentForm, unsent_from_json
from web.visit import THEMES, Visit, local_path

__all__ = ["add"]

TYPED_MOST = PASSWORD_MOST + 1
"""One more than allowed, so that a longer one is refused and not cut short in silence."""
FORM_IS_OLD = text("The page was open for too long. Please try again.")


class _Account:
    def __init__(self, house: House) -> None:
        self._house = house

    # ---- login -----------------------------------------------------------------------------------------------------

    def login(self, visit: Visit) -> bytes:
        """The form."""
        if visit.session is not None:
            return visit.go(visit.value("next") or "/")
        said = text("Your login has ended. Log in again.") if visit.value("ended") else None
        return self._house.login_form(visit, said, 200)

    async def try_login(self, visit: Visit) -> bytes:
        """The form comes back. It is judged here whether it is ours: whoever typed a name should not see a bare error."""
        unsent = waiting_form(visit)
        if not visit.form_is_ours():
            return self._house.login_form(visit, FORM_IS_OLD, 403, unsent)
        name, password = visit.value("name", 60), visit.raw_value("password", TYPED_MOST)
        accounts = self._house.accounts
        try:
            user: User = await asked(lambda done, failed: accounts.log_in(name, password, done, failed))
        except LoginRefusal as refusal:
            return self._house.login_form(visit, refusal.text, 401, unsent)
        except EnvironmentFault as fault:
            return self._house.login_form(visit, fault.text, 503, unsent)
        token, session = self._house.sessions.begin(user)
        session.unsent = unsent
        visit.log_in(token, session)
        visit.request.user_name = user.name
        if user.must_change:
            return visit.go("/password")
        return visit.go(UNSENT_PATH if unsent is not None else visit.value("next") or "/")

    def logout(self, visit: Visit) -> bytes:
        """End this login."""
        visit.log_out()
        return visit.go("/login")

    # ---- password ----------------------------------------------------------------------------------------------------

    def password(self, visit: Visit) -> bytes:
        """The form."""
        return self._password_form(visit, None, 200)

    async def change_password(self, visit: Visit) -> bytes:
        """The form comes back."""
        session = visit.session
        assert session is not None
        old, new = visit.raw_value("old", TYPED_MOST), visit.raw_value("new", TYPED_MOST)
        if new != visit.raw_value("again", TYPED_MOST):
            return self._password_form(visit, text("The two new passwords are different."), 400)
        accounts, name = self._house.accounts, session.user.name
        try:
            user: User = await asked(lambda done, failed: accounts.change_password(name, old, new, done, failed))
        except LoginRefusal as refusal:
            said = refusal.text if refusal.locked else text("The old password is wrong.")
            return self._password_form(visit, said, 400)
        except BadInput as wrong:
            return self._password_form(visit, wrong.text, 400)
        # every login with the old password has ended, this one too: whoever knew its cookie knows nothing now
        token, fresh = self._house.sessions.begin(user)
        fresh.news, fresh.unsent = text("Your password is changed."), session.unsent
        visit.log_in(token, fresh)
        return visit.go(UNSENT_PATH if fresh.unsent is not None else "/")

    def _password_form(self, visit: Visit, said: Text | None, status: int) -> bytes:
        return visit.page("account/password.html", {"said": said, "least": PASSWORD_LEAST}, status)

    # ---- preferences -------------------------------------------------------------------------------------------------

    async def prefer(self, visit: Visit) -> bytes:
        """Another language or other colours, from the switches on every page."""
        back, unsent = local_path(visit.value("next") or "/"), waiting_form(visit)
        theme, language = visit.value("theme", 10), visit.value("language", 10)
        if theme in THEMES:
            visit.remember("theme", theme)
        if language in LANGUAGES:
            visit.remember("language", language)
            if visit.session is not None:
                accounts, name = self._house.accounts, visit.session.user.name
                _user: User = await asked(lambda done, failed: accounts.set_language(name, language, done, failed))
        if unsent is not None and visit.session is None:
            visit.prefer(language, theme)
            return self._house.login_form(visit, LOGIN_ENDED_FORM_KEPT, 200, unsent)
        return visit.go(back)

    # ---- the way in --------------------------------------------------------------------------------------------------

    def home(self, visit: Visit) -> bytes:
        """The first page: who takes calls comes to the own desk, who leads or looks to the live page."""
        may = self._house.window.may
        if may(visit.actor, Act.OWN_AGENT) and not may(visit.actor, Act.AGENT_STATE):
            return visit.go("/me")
        return visit.go("/live" if may(visit.actor, Act.SEE_STATUS) else "/calls")


def waiting_form(visit: Visit) -> UnsentForm | None:
    """The form that waits for the login, when one does."""
    written = visit.raw_value("unsent", WRITTEN_BYTES_MOST)
    return unsent_from_json(written) if written else None


def add(app: Klein, house: House) -> None:
    """Put these pages to their addresses."""
    account = _Account(house)
    house.add(app, "/", None, account.home)
    house.add(app, "/login", None, account.login, anybody=True)
    # the form is judged by the page itself
    app.route("/login", methods=["POST"], endpoint="try login")(lambda request: account.try_login(house.visit(request)))
    house.add(app, "/logout", None, account.logout, ("POST",), restricted=True)
    house.add(app, "/password", None, account.password, restricted=True)
    house.add(app, "/password", None, account.change_password, ("POST",), restricted=True)
    house.add(app, "/preferences", None, account.prefer, ("POST",), anybody=True)
