"""The card of ``pipes.py`` as a process: ``python -m hwsim.pipe_card MEMORY CHANNELS TICKS AUDIO TICK PRIORITY``, all numbers."""

from __future__ import annotations

import sys

from boards.dahdi._pump import lib

from hwsim.pipes import CardMemory, CardShape

__all__ = ["main"]


def main() -> int:
    """Give and take until the ticks are over or the other side says stop; 0, or the errno of what kept it from starting."""
    memory_fd, channels, ticks, audio, tick_fd, priority = map(int, sys.argv[1:])
    memory = CardMemory(CardShape(channels, ticks, audio), memory_fd)
    return -int(lib.card_run(memory.card, memory.ends, memory.audio, audio, tick_fd, priority))


if __name__ == "__main__":
    sys.exit(main())
