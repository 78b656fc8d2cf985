"""The uploads of a store: begun within the limits, looked up, given up."""

import msgspec

from gateway.model import Upload
from gateway.store import upload_rows
from gateway.store.deeds import Doing, Reading
from gateway.store.errors import StoreFull
from gateway.store.transfer_errors import TooLarge, TooMany
from gateway.store.transfers import living
from gateway.store.upload_rows import OPEN_OF_PERSON, SIZES, UploadDraft
from gateway.store.writer import Transaction

#: Whole transfers that one person may have on their way at once: announcing costs nothing, but takes room from others.
AT_ONCE_OF_ONE_PERSON = 4


class Limits(msgspec.Struct, frozen=True):
    """Of one transfer in all."""

    files: int
    bytes: int


class UploadRows:
    """What is known of uploads; their bytes are in a folder (gateway.intake.upload)."""

    def __init__(self, do: Doing, read: Reading) -> None:
        self._do = do
        self._read = read

    async def begin(self, draft: UploadDraft, limits: Limits) -> Upload:
        """Raises NoSuchTransfer, TransferClosed, TooLarge, TooMany; StoreFull: too much of one person is on its way."""
        return await self._do(lambda transaction: _begin(transaction, draft, limits))

    async def get(self, upload_id: str) -> Upload | None:
        """One, whatever became of it."""
        return await self._read(lambda connection: upload_rows.get(connection, upload_id))

    async def cancel(self, upload_id: str) -> None:
        """Raises NoSuchUpload when it is not open."""
        await self._do(lambda transaction: upload_rows.cancel(transaction, upload_id))

    async def expected_bytes(self) -> int:
        """What all open uploads announced together."""
        return await self._read(upload_rows.expected_bytes)

    async def open(self) -> list[Upload]:
        """All that take bytes, or are to become items; the oldest first."""
        return await self._read(upload_rows.all_open)


def _begin(transaction: Transaction, draft: UploadDraft, limits: Limits) -> Upload:
    transfer = living(transaction, draft.transfer_id)
    files, size = transaction.connection.execute(SIZES, {"id": draft.transfer_id}).one()
    if files >= limits.files:
        raise TooMany(limits.files)
    if int(size) + draft.length > limits.bytes:
        raise TooLarge(limits.bytes - int(size))
    _check_person(transaction, transfer.person_id, draft, limits)
    return upload_rows.begin(transaction, draft, transfer.expires_at)


def _check_person(transaction: Transaction, person_id: str, draft: UploadDraft, limits: Limits) -> None:
    files, size = transaction.connection.execute(OPEN_OF_PERSON, {"person": person_id}).one()
    most = AT_ONCE_OF_ONE_PERSON
    if files >= most * limits.files or int(size) + draft.length > most * limits.bytes:
        raise StoreFull("too much of one person is on its way; some of it has to end first")
