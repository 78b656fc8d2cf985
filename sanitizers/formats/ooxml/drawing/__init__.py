"""Drawings of all three programs: shapes, text in them, pictures, themes, charts, diagrams, VML.

`ELEMENTS`: the entries of DrawingML and VML that every grammar with drawings in it merges with its own.
`PARTS`: the kinds of parts that Word, Excel and PowerPoint share.
"""

from typing import Final

from sanitizers.formats.ooxml.allowed import Entry
from sanitizers.formats.ooxml.drawing import diagrams, newcharts, vml
from sanitizers.formats.ooxml.drawing.newcharts import UNDERSTOOD
from sanitizers.formats.ooxml.drawing.parts import PARTS
from sanitizers.formats.ooxml.drawing.shared import SHARED

__all__ = ["DRAWN", "ELEMENTS", "PARTS", "UNDERSTOOD"]

#: DrawingML with references to charts and diagrams.
DRAWN: Final[dict[str, Entry]] = {**SHARED, **diagrams.REFERENCES, **newcharts.REFERENCES}
#: And VML.
ELEMENTS: Final[dict[str, Entry]] = {**DRAWN, **vml.ELEMENTS}
