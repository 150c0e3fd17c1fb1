"""The pages of users: made, changed, kept out, removed; and that each change takes hold at once."""

from __future__ import annotations

import re

import pytest

from engine import facts
from engine.control.accounts import LoginRefusal
from engine.people.actors import Role
from engine.people.users import User
from tests.pages import HASH, PASSWORD, Pages, Person, Reply


def secret_of(reply: Reply) -> str:
    """The made password or token that a page shows."""
    found = re.search(r'id="secret">([^<]+)<', reply.text)
    assert found is not None, reply.text
    return found[1]


def tied(pages: Pages, agent: str, name: str = "tied") -> None:
    """There is a user who is this agent."""
    pages.accounts.book.kept.save(User(name, frozenset({Role.AGENT_USER}), "en", HASH, agent=agent))


def press(person: Person, name: str, act: str, form: dict[str, str] | None = None) -> Reply:
    """A button on the page of an account."""
    return person.submit(f"/users/account/{name}", f"/users/account/{name}{act}", form or {})


@pytest.fixture
def admin(pages: Pages) -> Person:
    return pages.person("admin", accept_language="en")


def test_a_new_user_gets_a_made_password_and_chooses_another(pages: Pages, admin: Person) -> None:
    """The password is shown once, opens the account, and must be changed; the agent's desk is the first page."""
    form = admin.get("/users/new")
    assert "Judges conversations" in form.text
    reply = admin.post("/users/new", {"csrf": form.csrf, "name": "wang.wei", "roles": "agent_user", "agent": "1002", "reads": "zh"})
    assert reply.status == 200
    password = secret_of(reply)
    added = facts.UserAdded(user="wang.wei", roles=("agent_user",), agent="1002", by="user admin")
    assert pages.day.told(facts.UserAdded)[-1] == added
    assert password not in admin.get("/users/account/wang.wei").text
    wang = pages.person()
    assert wang.log_in("wang.wei", password).header("location") == "/password"
    new = "a wholly different one"
    wang.submit("/password", "/password", {"old": password, "new": new, "again": new})
    assert wang.get("/").header("location") == "/me"
    row = admin.get("/users?q=wang").text
    assert "王伟" in row
    assert "never" not in row


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"name": "Wang", "roles": "quality"}, "A user name has 2 to 31 lower-case letters"),
        ({"name": "admin", "roles": "quality"}, "There is a user admin already."),
        ({"name": "wang"}, "Choose at least one role."),
        ({"name": "wang", "roles": "technician"}, "Choose at least one role."),
        ({"name": "wang", "roles": "agent_user", "agent": "9999"}, "There is no agent 9999."),
        ({"name": "wang", "roles": "quality", "agent": "1002"}, "needs the role of an agent too"),
        ({"name": "<b>", "roles": "quality"}, "&lt;b&gt;"),
    ],
)
def test_a_wrong_form_comes_back_as_it_was(admin: Person, form: dict[str, str], said: str) -> None:
    """Each fault stands at its field, what was typed is still there, and no account is made."""
    reply = admin.submit("/users/new", "/users/new", form)
    assert reply.status == 400
    assert said in reply.text
    assert 'aria-invalid="true"' in reply.text or 'class="fault"' in reply.text
    if form.get("roles") == "quality":
        assert re.search(r'value="quality" checked', reply.text)
    assert admin.get("/users/account/wang").status == 404


def test_a_role_that_is_taken_away_is_gone_at_once(pages: Pages, admin: Person) -> None:
    """A logged-in supervisor who becomes an onlooker hears no recording any more, without logging in again."""
    supervisor = pages.person("banzhang", accept_language="en")
    assert supervisor.get("/recordings/b1-r1").status == 200
    page = admin.get("/users/account/banzhang")
    form = {
        "csrf": page.csrf,
        "seen_roles": "supervisor",
        "seen_agent": "",
        "seen_language": "",
        "roles": "read_only",
        "agent": "",
        "reads": "",
    }
    reply = admin.post("/users/account/banzhang", form)
    assert reply.header("location") == "/users/account/banzhang"
    assert "is changed" in admin.get("/users/account/banzhang").text
    assert supervisor.get("/recordings/b1-r1").status == 403
    assert supervisor.get("/calls").status == 200
    changed = facts.UserChanged(user="banzhang", changes=("roles: supervisor -> read_only",), by="user admin")
    assert pages.day.told(facts.UserChanged)[-1] == changed
    again = admin.post("/users/account/banzhang", {**form, "roles": "quality"})
    assert again.status == 409
    assert "Meanwhile somebody else has changed the account banzhang." in again.text


