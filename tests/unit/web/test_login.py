"""Logging in and out, passwords, foreign forms, and how one likes to read."""

from __future__ import annotations

import pytest

from engine import facts
from tests.pages import PASSWORD, Maker, Pages, logged

WRONG = "用户名或密码错误"


def test_a_login_opens_the_page(pages: Pages) -> None:
    """With name and password one is on the live page, and the journal knows who came."""
    person = pages.person()
    first = person.get("/")
    assert (first.status, first.header("location")) == (303, "/login")
    reply = person.log_in("admin")
    assert (reply.status, reply.header("location")) == (303, "/")
    assert person.get("/").header("location") == "/live"
    assert person.get("/live").status == 200
    assert pages.day.told(facts.UserLoggedIn)[-1] == facts.UserLoggedIn(user="admin")


def test_the_cookie_of_a_login_cannot_be_read_or_sent_elsewhere(make_pages: Maker) -> None:
    """Scripts, other sites and unencrypted connections do not get the login."""
    cookie = next(value for key, value in make_pages().person().log_in("admin").headers if key == "set-cookie" and "login" in value)
    name, *rest = cookie.split("; ")
    assert name.startswith("__Host-login=")
    assert rest == ["Path=/", "HttpOnly", "SameSite=Lax", "Secure"]
    plain = make_pages(secure=False).person().log_in("admin")
    assert any(value.startswith("login=") and "Secure" not in value for key, value in plain.headers if key == "set-cookie")


@pytest.mark.parametrize(("name", "known"), [("admin", "admin"), ("nobody", ""), ("p@ss word!", ""), ("", "")])
def test_a_wrong_login_says_the_same_whatever_was_wrong(pages: Pages, name: str, known: str) -> None:
    """Whoever guesses does not learn which names exist; the typed name stays in the form, but never reaches journal or log when unknown."""
    reply = pages.person(accept_language="zh-CN").log_in(name, "wrong password")
    assert reply.status == 401
    assert WRONG in reply.text
    assert pages.day.told(facts.UserLoginRefused)[-1].user == known
    if name and not known:
        assert f'value="{name}"' in reply.text
        assert not logged(pages, name)


def test_five_wrong_passwords_lock_the_account_for_ten_minutes(pages: Pages) -> None:
    """Guessing ends after five tries, even with the right password; after the time it works again."""
    person = pages.person(accept_language="en")
    for _ in range(4):
        assert "User name or password is wrong." in person.log_in("guest", "wrong").text
    before = len(pages.day.told(facts.UserLocked))
    assert "Try again in 10 minutes." in person.log_in("guest", "wrong").text
    assert len(pages.day.told(facts.UserLocked)) == before + 1
    assert "Try again in 10 minutes." in person.log_in("guest", PASSWORD).text
    pages.later(10)
    assert person.log_in("guest", PASSWORD).status == 303


def test_other_accounts_are_not_locked_with_it(pages: Pages) -> None:
    """Somebody who guesses at one account keeps nobody else out, and a right password counts the wrong ones anew."""
    person = pages.person()
    for _ in range(4):
        person.log_in("guest", "wrong")
    assert pages.person().log_in("guest").status == 303
    for _ in range(4):
        assert person.log_in("guest", "wrong").status == 401
    assert pages.person().log_in("guest").status == 303
    assert pages.person().log_in("admin").status == 303


def test_a_made_password_must_be_changed_first(make_pages: Maker) -> None:
    """Who logs in with a password that somebody else knows sees nothing before choosing another."""
    pages = make_pages(must_change=True)
    person = pages.person(accept_language="en")
    assert person.log_in("admin").header("location") == "/password"
    assert person.get("/live").header("location") == "/password"
    assert person.get("/calls").header("location") == "/password"
    form = person.get("/password")
    assert "Choose one of your own before you go on." in form.text
    new = "a wholly different one"
    reply = person.post("/password", {"csrf": form.csrf, "old": PASSWORD, "new": new, "again": new})
    assert reply.header("location") == "/"
    live = person.get("/live")
    assert "Your password is changed." in live.text
    assert "Your password is changed." not in person.get("/live").text
    assert pages.day.told(facts.PasswordChanged)[-1] == facts.PasswordChanged(user="admin", by="user admin")
    assert pages.person().log_in("admin").status == 401
    assert pages.person().log_in("admin", new).status == 303


@pytest.mark.parametrize(
    ("old", "new", "again", "said"),
    [
        ("wrong", "long enough, other", "long enough, other", "The old password is wrong."),
        (PASSWORD, "short", "short", "The password has 5 characters; at least 10 are needed."),
        (PASSWORD, "x" * 200, "x" * 200, "The password has 129 characters; at most 128 are possible."),
        (PASSWORD, PASSWORD, PASSWORD, "The new password is the old one."),
        (PASSWORD, "ababababababab", "ababababababab", "at least 5 different characters"),
        (PASSWORD, "the-admin-of-box", "the-admin-of-box", "contains the user name"),
        (PASSWORD, "long enough one", "long enough two", "The two new passwords are different."),
    ],
)
def test_a_poor_password_is_refused_with_its_reason(pages: Pages, old: str, new: str, again: str, said: str) -> None:
    """Each rule for passwords is told when it is broken, and the old password goes on working."""
    person = pages.person("admin", accept_language="en")
    reply = person.submit("/password", "/password", {"old": old, "new": new, "again": again})
    assert reply.status == 400
    assert said in reply.text
    assert pages.person().log_in("admin").status == 303


