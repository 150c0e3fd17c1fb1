"""``strowger tone`` and ``strowger listen``: what the one writes, the other hears."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from appliance import cli
from appliance.listen_command import COUNTRIES, DETECTORS
from appliance.listening import Detection, detections, hear, read_tracks
from appliance.sounding import sounded
from appliance.tone_spec import Signal, parse_tone
from boards.dahdi.codec import decode, encode
from boards.dahdi.media import Heard, HeardTone, Hearing, KeyDown, ToneGone, ToneHeard
from engine.kernel.errors import BadInput, EnvironmentFault, OurFault
from engine.telephony.media import Companding, ToneStep
from engine.telephony.tones import TONE_SETS, ToneName


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)


def heard(folder: Path, capsys: pytest.CaptureFixture[str], spec: str, only: str, *more: str, tones: str = "cn") -> list[dict[str, Any]]:
    """What ``listen --only`` hears in what ``tone`` has written."""
    file = folder / "tone.wav"
    assert cli.main(["tone", spec, "-o", str(file), *more]) == 0
    capsys.readouterr()
    assert cli.main(["listen", str(file), "--json", "--only", only, "--tones", tones]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


# ---- round trips -------------------------------------------------------------------------------------------------------


def test_digits_come_back_with_time_level_and_length(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All sixteen keys are heard in order, each at its time within a block, at its level within 1 dB, as long as it was."""
    keys = heard(tmp_path, capsys, "dtmf:1234567890*#ABCD@-12/80/70", "keys")
    assert "".join(key["value"] for key in keys) == "1234567890*#ABCD"
    for place, key in enumerate(keys):
        assert key["kind"] == "key"
        assert key["t_ms"] == pytest.approx(place * 150, abs=20)
        assert key["duration_ms"] == pytest.approx(80, abs=15)
        assert key["level_dbm0"] is not None


@pytest.mark.parametrize("name", ["dial", "ringback", "busy", "congestion", "unallocated"])
def test_tones_of_an_exchange_come_back_by_name(tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    """What a Chinese exchange would sound is recognised as just that and nothing else."""
    tones = heard(tmp_path, capsys, f"cn:{name}", "progress", "--seconds", "14")
    assert {tone["value"] for tone in tones} == {name}


@pytest.mark.parametrize("country", ["uk", "us", "hk", "itu"])
def test_other_countries_are_known_by_their_own_tones(tmp_path: Path, capsys: pytest.CaptureFixture[str], country: str) -> None:
    """A busy line in another country is recognised when its tones are asked for."""
    tones = heard(tmp_path, capsys, f"{country}:busy", "progress", "--seconds", "8", tones=country)
    assert {tone["value"] for tone in tones} == {"busy"}


def test_a_tone_drawn_by_hand_is_known_by_its_cadence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A technician can write a busy tone as steps; it is taken for one."""
    tones = heard(tmp_path, capsys, "450@-15/350,0/350*6", "progress")
    assert [tone["value"] for tone in tones] == ["busy"]


def test_register_signals_come_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All fifteen MFC signals forward are heard as themselves, in order, with their level."""
    signals = heard(tmp_path, capsys, "r2f:" + ",".join(map(str, range(1, 16))), "r2_forward")
    assert [int(signal["value"].split()[0]) for signal in signals] == list(range(1, 16))
    assert all(signal["level_dbm0"] == pytest.approx(-8.5, abs=1) for signal in signals)


def test_fax_tones_come_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Calling tone, answer tone, and the answer tone that reverses its phase are told from each other."""
    found = {spec: [one["value"] for one in heard(tmp_path, capsys, spec, "fax")] for spec in ("cng", "ced", "2100pr")}
    assert set(found["cng"]) == {"calling"}
    assert set(found["ced"]) == {"answer"}
    assert "reversals" in found["2100pr"]


def test_caller_id_comes_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The number sent is the number shown."""
    for spec, detector in (("cid", "caller_id"), ("cidv23", "caller_id_v23")):
        (caller,) = heard(tmp_path, capsys, f"{spec}:13800138000", detector)
        assert caller["kind"] == "caller_id"
        assert caller["value"].split()[0] == "13800138000"


# ---- what is written ---------------------------------------------------------------------------------------------------


def test_a_tone_is_as_loud_high_and_long_as_asked_for() -> None:
    """1004 Hz at −20 dBm0 for 250 ms: measured by other means, within 0.1 dB, 0.5 Hz, and to the sample."""
    octets = sounded(parse_tone("1004@-20/250"), 6)
    samples = np.frombuffer(decode(octets, Companding.A_LAW), "<i2").astype(float)
    assert len(samples) == 2000
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples)), 1 << 16))
    assert np.argmax(spectrum) * 8000 / (1 << 16) == pytest.approx(1004, abs=0.5)
    level_dbm0 = 20 * np.log10(np.sqrt(2 * np.mean(samples**2)) / 32768) + 3.14
    assert level_dbm0 == pytest.approx(-20, abs=0.1)


