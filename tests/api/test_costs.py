"""Call costs by the API: what programs read of them is as the document says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.site_file import demo_site_file
from engine import facts
from tests.api.conftest import USERS
from tests.api.program import Program, keep_tokens
from tests.api.test_answers import against
from tests.pages import Day, Pages

MONEY = """
tariffs: [{name: national, bands: [{name: all, first_price_li: 600}]}]
charge_accounts: [{number: "9001", pin: "4321"}]
budgets: [{name: small, kind: agent, names: ["1001"], month_most_yuan: 5}]
"""


@pytest.fixture(scope="module")
def paid(tmp_path_factory: pytest.TempPathFactory, prompts_folder: Path) -> Iterator[Pages]:
    """A page on a box with tariffs, on which one call was charged."""
    folder, accounts = tmp_path_factory.mktemp("costs"), tmp_path_factory.mktemp("accounts")
    site = folder / "site.yaml"
    site.write_text(demo_site_file().read_text(encoding="utf-8") + MONEY, encoding="utf-8")
    day = Day(folder, prompts_folder, site)
    pages = Pages(day, accounts, USERS)
    keep_tokens(accounts, list(USERS))
    bus = day.rig.appliance.bus
    bus.publish(facts.CallPlaced(call="b1-c9", phone="phone-801", extension="801", agent="1001", called="55501001", line="line-1"))
    bus.publish(facts.CallAnswered(call="b1-c9", supervision="polarity"))
    day.rig.world.run_for(1000)
    bus.publish(facts.CallEnded(call="b1-c9", cause=16, reason="hung_up", released_by="agent"))
    yield pages
    pages.close()


def test_costs_are_as_the_document_says(paid: Pages) -> None:
    """Rows, sums, the reasons in the asker's language, and the budgets."""
    program = Program(paid, "guest", {"accept_language": "en"})
    rows = program.get("/costs?extension=801")
    assert against("/costs", "get", "200", rows) == []
    assert [(row["call"], row["number"], row["price_li"]) for row in rows["costs"]] == [("b1-c9", "55501001", 600)]
    assert program.get(f"/costs?before={rows['costs'][0]['seq']}")["costs"] == []
    sums = program.get("/costs/sums?by=agent")
    assert against("/costs/sums", "get", "200", sums) == []
    assert sums["sums"][0]["name"] == "1001"
    why = program.get("/costs/b1-c9")
    assert against("/costs/{call}", "get", "200", why) == []
    assert why["steps"][-1] == "Together: ¥0.60."
    budgets = program.get("/budgets")
    assert against("/budgets", "get", "200", budgets) == []
    assert [(row["name"], row["spent_li"], row["most_li"]) for row in budgets["budgets"]] == [("1001", 600, 5000)]


def test_a_program_books_a_payment(paid: Pages) -> None:
    """A shop's till tells the box what was paid; who may not change settings may not, and 0 is no payment."""
    body = {"account": "9001", "amount_li": 50_000, "why": "till 3"}
    answer = Program(paid, "admin", {}).ask("POST", "/charge-accounts/credit", body)
    assert (answer.status, json.loads(answer.body)["accounts"][0]["balance_li"]) == (200, 50_000)
    accounts = Program(paid, "guest", {}).get("/charge-accounts")
    assert against("/charge-accounts", "get", "200", accounts) == []
    assert Program(paid, "guest", {}).ask("POST", "/charge-accounts/credit", body).status == 403
    assert Program(paid, "admin", {}).ask("POST", "/charge-accounts/credit", {**body, "amount_li": 0}).status == 422


def test_what_is_wrong_is_refused(paid: Pages) -> None:
    """A call without price is not found; a day that is none is told; an agent may not ask."""
    assert Program(paid, "guest", {}).ask("GET", "/costs/b1-c8").status == 404
    assert Program(paid, "guest", {}).ask("GET", "/costs?since=2026-02-31").status in {400, 422}
    assert Program(paid, "lina", {}).ask("GET", "/costs").status == 403
