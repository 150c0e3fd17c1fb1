"""``strowger system-conf`` as a technician types it."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.cli import main
from appliance.site_file import parse_site

SITE = "spans:\n- name: isdn\n"
FILE = "span=1,1,0,ccs,hdb3,crc4\nbchan=1-15,17-31\ndchan=16\nalaw=1-31\nechocanceller=mg2,1-15,17-31\nloadzone=cn\ndefaultzone=cn\n"


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGUAGE", "en")


@pytest.fixture
def site(tmp_path: Path) -> Path:
    file = tmp_path / "site.yaml"
    file.write_text(SITE)
    return file


def test_a_site_is_written_for_the_drivers_own_program(site: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Printed, or into a file; what was there stays beside it."""
    assert main(["system-conf", "write", "--site", str(site)]) == 0
    assert capsys.readouterr().out == f"# made by strowger system-conf write\n{FILE}"
    conf = tmp_path / "system.conf"
    conf.write_text("fxsks=1\n")
    assert main(["system-conf", "write", str(conf), "--site", str(site)]) == 0
    assert conf.read_text().endswith(FILE)
    assert (tmp_path / "system.conf.before").read_text() == "fxsks=1\n"


def test_a_file_is_read_as_a_piece_of_a_site_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is printed can be put into a site file as it is; what is left out is told apart, with its line."""
    conf = tmp_path / "system.conf"
    conf.write_text(f"{FILE.replace('=cn', '=uk')}tx=1000\n")
    assert main(["system-conf", "read", str(conf)]) == 0
    printed = capsys.readouterr()
    site = parse_site(printed.out, "printed")
    assert (site.box.tones, [span.name for span in site.spans]) == ("uk", ["span-1"])
    assert printed.err == f"Strowger: {conf}:8: radio interfaces are no setting: this line is left out\n"


def test_differences_have_an_exit_status_of_their_own(site: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """For scripts: 0 the same, 1 different."""
    conf = tmp_path / "system.conf"
    conf.write_text(FILE)
    assert main(["system-conf", "compare", str(conf), "--site", str(site)]) == 0
    assert capsys.readouterr().out == f"The site and {conf} say the same.\n"
    conf.write_text(FILE.replace("dchan", "mtp2"))
    assert main(["system-conf", "compare", str(conf), "--site", str(site)]) == 1
    assert capsys.readouterr().out == "channels 16: dchan alaw by the site, mtp2 alaw by the file\n"


def test_a_wrong_file_is_told_line_by_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All faults, in the form that editors jump to."""
    conf = tmp_path / "system.conf"
    conf.write_text("bchan=0\n\nfoo=1\n")
    assert main(["system-conf", "read", str(conf)]) == 1
    said = capsys.readouterr().err
    assert said == f"Strowger: {conf}:1: channels are 1 to 1023, not 0\nStrowger: {conf}:3: there is no keyword foo\n"


def test_files_that_cannot_be_read_or_written_are_told(site: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Which file, and why."""
    assert main(["system-conf", "read", str(tmp_path / "none")]) == 1
    assert main(["system-conf", "write", str(tmp_path / "none" / "system.conf"), "--site", str(site)]) == 1
    said = capsys.readouterr().err.splitlines()
    assert [line.rpartition(": ")[0].rpartition(" ")[2] for line in said] == ["read", "written"]


def test_without_the_usual_file_another_can_be_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where the usual file is not there, the sentence says how to name one; a named one that is not there is named."""
    monkeypatch.setattr("appliance.system_conf_commands.USUAL_FILE", tmp_path / "system.conf")
    assert main(["system-conf", "read"]) == 1
    assert "read|compare FILE" in capsys.readouterr().err
    assert main(["system-conf", "read", str(tmp_path / "other.conf")]) == 1
    assert capsys.readouterr().err.startswith(f"Strowger: {tmp_path}/other.conf cannot be read: ")
