"""Report pages in the database; since when a watch could not be read; one bucket of requests for all replicas."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("watch", sa.Column("failing_since", sa.Double))
    op.create_table(
        "page",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("ref", sa.Text, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
    )
    op.create_table(
        "bucket",
        sa.Column("name", sa.String(40), primary_key=True),
        sa.Column("level", sa.Double, nullable=False),
        sa.Column("at", sa.Double, nullable=False),
    )
