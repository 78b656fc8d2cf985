"""Slides (説明会) as PowerPoint writes them: what of Japanese slides LibreOffice cannot write."""

from tests.japanese_office.byelaw import STAMP
from tests.unit.sanitizers.ooxml.slides_packages import THEME, A, R, deck, shape, slide

DIAGRAM = "http://schemas.openxmlformats.org/drawingml/2006/diagram"
CHART = "http://schemas.openxmlformats.org/drawingml/2006/chart"
_TYPE = "application/vnd.openxmlformats-officedocument"


def box(number: int, name: str, place: tuple[int, int, int, int], body: str, paragraphs: str) -> str:
    """A text box; place in millimetres."""
    x, y, width, height = (each * 36_000 for each in place)
    return (
        f'<p:sp><p:nvSpPr><p:cNvPr id="{number}" name="{name}"/><p:cNvSpPr txBox="1"/>'
        "<p:nvPr/></p:nvSpPr><p:spPr><a:xfrm>"
        f'<a:off x="{x}" y="{y}"/><a:ext cx="{width}" cy="{height}"/></a:xfrm><a:prstGeom '
        'prst="rect"><a:avLst/></a:prstGeom>'
        '<a:ln w="9525"><a:solidFill><a:srgbClr val="000000"/></a:solidFill></a:ln></p:spPr>'
        f"<p:txBody><a:bodyPr {body}/><a:lstStyle/>{paragraphs}</p:txBody></p:sp>"
    )


def paragraph(text: str, properties: str = "<a:pPr/>", fonts: str = "") -> str:
    run = f'<a:rPr kumimoji="1" lang="ja-JP" altLang="en-US" sz="1800">{fonts}</a:rPr>'
    return f"<a:p>{properties}<a:r>{run}<a:t>{text}</a:t></a:r></a:p>"


_YU = (
    '<a:latin typeface="游明朝" panose="02020400000000000000" pitchFamily="18" '
    'charset="-128"/><a:ea typeface="游明朝" panose="02020400000000000000" '
    'pitchFamily="18" charset="-128"/>'
)
_BOXES = (
    box(3, "縦の枠", (200, 10, 30, 120), 'vert="eaVert" wrap="square"', paragraph("縦書きの文である。")),
    box(4, "横倒しの枠", (235, 10, 15, 60), 'vert="vert270"', paragraph("側面")),
    box(
        5,
        "本文",
        (10, 40, 90, 60),
        'wrap="square"',
        paragraph(
            "第一の項",
            '<a:pPr marL="457200" indent="-457200"><a:buFont typeface="+mj-ea"/><a:buAutoNum '
            'type="circleNumDbPlain"/></a:pPr>',
        )
        + paragraph(
            "第二の項",
            '<a:pPr marL="457200" indent="-457200"><a:buFont typeface="+mj-ea"/><a:buAutoNum '
            'type="ea1JpnKorPlain"/></a:pPr>',
            _YU,
        )
        + paragraph("均等割付の段落", '<a:pPr algn="dist"/>')
        + paragraph("禁則なしの段落", '<a:pPr eaLnBrk="0" latinLnBrk="1" hangingPunct="0" fontAlgn="ctr"/>')
        + paragraph("外字\ue000・葛\U000e0100城・\U00020bb7野・ｶﾀｶﾅ・①㈱㋿"),
    ),
)


def _cell(text: str, more: str = "", properties: str = "<a:tcPr/>") -> str:
    return (
        f"<a:tc{more}><a:txBody><a:bodyPr/><a:lstStyle/>"
        f"{paragraph(text) if text else '<a:p/>'}</a:txBody>{properties}</a:tc>"
    )


