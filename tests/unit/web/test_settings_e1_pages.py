"""E1 trunks in the settings pages: what is chosen, what follows, and how a fault elsewhere is named."""

from __future__ import annotations

import re
from dataclasses import replace

from engine.settings.site import E1TrunkSection, SpanSection
from tests.office import Office


def with_r2(office: Office) -> None:
    """An R2 trunk on a span of its own."""
    trunk = E1TrunkSection(name="r2-1", span="e1-a", signalling="r2", flow="main")
    office.change(replace(office.site, spans=(SpanSection(name="e1-a"),), e1_trunks=(trunk,)))


def test_an_e1_is_set_up_by_choosing(office: Office) -> None:
    """Span and flow are chosen from what there is; the list shows signalling in words; the trunk changes to R2 in one form."""
    office.save(office.send("/settings/spans/new", name="e1-a", kind="e1"))
    page = office.admin.get("/settings/e1_trunks/new").text
    assert '<option value="e1-a"' in page
    assert '<option value="main"' in page
    places = [
        page.index(said)
        for said in ("<h2>Trunk</h2>", "<h2>Numbers</h2>", "<h2>ISDN</h2>", "<summary>R2, and the bits of CAS", "<h2>Levels</h2>")
    ]
    assert places == sorted(places), "a long form stands in parts, each under what it is for"
    office.save(office.send("/settings/e1_trunks/new", name="pri-1", span="e1-a", flow="main"))
    assert "ISDN PRI, user side (isdn-user)" in office.admin.get("/settings/e1_trunks").text
    office.save(office.send("/settings/e1_trunks/entry/pri-1", signalling="r2", r2_variant="itu"))
    (trunk,) = office.site.e1_trunks
    assert (trunk.signalling, trunk.r2_variant) == ("r2", "itu")


def test_a_use_that_the_trunk_cannot_have_names_the_trunk(office: Office) -> None:
    """Who sets the span's use by hand reads which trunk is against it, by its name, and the way out."""
    with_r2(office)
    reply = office.send("/settings/spans/entry/e1-a", signalling="pri")
    assert reply.status == 400
    assert "E1 trunks r2-1: r2 needs a span whose use is r2: set the use of the span e1-a to auto first" in reply.text


def test_a_span_that_gets_another_name_keeps_its_trunk(office: Office) -> None:
    """The trunk goes with it; a span that a trunk is on cannot be removed, and the page says which."""
    with_r2(office)
    office.save(office.send("/settings/spans/entry/e1-a", name="city"))
    assert office.site.e1_trunks[0].span == "city"
    reply = office.send("/settings/spans/entry/city", act="remove")
    assert reply.status == 409
    assert "E1 trunks: r2-1" in reply.text


def folded(page: str) -> list[str]:
    """The parts of a form that do not count."""
    return re.findall(r"<details class=\"unused-part\"><summary>([^<]*?) <", page)


def test_what_does_not_count_for_the_signalling_is_folded(office: Office) -> None:
    """Who sets up R2 does not wade through ISDN; the fields are there all the same, and a part with a fault is open."""
    office.save(office.send("/settings/spans/new", name="e1-a", kind="e1"))
    assert folded(office.admin.get("/settings/e1_trunks/new").text) == ["R2, and the bits of CAS", "CAS without registers"]
    office.save(office.send("/settings/e1_trunks/new", name="r2-1", span="e1-a", signalling="r2", flow="main"))
    page = office.admin.get("/settings/e1_trunks/entry/r2-1").text
    assert folded(page) == ["Numbers on ISDN", "ISDN", "CAS without registers"]
    assert page.index('name="ringing_tone"') < page.index("<summary>ISDN"), "ringing tone is for every signalling"
    assert 'name="calls_survive_s"' in page
    wrong = office.send("/settings/e1_trunks/entry/r2-1", calls_survive_s="1000")
    assert wrong.status == 400
    assert folded(wrong.text) == ["Numbers on ISDN", "CAS without registers"]
    assert '<details class="unused-part" open><summary>ISDN' in wrong.text
    office.save(office.send("/settings/e1_trunks/entry/r2-1", signalling="cas"))
    assert folded(office.admin.get("/settings/e1_trunks/entry/r2-1").text) == ["Numbers on ISDN", "ISDN"]
