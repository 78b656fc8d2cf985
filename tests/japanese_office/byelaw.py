"""A document (例規) as Word writes it, part by part: what of Japanese typesetting LibreOffice cannot write."""

import base64
import re
from pathlib import Path

from tests.unit.sanitizers.ooxml.opc_packages import packed, relationships, types
from tests.unit.sanitizers.ooxml.word_packages import OFFICE, WORD, code, field, mark, p, r, root

STAMP = base64.b64decode(
    re.findall("<office:binary-data>(.*?)<", Path(__file__).with_name("letter.fodt").read_text())[0]
)
_PARTS = ("styles", "numbering", "settings", "fontTable", "footnotes", "header", "footer", "comments")


def ruby(align: str, over: str, under: str, *, raised: int = 18) -> str:
    """ルビ, its size 5 points."""
    return (
        f'<w:r><w:ruby><w:rubyPr><w:rubyAlign w:val="{align}"/><w:hps w:val="10"/><w:hpsRaise w:val="{raised}"/>'
        '<w:hpsBaseText w:val="21"/><w:lid w:val="ja-JP"/></w:rubyPr><w:rt><w:r><w:rPr>'
        '<w:rFonts w:ascii="ＭＳ 明朝" w:eastAsia="ＭＳ 明朝" w:hAnsi="ＭＳ 明朝" '
        'w:hint="eastAsia"/><w:sz w:val="10"/></w:rPr>'
        f"<w:t>{over}</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>{under}</w:t></w:r></w:rubyBase></w:ruby></w:r>"
    )


def paragraph(properties: str, *runs: str) -> str:
    return f"<w:p><w:pPr>{properties}</w:pPr>{''.join(runs)}</w:p>"


def cell(width: int, words: str, properties: str = "", inside: str = "") -> str:
    return f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{properties}</w:tcPr>{paragraph(inside, r(words))}</w:tc>'


