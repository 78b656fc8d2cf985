"""What calls about transfers take and give."""

from datetime import datetime
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from gateway.model import Segment, TransferState
from gateway.web.transfers.files import FileState

MOST_RECIPIENTS: Final = 100
LONGEST_WAIT: Final = 60  #: seconds
Address = Annotated[str, Meta(min_length=3, max_length=254, pattern=r"^[^\s@]+@[^\s@]+$")]


class TransferWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A transfer that begins."""

    title: Annotated[str, Meta(max_length=200)] = ""
    recipients: Annotated[list[Address], Meta(max_length=MOST_RECIPIENTS, description="beside oneself")] = []
    profile: Annotated[str, Meta(max_length=100, description="one of `transfers.profiles`; else as the rules say")] = ""
    days: Annotated[int, Meta(ge=1, le=3_650)] | None = None
    webhook: Annotated[str, Meta(max_length=2_000, description="https address that is told what becomes of files")] = ""


class Transfer(msgspec.Struct, frozen=True, kw_only=True):
    """What was handed in together."""

    id: str
    side: Segment
    title: str
    sender: str
    recipients: list[str]
    created_at: datetime
    expires_at: datetime
    state: TransferState
    files: int
    bytes: int
    ready: int
    held: int
    mine: Annotated[bool, Meta(description="whether the caller made it")]
    can_add: Annotated[bool, Meta(description="whether the caller may add files at this listener")]
    can_fetch: Annotated[bool, Meta(description="whether clean files can be fetched at this listener")]
    webhook: str | None = None
    webhook_secret: Annotated[str, Meta(description="of Standard Webhooks; for the owner")] | None = None


class Transfers(msgspec.Struct, frozen=True):
    """A page of them, the newest first."""

    transfers: list[Transfer]
    next: str | None


class TransferSearch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to look for."""

    text: Annotated[str, Meta(max_length=200, description="in titles")] = ""
    after: Annotated[str, Meta(max_length=200, description="`next` of the page before")] = ""
    limit: Annotated[int, Meta(ge=1, le=100)] = 50


class File(msgspec.Struct, frozen=True, kw_only=True):
    """One file of a transfer."""

    upload: str
    item: str | None
    transfer: str
    name: Annotated[str, Meta(description="as it was handed in, made safe")]
    path: str
    size: int
    received: int
    state: FileState
    clean_name: str | None
    clean_size: int | None
    findings: Annotated[list[str], Meta(description="what was removed or changed, in the reader's language")]
    sha256: Annotated[str, Meta(description="of the clean file")] | None


class Files(msgspec.Struct, frozen=True):
    """All of a transfer, as they were handed in."""

    files: list[File]


class Waiting(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether to wait for the end of cleaning."""

    wait: Annotated[int, Meta(ge=0, le=LONGEST_WAIT, description="seconds at most")] = 0


class PasswordGiven(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of a locked file."""

    password: Annotated[str, Meta(min_length=1, max_length=128)]


class CleanWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file that is cleaned at once."""

    name: Annotated[str, Meta(min_length=1, max_length=255)]
    profile: Annotated[str, Meta(max_length=100)] = ""
