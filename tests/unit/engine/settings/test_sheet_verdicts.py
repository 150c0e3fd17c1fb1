"""A sheet of agents or phones against a site: a verdict for every row, a sentence for every faulty cell, a site or nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.kernel.errors import BadInput
from engine.settings.checks import check_site
from engine.settings.edit import ENTRIES_MOST
from engine.settings.membership import serving, with_membership
from engine.settings.sheet import AGENTS, STATIONS, Cell, CellKind, Row, Sheet, Table, exported_rows, heading_of
from engine.settings.sheet_verdicts import Judged, RowVerdict, Verdict, judge
from engine.settings.site import AgentSection, QueueSection, Site
from tests.floor import a_site

CHINESE = {"Agent number": "工号", "Name": "姓名", "Queues": "队列", "Extension": "分机"}
WORDS = {"language": {"中文": "zh"}}


def chinese(said: str) -> str:
    return CHINESE.get(said, said)


def english(said: str) -> str:
    return said


def the_site() -> Site:
    """The floor's site with a title for one queue."""
    site = a_site()
    return replace(site, queues=(replace(site.queues[0], title="客户服务"), site.queues[1]))


def a_sheet(*rows: list[str | Cell]) -> Sheet:
    made = [Row(place, tuple(cell if isinstance(cell, Cell) else Cell(cell) for cell in row)) for place, row in enumerate(rows, start=1)]
    return Sheet("Sheet1", (), tuple(made))


def judged(table: Table, *rows: list[str | Cell], site: Site | None = None, remove: bool = False) -> Judged:
    return judge(
        table,
        site or the_site(),
        a_sheet(*rows),
        translates=[english, chinese],
        words=WORDS,
        make_pin=lambda number: f"9{number.zfill(5)[-5:]}" if number.isdigit() else "900000",
        remove=remove,
    )


def one(outcome: Judged) -> RowVerdict:
    (row,) = outcome.rows
    return row


def said(outcome: Judged) -> dict[str, str]:
    """The sentences of every faulty cell, by place: ``2 number``."""
    return {f"{row.place} {fault.column}": fault.said.in_english() for row in outcome.rows for fault in row.faults}


# ---- verdicts -----------------------------------------------------------------------------------------------------------


def test_what_was_exported_changes_nothing_when_it_comes_back() -> None:
    """Export and import without a change: every row is unchanged and the site is the same."""
    for table in (AGENTS, STATIONS):
        site = the_site()
        heads: list[str | Cell] = [heading_of(column, chinese) for column in table.columns if not column.secret]
        rows = [list[str | Cell](row) for row in exported_rows(table, site)]
        outcome = judged(table, heads, *rows, site=site)
        assert {row.verdict for row in outcome.rows} == {Verdict.UNCHANGED}
        assert outcome.site == site
        assert outcome.pins == {}


def test_an_exported_sheet_holds_no_pin() -> None:
    """PINs never leave the box in a sheet."""
    assert "2222" not in str(exported_rows(AGENTS, the_site()))


def test_new_changed_and_unchanged_rows_become_one_site() -> None:
    """A new agent comes with a made PIN, a changed one keeps the PIN, the queues follow, and everybody else stays."""
    outcome = judged(
        AGENTS,
        ["number", "name", "language", "queues"],
        ["1001", "李娜", "zh", "service"],
        ["1005", "陈静", "中文", "客户服务, vip"],
        ["1004", "", "", "vip、service"],
    )
    assert [row.verdict for row in outcome.rows] == [Verdict.CHANGED, Verdict.NEW, Verdict.UNCHANGED]
    assert [(change.column, change.old, change.new) for change in outcome.rows[0].changes] == [("name", "", "李娜"), ("language", "", "zh")]
    assert outcome.pins == {"1005": "901005"}
    assert outcome.site is not None
    assert outcome.site.agents[0] == AgentSection(number="1001", name="李娜", pin="2222", language="zh")
    assert outcome.site.agents[4] == AgentSection(number="1005", name="陈静", pin="901005", language="zh")
    assert [queue.agents for queue in outcome.site.queues] == [("1001", "1002", "1003", "1004", "1005"), ("1004", "1003", "1005")]
    assert check_site(outcome.site) == ()


def test_a_column_that_is_not_there_changes_nothing() -> None:
    """A sheet with numbers and names alone leaves queues and language as they are."""
    outcome = judged(AGENTS, ["工号", "姓名"], ["1001", "李娜"])
    assert [change.column for change in one(outcome).changes] == ["name"]
    assert outcome.site is not None
    assert serving(outcome.site) == serving(the_site())


