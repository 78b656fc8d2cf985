"""Charts, diagrams, VML, extensions, pictures and themes: what every program draws."""

import io
import zipfile

import pptx
import pytest
from lxml import etree

from sanitizers.formats.ooxml.allowed import Element
from sanitizers.formats.ooxml.drawing import ELEMENTS, notation
from sanitizers.formats.ooxml.drawing.notation import children, table
from sanitizers.model import Threat
from tests.unit.sanitizers.ooxml.slides_packages import (
    A,
    Cleaned,
    Parts,
    R,
    Rels,
    one,
    picture,
    png,
    relationships,
    shape,
)

C = "http://schemas.openxmlformats.org/drawingml/2006/chart"
DRAWING = "application/vnd.openxmlformats-officedocument.drawingml"


def frame(uri: str, inside: str) -> str:
    return (
        '<p:graphicFrame><p:nvGraphicFramePr><p:cNvPr id="7" name="Chart 7"/><p:cNvGraphicFramePr/>'
        "<p:nvPr/></p:nvGraphicFramePr>"
        '<p:xfrm><a:off x="100" y="200"/><a:ext cx="914400" cy="914400"/></p:xfrm><a:graphic>'
        f'<a:graphicData uri="{uri}">{inside}</a:graphicData></a:graphic></p:graphicFrame>'
    )


def chart(reference: str = "Sheet1!$A$2", more: str = "", extension: str = "") -> str:
    return (
        f'<c:chartSpace xmlns:c="{C}" xmlns:a="{A}" xmlns:r="{R}"><c:chart><c:autoTitleDeleted val="1"/>'
        "<c:plotArea><c:layout/>"
        '<c:pieChart><c:varyColors val="1"/><c:ser><c:idx val="0"/><c:order val="0"/><c:tx><c:strRef>'
        f'<c:f>{reference}</c:f><c:strCache><c:ptCount val="1"/><c:pt idx="0"><c:v>人口</c:v></c:pt>'
        "</c:strCache></c:strRef></c:tx>"
        "<c:val><c:numRef><c:f>Sheet1!$B$2:$B$3</c:f><c:numCache><c:formatCode>General</c:formatCode>"
        '<c:ptCount val="2"/>'
        '<c:pt idx="0"><c:v>3</c:v></c:pt><c:pt idx="1"><c:v>4</c:v></c:pt></c:numCache></c:numRef></c:val>'
        f'{extension}</c:ser></c:pieChart></c:plotArea><c:plotVisOnly val="1"/></c:chart>{more}</c:chartSpace>'
    )


def charted(text: str, rels: Rels | None = None, parts: Parts | None = None) -> Cleaned:
    known: Parts = {
        "ppt/charts/chart1.xml": (f"{DRAWING}.chart+xml", text),
        "ppt/charts/_rels/chart1.xml.rels": ("", relationships(rels or {})),
        **(parts or {}),
    }
    inside = frame(C, f'<c:chart xmlns:c="{C}" r:id="c"/>')
    return Cleaned(one(inside, {"c": ("chart", "../charts/chart1.xml")}, parts=known))


# Charts


def test_a_chart_goes_on_whole() -> None:
    result = charted(chart())
    assert result.findings == ()
    drawn = pptx.Presentation(io.BytesIO(result.data)).slides[0].shapes[-1].chart
    assert [(each.name, list(each.values)) for each in drawn.plots[0].series] == [("人口", [3.0, 4.0])]


@pytest.mark.parametrize(
    "reference",
    ["cmd|'/c calc'!A0", r"'C:\x\[Book1.xlsx]Sheet1'!$A$1", "[1]Sheet1!$A$1", "'http://198.51.100.7/[b.xlsx]S'!$A$1"],
)
def test_a_chart_refers_to_no_other_file(reference: str) -> None:
    result = charted(chart(reference))
    assert result.has(Threat.EXTERNAL_REFERENCE, "another file")
    assert "<c:f/>" in result.text("ppt/charts/chart1.xml")
    assert "人口" in result.text("ppt/charts/chart1.xml")


@pytest.mark.parametrize(
    "reference", ["Sheet1!$A$1", "'売上 表'!$A$1:$B$2", "Table1[Column]", "(Sheet1!$A$1,Sheet1!$C$1)"]
)
def test_references_to_the_workbook_of_the_chart_stay(reference: str) -> None:
    result = charted(chart(reference))
    assert result.findings == ()
    assert f"<c:f>{reference}</c:f>" in result.text("ppt/charts/chart1.xml")


