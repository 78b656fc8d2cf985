"""Lists that stay fast: a number that orders items, the index, counts by hour; and releases by a second person."""

import sqlalchemy as sa
from alembic import op

from gateway.store import backfilling, indexing

revision = "0004"
down_revision = "0003"

# As rows.item_number makes them: the time, and a counter among what came in one microsecond.
_NUMBERS = """
UPDATE items SET number = items.received_at * 2048 + ranked.place
FROM (SELECT id, row_number() OVER (PARTITION BY received_at ORDER BY id) - 1 AS place FROM items) AS ranked
WHERE ranked.id = items.id
"""


def upgrade() -> None:
    """Make the step."""
    op.add_column("items", sa.Column("number", sa.BigInteger(), nullable=False, server_default=sa.text("0")))
    op.add_column("items", sa.Column("milliseconds", sa.Integer(), nullable=False, server_default=sa.text("0")))
    op.execute(_NUMBERS)
    _order_items()
    _create_hours()
    _create_approvals()
    connection = op.get_bind()
    for statement in indexing.CREATE[connection.dialect.name]:
        connection.exec_driver_sql(statement)
    backfilling.fill(connection)


def _order_items() -> None:
    op.create_index("ix_items_number", "items", ["number"], unique=True)
    op.create_index("ix_items_state_number", "items", ["state", "number"])
    op.create_index("ix_items_size", "items", ["original_size", "number"])
    op.create_index("ix_items_sender", "items", ["mail_from", "number"])
    op.drop_index("ix_items_state_received_at", "items")
    slow = sa.text("milliseconds >= 1000")
    op.create_index("ix_items_slow", "items", ["number", "milliseconds"], sqlite_where=slow, postgresql_where=slow)


def _create_hours() -> None:
    op.create_table(
        "hours",
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("hour", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("measure", sa.String(length=40), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("domain", "hour", "measure", name="pk_hours"),
        sqlite_with_rowid=False,
    )


def _create_approvals() -> None:
    op.create_table(
        "approvals",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("item_id", sa.String(length=18), nullable=False),
        sa.Column("wanted", sa.String(length=8), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=9), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name="fk_approvals_item_id"),
        sa.PrimaryKeyConstraint("id", name="pk_approvals"),
    )
    op.create_index("ix_approvals_item_id", "approvals", ["item_id"])
    waiting = sa.text("state = 'waiting'")
    op.create_index(
        "ix_approvals_waiting",
        "approvals",
        ["item_id"],
        unique=True,
        sqlite_where=waiting,
        postgresql_where=waiting,
    )
