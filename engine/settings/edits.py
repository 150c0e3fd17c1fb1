"""A list of typed edits: what a candidate of other settings consists of while it is being made, and the site that comes of it.

Pure. An edit is judged by itself when it is made (is there such a setting, may this value stand there), and the whole only when it is
complete: two codes can be exchanged one after the other, an agent can be added first and get the PIN afterwards. Settings are named as
people write them: ``desk.login_code``, ``queues[service].wrap_up_s``, ``desk.reasons[1].name``. Because only the edits travel, secrets
that are not changed need not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import MISSING, asdict, dataclass, fields, is_dataclass
from typing import Any, get_args, get_origin, get_type_hints

from engine.kernel.errors import BadInput
from engine.kernel.text import Text, text
from engine.settings.build import build_site, value_fault
from engine.settings.edit import (
    ENTRIES_MOST,
    GROUP_REFERENCES,
    REFERENCES,
    FormField,
    Kind,
    fields_of,
    key_field,
    plain_value,
    rename_references,
    shown_value,
)
from engine.settings.faults import FAULTS_SHOWN_MAX, Fault, Path, SiteFaults, one_per_line
from engine.settings.show import MASK, show_site
from engine.settings.site import Site
from engine.settings.versions import node_of

__all__ = [
    "EDITS_MOST",
    "Edit",
    "SettingRow",
    "completions",
    "edited_plain",
    "edits_of",
    "field_at",
    "is_open_setting",
    "setting_rows",
    "value_choices",
    "with_edits",
]

EDITS_MOST = 1000
"""Edits of one candidate."""
VALUE_MOST = 4000
"""Characters of a typed value."""
ACTS = ("set", "unset", "add", "delete")

Plain = dict[str, Any]

_STEP = re.compile(r"([a-z_0-9]{1,40})(?:\[([^\[\]]{1,60})\])?")


@dataclass(frozen=True)
class Edit:
    """One typed change. ``set``: ``path`` becomes ``value``; ``unset``: it becomes the usual; ``add``, ``delete``: ``value`` is an entry
    of the list ``path``.
    """

    act: str
    path: str
    value: str = ""


@dataclass(frozen=True)
class SettingRow:
    """A setting as a person reads it: the value as typed (a secret masked, None: it is still missing), and whether it was changed."""

    path: str
    value: str | None
    changed: bool


@dataclass(frozen=True)
class _Place:
    """Where a setting lies: the group or entry that holds it, and what it is."""

    section: type
    holder: Plain
    field: FormField
    listed: str = ""
    """The list of entries that the holder belongs to, when it is one of the site's own."""


def edits_of(given: object) -> tuple[Edit, ...]:
    """Edits as they came through a door: a list of ``[act, path]`` or ``[act, path, value]``. Raises BadInput."""
    if not isinstance(given, Sequence) or isinstance(given, str) or len(given) > EDITS_MOST:
        raise BadInput(text("edits is wrong: a list of at most {most} edits is wanted.", most=EDITS_MOST))
    return tuple(_edit(one) for one in given)


def _edit(one: object) -> Edit:
    parts = list(one) if isinstance(one, Sequence) and not isinstance(one, str) else []
    right = 2 <= len(parts) <= 3 and all(isinstance(part, str) and len(part) <= VALUE_MOST for part in parts)
    if not right or parts[0] not in ACTS:
        said = text('An edit is ["set", setting, value], ["unset", setting], ["add", list, entry] or ["delete", list, entry], all texts.')
        raise BadInput(said)
    return Edit(*parts)


# ---- applying -------------------------------------------------------------------------------------------------------------


def edited_plain(site: Site, edits: Sequence[Edit]) -> Plain:
    """The site's plain values, secrets in clear, with these edits; it may not be sound as a whole. Raises BadInput for an edit that is
    wrong by itself.
    """
    plain = show_site(site, secrets=True)
    for edit in edits:
        _ACTS[edit.act](plain, edit)
    return plain


