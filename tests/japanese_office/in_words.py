"""The features of text documents."""

from typing import Final

from tests.japanese_office.features import CONVERTED, Feature, Place, lost, partly


def _docx(*paths: str, part: str = r"word/document\.xml", pick: str = ".+") -> tuple[Place, ...]:
    return tuple(Place(part, path, pick) for path in paths)


def _odt(*paths: str) -> tuple[Place, ...]:
    return tuple(Place(r"(content|styles)\.xml", path) for path in paths)


def _both(word: tuple[Place, ...], open_document: tuple[Place, ...]) -> dict[str, tuple[Place, ...]]:
    return {"docx": word, "odt": open_document}


FEATURES: Final = (
    Feature(
        "ルビ",
        "Ruby",
        _both(
            _docx("//w:ruby//w:rubyAlign/@w:val | //w:ruby//w:t/text()"),
            _odt("//text:ruby-base/text() | //text:ruby-text/text()", "//style:ruby-properties/@style:ruby-align"),
        ),
        {
            "doc": partly(
                "右側(縦書きで横)に置くルビは左寄せになる", "ruby at the side of vertical text becomes left-aligned"
            )
        },
    ),
    Feature(
        "縦書きの頁",
        "Vertical pages",
        _both(
            _docx("//w:sectPr/w:textDirection/@w:val[. = 'tbRl']"),
            _odt("//style:page-layout-properties/@style:writing-mode[. = 'tb-rl']"),
        ),
        {"rtf": partly("節の指定によっては横書きになる", "sections of some documents become horizontal")},
    ),
    Feature(
        "縦書きの表のセル",
        "Vertical cells of tables",
        _both(
            _docx("//w:tcPr/w:textDirection/@w:val", pick="tbRl"),
            _odt("//style:table-cell-properties/@style:writing-mode"),
        ),
    ),
    Feature(
        "縦書きのテキスト枠",
        "Vertical text boxes",
        _both(
            _docx("//wps:bodyPr/@vert", "//w:txbxContent//w:t/text()"),
            _odt("//style:graphic-properties/@style:writing-mode", "//draw:text-box//text:p/text()"),
        ),
    ),
    Feature(
        "原稿用紙・文字グリッド",
        "Manuscript paper, character grid",
        _both(
            _docx("//w:docGrid/@*"), _odt("//style:page-layout-properties/@*[starts-with(local-name(), 'layout-grid')]")
        ),
        {
            "doc": partly("字間が 0.1 ポイントほど変わる", "the pitch changes by about 0.1 point"),
            "rtf": partly("行数・文字数の指定は既定に戻る", "lines and characters per page go back to the default"),
        },
    ),
    Feature(
        "縦中横",
        "Upright digits in vertical text (tate-chu-yoko)",
        _both(_docx("//w:eastAsianLayout/@w:vert"), _odt("//style:text-properties/@style:text-rotation-angle")),
    ),
    Feature(
        "割注(二行割り)",
        "Two lines in one (warichu)",
        _both(
            _docx("//w:eastAsianLayout/@w:combine | //w:eastAsianLayout/@w:combineBrackets"),
            _odt("//style:text-properties/@*[starts-with(local-name(), 'text-combine')]"),
        ),
    ),
    Feature(
        "傍点(圏点)",
        "Emphasis marks (boten)",
        _both(_docx("//w:em/@w:val"), _odt("//style:text-properties/@style:text-emphasize")),
    ),
    Feature(
        "段落の均等割り付け",
        "Distributed paragraphs",
        _both(_docx("//w:jc/@w:val[. = 'distribute']"), _odt("//style:paragraph-properties/@fo:text-align-last")),
        {"doc": CONVERTED},
    ),
    Feature(
        "文字・セルの均等割り付け",
        "Characters and cells fitted to a width",
        {"docx": _docx("//w:fitText/@w:val | //w:tcFitText")},
        {"doc": CONVERTED, "rtf": CONVERTED},
    ),
    Feature(
        "禁則処理・ぶら下げ・和欧間の空き",
        "Line breaking rules, hanging punctuation, space beside Latin",
        _both(
            _docx("//w:kinsoku | //w:overflowPunct | //w:autoSpaceDE"),
            _odt(
                "//style:paragraph-properties/@style:punctuation-wrap | //style:paragraph-properties/@style:line-break"
                " | //style:paragraph-properties/@style:text-autospace"
            ),
        ),
        {"doc": partly("文書によっては既定に戻る", "goes back to the default in some documents"), "rtf": CONVERTED},
    ),
    Feature(
        "行頭約物・英単語の途中改行・グリッド無視",
        "Punctuation at the line's start, breaks in words, no grid",
        {"docx": _docx("//w:topLinePunct | //w:wordWrap | //w:autoSpaceDN | //w:snapToGrid")},
        {"doc": partly("グリッド無視だけが残る", "only the text that ignores the grid is kept"), "rtf": CONVERTED},
    ),
    Feature(
        "禁則文字・約物の詰めの設定",
        "Settings: which characters begin no line, compressed punctuation",
        {
            "docx": _docx(
                "//w:noLineBreaksAfter/@w:val | //w:noLineBreaksBefore/@w:val | //w:characterSpacingControl/@w:val",
                part=r"word/settings\.xml",
            )
        },
        {"doc": CONVERTED, "rtf": CONVERTED},
    ),
    Feature(
        "和文フォントの名前(ＭＳ 明朝、游明朝ほか)",
        "Names of Japanese fonts",
        _both(
            _docx("//w:rFonts/@w:eastAsia", pick="[ＭＳ游].+")
            + _docx("//w:rFonts/@w:eastAsia", part=r"word/styles\.xml", pick="[ＭＳ游].+"),
            _odt("//style:font-face/@svg:font-family", "//style:text-properties/@style:font-name-asian"),
        ),
    ),
    Feature(
        "長体・平体・字間",
        "Condensed and expanded characters, spacing",
        _both(
            _docx("//w:rPr/w:w/@w:val | //w:rPr/w:spacing/@w:val"),
            _odt("//style:text-properties/@style:text-scale | //style:text-properties/@fo:letter-spacing"),
        ),
    ),
    Feature(
        "字下げ・行取り(文字・行単位)",
        "Indents and spacing in characters and lines",
        _both(
            _docx(
                "//w:ind/@w:firstLineChars | //w:ind/@w:leftChars | //w:ind/@w:firstLine | //w:spacing/@w:beforeLines"
            ),
            _odt("//style:paragraph-properties/@fo:text-indent"),
        ),
        {
            "doc": partly(
                "長さ(ポイント)としてだけ残る。スタイルの字下げは落ちることがある",
                "kept as lengths only; that of a style may be lost",
            ),
            "rtf": partly("長さ(ポイント)としてだけ残る", "kept as lengths only"),
        },
    ),
    Feature(
        "外字・異体字(IVS)・サロゲートペア・半角カナ",
        "Private-use characters, variants (IVS), surrogate pairs, half-width kana",
        _both(_docx("string(//w:p[contains(., '異体字')])"), _odt("string(//text:p[contains(., '異体字')])")),
    ),
    Feature(
        "画像(外字の画像・印影)と代替テキスト",
        "Pictures (of characters, of seals) with their alternative text",
        _both(
            _docx("//wp:docPr/@descr", "//pic:blipFill/a:blip"),
            _odt("//draw:frame[draw:image]/svg:desc/text()", "//draw:frame/draw:image/@xlink:type"),
        ),
        {
            "doc": partly("画像は残り、代替テキストは落ちる", "the picture stays, its alternative text is lost"),
            "rtf": partly("画像は残り、代替テキストは落ちる", "the picture stays, its alternative text is lost"),
        },
    ),
    Feature(
        "帳票(結合セルと罫線)",
        "Forms: merged cells and borders",
        _both(
            _docx(
                "//w:gridSpan/@w:val | //w:tcPr/w:vMerge/@w:val[. = 'restart']",
                "//w:tcBorders/*/@w:val | //w:tblBorders/*/@w:val",
            ),
            _odt(
                "//table:table-cell/@table:number-columns-spanned | //table:table-cell/@table:number-rows-spanned",
                "//style:table-cell-properties/@*[starts-with(local-name(), 'border')]",
            ),
        ),
    ),
    Feature(
        "条・項・号の段落番号(第一条、(1)、ア、イ、①)",
        "Numbering of articles (第一条, (1), ア, ①)",
        _both(
            _docx("//w:numPr/w:ilvl/@w:val")
            + _docx("//w:lvl/w:numFmt/@w:val | //w:lvl/w:lvlText/@w:val", part=r"word/numbering\.xml"),
            _odt(
                "//text:list-level-style-number/@style:num-format | //text:list-level-style-number/@style:num-prefix"
                " | //text:list-level-style-number/@style:num-suffix"
            ),
        ),
        {
            "doc": partly(
                "同じ見た目の別の番号形式になるものがある(いろは全角は半角)",
                "some become other formats of the same look (full-width iroha: half-width)",
            ),
            "rtf": partly(
                "LibreOffice が書く RTF では「第」「条」が「?」になる",
                "in RTF written by LibreOffice 第 and 条 become ?",
            ),
        },
    ),
    Feature(
        "日本語のスタイル名",
        "Styles with Japanese names",
        _both(
            _docx("//w:style/w:name/@w:val[contains(., '字下げ') or contains(., '例規')]", part=r"word/styles\.xml"),
            _odt("//style:style/@style:display-name[contains(., '字下げ')]"),
        ),
    ),
    Feature(
        "目次",
        "Table of contents",
        _both(
            _docx("//w:instrText[contains(., 'TOC')]/text()"),
            _odt("//text:table-of-content/@text:name | //text:table-of-content//text:p//text()"),
        ),
    ),
    Feature(
        "脚注",
        "Footnotes",
        _both(
            _docx("//w:footnote//w:t/text()", part=r"word/footnotes\.xml"),
            _odt("//text:note/@text:note-class | //text:note-body//text:p/text()"),
        ),
    ),
    Feature(
        "ヘッダー・フッター・ページ番号",
        "Headers, footers, page numbers",
        _both(
            _docx("//w:t[contains(., '清水')]/text()", part=r"word/header\d*\.xml")
            + _docx("//w:instrText/text()", part=r"word/footer\d*\.xml", pick="[A-Z]+"),
            _odt(
                "//style:header//text:p/text() | //style:footer//text:p//text()",
                "//text:page-number | //text:page-count",
            ),
        ),
    ),
    Feature(
        "ページ番号の書式(- 1 -、漢数字)",
        "Formats of page numbers (- 1 -, kanji)",
        {"docx": _docx("//w:pgNumType/@w:fmt")},
        {
            "doc": partly("算用数字になる", "become plain digits"),
            "rtf": partly("算用数字になる", "become plain digits"),
        },
    ),
    Feature(
        "タブとリーダー",
        "Tabs with leaders",
        _both(_docx("//w:tab/@w:leader"), _odt("//style:tab-stop/@style:leader-style")),
        {
            "doc": partly("点線は残り、中点のリーダーは落ちる", "dots stay, middle dots are lost"),
            "rtf": partly("点線は残り、中点のリーダーは落ちる", "dots stay, middle dots are lost"),
        },
    ),
    Feature(
        "段組み",
        "Columns",
        _both(_docx("//w:cols/@w:num"), _odt("//style:columns/@fo:column-count")),
        {"rtf": partly("節の指定によっては落ちる", "lost in sections of some documents")},
    ),
    Feature(
        "変更履歴",
        "Tracked changes",
        _both(
            _docx("//w:ins/@w:author | //w:ins//w:t/text() | //w:del/@w:author | //w:del//w:delText/text()"),
            _odt(
                "//text:changed-region//dc:creator/text() | //text:deletion//text:p/text()",
                "//text:change-start | //text:change",
            ),
        ),
    ),
    Feature(
        "コメント",
        "Comments",
        _both(
            _docx("//w:comment/@w:author | //w:comment//w:t/text()", part=r"word/comments\.xml"),
            _odt("//office:annotation//dc:creator/text() | //office:annotation//text:p//text()"),
        ),
        {
            "rtf": partly(
                "LibreOffice が書く RTF では筆者名が「?」になる",
                "in RTF written by LibreOffice the author's name becomes ?",
            )
        },
    ),
    Feature(
        "ハイパーリンク",
        "Hyperlinks",
        _both(
            _docx("//rel:Relationship[@TargetMode]/@Target", part=r"word/_rels/document\.xml\.rels"),
            _odt("//text:a/@xlink:href[starts-with(., 'http')]"),
        ),
    ),
    Feature(
        "しおり",
        "Bookmarks",
        _both(_docx("//w:bookmarkStart/@w:name[. = 'しおり']"), _odt("//text:bookmark-start/@text:name")),
    ),
    Feature(
        "和暦の日付フィールド",
        "Fields with dates of the Japanese calendar",
        _both(
            _docx("//w:instrText[contains(., 'DATE')]/text()", "//w:p[contains(., '令和')]//w:t/text()"),
            _odt("//text:date/text()", "//number:date-style//number:era"),
        ),
        {
            "doc": lost("和暦の書式は落ち、文字または西暦の書式になる", "becomes text, or a field without the era"),
            "rtf": partly("和暦の書式は落ちる", "the format of the era is lost"),
        },
    ),
    Feature(
        "入力欄(和暦の日付、チェック、選択肢)",
        "Content controls (date of an era, check box, list)",
        {
            "docx": _docx(
                "//w:sdtPr/w:date", "//w:sdtPr/w14:checkbox", "//w:sdtPr/w:dropDownList", "//w:sdtPr/w:alias/@w:val"
            )
        },
        {"doc": lost("文字になる", "becomes text"), "rtf": lost("文字になる", "becomes text")},
    ),
    Feature(
        "囲い文字・EQ フィールドのルビ",
        "Enclosed characters, ruby as EQ fields",
        {"docx": _docx("//w:instrText[contains(., 'EQ')]/text()")},
        {
            "doc": lost("文字またはルビになる", "becomes text or ruby"),
            "rtf": lost("文字またはルビになる", "becomes text or ruby"),
        },
    ),
    Feature(
        "題名・作成者",
        "Title and author",
        {
            "docx": (Place(r"docProps/core\.xml", "//dc:title/text() | //dc:creator/text()"),),
            "odt": (Place(r"meta\.xml", "//dc:title/text() | //meta:initial-creator/text()"),),
        },
    ),
)
