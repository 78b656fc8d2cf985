"""Writes OLE2 files ([MS-CFB], version 3) from scratch: streams by their paths, as tests and samples need them."""

import struct

SECTOR, MINI, CUTOFF = 512, 64, 4_096
FREE, END, FAT = 0xFFFF_FFFF, 0xFFFF_FFFE, 0xFFFF_FFFD
MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def compound(streams: dict[str, bytes]) -> bytes:
    """A file with these streams; a path like "BodyText/Section0" makes the storage too."""
    tree = _tree(streams)
    mini, sectors, chains = bytearray(), bytearray(), []
    mini_table: list[int] = []
    places: dict[str, int] = {}
    for path, content in streams.items():
        if len(content) < CUTOFF:
            places[path] = len(mini_table) if content else END
            mini_table += _chain(len(mini_table), -(-len(content) // MINI))
            mini += content.ljust(-(-len(content) // MINI) * MINI, b"\0")
        else:
            places[path] = _append(sectors, chains, content)
    mini_start = _append(sectors, chains, bytes(mini)) if mini else END
    mini_map = struct.pack(f"<{len(mini_table)}I", *mini_table)
    map_start = _append(sectors, chains, mini_map, b"\xff") if mini_table else END
    directory = _directory(tree, streams, places, mini_start, len(mini))
    directory_start = _append(sectors, chains, directory)
    count = 1
    while count * (SECTOR // 4) < len(chains) + count:
        count += 1
    first = len(chains)
    table = [*chains, *[FAT] * count]
    table += [FREE] * (-len(table) % (SECTOR // 4))
    sectors += struct.pack(f"<{len(table)}I", *table)
    header = struct.pack(
        "<8s16xHHHHH6xIIIIIIIII",
        MAGIC, 0x3E, 3, 0xFFFE, 9, 6, 0, count, directory_start, 0, CUTOFF, map_start,
        -(-len(mini_map) // SECTOR), END, 0,
    )  # fmt: skip
    difat = [*range(first, first + count)] + [FREE] * (109 - count)
    return header + struct.pack("<109I", *difat) + bytes(sectors)


def _chain(start: int, count: int) -> list[int]:
    return [*range(start + 1, start + count), END] if count else []


def _append(sectors: bytearray, chains: list[int], content: bytes, filler: bytes = b"\0") -> int:
    start = len(chains)
    count = -(-len(content) // SECTOR)
    chains += _chain(start, count)
    sectors += content.ljust(count * SECTOR, filler)
    return start


def _tree(streams: dict[str, bytes]) -> dict[str, list[str]]:
    """Folder → what is in it, in the order of the format: by length, then by letters."""
    tree: dict[str, list[str]] = {"": []}
    for path in streams:
        steps = path.split("/")
        for depth in range(len(steps)):
            folder, name = "/".join(steps[:depth]), "/".join(steps[: depth + 1])
            if name not in tree.setdefault(folder, []):
                tree[folder].append(name)
    for names in tree.values():
        names.sort(key=lambda path: (len(path.rpartition("/")[2]), path.rpartition("/")[2].upper()))
    return tree


def _directory(
    tree: dict[str, list[str]], streams: dict[str, bytes], places: dict[str, int], mini_start: int, mini_size: int
) -> bytes:
    order = ["", *(name for names in tree.values() for name in names)]
    number = {path: place for place, path in enumerate(order)}
    following = {
        path: names[at + 1] if at + 1 < len(names) else None for names in tree.values() for at, path in enumerate(names)
    }
    entries = []
    for path in order:
        name = ("Root Entry" if not path else path.rpartition("/")[2]).encode("utf-16-le") + b"\0\0"
        kind = 5 if not path else 2 if path in streams else 1
        after = following.get(path)
        child = tree.get(path, [None])[0] if path not in streams else None
        start = mini_start if not path else places.get(path, 0)
        size = mini_size if not path else len(streams.get(path, b""))
        entries.append(
            struct.pack(
                "<64sHBBIII16x4x8x8xIQ",
                name,
                len(name),
                kind,
                1,
                FREE,
                number[after] if after else FREE,
                number[child] if child else FREE,
                start,
                size,
            )
        )
    return b"".join(entries)