def test_a_workbook_outside_is_not_linked() -> None:
    linked = chart(more='<c:externalData r:id="x"><c:autoUpdate val="1"/></c:externalData>')
    result = charted(linked, {"x": ("oleObject", "!file:///C:/b.xlsx")})
    assert "externalData" not in result.text("ppt/charts/chart1.xml")
    assert result.has(Threat.EXTERNAL_REFERENCE, "outside the file")


def test_a_workbook_of_its_own_goes_on_clean() -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active["A1"] = "人口"
    file = io.BytesIO()
    book.save(file)
    type_ = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    result = charted(
        chart(more='<c:externalData r:id="x"><c:autoUpdate val="0"/></c:externalData>'),
        {"x": ("package", "../embeddings/b.xlsx")},
        {"ppt/embeddings/b.xlsx": (type_, file.getvalue())},
    )
    (name,) = [name for name in result.parts if name.startswith("ppt/embeddings/")]
    assert openpyxl.load_workbook(io.BytesIO(result.parts[name])).active["A1"].value == "人口"
    with zipfile.ZipFile(io.BytesIO(result.parts[name])) as package:
        assert b"Microsoft Excel" not in package.read("docProps/app.xml")


def test_no_macro_stands_behind_a_shape_of_a_chart() -> None:
    shapes = (
        f'<c:userShapes xmlns:c="{C}" xmlns:a="{A}" xmlns:d="http://schemas.openxmlformats.org/drawingml/2006/chartDrawing">'
        "<d:relSizeAnchor><d:from><d:x>0.1</d:x><d:y>0.1</d:y></d:from><d:to><d:x>0.5</d:x><d:y>0.5</d:y></d:to>"
        '<d:sp macro="[0]!Run" textlink="Sheet1!$A$1"><d:nvSpPr><d:cNvPr id="2" name="x"/><d:cNvSpPr/>'
        "</d:nvSpPr><d:spPr/>"
        "<d:txBody><a:bodyPr/><a:p><a:r><a:t>図の文</a:t></a:r></a:p></d:txBody></d:sp></d:relSizeAnchor></c:userShapes>"
    )
    known: Parts = {"ppt/drawings/d.xml": (f"{DRAWING}.chartshapes+xml", shapes)}
    result = charted(chart(more='<c:userShapes r:id="u"/>'), {"u": ("chartUserShapes", "../drawings/d.xml")}, known)
    kept = result.text("ppt/drawings/chartshapes1.xml")
    assert "図の文" in kept
    assert "macro" not in kept
    assert result.has(Threat.ACTIVE_CONTENT, "a macro behind a shape of a chart")


def test_a_series_filtered_out_of_a_chart_goes_and_is_told() -> None:
    space = "http://schemas.microsoft.com/office/drawing/2012/chart"
    hidden = (
        '<c:extLst><c:ext uri="{02D57815-91ED-43cb-92C2-25804820EDAC}">'
        f'<x:filteredPieSeries xmlns:x="{space}"><x:ser><c:idx val="1"/></x:ser></x:filteredPieSeries>'
        "</c:ext></c:extLst>"
    )
    result = charted(chart(extension=hidden))
    assert result.has(Threat.HIDDEN_CONTENT, "filtered out")
    assert "extLst" not in result.text("ppt/charts/chart1.xml")


def test_the_style_of_a_chart_falls_back_to_the_one_that_all_versions_know() -> None:
    style = (
        '<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><mc:Choice '
        'xmlns:c14="http://schemas.microsoft.com/office/drawing/2007/8/2/chart" Requires="c14"><c14:style val="102"/>'
        '</mc:Choice><mc:Fallback><c:style val="2"/></mc:Fallback></mc:AlternateContent>'
    )
    result = charted(chart().replace("<c:chart>", f"{style}<c:chart>"))
    assert '<c:style val="2"/>' in result.text("ppt/charts/chart1.xml")
    assert result.findings == ()


