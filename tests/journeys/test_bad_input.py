"""What people and machines do wrong: a clear message, a log line, and nothing lost."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import wave
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from appliance.building import Sounds
from appliance.demo_day import DemoDay
from appliance.prompts import load
from appliance.rig import Rig
from appliance.simulation import Surrounded
from appliance.site_file import demo_site_file, read_site
from boards.dahdi import media
from engine import facts
from engine.kernel.bus import Envelope
from engine.store import journal
from engine.store.journal import Disk, Reading
from engine.telephony.media import TapReader
from tests.journeys.process import ROOT, Running, answer, ask, data_folder, facts_in

SAFETY_S = 30.0
"""No measurement: only far more than anything may take on a busy machine."""

BROKEN_SITE = """\
box: {id: Box, hardware: simulated}
agents:
  - {number: "1001", name: 李娜, pin: abcd}
  - {number: "1001", pin: "2580"}
stations:
  - {name: phone-801, channel: 0, extension: "801"}
trunks: [{name: line-1, channel: 1, flow: nowhere}]
"""


def demo_site_with(tmp_path: Path, old: str, new: str) -> str:
    """The demo site with one thing changed, as a file."""
    file = tmp_path / "changed.yaml"
    written = demo_site_file().read_text(encoding="utf-8")
    assert written.count(old) == 1
    file.write_text(written.replace(old, new), encoding="utf-8")
    return str(file)


# ---- what keeps it from starting ---------------------------------------------------------------------------------------------


def test_a_broken_site_file_is_told_whole_and_nothing_starts(tmp_path: Path) -> None:
    """Every fault with file, line and field, also the PIN of letters (not shown); no data folder is left behind."""
    file = tmp_path / "site.yaml"
    file.write_text(BROKEN_SITE, encoding="utf-8")
    done = ask("run", "--data", str(tmp_path / "data"), "--site", str(file))
    assert done.returncode == 1
    assert done.stdout == ""
    for place in (f"{file}:1: box.id", f"{file}:3: agents[0].pin", f"{file}:6: stations[0].channel"):
        assert f"Strowger: {place}" in done.stderr, done.stderr
    assert "4 to 8 digits" in done.stderr
    assert "abcd" not in done.stderr
    assert not (tmp_path / "data").exists()


def test_what_does_not_go_together_is_told_with_its_lines(tmp_path: Path) -> None:
    """A flow that does not exist and an agent named twice are found before anything starts."""
    file = tmp_path / "site.yaml"
    written = BROKEN_SITE.replace("abcd", '"1234"').replace("Box", "b1").replace("channel: 0", "channel: 5")
    file.write_text(written, encoding="utf-8")
    done = ask("run", "--data", str(tmp_path / "data"), "--site", str(file))
    assert done.returncode == 1
    assert f"{file}:4" in done.stderr
    assert f"{file}:7" in done.stderr
    assert "nowhere" in done.stderr


def program_of_another_user(folder: Path) -> list[str]:
    """``strowger run`` as a user who owns nothing and has no realtime priority.

    The program is read before the user is changed, so that the test works wherever it lies.
    """
    program = (
        "import os, resource, sys, appliance.run, appliance.cli, boards.dahdi.board\n"
        "resource.setrlimit(resource.RLIMIT_RTPRIO, (0, 0))\n"
        "if os.getuid() == 0:\n    os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "sys.exit(appliance.cli.main(['run', '--data', sys.argv[1], '--no-caller', '--language', 'en']))\n"
    )
    return [sys.executable, "-c", program, str(folder)]


def as_another_user(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run it to its end."""
    words = program_of_another_user(folder)
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=SAFETY_S * 2, check=False)


@pytest.fixture
def public_folder() -> Iterator[Path]:
    """A folder that every user can enter, and nobody but its owner write."""
    folder = Path(tempfile.mkdtemp(prefix="strowger-test-"))
    folder.chmod(0o555)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


