"""Forms with files taken apart: what browsers send, and what nobody should."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from web.multipart import PARTS_MOST, parse_multipart

TYPE = "multipart/form-data; boundary=----Webby"


def part(head: str, octets: bytes) -> bytes:
    return b"------Webby\r\nContent-Disposition: form-data; " + head.encode() + b"\r\n\r\n" + octets + b"\r\n"


def body(*parts: bytes) -> bytes:
    return b"".join(parts) + b"------Webby--\r\n"


def test_values_and_files_come_apart() -> None:
    """A file comes with its name and its octets as they are; fields come as in any form; a field without a file is left out."""
    octets = b"\x00\xff\r\n--\r\n" + b"------Web"
    found = parse_multipart(
        body(
            part('name="csrf"', b"abc"),
            part('name="tick"', b"1"),
            part('name="tick"', b"2"),
            part('name="sheet"; filename="坐席.xlsx"\r\nContent-Type: application/octet-stream', octets),
            part('name="none"; filename=""\r\nContent-Type: application/octet-stream', b""),
        ),
        TYPE,
    )
    assert found is not None
    assert found.values == {b"csrf": [b"abc"], b"tick": [b"1", b"2"]}
    assert found.files == {"sheet": ("坐席.xlsx", octets)}


@pytest.mark.parametrize(("sent", "name"), [("C:\\files\\a.pem", "a.pem"), ("/etc/passwd", "passwd"), ("../../x", "x"), ("a\tb", "ab")])
def test_a_file_name_is_no_path(sent: str, name: str) -> None:
    """What is shown of a file is its name; nothing can be reached with it."""
    found = parse_multipart(body(part(f'name="f"; filename="{sent}"', b"x")), TYPE)
    assert found is not None
    assert found.files["f"][0] == name


@pytest.mark.parametrize(
    ("sent", "kind"),
    [
        (b"", TYPE),
        (b"nonsense", TYPE),
        (body(part('name="a"', b"1")), "multipart/form-data"),
        (body(part('name="a"', b"1")), "multipart/form-data; boundary=" + "x" * 80),
        (part('name="a"', b"1"), TYPE),
        (body(part('filename="a"', b"1")), TYPE),
        (body(b'------Webby\r\nContent-Disposition: form-data; name="a"\r\n'), TYPE),
        (body(part('name="a"; x="' + "y" * 3000 + '"', b"1")), TYPE),
        (body(*[part('name="a"', b"")] * (PARTS_MOST + 1)), TYPE),
    ],
)
def test_what_is_no_form_is_none(sent: bytes, kind: str) -> None:
    """A body that is cut off, has no end, no names or too many parts is not half understood."""
    assert parse_multipart(sent, kind) is None


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300), st.text(max_size=40))
def test_no_octets_break_it(octets: bytes, kind: str) -> None:
    """Whatever is sent, the answer is a form or none."""
    parse_multipart(octets, TYPE)
    parse_multipart(b"------Webby\r\n" + octets + b"\r\n------Webby--", TYPE)
    parse_multipart(octets, "multipart/form-data; boundary=" + kind)


def test_four_megabytes_of_anything_come_whole() -> None:
    """Line feeds, dashes or almost boundaries without end are a file like any other."""
    for octets in (b"\r\n" * 2_000_000, b"-" * 4_000_000, b"\r\n------Webbz" * 300_000):
        sent = body(part('name="f"; filename="a"', octets))
        found = parse_multipart(sent, TYPE)
        assert found is not None
        assert found.files["f"][1] == octets
