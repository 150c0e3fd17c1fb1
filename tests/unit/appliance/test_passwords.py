"""Password hashes and passwords that are made up."""

from __future__ import annotations

import itertools
import random

import pytest
from argon2.exceptions import VerificationError

from appliance.passwords import Argon2, new_password
from engine.kernel.errors import EnvironmentFault
from engine.people.users import password_fault

CHEAP = Argon2(memory_kib=8, rounds=1)


def test_a_password_is_known_by_its_hash() -> None:
    """The right password fits, any other one does not; two hashes of one password differ."""
    one, two = CHEAP.hash("geheim 密码"), CHEAP.hash("geheim 密码")
    assert one != two
    assert one.startswith("$argon2id$")
    assert CHEAP.matches(one, "geheim 密码")
    assert not CHEAP.matches(one, "geheim 密碼")
    assert not CHEAP.matches("", "x")
    assert not CHEAP.matches("nonsense", "x")


def test_the_product_hashes_as_strongly_as_it_should() -> None:
    """Guessing costs 64 MiB and three rounds a try."""
    assert "$m=65536,t=3,p=1$" in Argon2().hash("x")
    assert Argon2().is_weak(CHEAP.hash("x"))
    assert not CHEAP.is_weak(CHEAP.hash("x"))


def test_too_little_memory_is_no_wrong_password(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the machine cannot check a password it says so, and nobody is locked out for it."""

    class NoMemory:
        def verify(self, *_: object) -> None:
            raise VerificationError("Memory allocation error")

    poor = Argon2(memory_kib=8, rounds=1)
    monkeypatch.setattr(poor, "_argon", NoMemory())
    with pytest.raises(EnvironmentFault, match="Memory"):
        poor.matches("x", "x")


def test_a_made_password_can_be_read_and_is_good_enough() -> None:
    """It has no letters that look alike, keeps the rules for passwords, and every one is another."""
    chance = random.Random(1)
    made = [new_password(chance.randrange) for _ in range(100)]
    assert len(set(made)) == 100
    assert all(len(password) == 19 and not set(password) & set("ilo01") for password in made)
    assert sum(password_fault("admin", password) is None for password in made) == 100
    numbers = itertools.cycle([0])
    assert new_password(lambda _: next(numbers)) == "aaaa-aaaa-aaaa-aaaa"