def test_a_right_that_is_taken_away_ends_the_live_page(pages: Pages, admin: Person) -> None:
    """Whoever may not look any more does not go on looking at a page that was open before."""
    guest = pages.person("guest")
    stream = guest.open("GET", "/live/stream", headers={"accept": "text/event-stream"})
    pages.wait(100)
    assert not stream.transport.disconnecting
    seen = {"seen_roles": "read_only", "seen_agent": "", "seen_language": ""}
    press(admin, "guest", "", {**seen, "roles": "quality", "reads": "", "agent": ""})
    pages.wait(20_000)
    assert stream.transport.disconnecting or stream.transport.disconnected
    stream.leave()


def test_a_disabled_account_is_out_at_once(pages: Pages, admin: Person) -> None:
    """Logins end, nobody gets in; enabled again the old password works."""
    guest = pages.person("guest")
    assert press(admin, "guest", "/disable").status == 303
    assert guest.get("/live").header("location").startswith("/login")
    assert pages.person(accept_language="en").log_in("guest").status == 401
    assert "disabled" in admin.get("/users").text
    assert press(admin, "guest", "/enable").status == 303
    assert pages.person("guest").get("/live").status == 200


def test_an_administrator_unlocks(pages: Pages, admin: Person) -> None:
    """Whoever mistyped five times need not wait."""
    guest = pages.person()
    for _ in range(5):
        guest.log_in("guest", "wrong")
    assert "locked until" in admin.get("/users?q=guest").text
    assert press(admin, "guest", "/unlock").status == 303
    assert guest.log_in("guest").status == 303


def test_a_new_password_ends_the_logins_of_before(pages: Pages, admin: Person) -> None:
    """It is asked first, shown once, and must be changed."""
    guest = pages.person("guest")
    assert "A new password for guest?" in admin.get("/users/account/guest/password").text
    password = secret_of(press(admin, "guest", "/password"))
    assert guest.get("/live").header("location").startswith("/login")
    assert guest.log_in("guest").status == 401
    assert guest.log_in("guest", password).header("location") == "/password"
    assert "must choose a password" in admin.get("/users").text


def test_a_removed_account_is_gone_and_its_page_says_so(pages: Pages, admin: Person) -> None:
    """It is asked first; afterwards its logins have ended, and an old link leads to a sentence."""
    guest = pages.person("guest")
    assert "Remove the account guest?" in admin.get("/users/account/guest/remove").text
    assert press(admin, "guest", "/remove").header("location") == "/users"
    assert "The account guest is removed." in admin.get("/users").text
    assert guest.get("/live").header("location").startswith("/login")
    gone = admin.get("/users/account/guest")
    assert gone.status == 404
    assert "There is no user guest." in gone.text
    for act in ("/disable", "/remove", "/password", ""):
        form = {"csrf": admin.get("/users").csrf, "roles": "quality"}
        assert admin.post(f"/users/account/guest{act}", form).status == 404
    assert pages.day.told(facts.UserRemoved)[-1] == facts.UserRemoved(user="guest", by="user admin")


@pytest.mark.parametrize(
    ("act", "form"),
    [("/remove", {}), ("/disable", {}), ("/password", {}), ("", {"seen_roles": "administrator", "roles": "quality"})],
)
def test_an_administrator_stays_one(pages: Pages, admin: Person, act: str, form: dict[str, str]) -> None:
    """Of the own account nothing can be taken away, which the page says; it does not offer it either."""
    page = admin.get("/users/account/admin").text
    assert "/users/account/admin/remove" not in page
    reply = press(admin, "admin", act, form)
    assert reply.status == 409
    assert "your own" in reply.text.lower() or "yourself" in reply.text
    assert pages.person("admin").get("/users").status == 200