def new_chart(more: str = "", *, broken: bool = False) -> Cleaned:
    """A waterfall, as PowerPoint 2016 writes it: a choice, and a fallback for older versions."""
    cx = "http://schemas.microsoft.com/office/drawing/2014/chartex"
    text = (
        f'<cx:chartSpace xmlns:cx="{cx}" xmlns:a="{A}" xmlns:r="{R}"><cx:chartData><cx:data id="0">'
        '<cx:strDim type="cat">'
        f'<cx:f dir="row">{more or "Sheet1!$A$2:$A$3"}</cx:f><cx:lvl ptCount="1"><cx:pt idx="0">'
        "四月</cx:pt></cx:lvl></cx:strDim>"
        '</cx:data></cx:chartData><cx:chart><cx:plotArea><cx:plotAreaRegion><cx:series layoutId="waterfall" '
        'uniqueId="{00000000-0000-0000-0000-000000000001}"><cx:dataId val="0"/></cx:series></cx:plotAreaRegion>'
        '<cx:axis id="0"><cx:catScaling gapWidth="0.5"/></cx:axis></cx:plotArea></cx:chart></cx:chartSpace>'
    )
    chosen = frame(cx, f'<cx:chart xmlns:cx="{cx}" r:id="c"/>')
    inside = (
        '<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><mc:Choice '
        'xmlns:cx1="http://schemas.microsoft.com/office/drawing/2015/9/8/chartex" Requires="cx1">'
        f"{chosen}</mc:Choice><mc:Fallback>{shape('表示できません', 5)}</mc:Fallback></mc:AlternateContent>"
    )
    relation = "http://schemas.microsoft.com/office/2014/relationships/chartEx"
    written = text[:40] if broken else text
    parts: Parts = {"ppt/charts/chartEx1.xml": ("application/vnd.ms-office.chartex+xml", written)}
    return Cleaned(one(inside, {"c": (relation, "../charts/chartEx1.xml")}, parts=parts))


def test_a_waterfall_goes_on_beside_what_older_programs_show() -> None:
    result = new_chart()
    assert result.findings == ()
    kept = result.text("ppt/charts/chartEx1.xml")
    assert "四月" in kept
    assert 'layoutId="waterfall"' in kept
    assert "mc:Ignorable" not in kept
    choice, _, fallback = result.text().partition("</mc:Choice><mc:Fallback>")
    assert '<mc:Choice Requires="cx1">' in choice
    assert "graphicFrame" in choice
    assert "表示できません" not in choice
    assert "表示できません" in fallback
    assert "graphicFrame" not in fallback


def test_where_a_waterfall_cannot_be_read_only_the_fallback_goes_on() -> None:
    result = new_chart(broken=True)
    assert "AlternateContent" not in result.text()
    assert "表示できません" in result.text()


def test_a_waterfall_refers_to_no_other_file() -> None:
    result = new_chart("[1]Sheet1!$A$1")
    assert result.has(Threat.EXTERNAL_REFERENCE, "another file")
    assert '<f dir="row"/>' in result.text("ppt/charts/chartEx1.xml")


def test_no_empty_frame_is_left_of_a_chart_that_cannot_be_read() -> None:
    result = charted("<c:chartSpace")
    assert "graphicFrame" not in result.text()
    assert result.has(Threat.MALFORMED, "cannot be read")


# Diagrams

DGM = "http://schemas.openxmlformats.org/drawingml/2006/diagram"
DSP = "http://schemas.microsoft.com/office/drawing/2008/diagram"
SHAPE = (
    f'<dsp:drawing xmlns:dsp="{DSP}" xmlns:a="{A}" xmlns:r="{R}"><dsp:spTree><dsp:nvGrpSpPr><dsp:cNvPr '
    'id="0" name=""/><dsp:cNvGrpSpPr/>'
    '</dsp:nvGrpSpPr><dsp:grpSpPr/><dsp:sp modelId="{00000000-0000-0000-0000-000000000002}"><dsp:nvSpPr>'
    '<dsp:cNvPr id="0" name="">'
    '<a:hlinkClick r:id="h" action="ppaction://program"/></dsp:cNvPr><dsp:cNvSpPr/></dsp:nvSpPr><dsp:spPr/><dsp:style>'
    '<a:lnRef idx="2"/><a:fillRef idx="1"/><a:effectRef idx="0"/><a:fontRef idx="minor"/></dsp:style>'
    "<dsp:txBody><a:bodyPr/>"
    "<a:lstStyle/><a:p><a:r><a:t>一番"
    "</a:t></a:r></a:p></dsp:txBody></dsp:sp></dsp:spTree></dsp:drawing>"
)


