"""A mail as it goes over the wire: what it needs of the next hop, dots stuffed, addresses as bytes."""

import re

import idna
import msgspec

from gateway.model import Reply

LINE_ENDINGS = re.compile(rb"\r\n|\r|\n")
# What cannot stand in a path, or would end the command: RFC 5321 4.1.2, RFC 6531 3.3.
UNSAFE = re.compile(r"[\x00-\x1f\x7f<>]")


class Message(msgspec.Struct, frozen=True):
    """One mail ready to be sent to some of its recipients."""

    wire: bytes  #: dot-stuffed, with the final CRLF.CRLF
    size: int  #: octets before dot-stuffing (RFC 1870)
    eight_bit: bool  #: needs 8BITMIME
    smtputf8: bool  #: the sender or a header is not ASCII


def prepare(data: bytes, sender: str) -> Message:
    """Our own mails end every line in CRLF; a released original may not."""
    lines = data.count(b"\n")
    if data.count(b"\r\n") != lines or data.count(b"\r") != lines:
        data = LINE_ENDINGS.sub(b"\r\n", data)
    if not data.endswith(b"\r\n"):
        data += b"\r\n"
    stuffed = b"." + data if data.startswith(b".") else data
    wire = stuffed.replace(b"\r\n.", b"\r\n..") + b".\r\n"  # RFC 5321 4.5.2
    eight_bit = not data.isascii()
    header = data[: data.find(b"\r\n\r\n")] if eight_bit else b""
    return Message(wire, len(data), eight_bit, not header.isascii() or needs_utf8(sender))


def refusal(message: Message, address: str, *, smtputf8: bool, eight_bit: bool) -> Reply | None:
    """Why this mail cannot go to this address over a hop that offers only this; None when it can."""
    if UNSAFE.search(address) or not address:
        return Reply(553, "5.1.3", "the address cannot be written in SMTP")
    if not smtputf8 and (message.smtputf8 or needs_utf8(address)):
        return Reply(550, "5.6.7", "the next hop does not take internationalised mail")  # RFC 6531 3.5
    if message.eight_bit and not eight_bit:
        return Reply(554, "5.6.3", "the next hop does not take 8-bit mail")  # RFC 6152 3
    return None


def path_of(address: str, *, utf8: bool) -> bytes:
    """The address as it stands between < and >."""
    return address.encode() if utf8 or address.isascii() else _with_ascii_domain(address)


def needs_utf8(address: str) -> bool:
    """Whether it is more than a domain that could as well be written in ASCII."""
    if address.isascii():
        return False
    try:
        return not _with_ascii_domain(address).isascii()
    except idna.IDNAError:
        return True


def _with_ascii_domain(address: str) -> bytes:
    local, _, domain = address.rpartition("@")
    return local.encode() + b"@" + idna.encode(domain, uts46=True)


def xtext(value: str) -> bytes:
    """RFC 3461 4; what is not ASCII goes as its UTF-8 octets."""
    return b"".join(bytes((c,)) if 33 <= c <= 126 and c not in b"+=" else b"+%02X" % c for c in value.encode())
