"""Settings at the console: a candidate is made by ``set``, ``unset``, ``add`` and ``delete``, looked at by ``compare``, kept by ``commit``.

The candidate is a list of edits and the number of the version it was made from; both travel with every question. Nothing is changed
before ``commit``, which is refused when somebody else committed in between: ``compare`` then shows the difference to what is in force
now, and from there it can be committed.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from typing import Any

from console.steps import Hidden, Question, Sitting, Step, Steps
from console.tables import Translate, cell, listed, local_time, table
from console.tree import Argument, Command, Source, Word
from engine.control.site_asking import HISTORY_MOST
from engine.kernel.errors import BadInput, Refused
from engine.kernel.text import Text, text, text_from_json
from engine.people.actors import Act
from engine.settings.edit import Kind, shown_value
from engine.settings.edits import is_open_setting

__all__ = ["SITE_COMMANDS", "left_uncommitted", "without_secret"]

Answer = Mapping[str, Any]
NUMBER_MOST = 1_000_000_000
MASKED = "****"


# ---- the candidate --------------------------------------------------------------------------------------------------------


def left_uncommitted(sitting: Sitting) -> Text:
    """What is said to who leaves without a commit."""
    return text("Edits not committed: {count}. They will be forgotten.", count=len(sitting.edits))


def without_secret(line: str) -> str:
    """A typed line as it may be remembered: the value of a setting that is secret, or that is none at all, is masked."""
    words = line.split(maxsplit=2)
    if len(words) == 3 and "set".startswith(words[0].lower()) and not is_open_setting(words[1]):
        return f"{words[0]} {words[1]} {MASKED}"
    return line


def _set(sitting: Sitting, values: Mapping[str, object]) -> Steps:
    path, value = str(values["path"]), values.get("value")
    if value is None:
        about = yield Question("site_edit_about", {"edits": sitting.edits, "setting": path})
        if not about["secret"]:
            raise BadInput(text("The value is missing; “?” shows what it may be."))
        label = text_from_json(about["label"])
        value = yield Hidden(
            text("{label} (what is typed is not shown): ", label=label), text("The value is missing: nobody can be asked here.")
        )
    return (yield from _take(sitting, ("set", path, str(value))))


def _unset(sitting: Sitting, values: Mapping[str, object]) -> Steps:
    return (yield from _take(sitting, ("unset", str(values["path"]))))


def _add(sitting: Sitting, values: Mapping[str, object]) -> Steps:
    return (yield from _take(sitting, ("add", str(values["path"]), str(values["value"]))))


def _delete(sitting: Sitting, values: Mapping[str, object]) -> Steps:
    return (yield from _take(sitting, ("delete", str(values["path"]), str(values["value"]))))


def _take(sitting: Sitting, edit: tuple[str, ...]) -> Steps:
    """Try the candidate with one more edit; keep it when that edit is right by itself, and say what it did."""
    edits = (*_without_same(sitting.edits, edit), edit)
    answer = yield Question("site_edit_preview", {"edits": edits})
    sitting.base = sitting.base or int(answer["number"])
    if not answer["faults"] and not answer["differences"]:
        sitting.base, sitting.edits = 0, ()
        return sitting.say(text("Nothing differs from version {number}, which is in force.", number=answer["number"]))
    sitting.edits = edits
    lines = [*_meanwhile(sitting, answer), *_differences([found for found in answer["differences"] if _is_about(found["path"], edit)])]
    if answer["faults"]:
        lines += [sitting.say(text("Taken. Before it can be committed:")), sitting.say(text_from_json(answer["faults"]))]
    return "\n".join(lines) or sitting.say(text("Taken."))


def _is_about(path: str, edit: tuple[str, ...]) -> bool:
    """True for the difference that an edit makes: of its setting, or of the entry that is new altogether."""
    entry = f"{edit[1]}[{edit[2]}]" if edit[0] in {"add", "delete"} else ""
    return path == edit[1] or edit[1].startswith((f"{path}.", f"{path}[")) or (entry != "" and path.startswith(entry))


def _without_same(edits: Sequence[tuple[str, ...]], edit: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """Who sets the same setting twice in a row corrects himself."""
    values = {"set", "unset"}
    same = edits and edits[-1][1] == edit[1] and edits[-1][0] in values and edit[0] in values
    return tuple(edits[:-1] if same else edits)


def _show(sitting: Sitting, values: Mapping[str, object]) -> Steps:
    prefix = str(values.get("prefix", ""))
    answer = yield Question("site_edit_show", {"edits": sitting.edits, "prefix": prefix})
    if not answer["rows"]:
        raise Refused(text("No setting begins with {prefix}.", prefix=prefix))
    lines = [
        f"{'*' if row['changed'] else ' '} {row['path']}: {_missing(sitting) if row['value'] is None else row['value']}".rstrip()
        for row in answer["rows"]
    ]
    if answer["more"]:
        lines.append(sitting.say(text("and {count} more: type the beginning of what you look for.", count=answer["more"])))
    if sitting.edits:
        lines.append(sitting.say(text("* not committed")))
    return "\n".join(lines)


def _missing(sitting: Sitting) -> str:
    return sitting.say(text("(missing)"))


def _compare(sitting: Sitting, _values: Mapping[str, object]) -> Steps:
    if not sitting.edits:
        return sitting.say(text("There is nothing to commit."))
    answer = yield Question("site_edit_preview", {"edits": sitting.edits})
    lines = _meanwhile(sitting, answer)
    sitting.base = int(answer["number"])
    lines += _differences(answer["differences"])
    if answer["faults"]:
        lines += [sitting.say(text("Before it can be committed:")), sitting.say(text_from_json(answer["faults"]))]
    lines += _waiting(sitting, answer)
    return "\n".join(lines) or sitting.say(text("Nothing differs from version {number}, which is in force.", number=answer["number"]))


def _meanwhile(sitting: Sitting, answer: Answer) -> list[str]:
    if sitting.base in {0, answer["number"]}:
        return []
    said = text("Meanwhile {who} made version {number} ({why}).", who=answer["who"], number=answer["number"], why=answer["why"])
    return [sitting.say(said)]


def _commit(sitting: Sitting, values: Mapping[str, object]) -> Steps:
    if not sitting.edits:
        raise Refused(text("There is nothing to commit."))
    answer = yield Question("site_edit", {"base": sitting.base, "edits": sitting.edits, "why": values["why"]})
    sitting.base, sitting.edits = 0, ()
    return _changed(sitting, answer)


def _discard(sitting: Sitting, _values: Mapping[str, object]) -> Generator[Step, Any, str]:
    count = len(sitting.edits)
    sitting.base, sitting.edits = 0, ()
    return sitting.say(text("Edits forgotten: {count}.", count=count))
    yield  # what makes it a row of steps, though it has none


def _rollback(sitting: Sitting, values: Mapping[str, object]) -> Steps:
    answer = yield Question("site_back", {"number": values["number"], "why": values["why"]})
    return _changed(sitting, answer)


# ---- how answers look -----------------------------------------------------------------------------------------------------


def _changed(sitting: Sitting, answer: Answer) -> str:
    head = sitting.say(text("Version {number} is in force:", number=answer["number"]))
    return "\n".join([head, *_differences(answer["differences"]), *_waiting(sitting, answer)])


def _waiting(sitting: Sitting, answer: Answer) -> list[str]:
    if not answer["waiting"]:
        return []
    return [sitting.say(text("These wait for the next start: {paths}", paths=listed(answer["waiting"], sitting.translate)))]


def _differences(found: Sequence[Answer]) -> list[str]:
    return [f"{one['path']}: {_value(one['old'])} -> {_value(one['new'])}" for one in found]


def _value(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_value(part)}" for name, part in value.items() if part not in ("", []))
    return shown_value(value) or '""'


def _history_shown(answer: Answer, _: Translate, width: int = 0) -> str:
    headings = [_("version"), _("time"), _("who"), _("why")]
    rows = [
        [
            str(note["number"]),
            local_time(note["utc_ms"], note["utc_offset_min"]),
            cell("who", note["who"], 0, _),
            cell("why", note["why"], 0, _),
        ]
        for note in answer["versions"]
    ]
    return table(headings, rows, width)


# ---- completion and help --------------------------------------------------------------------------------------------------


def _names(answer: Answer, _: Translate) -> Sequence[tuple[str, str]]:
    return [(row["name"], text_from_json(row["label"]).render(_)) for row in answer["names"]]


def _names_told(answer: Answer, _: Translate, begun: str) -> Sequence[tuple[str, str]]:
    """What the begun name may become, without what is typed already: it stands in the line above."""
    cut = max(begun.rfind("."), begun.rfind("[")) + 1
    return [(name[cut:], label) for name, label in _names(answer, _)]


def _choices(answer: Answer, _: Translate) -> Sequence[tuple[str, str]]:
    return [(value, about) for value, about in answer["choices"]]


_KINDS: Mapping[str, Text] = {
    Kind.TEXT: text("a text"),
    Kind.WHOLE: text("a whole number"),
    Kind.NUMBER: text("a number"),
    Kind.YES_NO: text("true or false"),
    Kind.SECRET: text("a secret: type it after Enter, and it is not shown"),
    Kind.NAMES: text("names, separated by commas or blanks"),
    Kind.CHOICE: text("one of those below"),
}


def _about(answer: Answer, _: Translate, _begun: str) -> str:
    """A setting: what it is called and does, what it may be, and what it is now."""
    kind = _KINDS[answer["kind"]].render(_) if answer["kind"] in _KINDS else ""
    says = text_from_json(answer["says"]).render(_)
    lines = [text_from_json(answer["label"]).render(_), text_from_json(answer["help"]).render(_)]
    lines.append("; ".join(part for part in (kind, says, _range(answer)) if part))
    lines += [f"  {value}  {about}".rstrip() for value, about in answer["choices"]]
    now = _("(missing)") if answer["now"] is None else answer["now"] or '""'
    lines.append(text("now: {value}", value=now).render(_))
    if answer["before"] != answer["now"] and answer["before"] is not None:
        lines.append(text("in force: {value}", value=answer["before"] or '""').render(_))
    if not answer["must"] and not answer["secret"]:
        lines.append(text("usual: {value}", value=answer["usual"] or '""').render(_))
    return "\n".join(line for line in lines if line)


def _range(answer: Answer) -> str:
    least, most = answer["least"], answer["most"]
    if answer["kind"] not in {Kind.WHOLE, Kind.NUMBER} or least is None or most is None:
        return str(answer["unit"])
    return f"{shown_value(least)} - {shown_value(most)} {answer['unit']}".rstrip()


def _naming(*, lists: bool) -> Source:
    return Source(
        "site_edit_names", _names, lambda sitting, _values, begun: {"edits": sitting.edits, "begun": begun, "lists": lists}, _names_told
    )


def _valued(*, entries: bool, told: bool) -> Source:
    return Source(
        "site_edit_about",
        _choices,
        lambda sitting, values, _begun: {"edits": sitting.edits, "setting": values["path"], "entries": entries},
        _about if told else None,
    )


_SETTING = Argument("path", "SETTING", text("name of a setting, such as queues[service].wrap_up_s"), _naming(lists=False))
_LIST = Argument("path", "LIST", text("name of a list, such as agents or queues[service].agents"), _naming(lists=True))
_WHY = Argument("why", "REASON...", text("why, in a sentence: the history shows it"), rest=True)
_SET = text("change a setting in the candidate; commit makes it so")
_UNSET = text("put a setting of the candidate back to its usual value")
_ADD = text("add an entry to a list of the candidate")
_DELETE = text("take an entry out of a list of the candidate")
_SHOW = text("the settings with what is not committed yet, marked *")
_COMPARE = text("what is not committed: the difference to what is in force")
_COMMIT = text("make the candidate the next version of the settings")
_DISCARD = text("forget what is not committed")
_HISTORY = text("the versions of the settings: who changed what was in force, and why")
_ROLLBACK = text("make an old version of the settings the next one")

SITE_COMMANDS: tuple[Command, ...] = (
    Command(
        (
            Word("show", _SHOW),
            Word("settings", _SHOW),
            Argument("prefix", "PREFIX", text("how their names begin, such as desk."), _naming(lists=False), optional=True),
        ),
        _SHOW,
        run=_show,
        act=Act.CHANGE_SITE,
    ),
    Command(
        (
            Word("set", _SET),
            _SETTING,
            Argument(
                "value",
                "VALUE...",
                text("the value; a secret is better typed after Enter"),
                _valued(entries=False, told=True),
                optional=True,
                rest=True,
            ),
        ),
        _SET,
        run=_set,
        act=Act.CHANGE_SITE,
    ),
    Command((Word("unset", _UNSET), _SETTING), _UNSET, run=_unset, act=Act.CHANGE_SITE),
    Command(
        (
            Word("add", _ADD),
            _LIST,
            Argument("value", "ENTRY...", text("the entry: its number or name"), _valued(entries=False, told=False), rest=True),
        ),
        _ADD,
        run=_add,
        act=Act.CHANGE_SITE,
    ),
    Command(
        (
            Word("delete", _DELETE),
            _LIST,
            Argument("value", "ENTRY...", text("the entry: its number or name"), _valued(entries=True, told=False), rest=True),
        ),
        _DELETE,
        run=_delete,
        act=Act.CHANGE_SITE,
    ),
    Command((Word("compare", _COMPARE),), _COMPARE, run=_compare, act=Act.CHANGE_SITE),
    Command((Word("commit", _COMMIT), _WHY), _COMMIT, run=_commit, act=Act.CHANGE_SITE),
    Command((Word("discard", _DISCARD),), _DISCARD, run=_discard, act=Act.CHANGE_SITE),
    Command(
        (Word("history", _HISTORY), Argument("limit", "N", text("how many versions (default 20)"), most=HISTORY_MOST, optional=True)),
        _HISTORY,
        _history_shown,
        "site_history",
        act=Act.SEE_SITE,
    ),
    Command(
        (Word("rollback", _ROLLBACK), Argument("number", "VERSION", text("number of the old version"), most=NUMBER_MOST), _WHY),
        _ROLLBACK,
        run=_rollback,
        act=Act.CHANGE_SITE,
    ),
)
