"""Watches what becomes of samples that were taken, and compares it with what must vanish and what must stay."""

import asyncio
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

import msgspec

from gateway.commands.sample_files import Expected, Sample
from gateway.commands.sample_sending import Sent
from gateway.model import Item, ItemState
from gateway.store.drafts import ItemQuery
from gateway.store.items import Store
from gateway.web.mailbox import newest_first, read_letter

POLL_SECONDS = 0.25
SETTLED = frozenset({ItemState.DELIVERED, ItemState.HELD, ItemState.BOUNCED, ItemState.DISCARDED, ItemState.EXPIRED})
ITEM_ID = re.compile(r"\d{8}-[0-9A-Z]{4}-[0-9A-Z]{4}")
CLOCKS_APART = timedelta(seconds=2)


class Fate(StrEnum):
    """What became of a sample."""

    DELIVERED = "deliver"
    HELD = "hold"
    REFUSED = "refuse"
    TAKEN = "taken"  # answered with 250 by a gateway that we cannot look into
    BOUNCED = "bounce"
    PENDING = "pending"  # not at its end when we stopped waiting
    FAILED = "failed"


class Outcome(msgspec.Struct, frozen=True):
    """One line of the table."""

    name: str
    title_ja: str
    title_en: str
    expected: Expected
    fate: Fate
    item: str  #: number, "" when none
    detail: str  #: reply, reason of the hold, or findings
    remaining: tuple[str, ...] = ()  #: must have vanished, and did not
    missing: tuple[str, ...] = ()  #: must have stayed, and did not
    unreported: tuple[str, ...] = ()  #: one of these threats should have been in the report, and none is
    as_expected: bool = False


class Look(msgspec.Struct, frozen=True):
    """Where to look: the store of the gateway, and the mailbox behind it."""

    store: Store
    mailbox: Path
    since: datetime


async def items_of(look: Look, sample: Sample, sent: Sent) -> str:
    """The item's number: from the reply when it says it, else the newest one of this sender and recipient."""
    if match := ITEM_ID.search(sent.reply):
        return match[0]
    envelope = sample.description.envelope
    query = ItemQuery(recipient=envelope.recipients[0], since=look.since - CLOCKS_APART, until=None, limit=1)
    found = await look.store.items(query)
    return found[0].id if found else ""


async def settled(look: Look, ids: Sequence[str], seconds: float, progress: Callable[[int], None]) -> dict[str, Item]:
    """The items once all are at an end, or as they are when the time is over."""
    deadline = datetime.now(UTC) + timedelta(seconds=seconds)
    done: dict[str, Item] = {}
    while True:
        for item_id in ids:
            if item_id in done and done[item_id].state in SETTLED:
                continue
            if item := await look.store.item(item_id):
                done[item_id] = item
        progress(sum(item.state in SETTLED for item in done.values()))
        if all(item_id in done and done[item_id].state in SETTLED for item_id in ids) or datetime.now(UTC) > deadline:
            return done
        await asyncio.sleep(POLL_SECONDS)


def outcome(sample: Sample, sent: Sent, item: Item | None, delivered: str | None) -> Outcome:
    """`delivered` is all text of what arrived, None when nothing did."""
    description = sample.description
    fate = _fate(sent, item)
    remaining: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    if fate is Fate.DELIVERED and delivered is not None:
        remaining = tuple(word for word in description.must_vanish if word in delivered)
        missing = tuple(word for word in description.must_stay if word not in delivered)
    unreported = _unreported(sample, item)
    arrived = fate is not Fate.DELIVERED or delivered is not None
    return Outcome(
        name=sample.name,
        title_ja=description.title_ja,
        title_en=description.title_en,
        expected=description.expect,
        fate=fate,
        item=item.id if item else "",
        detail=_detail(sent, item),
        remaining=remaining,
        missing=missing,
        unreported=unreported,
        as_expected=_fits(fate, description.expect) and not (remaining or missing or unreported) and arrived,
    )


def delivered_text(mailbox: Path) -> dict[str, str]:
    """Item number → everything that arrived for it: as bytes, and decoded as a reader sees it."""
    found: dict[str, str] = {}
    for path in newest_first(mailbox):
        letter = read_letter(path)
        report = next((value for name, value in letter.headers if name.lower() == "x-kiyome-report"), "")
        if match := ITEM_ID.search(report):
            headers = "\n".join(f"{name}: {value}" for name, value in letter.headers)
            raw = path.read_bytes().decode("utf-8", "replace")
            found[match[0]] = "\n".join((found.get(match[0], ""), headers, letter.text, raw))
    return found


def _fate(sent: Sent, item: Item | None) -> Fate:
    if sent.failed or sent.answers > 1:
        return Fate.FAILED
    if not sent.taken:
        return Fate.REFUSED
    if item is None:
        return Fate.TAKEN
    fates = {
        ItemState.DELIVERED: Fate.DELIVERED,
        ItemState.HELD: Fate.HELD,
        ItemState.BOUNCED: Fate.BOUNCED,
    }
    return fates.get(item.state, Fate.PENDING)


def _fits(fate: Fate, expected: Expected) -> bool:
    return fate.value == expected.value or (fate is Fate.TAKEN and expected is not Expected.REFUSE)


def _unreported(sample: Sample, item: Item | None) -> tuple[str, ...]:
    """The threats of which the report should name at least one, when it names none of them."""
    wanted = sample.description.findings
    if not wanted or item is None:
        return ()
    parts = item.report.parts if item.report else ()
    named = {finding.threat for part in parts for finding in part.findings}
    return () if named & set(wanted) else tuple(threat.value for threat in wanted)


def _detail(sent: Sent, item: Item | None) -> str:
    if item is None:
        return sent.reply if sent.answers == 1 else f"{sent.answers} answers: read as more than one mail"
    if item.state is not ItemState.DELIVERED and item.decision:
        return item.decision.reason
    parts = item.report.parts if item.report else ()
    return ", ".join(sorted({finding.threat.value for part in parts for finding in part.findings}))
