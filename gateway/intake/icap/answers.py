"""What is answered to one message: it goes on as it came, with another body, or a page comes in its place."""

import msgspec

from gateway.intake.icap.messages import HttpRequest, HttpResponse, Method
from gateway.model import Item
from gateway.store.blobs import Original


class Message(msgspec.Struct, frozen=True):
    """One HTTP message that somebody wants to have examined, without its body."""

    method: Method  #: REQMOD: the request is what goes on; RESPMOD: the response
    request: HttpRequest | None
    response: HttpResponse | None
    client: str  #: address of whom it is for; of the peer when that does not say
    tls: str  #: of the connection; "" in clear
    blocks: tuple[tuple[str, bytes], ...] = ()  #: the header blocks as they came


class Unchanged(msgspec.Struct, frozen=True):
    """As it came: 204 where the peer takes that, else the same bytes again."""

    item: Item | None = None  #: None: there is no body
    said: str = ""  #: for the record


class Rewritten(msgspec.Struct, frozen=True):
    """The same message with a clean body."""

    item: Item
    header: bytes
    body: Original
    said: str


class Page(msgspec.Struct, frozen=True):
    """A response of ours, whatever was asked."""

    header: bytes
    body: bytes
    why: str  #: for the log
    item_id: str = ""


Answer = Unchanged | Rewritten | Page
