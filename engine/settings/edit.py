"""A site changed in one place: what a form, a spreadsheet's row or a typed command asks for, as a whole new ``Site``.

Pure. Values come as people type them, as text, and are judged by ``build_site`` like a file: a text that is no number stays a
text and the fault says so. What refers to a renamed entry follows it; an agent who is removed is removed from the queues too, and
an entry that something else needs (a queue that a flow leads to) is not removed: the fault names who needs it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from functools import cache
from typing import Any, get_args, get_origin, get_type_hints

from engine.kernel.errors import BadInput
from engine.kernel.text import Text, text
from engine.settings.build import build_site, value_fault
from engine.settings.field import Spec, spec_of
from engine.settings.show import show_site
from engine.settings.site import Site
from engine.settings.targets import TARGET_FIELDS, TARGET_KINDS, parse_target, targets_of
from engine.settings.versions import node_of

__all__ = [
    "ENTRIES_MOST",
    "GROUP_REFERENCES",
    "REFERENCES",
    "ROWS_MOST",
    "FormField",
    "Kind",
    "entry_of",
    "entry_type",
    "fields_of",
    "key_field",
    "list_names",
    "named_choices",
    "needed_by",
    "plain_value",
    "rename_references",
    "rows_of",
    "section_names",
    "setting_paths",
    "shown_value",
    "typed_of",
    "value_at",
    "with_entry",
    "with_section",
    "with_value",
    "without_entry",
]

ENTRIES_MOST = 5000
"""Entries of one list; a box has at most 1024 channels, and more agents than that are people who sit elsewhere."""

ROWS_MOST = 100
"""Rows of a list inside a group."""

REFERENCES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "agents": (("queues", "agents"), ("service_classes", "agents"), ("number_lists", "agent"), ("inbound_routes", "agent")),
    "queues": (
        ("flows", "queue"),
        ("queues", "overflow_to"),
    ),
    "flows": (("trunks", "flow"), ("e1_trunks", "flow")),
    "spans": (("e1_trunks", "span"),),
    "trunks": (("trunk_groups", "trunks"), ("inbound_routes", "trunks"), ("outbound_routes", "ways"), ("tariffs", "trunks")),
    "e1_trunks": (("trunk_groups", "trunks"), ("inbound_routes", "trunks"), ("outbound_routes", "ways"), ("tariffs", "trunks")),
    "trunk_groups": (("trunk_groups", "overflow"), ("outbound_routes", "ways"), ("tariffs", "trunks")),
    "outbound_routes": (("tariffs", "routes"),),
    "service_classes": (("charge_accounts", "service_class"), ("disa", "service_class")),
    "stations": (("service_classes", "phones"), ("time_conditions", "switch_phones"), ("hot_lines", "phone")),
    "time_conditions": (("inbound_routes", "condition"), ("service_classes", "hours")),
    "number_lists": (("inbound_routes", "lists"),),
}
"""Which fields of which lists hold names of this list's entries."""

ROW_REFERENCES: Mapping[str, tuple[tuple[str, str, str], ...]] = {"time_conditions": (("tariffs", "bands", "condition"),)}
"""Which fields of the rows in which field of which lists do."""

BUDGET_KINDS: Mapping[str, str] = {"agents": "agent", "account_codes": "account"}
"""Whose budgets name entries of which list."""

GROUP_REFERENCES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "trunk_groups": (("desk", "outside_group"),),
    "service_classes": (("numbering", "outside_class"),),
}
"""Which fields of which groups do."""

TYPED = frozenset({("trunk_groups", "trunks"), ("outbound_routes", "ways"), ("inbound_routes", "trunks"), ("tariffs", "trunks")})
"""Fields whose names stand in an order that means something, or are those of several lists: they are typed, and not chosen from boxes."""

EMPTY_IS_ANY = frozenset(
    {
        ("inbound_routes", "trunks"),
        ("inbound_routes", "lists"),
        ("outbound_routes", "ways"),
        ("time_conditions", "switch_phones"),
        ("tariffs", "trunks"),
        ("tariffs", "routes"),
    }
)
"""Fields that mean everything when they are empty: the last name in them does not vanish with what it names, as the rule would then hold for all."""

Plain = dict[str, Any]


