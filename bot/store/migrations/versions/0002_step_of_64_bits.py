"""A step may count tokens. In SQLite every integer has 64 bits already."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    if op.get_context().dialect.name == "postgresql":
        op.alter_column("watch", "step", type_=sa.BigInteger)
