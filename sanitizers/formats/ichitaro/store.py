"""The store of blocks that streams of Ichitaro are ("SsmgV.01"): sub-streams, each in blocks of 256 bytes.

Big-endian. As learned from files: magic, number of sub-streams, size of a block, number of blocks, the blocks, and a
directory in which each sub-stream names its length and its blocks. A sub-stream of words is "TextV.01", their number
and UTF-16 units; a long document has "QLSTV.01" first, a list of pieces and the sub-streams that they are in.
"""

import struct
from typing import Final

from sanitizers.model import CannotSanitize, Threat

MAGIC: Final = b"SsmgV.01"
_HEAD: Final = struct.Struct(">8s3I")
_ENTRY: Final = struct.Struct(">5I")  # index, 0, length in bytes, blocks, blocks again
_WORDS: Final = b"TextV.01"
_PIECES: Final = b"QLSTV.01"
_PIECE: Final = struct.Struct(">2I")  # units, index of the sub-stream
_COUNT: Final = struct.Struct(">I")
_MOST: Final = 100_000  # sub-streams, pieces


def texts(stream: bytes) -> list[bytes]:
    """The UTF-16 units, big-endian, of each text in a stream; raises CannotSanitize for a stream of another build."""
    parts = _sub_streams(stream)
    first = parts.get(0, b"")
    if first.startswith(_PIECES):
        return [b"".join(_pieces(first, parts))]
    return [_units(part[len(_WORDS) :]) for part in parts.values() if part.startswith(_WORDS)]


def _sub_streams(stream: bytes) -> dict[int, bytes]:
    if not stream.startswith(MAGIC) or len(stream) < _HEAD.size:
        raise _unknown()
    _, count, size, blocks = _HEAD.unpack_from(stream)
    at = _HEAD.size + size * blocks
    if count > _MOST or at > len(stream):
        raise _unknown()
    found: dict[int, bytes] = {}
    total = 0
    for _ in range(count):
        if at + _ENTRY.size > len(stream):
            raise _unknown()
        index, _, length, number, _ = _ENTRY.unpack_from(stream, at)
        at += _ENTRY.size
        total += number
        if total > blocks or at + 4 * number > len(stream):  # each block belongs to one sub-stream
            raise _unknown()
        places = struct.unpack_from(f">{number}I", stream, at)
        at += 4 * number
        found[index] = b"".join(_block(stream, place, size, blocks) for place in places)[:length]
    return found


def _block(stream: bytes, place: int, size: int, blocks: int) -> bytes:
    if place >= blocks:
        raise _unknown()
    start = _HEAD.size + place * size
    return stream[start : start + size]


def _pieces(first: bytes, parts: dict[int, bytes]) -> list[bytes]:
    at = len(_PIECES)
    (count,) = _COUNT.unpack_from(first.ljust(at + _COUNT.size, b"\0"), at)
    at += _COUNT.size
    if count > _MOST or at + count * _PIECE.size > len(first):
        raise _unknown()
    pieces: list[bytes] = []
    used: set[int] = set()
    for _ in range(count):
        units, index = _PIECE.unpack_from(first, at)
        at += _PIECE.size
        if index in used or index not in parts:
            raise _unknown()
        used.add(index)
        pieces.append(_whole(parts[index], units))
    return pieces


def _units(part: bytes) -> bytes:
    """What stands behind the name of a sub-stream of words: how many units, then the units."""
    if len(part) < _COUNT.size:
        raise _unknown()
    (count,) = _COUNT.unpack_from(part)
    return _whole(part[_COUNT.size :], count)


def _whole(part: bytes, units: int) -> bytes:
    if units * 2 > len(part):
        raise _unknown()
    return part[: units * 2]


def _unknown() -> CannotSanitize:
    return CannotSanitize(Threat.MALFORMED, "words that are not stored as Ichitaro stores them")