class Kind:
    """How a setting is typed and shown."""

    TEXT = "text"
    WHOLE = "whole"
    NUMBER = "number"
    YES_NO = "yes_no"
    CHOICE = "choice"
    SECRET = "secret"  # noqa: S105  # the name of a kind
    NAMES = "names"
    """Several texts, separated by commas or blanks."""
    ENTRIES = "entries"
    """A list of groups; edited entry by entry."""


@dataclass(frozen=True)
class FormField:
    """One setting as a form shows it. ``must`` be given: there is no usual value; else ``usual`` is the default as typed."""

    name: str
    kind: str
    spec: Spec
    must: bool
    usual: str
    parts: tuple[FormField, ...] = ()
    """The settings of each row, when the kind is ENTRIES."""
    usual_rows: tuple[Mapping[str, str], ...] = ()
    """The rows that are there without any doing, when the kind is ENTRIES."""


def section_names() -> tuple[str, ...]:
    """The sections that are one group each: ``box``, ``desk``, …"""
    return tuple(field.name for field in fields(Site) if get_origin(_hints(Site)[field.name]) is not tuple)


def list_names() -> tuple[str, ...]:
    """The sections that are lists of entries: ``trunks``, ``agents``, …"""
    return tuple(field.name for field in fields(Site) if get_origin(_hints(Site)[field.name]) is tuple)


def entry_type(name: str) -> type:
    """The dataclass of a section, or of the entries of a list. BadInput when the site has no such part."""
    hint = _hints(Site).get(name)
    if hint is None:
        raise BadInput(text("There is no section {name}; there are {known}.", name=name, known=", ".join(_hints(Site))))
    found: type = get_args(hint)[0] if get_origin(hint) is tuple else hint
    return found


def key_field(section: type) -> str:
    """The field that tells an entry from the others of its list: the first that must be given."""
    return next(field.name for field in fields(section) if field.default is MISSING and field.default_factory is MISSING)


@cache
def fields_of(section: type) -> tuple[FormField, ...]:
    """Every setting of a section, in the order of declaration."""
    hints = _hints(section)
    return tuple(_form_field(field, hints[field.name]) for field in fields(section))


def _form_field(field: Any, hint: Any) -> FormField:  # noqa: ANN401  # a dataclass field and its annotation
    spec = spec_of(field)
    usual = field.default if field.default is not MISSING else field.default_factory() if field.default_factory is not MISSING else MISSING
    must = usual is MISSING
    kind = _kind(hint, spec)
    parts = fields_of(get_args(hint)[0]) if kind == Kind.ENTRIES else ()
    rows = tuple(typed_of(row) for row in usual) if kind == Kind.ENTRIES and not must else ()
    return FormField(field.name, kind, spec, must, "" if must or spec.secret else shown_value(usual), parts, rows)


def _kind(hint: Any, spec: Spec) -> str:  # noqa: ANN401  # an annotation
    if get_origin(hint) is tuple:
        return Kind.ENTRIES if is_dataclass(get_args(hint)[0]) else Kind.NAMES
    if spec.secret:
        return Kind.SECRET
    if spec.choices:
        return Kind.CHOICE
    return {bool: Kind.YES_NO, int: Kind.WHOLE, float: Kind.NUMBER}.get(hint, Kind.TEXT)


