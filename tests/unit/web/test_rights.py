"""Every page and every role: what ``engine/people/actors.py`` says is what happens."""

from __future__ import annotations

import re

import pytest

from engine.people.actors import Act, Role, allowed
from engine.people.users import USER_ROLES, User, actor_of
from tests.pages import HASH, Pages
from web.house import PageRule

PLACES = {"call": "b1-c1", "recording": "b1-r1", "name": "nobody.at.all"}


def path_of(rule: PageRule) -> str:
    """An address of this page."""
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda found: PLACES.get(found[1], "x"), rule.rule)


@pytest.mark.parametrize("role", USER_ROLES)
def test_each_page_opens_for_who_may_and_for_nobody_else(pages: Pages, role: Role) -> None:
    """Walk every page with every role: refused exactly where the table of rights does not permit it."""
    pages.accounts.book.kept.save(User("walker", frozenset({role}), "en", HASH, agent="1001"))
    walker = pages.person("walker")
    actor = actor_of("walker", {role}, "1001")
    token = walker.get("/account/tokens").csrf
    walked = 0
    for rule in pages.site.house.rules:
        may = rule.act is None or allowed(actor, rule.act, "")
        for method in rule.methods:
            if method == "POST" and may:
                continue  # it would be done
            form = f"csrf={token}".encode() if method == "POST" else b""
            headers = {"content_type": "application/x-www-form-urlencoded"} if form else {}
            if rule.rule.endswith("/stream"):
                headers["accept"] = "text/event-stream"
            opened = walker.open(method, path_of(rule), form, headers)  # the guard answers at once, so nobody waits here
            refused = opened.transport.value().startswith(b"HTTP/1.1 403")
            opened.leave()
            assert refused is not may, f"{method} {rule.rule} ({rule.act}) for {role}"
            walked += 1
    assert walked > 20


def test_only_these_pages_need_no_right(pages: Pages) -> None:
    """A new page has to say which right it needs; what every user may see is listed here, and what a stranger may."""
    rules = list(pages.site.house.rules)
    assert {rule.rule for rule in rules if rule.anybody} == {"/login", "/preferences"}
    everybody = {"/", "/logout", "/password", "/account/tokens", "/account/tokens/revoke", "/unsent"}
    assert {rule.rule for rule in rules if rule.act is None and not rule.anybody} == everybody
    assert {rule.rule for rule in rules if rule.restricted} == {"/logout", "/password"}


def test_what_changes_something_needs_more_than_looking(pages: Pages) -> None:
    """No form that changes the box can be sent with a right that only looks."""
    looking = {Act.SEE_STATUS, Act.SEE_CALLS, Act.LISTEN, Act.SEE_LOG, Act.SEE_FACTS, Act.SEE_SITE}
    found = [rule.rule for rule in pages.site.house.rules if "POST" in rule.methods and rule.act in looking]
    assert found == []


def test_nobody_has_a_page_without_logging_in(pages: Pages) -> None:
    """Every page asks a stranger for a password, also those that nobody thought of."""
    stranger = pages.person()
    for rule in pages.site.house.rules:
        for method in () if rule.anybody else rule.methods:
            reply = stranger.ask(method, path_of(rule), b"", {})
            assert (reply.status, reply.header("location").split("?")[0]) == (303, "/login"), rule
