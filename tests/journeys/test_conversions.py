"""Files read by real children of a real reactor, with real limits."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.process import ROOT
from web.spreadsheets import LIMITS, ROWS_MOST

HEAD = b'<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
NO_STRINGS = b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"/>'
TAIL = b"</sheetData></worksheet>"
PROGRAM = """
import json, resource, sys
from pathlib import Path
from twisted.internet import reactor
from appliance.conversions import ChildConversions

said = {}
def over(**what):
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    said.update(what, children_s=children.ru_utime + children.ru_stime, children_kib=children.ru_maxrss, own_s=own())
    reactor.stop()
def own():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime - before
def begin():
    global before
    before = 0
    before = own()
    octets = Path(sys.argv[1]).read_bytes()
    conversions.convert("read", octets, lambda answer: over(answer=answer.decode()), lambda error: over(failed=str(error)))
conversions = ChildConversions(reactor, lambda line: said.update(log=line))
reactor.callWhenRunning(begin)
reactor.run()
print(json.dumps(said))
"""


def converted(file: Path) -> dict[str, Any]:
    """What came of a file: the answer or the failure, and what it cost, here and in the child."""
    ran = subprocess.run([sys.executable, "-c", PROGRAM, str(file)], cwd=ROOT, check=True, capture_output=True, text=True)
    told: dict[str, Any] = json.loads(ran.stdout)
    return told


def workbook(sheet: bytes, strings: bytes = NO_STRINGS) -> bytes:
    """A workbook by hand: openpyxl would take seconds for what is meant to be too much."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"><Default Extension="xml" ContentType="application/xml"/>'
        f'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
        f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}.sharedStrings+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kind}.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" Type="{office}/officeDocument"'
        ' Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" Type="{office}/worksheet"'
        ' Target="worksheets/sheet1.xml"/></Relationships>',
    }
    octets = io.BytesIO()
    with zipfile.ZipFile(octets, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name, content)
        made.writestr("xl/worksheets/sheet1.xml", sheet)
        made.writestr("xl/sharedStrings.xml", strings)
    return octets.getvalue()


def cells(count: int) -> bytes:
    return b"".join(b'<row r="%d"><c t="inlineStr"><is><t>%d</t></is></c></row>' % (place, place) for place in range(1, count + 1))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "sent.xlsx"


def test_a_full_sheet_is_read(file: Path) -> None:
    """The largest sheet that is allowed comes back whole, and the reactor did nothing but pass it on."""
    file.write_bytes(workbook(HEAD + cells(ROWS_MOST + 1) + TAIL))
    told = converted(file)
    assert len(json.loads(told["answer"])["sheet"]["rows"]) == ROWS_MOST + 1
    assert told["own_s"] < 0.5


def test_a_hundred_thousand_rows_are_refused_at_once(file: Path) -> None:
    """Two seconds of processor would be long for saying no; the reactor hardly notices, and the child stays small."""
    file.write_bytes(workbook(HEAD + cells(100_000) + TAIL))
    told = converted(file)
    assert "There are more than {most} rows" in told["answer"]
    assert told["children_s"] < 2
    assert told["own_s"] < 0.3
    assert told["children_kib"] < 200 << 10


def test_a_file_that_grows_without_end_is_put_away(file: Path) -> None:
    """Entities within entities would be gigabytes of text: nothing grows, and there is a sentence for the person."""
    entities = b"".join(b'<!ENTITY e%d "%s">' % (level, b"&e%d;" % (level - 1) * 20) for level in range(1, 12))
    strings = (
        b'<!DOCTYPE x [<!ENTITY e0 "boom">'
        + entities
        + b']><sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>&e11;</t></si></sst>'
    )
    file.write_bytes(workbook(HEAD + cells(2) + TAIL, strings))
    told = converted(file)
    assert "damaged" in told["answer"]
    assert told["children_s"] < LIMITS["RLIMIT_CPU"] + 1
    assert told["children_kib"] < LIMITS["RLIMIT_AS"] >> 10
