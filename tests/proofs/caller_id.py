"""Proof that a caller's number is read when it can be, and never read wrong: thousands of caller ids through the product's receivers.

    make prove-callerid NUMBERS=200      or:  python -m tests.proofs.caller_id --numbers 200

Sounds are made apart from the product. Prints one line each for: FSK of both modems and all forms at −12…−36 dBm0, 12 dB above the noise,
NUMBERS at each level (every one must be read); every single bit of three messages turned over on the line, start and stop bits, too (no other
number may come of it); caller id by keys in noise and hit by bursts of it (right, or doubtful, or none). Exit status 1 when one failed.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter

import numpy as np

from boards.dahdi.callerid import CallerIdError, Form, LocalMinute, call_message, caller_from_message, checksum
from boards.dahdi.heard import CallerIdModem, Hearing
from engine.telephony.numbers import CallerId
from tests.unit.boards.dahdi.callerid_vectors import (
    KNOWN,
    KNOWN_SDMF,
    Receiver,
    bits_of,
    burst_hits,
    caller_heard,
    keyed,
    noisy,
    sound_of,
)

__all__ = ["fsk_in_noise", "keys_hit", "keys_in_noise", "main", "wrong_bits"]

LEVELS_DBM0 = range(-12, -37, -3)
SIGNAL_TO_NOISE_DB = 12
NAMES = ("", "王小明", "Wang Wei", "北京电话局 分机", "中" * 25)
QUIET_DB = 50


def _caller(chance: np.random.Generator) -> CallerId:
    digits = "".join(chance.choice(list("0123456789"), int(chance.integers(3, 21))))
    return CallerId(digits, str(chance.choice(NAMES)))


def _message(caller: CallerId, chance: np.random.Generator) -> bytes:
    now = LocalMinute(int(chance.integers(1, 13)), int(chance.integers(1, 29)), int(chance.integers(24)), int(chance.integers(60)))
    message = call_message(caller, now, list(Form)[int(chance.integers(len(Form)))])
    return message + bytes([checksum(message)])


def fsk_in_noise(numbers: int, receiver: Receiver) -> list[str]:
    """What was not read of so many numbers at each level by each modem."""
    missed = []
    for modem in CallerIdModem:
        for level_dbm0 in LEVELS_DBM0:
            for number in range(numbers):
                chance = np.random.default_rng([modem, -level_dbm0, number])
                message = _message(_caller(chance), chance)
                wave = noisy(sound_of(bits_of(message), modem, level_dbm0), level_dbm0 - SIGNAL_TO_NOISE_DB, chance)
                heard = [each.message for each in receiver.hear(wave) if each.modem is modem]
                if heard != [message[:-1]]:
                    missed.append(f"{modem.name} {level_dbm0} dBm0, number {number}: {[each.hex() for each in heard]}")
    return missed


def wrong_bits(message: bytes, receiver: Receiver) -> Counter[str]:
    """What came of every single bit turned over: ``nothing``, ``right``, or another number."""
    bits = bits_of(message)
    right = caller_from_message(message[:-1]).number
    came: Counter[str] = Counter()
    for place in range(len(bits)):
        turned = [bit ^ (index == place) for index, bit in enumerate(bits)]
        wave = noisy(sound_of(turned, CallerIdModem.BELL_202, -13.5), -13.5 - QUIET_DB, np.random.default_rng(place))
        number = ""
        for heard in receiver.hear(wave, Hearing.CALLER_ID):
            try:
                number = caller_from_message(heard.message).number or number
            except CallerIdError:
                continue
        came["nothing" if not number else "right" if number == right else number] += 1
    return came


def _keyed_number(seed: int) -> tuple[str, np.random.Generator]:
    chance = np.random.default_rng(seed)
    return "".join(chance.choice(list("0123456789"), 11)), chance


def _verdict(heard: CallerId, number: str) -> str:
    if heard.doubtful:
        return "doubtful"
    return "right" if heard.number == number else "wrong" if heard.number else "nothing"


def keys_in_noise(numbers: int, signal_to_noise_db: float) -> Counter[str]:
    """What came of caller ids by keys in white noise of the line."""
    came: Counter[str] = Counter()
    for seed in range(numbers):
        number, chance = _keyed_number(seed)
        wave = noisy(keyed(f"D{number}C", -12).wave, -9 - signal_to_noise_db, chance)
        came[_verdict(caller_heard(wave), number)] += 1
    return came


def keys_hit(numbers: int, hits: int) -> Counter[str]:
    """What came of caller ids by keys that so many bursts of noise hit, louder than the keys."""
    came: Counter[str] = Counter()
    for seed in range(numbers):
        number, chance = _keyed_number(1_000_000 * hits + seed)
        came[_verdict(caller_heard(burst_hits(keyed(f"D{number}C", -12).wave, hits, 0, chance)), number)] += 1
    return came


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _say_counts(what: str, came: Counter[str]) -> None:
    _say(f"{what}: " + ", ".join(f"{count} {word}" for word, count in sorted(came.items())))


def main(arguments: list[str] | None = None) -> int:
    """Prove it; 0 when all came out."""
    parser = argparse.ArgumentParser(description="Caller ids through the product's receivers.")
    parser.add_argument("--numbers", type=int, default=200, help="numbers at each level and of each kind of noise (default: 200)")
    numbers = parser.parse_args(arguments).numbers
    receiver = Receiver()
    missed = fsk_in_noise(numbers, receiver)
    count = numbers * len(LEVELS_DBM0) * len(CallerIdModem)
    _say(f"FSK, −12…−36 dBm0, {SIGNAL_TO_NOISE_DB} dB above the noise: {count - len(missed)} of {count} read")
    for each in missed[:20]:
        _say(f"  not read: {each}")
    failed = bool(missed)
    named = _message(CallerId("13800138000", "王小明"), np.random.default_rng(1))
    for name, message in (("MDMF", KNOWN), ("SDMF", KNOWN_SDMF), ("with a name", named)):
        came = wrong_bits(message, receiver)
        _say_counts(f"one bit wrong, {name}", came)
        failed |= bool(set(came) - {"nothing", "right"})
    for signal_to_noise_db in (20, 12, 8, 6, 4, 0):
        came = keys_in_noise(numbers, signal_to_noise_db)
        _say_counts(f"keys, {signal_to_noise_db} dB above the noise", came)
        failed |= bool(came["wrong"]) or (signal_to_noise_db >= SIGNAL_TO_NOISE_DB and came["right"] != numbers)
    for hits in (1, 2, 3, 5, 8):
        came = keys_hit(numbers, hits)
        _say_counts(f"keys, {hits} bursts of noise", came)
        failed |= bool(came["wrong"])
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
