"""PPAP: a mail with a locked file, the password in another one or from the recipient, and what follows by itself."""

import asyncio
import io
import re
import subprocess
import tempfile
import zipfile
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta, tzinfo
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import httpx
import msgspec
import msoffcrypto.format.ooxml as ooxml
import openpyxl
import pikepdf
import pytest
from docx import Document

from gateway.app import Gateway
from gateway.model import Item, ItemState, LockState
from gateway.settings import Passwords, Secret, Settings, WebSettings
from gateway.store.drafts import ItemQuery
from gateway.web.app import build
from sanitizers.model import Outcome
from sanitizers.rules import Assignment, LockedPart, Profile, Rules
from tests.end_to_end.test_app import arrived, ended, send, settings_of
from tests.fakes.next_hop import NextHop

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "x7Kp2m!q"
WORDS = "Minutes of the assembly"
SENDER = "eigyo@example.com"
RECIPIENT = "b@city.example.jp"
ROLES = frozenset({"intake", "worker", "delivery"})
RULES = Rules(
    profiles={"standard": Profile(), "holding": Profile(locked_part=LockedPart.HOLD)},
    assignments=(Assignment("holding", ("hold@city.example.jp",)),),
)


def locked_pdf(password: str = PASSWORD) -> bytes:
    document = pikepdf.new()
    document.add_blank_page(page_size=(300, 100))
    font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
    document.pages[0].Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F0=document.make_indirect(font)))
    document.pages[0].Contents = document.make_stream(f"BT /F0 12 Tf 20 50 Td ({WORDS}) Tj ET".encode())
    document.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=pikepdf.String("KIYOME_HARM()"))
    written = io.BytesIO()
    document.save(written, encryption=pikepdf.Encryption(user=password, owner="owner-of-it", R=6))
    return written.getvalue()


def locked_docx(password: str = PASSWORD) -> bytes:
    plain, written = io.BytesIO(), io.BytesIO()
    document = Document()
    document.add_paragraph(WORDS)
    document.core_properties.comments = "KIYOME-HARM"
    document.save(plain)
    ooxml.OOXMLFile(plain).encrypt(password, written)
    return written.getvalue()


