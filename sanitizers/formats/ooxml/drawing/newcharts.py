"""Charts of 2016 and later ([MS-ODRAWXML], chartex): waterfall, treemap, sunburst, histogram, box and whisker.

The geography of maps stays behind: answers of a service that the program asks for again.
"""

from typing import Final

from sanitizers.formats.ooxml import values
from sanitizers.formats.ooxml.allowed import Element, Entry, Fate, Grammar, Related
from sanitizers.formats.ooxml.drawing import charts, themes
from sanitizers.formats.ooxml.drawing.extensions import extensions
from sanitizers.formats.ooxml.drawing.notation import alike, children, table
from sanitizers.formats.ooxml.drawing.shared import SHARED

#: In the part that shows the chart. A choice asks for a version of this namespace by a prefix of its own.
REFERENCES: Final[dict[str, Entry]] = {
    "cx:chart": Element(attributes={"r:id": Related(frozenset({"drawing/new-chart"}))}, required=frozenset({"r:id"}))
}
UNDERSTOOD: Final = frozenset({"cx1", "cx2"})

_ELEMENTS: Final[dict[str, Entry]] = {
    **SHARED,
    **extensions("cx"),
    "cx:chartSpace": Element(
        attributes=dict.fromkeys(("version", "featureList", "fallbackImg"), Fate.SILENT),
        children=children("cx", "chartData chart spPr txPr clrMapOvr fmtOvrs printSettings extLst"),
    ),
    "cx:chart": Element(children=children("cx", "title plotArea legend extLst")),
    "cx:clrMapOvr": themes.ELEMENTS["a:clrMap"],
    "cx:externalData": Element(
        attributes={"r:id": Related(frozenset({"package"})), "cx:autoUpdate": Fate.SILENT}, required=frozenset({"r:id"})
    ),
    "cx:f": charts.reference({"dir": values.token}),
    "cx:nf": charts.reference({"dir": values.token}),
    "cx:pt": Element(attributes={"idx": values.natural}, text=values.any_text, children=frozenset()),
    "cx:geography": Fate.SILENT,
    **alike(
        "cx",
        "binCount v separator oddHeader oddFooter evenHeader evenFooter firstHeader firstFooter binSize axisId",
        "words",
    ),
    **alike(
        "cx",
        "minColor midColor maxColor",
        "> $colour",
    ),
    **alike(
        "cx",
        "majorGridlines minorGridlines plotSurface",
        "> spPr extLst",
    ),
    **alike(
        "cx",
        "majorTickMarks minorTickMarks",
        "type > extLst",
    ),
    **alike(
        "cx",
        "parentLabelLayout regionLabelLayout",
        "val",
    ),
    **alike(
        "cx",
        "number percent",
        "val=real",
    ),
    **alike(
        "cx",
        "dataPt fmtOvr",
        "idx=number > spPr extLst",
    ),
    **alike(
        "cx",
        "dataId idx",
        "val=number",
    ),
    **table(
        {
            "cx:lvl": "ptCount=number name=name formatCode=text > pt",
            "cx:numDim": "type > f lvl",
            "cx:strDim": "type > f lvl",
            "cx:data": "id=number > numDim strDim extLst",
            "cx:txData": "> f v",
            "cx:rich": "> a:bodyPr a:lstStyle a:p",
            "cx:txPr": "> a:bodyPr a:lstStyle a:p",
            "cx:tx": "> txData rich",
            "cx:spPr": "bwMode > a:xfrm a:custGeom a:prstGeom $fill a:ln $effects a:scene3d a:sp3d a:extLst",
            "cx:offset": "top=real left=real",
            "cx:unitsLabel": "> tx spPr txPr extLst",
            "cx:catScaling": "gapWidth=tokens",
            "cx:valScaling": "max=tokens min=tokens majorUnit=tokens minorUnit=tokens",
            "cx:title": "pos align overlay=flag > tx spPr txPr offset extLst",
            "cx:units": "unit > unitsLabel extLst",
            "cx:tickLabels": "> extLst",
            "cx:numFmt": "formatCode=text sourceLinked=flag",
            "cx:visibility": (
                "connectorLines=flag meanLine=flag meanMarker=flag nonoutliers=flag outliers=flag seriesName=flag "
                "categoryName=flag value=flag"
            ),
            "cx:aggregation": "",
            "cx:binning": "intervalClosed underflow=tokens overflow=tokens > binSize binCount",
            "cx:statistics": "quartileMethod",
            "cx:subtotals": "> idx",
            "cx:extremeValue": "",
            "cx:min": "> extremeValue number percent",
            "cx:max": "> extremeValue number percent",
            "cx:mid": "> number percent",
            "cx:dataLabel": "idx=number pos > numFmt spPr txPr visibility separator extLst",
            "cx:dataLabelHidden": "idx=number",
            "cx:valueColors": "> minColor midColor maxColor",
            "cx:valueColorPositions": "count=number > min mid max",
            "cx:dataLabels": "pos > numFmt spPr txPr visibility separator dataLabel dataLabelHidden extLst",
            "cx:layoutPr": (
                "> parentLabelLayout regionLabelLayout visibility aggregation binning statistics subtotals extLst"
            ),
            "cx:series": (
                "layoutId hidden=flag ownerIdx=number uniqueId=silent formatIdx=number > tx spPr valueColors "
                "valueColorPositions dataPt dataLabels dataId layoutPr axisId extLst"
            ),
            "cx:plotAreaRegion": "> plotSurface series extLst",
            "cx:axis": (
                "id=number hidden=flag > catScaling valScaling title units majorGridlines minorGridlines "
                "majorTickMarks minorTickMarks tickLabels numFmt spPr txPr extLst"
            ),
            "cx:plotArea": "> plotAreaRegion axis spPr extLst",
            "cx:legend": "pos align overlay=flag > spPr txPr offset extLst",
            "cx:headerFooter": (
                "alignWithMargins=flag differentOddEven=flag differentFirst=flag > oddHeader oddFooter evenHeader "
                "evenFooter firstHeader firstFooter"
            ),
            "cx:pageMargins": "l=real r=real t=real b=real header=real footer=real",
            "cx:pageSetup": (
                "paperSize=number firstPageNumber=number orientation blackAndWhite=flag draft=flag "
                "useFirstPageNumber=flag horizontalDpi=number verticalDpi=number copies=number"
            ),
            "cx:chartData": "> externalData data extLst",
            "cx:fmtOvrs": "> fmtOvr",
            "cx:printSettings": "> headerFooter pageMargins pageSetup",
        }
    ),
}
CHART: Final = Grammar("cx:chartSpace", _ELEMENTS, default="cx")