_TABLE = (
    '<p:graphicFrame><p:nvGraphicFramePr><p:cNvPr id="6" name="日程"/>'
    "<p:cNvGraphicFramePr/><p:nvPr/></p:nvGraphicFramePr>"
    '<p:xfrm><a:off x="3960000" y="1440000"/><a:ext cx="2880000" cy="1440000"/></p:xfrm><a:graphic>'
    '<a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/table"><a:tbl>'
    '<a:tblPr firstRow="1"/><a:tblGrid><a:gridCol w="720000"/>'
    '<a:gridCol w="2160000"/></a:tblGrid><a:tr h="480000">'
    + _cell("日程の表", ' gridSpan="2"')
    + _cell("", ' hMerge="1"')
    + '</a:tr><a:tr h="480000">'
    + _cell("縦の欄", ' rowSpan="2"', '<a:tcPr vert="eaVert"/>')
    + _cell("四月一日")
    + '</a:tr><a:tr h="480000">'
    + _cell("", ' vMerge="1"')
    + _cell("公民館")
    + "</a:tr></a:tbl></a:graphicData></a:graphic></p:graphicFrame>"
)


def _frame(number: int, name: str, x: int, kind: str, inside: str) -> str:
    return (
        f'<p:graphicFrame><p:nvGraphicFramePr><p:cNvPr id="{number}" name="{name}"/>'
        "<p:cNvGraphicFramePr/><p:nvPr/></p:nvGraphicFramePr>"
        f'<p:xfrm><a:off x="{x}" y="3960000"/><a:ext cx="2880000" cy="2160000"/></p:xfrm>'
        f'<a:graphic><a:graphicData uri="{kind}">{inside}'
        "</a:graphicData></a:graphic></p:graphicFrame>"
    )


_FRAMES = (
    _frame(
        7, "組織図", 360_000, DIAGRAM, f'<dgm:relIds xmlns:dgm="{DIAGRAM}" r:dm="dm" r:lo="lo" r:qs="qs" r:cs="cs"/>'
    )
    + _frame(8, "件数の図", 3_600_000, CHART, f'<c:chart xmlns:c="{CHART}" r:id="chart"/>')
    + '<p:pic><p:nvPicPr><p:cNvPr id="9" name="印影" descr="市長の印"/><p:cNvPicPr/>'
    '<p:nvPr/></p:nvPicPr><p:blipFill><a:blip r:embed="stamp"/>'
    '<a:stretch><a:fillRect/></a:stretch></p:blipFill><p:spPr><a:xfrm><a:off x="7200000" '
    'y="5000000"/><a:ext cx="720000" cy="720000"/></a:xfrm>'
    '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></p:spPr></p:pic>'
)
_TIMING = (
    '<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><mc:Choice xmlns:p14='
    '"http://schemas.microsoft.com/office/powerpoint/2010/main" Requires="p14">'
    '<p:transition spd="slow" p14:dur="1500"><p14:reveal/></p:transition></mc:Choice>'
    '<mc:Fallback><p:transition spd="slow"><p:fade/></p:transition></mc:Fallback></mc:AlternateContent>'
    '<p:timing><p:tnLst><p:par><p:cTn id="1" dur="indefinite" restart="never" '
    'nodeType="tmRoot"><p:childTnLst><p:seq concurrent="1" nextAc="seek">'
    '<p:cTn id="2" dur="indefinite" nodeType="mainSeq"><p:childTnLst><p:par><p:cTn '
    'id="3" fill="hold"><p:stCondLst><p:cond delay="indefinite"/></p:stCondLst>'
    '<p:childTnLst><p:par><p:cTn id="4" fill="hold"><p:stCondLst><p:cond delay="0"/></p:stCondLst><p:childTnLst><p:par>'
    '<p:cTn id="5" presetID="10" presetClass="entr" presetSubtype="0" fill="hold" '
    'nodeType="clickEffect"><p:stCondLst><p:cond delay="0"/></p:stCondLst>'
    '<p:childTnLst><p:set><p:cBhvr><p:cTn id="6" dur="1" fill="hold"><p:stCondLst>'
    '<p:cond delay="0"/></p:stCondLst></p:cTn><p:tgtEl><p:spTgt spid="5"/></p:tgtEl>'
    "<p:attrNameLst><p:attrName>style.visibility</p:attrName></p:attrNameLst></p:cBhvr>"
    '<p:to><p:strVal val="visible"/></p:to></p:set>'
    '<p:animEffect transition="in" filter="fade"><p:cBhvr><p:cTn id="7" dur="500"/>'
    '<p:tgtEl><p:spTgt spid="5"/></p:tgtEl></p:cBhvr></p:animEffect>'
    "</p:childTnLst></p:cTn></p:par></p:childTnLst></p:cTn></p:par></p:childTnLst>"
    '</p:cTn></p:par></p:childTnLst></p:cTn><p:prevCondLst><p:cond evt="onPrev" '
    'delay="0">'
    "<p:tgtEl><p:sldTgt/></p:tgtEl></p:cond></p:prevCondLst><p:nextCondLst><p:cond "
    'evt="onNext" delay="0"><p:tgtEl><p:sldTgt/></p:tgtEl></p:cond></p:nextCondLst>'
    "</p:seq></p:childTnLst></p:cTn></p:par></p:tnLst></p:timing>"
)