def test_every_tone_of_every_country_can_be_sounded() -> None:
    """No tone of a set is too long or too odd for the pump; one with a cadence lasts as long as asked for."""
    for country, tones in TONE_SETS.items():
        for name in ToneName:
            octets = sounded(parse_tone(f"{country}:{name}"), 0.5)
            assert len(octets) == 4000 or tones[name].loop_from is None


@pytest.mark.parametrize(
    "spec",
    [
        "", "450", "450/0", "450/x", "5000/100", "450@5/100", "450@-70/100", "450/100*0", "450/100*300", "450/700000", "dtmf:", "dtmf:12E", "dtmf:1@-90",
        "dtmf:1/0/10", "r2f:0", "r2f:16", "r2f:x", "cn:nothing", "xx:busy", "cid:12a", "cid:123456789012345678901", "warble", "１/100",
    ],
)  # fmt: skip
def test_what_is_no_tone_is_refused(spec: str) -> None:
    """A wrong SPEC is answered with a sentence that names it, not with a strange sound."""
    with pytest.raises(BadInput) as refused:
        parse_tone(spec)
    assert repr(spec) in str(refused.value)


def test_a_tone_the_pump_refuses_is_told() -> None:
    """A signal that no pump can sound does not become an empty file."""
    with pytest.raises(OurFault):
        sounded(Signal((ToneStep(100, 450.0, 99.0),)), 1)


# ---- files -------------------------------------------------------------------------------------------------------------


def wav(tag: int, channels: int, rate_hz: int, bits: int, audio: bytes) -> bytes:
    """A WAV file of this format."""
    width = bits // 8 * channels
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, tag, channels, rate_hz, rate_hz * width, width, bits)
    data = struct.pack("<4sI", b"data", len(audio)) + audio
    return struct.pack("<4sI4s", b"RIFF", len(form) + len(data) + 4, b"WAVE") + form + data


def digit(key: str) -> bytes:
    """A key and silence around it, A-law."""
    return b"\xd5" * 800 + sounded(parse_tone(f"dtmf:{key}"), 1) + b"\xd5" * 800


def samples_of(octets: bytes) -> bytes:
    """The same as 16-bit samples."""
    return decode(octets, Companding.A_LAW)


def to_mulaw(octets: bytes) -> bytes:
    """The same in µ-law, by the codec."""
    return encode(samples_of(octets), Companding.MU_LAW)


def test_every_form_of_telephone_sound_is_heard(tmp_path: Path) -> None:
    """16-bit PCM, A-law and µ-law WAV files and raw A-law give the same digit."""
    alaw = digit("7")
    for name, content in {
        "pcm.wav": wav(1, 1, 8000, 16, samples_of(alaw)),
        "alaw.wav": wav(6, 1, 8000, 8, alaw),
        "mulaw.wav": wav(7, 1, 8000, 8, to_mulaw(alaw)),
        "raw.al": alaw,
    }.items():
        file = tmp_path / name
        file.write_bytes(content)
        (track,) = read_tracks(file)
        assert [detection.value for detection in hear(track, Hearing.KEYS)] == ["7"], name


