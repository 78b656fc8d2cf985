"""Scripts and shortcuts named .txt, documents of Office in XML, media: told by their content."""

import time

import pytest

from sanitizers.detect import SCRIPT_TYPES, detect

SCRIPTS = {
    "text/x-vbscript": [
        '\' memo\nSet x = CreateObject("WScript.Shell")\n',
        "Option Explicit\n",
        "On Error Resume Next\nx=1\n",
        "Dim a, b\n",
        "<?xml version='1.0'?><package><job><script/></job></package>",
        "<?xml version='1.0'?><scriptlet></scriptlet>",
        "<component><registration/></component>",
    ],
    "text/javascript": [
        "// memo\nvar x = 1;",
        "/* a */ (function () {",
        "new ActiveXObject('x')",
        "'use strict';\n",
        "eval('1')",
    ],
    "text/x-powershell": [
        "# memo\n$x = New-Object Net.WebClient",
        "param(\n",
        "function Get-Thing {",
        "powershell -enc AAAA",
    ],
    "text/x-msdos-batch": [
        "rem memo\n@echo off\n",
        "cmd /c calc",
        ":: x\nif exist a del a",
        "[autorun]\nopen=x",
        "certutil -f",
    ],
    "text/x-python": ["# memo\nimport os\n", '"""Doc."""\nfrom os import path\n'],
    "text/x-perl": ["use strict;\n"],
    "application/x-mswinurl": ["; x\n[{000214A0-0000-0000-C000-000000000046}]\nProp3=19,2\n[InternetShortcut]\nURL=x"],
    "text/x-ms-scf": ["[Shell]\nCommand=2\n", "[.ShellClassInfo]\nIconResource=x\n"],
    "text/x-ms-regedit": ["Windows Registry Editor Version 5.00\n", "REGEDIT4\n"],
    "text/x-ms-rdp": ["use multimon:i:0\nfull address:s:x\n"],
    "text/x-ms-iqy": ["WEB\r\n1\r\nhttp://x", "XLODBC\n1\n"],
    "text/x-sylk": [
        "ID;PWXL;N;E\n",
        "ID;P\nO;E\nNN;NAuto_open;ER101C1;KOut Flank;F\n",
        'ID;\nC;X1;Y1;K0;EEXEC("x")\n',
        "ID;x\nNN;NAuto_open;ER1C1\n",
    ],
    "application/x-desktop": ["# x\n[Desktop Entry]\nExec=x\n"],
    "application/x-ms-msc": ["<?xml version='1.0'?><MMC_ConsoleFile/>"],
    "application/windows-library+xml": ["<?xml version='1.0'?><libraryDescription xmlns='x'/>"],
    "application/x-ms-settingcontent": ["<?xml version='1.0'?><PCSettings><SearchableContent/></PCSettings>"],
    "application/x-java-jnlp-file": ["<?xml version='1.0'?><!-- c --><jnlp/>"],
    "application/x-webloc": ["<?xml version='1.0'?><plist><dict><key>URL</key></dict></plist>"],
    "text/x-eicar-test-file": ["X5O!P%@AP[4\\PZX54(P^)7CC)7}$"],
}


@pytest.mark.parametrize(("media_type", "text"), [(kind, text) for kind, texts in SCRIPTS.items() for text in texts])
@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_script_is_one_whatever_it_claims(media_type: str, text: str, codec: str) -> None:
    for ended in (text, text.replace("\r\n", "\n").replace("\n", "\r\n")):
        for claimed in ("", "text/plain", "text/csv", "application/octet-stream"):
            assert detect(ended.encode(codec), claimed) == media_type
    assert media_type in SCRIPT_TYPES


@pytest.mark.parametrize(
    "text",
    [
        "お知らせ\n@echo off と書くと…\n",
        "Import regulations\n\nare below\n",
        "Set the table\n",
        "- 項目\n- 項目\n",
        "[1] See below\n",
        "ID;P\n1;2\n",
        "ID;性別\nF;Yoko\nO;Yes\n",
        "# 見出し\n\n本文\n",
        "var はキーワードです",
        "住所: 清め市\n",
        "key=value\nname=x\n",
        "function は関数です",
        "Windows Registry とは",
        "curl とは何か\n",
        "REM 睡眠について\n",
        "ID;名前;住所\n",
        "note: a\n",
        "From here on\n",
        "use strict rules\n",
        "<3 清め市\n",
    ],
)
def test_words_about_scripts_are_words(text: str) -> None:
    assert detect(text.encode(), "") == "text/plain"
    assert detect(text.encode(), "text/plain") == "text/plain"


@pytest.mark.parametrize(
    ("text", "media_type"),
    [
        ("<?xml version='1.0'?><?mso-application progid='Word.Document'?><x/>", "application/vnd.ms-word.2003xml"),
        ('<?mso-application progid="Excel.Sheet"?><x/>', "application/vnd.ms-excel.2003xml"),
        ("<Workbook xmlns='urn:schemas-microsoft-com:office:spreadsheet'>", "application/vnd.ms-excel.2003xml"),
        ("<!-- c --><w:wordDocument xmlns:w='x'>", "application/vnd.ms-word.2003xml"),
        (
            "<p:package xmlns:p='http://schemas.microsoft.com/office/2006/xmlPackage'>",
            "application/vnd.ms-office.flat-opc",
        ),
        (
            "<o:document xmlns:o='urn:oasis:names:tc:opendocument:xmlns:office:1.0'>",
            "application/vnd.oasis.opendocument.flat-xml",
        ),
        ("<!DOCTYPE svg [<!ENTITY x 'y'>]><svg>", "image/svg+xml"),
        ("<?a b?><html xmlns='http://www.w3.org/1999/xhtml'>", "text/html"),
        ("<kml xmlns='http://www.opengis.net/kml/2.2'>", "text/xml"),
        ('{"a": 1}', "application/json"),
        ("[1, 2]", "application/json"),
    ],
)
def test_documents_in_one_file_are_told_apart(text: str, media_type: str) -> None:
    assert detect(text.encode(), "") == media_type
    assert detect(text.encode(), "text/plain") == "text/plain"
    if media_type != "application/json":
        assert detect(text.encode(), "text/csv") == media_type


def test_tags_inside_a_table_make_no_html() -> None:
    assert detect("名前,本文\n一,<p>x</p><br>\n".encode(), "") == "text/plain"


@pytest.mark.parametrize(
    "line", ["   key = value\n", "# x\n", "/* x */", " @\n", "[a]\n", " = =\n", "<!--", "{ ", '"""\n']
)
def test_no_beginning_takes_long(line: str) -> None:
    started = time.process_time()
    detect((line * 3000).encode(), "text/plain")
    assert time.process_time() - started < 20  # it once took for ever
