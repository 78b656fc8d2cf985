"""Writes OLE2 files ([MS-CFB], version 3): storages and streams by path. For tests and samples only."""

import struct

SECTOR, MINI, CUTOFF = 512, 64, 4096
FREE, END, FAT_SECTOR = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
NOBODY = 0xFFFFFFFF
Tree = dict[str, "bytes | Tree"]


class _Entry:
    def __init__(self, name: str, kind: int, data: bytes = b"") -> None:
        self.name, self.kind, self.data = name, kind, data
        self.left = self.right = self.child = NOBODY
        self.start, self.size = (END, len(data)) if data else (0, 0)

    def packed(self) -> bytes:
        name = (self.name + "\0").encode("utf-16-le")
        return (
            name.ljust(64, b"\0")
            + struct.pack("<HBBIII", len(name), self.kind, 1, self.left, self.right, self.child)
            + bytes(16 + 4 + 8 + 8)
            + struct.pack("<IQ", self.start, self.size)
        )


def compound(tree: Tree) -> bytes:
    """The whole file."""
    root = _Entry("Root Entry", 5)
    entries = [root]
    _add(entries, root, tree)
    small = [entry for entry in entries[1:] if entry.kind == 2 and 0 < entry.size < CUTOFF]
    mini_fat, mini = _chained(small, MINI)
    root.data, root.size = mini, len(mini)
    sectors, fat = bytearray(), []
    for entry in [*(each for each in entries if each.kind == 2 and each.size >= CUTOFF), *([root] if mini else [])]:
        entry.start = _append(sectors, fat, entry.data)
    first_mini_fat = _append(sectors, fat, struct.pack(f"<{len(mini_fat)}I", *mini_fat), b"\xff") if mini_fat else END
    count = -(-len(mini_fat) * 4 // SECTOR)
    while len(entries) % 4:
        entries.append(_Entry("", 0))
    directory = _append(sectors, fat, b"".join(entry.packed() for entry in entries))
    fat_sectors = 1
    while fat_sectors * (SECTOR // 4) < len(fat) + fat_sectors:
        fat_sectors += 1
    first_fat = len(fat)
    fat += [FAT_SECTOR] * fat_sectors
    fat += [FREE] * (fat_sectors * (SECTOR // 4) - len(fat))
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    header += struct.pack("<HHHHH6xIIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, fat_sectors, directory, 0, CUTOFF,
                          first_mini_fat, count, END, 0, first_fat)  # fmt: skip
    header += struct.pack(f"<{108}I", *[*range(first_fat + 1, first_fat + fat_sectors), *[FREE] * (109 - fat_sectors)])
    return header + bytes(sectors) + struct.pack(f"<{len(fat)}I", *fat)


def _add(entries: list[_Entry], owner: _Entry, tree: Tree) -> None:
    mine: list[int] = []
    for name, content in sorted(tree.items(), key=lambda item: (len(item[0]), item[0].upper())):
        entry = _Entry(name, 2, content) if isinstance(content, bytes) else _Entry(name, 1)
        mine.append(len(entries))
        entries.append(entry)
        if not isinstance(content, bytes):
            _add(entries, entry, content)
    owner.child = _balanced(entries, mine)


def _balanced(entries: list[_Entry], numbers: list[int]) -> int:
    if not numbers:
        return NOBODY
    middle = len(numbers) // 2
    entry = entries[numbers[middle]]
    entry.left, entry.right = (_balanced(entries, half) for half in (numbers[:middle], numbers[middle + 1 :]))
    return numbers[middle]


def _chained(entries: list[_Entry], size: int) -> tuple[list[int], bytes]:
    table: list[int] = []
    data = bytearray()
    for entry in entries:
        entry.start = _append(data, table, entry.data, size=size)
    return table, bytes(data)


def _append(sectors: bytearray, table: list[int], data: bytes, filler: bytes = b"\0", size: int = SECTOR) -> int:
    start, count = len(table), -(-len(data) // size)
    sectors += data.ljust(count * size, filler)
    table += [*range(start + 1, start + count), END]
    return start
