"""Attachments as real programs send them: they arrive rebuilt, under their Japanese names, and the notice says so."""

import io
import re
import smtplib
import time
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from pathlib import Path
from shutil import chown

import fast_mail_parser
import pikepdf
import pypdfium2
import pytest
from PIL import Image

from tests.fakes.mailers import BODY, MAILERS, THUNDERBIRD, Given, Mailer, encoded, mail
from tests.servers.gateway import Gateway
from tests.servers.postfix import Postfix, missing
from tests.servers.sink import Sink

RECIPIENT = "madoguchi@city.example.lg.jp"
MAILBOX = """\
virtual_mailbox_domains = city.example.lg.jp
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = static:inbox/
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
virtual_mailbox_limit = 0
"""


# The files: each with harm and with words that stay


def pdf() -> bytes:
    document = pikepdf.new()
    document.docinfo["/Author"] = "KIYOME-HARM-author"
    document.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=pikepdf.String("KIYOME_HARM_pdf()"))
    document.add_blank_page(page_size=(200, 100))
    font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
    page = document.pages[0]
    page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F0=document.make_indirect(font)))
    page.Contents = document.make_stream(b"BT /F0 12 Tf 20 50 Td (Notice of the meeting) Tj ET")
    written = io.BytesIO()
    document.save(written)
    return written.getvalue()


def picture(kind: str, size: tuple[int, int] = (40, 20), colour: str = "#3366cc", *, marked: bool = True) -> bytes:
    written = io.BytesIO()
    exif = Image.Exif()
    if marked:
        exif[0x013B] = "KIYOME-HARM-artist"
    Image.new("RGB", size, colour).save(written, kind, exif=exif)
    return written.getvalue()


SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="90" height="30"><script>KIYOME_HARM_svg()</script>'
    '<text x="2" y="20">案内図</text></svg>'
).encode()
HTML = (
    '<!DOCTYPE html><html><head><meta charset="utf-8"><title>x</title></head><body><p>窓口は九時からです。</p>'
    "<script>KIYOME_HARM_html()</script></body></html>"
).encode()
CSV = "科目,金額\r\n能力開発,1200\r\n".encode("cp932")
TEXT = "議事の要旨\r\n一、予算について\r\n".encode("cp932")

FILES = (
    Given("ガイドブック 第2版.pdf", "application/pdf", pdf()),
    Given("現地写真(ポンプ場).jpg", "image/jpeg", picture("JPEG")),
    Given("図面.png", "image/png", picture("PNG")),
    Given("案内図.svg", "image/svg+xml", SVG),
    Given("予算表.csv", "text/csv", CSV),
    Given("お知らせ.html", "text/html", HTML),
    Given("議事メモ ソ能.txt", "text/plain", TEXT),
)
LONG = Given("令和八年度 第三回 庁舎建設検討委員会 会議資料 ガイドブック(第2版)最終.pdf", "application/pdf", pdf())


def words_of(name: str, data: bytes) -> str:
    """What a reader of the file sees."""
    ending = name.rpartition(".")[2]
    if ending == "pdf":
        with pypdfium2.PdfDocument(data) as document:
            return "\n".join(page.get_textpage().get_text_range() for page in document)
    if ending in {"jpg", "png"}:
        with Image.open(io.BytesIO(data)) as opened:
            return f"{opened.format} {opened.size} {len(opened.getexif())}"
    return data.decode("utf-8-sig")


SHOWN = {
    "pdf": "Notice of the meeting",
    "jpg": "JPEG (40, 20) 0",
    "png": "PNG (40, 20) 0",
    "svg": "案内図",
    "csv": "能力開発,1200",
    "html": "窓口は九時からです。",
    "txt": "一、予算について",
}


# Reading what arrived


def read(content: bytes) -> EmailMessage:
    message = message_from_bytes(content, EmailMessage, policy=policy.default)
    assert not message.defects
    return message


