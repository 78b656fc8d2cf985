"""The words the gateway speaks: items, envelopes, recipients, decisions, replies. Frozen data, no behaviour."""

from datetime import datetime
from enum import StrEnum

import msgspec

from sanitizers.model import AuthenticationResult, MailFacts, Report
from sanitizers.rules import Verdict


class Segment(StrEnum):
    """Where a listener stands."""

    INTERNET = "internet"
    LGWAN = "lgwan"


class Direction(StrEnum):
    """Which way an item goes; known from the listener, never from the mail."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"


class Channel(StrEnum):
    """How an item came in. A NOTICE is written by Kiyome itself (a bounce, an expiry); a FOLLOW_UP brings the parts of
    another item that were behind a password."""

    SMTP = "smtp"
    NOTICE = "notice"
    FOLLOW_UP = "followup"
    UPLOAD = "upload"  # a file from the transfer page or the API
    FOLDER = "folder"  # a file from a watched folder
    ICAP = "icap"  # a file from a proxy or a storage appliance


#: What came in by these is a file: content decides what it is, and it leaves as a file.
FILE_CHANNELS = frozenset({Channel.UPLOAD, Channel.FOLDER, Channel.ICAP})
#: Of these, what waits until somebody asks for it.
FETCHED = frozenset({Channel.UPLOAD, Channel.ICAP})
#: The rule, after its profile's name, of a file that waits for nothing but a second person.
TRANSFER_APPROVAL = "transfer_approval"
#: What came in by these leaves by SMTP.
MAIL_CHANNELS = frozenset(Channel) - FILE_CHANNELS


class ItemState(StrEnum):
    """received → cleaned → delivering → delivered | bounced; received → held → released → delivering …;
    held → discarded | expired. An uploaded file waits cleaned or released to be fetched, until it is delivered,
    discarded (withdrawn) or expired."""

    RECEIVED = "received"
    CLEANED = "cleaned"
    HELD = "held"
    RELEASED = "released"
    DELIVERING = "delivering"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    DISCARDED = "discarded"
    EXPIRED = "expired"


class RecipientState(StrEnum):
    """Of one recipient of one item."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    BOUNCED = "bounced"


class LockState(StrEnum):
    """Of what one recipient was asked for."""

    WAITING = "waiting"
    OPENED = "opened"  # nothing is left behind a password
    EXPIRED = "expired"
    CLOSED = "closed"  # too many wrong passwords


class Reply(msgspec.Struct, frozen=True):
    """An SMTP answer: what the peer may see, and what only our log and audit see."""

    code: int  #: RFC 5321, e.g. 250
    enhanced: str  #: RFC 3463, e.g. "2.0.0"; "" when the peer gave none
    public_text: str
    private_detail: str = ""

    @property
    def positive(self) -> bool:
        """2yz: done."""
        return 200 <= self.code < 300

    @property
    def permanent(self) -> bool:
        """5yz: do not try again."""
        return 500 <= self.code < 600


class RecipientOptions(msgspec.Struct, frozen=True):
    """RFC 3461 parameters of RCPT."""

    notify: frozenset[str] | None = None  #: of NEVER, SUCCESS, FAILURE, DELAY; None when not given
    orcpt: str = ""  #: "rfc822;user@example.jp", still xtext-decoded; "" when not given


class Recipient(msgspec.Struct, frozen=True):
    """One RCPT of an item and how far its delivery is."""

    address: str
    state: RecipientState = RecipientState.WAITING
    attempts: int = 0
    next_attempt_at: datetime | None = None  #: None: at once
    last_reply: Reply | None = None
    options: RecipientOptions = RecipientOptions()


class MailOptions(msgspec.Struct, frozen=True):
    """Parameters of MAIL (RFC 6152 BODY, RFC 6531 SMTPUTF8, RFC 3461 RET and ENVID)."""

    body: str = "7BIT"
    smtputf8: bool = False
    ret: str = ""  #: FULL, HDRS or ""
    envid: str = ""


