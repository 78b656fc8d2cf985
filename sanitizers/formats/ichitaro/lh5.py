"""The -lh5- packing of LHA, in which a .jtdc keeps its document: a sliding window of 8 KiB and Huffman codes.

Yoshizaki's and Okumura's format, as every LHA archiver has it. Bounded as it grows: never more than was claimed, never
more than the budget allows.
"""

from typing import Final

from sanitizers.budget import BudgetMeter
from sanitizers.model import CannotSanitize, Threat

WINDOW: Final = 8_192  # bytes: how far back a match may lie
LITERALS: Final = 256
SHORTEST_MATCH: Final = 3  # bytes
CODES: Final = 510  # literals, and matches of 3 to 256 bytes
LENGTH_CODES: Final = 19  # of the code in which the lengths of the others are written
DISTANCE_CODES: Final = 14
LONGEST_CODE: Final = 16  # bits
_SPARE: Final = 8  # bytes behind the end that a code may reach into


class _Bits:
    """Most significant bit first."""

    def __init__(self, packed: bytes) -> None:
        self._packed = packed
        self._at = 0
        self._value = 0
        self._left = 0

    def peek(self) -> int:
        """The next 16 bits, zeros behind the end."""
        if self._left < LONGEST_CODE:
            chunk = self._packed[self._at : self._at + 32]
            if len(chunk) < 32:
                chunk += bytes(32 - len(chunk))
                if self._at > len(self._packed) + _SPARE:
                    raise damaged()
            self._at += 32
            self._value = self._value << 256 | int.from_bytes(chunk, "big")
            self._left += 256
        return self._value >> (self._left - LONGEST_CODE)

    def skip(self, count: int) -> None:
        self._left -= count
        self._value &= (1 << self._left) - 1

    def take(self, count: int) -> int:
        """A number of at most 16 bits."""
        value = self.peek() >> (LONGEST_CODE - count)
        self.skip(count)
        return value


class _Code:
    """A canonical Huffman code: for each length the first code of it, and its symbols."""

    def __init__(self, lengths: list[int]) -> None:
        self._symbols: list[list[int]] = [[] for _ in range(LONGEST_CODE + 1)]
        for symbol, length in enumerate(lengths):
            if length:
                self._symbols[length].append(symbol)
        #: (length, end of its codes in 16 bits, code of the first symbol), shortest first
        self._rows: list[tuple[int, int, int]] = []
        start = 0
        for length, symbols in enumerate(self._symbols):
            if symbols:
                end = start + (len(symbols) << (LONGEST_CODE - length))
                self._rows.append((length, end, start))
                start = end
        if start != 1 << LONGEST_CODE:
            raise damaged()

    def next(self, bits: _Bits) -> int:
        """The symbol that the next bits stand for."""
        ahead = bits.peek()
        for length, end, start in self._rows:
            if ahead < end:
                bits.skip(length)
                return self._symbols[length][(ahead - start) >> (LONGEST_CODE - length)]
        raise damaged()


class _OneSymbol(_Code):
    """A code of one symbol, which takes no bits."""

    def __init__(self, symbol: int) -> None:
        self._symbol = symbol

    def next(self, _bits: _Bits) -> int:
        """That symbol."""
        return self._symbol


def unpacked(packed: bytes, size: int, meter: BudgetMeter) -> bytes:
    """What `packed` holds, exactly `size` bytes. CannotSanitize: damaged, or over the budget."""
    meter.check_expansion(len(packed), size)
    meter.check_room(size=size)
    bits = _Bits(packed)
    out = bytearray()
    while len(out) < size:
        _block(bits, out, size)
    return bytes(out)


def _block(bits: _Bits, out: bytearray, size: int) -> None:
    count = bits.take(16)
    if not count:
        raise damaged()
    codes = _codes(bits)
    distances = _small_codes(bits, DISTANCE_CODES, width=4, gap=-1)
    for _ in range(count):
        symbol = codes.next(bits)
        if symbol < LITERALS:
            out.append(symbol)
        else:
            _copy(out, symbol - LITERALS + SHORTEST_MATCH, _distance(bits, distances))
        if len(out) > size:
            raise damaged()


def _distance(bits: _Bits, distances: _Code) -> int:
    width = distances.next(bits)
    return (1 << (width - 1) | bits.take(width - 1)) if width > 1 else width


def _copy(out: bytearray, length: int, distance: int) -> None:
    """A match may reach into itself; before the beginning there are blanks."""
    start = len(out) - distance - 1
    for at in range(start, start + length):
        out.append(out[at] if at >= 0 else 0x20)


def _small_codes(bits: _Bits, most: int, *, width: int, gap: int) -> _Code:
    """A code whose lengths are three bits each, longer ones counted in ones; after the third length there is a gap."""
    count = bits.take(width)
    if not count:
        return _OneSymbol(_within(bits.take(width), most))
    lengths: list[int] = []
    while len(lengths) < count:
        lengths.append(_length(bits))
        if len(lengths) == gap:
            lengths += [0] * bits.take(2)
    if len(lengths) > most:
        raise damaged()
    return _Code(lengths)


def _length(bits: _Bits) -> int:
    length = bits.take(3)
    if length == 7:
        while bits.take(1):
            length += 1
            if length > LONGEST_CODE:
                raise damaged()
    return length


def _codes(bits: _Bits) -> _Code:
    """The code of literals and lengths, whose own lengths are packed with a small code; 0 to 2 are runs of zeros."""
    lengths_code = _small_codes(bits, LENGTH_CODES, width=5, gap=3)
    count = bits.take(9)
    if not count:
        return _OneSymbol(_within(bits.take(9), CODES))
    lengths: list[int] = []
    while len(lengths) < count:
        symbol = lengths_code.next(bits)
        if symbol == 0:
            lengths.append(0)
        elif symbol == 1:
            lengths += [0] * (bits.take(4) + 3)
        elif symbol == 2:
            lengths += [0] * (bits.take(9) + 20)
        else:
            lengths.append(symbol - 2)
    if len(lengths) > CODES:
        raise damaged()
    return _Code(lengths)


def _within(symbol: int, most: int) -> int:
    if symbol >= most:
        raise damaged()
    return symbol


def damaged() -> CannotSanitize:
    """What is not packed as it says."""
    return CannotSanitize(Threat.MALFORMED, "packed data that cannot be unpacked")
