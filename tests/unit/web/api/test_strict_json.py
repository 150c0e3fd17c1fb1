"""JSON as strangers send it."""

from __future__ import annotations

import pytest

from web.api.strict_json import DEPTH_MOST, JsonFault, read_json


@pytest.mark.parametrize(
    ("octets", "value"),
    [
        (b'{"a": [1, 2.5, true, null, "\xe4\xbd\xa0"]}', {"a": [1, 2.5, True, None, "你"]}),
        (b'"\\ud83d\\ude00"', "😀"),
        (b"999999999999999999", 999999999999999999),
        (b"-1e3", -1000.0),
        (b"[" * DEPTH_MOST + b"]" * DEPTH_MOST, None),
    ],
)
def test_plain_json_is_read(octets: bytes, value: object) -> None:
    """What every program writes is understood."""
    read = read_json(octets)
    assert value is None or read == value


@pytest.mark.parametrize(
    ("octets", "said"),
    [
        (b"", "not JSON (at line 1, column 1)"),
        (b"{", "not JSON"),
        (b"\xef\xbb\xbf{}", "not JSON"),
        (b'{"a":1,}', "not JSON"),
        (b"{'a': 1}", "not JSON"),
        (b'"\x01"', "not JSON"),
        (b'{"a": \xff}', "not UTF-8 (at octet 6)"),
        (b'{"why": "x", "why": "y"}', "The name 'why' stands twice"),
        (b"[NaN]", "NaN is no number"),
        (b"-Infinity", "-Infinity is no number"),
        (b"1e999", "too large"),
        (b"1234567890123456789", "more than 18 digits"),
        (b"9" * 5000, "more than 18 digits"),
        (b"[" * (DEPTH_MOST + 1) + b"]" * (DEPTH_MOST + 1), f"more than {DEPTH_MOST} levels"),
        (b'{"a":' * 60_000, "more than"),
        (b"[" * 500_000, "more than"),
        (b'"\\ud800"', "half a character"),
        (b'{"\\uDFFF": 1}', "half a character"),
    ],
)
def test_what_programs_would_understand_differently_is_refused(octets: bytes, said: str) -> None:
    """A name that stands twice, NaN, a number without end, half a character: each is refused with a sentence, none harms."""
    with pytest.raises(JsonFault) as refused:
        read_json(octets)
    assert said in str(refused.value)
