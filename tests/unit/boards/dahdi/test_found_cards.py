"""What an installer is told of the cards that the driver has."""

from __future__ import annotations

from boards.dahdi.abi import Law, Sig
from boards.dahdi.found_cards import found_cards
from boards.dahdi.survey import Found, FoundChannel, FoundSpan
from engine.kernel.text import text
from engine.telephony.line_tests import PortKind


def channel(number: int, able: int) -> FoundChannel:
    return FoundChannel(number, 0, able, Law.ALAW, 0, number, None)


ANALOG = FoundSpan(
    2,
    "pci:1",
    1,
    "FXS",
    "A24",
    "slot 1",
    description="Card 2",
    channels=(
        channel(32, Sig.FXSKS | Sig.FXSLS),
        channel(33, Sig.FXOKS | Sig.FXOLS),
        channel(34, 0),
        channel(35, Sig.FXSKS | Sig.FXOKS),
    ),
)
E1 = FoundSpan(1, "pci:2", 2, "E1", "TE220", channels=tuple(channel(number, Sig.CLEAR) for number in range(1, 32)))
BARE = FoundSpan(0, "pci:3", 1, "E1", "TE110")
DYNAMIC = FoundSpan(3, "", 1, "DYNAMIC", channels=(channel(40, Sig.CLEAR),))


def test_each_port_says_what_is_to_be_plugged_into_it() -> None:
    """An exchange line into FXO, a telephone into FXS; a place without a module, and one that can be both, are not offered."""
    (card,) = found_cards(Found((ANALOG,)), {})
    assert [(port.channel, port.place, port.kind) for port in card.ports] == [(32, 1, PortKind.LINE), (33, 2, PortKind.PHONE)]
    assert (card.kind, card.hardware_id, card.location, card.first_channel, card.channel_count) == ("analog", "A24", "slot 1", 32, 4)


def test_a_card_knows_its_entry_in_the_settings() -> None:
    """What the settings name already is not offered again; an entry that matched nothing is nobody's."""
    cards = found_cards(Found((E1, ANALOG, BARE, DYNAMIC)), {"isdn": E1, "gone": text("there is no card"), "later": None})
    assert [(card.span, card.kind, card.number, card.port) for card in cards] == [
        ("isdn", "e1", 1, 2),
        ("", "analog", 2, 1),
        ("", "e1", 0, 1),
        ("", "dynamic", 3, 1),
    ]
    assert [card.channel_count for card in cards] == [31, 4, 0, 1]
    assert cards[0].ports == cards[3].ports == ()
