"""A mail and files that touch as much as small ones can, so that no later one has to load anything."""

from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

_HTML = """<!DOCTYPE html><html lang="ja"><head><meta charset="utf-8"><title>清め</title><style>
.hidden{display:none} td{color:#333;font-size:14px} @media print{p{margin:0}}</style></head>
<body style="background:#fff"><span class="hidden">x</span><h1>清め</h1>
<table width="600"><tr><th>一</th><td style="color:#fff;font-size:0">隠</td></tr>
<tr><td rowspan="2">二</td><td>三</td></tr></table>
<ul><li>甲<ol><li>乙</li></ol></li></ul><blockquote><p>丙&amp;丁<br>戊</p></blockquote><pre>己</pre><hr>
<p><a href="https://example.com/?utm_source=a">www.example.co.jp</a> <a href="https://xn--r8jz45g.xn--zckzah/">例え</a>
<a href="mailto:a@example.jp">a@example.jp</a> <a href="javascript:x">庚</a> <a href="https://pаypal.example/">辛</a>
<img src="https://img.example.jp/1.png" alt="絵" width="1" height="1"><img src="cid:1" alt="図"></p>
<form action="https://example.jp/"><input name="a"><button>送信</button></form><script>x</script></body></html>"""

_PART = "\r\n--b\r\nContent-Type: {}\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"

WARMING_MAIL = (
    b"Received: from a.example.jp (a.example.jp [192.0.2.1]) by b.example.jp; Sat, 21 Nov 2026 12:00:00 +0900\r\n"
    b"From: =?ISO-2022-JP?B?GyRCQFYbKEI=?= <a@example.jp>\r\nTo: b@xn--r8jz45g.jp\r\n"
    b"Subject: =?ISO-2022-JP?B?GyRCQFYbKEI=?= =?UTF-8?Q?=E6=B8=85?=\r\nDate: Sat, 21 Nov 2026 12:00:00 +0900\r\n"
    b"Message-ID: <a@example.jp>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    + _PART.format("text/plain; charset=iso-2022-jp").encode()
    + "清めの一通、株式会社。 https://例え.テスト/\r\n".encode("iso-2022-jp")
    + _PART.format("text/plain").encode()
    + "文字コードの申告がない本文です。よろしくお願いいたします。\r\n".encode("euc-jp")
    + _PART.format("text/html; charset=shift_jis").encode()
    + "<p>清め</p>".encode("shift_jis")
    + _PART.format("text/html; charset=utf-8").encode()
    + _HTML.replace("\n", "\r\n").encode()
    + _PART.format("message/rfc822").encode()
    + b"From: c@example.jp\r\nSubject: x\r\n\r\nx\r\n"
    + _PART.format('application/octet-stream; name="=?ISO-2022-JP?B?GyRCQFYbKEI=?=.pdf"').encode()
    + b"%PDF-1.4\r\n%\xe2\xe3\xcf\xd3\r\n"
    + b"\r\n--b--\r\n"
)

_PDF = b"""%PDF-1.7
1 0 obj<</Type/Catalog/Pages 2 0 R/Outlines 7 0 R/Lang(ja)>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Contents 4 0 R/Annots[6 0 R]/Resources<</Font<</F1 5 0 R>>
/XObject<</I 9 0 R>>/ExtGState<</G<</CA .5>>>>/ColorSpace<</C[/Indexed/DeviceRGB 0(abc)]>>>>>>endobj
4 0 obj<</Length 63>>stream
q /G gs BT /F1 12 Tf 9 9 Td (warm) Tj ET 9 0 0 9 0 0 cm /I Do Q
endstream endobj
5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>endobj
6 0 obj<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/A<</S/URI/URI(https://example.jp/)>>>>endobj
7 0 obj<</Type/Outlines/First 8 0 R/Last 8 0 R/Count 1>>endobj
8 0 obj<</Title(warm)/Parent 7 0 R/Dest[3 0 R/Fit]>>endobj
9 0 obj<</Type/XObject/Subtype/Image/Width 1/Height 1/BitsPerComponent 8/ColorSpace/DeviceRGB/Length 3>>stream
abc
endstream endobj
trailer<</Root 1 0 R/Size 10>>
%%EOF
"""
_PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108020000009077"
    "53de0000000c49444154789c63f8cfc0000003010100c9fe92ef0000000049454e44ae426082"
)
_SVG = """<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><defs><linearGradient id="g"><stop offset="0"
stop-color="red"/></linearGradient></defs><rect width="9" height="9" fill="url(#g)" style="stroke:#000"/>
<text y="9">清め</text>
</svg>"""

_DXF = "0\nSECTION\n2\nENTITIES\n0\nTEXT\n8\n0\n10\n0\n20\n0\n40\n1\n1\n清め\n0\nENDSEC\n0\nEOF\n"
_OPENXML = "http://schemas.openxmlformats.org"
_RELATED = f"{_OPENXML}/officeDocument/2006/relationships"
_RELATIONSHIPS = f'<Relationships xmlns="{_OPENXML}/package/2006/relationships">{{}}</Relationships>'
_RELATIONSHIP = f'<Relationship Id="r" Type="{_RELATED}/{{}}" Target="{{}}"/>'


