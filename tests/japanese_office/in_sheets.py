"""The features of spreadsheets."""

from typing import Final

from tests.japanese_office.features import CONVERTED, Feature, Place, lost, partly


def _sheet(*paths: str, part: str = r"xl/worksheets/sheet\d+\.xml", pick: str = ".+") -> tuple[Place, ...]:
    return tuple(Place(part, path, pick) for path in paths)


def _styles(*paths: str, pick: str = ".+") -> tuple[Place, ...]:
    return _sheet(*paths, part=r"xl/styles\.xml", pick=pick)


def _book(*paths: str) -> tuple[Place, ...]:
    return _sheet(*paths, part=r"xl/workbook\.xml")


def _ods(*paths: str) -> tuple[Place, ...]:
    return tuple(Place(r"(content|styles)\.xml", path) for path in paths)


def _both(excel: tuple[Place, ...], open_document: tuple[Place, ...]) -> dict[str, tuple[Place, ...]]:
    return {"xlsx": excel, "ods": open_document}


FEATURES: Final = (
    Feature(
        "帳票(結合セル)",
        "Forms: merged cells",
        _both(
            _sheet("//x:mergeCell/@ref"),
            _ods("//table:table-cell/@table:number-columns-spanned | //table:table-cell/@table:number-rows-spanned"),
        ),
    ),
    Feature(
        "罫線・斜線",
        "Borders and diagonals",
        _both(
            _styles("//x:border/@*[. != 'false']", "//x:border/*/@style"),
            _ods(
                "//style:table-cell-properties/@*[starts-with(local-name(), 'border') or "
                "starts-with(local-name(), 'diagonal')]"
            ),
        ),
    ),
    Feature(
        "縦書きのセル",
        "Vertical cells",
        _both(
            _styles("//x:cellXfs//x:alignment/@textRotation[. = '255']"),
            _ods("//style:table-cell-properties/@style:direction[. = 'ttb']"),
        ),
    ),
    Feature(
        "均等割り付け",
        "Distributed cells",
        _both(
            _styles("//x:cellXfs//x:alignment/@horizontal[. = 'distributed']"),
            _ods("//style:paragraph-properties/@css3t:text-justify[. = 'distribute']"),
        ),
    ),
    Feature(
        "均等割り付けの前後の字下げ",
        "Distributed with indents",
        {"xlsx": _styles("//x:alignment/@justifyLastLine[. = '1']")},
        {"xls": CONVERTED},
    ),
    Feature(
        "縮小して全体を表示",
        "Shrunk to fit",
        _both(
            _styles("//x:cellXfs//x:alignment/@shrinkToFit[. = '1' or . = 'true']"),
            _ods("//style:table-cell-properties/@style:shrink-to-fit[. = 'true']"),
        ),
    ),
    Feature(
        "選択範囲内で中央",
        "Centred across cells",
        {"xlsx": _styles("//x:alignment/@horizontal[. = 'centerContinuous']")},
        {"xls": CONVERTED},
    ),
    Feature(
        "和暦の表示形式",
        "Dates of the Japanese calendar",
        _both(
            _styles("//x:numFmt/@formatCode[contains(., 'g') and contains(., 'm')]", pick="g+e?"),
            _ods("//number:date-style[number:era]"),
        ),
        {"xls": partly("元号は残る(下の「元年」を除く)", "eras stay (but see 元年 below)")},
    ),
    Feature(
        "「元年」の表示形式([$-ja-JP-x-gannen])、組み込みの和暦",
        "First years as 元年 ([$-ja-JP-x-gannen]), built-in formats of eras",
        {
            "xlsx": _styles(
                "//x:numFmt/@formatCode[contains(., 'gannen')]", "//x:cellXfs/x:xf/@numFmtId[. = '57' or . = '58']"
            )
        },
        {"xls": lost("ふつうの日付の形式になる", "become ordinary formats of dates")},
    ),
    Feature(
        "曜日の表示形式",
        "Days of the week",
        _both(
            _styles("//x:numFmt/@formatCode[contains(., 'aaa') or contains(., 'ddd')]", pick="aaa+|ddd+"),
            _ods("//number:date-style[number:day-of-week]"),
        ),
        {"xls": partly("aaa は LibreOffice が別の書き方に変える", "aaa is written otherwise by LibreOffice")},
    ),
    Feature(
        "漢数字の表示形式([DBNum1]ほか)",
        "Kanji numerals ([DBNum1] and others)",
        _both(
            _styles("//x:numFmt/@formatCode[contains(., 'DBNum')]", pick="DBNum[0-9]"),
            _ods("//number:number-style/@*[starts-with(local-name(), 'transliteration')]"),
        ),
        {"xls": partly("全角数字([DBNum3])は落ちる", "full-width digits ([DBNum3]) are lost")},
    ),
    Feature(
        "円・△・千円・郵便番号・第n号の表示形式",
        "Formats of yen, △, postal codes, 第n号",
        _both(
            _styles(
                "//x:numFmt/@formatCode[contains(., '¥') or contains(., '￥') or contains(., '円') "
                "or contains(., '999') or contains(., '第')]",
                pick="第|¥|￥|千円|円|999",
            ),
            _ods("//number:currency-style//number:currency-symbol"),
        ),
    ),
    Feature(
        "ふりがな",
        "Phonetic guides",
        {
            "xlsx": _sheet("//x:rPh/@* | //x:rPh//x:t/text() | //x:phoneticPr/@*", part=r"xl/sharedStrings\.xml")
            + _sheet("//x:worksheet/x:phoneticPr/@*")
        },
        {"xls": CONVERTED},
    ),
    Feature(
        "PHONETIC・DATESTRING・NUMBERSTRING 関数",
        "The functions PHONETIC, DATESTRING, NUMBERSTRING",
        {"xlsx": _sheet("//x:c[contains(x:f, 'PHONETIC') or contains(x:f, 'STRING')]/x:f/text()")},
        {"xls": lost("値だけが残る", "only the value stays")},
    ),
    Feature(
        "JIS・ASC・YEN・DATEDIF・TEXT(和暦)関数",
        "The functions JIS, ASC, YEN, DATEDIF, TEXT with eras",
        _both(
            _sheet(
                "//x:f[contains(., 'JIS') or contains(., 'ASC') or contains(., 'YEN') or contains(., "
                "'DATEDIF') or contains(., 'TEXT')]/text()"
            ),
            _ods("//table:table-cell/@table:formula[contains(., 'JIS') or contains(., 'ASC') or contains(., 'TEXT')]"),
        ),
        {"xls": partly("YEN は値だけが残る", "of YEN only the value stays")},
    ),
    Feature(
        "他シート・名前・表の参照",
        "References to other sheets, names, tables",
        _both(
            _sheet(
                "//x:f[contains(., '!') or contains(., '範囲') or contains(., '名簿表')]/text()",
                pick="集計!|'別 表'!|範囲|名簿表",
            ),
            _ods("//table:table-cell/@table:formula[contains(., '集計') or contains(., '範囲')]"),
        ),
        {"xls": partly("表の列の名は番地になる", "names of a table's columns become addresses")},
    ),
    Feature(
        "日本語のシート名・定義名",
        "Japanese names of sheets and ranges",
        _both(
            _book(
                "//x:sheet/@name",
                "//x:definedName[not(starts-with(@name, '_xlnm'))]/@name | "
                "//x:definedName[not(starts-with(@name, '_xlnm'))]/text()",
            ),
            _ods(
                "//table:table[parent::office:spreadsheet]/@table:name",
                "//table:named-range/@table:name | //table:named-range/@table:cell-range-address",
            ),
        ),
    ),
    Feature(
        "入力規則(リスト: 直接、範囲、別シート)",
        "Validation by lists: inline, a range, another sheet",
        _both(
            _sheet(
                "//x:dataValidation[@type='list']/@sqref | "
                "//x:dataValidation[@type='list']/x:formula1/text() | "
                "//x14:dataValidation//xm:f/text() | //x14:dataValidation/xm:sqref/text()",
                pick="[^=]*$",
            ),
            _ods("//table:content-validation/@table:condition"),
        ),
    ),
    Feature(
        "入力時メッセージ・エラーメッセージ",
        "Input and error messages",
        _both(
            _sheet(
                "//x:dataValidation/@prompt | //x:dataValidation/@promptTitle | "
                "//x:dataValidation/@error | //x:dataValidation/@errorTitle | "
                "//x14:dataValidation/@prompt"
            ),
            _ods(
                "//table:help-message/@table:title | //table:help-message//text:p/text() | "
                "//table:error-message/@table:title | //table:error-message//text:p/text()"
            ),
        ),
    ),
    Feature(
        "日本語入力(IME)の指定",
        "Input method of a cell",
        {"xlsx": _sheet("//x:dataValidation/@imeMode")},
        {"xls": CONVERTED},
    ),
    Feature(
        "条件付き書式: 数式・文字列",
        "Conditional formats: formulas, texts",
        _both(
            _sheet("//x:cfRule[x:formula]/@type | //x:cfRule/x:formula/text()"),
            _ods("//calcext:condition/@calcext:value | //calcext:condition/@calcext:apply-style-name"),
        ),
        {"xls": partly("数式は残り、「次の文字列を含む」は落ちる", "formulas stay, rules about texts are lost")},
    ),
    Feature(
        "条件付き書式: カラースケール",
        "Conditional formats: colour scales",
        _both(_sheet("//x:cfRule/x:colorScale"), _ods("//calcext:color-scale")),
        {"xls": CONVERTED},
    ),
    Feature(
        "条件付き書式: データバー",
        "Conditional formats: data bars",
        _both(_sheet("//x:cfRule/x:dataBar"), _ods("//calcext:data-bar")),
        {"xls": CONVERTED},
    ),
    Feature(
        "条件付き書式: アイコンセット",
        "Conditional formats: icon sets",
        _both(_sheet("//x:cfRule/x:iconSet", "//x14:iconSet"), _ods("//calcext:icon-set")),
        {"xls": CONVERTED},
    ),
    Feature(
        "印刷範囲・印刷タイトル",
        "Print areas and titles",
        _both(
            _book(
                "//x:definedName[starts-with(@name, '_xlnm.Print')]/@name | "
                "//x:definedName[starts-with(@name, '_xlnm.Print')]/text()"
            ),
            _ods(
                "//table:table/@table:print-ranges",
                "//table:table-header-rows/table:table-row/table:table-cell/text:p/text()",
            ),
        ),
    ),
    Feature(
        "ヘッダー・フッター",
        "Headers and footers",
        _both(
            _sheet("//x:oddHeader/text() | //x:oddFooter/text()"),
            _ods("//style:header//text:p//text() | //style:footer//text:p//text()", "//style:header//text:sheet-name"),
        ),
        {"xls": partly("フォントのスタイル名は英語になる", "names of font styles become English")},
    ),
    Feature(
        "改ページ",
        "Page breaks",
        _both(
            _sheet("//x:rowBreaks/x:brk/@id | //x:colBreaks/x:brk/@id"),
            _ods("//style:table-row-properties/@fo:break-before[. = 'page']"),
        ),
    ),
    Feature(
        "用紙・横幅に合わせる・中央",
        "Paper (B4), fitting to its width, centring",
        _both(
            _sheet(
                "//x:pageSetup/@paperSize | //x:pageSetup/@orientation | //x:pageSetup/@fitToHeight "
                "| //x:pageSetUpPr/@fitToPage | //x:printOptions/@horizontalCentered"
            ),
            _ods(
                "//style:page-layout-properties/@fo:page-width | "
                "//style:page-layout-properties/@style:scale-to-X | "
                "//style:page-layout-properties/@style:table-centering"
            ),
        ),
    ),
    Feature(
        "グラフ(棒、折れ線、円)と日本語の題",
        "Charts (bar, line, pie) with Japanese titles",
        {
            "xlsx": _sheet(
                "name(//c:plotArea/*[c:ser])",
                "//c:title//a:t/text() | //c:ser//c:v/text() | //c:f/text()",
                part=r"xl/charts/chart\d+\.xml",
            ),
            "ods": tuple(
                Place(r"Object [^/]*/content\.xml", path)
                for path in (
                    "//chart:chart/@chart:class",
                    "//chart:title//text:p//text() | //table:table-cell//text:p/text()",
                )
            ),
        },
    ),
    Feature(
        "ピボットテーブル",
        "Pivot tables",
        _both(
            _sheet(
                "//x:pivotTableDefinition/@name | //x:location/@ref | //x:dataField/@name",
                part=r"xl/pivotTables/.*\.xml",
            )
            + _sheet(
                "//x:worksheetSource/@ref | //x:worksheetSource/@sheet | //x:cacheField/@name",
                part=r"xl/pivotCache/pivotCacheDefinition\d+\.xml",
            ),
            _ods(
                "//table:data-pilot-table/@table:name | //table:data-pilot-table/@table:target-range-address"
                " | //table:data-pilot-field/@table:source-field-name | //table:data-pilot-field/@table:orientation"
            ),
        ),
    ),
    Feature(
        "ウィンドウ枠の固定",
        "Frozen panes",
        {
            "xlsx": _sheet("//x:pane/@xSplit | //x:pane/@ySplit | //x:pane/@state | //x:pane/@topLeftCell"),
            "ods": (
                Place(
                    r"settings\.xml",
                    "//config:config-item-map-entry[config:config-item[@config:name='HorizontalSplitMode' "
                    "and . = '2']]"
                    "/config:config-item[contains(@config:name, 'Split')]/text()",
                ),
            ),
        },
    ),
    Feature(
        "コメント(メモ)",
        "Comments (notes)",
        _both(
            _sheet("//x:comment/@ref | //x:comment//x:t/text()", part=r"xl/comments\d*\.xml"),
            _ods("//office:annotation//dc:creator/text() | //office:annotation//text:p//text()"),
        ),
    ),
    Feature(
        "ハイパーリンク",
        "Hyperlinks",
        _both(
            _sheet("//x:hyperlink/@ref")
            + _sheet("//rel:Relationship[@TargetMode]/@Target", part=r"xl/worksheets/_rels/.*"),
            _ods("//text:a/@xlink:href"),
        ),
    ),
    Feature(
        "画像(印影)",
        "Pictures (seals)",
        _both(
            _sheet(
                "//xdr:pic//xdr:cNvPr/@name | //xdr:pic//xdr:cNvPr/@descr",
                "//xdr:pic//a:blip",
                part=r"xl/drawings/drawing\d+\.xml",
            ),
            _ods("//draw:frame[draw:image and not(draw:object)]/@draw:name | //draw:frame[draw:image]/svg:desc/text()"),
        ),
        {"xls": partly("画像は残り、代替テキストは落ちる", "the picture stays, its alternative text is lost")},
    ),
    Feature(
        "表(テーブル)・オートフィルター",
        "Tables and filters",
        _both(
            _sheet("//x:table/@name | //x:autoFilter/@ref | //x:tableColumn/@name", part=r"xl/tables/table\d+\.xml")
            + _sheet("//x:worksheet/x:autoFilter/@ref"),
            _ods(
                "//table:database-range/@table:name | //table:database-range/@table:target-range-address "
                "| //table:database-range/@table:display-filter-buttons"
            ),
        ),
        {"xls": lost("セルとしてだけ残る", "kept as cells only")},
    ),
    Feature(
        "シートの保護・入力できるセル",
        "Sheet protection, cells left open",
        _both(
            _sheet("//x:sheetProtection/@sheet | //x:sheetProtection/@objects | //x:sheetProtection/@scenarios")
            + _styles("//x:protection/@locked"),
            _ods("//table:table/@table:protected", "//style:table-cell-properties/@style:cell-protect"),
        ),
    ),
    Feature(
        "保護のパスワードの値・編集を許す範囲",
        "Hash of the protection's password, ranges open to editing",
        {"xlsx": _sheet("//x:sheetProtection/@hashValue | //x:sheetProtection/@saltValue | //x:protectedRange/@name")},
        {"xls": partly("範囲は残り、パスワードの値は落ちる", "the ranges stay, the hash is lost")},
    ),
    Feature(
        "スパークライン",
        "Sparklines",
        {"xlsx": _sheet("//x14:sparkline//text()", "//x14:sparklineGroup/@type")},
        {"xls": CONVERTED},
    ),
    Feature(
        "和文フォントの名前",
        "Names of Japanese fonts",
        _both(
            _styles("//x:font/x:name/@val", pick="[ＭＳ游].+"),
            _ods("//style:font-face/@svg:font-family", "//style:text-properties/@style:font-name-asian"),
        ),
        {
            "xls": partly(
                "游明朝は LibreOffice のある計算機の書体になることがある",
                "游明朝 may become a font of the computer that LibreOffice runs on",
            )
        },
    ),
    Feature(
        "外字・異体字(IVS)・サロゲートペア・半角カナ",
        "Private-use characters, variants (IVS), surrogate pairs, half-width kana",
        _both(
            _sheet("//x:si[contains(., '外字') or contains(., '髙﨑')]/x:t/text()", part=r"xl/sharedStrings\.xml"),
            _ods("//text:p[contains(., '外字') or contains(., '髙﨑')]/text()"),
        ),
    ),
    Feature(
        "先頭の 0 が残る文字列",
        "Texts of digits with leading zeros",
        {"xlsx": _sheet("//x:si/x:t[. = '001']/text()", part=r"xl/sharedStrings\.xml") + _sheet("//x:ignoredError/@*")},
        {"xls": partly("文字列は残り、警告を出さない印は落ちる", "the text stays, the mark against a warning is lost")},
    ),
    Feature(
        "題名・作成者",
        "Title and author",
        {
            "xlsx": (Place(r"docProps/core\.xml", "//dc:title/text() | //dc:creator/text()"),),
            "ods": (Place(r"meta\.xml", "//dc:title/text() | //meta:initial-creator/text()"),),
        },
    ),
)
