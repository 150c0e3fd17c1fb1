"""A line's own tone: as learned, as written in the settings, as a detector wants it."""

from __future__ import annotations

import pytest

from engine.kernel.errors import BadInput
from engine.settings.checks import check_site
from engine.settings.site import Site, TrunkSection
from engine.telephony.line_tone import LineTone, line_tone
from engine.telephony.tones import HeardTone


@pytest.mark.parametrize("written", ["394:350/350", "480+620:500/500", "450:210/210/210/210/630/210", "425"])
def test_what_is_written_is_read(written: str) -> None:
    """The setting that a test call made means the same tone after a restart."""
    assert line_tone(written).written == written


@pytest.mark.parametrize("written", ["", "x", "394:350", "394:", "1+2+3:100/100", "394:a/b"])
def test_what_is_no_tone_is_refused(written: str) -> None:
    """A wrong word in the settings is named, not guessed at."""
    if written == "394:":
        assert line_tone(written) == LineTone((394,))
        return
    with pytest.raises(BadInput, match="no tone"):
        line_tone(written)


def test_three_periods_are_asked_for() -> None:
    """A learned busy tone ends a call after three periods, not after the first beep."""
    window = line_tone("394:350/350").window(HeardTone.BUSY)
    assert (window.tone, window.needed) == (HeardTone.BUSY, 6)
    assert window.elements[0].bands_hz == ((379.0, 409.0),)


def test_a_known_band_is_used_where_it_fits() -> None:
    """A detector is not given two names for one sound."""
    known = ((380.0, 420.0), (420.0, 480.0))
    assert line_tone("394:350/350").window(HeardTone.BUSY, known).elements[0].bands_hz == ((380.0, 420.0),)
    assert line_tone("500:350/350").window(HeardTone.BUSY, known).elements[0].bands_hz == ((485.0, 515.0),)


@pytest.mark.parametrize(
    ("settings", "path", "says"),
    [
        ({"busy_tone": "200:350/350"}, "busy_tone", "200 Hz"),
        ({"busy_tone": "394:350/350/350"}, "busy_tone", "pairs"),
        ({"busy_tone": "394:20/350"}, "busy_tone", "20 ms"),
        ({"dialling": "pulse", "dial_prefix": "*9"}, "dial_prefix", "pulses"),
        ({"silence_release_s": 5.0}, "silence_release_s", "silence"),
    ],
)
def test_settings_that_no_line_can_follow_are_refused(settings: dict[str, str | float], path: str, says: str) -> None:
    """A site with a busy tone that nobody could recognise, or a prefix that pulses cannot say, is refused at the place."""
    (found,) = check_site(Site(trunks=(TrunkSection(name="line-1", channel=1, **settings),)))  # type: ignore[arg-type]  # a test's own settings
    assert found[0] == ("trunks", 0, path)
    assert says in found[1].in_english()
