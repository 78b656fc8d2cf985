"""Files from one side to the other: transfers, and uploads on their way in."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the step."""
    _create_transfers()
    _create_uploads()


def _create_transfers() -> None:
    op.create_table(
        "transfers",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=16), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("side", sa.String(length=8), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("profile", sa.Text(), nullable=False),
        sa.Column("webhook", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=9), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_transfers"),
    )
    op.create_index("ix_transfers_person_id_created_at", "transfers", ["person_id", "created_at"])
    lives = sa.text("state IN ('open', 'sent')")
    op.create_index("ix_transfers_expires_at", "transfers", ["expires_at"], sqlite_where=lives, postgresql_where=lives)
    op.create_table(
        "transfer_recipients",
        sa.Column("transfer_id", sa.String(length=32), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["transfer_id"], ["transfers.id"], name="fk_transfer_recipients_transfer_id"),
        sa.PrimaryKeyConstraint("transfer_id", "position", name="pk_transfer_recipients"),
    )
    op.create_index("ix_transfer_recipients_address", "transfer_recipients", ["address"])


def _create_uploads() -> None:
    op.create_table(
        "uploads",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("transfer_id", sa.String(length=32), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("name", "path", "type")),
        sa.Column("length", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("client", "listener", "protocol")),
        sa.Column("blob", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=9), nullable=False),
        sa.Column("item_id", sa.String(length=18), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["transfer_id"], ["transfers.id"], name="fk_uploads_transfer_id"),
        sa.PrimaryKeyConstraint("id", name="pk_uploads"),
    )
    op.create_index("ix_uploads_transfer_id", "uploads", ["transfer_id"])
    op.create_index("ix_uploads_item_id", "uploads", ["item_id"])
    comes = sa.text("state = 'open'")
    op.create_index("ix_uploads_open", "uploads", ["expires_at"], sqlite_where=comes, postgresql_where=comes)