def boxed(*options: str, name: str = "資料.zip") -> bytes:
    """As 7-Zip locks it."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "議事録.txt").write_text(WORDS, "utf-8")
        command = ("7z", "a", "-bd", f"-p{PASSWORD}", *options, name, "議事録.txt")
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
        return Path(folder, name).read_bytes()


def zip_crypto() -> bytes:
    return boxed("-mem=ZipCrypto")


def zip_aes() -> bytes:
    return boxed("-mem=AES256")


def seven_zip() -> bytes:
    return boxed("-mhe=on", name="資料.7z")


def old_workbook() -> bytes:
    """Of Excel 97, RC4; converted by LibreOffice once it is open."""
    return (ROOT / "samples/legacy/excel-password.xls").read_bytes()


LOCKED: dict[str, Callable[[], bytes]] = {
    "議事録.pdf": locked_pdf,
    "議事録.docx": locked_docx,
    "資料.zip": zip_crypto,
    "資料AES.zip": zip_aes,
    "資料.7z": seven_zip,
    "旧議事録.xls": old_workbook,
}
DELIVERED = {"資料.7z": "資料.zip", "旧議事録.xls": "旧議事録.xlsx"}
PASSWORDS = {"旧議事録.xls": "himitsu"}  #: of those that have another one
SAID = {"旧議事録.xls": "窓口案内"}  #: by those that say something else


def mail(subject: str, text: str, *files: tuple[str, bytes], sender: str = SENDER) -> bytes:
    made = EmailMessage()
    made["From"] = f"営業 <{sender}>"
    made["To"] = RECIPIENT
    made["Subject"] = subject
    made["Message-ID"] = f"<{subject.encode().hex()}@example.com>"
    made["Date"] = datetime(2026, 7, 1, 1, tzinfo=UTC)
    made.set_content(text)
    for name, data in files:
        made.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return made.as_bytes()


def with_locked(*names: str) -> bytes:
    return mail("資料", "資料をお送りします。", *((name, LOCKED[name]()) for name in names or ("議事録.pdf",)))


def telling(password: str = PASSWORD) -> bytes:
    return mail("パスワード", f"先ほどのパスワードです。\n\nパスワード:{password}\n")


def attached(got: EmailMessage) -> dict[str | None, bytes]:
    return {part.get_filename(): part.get_payload(decode=True) for part in got.iter_attachments()}  # type: ignore[misc]


def text_of(got: EmailMessage) -> str:
    body = got.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def words_of(name: str, data: bytes) -> str:
    if name.endswith(".pdf"):
        with pikepdf.Pdf.open(io.BytesIO(data)) as pdf:
            assert not pdf.is_encrypted
            assert "/OpenAction" not in pdf.Root
            return pdf.pages[0].Contents.read_bytes().decode("latin-1")
    if name.endswith(".xlsx"):
        rows = openpyxl.load_workbook(io.BytesIO(data)).worksheets[0].iter_rows(values_only=True)
        return "\n".join(str(value) for row in rows for value in row)
    if name.endswith(".zip"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            assert archive.namelist() == ["議事録.txt"]
            return archive.read("議事録.txt").decode("utf-8-sig")
    return "\n".join(paragraph.text for paragraph in Document(io.BytesIO(data)).paragraphs)


@pytest.fixture
async def hop() -> AsyncIterator[NextHop]:
    async with NextHop() as running:
        yield running


def configured(folder: Path, hop: NextHop, **passwords: object) -> Settings:
    web = WebSettings(public_url="https://kiyome.city.example.jp")
    settings = settings_of(folder, hop.port, web=web, passwords=Passwords(**passwords))  # type: ignore[arg-type]
    return msgspec.structs.replace(settings)


@pytest.fixture
async def gateway(hop: NextHop, tmp_path: Path) -> AsyncIterator[Gateway]:
    made = Gateway(configured(tmp_path, hop, tries=3), RULES, ROLES)
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def page(gateway: Gateway) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=build(gateway))
    async with httpx.AsyncClient(transport=transport, base_url="http://kiyome") as client:
        yield client


class Clock(datetime):
    """That of the locks; it stands still until a test moves it."""

    at = datetime(2026, 7, 1, tzinfo=UTC)

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        assert tz is UTC
        return cls.at


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> type[Clock]:
    monkeypatch.setattr(Clock, "at", datetime.now(UTC))
    monkeypatch.setattr("gateway.processing.unlocking.datetime", Clock)
    return Clock


def letter_of(mails: list[EmailMessage]) -> tuple[str, str]:
    """Token and code of the letter."""
    letter = next(each for each in mails if "パスワード付きファイル" in str(each["Subject"]))
    link = re.search(r"https://kiyome\.city\.example\.jp/unlock/(\S+)", text_of(letter))
    code = re.search(r"確認コード: ([0-9 ]+)", text_of(letter))
    assert link
    assert code
    return link[1], code[1]


async def asked(hop: NextHop, gateway: Gateway, content: bytes | None = None) -> tuple[str, str]:
    await send(gateway, content or with_locked(), sender=SENDER)
    return letter_of(await arrived(hop, 2))


@pytest.mark.parametrize("name", LOCKED)
async def test_the_password_in_a_following_mail_opens_it(gateway: Gateway, hop: NextHop, name: str) -> None:
    await send(gateway, with_locked(name), sender=SENDER)
    first, letter = sorted(await arrived(hop, 2), key=lambda each: str(each["Subject"]) != "資料")
    assert attached(first) == {}
    assert f"「{name}」" in text_of(first)
    assert "別のメールでご案内します" in text_of(first)
    assert letter["To"] == f"<{RECIPIENT}>" or letter["To"] == RECIPIENT
    await send(gateway, telling(PASSWORDS.get(name, PASSWORD)), sender=SENDER)
    mails = await arrived(hop, 4)
    follow_up = next(each for each in mails if str(each["Subject"]) == "[解錠済] 資料")
    there = DELIVERED.get(name, name)
    assert SAID.get(name, WORDS) in words_of(there, attached(follow_up)[there])
    assert follow_up["In-Reply-To"] == first["Message-ID"]
    assert follow_up["Message-ID"] != first["Message-ID"]
    assert follow_up["From"] == first["From"]
    told = next(each for each in mails if str(each["Subject"]) == "パスワード")
    assert "次のメールの添付ファイルを開きました" in text_of(told)
    assert "A password in this mail opened" in text_of(told)
    items = await ended(gateway, delivered=4)
    assert [item.follows != "" for item in items].count(True) == 1


async def test_a_mail_that_came_first_tells_the_password_too(gateway: Gateway, hop: NextHop) -> None:
    await send(gateway, telling(), sender=SENDER)
    await arrived(hop, 1)
    await send(gateway, with_locked(), sender=SENDER)
    got = next(each for each in await arrived(hop, 2) if str(each["Subject"]) == "資料")
    assert WORDS in words_of("議事録.pdf", attached(got)["議事録.pdf"])
    assert "パスワードを解除" in text_of(got)
    await ended(gateway, delivered=2)


async def test_both_mails_at_the_same_moment(gateway: Gateway, hop: NextHop) -> None:
    mails = (with_locked(), telling())
    await asyncio.gather(*(send(gateway, each, sender=SENDER) for each in mails))
    async with asyncio.timeout(120):
        while True:  # opened at once, by the other mail, or some seconds later
            got = [message_from_bytes(body, policy=default) for body in hop.bodies]
            opened = [each for each in got if "議事録.pdf" in attached(each)]  # type: ignore[arg-type]
            if opened:
                break
            await asyncio.sleep(0.1)
    assert WORDS in words_of("議事録.pdf", attached(opened[0])["議事録.pdf"])  # type: ignore[arg-type]


async def test_words_of_the_same_mail_open_it(gateway: Gateway, hop: NextHop) -> None:
    content = mail("資料", f"解凍パスワードは「{PASSWORD}」です。", ("議事録.docx", locked_docx()))
    await send(gateway, content, sender=SENDER)
    (got,) = await arrived(hop, 1)
    assert WORDS in words_of("議事録.docx", attached(got)["議事録.docx"])


async def test_another_sender_opens_nothing(gateway: Gateway, hop: NextHop) -> None:
    await asked(hop, gateway)
    other = mail("パスワード", f"パスワード:{PASSWORD}\n", sender="other@example.com")
    await send(gateway, other, sender="other@example.com")
    disguised = mail("disguised", f"パスワード:{PASSWORD}\n", sender="other@example.com")
    await send(gateway, disguised, sender=SENDER)  # the envelope of the one, the From of the other
    mails = await arrived(hop, 4)
    assert not [each for each in mails if "解錠済" in str(each["Subject"])]
    await ended(gateway, delivered=4)


async def test_the_recipient_is_wrong_first_and_then_right(
    gateway: Gateway, hop: NextHop, page: httpx.AsyncClient, clock: type[Clock]
) -> None:
    token, code = await asked(hop, gateway)
    clock.at = datetime.now(UTC)
    wrong = await page.post("/api/v1/unlock", json={"token": token, "code": code, "passwords": ["nonsense"]})
    assert (wrong.status_code, wrong.json()["answer"], wrong.json()["tries_left"]) == (403, "wrong", 2)
    other = await page.post("/api/v1/unlock", json={"token": token, "code": "00000000", "passwords": [PASSWORD]})
    assert (other.status_code, other.json()["tries_left"]) == (403, 1)
    soon = await page.post("/api/v1/unlock", json={"token": token, "code": code, "passwords": [PASSWORD]})
    assert (soon.status_code, soon.json()["answer"]) == (429, "wait")
    clock.at += timedelta(seconds=int(soon.headers["Retry-After"]))
    right = await page.post("/api/v1/unlock", json={"token": token, "code": code, "passwords": [PASSWORD]})
    assert (right.status_code, right.json()["answer"]) == (200, "opened")
    follow_up = next(each for each in await arrived(hop, 3) if "解錠済" in str(each["Subject"]))
    assert WORDS in words_of("議事録.pdf", attached(follow_up)["議事録.pdf"])
    again = await page.post("/api/v1/unlock", json={"token": token, "code": code, "passwords": [PASSWORD]})
    assert (again.status_code, again.json()["answer"]) == (410, "over")
    rows = [row async for row in gateway.store.audit_rows()]
    assert [row.action for row in rows if row.action in {"locked", "wrong_password", "unlocked"}] == [
        "locked", "wrong_password", "wrong_password", "unlocked",
    ]  # fmt: skip
    assert not [row for row in rows if PASSWORD in row.detail or token in row.detail]


async def test_too_many_wrong_passwords_close_it_and_an_administrator_opens_it(
    gateway: Gateway, hop: NextHop, page: httpx.AsyncClient
) -> None:
    token, code = await asked(hop, gateway)
    left = 3
    while left:
        said = await page.post("/api/v1/unlock", json={"token": token, "code": code, "passwords": ["nonsense"]})
        if said.status_code == 429:
            await asyncio.sleep(int(said.headers["Retry-After"]) + 0.1)
            continue
        left = said.json()["tries_left"]
    over = await page.post("/api/v1/unlock", json={"token": token, "code": code, "passwords": [PASSWORD]})
    assert over.status_code == 410
    item = await locked_item(gateway)
    assert [lock.state for lock in await gateway.store.locks(item.id)] == [LockState.CLOSED]
    tried = await gateway.locksmith.open_by_administrator(item, "", [PASSWORD], "tester")
    assert tried.answer.value == "opened"
    follow_up = next(each for each in await arrived(hop, 3) if "解錠済" in str(each["Subject"]))
    assert WORDS in words_of("議事録.pdf", attached(follow_up)["議事録.pdf"])


async def locked_item(gateway: Gateway) -> Item:
    items = await gateway.store.items(ItemQuery())
    return next(item for item in items if item.report and any(p.outcome is Outcome.LOCKED for p in item.report.parts))


async def test_two_files_with_two_passwords(gateway: Gateway, hop: NextHop, page: httpx.AsyncClient) -> None:
    content = mail("資料", "二つ", ("a.pdf", locked_pdf("first-one")), ("b.pdf", locked_pdf("second-one")))
    token, code = await asked(hop, gateway, content)
    first = await page.post("/api/v1/unlock", json={"token": token, "code": code, "passwords": ["first-one"]})
    assert first.json()["answer"] == "partly"
    both = await page.post(
        "/api/v1/unlock", json={"token": token, "code": code, "passwords": ["first-one", "second-one"]}
    )
    assert both.json()["answer"] == "opened"
    last = next(each for each in await arrived(hop, 4) if {"a.pdf", "b.pdf"} <= set(attached(each)))
    assert all(WORDS in words_of(name, data) for name, data in attached(last).items() if name)


async def test_a_held_item_goes_on_when_an_administrator_gives_the_password(gateway: Gateway, hop: NextHop) -> None:
    await send(gateway, with_locked("議事録.docx"), "hold@city.example.jp", sender=SENDER)
    (item,) = await ended(gateway, held=1)
    assert item.decision is not None
    assert item.decision.rule == "holding.locked_part"
    assert gateway.locksmith is not None
    tried = await gateway.locksmith.open_by_administrator(item, "", ["nonsense"], "tester")
    assert tried.answer.value == "wrong"
    tried = await gateway.locksmith.open_by_administrator(item, "", [PASSWORD], "tester")
    assert tried.answer.value == "opened"
    (got,) = await arrived(hop, 1)
    assert got["Subject"] == "資料"
    assert WORDS in words_of("議事録.docx", attached(got)["議事録.docx"])
    (item,) = await ended(gateway, delivered=1)
    assert item.state is ItemState.DELIVERED


async def test_the_organisations_list_is_tried_without_asking(hop: NextHop, tmp_path: Path) -> None:
    (tmp_path / "known.txt").write_text(f"other\n{PASSWORD}\n", "utf-8")
    settings = configured(tmp_path, hop, organisation=Secret(file=f"{tmp_path}/known.txt"))
    made = Gateway(settings, RULES, ROLES)
    await made.start()
    try:
        await send(made, with_locked(), sender=SENDER)
        (got,) = await arrived(hop, 1)
        assert WORDS in words_of("議事録.pdf", attached(got)["議事録.pdf"])
    finally:
        await made.stop()


async def test_nothing_of_it_is_in_the_log_or_in_the_store(
    gateway: Gateway, hop: NextHop, page: httpx.AsyncClient, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    caplog.set_level("DEBUG")
    token, code = await asked(hop, gateway)
    await page.post("/api/v1/unlock", json={"token": token, "code": code, "passwords": [PASSWORD]})
    await arrived(hop, 3)
    await ended(gateway, delivered=3)
    await gateway.stop()
    assert PASSWORD not in caplog.text
    assert token not in caplog.text
    assert PASSWORD.encode() not in bytes_below(tmp_path)


def bytes_below(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