def with_edits(site: Site, edits: Sequence[Edit]) -> Site:
    """The site with these edits. Raises BadInput; when the whole is not sound it says every fault with its setting."""
    plain = edited_plain(site, edits)
    try:
        return build_site(node_of(plain), "candidate")
    except SiteFaults as wrong:
        lines = [_fault_said(fault, plain) for fault in wrong.faults[:FAULTS_SHOWN_MAX]]
        raise BadInput(one_per_line(lines)) from wrong


def _fault_said(fault: Fault, plain: Plain) -> Text:
    return Text("{setting}: {said}", {"setting": _named(fault.path, plain), "said": fault.said})


def _named(path: Path, plain: Plain) -> str:
    """A path with the names of entries instead of their positions."""
    shown, value = "", plain
    section: type = Site
    for step in path:
        if isinstance(step, str):
            shown += f".{step}" if shown else step
            section = _inner(section, step)
            value = value.get(step, {}) if isinstance(value, dict) else {}
        else:
            value = value[step] if isinstance(value, list) and step < len(value) else {}
            shown += f"[{value.get(key_field(section), step) if isinstance(value, dict) and is_dataclass(section) else step}]"
    return shown


def _set(plain: Plain, edit: Edit) -> None:
    place = _place(plain, edit.path)
    field = place.field
    if field.kind == Kind.ENTRIES:
        raise BadInput(text("{path} is a list: use add and delete for its entries.", path=edit.path))
    value = plain_value(field, edit.value)
    _judge(place.section, field.name, value, edit.path)
    old = place.holder.get(field.name)
    place.holder[field.name] = value
    if place.listed and field.name == key_field(place.section) and old != value:
        same = [entry for entry in plain[place.listed] if entry.get(field.name) == value]
        if len(same) == 1:
            rename_references(plain, place.listed, str(old), str(value))


def _unset(plain: Plain, edit: Edit) -> None:
    place = _place(plain, edit.path)
    if place.field.must:
        raise BadInput(text("{path} has no usual value: set it, or delete its entry.", path=edit.path))
    place.holder[place.field.name] = _usual(place.section, place.field.name)


def _add(plain: Plain, edit: Edit) -> None:
    place = _place(plain, edit.path)
    listed = place.holder.setdefault(place.field.name, [])
    if place.field.kind == Kind.NAMES:
        _judge(place.section, place.field.name, [edit.value], edit.path)
        if edit.value in listed:
            raise BadInput(text("{value} is in {path} already.", value=edit.value, path=edit.path))
        listed.append(edit.value)
        return
    entry = _entry_type(place, edit.path)
    key = key_field(entry)
    value = plain_value(next(field for field in fields_of(entry) if field.name == key), edit.value)
    _judge(entry, key, value, f"{edit.path}.{key}")
    if any(str(one.get(key)) == edit.value for one in listed):
        raise BadInput(text("{value} is in {path} already.", value=edit.value, path=edit.path))
    if len(listed) >= ENTRIES_MOST:
        raise BadInput(text("There are {most} entries already; no more are possible.", most=ENTRIES_MOST))
    listed.append({key: value, **{one.name: _usual(entry, one.name) for one in fields_of(entry) if not one.must}})


def _delete(plain: Plain, edit: Edit) -> None:
    place = _place(plain, edit.path)
    listed = place.holder.get(place.field.name, [])
    if place.field.kind == Kind.NAMES:
        kept = [one for one in listed if one != edit.value]
    else:
        key = key_field(_entry_type(place, edit.path))
        kept = [one for one in listed if str(one.get(key)) != edit.value]
    if len(kept) == len(listed):
        raise BadInput(text("{value} is not in {path}.", value=edit.value, path=edit.path))
    place.holder[place.field.name] = kept
    for other, field in REFERENCES.get(edit.path, ()):
        for entry in plain[other]:
            if isinstance(entry.get(field), list):
                entry[field] = [one for one in entry[field] if one != edit.value]


_ACTS = {"set": _set, "unset": _unset, "add": _add, "delete": _delete}


def _judge(section: type, name: str, value: object, path: str) -> None:
    said = value_fault(section, name, node_of(value))
    if said is not None:
        raise BadInput(Text("{setting}: {said}", {"setting": path, "said": said}))


def _usual(section: type, name: str) -> object:
    field = next(one for one in fields(section) if one.name == name)
    if field.default_factory is not MISSING:
        return _as_plain(field.default_factory())
    return _as_plain(field.default)


