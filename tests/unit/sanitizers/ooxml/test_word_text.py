"""What text documents are made of stays as it is: Japanese typography, tables, formulas, controls, styles,"
" numbering, settings."""

import pytest

from sanitizers.formats.ooxml.allowed import Element
from sanitizers.formats.ooxml.word import PARTS, story
from sanitizers.rules import Links, Profile
from tests.unit.sanitizers.ooxml.word_packages import Written, p, r, root

RUBY = (
    '<w:r><w:ruby><w:rubyPr><w:rubyAlign w:val="distributeSpace"/><w:hps w:val="10"/><w:hpsRaise w:val="18"/>'
    '<w:hpsBaseText w:val="21"/><w:lid w:val="ja-JP"/></w:rubyPr><w:rt><w:r><w:t>とうきょう</w:t></w:r></w:rt>'
    "<w:rubyBase><w:r><w:t>東京</w:t></w:r></w:rubyBase></w:ruby></w:r>"
)
KEPT = [
    RUBY,
    (
        '<w:r><w:rPr><w:rFonts w:ascii="ＭＳ 明朝" w:eastAsia="ＭＳ 明朝" w:hint="eastAsia"/>'
        '<w:em w:val="dot"/></w:rPr><w:t>'
        "圏点</w:t></w:r>"
    ),
    '<w:r><w:rPr><w:eastAsianLayout w:id="1" w:vert="1" w:vertCompress="1"/></w:rPr><w:t>12</w:t></w:r>',
    '<w:r><w:rPr><w:eastAsianLayout w:id="2" w:combine="1" w:combineBrackets="round"/></w:rPr><w:t>割注</w:t></w:r>',
    '<w:r><w:rPr><w:fitText w:val="840" w:id="3"/></w:rPr><w:t>均等割付</w:t></w:r>',
    (
        '<w:r><w:rPr><w:w w:val="66"/><w:kern w:val="2"/><w:position w:val="-6"/><w:bdr w:val="single" w:sz="4"'
        ' w:space="0" w:color="auto"/>'
        "</w:rPr><w:t>長体</w:t></w:r>"
    ),
    (
        '<w:r><w:rPr><w14:textFill><w14:solidFill><w14:srgbClr w14:val="FF0000"><w14:alpha w14:val="50000"/>'
        "</w14:srgbClr></w14:solidFill>"
        "</w14:textFill></w:rPr><w:t>効果</w:t></w:r>"
    ),
    (
        '<w:r><w:t>一</w:t><w:tab/><w:t>二</w:t><w:br w:type="page"/><w:noBreakHyphen/><w:sym w:font="Wingdings"'
        ' w:char="F0FC"/></w:r>'
    ),
    '<w:m/><w:bookmarkStart w:id="0" w:name="しおり"/><w:bookmarkEnd w:id="0"/>'.replace("<w:m/>", ""),
    "<m:oMath><m:f><m:fPr><m:type m:val='bar'/></m:fPr><m:num><m:r><m:t>1</m:t></m:r></m:num><m:den><m:r><m:t>2</m:t>"
    "</m:r></m:den></m:f>"
    "</m:oMath>".replace("'", '"'),
    (
        '<w:sdt><w:sdtPr><w:alias w:val="同意"/><w14:checkbox><w14:checked w14:val="1"/>'
        '<w14:checkedState w14:val="2612"'
        ' w14:font="ＭＳ ゴシック"/>'
        "</w14:checkbox></w:sdtPr><w:sdtContent><w:r><w:t>☒</w:t></w:r></w:sdtContent></w:sdt>"
    ),
    (
        '<w:sdt><w:sdtPr><w:date w:fullDate="2026-04-01T00:00:00Z"><w:dateFormat w:val="ggge年M月d日"/>'
        '<w:lid w:val="ja-JP"/>'
        '<w:storeMappedDataAs w:val="dateTime"/><w:calendar w:val="japan"/></w:date></w:sdtPr><w:sdtContent><w:r><w:t>'
        "令和8年4月1日</w:t></w:r>"
        "</w:sdtContent></w:sdt>"
    ),
    (
        '<w:sdt><w:sdtPr><w:dropDownList><w:listItem w:displayText="はい" w:value="1"/></w:dropDownList></w:sdtPr>'
        "<w:sdtContent><w:r><w:t>はい</w:t></w:r>"
        "</w:sdtContent></w:sdt>"
    ),
    "<w:r><w:t>&lt;&amp;&gt;　全角</w:t></w:r>",
]