def diagram(number: int) -> Parts:
    data = (
        f'<dgm:dataModel xmlns:dgm="{DGM}" xmlns:a="{A}"><dgm:ptLst><dgm:pt '
        f'modelId="{{00000000-0000-0000-0000-00000000000{number}}}" '
        'type="doc"><dgm:prSet loTypeId="urn:microsoft.com/office/officeart/2005/8/layout/default"/>'
        "<dgm:spPr/></dgm:pt></dgm:ptLst>"
        f'<dgm:cxnLst/><dgm:bg/><dgm:whole/><dgm:extLst><a:ext uri="{DSP}"><dsp:dataModelExt '
        f'xmlns:dsp="{DSP}" relId="w{number}" '
        f'minVer="{DGM}"/></a:ext></dgm:extLst></dgm:dataModel>'
    )
    empty = f'xmlns:dgm="{DGM}" uniqueId="urn:x"'
    return {
        f"ppt/diagrams/data{number}.xml": (f"{DRAWING}.diagramData+xml", data),
        f"ppt/diagrams/l{number}.xml": (
            f"{DRAWING}.diagramLayout+xml",
            f'<dgm:layoutDef {empty}><dgm:layoutNode name="x"><dgm:alg type="lin"/></dgm:layoutNode></dgm:layoutDef>',
        ),
        f"ppt/diagrams/q{number}.xml": (f"{DRAWING}.diagramStyle+xml", f"<dgm:styleDef {empty}/>"),
        f"ppt/diagrams/c{number}.xml": (f"{DRAWING}.diagramColors+xml", f"<dgm:colorsDef {empty}/>"),
        f"ppt/diagrams/w{number}.xml": (
            "application/vnd.ms-office.drawingml.diagramDrawing+xml",
            SHAPE.replace("一番", f"図{number}"),
        ),
    }


def diagram_rels(number: int) -> Rels:
    shown = "http://schemas.microsoft.com/office/2007/relationships/diagramDrawing"
    return {
        f"d{number}": ("diagramData", f"../diagrams/data{number}.xml"),
        f"l{number}": ("diagramLayout", f"../diagrams/l{number}.xml"),
        f"q{number}": ("diagramQuickStyle", f"../diagrams/q{number}.xml"),
        f"c{number}": ("diagramColors", f"../diagrams/c{number}.xml"),
        f"w{number}": (shown, f"../diagrams/w{number}.xml"),
    }


def diagram_frame(number: int) -> str:
    ids = f'r:dm="d{number}" r:lo="l{number}" r:qs="q{number}" r:cs="c{number}"'
    return frame(DGM, f'<dgm:relIds xmlns:dgm="{DGM}" {ids}/>')


def test_two_diagrams_keep_each_its_own_drawing() -> None:
    inside = diagram_frame(2) + diagram_frame(1)
    rels = {**diagram_rels(1), **diagram_rels(2)}
    result = Cleaned(one(inside, rels, parts={**diagram(1), **diagram(2)}))
    root = etree.fromstring(result.parts["ppt/slides/_rels/slide1.xml.rels"])
    targets = {each.get("Id"): each.get("Target", "") for each in root}
    for frame_ in result.root().iter(f"{{{DGM}}}relIds"):
        data = f"ppt/{targets[frame_.get(f'{{{R}}}dm')].removeprefix('../')}"
        model = result.root(data).find(f".//{{{DSP}}}dataModelExt")
        assert model is not None
        point = result.root(data).find(f".//{{{DGM}}}pt")
        assert point is not None
        number = point.get("modelId", "")[-2]
        assert f"図{number}" in result.text(f"ppt/{targets[model.get('relId')].removeprefix('../')}")
    assert result.has(Threat.ACTIVE_CONTENT, "2 × an action that starts a program")


# Pictures, extensions, themes


def test_a_picture_is_never_fetched() -> None:
    fetched = picture("x").replace("r:embed", "r:link")
    result = Cleaned(one(fetched, {"x": ("image", "!http://198.51.100.7/x.png")}))
    assert b"198.51" not in result.everything()
    assert "r:link" not in result.text()
    assert result.has(Threat.EXTERNAL_REFERENCE, "a picture outside the file")


