"""What a proxy that was taken over may say over ICAP, read by the gateway's own code."""

import asyncio
import re
from collections.abc import Iterable
from typing import cast

from gateway.intake.icap.answers import Message
from gateway.intake.icap.framing import HEADER_BYTES, Malformed
from gateway.intake.icap.messages import Method, claimed_length, http_request, http_response, icap_request
from gateway.intake.icap.naming import claimed_name, host_of
from gateway.intake.icap.pages import preferred_language
from gateway.intake.icap.rebuilding import RESPONSE_KEPT, CleanBody, request_header, response_header
from gateway.intake.icap.wire import Gone, TooLong, Wire

LOOP = asyncio.new_event_loop()
MOST = 4_096
NAME = '表\r\nX: y".pdf'
OF_BODY = {"content-type", "content-length", "content-disposition", "x-content-type-options"}
_ASKED = b"GET http://o/a?b HTTP/1.1\r\nHost: o\r\nAccept-Language: en;q=0.5, ja\r\n\r\n"
_ANSWERED = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nETag: 1\r\nVary: a\r\n"
    b"Content-Disposition: attachment; filename*=UTF-8''%E8%A1%A8.doc\r\n\r\n"
)
_PUT = b"PUT http://o/a%2Fb.doc HTTP/1.1\r\nContent-Length: 5\r\nConnection: x\r\n\r\n"
_SEEDS = (
    b"OPTIONS icap://x/respmod ICAP/1.0\r\nHost: x\r\n\r\n",
    b"RESPMOD icap://x/respmod ICAP/1.0\r\nHost: x\r\nAllow: 204\r\nPreview: 4\r\n"
    b"Encapsulated: req-hdr=0, res-hdr=%d, res-body=%d\r\n\r\n"
    % (len(_ASKED), len(_ASKED) + len(_ANSWERED))
    + _ASKED
    + _ANSWERED
    + b"4\r\nabcd\r\n0; ieof\r\n\r\n",
    b"REQMOD icap://x/reqmod ICAP/1.0\r\nEncapsulated: req-hdr=0, req-body=%d\r\n\r\n" % len(_PUT)
    + _PUT
    + b"5\r\nhello\r\n0\r\n\r\n",
    b"RESPMOD icap://x/respmod ICAP/1.0\r\nEncapsulated: res-body=0\r\n\r\n3\r\nabc\r\n0\r\n\r\n" * 2,
)


def talk_seeds() -> Iterable[bytes]:
    """Honest requests."""
    return _SEEDS


def talk(data: bytes) -> None:
    """Request after request, as a session reads them; each ends with one of its own errors, or is understood whole."""
    requests(data)


def requests(data: bytes) -> int:
    """How many were understood before the first that was not."""
    return LOOP.run_until_complete(_read_all(data))


async def _read_all(data: bytes) -> int:
    reader = asyncio.StreamReader(limit=HEADER_BYTES)
    reader.feed_data(data)
    reader.feed_eof()
    wire = Wire(reader, cast(asyncio.StreamWriter, None), 60.0)
    understood = 0
    try:
        while (head := await wire.head()) is not None:
            await _read(wire, head)
            understood += 1
    except (Malformed, Gone, TooLong):
        return understood
    return understood


async def _read(wire: Wire, head: bytes) -> None:
    request = icap_request(head)
    assert sum(octets for _, octets in request.parts) <= HEADER_BYTES
    blocks = {name: await wire.exactly(octets) for name, octets in request.parts}
    asked = http_request(blocks["req-hdr"]) if "req-hdr" in blocks else None
    answered = http_response(blocks["res-hdr"]) if "res-hdr" in blocks else None
    _check_written(Message(request.method, asked, answered, "", ""))
    body = bytearray()
    if request.has_body:
        await wire.body(body.extend, MOST)
    assert len(body) <= MOST


def _check_written(message: Message) -> None:
    """What we write of it is one header block, of known fields, whatever came."""
    clean = CleanBody(NAME, "application/pdf", 5, renamed=True)
    fields = message.response.fields if message.response else None
    if message.method is Method.RESPMOD:
        written = http_response(response_header(message.response, clean))
        assert {name.lower() for name, _ in written.fields.rows} <= RESPONSE_KEPT.keys() | OF_BODY
        assert claimed_length(written.fields) == 5
    if message.request is not None:
        written_request = http_request(request_header(message.request, clean))
        assert claimed_length(written_request.fields) == 5
        assert written_request.target == message.request.target
        assert re.fullmatch(r"[!-~]{0,255}", host_of(message.request.target, message.request.fields))
        assert preferred_language(",".join(message.request.fields.all("accept-language")), "ja") in {"ja", "en"}
        disposed = fields.one("content-disposition") if fields else ""
        name = claimed_name(disposed, message.request.target)
        assert not re.search(r"[/\\\x00-\x1f\x7f]", name)
