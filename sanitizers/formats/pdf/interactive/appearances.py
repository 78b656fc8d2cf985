"""What an annotation or a form field looks like, made part of the page (ISO 32000-2, 12.5.5)."""

from typing import Final

import pikepdf

from sanitizers.formats.pdf import xobjects
from sanitizers.formats.pdf.checked import Entries, entries, name, numbers, rectangle
from sanitizers.formats.pdf.resources import Resources

_IDENTITY: Final[list[int | float]] = [1, 0, 0, 1, 0, 0]


def normal_appearance(known: Entries) -> pikepdf.Object | None:
    """The stream that the annotation shows in its present state; None where it has none."""
    appearance = entries(known.get("/AP")).get("/N")
    if isinstance(appearance, pikepdf.Stream):
        return appearance
    state = name(known.get("/AS")) or "Off"
    found = entries(appearance).get("/" + state)
    return found if isinstance(found, pikepdf.Stream) else None


def drawn(appearance: pikepdf.Object, known: Entries, page: Resources) -> bytes:
    """The operators that paint the appearance where the annotation lies; b"" where nothing can be painted."""
    rect = rectangle(known.get("/Rect"))
    form = entries(appearance)
    box = rectangle(form.get("/BBox"))
    if rect is None or box is None:
        return b""
    carried = xobjects.form(appearance, page)
    if carried is None:
        return b""
    return painted(carried, fitted(box, numbers(form.get("/Matrix"), 6) or _IDENTITY, rect), page)


def painted(form: pikepdf.Object, matrix: list[float], page: Resources) -> bytes:
    """The operators that paint a form of the target through a matrix."""
    written = " ".join(f"{value:.5f}".rstrip("0").rstrip(".") for value in matrix)
    return f"q {written} cm /{page.add('XObject', form)} Do Q\n".encode()


def fitted(box: list[int | float], matrix: list[int | float], rect: list[int | float]) -> list[float]:
    """Algorithm 8: what moves the transformed box of the appearance onto the rectangle of the annotation."""
    a, b, c, d, e, f = matrix
    corners = [(x, y) for x in (box[0], box[2]) for y in (box[1], box[3])]
    across = [a * x + c * y + e for x, y in corners]
    up = [b * x + d * y + f for x, y in corners]
    left, low, width, height = min(across), min(up), max(across) - min(across), max(up) - min(up)
    scale_x = (rect[2] - rect[0]) / width if width else 1.0
    scale_y = (rect[3] - rect[1]) / height if height else 1.0
    return [scale_x, 0.0, 0.0, scale_y, rect[0] - left * scale_x, rect[1] - low * scale_y]
