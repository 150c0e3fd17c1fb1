"""``strowger route`` and ``strowger bench routing`` on the command line, and where the areas of numbers come from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from appliance import areas, cli
from appliance.areas import AreaShelf, chinese_rows, needs_areas
from engine.calls.routing.area import AreaBook
from engine.kernel.errors import BadInput, EnvironmentFault
from engine.settings.site import InboundRouteSection, NumberingSection, Site

SITE = """
trunks:
  - {name: line-1, channel: 1, number: "02155501001", flow: main}
stations:
  - {name: phone-801, channel: 5, extension: "801"}
queues:
  - {name: service}
flows:
  - {name: main, queue: service}
time_conditions:
  - {name: office}
inbound_routes:
  - {name: south, areas: [广东], target: "extension:801"}
  - {name: office, condition: office, target: "queue:service"}
service_classes:
  - {name: staff}
"""


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(
        areas, "shipped_areas", lambda: AreaBook(chinese_rows([("86755", {"zh": "广东省深圳市", "en": "Shenzhen, Guangdong"})]))
    )


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A site file."""
    made = tmp_path / "site.yaml"
    made.write_text(SITE, "utf-8")
    return made


def run(*arguments: object) -> int:
    return cli.main([str(one) for one in arguments])


def test_a_call_on_a_holiday_of_a_site_file(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An installer asks the file what happens at Spring Festival, before anything runs: every rule is told, and last what comes of it."""
    assert run("route", "--from", "18600000000", "--to", "02155501001", "--at", "2026-02-17 10:00", "--site", file) == 0
    assert capsys.readouterr().out.splitlines() == [
        "A call from outside at 2026-02-17 10:00:",
        "1. Call by line-1 to 02155501001.",
        "2. Caller: 18600000000.",
        "3. Route south: no, it is for callers from 广东.",
        "4. Route office: no, it holds while open; now closed: public holiday (春节).",
        "5. No inbound route fits: the flow of the line answers.",
        "→ The flow of the line answers.",
    ]


def test_programs_get_one_object(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With --json the decision is plain values; the area of the caller decides."""
    assert run("route", "--from", "075588886666", "--to", "1", "--at", "10:00", "--site", file, "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["outcome"], answer["rule"], answer["target"]) == ("target", "south", "extension:801")


def test_a_refused_call_outside(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An extension that would call abroad reads why it may not."""
    assert run("route", "--from", "801", "--to", "000441632960001", "--at", "2026-11-23 10:00", "--site", file) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "→ Refused by staff: the class of service does not permit it."


def test_it_is_said_in_chinese(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--language zh asks for the steps in Chinese: what is translated comes out so."""
    assert run("route", "--to", "1", "--at", "10:00", "--site", file, "--language", "zh") == 0
    assert len(capsys.readouterr().out.splitlines()) > 4


@pytest.mark.parametrize(("more", "said"), [(("--at", "noon"), "no time"), (("--line", "x"), "There is no line x")])
def test_a_wrong_question_is_a_fault(file: Path, capsys: pytest.CaptureFixture[str], more: tuple[str, ...], said: str) -> None:
    """The sentence stands on the standard error, the status is 1."""
    assert run("route", "--to", "1", "--site", file, *more) == 1
    assert said in capsys.readouterr().err


def test_a_running_appliance_is_asked_otherwise(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Without a file the settings in force decide."""
    asked: list[Any] = []
    answer = {"at": "2026-11-23 10:00", "direction": "in", "steps": [], "said": {"msgid": "Fine.", "values": {}}}

    def ask(_data: Path, command: str, **arguments: object) -> dict[str, Any]:
        asked.append((command, arguments))
        return answer

    monkeypatch.setattr(cli, "_ask", ask)
    assert run("route", "--from", "1", "--to", "2", "--data", tmp_path) == 0
    assert asked == [("route", {"from": "1", "to": "2", "at": "", "line": ""})]
    assert capsys.readouterr().out == "A call from outside at 2026-11-23 10:00:\n→ Fine.\n"


def test_the_bench_times_every_decision(capsys: pytest.CaptureFixture[str]) -> None:
    """A small run has all figures of a large one, and meets the limit by far."""
    assert run("bench", "routing", "--routes", 20, "--numbers", 100, "--json") == 0
    figures = json.loads(capsys.readouterr().out)
    assert (figures["routes"], figures["numbers"], figures["met"]) == (20, 100, True)
    assert {"p50_ms", "p99_ms", "max_ms", "processor_p99_ms"} <= set(figures["incoming"]) & set(figures["outgoing"])
    assert run("bench", "routing", "--routes", 20, "--numbers", 100) == 0
    assert "p99 of the processor is within 1 ms." in capsys.readouterr().out


# ---- areas ------------------------------------------------------------------------------------------------------------


def test_descriptions_become_provinces_and_cities() -> None:
    """Whatever form the data have, a route for a province or a city finds its callers."""
    data = [
        ("86755", {"zh": "广东省深圳市", "en": "Shenzhen, Guangdong"}),
        ("8610", {"zh": "北京市", "en": "Beijing"}),
        ("86471", {"zh": "内蒙古呼和浩特市", "en": "Huhehaote, Inner Mongolia"}),
        ("861390887", {"zh": "云南迪庆", "en": "Deqen, Yunnan"}),
        ("8620", {"en": "Guangzhou"}),
        ("441632", {"zh": "英国", "en": "UK"}),
    ]
    rows = {prefix: (area.province, area.city, area.shown("en")) for prefix, area in chinese_rows(data)}
    assert rows == {
        "0755": ("广东省", "深圳市", "Shenzhen, Guangdong"),
        "010": ("北京市", "北京市", "Beijing"),
        "0471": ("内蒙古", "呼和浩特市", "Huhehaote, Inner Mongolia"),
        "1390887": ("云南", "迪庆", "Deqen, Yunnan"),
    }


def test_only_a_site_that_needs_areas_loads_them(tmp_path: Path) -> None:
    """A small office pays nothing for data that none of its rules looks at."""
    assert not needs_areas(Site())
    assert len(AreaShelf().book_for(Site())) == 0
    south = Site(inbound_routes=(InboundRouteSection(name="south", areas=("广东",), target="flow:main"),))
    assert len(AreaShelf().book_for(south)) == 1
    own = tmp_path / "own.csv"
    own.write_text("\ufeff0663,广东,揭阳\n", "utf-8")
    book = AreaShelf().book_for(Site(numbering=NumberingSection(area_file=str(own))))
    assert len(book) == 2


def test_a_file_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    """Whoever saves the setting reads what is wrong with the file."""
    missing, wrong = tmp_path / "missing.csv", tmp_path / "wrong.csv"
    wrong.write_text("what is this\n", "utf-8")
    with pytest.raises(EnvironmentFault, match="cannot be read"):
        AreaShelf().book_for(Site(numbering=NumberingSection(area_file=str(missing))))
    with pytest.raises(BadInput, match=r"wrong\.csv:1: expected prefix"):
        AreaShelf().book_for(Site(numbering=NumberingSection(area_file=str(wrong))))