def test_a_recording_is_heard_on_both_sides(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The appliance's own stereo recordings can be listened to; each detection says on which track."""
    left, right = digit("1"), digit("9")
    file = tmp_path / "call.wav"
    file.write_bytes(wav(6, 2, 8000, 8, bytes(octet for pair in zip(left, right, strict=True) for octet in pair)))
    assert cli.main(["listen", str(file), "--json", "--only", "keys"]) == 0
    assert [(one["track"], one["value"]) for one in map(json.loads, capsys.readouterr().out.splitlines())] == [(1, "1"), (2, "9")]


@pytest.mark.parametrize(
    ("tag", "channels", "rate_hz", "bits"), [(1, 1, 44_100, 16), (1, 1, 8000, 8), (1, 3, 8000, 16), (3, 1, 8000, 32), (6, 1, 16_000, 8)]
)
def test_other_sound_is_refused_with_a_sentence(tmp_path: Path, tag: int, channels: int, rate_hz: int, bits: int) -> None:
    """A file of another rate or form is named together with what it is and what is wanted; it is not heard wrongly."""
    file = tmp_path / "other.wav"
    file.write_bytes(wav(tag, channels, rate_hz, bits, bytes(96)))
    with pytest.raises(BadInput) as refused:
        read_tracks(file)
    assert "8000 Hz, 1 or 2 tracks" in str(refused.value)
    assert str(rate_hz) in str(refused.value)


def test_a_file_that_is_not_there_or_no_sound_is_refused(tmp_path: Path) -> None:
    """A missing file and a text file are told by name."""
    with pytest.raises(EnvironmentFault):
        read_tracks(tmp_path / "missing.wav")
    (tmp_path / "letter.txt").write_text("hello")
    with pytest.raises(BadInput):
        read_tracks(tmp_path / "letter.txt")


# ---- what is printed ---------------------------------------------------------------------------------------------------


def test_people_read_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without --json each file has a table with time in seconds; a file in which nothing is heard says so."""
    (tmp_path / "one.al").write_bytes(digit("3"))
    (tmp_path / "none.al").write_bytes(b"\xd5" * 8000)
    assert cli.main(["listen", str(tmp_path / "one.al"), str(tmp_path / "none.al"), "--only", "keys"]) == 0
    out = capsys.readouterr().out
    assert "0.100   key   3      -7.9" in out
    assert f"{tmp_path / 'none.al'}: nothing was heard" in out


def test_an_unknown_detector_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """A misspelt detector is told with those that there are; nothing is listened to in vain."""
    with pytest.raises(SystemExit) as left:
        cli.main(["listen", "x.wav", "--only", "keys,noise"])
    assert left.value.code == 2
    assert "'noise'" in capsys.readouterr().err


def test_begin_and_end_become_one_detection() -> None:
    """Tones that follow each other each have their own length; one whose end was never told has none."""
    events: list[Heard] = [
        ToneHeard(HeardTone.DIAL, 800),
        ToneGone(HeardTone.DIAL, 1600),
        ToneHeard(HeardTone.BUSY, 2400),
        KeyDown("2", 3200),
    ]
    dial, busy, key = detections(events, 0)
    assert (dial.t_ms, dial.duration_ms, dial.kind, dial.value) == (100.0, 100.0, "tone", "dial")
    assert busy == Detection(300.0, "tone", "busy", None, None)
    assert key.duration_ms is None


def test_all_detectors_can_be_asked_for() -> None:
    """Every detector that the help names exists in the pump, and every one of the pump's for what a line gives is named."""
    assert set(TONE_SETS) == set(COUNTRIES)
    assert {name.upper() for name in DETECTORS} == {
        hearing.name for hearing in Hearing if hearing not in {Hearing.NONE, Hearing.SENT_VOICE}
    }


def everything(folder: Path, capsys: pytest.CaptureFixture[str], octets: bytes) -> list[tuple[str, str]]:
    """Kind and value of what ``listen`` hears in A-law, with what it runs when nothing is named."""
    file = folder / "heard.al"
    file.write_bytes(octets)
    assert cli.main(["listen", str(file), "--json"]) == 0
    return [(one["kind"], one["value"]) for one in map(json.loads, capsys.readouterr().out.splitlines())]


def test_a_tone_is_not_a_voice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A busy tone is one line, not one for each burst; keys are keys; a sound that is no signal is still a voice."""
    assert everything(tmp_path, capsys, sounded(parse_tone("cn:busy"), 7)) == [("tone", "busy")]
    assert everything(tmp_path, capsys, sounded(parse_tone("dtmf:12"), 1)) == [("key", "1"), ("key", "2")]
    noise = (np.random.default_rng(1).standard_normal(8000) * 2000).astype("<i2").tobytes()
    spoken = encode(noise, Companding.A_LAW)
    assert everything(tmp_path, capsys, spoken) == [("voice", "")]
    assert ("voice", "") in everything(tmp_path, capsys, sounded(parse_tone("cn:busy"), 7) + spoken)
