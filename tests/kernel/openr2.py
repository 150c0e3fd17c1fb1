"""Debian's libopenr2 as the far end of R2 circuits, through cffi's ABI mode. Only for a machine with the real driver.

The library does its own input and output on a channel's descriptor, with its own tones and receivers: nothing of ours is in it, which is what
makes it a judge. One thread; ``FarEnd.turn`` gives it the processor. Declarations are those of its headers, version 1.3.3.

Where its tables and ours differ, and why:

- China, caller's number: when it calls, A1 asks it for a called digit also after KA, so it falls silent where the caller's number should come. By
  China's table A1 goes on with whichever number was asked for. Our register goes on by a pulse of A3; the call has no caller.
- China, A2: it sends the digit before the last; ours begins with the first again. A5: it does not know it; ours says, and takes, unallocated.
- China, KD: it sends its caller's category, 1, which is a toll operator's; so it is answered by the toll calls' group B.
- China, busy: it says B2 after any KD. That is busy after a toll KD; after KD 3 the meaning differs from exchange to exchange, and we take it for none.
- China, end of the called number: it has no I-15, and counts digits instead; ours sends I-15 when asked for more.
- It takes no bits before they change, or it is told to look: ``look``.
"""

from __future__ import annotations

import select
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

import cffi

__all__ = ["FarCall", "FarCause", "FarChannel", "FarEnd", "FarVariant"]

DECLARATIONS = """
typedef struct { void (*f[16])(void); } events_t;
void *openr2_context_new(void *mflib, events_t *events, void *transcoder, int variant, int max_ani, int max_dnis);
void openr2_context_set_ani_first(void *context, int ani_first);
void openr2_context_set_log_level(void *context, int level);
void *openr2_chan_new(void *context, int channo, void *write_handle, void *read_handle);
void openr2_context_delete(void *context);
int openr2_chan_process_event(void *chan);
int openr2_chan_accept_call(void *chan, int mode);
int openr2_chan_answer_call(void *chan);
int openr2_chan_disconnect_call(void *chan, int cause);
int openr2_chan_make_call(void *chan, const char *ani, const char *dnis, int category);
int openr2_chan_get_fd(void *chan);
int openr2_chan_get_number(void *chan);
int openr2_chan_get_time_to_next_event(void *chan);
int openr2_chan_set_idle(void *chan);
int openr2_chan_set_blocked(void *chan);
int openr2_chan_set_log_level(void *chan, int level);
int openr2_chan_handle_cas(void *chan);
const char *openr2_chan_get_rx_cas_string(void *chan);
const char *openr2_chan_get_tx_cas_string(void *chan);
const char *openr2_chan_get_r2_state_string(void *chan);
const char *openr2_chan_get_mf_state_string(void *chan);
void openr2_chan_disable_read(void *chan);
void openr2_chan_enable_read(void *chan);
"""
LOG_NOTHING = 0
WITH_CHARGE = 0
TURNS_MOST = 50
"""Events that a channel may handle in one turn."""


class FarVariant(IntEnum):
    """The library's countries, those that we compare with."""

    ARGENTINA = 0
    BRAZIL = 20
    CHINA = 40
    ITU = 100
    MEXICO = 120
    VENEZUELA = 160


class FarCause(IntEnum):
    """The library's causes."""

    BUSY = 0
    CONGESTION = 1
    UNALLOCATED = 2
    OUT_OF_ORDER = 3
    UNSPECIFIED = 4
    NO_ANSWER = 5
    NORMAL = 6
    COLLECT_REJECTED = 7
    FORCED_RELEASE = 8
    NUMBER_CHANGED = 9


@dataclass
class FarCall:
    """A call as the library saw it. ``error``: its protocol error; ``cause``: what it was told of the end."""

    offered: tuple[str, str, int] | None = None
    accepted: bool = False
    answered: bool = False
    cause: FarCause | None = None
    error: int | None = None
    ended: bool = False


