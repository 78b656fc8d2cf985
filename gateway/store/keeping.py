"""How items come into the store: new mails from the intake, and notices that Kiyome writes itself."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import insert

from gateway.model import ItemState
from gateway.store.blobs import Kept, Place
from gateway.store.drafts import Draft
from gateway.store.rows import Values, item_values, new_item_id, recipient_values
from gateway.store.schema import blobs, items, recipients
from gateway.store.writer import Transaction

_INSERT_BLOB = insert(blobs)
_INSERT_ITEM = insert(items)
_INSERT_RECIPIENT = insert(recipients)


class Arrival(msgspec.Struct, frozen=True):
    """One mail and the items it becomes: drafts share the original."""

    drafts: tuple[Draft, ...]
    original: Kept


class Notice(msgspec.Struct, frozen=True):
    """A mail written by Kiyome: nothing to clean, original and clean are the same bytes."""

    draft: Draft
    data: Kept


class _Rows:
    """Rows collected over a group, so that each table takes one statement."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self.blobs: list[Values] = []
        self.items: list[Values] = []
        self.recipients: list[Values] = []

    def add(self, draft: Draft, original: Kept, state: ItemState) -> str:
        values = item_values(draft, self._transaction.now)
        item_id = new_item_id(draft.envelope.received_at)
        values |= {
            "id": item_id,
            "state": state.value,
            "original": original.id,
            "original_size": original.size,
            "original_sha256": original.sha256,
        }
        self.items.append(values)
        self.recipients += [
            recipient_values(item_id, position, recipient)
            for position, recipient in enumerate(draft.envelope.recipients)
        ]
        return item_id

    def insert(self) -> None:
        self._transaction.write(_INSERT_BLOB, self.blobs)
        self._transaction.write(_INSERT_ITEM, self.items)
        self._transaction.write(_INSERT_RECIPIENT, self.recipients)


def blob_values(kept: Kept, uses: int) -> Values:
    """The row of bytes that `uses` items refer to."""
    place = (Place.FILE if kept.data is None else Place.INLINE).value
    return {"id": kept.id, "size": kept.size, "sha256": kept.sha256, "place": place, "uses": uses, "data": kept.data}


def keep_arrivals(transaction: Transaction, arrivals: Sequence[Arrival]) -> list[tuple[str, ...]]:
    """The numbers of each arrival's items."""
    rows = _Rows(transaction)
    answers = []
    for arrival in arrivals:
        original = arrival.original
        rows.blobs.append(blob_values(original, len(arrival.drafts)))
        ids = tuple([rows.add(draft, original, ItemState.RECEIVED) for draft in arrival.drafts])
        for item_id, draft in zip(ids, arrival.drafts, strict=True):
            actor = f"intake:{draft.envelope.listener}"
            transaction.audit(actor, "received", item_id, sha256=original.sha256, size=original.size)
        answers.append(ids)
    rows.insert()
    return answers


def keep_notices(transaction: Transaction, notices: Sequence[Notice]) -> list[str]:
    """The number of each notice, which is ready for delivery."""
    rows = _Rows(transaction)
    answers = []
    for notice in notices:
        kept = notice.data
        rows.blobs.append(blob_values(kept, 1))
        item_id = rows.add(notice.draft, kept, ItemState.CLEANED)
        rows.items[-1] |= {"clean": kept.id, "due_at": rows.items[-1]["received_at"]}
        transaction.audit("kiyome", "notice", item_id, sha256=kept.sha256, size=kept.size)
        answers.append(item_id)
    rows.insert()
    return answers
