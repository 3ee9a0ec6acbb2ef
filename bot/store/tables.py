"""The schema of the one database. Portable between SQLite and PostgreSQL; changed only together with a migration.

Times are seconds since epoch (UTC). Ids are text. What only the bot reads back as a whole is JSON.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Double,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

from bot.address import Address


class AddressText(TypeDecorator[Address]):
    """An Address, stored as `platform:channel`."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Address | None, dialect: Any) -> str | None:
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: Any) -> Address | None:
        return None if value is None else Address.parse(value)


metadata = MetaData()
Step = Integer().with_variant(BigInteger(), "postgresql")  # a run may count tokens; an integer of SQLite has 64 bits

watch = Table(
    "watch",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("address", AddressText, nullable=False),
    Column("ref", Text, nullable=False),
    Column("place", Text, nullable=False),  # what one listing covers: entity/project, or the path of a file
    Column("kind", String(8), nullable=False),  # run, filter
    Column("parent", String(40), ForeignKey("watch.id", ondelete="CASCADE")),
    Column("origin", String(8), nullable=False),  # chat, config
    Column("interval_s", Float, nullable=False),
    Column("state", String(8), nullable=False),  # active, ended
    Column("due_at", Double, nullable=False),
    Column("rows", Integer),
    Column("step", Step),
    Column("epoch", Integer, nullable=False),
    Column("lease_until", Double),
    Column("failures", Integer, nullable=False),
    Column("failing_since", Double),  # when the first of them was
    Column("last_error", Text),
    Column("tells_end", Boolean),  # somebody wants to hear when its run has ended, and has not yet
    Column("glance", JSON),
    Column("seen", JSON),
    Column("created_at", Double, nullable=False),
    UniqueConstraint("address", "ref"),
    Index("watch_due", "state", "due_at"),
    Index("watch_place", "place"),
)

incident = Table(
    "incident",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("watch_id", String(40), ForeignKey("watch.id", ondelete="CASCADE"), nullable=False),
    Column("state", String(8), nullable=False),
    Column("posted_at", Double),
    Column("opened_at", Double, nullable=False),
    Column("body", JSON, nullable=False),
    # What people made of it; polls leave these alone.
    Column("number", Integer),  # what the channel calls it, from its first message on
    Column("owner", Text),
    Column("owned_at", Double),
    Column("wrong_by", Text),  # who called it a false alarm
    Index("incident_watch", "watch_id", "state"),
)

counter = Table(
    "counter",
    metadata,
    Column("address", AddressText, primary_key=True),
    Column("last", Integer, nullable=False),  # number of the newest incident of this channel
)

silence = Table(
    "silence",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("address", AddressText, nullable=False),
    Column("ref", Text),  # null: every run
    Column("diagnosis", Text),  # null: every fault
    Column("metric", Text),  # null: every metric
    Column("until", Double),  # null: until the run ends
    Column("by", Text, nullable=False),
    Column("created_at", Double, nullable=False),
    Index("silence_address", "address"),
)

tuning = Table(
    "tuning",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("scope", Text, nullable=False),  # entity/project, or the reference of a run that belongs to none
    Column("diagnosis", Text, nullable=False),
    Column("fields", JSON, nullable=False),  # as under `diagnoses.<id>` of the configuration file
    Column("incident_id", String(40), nullable=False),
    Column("by", Text, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("undone_at", Double),
    Index("tuning_scope", "scope"),
)

rule = Table(
    "rule",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("address", AddressText, nullable=False),
    Column("scope", Text),  # a run, or entity/project; null: whatever this channel watches
    Column("body", JSON, nullable=False),  # metric, side, limit, points
    Column("active", Boolean, nullable=False),  # false: not confirmed so far
    Column("by", Text, nullable=False),
    Column("created_at", Double, nullable=False),
    Index("rule_address", "address"),
)

note = Table(
    "note",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("ref", Text, nullable=False),
    Column("body", JSON, nullable=False),  # text; successes, trials, rate, step where it is a success rate
    Column("by", Text, nullable=False),
    Column("created_at", Double, nullable=False),
    Index("note_ref", "ref"),
)

attachment = Table(
    "attachment",
    metadata,
    Column("key", String(64), primary_key=True),  # sha256 of the bytes
    Column("content", LargeBinary, nullable=False),
    Column("created_at", Double, nullable=False),
)

outbox = Table(
    "outbox",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),  # the order in which a destination hears things
    Column("key", String(40), nullable=False, unique=True),
    Column("dest", AddressText, nullable=False),
    Column("kind", String(8), nullable=False),
    Column("body", JSON),  # a Message; null: a chart alone
    Column("chart", String(64), ForeignKey("attachment.key")),
    Column("parent", String(40)),  # key of the row under whose message it goes
    Column("edits", String(40)),  # key of the row whose message it replaces
    # The message it goes under, when a person started it: its remote id. (In the database still by its first name.)
    Column("thread", Text, key="reply_to_message_id"),
    Column("reply_url", Text),
    Column("critical", Boolean, nullable=False),
    Column("orphan", String(4), nullable=False),  # root, drop
    Column("state", String(8), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("look_ups", Integer, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("not_before", Double, nullable=False),
    Column("lease_until", Double),
    Column("first_attempt_at", Double),
    Column("remote_id", Text),
    Column(
        "root_id", Text, key="root_message_id"
    ),  # remote id of the message whose thread it stands in; its own at the top
    Column("maybe_twice", Boolean, nullable=False),
    Column("last_error", Text),
    Column("created_at", Double, nullable=False),
    Column("expires_at", Double, nullable=False),
    Column("done_at", Double),
    Column("about", Text),  # reference of the run
    Index("outbox_open", "state", "dest", "seq"),
)

inbox = Table(
    "inbox",
    metadata,
    Column("source", String(40), primary_key=True),
    Column("event_id", Text, primary_key=True),
    Column("payload", JSON, nullable=False),
    Column("state", String(8), nullable=False),  # new, done
    Column("attempts", Integer, nullable=False),
    Column("received_at", Double, nullable=False),
    Column("taken_until", Double),  # some process is at it; null: nobody
    Index("inbox_new", "state", "received_at"),
)

page = Table(
    "page",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("ref", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),  # HTML, deflated
    Column("created_at", Double, nullable=False),
)

bucket = Table(
    "bucket",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("level", Double, nullable=False),  # what has been taken and not flowed off yet
    Column("at", Double, nullable=False),
)

pulse = Table(
    "pulse",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("beats", BigInteger, nullable=False),
)

digest = Table(
    "digest",
    metadata,
    Column("address", AddressText, primary_key=True),
    Column("at", String(5), nullable=False),
    Column("days", Text, nullable=False),
    Column("timezone", Text, nullable=False),
    Column("origin", String(8), nullable=False),
    Column("last_slot", Double),
    Column("created_at", Double, nullable=False),
)