@pytest.mark.parametrize("inside", KEPT)
def test_the_contents_of_a_paragraph_stay(inside: str) -> None:
    result = Written(p(inside))
    assert inside in result.xml().replace(' xml:space="preserve"', "")
    assert result.findings == ()


@pytest.mark.parametrize(
    "properties",
    [
        (
            '<w:kinsoku w:val="0"/><w:wordWrap w:val="0"/><w:overflowPunct w:val="0"/><w:topLinePunct/><w:autoSpaceDE'
            ' w:val="0"/>'
            '<w:autoSpaceDN w:val="0"/><w:snapToGrid w:val="0"/>'
        ),
        '<w:ind w:leftChars="100" w:left="210" w:firstLineChars="100" w:firstLine="210"/>',
        '<w:spacing w:beforeLines="50" w:before="180" w:line="360" w:lineRule="auto"/>',
        '<w:jc w:val="distribute"/><w:textDirection w:val="tbRlV"/><w:textAlignment w:val="center"/>',
        '<w:framePr w:w="1000" w:wrap="around" w:vAnchor="text" w:hAnchor="page" w:x="1" w:y="2"/>',
        '<w:tabs><w:tab w:val="right" w:leader="dot" w:pos="8494"/></w:tabs>',
        (
            '<w:sectPr><w:pgSz w:w="11906" w:h="16838" w:orient="landscape"/><w:pgMar w:top="1985" w:right="1701"'
            ' w:bottom="1701"'
            ' w:left="1701" w:header="851" w:footer="992" w:gutter="0"/><w:cols w:num="2" w:space="425"/>'
            '<w:textDirection w:val="tbRl"/>'
            '<w:docGrid w:type="linesAndChars" w:linePitch="360" w:charSpace="1000"/></w:sectPr>'
        ),
    ],
)
def test_the_looks_of_a_paragraph_stay(properties: str) -> None:
    result = Written(p(f"<w:pPr>{properties}</w:pPr>", r("x")))
    assert properties in result.xml()
    assert result.findings == ()


def test_tables_stay() -> None:
    cell = (
        '<w:tc><w:tcPr><w:tcW w:w="2000" w:type="dxa"/><w:gridSpan w:val="2"/><w:vMerge w:val="restart"/>'
        f"</w:tcPr>{p(r('x'))}</w:tc>"
    )
    table = (
        '<w:tbl><w:tblPr><w:tblStyle w:val="a"/><w:tblW w:w="0" w:type="auto"/><w:tblLook w:val="04A0"/></w:tblPr>'
        f'<w:tblGrid><w:gridCol w:w="2000"/></w:tblGrid><w:tr><w:trPr><w:trHeight w:val="300"/></w:trPr>{cell}</w:tr>'
        "</w:tbl>"
    )
    result = Written(table + p())
    assert table.replace(' xml:space="preserve"', "") in result.xml().replace(' xml:space="preserve"', "")
    assert result.findings == ()


def test_a_table_without_rows_is_none() -> None:
    assert "w:tbl" not in Written(f"<w:tbl><w:tblPr/><w:tr><w:trPr/></w:tr></w:tbl>{p()}").xml()


def test_measures_of_iso_strict_stay() -> None:
    result = Written(p('<w:pPr><w:ind w:start="36pt" w:end="50%"/></w:pPr>', r("x")))
    assert '<w:ind w:start="36pt" w:end="50%"/>' in result.xml()


# What goes silently or with a word, while what it stands around stays


@pytest.mark.parametrize(
    "inside",
    [
        (
            '<w:smartTag w:uri="urn:KIYOME" w:element="x"><w:smartTagPr><w:attr w:name="a" w:val="KIYOME"/>'
            f"</w:smartTagPr>{r('x')}</w:smartTag>"
        ),
        (
            '<w:customXml w:uri="urn:KIYOME" w:element="x"><w:customXmlPr><w:attr w:name="a" w:val="KIYOME"/>'
            f"</w:customXmlPr>{r('x')}</w:customXml>"
        ),
        (
            '<w:sdt><w:sdtPr><w:dataBinding w:xpath="/KIYOME" w:storeItemID="KIYOME"/></w:sdtPr><w:sdtContent>'
            f"{r('x')}</w:sdtContent></w:sdt>"
        ),
        f'<w:proofErr w:type="spellStart"/>{r("x")}',
        f'<w:pPr><w15:collapsed w:val="KIYOME"/></w:pPr>{r("x")}',
        f'<w14:conflictIns w:id="1" w:author="KIYOME">{r("x")}</w14:conflictIns>',
        f'<w:permStart w:id="1" w:ed="KIYOME@example.jp" w:edGrp="everyone"/>{r("x")}<w:permEnd w:id="1"/>',
    ],
)
def test_what_nobody_sees_goes_and_the_text_stays(inside: str) -> None:
    result = Written(p(inside))
    assert result.shown() == "x"
    assert "KIYOME" not in result.xml()
    assert result.findings == ()


