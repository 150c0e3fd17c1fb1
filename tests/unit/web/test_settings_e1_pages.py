"""E1 trunks in the settings pages: what is chosen, what follows, and how a fault elsewhere is named."""

from __future__ import annotations

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
        for said in ("<h2>Trunk</h2>", "<h2>Numbers</h2>", "<h2>ISDN</h2>", "<h2>R2, and the bits of CAS</h2>", "<h2>Levels</h2>")
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
