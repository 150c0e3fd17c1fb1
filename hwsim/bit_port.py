"""A channel's hook where signalling is ABCD bits: robbed bits of a T1, timeslot 16 of an E1, the bits of a dynamic span.

Its line side is ``sent_bits`` and ``bits_arrive``; ``bits_sent`` says that there are new bits to carry.
"""

from __future__ import annotations

import errno
from collections.abc import Callable

from boards.dahdi.abi import Event, ReceivedHook, SentHook, Sig
from hwsim.agenda import Agenda
from hwsim.hook_machine import HookPort
from hwsim.signalling_bits import hook_of, idle_received, sent_bits

__all__ = ["BitPort"]

CLEAR = int(Sig.CLEAR)


class BitPort(HookPort):
    """A digital channel's hook. Without signalling it does nothing; with CAS the program has the bits for itself."""

    def __init__(
        self, agenda: Agenda, raise_event: Callable[[int], None], audio_reset: Callable[[], None], bits_sent: Callable[[], None]
    ) -> None:
        super().__init__(agenda, 0, Sig.NONE, raise_event, audio_reset)
        self.sent_bits = 0
        self.received_bits = 0
        self.idle_bits = 0
        self._bits_sent = bits_sent

    @property
    def clear(self) -> bool:
        """True for signalling that is not: nothing to hang up."""
        return bool(int(self.sig) & CLEAR)

    def configure(self, sig: Sig, idle_bits: int) -> None:
        """CHANCONFIG: hang up, and do not know yet what the far end does."""
        self._use(sig)
        self.idle_bits = idle_bits if sig == Sig.CAS else 0
        self.started()

    def started(self) -> None:
        """STARTUP: the same with the signalling that there is."""
        self.hang_up()
        self.received_bits = idle_received(self.sig, self.idle_bits)
        self.received = ReceivedHook.INITIAL
        self._bits_sent()

    def shut_down(self) -> None:
        """SHUTDOWN, or the span lost its numbers: configured for nothing, and sends what it sent."""
        self._use(Sig.NONE)

    def hang_up(self) -> int:
        if self.clear:
            return errno.EINVAL
        if self.sig == Sig.CAS:
            self._put(self.idle_bits)
            self._audio_reset()
            return 0
        done = super().hang_up()
        # Another signalling may mean other bits for the same hook state.
        self._drive()
        return done

    def hook(self, argument: int) -> int:
        return errno.EINVAL if self.clear or self.sig == Sig.CAS else super().hook(argument)

    def set_bits(self, bits: int) -> int:
        """SETTXBITS: returns 0, or the errno."""
        if self.sig != Sig.CAS:
            return errno.EINVAL
        self._put(bits)
        return 0

    def freeze(self, on: bool) -> None:
        """SETSIGFREEZE. What came meanwhile comes again."""
        self.frozen = on
        if not on:
            self._bits_sent()

    def bits_arrive(self, bits: int) -> None:
        """The line brings these bits; only other ones than before count, and none while signalling is frozen."""
        if bits == self.received_bits or self.frozen:
            return
        before, self.received_bits = self.received_bits, bits
        if self.sig == Sig.CAS:
            self.raise_event(Event.BITSCHANGED)
            return
        hook = hook_of(self.sig, bits, before)
        if hook is not None:
            self.receive(hook)

    def _put(self, bits: int) -> None:
        if bits != self.sent_bits:
            self.sent_bits = bits
            self._bits_sent()

    def _drive(self) -> None:
        bits = sent_bits(self.sig, self.sent)
        if bits is not None:
            self._put(bits)

    def _report_again(self) -> None:
        """The bits that come are reported when they are not those of an idle far end."""

    def pulled(self) -> None:
        self.plugged = False
        self._stop_core_timers()

    def pushed(self) -> None:
        self._use(Sig.NONE)
        self._start_afresh()
        self.sent = SentHook.ONHOOK
        self.received = ReceivedHook.ONHOOK
        self.sent_bits = self.received_bits = self.idle_bits = 0