def test_an_agent_who_was_removed_is_shown_so(pages: Pages, admin: Person) -> None:
    """An account tied to an agent that the settings do not have any more is marked, and can be changed in other things."""
    tied(pages, "7777")
    assert "removed" in admin.get("/users?q=7777").text
    assert "tied to agent 7777, who was removed" in admin.get("/users/account/tied").text
    seen = {"seen_roles": "agent_user", "seen_agent": "7777", "seen_language": "en"}
    assert press(admin, "tied", "", {**seen, "roles": "agent_user", "agent": "7777", "reads": "zh"}).status == 303
    page = pages.person("tied", accept_language="en").get("/me")
    assert page.status == 200
    assert "7777" in page.text


def test_the_list_is_searched_and_paged(pages: Pages, admin: Person) -> None:
    """With many users one finds by a part of the name or of the agent's; a page that is not there is the last one."""
    for number in range(120):
        pages.accounts.book.kept.save(User(f"user{number:03d}", frozenset({Role.QUALITY}), "", HASH))
    tied(pages, "1003")
    first, second = admin.get("/users").text, admin.get("/users?page=1").text
    assert ("user050" in first, "user119" in first) == (True, False)
    assert ("user050" in second, "user119" in second) == (False, True)
    assert admin.get("/users?page=99").text.count("<tr>") == second.count("<tr>")
    assert "张敏" in admin.get("/users?q=%E5%BC%A0").text
    none = admin.get("/users?q=nobody.at.all").text
    assert "No user fits" in none


def test_a_language_that_an_administrator_chose_is_read_at_once(pages: Pages, admin: Person) -> None:
    """The user's open browser shows the next page in it."""
    guest = pages.person("guest", accept_language="en")
    assert 'lang="en"' in guest.get("/live").text
    seen = {"seen_roles": "read_only", "seen_agent": "", "seen_language": ""}
    press(admin, "guest", "", {**seen, "roles": "read_only", "agent": "", "reads": "zh"})
    assert 'lang="zh-CN"' in guest.get("/live").text


# ---- tokens --------------------------------------------------------------------------------------------------------


def test_a_token_is_made_shown_once_and_revoked(pages: Pages) -> None:
    """A user makes one for a program, sees it this once, and revokes it."""
    lina = pages.person("lina", accept_language="en")
    reply = lina.submit("/account/tokens", "/account/tokens", {"label": "crm", "days": "30"})
    token = secret_of(reply)
    assert token.startswith("stw_")
    came: list[User | Exception] = []
    pages.accounts.by_token(token, came.append, came.append)
    pages.wait(20)
    assert isinstance(came[0], User)
    assert came[0].name == "lina"
    page = lina.get("/account/tokens")
    assert "crm" in page.text
    assert token not in page.text
    wanted = re.search(r'name="token" value="(\w+)"', page.text)
    assert wanted is not None
    assert lina.post("/account/tokens/revoke", {"csrf": page.csrf, "token": wanted[1]}).status == 303
    assert "The token crm is revoked." in lina.get("/account/tokens").text
    pages.accounts.by_token(token, came.append, came.append)
    assert isinstance(came[1], LoginRefusal)
    assert lina.post("/account/tokens/revoke", {"csrf": page.csrf, "token": wanted[1]}).status == 409


@pytest.mark.parametrize(
    ("form", "said"), [({"label": "", "days": "30"}, "Say what the token is for"), ({"label": "x", "days": "7"}, "Choose how long")]
)
def test_a_poor_token_form_comes_back(pages: Pages, form: dict[str, str], said: str) -> None:
    """Without a name, or with a time that is not offered, nothing is made."""
    lina = pages.person("lina", accept_language="en")
    reply = lina.submit("/account/tokens", "/account/tokens", form)
    assert reply.status == 400
    assert said in reply.text
    assert "There is no token." in lina.get("/account/tokens").text


