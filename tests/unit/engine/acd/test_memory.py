"""The agents' day as a fold over the facts: every second in one state, over midnight and over a power cut."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from engine import facts
from engine.acd.memory import AcdMemory
from engine.kernel.bus import Envelope

DAY_MS = 86_400_000
MIDNIGHT_UTC_MS = 20_000 * DAY_MS - 480 * 60_000
"""Some midnight in China."""


class Days:
    """Facts of one box at chosen moments; ``at_s`` counts from noon before that midnight."""

    def __init__(self) -> None:
        self.memory = AcdMemory()
        self.seq = 0

    def tell(self, at_s: float, fact: facts.Fact) -> None:
        self.seq += 1
        utc_ms = MIDNIGHT_UTC_MS - DAY_MS // 2 + round(at_s * 1000)
        self.memory.apply(Envelope(self.seq, "b1", round(at_s * 1e9), utc_ms, 480, 0, "", fact))

    def state(self, at_s: float, state: str, *reasons: str, agent: str = "1001") -> None:
        phone = "" if state == "logged_out" else "phone-1"
        self.tell(at_s, facts.AgentStateChanged(agent=agent, phone=phone, state=state, reasons=reasons, call=""))

    def today(self, at_s: float) -> tuple[dict[str, int], dict[str, int]]:
        day = self.memory.today("1001", MIDNIGHT_UTC_MS - DAY_MS // 2 + round(at_s * 1000), 480, round(at_s * 1e9))
        return {word: ms // 1000 for word, ms in day.time_ms.items()}, {reason: ms // 1000 for reason, ms in day.reasons_ms.items()}


def test_every_second_counts_once() -> None:
    """What an agent did today adds up to the time since logging in; of two reasons at once both count."""
    days = Days()
    days.state(0, "not_ready", "login")
    days.state(10, "ready")
    days.state(70, "not_ready", "break")
    days.state(100, "not_ready", "break", "meal")
    assert days.today(160) == ({"not_ready": 100, "ready": 60}, {"login": 10, "break": 90, "meal": 60})
    days.state(200, "logged_out")
    assert days.today(900) == ({"not_ready": 140, "ready": 60}, {"login": 10, "break": 130, "meal": 100})


def test_a_reason_lasts_since_it_was_given() -> None:
    """A second reason beside a break does not begin the break anew; coming back from it does."""
    days = Days()
    days.state(0, "not_ready", "break")
    days.state(50, "not_ready", "break", "meal")
    assert days.memory.reason_lasts_ms("1001", "break", 60_000_000_000) == 60_000
    assert days.memory.reason_lasts_ms("1001", "meal", 60_000_000_000) == 10_000
    days.state(70, "ready")
    assert days.memory.reason_lasts_ms("1001", "break", 80_000_000_000) == 0


def test_a_night_shift_begins_the_day_at_midnight() -> None:
    """Each day has its part of what lasts over midnight, also when nothing happens until somebody asks."""
    days = Days()
    days.state(43_200 - 600, "talking")
    assert days.today(43_200 - 1) == ({"talking": 599}, {})
    assert days.today(43_200 + 30) == ({"talking": 30}, {})
    days.state(43_200 + 90, "wrap_up")
    assert days.today(43_200 + 100) == ({"talking": 90, "wrap_up": 10}, {})


def test_calls_are_counted_by_what_came_of_them() -> None:
    """Answered, missed and rejected; a caller who gave up first is none of the agent's."""
    days = Days()
    days.state(0, "ready")
    for outcome in ("no_answer", "rejected", "caller_gone", "forced", "phone_fault"):
        days.tell(1, facts.OfferEnded(call="c", queue="service", agent="1001", outcome=outcome))
    days.tell(2, facts.StintEnded(call="c", queue="service", outcome="answered", agent="1001", wait_ms=1))
    days.tell(2, facts.StintEnded(call="d", queue="service", outcome="abandoned", agent="", wait_ms=1))
    day = days.memory.days["1001"]
    assert (day.answered, day.missed, day.rejected) == (1, 1, 1)


def test_after_a_power_cut_the_day_goes_on() -> None:
    """What the journal knows counts; the time in the dark does not, and the clock may begin anew."""
    days = Days()
    days.state(1000, "ready")
    days.tell(1030, facts.CallOffered(call="c", queue="service", agent="1001", phone="phone-1", why="", passed_over=()))
    days.tell(5, facts.ApplianceStarted(version="1", boards=(), after_clean_stop=False))
    days.state(6, "ready")
    assert days.today(10) == ({"ready": 34}, {})
    assert days.memory.offered_last == {"service": "1001"}


def test_who_logs_in_again_has_signed_out_of_nothing() -> None:
    """Signing out of a queue lasts until signing in again, or until the agent leaves."""
    days = Days()
    days.state(0, "ready")
    days.tell(1, facts.AgentSignedOut(agent="1001", queue="vip"))
    days.tell(2, facts.AgentSignedOut(agent="1001", queue="vip"))
    days.tell(3, facts.AgentSignedOut(agent="1001", queue="service"))
    assert days.memory.signed_out == {"1001": ["vip", "service"]}
    days.tell(4, facts.AgentSignedIn(agent="1001", queue="vip"))
    assert days.memory.signed_out == {"1001": ["service"]}
    days.state(5, "logged_out")
    assert days.memory.signed_out == {}


steps = st.lists(
    st.tuples(st.integers(0, 40_000), st.sampled_from(["1001", "1002"]), st.sampled_from(["ready", "not_ready", "talking", "logged_out"])),
    max_size=15,
)


@settings(max_examples=150, deadline=None)
@given(steps, st.integers(0, 15))
def test_a_checkpoint_changes_nothing(happened: list[tuple[int, str, str]], cut: int) -> None:
    """A fold that went through a checkpoint at any place is the same, octet by octet; and seconds sum to the time logged in."""
    whole, restored, at_s = Days(), Days(), 0
    logged_in: dict[str, int] = {}
    sums = {"1001": 0, "1002": 0}
    for number, (gap_s, agent, state) in enumerate(happened):
        if number == cut:
            restored.memory = AcdMemory.from_json(json.loads(json.dumps(restored.memory.to_json())))
        if (at_s + gap_s) // 43_200 != at_s // 43_200:
            break  # another day has its own sums
        at_s += gap_s
        if agent in logged_in:
            sums[agent] += at_s - logged_in.pop(agent)
        if state != "logged_out":
            logged_in[agent] = at_s
        for days in (whole, restored):
            days.state(at_s, state, *(("break",) if state == "not_ready" else ()), agent=agent)
    assert whole.memory.to_json() == restored.memory.to_json()
    for agent, since_s in logged_in.items():
        sums[agent] += at_s - since_s
    utc_ms = MIDNIGHT_UTC_MS - DAY_MS // 2 + at_s * 1000
    found = {agent: whole.memory.today(agent, utc_ms, 480, at_s * 10**9).logged_in_ms // 1000 for agent in sums}
    assert found == sums
