"""A caller from outside who proves who he is gets a dial tone: what the dialogue needs of others, and the dialogue itself.

Nothing typed becomes a fact but the number that is called, when it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from engine.calls.switch import Call
from engine.ivr.session import Session
from engine.ivr.speech import CARDINAL_MAX, cardinal
from engine.settings.disa import DisaSection
from engine.settings.tariff import LI_A_YUAN
from engine.telephony.causes import Release
from engine.telephony.media import ToneStep
from engine.telephony.numbers import is_diallable

__all__ = ["DisaDoor", "OpenDisa", "disa_dialogue"]

ACCOUNT_MOST, PIN_MOST, NUMBER_MOST = 10, 10, 24
ROUNDS_MOST = 10
"""Questions of one kind in one call, however the site is set."""


class DisaDoor(Protocol):
    """One caller at one access."""

    @property
    def locked(self) -> bool:
        """True when no further try makes sense."""

    @property
    def left_li(self) -> int | None:
        """What the account may still spend; None when that is no matter."""

    def enter(self, account: str, pin: str) -> str:
        """Prove who he is; the prompt that says why not, empty when he may call."""

    def lead(self, number: str) -> str:
        """Call the number for him; the prompt that says why not, empty when it is dialled: from then on the call is not the dialogue's."""


OpenDisa = Callable[[Call, DisaSection, Callable[[Call, Release], None]], DisaDoor]
"""Opens a door for a caller; the last argument is told when nobody answers whom he has called."""


async def disa_dialogue(session: Session, section: DisaSection, door: DisaDoor, dial_tone: Sequence[ToneStep]) -> None:
    """Account and PIN, the balance, a dial tone, the number. Wrong ones are asked for again, until the caller is locked out."""
    session.keep_secret()
    await session.answer()
    if not await _entered(session, section, door):
        await session.say("goodbye")
        session.hang_up()
        return
    if door.left_li is not None:
        yuan = min(max(0, door.left_li) // LI_A_YUAN, CARDINAL_MAX)
        await session.say("balance_before", *cardinal(yuan, session.call.language), "balance_after")
    for _ in range(ROUNDS_MOST):
        number = await session.digits(NUMBER_MOST, section.first_key_s, section.next_key_s, tone=dial_tone)
        if not number:
            break
        refusal = door.lead(number) if number.isdigit() and is_diallable(number) else "number_unknown"
        if not refusal:
            return
        await session.say(refusal)
    session.hang_up()


async def _entered(session: Session, section: DisaSection, door: DisaDoor) -> bool:
    for _ in range(ROUNDS_MOST):
        if door.locked:
            await session.say("too_many_tries")
            return False
        account = ""
        if section.access == "account":
            account = await session.digits(ACCOUNT_MOST, section.first_key_s, section.next_key_s, "disa_account")
        pin = await session.digits(PIN_MOST, section.first_key_s, section.next_key_s, "disa_pin")
        if not pin:
            return False
        refusal = door.enter(account, pin)
        if not refusal:
            return True
        if not door.locked:
            await session.say(refusal)
    return False
