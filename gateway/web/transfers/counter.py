"""The counter: where people and systems hand files in and fetch them. Whatever somebody may not have is not there."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from gateway.access.model import Caller
from gateway.delivery import transfers as delivery
from gateway.delivery.addressing import Allowed, NotAllowed
from gateway.model import Item, Segment, Transfer, TransferState, Upload
from gateway.store.blobs import Original
from gateway.store.errors import BadCursor, BlobGone, NoSuchItem, StoreError, StoreFull, WrongState
from gateway.store.transfer_errors import (
    MixedProfiles,
    NoSuchTransfer,
    NoSuchUpload,
    TooLarge,
    TooLong,
    TooMany,
    TransferClosed,
    UploadBusy,
    UploadOver,
    WrongChecksum,
    WrongOffset,
)
from gateway.store.transfers import TransferDraft, TransferFile, TransferPage, TransferQuery
from gateway.store.upload_rows import UploadDraft
from gateway.web.api.calls import invalid_at
from gateway.web.api.problem import Problem
from gateway.web.doors import Door, other_side
from gateway.web.health import Served
from gateway.web.transfers.folders import safe_folder
from gateway.web.transfers.tus import Announced

#: What is refused, and the words for it: kind and reason of the problem.
REFUSALS: Final[dict[type[StoreError], tuple[str, str]]] = {
    NoSuchTransfer: ("not_found", ""),
    NoSuchUpload: ("gone", "upload_over"),
    NoSuchItem: ("not_found", ""),
    UploadOver: ("gone", "upload_over"),
    TransferClosed: ("conflict", "transfer_closed"),
    UploadBusy: ("conflict", "upload_busy"),
    WrongOffset: ("conflict", "wrong_offset"),
    WrongState: ("conflict", "wrong_state"),
    TooLong: ("too_large", "too_long"),
    TooLarge: ("too_large", "transfer_full"),
    TooMany: ("too_large", "transfer_full"),
    WrongChecksum: ("checksum", ""),
    MixedProfiles: ("invalid", "mixed_profiles"),
    BadCursor: ("invalid", "bad_cursor"),
    BlobGone: ("gone", ""),
    StoreFull: ("unavailable", "full"),
}


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """A transfer that somebody begins."""

    title: str = ""
    recipients: tuple[str, ...] = ()  #: nobody: oneself, on the other side
    profile: str = ""
    days: int | None = None
    webhook: str = ""


class Counter:
    """Every method raises Problem; `door` is where the caller stands."""

    def __init__(self, gateway: Served) -> None:
        self._gateway = gateway
        self._store = gateway.store
        self._settings = gateway.settings
        self._allowed = Allowed(gateway.settings.transfers.webhook_hosts)

    # Transfers

    async def begin(self, caller: Caller, door: Door, wish: Wish) -> Transfer:
        """A transfer from the side of this door to the other."""
        days = self._settings.transfers.days
        if wish.days is not None and wish.days > days:
            raise invalid_at("days", f"{days} at most")
        # Whoever may hand files in could ask for the mildest rules there are, else.
        if wish.profile and wish.profile not in self._settings.transfers.profiles:
            raise invalid_at("profile", "not one of those that the settings let callers ask for")
        if any(not each.isprintable() for each in wish.title):
            raise invalid_at("title", "one line without control characters")
        self._check_webhook(wish.webhook)
        draft = TransferDraft(
            person_id=caller.person.id,
            actor=caller.actor,
            address=_address_of(caller),
            side=_side_of(door),
            recipients=self._recipients(caller, wish),
            expires_at=datetime.now(UTC) + timedelta(days=wish.days or days),
            title=wish.title.strip(),
            profile=wish.profile,
            webhook=wish.webhook,
        )
        with refusals():
            return await self._gateway.uploads.begin_transfer(draft)

    def _recipients(self, caller: Caller, wish: Wish) -> tuple[str, ...]:
        """People of our own domains: nobody else can sign in here."""
        ours = {domain.lower() for domain in self._settings.accepted_domains}
        for number, address in enumerate(wish.recipients):
            fits = address.isprintable() and not set(address) & set('<>,;"')
            if not fits or address.rpartition("@")[2].lower() not in ours:
                raise invalid_at(f"recipients[{number}]", "not an address of one of our own domains")
        return wish.recipients or (_address_of(caller),)

    def _check_webhook(self, url: str) -> None:
        try:
            if url:
                self._allowed.check(url)
        except NotAllowed as error:
            raise invalid_at("webhook", str(error)) from None

    async def search(self, caller: Caller, door: Door, text: str, after: str, limit: int) -> TransferPage:
        """Own transfers, and where they can be fetched, those that came for the caller."""
        address = caller.person.address if door.segment is not None else ""
        query = TransferQuery(person_id=caller.person.id, address=address, text=text, after=after, limit=limit)
        with refusals():
            page = await self._store.transfers.search(query)
        shown = tuple(each for each in page.transfers if self._sees(caller, door, each))
        return TransferPage(shown, page.next)

    async def transfer(self, caller: Caller, door: Door, transfer_id: str) -> Transfer:
        """One that the caller may see here."""
        with refusals():
            found = await self._store.transfers.get(transfer_id)
        if found is None or not self._sees(caller, door, found):
            raise Problem("not_found")
        return found

    def _sees(self, caller: Caller, door: Door, transfer: Transfer) -> bool:
        """Who began it sees it on both sides; whom it came for, on the side where they may fetch it, while it lasts."""
        if not delivery.may_see(transfer, caller.person.id, caller.person.address):
            return False
        return transfer.person_id == caller.person.id or self.may_fetch(caller, door, transfer)

    def may_fetch(self, caller: Caller, door: Door, transfer: Transfer) -> bool:
        """Whether clean files of it can be had here."""
        if door.segment is None:
            return False
        person = caller.person
        return delivery.may_fetch(
            transfer, person.id, person.address, door.segment, datetime.now(UTC), same_side=door.same_side
        )

    def may_add(self, caller: Caller, door: Door, transfer: Transfer) -> bool:
        """Whether files can be handed in for it here."""
        lasts = transfer.state is TransferState.OPEN and transfer.expires_at > datetime.now(UTC)
        return lasts and transfer.person_id == caller.person.id and door.segment is transfer.side

    async def send(self, caller: Caller, door: Door, transfer_id: str) -> Transfer:
        """No more files; the recipients hear of it. Done again, it changes nothing."""
        found = await self._own(caller, door, transfer_id)
        with refusals():
            if found.state is not TransferState.SENT:
                found = await self._store.transfers.submit(transfer_id, actor=caller.actor)
            there = other_side(self._settings, found.side)
            await self._gateway.tell_recipients(found, f"{there}/transfers/{found.id}" if there else "")
        return found

    async def withdraw(self, caller: Caller, door: Door, transfer_id: str) -> None:
        """Takes it back, from either side; what was not fetched is discarded."""
        await self._own(caller, door, transfer_id)
        with refusals():
            await self._store.transfers.withdraw(transfer_id, actor=caller.actor)

    async def _own(self, caller: Caller, door: Door, transfer_id: str) -> Transfer:
        found = await self.transfer(caller, door, transfer_id)
        if found.person_id != caller.person.id:
            raise Problem("not_found")
        return found

    # Files on their way in

    async def announce(
        self, caller: Caller, door: Door, transfer_id: str, said: Announced, client: str, scheme: str
    ) -> tuple[Upload, Transfer]:
        """Room for a file."""
        found = await self._own(caller, door, transfer_id)
        if door.segment is not found.side:
            raise Problem("not_found")
        draft = UploadDraft(
            transfer_id=found.id,
            name=said.name,
            length=said.length,
            path=safe_folder(said.path),
            type=said.type[:100],
            client=client,
            listener=door.name or "web",
            protocol=scheme.upper(),
        )
        with refusals():
            upload = await self._gateway.uploads.begin(draft)
            if upload.length == 0:
                await self._gateway.uploads.finish(upload.id)
        return upload, found

    async def upload(self, caller: Caller, door: Door, upload_id: str) -> Upload:
        """One that the caller began, on the side of this door."""
        with refusals():
            found = await self._gateway.uploads.get(upload_id)
            transfer = await self._store.transfers.get(found.transfer_id) if found else None
        if found is None or transfer is None:
            raise Problem("not_found")
        if transfer.person_id != caller.person.id or door.segment is not transfer.side:
            raise Problem("not_found")
        return found

    # Files on their way out

    async def files(self, transfer: Transfer) -> list[TransferFile]:
        """All of a transfer that the caller may see."""
        with refusals():
            return await self._store.transfers.files(transfer.id)

    async def file(self, caller: Caller, door: Door, item_id: str) -> tuple[Transfer, TransferFile]:
        """One by the number of its item."""
        with refusals():
            transfer = await self._store.transfers.of_item(item_id)
            file = await self._store.transfers.file(item_id)
        if transfer is None or file is None or file.item is None or not self._sees(caller, door, transfer):
            raise Problem("not_found")
        return transfer, file

    async def fetch(self, caller: Caller, door: Door, item_id: str) -> tuple[Item, Original]:
        """The clean file, for whom it is, where and while it may be had; on record before its first byte leaves."""
        transfer, file = await self.file(caller, door, item_id)
        if file.item is None or not self.may_fetch(caller, door, transfer):
            raise Problem("not_found")
        if not delivery.is_ready(file.item):
            raise Problem("conflict", reason="not_ready")
        return await self._hand_over(caller, transfer, file.item)

    async def fetch_all(self, caller: Caller, door: Door, transfer_id: str) -> list[tuple[TransferFile, Item, int]]:
        """Every file of a transfer that is ready, with the bytes it has; `content` gives them."""
        transfer = await self.transfer(caller, door, transfer_id)
        if not self.may_fetch(caller, door, transfer):
            raise Problem("not_found")
        ready = [(each, each.item) for each in await self.files(transfer) if each.item and delivery.is_ready(each.item)]
        if not ready:
            raise Problem("conflict", reason="not_ready")
        return [(file, item, (await self._hand_over(caller, transfer, item))[1].size) for file, item in ready]

    async def content(self, item: Item) -> Original:
        """What `fetch_all` has handed over."""
        with refusals():
            return await self._store.clean_original(item)

    async def _hand_over(self, caller: Caller, transfer: Transfer, item: Item) -> tuple[Item, Original]:
        address = caller.person.address
        # A system that has its own file back on its own side has it for everybody it named.
        recipient = address if delivery.is_for(transfer, address) else ""
        with refusals():
            original = await self._store.clean_original(item)
            return await delivery.fetched(self._store, item, recipient, caller.actor), original


def _side_of(door: Door) -> Segment:
    if door.segment is None:
        raise Problem("conflict", reason="no_segment")
    return door.segment


def _address_of(caller: Caller) -> str:
    if not caller.person.address:
        raise Problem("conflict", reason="no_address")
    return caller.person.address


@contextmanager
def refusals() -> Iterator[None]:
    """Turns what the store and the uploads refuse into a problem."""
    try:
        yield
    except StoreError as error:
        for kind in type(error).__mro__:
            if kind in REFUSALS:
                word, reason = REFUSALS[kind]
                headers = {"Retry-After": "60"} if word == "unavailable" else {}
                raise Problem(
                    word, str(error) if word != "not_found" else "", reason=reason, headers=headers
                ) from error
        raise Problem("unavailable", headers={"Retry-After": "10"}) from error