def test_an_empty_cell_of_a_column_that_is_there_empties_it() -> None:
    """Who is given no queue serves none."""
    outcome = judged(AGENTS, ["number", "queues"], ["1003", ""])
    assert outcome.site is not None
    assert "1003" not in serving(outcome.site)


def test_typed_pins_are_taken_and_never_shown() -> None:
    """A PIN in the sheet becomes the agent's; the preview shows a mask, and an empty cell keeps the old one."""
    outcome = judged(AGENTS, ["number", "pin"], ["1001", "4711"], ["1002", ""], ["1007", "08154"])
    assert "4711" not in repr(outcome.rows)
    assert [row.verdict for row in outcome.rows] == [Verdict.CHANGED, Verdict.UNCHANGED, Verdict.NEW]
    assert outcome.site is not None
    assert [agent.pin for agent in outcome.site.agents] == ["4711", "2222", "2222", "2222", "08154"]
    assert outcome.pins == {}


def test_removal_needs_the_explicit_wish() -> None:
    """Agents who are not in the sheet stay, unless it was ticked that they go; then the queues lose them too."""
    rows: list[list[str | Cell]] = [["number", "name"], ["1001", ""], ["1002", ""]]
    assert judged(AGENTS, *rows).removed == ()
    outcome = judged(AGENTS, *rows, remove=True)
    assert outcome.removed == ("1003", "1004")
    assert outcome.site is not None
    assert [agent.number for agent in outcome.site.agents] == ["1001", "1002"]
    assert [queue.agents for queue in outcome.site.queues] == [("1001", "1002"), ()]


def test_one_faulty_row_and_nothing_is_saved() -> None:
    """There is no half import: with a single fault no site comes of it."""
    outcome = judged(AGENTS, ["number", "name"], ["1005", "good"], ["x", "bad"])
    assert outcome.site is None
    assert [row.verdict for row in outcome.rows] == [Verdict.NEW, Verdict.FAULTY]
    assert said(outcome) == {"3 number": 'found "x"; expected 1 to 8 digits'}


# ---- cells as spreadsheet programs make them ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "sentence"),
    [
        (Cell("2026-03-01", CellKind.DATE), "made a date of this: 2026-03-01"),
        (Cell("=A1+1", CellKind.FORMULA), "This is a formula"),
        (Cell("#N/A", CellKind.ERROR), "shows the fault #N/A here"),
        (Cell("1001.5", CellKind.NUMBER), "1001.5 is no whole number"),
        (Cell("-5", CellKind.NUMBER), "-5 is no whole number"),
        (Cell("TRUE", CellKind.TRUTH), "TRUE is a truth value"),
        (Cell(""), "This cell is empty"),
        (Cell("123456789"), "expected 1 to 8 digits"),
    ],
)
def test_cells_that_are_no_numbers_say_what_to_do(cell: Cell, sentence: str) -> None:
    """Dates, formulas, fractions and truth values in the number's column are each told with their cure."""
    outcome = judged(AGENTS, ["number", "name"], [cell, "someone"])
    assert sentence in said(outcome)["2 number"]


@pytest.mark.parametrize("cell", [Cell("1001", CellKind.NUMBER), Cell(" 1001 "), Cell("１００１"), Cell("\u200b1001\ufeff")])
def test_a_number_is_the_same_however_it_was_typed(cell: Cell) -> None:
    """Numbers as numbers, with blanks, in full width or with letters that nobody sees all mean agent 1001."""
    assert one(judged(AGENTS, ["number"], [cell])).key == "1001"


def test_lost_zeros_are_told() -> None:
    """A number that lost its leading zeros is not taken for somebody new."""
    site = replace(the_site(), agents=(AgentSection(number="0012", pin="2222"),), queues=(QueueSection(name="service"),))
    outcome = judged(AGENTS, ["number", "name"], [Cell("12", CellKind.NUMBER), "someone"], site=site)
    assert "There is 0012 too" in said(outcome)["2 number"]


def test_a_short_pin_is_told_with_its_likely_cause() -> None:
    """A PIN of 0815 that became 815 is explained."""
    assert "If it began with zeros" in said(judged(AGENTS, ["number", "pin"], ["1009", Cell("815", CellKind.NUMBER)]))["2 pin"]


