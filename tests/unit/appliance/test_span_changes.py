"""The settings of a card changed while the appliance runs on simulated boards: at once when idle, after the call when busy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from appliance.building import Sounds
from appliance.rig import Rig
from appliance.site_file import demo_site_file, read_site
from boards.dahdi.sysfs import SPANS
from engine import facts
from engine.people.actors import Actor, Role
from engine.settings.site import ChannelGroup, Site, SpanSection

ADMINISTRATOR = Actor(Role.ADMINISTRATOR, "admin")
CARD = SpanSection(name="card", kind="analog", first_channel=1, channel_count=8)
OTHER = replace(CARD, groups=(ChannelGroup(channels="1-4", signalling="fxsls"), ChannelGroup(channels="5-8", signalling="fxoks")))


class Cabinet:
    """The appliance, and what was told of spans and lines."""

    def __init__(self, folder: Path) -> None:
        self.site = replace(read_site(demo_site_file()), spans=(CARD,))
        self.rig = Rig(self.site, folder, Sounds({}), 1, log=lambda _line: None)
        self.told: list[facts.Fact] = []
        self.rig.appliance.bus.subscribe("test", self._hear)
        self.rig.start()

    def _hear(self, envelope: Any) -> None:
        self.told.append(envelope.fact)

    def save(self, site: Site) -> None:
        """An administrator saves it."""
        wrong: list[Any] = []
        self.rig.appliance.sites.change(ADMINISTRATOR, site, "because", lambda _changed: None, wrong.append)
        self.rig.world.run_for(500)
        assert not wrong

    def signalling(self, channel: int) -> str:
        return self._file(channel, "sig")

    def canceller(self, channel: int) -> tuple[str, str]:
        """Which is attached, and whether it works."""
        return self._file(channel, "ec_factory"), self._file(channel, "ec_state")

    def _file(self, channel: int, name: str) -> str:
        return self.rig.driver.tree.read(f"{SPANS}/span-1/dahdi!chan!001!{channel:03}/{name}")


@pytest.fixture(scope="module")
def cabinet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cabinet]:
    made = Cabinet(tmp_path_factory.mktemp("spans"))
    yield made
    made.rig.stop()


def test_a_call_keeps_its_card_until_it_ends(cabinet: Cabinet) -> None:
    """A phone of the card is off hook: the saved change waits and says for whom; when it is put down every line has its new signalling."""
    world, phone = cabinet.rig.world, cabinet.rig.phones["phone-803"]
    phone.lift()
    world.run_for(1000)
    assert cabinet.canceller(7) == ("MG2", "ACTIVE")
    cabinet.save(replace(cabinet.site, spans=(OTHER,)))
    assert facts.SpanConfigurationWaits(span="card", lines=("phone-803",)) in cabinet.told
    assert cabinet.rig.appliance.spans.state()[0]["state"] == "waits"
    assert cabinet.signalling(1) == "FXSKS"
    phone.hang_up()
    world.run_for(5000)
    assert cabinet.signalling(1) == "FXSLS"
    assert cabinet.rig.appliance.spans.state()[0]["state"] == "right"
    assert cabinet.canceller(7) == ("MG2", "INACTIVE")
    assert all(trunk.free for trunk in cabinet.rig.appliance.board.trunks)
    assert not [fact for fact in cabinet.told if isinstance(fact, facts.AlarmRaised | facts.LineOutOfService)]


def test_a_card_with_another_countrys_tones_rings_on(cabinet: Cabinet) -> None:
    """Its channels get their own zone at the next opening; nothing else changes."""
    cabinet.save(replace(cabinet.site, spans=(replace(OTHER, tone_zone="uk"),)))
    cabinet.save(replace(cabinet.site, spans=(replace(CARD, tone_zone="uk"),)))
    assert all(trunk.free for trunk in cabinet.rig.appliance.board.trunks)
    assert all(phone.in_service for phone in cabinet.rig.appliance.board.stations)
    assert not [fact for fact in cabinet.told if isinstance(fact, facts.AlarmRaised | facts.LineOutOfService)]


def test_what_the_ports_cannot_be_is_an_alarm_and_the_lines_serve_on(cabinet: Cabinet) -> None:
    """Ground start on a card without it: refused by name, the rest as it was; the setting taken back ends the alarm."""
    wrong = (ChannelGroup(channels="1", signalling="fxsgs"), ChannelGroup(channels="2-4", signalling="fxsls"))
    cabinet.save(replace(cabinet.site, spans=(replace(CARD, groups=wrong),)))
    (refused,) = [fact for fact in cabinet.told if isinstance(fact, facts.SpanConfigurationRefused)]
    assert refused.reasons[0].startswith("channel 1 cannot be FXSGS; it can be: ")
    assert cabinet.rig.appliance.board.trunks[0].free
    cabinet.save(replace(cabinet.site, spans=(OTHER,)))
    assert facts.AlarmCleared(alarm="span-configuration", about="card") in cabinet.told