@dataclass
class FarChannel:
    """One channel of the library. ``refuse``: the cause for which it refuses calls, None: it takes and answers them."""

    chan: Any
    fd: int
    number: int
    refuse: FarCause | None = None
    calls: list[FarCall] = field(default_factory=list)
    ours: bool = False
    """The call on it was made by it."""
    blocked: bool = False
    heard: bytearray = field(default_factory=bytearray)
    """The audio of answered calls, A-law, the newest ``HEARD_MOST`` octets."""

    @property
    def call(self) -> FarCall:
        """The newest call."""
        if not self.calls:
            self.calls.append(FarCall())
        return self.calls[-1]


HEARD_MOST = 160 * 100


class FarEnd:
    """Channels of one country with numbers of ``digits`` digits."""

    def __init__(self, variant: FarVariant, digits: int, caller_most: int) -> None:
        self._ffi = cffi.FFI()
        self._ffi.cdef(DECLARATIONS)
        self._lib = self._ffi.dlopen("libopenr2.so.3")
        self._kept: list[object] = []
        self.channels: dict[int, FarChannel] = {}
        self._by_pointer: dict[int, FarChannel] = {}
        self._poll = select.poll()
        events = self._events()
        self._kept.append(events)
        null = self._ffi.NULL
        self._context = self._lib.openr2_context_new(null, events, null, int(variant), caller_most, digits)
        assert self._context != null, "libopenr2 gives no context"
        self._lib.openr2_context_set_log_level(self._context, LOG_NOTHING)
        self._lib.openr2_context_set_ani_first(self._context, 0)

    # ---- doing -------------------------------------------------------------------------------------------------------

    def add(self, number: int) -> FarChannel:
        """Take a channel, which must have CAS signalling; it becomes idle."""
        null = self._ffi.NULL
        chan = self._lib.openr2_chan_new(self._context, number, null, null)
        assert chan != null, f"libopenr2 does not take channel {number}"
        self._lib.openr2_chan_set_log_level(chan, LOG_NOTHING)
        channel = FarChannel(chan, self._lib.openr2_chan_get_fd(chan), number)
        self.channels[number] = channel
        self._by_pointer[self._address(chan)] = channel
        self._lib.openr2_chan_set_idle(chan)  # until then the library takes no bits
        self._poll.register(channel.fd, select.POLLIN | select.POLLPRI)
        return channel

    def call(self, channel: FarChannel, called: str, caller: str) -> None:
        """Call out on a channel."""
        channel.calls.append(FarCall())
        channel.ours = True
        self._take_audio(channel)
        result = self._lib.openr2_chan_make_call(channel.chan, caller.encode(), called.encode(), 0)
        assert result == 0, f"libopenr2 does not call on channel {channel.number}"

    def hang_up(self, channel: FarChannel, cause: FarCause = FarCause.NORMAL) -> None:
        """End the call on a channel."""
        self._lib.openr2_chan_disconnect_call(channel.chan, int(cause))

    def block(self, channel: FarChannel, *, on: bool) -> None:
        """Block or unblock."""
        (self._lib.openr2_chan_set_blocked if on else self._lib.openr2_chan_set_idle)(channel.chan)

    def turn(self, most_ms: float) -> bool:
        """Wait until a channel has something or a timer is due, ``most_ms`` at most, and let the library work; whether a channel had something."""
        ready = {fd for fd, _ in self._poll.poll(most_ms)}
        for channel in self.channels.values():
            if channel.fd in ready or self._lib.openr2_chan_get_time_to_next_event(channel.chan) == 0:
                self._lib.openr2_chan_process_event(channel.chan)
        return bool(ready)

    def look(self, channel: FarChannel) -> None:
        """Let it take the bits that stand: without a change it never reads them, and takes them for 0."""
        self._lib.openr2_chan_handle_cas(channel.chan)

    def leave_audio(self, channel: FarChannel) -> None:
        """Keep to the bits of a channel, until the next call on it: somebody else reads and writes its audio, or nobody does."""
        self._lib.openr2_chan_disable_read(channel.chan)
        self._poll.modify(channel.fd, select.POLLPRI)

    def _take_audio(self, channel: FarChannel) -> None:
        self._lib.openr2_chan_enable_read(channel.chan)
        self._poll.modify(channel.fd, select.POLLIN | select.POLLPRI)

    def state(self, channel: FarChannel) -> str:
        """What the library says of a channel: its states, and the bits received and sent."""
        asked = ("r2_state", "mf_state", "rx_cas", "tx_cas")
        said = [getattr(self._lib, f"openr2_chan_get_{what}_string")(channel.chan) for what in asked]
        return ", ".join(f"{what} {self._ffi.string(word).decode()}" for what, word in zip(asked, said, strict=True))

    def close(self) -> None:
        """Close all channels: they go with their context."""
        self.channels.clear()
        self._lib.openr2_context_delete(self._context)

    # ---- being told --------------------------------------------------------------------------------------------------

    def _address(self, chan: Any) -> int:
        return int(self._ffi.cast("uintptr_t", chan))

    def _of(self, chan: Any) -> FarChannel:
        return self._by_pointer[self._address(chan)]

    def _events(self) -> Any:
        """The library's table of callbacks, in its header's order."""
        table: list[tuple[str, Callable[..., Any]]] = [
            ("void(void *)", lambda chan: self._take_audio(self._of(chan))),
            ("void(void *, const char *, const char *, int)", self._offered),
            ("void(void *, int)", lambda chan, _mode: self._accepted(chan)),
            ("void(void *)", lambda chan: setattr(self._of(chan).call, "answered", True)),
            ("void(void *, int)", self._disconnected),
            ("void(void *)", self._ended),
            ("void(void *, const unsigned char *, int)", self._read),
            ("void(void *, int)", self._nothing),
            ("void(void *, int)", self._nothing),
            ("void(void *, int)", lambda chan, error: setattr(self._of(chan).call, "error", error)),
            ("void(void *)", lambda chan: self._blocked(chan, on=True)),
            ("void(void *)", lambda chan: self._blocked(chan, on=False)),
            ("void(void *, int, const char *, void *)", self._nothing),
            ("int(void *, char)", lambda _chan, _digit: 1),
            ("void(void *, char)", self._nothing),
            ("void(void *)", self._nothing),
        ]
        events = self._ffi.new("events_t *")
        for index, (signature, function) in enumerate(table):
            made = self._ffi.callback(signature, function)
            self._kept.append(made)
            events.f[index] = self._ffi.cast("void(*)(void)", made)
        return events

    def _nothing(self, *_args: object) -> None:
        """What we do not need to know."""

    def _offered(self, chan: Any, ani: Any, dnis: Any, category: int) -> None:
        channel = self._of(chan)
        channel.ours = False
        channel.calls.append(FarCall())
        string = self._ffi.string
        channel.call.offered = (string(dnis).decode(), "" if ani == self._ffi.NULL else string(ani).decode(), category)
        if channel.refuse is None:
            self._lib.openr2_chan_accept_call(chan, WITH_CHARGE)
        else:
            self._lib.openr2_chan_disconnect_call(chan, int(channel.refuse))

    def _accepted(self, chan: Any) -> None:
        channel = self._of(chan)
        channel.call.accepted = True
        if not channel.ours:
            self._lib.openr2_chan_answer_call(chan)

    def _disconnected(self, chan: Any, cause: int) -> None:
        self._of(chan).call.cause = FarCause(cause)
        self._lib.openr2_chan_disconnect_call(chan, int(FarCause.NORMAL))

    def _ended(self, chan: Any) -> None:
        self._of(chan).call.ended = True

    def _blocked(self, chan: Any, *, on: bool) -> None:
        channel = self._by_pointer.get(self._address(chan))
        if channel is not None:
            channel.blocked = on

    def _read(self, chan: Any, octets: Any, length: int) -> None:
        channel = self._of(chan)
        channel.heard += bytes(self._ffi.buffer(octets, length))
        del channel.heard[:-HEARD_MOST]