class Envelope(msgspec.Struct, frozen=True):
    """What the SMTP session said, never what the mail says; of a file, who handed it in for whom."""

    mail_from: str  #: "" is the null sender
    recipients: tuple[Recipient, ...]
    client: str  #: IP address of the peer (after XCLIENT or PROXY from a trusted one); "" for a folder
    helo: str
    tls: str  #: e.g. "TLSv1.3 TLS_AES_256_GCM_SHA384"; "" in clear
    options: MailOptions
    direction: Direction
    received_at: datetime  #: UTC, aware
    listener: str = ""  #: name of the listener, folder or service
    protocol: str = "ESMTP"  #: RFC 3848 keyword for the Received header: SMTP, ESMTP, …; HTTP, HTTPS, FOLDER, ICAP


class Decision(msgspec.Struct, frozen=True):
    """What becomes of an item and the rule that said so."""

    verdict: Verdict
    rule: str  #: e.g. "standard.hold_on"
    reason: str  #: in words for the administrator


class Item(msgspec.Struct, frozen=True):
    """What came in once, as the store knows it."""

    id: str  #: 受付番号, e.g. "20261121-4X7K-2M9Q": UTC date and eight Crockford base-32 characters
    channel: Channel
    profile: str
    envelope: Envelope
    state: ItemState
    original: str  #: blob id
    original_size: int  #: bytes
    original_sha256: str
    clean: str | None = None  #: blob id of what goes on
    report: Report | None = None
    decision: Decision | None = None
    facts: MailFacts | None = None  #: of a file: its name, safe to show, as the subject
    authentication: tuple[AuthenticationResult, ...] = ()
    attempts: int = 0  #: how often cleaning was begun
    updated_at: datetime | None = None
    follows: str = ""  #: number of the item whose locked parts this one brings
    name: str = ""  #: of a file, as claimed: untrusted
    clean_name: str = ""  #: of the clean file, as the child made it and the parent checked it
    clean_type: str = ""  #: its media type, the same way
    group: str = ""  #: what came together: a transfer's id
    deliver_original: bool = False  #: a person released the original itself: `clean` is that


class Lock(msgspec.Struct, frozen=True):
    """One recipient of an item with parts behind a password, who was asked for it."""

    id: str  #: hexadecimal SHA-256 of the token in the link
    item_id: str
    address: str
    code: str  #: hexadecimal SHA-256 of token and code
    state: LockState
    wrong: int  #: tries that failed
    not_before: datetime  #: of the next try
    expires_at: datetime
    opened: tuple[str, ...] = ()  #: SHA-256 of the parts that were opened already


class TransferState(StrEnum):
    """How far files from one side to the other are."""

    OPEN = "open"  # takes files
    SENT = "sent"  # takes no more; its recipients may fetch
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class Transfer(msgspec.Struct, frozen=True, kw_only=True):
    """Files that somebody hands in on one side for people on the other."""

    id: str
    person_id: str
    actor: str  #: who began it, as in the audit
    address: str
    side: Segment  #: where it is handed in
    title: str
    recipients: tuple[str, ...]  #: addresses in lower case
    profile: str  #: "": as the rules assign it to the recipients
    webhook: str
    state: TransferState
    created_at: datetime
    expires_at: datetime
    files: int = 0  #: begun, not cancelled
    bytes: int = 0  #: of them
    ready: int = 0  #: to be fetched, or fetched
    held: int = 0


class UploadState(StrEnum):
    """How far a file on its way in is."""

    OPEN = "open"
    DONE = "done"  # it is an item
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """One file on its way in. All names are as the client gave them: untrusted."""

    id: str
    transfer_id: str
    name: str
    path: str  #: folders above it, with slashes between; "" for none
    type: str
    length: int  #: bytes, all of it
    sha256: str  #: hexadecimal, as announced; "" when it was not
    client: str  #: IP address
    listener: str
    protocol: str  #: HTTP or HTTPS
    blob: str  #: the id that the original will have
    state: UploadState
    item: str  #: number of the item; "" until it is complete
    created_at: datetime
    expires_at: datetime


class Answer(StrEnum):
    """What became of a try."""

    OPENED = "opened"  # a mail with the content is on its way
    PARTLY = "partly"  # the same, and another part needs another password
    HELD = "held"  # opened; what was inside is held by the rules, for an administrator to decide
    WRONG = "wrong"  # this password (or code) does not fit
    WAIT = "wait"  # too soon after the last try
    OVER = "over"  # expired, opened already, or closed after too many wrong tries


class Tried(msgspec.Struct, frozen=True):
    """The answer to a person."""

    answer: Answer
    wait_seconds: int = 0  #: until the next try
    tries_left: int = 0
