"""The compressions of ZIP members, each as a stream that is counted while it grows."""

import bz2
import lzma
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Final, Protocol

import inflate64
from backports import zstd

from sanitizers.model import CannotSanitize, Threat
from sanitizers.unpacking.libarchive import CHUNK, Form, unpacked
from sanitizers.zipped.records import malformed

_SIP: Final = 1_024  # bytes in, for a decoder that cannot be told how much it may give out
_LARGEST_DICTIONARY: Final = 268_435_456
_LOCAL: Final = struct.Struct("<4s5H3I2H")  # APPNOTE 4.3.7


class _Decoder(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


def _drained(decoder: _Decoder, packed: bytes) -> Iterator[bytes]:
    """For bz2, lzma and zstd of the standard library, which share an interface."""
    rest = packed
    while not decoder.eof:
        piece = decoder.decompress(rest, CHUNK)
        rest = b""
        if not piece and decoder.needs_input:
            raise malformed("with a member that is cut off")
        yield piece


def _stored(packed: bytes, _size: int) -> Iterator[bytes]:
    yield packed


def _inflated(packed: bytes, _size: int) -> Iterator[bytes]:
    stream = zlib.decompressobj(wbits=-zlib.MAX_WBITS)
    rest = packed
    while not stream.eof:
        piece = stream.decompress(rest, CHUNK)
        rest = stream.unconsumed_tail
        if not piece and not rest and not stream.eof:
            raise malformed("with a member that is cut off")
        yield piece


def _inflated_64(packed: bytes, _size: int) -> Iterator[bytes]:
    stream = inflate64.Inflater()
    for at in range(0, len(packed), _SIP):
        if stream.eof:
            return
        yield stream.inflate(packed[at : at + _SIP])


def _lzma(packed: bytes, size: int) -> Iterator[bytes]:
    """APPNOTE 5.8.8: version, length and five bytes of properties stand in front."""
    if len(packed) < 9 or packed[2:4] != b"\x05\x00" or packed[4] >= 9 * 5 * 5:
        raise malformed("with a member that is damaged")
    properties, dictionary = packed[4], int.from_bytes(packed[5:9], "little")
    form = {
        "id": lzma.FILTER_LZMA1,
        "lc": properties % 9,
        "lp": properties // 9 % 5,
        "pb": properties // 45,
        "dict_size": max(4_096, min(dictionary, size, _LARGEST_DICTIONARY)),  # no larger than what comes out
    }
    decoder = lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=[form])
    given, rest = 0, packed[9:]
    while given < size and not decoder.eof:
        piece = decoder.decompress(rest, min(CHUNK, size - given))
        rest = b""
        if not piece:
            raise malformed("with a member that is cut off")
        given += len(piece)
        yield piece


def _xz(packed: bytes, _size: int) -> Iterator[bytes]:
    return _drained(lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_LARGEST_DICTIONARY), packed)


def _ppmd(packed: bytes, size: int) -> Iterator[bytes]:
    """By libarchive, out of a ZIP file that holds nothing else."""
    return alone(packed, size, 98, 0, b"", b"")


def alone(packed: bytes, size: int, method: int, crc: int, extra: bytes, secret: bytes) -> Iterator[bytes]:
    """What libarchive reads of one member, given as a ZIP file of its own; opened with a password where one is given.

    Sizes and CRC are not believed: whoever calls checks them.
    """
    header = _LOCAL.pack(b"PK\x03\x04", 20, 1 if secret else 0, method, 0, 0x21, crc, len(packed), size, 1, len(extra))
    with unpacked(header + b"a" + extra + packed, Form.ZIP_MEMBER, secret=secret) as unpacking:
        for _entry in unpacking.entries():
            yield from unpacking.chunks()
            return


#: Method (APPNOTE 4.4.5) → decoder, which is told the size that the directory claims. Missing: 1 to 6, of before 1993,
#: and those for sound and pictures, which nothing here can read.
DECODERS: Final[Mapping[int, Callable[[bytes, int], Iterator[bytes]]]] = {
    0: _stored,
    8: _inflated,
    9: _inflated_64,
    12: lambda packed, _size: _drained(bz2.BZ2Decompressor(), packed),
    14: _lzma,
    93: lambda packed, _size: _drained(zstd.ZstdDecompressor(), packed),
    95: _xz,
    98: _ppmd,
}
DAMAGE: Final = (
    zlib.error,
    lzma.LZMAError,
    zstd.ZstdError,
    OSError,
    EOFError,
    ValueError,
)  # OSError is what bz2 raises


def pieces(method: int, packed: bytes, size: int) -> Iterator[bytes]:
    """What a member holds, piece by piece. CannotSanitize: damaged, or in a compression that is not read."""
    decoder = DECODERS.get(method)
    if decoder is None:
        detail = f"a ZIP file with a compression that is not opened: {method}"
        raise CannotSanitize(Threat.UNSUPPORTED, detail)
    try:
        yield from decoder(packed, size)
    except DAMAGE as damage:
        raise malformed("with a member that is damaged") from damage
