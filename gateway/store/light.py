"""Light rows: what a list shows of some items, without the rest of what is kept of them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, func, select

from gateway.model import Channel, Decision, Direction, ItemState
from gateway.store.queries import ItemRow
from gateway.store.rows import to_datetime
from gateway.store.schema import items, recipients
from sanitizers.model import Outcome, Severity, Threat

_RECIPIENTS = 3  # that a row names
_COLUMNS = (
    "number", "id", "state", "channel", "direction", "profile", "received_at", "updated_at", "mail_from", "header_from",
    "subject", "original_size", "decision", "report", "milliseconds", "follows",
)  # fmt: skip
_ROWS = select(*(items.c[name] for name in _COLUMNS)).where(items.c.number.in_(bindparam("numbers", expanding=True)))
_OF_THESE = recipients.c.item_id.in_(bindparam("ids", expanding=True))
_FIRST = select(recipients.c.item_id, recipients.c.address).where(_OF_THESE, recipients.c.position < _RECIPIENTS)
_COUNT = select(recipients.c.item_id, func.count()).where(_OF_THESE).group_by(recipients.c.item_id)
_WORST = tuple(reversed(Severity))


class _Finding(msgspec.Struct, frozen=True):
    threat: Threat
    severity: Severity


class _Part(msgspec.Struct, frozen=True):
    outcome: Outcome
    findings: tuple[_Finding, ...]


class _Report(msgspec.Struct, frozen=True):
    """The little of a report that a list shows: the rest is not even decoded."""

    parts: tuple[_Part, ...] = ()


_decode_report = msgspec.json.Decoder(_Report).decode
_decode_decision = msgspec.json.Decoder(Decision).decode


def rows(connection: Connection, numbers: Sequence[int]) -> tuple[ItemRow, ...]:
    """In the order of the numbers; those that nobody has are left out."""
    if not numbers:
        return ()
    found = {row.number: row for row in connection.execute(_ROWS, {"numbers": list(numbers)})}
    ids = {"ids": [row.id for row in found.values()]}
    named: dict[str, list[str]] = {}
    for item_id, address in connection.execute(_FIRST.order_by(recipients.c.item_id, recipients.c.position), ids):
        named.setdefault(item_id, []).append(address)
    counts: dict[str, int] = dict(connection.execute(_COUNT, ids).all())
    return tuple([_row(found[number], named, counts) for number in numbers if number in found])


def _row(row: Any, named: Mapping[str, Iterable[str]], counts: Mapping[str, int]) -> ItemRow:
    decision = None if row.decision is None else _decode_decision(row.decision)
    parts = () if row.report is None else _decode_report(row.report).parts
    findings = [found for part in parts for found in part.findings]
    severities = {found.severity for found in findings}
    return ItemRow(
        id=row.id,
        state=ItemState(row.state),
        channel=Channel(row.channel),
        direction=Direction(row.direction),
        profile=row.profile,
        received_at=to_datetime(row.received_at),
        updated_at=to_datetime(row.updated_at),
        mail_from=row.mail_from,
        header_from=row.header_from,
        subject=row.subject,
        recipients=tuple(named.get(row.id, ())),
        recipient_count=counts.get(row.id, 0),
        size=row.original_size,
        verdict=None if decision is None else decision.verdict,
        rule="" if decision is None else decision.rule,
        outcomes=frozenset([part.outcome for part in parts]),
        threats=tuple(dict.fromkeys([found.threat for found in findings])),
        severity=next((each for each in _WORST if each in severities), None),
        milliseconds=row.milliseconds,
        follows=row.follows or "",
    )
