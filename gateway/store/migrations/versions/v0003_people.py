"""People who may sign in: accounts, recovery codes, sessions, tokens, saved searches, failed attempts."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the step."""
    _create_people()
    _create_recovery_codes()
    _create_sessions()
    _create_tokens()
    _create_saved_searches()
    _create_failures()


def _text(name: str, length: int | None = None, *, empty: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=length) if length else sa.Text(), nullable=empty)


def _moment(name: str, *, empty: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=empty)


def _of_person(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=f"fk_{table}_person_id")


def _create_people() -> None:
    op.create_table(
        "people",
        _text("id", 16),
        _text("login"),
        _text("name"),
        _text("address"),
        _text("role", 16),
        _text("domains", empty=True),
        _text("state", 8),
        _text("source", 8),
        _text("password"),
        _text("password_state", 8),
        _moment("password_ends_at", empty=True),
        _text("totp"),
        _moment("totp_step"),
        _moment("created_at"),
        _moment("signed_in_at", empty=True),
        sa.PrimaryKeyConstraint("id", name="pk_people"),
    )
    op.create_index("ix_people_login", "people", ["login"], unique=True)


def _create_recovery_codes() -> None:
    op.create_table(
        "recovery_codes",
        _text("hash", 64),
        _text("person_id", 16),
        _of_person("recovery_codes"),
        sa.PrimaryKeyConstraint("hash", name="pk_recovery_codes"),
    )
    op.create_index("ix_recovery_codes_person_id", "recovery_codes", ["person_id"])


def _create_sessions() -> None:
    op.create_table(
        "sessions",
        _text("token", 64),
        _text("id", 16),
        _text("person_id", 16),
        _text("step", 16),
        _text("offered"),
        _text("client"),
        _text("agent"),
        _moment("created_at"),
        _moment("seen_at"),
        _moment("ends_at"),
        _moment("strong_until", empty=True),
        _of_person("sessions"),
        sa.PrimaryKeyConstraint("token", name="pk_sessions"),
    )
    op.create_index("ix_sessions_id", "sessions", ["id"], unique=True)
    op.create_index("ix_sessions_person_id", "sessions", ["person_id"])
    op.create_index("ix_sessions_ends_at", "sessions", ["ends_at"])


def _create_tokens() -> None:
    op.create_table(
        "tokens",
        _text("token", 64),
        _text("id", 16),
        _text("person_id", 16),
        _text("name"),
        _text("rights"),
        _moment("created_at"),
        _moment("ends_at"),
        _moment("used_at", empty=True),
        _of_person("tokens"),
        sa.PrimaryKeyConstraint("token", name="pk_tokens"),
    )
    op.create_index("ix_tokens_id", "tokens", ["id"], unique=True)
    op.create_index("ix_tokens_person_id", "tokens", ["person_id"])
    op.create_index("ix_tokens_ends_at", "tokens", ["ends_at"])


def _create_saved_searches() -> None:
    op.create_table(
        "saved_searches",
        _text("id", 16),
        _text("person_id", 16),
        _text("name"),
        _text("query"),
        _moment("created_at"),
        _of_person("saved_searches"),
        sa.PrimaryKeyConstraint("id", name="pk_saved_searches"),
    )
    op.create_index("ix_saved_searches_person_id", "saved_searches", ["person_id"])


def _create_failures() -> None:
    op.create_table(
        "failures",
        _text("key", 64),
        sa.Column("count", sa.Integer(), nullable=False),
        _moment("last_at"),
        _moment("closed_until"),
        sa.PrimaryKeyConstraint("key", name="pk_failures"),
    )
    op.create_index("ix_failures_last_at", "failures", ["last_at"])
