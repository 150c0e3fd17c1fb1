"""Numbers on an ISDN trunk, both ways: types, prefixes, presentation, diversions."""

from __future__ import annotations

import pytest

from boards.e1.pri_events import CallRef, Offered
from boards.e1.pri_numbers import caller_of, setup_of, shown
from boards.e1.pri_values import (
    Bearer,
    CallingNumber,
    PartyNumber,
    Presentation,
    RedirectingNumber,
    RedirectionReason,
    Screening,
    TypeOfNumber,
)
from engine.settings.e1_trunk import E1TrunkSection
from engine.telephony.numbers import CallerId, Redirection

T = TypeOfNumber
SECTION = E1TrunkSection(name="t", span="a", number="88886666")


def offered(calling: CallingNumber | None, redirecting: RedirectingNumber | None = None) -> Offered:
    """A call that came."""
    called = PartyNumber("88886666")
    return Offered(CallRef(1), 1, called, calling, redirecting, "", exclusive=True, complete=True, bearer=Bearer.SPEECH, a_law=True)


@pytest.mark.parametrize(
    ("number", "kind", "sent"),
    [
        ("00441632960961", T.INTERNATIONAL, "441632960961"),
        ("02161234567", T.NATIONAL, "2161234567"),
        ("62345678", T.UNKNOWN, "62345678"),
        ("13800138000", T.UNKNOWN, "13800138000"),
        ("0", T.UNKNOWN, "0"),
        ("00", T.NATIONAL, "0"),
    ],
)
def test_a_number_tells_its_type_by_its_prefix(number: str, kind: TypeOfNumber, sent: str) -> None:
    """An exchange that wants the type instead of the prefix gets it, whatever is dialled."""
    section = E1TrunkSection(name="t", span="a", called_type="by-prefix")
    request, rest = setup_of(section, 3, number)
    assert (request.called.type_of_number, request.called.digits, rest) == (kind, sent, "")


def test_prefixes_are_those_of_the_country() -> None:
    """In a country with other prefixes they are set: 9 for national calls, 810 for international ones."""
    section = E1TrunkSection(name="t", span="a", caller_type="by-prefix", national_prefix="9", international_prefix="810")
    request, _ = setup_of(section, 3, "1", presented="8104416329")
    assert request.calling == CallingNumber("4416329", T.INTERNATIONAL)
    assert caller_of(section, offered(CallingNumber("2161234567", T.NATIONAL))).number == "92161234567"


def test_a_caller_number_of_ones_own_goes_before_that_of_the_trunk() -> None:
    """An agent who has a direct number shows it; everybody else shows the trunk's."""
    request, _ = setup_of(SECTION, 3, "10086", presented="88886601")
    assert request.calling == CallingNumber("88886601")
    request, _ = setup_of(SECTION, 3, "10086")
    assert request.calling == CallingNumber("88886666")


def test_a_withheld_number_is_withheld_whoever_calls() -> None:
    """The carrier still gets the number; the called party does not."""
    section = E1TrunkSection(name="t", span="a", number="88886666", caller_hidden=True)
    request, _ = setup_of(section, 3, "10086", presented="88886601")
    assert request.calling == CallingNumber("88886601", presentation=Presentation.RESTRICTED)


def test_overlap_sending_keeps_the_rest_for_later() -> None:
    """The first digit goes with the call, without saying that the number is whole."""
    request, rest = setup_of(E1TrunkSection(name="t", span="a", sending="overlap"), 3, "10086")
    assert (request.called.digits, request.complete, rest) == ("1", False, "0086")


def test_the_channel_is_insisted_upon_unless_the_exchange_may_choose() -> None:
    """As the setting says."""
    assert setup_of(SECTION, 3, "1")[0].exclusive
    assert not setup_of(E1TrunkSection(name="t", span="a", channel_choice="preferred"), 3, "1")[0].exclusive


def test_who_vouches_for_a_number_is_kept() -> None:
    """A number that the network itself gives is told apart from one that anybody may have written."""
    told = caller_of(SECTION, offered(CallingNumber("13800138000", screening=Screening.NETWORK)))
    assert (told.number, told.screening) == ("13800138000", "network")


def test_a_withheld_number_is_not_known_to_anybody() -> None:
    """Even when the exchange sends the digits, they are not kept."""
    told = caller_of(SECTION, offered(CallingNumber("13800138000", presentation=Presentation.RESTRICTED)))
    assert told == CallerId(absence="private")


@pytest.mark.parametrize(
    ("redirecting", "seen"),
    [
        (RedirectingNumber("2188880000", T.NATIONAL, reason=RedirectionReason.NO_REPLY), Redirection("02188880000", "no_reply")),
        (RedirectingNumber("88880000", presentation=Presentation.RESTRICTED), Redirection("", "unknown")),
        (None, None),
    ],
)
def test_a_diverted_call_tells_from_where(redirecting: RedirectingNumber | None, seen: Redirection | None) -> None:
    """Whose telephone was called first, and why it comes here; a number that is withheld stays so."""
    assert caller_of(SECTION, offered(CallingNumber("1"), redirecting)).redirection == seen
    assert caller_of(SECTION, offered(None, redirecting)).redirection == seen


def test_the_number_that_answered_is_shown_unless_withheld() -> None:
    """As it is dialled from here."""
    assert shown(SECTION, CallingNumber("2161234567", T.NATIONAL)) == "02161234567"
    assert shown(SECTION, CallingNumber("2161234567", presentation=Presentation.RESTRICTED)) == ""
    assert shown(SECTION, None) == ""
