"""The loads: mails like those that municipalities receive, each with a number of its own in its Subject."""

import base64
import random
from collections.abc import Callable

#: One number a mail, found again by the sink whatever else of the mail was written anew.
MARK = "bench-%07d"
PLACE = b"bench-0000000"

SENTENCES = (
    "お世話になっております。先日ご案内いたしました住民説明会の日程が決まりましたのでお知らせいたします。",
    "会場は市役所本庁舎三階の大会議室です。駐車場には限りがございますので公共交通機関をご利用ください。",
    "ご不明な点がございましたら担当までお問い合わせくださいますようお願い申し上げます。",
    "なお、資料は当日会場にて配布いたしますが、事前に必要な方はご連絡ください。",
    "台帳の更新作業に伴い、来月五日の午前中はシステムを停止いたします。",
)


def text_mail(size: int = 4096) -> bytes:
    """A plain ISO-2022-JP mail of about `size` bytes."""
    choose = random.Random(1)
    lines: list[bytes] = []
    while sum(map(len, lines)) < size - 600:
        sentence = choose.choice(SENTENCES)
        lines += [
            part.encode("iso-2022-jp") + b"\r\n"
            for part in (sentence[:24], sentence[24:], "")
            if part or not sentence[24:]
        ]
    head = _head("説明会の日程について", "text/plain; charset=ISO-2022-JP", "7bit", "iso-2022-jp")
    return head + b"".join(lines)


def newsletter_mail(size: int = 30_000) -> bytes:
    """An HTML newsletter: nested layout tables, inline styles, links, remote pictures, as base64."""
    choose = random.Random(2)
    rows: list[str] = []
    while len("".join(rows).encode()) < size * 3 // 4 - 1200:
        number = len(rows) + 1
        rows.append(
            f'<tr><td style="padding:12px 20px;font-size:14px;color:#333333;line-height:1.6" align="left">'
            f'<table role="presentation" width="100%" cellpadding="0" cellspacing="0"><tr><td width="120">'
            f'<img src="https://img.example.jp/news/{number}.png" width="120" height="80" alt="記事{number}"></td><td>'
            f'<h3 style="margin:0 0 8px;font-size:16px;color:#003366">お知らせ {number}</h3>'
            f'<p style="margin:0">{choose.choice(SENTENCES)}</p><p style="margin:0">{choose.choice(SENTENCES)}'
            f'<a href="https://www.example.jp/news/{number}?utm_source=mail" style="color:#0066cc">続きを読む</a></p>'
            f"</td></tr></table></td></tr>"
        )
    page = (
        '<!DOCTYPE html><html lang="ja"><head><meta charset="utf-8"><title>市政だより</title><style>'
        "body{margin:0;background:#f4f4f4}.preheader{display:none}a:hover{text-decoration:underline}"
        "@media (max-width:600px){.wide{width:100%!important}}</style></head><body>"
        '<span class="preheader">今週の市政だより</span><table width="600" class="wide" align="center"><tbody>'
        + "".join(rows)
        + '</tbody></table><img src="https://track.example.jp/o.gif" width="1" height="1" alt=""></body></html>'
    )
    body = base64.encodebytes(page.encode()).replace(b"\n", b"\r\n")
    return _head("市政だより", "text/html; charset=UTF-8", "base64", "utf-8") + body


def attachment_mail(size: int = 60_000) -> bytes:
    """A text with two attachments, as ISO-2022-JP and base64."""
    boundary = b"----=_bench_boundary"
    text = text_mail(2000).split(b"\r\n\r\n", 1)[1]
    payload = base64.encodebytes(random.Random(3).randbytes(size * 3 // 8)).replace(b"\n", b"\r\n")
    out = _head("資料の送付", 'multipart/mixed; boundary="----=_bench_boundary"', "7bit", "utf-8")
    out += (
        b"--"
        + boundary
        + b"\r\nContent-Type: text/plain; charset=ISO-2022-JP\r\nContent-Transfer-Encoding: 7bit\r\n\r\n"
        + text
    )
    for name in (b"shiryo.pdf", b"meibo.xlsx"):
        out += (
            b"\r\n--"
            + boundary
            + b'\r\nContent-Type: application/octet-stream; name="'
            + name
            + b'"\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename="'
            + name
            + b'"\r\n\r\n'
            + payload
        )
    return out + b"\r\n--" + boundary + b"--\r\n"


def _head(subject: str, content_type: str, encoding: str, charset: str) -> bytes:
    word = f"=?{charset.upper()}?B?{base64.b64encode(subject.encode(charset)).decode()}?="
    return (
        "Received: from client.example.jp (client.example.jp [192.0.2.7])\r\n"
        "\tby mx.example.jp with ESMTP; Sat, 21 Nov 2026 09:00:00 +0900\r\n"
        "From: =?ISO-2022-JP?B?GyRCQW1MMzJdGyhC?= <soumu@example.jp>\r\n"
        f"To: madoguchi@city.example.lg.jp\r\nSubject: {PLACE.decode()} {word}\r\n"
        "Date: Sat, 21 Nov 2026 09:00:00 +0900\r\n"
        f"Message-ID: <{PLACE.decode()}@example.jp>\r\nMIME-Version: 1.0\r\nContent-Type: {content_type}\r\n"
        f"Content-Transfer-Encoding: {encoding}\r\nX-Mailer: Example Mailer 1.0\r\n\r\n"
    ).encode()


def text(number: int) -> bytes:
    return TEXT.replace(PLACE, (MARK % number).encode())


def newsletter(number: int) -> bytes:
    return NEWSLETTER.replace(PLACE, (MARK % number).encode())


def mix(number: int) -> bytes:
    """Six of ten text, three newsletters, one with attachments."""
    model = ATTACHMENTS if number % 10 == 0 else NEWSLETTER if number % 10 in (3, 6, 9) else TEXT
    return model.replace(PLACE, (MARK % number).encode())


TEXT, NEWSLETTER, ATTACHMENTS = text_mail(), newsletter_mail(), attachment_mail()

LOADS: dict[str, Callable[[int], bytes]] = {
    "text": text,  # 4 KB ISO-2022-JP
    "html": newsletter,  # 30 KB newsletter
    "mix": mix,
}
