"""Pictures of the pages of one part: drawn here, encoded anew, nothing of the part's own bytes among them."""

import io
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

import msgspec
from PIL import Image, ImageSequence

from sanitizers.engine import clean
from sanitizers.formats.legacy.compound import UNREADABLE, Compound
from sanitizers.formats.pdf.drawn import page_picture, page_size, readable
from sanitizers.model import AskConverter, CannotSanitize, DnsAnswer, File, Threat
from sanitizers.rules import Kind, Profile, Svg, Task
from sanitizers.viewing import sheets
from sanitizers.viewing.words import source_of, words_of
from sanitizers.views import (
    CONVERTED,
    PAGE_BYTES,
    PAGE_PIXELS,
    PAGES_BYTES,
    PDF,
    PICTURES,
    TALLEST,
    Page,
    Pages,
    ViewWish,
    is_drawn,
)

ENCRYPTED: Final = frozenset({"application/encrypted", "application/pgp-encrypted"})
NOT_DRAWN: Final = "このページは表示できません / This page cannot be drawn"
_AS_PICTURES: Final = Profile(svg=Svg.PICTURE)
_COLOURS: Final = 256  # of a page that would be too many bytes otherwise
_FORMATS: Final = ("PNG", "JPEG", "GIF", "WEBP", "TIFF", "BMP", "ICO")  # what the picture sanitizer writes

Draw = Callable[[int], Image.Image]  #: page, counted from 0


class Drawing(msgspec.Struct, frozen=True):
    """A part that can be drawn page by page."""

    total: int
    draw: Draw


def pages_of(task: Task, wish: ViewWish, file: File, convert: AskConverter) -> Pages:
    """The pages that were wished for, as many as fit; raises CannotSanitize where none can be drawn."""
    with _drawing(task, wish, file, convert) as drawing:
        drawn: list[Page] = []
        size = 0
        for number in range(wish.first, min(wish.first + wish.count, drawing.total + 1)):
            picture, png = _encoded(drawing.draw(number - 1))
            size += len(png)
            if drawn and size > PAGES_BYTES:
                break
            drawn.append(Page(number, picture.width, picture.height, png))
        return Pages(wish.path, file.detected_type, drawing.total, tuple(drawn))


@contextmanager
def _drawing(task: Task, wish: ViewWish, file: File, convert: AskConverter) -> Iterator[Drawing]:
    kind = file.detected_type
    if kind in ENCRYPTED:
        raise CannotSanitize(Threat.ENCRYPTED, f"encrypted: {kind}")
    if not is_drawn(kind):
        raise CannotSanitize(Threat.UNSUPPORTED, f"there are no pictures of {kind}")
    if kind == PDF or kind in CONVERTED:
        data = file.data if kind == PDF else _converted(file, convert)
        with readable(data) as document:
            yield Drawing(len(document), lambda number: _of_document(document, number, wish.width))
    elif kind in PICTURES:
        with Image.open(io.BytesIO(_rebuilt(task, file, convert)), formats=_FORMATS) as picture:
            yield Drawing(getattr(picture, "n_frames", 1), lambda number: _of_picture(picture, number, wish.width))
    else:
        lines = sheets.sheets_of(words_of(file, source_of(file)))
        yield Drawing(len(lines), lambda number: sheets.draw(lines[number], wish.width))


def _converted(file: File, convert: AskConverter) -> bytes:
    """The document as a PDF of the converter's; what is in an old one decides by which reader it is opened."""
    extension = CONVERTED[file.detected_type]
    if extension in {"doc", "xls", "ppt"}:
        with suppress(*UNREADABLE):
            extension = Compound(file.data).extension or extension
    return convert(extension, "pdf", file.data)


def _of_document(document: object, number: int, width: int) -> Image.Image:
    drawn = page_picture(document, number, _fitted(page_size(document, number), width))
    return sheets.draw([NOT_DRAWN], width) if drawn is None else drawn


def _rebuilt(task: Task, file: File, convert: AskConverter) -> bytes:
    """The picture as its sanitizer writes it anew."""
    alone = msgspec.structs.replace(
        task, kind=Kind.FILE, claimed_name="", profile=_AS_PICTURES, alone=True, sender=None, poison=()
    )
    cleaned = clean(alone, file.data, lambda _name, _rdtype: DnsAnswer("failed"), convert=convert)
    if cleaned is None or cleaned.data is None:
        reasons = cleaned.report.parts[0].findings if cleaned else ()
        threat, detail = (reasons[-1].threat, reasons[-1].detail) if reasons else (Threat.MALFORMED, "not a picture")
        raise CannotSanitize(threat, detail)
    return cleaned.data


def _of_picture(picture: Image.Image, number: int, width: int) -> Image.Image:
    """One frame or page on white, never larger than it is."""
    frame = next(frame for at, frame in enumerate(ImageSequence.Iterator(picture)) if at == number)
    colours = frame.convert("RGBA") if frame.mode in {"LA", "PA", "RGBA"} or "transparency" in frame.info else None
    flat = frame.convert("RGB")
    if colours is not None:
        flat = Image.new("RGB", frame.size, (255, 255, 255))
        flat.paste(colours, mask=colours.getchannel("A"))
    size = _fitted((float(flat.width), float(flat.height)), min(width, flat.width))
    return flat if size == flat.size else flat.resize(size, Image.Resampling.LANCZOS)


def _fitted(size: tuple[float, float], width: int) -> tuple[int, int]:
    """Pixels: so wide, unless it would be too tall or too many."""
    scale = min(width / size[0], TALLEST / size[1], math.sqrt(PAGE_PIXELS / (size[0] * size[1])))
    return min(width, max(1, int(size[0] * scale))), min(TALLEST, max(1, int(size[1] * scale)))


def _encoded(picture: Image.Image) -> tuple[Image.Image, bytes]:
    """As PNG, with fewer colours and then smaller where that would be too many bytes."""
    plain = picture.convert("RGB")
    plain.info = {}  # nothing but pixels
    data = _png(plain)
    while len(data) > PAGE_BYTES:
        few = plain.quantize(_COLOURS, method=Image.Quantize.FASTOCTREE)
        data = _png(few)
        if len(data) > PAGE_BYTES:
            plain = plain.resize((max(1, plain.width // 2), max(1, plain.height // 2)))
            data = _png(plain)
    return plain, data


def _png(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG", compress_level=6)
    return out.getvalue()
