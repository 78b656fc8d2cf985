"""Files that leave by being asked for: handed over to who may have them, on record, until everybody has them."""

from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, literal_column, select, update

from gateway.model import FILE_CHANNELS, Channel, Item, ItemState, RecipientState
from gateway.store import reach
from gateway.store.errors import NoSuchItem, UnknownRecipient, WrongState
from gateway.store.loading import load, recipient_rows
from gateway.store.rows import group_key
from gateway.store.schema import items, recipients
from gateway.store.writer import Transaction

_ROW = select(items).where(items.c.id == bindparam("id")).with_for_update()
_READY = frozenset({ItemState.CLEANED, ItemState.RELEASED, ItemState.DELIVERED})
_STEP = (
    update(recipients)
    .where(recipients.c.item_id == bindparam("of"), recipients.c.position == bindparam("at"))
    .values(
        state=RecipientState.DELIVERED.value,
        attempts=recipients.c.attempts + 1,
        reply_code=250,
        reply_enhanced="2.0.0",
        reply_text=bindparam("text"),
        reply_private="",
        next_attempt_at=None,
    )
)
_DONE = (
    update(items)
    .where(items.c.id == bindparam("of"))
    .values(state=ItemState.DELIVERED.value, updated_at=bindparam("now"), finished_at=bindparam("now"), due_at=None)
)
_OF_GROUP = (
    select(items.c.id)
    .where(
        items.c.group_key != literal_column("''"),  # as the index says it
        items.c.group_key == bindparam("key"),
        items.c.group_id == bindparam("group"),
        items.c.channel == bindparam("channel"),
    )
    .order_by(items.c.number)
    .limit(1)
)


class HandOver(msgspec.Struct, frozen=True):
    """A file was fetched or answered with; `address` "" stands for everybody it is for."""

    item_id: str
    actor: str
    text: str  #: what happened, in a word
    address: str = ""


def hand_over(transaction: Transaction, wish: HandOver) -> Item:
    """In one transaction with its audit row. Raises NoSuchItem, WrongState, UnknownRecipient."""
    connection = transaction.connection
    row = connection.execute(_ROW, {"id": wish.item_id}).one_or_none()
    if row is None:
        raise NoSuchItem(wish.item_id)
    if row.channel not in FILE_CHANNELS or row.state not in _READY:
        raise WrongState(wish.item_id, ItemState(row.state), ItemState.DELIVERED)
    rows = recipient_rows(connection, [row.id])
    meant = [each for each in rows if wish.address.lower() in {"", each.address.lower()}]
    if not meant:
        raise UnknownRecipient(wish.item_id)
    transaction.audit(wish.actor, "handed_over", row.id, how=wish.text, recipient=wish.address)
    for each in meant:
        if each.state == RecipientState.WAITING.value:
            connection.execute(_STEP, {"of": row.id, "at": each.position, "text": wish.text})
    waits = any(each.state == RecipientState.WAITING.value and each not in meant for each in rows)
    if not waits and row.state != ItemState.DELIVERED.value:
        _finish(transaction, row, [each.address for each in rows])
    return load(connection, connection.execute(_ROW, {"id": row.id}).all())[0]


def _finish(transaction: Transaction, row: Any, addresses: list[str]) -> None:
    transaction.connection.execute(_DONE, {"of": row.id, "now": transaction.now})
    transaction.audit("kiyome", ItemState.DELIVERED.value, row.id)
    domains = reach.domains_of(reach.addresses_of(row.direction, row.mail_from, addresses))
    transaction.counts.became(transaction.hour, domains, ItemState.DELIVERED)


def of_group(connection: Connection, channel: Channel, group: str) -> str:
    """The number of the first item of this group; "" for none."""
    wanted = {"key": group_key(group), "group": group, "channel": channel.value}
    return connection.execute(_OF_GROUP, wanted).scalar() or ""
