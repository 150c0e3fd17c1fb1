"""The countries' R2: each a set of line bits and register signals.

Sources. ``itu``: ITU-T Q.421 and Q.441. ``china``: China No.1 as usually described (GF 002-9002): CD = 11, A2 from the first digit, A5 unallocated,
A6 asks for KA and the caller's number, KD after A3, group B by the kind of call. Exchanges differ in what B2 and B3 say of a local call,
so they say nothing here; KD 5 is taken for a local call. ``brazil``, ``argentina``, ``mexico`` and ``venezuela``: what their exchanges are known to use
among users of the free library libopenr2 1.3.3; Brazil's A2, A7 to A9 and B6 by the names of its national signal plan.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from boards.e1.r2_code import Group, Meaning, RegisterCode, Request
from boards.e1.r2_line_rules import LineCode
from boards.e1.r2_words import Outcome

__all__ = ["VARIANTS", "Variant"]


@dataclass(frozen=True)
class Variant:
    """A country's line and register signalling."""

    line: LineCode
    register: RegisterCode


Table = Mapping[int, Meaning]


def _groups(a: Table, caller: Table, b: Table, b_toll: Table | None = None) -> Mapping[Group, Table]:
    tables = {Group.A: a, Group.CALLER: caller, Group.B: b, Group.B_TOLL: b_toll or {}}
    return MappingProxyType({group: MappingProxyType(dict(table)) for group, table in tables.items() if table})


# ---- ITU-T -----------------------------------------------------------------------------------------------------------

ITU_A: Table = {
    1: Request.NEXT,
    2: Request.BACK_1,
    3: Request.CATEGORY,
    4: Outcome.CONGESTED,
    5: Request.CALLER_CLASS,
    6: Outcome.FREE,
    7: Request.BACK_2,
    8: Request.BACK_3,
}
ITU_CALLER: Table = {**ITU_A, 5: Request.NEXT_CALLER}
ITU_B: Table = {
    2: Outcome.SPECIAL_TONE,
    3: Outcome.BUSY,
    4: Outcome.CONGESTED,
    5: Outcome.UNALLOCATED,
    6: Outcome.FREE,
    7: Outcome.FREE_NO_CHARGE,
    8: Outcome.OUT_OF_ORDER,
}


def _without(meanings: Table, *signals: int) -> dict[int, Meaning]:
    return {signal: meaning for signal, meaning in meanings.items() if signal not in signals}


# ---- China No.1 ------------------------------------------------------------------------------------------------------

CHINA_A: Table = {
    1: Request.NEXT,
    2: Request.FROM_FIRST,
    3: Request.CATEGORY,
    4: Outcome.CONGESTED,
    5: Outcome.UNALLOCATED,
    6: Request.CALLER_CLASS,
}
CHINA_CALLER: Table = {**_without(CHINA_A, 6), 1: Request.NEXT_CALLER}
CHINA_B: Table = {
    1: Outcome.FREE,
    4: Outcome.BUSY_OR_CONGESTED,
    5: Outcome.UNALLOCATED,
    6: Outcome.FREE_CALLER_CONTROLS,
}
CHINA_B_TOLL: Table = {
    1: Outcome.FREE,
    2: Outcome.BUSY,
    3: Outcome.BUSY_TOLL,
    4: Outcome.CONGESTED,
    5: Outcome.UNALLOCATED,
    6: Outcome.FREE_CALLER_CONTROLS,
}
CHINA_LOCAL, CHINA_ORDINARY = 3, 1
"""KD 3: a local telephone. KA 1: an ordinary subscriber, billed periodically."""

# ---- Latin America ---------------------------------------------------------------------------------------------------

BRAZIL_A: Table = {
    1: Request.NEXT,
    2: Request.FROM_FIRST,
    3: Request.CATEGORY,
    4: Outcome.CONGESTED,
    5: Request.CALLER_CLASS,
    7: Request.BACK_2,
    8: Request.BACK_3,
    9: Request.BACK_1,
}
BRAZIL_B: Table = {
    1: Outcome.FREE,
    2: Outcome.BUSY,
    3: Outcome.NUMBER_CHANGED,
    4: Outcome.CONGESTED,
    5: Outcome.FREE_NO_CHARGE,
    6: Outcome.FREE_CALLED_CONTROLS,
    7: Outcome.UNALLOCATED,
    8: Outcome.OUT_OF_ORDER,
}
MEXICO_A: Table = {
    1: Request.NEXT,
    2: Request.BACK_1,
    3: Request.CATEGORY,
    4: Outcome.CONGESTED,
    6: Request.CALLER_CLASS,
}
MEXICO_C: Table = {1: Request.NEXT_CALLER, 3: Request.CATEGORY, 4: Outcome.CONGESTED, 5: Request.NEXT}
MEXICO_B: Table = {1: Outcome.FREE, 2: Outcome.BUSY, 4: Outcome.CONGESTED, 5: Outcome.FREE_NO_CHARGE, 8: Outcome.OUT_OF_ORDER}
VENEZUELA_CALLER: Table = {**_without(ITU_A, 5), 9: Request.NEXT_CALLER}

# ---- all -------------------------------------------------------------------------------------------------------------


CHINA = RegisterCode(
    "china",
    _groups(CHINA_A, CHINA_CALLER, CHINA_B, CHINA_B_TOLL),
    category=CHINA_LOCAL,
    caller_class=CHINA_ORDINARY,
    toll_categories=frozenset({1, 2, 6}),
)
VARIANTS: Mapping[str, Variant] = MappingProxyType(
    {
        "china": Variant(LineCode(cd=0b11), CHINA),
        "itu": Variant(LineCode(), RegisterCode("itu", _groups(ITU_A, ITU_CALLER, ITU_B))),
        "brazil": Variant(
            LineCode(forced_release=True),
            RegisterCode("brazil", _groups(BRAZIL_A, {**BRAZIL_A, 5: Request.NEXT_CALLER}, BRAZIL_B), number_end=None, caller_withheld=12),
        ),
        "argentina": Variant(
            LineCode(metering_s=0.4),
            RegisterCode("argentina", _groups(ITU_A, ITU_CALLER, ITU_B), number_end=None, caller_end=12, caller_withheld=15),
        ),
        "mexico": Variant(LineCode(), RegisterCode("mexico", _groups(MEXICO_A, MEXICO_C, MEXICO_B), number_end=None, back_to_a=True)),
        "venezuela": Variant(
            LineCode(), RegisterCode("venezuela", _groups(ITU_A, VENEZUELA_CALLER, ITU_B), number_end=None, caller_withheld=12)
        ),
    }
)
"""By the name that a site's settings use."""
