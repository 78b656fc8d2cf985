"""The head of a metafile of StarView (SVM), in which LibreOffice keeps what an object shows: its size, its records.

Source: vcl/source/filter/svm/SvmReader.cxx of LibreOffice; no standard describes it.
"""

import struct
from typing import Final

#: Six letters, version and octets of the head, compression; a map mode (version, octets, unit, origin, scale across and
#: down, a flag); the size; how many records follow.
_HEAD: Final = struct.Struct("<6xHI I HI H2i4iB 2i I")
_COUNTED_FROM: Final = 12  # what the octets of the head are counted from
_RECORD: Final = struct.Struct("<HHI")  # kind, version, octets behind
_UNITS: Final = (0.01, 0.1, 1.0, 10.0, 0.0254, 0.254, 2.54, 25.4, 25.4 / 72, 25.4 / 1440, 25.4 / 96)  # millimetres


def is_whole(data: bytes) -> bool:
    """Whether as many records stand there as its head says."""
    if len(data) < _HEAD.size:
        return False
    _, length, *_, count = _HEAD.unpack_from(data)
    at = _COUNTED_FROM + length
    for _ in range(count):
        if at + _RECORD.size > len(data):
            return False
        at += _RECORD.size + _RECORD.unpack_from(data, at)[2]
    return bool(at <= len(data))


def box(data: bytes) -> tuple[int, int, int, int, float]:
    """Left, top, right, bottom, and the millimetres of their unit; struct.error: it does not say."""
    *_, unit, _x, _y, across, across_by, down, down_by, _plain, width, height, _count = _HEAD.unpack_from(data)
    if unit >= len(_UNITS) or (across, down) != (across_by, down_by):
        raise struct.error
    return (0, 0, width, height, _UNITS[unit])
