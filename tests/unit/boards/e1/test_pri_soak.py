"""Hundreds of calls at random, polite and rude: nothing is left behind."""

from __future__ import annotations

import pytest

from boards.e1.pri import PriCounters
from boards.e1.pri_values import PriSettings, Role
from boards.e1.q931 import Reason
from hwsim.pri_rudeness import Rudeness
from tests.pri_bench import PriPair, a_call
from tests.pri_soak import BusySpan, Flood, conversation

BLOCKS_OF_A_CHANNEL = 3


def is_empty(counted: PriCounters) -> bool:
    """Nothing but the D channel itself, and the records that stand for the interface."""
    return counted.calls_live <= 2 and counted.blocks_live == BLOCKS_OF_A_CHANNEL + counted.calls_live


@pytest.mark.parametrize(
    "rudeness",
    [
        Rudeness(),
        Rudeness(lost=0.05, repeated=0.05, late=0.02),
        Rudeness(stray=0.1, garbled=0.25),
        Rudeness(lost=0.02, repeated=0.02, late=0.02, stray=0.15, garbled=0.25),
    ],
    ids=["polite", "bad line", "rude", "all"],
)
def test_random_calls_leave_nothing_behind(rudeness: Rudeness) -> None:
    """After a day of any calls with any exchange every channel is free and the memory is what it was."""
    outcome = BusySpan(11, rudeness).run(300)
    assert (outcome.ours, outcome.theirs) == (0, 0)
    assert is_empty(outcome.us), outcome.us
    assert is_empty(outcome.exchange), outcome.exchange
    assert outcome.events["Released"] > 150
    assert bool(outcome.us.refused) == bool(rudeness.garbled)


@pytest.mark.parametrize(
    "rudeness", [Rudeness(), Rudeness(lost=0.02, repeated=0.02, late=0.02, stray=0.15, garbled=0.25)], ids=["polite", "all"]
)
def test_random_calls_with_a_pbx_leave_nothing_behind(rudeness: Rudeness) -> None:
    """The same on a tie line, where we are the exchange, give dial tone, and let callers hear why a call fails."""
    outcome = BusySpan(13, rudeness, Role.NETWORK).run(200)
    assert (outcome.ours, outcome.theirs) == (0, 0)
    assert is_empty(outcome.us), outcome.us
    assert is_empty(outcome.exchange), outcome.exchange
    assert outcome.events["Released"] > 100


def test_a_polite_day_needs_no_emergency() -> None:
    """In ordinary service no call has to be abandoned, no record removed, no event dropped."""
    counted = BusySpan(12).run(300).us
    assert (counted.calls_abandoned, counted.orphans_removed, counted.events_dropped, counted.sent_overflow) == (0, 0, 0, 0)


@pytest.mark.parametrize("settings", [None, PriSettings(role=Role.NETWORK, overlap_receiving=True, in_band_disconnect=False)])
def test_a_flood_of_garbled_messages_leaves_a_channel_that_works(settings: PriSettings | None) -> None:
    """An exchange gone mad costs its own calls; every refusal is counted by its reason, and nothing is left over."""
    flood = Flood(3, conversation(), settings)
    counted = flood.run(1500)
    assert flood.mine == []
    assert is_empty(counted), counted
    assert counted.frames_received > 2500
    assert counted.refused[Reason.ELEMENT_OVERRUNS] > 50
    assert counted.orphans_removed > 10


def test_memory_stays_flat_over_hundreds_of_calls() -> None:
    """A box that has taken hundreds of calls holds no octet more than after the first ten."""
    pair = PriPair().up()
    held: list[tuple[int, int]] = []
    for number in range(400):
        caller, called = (pair.user, pair.network) if number % 2 else (pair.network, pair.user)
        call = caller.channel.set_up(a_call(1 + number % 15))
        pair.settle()
        there = called.call()
        called.channel.answer(there)
        pair.settle()
        (caller if number % 3 else called).channel.hang_up(call if number % 3 else there, 16)
        pair.settle()
        (called if number % 3 else caller).channel.hang_up(there if number % 3 else call, 16)
        pair.settle()
        pair.forget()
        held.append((pair.user.channel.counters().octets_live, pair.network.channel.counters().octets_live))
    assert set(held[10:]) == {held[0]}
    pair.close()
