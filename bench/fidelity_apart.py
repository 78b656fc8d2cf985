"""Which files of a corpus the table counts apart: what no gateway should pass, judged by a person, with the reason.

A file that is counted apart is no well-formed one: it is not in the shares of the table, but in a list below it.
"""

ENCRYPTED = "behind a password"
OTHER_OFFICE = "a program that is not handled: "
OTHER_ENDINGS = {
    ".fpx": "FlashPix",
    ".odb": "LibreOffice Base",
    ".pub": "Publisher, or a public key",
    ".vsd": "Visio",
    ".vsdx": "Visio",
    ".wri": "Windows Write",
    ".wpd": "WordPerfect",
    ".wk1": "Lotus 1-2-3",
    ".wq2": "Quattro Pro",
    ".xlr": "Works",
}
TYPES = {  # as Kiyome detects them: never delivered, and no loss
    "image/x-tga": "TGA: a picture for games, that no browser shows",
    "image/x-qoi": "QOI: a picture that no browser shows",
    "image/x-portable-pixmap": "PPM: a picture between programs, that no browser shows",
    "application/vnd.ms-excel.2003xml": "Office 2003 XML",
    "application/vnd.ms-word.2003xml": "Office 2003 XML, or flat OPC",
    "application/vnd.wordperfect": "WordPerfect",
    "application/x-java-jnlp-file": "starts a program",
    "text/x-ms-iqy": "a query that Excel sends",
    "text/x-sylk": "a table that Excel calculates, with macros",
    "text/x-vbscript": "a script",
}
FILES = {  # end of the path → what it is
    "application-manifest.txt.cmd": "has the name of a script (.cmd)",
    "test.url": "a shortcut",
    "xmltestdata/cyclic.xml": "hostile: entities that never end",
    "POIHSSFFuzzer-6137883240824832.xls": "broken: made by a fuzzer",
    "duplicate-files.odt": "hostile: two members of one name, of which each reader takes another",
    "powerpoint4-mac/ecdl paris.ppt": "PowerPoint 4, of before Office 97",
    "spreadsheet/xlsx-corrupted.xlsx": "broken: relationships that are no XML",
    "openxml4j/ContentTypeHasEntities.ooxml": "hostile: entities in the list of content types",
    "excel4-macros/excel4_sample_macro.xlt": "hostile: nothing but a sheet of Excel 4 macros",
    "xmltestdata/quadratic.xml": "hostile: entities that grow",
}


def why_apart(path: str, detected: str, seen: dict[str, object]) -> str:
    """The reason; "" for a file that has to go on when a reader opens it."""
    if seen.get("encrypted"):
        return ENCRYPTED
    ending = path[path.rfind(".") :].lower()
    if ending in OTHER_ENDINGS:
        return OTHER_OFFICE + OTHER_ENDINGS[ending]
    return TYPES.get(detected) or next((why for end, why in FILES.items() if path.endswith(end)), "")