def test_without_permission_it_says_where(public_folder: Path) -> None:
    """A data folder that cannot be made: one sentence names it and says what to do; no traceback."""
    done = as_another_user(public_folder / "data")
    assert done.returncode == 1
    assert done.stderr == (
        f"Strowger: no permission to write {public_folder}/data: give it to the user of this process, or choose another data folder.\n"
    )


def test_a_journal_of_another_user_is_told_before_the_first_call(public_folder: Path, prompts_folder: Path) -> None:
    """Started once as root, then as a user: the journal that cannot be gone on with is named, and no fact is taken and lost."""
    data = public_folder / "data"
    public_folder.chmod(0o755)
    shutil.copytree(prompts_folder, data / "prompts")
    with Running(data, "--no-caller") as first:
        first.until("running:")
        assert first.stop() == 0
    for path in (data, *data.rglob("*")):
        path.chmod(0o777 if path.is_dir() else 0o666)
    segment = data / "journal" / "000000001.seg"
    segment.chmod(0o444)
    done = as_another_user(data)
    assert done.returncode == 1
    assert f"Strowger: no permission to write {segment}: " in done.stderr
    assert "Traceback" not in done.stderr


def test_a_pump_without_its_priority_says_so(public_folder: Path, prompts_folder: Path) -> None:
    """An ordinary user may try the appliance on simulated boards; the log says what a real one would need."""
    data = public_folder / "data"
    public_folder.chmod(0o755)
    shutil.copytree(prompts_folder, data / "prompts")
    for path in (data, *data.rglob("*")):
        path.chmod(0o777 if path.is_dir() else 0o666)
    with Running(data, program=program_of_another_user(data)) as appliance:
        appliance.until("running:")
        while "pump-priority: " not in appliance.log():
            assert appliance.process.poll() is None
            appliance.read(0.2)
        assert appliance.stop() == 0
    assert "pump-priority" not in [values["alarm"] for fact, values in facts_in(data) if fact == "AlarmRaised"]


def test_a_prompt_of_the_wrong_format_is_named(tmp_path: Path, prompts_folder: Path) -> None:
    """A recorded prompt at 44.1 kHz: the file, what it is, and what is wanted."""
    data = data_folder(tmp_path, prompts_folder)
    file = data / "prompts" / "zh" / "menu.wav"
    with wave.open(str(file), "wb") as wav:
        wav.setparams((2, 2, 44_100, 0, "NONE", ""))
        wav.writeframes(bytes(44_100))
    done = ask("run", "--data", str(data))
    assert done.returncode == 1
    assert f"{file} is PCM 16 bit, 44100 Hz, 2 ch; wanted: A-law or 16-bit PCM, 8000 Hz, mono" in done.stderr


def test_music_that_is_not_there_is_named(tmp_path: Path, prompts_folder: Path) -> None:
    """A queue's music file with a typing error in its name."""
    site = demo_site_with(tmp_path, "    title: 客户服务\n", "    title: 客户服务\n    music: /nowhere/song.wav\n")
    done = ask("run", "--data", str(data_folder(tmp_path / "data", prompts_folder)), "--site", site)
    assert done.returncode == 1
    assert "Strowger: cannot read /nowhere/song.wav: No such file or directory" in done.stderr


def test_a_file_where_the_door_should_be_stops_the_start(tmp_path: Path, prompts_folder: Path) -> None:
    """What cannot be asked does not run: the file in the way is named, and the journal is ready for the next start."""
    data = data_folder(tmp_path, prompts_folder)
    (data / "door.sock").write_text("not a socket")
    done = ask("run", "--data", str(data), "--no-caller")
    assert done.returncode == 1
    assert f"{data}/door.sock is in the way and is not a socket: move it away." in done.stderr
    (data / "door.sock").unlink()
    with Running(data, "--no-caller") as again:
        again.until("running:")
        assert again.stop() == 0


# ---- while it runs -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, prompts_folder: Path) -> Iterator[Running]:
    """One appliance that several tests disturb."""
    with Running(data_folder(tmp_path_factory.mktemp("data"), prompts_folder), "--no-caller") as appliance:
        appliance.until("running:")
        yield appliance