def _as_plain(value: object) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        return {name: _as_plain(part) for name, part in asdict(value).items()}
    return [_as_plain(part) for part in value] if isinstance(value, tuple) else value


# ---- finding --------------------------------------------------------------------------------------------------------------


def field_at(site: Site, edits: Sequence[Edit], path: str) -> tuple[FormField, str | None, str | None]:
    """What a setting is, and its value as typed with these edits and without them; None: missing, or not there. BadInput: no such setting."""
    place = _place(edited_plain(site, edits), path)
    try:
        before: str | None = _row_value(_place(show_site(site, secrets=True), path))
    except BadInput:
        before = None
    return place.field, _row_value(place), before


def _row_value(place: _Place) -> str | None:
    value = place.holder.get(place.field.name)
    if value is None:
        return None
    if place.field.kind == Kind.ENTRIES:
        key = key_field(_inner(place.section, place.field.name))
        return ", ".join(str(entry.get(key)) for entry in value)
    return MASK if place.field.spec.secret else shown_value(value)


def _place(plain: Plain, path: str) -> _Place:
    """The setting of this name. Raises BadInput that says what there is instead."""
    section: type = Site
    holder, listed, walked = plain, "", ""
    *ways, last = _steps(path)
    for name, key in ways:
        inner = _inner_known(section, name, walked)
        if (key is not None) is not _is_list(section, name) or not is_dataclass(inner):
            raise _no_setting(path)
        listed = name if key is not None and section is Site else ""
        walked = f"{walked}.{name}" if walked else name
        holder = holder[name] if key is None else _entry(holder[name], key_field(inner), key, walked)
        walked += "" if key is None else f"[{key}]"
        section = inner
    name, key = last
    inner = _inner_known(section, name, walked)
    if key is not None or (is_dataclass(inner) and not _is_list(section, name)):
        raise _no_setting(path)
    return _Place(section, holder, next(field for field in fields_of(section) if field.name == name), listed)


def _steps(path: str) -> list[tuple[str, str | None]]:
    steps: list[tuple[str, str | None]] = []
    at = 0
    while at < len(path):
        found = _STEP.match(path, at)
        if found is None:
            raise _no_setting(path)
        steps.append((found[1], found[2]))
        at = found.end()
        if at < len(path) and (path[at] != "." or at + 1 == len(path)):
            raise _no_setting(path)
        at += 1
    if not steps:
        raise _no_setting(path)
    return steps


def _no_setting(path: str) -> BadInput:
    return BadInput(text("There is no setting {path}. Settings are written desk.login_code or queues[service].wrap_up_s.", path=path[:80]))


def _entry(entries: Sequence[Plain], key_name: str, key: str, listed: str) -> Plain:
    for entry in entries:
        if str(entry.get(key_name)) == key:
            return entry
    raise BadInput(text("{value} is not in {path}.", value=key, path=listed))


def _inner(section: type, name: str) -> type:
    """The type of a field, or of the entries of a list."""
    hint = get_type_hints(section).get(name, str) if is_dataclass(section) else str
    found: type = get_args(hint)[0] if get_origin(hint) is tuple else hint
    return found


def _inner_known(section: type, name: str, walked: str) -> type:
    known = get_type_hints(section)
    if name not in known:
        path = f"{walked}.{name}" if walked else name
        raise BadInput(text("There is no setting {path}; there are {known}.", path=path, known=", ".join(known)))
    return _inner(section, name)


def _is_list(section: type, name: str) -> bool:
    return get_origin(get_type_hints(section)[name]) is tuple


def _entry_type(place: _Place, path: str) -> type:
    if place.field.kind != Kind.ENTRIES:
        raise BadInput(text("{path} is not a list.", path=path))
    return _inner(place.section, place.field.name)


# ---- showing --------------------------------------------------------------------------------------------------------------


def setting_rows(plain: Plain, before: Plain, prefix: str = "") -> Iterator[SettingRow]:
    """Every setting whose name begins so, in the order of declaration; ``before``: what the candidate was made from."""
    known = dict(_leaves(Site, before, ""))
    for path, (value, secret) in _leaves(Site, plain, ""):
        if path.startswith(prefix):
            shown = None if value is None else MASK if secret else shown_value(value)
            yield SettingRow(path, shown, known.get(path) != (value, secret))


