"""PINs and the lock after wrong ones."""

from __future__ import annotations

from engine.people.pins import PinGuard, Verdict, made_pin

NOW_MS = 1_000_000
LOCK_MS = 600_000


def guard() -> PinGuard:
    """Two agents, three tries, ten minutes."""
    return PinGuard({"1001": "2222", "1002": "12345678"}, 3, LOCK_MS)


def test_the_right_pin_opens() -> None:
    """An agent logs in with the own PIN, and with nobody else's."""
    made = guard()
    assert made.judge("1001", "2222", NOW_MS) is Verdict.RIGHT
    assert made.judge("1002", "2222", NOW_MS) is Verdict.WRONG
    assert made.judge("1002", "12345678", NOW_MS) is Verdict.RIGHT


def test_an_unknown_agent_is_never_locked() -> None:
    """Guessing agent numbers fills no memory and locks nobody."""
    made = guard()
    assert [made.judge("9", "2222", NOW_MS) for _ in range(5)] == [Verdict.UNKNOWN] * 5
    assert made.locked_until("9") == 0


def test_the_third_wrong_pin_locks_for_the_sites_time() -> None:
    """Even the right PIN is refused while the lock lasts; tries during it do not make it longer; then it opens."""
    made = guard()
    assert [made.judge("1001", "0", NOW_MS) for _ in range(3)] == [Verdict.WRONG, Verdict.WRONG, Verdict.NOW_LOCKED]
    assert made.locked_until("1001") == NOW_MS + LOCK_MS
    assert made.judge("1001", "2222", NOW_MS + LOCK_MS - 1) is Verdict.LOCKED
    assert made.judge("1001", "0", NOW_MS + LOCK_MS - 1) is Verdict.LOCKED
    assert made.judge("1001", "2222", NOW_MS + LOCK_MS) is Verdict.RIGHT
    assert made.locked_until("1001") == 0


def test_after_the_lock_all_tries_are_there_again() -> None:
    """Whoever was locked once is not locked again by the first slip."""
    made = guard()
    for _ in range(3):
        made.judge("1001", "0", NOW_MS)
    later = NOW_MS + LOCK_MS
    assert made.judge("1001", "0", later) is Verdict.WRONG
    assert made.locked_until("1001") == 0
    assert [made.judge("1001", "0", later) for _ in range(2)] == [Verdict.WRONG, Verdict.NOW_LOCKED]


def test_the_right_pin_forgives_wrong_ones_before_it() -> None:
    """Only wrong PINs in a row count."""
    made = guard()
    for _ in range(4):
        assert made.judge("1001", "0", NOW_MS) is Verdict.WRONG
        assert made.judge("1001", "0", NOW_MS) is Verdict.WRONG
        assert made.judge("1001", "2222", NOW_MS) is Verdict.RIGHT


def test_one_agents_slips_do_not_lock_another() -> None:
    """Each agent has the own count."""
    made = guard()
    for _ in range(3):
        made.judge("1001", "0", NOW_MS)
    assert made.judge("1002", "12345678", NOW_MS) is Verdict.RIGHT


def test_a_lock_survives_a_restart() -> None:
    """Pulling the plug does not open a locked agent."""
    made = guard()
    made.lock("1001", NOW_MS + 5)
    assert made.judge("1001", "2222", NOW_MS) is Verdict.LOCKED
    assert made.judge("1001", "2222", NOW_MS + 5) is Verdict.RIGHT


def test_pins_with_other_characters_are_simply_wrong() -> None:
    """Keys that no PIN can have are compared without a fault."""
    assert guard().judge("1001", "２２*#A", NOW_MS) is Verdict.WRONG


def test_made_pins_have_six_digits_and_differ() -> None:
    """Each token gives its own PIN, zeros at the beginning included, and always the same one."""
    pins = [made_pin(f"token{number}") for number in range(2000)]
    assert all(len(pin) == 6 and pin.isdigit() for pin in pins)
    assert len(set(pins)) > 1980
    assert any(pin.startswith("0") for pin in pins)
    assert made_pin("token0") == pins[0]
