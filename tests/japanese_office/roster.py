"""A workbook (名簿) as Excel writes it, part by part: what of Japanese sheets LibreOffice cannot write."""

from xml.sax.saxutils import escape, quoteattr

from tests.unit.sanitizers.ooxml.excel_books import CONTENT, MAIN, Book, row

FORMATS = (
    '[$-411]ggge"年"m"月"d"日";@',
    '[$-ja-JP-x-gannen]ggge"年"m"月"d"日";@',
    "[$-411]ge.m.d;@",
    'm"月"d"日("aaa")"',
    "[DBNum1][$-411]General",
    "[DBNum2][$-411]General",
    "[DBNum3][$-411]0",
    '"第"0"号"',
    "[<=999]000;[<=9999]000\\-00;000\\-0000",
    '"¥"#,##0;[Red]"△"#,##0',
    '#,##0,"千円"',
)
FORMULAS = (
    ("C3", "PHONETIC(B3)", "タカサキ"),
    ("C4", "PHONETIC(B4)", "ヤマダ"),
    ("D3", 'DATESTRING("2026/4/1")', "令和08年04月01日"),
    ("D4", "NUMBERSTRING(123,1)", "百二十三"),
    ("D5", "YEN(9800)", "¥9,800"),
    ("C5", 'ASC("アイ")&JIS("ｱｲ")', "ｱｲアイ"),
    ("E3", 'DATEDIF(DATE(1989,1,8),DATE(2026,4,1),"Y")', "37"),
    ("E4", 'TEXT(A12,"[$-411]ggge年m月d日")', "令和8年4月1日"),
    ("E5", "SUM(名簿表[件数])", "63"),
    ("E6", "IFERROR(VLOOKUP(1,'別 表'!$A$2:$B$4,2,FALSE),\"該当なし\")", "該当なし"),
    ("E7", "SUM(件数の範囲)", "63"),
)
_FONT = '<sz val="11"/><name val="{}"/><family val="{}"/><charset val="128"/>'
STYLES = (
    f'<styleSheet xmlns="{MAIN}"><numFmts count="{len(FORMATS)}">'
    + "".join(
        f"<numFmt numFmtId={quoteattr(str(number))} formatCode={quoteattr(code)}/>"
        for number, code in enumerate(FORMATS, 176)
    )
    + f'</numFmts><fonts count="4"><font>{_FONT.format("ＭＳ Ｐゴシック", 3)}<scheme '
    f'val="minor"/></font><font>{_FONT.format("ＭＳ Ｐゴシック", 3).replace("11", "6")}'
    f"</font><font>{_FONT.format('ＭＳ 明朝', 1)}</font><font>{_FONT.format('游明朝', 1)}</font></fonts>"
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill '
    'patternType="gray125"/></fill></fills>'
    '<borders count="2"><border><left/><right/><top/><bottom/><diagonal/></border><border diagonalDown="1">'
    '<left style="thin"/><right style="hair"/><top style="medium"/><bottom '
    'style="double"/><diagonal style="thin"/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0">'
    '<alignment vertical="center"/></xf></cellStyleXfs>'
    f'<cellXfs count="{len(FORMATS) + 8}"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    + "".join(
        f'<xf numFmtId="{176 + number}" fontId="2" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
        for number in range(len(FORMATS))
    )
    + "".join(
        f'<xf numFmtId="{format_}" fontId="{font}" fillId="0" borderId="1" xfId="0" '
        f'applyAlignment="1" applyProtection="1">{inside}</xf>'
        for format_, font, inside in (
            (0, 2, '<alignment horizontal="center" vertical="center" textRotation="255"/>'),
            (0, 3, '<alignment horizontal="distributed" vertical="center" indent="1" justifyLastLine="1"/>'),
            (0, 2, '<alignment vertical="center" shrinkToFit="1"/>'),
            (0, 2, '<alignment vertical="center" wrapText="1"/><protection locked="0"/>'),
            (57, 0, "<alignment/>"),
            (58, 0, "<alignment/>"),
            (0, 0, '<alignment horizontal="centerContinuous"/>'),
        )
    )
    + '</cellXfs><cellStyles count="1"><cellStyle name="標準" xfId="0" builtinId="0"/>'
    '</cellStyles><dxfs count="1"><dxf><font>'
    '<color rgb="FFC00000"/></font><fill><patternFill><bgColor rgb="FFFFCCCC"/>'
    "</patternFill></fill></dxf></dxfs></styleSheet>"
)
_STYLE = {
    "era": 1,
    "down": 12,
    "spread": 13,
    "shrink": 14,
    "free": 15,
    "builtin-era": 16,
    "builtin-day": 17,
    "across": 18,
}
_PHONETIC = (
    '<si><t>髙﨑　葛\U000e0100</t><rPh sb="0" eb="2"><t>タカサキ</t></rPh><rPh sb="3" eb="5"><t>カツラ</t></rPh>'
    '<phoneticPr fontId="1" type="fullwidthKatakana" alignment="distributed"/></si>'
    '<si><r><t>山</t></r><r><rPr><b/><sz val="11"/><rFont val="ＭＳ 明朝"/><family '
    'val="1"/><charset val="128"/></rPr><t>田</t></r>'
    '<rPh sb="0" eb="2"><t>ヤマダ</t></rPh><phoneticPr fontId="1" type="Hiragana" alignment="center"/></si>'
)
_WORDS = (
    "番号",
    "氏名",
    "フリガナ",
    "状態",
    "件数",
    "外字\ue000・\U00020bb7・ｶﾀｶﾅ",
    "受付",
    "完了",
    "縦の見出し",
    "均等割付の字",
    "縮小して全体を表示する長い文",
    "清水市の名簿",
    "月",
    "四月",
    "五月",
    "六月",
    "001",
)


