"""The spans on the settings' page: typed in by an installer, changed while a phone is in use, refused by the card, taken away as a file."""

from __future__ import annotations

import html

from tests.office import Office

CARD = "/settings/spans/entry/card"


def add_card(office: Office) -> None:
    """An installer types as little as possible."""
    if any(span.name == "card" for span in office.site.spans):
        return
    office.save(office.send("/settings/spans/new", name="card", kind="analog", first_channel="1", channel_count="8"))


def spans_page(office: Office) -> str:
    office.pages.wait(300)
    return html.unescape(office.admin.get("/settings/spans").text)


def test_a_card_is_added_with_a_name_and_its_place(office: Office) -> None:
    """The form has all else as usual; after saving the page says that the driver is what the settings say."""
    add_card(office)
    shown = spans_page(office)
    assert "State in the driver" in shown
    assert "as it should be" in shown
    (card,) = office.site.spans
    assert (card.kind, card.echo_canceller, card.groups) == ("analog", "mg2", ())


def test_a_busy_card_waits_and_the_page_names_the_phone(office: Office) -> None:
    """Changed while a handset is up: what is to be done, and for whom it waits; done when it is put down."""
    add_card(office)
    phone = office.pages.day.rig.phones["phone-804"]
    phone.lift()
    office.pages.wait(500)
    office.save(office.send(CARD, echo_canceller="none"))
    shown = spans_page(office)
    assert "waits until no call is on phone-804 any more" in shown
    assert "channels 1-8: no echo canceller" in shown
    phone.hang_up()
    office.pages.wait(4000)
    assert "waits until" not in spans_page(office)
    office.save(office.send(CARD, echo_canceller="mg2"))


def test_a_card_that_is_not_there_is_refused_with_a_reason(office: Office) -> None:
    """A second card that nobody plugged in: the sentence stands beside its name until it is removed."""
    add_card(office)
    office.save(office.send("/settings/spans/new", name="isdn"))
    assert "the driver has no E1 port that no other span of the site takes: is the card plugged in?" in spans_page(office)
    office.save(office.send("/settings/spans/entry/isdn", act="remove"))
    assert "E1 port" not in spans_page(office)


def test_the_form_says_what_does_not_go_together(office: Office) -> None:
    """Framing of a T1 on an E1: the field is marked with the sentence, nothing is saved."""
    reply = office.send("/settings/spans/new", name="wrong", framing="esf")
    assert (reply.status, "esf is not possible on e1: choose ccs, cas" in html.unescape(reply.text)) == (400, True)
    assert all(span.name != "wrong" for span in office.site.spans)


def test_the_settings_can_be_taken_away_as_the_drivers_file(office: Office) -> None:
    """A technician who uses dahdi_cfg gets his file from the page."""
    add_card(office)
    reply = office.admin.get("/settings/spans/system.conf")
    assert (reply.status, reply.header("content-disposition")) == (200, 'attachment; filename="system.conf"')
    assert reply.text == "fxsks=1-4\nfxoks=5-8\nechocanceller=mg2,1-8\nloadzone=cn\ndefaultzone=cn\n"
