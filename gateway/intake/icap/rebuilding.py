"""The HTTP header of a message whose body is another one now: fields that fit, written anew. Pure."""

from http import HTTPStatus
from typing import Final

import msgspec

from gateway.intake.icap.framing import Fields
from gateway.intake.icap.messages import HttpRequest, HttpResponse
from gateway.intake.icap.naming import disposition, disposition_kind

#: Response fields that go on beside a new body; lower case. What describes the old bytes (ETag, Content-MD5, Digest,
#: Content-Range, Accept-Ranges, Content-Encoding, Trailer) is not here, nor what leads elsewhere by itself (Link,
#: Refresh).
RESPONSE_KEPT: Final = {
    "access-control-allow-credentials": "who may read it, as the site said (Fetch standard)",
    "access-control-allow-origin": "the same",
    "access-control-expose-headers": "the same",
    "age": "how old it is (RFC 9111)",
    "cache-control": "how long it may be kept (RFC 9111)",
    "content-language": "of the words, which stay (RFC 9110 8.5)",
    "content-security-policy": "only forbids",
    "cross-origin-embedder-policy": "only forbids",
    "cross-origin-opener-policy": "only forbids",
    "cross-origin-resource-policy": "only forbids",
    "date": "when it was said (RFC 9110 6.6.1)",
    "expires": "how long it may be kept (RFC 9111)",
    "last-modified": "of the source, not of the bytes (RFC 9110 8.8.2)",
    "permissions-policy": "only forbids",
    "pragma": "how long it may be kept, in the old way",
    "referrer-policy": "only forbids",
    "set-cookie": "the session that the reader is in (RFC 6265)",
    "strict-transport-security": "only forbids (RFC 6797)",
    "vary": "for whom it may be kept (RFC 9111)",
    "via": "who carried it (RFC 9110 7.6.3)",
    "x-content-type-options": "only forbids",
    "x-frame-options": "only forbids",
}
#: Request fields that do not go on beside a new body. The others are our own user's and say nothing of its bytes.
REQUEST_DROPPED: Final = {
    "connection": "of one hop (RFC 9110 7.6.1)",
    "content-disposition": "written anew",
    "content-encoding": "what has one is refused",
    "content-length": "written anew",
    "content-md5": "of the old bytes",
    "content-range": "of the old bytes",
    "content-type": "written anew",
    "digest": "of the old bytes (RFC 3230)",
    "content-digest": "of the old bytes (RFC 9530)",
    "repr-digest": "of the old bytes (RFC 9530)",
    "expect": "answered already",
    "keep-alive": "of one hop",
    "proxy-connection": "of one hop",
    "signature": "covers the old digest (RFC 9421)",
    "signature-input": "the same",
    "te": "of one hop",
    "trailer": "there is none",
    "transfer-encoding": "of one hop",
    "upgrade": "of one hop",
}


class CleanBody(msgspec.Struct, frozen=True):
    """What is known of the body that goes on."""

    name: str  #: as it should be called from now on
    type: str  #: media type, with parameters
    size: int  #: octets
    renamed: bool  #: it is called something else than before


def response_header(before: HttpResponse | None, body: CleanBody) -> bytes:
    """The header block of a response with a clean body."""
    status = before.status if before else 200
    fields = before.fields if before else Fields()
    rows = [row for row in fields.rows if row[0].lower() in RESPONSE_KEPT]
    rows += _of_body(body, next(iter(fields.all("content-disposition")), ""))
    if not fields.all("x-content-type-options"):
        rows.append(("X-Content-Type-Options", "nosniff"))  # what was written is what it says, and nothing else
    return _block(f"HTTP/1.1 {status} {_phrase(status)}", rows)


def request_header(before: HttpRequest, body: CleanBody) -> bytes:
    """The header block of a request with a clean body. The address stays, whatever the file is called now."""
    named = _connection_options(before.fields)
    rows = [row for row in before.fields.rows if row[0].lower() not in REQUEST_DROPPED | dict.fromkeys(named, "")]
    rows += _of_body(body, next(iter(before.fields.all("content-disposition")), ""), new=False)
    return _block(f"{before.method} {before.target} HTTP/1.1", rows)


def page_header(status: int, language: str, size: int, retry_seconds: int) -> bytes:
    """The header block of one of our own pages."""
    rows = [
        ("Content-Type", "text/html; charset=utf-8"),
        ("Content-Length", str(size)),
        ("Content-Language", language),
        ("Cache-Control", "no-store"),
        ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'"),
        ("X-Content-Type-Options", "nosniff"),
    ]
    if retry_seconds:
        rows.append(("Retry-After", str(retry_seconds)))
    return _block(f"HTTP/1.1 {status} {_phrase(status)}", rows)


def _of_body(body: CleanBody, disposed: str, *, new: bool = True) -> list[tuple[str, str]]:
    rows = [("Content-Type", body.type), ("Content-Length", str(body.size))]
    if body.name and (disposed or (new and body.renamed)):
        rows.append(("Content-Disposition", disposition(disposition_kind(disposed), body.name)))
    return rows


def _connection_options(fields: Fields) -> frozenset[str]:
    """Fields that the sender itself calls those of one hop (RFC 9110 section 7.6.1)."""
    return fields.tokens("connection")


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _block(start: str, rows: list[tuple[str, str]]) -> bytes:
    lines = [start, *(f"{name}: {value}" for name, value in rows)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
