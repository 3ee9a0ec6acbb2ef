"""Whether somebody wants to hear when a watched run has ended."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("watch", sa.Column("tells_end", sa.Boolean))
