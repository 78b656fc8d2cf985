"""The visible tuple of all kinds of parts that a new package may have, room by room."""

from typing import Final

from sanitizers.formats.ooxml import drawing, excel, media, slides, word
from sanitizers.formats.ooxml.kinds import PartKind

PARTS: Final[tuple[PartKind, ...]] = (*word.PARTS, *excel.PARTS, *slides.PARTS, *drawing.PARTS, *media.KINDS)
