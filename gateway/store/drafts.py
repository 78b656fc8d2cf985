"""What callers hand to the store and ask of it. Frozen data, no behaviour."""

from datetime import datetime

import msgspec

from gateway.model import Channel, Decision, Envelope, ItemState, LockState, RecipientState, Reply
from gateway.store.blobs import Spool
from sanitizers.model import AuthenticationResult, MailFacts, Report


class Draft(msgspec.Struct, frozen=True):
    """An item that is not kept yet. Its recipients enter as waiting, to be tried at once."""

    channel: Channel
    profile: str
    envelope: Envelope
    name: str = ""  #: of a file, as claimed: untrusted
    group: str = ""  #: what came together: a transfer's id


class LockDraft(msgspec.Struct, frozen=True):
    """A recipient to be asked for a password."""

    id: str  #: hexadecimal SHA-256 of the token in the link
    address: str
    code: str  #: hexadecimal SHA-256 of token and code
    expires_at: datetime


class Settlement(msgspec.Struct, frozen=True):
    """How cleaning ended: the verdict DELIVER makes the item CLEANED (and needs `clean`), HOLD makes it HELD."""

    decision: Decision
    clean: bytes | Spool | None  #: a spool: one of the store's, which it takes over
    report: Report | None = None
    facts: MailFacts | None = None
    authentication: tuple[AuthenticationResult, ...] = ()
    locks: tuple[LockDraft, ...] = ()  #: whom to ask for passwords
    notices: tuple[tuple[Draft, bytes], ...] = ()  #: mails of ours that go out with it
    name: str = ""  #: of a clean file
    type: str = ""  #: of a clean file: its media type
    asks_approval: bool = False  #: a second person is asked to release it


class Unlocked(msgspec.Struct, frozen=True):
    """What becomes of one lock when a password fitted: OPENED, or WAITING while other parts are still behind one."""

    id: str
    state: LockState
    opened: tuple[str, ...]  #: SHA-256 of all parts that were opened


class FollowUp(msgspec.Struct, frozen=True):
    """An item that brings the parts of another one that were behind a password."""

    follows: str  #: number of that item
    draft: Draft
    settlement: Settlement
    locks: tuple[Unlocked, ...]
    actor: str
    parts: int  #: how many were opened now


class Progress(msgspec.Struct, frozen=True):
    """How far one recipient is after an attempt. `next_attempt_at` counts only while `state` is WAITING."""

    address: str
    state: RecipientState
    reply: Reply | None
    next_attempt_at: datetime | None
    attempts: int


class ItemQuery(msgspec.Struct, frozen=True):
    """Which items to list. Texts match anywhere and in either case; an empty value does not narrow the list."""

    text: str = ""  #: in the item's number, subject, From, envelope sender or a recipient
    state: ItemState | None = None
    sender: str = ""  #: in the envelope sender or From
    recipient: str = ""  #: in a recipient's address
    since: datetime | None = None  #: received at or after this
    until: datetime | None = None  #: received before this
    limit: int = 50
    before_id: str = ""  #: the last item of the page before; an unknown number gives an empty page


class AuditRow(msgspec.Struct, frozen=True):
    """One line of the record. `hash` covers all other fields, the hash of the row before included."""

    seq: int  #: 1, 2, 3, … without gaps
    at: str  #: UTC, ISO 8601 with microseconds, e.g. "2026-11-21T01:02:03.456789Z"
    actor: str
    action: str
    item_id: str  #: "" when the row is not about one item
    detail: str  #: a JSON object, never content of a mail
    previous_hash: str  #: hexadecimal SHA-256; 64 zeros before the first row
    hash: str  #: hexadecimal SHA-256


class AuditProof(msgspec.Struct, frozen=True):
    """What reading the whole chain again showed."""

    rows: int  #: rows that are in order, from the first on
    head_hash: str  #: of the last row in order
    broken_seq: int | None = None  #: the first row that is changed, missing or out of order
    problem: str = ""  #: what is wrong with it, in words

    @property
    def intact(self) -> bool:
        """Nothing was changed, removed or reordered."""
        return self.broken_seq is None
