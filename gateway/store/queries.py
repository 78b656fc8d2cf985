"""What people ask of lists, and what they get: light rows, counts, what waits. Frozen data, no behaviour."""

from datetime import datetime
from enum import StrEnum

import msgspec

from gateway.access.model import EVERYTHING, Scope
from gateway.model import Channel, Direction, ItemState
from sanitizers.model import Outcome, Severity, Threat
from sanitizers.rules import Verdict


class Sort(StrEnum):
    """In which order."""

    NEWEST = "newest"
    OLDEST = "oldest"
    SIZE = "size"  # the largest original first
    SENDER = "sender"  # by envelope sender, the newest of each first


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """Which items. An empty value does not narrow the list; several values narrow it together.

    A text stands for its words between blanks; each must be there, in any place, in either case and either width.
    A single ASCII letter or digit is left out: it is nearly everywhere.
    """

    text: str = ""  #: in subject, From, envelope sender, recipients, the item's number or a part's name
    sender: str = ""  #: in the envelope sender or in From
    mail_from: str = ""  #: in the envelope sender
    header_from: str = ""  #: in From
    recipient: str = ""  #: in a recipient's address
    subject: str = ""
    verdict: Verdict | None = None
    states: frozenset[ItemState] = frozenset()
    finding: Threat | None = None  #: found in one of its parts
    outcome: Outcome | None = None  #: of one of its parts
    type: str = ""  #: a part is of this type by its content, e.g. "application/pdf"
    sha256: str = ""  #: of the original or of a part, as it came in or as it goes on
    since: datetime | None = None  #: received at or after this
    until: datetime | None = None  #: received before this
    direction: Direction | None = None
    channels: frozenset[Channel] = frozenset()  #: came in by one of these
    follows: str = ""  #: number of the item whose locked parts it brings
    sort: Sort = Sort.NEWEST
    after: str = ""  #: Page.next of the page before, with nothing else changed
    limit: int = 50
    scope: Scope = EVERYTHING


class ItemRow(msgspec.Struct, frozen=True, kw_only=True):
    """What a list shows of an item."""

    id: str
    state: ItemState
    channel: Channel
    direction: Direction
    profile: str
    received_at: datetime
    updated_at: datetime
    mail_from: str
    header_from: str
    subject: str
    recipients: tuple[str, ...]  #: the first ones
    recipient_count: int
    size: int  #: bytes of the original
    verdict: Verdict | None  #: None: not cleaned
    rule: str  #: that decided, "" when nothing was decided
    outcomes: frozenset[Outcome]  #: of its parts
    threats: tuple[Threat, ...]  #: found in its parts, in the order in which they were met
    severity: Severity | None  #: the worst of its findings
    milliseconds: int  #: that cleaning took
    follows: str


class Counted(StrEnum):
    """How a total was counted."""

    EXACT = "exact"
    AT_LEAST = "at_least"  # there are more: counting was cut short


class Page(msgspec.Struct, frozen=True):
    """Some of the items that were asked for."""

    items: tuple[ItemRow, ...]
    next: str  #: for Query.after; "" at the end. A page can be short, or empty, while there is more
    total: int  #: of all pages
    counted: Counted


class HourCounts(msgspec.Struct, frozen=True, kw_only=True):
    """What happened in one hour. A mail or file for several domains of a scope counts once for each of them."""

    hour: datetime  #: its beginning, UTC
    mails_in: int = 0
    mails_out: int = 0
    files_in: int = 0
    files_out: int = 0
    notices: int = 0  #: of Kiyome's own
    bytes: int = 0  #: of originals
    items: dict[ItemState, int] = {}  #: that came to be held, released, delivered, bounced, discarded, expired
    parts: dict[Outcome, int] = {}
    findings: dict[Threat, int] = {}  #: parts in which something of the kind was found
    milliseconds: int = 0  #: spent on cleaning
    longest: int = 0  #: milliseconds, of one item
    took: dict[int, int] = {}  #: items by how long they took, up to so many milliseconds; 0 stands for longer


class QueueRow(msgspec.Struct, frozen=True, kw_only=True):
    """Recipients of one domain who wait for their mail."""

    domain: str
    recipients: int
    items: int
    oldest: datetime  #: when the longest waiting was received
    next_attempt_at: datetime | None  #: None: at once
    attempts: int  #: the most for one recipient
    last_reply: str  #: the newest negative answer, as the next hop gave it


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """What the first page shows. Numbers of items that are in a state now end at `COUNTED_TO`."""

    today: HourCounts  #: since midnight in the asked zone; `hour` is that midnight
    hours: tuple[HourCounts, ...]  #: the last 24, oldest first, none left out
    now: dict[ItemState, int]  #: items in each state that is not the last of their life
    approvals: int  #: releases that wait for a second person
    locked: int  #: items with parts whose password somebody was asked for, and has not given yet
    slowest: tuple[ItemRow, ...]  #: of the last 24 hours, those that took longer than a second
    queue: tuple[QueueRow, ...]


class BulkAction(StrEnum):
    """What can be done with many items at once."""

    RELEASE = "release"  # the clean version
    RELEASE_ORIGINAL = "release_original"
    DISCARD = "discard"
    HOLD = "hold"
    CLEAN_AGAIN = "clean_again"
    RETRY = "retry"  # try the next hop at once


class BulkProgress(msgspec.Struct, frozen=True):
    """How far a bulk action is."""

    seen: int
    changed: int
    refused: dict[str, int]  #: how many, by the name of the refusal ("wrong_state", "out_of_scope", …)
    total: int  #: as the search counted it at the beginning, or the number of ids


class Wanted(StrEnum):
    """What somebody asks to release."""

    CLEAN = "clean"
    ORIGINAL = "original"


class ApprovalState(StrEnum):
    """How far a request is."""

    WAITING = "waiting"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"  # by who asked, or since the item is no longer held


class Approval(msgspec.Struct, frozen=True, kw_only=True):
    """A release that needs a second person."""

    id: str
    item_id: str
    wanted: Wanted
    reason: str
    asked_by: str  #: an actor, as in the audit
    asked_at: datetime
    state: ApprovalState
    decided_by: str
    decided_at: datetime | None
    answer: str
