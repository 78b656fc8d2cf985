"""What people were told of, and who is known by an identity provider."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the step."""
    op.create_table(
        "told",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_told"),
    )
    op.create_index("ix_told_at", "told", ["at"])
    op.add_column("people", sa.Column("subject", sa.Text(), nullable=False, server_default=sa.text("''")))
    known = sa.text("subject != ''")
    op.create_index("ix_people_subject", "people", ["subject"], unique=True, sqlite_where=known, postgresql_where=known)
