"""Strict reading of the shape of ICAP and HTTP headers: lines, fields, chunk sizes. Pure; what is doubtful is refused.

Where two programs could read the same bytes in two ways, one of them examines what the other does not deliver. So line
ends are CRLF alone, a field stands on one line, and nothing that frames a message may be said twice.
"""

import re
from typing import Final

import msgspec

#: Octets of one header block, fields in it, octets of one line. Cookies are long; header bombs are longer.
HEADER_BYTES: Final = 65_536
FIELDS: Final = 200
LINE_BYTES: Final = 16_384
#: Octets of the line in front of a chunk: eight digits and "; ieof".
CHUNK_LINE_BYTES: Final = 32

_NAME: Final = r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}"  # RFC 9110 section 5.6.2
_FIELD: Final = re.compile(rf"({_NAME}):[ \t]*((?:[^\x00-\x08\x0a-\x1f\x7f]*[^\x00-\x20\x7f])?)[ \t]*")
_CHUNK: Final = re.compile(rb"([0-9A-Fa-f]{1,8})(?:[ \t]?;[ \t]?(ieof))?")


class Malformed(Exception):
    """The peer does not keep to the protocol. `reason` is for our log; the peer sees the status alone."""

    def __init__(self, reason: str, status: int = 400) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status


class Fields(msgspec.Struct, frozen=True):
    """A header block's fields in their order, values as Latin-1 characters."""

    rows: tuple[tuple[str, str], ...] = ()

    def all(self, name: str) -> list[str]:
        """Every value of a field; the name in lower case."""
        return [value for key, value in self.rows if key.lower() == name]

    def one(self, name: str) -> str:
        """The value of a field that may stand once, "" when it is not there. Raises Malformed."""
        found = self.all(name)
        if len(found) > 1:
            raise Malformed(f"{name} is given {len(found)} times")
        return found[0] if found else ""

    def tokens(self, name: str) -> frozenset[str]:
        """The members of a comma-separated list, lower case."""
        return frozenset(each.strip().lower() for value in self.all(name) for each in value.split(","))


def lines_of(block: bytes) -> list[str]:
    """The lines of a header block that ends with an empty line, that one left out. Raises Malformed."""
    if not block.endswith(b"\r\n\r\n"):
        raise Malformed("a header block does not end with an empty line")
    lines = block[:-4].decode("latin-1").split("\r\n")
    if len(lines) > FIELDS + 1:
        raise Malformed("too many header fields", 431)
    for line in lines:
        if not line or "\r" in line or "\n" in line:
            raise Malformed("an empty line or a bare line end in a header block")
        if len(line) > LINE_BYTES:
            raise Malformed("a header line is too long", 431)
    return lines


def fields_of(lines: list[str]) -> Fields:
    """The fields of these lines; a folded line (RFC 9112 section 5.2) is refused."""
    rows = []
    for line in lines:
        found = _FIELD.fullmatch(line)
        if found is None:
            raise Malformed("a header field is not well formed")
        rows.append((found[1], found[2]))
    return Fields(tuple(rows))


def chunk_of(line: bytes) -> tuple[int, bool]:
    """Size of the chunk behind this line (its CRLF left out), and whether it says ieof (RFC 3507 section 4.5).

    No other extension is taken: nobody needs one, and smugglers like them.
    """
    found = _CHUNK.fullmatch(line)
    if found is None:
        raise Malformed("a chunk's size is not well formed")
    size, ends = int(found[1], 16), found[2] is not None
    if ends and size:
        raise Malformed("ieof at a chunk that is not the last")
    return size, ends
