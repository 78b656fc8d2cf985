"""A workshop whose originals name what is shown of them, honestly or not."""

import os
import signal
import struct
import time
import zlib
from collections.abc import Callable

import msgspec

from sanitizers.confinement.protocol import HEADER, UNFIT, Kind, Question, Seen, chunks, frame
from sanitizers.confinement.serving import Mark, write
from sanitizers.model import AskConverter, AskDns, CannotSanitize, Cleaned
from sanitizers.rules import Task
from sanitizers.views import (
    FIELD_CHARACTERS,
    FIELDS,
    PAGE_BYTES,
    RUNS,
    TALLEST,
    TEXT_CHARACTERS,
    TEXTS,
    TREE_PARTS,
    CleanPart,
    Difference,
    Field,
    Headers,
    NoView,
    Page,
    Pages,
    Run,
    Side,
    Texts,
    Tree,
    TreePart,
    View,
    ViewWish,
    Why,
    Words,
)
from tests.contract.confinement import hostile_child


def warm() -> None:
    msgspec.msgpack.encode(HONEST["pages"])
    zlib.crc32(b"")


def clean(task: Task, original: bytes, ask_dns: AskDns, mark: Mark, *, convert: AskConverter) -> Cleaned:
    return hostile_child.answer(original, original)


def view(task: Task, wish: ViewWish, original: bytes, clean: bytes, *, mark: Mark, convert: AskConverter) -> View:
    name = original.decode()
    if name == "echo":
        return NoView(Why.NO_PICTURE, f"{wish.path} {clean.decode()} {task.alone} {task.sender is None} {os.getpid()}")
    if name.startswith("convert "):
        return converted(int(name.split()[1]), convert)
    if name in RAW:
        write(RAW[name])
        time.sleep(1)  # what is wrong with it shows before any view
    if name in ACTS:
        ACTS[name]()
    return LIES.get(name) or HONEST[name]


def converted(times: int, convert: AskConverter) -> View:
    said = []
    for _ in range(times):
        try:
            said.append(convert("rtf", "pdf", rb"{\rtf1 hello}")[:5].decode())
        except CannotSanitize as refusal:
            said.append(refusal.detail)
    return NoView(Why.NO_PICTURE, "; ".join(said))


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(
    width: int,
    height: int,
    *more: bytes,
    depth: int = 8,
    colours: int = 2,
    interlaced: int = 0,
    rows: bytes | None = None,
) -> bytes:
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colours, 0, 0, interlaced))
    pixels = zlib.compress(b"\0" * ((width * 3 + 1) * min(height, 50))) if rows is None else rows
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(more) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def page(data: bytes = b"", width: int = 30, height: int = 20, number: int = 1) -> Page:
    return Page(number, width, height, data or png(width, height))


def pages(*found: Page, path: str = "1.2", total: int = 3, kind: str = "application/pdf") -> Pages:
    return Pages(path, kind, total, found)


def seen(view: View) -> bytes:
    encoded = msgspec.msgpack.encode(view)
    return frame(Kind.SEEN, Seen(len(encoded))) + b"".join(chunks(encoded))


def file(name: str = "a.txt", kind: str = "text/plain", size: int = 3) -> CleanPart:
    return CleanPart(name, kind, b"x" * size)


def part(path: str = "1", name: str = "", size: int = 1) -> TreePart:
    return TreePart(path, name, "", "text/plain", size, True)