def _zipped(parts: dict[str, str]) -> bytes:
    file = BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return file.getvalue()


def _office(main: str, kind: str, content: str, more: dict[str, tuple[str, str]] | None = None) -> bytes:
    """A package of Office Open XML; `more`: name behind the main part's folder → last word of its type, content."""
    folder, _, file = main.partition("/")
    prefix = "application/vnd.openxmlformats-officedocument"
    others = {f"{folder}/{name}": each for name, each in (more or {}).items()}
    types = {main: f"{kind}.main", **{name: f"{kind.rpartition('.')[0]}.{word}" for name, (word, _) in others.items()}}
    overrides = "".join(f'<Override PartName="/{x}" ContentType="{prefix}.{y}+xml"/>' for x, y in types.items())
    default = '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    led_to = "".join(_RELATIONSHIP.format(word, name[len(folder) + 1 :]) for name, (word, _) in others.items())
    return _zipped(
        {
            "[Content_Types].xml": f'<Types xmlns="{_OPENXML}/package/2006/content-types">{default}{overrides}</Types>',
            "_rels/.rels": _RELATIONSHIPS.format(_RELATIONSHIP.format("officeDocument", main)),
            main: content,
            f"{folder}/_rels/{file}.rels": _RELATIONSHIPS.format(led_to),
            **{name: text for name, (_, text) in others.items()},
        }
    )


_DOCX = _office(
    "word/document.xml",
    "wordprocessingml.document",
    f'<w:document xmlns:w="{_OPENXML}/wordprocessingml/2006/main"><w:body><w:p><w:pPr><w:jc w:val="left"/></w:pPr>'
    '<w:r><w:t>清め</w:t></w:r><w:fldSimple w:instr=" PAGE "><w:r><w:t>1</w:t></w:r></w:fldSimple></w:p>'
    "</w:body></w:document>",
)
_XLSX = _office(
    "xl/workbook.xml",
    "spreadsheetml.sheet",
    f'<workbook xmlns="{_OPENXML}/spreadsheetml/2006/main" xmlns:r="{_RELATED}"><sheets>'
    '<sheet name="表" sheetId="1" r:id="r"/></sheets></workbook>',
    {
        "worksheets/sheet1.xml": (
            "worksheet",
            (
                f'<worksheet xmlns="{_OPENXML}/spreadsheetml/2006/main"><sheetData><row r="1">'
                '<c r="A1" t="inlineStr"><is><t>清め</t></is></c><c r="B1"><f>SUM(1,2)</f><v>3</v></c>'
                "</row></sheetData></worksheet>"
            ),
        )
    },
)
_PPTX = _office(
    "ppt/presentation.xml",
    "presentationml.presentation",
    f'<p:presentation xmlns:p="{_OPENXML}/presentationml/2006/main" xmlns:r="{_RELATED}"><p:sldIdLst>'
    '<p:sldId id="256" r:id="r"/></p:sldIdLst><p:notesSz cx="1" cy="1"/></p:presentation>',
    {
        "slides/slide1.xml": (
            "slide",
            (
                f'<p:sld xmlns:p="{_OPENXML}/presentationml/2006/main" xmlns:a="{_OPENXML}/drawingml/2006/main">'
                '<p:cSld><p:spTree><p:nvGrpSpPr><p:cNvPr id="1" name=""/><p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr>'
                "<p:grpSpPr/></p:spTree></p:cSld></p:sld>"
            ),
        )
    },
)
_OASIS = "urn:oasis:names:tc:opendocument:xmlns"
_ODT = _zipped(
    {
        "mimetype": "application/vnd.oasis.opendocument.text",
        "content.xml": f'<office:document-content xmlns:office="{_OASIS}:office:1.0" xmlns:text="{_OASIS}:text:1.0">'
        "<office:body><office:text><text:p>清め</text:p></office:text></office:body></office:document-content>",
        "META-INF/manifest.xml": f'<manifest:manifest xmlns:manifest="{_OASIS}:manifest:1.0"/>',
    }
)

#: One file of each family that a child reads, written by us: its name and its bytes.
WARMING_FILES: tuple[tuple[str, bytes], ...] = (
    ("a.pdf", _PDF),
    ("a.docx", _DOCX),
    ("a.xlsx", _XLSX),
    ("a.pptx", _PPTX),
    ("a.odt", _ODT),
    ("a.png", _PNG),
    ("a.svg", _SVG.encode()),
    ("a.html", _HTML.encode()),
    ("a.csv", '名前,値\r\n清め,"=1+1"\r\n'.encode("cp932")),
    ("a.dxf", _DXF.encode("cp932")),
    ("a.txt", "清めの一通。\r\n".encode("euc-jp")),
    ("a.json", b'{"a": [1, 2.5, null]}'),
    ("a.xml", b'<?xml version="1.0" encoding="utf-8"?><a b="1"><c/>text</a>'),
)
