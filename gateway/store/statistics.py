"""Reading the counts: what happened by hour, and the first page's overview. Bounded, however many items there are."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Connection, bindparam, func, select

from gateway.access.model import Scope
from gateway.model import ItemState, LockState, RecipientState
from gateway.store import light, reach, sought
from gateway.store.counting import (
    BYTES,
    EVERYBODY,
    FILES_IN,
    FILES_OUT,
    MAILS_IN,
    MAILS_OUT,
    MICROSECONDS,
    NOTICES,
    SLOW,
    TOOK_MOST,
    TOOK_SUM,
)
from gateway.store.queries import HourCounts, ItemRow, Overview, QueueRow
from gateway.store.rows import NUMBERS, to_datetime, to_microseconds
from gateway.store.schema import approvals, hours, items, locks, recipients
from sanitizers.model import Outcome, Threat

#: The longest time that statistics are given for at once, in hours: a leap year and a day.
MOST_HOURS = 367 * 24
#: What is counted now is counted up to this.
COUNTED_TO = 10_000
#: The longest waiting items that the queue is told of.
_QUEUE = 5_000
_SLOWEST = 5
_SLOW_SEEN = 500
#: States that are not the last of an item's life.
ALIVE = (ItemState.RECEIVED, ItemState.CLEANED, ItemState.HELD, ItemState.RELEASED, ItemState.DELIVERING)

_HOURS = (
    select(hours.c.hour, hours.c.measure, func.sum(hours.c.value), func.max(hours.c.value))
    .where(
        hours.c.domain.in_(bindparam("domains", expanding=True)),
        hours.c.hour >= bindparam("since"),
        hours.c.hour < bindparam("until"),
    )
    .group_by(hours.c.hour, hours.c.measure)
)
_SLOW = (
    select(items.c.number)
    .where(items.c.milliseconds >= SLOW, items.c.number >= bindparam("since"))
    .order_by(items.c.milliseconds.desc(), items.c.number.desc())
)
_LONGEST_DUE = (
    select(items.c.id, items.c.received_at).where(items.c.due_at.is_not(None)).order_by(items.c.due_at).limit(_QUEUE)
)
_WAITING = (
    select(
        recipients.c.item_id,
        recipients.c.address,
        recipients.c.next_attempt_at,
        recipients.c.attempts,
        recipients.c.reply_code,
        recipients.c.reply_text,
    )
    .where(
        recipients.c.item_id.in_(bindparam("ids", expanding=True)), recipients.c.state == RecipientState.WAITING.value
    )
)  # fmt: skip


def statistics(connection: Connection, scope: Scope, since: datetime, until: datetime) -> list[HourCounts]:
    """Hours in which anything happened, oldest first, those that `since` and `until` lie in included.

    There are none for single addresses. Raises ValueError for a longer time than MOST_HOURS.
    """
    first, last = _hour(since), -(-to_microseconds(until) // MICROSECONDS)
    if last - first > MOST_HOURS:
        raise ValueError(f"statistics go over {MOST_HOURS} hours at most")
    found: dict[int, dict[str, tuple[int, int]]] = {}
    values = {"domains": _domains(scope), "since": first, "until": last}
    for hour, measure, total, most in connection.execute(_HOURS, values):
        found.setdefault(hour, {})[measure] = (int(total), most)
    return [_counts(_begins(hour), found[hour]) for hour in sorted(found)]


def _domains(scope: Scope) -> list[str]:
    return [EVERYBODY] if reach.unlimited(scope) else sorted((scope.domains or frozenset()) - {EVERYBODY})


def _hour(moment: datetime) -> int:
    return to_microseconds(moment) // MICROSECONDS


def _begins(hour: int) -> datetime:
    return to_datetime(hour * MICROSECONDS)


def _counts(begins: datetime, measures: Mapping[str, tuple[int, int]]) -> HourCounts:
    sums = {measure: total for measure, (total, _) in measures.items()}
    took = {name: number for name, number in _named("took.", sums).items() if name.isdecimal()}
    longer = {0: sums["took.longer"]} if "took.longer" in sums else {}
    return HourCounts(
        hour=begins,
        mails_in=sums.get(MAILS_IN, 0),
        mails_out=sums.get(MAILS_OUT, 0),
        files_in=sums.get(FILES_IN, 0),
        files_out=sums.get(FILES_OUT, 0),
        notices=sums.get(NOTICES, 0),
        bytes=sums.get(BYTES, 0),
        items={ItemState(name): number for name, number in _named("items.", sums).items()},
        parts={Outcome(name): number for name, number in _named("parts.", sums).items()},
        findings={Threat(name): number for name, number in _named("findings.", sums).items()},
        milliseconds=sums.get(TOOK_SUM, 0),
        longest=measures[TOOK_MOST][1] if TOOK_MOST in measures else 0,
        took={int(name): number for name, number in took.items()} | longer,
    )


def _named(prefix: str, sums: Mapping[str, int]) -> dict[str, int]:
    return {measure.removeprefix(prefix): number for measure, number in sums.items() if measure.startswith(prefix)}


def added(begins: datetime, counts: Iterable[HourCounts]) -> HourCounts:
    """Several hours as one: a day, or a month."""
    whole = HourCounts(hour=begins)
    for each in counts:
        whole = msgspec.structs.replace(
            whole,
            mails_in=whole.mails_in + each.mails_in,
            mails_out=whole.mails_out + each.mails_out,
            files_in=whole.files_in + each.files_in,
            files_out=whole.files_out + each.files_out,
            notices=whole.notices + each.notices,
            bytes=whole.bytes + each.bytes,
            items=_sum(whole.items, each.items),
            parts=_sum(whole.parts, each.parts),
            findings=_sum(whole.findings, each.findings),
            milliseconds=whole.milliseconds + each.milliseconds,
            longest=max(whole.longest, each.longest),
            took=_sum(whole.took, each.took),
        )
    return whole


def _sum(one: Mapping[Any, int], other: Mapping[Any, int]) -> dict[Any, int]:
    return {key: one.get(key, 0) + other.get(key, 0) for key in {**one, **other}}


def overview(connection: Connection, scope: Scope, now: datetime, zone: ZoneInfo) -> Overview:
    """Today in this zone, the last 24 hours, and what waits."""
    midnight = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)
    first = _hour(now) - 23
    found = {each.hour: each for each in statistics(connection, scope, min(midnight, _begins(first)), now)}
    last = [found.get(_begins(hour), HourCounts(hour=_begins(hour))) for hour in range(first, first + 24)]
    return Overview(
        today=added(midnight, [each for each in found.values() if each.hour >= midnight]),
        hours=tuple(last),
        now={state: _alive(connection, scope, state) for state in ALIVE},
        approvals=_asked(connection, scope),
        locked=_locked(connection, scope, now),
        slowest=_slowest(connection, scope, now - timedelta(hours=24)),
        queue=tuple(queue(connection, scope)),
    )


def _alive(connection: Connection, scope: Scope, state: ItemState) -> int:
    few = select(items.c.number).where(items.c.state == state.value).order_by(items.c.number.desc())
    if not reach.unlimited(scope):
        few = few.where(sought.within(scope))
    counted = select(func.count()).select_from(few.limit(COUNTED_TO).subquery())
    return connection.execute(counted).scalar_one()


def _asked(connection: Connection, scope: Scope) -> int:
    asked = select(func.count()).select_from(approvals).where(approvals.c.state == "waiting")
    if not reach.unlimited(scope):
        asked = asked.join(items, items.c.id == approvals.c.item_id).where(sought.within(scope))
    return connection.execute(asked).scalar_one()


def _locked(connection: Connection, scope: Scope, now: datetime) -> int:
    waits = (locks.c.state == LockState.WAITING.value, locks.c.expires_at > to_microseconds(now))
    asked = select(func.count(locks.c.item_id.distinct())).where(*waits)
    if not reach.unlimited(scope):
        asked = asked.join(items, items.c.id == locks.c.item_id).where(sought.within(scope))
    return connection.execute(asked).scalar_one()


def _slowest(connection: Connection, scope: Scope, since: datetime) -> tuple[ItemRow, ...]:
    chosen = _SLOW.limit(_SLOWEST)
    if not reach.unlimited(scope):
        seen = _SLOW.limit(_SLOW_SEEN).subquery()
        chosen = select(items.c.number).join(seen, seen.c.number == items.c.number).where(sought.within(scope))
        chosen = chosen.order_by(items.c.milliseconds.desc(), items.c.number.desc()).limit(_SLOWEST)
    numbers = connection.execute(chosen, {"since": to_microseconds(since) * NUMBERS}).scalars().all()
    return light.rows(connection, numbers)


class _Queue:
    """What is known of one domain while the queue is gone through."""

    def __init__(self) -> None:
        self.recipients = 0
        self.items: set[str] = set()
        self.oldest = 2**63
        self.next_attempts: list[int] = []
        self.attempts = 0
        self.reply = (-1, "")

    def add(self, row: Any, received_at: int) -> None:
        self.recipients += 1
        self.items.add(row.item_id)
        self.oldest = min(self.oldest, received_at)
        self.next_attempts.append(row.next_attempt_at or 0)
        self.attempts = max(self.attempts, row.attempts)
        if row.reply_code is not None:
            self.reply = max(self.reply, (row.next_attempt_at or 0, f"{row.reply_code} {row.reply_text}"))

    def row(self, domain: str) -> QueueRow:
        return QueueRow(
            domain=domain,
            recipients=self.recipients,
            items=len(self.items),
            oldest=to_datetime(self.oldest),
            next_attempt_at=to_datetime(first) if (first := min(self.next_attempts)) else None,
            attempts=self.attempts,
            last_reply=self.reply[1],
        )


def queue(connection: Connection, scope: Scope) -> list[QueueRow]:
    """Who waits for mail, by recipients' domain, the largest first; of the items that are due longest."""
    chosen = _LONGEST_DUE if reach.unlimited(scope) else _LONGEST_DUE.where(sought.within(scope))
    due = dict(connection.execute(chosen).all())
    domains: dict[str, _Queue] = {}
    for row in connection.execute(_WAITING, {"ids": list(due)}):
        domain = row.address.rpartition("@")[2].lower()
        domains.setdefault(domain, _Queue()).add(row, due[row.item_id])
    return sorted([each.row(domain) for domain, each in domains.items()], key=lambda row: (-row.recipients, row.domain))
