"""Who a connection really comes from, as told by peers that settings trust: the PROXY protocol and XCLIENT."""

import asyncio
import re
from ipaddress import IPv4Address, IPv6Address, ip_address

import msgspec
from aiosmtpd.proxy_protocol import AF, V2_SIGNATURE, get_proxy

from gateway.intake.parameters import xtext
from gateway.intake.replies import BAD_PARAMETER, NO_PROXY_HEADER, HungUp, Refused

ClientAddress = IPv4Address | IPv6Address

LONGEST_PROXY_V1 = 107  # octets with CRLF, PROXY protocol section 2.1
LONGEST_PROXY_V2 = 2_048  # ours; the format would allow 65,551
XCLIENT_ATTRIBUTES = ("NAME", "ADDR", "PORT", "PROTO", "HELO")
UNKNOWN_VALUES = frozenset({"[UNAVAILABLE]", "[TEMPUNAVAIL]"})

_HELLO_NAME = re.compile(r"[!-~]{1,255}")
_HELLO_FORBIDDEN = re.compile(r'[<>()"\\,;@]')


class XclientClaim(msgspec.Struct, frozen=True):
    """What XCLIENT overrides; None leaves a thing as it is."""

    address: ClientAddress | None = None
    address_unknown: bool = False  #: the peer does not know it either
    helo: str | None = None
    protocol: str | None = None  #: SMTP or ESMTP


def plain_address(text: str) -> ClientAddress:
    """An IP address, IPv4 also where it is written inside IPv6, without a zone."""
    address = ip_address(text.partition("%")[0])
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def is_hello_name(text: str) -> bool:
    """A name for HELO or EHLO that is safe to write into a Received header; whether it is true is not asked."""
    return _HELLO_NAME.fullmatch(text) is not None and _HELLO_FORBIDDEN.search(text) is None


def proxy_header_length(start: bytes) -> int | None:
    """How many of the first octets are the PROXY header; None when more are needed to tell."""
    if start[:12] == V2_SIGNATURE[: len(start)]:
        return None if len(start) < 16 else _within(16 + int.from_bytes(start[14:16], "big"), LONGEST_PROXY_V2)
    if not b"PROXY ".startswith(start[:6]):
        raise HungUp(NO_PROXY_HEADER)
    end = start.find(b"\r\n", 0, LONGEST_PROXY_V1)
    if end < 0 and len(start) >= LONGEST_PROXY_V1:
        raise HungUp(NO_PROXY_HEADER)
    return None if end < 0 else end + 2


async def proxied_address(header: bytes) -> ClientAddress | None:
    """The client a PROXY header names; None for a health check or an unknown one, who is then the proxy itself."""
    reader = asyncio.StreamReader()
    reader.feed_data(header)
    reader.feed_eof()
    claim = await get_proxy(reader)
    if not claim:
        raise HungUp(NO_PROXY_HEADER)
    if claim.command == 0 or claim.family == AF.UNSPEC:
        return None
    if not isinstance(claim.src_addr, IPv4Address | IPv6Address):
        raise HungUp(NO_PROXY_HEADER)
    return plain_address(str(claim.src_addr))


def xclient_claim(argument: str) -> XclientClaim:
    """Read the attributes of Postfix's XCLIENT; NAME and PORT are understood and not used."""
    given: dict[str, str] = {}
    for word in argument.split():
        name, equals, value = word.partition("=")
        decoded = xtext(value)
        if not equals or decoded is None or name.upper() not in XCLIENT_ATTRIBUTES or name.upper() in given:
            raise Refused(BAD_PARAMETER)
        given[name.upper()] = decoded
    if not given:
        raise Refused(BAD_PARAMETER)
    unknown = given.get("ADDR", "").upper() in UNKNOWN_VALUES
    known = {name: value for name, value in given.items() if value.upper() not in UNKNOWN_VALUES}
    return XclientClaim(
        address=_xclient_address(known["ADDR"]) if "ADDR" in known else None,
        address_unknown=unknown,
        helo=_checked_hello(known["HELO"]) if "HELO" in known else None,
        protocol=_checked_protocol(known["PROTO"]) if "PROTO" in known else None,
    )


def _xclient_address(value: str) -> ClientAddress:
    try:
        return plain_address(re.sub("^IPV6:", "", value, flags=re.IGNORECASE))
    except ValueError:
        raise Refused(BAD_PARAMETER) from None


def _checked_hello(value: str) -> str:
    if not is_hello_name(value):
        raise Refused(BAD_PARAMETER)
    return value


def _checked_protocol(value: str) -> str:
    if value.upper() not in {"SMTP", "ESMTP"}:
        raise Refused(BAD_PARAMETER)
    return value.upper()


def _within(length: int, longest: int) -> int:
    if length > longest:
        raise HungUp(NO_PROXY_HEADER)
    return length
