"""An administrator at the pages where agents and phones are kept, on an appliance whose settings may be changed."""

from __future__ import annotations

import re
from typing import Any

from engine.people.actors import Actor, Role
from engine.settings.site import AgentSection, Site
from tests.pages import Pages, Reply

ADMINISTRATOR = Actor(Role.ADMINISTRATOR, "admin")


class Office:
    """A page on a day of its own, and the acts of an administrator."""

    def __init__(self, pages: Pages) -> None:
        self.pages = pages
        self.sites = pages.day.rig.appliance.sites
        self.admin = pages.person("admin", accept_language="en")

    @property
    def site(self) -> Site:
        return self.sites.site

    def agent(self, number: str) -> AgentSection:
        return next(one for one in self.site.agents if one.number == number)

    def serves(self, number: str) -> list[str]:
        return [queue.name for queue in self.site.queues if number in queue.agents]

    def send(self, path: str, **form: str) -> Reply:
        """Open a form, change some of its values, send it; all others go back as they came."""
        shown = form_values(self.admin.get(path).text)
        return self.admin.post(path, {**shown, "act": "save", **form})

    def save(self, reply: Reply, why: str = "because") -> Reply:
        """Give the reason on the page of the difference, and go where it leads."""
        assert reply.status == 303, reply.text
        there = reply.header("location")
        saved = self.admin.submit(there, there, {"why": why, "base": str(self.sites.note.number), "act": "save"})
        assert saved.status == 303, saved.text
        return self.admin.get(saved.header("location"))

    def change(self, site: Site) -> None:
        """Somebody else saves something."""
        done: list[Any] = []
        self.sites.change(ADMINISTRATOR, site, "meanwhile", done.append, done.append)
        self.pages.wait(100)
        assert not isinstance(done[0], Exception), done


def form_values(text: str) -> dict[str, str]:
    """What a browser would send of the page's largest form: texts, ticked boxes, chosen options."""
    form = max(re.findall(r"<form.*?</form>", text, re.DOTALL), key=len)
    values: dict[str, str] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and ("checkbox" not in tag or " checked" in tag):
            values[name[1]] = value[1] if value else ""
    for select, body in re.findall(r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', body)
        values[select] = chosen[1] if chosen else ""
    return values
