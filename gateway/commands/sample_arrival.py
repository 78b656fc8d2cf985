"""Watches samples on their way through a gateway, and reads what arrived behind it."""

import asyncio
import email
import hashlib
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import msgspec

from gateway.commands.sample_files import Sample
from gateway.commands.sample_sending import Sent
from gateway.commands.sample_wrapping import envelope_of
from gateway.model import Item, ItemState
from gateway.store.drafts import ItemQuery
from gateway.store.items import Store
from gateway.web.mailbox import newest_first, read_letter

POLL_SECONDS = 0.25
SETTLED = frozenset({ItemState.DELIVERED, ItemState.HELD, ItemState.BOUNCED, ItemState.DISCARDED, ItemState.EXPIRED})
ITEM_ID = re.compile(r"\d{8}-[0-9A-Z]{4}-[0-9A-Z]{4}")
CLOCKS_APART = timedelta(seconds=2)
READABLE = frozenset({"application/json", "application/xml", "image/svg+xml"})  # and text/*
WRITTEN_AS = ("utf-8", "utf-16-le", "utf-16-be")  # how a word may stand in the bytes of a file


class Look(msgspec.Struct, frozen=True):
    """Where to look: the store of the gateway, and the mailbox behind it."""

    store: Store
    mailbox: Path
    since: datetime


class ArrivedFile(msgspec.Struct, frozen=True):
    """One attachment."""

    name: str
    type: str
    data: bytes

    @property
    def text(self) -> str:
        """What an editor shows of it, "" where the words are not in the bytes."""
        readable = self.type.startswith("text/") or self.type in READABLE
        return self.data.decode("utf-8-sig", "replace") if readable else ""

    @property
    def sha256(self) -> str:
        """As reports give it."""
        return hashlib.sha256(self.data).hexdigest()


class Arrival(msgspec.Struct, frozen=True):
    """All that arrived for one item."""

    text: str  #: what a reader reads, the notice included
    seen: str  #: headers, text, names and texts of attachments, and the bytes as they are
    files: tuple[ArrivedFile, ...] = ()

    def holds(self, word: str) -> bool:
        """Whether it is anywhere in it."""
        if word in self.seen:
            return True
        return any(word.encode(codec) in file.data for file in self.files for codec in WRITTEN_AS)


async def items_of(look: Look, sample: Sample, sent: Sent) -> str:
    """The item's number: from the reply when it says it, else the newest one of this sender and recipient."""
    if match := ITEM_ID.search(sent.reply):
        return match[0]
    recipient = envelope_of(sample).recipients[0]
    query = ItemQuery(recipient=recipient, since=look.since - CLOCKS_APART, until=None, limit=1)
    found = await look.store.items(query)
    return found[0].id if found else ""


async def settled(look: Look, ids: Sequence[str], seconds: float, progress: Callable[[int], None]) -> dict[str, Item]:
    """The items once all are at an end, or as they are when none has come to its end for so long."""
    ended, deadline = -1, datetime.now(UTC)
    done: dict[str, Item] = {}
    while True:
        for item_id in ids:
            if item_id in done and done[item_id].state in SETTLED:
                continue
            if item := await look.store.item(item_id):
                done[item_id] = item
        before, ended = ended, sum(item.state in SETTLED for item in done.values())
        progress(ended)
        if ended > before:
            deadline = datetime.now(UTC) + timedelta(seconds=seconds)
        if ended == len(set(ids)) or datetime.now(UTC) > deadline:
            return done
        await asyncio.sleep(POLL_SECONDS)


def arrivals(mailbox: Path) -> dict[str, Arrival]:
    """Item number → what arrived for it, all mails of it together."""
    found: dict[str, Arrival] = {}
    for path in newest_first(mailbox):
        letter = read_letter(path)
        report = next((value for name, value in letter.headers if name.lower() == "x-kiyome-report"), "")
        if match := ITEM_ID.search(report):
            headers = "\n".join(f"{name}: {value}" for name, value in letter.headers)
            raw = path.read_bytes()
            files = _files(raw)
            attached = "\n".join(f"{file.name}\n{file.text}" for file in files)
            seen = "\n".join((headers, letter.text, attached, _other_versions(raw), raw.decode("utf-8", "replace")))
            found[match[0]] = _joined(found.get(match[0]), Arrival(letter.text, seen, files))
    return found


def _other_versions(raw: bytes) -> str:
    """What stands beside the text for programs that know more: the lines of an invitation."""
    told = []
    for part in email.message_from_bytes(raw, policy=default).walk():
        if part.get_content_type() == "text/calendar":
            data = part.get_payload(decode=True)
            told.append(data.decode("utf-8", "replace") if isinstance(data, bytes) else "")
    return "\n".join(told)


def _joined(before: Arrival | None, other: Arrival) -> Arrival:
    if before is None:
        return other
    return Arrival(f"{before.text}\n{other.text}", f"{before.seen}\n{other.seen}", before.files + other.files)


def _files(raw: bytes) -> tuple[ArrivedFile, ...]:
    mail = email.message_from_bytes(raw, _class=EmailMessage, policy=default)
    return tuple(
        ArrivedFile(part.get_filename() or "", part.get_content_type(), content)
        for part in mail.iter_attachments()
        if isinstance(content := part.get_payload(decode=True), bytes)
    )
