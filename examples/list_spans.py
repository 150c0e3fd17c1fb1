#!/usr/bin/env python3
"""Lists the driver's release, its spans with their alarms, and how each channel is configured. Opens nothing but the control node."""

from __future__ import annotations

import sys

from boards.dahdi.abi import CHANNELS_MOST, Alarm, Sig
from boards.dahdi.nodes.control import ControlNode
from boards.dahdi.nodes.errors import DahdiError, NotValid
from boards.dahdi.system import KernelSystem, System


def named(value: int, kind: type[Alarm | Sig]) -> str:
    """A set of flags in words, or one signalling by its name."""
    if kind is Sig and value in Sig.__members__.values():
        return str(Sig(value).name)
    return " ".join(flag.name or "" for flag in kind if flag and value & flag == flag) or "none"


def list_spans(system: System) -> None:
    """Print everything. Raises DahdiError when there is no driver, or one of another kind."""
    with ControlNode.open(system) as control:
        release = control.release()
        print(f"DAHDI {release.version}, echo cancellers: {control.version().echo_canceller or 'none'}")
        if release.warning is not None:
            print(release.warning.render())
        for span in control.spans():
            clock = f", clock from span {span.syncsrc}" if span.syncsrc else ""
            print(f"span {span.spanno} {span.name} ({span.desc}): {span.spantype or '?'}, alarms {named(span.alarms, Alarm)}{clock}")
        left = sum(span.totalchans for span in control.spans())
        for number in range(1, CHANNELS_MOST + 1):
            if not left:
                break
            try:
                channel = control.params(number)
            except NotValid:
                continue
            left -= 1
            print(
                f"  channel {number} {channel.name}: {named(channel.sigtype & 0xFFFFFFFF, Sig)}, span {channel.spanno} place {channel.chanpos}"
            )


def main() -> int:
    """List, or say why not."""
    try:
        list_spans(KernelSystem())
    except DahdiError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
