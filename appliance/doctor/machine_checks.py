"""The checks on the machine: rights, disk, database, time, processor, ports. Pure functions from evidence to a verdict."""

from __future__ import annotations

from collections.abc import Callable

from appliance.doctor.evidence import Evidence, PumpSeen, Unseen
from appliance.doctor.findings import Verdict, bad, good, not_applicable, unseen
from appliance.options import PUMP_PRIORITY, only_here
from engine.kernel.text import Text, text

__all__ = ["MACHINE_CHECKS"]

BYTES_A_MB = 1_000_000
RECORDING_BYTES_A_S = 16_000
"""Two tracks of A-law."""
S_AN_HOUR = 3600
MEDIUM_WORST_MS = 250.0
"""The journal is forced to the medium once a second, and a call's facts wait behind it."""
IN_MEMORY = frozenset({"tmpfs", "ramfs"})
GAPS_AN_HOUR_MOST = 1.0
SELF_REGULATING = frozenset({"intel_pstate", "amd-pstate", "amd-pstate-epp"})
"""Drivers whose "powersave" raises the frequency as soon as there is work."""


def realtime(evidence: Evidence) -> Verdict:
    """The pump has, or would get, its realtime priority."""
    mend = text(
        "run the appliance by systemd/strowger.service (LimitRTPRIO={priority}), or permit rtprio {priority} in /etc/security/limits.conf",
        priority=PUMP_PRIORITY,
    )
    if evidence.pump is not None:
        if evidence.pump.realtime:
            return good(text("the media pump has realtime priority"))
        return bad(text("the media pump runs without realtime priority: under load callers hear gaps"), mend)
    rights = evidence.rights
    if rights is None:
        return _judged_running(evidence)
    if isinstance(rights, Unseen):
        return unseen(rights.why)
    if rights.nice_capability or rights.priority >= PUMP_PRIORITY:
        return good(text("permitted"))
    return bad(text("not permitted to this user (limit {priority}, wanted {wanted})", priority=rights.priority, wanted=PUMP_PRIORITY), mend)


def locked_memory(evidence: Evidence) -> Verdict:
    """The pump's memory is, or would be, kept from being swapped out."""
    mend = text(
        "run the appliance by systemd/strowger.service (LimitMEMLOCK=infinity), or permit memlock unlimited in /etc/security/limits.conf"
    )
    if evidence.pump is not None:
        return _locked_judged(evidence.pump, mend)
    rights = evidence.rights
    if rights is None:
        return _judged_running(evidence)
    if isinstance(rights, Unseen):
        return unseen(rights.why)
    if rights.lock_capability or rights.locked_bytes is None:
        return good(text("permitted"))
    return bad(text("limited to {mb:.0f} MB", mb=rights.locked_bytes / BYTES_A_MB), mend)


def _locked_judged(pump: PumpSeen, mend: Text) -> Verdict:
    if pump.locked == "all":
        return good(text("all memory of the appliance is locked"))
    if pump.locked == "own":
        return good(text("the media pump's own memory is locked"))
    return bad(text("the media pump's memory is not locked: when the machine swaps, callers hear gaps"), mend)


def _judged_running(evidence: Evidence) -> Verdict:
    return not_applicable(text("judged while the appliance runs, as user {user}", user=evidence.person.name))


def pump_keeps_up(evidence: Evidence) -> Verdict:
    """The pump came in time."""
    pump = evidence.pump
    if pump is None and evidence.running:
        return unseen(text("only the running appliance itself can tell"), text("ask again; when it never answers, restart it"))
    if pump is None:
        return not_applicable(text("no appliance runs"))
    if pump.still:
        return bad(
            text("it stands still: nobody hears anybody"),
            text("restart the appliance (systemctl restart strowger); what stopped it is in the log: strowger console -c log"),
        )
    hours = max(pump.running_s / S_AN_HOUR, 1.0)
    if pump.stalls > GAPS_AN_HOUR_MOST * hours:
        return bad(
            text(
                "{stalls} gaps in {hours:.1f} h, {blocks} blocks of 20 ms lost",
                stalls=pump.stalls,
                hours=pump.running_s / S_AN_HOUR,
                blocks=pump.blocks_missing,
            ),
            text("the machine is overloaded or sleeps too deeply: look at top, switch off power saving in the firmware"),
        )
    return good(text("{stalls} gaps in {hours:.1f} h", stalls=pump.stalls, hours=pump.running_s / S_AN_HOUR))


def disk_space(evidence: Evidence) -> Verdict:
    """Room for recordings and the journal."""
    folder = evidence.folder
    if isinstance(folder, Unseen):
        return unseen(folder.why)
    reserve = evidence.site.recording.reserve_mb * BYTES_A_MB
    hours = max(folder.free_bytes - reserve, 0) / RECORDING_BYTES_A_S / S_AN_HOUR
    found = text(
        "{free:.1f} GB free of {total:.1f} GB: {hours:.0f} h of conversations",
        free=folder.free_bytes / 1e9,
        total=folder.total_bytes / 1e9,
        hours=hours,
    )
    if folder.free_bytes < 2 * reserve:
        return bad(
            found,
            text(
                "free some space at {path}, or use a larger disk: below {reserve} MB nothing is recorded",
                path=folder.path,
                reserve=evidence.site.recording.reserve_mb,
            ),
        )
    return good(found)