#: By the wish that they answer.
HONEST: dict[str, View] = {
    "headers": Headers((Field("Subject", "清め", "=?x?="),), (), 1),
    "texts": Texts((Words("1.1", "text/plain", "一\n\t二"),), "after"),
    "difference": Difference((Run(Side.SAME, "a\n"), Run(Side.REMOVED, "b")), ("1.2",)),
    "tree": Tree((part(), part("1.1", "a.txt"))),
    "pages": pages(page(), page(number=2)),
    "clean_part": file(),
}
_PNG = png(30, 20)
_WORDS = Words("1.1", "text/plain", "x")
LIES: dict[str, View] = {
    "headers: another view": HONEST["texts"],
    "headers: too many": Headers((Field("a", "b"),) * (FIELDS + 1), ()),
    "headers: too long": Headers((Field("a", "b" * (FIELD_CHARACTERS + 1)),), ()),
    "headers: a long name": Headers((Field("a" * 201, "b"),), ()),
    "headers: two lines": Headers((Field("a", "b\nc"),), ()),
    "headers: bidirectional": Headers((), (Field("a", "b", "\u202e"),)),
    "headers: less than none": Headers((), (), -1),
    "texts: too much": Texts((_WORDS,), "x" * (TEXT_CHARACTERS + 1)),
    "texts: too much together": Texts((Words("1.1", "text/plain", "x" * TEXT_CHARACTERS, "y"),), ""),
    "texts: too many": Texts((_WORDS,) * (TEXTS + 1), ""),
    "texts: an escape": Texts((Words("1.1", "text/plain", "\x1b[2J"),), ""),
    "texts: no path": Texts((Words("../1", "text/plain", "x"),), ""),
    "texts: a long type": Texts((Words("1.1", "t" * 201, "x"),), ""),
    "difference: too many": Difference((Run(Side.SAME, "a"), Run(Side.ADDED, "b")) * (RUNS // 2 + 1)),
    "difference: nothing": Difference((Run(Side.SAME, ""),)),
    "difference: too much": Difference((Run(Side.SAME, "x" * (2 * TEXT_CHARACTERS + 1)),)),
    "difference: a control": Difference((Run(Side.SAME, "\x00"),)),
    "difference: no path": Difference((), ("x",)),
    "difference: too many left out": Difference((), ("1.2",) * (TEXTS + 1)),
    "tree: too many": Tree((part(),) * (TREE_PARTS + 1)),
    "tree: a claim of two lines": Tree((TreePart("1", "", "a\nb", "text/plain", 1, True),)),
    "tree: a type of two lines": Tree((TreePart("1", "", "", "a\nb", 1, True),)),
    "tree: a path": Tree((part(name="a/b"),)),
    "tree: up": Tree((part(name=".."),)),
    "tree: less than nothing": Tree((part(size=-1),)),
    "tree: no path": Tree((part("1..1"),)),
    "pages: another part": pages(page(), path="1.3"),
    "pages: another page": pages(page(number=2)),
    "pages: the same page twice": pages(page(), page()),
    "pages: more than were wished for": pages(*(page(number=number) for number in range(1, 5)), total=9),
    "pages: more than there are": pages(page(), total=0),
    "pages: less than none": pages(total=-1),
    "pages: no picture": pages(page(b"<script>x</script>")),
    "pages: a JPEG": pages(page(b"\xff\xd8\xff\xe0" + bytes(100))),
    "pages: another size": pages(page(png(31, 20))),
    "pages: wider than wished": pages(page(width=301)),
    "pages: too tall": pages(page(height=TALLEST + 1)),
    "pages: without size": pages(page(width=0)),
    "pages: too many bytes": pages(page(png(30, 20, rows=bytes(PAGE_BYTES)))),
    "pages: text in it": pages(page(png(30, 20, chunk(b"tEXt", b"a\0b")))),
    "pages: a profile in it": pages(page(png(30, 20, chunk(b"iCCP", b"a\0\0b")))),
    "pages: more behind it": pages(page(_PNG + b"<script>x</script>")),
    "pages: another picture behind it": pages(page(_PNG + chunk(b"IDAT", b"x") + chunk(b"IEND", b""))),
    "pages: a little more behind it": pages(page(_PNG + b"abc")),
    "pages: a short head": pages(page(_PNG[:8] + chunk(b"IHDR", b"abc") + chunk(b"IDAT", b"x") + chunk(b"IEND", b""))),
    "pages: a reason of two lines": NoView(Why.NO_PICTURE, "a\nb"),
    "pages: without end": pages(page(_PNG[:-12])),
    "pages: cut off": pages(page(_PNG[:-3])),
    "pages: a wrong sum": pages(page(_PNG[:-1] + b"x")),
    "pages: nothing but a head": pages(page(_PNG[:8])),
    "pages: no head": pages(page(_PNG[:8] + chunk(b"IDAT", b"x") + chunk(b"IEND", b""))),
    "pages: interlaced": pages(page(png(30, 20, interlaced=1))),
    "pages: other colours": pages(page(png(30, 20, depth=16, colours=6))),
    "pages: a long type": pages(page(), kind="t" * 201),
    "clean_part: a path": file("../a"),
    "clean_part: two lines": file("a\nb"),
    "clean_part: no type": file(kind="text"),
    "clean_part: a header": file(kind="text/plain\r\nX: y"),
    "clean_part: too much": file(size=2_000_001),
}
RAW: dict[str, bytes] = {
    "no such form": frame(Kind.SEEN, Seen(3)) + b"".join(chunks(b"abc")),
    "an endless view": frame(Kind.SEEN, Seen(1 << 40)),
    "an empty view": frame(Kind.SEEN, Seen(0)),
    "less than announced": frame(Kind.SEEN, Seen(2)) + b"".join(chunks(b"abc")),
    "it goes on": seen(HONEST["pages"]) + seen(HONEST["pages"]),
    "a result": hostile_child.result_frames(hostile_child.answer(b"x", b"x")),
    "unfit": UNFIT,
    "a question": frame(Kind.QUESTION, Question("_dmarc.example.jp", "TXT")),
    "the parent's order": HEADER.pack(1, Kind.LOOK) + b"\x90",
    "nested": frame(Kind.SEEN, Seen(100_000)) + b"".join(chunks(b"\x91" * 100_000)),
    "very many": frame(Kind.SEEN, Seen(4_000_000)) + b"".join(chunks(b"\xdd\xff\xff\xff\xff" + bytes(3_999_995))),
}
ACTS: dict[str, Callable[[], object]] = {
    "dies": lambda: os._exit(3),
    "is killed": os.abort,
    "forbidden": lambda: os.kill(os.getppid(), signal.SIGTERM),
    "sleeps": lambda: time.sleep(100),
    "too much memory": lambda: bytearray(1 << 40),
}
