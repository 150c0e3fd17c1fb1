"""A login that ends while somebody types: nothing typed is lost, and nothing is sent by itself."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.pages import PASSWORD, Maker, Pages, Person, Reply
from web.unsent import FIELDS_MOST, UNSENT_BYTES_MOST, UnsentForm, unsent_form, unsent_from_json, unsent_to_json

HERE = "https://box.example"
NEW_USER = {"name": "wang", "roles": "quality", "agent": "", "reads": "zh"}

NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(
    fields=st.lists(st.tuples(NAMES.filter(lambda name: name not in {"csrf", "unsent"}), NAMES), max_size=10),
    secrets=st.lists(NAMES, max_size=3),
    who=NAMES,
)
def test_what_was_typed_goes_through_a_hidden_field(fields: list[tuple[str, str]], secrets: list[str], who: str) -> None:
    """Whatever characters were typed come out as they went in."""
    form = UnsentForm("/users/new?x=1", tuple(fields), tuple(secrets), ("sheet",), who)
    assert unsent_from_json(unsent_to_json(form)) == form


@pytest.mark.parametrize(
    "written",
    [
        "",
        "null",
        "[]",
        "{}",
        "[1,2,3,4,5,6]",
        '["/x",[["a"]],[],[],"",false]',
        '["/x",[["a",1]],[],[],"",false]',
        '["/x",[["csrf","stolen"]],[],[],"",false]',
        "[" * 100_000,
        '["/x",[["a","' + "x" * UNSENT_BYTES_MOST + '"]],[],[],"",false]',
    ],
)
def test_nonsense_in_the_hidden_field_is_no_form(written: str) -> None:
    """Whoever changes the hidden field gets an ordinary login."""
    assert unsent_from_json(written) is None


def test_secrets_and_files_are_not_kept() -> None:
    """Of passwords, PINs and private keys only the names are kept, and of empty ones not even that; a file is named."""
    args = {
        b"x": [b"1", b"typed"],
        b"csrf": [b"token"],
        b"agents.3.pin": [b"2580"],
        b"new_password": [b"s3cret"],
        b"private_key": [b""],
        b"spinning": [b"yes"],
        b"roles": [b"", b"a", b"b"],
    }
    form = unsent_form("/agents?x=1", args, ["sheet"], "lina")
    assert form == UnsentForm(
        "/agents?x=1",
        (("x", "typed"), ("spinning", "yes"), ("roles", ""), ("roles", "a"), ("roles", "b")),
        ("agents.3.pin", "new_password"),
        ("sheet",),
        "lina",
    )
    assert "2580" not in unsent_to_json(form)


def test_too_long_a_form_is_said_to_be_lost() -> None:
    """It is not kept in part: half a form would be worse than none."""
    for args in ({b"a": [b"x" * (UNSENT_BYTES_MOST + 1)]}, {b"a": [b"x"] * (FIELDS_MOST + 1)}):
        assert unsent_form("/x", args, (), "lina") == UnsentForm("/x", who="lina", cut=True)


# ---- on the pages --------------------------------------------------------------------------------------------------


def hidden(reply: Reply, name: str = "unsent") -> str:
    """The value of a hidden field."""
    found = re.search(rf'name="{name}" value="([^"]*)"', reply.text)
    assert found is not None, reply.text
    return html.unescape(found[1])


def ended(pages: Pages, path: str, form: dict[str, str], name: str = "admin") -> tuple[Person, Reply]:
    """Somebody types into a form for more than half an hour and sends it."""
    person = pages.person(name, accept_language="en")
    token = person.get("/calls" if name == "zhijian" else "/live").csrf
    pages.later(31)
    return person, person.post(path, {"csrf": token, **form}, origin=HERE)


def log_in_again(person: Person, reply: Reply, name: str = "admin") -> Reply:
    """With what the login page holds."""
    return person.post("/login", {"csrf": reply.csrf, "name": name, "password": PASSWORD, "unsent": hidden(reply)})


def test_a_form_survives_the_end_of_the_login(pages: Pages) -> None:
    """The login page says that it is kept; after a mistyped password too; then it is shown, and sent by one button."""
    person, reply = ended(pages, "/users/new", NEW_USER)
    assert reply.status == 401
    assert "Nothing was sent, and what you typed is kept" in reply.text
    wrong = person.post("/login", {"csrf": reply.csrf, "name": "admin", "password": "wrong", "unsent": hidden(reply)})
    back = log_in_again(person, wrong)
    assert back.header("location") == "/unsent"
    shown = person.get("/unsent")
    assert "Your form was not sent yet" in shown.text
    assert "<dt>User name</dt><dd>wang</dd>" in shown.text
    assert "It was typed by" not in shown.text
    assert person.get("/users/account/wang").status == 404
    form = {name: hidden(shown, name) for name in NEW_USER}
    sent = person.post("/users/new", {"csrf": shown.csrf, **form}, origin=HERE)
    assert "The account wang is made" in sent.text
    assert person.get("/unsent").header("location") == "/"


def test_the_language_can_be_changed_while_a_form_waits(pages: Pages) -> None:
    """The switch on the login page loses nothing either."""
    person, reply = ended(pages, "/users/new", NEW_USER)
    switched = person.post("/preferences", {"csrf": reply.csrf, "language": "zh", "unsent": hidden(reply)})
    assert switched.status == 200
    assert 'lang="zh-CN"' in switched.text
    assert hidden(switched) == hidden(reply)


def test_another_user_is_told_whose_form_it_is(pages: Pages) -> None:
    """Who logs in in the place of another sees who typed it, and without the right cannot send it."""
    person, reply = ended(pages, "/users/new", NEW_USER)
    log_in_again(person, reply, "guest")
    shown = person.get("/unsent").text
    assert "It was typed by admin, and you are logged in as guest." in shown
    assert "user guest may not do this." in shown
    assert "Send it now" not in shown
    assert person.submit("/unsent", "/unsent", {}).header("location") == "/"
    assert person.get("/unsent").header("location") == "/"


def test_a_form_survives_a_password_that_must_be_changed(pages: Pages) -> None:
    """A new password given meanwhile has to be changed first; then the form is still there."""
    person, reply = ended(pages, "/account/tokens", {"label": "crm", "days": "30"}, "guest")
    admin = pages.person("admin", accept_language="en")
    made = admin.submit("/users/account/guest/password", "/users/account/guest/password", {})
    found = re.search(r'id="secret">([^<]+)<', made.text)
    assert found is not None
    form = {"csrf": reply.csrf, "name": "guest", "password": found[1], "unsent": hidden(reply)}
    assert person.post("/login", form).header("location") == "/password"
    new = "a wholly different one"
    changed = person.submit("/password", "/password", {"old": found[1], "new": new, "again": new})
    assert changed.header("location") == "/unsent"
    assert "crm" in person.get("/unsent").text


def test_secrets_are_asked_for_again(pages: Pages) -> None:
    """A PIN that was typed is in no page; it can be typed again where the form is sent."""
    person, reply = ended(pages, "/agents/new", {"number": "1009", "pin": "2580"})
    assert "2580" not in reply.text
    log_in_again(person, reply)
    shown = person.get("/unsent").text
    assert "2580" not in shown
    assert "<dt>Agent number</dt><dd>1009</dd>" in shown
    assert re.search(r'name="pin" type="password"', shown)


def test_a_file_has_to_be_chosen_again(pages: Pages) -> None:
    """Of an upload the other fields are kept, and the file is asked for."""
    person = pages.person("admin", accept_language="en")
    token = person.get("/live").csrf
    pages.later(31)
    parts = [("csrf", "", token), ("removes", "", "true"), ("sheet", '; filename="agents.xlsx"', "x" * 100_000)]
    body = (
        "".join(f'--b\r\ncontent-disposition: form-data; name="{name}"{file}\r\n\r\n{value}\r\n' for name, file, value in parts)
        + "--b--\r\n"
    )
    upload = next(iter(pages.site.house.uploads))
    reply = person.ask("POST", upload, body.encode(), {"content_type": "multipart/form-data; boundary=b", "origin": HERE})
    assert reply.status == 401
    log_in_again(person, reply)
    shown = person.get("/unsent").text
    assert "Files are not kept. Choose them again:" in shown
    assert re.search(r'name="sheet" type="file"', shown)
    assert 'name="removes" value="true"' in shown


def test_a_form_of_the_login_of_before_is_kept_too(pages: Pages) -> None:
    """Whoever logged in anew in another tab finds the form of the old tab waiting, not refused."""
    person, _ = ended(pages, "/preferences", {})
    old = "0" * 32
    assert person.log_in("admin").status == 303
    reply = person.post("/users/new", {"csrf": old, **NEW_USER}, origin=HERE)
    assert reply.header("location") == "/unsent"
    assert "wang" in person.get("/unsent").text


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
def test_another_sites_form_is_not_kept(pages: Pages, origin: str) -> None:
    """A page of somebody else cannot put a form before the user that only waits for the button."""
    person = pages.person("admin", accept_language="en")
    reply = person.post("/users/new", {"csrf": "x", **NEW_USER}, origin=origin)
    assert reply.status == 403
    assert person.get("/unsent").header("location") == "/"
    pages.later(31)
    reply = person.post("/users/new", {"csrf": "x", **NEW_USER}, origin=origin)
    assert reply.header("location") == "/login?ended=1"
    stranger = pages.person().post("/users/new", NEW_USER)
    assert stranger.header("location") == "/login?ended=1"


def test_a_program_gets_a_status_and_no_form(pages: Pages) -> None:
    """A script in a page whose login has ended is refused in a way that it understands."""
    person = pages.person("admin")
    token = person.get("/live").csrf
    pages.later(31)
    assert person.post("/users/new", {"csrf": token}, accept="application/json").status == 401


@pytest.mark.parametrize("path", ["/logout", "/password"])
def test_what_holds_nothing_typed_is_not_kept(pages: Pages, path: str) -> None:
    """Logging out after the end, or a typed password, leads to an ordinary login."""
    _, reply = ended(pages, path, {"old": "my secret", "new": "my secret"})
    assert reply.header("location") == "/login?ended=1"


def test_a_page_that_is_gone_is_said_so(make_pages: Maker) -> None:
    """A hidden field that names a page which does not exist, or that lost its values, offers no button."""
    pages = make_pages()
    for form, said in (
        (UnsentForm("/no/such/page", (("a", "b"),)), "does not exist any more"),
        (UnsentForm("//evil.example/", (("a", "b"),)), "does not exist any more"),
        (UnsentForm("/users/new", cut=True), "too long to be kept"),
    ):
        person = pages.person(accept_language="en")
        login = {"csrf": person.get("/login").csrf, "name": "admin", "password": PASSWORD, "unsent": unsent_to_json(form)}
        assert person.post("/login", login).header("location") == "/unsent"
        shown = person.get("/unsent").text
        assert said in shown
        assert "Send it now" not in shown
