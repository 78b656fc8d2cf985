"""One page (ISO 32000-2, 7.7.3.3): its boxes and content, written anew with the resources that the content names."""

from collections.abc import Mapping
from typing import Final

import pikepdf

from sanitizers.formats.pdf import content, offpage, streams, traces
from sanitizers.formats.pdf.carriers import resources_of
from sanitizers.formats.pdf.checked import (
    Entries,
    Reader,
    between,
    elements,
    integer,
    one_of,
    picked,
    rectangle,
)
from sanitizers.formats.pdf.groups import transparency_group
from sanitizers.formats.pdf.interactive.actions import report_triggers
from sanitizers.formats.pdf.interactive.annotations import annotations
from sanitizers.formats.pdf.interactive.destinations import Destinations
from sanitizers.formats.pdf.trees import Page
from sanitizers.formats.pdf.work import StreamFailed, Work
from sanitizers.model import CannotSanitize, Threat

MOST_STREAMS: Final = 100_000  #: that one content may be cut into
LETTER: Final[list[int | float]] = [0, 0, 612, 792]  #: what programs show for a page without a size


def _box(thing: object) -> pikepdf.Array | None:
    found = rectangle(thing)
    return pikepdf.Array(found) if found and found[0] < found[2] and found[1] < found[3] else None


def _rotation(thing: object) -> int | None:
    turned = integer(-36_000, 36_000)(thing)
    return turned % 360 if isinstance(turned, int) and turned % 90 == 0 and turned % 360 else None


#: Table 31. Contents, Resources, Group and Annots are written by hand.
_PAGE: Final[Mapping[str, Reader]] = {
    "/MediaBox": _box,
    "/CropBox": _box,
    "/BleedBox": _box,
    "/TrimBox": _box,
    "/ArtBox": _box,
    "/Rotate": _rotation,
    "/UserUnit": between(0.1, 1_000),
    "/Tabs": one_of("R", "C", "S"),
}


def fill(made: pikepdf.Object, page: Page, number: int, places: Destinations, work: Work) -> None:
    """Write page `number` of the source into its new dictionary. CannotSanitize: its content cannot be read."""
    where = f"page {number}"
    known = page.known
    traces.report(known, traces.PAGE, work, where)
    if "/AA" in known:
        report_triggers(known["/AA"], work, where)
    resources = resources_of(known.get("/Resources"), work, where)
    boxes = {"/MediaBox": pikepdf.Array(LETTER), **picked(known, _PAGE)}
    operations = content.operations(_content(known, work), resources, work)
    shown = offpage.without_unseen_text(operations, _seen(boxes), resources.vertical_fonts(), work, where)
    drawing = b"\n".join(shown)
    annotated = annotations(known, resources, places)
    if annotated.drawing:
        drawing = b"q\n" + drawing + b"\nQ\n" + annotated.drawing
    for key, value in boxes.items():
        made[key] = value
    made["/Resources"] = resources.dictionary()
    made["/Contents"] = work.stream(drawing)
    if annotated.links:
        made["/Annots"] = pikepdf.Array(annotated.links)
        for link in annotated.links:
            link["/P"] = made
    if (group := transparency_group(known.get("/Group"), work)) is not None:
        made["/Group"] = group


def _seen(boxes: dict[str, object]) -> offpage.Box:
    """What readers show: the crop box as far as it lies in the media box (14.11.2.2)."""
    media, crop = (offpage.Box(*rectangle(boxes[key]) or LETTER) for key in ("/MediaBox", _shown_box(boxes)))
    left, low = max(media.left, crop.left), max(media.low, crop.low)
    right, high = min(media.right, crop.right), min(media.high, crop.high)
    return offpage.Box(left, low, right, high) if left < right and low < high else media


def _shown_box(boxes: dict[str, object]) -> str:
    return "/CropBox" if "/CropBox" in boxes else "/MediaBox"


def _content(known: Entries, work: Work) -> bytes:
    """The bytes of all content streams; the parts of a content may end anywhere between two tokens (7.8.2)."""
    written = known.get("/Contents")
    parts = elements(written, MOST_STREAMS) if isinstance(written, pikepdf.Array) else [written]
    try:
        return b"\n".join(streams.decoded(part, work) for part in parts if isinstance(part, pikepdf.Stream))
    except StreamFailed as failed:
        raise CannotSanitize(Threat.MALFORMED, "a page whose content cannot be read") from failed
