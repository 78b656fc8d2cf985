"""What became of one recipient in one attempt, and whether the sender is to hear of it (RFC 3461)."""

from collections.abc import Callable, Sequence
from datetime import datetime
from enum import StrEnum

import msgspec

from gateway.model import Item, Recipient, Reply
from gateway.store.drafts import Draft


class Telling(StrEnum):
    """The Action of a delivery status notification (RFC 3464 2.3.3)."""

    FAILED = "failed"
    DELAYED = "delayed"
    RELAYED = "relayed"  # went on to a server that gives no notifications itself


class Fate(msgspec.Struct, frozen=True):
    """One recipient, the reply that decided, and from whom it came."""

    recipient: Recipient
    reply: Reply
    hop: str  #: host name of the next hop; "" when none was reached


#: Builds the mail that tells a sender; None when nobody may be told (null sender, NOTIFY=NEVER).
Tell = Callable[[Item, Telling, Sequence[Fate], datetime], tuple[Draft, bytes] | None]


def wanted(recipient: Recipient, telling: Telling) -> bool:
    """RFC 3461 4.1: without NOTIFY a sender hears of failures; with it, of what it names and nothing else."""
    notify = recipient.options.notify
    if notify is None:
        return telling is Telling.FAILED
    keyword = {Telling.FAILED: "FAILURE", Telling.DELAYED: "DELAY", Telling.RELAYED: "SUCCESS"}[telling]
    return "NEVER" not in notify and keyword in notify
