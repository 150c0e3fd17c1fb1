"""Logging in and out, one's own password, and how one likes to read."""

from __future__ import annotations

from klein import Klein

from engine.control.accounts import LoginRefusal
from engine.kernel.errors import BadInput, EnvironmentFault
from engine.kernel.text import Text, text
from engine.people.actors import Act
from engine.people.users import LANGUAGES, PASSWORD_LEAST, PASSWORD_MOST, User
from web.house import House, asked
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
        return self._login_form(visit, said, 200)

    async def try_login(self, visit: Visit) -> bytes:
        """The form comes back. It is judged here whether it is ours: whoever typed a name should not see a bare error."""
        if not visit.form_is_ours():
            return self._login_form(visit, FORM_IS_OLD, 403)
        name, password = visit.value("name", 60), visit.raw_value("password", TYPED_MOST)
        accounts = self._house.accounts
        try:
            user: User = await asked(lambda done, failed: accounts.log_in(name, password, done, failed))
        except LoginRefusal as refusal:
            return self._login_form(visit, refusal.text, 401)
        except EnvironmentFault as fault:
            return self._login_form(visit, fault.text, 503)
        visit.log_in(*self._house.sessions.begin(user))
        visit.request.user_name = user.name
        return visit.go("/password") if user.must_change else visit.go(visit.value("next") or "/")

    def _login_form(self, visit: Visit, said: Text | None, status: int) -> bytes:
        values = {
            "said": said,
            "name": visit.value("name", 60),
            "next": local_path(visit.value("next") or "/"),
            "site_name": self._house.window.site.box.name,
        }
        return visit.page("account/login.html", values, status)

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
        self._house.sessions.end_others(user.name, session)
        token, fresh = self._house.sessions.begin(user)  # a new cookie: whoever knew the old one knows nothing now
        fresh.news = text("Your password is changed.")
        visit.log_in(token, fresh)
        return visit.go("/")

    def _password_form(self, visit: Visit, said: Text | None, status: int) -> bytes:
        return visit.page("account/password.html", {"said": said, "least": PASSWORD_LEAST}, status)

    # ---- preferences -------------------------------------------------------------------------------------------------

    async def prefer(self, visit: Visit) -> bytes:
        """Another language or other colours, from the switches on every page."""
        back = local_path(visit.value("next") or "/")
        theme, language = visit.value("theme", 10), visit.value("language", 10)
        if theme in THEMES:
            visit.remember("theme", theme)
        if language in LANGUAGES:
            visit.remember("language", language)
            if visit.session is not None:
                accounts, name = self._house.accounts, visit.session.user.name
                visit.session.user = await asked(lambda done, failed: accounts.set_language(name, language, done, failed))
        return visit.go(back)

    # ---- the way in --------------------------------------------------------------------------------------------------

    def home(self, visit: Visit) -> bytes:
        """The first page that the user may see."""
        return visit.go("/live" if self._house.window.may(visit.actor, Act.SEE_STATUS) else "/calls")


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
