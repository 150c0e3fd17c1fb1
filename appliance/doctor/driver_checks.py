"""The checks on driver and boards: pure functions from evidence to a verdict.

With simulated boards none of them applies. Below a fault that explains others (no driver, no permission) the others say that
they could not look, not that they are red.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Callable, Mapping, Sequence

from appliance.doctor.evidence import Channel, Driver, Evidence, Node, Span, Unseen
from appliance.doctor.findings import Verdict, bad, good, not_applicable, unseen
from boards.dahdi.abi import Alarm, Law
from boards.dahdi.faults import text_of
from boards.dahdi.nodes.release import OLDEST, judged
from engine.kernel.text import Text, text
from engine.settings.site import StationSection, TrunkSection

__all__ = ["DRIVER_CHECKS", "may_open"]

BLOCK_MS = 20.0
TIMER_OFF_MOST = 0.05
"""Part by which the driver's clock may seem off in a look of half a second: the machine's own delays, not the crystal's."""
MISSED_MOST = 10
"""Interrupts missed while cards were found and configured; more of them are heard."""
GAIN_MOST_DB = 6.0
NAMED_MOST = 4
"""Names in one line; the rest is counted."""
RIVALS = frozenset({"asterisk", "freeswitch", "yate", "callweaver", "openss7"})
"""Programs that drive the same cards."""
MU_LAW_TONES = frozenset({"us"})

Line = TrunkSection | StationSection


def driver_loaded(evidence: Evidence) -> Verdict:
    """The module is loaded, and one of a release whose structures are known."""
    driver = evidence.driver
    if isinstance(driver, Unseen):
        return unseen(driver.why)
    if driver.loaded:
        return _release_judged(driver)
    if driver.built_for is None:
        return bad(text("the driver is not loaded"), text("load it: modprobe dahdi, and the module of your card"))
    if driver.running_kernel in driver.built_for:
        return bad(
            text("the driver is installed and not loaded"),
            text("load it: modprobe dahdi, and the module of your card; name both in /etc/modules so that they come at every start"),
        )
    if driver.built_for:
        return bad(
            text(
                "the driver is built for kernel {built}, but {running} runs", built=_named(driver.built_for), running=driver.running_kernel
            ),
            text("build it for this kernel: apt install linux-headers-{running}; dkms autoinstall", running=driver.running_kernel),
        )
    return bad(
        text("the driver is not installed"),
        text("install it: apt install dahdi-dkms dahdi linux-headers-{running}", running=driver.running_kernel),
    )


def _release_judged(driver: Driver) -> Verdict:
    if driver.fault is not None:
        return bad(driver.fault, text("install another release of the driver, or the Strowger that was built for this one"))
    release = judged(driver.version)
    if release.warning is None:
        return good(text("loaded, version {version}", version=driver.version))
    warning = text_of(release.warning)
    found = re.match(r"(\d+)\.(\d+)", driver.version)
    if found is not None and (int(found[1]), int(found[2])) < OLDEST:
        return bad(warning, text("install the driver of your distribution: apt install dahdi-dkms"))
    return good(text("loaded; {warning}", warning=warning))


def nodes_open(evidence: Evidence) -> Verdict:
    """The user of the appliance may open control, channel and timer node."""
    if not _loaded(evidence):
        return _no_driver()
    absent = [node.path for node in evidence.nodes if not node.exists]
    if absent:
        return bad(
            text("missing: {paths}", paths=_named(absent)),
            text("let udev make them: udevadm trigger --subsystem-match=dahdi; is the package udev installed?"),
        )
    refused = [node.path for node in evidence.nodes if not may_open(evidence, node)]
    if refused:
        return bad(
            text("user {user} may not open {paths}", user=evidence.person.name, paths=_named(refused)),
            text("install the rules of udev/60-strowger.rules (make install), run udevadm trigger, and run the appliance as user strowger"),
        )
    broken = [f"{node.path} ({_errno(node.error)})" for node in evidence.nodes if node.error not in {None, 0, errno.EACCES, errno.EPERM}]
    if broken:
        return bad(text("cannot be opened: {paths}", paths=_named(broken)), text("look at what the kernel says: dmesg | grep -i dahdi"))
    return good(text("user {user} may open control, channel and timer", user=evidence.person.name))


