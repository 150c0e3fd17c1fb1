"""Which channels are restarted, and when."""

from __future__ import annotations

from boards.e1.pri_restarts import ACKNOWLEDGED_WITHIN_S, AGAIN_AFTER_S, DOUBT_S, SETTLED_S, TRIES, ChannelRestarts

S = 1_000_000_000
SETTLED = round(SETTLED_S * S)


def test_channels_are_restarted_one_after_the_other() -> None:
    """The next one is asked for when the exchange has acknowledged the last: some take one at a time."""
    restarts = ChannelRestarts()
    restarts.want((3, 1, 2), 0)
    assert restarts.step(SETTLED - 1, lambda _place: True) is None
    sent = []
    while restarts.busy:
        place = restarts.step(SETTLED, lambda _place: True)
        assert place is not None
        assert restarts.step(SETTLED, lambda _place: True) is None
        restarts.acknowledged(place)
        sent.append(place)
    assert (sent, restarts.sent, restarts.unacknowledged) == ([1, 2, 3], 3, 0)


def test_no_channel_with_a_call_is_restarted() -> None:
    """A conversation that began before its channel's turn goes on."""
    restarts = ChannelRestarts()
    restarts.want((1, 2), 0)
    assert restarts.step(SETTLED, lambda place: place != 1) == 2
    restarts.acknowledged(2)
    assert not restarts.busy


def test_an_exchange_that_does_not_know_the_message_is_not_waited_for() -> None:
    """It is asked twice; eight seconds later the next channel is tried, and the first is used as before."""
    restarts = ChannelRestarts()
    restarts.want((1, 2), 0)
    asked = [restarts.step(SETTLED, lambda _place: True)]
    each = round(ACKNOWLEDGED_WITHIN_S * S)
    for number in range(1, TRIES + 1):
        assert restarts.step(SETTLED + number * each - 1, lambda _place: True) is None
        asked.append(restarts.step(SETTLED + number * each, lambda _place: True))
    assert asked == [1, 1, 2]
    assert restarts.unacknowledged == 1
    restarts.acknowledged(1)  # too late, and of another channel
    assert restarts.underway == 2


def test_a_refused_channel_is_restarted_unless_a_call_explains_the_refusal() -> None:
    """Both ends wanted the channel at once: the exchange's call comes within a second, and the channel is left alone."""
    restarts = ChannelRestarts()
    restarts.doubt(7, 0)
    assert restarts.step(0, lambda _place: True) is None
    assert restarts.step(round(DOUBT_S * S), lambda _place: False) is None
    assert not restarts.busy
    restarts.doubt(7, 0)
    assert restarts.step(round(DOUBT_S * S), lambda _place: True) == 7


def test_a_channel_whose_restart_was_in_vain_is_not_restarted_without_end() -> None:
    """Within a minute it is not tried again, whatever the exchange says of it."""
    restarts = ChannelRestarts()
    restarts.doubt(7, 0)
    at = round(DOUBT_S * S)
    assert restarts.step(at, lambda _place: True) == 7
    restarts.acknowledged(None)
    restarts.doubt(7, at + S)
    assert not restarts.busy
    restarts.doubt(7, at + round(AGAIN_AFTER_S * S) + 1)
    assert restarts.busy


def test_nothing_is_awaited_from_a_d_channel_that_is_down() -> None:
    """When it comes up again, it begins anew."""
    restarts = ChannelRestarts()
    restarts.want((1, 2), 0)
    restarts.step(SETTLED, lambda _place: True)
    restarts.forget()
    assert not restarts.busy