def text_of(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def notice_of(message: EmailMessage) -> str:
    return text_of(message).replace("\r\n", "\n").partition("-" * 60 + "\n")[2]


def names(message: EmailMessage) -> list[str]:
    return [str(part.get_filename()) for part in message.iter_attachments()]


def names_in_types(content: bytes) -> list[str]:
    """By the other way: encoded words in name=, as older programs look for them, cut out of the bytes."""
    found = re.findall(r'Content-Type: [^\n]+;\n name="([^"]*)"', content.decode("ascii").replace("\r\n", "\n"))
    return [str(make_header(decode_header(name.replace("\n", "")))) for name in found]


def types_by_another_parser(content: bytes) -> list[str]:
    return [leaf.content_type for leaf in fast_mail_parser.parse_email_tree(content).children[1:]]


# A gateway with a real Postfix behind


class Delivered:
    """Sends mails, one after the other, and hands out what arrives for each."""

    def __init__(self, gateway: Gateway, inbox: Path) -> None:
        self.gateway = gateway
        self.inbox = inbox
        self.seen: set[Path] = set()

    def __call__(self, data: bytes) -> bytes:
        post(self.gateway.port, data)
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            if fresh := set(self.inbox.glob("new/*")) - self.seen:
                self.seen |= fresh
                (path,) = fresh
                return path.read_bytes()
            time.sleep(0.05)
        raise AssertionError(self.gateway.log())


def post(port: int, data: bytes) -> None:
    with smtplib.SMTP("127.0.0.1", port, local_hostname="client.example.jp", timeout=300) as client:
        assert client.sendmail("yamada@example.jp", [RECIPIENT], data, mail_options=["BODY=8BITMIME"]) == {}


@pytest.fixture(scope="module")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Delivered]:
    if missing():
        pytest.skip(missing())
    folder = tmp_path_factory.mktemp("attachments")
    mailboxes = folder / "behind" / "mail"
    mailboxes.mkdir(parents=True)
    chown(mailboxes, 65534, 65534)
    with (
        Postfix(
            folder / "behind", MAILBOX.format(folder=folder / "behind"), hostname="inner.test", processes=5
        ) as behind,
        Gateway(folder / "kiyome", behind.port) as gateway,
    ):
        yield Delivered(gateway, mailboxes / "inbox")


@pytest.mark.parametrize("mailer", MAILERS, ids=lambda mailer: mailer.name)
def test_files_of_every_kind_arrive_rebuilt_under_their_names(delivered: Delivered, mailer: Mailer) -> None:
    content = delivered(mail(mailer, FILES))
    message = read(content)
    expected = [file.name for file in FILES]
    assert names(message) == expected
    assert names_in_types(content) == expected
    assert types_by_another_parser(content) == [file.type for file in FILES]
    assert BODY in text_of(message)
    for part, file in zip(message.iter_attachments(), FILES, strict=True):
        data = part.get_payload(decode=True)
        assert isinstance(data, bytes)
        assert data != file.data
        assert SHOWN[file.name.rpartition(".")[2]] in words_of(file.name, data)
        assert not re.search(b"KIYOME.HARM", data)


@pytest.mark.parametrize("mailer", MAILERS, ids=lambda mailer: mailer.name)
def test_a_long_name_arrives_whole(delivered: Delivered, mailer: Mailer) -> None:
    content = delivered(mail(mailer, [LONG]))
    assert names(read(content)) == names_in_types(content) == [LONG.name]


def test_the_notice_says_in_both_languages_what_was_changed_in_each(delivered: Delivered) -> None:
    japanese, english = notice_of(read(delivered(mail(THUNDERBIRD, FILES)))).split("\n\n")
    script = "スクリプトなどの実行できる内容を削除"
    routine = "作成者・作成ソフト・撮影場所などの付随情報を削除"
    assert f"「ガイドブック 第2版.pdf」: {script}、{routine}しました。\n" in japanese
    assert f"「案内図.svg」、「お知らせ.html」: {script}しました。\n" in japanese
    assert f"「現地写真(ポンプ場).jpg」、「図面.png」: {routine}しました。\n" in japanese
    script, routine = "active content such as scripts removed", "metadata such as author, program and place removed"
    assert f'"ガイドブック 第2版.pdf": {script}; {routine}.\n' in english
    assert f'"案内図.svg", "お知らせ.html": {script}.\n' in english
    assert f'"現地写真(ポンプ場).jpg", "図面.png": {routine}.\n' in english


def test_a_name_that_says_another_type_gets_the_right_ending(delivered: Delivered) -> None:
    files = (
        Given("写真.jpg", "image/jpeg", picture("PNG", marked=False)),
        Given("資料.doc", "application/msword", pdf()),
        Given("案内", "application/octet-stream", pdf()),
    )
    content = delivered(mail(THUNDERBIRD, files))
    message = read(content)
    assert names(message) == names_in_types(content) == ["写真.png", "資料.pdf", "案内.pdf"]
    assert "「写真.png」: 名前の末尾(拡張子)を中身に合わせて変更しました。" in notice_of(message)


