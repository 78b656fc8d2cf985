"""Files beside mails: their names, and what came together."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the step."""
    for name in ("name", "clean_name", "clean_type", "group_id"):
        op.add_column("items", sa.Column(name, sa.Text(), nullable=False, server_default=sa.text("''")))
    op.add_column("items", sa.Column("group_key", sa.String(length=32), nullable=False, server_default=sa.text("''")))
    grouped = sa.text("group_key != ''")
    op.create_index(
        "ix_items_group_key", "items", ["group_key", "number"], sqlite_where=grouped, postgresql_where=grouped
    )
