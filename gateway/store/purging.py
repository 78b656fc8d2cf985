"""The end of retention: bytes of finished items go, their rows and their record stay.

In three steps, so that a crash between them leaves no file that nobody knows of: rows first say that a file is
leaving (with the audit rows), then the file goes, then the row says that it is gone.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, literal_column, select, update

from gateway.store.blobs import Place
from gateway.store.schema import blobs, items
from gateway.store.writer import Transaction

_BATCH = 200

_DUE = (
    select(items.c.id, items.c.original, items.c.clean)
    .where(
        items.c.finished_at.is_not(None),
        items.c.finished_at < bindparam("before"),
        items.c.purged_at.is_(None),
    )
    .order_by(items.c.finished_at)
    .limit(_BATCH)
    .with_for_update(skip_locked=True)
)
_MARK = update(items).where(items.c.id.in_(bindparam("ids", expanding=True))).values(purged_at=bindparam("now"))
_RELEASE = update(blobs).where(blobs.c.id == bindparam("of")).values(uses=blobs.c.uses - bindparam("fewer"))
_UNUSED = blobs.c.id.in_(bindparam("ids", expanding=True)) & (blobs.c.uses <= 0)
_EMPTY = update(blobs).where(_UNUSED, blobs.c.place == Place.INLINE.value).values(place=Place.GONE.value, data=None)
_LEAVE = update(blobs).where(_UNUSED, blobs.c.place == Place.FILE.value).values(place=Place.LEAVING.value)
_GONE = update(blobs).where(blobs.c.id.in_(bindparam("ids", expanding=True))).values(place=Place.GONE.value)
# A literal, not a parameter: only then do both databases see that the small index is enough.
_LEAVING = select(blobs.c.id).where(blobs.c.place == literal_column("'leaving'"))


def let_go(transaction: Transaction, befores: Sequence[int]) -> list[int]:
    """Purge up to a batch of items finished before a time; how many they were."""
    return [_let_go(transaction, before) for before in befores]


def _let_go(transaction: Transaction, before: int) -> int:
    connection = transaction.connection
    rows = connection.execute(_DUE, {"before": before}).all()
    if not rows:
        return 0
    connection.execute(_MARK, {"ids": [row.id for row in rows], "now": transaction.now})
    release(connection, Counter(blob_id for row in rows for blob_id in _blobs_of(row)))
    for row in rows:
        transaction.audit("retention", "purged", row.id)
    return len(rows)


def release(connection: Connection, fewer: Mapping[str, int]) -> None:
    """So many items fewer refer to each of these blobs; what nobody refers to goes at the next purge."""
    connection.execute(_RELEASE, [{"of": blob_id, "fewer": count} for blob_id, count in fewer.items()])
    connection.execute(_EMPTY, {"ids": list(fewer)})
    connection.execute(_LEAVE, {"ids": list(fewer)})


def _blobs_of(row: Any) -> set[str]:
    return {row.original} if row.clean is None else {row.original, row.clean}


def leaving(connection: Connection) -> list[str]:
    """Blobs whose files are to be removed, those of an interrupted purge included."""
    return list(connection.execute(_LEAVING).scalars())


def mark_gone(transaction: Transaction, groups: Sequence[list[str]]) -> list[None]:
    """The files of these blobs are removed."""
    for ids in groups:
        transaction.connection.execute(_GONE, {"ids": ids})
    return [None] * len(groups)
