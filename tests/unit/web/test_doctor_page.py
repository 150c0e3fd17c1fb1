"""The doctor on the page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from appliance.doctor.findings import Finding, State, findings_as_json
from engine.kernel.errors import Refused
from engine.kernel.text import text
from engine.people.actors import Act, Actor
from tests.pages import Pages

FINDINGS = [
    Finding("disk", text("Disk space"), State.GOOD, text("50 GB free")),
    Finding("time", text("Time"), State.BAD, text("<follows nobody>"), text("start chrony")),
    Finding("driver", text("Driver"), State.NONE, text("the boards are simulated")),
]


def examined(pages: Pages, findings: list[Finding] | None) -> None:
    """The appliance's doctor finds this; None: it refuses."""

    def answer(_person: Actor, _request: Mapping[str, Any], done: Callable[[Any], None], _failed: Callable[[Exception], None]) -> None:
        if findings is None:
            raise Refused(text("ask again later"))
        done({"findings": findings_as_json(findings)})

    pages.day.rig.appliance.asking.add({"doctor": (Act.SEE_LOG, answer)})


def test_each_check_is_a_row_with_its_state_and_mend(pages: Pages) -> None:
    """What is wrong is counted above, and says what to do; whatever is in a sentence cannot become part of the page."""
    examined(pages, FINDINGS)
    said = pages.person("admin", accept_language="en").get("/settings/doctor").text
    assert "To be mended: 1" in said
    assert said.index("50 GB free") < said.index("&lt;follows nobody&gt;") < said.index("→ start chrony")
    assert 'finding-bad">FAULT<' in said
    assert 'finding-not_applicable">n/a<' in said


def test_a_box_in_order_says_so(pages: Pages) -> None:
    """Nothing red: one green sentence."""
    examined(pages, FINDINGS[:1])
    assert "Nothing is to be mended." in pages.person("admin", accept_language="en").get("/settings/doctor").text


def test_a_doctor_who_refuses_is_quoted(pages: Pages) -> None:
    """The reason stands on the page."""
    examined(pages, None)
    reply = pages.person("admin", accept_language="en").get("/settings/doctor")
    assert (reply.status, "ask again later" in reply.text) == (503, True)


def test_only_administrators_see_the_doctor(pages: Pages) -> None:
    """A supervisor is told that the page is not for him."""
    examined(pages, FINDINGS)
    assert pages.person("banzhang", accept_language="en").get("/settings/doctor").status == 403
