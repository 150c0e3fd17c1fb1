"""What phones are sent to show who calls: by the clauses' timing, and as a simulated telephone on a real pump shows it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from boards.dahdi.callerid import Form, LocalMinute, call_message, lamp_message
from boards.dahdi.callerid_keys import ETSI
from boards.dahdi.callerid_sending import (
    ACKNOWLEDGEMENTS,
    Alert,
    AwaitKey,
    OnHookAudio,
    PartyKeptOut,
    PhoneDisplay,
    SendData,
    SendTones,
    Showing,
    Silence,
    Stage,
    TurnPolarity,
    duration_ms,
    lamp_stages,
    shown_off_hook,
    shown_on_hook,
)
from boards.dahdi.sounds import render_caller_id
from engine.telephony.media import ToneStep
from engine.telephony.numbers import CallerId
from hwsim.caller_id import CallerIdShown
from hwsim.people import DeskPhone
from tests.line_bench import STATIONS, LineBench

NOW = LocalMinute(3, 17, 16, 56)
CALLER = CallerId("13800138000", "王小明")
LONGEST = CallerId("1" * 20, "中" * 25)
DATA_DISPLAYS = (PhoneDisplay.MDMF, PhoneDisplay.SDMF, PhoneDisplay.ETSI)
SECOND_BURST_AFTER_MS = 4000


def test_the_usual_phone_is_shown_the_caller_after_the_first_burst() -> None:
    """Half a second after the first burst, Bell 202; nothing before it."""
    (pause, data) = shown_on_hook(CALLER, NOW).after_first_burst
    assert pause == Silence(500)
    assert isinstance(data, SendData)
    assert data.message == call_message(CALLER, NOW)
    assert shown_on_hook(CALLER, NOW).before_ringing == ()


@pytest.mark.parametrize("display", DATA_DISPLAYS)
def test_the_longest_caller_fits_between_two_bursts(display: PhoneDisplay) -> None:
    """Twenty digits and a name of fifty octets are over 0.2 s before the second burst; the length is what the modem makes."""
    stages = shown_on_hook(LONGEST, NOW, display).after_first_burst
    data = stages[-1]
    assert isinstance(data, SendData)
    assert duration_ms(stages) <= SECOND_BURST_AFTER_MS - 200
    assert duration_ms((data,)) == pytest.approx(len(render_caller_id(data.message, data.style)) / 8, abs=1)


@pytest.mark.parametrize("display", DATA_DISPLAYS)
def test_data_before_the_bell_are_announced(display: PhoneDisplay) -> None:
    """A phone that wants to be woken gets both alerting tones for 0.1 s, 0.1 s of silence, data, and a quarter of a second before the bell."""
    stages = shown_on_hook(CALLER, NOW, display, Alert.TONE).before_ringing
    assert [type(stage) for stage in stages] == [OnHookAudio, SendTones, Silence, SendData, Silence]
    assert stages[1] == SendTones((ToneStep(100, 2130.0, -15.0, 2750.0, -15.0),))
    assert stages[-1] == Silence(250)
    assert isinstance(stages[0], OnHookAudio)
    assert stages[0].duration_ms >= duration_ms(stages)


def test_a_reversal_is_undone_before_the_bell() -> None:
    """The pair is turned first and turned back after the data: a bell or an answer must not meet a reversed line."""
    stages = shown_on_hook(CALLER, NOW, PhoneDisplay.ETSI, Alert.REVERSAL).before_ringing
    turns = [stage.reverse for stage in stages if isinstance(stage, TurnPolarity)]
    assert turns == [True, False]
    assert isinstance(stages[-1], Silence)
    assert not shown_on_hook(CALLER, NOW, PhoneDisplay.ETSI, Alert.REVERSAL).after_first_burst


def test_a_phone_without_display_is_sent_nothing() -> None:
    """No sound disturbs a phone that shows nothing, and no lamp is switched where there is none."""
    assert shown_on_hook(CALLER, NOW, PhoneDisplay.NONE) == Showing()
    assert lamp_stages(on=True, display=PhoneDisplay.DTMF) == lamp_stages(on=True, display=PhoneDisplay.NONE) == ()


def test_a_second_call_keeps_the_other_party_out_while_it_is_told() -> None:
    """Tone, alert of 80 ms, an answer within 0.16 s (and what a receiver needs to know of it), data; the party is back in any case."""
    stages = shown_off_hook(CALLER, NOW)
    assert [type(stage) for stage in stages] == [PartyKeptOut, SendTones, SendTones, AwaitKey, Silence, SendData, PartyKeptOut]
    assert stages[0] == PartyKeptOut(kept_out=True)
    assert stages[-1] == PartyKeptOut(kept_out=False)
    assert stages[2] == SendTones((ToneStep(80, 2130.0, -15.0, 2750.0, -15.0),))
    assert stages[3] == AwaitKey("DA", 220)
    data = stages[5]
    assert isinstance(data, SendData)
    assert (data.style.seizure_bits, data.style.mark_bits) == (0, 80)


def test_a_phone_of_keys_gets_the_tone_of_a_second_call_only() -> None:
    """Keys cannot be told during a conversation: the agent hears the tone, and the party is back."""
    for display in (PhoneDisplay.DTMF, PhoneDisplay.NONE):
        assert [type(stage) for stage in shown_off_hook(CALLER, NOW, display)] == [PartyKeptOut, SendTones, PartyKeptOut]


# ---- on the simulated telephone


class Shell:
    """Performs stages on a phone port, one after the other, in virtual time."""

    def __init__(self, bench: LineBench) -> None:
        self._bench = bench
        self._station = bench.board.stations[0]
        self._line = bench.driver.phone_ports[STATIONS[0].channel]
        self.done: list[type[Stage]] = []

    def perform(self, stages: tuple[Stage, ...]) -> None:
        for stage in stages:
            self.done.append(type(stage))
            if not self._one(stage):
                self.done.append(type(stages[-1]))
                return

    def _one(self, stage: Stage) -> bool:
        bay, port = self._bench.pump, self._station.port
        match stage:
            case SendTones(steps):
                bay.tone(steps, [port], loop_from=None)
            case SendData(message, style):
                bay.play(render_caller_id(message, style), [port])
            case TurnPolarity(reverse):
                assert self._line.set_polarity(reverse) == 0
            case OnHookAudio(duration):
                self._line.transfer_on_hook(duration)
            case AwaitKey(keys, within_ms):
                self._bench.heard.told.clear()
                return self._bench.until(
                    lambda: any(told in self._bench.heard.of("phone-801") for told in [("key", key) for key in keys]), within_ms / 1000
                )
        self._bench.wait(duration_ms((stage,)) / 1000)
        return True


@pytest.fixture
def bench() -> Iterator[LineBench]:
    made = LineBench()
    made.start()
    yield made
    made.close()


@pytest.fixture
def phone(bench: LineBench) -> DeskPhone:
    return bench.phones["phone-801"]


@pytest.mark.parametrize(
    ("display", "alert"),
    [
        (PhoneDisplay.MDMF, Alert.TONE),
        (PhoneDisplay.SDMF, Alert.REVERSAL),
        (PhoneDisplay.ETSI, Alert.TONE),
        (PhoneDisplay.ETSI, Alert.REVERSAL),
        (PhoneDisplay.DTMF, Alert.NONE),
        (PhoneDisplay.DTMF, Alert.REVERSAL),
    ],
)
def test_a_phone_shows_who_will_ring_it(bench: LineBench, phone: DeskPhone, display: PhoneDisplay, alert: Alert) -> None:
    """Before the bell, with the handset down, each kind of display shows the number; the polarity is as it was."""
    Shell(bench).perform(shown_on_hook(CALLER, NOW, display, alert).before_ringing)
    name = CALLER.name if display in (PhoneDisplay.MDMF, PhoneDisplay.ETSI) else ""
    assert phone.caller_id_shown == CallerIdShown(CALLER.number, name, "" if display is PhoneDisplay.DTMF else "03171656")
    assert len(phone.reversals_ms) == (2 if alert is Alert.REVERSAL else 0)


def test_a_withheld_number_is_shown_as_withheld_by_keys(bench: LineBench, phone: DeskPhone) -> None:
    """The phone says private, not a number."""
    Shell(bench).perform(shown_on_hook(CallerId(absence="private"), NOW, PhoneDisplay.DTMF, codes=ETSI).before_ringing)
    assert phone.caller_id_shown == CallerIdShown(absence="private")


@pytest.mark.parametrize("display", DATA_DISPLAYS)
def test_the_message_lamp_is_switched_without_a_ring(bench: LineBench, phone: DeskPhone, display: PhoneDisplay) -> None:
    """A message lights the lamp, its deletion puts it out; the bell is silent and no caller is shown."""
    for on in (True, False):
        stages = lamp_stages(on=on, waiting=2, display=display)
        Shell(bench).perform(stages)
        bench.wait(0.2)
        assert phone.message_lamp is on
    assert not phone.ring_bursts_ms
    assert phone.caller_id_shown is None
    assert lamp_message(on=True, form=Form.SDMF) == b"\x06\x03BBB"


@pytest.mark.parametrize("display", DATA_DISPLAYS)
def test_a_second_call_is_shown_during_the_first(bench: LineBench, phone: DeskPhone, display: PhoneDisplay) -> None:
    """The telephone acknowledges in time, its answer is heard as a key, and the number is on its display."""
    phone.lift()
    bench.wait(1)
    shell = Shell(bench)
    shell.perform(shown_off_hook(CALLER, NOW, display))
    bench.wait(0.2)
    assert AwaitKey in shell.done
    assert SendData in shell.done
    assert phone.waiting_shown is not None
    assert phone.waiting_shown.number == CALLER.number
    assert set(ACKNOWLEDGEMENTS) == {"D", "A"}


def test_an_old_phone_keeps_its_conversation(bench: LineBench, phone: DeskPhone) -> None:
    """A telephone that does not acknowledge is sent no data; the party is back after the wait."""
    phone.displays_waiting = False
    phone.lift()
    bench.wait(1)
    shell = Shell(bench)
    shell.perform(shown_off_hook(CALLER, NOW))
    assert SendData not in shell.done
    assert shell.done[-1] is PartyKeptOut