LOGO = picture("PNG", (8, 8))
HTML_BODY = (
    b"Content-Type: multipart/related; boundary=inner\r\n\r\n--inner\r\n"
    b"Content-Type: text/html; charset=utf-8\r\n\r\n"
    + '<html><p>本文です<img src="cid:logo@1" alt="ロゴ"><img src="cid:logo@2"></p></html>'.encode()
    + b"".join(
        b"\r\n--inner\r\nContent-Type: image/png; name=image00%d.png\r\nContent-Transfer-Encoding: base64\r\n"
        b"Content-ID: <logo@%d>\r\nContent-Disposition: inline; filename=image00%d.png\r\n\r\n"
        % (n, n, n)
        + encoded(LOGO)
        for n in (1, 2)
    )
    + b"--inner--\r\n"
)


def test_pictures_of_the_text_arrive_as_attachments(delivered: Delivered) -> None:
    message = read(delivered(mail(THUNDERBIRD, FILES[:1], inline=[HTML_BODY])))
    assert names(message) == ["image001.png", "image002.png", FILES[0].name]
    notice = notice_of(message)
    assert "本文中の画像2件: 作成者・作成ソフト・撮影場所などの付随情報を削除しました。" in notice
    assert "本文中の画像2件は、添付ファイルとして付けています。" in notice
    assert "image001" not in notice
    assert "埋め込まれたファイル" not in notice  # nothing of them was lost


# What must not surprise: any next hop will do


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Gateway, Sink]]:
    folder = tmp_path_factory.mktemp("surprises")
    with Sink() as sink, Gateway(folder / "kiyome", sink.port) as gateway:
        yield gateway, sink


def through(behind: tuple[Gateway, Sink], data: bytes) -> EmailMessage:
    gateway, sink = behind
    count = len(sink.arrivals) + 1
    post(gateway.port, data)
    arrived = sink.wait_for(count)
    assert len(arrived) == count, gateway.log()
    return read(arrived[-1].content)


def test_a_hundred_attachments(behind: tuple[Gateway, Sink]) -> None:
    files = [Given(f"写真{n:03}.jpg", "image/jpeg", picture("JPEG", colour=f"#{n:06x}")) for n in range(100)]
    message = through(behind, mail(THUNDERBIRD, files))
    assert names(message) == [file.name for file in files]
    notice = notice_of(message)
    assert "「写真009.jpg」、ほか90件: " in notice
    assert notice.count("\n") < 12


def test_attachments_without_a_name_and_with_the_same(behind: tuple[Gateway, Sink]) -> None:
    nameless = b"Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n" + encoded(pdf())
    first, second = picture("PNG", colour="#ff0000"), picture("PNG", colour="#00ff00")
    same = [Given("図.png", "image/png", first), Given("図.png", "image/png", second)]
    message = through(behind, mail(THUNDERBIRD, same, inline=[nameless]))
    assert names(message) == ["attachment.pdf", "図.png", "図.png"]
    pixels = [
        Image.open(io.BytesIO(part.get_payload(decode=True))).convert("RGB").getpixel((4, 4))  # type: ignore[arg-type]
        for part in message.iter_attachments()
        if part.get_content_type() == "image/png"
    ]
    assert pixels == [(255, 0, 0), (0, 255, 0)]


@pytest.mark.parametrize("claimed", ["../../etc/報告.pdf", "C:\\Users\\x\\報告.pdf", "\\\\host\\share\\報告.pdf"])
def test_a_name_that_is_a_path_ends_at_its_last_part(behind: tuple[Gateway, Sink], claimed: str) -> None:
    message = through(behind, mail(THUNDERBIRD, [Given(claimed, "application/pdf", pdf())]))
    assert names(message) == ["報告.pdf"]
    assert "表示を偽る文字やリンクを削除または変更" in notice_of(message)


def test_a_picture_of_ten_megabytes(behind: tuple[Gateway, Sink]) -> None:
    noise = Image.effect_noise((3_400, 3_400), 100)
    written = io.BytesIO()
    noise.save(written, "PNG")
    assert len(written.getvalue()) > 10_000_000
    message = through(behind, mail(THUNDERBIRD, [Given("大判.png", "image/png", written.getvalue())]))
    assert names(message) == ["大判.png"]
    (part,) = message.iter_attachments()
    with Image.open(io.BytesIO(part.get_payload(decode=True))) as opened:  # type: ignore[arg-type]
        assert opened.tobytes() == noise.tobytes()
