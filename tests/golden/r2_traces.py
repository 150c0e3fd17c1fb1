"""R2 calls of each kind, bit by bit and tone by tone: what two circuits send each other, as text for reviewers.

``a`` calls ``b``. A line is the millisecond since the beginning, who, and what it sends or is told. The files are written anew by ``make golden``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from boards.e1.r2_incoming_words import AskCaller, IncomingPolicy
from boards.e1.r2_words import (
    Accept,
    Answer,
    Block,
    Clear,
    Fact,
    MeterPulse,
    NumberComplete,
    Outcome,
    Refuse,
    Seize,
    Suspend,
    Unblock,
    Verdict,
)
from engine.telephony.causes import Cause, Release
from tests.unit.boards.e1.r2_bench import HUNG_UP, Bench, plan_of, rules_of

__all__ = ["TRACES", "renew", "trace_file"]

FOLDER = Path(__file__).parent / "r2"


def trace_file(name: str) -> Path:
    """Where a trace lies."""
    return FOLDER / f"{name}.txt"


def _bench(variant: str, answer: Accept | Refuse, policy: IncomingPolicy | None = None, digits: int = 4) -> Bench:
    rules = rules_of(variant, plan_of(digits), policy)
    return _accepting(Bench(rules, rules), answer)


def _accepting(joined: Bench, answer: Accept | Refuse) -> Bench:
    def react(name: str, fact: Fact) -> None:
        if name == "b" and isinstance(fact, NumberComplete):
            joined.b.post(answer)

    joined.react = react
    return joined


def _called(variant: str, answer: Accept | Refuse, seize: Seize, policy: IncomingPolicy | None = None, digits: int = 4) -> Bench:
    joined = _bench(variant, answer, policy, digits)
    joined.a.post(seize)
    joined.clock.advance(15)
    return joined


def _talk(joined: Bench) -> Bench:
    joined.b.post(Answer())
    joined.clock.advance(5)
    return joined


def _hang_up(joined: Bench, who: str) -> str:
    (joined.a if who == "a" else joined.b).post(Clear(HUNG_UP))
    joined.clock.advance(5)
    return _text(joined)


def _text(joined: Bench) -> str:
    return "\n".join(line.rstrip() for line in joined.trace) + "\n"


def _free(variant: str, who: str, **seize: int) -> str:
    return _hang_up(_talk(_called(variant, Accept(), Seize("8123", "13901", **seize))), who)


def _refused(variant: str, cause: Cause, **seize: int) -> str:
    return _text(_called(variant, Refuse(Release(cause, "ours")), Seize("8123", "13901", **seize)))


def _unallocated() -> str:
    rules = rules_of("china", lambda called, _ended: Verdict.UNALLOCATED if called == "81" else Verdict.MORE)
    joined = Bench(rules, rules)
    joined.a.post(Seize("8123", "13901"))
    joined.clock.advance(10)
    return _text(joined)


def _silence() -> str:
    rules = rules_of(
        "mexico", lambda _called, ended: Verdict.COMPLETE if ended else Verdict.MORE, IncomingPolicy(AskCaller.AFTER_DIGITS, 2)
    )
    joined = _accepting(Bench(rules, rules), Accept())
    joined.a.post(Seize("81", "13901"))
    joined.clock.advance(15)
    return _hang_up(_talk(joined), "a")


def _caller_controls() -> str:
    joined = _talk(_called("china", Accept(Outcome.FREE_CALLER_CONTROLS), Seize("8123", "13901")))
    joined.forget()
    joined.b.post(Suspend())
    joined.clock.advance(10)
    joined.b.post(Answer())
    joined.clock.advance(10)
    joined.b.post(Suspend())
    joined.clock.advance(70)
    return _text(joined)


def _metering() -> str:
    joined = _talk(_called("argentina", Accept(), Seize("8123", "13901")))
    joined.forget()
    joined.b.post(MeterPulse())
    joined.clock.advance(2)
    return _hang_up(joined, "b")


def _glare() -> str:
    joined = _bench("china", Accept())
    joined.a.post(Seize("8123"))
    joined.b.post(Seize("5678"))
    joined.clock.advance(5)
    return _text(joined)


def _blocking() -> str:
    joined = _bench("china", Accept())
    joined.b.post(Block())
    joined.clock.advance(5)
    joined.b.post(Unblock())
    joined.clock.advance(5)
    return _text(joined)


def _abandoned() -> str:
    joined = _bench("china", Accept())
    joined.a.post(Seize("8123", "13901"))
    joined.clock.advance(0.5)
    return _hang_up(joined, "a")


TRACES: Mapping[str, Callable[[], str]] = {
    "china_called_hangs_up": lambda: _free("china", "b"),
    "china_caller_hangs_up": lambda: _free("china", "a"),
    "china_toll": lambda: _free("china", "a", category=2, caller_class=8),
    "china_busy": lambda: _refused("china", Cause.USER_BUSY),
    "china_toll_busy": lambda: _refused("china", Cause.USER_BUSY, category=2),
    "china_congested": lambda: _refused("china", Cause.SWITCHING_CONGESTION),
    "china_unallocated": _unallocated,
    "china_caller_after_first_digit": lambda: _text(
        _called("china", Accept(), Seize("8123", "13901"), IncomingPolicy(AskCaller.AFTER_DIGITS, 1))
    ),
    "china_no_caller": lambda: _text(_called("china", Accept(), Seize("8123"))),
    "china_caller_controls": _caller_controls,
    "china_abandoned": _abandoned,
    "glare": _glare,
    "blocking": _blocking,
    "itu": lambda: _free("itu", "b"),
    "itu_busy": lambda: _refused("itu", Cause.USER_BUSY),
    "argentina_metering": _metering,
    "brazil": lambda: _free("brazil", "a"),
    "mexico": lambda: _free("mexico", "a"),
    "mexico_number_ends_in_silence": _silence,
    "venezuela": lambda: _free("venezuela", "a"),
}


def renew() -> None:
    """Write every trace."""
    FOLDER.mkdir(exist_ok=True)
    for name, made in TRACES.items():
        trace_file(name).write_text(made(), encoding="utf-8")


if __name__ == "__main__":
    renew()