def shared(place: str, number: int, style: int = 0, more: str = "") -> str:
    return f'<c r="{place}" s="{style}" t="s"{more}><v>{number}</v></c>'


def number(place: str, value: float, style: int = 0) -> str:
    return f'<c r="{place}" s="{style}"><v>{value}</v></c>'


def word(place: str, text: str, style: int = 0) -> str:
    return shared(place, _WORDS.index(text) + 2, style)


def worked_out(place: str) -> str:
    formula, value = next((formula, value) for there, formula, value in FORMULAS if there == place)
    kind = "" if value.isdigit() else ' t="str"'
    return f'<c r="{place}"{kind}><f>{escape(formula)}</f><v>{value}</v></c>'


_ROWS = (
    row(
        word("A1", "清水市の名簿", _STYLE["across"]),
        *(f'<c r="{column}1" s="{_STYLE["across"]}"/>' for column in "BCDE"),
    ),
    row(*(word(f"{column}2", text) for column, text in zip("ABCDE", _WORDS[:5], strict=True)), number=2),
    row(
        number("A3", 1, 5),
        shared("B3", 0, 0, ' ph="1"'),
        worked_out("C3"),
        worked_out("D3"),
        worked_out("E3"),
        number=3,
        attributes=' ph="1"',
    ),
    row(number("A4", 2, 6), shared("B4", 1), worked_out("C4"), worked_out("D4"), worked_out("E4"), number=4),
    row(number("A5", 3, 7), word("B5", _WORDS[5]), worked_out("C5"), worked_out("D5"), worked_out("E5"), number=5),
    row(
        word("A6", "縦の見出し", _STYLE["down"]),
        word("B6", "均等割付の字", _STYLE["spread"]),
        word("C6", "縮小して全体を表示する長い文", _STYLE["shrink"]),
        word("D6", "受付", _STYLE["free"]),
        worked_out("E6"),
        number=6,
        attributes=' ht="90" customHeight="1"',
    ),
    row(word("B7", "完了", _STYLE["free"]), word("C7", "001"), worked_out("E7"), number=7),
    row(word("B8", "番号"), word("C8", "件数"), number=8),
    *(
        row(number(f"B{line}", line - 8), number(f"C{line}", value), number=line)
        for line, value in ((9, 12), (10, 30), (11, 21))
    ),
    row(
        *(number(f"{column}12", 46113, _STYLE["era"] + place) for place, column in enumerate("ABCD")),
        number("E12", 46113, _STYLE["builtin-era"]),
        number("F12", 46113, _STYLE["builtin-day"]),
        number=12,
    ),
    row(*(number(f"{column}13", 12345, 8 + place) for place, column in enumerate("ABCD")), number=13),
)
_X14 = (
    '<extLst><ext uri="{78C0D931-6437-407d-A8EE-F0AAD7539E65}" '
    'xmlns:x14="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main">'
    "<x14:conditionalFormattings><x14:conditionalFormatting "
    'xmlns:xm="http://schemas.microsoft.com/office/excel/2006/main">'
    '<x14:cfRule type="iconSet" priority="4" id="{A1B2C3D4-0000-4000-8000-000000000001}">'
    '<x14:iconSet iconSet="3Stars"><x14:cfvo type="percent">'
    '<xm:f>0</xm:f></x14:cfvo><x14:cfvo type="percent"><xm:f>33</xm:f></x14:cfvo>'
    '<x14:cfvo type="percent"><xm:f>67</xm:f></x14:cfvo></x14:iconSet></x14:cfRule>'
    "<xm:sqref>B9:B11</xm:sqref></x14:conditionalFormatting></x14:conditionalFormattings></ext>"
    '<ext uri="{CCE6A557-97BC-4b89-ADB6-D9C93CAAB3DF}" '
    'xmlns:x14="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main">'
    '<x14:dataValidations count="1" xmlns:xm="http://schemas.microsoft.com/office/excel/2006/main">'
    '<x14:dataValidation type="list" allowBlank="1" '
    'showInputMessage="1" showErrorMessage="1" promptTitle="月" '
    "prompt=\"別表から選んでください。\"><x14:formula1><xm:f>'別 表'!$A$2:$A$4</xm:f>"
    "</x14:formula1>"
    "<xm:sqref>F3:F7</xm:sqref></x14:dataValidation></x14:dataValidations></ext>"
    '<ext uri="{05C60535-1F16-4fd2-B633-F4F36F0B64E0}" '
    'xmlns:x14="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main">'
    '<x14:sparklineGroups xmlns:xm="http://schemas.microsoft.com/office/excel/2006/main">'
    '<x14:sparklineGroup type="column" displayEmptyCellsAs="gap">'
    '<x14:colorSeries rgb="FF376092"/><x14:sparklines><x14:sparkline><xm:f>'
    "名簿!C9:C11</xm:f><xm:sqref>D9</xm:sqref></x14:sparkline></x14:sparklines>"
    "</x14:sparklineGroup></x14:sparklineGroups></ext></extLst>"
)
_BEHIND = (
    '<sheetProtection algorithmName="SHA-512" hashValue="a2l5b21l" saltValue="a2l5b21l" '
    'spinCount="100000" sheet="1" objects="1" scenarios="1" formatCells="0"/>'
    '<protectedRanges><protectedRange sqref="D6:D7" name="入力欄"/></protectedRanges>'
    '<phoneticPr fontId="1" type="fullwidthKatakana" alignment="distributed"/>'
    '<conditionalFormatting sqref="C9:C11"><cfRule type="colorScale" priority="1">'
    '<colorScale><cfvo type="min"/><cfvo type="max"/><color rgb="FFFFFFFF"/>'
    '<color rgb="FF63BE7B"/></colorScale></cfRule></conditionalFormatting>'
    '<conditionalFormatting sqref="B3:B7"><cfRule type="containsText" dxfId="0" '
    'priority="2" '
    'operator="containsText" text="外字"><formula>'
    'NOT(ISERROR(SEARCH("外字",B3)))</formula></cfRule></conditionalFormatting>'
    '<conditionalFormatting sqref="E3:E7"><cfRule type="iconSet" priority="3"><iconSet '
    'iconSet="3TrafficLights1"><cfvo type="percent" val="0"/>'
    '<cfvo type="percent" val="33"/><cfvo type="percent" val="67"/></iconSet></cfRule></conditionalFormatting>'
    '<dataValidations count="3"><dataValidation type="list" imeMode="off" allowBlank="1" '
    'showInputMessage="1" showErrorMessage="1" errorTitle="入力誤り" '
    'error="一覧にない値です。" promptTitle="状態" prompt="一覧から選んでください。" '
    'sqref="D6"><formula1>"受付,審査中,完了"</formula1></dataValidation>'
    '<dataValidation imeMode="hiragana" allowBlank="1" showInputMessage="1" '
    'sqref="B3:B7"/><dataValidation type="list" imeMode="halfKatakana" allowBlank="1" '
    'sqref="D7"><formula1>$B$9:$B$11</formula1></dataValidation></dataValidations>'
    '<printOptions horizontalCentered="1"/><pageMargins left="0.7" right="0.7" '
    'top="0.75" bottom="0.75" header="0.3" footer="0.3"/>'
    '<pageSetup paperSize="12" fitToHeight="0" orientation="landscape"/><headerFooter>'
    '<oddHeader>&amp;L清水市&amp;C&amp;"ＭＳ 明朝,標準"&amp;A</oddHeader>'
    "<oddFooter>&amp;C&amp;P／&amp;N 頁&amp;R&amp;D</oddFooter></headerFooter><rowBreaks "
    'count="1" manualBreakCount="1"><brk id="8" max="16383" man="1"/></rowBreaks>'
    '<colBreaks count="1" manualBreakCount="1"><brk id="4" max="1048575" man="1"/>'
    '</colBreaks><ignoredErrors><ignoredError sqref="C7" numberStoredAsText="1"/>'
    '</ignoredErrors><tableParts count="1"><tablePart r:id="rId1"/></tableParts>'
)
_BEFORE = (
    '<sheetPr><tabColor rgb="FFC00000"/><pageSetUpPr fitToPage="1"/></sheetPr>'
    '<sheetViews><sheetView tabSelected="1" view="pageBreakPreview" workbookViewId="0">'
    '<pane xSplit="2" ySplit="2" topLeftCell="C3" activePane="bottomRight" state="frozen"/></sheetView></sheetViews>'
    '<sheetFormatPr defaultRowHeight="18.75"/><cols><col min="1" max="6" width="18" customWidth="1"/></cols>'
)
_TABLE = (
    f'<table xmlns="{MAIN}" id="1" name="名簿表" displayName="名簿表" ref="B8:C11" '
    'totalsRowShown="0"><autoFilter ref="B8:C11"/>'
    '<tableColumns count="2"><tableColumn id="1" name="番号"/><tableColumn id="2" name="件数"/></tableColumns>'
    '<tableStyleInfo name="TableStyleMedium2" showFirstColumn="0" showLastColumn="0" '
    'showRowStripes="1" showColumnStripes="0"/></table>'
)
_NAMES = (
    '<definedName name="_xlnm.Print_Area" localSheetId="0">名簿!$A$1:$F$13</definedName>'
    '<definedName name="_xlnm.Print_Titles" localSheetId="0">名簿!$A:$A,名簿!$1:$2</definedName>'
    '<definedName name="件数の範囲" comment="名簿の件数">名簿!$C$9:$C$11</definedName>'
)


