"""Addresses of MAIL and RCPT (RFC 5321 section 4.1.2, RFC 6531 section 3.3), read strictly where it matters.

Dots may stand anywhere in an unquoted local part: Japanese mobile carriers gave out addresses such as
`a..b.@example.ne.jp` for years, and they are in use.
"""

import re
from functools import lru_cache
from ipaddress import ip_address

import idna
import msgspec

from gateway.intake.replies import BAD_RECIPIENT, BAD_SENDER, NEEDS_SMTPUTF8, Refused

LOCAL_PART_OCTETS = 64  # RFC 5321 section 4.5.3.1.1
DOMAIN_OCTETS = 255  # section 4.5.3.1.2
PATH_OCTETS = 256  # section 4.5.3.1.3, the angle brackets included

_ATOM_OR_DOT = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.\-\u00a0-\U0010ffff]+"
_QUOTED = r'"(?:[^"\\]|\\.)*"'
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"

_PATH = re.compile(rf'<([^"<>]*(?:{_QUOTED}[^"<>]*)*)>')
_SOURCE_ROUTE = re.compile(rf"@{_LABEL}(?:\.{_LABEL})*(?:,@{_LABEL}(?:\.{_LABEL})*)*:")
_MAILBOX = re.compile(rf"({_ATOM_OR_DOT}|{_QUOTED})@([^@\s\"<>,;:\\()]+|\[[0-9A-Za-z.:]+\])")
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_LITERAL = re.compile(r"\[(?:IPv6:)?([0-9A-Fa-f.:]+)\]", re.IGNORECASE)
_MISLEADING_LOCAL_PART = re.compile(r'["@%!]')


class Address(msgspec.Struct, frozen=True):
    """A mailbox as the client wrote it, without a source route."""

    text: str
    local: str
    domain: str  #: A-labels in lower case, "[192.0.2.1]" for a literal


@lru_cache(maxsize=4096)
def canonical_domain(domain: str) -> str | None:
    """A-labels in lower case, so that U-labels and A-labels of one domain are equal; None when it is no domain."""
    if not domain.isascii():
        try:
            domain = idna.encode(domain, uts46=True).decode("ascii")
        except idna.IDNAError:
            return None
    if len(domain) > DOMAIN_OCTETS or not _DOMAIN.fullmatch(domain):
        return None
    return domain.lower()


def split_path(argument: str, bad_address: bytes) -> tuple[str, str]:
    """What stands between the angle brackets, a source route stripped (RFC 5321 appendix C), and what follows them."""
    match = _PATH.match(argument.lstrip(" "))
    if match is None or len(match[0].encode()) > PATH_OCTETS:
        raise Refused(bad_address)
    route = _SOURCE_ROUTE.match(match[1])
    mailbox = match[1][route.end() :] if route else match[1]
    if route and not mailbox:
        raise Refused(bad_address)
    return mailbox, match.string[match.end() :]


def sender_address(text: str, *, smtputf8: bool) -> str:
    """The reverse-path of MAIL: a mailbox, or "" for the null sender."""
    if not text:
        return ""
    return _mailbox(text, BAD_SENDER, smtputf8=smtputf8).text


def recipient_address(text: str, *, smtputf8: bool) -> Address:
    """The forward-path of RCPT.

    Address literals would go round the routes; quotes, "@", "%" and "!" in a local part are ways to ask the next hop to
    relay elsewhere. Both are refused.
    """
    address = _mailbox(text, BAD_RECIPIENT, smtputf8=smtputf8)
    if address.domain.startswith("[") or _MISLEADING_LOCAL_PART.search(address.local):
        raise Refused(BAD_RECIPIENT)
    return address


def _mailbox(text: str, bad_address: bytes, *, smtputf8: bool) -> Address:
    match = _MAILBOX.fullmatch(text)
    # isprintable() also refuses what a reader cannot see: bidirectional and zero-width controls, C1, line separators.
    if match is None or not text.isprintable() or len(match[1].encode()) > LOCAL_PART_OCTETS:
        raise Refused(bad_address)
    if not smtputf8 and not text.isascii():
        raise Refused(NEEDS_SMTPUTF8)
    domain = _literal(match[2]) if match[2].startswith("[") else canonical_domain(match[2])
    if domain is None:
        raise Refused(bad_address)
    return Address(text, match[1], domain)


def _literal(text: str) -> str | None:
    match = _LITERAL.fullmatch(text)
    if match is None:
        return None
    try:
        ip_address(match[1])
    except ValueError:
        return None
    return text