def may_open(evidence: Evidence, node: Node) -> bool:
    """Whether the user of the appliance may read and write the node, by its owner, group and mode; what was tried counts more."""
    person = evidence.person
    if node.error in {errno.EACCES, errno.EPERM}:
        return False
    if node.error == 0 or person.uid == 0:
        return True
    bits = node.mode >> 6 if person.uid == node.uid else node.mode >> 3 if node.gid in person.groups else node.mode
    return bits & 0o6 == 0o6


def no_rival(evidence: Evidence) -> Verdict:
    """No other program has a channel."""
    if not _loaded(evidence):
        return _no_driver()
    processes = evidence.processes
    if isinstance(processes, Unseen):
        return unseen(processes.why, text("ask again as root"))
    rivals = [process for process in processes.others if process.devices or process.name in RIVALS]
    if rivals:
        who = _named([f"{process.name} ({process.pid})" for process in rivals])
        service = next((process.name for process in rivals if process.name in RIVALS), "")
        if service:
            mend = text("stop it and keep it from starting: systemctl disable --now {name}", name=service)
        else:
            mend = text("end that program (kill {pid}), or leave the channel to it", pid=rivals[0].pid)
        return bad(text("also uses the boards: {who}", who=who), mend)
    if processes.hidden:
        return good(text("no other telephone program runs; what other users' programs have open cannot be seen"))
    return good(text("no other program has the boards"))


def spans_ready(evidence: Evidence) -> Verdict:
    """Cards are there, have numbers, and every line of the site is a configured channel of the right kind."""
    spans = _spans(evidence)
    if isinstance(spans, Verdict):
        return spans
    if evidence.idle_spans:
        return bad(
            text("cards without a span number: {spans}", spans=_named(evidence.idle_spans)),
            text("give them one: dahdi_span_assignments auto, or load the driver with auto_assign_spans=1"),
        )
    if not spans:
        return bad(
            text("the driver knows no card"),
            text("is the card plugged in (lspci, lsusb) and its module loaded (modprobe wctdm24xxp, wcte43x, wct4xxp, wcaxx …)?"),
        )
    found = _channels(spans)
    lines = _lines(evidence)
    missing = [line for line in lines if line.channel not in found]
    if missing:
        return bad(
            text("lines of the site without a channel: {lines}", lines=_line_names(missing)),
            text("correct the channel numbers in the settings; the driver has {channels}", channels=_ranges(sorted(found))),
        )
    idle = [line for line in lines if not found[line.channel].signalling]
    if idle:
        return bad(
            text("channels that are not configured: {lines}", lines=_line_names(idle)),
            text("name the span they are on in the settings (Spans), or in /etc/dahdi/system.conf and run dahdi_cfg"),
        )
    wrong = [line for line in lines if not _kind_fits(line, found[line.channel])]
    if wrong:
        return bad(
            text("channels of the wrong kind: {lines}", lines=_line_names(wrong)),
            text(
                "an exchange line needs an FXO port (fxsks), a desk phone an FXS port (fxoks): correct the channel numbers or the modules of the card"
            ),
        )
    return good(text("spans {spans}, channels {channels}, all lines of the site among them", spans=len(spans), channels=len(found)))


def _kind_fits(line: Line, channel: Channel) -> bool:
    is_station = channel.signalling.upper().startswith("FXO")
    return is_station == isinstance(line, StationSection)


ALARM_WORDS: Mapping[Alarm, tuple[Text, Text]] = {
    Alarm.RED: (
        text("red: no signal or no frame"),
        text("look at the cable and the far end's port; exchange the two wire pairs when it never worked"),
    ),
    Alarm.BLUE: (
        text("blue: the far end sends all ones"),
        text("the equipment in between has lost its own input: ask the exchange's operator"),
    ),
    Alarm.YELLOW: (
        text("yellow: the far end does not receive us"),
        text("look at the transmit pair of the cable; compare framing and CRC4 with the exchange"),
    ),
    Alarm.NOTOPEN: (text("not open"), text("name the span in the settings (Spans) and start the appliance, or run dahdi_cfg")),
    Alarm.LOOPBACK: (text("looped"), text("end the loop test")),
    Alarm.RECOVER: (text("recovering"), text("wait some seconds and look again")),
}
"""The alarms in the order of weight: of several the first one explains most."""


