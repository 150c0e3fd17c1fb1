"""How the exchange of an E1 behaves, as a scenario says it."""

from __future__ import annotations

from pathlib import Path

import pytest

from boards.e1.q931 import MessageType
from engine.kernel.errors import BadInput
from hwsim.e1_calls import E1FarEnd
from hwsim.exchange import Exchange
from hwsim.pri_manners import PriManners
from hwsim.pri_rudeness import Rudeness
from hwsim.scenario_language import ScenarioError, parse_scenario
from hwsim.scenario_steps import CallTo, CutLine, Step, TrunkIs
from hwsim.scenario_trunks import change_trunk
from hwsim.scenario_words import words
from tests.unit.hwsim.simple_world import simple_world

HEAD = 'title: t\npeople: {wang: {number: "13800138000", cause: 21, announces: 您好}}\nscript:\n  - '


def step_of(written: str) -> Step:
    return parse_scenario(HEAD + written, "f.yaml", Path()).script[0]


def fault_of(written: str) -> str:
    with pytest.raises(ScenarioError) as raised:
        step_of(written)
    return str(raised.value)


class FarEnd:
    """Keeps how it is told to behave."""

    def __init__(self) -> None:
        self.manners = PriManners()

    def behave(self, manners: PriManners) -> None:
        self.manners = manners


def changed(*written: str) -> PriManners:
    exchange = Exchange(simple_world(), {}, {})
    far_end = FarEnd()
    trunks: dict[str, object] = {"pri-1": far_end}
    exchange.trunks = trunks  # type: ignore[assignment]  # as much of a far end as is asked here
    for each in written:
        step = step_of(each)
        assert isinstance(step, TrunkIs)
        change_trunk(exchange, step, b"voice" if dict(step.settings).get("announces") else b"")
    return far_end.manners


def test_what_is_not_named_stays_as_it_is() -> None:
    """Two steps one after the other add up; nothing, 0 and an empty list take a thing away again."""
    assert changed("{trunk: pri-1, is: {stray: 5, slow: 300ms}}", "{trunk: pri-1, is: {never_says: [connect, release]}}") == PriManners(
        Rudeness(stray=0.05), 300, frozenset({MessageType.CONNECT, MessageType.RELEASE})
    )
    assert changed("{trunk: pri-1, is: {lost: 50, never_says: [connect]}}", "{trunk: pri-1, is: {lost: 0, never_says: []}}") == PriManners()
    assert changed("{trunk: pri-1, is: {metering: 2s}}").metering_ms == 2000
    assert changed("{trunk: pri-1, is: {takes_callers: '8888'}}").takes_callers == "8888"
    assert changed("{trunk: pri-1, is: {announces: 空号}}").announcement == b"voice"
    assert changed("{trunk: pri-1, is: {announces: 空号}}", "{trunk: pri-1, is: {announces: ''}}").announcement == b""


def test_calls_by_a_trunk_and_cuts_that_mend_themselves() -> None:
    """The number that the exchange tells, digit by digit; a D channel that is down for a time; and how they are told to who follows."""
    called = step_of('{who: wang, does: call, to: pri-1, called: "88886601", by_digits: yes}')
    assert isinstance(called, CallTo)
    assert (called.called, called.by_digits) == ("88886601", True)
    cut = step_of("{cut_line: pri-1, for: 5s}")
    assert isinstance(cut, CutLine)
    assert cut.for_s == 5.0
    assert words(cut).in_english() == "the wire of pri-1 is cut for 5 s"
    assert words(step_of("{trunk: pri-1, is: {stray: 5}}")).in_english() == "pri-1 is now: stray=5"


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("{trunk: pri-1, is: {}}", "expected at least one of lost"),
        ("{trunk: pri-1, is: {stray: 101}}", "expected 0 to 100"),
        ("{trunk: pri-1, is: {slow: 2min}}", "at most 60 s"),
        ("{trunk: pri-1, is: {never_says: [hello]}}", "'hello' is not possible"),
        ("{trunk: pri-1, is: {takes_callers: 88x}}", "expected digits"),
        ("{trunk: pri-1, is: {polite: yes}}", "polite is not known here"),
        ("{trunk: pri-1}", "is is missing"),
        ("{cut_line: pri-1, for: ever}", "is no time"),
        ('{who: wang, does: call, to: pri-1, called: "12a"}', "expected a number of 1 to 20 digits"),
    ],
)
def test_what_is_wrong_is_told(written: str, said: str) -> None:
    """Each fault names its line and what was expected."""
    assert said in fault_of(written)
    assert "f.yaml:4" in fault_of(written)


def test_causes_are_those_of_q850() -> None:
    """A person's cause is 1 to 127."""
    with pytest.raises(ScenarioError, match="expected 1 to 127"):
        parse_scenario(HEAD.replace("cause: 21", "cause: 128") + "{wait: 1s}", "f.yaml", Path())


def test_an_exchange_with_r2_has_only_some_manners() -> None:
    """What R2 has no message for is refused."""
    from hwsim.r2_far_end import R2FarEnd  # noqa: PLC0415  # only here

    far_end = R2FarEnd.__new__(R2FarEnd)
    refuses: E1FarEnd = far_end
    with pytest.raises(BadInput, match="lost, late, repeated and garbled only"):
        refuses.behave(PriManners(slow_ms=10))


def test_an_exchange_with_isdn_sends_no_metering_pulses() -> None:
    """It has messages for charges; pulses are refused."""
    from hwsim.pri_far_end import PriFarEnd  # noqa: PLC0415  # only here

    with pytest.raises(BadInput, match="metering pulses are for trunks with R2"):
        PriFarEnd.__new__(PriFarEnd).behave(PriManners(metering_ms=10))