def test_a_second_appliance_is_turned_away(running: Running) -> None:
    """Starting twice on one data folder: the second one names the first and leaves it alone."""
    done = ask("run", "--data", str(running.data), "--no-caller")
    assert done.returncode == 1
    assert f"another appliance (process {running.process.pid}) runs on data folder {running.data}" in done.stderr
    assert answer("status", "--data", str(running.data))["agents"]


def knock(running: Running) -> socket.socket:
    """A connection to the appliance's door."""
    client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    client.settimeout(SAFETY_S)
    client.connect(str(running.data / "door.sock"))
    return client


def test_clients_that_talk_nonsense_harm_nobody(running: Running) -> None:
    """Garbage, an endless line, hanging up in the middle: each is told or dropped, logged, and the next question is answered."""
    with knock(running) as client:
        client.sendall(b"\x00\xff garbage\n[1,2]\n{}\n")
        said = b""
        while said.count(b"\n") < 3:
            said += client.recv(4096)
        assert said.count(b'"ok": false') == 3
    with knock(running) as client:
        with knock(running) as other:
            other.sendall(b'{"id": 1, "command": "sta')
        try:
            client.sendall(b"x" * 2_000_000)
            told = client.recv(4096)
        except (BrokenPipeError, ConnectionResetError):
            told = b"longer than"
        assert b"longer than" in told
    assert answer("status", "--data", str(running.data))["lines"]
    assert "sent something senseless: this is not a line of JSON" in running.log()


def test_forty_clients_at_once(running: Running) -> None:
    """32 are served, the others are told to come later; when they have gone everybody is served again."""
    clients = [knock(running) for _ in range(40)]
    try:
        for client in clients:
            try:
                client.sendall(b'{"id": 1, "command": "status"}\n')
            except BrokenPipeError:
                continue
        first = [client.recv(4096) for client in clients]
    finally:
        for client in clients:
            client.close()
    assert sum(b'"ok": true' in reply for reply in first) == 32
    assert sum(b'"ok": false' in reply for reply in first) == 8
    assert answer("calls", "--data", str(running.data))["calls"] == []
    assert running.process.poll() is None


# ---- stopping ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_stops_cleanly_when_asked(number: signal.Signals, tmp_path: Path, prompts_folder: Path) -> None:
    """Ctrl-C, a service manager's stop and a closed terminal: all is written, the last fact says so, the exit status is 0."""
    with Running(data_folder(tmp_path, prompts_folder), "--no-caller") as appliance:
        appliance.until("running:")
        began = os.times().elapsed
        assert appliance.stop(number) == 0, appliance.said
        assert os.times().elapsed - began < SAFETY_S
    assert facts_in(tmp_path)[-1] == ("ApplianceStopped", {"reason": "stopped"})
    assert "bug" not in appliance.log()


def test_it_can_be_stopped_while_it_starts(tmp_path: Path) -> None:
    """Stopped while the prompts are still being made: it leaves at once without a traceback, and the next start goes on from there."""
    with Running(tmp_path, "--no-caller") as appliance:
        appliance.until("new data folder")
        assert appliance.stop() == 130
    assert "Traceback" not in appliance.said
    assert not list((tmp_path / "prompts").rglob("*.new"))
    assert (tmp_path / "site.yaml").exists()


def test_it_outlives_its_terminal(tmp_path: Path, prompts_folder: Path) -> None:
    """Somebody looks at it through a pager and quits the pager: calls go on, and it still stops cleanly."""
    with Running(data_folder(tmp_path, prompts_folder), "--no-caller") as appliance:
        appliance.until("running:")
        assert appliance.process.stdout is not None
        appliance.process.stdout.close()
        assert answer("status", "--data", str(tmp_path))["lines"]
        appliance.process.send_signal(signal.SIGTERM)
        assert appliance.process.wait(SAFETY_S) == 0
        appliance.process.stdout = Path(os.devnull).open("rb")  # noqa: SIM115  # closed by the with block
    assert facts_in(tmp_path)[-1][0] == "ApplianceStopped"


