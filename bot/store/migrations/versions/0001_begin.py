"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "watch",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("ref", sa.Text, nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("parent", sa.String(40), sa.ForeignKey("watch.id", ondelete="CASCADE")),
        sa.Column("origin", sa.String(8), nullable=False),
        sa.Column("interval_s", sa.Float, nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("due_at", sa.Double, nullable=False),
        sa.Column("rows", sa.Integer),
        sa.Column("step", sa.Integer),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("lease_until", sa.Double),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("last_error", sa.Text),
        sa.Column("glance", sa.JSON),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.UniqueConstraint("address", "ref"),
    )
    op.create_index("watch_due", "watch", ["state", "due_at"])
    op.create_table(
        "incident",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("watch_id", sa.String(40), sa.ForeignKey("watch.id", ondelete="CASCADE"), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("posted_at", sa.Double),
        sa.Column("opened_at", sa.Double, nullable=False),
        sa.Column("body", sa.JSON, nullable=False),
    )
    op.create_index("incident_watch", "incident", ["watch_id", "state"])
    op.create_table(
        "attachment",
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
    )
    op.create_table(
        "outbox",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("key", sa.String(40), nullable=False, unique=True),
        sa.Column("dest", sa.Text, nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("body", sa.JSON),
        sa.Column("chart", sa.String(64), sa.ForeignKey("attachment.key")),
        sa.Column("parent", sa.String(40)),
        sa.Column("edits", sa.String(40)),
        sa.Column("thread", sa.Text),
        sa.Column("reply_url", sa.Text),
        sa.Column("critical", sa.Boolean, nullable=False),
        sa.Column("orphan", sa.String(4), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("look_ups", sa.Integer, nullable=False),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("not_before", sa.Double, nullable=False),
        sa.Column("lease_until", sa.Double),
        sa.Column("first_attempt_at", sa.Double),
        sa.Column("remote_id", sa.Text),
        sa.Column("root_id", sa.Text),
        sa.Column("maybe_twice", sa.Boolean, nullable=False),
        sa.Column("last_error", sa.Text),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("expires_at", sa.Double, nullable=False),
        sa.Column("done_at", sa.Double),
    )
    op.create_index("outbox_open", "outbox", ["state", "dest", "seq"])
    op.create_table(
        "inbox",
        sa.Column("source", sa.String(40), primary_key=True),
        sa.Column("event_id", sa.Text, primary_key=True),
        sa.Column("payload", sa.JSON, nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("received_at", sa.Double, nullable=False),
    )
    op.create_index("inbox_new", "inbox", ["state", "received_at"])
    op.create_table(
        "digest",
        sa.Column("address", sa.Text, primary_key=True),
        sa.Column("at", sa.String(5), nullable=False),
        sa.Column("days", sa.Text, nullable=False),
        sa.Column("timezone", sa.Text, nullable=False),
        sa.Column("origin", sa.String(8), nullable=False),
        sa.Column("last_slot", sa.Double),
        sa.Column("created_at", sa.Double, nullable=False),
    )
