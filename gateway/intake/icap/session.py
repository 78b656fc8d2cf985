"""One ICAP connection: request after request, each read to its end, answered, and only then the next."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from email.utils import formatdate
from http import HTTPStatus
from typing import Final

import msgspec

from gateway.intake.icap.answers import Answer, Message, Page, Rewritten, Unchanged
from gateway.intake.icap.framing import Malformed
from gateway.intake.icap.messages import IcapRequest, Method, http_request, http_response, icap_request
from gateway.intake.icap.pages import Why
from gateway.intake.icap.service import Service
from gateway.intake.icap.wire import PIECE_BYTES, Gone, TooLong, Wire
from gateway.store.blobs import Original, Spool
from gateway.store.errors import BlobDamaged, BlobGone, StoreError

log = logging.getLogger(__name__)

SERVICES: Final = {"respmod": Method.RESPMOD, "reqmod": Method.REQMOD}
CONTINUE: Final = b"ICAP/1.0 100 Continue\r\n\r\n"
#: RFC 3507 section 4.3.3, and what of HTTP it takes over.
_PHRASES: Final = {
    404: "ICAP Service not found",
    405: "Method not allowed for service",
    505: "ICAP version not supported",
}


class Offer(msgspec.Struct, frozen=True):
    """What every session says of the service."""

    istag: str  #: at most 32 octets, without quotes
    connections: int
    options_seconds: int  #: how long a peer may remember the answer to OPTIONS
    preview_bytes: int
    max_bytes: int
    minimum_free_bytes: int


class Keeping(msgspec.Struct, frozen=True):
    """Where bodies go."""

    spool: Callable[[], Spool]
    free_bytes: Callable[[], int]


class Session:
    """Serves one connection until either side ends it."""

    def __init__(self, wire: Wire, service: Service, offer: Offer, keeping: Keeping, peer: str, tls: str) -> None:
        self._wire = wire
        self._service = service
        self._offer = offer
        self._keeping = keeping
        self._peer = peer
        self._tls = tls
        self._requests = 0
        self._in_step = True  # the next byte of the peer begins a request
        self.idle = True  #: no request is on its way
        self.retiring = False  #: end after the request that is on its way

    async def run(self) -> None:
        """Until the end. Never raises for what a peer does."""
        try:
            while not self.retiring and await self._serve():
                pass
        except Gone:
            return
        except Malformed as refusal:
            await self._refuse(refusal)

    async def _refuse(self, refusal: Malformed) -> None:
        """Say what is wrong, then end: nobody knows where the next request would begin."""
        log.warning("icap client=%s refused status=%d %s", self._peer, refusal.status, refusal.reason)
        try:
            await self._wire.send(self._status(refusal.status, "Connection: close"))
        except Gone:
            return
        await self._wire.linger()

    async def _serve(self) -> bool:
        """One request; whether another one may follow."""
        self.idle = True
        head = await self._wire.head()
        if head is None:
            return False
        self.idle = False
        self._requests += 1
        request = icap_request(head)
        if request.method is Method.OPTIONS:
            return await self._options(request)
        message = await self._message(request)
        if SERVICES.get(request.service) is not request.method:
            raise Malformed("no such service", 405 if request.service in SERVICES else 404)
        self._in_step = not request.has_body
        answer, in_preview = await self._answered(request, message)
        goes_on = self._in_step and not request.closes and not self.retiring
        may_204 = request.may_204 or in_preview
        await self._send(request, message, answer, may_204=may_204, goes_on=goes_on)
        await self._service.given(answer, message)
        self._log(request, answer)
        if not self._in_step:
            await self._wire.linger()
        return goes_on

    async def _message(self, request: IcapRequest) -> Message:
        blocks = [(name, await self._wire.exactly(octets)) for name, octets in request.parts]
        by_name = dict(blocks)
        return Message(
            method=request.method,
            request=http_request(by_name["req-hdr"]) if "req-hdr" in by_name else None,
            response=http_response(by_name["res-hdr"]) if "res-hdr" in by_name else None,
            client=request.client or self._peer,
            tls=self._tls,
            blocks=tuple(blocks),
        )

    async def _answered(self, request: IcapRequest, message: Message) -> tuple[Answer, bool]:
        """The answer, and whether it comes in place of 100 Continue (then 204 is always allowed)."""
        if not request.has_body:
            return Unchanged(), False
        refusal = self._service.refusal(message)
        if refusal is None and self._keeping.free_bytes() < self._offer.minimum_free_bytes:
            refusal = self._service.page(message, Why.FAILED)
        if refusal is not None and request.preview is None:
            return refusal, False  # the rest is read away, or not
        try:
            spool = self._keeping.spool()
        except StoreError as error:
            return self._failed(message, error), False
        try:
            return await self._with_body(request, message, spool, refusal)
        except TooLong:
            return self._service.page(message, Why.TOO_LARGE), False
        except StoreError as error:
            return self._failed(message, error), False
        finally:
            spool.discard()

    async def _with_body(
        self, request: IcapRequest, message: Message, spool: Spool, refusal: Page | None
    ) -> tuple[Answer, bool]:
        whole = request.preview is None
        if request.preview is not None:
            whole = await self._wire.preview(spool.write, min(request.preview, self._offer.max_bytes))
            if refusal is not None:
                self._in_step = True
                return refusal, True
            if not whole:
                await self._wire.send(CONTINUE)
        in_preview = whole and request.preview is not None
        if not in_preview:
            await self._wire.body(spool.write, self._offer.max_bytes - spool.size)
        self._in_step = True
        return await self._service.examined(message, spool), in_preview

    def _failed(self, message: Message, error: StoreError) -> Page:
        log.error("icap client=%s the store failed: %s", self._peer, type(error).__name__)
        return self._service.page(message, Why.FAILED)

    # Answering

    async def _options(self, request: IcapRequest) -> bool:
        method = SERVICES.get(request.service)
        if method is None:
            raise Malformed("no such service", 404)
        offer = self._offer
        goes_on = not request.closes and not self.retiring
        lines = [
            f"Methods: {method}",
            "Service: Kiyome",
            "Service-ID: kiyome",
            f"Max-Connections: {offer.connections}",
            f"Options-TTL: {offer.options_seconds}",
            "Allow: 204",
            f"Preview: {offer.preview_bytes}",
            "Transfer-Preview: *",  # no list of names that need no look: a name says nothing
            "Encapsulated: null-body=0",
        ]
        if not goes_on:
            lines.append("Connection: close")
        await self._wire.send(self._status(200, *lines))
        return goes_on

    async def _send(
        self, request: IcapRequest, message: Message, answer: Answer, *, may_204: bool, goes_on: bool
    ) -> None:
        closing = () if goes_on else ("Connection: close",)
        if isinstance(answer, Unchanged):
            if may_204:
                await self._wire.send(self._status(204, "Encapsulated: null-body=0", *closing))
            else:
                await self._echo(request, message, answer, closing)
        elif isinstance(answer, Rewritten):
            side = "req" if message.method is Method.REQMOD else "res"
            await self._body(side, answer.header, _pieces(answer.body), closing)
        else:
            await self._body("res", answer.header, _piece(answer.body), closing)

    async def _body(self, side: str, header: bytes, content: AsyncIterator[bytes], closing: tuple[str, ...]) -> None:
        encapsulated = f"{side}-hdr=0, {side}-body={len(header)}" if header else f"{side}-body=0"
        await self._wire.send(self._status(200, f"Encapsulated: {encapsulated}", *closing) + header)
        try:
            await self._wire.send_chunked(content)
        except (BlobGone, BlobDamaged, StoreError) as error:
            log.error("icap client=%s an answer was cut off: %s", self._peer, type(error).__name__)  # noqa: TRY400
            self._wire.cut()
            raise Gone from error

    async def _echo(self, request: IcapRequest, message: Message, answer: Unchanged, closing: tuple[str, ...]) -> None:
        """The same again, for a peer that does not take 204."""
        side = "req" if message.method is Method.REQMOD else "res"
        header = dict(message.blocks).get(f"{side}-hdr", b"")
        if request.has_body:
            original = await self._service.original(answer.item) if answer.item else None
            await self._body(side, header, _pieces(original) if original else _piece(b""), closing)
            return
        named = f"{side}-hdr=0, null-body={len(header)}" if header else "null-body=0"
        await self._wire.send(self._status(200, f"Encapsulated: {named}", *closing) + header)

    def _status(self, status: int, *lines: str) -> bytes:
        phrase = _PHRASES.get(status) or HTTPStatus(status).phrase
        head = [
            f"ICAP/1.0 {status} {phrase}",
            f"Date: {formatdate(usegmt=True)}",
            f'ISTag: "{self._offer.istag}"',
        ]
        return ("\r\n".join((*head, *lines)) + "\r\n\r\n").encode("ascii")

    def _log(self, request: IcapRequest, answer: Answer) -> None:
        if isinstance(answer, Page):
            said, item_id = f"page:{answer.why}", answer.item_id
        else:
            said, item_id = type(answer).__name__.lower(), answer.item.id if answer.item else ""
        words = "icap client=%s request=%d method=%s preview=%s answer=%s item=%s"
        preview = "-" if request.preview is None else request.preview
        log.info(words, self._peer, self._requests, request.method, preview, said, item_id or "-")


async def _piece(data: bytes) -> AsyncIterator[bytes]:
    yield data


async def _pieces(body: Original) -> AsyncIterator[bytes]:
    """Read beside the event loop where it touches the disk. Raises what `Original.chunks` raises."""
    chunks = body.chunks(PIECE_BYTES)
    while piece := next(chunks, b"") if body.in_memory else await asyncio.to_thread(next, chunks, b""):
        yield piece