def test_administrators_revoke_others_tokens_and_others_do_not(pages: Pages, admin: Person) -> None:
    """On the page of a user the tokens are seen and revoked; a colleague cannot, even knowing the id."""
    lina, guest = pages.person("lina"), pages.person("guest")
    lina.submit("/account/tokens", "/account/tokens", {"label": "crm", "days": "0"})
    wanted = re.search(r'name="token" value="(\w+)"', admin.get("/users/account/lina").text)
    assert wanted is not None
    assert guest.submit("/account/tokens", "/account/tokens/revoke", {"token": wanted[1]}).status in {403, 409}
    assert press(admin, "lina", "/tokens/revoke", {"token": wanted[1]}).status == 303
    assert "crm" not in lina.get("/account/tokens").text


# ---- an agent's own desk -------------------------------------------------------------------------------------------


def test_an_agents_own_desk(pages: Pages) -> None:
    """State, queue and own calls; the buttons do what the keys of the desk phone do, for oneself."""
    tied(pages, "1001")
    lina = pages.person("tied")
    assert lina.get("/").header("location") == "/me"
    page = lina.get("/me").text
    assert 'id="agent-1001"' in page
    assert "agent-ready" in page
    assert "客户服务" in page
    assert "13800138000" in page
    assert "/recordings/" not in page
    assert lina.submit("/me", "/me", {"reason": "meal"}).header("location") == "/me"
    page = lina.get("/me").text
    assert "You are not ready: no calls come to you." in page
    assert "agent-not_ready" in page
    lina.submit("/me", "/me", {"act": "ready"})
    assert "You are ready: calls come to you." in lina.get("/me").text


def test_an_agent_looks_after_the_own_work(pages: Pages) -> None:
    """The own day in figures, and the buttons for signing out of a queue and in again."""
    tied(pages, "1001")
    lina = pages.person("tied", accept_language="en")
    page = lina.get("/me").text
    assert "My day" in page
    assert re.search(r"<dt>Calls answered</dt><dd>1</dd>", page)
    assert lina.submit("/me", "/me", {"act": "sign_out:service"}).header("location") == "/me"
    page = lina.get("/me").text
    assert "You are signed out of the queue." in page
    assert 'value="sign_in:service"' in page
    lina.submit("/me", "/me", {"act": "sign_in:service"})
    assert 'value="sign_out:service"' in lina.get("/me").text
    assert lina.submit("/me", "/me", {"act": "sign_out:elsewhere"}).status == 409
    assert lina.submit("/me", "/me", {"act": "reject"}).status == 409


def test_at_the_own_desk_wrong_buttons_change_nothing(pages: Pages) -> None:
    """An unknown reason or button is told; a colleague who is not logged in at a phone is told how to."""
    tied(pages, "1001")
    tied(pages, "1004", "other")
    lina, other = pages.person("tied"), pages.person("other")
    assert lina.submit("/me", "/me", {"act": "fly"}).status == 400
    assert "There is no reason holiday" in lina.submit("/me", "/me", {"reason": "holiday"}).text
    assert "agent-ready" in lina.get("/me").text
    assert "press *11, 1004" in other.get("/me").text
    assert "Agent 1004 is not logged in." in other.submit("/me", "/me", {"act": "ready"}).text
    assert "You have had no call yet." in other.get("/me").text


def test_who_is_no_agent_has_no_desk(pages: Pages) -> None:
    """Neither an agent's user without an agent nor an administrator has that page, or is led to it."""
    for name in ("lina", "admin"):
        person = pages.person(name)
        assert person.get("/me").status == 403
        assert person.post("/me", {"csrf": person.get("/live").csrf, "act": "ready"}).status == 403
        assert 'href="/me"' not in person.get("/live").text


def test_passwords_are_not_in_the_log(pages: Pages, admin: Person) -> None:
    """Neither made passwords nor tokens reach the log or the facts."""
    password = secret_of(admin.submit("/users/new", "/users/new", {"name": "wang", "roles": "quality"}))
    token = secret_of(admin.submit("/account/tokens", "/account/tokens", {"label": "x", "days": "30"}))
    kept = "\n".join(pages.log) + repr(pages.day.facts)
    assert not [secret for secret in (password, token, PASSWORD) if secret in kept]