def shown_value(value: object) -> str:
    """A plain value as it would be typed; empty for a list of groups."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.12g}"
    if isinstance(value, list | tuple):
        return ", ".join(str(part) for part in value) if all(isinstance(part, str) for part in value) else ""
    return "" if value is None else str(value)


def entry_of(site: Site, name: str, key: str) -> Any:  # noqa: ANN401  # one of the sections' entries
    """The entry of a list with this key, or None."""
    section = entry_type(name)
    return next((entry for entry in getattr(site, name) if str(getattr(entry, key_field(section))) == key), None)


def typed_of(part: object) -> dict[str, str]:
    """A group or an entry as the values that a form begins with; secrets empty. A list inside it as ``reasons.0.digit``, and
    its own name with an empty value, which says that the list is given.
    """
    typed: dict[str, str] = {}
    section: type = type(part)
    for field in fields_of(section):
        value = getattr(part, field.name)
        typed[field.name] = "" if field.kind in {Kind.SECRET, Kind.ENTRIES} else shown_value(value)
        if field.kind == Kind.ENTRIES:
            for number, row in enumerate(value):
                typed.update({f"{field.name}.{number}.{name}": one for name, one in typed_of(row).items()})
    return typed


def rows_of(typed: Mapping[str, str], name: str) -> list[dict[str, str]] | None:
    """The rows of a list inside a group, as typed, in the order of their numbers; None when the list is not given at all.

    Rows without any value are left out: a row that was added and not filled in is none.
    """
    found: dict[int, dict[str, str]] = {}
    for key, value in typed.items():
        place = re.fullmatch(rf"{re.escape(name)}\.([0-9]{{1,4}})\.([a-z_0-9]{{1,40}})", key)
        if place:
            found.setdefault(int(place[1]), {})[place[2]] = value
    if not found and name not in typed:
        return None
    return [row for _number, row in sorted(found.items()) if any(row.values())]


def named_choices(site: Site, name: str) -> dict[str, tuple[tuple[str, str], ...]]:
    """For each field that names entries of another list, in no order of its own: their names, each with its title for people."""
    return {
        field: tuple((str(getattr(entry, key_field(type(entry)))), _title(entry)) for entry in getattr(site, other))
        for other, places in (*REFERENCES.items(), *GROUP_REFERENCES.items())
        for where, field in places
        if where == name and (where, field) not in TYPED
    }


def needed_by(site: Site, name: str, key: str) -> tuple[tuple[str, str], ...]:
    """What cannot be without this entry, as list and key: the flows that lead to a queue. What merely names it among others can."""
    named = (
        (other, str(getattr(entry, key_field(type(entry)))))
        for other, field in REFERENCES.get(name, ())
        for entry in getattr(site, other)
        if getattr(entry, field) == key
    )
    return (*named, *_rows_with(site, name, key), *_routes_to(site, name, key))


def _rows_with(site: Site, name: str, key: str) -> Iterator[tuple[str, str]]:
    """The entries of other lists that have a row with this entry's name."""
    for other, rows, field in ROW_REFERENCES.get(name, ()):
        for entry in getattr(site, other):
            if any(getattr(row, field) == key for row in getattr(entry, rows)):
                yield other, str(getattr(entry, key_field(type(entry))))


def _routes_to(site: Site, name: str, key: str) -> tuple[tuple[str, str], ...]:
    """The inbound routes and ring groups that lead to an entry."""
    kinds = {kind for kind, one in TARGET_KINDS.items() if one.section == name}
    led_on = ((group.name, parse_target(group.on_no_answer)) for group in site.ring_groups)
    groups = tuple(("ring_groups", group) for group, target in led_on if target.kind in kinds and target.name == key)
    return groups + tuple(
        ("inbound_routes", route.name)
        for route in site.inbound_routes
        if any(target.kind in kinds and target.name == key for _field, target in targets_of(route))
    )


def _title(entry: object) -> str:
    """What people call an entry; empty when that is just its name."""
    for name in ("title", "name"):
        if hasattr(entry, name) and name != key_field(type(entry)):
            return str(getattr(entry, name))
    return ""


# ---- changing -------------------------------------------------------------------------------------------------------------


def with_section(site: Site, name: str, typed: Mapping[str, str], origin: str = "form") -> Site:
    """The site with these values of one group. What is not given stays. Raises SiteFaults, or BadInput for no such section."""
    if name not in section_names():
        raise BadInput(text("There is no section {name}; there are {known}.", name=name, known=", ".join(section_names())))
    plain = show_site(site, secrets=True)
    _write(entry_type(name), plain[name], typed)
    return build_site(node_of(plain), origin)


def with_entry(site: Site, name: str, key: str | None, typed: Mapping[str, str], origin: str = "form") -> Site:
    """The site with an entry changed (``key`` is its present name), or added at the end (``key`` None).

    Raises SiteFaults with the place of every fault, BadInput when there is no entry ``key`` any more or the list is full.
    """
    section = _list_type(name)
    plain = show_site(site, secrets=True)
    if key is None:
        if len(plain[name]) >= ENTRIES_MOST:
            raise BadInput(text("There are {most} entries already; no more are possible.", most=ENTRIES_MOST))
        plain[name].append({})
        _write(section, plain[name][-1], typed)
    else:
        entry = plain[name][_place(plain, name, key)]
        _write(section, entry, typed)
        new = str(entry.get(key_field(section), key))
        sound = value_fault(section, key_field(section), node_of(new)) is None  # of a wrong name only itself is told
        if new != key and sound and sum(str(one.get(key_field(section))) == new for one in plain[name]) == 1:
            rename_references(plain, name, key, new)
    return build_site(node_of(plain), origin)


