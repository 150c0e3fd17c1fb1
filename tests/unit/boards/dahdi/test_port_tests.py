"""Line tests on simulated ports with real sound: what an installer reads of good and bad lines, and that everything is put back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from boards.dahdi.loans import Loans
from boards.dahdi.port_tests import RUNNING_MOST, PortTests
from engine.kernel.errors import Refused
from engine.telephony.line_test_run import Outcome, TestEnd
from engine.telephony.line_test_words import found_words
from engine.telephony.line_tests import LineTest, PortKind, plan_for
from engine.telephony.line_verdicts import Judgement, judge
from engine.telephony.tones import CHINA
from hwsim.cable import KM_6
from hwsim.exchange_sounds import dial_tone
from hwsim.line import NO_IMPAIRMENTS, Impairments
from hwsim.line_service import LineService
from hwsim.patch_cord import PatchCord
from tests.line_bench import LineBench


class Installer:
    """Tests ports of a bench and reads what was found."""

    def __init__(self) -> None:
        self.bench = LineBench()
        self.bench.start()
        lines = self.bench.board.lines
        loans = Loans(self.bench.driver, self.bench.clock, {line.channel_number: line for line in lines})
        self.tests = PortTests(self.bench.clock, self.bench.pump, loans, lines)
        self.outcome: Outcome | None = None

    def begin(self, test: LineTest, port: str, far: str = "") -> None:
        self.outcome = None
        kind = PortKind.LINE if port.startswith("line") else PortKind.PHONE
        self.tests.begin(plan_for(test, kind), port, far, self._over)

    def _over(self, outcome: Outcome) -> None:
        assert self.outcome is None, "told twice"
        self.outcome = outcome

    def result(self, *, phone: bool = False) -> Judgement:
        assert self.bench.until(lambda: self.outcome, 120)
        assert self.outcome is not None
        return judge(self.outcome, phone=phone, tones=CHINA)

    def tries(self, test: LineTest, port: str = "line-1", far: str = "") -> tuple[str, str]:
        """Verdict and sentence of a test that needs nobody."""
        self.begin(test, port, far)
        judgement = self.result()
        self.bench.wait(1.5)
        return judgement.verdict.value, found_words(judgement.found, judgement.figures).in_english()

    def impair(self, impairments: Impairments) -> None:
        self.bench.exchange.impair("line-1", impairments)

    def serve(self, **sounds: bytes) -> None:
        self.bench.exchange.serve("line-1", LineService(sounds=sounds))


@pytest.fixture(scope="module")
def shared() -> Iterator[Installer]:
    installer = Installer()
    yield installer
    installer.tests.stop()
    installer.bench.close()


@pytest.fixture
def installer(shared: Installer) -> Iterator[Installer]:
    """A box whose lines are as they should be, before and after each test; every port serves again and nothing stays open but its channels."""
    yield shared
    bench = shared.bench
    for phone in bench.phones.values():
        if phone.lifted:
            phone.hang_up()
    shared.impair(NO_IMPAIRMENTS)
    shared.serve()
    bench.wait(4)
    assert [port.fault for port in shared.tests.ports()] == ["", "", "", ""]
    assert [port.running for port in shared.tests.ports()] == [None] * 4
    assert bench.channels_open() == 4
    assert not bench.refused
    bench.heard.told.clear()


# ---- an exchange line ------------------------------------------------------------------------------------------------


def test_a_good_line(installer: Installer) -> None:
    """On a good line every test says so, with its figures."""
    found = [installer.tries(test) for test in (LineTest.BATTERY, LineTest.DIAL_TONE, LineTest.KEYS, LineTest.NOISE, LineTest.ECHO)]
    assert [verdict for verdict, _said in found] == ["good"] * 5
    said = " ".join(said for _verdict, said in found)
    for part in (
        "There is battery",
        "450.0 Hz (+0.0 Hz off 450 Hz) at −10.0 dBm0",
        "dial tone ended with the first one",
        "Quiet",
        "50.0 dB weaker",
    ):
        assert part in said, part
    told = [told for told in installer.bench.heard.of("line-1") if told[0] == "out_of_service"]
    assert told == [("out_of_service", "under_test")] * 5


def test_a_cut_line(installer: Installer) -> None:
    """A line that nobody feeds: every test says that, instead of what follows from it."""
    installer.bench.exchange.cut("line-1")
    installer.bench.wait(3)
    said = [installer.tries(test) for test in (LineTest.BATTERY, LineTest.DIAL_TONE, LineTest.ECHO)]
    installer.bench.exchange.mend("line-1")
    installer.bench.wait(3)
    assert said == [("bad", "No battery: nobody feeds the line. Is the cable plugged in at both ends, and is the line switched on?")] * 3


@pytest.mark.parametrize(
    ("tone", "verdict", "part"),
    [
        ("none", "bad", "No dial tone: the line is silent (−"),
        ("low", "doubtful", "A tone of 400.0 Hz at −10.1 dBm0: −50.0 Hz off the dial tone of 450 Hz"),
        ("itu", "good", "425.0 Hz (−25.0 Hz off 450 Hz)"),
    ],
)
def test_dial_tones_that_are_not_as_expected(installer: Installer, tone: str, verdict: str, part: str) -> None:
    """A silent line is told from one whose exchange has other tones; the measured frequency is right to a tenth of a hertz."""
    installer.serve(dial=dial_tone(tone))
    found, said = installer.tries(LineTest.DIAL_TONE)
    assert (found, part in said) == (verdict, True), said


def test_a_faint_dial_tone(installer: Installer) -> None:
    """A long line's dial tone is found, and called faint, with its level."""
    installer.impair(Impairments(to_appliance_gain_db=-20))
    assert installer.tries(LineTest.DIAL_TONE) == ("doubtful", "Dial tone of 450.0 Hz (+0.0 Hz off 450 Hz), but faint: −30.0 dBm0.")


