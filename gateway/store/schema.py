"""The tables. Times are whole microseconds since 1970 in UTC, structures are JSON text."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

#: The newest migration in migrations/versions; a database that says so needs no migration.
VERSION = "0002"

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
    }
)

_sequence = Integer().with_variant(BigInteger(), "postgresql")

#: Write-once bytes. A row stays when its bytes are gone: size and digest are evidence.
blobs = Table(
    "blobs",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("place", String(8), nullable=False),  # blobs.Place
    Column("uses", Integer, nullable=False),  # items that refer to it and are not purged
    Column("data", LargeBinary),  # only while place is "inline"
)
# Only the few that a purge is just removing: no cost for the others.
Index(
    "ix_blobs_leaving", blobs.c.id, sqlite_where=blobs.c.place == "leaving", postgresql_where=blobs.c.place == "leaving"
)

items = Table(
    "items",
    metadata,
    Column("id", String(18), primary_key=True),
    Column("state", String(10), nullable=False),
    Column("channel", String(8), nullable=False),
    Column("profile", Text, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("due_at", BigInteger),  # earliest delivery attempt; NULL when there is nothing to deliver (yet, or any more)
    Column("finished_at", BigInteger),
    Column("purged_at", BigInteger),
    Column("lease_owner", Text),
    Column("lease_until", BigInteger),
    Column("attempts", Integer, nullable=False),
    Column("mail_from", Text, nullable=False),
    Column("client", Text, nullable=False),
    Column("helo", Text, nullable=False),
    Column("tls", Text, nullable=False),
    Column("options", Text, nullable=False),
    Column("direction", String(8), nullable=False),
    Column("listener", Text, nullable=False),
    Column("protocol", Text, nullable=False),
    Column("original", String(32), ForeignKey("blobs.id"), nullable=False),
    Column("original_size", BigInteger, nullable=False),
    Column("original_sha256", String(64), nullable=False),
    Column("clean", String(32), ForeignKey("blobs.id")),
    Column("deliver_original", Boolean, nullable=False),  # a person released the original itself
    Column("subject", Text, nullable=False),
    Column("header_from", Text, nullable=False),
    Column("report", Text),
    Column("decision", Text),
    Column("facts", Text),
    Column("authentication", Text),
    Column("follows", String(18)),  # the item whose locked parts this one brings
    # The queries for work look at these columns alone; the database sees to it that the states agree.
    CheckConstraint("due_at IS NULL OR state IN ('cleaned', 'released', 'delivering')", name="due"),
    CheckConstraint(
        "finished_at IS NULL OR state IN ('delivered', 'bounced', 'discarded', 'expired')", name="finished"
    ),
    Index(None, "state", "received_at"),
    Index(None, "received_at", "id"),
)
_waits = items.c.due_at.is_not(None)
Index("ix_items_due_at", items.c.due_at, sqlite_where=_waits, postgresql_where=_waits)
_purgeable = items.c.finished_at.is_not(None) & items.c.purged_at.is_(None)
Index("ix_items_finished_at", items.c.finished_at, sqlite_where=_purgeable, postgresql_where=_purgeable)

recipients = Table(
    "recipients",
    metadata,
    Column("item_id", String(18), ForeignKey("items.id"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("address", Text, nullable=False),
    Column("state", String(9), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_attempt_at", BigInteger),  # NULL: at once
    Column("reply_code", Integer),
    Column("reply_enhanced", Text),
    Column("reply_text", Text),
    Column("reply_private", Text),
    Column("notify", Text),  # comma-separated; NULL when not given, which RFC 3461 tells apart from NEVER
    Column("orcpt", Text, nullable=False),
    sqlite_with_rowid=False,
)

#: One for each recipient of an item with parts behind a password. Neither link nor code can be read from it.
locks = Table(
    "locks",
    metadata,
    Column("id", String(64), primary_key=True),  # SHA-256 of the token in the link
    Column("item_id", String(18), ForeignKey("items.id"), nullable=False, index=True),
    Column("address", Text, nullable=False),
    Column("code", String(64), nullable=False),  # SHA-256 of token and code
    Column("state", String(8), nullable=False),
    Column("wrong", Integer, nullable=False),  # passwords and codes that did not fit
    Column("not_before", BigInteger, nullable=False),  # the next try
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("opened", Text, nullable=False),  # JSON list: SHA-256 of the parts that were opened already
)
_asked = locks.c.state == "waiting"
Index("ix_locks_waiting", locks.c.expires_at, sqlite_where=_asked, postgresql_where=_asked)

#: Append-only: triggers made by the first migration refuse UPDATE, DELETE and TRUNCATE.
audit = Table(
    "audit",
    metadata,
    Column("seq", _sequence, primary_key=True, autoincrement=False),
    Column("at", String(27), nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", String(16), nullable=False),
    Column("item_id", String(18), nullable=False),
    Column("detail", Text, nullable=False),
    Column("previous_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Index(None, "item_id", "seq"),
)

#: One row: where the chain ends. Shows a tail that was cut off, and lets several gateways append in turn.
audit_head = Table(
    "audit_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("seq", _sequence, nullable=False),
    Column("hash", String(64), nullable=False),
)
