"""The index of items: text in grams and facts in marks, by the number that orders items; written with their rows.

SQLite keeps it in an FTS5 table without content, PostgreSQL as tsvector under a GIN index; neither needs anything that
is not part of the database itself. An item is in the index exactly while it is not RECEIVED: what is not cleaned yet
has little to be found by, and the few that wait are looked through one by one.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection

from gateway.store import reach
from gateway.store.drafts import Settlement
from gateway.store.grams import exact_mark, grams, mark
from sanitizers.model import Outcome, Report, Threat

#: The columns that a text is sought in; the last holds the item's number and the names of its parts.
TEXTS = ("subject", "header_from", "mail_from", "recipients", "rest")
_COLUMNS = (*TEXTS, "marks")
_RECIPIENTS = TEXTS.index("recipients")
#: Names of parts beyond this many characters are not indexed: a mail can have hundreds of parts.
_NAMES = 4_000
_DIGEST = 32  # hexadecimal characters of a SHA-256 that are indexed: nobody makes two files that agree in 128 bits
#: PostgreSQL knows 256 places of a word in a text, and 16,383 in all. Of a mail with more recipients than this the
#: addresses lie upon each other there: each is found, and with them, rarely, one that is pieced together of several.
_APART = 100

CREATE = {
    "sqlite": (
        (
            f"CREATE VIRTUAL TABLE search USING fts5({', '.join(_COLUMNS)}, content='', columnsize=0, "
            # Everything that is printed is part of a gram; only the blanks between them are not.
            "tokenize=\"ascii tokenchars '!#$%&()*+,-./:;<=>?@[]^_`{|}~'\")"
        ),
    ),
    "postgresql": (
        "CREATE TABLE search (number BIGINT CONSTRAINT pk_search PRIMARY KEY, words TSVECTOR NOT NULL)",
        # What was not sorted in yet is read whole by every search: kept small.
        "CREATE INDEX ix_search_words ON search USING gin (words) WITH (gin_pending_list_limit = 512)",
    ),
}
_NAMED = ", ".join(f":{column}" for column in _COLUMNS)
_ADD = {
    "sqlite": f"INSERT INTO search (rowid, {', '.join(_COLUMNS)}) VALUES (:number, {_NAMED})",  # noqa: S608 - columns
    "postgresql": "INSERT INTO search (number, words) VALUES (%(number)s, %(words)s::tsvector)",
}
_REMOVE = {
    # Without content FTS5 must be told again what it was given.
    "sqlite": f"INSERT INTO search (search, rowid, {', '.join(_COLUMNS)}) VALUES ('delete', :number, {_NAMED})",  # noqa: S608
    "postgresql": "DELETE FROM search WHERE number = %(number)s",
}


class Entry(msgspec.Struct, frozen=True):
    """What the index knows of one item. A row of `items` gives the same entry each time."""

    number: int
    id: str
    subject: str
    header_from: str
    mail_from: str
    recipients: tuple[str, ...]
    direction: str
    channel: str
    sha256: str
    follows: str
    verdict: str = ""
    report: Report | None = None


def entry(values: Mapping[str, Any], recipients: tuple[str, ...], settlement: Settlement | None) -> Entry:
    """From the columns of an item's row, its recipients' addresses and what cleaning found out."""
    return Entry(
        number=values["number"],
        id=values["id"],
        subject=values["subject"],
        header_from=values["header_from"],
        mail_from=values["mail_from"],
        recipients=recipients,
        direction=values["direction"],
        channel=values["channel"],
        sha256=values["original_sha256"],
        follows=values.get("follows") or "",
        verdict="" if settlement is None else settlement.decision.verdict.value,
        report=None if settlement is None else settlement.report,
    )


def domain_mark(domain: str) -> str:
    """Its mail is of this domain."""
    return mark("d", domain)


def address_mark(address: str) -> str:
    """It is this address's mail."""
    return mark("a", address)


def direction_mark(direction: str) -> str:
    """It goes this way."""
    return mark("i", direction)


def channel_mark(channel: str) -> str:
    """It came in by this."""
    return mark("c", channel)


def verdict_mark(verdict: str) -> str:
    """What was decided after cleaning."""
    return mark("v", verdict)


def follows_mark(item_id: str) -> str:
    """It brings what was behind a password in that item."""
    return mark("f", item_id)


def threat_mark(threat: Threat) -> str:
    """This was found in a part."""
    return mark("t", threat.value)


def outcome_mark(outcome: Outcome) -> str:
    """This became of a part."""
    return mark("o", outcome.value)


def type_mark(media_type: str) -> str:
    """A part is of this type by its content."""
    return mark("y", media_type)


def digest_mark(sha256: str) -> str:
    """These are the bytes of the original or of a part, as it came in or as it goes on."""
    return exact_mark("h", sha256[:_DIGEST])


def add(connection: Connection, entries: Iterable[Entry]) -> None:
    """In the transaction that makes an item anything but RECEIVED."""
    _write(connection, _ADD, entries)


def remove(connection: Connection, entries: Iterable[Entry]) -> None:
    """Before an item becomes RECEIVED again, or is to be indexed anew; with what it was indexed by."""
    _write(connection, _REMOVE, entries)


def _write(connection: Connection, statements: Mapping[str, str], entries: Iterable[Entry]) -> None:
    name = connection.dialect.name
    values = _fts5 if name == "sqlite" else _tsvector
    # FTS5 sorts what comes in order of number for nothing.
    rows = [values(entry) for entry in sorted(entries, key=lambda entry: entry.number)]
    if rows:
        connection.exec_driver_sql(statements[name], rows)


def texts(entry: Entry) -> Sequence[str]:
    """What it is found by, in the order of TEXTS."""
    names = "" if entry.report is None else " ".join([part.name for part in entry.report.parts])[:_NAMES]
    return entry.subject, entry.header_from, entry.mail_from, " ".join(entry.recipients), f"{entry.id} {names}"


def _fts5(entry: Entry) -> dict[str, Any]:
    values: dict[str, Any] = {column: " ".join(grams(text)) for column, text in zip(TEXTS, texts(entry), strict=True)}
    return values | {"number": entry.number, "marks": " ".join(_marks(entry))}


def _tsvector(entry: Entry) -> dict[str, Any]:
    words = [f"'{each}'" for each in _marks(entry)]
    for column, text in enumerate(texts(entry)):
        apart = column != _RECIPIENTS or len(entry.recipients) <= _APART
        for each in [text] if apart else text.split():
            words += [f"'{column}{gram}':{place}" for place, gram in enumerate(grams(each), 1)]
    return {"number": entry.number, "words": " ".join(words)}


def _marks(entry: Entry) -> list[str]:
    whose = reach.addresses_of(entry.direction, entry.mail_from, entry.recipients)
    marks = {domain_mark(domain) for domain in reach.domains_of(whose)}
    marks |= {address_mark(address) for address in whose}
    marks |= {direction_mark(entry.direction), channel_mark(entry.channel), digest_mark(entry.sha256)}
    if entry.verdict:
        marks.add(verdict_mark(entry.verdict))
    if entry.follows:
        marks.add(follows_mark(entry.follows))
    for part in entry.report.parts if entry.report else ():
        marks |= {outcome_mark(part.outcome), type_mark(part.detected_type), digest_mark(part.sha256_in)}
        if part.sha256_out:
            marks.add(digest_mark(part.sha256_out))
        for found in part.findings:
            marks.add(threat_mark(found.threat))
    return sorted(marks)
