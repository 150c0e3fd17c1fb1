"""What trunk groups have carried today, as a fold over the facts: days, conversations, restarts, checkpoints."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from engine import facts
from engine.calls.group_usage import GroupUsage, local_day
from engine.kernel.bus import Envelope

MIDNIGHT_MS = 20_000 * 86_400_000 - 480 * 60_000
"""The beginning of day 20 000 for people who are eight hours ahead."""
DAY = 20_000


def ns(second: float) -> int:
    """The monotonic clock at a second after midnight; it began a day before."""
    return round((second + 86_400) * 1e9)


def folded(*told: tuple[float, facts.Fact], usage: GroupUsage | None = None) -> GroupUsage:
    """The fold of facts, each told so many seconds after midnight."""
    usage = usage or GroupUsage()
    for second, fact in told:
        usage.apply(Envelope(1, "b1", ns(second), MIDNIGHT_MS + round(second * 1000), 480, 0, "", fact))
    return usage


def placed(call: str, line: str = "line-1", group: str = "main", wanted: str = "") -> facts.CallPlaced:
    return facts.CallPlaced(
        call=call, phone="phone-1", extension="801", agent="", called="10086", line=line, group=group, wanted_group=wanted
    )


def rerouted(call: str, line: str, next_line: str, group: str, next_group: str) -> facts.CallRerouted:
    return facts.CallRerouted(call=call, line=line, reason="congested", next_line=next_line, cause=34, group=group, next_group=next_group)


def answered(call: str) -> facts.CallAnswered:
    return facts.CallAnswered(call=call, supervision="signalled")


def ended(call: str) -> facts.CallEnded:
    return facts.CallEnded(call=call, cause=16, reason="hung_up", released_by="agent")


def test_a_day_is_the_sites_day() -> None:
    """Midnight is that of the people, not of Greenwich."""
    assert local_day(MIDNIGHT_MS - 1, 480) == DAY - 1
    assert local_day(MIDNIGHT_MS, 480) == DAY
    assert local_day(MIDNIGHT_MS, 0) == DAY - 1


def test_midnight_begins_anew() -> None:
    """Yesterday's calls do not count against today's limit, also before anything has happened today."""
    usage = folded((-60, placed("c1")), (-50, answered("c1")), (-20, ended("c1")))
    assert (usage.on("main", DAY - 1).calls, usage.talked_ms("main", DAY - 1, ns(0))) == (1, 30_000)
    assert (usage.on("main", DAY).calls, usage.calls_of("line-1", DAY)) == (0, 0)
    folded((1, placed("c2")), usage=usage)
    assert (usage.on("main", DAY).calls, usage.calls_of("line-1", DAY)) == (1, 1)


def test_a_conversation_counts_on_the_day_of_its_answer() -> None:
    """One that lasts over midnight is yesterday's, and one that lasts counts while it lasts."""
    usage = folded((-60, placed("c1")), (-30, answered("c1")), (10, placed("c2", "line-2")), (20, answered("c2")))
    assert usage.talked_ms("main", DAY, ns(50)) == 30_000
    folded((60, ended("c1")), (80, ended("c2")), usage=usage)
    assert usage.talked_ms("main", DAY, ns(90)) == 60_000


def test_a_call_counts_once_in_each_group_that_carried_it() -> None:
    """An attempt more on the same group is no call more; its conversation is the last group's."""
    usage = folded(
        (1, placed("c1")),
        (2, rerouted("c1", "line-1", "line-2", "main", "main")),
        (3, rerouted("c1", "line-2", "line-3", "main", "spare")),
        (4, rerouted("c1", "line-3", "line-1", "spare", "main")),
        (5, rerouted("c1", "line-1", "line-4", "main", "spare")),
        (6, answered("c1")),
        (16, ended("c1")),
    )
    main, spare = usage.on("main", DAY), usage.on("spare", DAY)
    assert (main.calls, spare.calls) == (1, 1)
    assert (main.talked_ms, spare.talked_ms) == (0, 10_000)
    assert usage.last_lines == {"main": "line-1", "spare": "line-4"}


def test_what_is_no_outgoing_call_is_not_counted() -> None:
    """Calls between extensions and calls that come in are nobody's business here."""
    usage = folded(
        (1, placed("c1", line="")),
        (2, answered("c2")),
        (3, ended("c2")),
        (4, facts.AlarmRaised(alarm="store.disk", about="main/daily_calls", sentence="")),
    )
    assert usage.to_json() == {**GroupUsage().to_json(), "newest_ns": ns(4)}


def test_a_power_cut_ends_what_was_open() -> None:
    """A call that the journal does not end has lasted until the last thing that the journal knows."""
    usage = folded((1, placed("c1")), (2, answered("c1")), (40, facts.PhoneLifted(phone="phone-2")))
    folded((500, facts.ApplianceStarted(version="1", boards=(), after_clean_stop=False)), (501, ended("c1")), usage=usage)
    assert usage.talked_ms("main", DAY, ns(600)) == 38_000


ANY = st.one_of(
    st.builds(placed, st.sampled_from(["c1", "c2", "c3"]), st.sampled_from(["", "line-1", "line-2"]), st.sampled_from(["", "a", "b"])),
    st.builds(
        rerouted,
        st.sampled_from(["c1", "c2"]),
        st.just("line-1"),
        st.sampled_from(["line-1", "line-2"]),
        st.just("a"),
        st.sampled_from(["a", "b"]),
    ),
    st.builds(answered, st.sampled_from(["c1", "c2", "c3"])),
    st.builds(ended, st.sampled_from(["c1", "c2", "c3"])),
    st.builds(facts.GroupLimitReached, group=st.just("a"), limit=st.just("daily_calls"), most=st.just(3)),
    st.builds(facts.AttemptsExhausted, call=st.just("c1"), group=st.just("a"), attempts=st.just(8)),
    st.builds(facts.AlarmRaised, alarm=st.just("trunk-group-limit"), about=st.just("a/daily_calls"), sentence=st.just("")),
    st.builds(facts.AlarmCleared, alarm=st.just("trunk-group-limit"), about=st.just("a/daily_calls")),
    st.builds(facts.ApplianceStarted, version=st.just("1"), boards=st.just(()), after_clean_stop=st.booleans()),
)


@given(st.lists(st.tuples(st.integers(0, 30_000), ANY), max_size=25), st.integers(0, 25))
def test_a_checkpoint_in_between_changes_nothing(steps: list[tuple[int, Any]], cut: int) -> None:
    """A start from a checkpoint knows what a start from the whole journal knows."""
    second, told = 0, []
    for step, fact in steps:
        second += step
        told.append((float(second), fact))
    halfway = GroupUsage.from_json(json.loads(json.dumps(folded(*told[:cut]).to_json())))
    assert folded(*told[cut:], usage=halfway).to_json() == folded(*told).to_json()
