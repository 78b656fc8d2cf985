"""A mail that touches as much as a small mail can, so that no later one has to load anything."""

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
