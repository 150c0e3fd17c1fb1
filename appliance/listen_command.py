"""``strowger listen`` and ``strowger tone``: the product's ears and voice for technicians and for tests."""

from __future__ import annotations

import argparse
import json
import struct
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from appliance.texts import Translate
from console.tables import table
from engine.kernel.errors import EnvironmentFault
from engine.kernel.text import text

__all__ = ["add_listen_parser", "add_tone_parser", "run_listen_command", "run_tone_command"]

DETECTORS = ("keys", "progress", "caller_id", "caller_id_v23", "r2_forward", "r2_backward", "fax", "voice", "beep", "level")
COUNTRIES = ("cn", "uk", "us", "hk", "itu")
SECONDS_MOST = 600.0
SECONDS = 6.0
ALAW_TAG = 6


def add_listen_parser(listen: argparse.ArgumentParser, _: Translate) -> None:
    """The grammar of ``strowger listen``."""
    listen.add_argument(
        "files",
        nargs="+",
        type=Path,
        metavar=_("FILE"),
        help=_("WAV file (8000 Hz; 16-bit PCM, A-law or µ-law), or raw A-law (.al, .alaw, .raw)"),
    )
    only = _("run these detectors, separated by commas (default: all but level); there are: {known}").format(known=", ".join(DETECTORS))
    listen.add_argument("--only", type=_detectors(_), metavar=_("LIST"), default=DETECTORS[:-1], help=only)
    country = _("whose tones are recognised (default: cn)")
    listen.add_argument("--tones", choices=COUNTRIES, default=COUNTRIES[0], help=country)
    listen.add_argument("--json", action="store_true", help=_("print a JSON object for each detection"))


def add_tone_parser(tone: argparse.ArgumentParser, _: Translate) -> None:
    """The grammar of ``strowger tone``."""
    tone.formatter_class = argparse.RawDescriptionHelpFormatter
    tone.add_argument("spec", metavar=_("SPEC"), help=_("what to sound, see below"))
    tone.add_argument("-o", dest="output", type=Path, required=True, metavar=_("FILE"), help=_("WAV file to write (A-law, 8000 Hz)"))
    seconds = _("how long a tone with a cadence sounds (default {seconds} s)").format(seconds=f"{SECONDS:g}")
    tone.add_argument("--seconds", type=_duration(_), default=SECONDS, metavar="S", help=seconds)
    tone.epilog = "\n".join(
        [
            _("What can be sounded:"),
            _("  dtmf:123#              digits; dtmf:123#@-20/50/50: level of each tone in dBm0, ms on, ms off"),
            _("  r2f:1,15  r2b:1        MFC signals forward and backward; level and times as with digits"),
            _("  cn:busy                a tone of a country: cn, uk, us, hk or itu, and its name"),
            _("  cng  ced  2100pr       fax calling tone, answer tone, answer tone with phase reversals"),
            _("  cid:13800138000        caller id (Bell 202); cidv23: with the tones of V.23"),
            _("  450@-10/350,0/350*3    steps: frequency[+frequency]@dBm0/ms; 0: silence; *3: three times"),
        ]
    )


def _detectors(_: Translate) -> Callable[[str], tuple[str, ...]]:
    def read(written: str) -> tuple[str, ...]:
        names = tuple(written.split(","))
        for name in names:
            if name not in DETECTORS:
                raise argparse.ArgumentTypeError(
                    _("there is no detector {name}; there are: {known}").format(name=repr(name), known=", ".join(DETECTORS))
                )
        return names

    return read


def _duration(_: Translate) -> Callable[[str], float]:
    def read(written: str) -> float:
        try:
            seconds = float(written)
        except ValueError:
            seconds = 0.0
        if not 0 < seconds <= SECONDS_MOST:
            expected = _("{value} is not possible; expected up to {most} seconds")
            raise argparse.ArgumentTypeError(expected.format(value=repr(written), most=f"{SECONDS_MOST:g}"))
        return seconds

    return read


# ---- listen -----------------------------------------------------------------------------------------------------------


def run_listen_command(options: argparse.Namespace, say: Callable[[str], None], _: Translate) -> int:
    """Listen to the files one after the other. Raises StrowgerError at the first that cannot be listened to."""
    from appliance.listening import as_record, hear, read_tracks  # noqa: PLC0415
    from boards.dahdi.media import Hearing  # noqa: PLC0415
    from engine.telephony.tones import TONE_SETS  # noqa: PLC0415

    hearing = Hearing.NONE
    for name in options.only:
        hearing |= Hearing[name.upper()]
    for file in options.files:
        tracks = read_tracks(file)
        records = [
            as_record(detection, file, track.number, len(tracks))
            for track in tracks
            for detection in hear(track, hearing, TONE_SETS[options.tones].windows)
        ]
        if options.json:
            for record in records:
                say(json.dumps(record, ensure_ascii=False))
        else:
            say(_shown(file, records, _))
    return 0


def _shown(file: Path, records: Sequence[Mapping[str, object]], _: Translate) -> str:
    if not records:
        return text("{file}: nothing was heard", file=str(file)).render(_)
    headings = [_("time s"), _("kind"), _("value"), "dBm0", "ms"]
    cells = [
        [
            _seconds(record["t_ms"]),
            str(record["kind"]),
            str(record["value"] or "-"),
            _number(record["level_dbm0"]),
            _number(record["duration_ms"]),
        ]
        for record in records
    ]
    return f"{file}\n{table(headings, cells, 0)}"


def _seconds(t_ms: object) -> str:
    return f"{float(str(t_ms)) / 1000:.3f}"


def _number(value: object) -> str:
    return "-" if value is None else f"{float(str(value)):.1f}"


# ---- tone -------------------------------------------------------------------------------------------------------------


def run_tone_command(options: argparse.Namespace, say: Callable[[str], None], _: Translate) -> int:
    """Write the tone. Raises BadInput for a wrong SPEC, EnvironmentFault when the file cannot be written."""
    from appliance.sounding import sounded  # noqa: PLC0415
    from appliance.tone_spec import parse_tone  # noqa: PLC0415

    octets = sounded(parse_tone(options.spec), options.seconds)
    try:
        options.output.write_bytes(_wav(octets))
    except OSError as error:
        why = error.strerror or error
        raise EnvironmentFault(text("{file} cannot be written: {error}", file=str(options.output), error=why)) from error
    say(text("{file}: {seconds} s", file=str(options.output), seconds=f"{len(octets) / 8000:.3f}").render(_))
    return 0


def _wav(octets: bytes) -> bytes:
    """A-law, one track, 8000 Hz."""
    form = struct.pack("<4sIHHIIHHH", b"fmt ", 18, ALAW_TAG, 1, 8000, 8000, 1, 8, 0)
    padded = octets + b"\0" * (len(octets) % 2)
    body = b"WAVE" + form + struct.pack("<4sII", b"fact", 4, len(octets)) + struct.pack("<4sI", b"data", len(octets)) + padded
    return struct.pack("<4sI", b"RIFF", len(body)) + body