def medium_takes(evidence: Evidence) -> Verdict:
    """What is written reaches the medium, and soon."""
    folder, medium = evidence.folder, evidence.medium
    if isinstance(folder, Unseen):
        return unseen(folder.why)
    if folder.filesystem in IN_MEMORY:
        return bad(
            text("{path} lies in memory ({filesystem}): a power cut takes everything", path=folder.path, filesystem=folder.filesystem),
            text("move the data folder to a disk (--data)"),
        )
    if not folder.exists:
        return not_applicable(text("there is no data folder yet"))
    if isinstance(medium, Unseen):
        return unseen(medium.why)
    if medium.error:
        return bad(
            text("writing at {path} failed: {error}", path=folder.path, error=medium.error),
            text("look at the disk: dmesg, smartctl -a, and whether it is mounted read-only"),
        )
    if medium.worst_ms > MEDIUM_WORST_MS:
        return bad(
            text("forcing a block to the disk took {worst_ms:.0f} ms", worst_ms=medium.worst_ms),
            text("the disk is busy, worn or a slow card: look at iostat -x and smartctl -a, use an SSD"),
        )
    return good(text("a block is on the disk within {worst_ms:.1f} ms", worst_ms=medium.worst_ms))


def database(evidence: Evidence) -> Verdict:
    """The database is one that this program knows."""
    schema = evidence.schema
    if isinstance(schema, Unseen):
        return unseen(schema.why)
    if schema.found is None:
        return not_applicable(text("there is none yet"))
    if schema.found > schema.known:
        return bad(
            text("version {found}, but this program knows {known}", found=schema.found, known=schema.known),
            text("install the newer program again: this one cannot know what the newer tables mean"),
        )
    if schema.found < schema.known:
        return good(text("version {found}; the next start makes it {known}", found=schema.found, known=schema.known))
    return good(text("version {found}", found=schema.found))


def right_time(evidence: Evidence) -> Verdict:
    """The clock follows a time server."""
    time = evidence.time
    if isinstance(time, Unseen):
        return unseen(time.why, text("look by hand: timedatectl"))
    if not time.synchronised:
        return bad(
            text("the clock follows no time server: times of calls and recordings drift"),
            text("install and start one that does: apt install systemd-timesyncd (or chrony); timedatectl set-ntp true"),
        )
    if time.error_ms is None:
        return good(text("follows a time server"))
    return good(text("follows a time server, at most {error_ms:.0f} ms off", error_ms=time.error_ms))


def time_zone(evidence: Evidence) -> Verdict:
    """The machine's zone is the site's."""
    wanted, found = evidence.site.box.utc_offset_min, evidence.offset_min
    if wanted == found:
        return good(text("UTC{offset}", offset=_offset(found)))
    return bad(
        text(
            "the machine's is UTC{found}, the site's UTC{wanted}: log and page show different times",
            found=_offset(found),
            wanted=_offset(wanted),
        ),
        text("set one right: timedatectl set-timezone Asia/Shanghai, or box.utc_offset_min in the settings; then restart the appliance"),
    )


def _offset(minutes: int) -> str:
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def processor(evidence: Evidence) -> Verdict:
    """The processors do not sleep through the work."""
    governor = evidence.governor
    if not governor.names:
        return not_applicable(text("the frequency is fixed, or chosen outside this machine"))
    names = ", ".join(sorted(governor.names))
    if "powersave" in governor.names and governor.driver not in SELF_REGULATING:
        return bad(
            text("held at the lowest frequency ({names})", names=names),
            text("cpupower frequency-set -g performance (package linux-cpupower)"),
        )
    return good(text("{names} ({driver})", names=names, driver=governor.driver or "?"))


def ports(evidence: Evidence) -> Verdict:
    """The ports of page and console are the appliance's, or free for it."""
    found = evidence.ports
    if isinstance(found, Unseen):
        return unseen(found.why)
    if not found:
        return not_applicable(text("neither page nor SSH is wanted"))
    for port in found:
        if port.state == "taken":
            return bad(
                text(
                    "port {number} ({purpose}) is taken by {holder}",
                    number=port.number,
                    purpose=port.purpose,
                    holder=port.holder or text("another program"),
                ),
                text("stop that program, or choose another port in the settings"),
            )
        if port.state == "free" and evidence.running:
            return bad(
                text("the appliance does not listen at port {number} ({purpose})", number=port.number, purpose=port.purpose),
                text("its log says why: strowger console -c log"),
            )
    numbers = ", ".join(str(port.number) for port in found)
    address = evidence.site.web.address
    if evidence.site.web.port and only_here(address):
        return good(
            text(
                "the appliance listens at {numbers}; the page can be opened only on this machine (web.address is {address})",
                numbers=numbers,
                address=address,
            )
            if evidence.running
            else text(
                "free: {numbers}; the page could be opened only on this machine (web.address is {address})",
                numbers=numbers,
                address=address,
            )
        )
    return good(
        text("the appliance listens at {numbers}", numbers=numbers) if evidence.running else text("free: {numbers}", numbers=numbers)
    )


MACHINE_CHECKS: tuple[tuple[str, Text, Callable[[Evidence], Verdict]], ...] = (
    ("realtime", text("Realtime priority"), realtime),
    ("memory", text("Locked memory"), locked_memory),
    ("pump", text("Media pump"), pump_keeps_up),
    ("disk", text("Disk space"), disk_space),
    ("medium", text("Writing to disk"), medium_takes),
    ("database", text("Database"), database),
    ("time", text("Time"), right_time),
    ("zone", text("Time zone"), time_zone),
    ("processor", text("Processor frequency"), processor),
    ("ports", text("Ports"), ports),
)
