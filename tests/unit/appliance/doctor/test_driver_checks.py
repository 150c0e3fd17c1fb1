"""What the doctor says about driver and boards."""

from __future__ import annotations

import errno
from dataclasses import replace
from typing import Any

import pytest

from appliance.doctor.evidence import Driver, Node, Person, Process, Processes, Timer, Unseen
from appliance.doctor.examining import examine
from appliance.doctor.findings import State
from boards.dahdi.abi import Alarm
from engine.kernel.text import text
from engine.settings.site import BoxSection, StationSection, TrunkSection
from tests.unit.appliance.doctor.healthy import PORTS, SITE, evidence, found, port, sentence, span


def test_a_box_in_order_is_green_everywhere() -> None:
    """On a box in order nothing is red, and nothing could not be looked at."""
    states = {finding.check: finding.state for finding in examine(evidence())}
    assert {check for check, state in states.items() if state is not State.GOOD} == {"pump"}
    assert states["pump"] is State.NONE


def test_without_boards_the_driver_is_not_judged() -> None:
    """On simulated boards a missing driver is no fault, and neither is anything that hangs on it."""
    nothing = Unseen(text("nobody looked"))
    states = {finding.check: finding.state for finding in examine(evidence(boards=False, driver=nothing, spans=nothing, timer=nothing))}
    assert {states[name] for name in ("driver", "nodes", "rival", "spans", "clock", "echo", "law", "gains")} == {State.NONE}
    assert states["disk"] is State.GOOD


@pytest.mark.parametrize(
    ("built_for", "says"),
    [
        ((), "is not installed -> install it: apt install dahdi-dkms dahdi linux-headers-6.1.0-2-amd64"),
        (("6.1.0-2-amd64",), "installed and not loaded -> load it: modprobe dahdi"),
        (
            ("6.1.0-1-amd64",),
            "built for kernel 6.1.0-1-amd64, but 6.1.0-2-amd64 runs -> build it for this kernel: apt install linux-headers-6.1",
        ),
        (None, "the driver is not loaded -> load it"),
    ],
)
def test_a_driver_that_is_not_loaded(built_for: tuple[str, ...] | None, says: str) -> None:
    """Whoever has no driver reads whether it is missing, made for another kernel, or only to be loaded."""
    driver = Driver(loaded=False, version="", running_kernel="6.1.0-2-amd64", built_for=built_for)
    finding = found("driver", driver=driver)
    assert finding.state is State.BAD
    assert says in sentence(finding)


def test_a_missing_driver_makes_one_line_red_not_ten() -> None:
    """Checks that need the driver say that they could not look."""
    driver = Driver(loaded=False, version="", running_kernel="6.1", built_for=())
    states = {finding.check: finding.state for finding in examine(evidence(driver=driver))}
    assert states["driver"] is State.BAD
    assert {states[name] for name in ("nodes", "rival", "spans", "alarms", "clock", "timer", "missed", "echo", "law")} == {State.UNSEEN}


@pytest.mark.parametrize(
    ("version", "state"), [("2.11.1.0.20170917", State.GOOD), ("3.4.0", State.GOOD), ("3.9", State.GOOD), ("2.6.1", State.BAD)]
)
def test_the_release_of_the_driver(version: str, state: State) -> None:
    """Known releases are green, a newer one with a warning; one too old is red."""
    finding = found("driver", driver=Driver(loaded=True, version=version, running_kernel="6.1", built_for=None))
    assert finding.state is state
    assert version in sentence(finding)


def test_a_driver_with_other_structures_is_red() -> None:
    """A driver that cannot be talked to says why."""
    driver = Driver(loaded=True, version="9.9", running_kernel="6.1", built_for=None, fault=text("structures have other sizes"))
    assert sentence(found("driver", driver=driver)).startswith("structures have other sizes -> install another release")


def test_nodes_that_the_user_may_not_open() -> None:
    """The user reads who may not open what, and which rules permit it; being in the right group is enough."""
    others = tuple(Node(f"/dev/dahdi/{name}", exists=True, mode=0o660, uid=33, gid=34) for name in ("ctl", "channel", "timer"))
    finding = found("nodes", nodes=others)
    assert finding.state is State.BAD
    assert "user strowger may not open /dev/dahdi/ctl, /dev/dahdi/channel, /dev/dahdi/timer" in sentence(finding)
    assert "udev/60-strowger.rules" in sentence(finding)
    assert found("nodes", nodes=others, person=Person(999, "strowger", frozenset({34}))).state is State.GOOD
    assert found("nodes", nodes=others, person=Person(33, "asterisk", frozenset())).state is State.GOOD
    assert found("nodes", nodes=others, person=Person(0, "root", frozenset())).state is State.GOOD