def no_alarm(evidence: Evidence) -> Verdict:
    """No span is in alarm, and no line of the site is without its battery."""
    spans = _present_spans(evidence)
    if isinstance(spans, Verdict):
        return spans
    for alarm, (word, mend) in ALARM_WORDS.items():
        alarmed = [span for span in spans if span.alarms & alarm]
        if alarmed:
            return bad(text("{spans}: {alarm}", spans=_span_names(alarmed), alarm=word), mend)
    found = _channels(spans)
    dead = [line for line in _lines(evidence) if line.channel in found and found[line.channel].alarmed]
    if dead:
        return bad(
            text("lines without battery: {lines}", lines=_line_names(dead)),
            text("is the exchange line plugged in? Measure about 48 V between its wires"),
        )
    return good(text("none"))


def clock_master(evidence: Evidence) -> Verdict:
    """A card gives the clock, and it has a signal itself."""
    spans = _present_spans(evidence)
    if isinstance(spans, Verdict):
        return spans
    masters = [span for span in spans if span.master]
    if masters:
        master = masters[0]
        if master.alarms & (Alarm.RED | Alarm.BLUE):
            mend = text("mend that span's alarm, or give another span the timing priority 1")
            return bad(text("the clock comes from {span}, which is in alarm", span=_span_names(masters[:1])), mend)
        return good(text("from {span}", span=_span_names([master])))
    if all(span.dynamic for span in spans):
        return not_applicable(text("only spans without a card: the kernel's timer gives the clock"))
    return bad(
        text("no card gives the clock; the kernel's timer does, and lines slip"),
        text("give the span to the exchange the timing priority 1, and look at its cable"),
    )


def timer_runs(evidence: Evidence) -> Verdict:
    """The driver's timer comes every 20 ms."""
    if not _loaded(evidence):
        return _no_driver()
    timer = evidence.timer
    if isinstance(timer, Unseen):
        return unseen(timer.why)
    if not timer.blocks:
        return bad(
            text("no tick came in {took_ms:.0f} ms", took_ms=timer.took_ms),
            text("the card's interrupt does not come: cat /proc/interrupts twice; try another slot"),
        )
    every_ms = timer.took_ms / timer.blocks
    if abs(every_ms / BLOCK_MS - 1) > TIMER_OFF_MOST:
        return bad(
            text("a block of 20 ms took {every_ms:.2f} ms", every_ms=every_ms),
            text("the machine loses interrupts or is overloaded: look at top and /proc/interrupts, give the card an interrupt of its own"),
        )
    return good(text("a block of 20 ms takes {every_ms:.2f} ms", every_ms=every_ms))


def nothing_missed(evidence: Evidence) -> Verdict:
    """The cards' interrupts were served in time, and the pump kept up."""
    spans = _present_spans(evidence)
    if isinstance(spans, Verdict):
        return spans
    missed = [span for span in spans if span.missed > MISSED_MOST]
    if missed:
        counts = _named([f"{span.number} ({span.missed})" for span in missed])
        return bad(
            text("interrupts missed by span: {counts}", counts=counts),
            text(
                "give the card an interrupt and a processor of its own (irqbalance), switch off power saving in the firmware, reload the driver to count anew"
            ),
        )
    return good(text("spans missed no more than {most} interrupts each", most=MISSED_MOST))


def echo_cancelled(evidence: Evidence) -> Verdict:
    """Every exchange line has an echo canceller."""
    spans = _present_spans(evidence)
    if isinstance(spans, Verdict):
        return spans
    found = _channels(spans)
    trunks = [trunk for trunk in evidence.site.trunks if trunk.channel in found]
    if not trunks:
        return not_applicable(text("the site has no exchange line on these boards"))
    without = [trunk for trunk in trunks if not found[trunk.channel].canceller]
    if without:
        return bad(
            text("none on {lines}: callers may hear themselves", lines=_line_names(without)),
            text(
                "choose one for their span in the settings (Spans), or write echocanceller=mg2,{channels} into /etc/dahdi/system.conf and run dahdi_cfg",
                channels=_ranges([trunk.channel for trunk in without]),
            ),
        )
    kinds = sorted({found[trunk.channel].canceller for trunk in trunks})
    return good(text("{kinds} on all {count} exchange lines", kinds=_named(kinds), count=len(trunks)))