def without_entry(site: Site, name: str, key: str, origin: str = "form") -> Site:
    """The site without an entry. Raises SiteFaults when something else needs it, BadInput when it is not there."""
    _list_type(name)
    plain = show_site(site, secrets=True)
    del plain[name][_place(plain, name, key)]
    for other, field in REFERENCES.get(name, ()):
        for entry in plain[other]:
            if isinstance(entry[field], list):
                left = [one for one in entry[field] if one != key]
                entry[field] = left if left or (other, field) not in EMPTY_IS_ANY else entry[field]
    return build_site(node_of(plain), origin)


def with_value(site: Site, path: str, typed: str, origin: str = "set") -> Site:
    """The site with one setting changed, named as people write it: ``desk.login_code``, ``queues[service].wrap_up_s``.

    Raises SiteFaults, or BadInput when there is no such setting.
    """
    name, key, field = _parsed(path)
    if key is None:
        _known_field(path, entry_type(name), field)
        return with_section(site, name, {field: typed}, origin)
    _known_field(path, _list_type(name), field)
    return with_entry(site, name, key, {field: typed}, origin)


def value_at(site: Site, path: str) -> str:
    """One setting as it would be typed; a secret as its mask. BadInput when there is no such setting."""
    name, key, field = _parsed(path)
    shown = show_site(site)
    section = entry_type(name) if key is None else _list_type(name)
    _known_field(path, section, field)
    part = shown[name] if key is None else shown[name][_place(shown, name, key)]
    return shown_value(part[field])


def setting_paths(site: Site) -> Iterator[tuple[str, FormField]]:
    """Every setting that can be typed as one value, with what it is, in the order of declaration."""
    for name in _hints(Site):
        section = entry_type(name)
        places = [name]
        if name in list_names():
            places = [f"{name}[{getattr(entry, key_field(section))}]" for entry in getattr(site, name)]
        for place in places:
            yield from ((f"{place}.{field.name}", field) for field in fields_of(section) if field.kind != Kind.ENTRIES)


_PATH = re.compile(r"([a-z_]+)(?:\[([^\[\]]{1,60})\])?\.([a-z_0-9]+)")


def _parsed(path: str) -> tuple[str, str | None, str]:
    found = _PATH.fullmatch(path)
    if found is None or (found[1] in list_names()) is not (found[2] is not None):
        said = text("There is no setting {path}. Settings are written desk.login_code or queues[service].wrap_up_s.", path=path[:80])
        raise BadInput(said)
    return found[1], found[2], found[3]


def _known_field(path: str, section: type, field: str) -> None:
    known = [one.name for one in fields_of(section) if one.kind != Kind.ENTRIES]
    if field not in known:
        raise BadInput(text("There is no setting {path}; there are {known}.", path=path, known=", ".join(known)))


def _list_type(name: str) -> type:
    if name not in list_names():
        raise BadInput(text("There is no list {name}; there are {known}.", name=name, known=", ".join(list_names())))
    return entry_type(name)


def _place(plain: Plain, name: str, key: str) -> int:
    field = key_field(_list_type(name))
    for place, entry in enumerate(plain[name]):
        if str(entry[field]) == key:
            return place
    raise BadInput(Text(_GONE[name].msgid, {"key": key}))


_GONE: Mapping[str, Text] = {
    "spans": text("There is no span {key} any more."),
    "trunks": text("There is no exchange line {key} any more."),
    "e1_trunks": text("There is no E1 trunk {key} any more."),
    "trunk_groups": text("There is no trunk group {key} any more."),
    "stations": text("There is no desk phone {key} any more."),
    "agents": text("There is no agent {key} any more."),
    "queues": text("There is no queue {key} any more."),
    "flows": text("There is no flow {key} any more."),
    "holidays": text("There is no holiday {key} any more."),
    "time_conditions": text("There is no time condition {key} any more."),
    "number_lists": text("There is no number list {key} any more."),
    "inbound_routes": text("There is no inbound route {key} any more."),
    "outbound_routes": text("There is no outbound route {key} any more."),
    "service_classes": text("There is no class of service {key} any more."),
    "account_codes": text("There is no account code {key} any more."),
    "tariffs": text("There is no tariff {key} any more."),
    "budgets": text("There is no budget {key} any more."),
    "pick_up_groups": text("There is no pick-up group {key} any more."),
    "charge_accounts": text("There is no charge account {key} any more."),
    "disa": text("There is no dial tone for callers {key} any more."),
    "ring_groups": text("There is no ring group {key} any more."),
    "speed_dials": text("There is no short number {key} any more."),
    "secretaries": text("There are no secretaries of {key} any more."),
    "hot_lines": text("There is no hot line {key} any more."),
}


