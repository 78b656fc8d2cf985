"""What an ICAP request says, and the HTTP message in it: read strictly, nothing of a body. Pure."""

import re
from enum import StrEnum
from ipaddress import ip_address
from itertools import pairwise
from typing import Final
from urllib.parse import urlsplit

import msgspec

from gateway.intake.icap.framing import HEADER_BYTES, Fields, Malformed, fields_of, lines_of

_ICAP_LINE: Final = re.compile(r"([A-Z]{1,20}) ([!-~]{1,2000}) ICAP/1\.(\d)")
_REQUEST_LINE: Final = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]{1,40}) ([!-~\x80-\xff]+) HTTP/(\d(?:\.\d)?)")
_STATUS_LINE: Final = re.compile(r"HTTP/\d(?:\.\d)? ([1-5]\d\d)(?: [^\x00-\x08\x0a-\x1f\x7f]*)?")
_NUMBER: Final = re.compile(r"\d{1,18}")
_OFFSET: Final = re.compile(r"(req-hdr|res-hdr|req-body|res-body|null-body|opt-body)=(\d{1,6})")

#: Which parts may come encapsulated, and in which order (RFC 3507 section 4.4.1).
_SHAPES: Final = {
    "REQMOD": (("req-hdr", "req-body"), ("req-hdr", "null-body")),
    "RESPMOD": tuple(
        (*headers, body)
        for headers in ((), ("req-hdr",), ("res-hdr",), ("req-hdr", "res-hdr"))
        for body in ("res-body", "null-body")
    ),
    "OPTIONS": ((), ("null-body",)),
}


class Method(StrEnum):
    """Of ICAP."""

    OPTIONS = "OPTIONS"
    REQMOD = "REQMOD"
    RESPMOD = "RESPMOD"


class IcapRequest(msgspec.Struct, frozen=True):
    """The head of an ICAP request."""

    method: Method
    service: str  #: path of the URI without its first slash, e.g. "respmod"
    fields: Fields
    parts: tuple[tuple[str, int], ...]  #: header blocks that follow, with their octets
    has_body: bool
    preview: int | None  #: octets that come before the peer waits; None: the body comes at once
    may_204: bool  #: outside of a preview, too
    closes: bool  #: the peer wants no further request on this connection

    @property
    def client(self) -> str:
        """Whom the peer asks for, by its own word (X-Client-IP); "" when it does not say."""
        values = self.fields.all("x-client-ip")
        try:
            return str(ip_address(values[0].strip())) if len(values) == 1 else ""
        except ValueError:
            return ""


class HttpRequest(msgspec.Struct, frozen=True):
    """The head of the HTTP request."""

    method: str
    target: str  #: as it stands there: absolute URL, or a path
    fields: Fields


class HttpResponse(msgspec.Struct, frozen=True):
    """The head of the HTTP response."""

    status: int
    fields: Fields


def icap_request(head: bytes) -> IcapRequest:
    """Raises Malformed, with the status to answer (RFC 3507 section 4.3.3)."""
    lines = lines_of(head)
    found = _ICAP_LINE.fullmatch(lines[0])
    if found is None:
        raise Malformed("not an ICAP request")
    if found[3] != "0":
        raise Malformed("not ICAP/1.0", 505)
    if found[1] not in _SHAPES:
        raise Malformed("no such method", 501)
    method, fields = Method(found[1]), fields_of(lines[1:])
    if fields.all("transfer-encoding") or fields.all("content-length"):
        raise Malformed("an ICAP header frames its body by Encapsulated alone")
    parts, has_body = _encapsulated(fields.one("encapsulated"), method)
    return IcapRequest(
        method=method,
        service=_service(found[2]),
        fields=fields,
        parts=parts,
        has_body=has_body,
        preview=_preview(fields) if has_body else None,
        may_204="204" in fields.tokens("allow"),
        closes="close" in fields.tokens("connection"),
    )


def http_request(block: bytes) -> HttpRequest:
    """The encapsulated request header. Raises Malformed."""
    lines = lines_of(block)
    found = _REQUEST_LINE.fullmatch(lines[0])
    if found is None:
        raise Malformed("the HTTP request line is not well formed")
    return HttpRequest(found[1], found[2], fields_of(lines[1:]))


def http_response(block: bytes) -> HttpResponse:
    """The encapsulated response header. Raises Malformed."""
    lines = lines_of(block)
    found = _STATUS_LINE.fullmatch(lines[0])
    if found is None:
        raise Malformed("the HTTP status line is not well formed")
    return HttpResponse(int(found[1]), fields_of(lines[1:]))


def claimed_length(fields: Fields) -> int | None:
    """What Content-Length says of the body, which is framed by chunks here; only good for an early no."""
    value = fields.one("content-length")
    if value and not _NUMBER.fullmatch(value):
        raise Malformed("Content-Length is not a number")
    return int(value) if value else None


def _service(uri: str) -> str:
    try:
        split = urlsplit(uri)
    except ValueError as error:
        raise Malformed("the URI is not well formed") from error
    if split.scheme.lower() not in {"icap", "icaps", ""}:
        raise Malformed("the URI is not one of ICAP")
    return split.path.strip("/")


def _preview(fields: Fields) -> int | None:
    value = fields.one("preview")
    if value and not _NUMBER.fullmatch(value):
        raise Malformed("Preview is not a number")
    return int(value) if value else None


def _encapsulated(value: str, method: Method) -> tuple[tuple[tuple[str, int], ...], bool]:
    """Header blocks with their octets, and whether a body follows (RFC 3507 section 4.4)."""
    names: list[str] = []
    offsets: list[int] = []
    for each in value.split(",") if value else ():
        found = _OFFSET.fullmatch(each.strip(" \t"))
        if found is None:
            raise Malformed("Encapsulated is not well formed")
        names.append(found[1])
        offsets.append(int(found[2]))
    if tuple(names) not in _SHAPES[method]:
        raise Malformed("Encapsulated does not fit the method")
    if offsets and offsets[0]:
        raise Malformed("the first part does not begin at 0")
    lengths = [after - before for before, after in pairwise(offsets)]
    if any(length <= 0 for length in lengths) or sum(lengths) > HEADER_BYTES:
        raise Malformed("Encapsulated names impossible offsets")
    return tuple(zip(names, lengths, strict=False)), bool(names) and names[-1] != "null-body"
