"""A form that was sent when its login had ended: kept through the new login, shown, and sent by its user's own hand. Pure.

Nobody's form is sent by itself: after logging in the user sees what would be sent and to where, and sends it by a button. Passwords and
PINs are not kept, nor are files; both are asked for again.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

__all__ = ["FIELDS_MOST", "UNSENT_BYTES_MOST", "WRITTEN_BYTES_MOST", "UnsentForm", "unsent_form", "unsent_from_json", "unsent_to_json"]

UNSENT_BYTES_MOST = 60_000
"""Of all names and values together: nearly all that a form may have."""
WRITTEN_BYTES_MOST = 320 * 1024
"""The same in a field of the login form, when each octet is written as three characters."""
FIELDS_MOST = 4000
PATH_MOST = 500
NAME_MOST = 200
OWN_FIELDS = frozenset({"csrf", "unsent"})
_SECRET = re.compile(r"(?:^|[^a-z])(?:password|pin|secret|private|pem)(?:[^a-z]|$)")


@dataclass(frozen=True)
class UnsentForm:
    """``path`` and query to which it was sent, ``fields`` in their order, names of the ``secrets`` and ``files`` that were left out, and
    ``who`` was logged in, empty when that is not known any more. ``cut``: it was too long, its values are lost.
    """

    path: str
    fields: tuple[tuple[str, str], ...] = ()
    secrets: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    who: str = ""
    cut: bool = False


def is_secret(name: str) -> bool:
    """True for the field of a password, a PIN or a private key: it is never shown again."""
    return _SECRET.search(name.lower()) is not None


def unsent_form(path: str, args: Mapping[bytes, list[bytes]], files: Iterable[str], who: str) -> UnsentForm:
    """What is kept of a form. ``args`` are its values with those of the query before them, which stay in the path."""
    asked = Counter(name for name, _ in parse_qsl(urlsplit(path).query, keep_blank_values=True))
    fields: list[tuple[str, str]] = []
    secrets: list[str] = []
    for raw, values in args.items():
        name = raw.decode("utf-8", "replace")
        if name in OWN_FIELDS:
            continue
        for value in values[asked[name] :]:
            if not is_secret(name):
                fields.append((name, value.decode("utf-8", "replace")))
            elif value and name not in secrets:
                secrets.append(name)
    form = UnsentForm(path, tuple(fields), tuple(secrets), tuple(sorted(files)), who)
    return form if _fits(form) else UnsentForm(path, who=who, cut=True)


def unsent_to_json(form: UnsentForm) -> str:
    """For one hidden field of the login form."""
    written = [form.path, form.fields, form.secrets, form.files, form.who, form.cut]
    return json.dumps(written, ensure_ascii=False, separators=(",", ":"))


def unsent_from_json(written: str) -> UnsentForm | None:
    """What ``unsent_to_json`` wrote; None for anything else. It comes from a browser: whatever it says is shown before it is sent."""
    try:
        path, fields, secrets, files, who, cut = json.loads(written)
        form = UnsentForm(
            _text(path),
            tuple((_text(name), _text(value)) for name, value in fields),
            tuple(_text(name) for name in secrets),
            tuple(_text(name) for name in files),
            _text(who),
            cut is True,
        )
    except (ValueError, TypeError, RecursionError):
        return None
    return form if _fits(form) and not OWN_FIELDS & {name for name, _ in form.fields} else None


def _fits(form: UnsentForm) -> bool:
    names = [*(name for name, _ in form.fields), *form.secrets, *form.files, form.who]
    octets = sum(len(name.encode()) + len(value.encode()) for name, value in form.fields)
    return (
        octets <= UNSENT_BYTES_MOST
        and len(names) <= FIELDS_MOST
        and all(len(name) <= NAME_MOST for name in names)
        and len(form.path) <= PATH_MOST
    )


def _text(value: Any) -> str:  # noqa: ANN401  # whatever JSON came
    if not isinstance(value, str):
        raise TypeError
    return value.encode("utf-8", "replace").decode()  # JSON can hold halves of characters, a page cannot
