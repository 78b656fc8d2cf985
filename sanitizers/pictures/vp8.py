"""How strongly a lossy WebP picture was compressed, from the header of its first frame (RFC 6386 section 9)."""

from typing import Final

_HEADER: Final = 10  # frame tag, start code, size
_DEFAULT: Final = 80


class _Bits:
    """The arithmetic decoder of VP8 (RFC 6386 section 7.3), for bits that are as likely 0 as 1."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.place = 2
        self.value = int.from_bytes(data[:2], "big")
        self.range = 255
        self.shifted = 0

    def bit(self) -> int:
        split = 1 + ((self.range - 1) * 128 >> 8)
        if self.value >= split << 8:
            self.range -= split
            self.value -= split << 8
            read = 1
        else:
            self.range = split
            read = 0
        while self.range < 128:
            self.value <<= 1
            self.range <<= 1
            self.shifted += 1
            if self.shifted == 8:
                self.shifted = 0
                self.value |= self.data[self.place] if self.place < len(self.data) else 0
                self.place += 1
        return read

    def number(self, bits: int) -> int:
        value = 0
        for _ in range(bits):
            value = value << 1 | self.bit()
        return value

    def signed(self, bits: int) -> int:
        value = self.number(bits)
        return -value if self.bit() else value


def quality_of(frame: bytes) -> int:
    """The quality, 0 to 100, with which libwebp would make a key frame like this; never raises."""
    if len(frame) < _HEADER + 2 or frame[0] & 1:
        return _DEFAULT
    bits = _Bits(frame[_HEADER : _HEADER + 200])
    bits.number(2)  # colour space, clamping
    segments = _segments(bits) if bits.bit() else None
    bits.number(1 + 6 + 3)  # loop filter
    if bits.bit() and bits.bit():  # its adjustments
        for _ in range(8):
            if bits.bit():
                bits.signed(6)
    bits.number(2)  # partitions
    index = bits.number(7)
    if segments is not None:
        absolute, levels = segments
        index = sum(levels) // 4 + (0 if absolute else index)
    return _quality(max(0, min(index, 127)))


def _segments(bits: _Bits) -> tuple[int, list[int]] | None:
    """Section 9.3: levels of the four segments, and whether they stand for themselves or are added."""
    new_map = bits.bit()
    found = None
    if bits.bit():
        absolute = bits.bit()
        found = (absolute, [bits.signed(7) if bits.bit() else 0 for _ in range(4)])
        for _ in range(4):  # loop filter levels
            if bits.bit():
                bits.signed(6)
    if new_map:
        for _ in range(3):
            if bits.bit():
                bits.number(8)
    return found


def _quality(index: int) -> int:
    """The inverse of what libwebp does (QualityToCompression, VP8SetSegmentParams)."""
    linear = (1 - index / 127) ** 3
    return round(100 * (linear * 1.5 if linear < 0.5 else (linear + 1) / 2))