def _write(section: type, entry: Plain, typed: Mapping[str, str]) -> None:
    """Put typed values into a plain group. An empty secret keeps what was there; an empty value that must be given is missing.

    A list inside the group is replaced by the rows that are given, when there is one, or its bare name.
    """
    known = {field.name: field for field in fields_of(section)}
    for listed in known.values():
        if listed.kind == Kind.ENTRIES:
            _write_rows(listed, entry, typed)
    for name, value in typed.items():
        field = known.get(name.split(".")[0])
        if field is not None and field.kind == Kind.ENTRIES:
            continue
        if field is None or field.name != name:
            entry[name] = value  # build_site says that there is no such setting
        elif value == "" and field.kind == Kind.SECRET and name in entry:
            continue
        elif value == "" and field.must:
            entry.pop(name, None)
        else:
            entry[name] = plain_value(field, value)


def _write_rows(field: FormField, entry: Plain, typed: Mapping[str, str]) -> None:
    rows = rows_of(typed, field.name)
    if rows is None:
        return
    if len(rows) > ROWS_MOST:
        raise BadInput(text("There are {most} entries already; no more are possible.", most=ROWS_MOST))
    parts = {part.name: part for part in field.parts}
    entry[field.name] = [
        {name: plain_value(parts[name], value) if name in parts else value for name, value in row.items() if value} for row in rows
    ]


def plain_value(field: FormField, typed: str) -> object:
    """A typed value as a file would have it; a text that is no number stays one, and is judged later."""
    match field.kind:
        case Kind.YES_NO:
            return {"true": True, "false": False}.get(typed.strip().lower(), typed)
        case Kind.WHOLE | Kind.NUMBER:
            return _number(typed.strip(), whole=field.kind == Kind.WHOLE)
        case Kind.NAMES:
            return [part for part in re.split("[\\s,;\uff0c\uff1b\u3001]+", typed) if part]
    return typed


def _number(typed: str, *, whole: bool) -> object:
    """The number that was typed, else the text: what is wrong with it is said by who knows the setting."""
    if re.fullmatch(r"-?[0-9]{1,15}", typed):
        return int(typed)
    if not whole and re.fullmatch(r"-?[0-9]{1,15}\.[0-9]{1,15}", typed):
        return float(typed)
    return typed


def rename_references(plain: Plain, name: str, old: str, new: str) -> None:
    """An entry of a list has another name: what refers to it follows."""
    for group, field in GROUP_REFERENCES.get(name, ()):
        if plain[group][field] == old:
            plain[group][field] = new
    for other, field in REFERENCES.get(name, ()):
        for entry in plain[other]:
            value = entry[field]
            entry[field] = [new if one == old else one for one in value] if isinstance(value, list) else new if value == old else value
    _rename_in_rows(plain, name, old, new)
    for entry in (*plain["inbound_routes"], *plain["ring_groups"]):
        for field in TARGET_FIELDS:
            target = parse_target(entry.get(field) or "")
            if target.kind in TARGET_KINDS and TARGET_KINDS[target.kind].section == name and target.name == old:
                entry[field] = f"{target.kind}:{new}"


def _rename_in_rows(plain: Plain, name: str, old: str, new: str) -> None:
    for other, rows, field in ROW_REFERENCES.get(name, ()):
        for row in (row for entry in plain[other] for row in entry[rows]):
            if row.get(field) == old:
                row[field] = new
    for budget in plain["budgets"]:
        if budget.get("kind") == BUDGET_KINDS.get(name):
            budget["names"] = [new if one == old else one for one in budget["names"]]


@cache
def _hints(section: type) -> dict[str, Any]:
    return get_type_hints(section)
