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
    text,
)

#: The newest migration in migrations/versions; a database that says so needs no migration.
VERSION = "0008"

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
    # The order of items, and the cursor of lists: rows.item_number. Also its place in the index (indexing.py).
    Column("number", BigInteger, nullable=False, server_default=text("0")),
    Column("milliseconds", Integer, nullable=False, server_default=text("0")),  # that cleaning took
    # Of files: the name as it was claimed, name and type of the clean file, and what came together (a transfer).
    Column("name", Text, nullable=False, server_default=text("''")),
    Column("clean_name", Text, nullable=False, server_default=text("''")),
    Column("clean_type", Text, nullable=False, server_default=text("''")),
    Column("group_id", Text, nullable=False, server_default=text("''")),
    Column("group_key", String(32), nullable=False, server_default=text("''")),  # by which a group is looked up
    # The queries for work look at these columns alone; the database sees to it that the states agree.
    CheckConstraint("due_at IS NULL OR state IN ('cleaned', 'released', 'delivering')", name="due"),
    CheckConstraint(
        "finished_at IS NULL OR state IN ('delivered', 'bounced', 'discarded', 'expired')", name="finished"
    ),
    Index(None, "state", "number"),
    Index(None, "received_at", "id"),
    Index("ix_items_number", "number", unique=True),
    Index("ix_items_size", "original_size", "number"),
    Index("ix_items_sender", "mail_from", "number"),
)
_slow = items.c.milliseconds >= 1_000  # counting.SLOW
Index("ix_items_slow", items.c.number, items.c.milliseconds, sqlite_where=_slow, postgresql_where=_slow)
_waits = items.c.due_at.is_not(None)
Index("ix_items_due_at", items.c.due_at, sqlite_where=_waits, postgresql_where=_waits)
_grouped = items.c.group_key != ""
Index("ix_items_group_key", items.c.group_key, items.c.number, sqlite_where=_grouped, postgresql_where=_grouped)
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

#: Who may sign in. No password, secret or code can be read from these tables.
people = Table(
    "people",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("login", Text, nullable=False, unique=True, index=True),  # lower case
    Column("name", Text, nullable=False),
    Column("address", Text, nullable=False),  # lower case
    Column("role", String(16), nullable=False),
    Column("domains", Text),  # JSON list; NULL: every domain
    Column("state", String(8), nullable=False),
    Column("source", String(8), nullable=False),
    Column("subject", Text, nullable=False, server_default=text("''")),  # issuer and "sub" of an identity provider
    Column("password", Text, nullable=False),  # argon2id in PHC form; "" when nobody can sign in with one
    Column("password_state", String(8), nullable=False),
    Column("password_ends_at", BigInteger),  # of a one-time password
    Column("totp", Text, nullable=False),  # AES-GCM under the key beside the store; "" when not set up
    Column("totp_step", BigInteger, nullable=False),  # the last one that was used: a code is good once
    Column("created_at", BigInteger, nullable=False),
    Column("signed_in_at", BigInteger),
)

_known = people.c.subject != ""
Index("ix_people_subject", people.c.subject, unique=True, sqlite_where=_known, postgresql_where=_known)

recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column("hash", String(64), primary_key=True),  # SHA-256 of person and code
    Column("person_id", String(16), ForeignKey("people.id"), nullable=False, index=True),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token", String(64), primary_key=True),  # SHA-256 of the cookie's value
    Column("id", String(16), nullable=False, unique=True, index=True),  # by which it is named and ended
    Column("person_id", String(16), ForeignKey("people.id"), nullable=False, index=True),
    Column("step", String(16), nullable=False),  # signin.Step: how far the sign-in is
    Column("offered", Text, nullable=False),  # a TOTP secret that is being set up, encrypted
    Column("client", Text, nullable=False),
    Column("agent", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("ends_at", BigInteger, nullable=False, index=True),
    Column("strong_until", BigInteger),
)

