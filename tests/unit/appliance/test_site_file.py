"""Site files: what an installer writes, and what the appliance says when it is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.site_file import SITE_OCTETS_MAX, VALUES_MAX, demo_site_file, parse_site, read_site, site_as_yaml
from engine.kernel.errors import BadInput, EnvironmentFault
from engine.settings.faults import SiteFaults
from engine.settings.site import Site


def said(written: str) -> str:
    with pytest.raises(BadInput) as raised:
        parse_site(written, "site.yaml")
    return str(raised.value)


def test_the_demo_site_is_sound_and_as_described() -> None:
    """A newcomer's first start finds 4 lines, 4 phones, 4 agents and one queue that all agents serve."""
    site = read_site(demo_site_file())
    assert [trunk.channel for trunk in site.trunks] == [1, 2, 3, 4]
    assert [station.extension for station in site.stations] == ["801", "802", "803", "804"]
    assert [agent.number for agent in site.agents] == ["1001", "1002", "1003", "1004"]
    assert site.queues[0].agents == ("1001", "1002", "1003", "1004")
    assert {trunk.flow for trunk in site.trunks} == {"main"}
    assert site.trunks[0].number == "02155501001"


def test_a_site_written_out_reads_back_the_same() -> None:
    """An exported site can be imported again."""
    site = read_site(demo_site_file())
    assert parse_site(site_as_yaml(site, secrets=True), "export") == site


def test_an_export_hides_pins() -> None:
    """An export handed to somebody holds no PIN."""
    assert "2580" not in site_as_yaml(read_site(demo_site_file()))


def test_digits_stay_as_they_are_written() -> None:
    """A PIN 0123 is not read as an octal number, 12_34 not as 1234 and no not as false."""
    site = parse_site("agents:\n- {number: 0777, pin: 0123, name: no}\n", "f")
    assert (site.agents[0].number, site.agents[0].pin, site.agents[0].name) == ("0777", "0123", "no")
    assert "found a secret" in said("agents:\n- {number: 1, pin: 12_34}\n")


def test_every_fault_names_its_line() -> None:
    """The installer's editor can jump to each fault."""
    written = "box:\n  id: B!\n\nqueues:\n- name: service\n  ring_timeout_s:\n    3\n  sirname: x\n"
    assert [line.split(": ")[0] for line in said(written).splitlines()] == ["site.yaml:2", "site.yaml:7", "site.yaml:8"]


def test_an_unknown_group_is_shown_at_its_name() -> None:
    """The fault points at the misspelt name, not at what is below it."""
    assert said("\nboxx:\n  id: b1\n").startswith("site.yaml:2: boxx: ")


def test_aliases_may_repeat_a_group() -> None:
    """What two sections have in common may be written once."""
    site = parse_site("desk:\n  login_code: &code '*71'\n  logout_code: '*72'\nbox: {name: *code}\n", "f")
    assert site.box.name == "*71"


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("", "site.yaml:1: the file is empty; expected the settings of a site"),
        ("# only a comment\n", "site.yaml:1: the file is empty; expected the settings of a site"),
        ("box: [1\n", "site.yaml:2: this is not YAML: "),
        ("box:\n\t- x\n", "site.yaml:2: this is not YAML: "),
        ("a: 1\n---\nb: 2\n", "site.yaml:2: this is not YAML: "),
        ("box:\n  id: b1\n  id: b2\n", "site.yaml:3: id is written twice in this group"),
        ("box: {id: !!python/name:os.system ''}\n", "site.yaml:1: tags such as"),
        ("? [a]\n: 1\n", "site.yaml:1: a list or group cannot be the name of a setting"),
        ("- box\n", "site.yaml:1: found a list; expected a group of settings (box, spans, trunks"),
        ("box: \x00\n", "site.yaml:1: the character with the code 0 cannot stand in a site file"),
        ("box: " + "[" * 5000, "site.yaml:1: nested deeper than 20 levels"),
        ("box: &a [*a]\n", "site.yaml:1: aliases make this file larger than"),
    ],
)
def test_what_is_no_site_file_is_told_with_its_line(written: str, message: str) -> None:
    """Whatever the file is, the installer reads what is wrong and where."""
    assert said(written).startswith(message)


def test_a_small_file_cannot_unfold_into_a_huge_one() -> None:
    """Nine aliases of nine aliases of nine … do not fill the memory."""
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]
    assert f"larger than {VALUES_MAX} values" in said("\n".join(levels))


def test_an_octet_that_is_no_utf8_is_told_with_its_line(tmp_path: Path) -> None:
    """A file saved in another encoding is recognised."""
    file = tmp_path / "site.yaml"
    file.write_bytes(b"box:\n  name: \xc4\xe3\n")
    with pytest.raises(SiteFaults) as raised:
        read_site(file)
    assert str(raised.value) == f"{file}:2: this is not UTF-8; save the file as UTF-8"


def test_a_file_that_is_not_there_is_a_matter_of_the_machine(tmp_path: Path) -> None:
    """The message names the file and why it cannot be read."""
    with pytest.raises(EnvironmentFault, match="No such file"):
        read_site(tmp_path / "nothing.yaml")


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    """A recording given by mistake does not fill the memory."""
    file = tmp_path / "site.yaml"
    file.write_bytes(b"#" * (SITE_OCTETS_MAX + 1))
    with pytest.raises(BadInput, match="larger than"):
        read_site(file)


@given(st.text(max_size=60))
def test_any_text_gives_a_site_or_a_message(written: str) -> None:
    """No file content makes the reader itself fail."""
    try:
        outcome: object = parse_site(written, "f")
    except BadInput as error:
        outcome = str(error)
    assert isinstance(outcome, Site) or outcome