def test_an_unknown_queue_names_those_there_are() -> None:
    """A misspelled queue is told with the ones that exist."""
    assert said(judged(AGENTS, ["number", "queues"], ["1001", "servise"])) == {
        "2 queues": "There is no queue servise; there are service, vip."
    }


def test_a_title_that_two_queues_share_names_neither() -> None:
    """Nobody lands in a queue by guessing."""
    site = the_site()
    site = replace(site, queues=tuple(replace(queue, title="热线") for queue in site.queues))
    assert "2 queues" in said(judged(AGENTS, ["number", "queues"], ["1001", "热线"], site=site))


# ---- rows among each other -------------------------------------------------------------------------------------------------


def test_a_number_twice_in_the_sheet_is_told_with_the_first_row() -> None:
    """Of two rows about one agent the later says where the earlier is."""
    assert said(judged(AGENTS, ["number"], ["1001"], ["1002"], ["1001"])) == {"4 number": "1001 stands in row 2 already."}


@pytest.mark.parametrize(
    ("row", "place", "sentence"),
    [
        (["phone-9", "9", "801"], "2 extension", "Extension 801 belongs to the phone phone-1."),
        (["phone-9", "9", "8011"], "2 extension", "801 is the beginning of 8011: dialling would stop at it."),
        (["phone-9", "5", "899"], "2 channel", "Channel 5 belongs to the phone phone-1."),
        (["phone-9", "1", "899"], "2 channel", "Channel 1 belongs to the line line-1."),
        (["line-1", "9", "899"], "2 name", "An exchange line is called line-1."),
        (["phone-9", "", "899"], "2 channel", "missing"),
        (["phone-9", "2000", "899"], "2 channel", "found 2000; expected a whole number, 1…1024"),
        (["phone-9", "9", "012"], "2 extension", 'found "012"; expected 3 to 6 digits, not beginning with 0'),
    ],
)
def test_a_phone_that_clashes_says_with_whom(row: list[str], place: str, sentence: str) -> None:
    """Extension, channel and name of a new phone are compared with everything the site has."""
    assert said(judged(STATIONS, ["name", "channel", "extension"], list[str | Cell](row))) == {place: sentence}


def test_two_new_rows_with_one_extension_clash_with_each_other() -> None:
    """The later row names the earlier one."""
    heads: list[str | Cell] = ["name", "channel", "extension"]
    assert said(judged(STATIONS, heads, ["phone-8", "11", "850"], ["phone-9", "12", "850"])) == {
        "3 extension": "Extension 850 belongs to row 2."
    }


def test_phones_may_exchange_their_numbers() -> None:
    """What counts is the outcome: two phones that swap extensions are sound."""
    outcome = judged(STATIONS, ["name", "channel", "extension"], ["phone-1", "5", "802"], ["phone-2", "6", "801"])
    assert said(outcome) == {}
    assert outcome.site is not None
    assert [station.extension for station in outcome.site.stations[:2]] == ["802", "801"]


def test_a_number_that_a_removed_phone_had_is_free() -> None:
    """When the others go, their extensions may be given anew."""
    rows: list[list[str | Cell]] = [["name", "channel", "extension"], ["phone-9", "5", "801"]]
    assert judged(STATIONS, *rows).site is None
    outcome = judged(STATIONS, *rows, remove=True)
    assert outcome.site is not None
    assert [station.name for station in outcome.site.stations] == ["phone-9"]


# ---- headings ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("heading", ["number", "NUMBER", "Agent number", "工号", "工号 [number]", "whatever [number]", " agent number "])
def test_headings_are_known_in_every_language(heading: str) -> None:
    """A sheet exported in Chinese is read by somebody who reads English, and the other way round."""
    assert judged(AGENTS, [heading], ["1001"]).columns == ("number",)


def test_a_title_above_the_headings_is_passed_over() -> None:
    """A line with the company's name above the table does no harm; rows keep their numbers."""
    outcome = judged(AGENTS, ["呼叫中心座席名单"], ["工号", "姓名"], ["1001", "李娜"])
    assert one(outcome).place == 3