def test_of_an_svg_picture_the_png_stays() -> None:
    space = "http://schemas.microsoft.com/office/drawing/2016/SVG/main"
    both = picture("i").replace(
        '<a:blip r:embed="i"/>',
        '<a:blip r:embed="i"><a:extLst><a:ext uri="{96DAC541-7B7A-43D3-8B79-37D633B846F1}">'
        f'<asvg:svgBlip xmlns:asvg="{space}" r:embed="v"/></a:ext></a:extLst></a:blip>',
    )
    files: Parts = {
        "ppt/media/i.png": ("", png()),
        "ppt/media/v.svg": ("", "<svg xmlns='http://www.w3.org/2000/svg'/>"),
    }
    result = Cleaned(one(both, {"i": ("image", "../media/i.png"), "v": ("image", "../media/v.svg")}, parts=files))
    assert result.findings == ()
    assert [name for name in result.parts if "media" in name] == ["ppt/media/image1.png"]
    assert "extLst" not in result.text()


def test_what_an_extension_says_goes_on_when_it_is_known() -> None:
    space = "http://schemas.microsoft.com/office/drawing/2017/decorative"
    ext = '<a:extLst><a:ext uri="{C183D7F6-B498-43B3-948B-1728B52AA6E4}">%s</a:ext></a:extLst>'
    known = shape("文", 3, named=ext % f'<adec:decorative xmlns:adec="{space}" val="1"/>')
    silent = shape(
        "文",
        4,
        named=ext % '<a16:creationId xmlns:a16="http://schemas.microsoft.com/office/drawing/2014/main" id="{}"/>',
    )
    other = shape("文", 5, named=ext % '<z:z xmlns:z="urn:z"/>')
    assert "adec:decorative" in Cleaned(one(known)).text()
    assert Cleaned(one(known + silent)).findings == ()
    result = Cleaned(one(other))
    assert "extLst" not in result.text()
    assert result.has(Threat.METADATA, "additions")


def test_an_alternative_of_an_unknown_version_falls_back() -> None:
    formula = (
        '<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><mc:Choice '
        'xmlns:a14="http://schemas.microsoft.com/office/drawing/2010/main" Requires="a14">'
        f"{shape('式', 5)}</mc:Choice><mc:Fallback>{shape('式の絵', 5)}</mc:Fallback></mc:AlternateContent>"
    )
    assert "式の絵" in Cleaned(one(formula)).text()


# The notation


def test_a_row_names_checks_and_children() -> None:
    entry = table({"a:x": "w=number cap > $effects off p:pic"})["a:x"]
    assert set(entry.attributes) == {"w", "cap"}
    assert entry.children == {"a:effectLst", "a:effectDag", "a:off", "p:pic"}
    assert table({"a:t": "words"})["a:t"].text is not None


@pytest.mark.parametrize(
    ("name", "goes"),
    [
        ("urn:microsoft.com/office/officeart/2005/8/layout/default", True),
        ("http://schemas.openxmlformats.org/drawingml/2006/diagram", True),
        ("{00000000-0000-0000-0000-000000000001}", True),
        ("http://198.51.100.7/layout", False),
        ("http://schemas.microsoft.com.example/x", False),
        ("file:///C:/x", False),
    ],
)
def test_the_name_of_a_layout_is_no_address(name: str, goes: bool) -> None:
    check = notation.CHECKS["url"]
    assert callable(check)
    assert (check(name) == name) is goes


def test_a_row_with_an_unknown_check_is_no_row() -> None:
    with pytest.raises(KeyError):
        table({"a:x": "w=nonsense"})
    with pytest.raises(KeyError):
        children("a", "$nonsense")


def test_every_child_that_a_row_of_drawingml_names_is_known() -> None:
    missing = {
        child
        for name, entry in ELEMENTS.items()
        if isinstance(entry, Element) and entry.children is not None and name.startswith("a:")
        for child in entry.children
        if child not in ELEMENTS
    }
    assert missing == {"wps:wsp", "wpg:wgp", "wpc:wpc"}  # Word has the tables of these


def test_no_attribute_of_drawingml_names_a_relationship_unchecked() -> None:
    loose = [
        (name, attribute)
        for name, entry in ELEMENTS.items()
        if isinstance(entry, Element)
        for attribute, check in entry.attributes.items()
        if attribute.startswith("r:") and callable(check) and not name.startswith("a:hlink")
    ]
    assert loose == []
