"""What people decide: owners, silences, false alarms, rules and notes."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("incident", sa.Column("number", sa.Integer))
    op.add_column("incident", sa.Column("owner", sa.Text))
    op.add_column("incident", sa.Column("owned_at", sa.Double))
    op.add_column("incident", sa.Column("wrong_by", sa.Text))
    op.create_table(
        "counter",
        sa.Column("address", sa.Text, primary_key=True),
        sa.Column("last", sa.Integer, nullable=False),
    )
    op.create_table(
        "silence",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("ref", sa.Text),
        sa.Column("diagnosis", sa.Text),
        sa.Column("metric", sa.Text),
        sa.Column("until", sa.Double),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
    )
    op.create_index("silence_address", "silence", ["address"])
    op.create_table(
        "tuning",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("diagnosis", sa.Text, nullable=False),
        sa.Column("fields", sa.JSON, nullable=False),
        sa.Column("incident_id", sa.String(40), nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("undone_at", sa.Double),
    )
    op.create_index("tuning_scope", "tuning", ["scope"])
    op.create_table(
        "rule",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("scope", sa.Text),
        sa.Column("body", sa.JSON, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
    )
    op.create_index("rule_address", "rule", ["address"])
    op.create_table(
        "note",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("ref", sa.Text, nullable=False),
        sa.Column("body", sa.JSON, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
    )
    op.create_index("note_ref", "note", ["ref"])
