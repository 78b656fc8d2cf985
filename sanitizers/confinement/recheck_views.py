"""The parent's look at a view that a child made: every count, size, text and picture, before any of it is shown."""

import re
import struct
import zlib
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from sanitizers.budget import DETAIL_CHARACTERS, NAME_CHARACTERS, TYPE_CHARACTERS
from sanitizers.confinement.protocol import ProtocolBroken
from sanitizers.confinement.recheck import MEDIA_TYPE, PATH, SEPARATORS
from sanitizers.reports import UNPRINTABLE
from sanitizers.rules import Task
from sanitizers.views import (
    FIELD_CHARACTERS,
    FIELDS,
    LAST_PAGE,
    OF_WISH,
    PAGE_BYTES,
    PAGE_PIXELS,
    RUNS,
    TALLEST,
    TEXT_CHARACTERS,
    TEXTS,
    TREE_PARTS,
    CleanPart,
    Difference,
    Headers,
    NoView,
    Page,
    Pages,
    Texts,
    Tree,
    View,
    ViewWish,
)

FIELD_NAME_CHARACTERS = 200
SIGNATURE = b"\x89PNG\r\n\x1a\n"  # PNG (W3C), 5.2
CHUNK = struct.Struct(">I4s")  # 5.3: length and type, then the data and four octets of CRC
HEAD = struct.Struct(">IIBBBBB")  # 11.2.2: width, height, depth, colours, compression, filter, interlace
SUFFICIENT = re.compile(rb"(?:PLTE)?(?:IDAT)+IEND\Z")  # 5.6: nothing but pixels; no text, no profile, no time
COLOURS = frozenset({(8, 2), (8, 3), (4, 3), (2, 3), (1, 3)})  # depth and colours that we write: RGB, or a palette
PATHS_LEFT_OUT = TEXTS

_decoder: msgspec.msgpack.Decoder[View] = msgspec.msgpack.Decoder(View)


def decode_view(encoded: bytes) -> View:
    """Strictly typed; raises ProtocolBroken."""
    try:
        return _decoder.decode(encoded)
    except (msgspec.MsgspecError, RecursionError, ValueError, OverflowError) as error:
        raise ProtocolBroken("not a view") from error


def check_view(view: View, wish: ViewWish, task: Task) -> None:
    """Raises ProtocolBroken for anything that is never shown."""
    if isinstance(view, NoView):
        _check_line(view.detail, DETAIL_CHARACTERS)
        return
    if type(view) is not OF_WISH[wish.shown]:
        raise ProtocolBroken("a view that nobody wished for")
    _CHECKS[type(view)](view, wish, task)


def check_png(page: Page) -> None:
    """A picture and nothing else, of the size that is said; raises ProtocolBroken."""
    data = page.png
    if not data.startswith(SIGNATURE) or len(data) > PAGE_BYTES:
        raise ProtocolBroken("not a PNG, or too large a one")
    kinds: list[bytes] = []
    at = len(SIGNATURE)
    while at < len(data):
        if at + CHUNK.size + 4 > len(data):
            raise ProtocolBroken("a PNG that is cut off")
        length, kind = CHUNK.unpack_from(data, at)
        end = at + CHUNK.size + length + 4
        if end > len(data) or zlib.crc32(data[at + 4 : end - 4]) != int.from_bytes(data[end - 4 : end]):
            raise ProtocolBroken("a chunk of a PNG")
        if not kinds:
            _check_head(kind, data[at + CHUNK.size : end - 4], page)
        kinds.append(kind)
        at = end
    if not SUFFICIENT.match(b"".join(kinds[1:])):
        raise ProtocolBroken("a PNG that holds more than a picture")


def _check_head(kind: bytes, head: bytes, page: Page) -> None:
    if kind != b"IHDR" or len(head) != HEAD.size:
        raise ProtocolBroken("the head of a PNG")
    width, height, depth, colours, *methods = HEAD.unpack(head)
    if (width, height) != (page.width, page.height) or (depth, colours) not in COLOURS or any(methods):
        raise ProtocolBroken("the head of a PNG")


