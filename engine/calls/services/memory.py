"""What is set for each extension, folded from facts, and whom each phone called last. Pure.

The same fold runs while the appliance does and over the journal at a start: the journal is the truth, a restart forgets nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from engine import facts
from engine.kernel.bus import Envelope

__all__ = ["NOTHING_SET", "SLOTS", "WHENS", "ExtensionServices", "Forward", "ServiceMemory"]

WHENS = ("always", "busy", "no_answer", "unreachable")
"""When calls can be forwarded."""
SLOTS = tuple("0123456789")
"""The short numbers that a user can give."""
EXTENSIONS_MOST = 5000
"""Extensions of which something is remembered; the one set longest ago is forgotten then."""
PHONES_MOST = 2048


@dataclass(frozen=True)
class Forward:
    """Where calls go: ``target`` as facts write it; ``after_s`` only at no answer (0: the site's usual time)."""

    target: str
    after_s: int = 0


@dataclass(frozen=True)
class ExtensionServices:
    """What is set for one extension. ``wake_up``: the local time of a wake-up call, and when that is next; ``call_back``: the extension that is waited for. ``secretary`` and ``call_waiting`` are None while they are as the settings say."""

    forwards: Mapping[str, Forward] = field(default_factory=dict)
    do_not_disturb: bool = False
    speed_dials: Mapping[str, str] = field(default_factory=dict)
    hot_line: str = ""
    wake_up: str = ""
    wake_up_due_utc_ms: int = 0
    call_back: str = ""
    secretary: bool | None = None
    call_waiting: bool | None = None

    @property
    def told_at_lifting(self) -> bool:
        """True when the user is to hear that calls do not ring here as they would: by the special dial tone."""
        return self.do_not_disturb or "always" in self.forwards


NOTHING_SET = ExtensionServices()


@dataclass
class ServiceMemory:
    """The fold. ``extensions`` of which something is set; ``last_called``: what each phone called last, with the call's id."""

    extensions: dict[str, ExtensionServices] = field(default_factory=dict)
    last_called: dict[str, tuple[str, str]] = field(default_factory=dict)

    def of(self, extension: str) -> ExtensionServices:
        """What is set for an extension."""
        return self.extensions.get(extension, NOTHING_SET)

    def last_target(self, phone: str) -> str:
        """What a phone called last, as a target; empty: nothing yet."""
        return self.last_called.get(phone, ("", ""))[1]

    def apply(self, envelope: Envelope) -> None:
        """Take in the next fact."""
        fact = envelope.fact
        match fact:
            case facts.CallPlaced():
                self._placed(fact)
            case facts.OutsideCallPermitted(call=call, dialled=dialled):
                for phone, (known, _target) in self.last_called.items():
                    if known == call:
                        self.last_called[phone] = (call, f"outside:{dialled}")
            case facts.ForwardingSet(extension=extension, when=when, target=target, after_s=after_s):
                kept = {name: one for name, one in self.of(extension).forwards.items() if name != when}
                self._keep(extension, forwards={**kept, when: Forward(target, after_s)} if target else kept)
            case facts.DoNotDisturbSet(extension=extension, on=on):
                self._keep(extension, do_not_disturb=on)
            case facts.CallWaitingSet(extension=extension, on=on):
                self._keep(extension, call_waiting=on)
            case facts.SpeedDialSet(extension=extension, slot=slot, target=target):
                slots = {name: one for name, one in self.of(extension).speed_dials.items() if name != slot}
                self._keep(extension, speed_dials={**slots, slot: target} if target else slots)
            case facts.HotLineSet(extension=extension, target=target):
                self._keep(extension, hot_line=target)
            case facts.WakeUpSet(extension=extension, time=time, due_utc_ms=due_utc_ms):
                self._keep(extension, wake_up=time, wake_up_due_utc_ms=due_utc_ms)
            case facts.WakeUpEnded(extension=extension):
                self._keep(extension, wake_up="", wake_up_due_utc_ms=0)
            case facts.CallBackSet(extension=extension, called=called):
                self._keep(extension, call_back=called)
            case facts.SecretaryFilterSet(extension=extension, on=on):
                self._keep(extension, secretary=on)

    def _placed(self, fact: facts.CallPlaced) -> None:
        self.last_called.pop(fact.phone, None)
        while len(self.last_called) >= PHONES_MOST:
            del self.last_called[next(iter(self.last_called))]
        self.last_called[fact.phone] = (fact.call, f"outside:{fact.called}" if fact.line else f"extension:{fact.called}")

    def _keep(self, extension: str, **changed: Any) -> None:  # noqa: ANN401  # the fields of ExtensionServices
        made = replace(self.of(extension), **changed)
        self.extensions.pop(extension, None)
        if made == NOTHING_SET:
            return
        while len(self.extensions) >= EXTENSIONS_MOST:
            del self.extensions[next(iter(self.extensions))]
        self.extensions[extension] = made

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {
            "extensions": {extension: asdict(one) for extension, one in self.extensions.items()},
            "last_called": {phone: list(one) for phone, one in self.last_called.items()},
        }

    @classmethod
    def from_json(cls, row: dict[str, Any]) -> ServiceMemory:
        """Back from ``to_json``. Raises ValueError, KeyError, TypeError or AttributeError for anything else."""
        extensions = {}
        for extension, kept in row["extensions"].items():
            forwards = {str(when): Forward(**one) for when, one in kept["forwards"].items()}
            extensions[str(extension)] = ExtensionServices(**{**kept, "forwards": forwards})
        last = {str(phone): (str(call), str(target)) for phone, (call, target) in row["last_called"].items()}
        return cls(extensions, last)
