"""The tables, as peewee models that belong to no database: every query is executed on one that is given.

The columns are created by ``migrations.py``; a test holds the two together. Times are UTC milliseconds, ``…_ns`` the
monotonic clock of the box, which measures durations even when somebody sets the wall clock.
"""

from __future__ import annotations

import peewee

# ruff: noqa: D106  # Meta is how peewee is told a table name

__all__ = [
    "PROJECTED",
    "AgentRow",
    "AppliedRow",
    "CallRecord",
    "ChargeRow",
    "MomentRow",
    "PortMomentRow",
    "RecordingRow",
    "SchemaVersion",
    "SpanMomentRow",
    "StintRow",
]


class SchemaVersion(peewee.Model):
    """One row for every migration that was done."""

    version = peewee.IntegerField(primary_key=True)

    class Meta:
        table_name = "schema_version"


class AppliedRow(peewee.Model):
    """How far the tables have followed the journal."""

    name = peewee.TextField(primary_key=True)
    seq = peewee.BigIntegerField()

    class Meta:
        table_name = "applied"


class CallRecord(peewee.Model):
    """One call, from its first fact on."""

    call = peewee.TextField(primary_key=True)
    seq = peewee.BigIntegerField(index=True)
    direction = peewee.TextField()
    line = peewee.TextField(default="")
    phone = peewee.TextField(default="")
    extension = peewee.TextField(default="")
    calling = peewee.TextField(default="")
    calling_name = peewee.TextField(default="")
    calling_doubtful = peewee.BooleanField(default=False)
    called = peewee.TextField(default="")
    queue = peewee.TextField(default="")
    agent = peewee.TextField(default="")
    arrived_utc_ms = peewee.BigIntegerField()
    answered_utc_ms = peewee.BigIntegerField(null=True)
    queued_utc_ms = peewee.BigIntegerField(null=True)
    connected_utc_ms = peewee.BigIntegerField(null=True)
    connected_ns = peewee.BigIntegerField(null=True)
    ended_utc_ms = peewee.BigIntegerField(null=True)
    utc_offset_min = peewee.IntegerField()
    wait_ms = peewee.BigIntegerField(null=True)
    talk_ms = peewee.BigIntegerField(null=True)
    cause = peewee.IntegerField(null=True)
    reason = peewee.TextField(default="")
    released_by = peewee.TextField(default="")
    recording = peewee.TextField(default="")
    interaction = peewee.TextField(default="", index=True)

    class Meta:
        table_name = "calls"


class RecordingRow(peewee.Model):
    """One recording. ``state``: ``open``, ``whole``, ``mended`` (after a crash), ``failed``; ``reason`` what went wrong.

    It is the ``segment``-th of its interaction, from the media sample ``from_sample`` on; ``gaps`` as in ``RecordingSegment``, joined by commas.
    """

    recording = peewee.TextField(primary_key=True)
    seq = peewee.BigIntegerField(index=True)
    call = peewee.TextField(index=True)
    path = peewee.TextField(default="")
    left = peewee.TextField(default="")
    right = peewee.TextField(default="")
    started_utc_ms = peewee.BigIntegerField()
    utc_offset_min = peewee.IntegerField()
    samples = peewee.BigIntegerField(null=True)
    state = peewee.TextField()
    reason = peewee.TextField(default="")
    interaction = peewee.TextField(default="", index=True)
    segment = peewee.IntegerField(default=1)
    from_sample = peewee.BigIntegerField(default=0)
    gaps = peewee.TextField(default="")

    class Meta:
        table_name = "recordings"


class AgentRow(peewee.Model):
    """The newest state of an agent; ``reasons`` joined by commas."""

    agent = peewee.TextField(primary_key=True)
    phone = peewee.TextField(default="")
    state = peewee.TextField(default="logged_out")
    reasons = peewee.TextField(default="")
    call = peewee.TextField(default="")
    since_utc_ms = peewee.BigIntegerField()
    locked_until_utc_ms = peewee.BigIntegerField(null=True)

    class Meta:
        table_name = "agents"


class StintRow(peewee.Model):
    """One stay of one call in one queue, known by the number of the fact that began it."""

    seq = peewee.BigIntegerField(primary_key=True)
    call = peewee.TextField(index=True)
    queue = peewee.TextField()
    place = peewee.IntegerField()
    queued_utc_ms = peewee.BigIntegerField(index=True)
    ended_utc_ms = peewee.BigIntegerField(null=True)
    outcome = peewee.TextField(default="")
    agent = peewee.TextField(default="")
    wait_ms = peewee.BigIntegerField(null=True)

    class Meta:
        table_name = "stints"


class MomentRow(peewee.Model):
    """One fact of a call's life, for its time line: what the journal holds of it (``record`` is JSON)."""

    seq = peewee.BigIntegerField(primary_key=True)
    call = peewee.TextField(index=True)
    utc_ms = peewee.BigIntegerField()
    name = peewee.TextField()
    version = peewee.IntegerField()
    record = peewee.TextField()

    class Meta:
        table_name = "moments"


class SpanMomentRow(peewee.Model):
    """One fact about a span (``record`` is JSON). Of each span the newest are kept."""

    seq = peewee.BigIntegerField(primary_key=True)
    span = peewee.IntegerField(index=True)
    utc_ms = peewee.BigIntegerField()
    name = peewee.TextField()
    version = peewee.IntegerField()
    record = peewee.TextField()

    class Meta:
        table_name = "span_moments"


class PortMomentRow(peewee.Model):
    """One fact about a port (``record`` is JSON): its line tests. Of each port the newest are kept."""

    seq = peewee.BigIntegerField(primary_key=True)
    port = peewee.TextField(index=True)
    utc_ms = peewee.BigIntegerField()
    name = peewee.TextField()
    version = peewee.IntegerField()
    record = peewee.TextField()

    class Meta:
        table_name = "port_moments"


class ChargeRow(peewee.Model):
    """What one answered call cost; ``number`` is the other side's, ``day`` that of the answer in the site's calendar, ``steps`` JSON texts one a line."""

    seq = peewee.BigIntegerField(primary_key=True)
    call = peewee.TextField(index=True)
    direction = peewee.TextField()
    line = peewee.TextField()
    trunk_group = peewee.TextField()
    route = peewee.TextField()
    number = peewee.TextField(default="")
    extension = peewee.TextField()
    agent = peewee.TextField()
    account = peewee.TextField()
    charge_account = peewee.TextField()
    tariff = peewee.TextField()
    site_version = peewee.IntegerField()
    basis = peewee.TextField()
    answered_utc_ms = peewee.BigIntegerField(index=True)
    utc_offset_min = peewee.IntegerField()
    day = peewee.TextField()
    duration_ms = peewee.BigIntegerField()
    paid_s = peewee.BigIntegerField()
    pulses = peewee.IntegerField()
    price_li = peewee.BigIntegerField()
    bands = peewee.TextField()
    steps = peewee.TextField()

    class Meta:
        table_name = "charges"


PROJECTED: tuple[type[peewee.Model], ...] = (
    CallRecord,
    RecordingRow,
    AgentRow,
    StintRow,
    MomentRow,
    SpanMomentRow,
    PortMomentRow,
    ChargeRow,
)
"""Tables that are functions of the journal: they can be emptied and made again."""