def test_unknown_markup_goes_with_a_word() -> None:
    result = Written(p(r("x"), "<w:unheard><w:r><w:t>KIYOME</w:t></w:r></w:unheard>"))
    assert result.shown() == "x"
    assert result.told() == {("unsupported", "note", "removed")}


def test_values_that_are_none_go() -> None:
    result = Written(p("<w:pPr><w:jc w:val='&quot;&gt;KIYOME'/></w:pPr>", r("x")))
    assert "KIYOME" not in result.xml()


# Links


def test_links_get_new_ids() -> None:
    link = f'<w:hyperlink r:id="rId77" w:tooltip="KIYOME" w:history="1">{r("here")}</w:hyperlink>'
    result = Written(p(link), links=(("rId77", "hyperlink", "!https://www.example.jp/"),))
    assert result.shown() == "(here→rId1)"
    assert result.targets() == {"rId1": "https://www.example.jp/"}
    assert "KIYOME" not in result.xml()


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "file:///c:/x", "\\\\server\\share", "ms-msdt:/id", "x.docx"]
)
def test_links_elsewhere_are_words(address: str) -> None:
    result = Written(p(f'<w:hyperlink r:id="a">{r("here")}</w:hyperlink>'), links=(("a", "hyperlink", f"!{address}"),))
    assert result.shown() == "here"
    assert result.targets() == {}
    assert result.findings


def test_a_link_inside_a_link_has_no_way_around() -> None:
    inner = f'<w:hyperlink r:id="rId1">{r("b")}</w:hyperlink>'
    body = p(f'<w:hyperlink r:id="x">{r("a")}{inner}</w:hyperlink>', f'<w:hyperlink r:id="y">{r("c")}</w:hyperlink>')
    result = Written(body, links=(("x", "hyperlink", "!file:///x"), ("y", "hyperlink", "!https://www.example.jp/")))
    assert result.shown() == "ab(c→rId1)"


def test_a_link_that_names_another_host_is_words_with_the_true_address() -> None:
    body = p(f'<w:hyperlink r:id="a">{r("https://www.city.example.lg.jp/")}</w:hyperlink>')
    result = Written(body, links=(("a", "hyperlink", "!https://evil.example.com/"),))
    assert result.targets() == {}
    assert "evil" in result.shown()
    assert {threat for threat, _, _ in result.told()} == {"deception"}


def test_links_inside_the_document_stay() -> None:
    body = p(f'<w:hyperlink w:anchor="しおり">{r("a")}</w:hyperlink>', f'<w:hyperlink r:id="a">{r("b")}</w:hyperlink>')
    result = Written(body, Profile(links=Links.REMOVED), links=(("a", "hyperlink", "!#二"),))
    assert result.shown() == "(a→#しおり)(b→#二)"
    assert result.findings == ()


# Alternatives


def test_the_first_alternative_that_is_known_is_taken() -> None:
    def alternate(requires: str) -> str:
        choice = f'<mc:Choice Requires="{requires}">{r("new")}</mc:Choice>'
        return p(f"<mc:AlternateContent>{choice}<mc:Fallback>{r('old')}</mc:Fallback></mc:AlternateContent>")

    assert Written(alternate("wps")).shown() == "new"
    assert Written(alternate("wps v")).shown() == "new"
    assert Written(alternate("unbound")).shown() == "old"
    assert Written(alternate("wp14")).shown() == "old"  # a place in percent: its twin in absolute measure
    assert Written(alternate("wp14").replace("Fallback", "Unheard")).shown() == "new"
    assert "AlternateContent" not in Written(alternate("wps")).xml()


# Other parts


def test_styles_stay() -> None:
    inside = (
        '<w:docDefaults><w:rPrDefault><w:rPr><w:rFonts w:eastAsiaTheme="minorEastAsia"/><w:lang w:val="en-US"'
        ' w:eastAsia="ja-JP" w:bidi="ar-SA"/>'
        '</w:rPr></w:rPrDefault><w:pPrDefault/></w:docDefaults><w:latentStyles w:defLockedState="0" w:count="1">'
        '<w:lsdException w:name="Normal" w:uiPriority="0"/></w:latentStyles><w:style w:type="table" w:default="1"'
        ' w:styleId="a">'
        '<w:name w:val="標準の表"/><w:uiPriority w:val="99"/><w:semiHidden/><w:tblPr><w:tblCellMar><w:left w:w="108"'
        ' w:type="dxa"/></w:tblCellMar>'
        '</w:tblPr><w:tblStylePr w:type="firstRow"><w:rPr><w:b/></w:rPr></w:tblStylePr></w:style>'
    )
    result = Written(p(r("x")), parts={"styles": root("styles", inside)})
    assert inside in result.xml("styles")
    assert result.findings == ()