def document() -> bytes:
    """The package."""
    book = Book()
    book.names = _NAMES
    book.before = '<workbookPr defaultThemeVersion="166925"/><bookViews><workbookView activeTab="0"/></bookViews>'
    sheet = book.sheet("名簿", "".join(_ROWS), before=_BEFORE, behind=_BEHIND + _X14)
    book.sheet(
        "別 表",
        row(word("A1", "月"))
        + "".join(
            row(word(f"A{line}", month), number(f"B{line}", line), number=line)
            for line, month in ((2, "四月"), (3, "五月"), (4, "六月"))
        ),
    )
    book.part("xl/tables/table1.xml", f"{CONTENT}.table+xml", _TABLE)
    book.relate(sheet, "table", "../tables/table1.xml")
    words = "".join(f"<si><t>{text}</t></si>" for text in _WORDS)
    book.part("xl/sharedStrings.xml", f"{CONTENT}.sharedStrings+xml", f'<sst xmlns="{MAIN}">{_PHONETIC}{words}</sst>')
    book.part("xl/styles.xml", f"{CONTENT}.styles+xml", STYLES)
    book.relate("xl/workbook.xml", "sharedStrings", "sharedStrings.xml")
    book.relate("xl/workbook.xml", "styles", "styles.xml")
    return book.packed()