def test_unknown_columns_are_named_and_passed_over() -> None:
    """A column for the department does not stand in the way, and it is said that it was not used."""
    assert judged(AGENTS, ["number", "部门"], ["1001", "销售"]).unknown == ("部门",)


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([], "The sheet Sheet1 is empty."),
        ([["number", "name"]], "has headings, and nothing below them"),
        ([["name", "language"], ["x", "zh"]], "does not name the column Agent number [number]"),
        (
            [["Phone", "Street"], ["1", "2"]],
            "It names: Phone, Street. Known are: number, name, language, answers, skills, weight, wrap_up_mode, wrap_up_s, caller_number, queues, pin.",
        ),
        ([["number", "工号"], ["1", "2"]], "The column 工号 is there twice."),
    ],
)
def test_a_sheet_without_the_right_columns_is_refused_whole(rows: list[list[str]], sentence: str) -> None:
    """Wrong or missing columns are named, with those that are known."""
    with pytest.raises(BadInput) as refused:
        judged(AGENTS, *[list[str | Cell](row) for row in rows])
    assert sentence in refused.value.text.in_english()


def test_more_entries_than_a_site_takes_are_refused() -> None:
    """With the agents there are, a full sheet would be too many: nothing is saved, and it is said."""
    rows: list[list[str | Cell]] = [[str(number)] for number in range(10_000, 10_000 + ENTRIES_MOST)]
    outcome = judged(AGENTS, ["number"], *rows)
    assert outcome.site is None
    assert [fault.in_english() for fault in outcome.faults] == [f"There would be {ENTRIES_MOST + 4} entries; {ENTRIES_MOST} are possible."]


# ---- whatever the order ------------------------------------------------------------------------------------------------------

ROWS = [
    ["1001", "a", "service"],
    ["1002", "", ""],
    ["1005", "b", "vip"],
    ["1006", "c", "service, vip"],
    ["10x", "d", ""],
    ["1004", "", "no"],
]


@settings(max_examples=40, deadline=None)
@given(st.permutations(ROWS), st.booleans())
def test_the_order_of_rows_changes_no_verdict(rows: list[list[str]], remove: bool) -> None:
    """Sorting the sheet in the spreadsheet program changes nothing but the rows' numbers."""
    outcome = judged(AGENTS, ["number", "name", "queues"], *[list[str | Cell](row) for row in rows], remove=remove)
    usual = judged(AGENTS, ["number", "name", "queues"], *[list[str | Cell](row) for row in ROWS], remove=remove)
    assert {row.key: (row.verdict, row.changes, row.faults) for row in outcome.rows} == {
        row.key: (row.verdict, row.changes, row.faults) for row in usual.rows
    }


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.text(max_size=8), min_size=3, max_size=3), min_size=1, max_size=6), st.booleans())
def test_whatever_stands_in_the_cells_the_outcome_is_sound(rows: list[list[str]], remove: bool) -> None:
    """Any text in the cells gives verdicts; and when a site comes of it, it is a sound one."""
    filled = [row for row in rows if any(cell.strip() for cell in row)] or [["801", "9", "phone-9"]]
    for table, heads in ((AGENTS, ["number", "queues", "pin"]), (STATIONS, ["name", "channel", "extension"])):
        outcome = judged(table, list[str | Cell](heads), *[list[str | Cell](row) for row in filled], remove=remove)
        assert outcome.site is None or check_site(outcome.site) == ()


# ---- membership ----------------------------------------------------------------------------------------------------------------


def test_joining_and_leaving_queues() -> None:
    """Who joins stands at the end, who leaves is gone, and everybody else keeps the place."""
    site = with_membership(the_site(), "1001", ["vip", "service"], [])
    assert [queue.agents for queue in site.queues] == [("1001", "1002", "1003", "1004"), ("1004", "1003", "1001")]
    assert with_membership(site, "1001", [], ["vip"]) == the_site()


def test_a_queue_that_is_gone_cannot_be_joined() -> None:
    """The sentence names the queue."""
    with pytest.raises(BadInput, match="There is no queue nowhere any more"):
        with_membership(the_site(), "1001", ["nowhere"], [])


def test_a_gain_is_read_however_the_spreadsheet_writes_it() -> None:
    """A loss of 3.5 dB typed as text or kept as a number is the same setting; an empty cell leaves it, and what is no number is told."""
    site = the_site()
    station = site.stations[0]
    heads: list[str | Cell] = ["name", "channel", "extension", "receive_gain_db"]

    def with_gain(cell: str | Cell) -> Judged:
        return judged(STATIONS, heads, [station.name, str(station.channel), station.extension, cell], site=site)

    for cell in ("-3.5", Cell("-3.5", CellKind.NUMBER)):
        outcome = with_gain(cell)
        assert outcome.site is not None
        assert outcome.site.stations[0].receive_gain_db == -3.5
    assert with_gain("").rows[0].verdict == Verdict.UNCHANGED
    assert with_gain("loud").rows[0].verdict == Verdict.FAULTY