def test_numbering_stays() -> None:
    inside = (
        '<w:abstractNum w:abstractNumId="0"><w:nsid w:val="0A0B0C0D"/><w:multiLevelType w:val="multilevel"/><w:lvl'
        ' w:ilvl="0">'
        '<w:start w:val="1"/><w:numFmt w:val="aiueoFullWidth"/><w:lvlText w:val="（%1）"/><w:lvlJc w:val="left"/>'
        "</w:lvl></w:abstractNum>"
        '<w:num w:numId="1"><w:abstractNumId w:val="0"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="3"/>'
        "</w:lvlOverride></w:num>"
    )
    result = Written(p(r("x")), parts={"numbering": root("numbering", inside)})
    assert inside in result.xml("numbering")
    assert result.findings == ()


def test_settings_that_lay_out_stay_and_the_others_go() -> None:
    kept = (
        '<w:zoom w:percent="100"/><w:evenAndOddHeaders/><w:defaultTabStop w:val="840"/>'
        '<w:characterSpacingControl w:val="compressPunctuation"/><w:noLineBreaksAfter w:lang="ja-JP" w:val="（「"/>'
        '<w:compat><w:spaceForUL/><w:useFELayout/><w:compatSetting w:name="compatibilityMode"'
        ' w:uri="http://schemas.microsoft.com/office/word"'
        ' w:val="15"/></w:compat><m:mathPr><m:mathFont m:val="Cambria Math"/></m:mathPr><w:themeFontLang'
        ' w:val="en-US" w:eastAsia="ja-JP"/>'
        '<w:decimalSymbol w:val="."/><w:listSeparator w:val=","/>'
    )
    silent = '<w:rsids><w:rsid w:val="00112233"/></w:rsids><w:attachedSchema w:val="urn:KIYOME"/>'
    plain = Written(p(r("x")), parts={"settings": root("settings", kept + silent)})
    assert plain.xml("settings").partition(">")[2].partition(">")[2].removesuffix("</w:settings>") == kept
    assert plain.findings == ()
    harm = (
        '<w:mailMerge><w:mainDocumentType w:val="formLetters"/><w:connectString w:val="KIYOME"/></w:mailMerge>'
        '<w:updateFields w:val="1"/>'
        '<w:docVars><w:docVar w:name="a" w:val="KIYOME"/></w:docVars><w:saveThroughXslt w:solutionID="KIYOME"/>'
        '<w:documentProtection w:edit="forms" w:enforcement="1" w:cryptSpinCount="1" w:hash="KIYOME" w:salt="KIYOME"/>'
    )
    result = Written(p(r("x")), parts={"settings": root("settings", harm)})
    assert "KIYOME" not in result.xml("settings")
    assert '<w:documentProtection w:edit="forms" w:enforcement="1"/>' in result.xml("settings")
    for words in ("mail merge", "update all fields", "document variables", "XSLT", "hash of a password"):
        assert words in result.words()


def test_fonts_are_named_and_not_embedded() -> None:
    inside = (
        '<w:font w:name="ＭＳ 明朝"><w:altName w:val="MS Mincho"/><w:panose1 w:val="02020609040205080304"/>'
        '<w:charset w:val="80"/>{}</w:font>'
    )
    embedded = '<w:embedRegular r:id="rId1" w:fontKey="{00000000-0000-0000-0000-000000000000}"/>'
    result = Written(p(r("x")), parts={"fontTable": root("fonts", inside.format(embedded))})
    assert inside.format("") in result.xml("fontTable")


def test_no_table_lets_a_relationship_through_unjudged() -> None:
    """Only links hold ids that a hook made; every other attribute of relationships goes through the allow-list."""
    for kind in PARTS:
        assert kind.grammar is not None
        loose = [
            (compiled.name, attribute.written)
            for compiled in kind.grammar.table.values()
            for attribute in compiled.attributes.values()
            if attribute.prefix == "r" and attribute.check is not None
        ]
        assert {name for name, _ in loose if name.startswith("w")} <= {"w:hyperlink"}, kind.name
    assert isinstance(story.ELEMENTS["w:hyperlink"], Element)
