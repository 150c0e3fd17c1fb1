"""When an echo canceller runs during a call."""

from __future__ import annotations

from boards.dahdi.echo import OFF, EchoWatch


def test_it_runs_from_the_answer_to_the_end() -> None:
    """Nobody hears himself: on once at the answer, off at the end, and on again for the next call."""
    watch = EchoWatch()
    assert watch.answered(256) == 256
    assert watch.answered(256) is None
    assert watch.ended() == OFF
    assert watch.ended() is None
    assert watch.answered(128) == 128


def test_a_modem_switches_it_off_for_the_rest_of_the_call() -> None:
    """A modem that asks for it (2100 Hz with reversals) trains without a canceller in its way, before or after the answer."""
    watch = EchoWatch()
    watch.answered(256)
    assert watch.modem_heard() == OFF
    assert watch.answered(256) is None
    assert watch.ended() is None
    assert watch.modem_heard() is None
    assert watch.answered(256) is None
    watch.ended()
    assert watch.answered(256) == 256


def test_where_there_is_none_nothing_is_switched() -> None:
    """A channel without a canceller is never asked for one."""
    watch = EchoWatch()
    assert watch.answered(0) is None
    assert watch.ended() is None


def test_a_channel_opened_afresh_begins_without() -> None:
    """Opening switches the canceller off by itself: the next call switches it on again."""
    watch = EchoWatch()
    watch.answered(256)
    watch.reset()
    assert watch.answered(256) == 256