def right_law(evidence: Evidence) -> Verdict:
    """Channels code as the country does: A-law everywhere but in North America and Japan."""
    spans = _present_spans(evidence)
    if isinstance(spans, Verdict):
        return spans
    found = _channels(spans)
    lines = [line for line in _lines(evidence) if line.channel in found and found[line.channel].signalling]
    if not lines:
        return not_applicable(text("the site has no line on these boards"))
    if any(not found[line.channel].law for line in lines):
        return unseen(text("the driver cannot be asked for the channels' law"))
    wanted = Law.MULAW if evidence.site.box.tones in MU_LAW_TONES else Law.ALAW
    word = {Law.MULAW: "mu-law", Law.ALAW: "A-law"}
    other = [line for line in lines if found[line.channel].law != wanted]
    if other:
        return bad(
            text("not {law}: {lines}", law=word[wanted], lines=_line_names(other)),
            text(
                "digital spans: set the law of the span in the settings (Spans) or {key}= in /etc/dahdi/system.conf; analog cards: load the driver with the law as a parameter (alawoverride=1 or companding=alaw)",
                key="mulaw" if wanted is Law.MULAW else "alaw",
            ),
        )
    return good(text("{law} on all {count} lines", law=word[wanted], count=len(lines)))


def sane_gains(evidence: Evidence) -> Verdict:
    """No gain so high that lines begin to echo or to distort."""
    high = [line for line in _lines(evidence) if line.receive_gain_db + line.transmit_gain_db > GAIN_MOST_DB]
    if high:
        return bad(
            text("receive and transmit gain together above {most:g} dB: {lines}", most=GAIN_MOST_DB, lines=_line_names(high)),
            text("lower the gains of these lines in the settings: echo and howling begin there"),
        )
    cards = [f"{name} {gain:+g} dB" for name, gain in sorted(evidence.card_gains.items()) if gain]
    if cards:
        return bad(
            text("the card's driver was loaded with gains: {gains}", gains=_named(cards)),
            text("remove them from /etc/modprobe.d and set gains in Strowger's settings, where they are seen"),
        )
    return good(text("within {most:g} dB", most=GAIN_MOST_DB))


# ---- what several need -----------------------------------------------------------------------------------------------


def _loaded(evidence: Evidence) -> bool:
    return not isinstance(evidence.driver, Unseen) and evidence.driver.loaded


def _no_driver() -> Verdict:
    return unseen(text("the driver is not loaded"))


def _spans(evidence: Evidence) -> tuple[Span, ...] | Verdict:
    if evidence.boards and not _loaded(evidence):
        return _no_driver()
    return unseen(evidence.spans.why) if isinstance(evidence.spans, Unseen) else evidence.spans


def _present_spans(evidence: Evidence) -> tuple[Span, ...] | Verdict:
    spans = _spans(evidence)
    return spans or unseen(text("the driver knows no card"))


def _channels(spans: Sequence[Span]) -> dict[int, Channel]:
    return {channel.number: channel for span in spans for channel in span.channels}


def _lines(evidence: Evidence) -> list[Line]:
    return [*evidence.site.trunks, *evidence.site.stations]


def _named(names: Sequence[str]) -> Text | str:
    """Names for a sentence, the first few of them."""
    if len(names) <= NAMED_MOST:
        return ", ".join(names)
    return text("{names} and {more} more", names=", ".join(names[:NAMED_MOST]), more=len(names) - NAMED_MOST)


def _line_names(lines: Sequence[Line]) -> Text | str:
    return _named([f"{line.name} ({line.channel})" for line in lines])


def _span_names(spans: Sequence[Span]) -> Text | str:
    return _named([f"{span.number} ({span.name})" for span in spans])


def _ranges(numbers: Sequence[int]) -> str:
    """``1-4,7``."""
    parts: list[list[int]] = []
    for number in numbers:
        if parts and parts[-1][-1] == number - 1:
            parts[-1].append(number)
        else:
            parts.append([number])
    return ",".join(f"{part[0]}-{part[-1]}" if len(part) > 1 else str(part[0]) for part in parts) or "-"


def _errno(number: int | None) -> str:
    return errno.errorcode.get(number or 0, str(number))


DRIVER_CHECKS: tuple[tuple[str, Text, Callable[[Evidence], Verdict]], ...] = (
    ("driver", text("Driver"), driver_loaded),
    ("nodes", text("Device files"), nodes_open),
    ("rival", text("Other programs"), no_rival),
    ("spans", text("Spans and channels"), spans_ready),
    ("alarms", text("Alarms"), no_alarm),
    ("clock", text("Clock of the lines"), clock_master),
    ("timer", text("Driver's timer"), timer_runs),
    ("missed", text("Missed interrupts"), nothing_missed),
    ("echo", text("Echo cancellers"), echo_cancelled),
    ("law", text("Companding law"), right_law),
    ("gains", text("Gains"), sane_gains),
)
