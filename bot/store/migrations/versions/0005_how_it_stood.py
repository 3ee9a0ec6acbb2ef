"""What a watch saw of its run, and which watches one listing covers."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("watch", sa.Column("place", sa.Text, nullable=False, server_default=""))
    op.add_column("watch", sa.Column("seen", sa.JSON))
    op.create_index("watch_place", "watch", ["place"])
    watch = sa.table("watch", sa.column("id"), sa.column("ref"), sa.column("place"))
    connection = op.get_bind()
    for row in connection.execute(sa.select(watch.c.id, watch.c.ref)).all():
        connection.execute(sa.update(watch).where(watch.c.id == row.id).values(place=_place(row.ref)))


def _place(ref: str) -> str:
    parts = ref.partition("?")[0].split("/")
    return ref if ref.startswith((".", "/", "~")) or len(parts) < 2 else "/".join(parts[:2])