def _point(number: int, kind: str, text: str) -> str:
    words = (
        '<dgm:t><a:bodyPr/><a:lstStyle/><a:p><a:r><a:rPr kumimoji="1" lang="ja-JP"/><a:t>'
        f"{text}</a:t></a:r></a:p></dgm:t>"
        if text
        else ""
    )
    return f'<dgm:pt modelId="{number}"{kind}><dgm:prSet phldrT="[テキスト]"/><dgm:spPr/>{words}</dgm:pt>'


_SPACE = f'xmlns:dgm="{DIAGRAM}" xmlns:a="{A}"'
_DATA = (
    f"<dgm:dataModel {_SPACE}><dgm:ptLst>"
    + _point(1, ' type="doc"', "")
    + _point(2, "", "総務課")
    + _point(3, "", "住民課")
    + '</dgm:ptLst><dgm:cxnLst><dgm:cxn modelId="4" srcId="1" destId="2" srcOrd="0" destOrd="0"/>'
    '<dgm:cxn modelId="5" srcId="1" destId="3" srcOrd="1" destOrd="0"/></dgm:cxnLst>'
    "<dgm:bg/><dgm:whole/></dgm:dataModel>"
)
_LAYOUT = (
    f'<dgm:layoutDef {_SPACE} uniqueId="urn:microsoft.com/office/officeart/2005/8/layout/default">'
    '<dgm:title val=""/><dgm:desc val=""/>'
    '<dgm:catLst><dgm:cat type="list" pri="400"/></dgm:catLst><dgm:layoutNode '
    'name="diagram"><dgm:alg type="snake"/><dgm:presOf/>'
    '<dgm:forEach name="Name0" axis="ch" ptType="node"><dgm:layoutNode name="node">'
    '<dgm:alg type="tx"/><dgm:shape type="rect"><dgm:adjLst/></dgm:shape>'
    '<dgm:presOf axis="desOrSelf" ptType="node"/></dgm:layoutNode></dgm:forEach></dgm:layoutNode></dgm:layoutDef>'
)
_LOOK = (
    '<dgm:{0} {1} uniqueId="urn:microsoft.com/office/officeart/2005/8/{2}/1"><dgm:title '
    'val=""/><dgm:desc val=""/><dgm:catLst/>{3}</dgm:{0}>'
)
_STYLE = _LOOK.format("styleDef", _SPACE, "quickstyle", "")
_COLOURS = _LOOK.format("colorsDef", _SPACE, "colors", "")


def _points(kind: str, values: tuple[object, ...]) -> str:
    return f'<c:ptCount val="{len(values)}"/>' + "".join(
        f'<c:pt idx="{number}"><c:v>{value}</c:v></c:pt>' for number, value in enumerate(values)
    )


def _titled(text: str, body: str = "") -> str:
    return (
        f'<c:title><c:tx><c:rich><a:bodyPr{body}/><a:lstStyle/><a:p><a:r><a:rPr lang="ja-JP">'
        f'<a:ea typeface="ＭＳ ゴシック"/></a:rPr><a:t>{text}</a:t></a:r></a:p></c:rich>'
        '</c:tx><c:overlay val="0"/></c:title>'
    )


