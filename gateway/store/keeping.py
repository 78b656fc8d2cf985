"""How items come into the store: new mails from the intake, and notices that Kiyome writes itself."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import bindparam, insert, select, update

from gateway.model import ItemState
from gateway.store import indexing, reach
from gateway.store.blobs import Kept, Place
from gateway.store.drafts import Draft, FollowUp, Settlement
from gateway.store.rows import Values, item_values, new_item_id, recipient_values, settlement_values
from gateway.store.schema import blobs, items, recipients
from gateway.store.writer import Transaction
from sanitizers.rules import Verdict

_INSERT_BLOB = insert(blobs)
_INSERT_ITEM = insert(items)
_INSERT_RECIPIENT = insert(recipients)
_BLOB = select(blobs.c.id, blobs.c.size, blobs.c.sha256).where(blobs.c.id == bindparam("id"))
_SHARE = update(blobs).where(blobs.c.id == bindparam("of")).values(uses=blobs.c.uses + 1)


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
        self.entries: list[indexing.Entry] = []

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
        addresses = [recipient.address for recipient in draft.envelope.recipients]
        whose = reach.addresses_of(values["direction"], values["mail_from"], addresses)
        self._transaction.counts.arrived(
            self._transaction.hour, reach.domains_of(whose), values["channel"], values["direction"], original.size
        )
        return item_id

    def index(self, settlement: Settlement | None = None) -> None:
        """The item that was added last is not RECEIVED: it can be searched for at once."""
        values = self.items[-1]
        addresses = tuple([row["address"] for row in self.recipients if row["item_id"] == values["id"]])
        self.entries.append(indexing.entry(values, addresses, settlement))

    def count(self, settlement: Settlement, state: ItemState) -> None:
        """The item that was added last was cleaned before it was kept."""
        values = self.items[-1]
        addresses = [row["address"] for row in self.recipients if row["item_id"] == values["id"]]
        domains = reach.domains_of(reach.addresses_of(values["direction"], values["mail_from"], addresses))
        self._transaction.counts.cleaned(self._transaction.hour, domains, settlement.report)
        self._transaction.counts.became(self._transaction.hour, domains, state)

    def insert(self) -> None:
        indexing.add(self._transaction.connection, self.entries)
        self._transaction.write(_INSERT_BLOB, self.blobs)
        self._transaction.write(_INSERT_ITEM, self.items)
        self._transaction.write(_INSERT_RECIPIENT, self.recipients)


class Following(msgspec.Struct, frozen=True):
    """An item that follows another: it has the same original, and a clean version of its own."""

    follow_up: FollowUp
    clean: Kept | None
    original: str  #: blob id of the item that it follows


def keep_followers(transaction: Transaction, followers: Sequence[Following]) -> list[str]:
    """The number of each; cleaned or held as its decision says."""
    rows = _Rows(transaction)
    answers = []
    for follower in followers:
        settlement, clean = follower.follow_up.settlement, follower.clean
        source = transaction.connection.execute(_BLOB, {"id": follower.original}).one()
        transaction.connection.execute(_SHARE, {"of": follower.original})
        if clean is not None:
            rows.blobs.append(blob_values(clean, 1))
        delivers = settlement.decision.verdict is Verdict.DELIVER
        state = ItemState.CLEANED if delivers else ItemState.HELD
        item_id = rows.add(follower.follow_up.draft, Kept(source.id, source.size, source.sha256, None), state)
        rows.items[-1] |= settlement_values(settlement) | {
            "clean": None if clean is None else clean.id,
            "due_at": rows.items[-1]["received_at"] if delivers else None,
            "follows": follower.follow_up.follows,
        }
        rows.index(settlement)
        rows.count(settlement, state)
        sha256 = "" if clean is None else clean.sha256
        transaction.audit("kiyome", state.value, item_id, rule=settlement.decision.rule, sha256=sha256)
        answers.append(item_id)
    rows.insert()
    return answers


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
        rows.index()
        transaction.audit("kiyome", "notice", item_id, sha256=kept.sha256, size=kept.size)
        answers.append(item_id)
    rows.insert()
    return answers
