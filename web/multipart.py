"""A form with files (``multipart/form-data``, RFC 7578) taken apart. Pure.

The body is cut at its boundaries and never looked at line by line, so four megabytes of line feeds cost no more than four
megabytes of a picture.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

__all__ = ["PARTS_MOST", "Parts", "parse_multipart"]

PARTS_MOST = 2000
"""Fields of one form; the longest is a list of queues or agents to tick."""
HEAD_BYTES_MOST = 2000
NAME_MOST = 200

_BOUNDARY = re.compile(r'boundary=(?:"([^"\\]{1,70})"|([^\s;"]{1,70}))', re.IGNORECASE)  # at most 70 characters: RFC 2046, 5.1.1
_PARAMETER = re.compile(r'(?:^|[;\s])(name|filename)="((?:[^"\\\r\n]|\\.){0,1000})"', re.IGNORECASE)


@dataclass(frozen=True)
class Parts:
    """What came: values by field, and files by field as ``(file name, octets)``, each in the order of the form."""

    values: dict[bytes, list[bytes]] = field(default_factory=dict)
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)


def parse_multipart(body: bytes, content_type: str) -> Parts | None:
    """The parts of a body, or None when it is not what its type says. A field without a chosen file is left out."""
    found = _BOUNDARY.search(content_type)
    if found is None:
        return None
    boundary = b"--" + (found[1] or found[2]).encode("latin-1", "replace")
    pieces = (b"\r\n" + body).split(b"\r\n" + boundary, PARTS_MOST + 2)
    if len(pieces) < 2 or len(pieces) > PARTS_MOST + 2 or not pieces[-1].startswith(b"--"):
        return None
    parts = Parts()
    for piece in pieces[1:-1]:
        head, joint, octets = piece.partition(b"\r\n\r\n")
        named = _named(head) if joint and len(head) <= HEAD_BYTES_MOST else None
        if named is None:
            return None
        name, file_name = named
        if file_name is None:
            parts.values.setdefault(name.encode(), []).append(octets)
        elif file_name or octets:
            parts.files.setdefault(name, (file_name, octets))
    return parts


def _named(head: bytes) -> tuple[str, str | None] | None:
    """The field's name, and the file's when it is one, of a part's head; None for a part without a name."""
    for line in head.decode("utf-8", "replace").split("\r\n"):
        kind, _, rest = line.partition(":")
        if kind.strip().lower() != "content-disposition":
            continue
        given = {key.lower(): value for key, value in _PARAMETER.findall(rest)}
        if "name" not in given or len(given["name"]) > NAME_MOST:
            return None
        file_name = given.get("filename")
        return given["name"], None if file_name is None else _base_name(file_name)
    return None


def _base_name(path: str) -> str:
    """The name without folders, fit to be shown: some browsers once sent the whole path."""
    last = re.split(r"[/\\]", path)[-1]
    return "".join(letter for letter in last if letter.isprintable())[:NAME_MOST]
