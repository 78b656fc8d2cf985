"""Who may fetch what, and where: the other side only, whom it is for only, while it lasts; and what was fetched."""

from datetime import datetime
from typing import Protocol

from gateway.model import Item, ItemState, Segment, Transfer, TransferState
from gateway.store.rows import shown_name

#: Of a file that may be fetched, again if need be.
READY = frozenset({ItemState.CLEANED, ItemState.RELEASED, ItemState.DELIVERED})
NAMELESS = "file"


class Fetched(Protocol):
    """The part of the store that remembers who has what."""

    async def handed_over(self, item_id: str, *, actor: str, text: str, address: str = "") -> Item:
        """With its audit row. Raises WrongState."""


def may_see(transfer: Transfer, person_id: str, address: str) -> bool:
    """Its list of files, on either side: who began it, and, once it is sent, whom it is for."""
    if person_id and person_id == transfer.person_id:
        return True
    return transfer.state is not TransferState.OPEN and is_for(transfer, address)


def is_for(transfer: Transfer, address: str) -> bool:
    """Whether somebody is named."""
    return bool(address) and address.lower() in transfer.recipients


def may_fetch(
    transfer: Transfer, person_id: str, address: str, segment: Segment, now: datetime, *, same_side: bool = False
) -> bool:
    """Whether a person may fetch its clean files in a segment.

    Who began it is a recipient like any other, but need not wait until it is sent. `same_side`: the listener hands
    back what was handed in on its own side, to the system that did so.
    """
    if transfer.state in {TransferState.WITHDRAWN, TransferState.EXPIRED} or transfer.expires_at <= now:
        return False
    own = bool(person_id) and person_id == transfer.person_id
    if segment is transfer.side:
        return same_side and own
    return is_for(transfer, address) and (own or transfer.state is TransferState.SENT)


def may_open(transfer: Transfer, person_id: str, address: str, now: datetime) -> bool:
    """Whether a person may give the password of a locked file: who may see it, while it lasts."""
    lasts = transfer.state in {TransferState.OPEN, TransferState.SENT} and transfer.expires_at > now
    return lasts and may_see(transfer, person_id, address)


def is_ready(item: Item) -> bool:
    """Whether there is a file to be fetched."""
    return item.state in READY and item.clean is not None


def outgoing_name(item: Item) -> str:
    """What the file is called that goes on: of an original that a person released, the name it came with."""
    return (shown_name(item.name) if item.deliver_original else item.clean_name) or NAMELESS


def outgoing_type(item: Item) -> str:
    """Its media type; nothing is said of an original."""
    return "application/octet-stream" if item.deliver_original else item.clean_type or "application/octet-stream"


async def fetched(store: Fetched, item: Item, address: str, actor: str) -> Item:
    """Put on record that a recipient has it; when all have it, it is delivered. Raises WrongState, UnknownRecipient."""
    return await store.handed_over(item.id, actor=actor, text="fetched", address=address)