def test_an_exchange_that_takes_no_tones(installer: Installer) -> None:
    """An exchange for dial pulses goes on with dial tone: that is what the installer reads."""
    installer.impair(Impairments(from_appliance_gain_db=-40))
    verdict, said = installer.tries(LineTest.KEYS)
    assert (verdict, "wants pulse dialling" in said) == ("bad", True)
    assert installer.tries(LineTest.NOISE)[0] == "doubtful"


@pytest.mark.parametrize(
    ("impairments", "verdict", "part"),
    [
        (Impairments(noise_dbm0=-60), "good", "Quiet: −59."),
        (Impairments(noise_dbm0=-45), "doubtful", "Noisy: −45."),
        (Impairments(noise_dbm0=-35), "bad", "Noisy: −35."),
        (Impairments(mains_dbm0=-35), "bad", "Hum of the 50 Hz mains"),
    ],
)
def test_noise_is_measured_and_named(installer: Installer, impairments: Impairments, verdict: str, part: str) -> None:
    """Hiss and the mains' hum are told apart, and the level is right to a decibel."""
    installer.impair(impairments)
    found, said = installer.tries(LineTest.NOISE)
    assert (found, part in said) == (verdict, True), said


@pytest.mark.parametrize(("loss_db", "verdict"), [(20.0, "good"), (11.0, "doubtful"), (5.0, "bad")])
def test_echo_is_measured(installer: Installer, loss_db: float, verdict: str) -> None:
    """The echo return loss is right to half a decibel, also with noise beside it."""
    installer.impair(Impairments(echo_loss_db=loss_db, noise_dbm0=-50))
    installer.begin(LineTest.ECHO, "line-1")
    judgement = installer.result()
    assert judgement.verdict.value == verdict
    assert float(judgement.figures["loss"]) == pytest.approx(loss_db, abs=0.5)


def test_echo_of_a_long_cable_has_its_worst_frequency(installer: Installer) -> None:
    """Six kilometres do not fit the balance at all frequencies: the worst one is told."""
    installer.impair(Impairments(cable=KM_6))
    installer.begin(LineTest.ECHO, "line-1")
    figures = installer.result().figures
    assert float(figures["worst"]) < float(figures["loss"]) - 1


@pytest.mark.parametrize("after_s", [0.05, 0.3, 2.0])
def test_a_test_is_stopped_at_any_moment(installer: Installer, after_s: float) -> None:
    """Before the port is there, while it is seized, while a person is waited for: the test ends at once, and says so."""
    for test, port in ((LineTest.NOISE, "line-1"), (LineTest.RING, "phone-801")):
        installer.begin(test, port)
        installer.bench.wait(after_s)
        installer.tests.stop_test(port)
        assert installer.outcome is not None
        assert installer.outcome.end is TestEnd.STOPPED
    with pytest.raises(Refused, match="No test runs on line-1"):
        installer.tests.stop_test("line-1")


# ---- a phone ---------------------------------------------------------------------------------------------------------


def lifted(installer: Installer, test: LineTest, after_s: float, then: Callable[[], object] = lambda: None) -> Judgement:
    """A phone's test with somebody at the phone."""
    phone = installer.bench.phones["phone-801"]
    installer.begin(test, "phone-801")
    assert installer.bench.until(lambda: phone.ringing, 5)
    installer.bench.wait(after_s)
    phone.lift()
    then()
    return installer.result(phone=True)


def test_a_phone_that_rings_and_is_lifted(installer: Installer) -> None:
    """Ringing and lifting are seen, with the time; nobody who lifts is said as well."""
    judgement = lifted(installer, LineTest.RING, 2.0)
    assert judgement.found == "rang"
    assert float(judgement.figures["seconds"]) == pytest.approx(2.0, abs=0.1)
    installer.bench.phones["phone-801"].hang_up()
    installer.bench.wait(3)
    installer.begin(LineTest.RING, "phone-801")
    assert installer.result(phone=True).found == "nobody_lifted"
    installer.bench.wait(8)
    assert not installer.bench.phones["phone-801"].ringing


