"""Forms made from settings: what each field shows, and what of it was typed. Pure; ``templates/forms.html`` draws it.

A page reads what was typed (``read_typed``), asks ``engine/settings/edit.py`` for the site that this means, and shows the same form
again with every fault at its field (``FormFaults``) when it means none. Forms that are no settings declare their fields as
``FormField`` with a ``Spec`` of their own and use the same rows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from engine.kernel.text import Text, text
from engine.settings.edit import ROWS_MOST, FormField, Kind, key_field, list_names, rows_of
from engine.settings.faults import Fault, Path, path_shown
from engine.settings.field import Spec, spec_of
from engine.settings.site import Site
from web.words import choice_words

__all__ = [
    "NO_FAULTS",
    "TICKED_MOST",
    "Choice",
    "FormFaults",
    "FormPart",
    "FormRow",
    "Offered",
    "Tab",
    "act_on_rows",
    "compacted",
    "fault_said",
    "faults_at",
    "form_parts",
    "form_rows",
    "own_field",
    "read_typed",
    "shown_setting",
]

TEXT_MOST = 500
"""Characters of a text without a limit of its own."""
NAMES_MOST = 40_000
TICKED_MOST = 200
"""So many names are offered as boxes to tick; more are typed."""
Offered = Mapping[str, Sequence[tuple[str, str]]]
"""For a field, the values that it may have, each with a title for people (may be empty)."""
Values = Callable[[str], Sequence[str]]
"""Every value that came for a name: ``Visit.values``."""


@dataclass(frozen=True)
class Choice:
    """One of the values of a list or a box to tick."""

    value: str
    label: Text | str
    chosen: bool


@dataclass(frozen=True)
class FormRow:
    """One field of a form, with everything that is shown about it.

    ``input``: how it is drawn: ``text``, ``number``, ``password``, ``tick`` (yes or no), ``choose`` (one of ``choices``), ``ticks``
    (several of ``choices``), ``names`` (several, typed) or ``rows``; the ``choices`` of a number are suggestions. ``value`` is what stands in it; ``range`` what may; ``usual`` the
    default, None when there is none; ``changed``: another value than usual. ``rows``: the rows of a list inside a group.
    """

    id: str
    name: str
    input: str
    label: Text
    help: Text
    unit: str = ""
    range: Text | str = ""
    must: bool = False
    value: str = ""
    usual: Text | str | None = None
    changed: bool = False
    most: int = TEXT_MOST
    choices: tuple[Choice, ...] = ()
    faults: tuple[Text, ...] = ()
    rows: tuple[tuple[FormRow, ...], ...] = ()

    @property
    def described_by(self) -> str:
        """The ids of what is said about the field, for a screen reader."""
        said = [
            ("help", bool(self.help.msgid)),
            ("range", bool(self.range) or self.usual is not None),
            ("found", self.suggests),
            ("fault", bool(self.faults)),
        ]
        return " ".join(f"{self.id}-{name}" for name, there in said if there)

    @property
    def suggests(self) -> bool:
        """Its choices are suggestions: others may be typed."""
        return self.input == "number" and bool(self.choices)

    @property
    def all_faults(self) -> tuple[tuple[str, Text], ...]:
        """Every fault of it and of its rows, with the id of the element to go to."""
        within = tuple(found for row in self.rows for part in row for found in part.all_faults)
        return (*((self.id, said) for said in self.faults), *within)


@dataclass(frozen=True)
class FormPart:
    """Rows of a long form that belong together, under a heading; ``unused``: what another field of the form says makes them count for nothing."""

    heading: Text | None
    rows: tuple[FormRow, ...]
    unused: bool = False

    @property
    def faulty(self) -> bool:
        """Something in it is wrong, and must be seen."""
        return any(row.all_faults for row in self.rows)


def form_parts(rows: Sequence[FormRow], headings: Mapping[str, Text], unused: Collection[str] = ()) -> tuple[FormPart, ...]:
    """A form in parts: ``headings`` by the name of the first field below each; ``unused`` names the parts that do not count, in the same way."""
    parts: list[FormPart] = []
    for row in rows:
        if row.name in headings or not parts:
            parts.append(FormPart(headings.get(row.name), (), row.name in unused))
        parts[-1] = replace(parts[-1], rows=(*parts[-1].rows, row))
    return tuple(parts)


@dataclass(frozen=True)
class FormFaults:
    """What is wrong with a form: by the name of the field, and what belongs to none of them."""

    at: Mapping[str, tuple[Text, ...]] = field(default_factory=dict)
    others: tuple[Text, ...] = ()


NO_FAULTS = FormFaults()


class Tab(NamedTuple):
    """One entry of a menu within a page: see ``tabs`` in the template."""

    address: str
    label: Text | str
    here: bool


def own_field(  # all that a field has, most of it with a usual value
    name: str,
    label: Text,
    help: Text,  # noqa: A002  # as in ``setting``
    kind: str = Kind.TEXT,
    *,
    must: bool = False,
    usual: str = "",
    unit: str = "",
    least: float | None = None,
    most: float | None = None,
    choices: tuple[str, ...] = (),
) -> FormField:
    """A field of a form that is no setting; its words are plain ``text(…)`` without values. The words for choices are in ``words.CHOICES``."""
    return FormField(name, kind, Spec(label.msgid, help.msgid, unit, least, most, choices, secret=kind == Kind.SECRET), must, usual)


# ---- from fields to rows --------------------------------------------------------------------------------------------------


def form_rows(
    fields: Iterable[FormField],
    typed: Mapping[str, str],
    faults: FormFaults = NO_FAULTS,
    offered: Offered | None = None,
    prefix: str = "",
) -> tuple[FormRow, ...]:
    """A row for each field, with what was typed into it and what is wrong with that.

    ``typed`` by field name (``typed_of`` gives what a form begins with). ``offered`` are the values of fields that name something else.
    """
    return tuple(_row(one, typed, faults, offered or {}, prefix) for one in fields)


def _row(one: FormField, typed: Mapping[str, str], faults: FormFaults, offered: Offered, prefix: str) -> FormRow:
    name = prefix + one.name
    value, spec = typed.get(name, "" if prefix else one.usual), one.spec
    # a value that has gone in the meantime stays offered, so that nobody's setting changes by opening a form
    names = offered.get(one.name)
    drawn = _drawn_as(one, names)
    row = FormRow(
        id="f-" + name.replace(".", "-"),
        name=name,
        input=drawn,
        label=Text(spec.label),
        help=Text(spec.help),
        unit=spec.unit,
        range="" if drawn in {"choose", "ticks", "tick", "rows"} else _range(one),
        must=one.must,
        value=value,
        usual=_usual(one),
        changed=not one.must and one.kind not in {Kind.SECRET, Kind.ENTRIES} and value != one.usual,
        most=_most(one),
        choices=_choices(one, value, names),
        faults=faults.at.get(name, ()),
    )
    if one.kind != Kind.ENTRIES:
        return row
    rows = tuple(form_rows(one.parts, typed, faults, offered, f"{name}.{number}.") for number in _numbers(name, typed))
    given = [{part.name: typed.get(f"{name}.{number}.{part.name}", "") for part in one.parts} for number in _numbers(name, typed)]
    return replace(row, rows=rows, changed=given != list(one.usual_rows))


def _drawn_as(one: FormField, offered: Sequence[tuple[str, str]] | None) -> str:
    if offered is not None and one.kind == Kind.TEXT:
        return "choose"
    if offered is not None and one.kind == Kind.NAMES and len(offered) <= TICKED_MOST:
        return "ticks"
    drawn = {
        Kind.WHOLE: "number",
        Kind.NUMBER: "number",
        Kind.SECRET: "password",
        Kind.YES_NO: "tick",
        Kind.CHOICE: "choose",
        Kind.NAMES: "names",
        Kind.ENTRIES: "rows",
    }
    return drawn.get(one.kind, "text")


def _range(one: FormField) -> Text | str:
    spec = one.spec
    if one.kind in {Kind.WHOLE, Kind.NUMBER}:
        return f"{_bound(spec.least)}–{_bound(spec.most)} {spec.unit}".strip()  # an en dash stands in a range
    if spec.pattern_says:
        return Text(spec.pattern_says)
    if spec.most is None:
        return ""
    least, most = _bound(spec.least), _bound(spec.most)
    return text("{least} to {most} characters", least=least, most=most) if spec.least else text("at most {most} characters", most=most)


def _bound(number: float | None) -> str:
    return "" if number is None else f"{number:.12g}"


def _most(one: FormField) -> int:
    """Characters that may be typed: some more than are right, so that what is too long is said and not cut short in silence."""
    if one.kind == Kind.NAMES:
        return NAMES_MOST
    return int(one.spec.most) + 20 if one.kind == Kind.TEXT and one.spec.most else TEXT_MOST


def _usual(one: FormField) -> Text | str | None:
    if one.must or one.kind in {Kind.SECRET, Kind.ENTRIES}:
        return None
    return shown_setting(one, one.usual)


def shown_setting(one: FormField, value: str) -> Text | str:
    """A value for people: ``yes``, ``20 s``, ``Chinese (zh)``, ``empty``."""
    if one.kind == Kind.YES_NO:
        return text("yes") if value == "true" else text("no")
    if one.kind == Kind.CHOICE:
        return _choice_said(one, value)
    if value == "":
        return text("empty")
    return f"{value} {one.spec.unit}".strip()


def _choice_said(one: FormField, value: str) -> Text | str:
    said = choice_words(one.name, one.spec.choices).get(value)
    if said is None:
        return value
    return Text("{said} ({value})", {"said": said, "value": value}) if value else said


def _choices(one: FormField, value: str, offered: Sequence[tuple[str, str]] | None) -> tuple[Choice, ...]:
    if one.kind == Kind.CHOICE:
        known = [(each, _choice_said(one, each)) for each in one.spec.choices]
        return tuple(Choice(each, said, each == value) for each, said in _with_present(known, [value]))
    if offered is None:
        return ()
    if one.kind == Kind.WHOLE:
        return tuple(Choice(each, title, each == value) for each, title in offered)
    titled: list[tuple[str, Text | str]] = [(each, f"{each} · {title}" if title else each) for each, title in offered]
    if one.kind == Kind.NAMES:
        chosen = [part for part in re.split(r"[\s,]+", value) if part]
        return tuple(Choice(each, said, each in chosen) for each, said in _with_present(titled, chosen))
    if one.kind != Kind.TEXT:
        return ()
    first: list[tuple[str, Text | str]] = [("", text("please choose"))] if one.must else [("", text("none"))]
    return tuple(Choice(each, said, each == value) for each, said in _with_present([*first, *titled], [value]))


def _with_present(known: Sequence[tuple[str, Text | str]], present: Sequence[str]) -> list[tuple[str, Text | str]]:
    values = {each for each, _said in known}
    return [*known, *((each, each) for each in present if each not in values)]


# ---- from the form to what was typed ---------------------------------------------------------------------------------------


def read_typed(fields: Iterable[FormField], values: Values) -> dict[str, str]:
    """What was typed, by field name. Fields that were not in the form are left out.

    A box to tick comes with a hidden ``false`` before it; of several boxes each ticked one comes, after a hidden empty value.
    """
    typed: dict[str, str] = {}
    for one in fields:
        found = values(one.name)
        if one.kind == Kind.ENTRIES:
            typed.update(_read_rows(one, values))
        elif found:
            typed[one.name] = ", ".join(part for part in found if part) if one.kind == Kind.NAMES else found[-1]
    return typed


def _read_rows(one: FormField, values: Values) -> dict[str, str]:
    typed = {one.name: ""} if values(one.name) else {}
    for number in range(ROWS_MOST):
        for part in one.parts:
            found = values(f"{one.name}.{number}.{part.name}")
            if found:
                typed[f"{one.name}.{number}.{part.name}"] = found[-1]
    return typed


def compacted(fields: Iterable[FormField], typed: Mapping[str, str]) -> dict[str, str]:
    """The same with the rows of lists numbered from 0 without gaps, and empty ones left out: as their faults are numbered."""
    result = dict(typed)
    for one in fields:
        rows = rows_of(typed, one.name) if one.kind == Kind.ENTRIES else None
        if rows is None:
            continue
        result = {name: value for name, value in result.items() if not name.startswith(one.name + ".")}
        for number, row in enumerate(rows):
            result.update({f"{one.name}.{number}.{part}": value for part, value in row.items()})
    return result


def act_on_rows(fields: Iterable[FormField], typed: Mapping[str, str], act: str) -> dict[str, str] | None:
    """What was typed with a row added (``add:reasons``) or taken out (``remove:reasons:2``); None when ``act`` is another button."""
    lists = {one.name: one for one in fields if one.kind == Kind.ENTRIES}
    verb, _, rest = act.partition(":")
    name, _, place = rest.partition(":")
    if name not in lists:
        return None
    numbers = _numbers(name, typed)
    if verb == "add" and len(numbers) < ROWS_MOST:
        number = max(numbers, default=-1) + 1
        # A row with something that must be filled in begins empty: left so, it is none.
        begins_empty = any(part.must for part in lists[name].parts)
        return {**typed, **{f"{name}.{number}.{part.name}": "" if begins_empty else part.usual for part in lists[name].parts}}
    if verb == "remove":
        return {key: value for key, value in typed.items() if not key.startswith(f"{name}.{place}.")}
    return None


def _numbers(name: str, typed: Mapping[str, str]) -> list[int]:
    found = (re.match(rf"{re.escape(name)}\.([0-9]{{1,3}})\.", key) for key in typed)
    return sorted({int(one[1]) for one in found if one})


# ---- faults ----------------------------------------------------------------------------------------------------------------


def faults_at(faults: Iterable[Fault], place: Path, site: Site | None = None) -> FormFaults:
    """The faults of the group or entry at ``place`` by field; what is wrong elsewhere is told with its place.

    With ``site`` that is the name of an entry of its lists, as people call it; else its path.
    """
    at: dict[str, tuple[Text, ...]] = {}
    others: list[Text] = []
    for fault in faults:
        rest = fault.path[len(place) :] if fault.path[: len(place)] == place else ()
        if not rest:
            others.append(fault_said(fault, site))
            continue
        name = ".".join(str(step) for step in rest) if len(rest) == 3 else str(rest[0])  # list, number, field
        at[name] = (*at.get(name, ()), fault.said)
    return FormFaults(at, tuple(others))


def fault_said(fault: Fault, site: Site | None = None) -> Text:
    """A fault with its place, for where there is no field to show it at."""
    shown = (site and _entry_shown(fault.path, site)) or path_shown(fault.path)
    return Text("{setting}: {said}", {"setting": shown, "said": fault.said}) if shown else fault.said


def _entry_shown(path: Path, site: Site) -> Text | None:
    """``E1 trunks pri-1``; None: the path leads to no entry of the site's lists."""
    section, number = (*path, None, None)[:2]
    if section not in list_names() or not isinstance(number, int) or number >= len(getattr(site, str(section))):
        return None
    entry = getattr(site, str(section))[number]
    label = Text(spec_of(Site.__dataclass_fields__[str(section)]).label)
    return Text("{section} {key}", {"section": label, "key": str(getattr(entry, key_field(type(entry))))})