_AXES = (
    '<c:catAx><c:axId val="1"/><c:scaling><c:orientation val="minMax"/></c:scaling>'
    '<c:delete val="0"/><c:axPos val="b"/>'
    + _titled("月")
    + '<c:crossAx val="2"/></c:catAx><c:valAx><c:axId val="2"/><c:scaling><c:orientation '
    'val="minMax"/></c:scaling><c:delete val="0"/><c:axPos val="l"/>'
    + _titled("件数", ' vert="eaVert"')
    + '<c:numFmt formatCode="#,##0&quot;件&quot;" sourceLinked="0"/><c:crossAx val="1"/>'
    "</c:valAx>"
)
_CHART = (
    f'<c:chartSpace xmlns:c="{CHART}" xmlns:a="{A}" xmlns:r="{R}"><c:lang val="ja-JP"/>'
    f'<c:chart>{_titled("月別の件数")}<c:autoTitleDeleted val="0"/>'
    '<c:plotArea><c:layout/><c:barChart><c:barDir val="col"/><c:grouping '
    'val="clustered"/><c:ser><c:idx val="0"/><c:order val="0"/><c:tx><c:strRef>'
    f"<c:f>Sheet1!$B$1</c:f><c:strCache>{_points('str', ('件数',))}</c:strCache>"
    "</c:strRef></c:tx><c:cat><c:strRef><c:f>Sheet1!$A$2:$A$4</c:f><c:strCache>"
    f"{_points('str', ('四月', '五月', '六月'))}</c:strCache></c:strRef></c:cat><c:val>"
    "<c:numRef><c:f>Sheet1!$B$2:$B$4</c:f><c:numCache>"
    f"<c:formatCode>General</c:formatCode>{_points('num', (12, 30, 21))}</c:numCache>"
    '</c:numRef></c:val></c:ser><c:axId val="1"/><c:axId val="2"/></c:barChart>'
    f'{_AXES}</c:plotArea><c:legend><c:legendPos val="r"/></c:legend><c:plotVisOnly val="1"/></c:chart></c:chartSpace>'
)
_EA = THEME.replace(
    '<a:ea typeface=""/>', '<a:ea typeface="游ゴシック"/><a:font script="Jpan" typeface="游ゴシック Light"/>'
).replace("</a:majorFont>", "</a:majorFont>")


def document() -> bytes:
    """The package."""
    related = {
        "dm": ("diagramData", "../diagrams/data1.xml"),
        "lo": ("diagramLayout", "../diagrams/layout1.xml"),
        "qs": ("diagramQuickStyle", "../diagrams/quickStyle1.xml"),
        "cs": ("diagramColors", "../diagrams/colors1.xml"),
        "chart": ("chart", "../charts/chart1.xml"),
        "stamp": ("image", "../media/image1.png"),
    }
    drawing = f"{_TYPE}.drawingml"
    return deck(
        (slide(shape("住民説明会") + "".join(_BOXES) + _TABLE + _FRAMES, _TIMING), related),
        (slide(shape("終わり")), {}),
        parts={
            "ppt/diagrams/data1.xml": (f"{drawing}.diagramData+xml", _DATA),
            "ppt/diagrams/layout1.xml": (f"{drawing}.diagramLayout+xml", _LAYOUT),
            "ppt/diagrams/quickStyle1.xml": (f"{drawing}.diagramStyle+xml", _STYLE),
            "ppt/diagrams/colors1.xml": (f"{drawing}.diagramColors+xml", _COLOURS),
            "ppt/charts/chart1.xml": (f"{drawing}.chart+xml", _CHART),
            "ppt/media/image1.png": ("", STAMP),
            "ppt/theme/theme1.xml": (f"{_TYPE}.theme+xml", _EA),
        },
        presentation='<p:kinsoku lang="ja-JP" invalStChars="、。，．・：；？！" invalEndChars="‘“（〔［｛〈《「『【"/>',
    )
