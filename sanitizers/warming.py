"""A mail and files that touch as much as small ones can, so that no later one has to load anything."""

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

#: One file of each family that a child reads, written by us: its name and its bytes.
WARMING_FILES: tuple[tuple[str, bytes], ...] = (
    ("a.pdf", _PDF),
    ("a.png", _PNG),
    ("a.svg", _SVG.encode()),
    ("a.html", _HTML.encode()),
    ("a.csv", '名前,値\r\n清め,"=1+1"\r\n'.encode("cp932")),
    ("a.txt", "清めの一通。\r\n".encode("euc-jp")),
    ("a.json", b'{"a": [1, 2.5, null]}'),
    ("a.xml", b'<?xml version="1.0" encoding="utf-8"?><a b="1"><c/>text</a>'),
)
