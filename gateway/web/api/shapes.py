"""Items as the API tells them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import msgspec

from gateway.access.model import Caller
from gateway.access.rights import Role
from gateway.model import Channel, Decision, Direction, Item, ItemState, Recipient, RecipientState
from gateway.store.queries import Approval, Counted, ItemRow, Page
from gateway.web.handling import shown_recipients, shown_row
from gateway.web.tree import Node, nodes
from sanitizers.model import AuthenticationResult, Finding, Outcome, Report
from sanitizers.views import is_drawn

Moment = Annotated[datetime, msgspec.Meta(tz=True)]  #: ISO 8601 in UTC, "…Z"


class ItemPage(msgspec.Struct, frozen=True):
    """Some of the items that were searched for."""

    items: tuple[ItemRow, ...]
    next: str | None  #: give it as `after` for the next page; null at the end
    total: int
    counted: Counted


class ReplyOut(msgspec.Struct, frozen=True):
    """What the next hop said last."""

    code: int
    enhanced: str
    text: str
    detail: str | None  #: for those who run the gateway


class RecipientOut(msgspec.Struct, frozen=True, kw_only=True):
    """One recipient and how far the delivery to them is."""

    address: str
    state: RecipientState
    attempts: int
    next_attempt_at: datetime | None
    last_reply: ReplyOut | None


class PartOut(msgspec.Struct, frozen=True, kw_only=True):
    """One part with the parts inside it."""

    path: str
    name: str
    claimed_type: str
    detected_type: str
    sanitizer: str
    outcome: Outcome
    size_in: int
    size_out: int
    sha256_in: str
    sha256_out: str
    milliseconds: float
    drawn: bool  #: there are pictures of its pages
    findings: tuple[Finding, ...]
    parts: tuple["PartOut", ...]


class SessionFacts(msgspec.Struct, frozen=True, kw_only=True):
    """How it came in."""

    client: str
    helo: str
    tls: str
    protocol: str
    listener: str


class ItemOut(msgspec.Struct, frozen=True, kw_only=True):
    """One item with everything that is known of it."""

    id: str
    state: ItemState
    channel: Channel
    direction: Direction
    profile: str
    received_at: datetime
    updated_at: datetime | None
    mail_from: str
    recipients: tuple[RecipientOut, ...]
    subject: str
    header_from: str
    header_to: str
    message_id: str
    date: str
    size: int
    sha256: str
    session: SessionFacts | None  #: for those who run the gateway
    decision: Decision | None
    authentication: tuple[AuthenticationResult, ...]
    parts: tuple[PartOut, ...]
    goes_on: str  #: "clean", "original" (a person released that), or "nothing"
    attempts: int


class Changed(msgspec.Struct, frozen=True, kw_only=True):
    """What came of an action."""

    id: str
    state: ItemState
    approval: Approval | None = None  #: waiting: a second person has to agree first


def page_out(page: Page, caller: Caller) -> ItemPage:
    """With what the caller may know."""
    return ItemPage(tuple(shown_row(caller, row) for row in page.items), page.next or None, page.total, page.counted)


def item_out(item: Item, caller: Caller) -> ItemOut:
    """With what the caller may know."""
    runs_it = caller.person.role is not Role.USER
    envelope, facts = item.envelope, item.facts
    return ItemOut(
        id=item.id,
        state=item.state,
        channel=item.channel,
        direction=envelope.direction,
        profile=item.profile,
        received_at=envelope.received_at,
        updated_at=item.updated_at,
        mail_from=envelope.mail_from,
        recipients=tuple(_recipient(each, runs_it) for each in shown_recipients(caller, item)),
        subject=facts.subject if facts else "",
        header_from=facts.header_from if facts else "",
        header_to=facts.header_to if facts else "",
        message_id=facts.message_id if facts else "",
        date=facts.date if facts else "",
        size=item.original_size,
        sha256=item.original_sha256,
        session=_session(item) if runs_it else None,
        decision=item.decision,
        authentication=item.authentication,
        parts=parts_out(item.report),
        goes_on="nothing" if item.clean is None else "original" if item.clean == item.original else "clean",
        attempts=item.attempts,
    )


def _recipient(recipient: Recipient, runs_it: bool) -> RecipientOut:
    reply = recipient.last_reply
    said = None
    if reply is not None:
        detail = reply.private_detail if runs_it else None
        said = ReplyOut(reply.code, reply.enhanced, reply.public_text, detail)
    return RecipientOut(
        address=recipient.address,
        state=recipient.state,
        attempts=recipient.attempts,
        next_attempt_at=recipient.next_attempt_at,
        last_reply=said,
    )


def _session(item: Item) -> SessionFacts:
    envelope = item.envelope
    return SessionFacts(
        client=envelope.client,
        helo=envelope.helo,
        tls=envelope.tls,
        protocol=envelope.protocol,
        listener=envelope.listener,
    )


def parts_out(report: Report | None) -> tuple[PartOut, ...]:
    """The report as the tree that its paths describe."""
    return _parts(nodes(report.parts if report else ()))


def _parts(found: Sequence[Node]) -> tuple[PartOut, ...]:
    return tuple(_part(node) for node in found)


def _part(node: Node) -> PartOut:
    part = node.part
    return PartOut(
        path=part.path,
        name=part.name,
        claimed_type=part.claimed_type,
        detected_type=part.detected_type,
        sanitizer=part.sanitizer,
        outcome=part.outcome,
        size_in=part.size_in,
        size_out=part.size_out,
        sha256_in=part.sha256_in,
        sha256_out=part.sha256_out,
        milliseconds=part.milliseconds,
        drawn=is_drawn(part.detected_type),
        findings=part.findings,
        parts=_parts(node.children),
    )
