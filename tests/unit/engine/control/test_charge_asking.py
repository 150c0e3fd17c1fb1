"""Questions about money: what calls cost by extension, agent, account and day, why one cost what it did, and the budgets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine import facts
from engine.control.charge_asking import charge_answers
from engine.kernel.bus import Envelope
from engine.kernel.errors import BadInput, Refused
from engine.kernel.text import text, text_from_json, text_written
from engine.people.actors import Act, Actor, Role
from engine.settings.site import BudgetSection, TariffSection
from engine.store.migrations import open_database
from engine.store.projection import Projection
from engine.store.queries import Reader
from tests.floor import Floor, a_site

LOOKER = Actor(Role.READ_ONLY, "guest")
DAY_MS = 86_400_000
NOON_UTC_MS = 1_795_060_800_000
"""2026-11-19 12:00 at the site."""


def charged(call: str, extension: str, price_li: int, day: int = 0, **more: Any) -> facts.CallCharged:
    values: dict[str, Any] = {
        "direction": "outgoing",
        "line": "line-1",
        "group": "town",
        "route": "rest",
        "agent": "",
        "account": "",
        "charge_account": "",
        "tariff": "national",
        "site_version": 3,
        "basis": "time",
        "duration_ms": 61_000,
        "paid_s": 120,
        "pulses": 0,
        "bands": ("day", "night"),
        **more,
    }
    steps = (text_written(text("Tariff {tariff}, for calls to {number}.", tariff="national", number="55501001")), "no text at all")
    return facts.CallCharged(
        call=call, extension=extension, price_li=price_li, answered_utc_ms=NOON_UTC_MS + day * DAY_MS, steps=steps, **values
    )


STORY: tuple[facts.Fact, ...] = (
    facts.CallPlaced(call="b1-c1", phone="phone-1", extension="801", agent="1001", called="55501001", line="line-1"),
    facts.CallArrived(call="b1-c2", line="line-2", calling="13800138000", calling_name="", called=""),
    charged("b1-c1", "801", 1200, agent="1001", account="4711"),
    charged("b1-c2", "802", 300, direction="incoming", line="line-2", group="", tariff="hotline", agent="1002"),
    charged("b1-c3", "802", 600, day=1),
    charged("b1-c4", "801", 50, day=1, agent="1001"),
)


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Any]:
    folder: Path = tmp_path_factory.mktemp("costs")
    database = open_database(folder)
    Projection(database).apply(Envelope(seq, "b1", seq, NOON_UTC_MS, 480, 0, "", fact) for seq, fact in enumerate(STORY, start=1))
    database.close()
    floor = Floor(
        replace(
            a_site(),
            tariffs=(TariffSection(name="national"),),
            budgets=(BudgetSection(name="small", month_most_yuan=2, names=("801", "803")),),
        )
    )
    floor.bus.publish(charged("b1-c9", "801", 1500))
    answers = charge_answers(Reader(folder, lambda: 0), lambda work, done, _failed: done(work()), floor.router, lambda: 480)

    def asked(command: str, **request: Any) -> Any:
        told: list[Any] = []
        act, answer = answers[command]
        assert act is Act.SEE_CALLS
        answer(LOOKER, request, told.append, told.append)
        return told[0]

    return asked


@pytest.mark.parametrize(
    ("by", "wanted", "found"),
    [
        ("extension", {}, {"801": (2, 1250), "802": (2, 900)}),
        ("agent", {}, {"1001": (2, 1250), "": (1, 600), "1002": (1, 300)}),
        ("account", {"direction": "outgoing"}, {"4711": (1, 1200), "": (2, 650)}),
        ("group", {}, {"town": (3, 1850), "": (1, 300)}),
        ("day", {}, {"2026-11-20": (2, 650), "2026-11-19": (2, 1500)}),
        ("tariff", {"since": "2026-11-19", "until": "2026-11-19"}, {"national": (1, 1200), "hotline": (1, 300)}),
        ("line", {"extension": "802"}, {"line-1": (1, 600), "line-2": (1, 300)}),
    ],
)
def test_costs_are_summed_up(ask: Callable[..., Any], by: str, wanted: dict[str, str], found: dict[str, tuple[int, int]]) -> None:
    """The dearest first, days the newest first; what has no name is told too."""
    sums = ask("call_cost_sums", by=by, **wanted)["sums"]
    assert list({row["name"]: (row["calls"], row["price_li"]) for row in sums}.items()) == list(found.items())


def test_calls_one_by_one(ask: Callable[..., Any]) -> None:
    """The newest first, with the other side's number; a page goes on where the one before ended."""
    rows = ask("call_costs", limit=3)["costs"]
    assert [(row["call"], row["number"], row["price_li"]) for row in rows] == [
        ("b1-c4", "", 50),
        ("b1-c3", "", 600),
        ("b1-c2", "13800138000", 300),
    ]
    (last,) = ask("call_costs", before_seq=rows[-1]["seq"])["costs"]
    assert (last["number"], last["bands"], last["day"], last["account"]) == ("55501001", ["day", "night"], "2026-11-19", "4711")


def test_why_a_call_cost_so_much(ask: Callable[..., Any]) -> None:
    """The steps come as texts; a call that was not charged is refused in words."""
    found = ask("call_cost", call="b1-c1")
    assert [text_from_json(step).in_english() for step in found["steps"]] == ["Tariff national, for calls to 55501001."]
    with pytest.raises(Refused, match="b1-c5 was not charged"):
        ask("call_cost", call="b1-c5")
    with pytest.raises(Refused, match="b1-c1 was not charged"):
        ask("call_cost", call="b1-c1", seq=found["seq"] + 1)
    assert ask("call_cost", call="b1-c1", seq=found["seq"]) == found


def test_budgets_tell_what_is_left(ask: Callable[..., Any]) -> None:
    """Who has used most comes first, and whoever is named is told although nothing was spent."""
    rows = ask("budgets")["budgets"]
    assert [(row["kind"], row["name"], row["spent_li"], row["most_li"]) for row in rows] == [
        ("extension", "801", 1500, 2000),
        ("extension", "803", 0, 2000),
    ]


@pytest.mark.parametrize(
    ("command", "request_"),
    [
        ("call_cost_sums", {"by": "colour"}),
        ("call_costs", {"since": "2026-02-30"}),
        ("call_costs", {"direction": "sideways"}),
        ("call_costs", {"limit": 0}),
        ("call_costs", {"offset": -1}),
        ("call_costs", {"before_seq": 0}),
        ("call_costs", {"agent": 1001}),
        ("call_cost", {}),
        ("call_cost", {"call": "b1-c1", "seq": "first"}),
    ],
)
def test_what_is_no_question_is_refused(ask: Callable[..., Any], command: str, request_: dict[str, Any]) -> None:
    """With a sentence that says what is wanted."""
    with pytest.raises(BadInput):
        ask(command, **request_)