def _check_headers(view: Headers, _wish: ViewWish, _task: Task) -> None:
    if max(len(view.before), len(view.after)) > FIELDS or not 0 <= view.more <= LAST_PAGE:
        raise ProtocolBroken("number of header fields")
    for field in (*view.before, *view.after):
        _check_line(field.name, FIELD_NAME_CHARACTERS)
        _check_line(field.value, FIELD_CHARACTERS)
        _check_line(field.raw, FIELD_CHARACTERS)


def _check_texts(view: Texts, _wish: ViewWish, _task: Task) -> None:
    if len(view.before) > TEXTS:
        raise ProtocolBroken("number of texts")
    _check_paths(words.path for words in view.before)
    for words in view.before:
        _check_line(words.type, TYPE_CHARACTERS)
    _check_texts_together(each for words in view.before for each in (words.text, words.source))
    _check_texts_together([view.after])


def _check_difference(view: Difference, _wish: ViewWish, _task: Task) -> None:
    if len(view.runs) > RUNS or len(view.left_out) > PATHS_LEFT_OUT:
        raise ProtocolBroken("number of runs")
    if not all(run.text for run in view.runs):
        raise ProtocolBroken("a run of nothing")
    _check_paths(view.left_out)
    _check_texts_together((run.text for run in view.runs), 2 * TEXT_CHARACTERS)


def _check_tree(view: Tree, _wish: ViewWish, _task: Task) -> None:
    if len(view.parts) > TREE_PARTS:
        raise ProtocolBroken("number of parts")
    _check_paths(part.path for part in view.parts)
    for part in view.parts:
        _check_name(part.name)
        _check_line(part.claimed_type, TYPE_CHARACTERS)
        _check_line(part.detected_type, TYPE_CHARACTERS)
        if part.size < 0:
            raise ProtocolBroken("size of a part")


def _check_pages(view: Pages, wish: ViewWish, _task: Task) -> None:
    _check_line(view.type, TYPE_CHARACTERS)
    wanted = range(wish.first, wish.first + wish.count)
    numbers = [page.number for page in view.pages]
    if view.path != wish.path or not 0 <= view.total <= LAST_PAGE or numbers != list(wanted[: len(numbers)]):
        raise ProtocolBroken("pages that nobody wished for")
    for page in view.pages:
        fits = 0 < page.width <= wish.width and 0 < page.height <= TALLEST and page.width * page.height <= PAGE_PIXELS
        if not fits or page.number > view.total:
            raise ProtocolBroken("size or number of a page")
        check_png(page)


def _check_clean_part(view: CleanPart, _wish: ViewWish, task: Task) -> None:
    """That it is the file that was meant, its digest tells whoever asked for it."""
    _check_name(view.name)
    if not MEDIA_TYPE.match(view.type) or len(view.data) > task.budget.bytes_out:
        raise ProtocolBroken("type or size of a file")


_CHECKS: dict[type, Callable[[Any, ViewWish, Task], None]] = {
    Headers: _check_headers,
    Texts: _check_texts,
    Difference: _check_difference,
    Tree: _check_tree,
    Pages: _check_pages,
    CleanPart: _check_clean_part,
}


def _check_paths(paths: Iterable[str]) -> None:
    if not all(PATH.match(path) and len(path) <= NAME_CHARACTERS for path in paths):
        raise ProtocolBroken("paths of parts")


def _check_name(name: str) -> None:
    _check_line(name, NAME_CHARACTERS)
    if SEPARATORS.search(name) or name in {".", ".."}:
        raise ProtocolBroken("a name that is a path")


def _check_line(text: str, limit: int) -> None:
    if len(text) > limit or UNPRINTABLE.search(text):
        raise ProtocolBroken("a text too long or not plain")


def _check_texts_together(texts: Iterable[str], limit: int = TEXT_CHARACTERS) -> None:
    for text in texts:
        limit -= len(text)
        if limit < 0 or UNPRINTABLE.search(text.replace("\n", "").replace("\t", "")):
            raise ProtocolBroken("texts too long or not plain")
