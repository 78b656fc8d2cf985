"""The entries of DrawingML that every drawing may hold, joined."""

from typing import Final

from sanitizers.formats.ooxml.allowed import Entry
from sanitizers.formats.ooxml.drawing import extensions, links, pictures, shapes, texts

SHARED: Final[dict[str, Entry]] = {
    **shapes.ELEMENTS,
    **texts.ELEMENTS,
    **links.ELEMENTS,
    **pictures.ELEMENTS,
    **extensions.ELEMENTS,
}