def _leaves(section: type, plain: Plain, path: str) -> Iterator[tuple[str, tuple[object, bool]]]:
    for field in fields(section):
        place = f"{path}.{field.name}" if path else field.name
        inner, value = _inner(section, field.name), plain.get(field.name)
        if not is_dataclass(inner):
            yield place, (value, field.metadata["spec"].secret)
        elif _is_list(section, field.name):
            key = key_field(inner)
            for entry in value or ():
                yield from _leaves(inner, entry, f"{place}[{entry.get(key)}]")
        elif isinstance(value, dict):
            yield from _leaves(inner, value, place)


def completions(plain: Plain, begun: str, *, lists: bool) -> list[tuple[str, Text]]:
    """What the begun name of a setting (``lists``: of a list) may become, up to the next dot or bracket, each with its label."""
    cut = max(begun.rfind("."), begun.rfind("[")) + 1
    head = begun[:cut]
    try:
        found = _next_keys(plain, head) if head.endswith("[") else _next_names(head, lists=lists)
    except BadInput:
        return []
    return [(name, said) for name, said in found if name.startswith(begun)]


def _next_keys(plain: Plain, head: str) -> list[tuple[str, Text]]:
    place = _place(plain, head[:-1])
    key = key_field(_entry_type(place, head[:-1]))
    return [
        (f"{head}{entry.get(key)}].", Text("{title}", {"title": entry.get("title") or entry.get("name") or ""}))
        for entry in place.holder[place.field.name]
    ]


def _next_names(head: str, *, lists: bool) -> list[tuple[str, Text]]:
    section: type = Site
    if head:
        # any field of the group or entry will do to find it: the key, or the first
        for name, key in _steps(head[:-1]):
            if (key is not None) is not _is_list(section, name):
                raise _no_setting(head)
            section = _inner_known(section, name, "")
    found: list[tuple[str, Text]] = []
    for field in fields(section):
        label = Text(field.metadata["spec"].label)
        inner, many = _inner(section, field.name), _is_list(section, field.name)
        if lists and many:
            found.append((f"{head}{field.name}", label))
        if is_dataclass(inner):
            if not lists or _has_list(inner):
                found.append((f"{head}{field.name}{'[' if many else '.'}", label))
        elif not lists:
            found.append((f"{head}{field.name}", label))
    return found


def _has_list(section: type) -> bool:
    return any(_is_list(section, field.name) for field in fields(section))


def value_choices(plain: Plain, path: str, *, entries: bool) -> list[tuple[str, str]]:
    """Values that a setting can have (``entries``: the entries that a list has now), each with a word about it; empty when they are
    not known.
    """
    place = _place(plain, path)
    field = place.field
    if entries:
        listed = place.holder.get(field.name) or []
        if field.kind == Kind.NAMES:
            return [(one, "") for one in listed]
        key = key_field(_entry_type(place, path))
        return [(str(one.get(key)), str(one.get("title") or one.get("name") or "")) for one in listed]
    named = [other for other, places in REFERENCES.items() if place.listed and (place.listed, field.name) in places]
    named += [other for other, places in GROUP_REFERENCES.items() if path in {".".join(one) for one in places}]
    if named:
        return [
            (str(entry.get(key)), str(entry.get("title") or entry.get("name") or ""))
            for other in named
            for key in [key_field(_inner(Site, other))]
            for entry in plain[other]
        ]
    if field.kind == Kind.YES_NO:
        return [("true", ""), ("false", "")]
    return [(choice, "") for choice in field.spec.choices if choice]


def is_open_setting(path: str) -> bool:
    """True for the name of a setting that is no secret, whichever entries there are."""
    section: type = Site
    try:
        *ways, (last, _key) = _steps(path)
        for name, _key in ways:
            section = _inner_known(section, name, "")
        known = next(field for field in fields(section) if field.name == last)
    except (BadInput, StopIteration, TypeError):
        return False
    return not known.metadata["spec"].secret
