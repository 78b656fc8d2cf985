"""For a database that is older than the index and the counts: makes both from the rows that are there, in batches."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, text

from gateway.model import Decision, ItemState
from gateway.store import indexing, reach
from gateway.store.counting import ADD, MICROSECONDS, Counts, milliseconds
from gateway.store.drafts import Settlement
from sanitizers.model import Report

_BATCH = 1_000
# By name, and no others: it has to understand a database of its own version, whatever came later.
_ITEMS = text(
    "SELECT id, number, state, channel, direction, mail_from, subject, header_from, original_size, original_sha256, "
    "follows, report, decision, received_at, finished_at FROM items WHERE number > :after ORDER BY number LIMIT :batch"
)
_RECIPIENTS = text(
    "SELECT recipients.item_id, recipients.address FROM recipients JOIN items ON items.id = recipients.item_id "
    "WHERE items.number > :after AND items.number <= :last ORDER BY recipients.item_id, recipients.position"
)
_MILLISECONDS = text("UPDATE items SET milliseconds = :milliseconds WHERE id = :of")

_decode_report = msgspec.json.Decoder(Report).decode
_decode_decision = msgspec.json.Decoder(Decision).decode


def fill(connection: Connection) -> None:
    """Index and count every item, oldest first."""
    for rows, addresses in _batches(connection):
        counts, entries, took = Counts(), [], []
        for row in rows:
            settlement = _settlement(row)
            whose = addresses[row.id]
            _count(counts, row, whose, settlement)
            if row.state != ItemState.RECEIVED:
                entries.append(indexing.entry(row._asdict(), whose, settlement))
            if settlement is not None:
                took.append({"of": row.id, "milliseconds": milliseconds(settlement.report)})
        indexing.add(connection, entries)
        if took:
            connection.execute(_MILLISECONDS, took)
        connection.exec_driver_sql(ADD[connection.dialect.name], counts.rows())


def _batches(connection: Connection) -> Iterator[tuple[Sequence[Any], dict[str, tuple[str, ...]]]]:
    after = -1
    while rows := connection.execute(_ITEMS, {"after": after, "batch": _BATCH}).all():
        found: dict[str, list[str]] = {row.id: [] for row in rows}
        for item_id, address in connection.execute(_RECIPIENTS, {"after": after, "last": rows[-1].number}):
            found[item_id].append(address)
        yield rows, {item_id: tuple(addresses) for item_id, addresses in found.items()}
        after = rows[-1].number


def _settlement(row: Any) -> Settlement | None:
    if row.decision is None:
        return None
    return Settlement(_decode_decision(row.decision), None, None if row.report is None else _decode_report(row.report))


def _count(counts: Counts, row: Any, addresses: tuple[str, ...], settlement: Settlement | None) -> None:
    """What came in and how it was cleaned counts for the hour it came in, its end for the hour it ended."""
    domains = reach.domains_of(reach.addresses_of(row.direction, row.mail_from, addresses))
    hour = row.received_at // MICROSECONDS
    counts.arrived(hour, domains, row.channel, row.direction, row.original_size)
    if settlement is not None:
        counts.cleaned(hour, domains, settlement.report)
        if settlement.decision.verdict == "hold":
            counts.became(hour, domains, ItemState.HELD)
    if row.finished_at is not None:
        counts.became(row.finished_at // MICROSECONDS, domains, ItemState(row.state))
