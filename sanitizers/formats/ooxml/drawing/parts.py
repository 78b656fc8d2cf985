"""The kinds of parts that drawings have, shared by all three programs."""

from typing import Final

from sanitizers.formats.ooxml.allowed import Element, Grammar
from sanitizers.formats.ooxml.drawing import charts, chartstyles, diagrams, newcharts, themes, vml
from sanitizers.formats.ooxml.drawing.shared import SHARED
from sanitizers.formats.ooxml.kinds import ANYWHERE, Follow, PartKind, microsoft, office

_DRAWINGML: Final = "application/vnd.openxmlformats-officedocument.drawingml"
_THEME: Final = "application/vnd.openxmlformats-officedocument.theme+xml"
_OVERRIDE: Final = "application/vnd.openxmlformats-officedocument.themeOverride+xml"
_CHART: Final = f"{_DRAWINGML}.chart+xml"
_CHART_SHAPES: Final = f"{_DRAWINGML}.chartshapes+xml"
_NEW_CHART: Final = "application/vnd.ms-office.chartex+xml"
_DIAGRAM: Final = f"{_DRAWINGML}.diagram"
_VML: Final = "application/vnd.openxmlformats-officedocument.vmlDrawing"

_ALL: Final = frozenset({ANYWHERE})
_CHARTS: Final = frozenset({"drawing/chart", "drawing/new-chart"})
_WITH_THEME: Final = frozenset(
    {
        *("word/document", "excel/workbook", "slides/presentation"),
        *("slides/master", "slides/notes-master", "slides/handout-master"),
    }
)
_THEMED: Final = {**SHARED, **themes.ELEMENTS}
_STYLED: Final = {
    **SHARED,
    **chartstyles.ELEMENTS,
    "cs:extLst": Element(children=frozenset({"a:ext"}), needs=frozenset({"a:ext"})),
}


def _shared(name: str, file: str, type_: str, grammar: Grammar, relationship: str) -> PartKind:
    return PartKind(f"drawing/{name}", (relationship,), (type_.lower(),), _ALL, f"*/{file}.xml", type_, grammar)


def _beside(name: str, file: str, type_: str, grammar: Grammar, relationship: str, parents: frozenset[str]) -> PartKind:
    """A part that no XML names."""
    kinds = (relationship,), (type_.lower(),), parents
    return PartKind(f"drawing/{name}", *kinds, f"*/{file}.xml", type_, grammar, follow=Follow.ALWAYS)


PARTS: Final = (
    _beside("theme", "theme/theme{}", _THEME, Grammar("a:theme", _THEMED), office("theme"), _WITH_THEME),
    _beside(
        "theme-override",
        "theme/themeOverride{}",
        _OVERRIDE,
        Grammar("a:themeOverride", _THEMED),
        office("themeOverride"),
        frozenset({"drawing/chart", "slides/slide", "slides/layout", "slides/notes"}),
    ),
    _shared("chart", "charts/chart{}", _CHART, charts.CHART, office("chart")),
    _shared("new-chart", "charts/chartEx{}", _NEW_CHART, newcharts.CHART, microsoft("2014", "chartEx")),
    _shared("chart-shapes", "drawings/chartshapes{}", _CHART_SHAPES, charts.SHAPES, office("chartUserShapes")),
    _beside(
        "chart-style",
        "charts/style{}",
        "application/vnd.ms-office.chartstyle+xml",
        Grammar("cs:chartStyle", _STYLED),
        microsoft("2011", "chartStyle"),
        _CHARTS,
    ),
    _beside(
        "chart-colours",
        "charts/colors{}",
        "application/vnd.ms-office.chartcolorstyle+xml",
        Grammar("cs:colorStyle", _STYLED),
        microsoft("2011", "chartColorStyle"),
        _CHARTS,
    ),
    _shared("diagram-data", "diagrams/data{}", f"{_DIAGRAM}Data+xml", diagrams.DATA, office("diagramData")),
    _shared("diagram-layout", "diagrams/layout{}", f"{_DIAGRAM}Layout+xml", diagrams.LAYOUT, office("diagramLayout")),
    _shared(
        "diagram-style", "diagrams/quickStyle{}", f"{_DIAGRAM}Style+xml", diagrams.STYLE, office("diagramQuickStyle")
    ),
    _shared("diagram-colours", "diagrams/colors{}", f"{_DIAGRAM}Colors+xml", diagrams.COLOURS, office("diagramColors")),
    _shared(
        "diagram-drawing",
        "diagrams/drawing{}",
        "application/vnd.ms-office.drawingml.diagramDrawing+xml",
        diagrams.DRAWING,
        microsoft("2007", "diagramDrawing"),
    ),
    PartKind(
        "drawing/vml", (office("vmlDrawing"),), (_VML.lower(),), _ALL, "*/drawings/vmlDrawing{}.vml", _VML, vml.PART
    ),
)
