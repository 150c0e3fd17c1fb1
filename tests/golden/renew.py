"""Writes the golden files anew: ``make golden``. What changed then shows in the difference, and is reviewed there.

A fact's record of an older version is never rewritten: it is what journals out there hold.
"""

from __future__ import annotations

import dataclasses
import json
import re
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from appliance.texts import translator
from boards.dahdi import fxo, fxs, port_life, span_alarm
from boards.e1 import cas_incoming, cas_outgoing, r2_bits, r2_incoming, r2_line, r2_outgoing, trunk_call
from boards.e1.cas_words import AddressBy
from boards.e1.r2_variants import VARIANTS
from console.handbook import page
from engine import facts
from engine.acd import agent
from engine.calls import call, interaction, leg
from engine.desk import phone
from engine.kernel.drawing import draw
from engine.kernel.fsm import Table
from engine.telephony import answering
from tests.golden import pri_traces, r2_traces
from web.api.openapi import document, written

GOLDEN = Path(__file__).parent
FACTS = GOLDEN / "facts.json"
CONSOLE_PAGE = GOLDEN.parents[1] / "docs" / "console.md"
OPENAPI = GOLDEN.parents[1] / "docs" / "openapi.json"
MACHINES: Mapping[str, Table] = {
    "call": call.TABLE,
    "leg": leg.TABLE,
    "interaction": interaction.TABLE,
    "agent": agent.TABLE,
    "e1_channel": trunk_call.TABLE,
    "phone": phone.TABLE,
    "fxo": fxo.TABLE,
    "answering": answering.TABLE,
    "fxs": fxs.TABLE,
    "port": port_life.TABLE,
    "span_alarm": span_alarm.TABLE,
    "cas_outgoing": cas_outgoing.cas_outgoing_table(AddressBy.PULSES),
    "cas_incoming": cas_incoming.cas_incoming_table(AddressBy.PULSES),
    "r2_bits": r2_bits.bits_table(),
    "r2_line": r2_line.line_table(),
    "r2_outgoing": r2_outgoing.outgoing_table(VARIANTS["china"].register),
    "r2_incoming": r2_incoming.incoming_table(VARIANTS["china"].register),
}


CALLS_PAGE = GOLDEN.parents[1] / "docs" / "calls.md"
DRAWN = re.compile(r"(<!-- drawn: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def with_drawings(page_text: str) -> str:
    """A page of the handbook with the machines drawn where it names them."""
    return DRAWN.sub(lambda place: f"{place[1]}```text\n{draw(MACHINES[place[2]])}```\n{place[3]}", page_text)


def machine_file(name: str) -> Path:
    """Where the drawing of a machine lies."""
    return GOLDEN / "machines" / f"{name}.txt"


def a_fact(cls: type[facts.Fact]) -> facts.Fact:
    """A fact of this class with a telling value in each field; each field's value differs from the others'."""
    hints = typing.get_type_hints(cls)
    values: dict[str, object] = {}
    for number, field in enumerate(dataclasses.fields(cls), start=1):  # type: ignore[arg-type]  # a Fact is a dataclass
        by_type: Mapping[object, object] = {
            str: f"{field.name} 值",
            int: 1_795_000_000_000 + number,
            bool: True,
            tuple[str, ...]: (f"{field.name} 一", f"{field.name} 二"),
        }
        values[field.name] = by_type[hints[field.name]]
    return cls(**values)


def fact_records() -> dict[str, dict[str, Any]]:
    """The golden records: fact name → version → fields. JSON has string keys only, so versions are strings."""
    read: dict[str, dict[str, Any]] = json.loads(FACTS.read_text(encoding="utf-8")) if FACTS.exists() else {}
    return read


def renew() -> None:
    """Write every drawing, the console's page of the handbook, the API's document, and the record of every fact version that has none yet."""
    for name, table in MACHINES.items():
        machine_file(name).write_text(draw(table), encoding="utf-8")
    CALLS_PAGE.write_text(with_drawings(CALLS_PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    CONSOLE_PAGE.write_text(page(translator({}, "zh")), encoding="utf-8")
    OPENAPI.write_text(written(document()), encoding="utf-8")
    r2_traces.renew()
    pri_traces.renew()
    records = fact_records()
    for name, cls in facts.known_facts().items():
        records.setdefault(name, {}).setdefault(str(cls.VERSION), facts.fact_to_record(a_fact(cls)))
    FACTS.write_text(json.dumps(records, ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    renew()