def test_what_was_tried_counts_more_than_what_the_mode_says() -> None:
    """A sandbox refuses a node although its mode permits it."""
    refused = (Node("/dev/dahdi/ctl", exists=True, mode=0o666, error=errno.EPERM),)
    assert found("nodes", nodes=refused).state is State.BAD
    opened = (Node("/dev/dahdi/ctl", exists=True, mode=0o600, error=0),)
    assert found("nodes", nodes=opened).state is State.GOOD


def test_nodes_that_are_missing_or_broken() -> None:
    """A missing node asks for udev; one whose driver has gone is told with its errno."""
    assert "udevadm trigger" in sentence(found("nodes", nodes=(Node("/dev/dahdi/ctl", exists=False, error=errno.ENOENT),)))
    assert "/dev/dahdi/ctl (ENXIO)" in sentence(found("nodes", nodes=(Node("/dev/dahdi/ctl", exists=True, mode=0o666, error=errno.ENXIO),)))


def test_another_program_on_the_boards() -> None:
    """Asterisk is named with its process number, whether its files can be seen or not; a shell is left in peace."""
    shell = Process(7, "bash")
    asterisk = Process(812, "asterisk")
    finding = found("rival", processes=Processes((shell, asterisk), hidden=2))
    assert "also uses the boards: asterisk (812) -> stop it and keep it from starting: systemctl disable --now asterisk" in sentence(
        finding
    )
    holder = Process(9, "dahdi_monitor", ("/dev/dahdi/channel",))
    finding = found("rival", processes=Processes((shell, holder), hidden=0))
    assert "dahdi_monitor (9) -> end that program (kill 9)" in sentence(finding)
    assert found("rival", processes=Processes((shell,), hidden=0)).state is State.GOOD
    assert "cannot be seen" in sentence(found("rival", processes=Processes((shell,), hidden=3)))
    assert found("rival", processes=Unseen(text("hidden"))).state is State.UNSEEN


def test_cards_and_channels_that_are_not_as_the_site_says() -> None:
    """No card, a card without number, a line without channel, one that is not configured, one of the wrong kind: each by name."""
    assert "the driver knows no card" in sentence(found("spans", spans=()))
    assert "cards without a span number: pci:0/1" in sentence(found("spans", idle_spans=("pci:0/1",)))
    missing = found("spans", spans=(span(channels=PORTS[:2]),))
    assert "lines of the site without a channel: phone-801 (3)" in sentence(missing)
    assert "the driver has 1-2" in sentence(missing)
    assert "not configured: line-2 (2)" in sentence(found("spans", spans=(span(channels=(port(1), port(2, ""), PORTS[2])),)))
    assert "wrong kind: phone-801 (3)" in sentence(found("spans", spans=(span(channels=(port(1), port(2), port(3))),)))
    assert "wrong kind: line-1 (1)" in sentence(found("spans", spans=(span(channels=(port(1, "FXOKS"), port(2), PORTS[2])),)))


def test_many_lines_are_counted_not_listed() -> None:
    """A card that is gone does not fill the screen with names."""
    trunks = tuple(TrunkSection(name=f"line-{number}", channel=number) for number in range(10, 40))
    said = sentence(found("spans", site=replace(SITE, trunks=trunks)))
    assert "line-10 (10), line-11 (11), line-12 (12), line-13 (13) and 26 more" in said


@pytest.mark.parametrize(
    ("alarm", "says"),
    [
        (Alarm.RED | Alarm.LOS, "red: no signal or no frame -> look at the cable"),
        (Alarm.BLUE, "blue: the far end sends all ones"),
        (Alarm.YELLOW, "yellow: the far end does not receive us"),
        (Alarm.LOOPBACK, "looped"),
        (Alarm.RED | Alarm.YELLOW, "red: no signal"),
    ],
)
def test_a_span_in_alarm(alarm: Alarm, says: str) -> None:
    """The span is named with its heaviest alarm and what to look at."""
    finding = found("alarms", spans=(span(), span(2, name="TE2/0/2", alarms=alarm)))
    assert finding.state is State.BAD
    assert f"2 (TE2/0/2): {says}" in sentence(finding)