tokens = Table(
    "tokens",
    metadata,
    Column("token", String(64), primary_key=True),  # SHA-256 of what the client sends
    Column("id", String(16), nullable=False, unique=True, index=True),
    Column("person_id", String(16), ForeignKey("people.id"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("rights", Text, nullable=False),  # JSON list
    Column("created_at", BigInteger, nullable=False),
    Column("ends_at", BigInteger, nullable=False, index=True),
    Column("used_at", BigInteger),
)

saved_searches = Table(
    "saved_searches",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("person_id", String(16), ForeignKey("people.id"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("query", Text, nullable=False),  # as it stands in the address bar
    Column("created_at", BigInteger, nullable=False),
)

#: Wrong passwords and codes by account and by network, whether or not the account exists.
failures = Table(
    "failures",
    metadata,
    Column("key", String(64), primary_key=True),  # SHA-256: what somebody typed as a login may be a password
    Column("count", Integer, nullable=False),
    Column("last_at", BigInteger, nullable=False, index=True),
    Column("closed_until", BigInteger, nullable=False),
)

#: What happened in each hour (whole hours since 1970 in UTC), of each domain and ("") of everything: counting.py.
hours = Table(
    "hours",
    metadata,
    Column("domain", Text, primary_key=True),
    Column("hour", Integer, primary_key=True, autoincrement=False),
    Column("measure", String(40), primary_key=True),
    Column("value", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

#: News that somebody was told, each under a name of its own: telling.py.
told = Table(
    "told",
    metadata,
    Column("key", Text, primary_key=True),
    Column("at", BigInteger, nullable=False, index=True),
)

#: Releases that need a second person. Rows stay: who agreed to what is evidence.
approvals = Table(
    "approvals",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("item_id", String(18), ForeignKey("items.id"), nullable=False, index=True),
    Column("wanted", String(8), nullable=False),
    Column("reason", Text, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("asked_at", BigInteger, nullable=False),
    Column("state", String(9), nullable=False),
    Column("decided_by", Text),
    Column("decided_at", BigInteger),
    Column("answer", Text, nullable=False),  # why it was refused or withdrawn
)
_undecided = approvals.c.state == "waiting"
# One at a time of each item: two people cannot ask for different things at once.
Index("ix_approvals_waiting", approvals.c.item_id, unique=True, sqlite_where=_undecided, postgresql_where=_undecided)

#: Files that somebody hands in for others on the other side; items belong to it by their group.
transfers = Table(
    "transfers",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("person_id", String(16), nullable=False),
    Column("actor", Text, nullable=False),  # as in the audit: who asks for a release cannot approve it
    Column("address", Text, nullable=False),
    Column("side", String(8), nullable=False),  # the segment where it is handed in
    Column("title", Text, nullable=False),
    Column("profile", Text, nullable=False),  # "": by the recipients
    Column("webhook", Text, nullable=False),
    Column("state", String(9), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Index(None, "person_id", "created_at"),
)
_lives = transfers.c.state.in_(("open", "sent"))
Index("ix_transfers_expires_at", transfers.c.expires_at, sqlite_where=_lives, postgresql_where=_lives)

transfer_recipients = Table(
    "transfer_recipients",
    metadata,
    Column("transfer_id", String(32), ForeignKey("transfers.id"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("address", Text, nullable=False, index=True),  # lower case
)

#: Files on their way in; their bytes are in the folder of uploads until they are an item.
uploads = Table(
    "uploads",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("transfer_id", String(32), ForeignKey("transfers.id"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("path", Text, nullable=False),  # folders above it, as the client named them
    Column("type", Text, nullable=False),
    Column("length", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),  # as the client announced it; "" when it did not
    Column("client", Text, nullable=False),
    Column("listener", Text, nullable=False),
    Column("protocol", Text, nullable=False),
    Column("blob", String(32), nullable=False),  # the id that the original will have: drawn once
    Column("state", String(9), nullable=False),
    Column("item_id", String(18), index=True),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)
_comes = uploads.c.state == "open"
Index("ix_uploads_open", uploads.c.expires_at, sqlite_where=_comes, postgresql_where=_comes)

#: Requests that a client may repeat and that are done once: once.py.
once = Table(
    "once",
    metadata,
    Column("key", String(64), primary_key=True),  # SHA-256 of whose key it is, and of the key
    Column("request", String(64), nullable=False),  # SHA-256 of what was asked for
    Column("answer", Text),  # NULL while it is being done
    Column("at", BigInteger, nullable=False, index=True),
)

#: Webhooks that are to be sent: webhooks.py.
webhooks = Table(
    "webhooks",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("url", Text, nullable=False),
    Column("person_id", String(16), nullable=False),  # whose secret signs it
    Column("body", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", BigInteger, nullable=False, index=True),
)