def test_changing_the_password_ends_the_users_other_logins(pages: Pages) -> None:
    """Whoever had stolen the login is out; the one who changed the password stays in, with another cookie."""
    here, elsewhere, other = pages.person("admin"), pages.person("admin"), pages.person("guest")
    cookie = here.cookies["__Host-login"]
    new = "a wholly different one"
    here.submit("/password", "/password", {"old": PASSWORD, "new": new, "again": new})
    assert here.get("/live").status == 200
    assert here.cookies["__Host-login"] != cookie
    assert elsewhere.get("/live").status == 303
    assert other.get("/live").status == 200


def test_logging_out_ends_the_login(pages: Pages) -> None:
    """After logging out the cookie is worth nothing, also for who copied it."""
    person = pages.person("admin")
    copied = dict(person.cookies)
    assert person.submit("/live", "/logout", {}).header("location") == "/login"
    thief = pages.person()
    thief.cookies = copied
    assert thief.get("/live").header("location") == "/login?next=%2Flive&ended=1"


# ---- forms that are not ours ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("token", ["", "0" * 32, "ü"])
@pytest.mark.parametrize("path", ["/logout", "/password", "/preferences"])
def test_a_form_without_our_token_changes_nothing(pages: Pages, path: str, token: str) -> None:
    """A page of somebody else cannot make a browser act for its user."""
    person = pages.person("admin", accept_language="en")
    reply = person.post(path, {"csrf": token, "language": "zh"})
    assert reply.status == 403
    assert "This form did not come from this page" in reply.text
    assert 'lang="en"' in person.get("/live").text


def test_a_token_of_another_login_is_foreign(pages: Pages) -> None:
    """A token fits only the login that it was made for."""
    theirs = pages.person("guest").get("/live").csrf
    assert pages.person("admin").post("/logout", {"csrf": theirs}).status == 403


def test_a_form_from_another_origin_is_foreign(pages: Pages) -> None:
    """Even with the right token a form from another site is refused; from this one it is taken."""
    person = pages.person("admin")
    token = person.get("/live").csrf
    assert person.post("/logout", {"csrf": token}, origin="https://evil.example").status == 403
    assert person.post("/logout", {"csrf": token}, origin="https://box.example").status == 303


def test_a_login_form_that_is_too_old_keeps_the_name(pages: Pages) -> None:
    """Whoever left the login page open sees the form again, the name still in it, and a sentence."""
    reply = pages.person(accept_language="en").post("/login", {"csrf": "old", "name": "admin", "password": PASSWORD})
    assert reply.status == 403
    assert "The page was open for too long." in reply.text
    assert 'value="admin"' in reply.text
    assert PASSWORD not in reply.text


# ---- how long a login lasts ----------------------------------------------------------------------------------------


def test_an_unused_login_ends_and_leads_back(pages: Pages) -> None:
    """After half an hour the page asks for the password again, says why, and then shows what was asked for."""
    person = pages.person("admin", accept_language="en")
    pages.later(29)
    assert person.get("/calls").status == 200
    pages.later(30)
    reply = person.get("/calls?q=138&agent=1001")
    assert reply.header("location") == "/login?next=%2Fcalls%3Fq%3D138%26agent%3D1001&ended=1"
    form = person.get(reply.header("location"))
    assert "Your login has ended. Log in again." in form.text
    back = person.post("/login", {"csrf": form.csrf, "name": "admin", "password": PASSWORD, "next": "/calls?q=138&agent=1001"})
    assert back.header("location") == "/calls?q=138&agent=1001"


@pytest.mark.parametrize("away", ["//evil.example/", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", "/\r\nX: y"])
def test_the_way_back_leads_nowhere_else(pages: Pages, away: str) -> None:
    """A link with somebody else's page as the way back leads to our first page."""
    person = pages.person()
    reply = person.submit("/login", "/login", {"name": "admin", "password": PASSWORD, "next": away})
    assert reply.header("location") == "/"


# ---- language and colours -------------------------------------------------------------------------------------------


def test_the_language_is_switched_and_remembered(pages: Pages) -> None:
    """A click changes the language at once; the account keeps it for the next browser."""
    person = pages.person("banzhang", accept_language="en")
    assert 'lang="en"' in person.get("/live").text
    assert person.submit("/calls?q=1", "/preferences", {"language": "zh", "next": "/calls?q=1"}).header("location") == "/calls?q=1"
    page = person.get("/live").text
    assert 'lang="zh-CN"' in page
    assert "座席" in page
    assert 'lang="zh-CN"' in pages.person("banzhang", accept_language="en").get("/live").text


def test_the_browsers_language_counts_until_one_is_chosen(pages: Pages) -> None:
    """A Chinese browser reads Chinese, an English one English, any other one the site's language."""
    for asked, shown in (("zh-CN,zh;q=0.9", "zh-CN"), ("en-GB,en;q=0.9", "en"), ("fr", "zh-CN"), ("", "zh-CN")):
        assert f'<html lang="{shown}"' in pages.person(accept_language=asked).get("/login").text


def test_colours_are_remembered(pages: Pages) -> None:
    """Dark stays dark, without a script; nonsense is ignored."""
    person = pages.person()
    person.submit("/login", "/preferences", {"theme": "dark"})
    assert 'data-theme="dark"' in person.get("/login").text
    person.submit("/login", "/preferences", {"theme": "pink", "language": "xx"})
    assert 'data-theme="dark"' in person.get("/login").text
