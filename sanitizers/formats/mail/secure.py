"""S/MIME and PGP: signed content is unwrapped, encrypted content is recognised; no signature is verified here."""

import re

import msgspec

from sanitizers.model import CannotSanitize, Threat

SIGNATURE_TYPES = frozenset(
    {
        "application/pkcs7-signature",  # RFC 8551 section 3.5.3
        "application/x-pkcs7-signature",
        "application/pgp-signature",  # RFC 3156 section 5
    }
)
OPAQUE_TYPES = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})  # RFC 8551 section 3.2

# Object identifiers of RFC 5652, RFC 5083 and RFC 3274, DER-encoded without tag and length.
_SIGNED_DATA = bytes.fromhex("2a864886f70d010702")
_ENCRYPTED = frozenset(
    {
        bytes.fromhex("2a864886f70d010703"),  # enveloped-data
        bytes.fromhex("2a864886f70d010704"),  # signed-and-enveloped-data (PKCS #7)
        bytes.fromhex("2a864886f70d010706"),  # encrypted-data
        bytes.fromhex("2a864886f70d0109100117"),  # authenticated-enveloped-data
    }
)
_SEQUENCE, _SET, _OID, _INTEGER, _OCTETS, _OCTETS_IN_PIECES, _EXPLICIT_0 = 0x30, 0x31, 0x06, 0x02, 0x04, 0x24, 0xA0
_DEEPEST = 16
_MOST_PIECES = 200_000

_ARMOUR = r"[^\n]*(?:\n|\Z)(?:(?!-----)[^\n]*(?:\n|\Z))*"  # from a BEGIN line to the next line of five dashes
# Controls in front go later on, and then it would begin a line.
_PGP_MESSAGE = re.compile(
    rf"^[\0-\x08\x0b-\x1f\x7f]*+-----BEGIN PGP MESSAGE{_ARMOUR}(?:-----END PGP MESSAGE[^\n]*)?", re.MULTILINE
)
_PGP_SIGNED = re.compile(
    r"^-----BEGIN PGP SIGNED MESSAGE-----[^\n]*\n(?:[A-Za-z-]+: [^\n]*\n)*[ \t]*\n",
    re.MULTILINE,
)
_PGP_SIGNATURE = re.compile(
    rf"^-----BEGIN PGP SIGNATURE-----{_ARMOUR}(?:-----END PGP SIGNATURE-----[^\n]*(?:\n|\Z))?",
    re.MULTILINE,
)
_DASH_ESCAPE = re.compile(r"^- (?!-----BEGIN PGP)", re.MULTILINE)  # armour inside armour stays marked


class Opaque(msgspec.Struct, frozen=True):
    """An opaque S/MIME object: what it is, and the signed content when it is signed."""

    encrypted: bool
    content: bytes  #: the MIME entity that was signed, untrusted; b"" when there is none


class Unwrapped(msgspec.Struct, frozen=True):
    """Text after PGP armour was looked at."""

    text: str
    signed: bool
    encrypted: bool


def read_opaque(data: bytes) -> Opaque:
    """What an application/pkcs7-mime object holds; raises CannotSanitize when it is neither signed nor encrypted."""
    try:
        reader = _Ber(data)
        outer = reader.content(0, len(data), _SEQUENCE)
        oid_start, oid_end, after = reader.element(*outer, _OID)
        kind = data[oid_start:oid_end]
        if kind in _ENCRYPTED:
            return Opaque(encrypted=True, content=b"")
        if kind != _SIGNED_DATA:
            raise CannotSanitize(Threat.UNSUPPORTED, "an S/MIME object of an unknown kind")
        return Opaque(encrypted=False, content=reader.signed_content(after, outer[1]))
    except (IndexError, ValueError) as error:
        raise CannotSanitize(Threat.MALFORMED, "a damaged S/MIME object") from error


class _Ber:
    """Just enough of X.690 to walk to the content of signed-data; indefinite lengths included."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._pieces = 0

    def element(self, pos: int, end: int, tag: int) -> tuple[int, int, int]:
        """Content start, content end and the offset after the element; its tag must be the one expected."""
        if pos >= end or self._data[pos] != tag:
            raise ValueError("unexpected element")
        return self._any(pos, end, 0)

    def content(self, pos: int, end: int, tag: int) -> tuple[int, int]:
        """Content start and end only."""
        start, stop, _ = self.element(pos, end, tag)
        return start, stop

    def signed_content(self, pos: int, end: int) -> bytes:
        """RFC 5652 section 5.1: version, digestAlgorithms, encapContentInfo { type, [0] OCTET STRING }."""
        pos, end = self.content(*self.content(pos, end, _EXPLICIT_0), _SEQUENCE)
        for tag in (_INTEGER, _SET):
            pos = self.element(pos, end, tag)[2]
        pos, end = self.content(pos, end, _SEQUENCE)
        pos = self.element(pos, end, _OID)[2]
        if pos >= end or self._data[pos] != _EXPLICIT_0:
            return b""  # certificates only, or a detached signature
        return b"".join(self._octets(*self.content(pos, end, _EXPLICIT_0), 0))

    def _octets(self, pos: int, end: int, depth: int) -> list[bytes]:
        """An octet string, whole or in pieces."""
        found: list[bytes] = []
        while pos < end:
            tag = self._data[pos]
            start, stop, pos = self._any(pos, end, depth)
            if tag == _OCTETS:
                found.append(self._data[start:stop])
            elif tag == _OCTETS_IN_PIECES and depth < _DEEPEST:
                found += self._octets(start, stop, depth + 1)
            else:
                raise ValueError("not an octet string")
        return found

    def _any(self, pos: int, end: int, depth: int) -> tuple[int, int, int]:
        self._pieces += 1
        if self._pieces > _MOST_PIECES or depth > _DEEPEST:
            raise ValueError("too many elements")
        length, start = self._data[pos + 1], pos + 2
        if length == 0x80:
            stop = self._end_of_contents(start, end, depth)
            return start, stop, stop + 2
        if length > 0x80:
            count = length & 0x7F
            length, start = int.from_bytes(self._data[start : start + count], "big"), start + count
        if start + length > end:
            raise ValueError("longer than what is there")
        return start, start + length, start + length

    def _end_of_contents(self, pos: int, end: int, depth: int) -> int:
        """Where the two zero octets stand that close an element of indefinite length."""
        while self._data[pos : pos + 2] != b"\0\0":
            if pos >= end:
                raise ValueError("never closed")
            pos = self._any(pos, end, depth + 1)[2]
        return pos


def unwrap_pgp(text: str) -> Unwrapped:
    """Clear-signed text without its armour (RFC 9580 section 7); encrypted blocks are cut out."""
    if "-----BEGIN PGP" not in text:
        return Unwrapped(text, signed=False, encrypted=False)
    text, encrypted = _PGP_MESSAGE.subn("", text)
    pieces: list[str] = []
    pos = 0
    while (head := _PGP_SIGNED.search(text, pos)) and (signature := _PGP_SIGNATURE.search(text, head.end())):
        pieces += [text[pos : head.start()], _DASH_ESCAPE.sub("", text[head.end() : signature.start()])]
        pos = signature.end()
    signed = pos > 0
    return Unwrapped("".join([*pieces, text[pos:]]), signed=signed, encrypted=encrypted > 0)