_RUBIES = "と".join(
    ruby(align, over, under)
    for align, over, under in (
        ("center", "おまえざき", "御前崎"),
        ("distributeLetter", "そうさ", "匝瑳"),
        ("distributeSpace", "しそう", "宍粟"),
        ("left", "ひだり", "左寄"),
        ("right", "みぎ", "右寄"),
        ("rightVertical", "よこ", "横振"),
    )
).replace("</w:r>と<w:r>", f"</w:r>{r('と')}<w:r>")
_BORDERS = "".join(
    f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="auto"/>'
    for side in ("top", "left", "bottom", "right", "insideH", "insideV")
)
_FORM = (
    f'<w:tbl><w:tblPr><w:tblW w:w="6000" w:type="dxa"/><w:tblBorders>{_BORDERS}</w:tblBorders>'
    '<w:tblLayout w:type="fixed"/></w:tblPr><w:tblGrid><w:gridCol w:w="1000"/><w:gridCol w:w="2000"/>'
    '<w:gridCol w:w="3000"/></w:tblGrid>'
    f"<w:tr>{cell(6000, '申請書', '<w:gridSpan w:val=' + chr(34) + '3' + chr(34) + '/>')}</w:tr>"
    '<w:tr><w:trPr><w:trHeight w:val="900" w:hRule="atLeast"/></w:trPr>'
    + cell(1000, "申請者", '<w:vMerge w:val="restart"/><w:textDirection w:val="tbRlV"/><w:vAlign w:val="center"/>')
    + cell(2000, "氏名", "<w:tcFitText/>")
    + cell(3000, "", '<w:tcBorders><w:tr2bl w:val="single" w:sz="4" w:space="0" w:color="auto"/></w:tcBorders>')
    + "</w:tr><w:tr>"
    + cell(1000, "", '<w:vMerge/><w:textDirection w:val="tbRlV"/>')
    + cell(2000, "住所", "", '<w:jc w:val="distribute"/>')
    + cell(3000, "一丁目")
    + "</w:tr></w:tbl>"
)
_STORY = "<w:txbxContent><w:p><w:r><w:t>縦書きの枠</w:t></w:r></w:p></w:txbxContent>"
_BOX = (
    '<w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing><wp:anchor distT="0" distB="0" distL="114300" '
    'distR="114300" simplePos="0" relativeHeight="2" behindDoc="0" locked="0" layoutInCell="1" allowOverlap="1">'
    '<wp:simplePos x="0" y="0"/><wp:positionH relativeFrom="column"><wp:posOffset>3600000</wp:posOffset></wp:positionH>'
    '<wp:positionV relativeFrom="paragraph"><wp:posOffset>0</wp:posOffset></wp:positionV>'
    '<wp:extent cx="720000" cy="1440000"/><wp:wrapSquare wrapText="bothSides"/><wp:docPr id="2" name="縦の枠"/>'
    '<a:graphic><a:graphicData uri="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"><wps:wsp>'
    '<wps:cNvSpPr txBox="1"/><wps:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="720000" cy="1440000"/></a:xfrm>'
    '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom><a:noFill/><a:ln w="6350"><a:solidFill><a:srgbClr val="000000"/>'
    f'</a:solidFill></a:ln></wps:spPr><wps:txbx>{_STORY}</wps:txbx><wps:bodyPr vert="eaVert" wrap="square"/></wps:wsp>'
    "</a:graphicData></a:graphic></wp:anchor></w:drawing></mc:Choice><mc:Fallback><w:pict>"
    '<v:shape style="position:absolute;width:57pt;height:113pt"><v:textbox style="layout-flow:vertical-ideographic">'
    f"{_STORY}</v:textbox></v:shape></w:pict></mc:Fallback></mc:AlternateContent></w:r>"
)
_PICTURE = (
    '<w:r><w:drawing><wp:inline distT="0" distB="0" distL="0" distR="0"><wp:extent cx="133350" cy="133350"/>'
    '<wp:docPr id="1" name="外字" descr="外字の画像（邊の異体）"/><a:graphic>'
    '<a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:pic><pic:nvPicPr>'
    '<pic:cNvPr id="1" name="外字"/><pic:cNvPicPr/></pic:nvPicPr><pic:blipFill><a:blip r:embed="stamp"/><a:stretch>'
    '<a:fillRect/></a:stretch></pic:blipFill><pic:spPr><a:xfrm><a:off x="0" y="0"/>'
    '<a:ext cx="133350" cy="133350"/></a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr></pic:pic>'
    "</a:graphicData></a:graphic></wp:inline></w:drawing></w:r>"
)
_CONTROLS = (
    '<w:sdt><w:sdtPr><w:alias w:val="届出日"/><w:date w:fullDate="2026-04-01T00:00:00Z">'
    '<w:dateFormat w:val="ggge年M月d日"/><w:lid w:val="ja-JP"/><w:storeMappedDataAs w:val="dateTime"/>'
    f'<w:calendar w:val="japan"/></w:date></w:sdtPr><w:sdtContent>{r("令和8年4月1日")}</w:sdtContent></w:sdt>'
    '<w:sdt><w:sdtPr><w:alias w:val="同意"/><w14:checkbox><w14:checked w14:val="1"/>'
    '<w14:checkedState w14:val="2612" w14:font="ＭＳ ゴシック"/><w14:uncheckedState '
    'w14:val="2610" w14:font="ＭＳ ゴシック"/>'
    f"</w14:checkbox></w:sdtPr><w:sdtContent>{r('☒')}</w:sdtContent></w:sdt>"
    '<w:sdt><w:sdtPr><w:alias w:val="区分"/><w:dropDownList><w:listItem w:displayText="新規" w:value="1"/>'
    '<w:listItem w:displayText="変更" w:value="2"/></w:dropDownList></w:sdtPr>'
    f"<w:sdtContent>{r('新規')}</w:sdtContent></w:sdt>"
)
_SIZE = (
    '<w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="1701" w:right="1418" '
    'w:bottom="1418" w:left="1418" w:header="851" w:footer="567" w:gutter="0"/>'
)
_ACROSS = (
    '<w:headerReference w:type="default" r:id="header"/><w:footerReference w:type="default" r:id="footer"/>'
    f'{_SIZE}<w:pgNumType w:fmt="numberInDash" w:start="1"/><w:docGrid w:type="lines" w:linePitch="360"/>'
)
_DOWN = (
    '<w:pgSz w:w="16838" w:h="11906" w:orient="landscape"/><w:pgMar w:top="1418" w:right="1701" w:bottom="1418" '
    'w:left="1418" w:header="851" w:footer="567" w:gutter="0"/><w:pgNumType w:fmt="japaneseCounting"/>'
    '<w:cols w:num="2" w:space="425"/><w:textDirection w:val="tbRl"/>'
    '<w:docGrid w:type="snapToChars" w:linePitch="697" w:charSpace="43478"/>'
)
BODY = (
    paragraph('<w:jc w:val="right"/>', r("清水市条例第"), field(r"PAGE \* DBCHAR", "１"), r("号"))
    + paragraph('<w:jc w:val="right"/>', field(r'DATE \@ "ggge年M月d日"', "令和8年4月1日"), _CONTROLS)
    + paragraph('<w:pStyle w:val="a3"/>', r("例規の標題"))
    + paragraph(
        '<w:ind w:firstLineChars="100" w:firstLine="210" w:leftChars="200" w:left="420"/>', r("地名の"), _RUBIES
    )
    + p(
        r("重要", '<w:em w:val="dot"/>'),
        r("な"),
        r("事項", '<w:em w:val="comma"/>'),
        r("は"),
        r("住民基本台帳", '<w:eastAsianLayout w:id="1" w:combine="1" w:combineBrackets="round"/>'),
        r("による。"),
        r("氏名", '<w:fitText w:val="840" w:id="2"/>'),
        r("と"),
        r("長体", '<w:w w:val="66"/>'),
        r("倍角", '<w:w w:val="200"/>'),
        r("字間", '<w:spacing w:val="40"/>'),
        r(
            "網",
            '<w:bdr w:val="single" w:sz="4" w:space="0" w:color="auto"/><w:shd w:val="pct15" '
            'w:color="auto" w:fill="FFFFFF"/>',
        ),
        mark("begin"),
        code(r" EQ \o\ac(○,秘) "),
        mark("separate"),
        r("㊙"),
        mark("end"),
        mark("begin"),
        code(r' EQ \* jc2 \* "Font:ＭＳ 明朝" \* hps10 \o\ad(\s\up 9(きゅう),旧) '),
        mark("separate"),
        r("旧"),
        mark("end"),
    )
    + p(
        r("外字（\ue000\ue757）"),
        _PICTURE,
        r(
            "、異体字（葛\U000e0100城、辻\U000e0101）、第三・第四水準（\U00020bb7野家、\U00029e3d、髙﨑）、"
            "半角（ｶﾀｶﾅ ﾊﾝｶｸ）、全角（ＡＢＣ１２３）、機種依存（①㈱㍻㋿）、波形（〜～）、結合（か\u309a、か\u3099）。"
        ),
    )
    + paragraph('<w:jc w:val="distribute"/>', r("均等割付の段落"))
    + paragraph(
        '<w:kinsoku w:val="0"/><w:wordWrap w:val="0"/><w:overflowPunct w:val="0"/><w:topLinePunct/>'
        '<w:autoSpaceDE w:val="0"/><w:autoSpaceDN w:val="0"/><w:snapToGrid w:val="0"/>'
        '<w:spacing w:beforeLines="50" w:before="180" w:line="400" w:lineRule="exact"/>'
        '<w:textAlignment w:val="center"/>',
        r("禁則なしの段落、Latinと並ぶ。"),
    )
    + paragraph(
        '<w:tabs><w:tab w:val="right" w:leader="middleDot" w:pos="8500"/></w:tabs>',
        r("担当者"),
        "<w:r><w:tab/></w:r>",
        r("内線１２３"),
    )
    + p(
        r("変更は"),
        f'<w:ins w:id="1" w:author="佐藤" w:date="2026-04-01T09:00:00Z">{r("足した語")}</w:ins>',
        r("と"),
        '<w:del w:id="2" w:author="佐藤" w:date="2026-04-01T09:00:00Z"><w:r><w:delText>'
        "削った語</w:delText></w:r></w:del>",
        r("である。"),
        '<w:commentRangeStart w:id="0"/>',
        r("付箋の語"),
        '<w:commentRangeEnd w:id="0"/>',
        '<w:r><w:commentReference w:id="0"/></w:r>',
        r("。注"),
        '<w:r><w:footnoteReference w:id="2"/></w:r>',
        _BOX,
    )
    + "".join(
        paragraph(f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="1"/></w:numPr>', r(words))
        for level, words in enumerate(("目的の条", "項の文", "号の文", "いろはの文", "丸の文"))
    )
    + _FORM
    + f"<w:p><w:pPr><w:sectPr>{_ACROSS}</w:sectPr></w:pPr></w:p>"
    + p(
        r("縦書きの頁、平成"),
        r("12", '<w:eastAsianLayout w:id="3" w:vert="1" w:vertCompress="1"/>'),
        r("年の文である。"),
    )
    + f"<w:sectPr>{_DOWN}</w:sectPr>"
)
_LEVELS = (
    ("japaneseCounting", "第%1条"),
    ("decimalFullWidth", "（%2）"),
    ("aiueoFullWidth", "%3"),
    ("irohaFullWidth", "%4"),
    ("decimalEnclosedCircle", "%5"),
)
_FONTS = '<w:rFonts w:ascii="Century" w:eastAsia="{}" w:hAnsi="Century" w:cs="Times New Roman"/>'
PARTS = {
    "styles": (
        f'<w:docDefaults><w:rPrDefault><w:rPr>{_FONTS.format("ＭＳ 明朝")}<w:kern w:val="2"/><w:sz w:val="21"/>'
        '<w:lang w:val="en-US" w:eastAsia="ja-JP" w:bidi="ar-SA"/></w:rPr></w:rPrDefault></w:docDefaults>'
        '<w:style w:type="paragraph" w:default="1" w:styleId="a"><w:name w:val="Normal"/>'
        '<w:pPr><w:widowControl w:val="0"/>'
        '<w:jc w:val="both"/></w:pPr></w:style><w:style w:type="paragraph" w:customStyle="1" w:styleId="a3">'
        '<w:name w:val="例規 標題"/><w:basedOn w:val="a"/><w:rPr>'
        f'{_FONTS.format("游明朝")}<w:sz w:val="28"/></w:rPr></w:style>'
    ),
    "numbering": '<w:abstractNum w:abstractNumId="0"><w:multiLevelType w:val="multilevel"/>'
    + "".join(
        f'<w:lvl w:ilvl="{level}"><w:start w:val="1"/><w:numFmt w:val="{kind}"/><w:lvlText w:val="{text}"/>'
        f'<w:lvlJc w:val="left"/><w:pPr><w:ind w:left="{420 * (level + 2)}" w:hanging="840"/></w:pPr></w:lvl>'
        for level, (kind, text) in enumerate(_LEVELS)
    )
    + '</w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>',
    "settings": (
        '<w:trackRevisions/><w:drawingGridHorizontalSpacing w:val="105"/>'
        '<w:displayHorizontalDrawingGridEvery w:val="0"/>'
        '<w:characterSpacingControl w:val="compressPunctuation"/><w:noLineBreaksAfter w:lang="ja-JP" w:val="（「『〔"/>'
        '<w:noLineBreaksBefore w:lang="ja-JP" w:val="、。）」』〕"/><w:compat><w:spaceForUL/>'
        "<w:balanceSingleByteDoubleByteWidth/><w:doNotLeaveBackslashAlone/><w:ulTrailSpace/>"
        '<w:adjustLineHeightInTable/><w:useFELayout/></w:compat><w:themeFontLang w:val="en-US" w:eastAsia="ja-JP"/>'
    ),
    "fontTable": (
        '<w:font w:name="ＭＳ 明朝"><w:altName w:val="MS Mincho"/><w:panose1 w:val="02020609040205080304"/>'
        '<w:charset w:val="80"/><w:family w:val="roman"/><w:pitch w:val="fixed"/></w:font>'
    ),
    "footnotes": (
        '<w:footnote w:type="separator" w:id="-1"><w:p><w:r><w:separator/></w:r></w:p></w:footnote>'
        '<w:footnote w:type="continuationSeparator" w:id="0"><w:p><w:r>'
        "<w:continuationSeparator/></w:r></w:p></w:footnote>"
        '<w:footnote w:id="2"><w:p><w:r><w:footnoteRef/></w:r><w:r><w:t>脚注の文</w:t></w:r></w:p></w:footnote>'
    ),
    "header": p(r("清水市　総務課")),
    "footer": paragraph('<w:jc w:val="center"/>', field("PAGE", "1"), r("／"), field("NUMPAGES", "2")),
    "comments": (
        '<w:comment w:id="0" w:author="鈴木" w:date="2026-04-02T10:00:00Z" w:initials="鈴"><w:p><w:r>'
        "<w:t>確認してください</w:t></w:r></w:p></w:comment>"
    ),
}
_ROOTS = {"fontTable": "fonts", "header": "hdr", "footer": "ftr"}


def document() -> bytes:
    """The package."""
    related = [(name, f"{OFFICE}{name}", f"{name}.xml") for name in _PARTS]
    return packed(
        {
            "[Content_Types].xml": types(
                {
                    "/word/document.xml": f"{WORD}document.main+xml",
                    **{f"/word/{name}.xml": f"{WORD}{name}+xml" for name in _PARTS},
                },
                png="image/png",
                rels="application/vnd.openxmlformats-package.relationships+xml",
            ),
            "_rels/.rels": relationships(("rId1", f"{OFFICE}officeDocument", "word/document.xml")),
            "word/document.xml": root("document", f"<w:body>{BODY}</w:body>"),
            "word/_rels/document.xml.rels": relationships(*related, ("stamp", f"{OFFICE}image", "media/image1.png")),
            **{f"word/{name}.xml": root(_ROOTS.get(name, name), PARTS[name]) for name in _PARTS},
            "word/media/image1.png": STAMP,
        }
    )
