"""The check sum of compressed RTF ([MS-OXRTFCP] 2.1.3.1.4): CRC-32 without its first and last turn."""

import zlib
from typing import Final

_ALL_ONES: Final = 0xFFFFFFFF


def checksum(data: bytes) -> int:
    """As stored in the header."""
    return zlib.crc32(data, _ALL_ONES) ^ _ALL_ONES
