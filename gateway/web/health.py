"""GET /health: whether this gateway can take mail and move it on. Counts only: whoever may connect may read it."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from enum import StrEnum
from typing import Any, Protocol

import msgspec

from gateway.delivery.smtp import HopState
from gateway.model import Decision, Item, Transfer, Upload
from gateway.settings import Settings
from gateway.store.errors import StoreError
from gateway.store.items import Store
from gateway.store.transfers import TransferDraft
from gateway.store.upload_rows import UploadDraft
from gateway.viewing import Viewer
from sanitizers.model import Cleaned
from sanitizers.rules import Kind, Rules


class TryOut(Protocol):
    """What would become of something under a profile of the rules."""

    async def __call__(self, kind: Kind, name: str, data: bytes, profile: str) -> tuple[Cleaned, Decision]:
        """Raises PoolStopped."""


class Tried(Protocol):
    """What came of a password."""

    @property
    def answer(self) -> StrEnum:
        """opened, partly, held; or wrong, wait, over."""

    @property
    def wait_seconds(self) -> int:
        """Until the next try."""

    @property
    def tries_left(self) -> int:
        """Before the link ends."""


class Unlocks(Protocol):
    """What tries passwords."""

    async def open_by_link(self, token: str, code: str, passwords: Sequence[str]) -> Tried:
        """A recipient's try. Raises StoreError."""

    async def open_by_administrator(self, item: Item, recipient: str, passwords: Sequence[str], actor: str) -> Tried:
        """An operator's; `recipient` "" means all who wait. Raises StoreError."""


class Piece(Protocol):
    """Bytes of an upload that come now."""

    async def write(self, data: bytes) -> None:
        """Raises TooLong, StoreFull, StoreUnavailable."""

    async def keep(self) -> int:
        """The new offset, on disk."""


class UploadDesk(Protocol):
    """What takes files in pieces; whatever is refused is a StoreError."""

    async def begin_transfer(self, draft: TransferDraft) -> Transfer:
        """Raises MixedProfiles."""

    async def begin(self, draft: UploadDraft) -> Upload:
        """Raises NoSuchTransfer, TransferClosed, TooLarge, TooMany, StoreFull."""

    async def get(self, upload_id: str) -> Upload | None:
        """One, whatever became of it."""

    async def offset(self, upload_id: str) -> int:
        """Raises NoSuchUpload, UploadBusy."""

    async def received(self, upload_id: str) -> int:
        """For showing only: bytes that have come, kept or not."""

    def appending(self, upload_id: str, offset: int) -> AbstractAsyncContextManager[Piece]:
        """What is not kept inside is cut off. Raises NoSuchUpload, UploadOver, UploadBusy, WrongOffset, StoreFull."""

    async def finish(self, upload_id: str) -> str:
        """The item's number. Raises what begin and appending raise."""

    async def cancel(self, upload_id: str) -> None:
        """Raises NoSuchUpload."""


class Checked(Protocol):
    """One line of the checks of the installation, as `kiyome doctor` prints it."""

    name_ja: str
    name_en: str
    status: StrEnum  #: ok, warning or bad
    detail: str
    advice_ja: str  #: "" when nothing is to be done
    advice_en: str


class Served(Protocol):
    """What the pages need of a running gateway."""

    @property
    def settings(self) -> Settings:
        """As loaded."""

    @property
    def store(self) -> Store:
        """Open."""

    @property
    def rules(self) -> Rules:
        """As loaded."""

    @property
    def viewer(self) -> Viewer | None:
        """Shows items; None in a process without children."""

    @property
    def try_out(self) -> TryOut | None:
        """Cleans without keeping; None in a process without children."""

    @property
    def locksmith(self) -> Unlocks | None:
        """Tries passwords; None in a process without children."""

    @property
    def uploads(self) -> UploadDesk:
        """Takes files in."""

    async def tell_recipients(self, transfer: Transfer, link: str) -> None:
        """A letter to everybody whom files were sent to, once. Raises StoreError."""

    async def checks(self) -> Sequence[Checked]:
        """Looks at the installation now; nothing where nobody knows how."""

    def health(self) -> dict[str, Any]:
        """What the parts are doing now."""

    def hops(self) -> list[HopState]:
        """The next hops of the settings, as this process found them."""

    def wake(self) -> None:
        """There may be something to clean, or to deliver."""


class Health(msgspec.Struct, frozen=True):
    """What was found."""

    well: bool
    body: dict[str, Any]


async def examine(gateway: Served) -> Health:
    """Asks the store and counts the children; never raises for what it finds."""
    try:
        doing = gateway.health()
    except OSError:  # the folder of the store is gone
        return Health(well=False, body={"status": "problem", "problems": ["the store's folder cannot be looked at"]})
    problems = ["no child process is alive"] if doing["children"] == 0 else []
    items: dict[str, int] = {}
    try:
        items = {state.value: count for state, count in (await gateway.store.counts()).items()}
    except (StoreError, OSError):
        problems.append("the store does not answer")
    if (doing["free_bytes"] or 0) < gateway.settings.store.minimum_free_bytes:
        problems.append("the disk is nearly full: new mail is put off")
    body = {
        "status": "problem" if problems else "ok",
        "problems": problems,
        "items": items,
        "roles": doing["roles"],
        "children": doing["children"],
        "processing": doing["processing"],
        "delivering": doing["delivering"],
        "next_hops_down": len(doing["next_hops_down"]),  # how many; their names are nobody's business here
        "folders_in_trouble": sum(bool(folder.problem or folder.refused) for folder in doing["folders"]),
        "free_bytes": doing["free_bytes"],
    }
    return Health(well=not problems, body=body)