def test_from_the_command_to_the_first_answer(tmp_path: Path, prompts_folder: Path) -> None:
    """A prepared appliance answers soon after it was started; the limit is far above what is measured."""
    data = data_folder(tmp_path, prompts_folder)
    began = os.times().elapsed
    with Running(data, "--no-caller") as appliance:
        appliance.until("running:")
        assert answer("status", "--data", str(data))["utc_offset_min"] == 480
        assert os.times().elapsed - began < SAFETY_S


# ---- the disk ----------------------------------------------------------------------------------------------------------------


class FullDisk:
    """A disk that takes nothing while ``full``: neither the journal nor recordings."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.full = False
        self.refused = 0
        self._write = os.write
        disk = Disk(write=self.journal_write, sync=self.journal_sync)
        monkeypatch.setattr(journal, "Disk", lambda: disk)
        monkeypatch.setattr(os, "write", self.recorder_write)
        whole = media.Pump.write_taps  # from ring to file, past the interpreter

        def write_taps(bay: media.Pump, taps: Sequence[tuple[TapReader, int]]) -> Sequence[int | OSError]:
            try:
                self._look()
            except OSError as error:
                return [error for _ in taps]
            return whole(bay, taps)

        monkeypatch.setattr(media.Pump, "write_taps", write_taps)

    def _look(self) -> None:
        if self.full:
            self.refused += 1
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def journal_write(self, fd: int, octets: bytes, offset: int) -> int:
        self._look()
        return os.pwrite(fd, octets, offset)

    def journal_sync(self, fd: int) -> None:
        self._look()
        os.fdatasync(fd)

    def recorder_write(self, fd: int, octets: bytes) -> int:
        self._look()
        return self._write(fd, octets)


def test_a_full_disk_ends_no_call_and_loses_no_fact(tmp_path: Path, prompts_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk fills up in the middle of a conversation: they talk on, alarms come and go, and afterwards the journal is whole."""
    disk = FullDisk(monkeypatch)
    site = read_site(demo_site_file())
    prompts = load(prompts_folder)
    heard: list[Envelope] = []
    log: list[str] = []
    rig = Rig(site, tmp_path, Sounds(prompts), 1, log=log.append)
    rig.appliance.bus.subscribe("test", heard.append)
    rig.start()

    def come(kind: type[facts.Fact]) -> list[facts.Fact]:
        return [envelope.fact for envelope in heard if isinstance(envelope.fact, kind)]

    def play_demo(site_voices: Path) -> list[bool]:
        over: list[bool] = []
        DemoDay(site, Surrounded(rig.world, rig.exchange, rig.phones), site_voices, lambda: over.append(True)).begin()
        return over

    over = play_demo(tmp_path / "voices")
    assert rig.world.run_until(lambda: come(facts.CallConnected), 60_000)
    rig.world.run_for(4_000)
    disk.full = True
    assert rig.world.run_until(lambda: come(facts.RecordingFailed), 5_000)
    assert rig.world.run_until(lambda: over, 60_000)
    assert disk.refused > 5
    disk.full = False
    rig.world.run_for(3_000)
    alarms = [
        (fact.alarm, type(fact).__name__)
        for fact in come(facts.AlarmRaised) + come(facts.AlarmCleared)
        if isinstance(fact, facts.AlarmRaised | facts.AlarmCleared)
    ]
    (ended,) = come(facts.CallEnded)
    (broken,) = come(facts.RecordingFailed)
    rig.stop()
    assert isinstance(ended, facts.CallEnded)
    assert isinstance(broken, facts.RecordingFailed)
    assert (ended.reason, broken.reason) == ("busy_tone", "disk_full")
    assert ("store.disk", "AlarmRaised") in alarms
    assert ("store.disk", "AlarmCleared") in alarms
    assert ("recorder.disk", "AlarmRaised") in alarms
    assert [envelope.fact for envelope in Reading(tmp_path / "journal")] == [envelope.fact for envelope in heard]
    assert not log