def test_a_line_without_battery_counts_only_when_the_site_uses_it() -> None:
    """An unplugged exchange line of the site is red; a port that no line uses may be empty."""
    dead = (port(1), port(2, alarmed=True), PORTS[2])
    assert "lines without battery: line-2 (2)" in sentence(found("alarms", spans=(span(channels=dead),)))
    unused = (*PORTS, port(4, alarmed=True))
    assert found("alarms", spans=(span(channels=unused),)).state is State.GOOD


def test_who_gives_the_clock() -> None:
    """A card with a signal is green; no card, or one that lost its signal, is red; spans without a card need none."""
    assert "from 1 (WCTDM/0)" in sentence(found("clock"))
    assert "the kernel's timer does, and lines slip" in sentence(found("clock", spans=(span(master=False),)))
    assert "which is in alarm" in sentence(found("clock", spans=(span(alarms=Alarm.RED),)))
    assert found("clock", spans=(span(master=False, dynamic=True),)).state is State.NONE


@pytest.mark.parametrize(
    ("blocks", "took_ms", "state"), [(25, 500, State.GOOD), (25, 490, State.GOOD), (25, 560, State.BAD), (0, 1000, State.BAD)]
)
def test_the_driver_s_timer(blocks: int, took_ms: float, state: State) -> None:
    """A timer that stands still or loses every tenth tick is red."""
    assert found("timer", timer=Timer(blocks, took_ms)).state is state


def test_missed_interrupts() -> None:
    """Some misses while a card is found are nothing; many are red with the span's number."""
    assert found("missed", spans=(span(missed=10),)).state is State.GOOD
    assert "interrupts missed by span: 1 (11)" in sentence(found("missed", spans=(span(missed=11),)))


def test_exchange_lines_without_echo_canceller() -> None:
    """The lines are named, with the channels to write; desk phones need none."""
    said = sentence(found("echo", spans=(span(channels=(port(1, canceller=""), port(2, canceller=""), PORTS[2])),)))
    assert "none on line-1 (1), line-2 (2): callers may hear themselves" in said
    assert "echocanceller=mg2,1-2" in said
    assert found("echo", site=replace(SITE, trunks=())).state is State.NONE


def test_the_law_of_the_country() -> None:
    """In China a channel coded in mu-law is red; in North America an A-law one is; when nobody can say, nobody judges."""
    mu_law = (port(1, law=1), port(2), PORTS[2])
    assert "not A-law: line-1 (1)" in sentence(found("law", spans=(span(channels=mu_law),)))
    american = replace(SITE, box=BoxSection(hardware="dahdi", tones="us"))
    assert "not mu-law: line-2 (2), phone-801 (3)" in sentence(found("law", site=american, spans=(span(channels=mu_law),)))
    assert found("law", spans=(span(channels=(port(1, law=0), port(2), PORTS[2])),)).state is State.UNSEEN


def test_gains_that_howl() -> None:
    """Both gains of a line together above 6 dB are red, and gains hidden in a driver's parameters are."""
    loud = replace(SITE, stations=(StationSection(name="phone-801", channel=3, extension="801", receive_gain_db=4, transmit_gain_db=3),))
    assert "above 6 dB: phone-801 (3)" in sentence(found("gains", site=loud))
    assert "wctdm fxorxgain +3.5 dB" in sentence(found("gains", card_gains={"wctdm fxorxgain": 3.5, "wctdm fxotxgain": 0.0}))


def test_simulated_spans_of_a_running_appliance_are_judged() -> None:
    """A simulated span in red alarm is red here as on the page; what needs the real driver stays without a verdict."""
    nothing = Unseen(text("the boards are simulated"))
    simulated: dict[str, Any] = {
        "boards": False,
        "running": True,
        "driver": nothing,
        "spans": (span(alarms=int(Alarm.RED)),),
        "timer": nothing,
    }
    assert found("alarms", **simulated).state is State.BAD
    assert "red: no signal or no frame" in sentence(found("alarms", **simulated))
    assert found("spans", **simulated).state is State.GOOD
    assert found("timer", **simulated).state is State.NONE
    assert found("driver", **simulated).state is State.NONE
