"""A message knows which run it is about, so that it need not be named in its thread."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("outbox", sa.Column("about", sa.Text))
