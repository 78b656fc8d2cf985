"""Archives that unpack without end: a gzip file that holds itself, and a ZIP file whose members quote one another."""

import struct
import zlib

from tests.archives import DATE, TIME, deflated

_NAME = b"r.gz"


def gzip_quine() -> bytes:
    """A gzip file of which the content is the file (R. Cox, "Zip Files All The Way Down", 2010).

    Every step of the program, print or repeat, takes five bytes; RFC 1951 3.2.4 and 3.2.6.
    """
    head = b"\x1f\x8b\x08\x08" + bytes(4) + b"\0\xff" + _NAME + b"\0"
    size = len(_quine(head, 0, 0))
    constant = zlib.crc32(_quine(head, size, 0))
    # What each bit of the checksum in the file changes in the checksum of the file, and in itself.
    rows = [(zlib.crc32(_quine(head, size, 1 << bit)) ^ constant ^ 1 << bit, 1 << bit) for bit in range(32)]
    return _quine(head, size, _solved(rows, constant))


def _quine(head: bytes, size: int, checksum: int) -> bytes:
    tail = struct.pack("<II", checksum, size)
    heading, four, ending = _printed(len(head) + 5), _printed(20), _printed(len(tail) + 5)
    one, none = _printed(5), _printed(0)
    again = _repeated(10, 10, distance=20)  # the last four steps, or the head and one step, which are as long
    last = _repeated(7, 6, distance=13, final=True)
    program = [
        heading, head, heading, again,
        one, again, one, one, four, again, one, one, four, again,
        four, again, four, again, four, again,
        four, again, none, none, ending, again, none, none, ending, last, tail, last,
    ]  # fmt: skip
    return head + b"".join(program) + tail


def _printed(size: int) -> bytes:
    """A stored block: so many bytes that follow."""
    return b"\0" + struct.pack("<HH", size, size ^ 0xFFFF)


def _repeated(*lengths: int, distance: int, final: bool = False) -> bytes:
    """A block of fixed codes: each length of 3 to 10 bytes, from that far back, 13 to 24."""
    bits = f"{final:d}10"
    code, extra, base = (7, 2, 13) if distance <= 16 else (8, 3, 17)
    for length in lengths:
        bits += f"{length - 2:07b}{code:05b}" + f"{distance - base:0{extra}b}"[::-1]
    bits += "0" * 7
    return int(bits.ljust(40, "0")[::-1], 2).to_bytes(5, "little")


def _solved(rows: list[tuple[int, int]], wanted: int) -> int:
    """Which of the rows give what is wanted together (Gauss, over single bits)."""
    pivots: dict[int, tuple[int, int]] = {}
    for row in rows:
        value, chosen = row
        while value and (top := value.bit_length()) in pivots:
            value, chosen = value ^ pivots[top][0], chosen ^ pivots[top][1]
        if value:
            pivots[value.bit_length()] = (value, chosen)
    answer = 0
    while wanted:
        value, chosen = pivots[wanted.bit_length()]
        wanted, answer = wanted ^ value, answer ^ chosen
    return answer


def quoting_bomb(count: int = 250, kernel: int = 1_000_000) -> bytes:
    """Every member prints the header of the next and goes on with its data (D. Fifield, "A better zip bomb", 2019)."""
    content = bytes(kernel)
    rest, members = deflated(content), []
    for number in reversed(range(count)):
        name = b"%03d.txt" % number
        fields = struct.pack(
            "<5H3I2H", 20, 0, 8, TIME, DATE, zlib.crc32(content), len(rest), len(content), len(name), 0
        )
        header = b"PK\3\4" + fields + name
        members.append((header, fields, name))
        content = header + content
        rest = _printed(len(header)) + header + rest
    rest = rest[5:]  # nobody quotes the first
    directory, at = b"", 0
    for header, fields, name in reversed(members):
        directory += b"PK\1\2" + struct.pack("<H", 20) + fields + struct.pack("<3H2I", 0, 0, 0, 0, at) + name
        at += len(header) + 5
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, count, count, len(directory), len(rest), 0)
    return rest + directory + end
