"""SpreadsheetML: workbooks, sheets, strings, styles, tables, comments and pivot tables, from an allow-list."""

from typing import Final

from sanitizers.formats.ooxml.excel import (
    comments,
    drawings,
    metadata,
    pivots,
    sheets,
    strings,
    styles,
    tables,
    workbook,
)
from sanitizers.formats.ooxml.kinds import ROOT, Follow, PartKind, microsoft, office

_MAIN: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_MICROSOFT: Final = "application/vnd.ms-excel"
_BOOK: Final = frozenset({"excel/workbook"})
_SHEET: Final = frozenset({"excel/worksheet"})
_SHEETS: Final = frozenset({"excel/worksheet", "excel/chartsheet"})


def _type(name: str) -> str:
    return f"{_MAIN}.{name}+xml"


PARTS: Final[tuple[PartKind, ...]] = (
    PartKind(
        "excel/workbook",
        (office("officeDocument"),),
        # Templates, add-ins and files with macros become plain workbooks.
        (
            _type("sheet.main"),
            _type("template.main"),
            f"{_MICROSOFT}.sheet.macroenabled.main+xml",
            f"{_MICROSOFT}.template.macroenabled.main+xml",
            f"{_MICROSOFT}.addin.macroenabled.main+xml",
        ),
        frozenset({ROOT}),
        "xl/workbook.xml",
        _type("sheet.main"),
        workbook.WORKBOOK_PART,
        needed=True,
    ),
    PartKind(
        "excel/worksheet", (office("worksheet"),), (_type("worksheet"),), _BOOK, "xl/worksheets/sheet{}.xml",
        _type("worksheet"), sheets.WORKSHEET, needed=True,
    ),
    PartKind(
        "excel/chartsheet", (office("chartsheet"),), (_type("chartsheet"),), _BOOK, "xl/chartsheets/sheet{}.xml",
        _type("chartsheet"), sheets.CHARTSHEET,
    ),
    PartKind(
        "excel/strings", (office("sharedStrings"),), (_type("sharedstrings"),), _BOOK, "xl/sharedStrings.xml",
        _type("sharedStrings"), strings.STRINGS, follow=Follow.ALWAYS, needed=True,
    ),
    PartKind(
        "excel/styles", (office("styles"),), (_type("styles"),), _BOOK, "xl/styles.xml",
        _type("styles"), styles.STYLES, follow=Follow.ALWAYS,
    ),
    PartKind(
        "excel/metadata", (office("sheetMetadata"),), (_type("sheetmetadata"),), _BOOK, "xl/metadata.xml",
        _type("sheetMetadata"), metadata.METADATA, follow=Follow.ALWAYS,
    ),
    PartKind(
        "excel/table", (office("table"),), (_type("table"),), _SHEET, "xl/tables/table{}.xml",
        _type("table"), tables.TABLE,
    ),
    PartKind(
        "excel/comments", (office("comments"),), (_type("comments"),), _SHEETS, "xl/comments{}.xml",
        _type("comments"), comments.COMMENTS, follow=Follow.ALWAYS,
    ),
    PartKind(
        "excel/threaded-comments", (microsoft("2017/10", "threadedComment"),), (f"{_MICROSOFT}.threadedcomments+xml",),
        _SHEET, "xl/threadedComments/threadedComment{}.xml",
        f"{_MICROSOFT}.threadedcomments+xml", comments.THREADED, follow=Follow.ALWAYS,
    ),
    PartKind(
        "excel/persons", (microsoft("2017/10", "person"),), (f"{_MICROSOFT}.person+xml",), _BOOK,
        "xl/persons/person.xml", f"{_MICROSOFT}.person+xml", comments.PERSONS, follow=Follow.ALWAYS,
    ),
    drawings.KIND,
    PartKind(
        "excel/pivot-cache", (office("pivotCacheDefinition"),), (_type("pivotcachedefinition"),),
        frozenset({"excel/workbook", "excel/pivot-table"}), "xl/pivotCache/pivotCacheDefinition{}.xml",
        _type("pivotCacheDefinition"), pivots.CACHE, follow=Follow.ALWAYS,
    ),
    PartKind(
        "excel/pivot-records", (office("pivotCacheRecords"),), (_type("pivotcacherecords"),),
        frozenset({"excel/pivot-cache"}), "xl/pivotCache/pivotCacheRecords{}.xml",
        _type("pivotCacheRecords"), pivots.RECORDS,
    ),
    PartKind(
        "excel/pivot-table", (office("pivotTable"),), (_type("pivottable"),), _SHEET, "xl/pivotTables/pivotTable{}.xml",
        _type("pivotTable"), pivots.PIVOT, follow=Follow.ALWAYS,
    ),
)  # fmt: skip