def test_a_phone_shows_the_test_number(installer: Installer) -> None:
    """The number stands in the display, and lifting after it is taken for yes; lifting at once is not."""
    judgement = lifted(installer, LineTest.CALLER_ID, 3.0)
    shown = installer.bench.phones["phone-801"].caller_id_shown
    assert judgement.found == "shown"
    assert shown is not None
    assert shown.number == "13800138000"
    installer.bench.phones["phone-801"].hang_up()
    installer.bench.wait(3)
    assert lifted(installer, LineTest.CALLER_ID, 0.3).found == "lifted_early"


def test_the_keys_of_a_phone(installer: Installer) -> None:
    """Twelve keys that are pressed are heard with their level; the ones that were not are named."""
    phone = installer.bench.phones["phone-801"]

    def presses(keys: str) -> Callable[[], None]:
        def then() -> None:
            installer.bench.wait(5)
            phone.press(keys)

        return then

    judgement = lifted(installer, LineTest.KEYS, 1.0, presses("123456789*0#"))
    assert judgement.found == "all_keys"
    assert -9 < float(judgement.figures["softest"].replace("−", "-")) < -7
    phone.hang_up()
    installer.bench.wait(3)
    judgement = lifted(installer, LineTest.KEYS, 1.0, presses("1234567"))
    assert (judgement.found, judgement.figures["missing"]) == ("keys_missing", "890*#")


def test_a_handset_that_is_up_before(installer: Installer) -> None:
    """A phone off hook cannot be rung: put it down, says the test. While its user is served, it is not tested at all."""
    phone = installer.bench.phones["phone-801"]
    phone.lift()
    installer.bench.wait(1)
    with pytest.raises(Refused, match="is in use"):
        installer.begin(LineTest.RING, "phone-801")


# ---- two ports cabled to each other ------------------------------------------------------------------------------------


def test_a_loop_of_two_ports(installer: Installer) -> None:
    """A cable between a line's port and a phone's: everything is tried both ways; with a lossy cable the levels are told."""
    bench = installer.bench
    assert installer.tries(LineTest.LOOP, "line-2", "phone-802")[0] == "bad"
    for gain_db in (0.0, -12.0):
        line, phone = bench.driver.exchange_ports[2], bench.driver.phone_ports[4]
        cord = PatchCord(line, phone, replace(NO_IMPAIRMENTS, to_appliance_gain_db=gain_db))
        verdict, said = installer.tries(LineTest.LOOP, "line-2", "phone-802")
        cord.pull()
        bench.wait(3)
        if gain_db:
            assert verdict == "doubtful"
            assert "level towards the line's port" in said
            assert "towards the line's 12.0 dB" in said
        else:
            assert verdict == "good"
            assert "Loss towards the phone's port 0.0 dB, towards the line's 0.0 dB." in said


# ---- refusals and ends -----------------------------------------------------------------------------------------------


def test_what_cannot_be_tested_now(installer: Installer) -> None:
    """A port in a call, one that is tested already, one that there is not, and too many tests are refused in words; nothing is begun."""
    bench = installer.bench
    bench.answered_call()
    with pytest.raises(Refused, match="line-1 is in use"):
        installer.begin(LineTest.BATTERY, "line-1")
    bench.caller.hang_up()
    bench.board.trunks[0].release()
    bench.wait(4)
    with pytest.raises(Refused, match="no line or phone line-9"):
        installer.begin(LineTest.BATTERY, "line-9")
    with pytest.raises(Refused, match="two different ports"):
        installer.begin(LineTest.LOOP, "line-1", "line-1")
    installer.begin(LineTest.DIAL_TONE, "line-1")
    with pytest.raises(Refused, match="is being tested already"):
        installer.begin(LineTest.DIAL_TONE, "line-1")
    assert RUNNING_MOST == 4
    installer.result()


def test_a_card_that_is_pulled_under_a_test(installer: Installer) -> None:
    """The test ends with the reason, and the ports come back with the card."""
    installer.begin(LineTest.NOISE, "line-1")
    installer.bench.wait(1)
    installer.bench.driver.pull_card(0)
    judgement = installer.result()
    assert judgement.found == "failed"
    assert "was its card removed" in found_words(judgement.found, judgement.figures).in_english()
    installer.bench.wait(1)
    installer.bench.driver.push_card(0)
    assert installer.bench.until(lambda: not any(port.fault for port in installer.tests.ports()), 90)


def test_a_caller_rings_a_line_under_test(installer: Installer) -> None:
    """A real call is worth more than a test: the line is given back at the first ring, and the call is offered."""
    bench = installer.bench
    # A test that waits long enough before it seizes the line.
    plan = replace(plan_for(LineTest.NOISE, PortKind.LINE), steps=plan_for(LineTest.LOOP, PortKind.LINE).steps[:1] * 3)
    installer.outcome = None
    installer.tests.begin(plan, "line-1", "", installer._over)
    bench.wait(2.5)
    bench.calls("line-1")
    assert bench.until(lambda: installer.outcome, 8)
    assert installer.result().found == "interrupted"
    assert bench.until_told("line-1", "offered", 15)
    bench.caller.hang_up()
    bench.wait(8)
