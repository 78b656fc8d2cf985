"""The features of presentations."""

from typing import Final

from tests.japanese_office.features import CONVERTED, Feature, Place, partly


def _slide(*paths: str, part: str = r"ppt/slides/slide\d+\.xml", pick: str = ".+") -> tuple[Place, ...]:
    return tuple(Place(part, path, pick) for path in paths)


def _odp(*paths: str) -> tuple[Place, ...]:
    return tuple(Place(r"(content|styles)\.xml", path) for path in paths)


def _both(power_point: tuple[Place, ...], open_document: tuple[Place, ...]) -> dict[str, tuple[Place, ...]]:
    return {"pptx": power_point, "odp": open_document}


FEATURES: Final = (
    Feature(
        "縦書きの枠",
        "Vertical text boxes",
        _both(
            _slide("//p:sp//a:bodyPr/@vert"),
            _odp(
                "//style:paragraph-properties/@style:writing-mode[. = 'tb-rl'] | "
                "//style:graphic-properties/@style:writing-mode[. = 'tb-rl']"
            ),
        ),
        {"ppt": partly("枠の作り方によっては横書きになる", "boxes made in some ways become horizontal")},
    ),
    Feature("縦書きの表のセル", "Vertical cells of tables", {"pptx": _slide("//a:tcPr/@vert")}, {"ppt": CONVERTED}),
    Feature(
        "表(結合セル)",
        "Tables with merged cells",
        _both(
            _slide("//a:tc/@gridSpan | //a:tc/@rowSpan | //a:tc/@hMerge | //a:tc/@vMerge | //a:tc//a:t/text()"),
            _odp("//table:table-cell/@table:number-columns-spanned | //table:table-cell//text:p//text()"),
        ),
    ),
    Feature(
        "和文フォントの名前",
        "Names of Japanese fonts",
        _both(
            _slide("//a:latin/@typeface | //a:ea/@typeface", pick="[ＭＳ游].+")
            + _slide("//a:ea/@typeface | //a:font/@typeface", part=r"ppt/theme/theme1\.xml", pick="[ＭＳ游].+"),
            _odp("//style:font-face/@svg:font-family", "//style:text-properties/@style:font-name-asian"),
        ),
        {"ppt": partly("文字の書体は残り、テーマの書体は落ちる", "fonts of texts stay, those of the theme are lost")},
    ),
    Feature(
        "段落番号(①、一)",
        "Numbering (①, 一)",
        {
            "pptx": _slide("//a:buAutoNum/@type"),
            "odp": _odp("//text:list-level-style-number/@style:num-format[. != '']"),
        },
        {"ppt": CONVERTED},
    ),
    Feature(
        "傍点(圏点)",
        "Emphasis marks (boten)",
        {"odp": _odp("//style:text-properties/@style:text-emphasize[. != 'none']")},
    ),
    Feature(
        "均等割り付け",
        "Distributed paragraphs",
        _both(
            _slide("//a:pPr/@algn[. = 'dist' or . = 'just']"), _odp("//style:paragraph-properties/@fo:text-align-last")
        ),
        {"ppt": partly("両端揃えは残り、均等割り付けは落ちる", "justified stays, distributed is lost")},
    ),
    Feature(
        "禁則処理・ぶら下げ",
        "Line breaking rules, hanging punctuation",
        _both(
            _slide("//a:pPr/@eaLnBrk | //a:pPr/@latinLnBrk | //a:pPr/@hangingPunct")
            + _slide("//p:kinsoku/@*", part=r"ppt/presentation\.xml"),
            _odp(
                "//style:paragraph-properties/@style:punctuation-wrap | //style:paragraph-properties/@style:line-break"
            ),
        ),
        {"ppt": CONVERTED},
    ),
    Feature(
        "外字・異体字(IVS)・サロゲートペア・半角カナ",
        "Private-use characters, variants (IVS), surrogate pairs, half-width kana",
        _both(_slide("string(//a:p[contains(., '外字')])"), _odp("string(//text:p[contains(., '外字')])")),
    ),
    Feature(
        "ノート",
        "Speaker notes",
        _both(
            _slide("//a:t[contains(., '話すこと')]/text()", part=r"ppt/notesSlides/.*\.xml"),
            _odp("//presentation:notes//text:p//text()"),
        ),
    ),
    Feature(
        "画面切り替え",
        "Transitions",
        _both(
            _slide("//p:transition/@spd | //p:transition/*"),
            _odp(
                "//style:drawing-page-properties/@smil:type | "
                "//style:drawing-page-properties/@smil:subtype | "
                "//style:drawing-page-properties/@presentation:transition-speed"
            ),
        ),
        {"ppt": partly("PowerPoint 2003 までの種類だけが残る", "only the kinds of PowerPoint 2003 stay")},
    ),
    Feature(
        "アニメーション",
        "Animations",
        _both(
            _slide("//p:cTn/@presetID | //p:cTn/@presetClass | //p:attrName/text() | //p:animEffect/@filter"),
            _odp("//anim:par/@presentation:preset-id | //anim:set/@smil:attributeName | //anim:set/@smil:to"),
        ),
    ),
    Feature(
        "SmartArt",
        "SmartArt",
        {
            "pptx": _slide(
                "//dgm:pt//a:t/text() | //dgm:cxn/@srcId | //dgm:cxn/@destId", part=r"ppt/diagrams/data\d*\.xml"
            )
        },
        {"ppt": CONVERTED},
    ),
    Feature(
        "グラフと日本語の題",
        "Charts with Japanese titles",
        {
            "pptx": _slide(
                "//c:title//a:t/text() | //c:ser//c:v/text() | //c:title//a:bodyPr/@vert | //c:numFmt/@formatCode",
                part=r"ppt/charts/chart\d+\.xml",
            )
        },
        {"ppt": partly("グラフは残り、縦書きの軸の題は落ちる", "the chart stays, vertical titles of axes are lost")},
    ),
    Feature(
        "画像(印影)と代替テキスト",
        "Pictures (seals) with their alternative text",
        _both(_slide("//p:pic//p:cNvPr/@descr", "//p:pic//a:blip"), _odp("//draw:frame[draw:image]/svg:desc/text()")),
        {"ppt": partly("画像は残り、代替テキストは落ちる", "the picture stays, its alternative text is lost")},
    ),
    Feature(
        "ハイパーリンク",
        "Hyperlinks",
        _both(
            _slide("//rel:Relationship[@TargetMode]/@Target", part=r"ppt/slides/_rels/.*"), _odp("//text:a/@xlink:href")
        ),
    ),
    Feature(
        "コメント",
        "Comments",
        _both(
            _slide("//p:cm//p:text/text()", part=r"ppt/comments/.*\.xml")
            + _slide("//p:cmAuthor/@name", part=r"ppt/commentAuthors\.xml"),
            _odp(
                "//*[local-name() = 'annotation']//dc:creator/text() | //*[local-name() = 'annotation']//text:p//text()"
            ),
        ),
    ),
    Feature(
        "フッター",
        "Footers",
        {
            "odp": _odp(
                "//presentation:footer-decl/text()", "//style:drawing-page-properties/@presentation:display-footer"
            )
        },
    ),
    Feature(
        "題名・作成者",
        "Title and author",
        {
            "pptx": (Place(r"docProps/core\.xml", "//dc:title/text() | //dc:creator/text()"),),
            "odp": (Place(r"meta\.xml", "//dc:title/text() | //meta:initial-creator/text()"),),
        },
    ),
)
