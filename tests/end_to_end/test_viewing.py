"""A mail with everything, kept and cleaned, and looked at through real confined children and a real LibreOffice."""

import io
import json
import zipfile
from collections.abc import AsyncIterator
from email.message import EmailMessage
from email.policy import SMTP

import docx
import msoffcrypto
import pikepdf
import pytest
import pytest_asyncio
from PIL import Image

from gateway.model import Channel, Item
from gateway.processing.trace import Stamp
from gateway.processing.unlocking import Locksmith
from gateway.processing.worker import Worker
from gateway.settings import StoreSettings
from gateway.store.drafts import Draft
from gateway.store.items import Store
from gateway.viewing import Viewer
from sanitizers.confinement.converter import find_program
from sanitizers.confinement.pool import Pool
from sanitizers.registry import BUILT_IN
from sanitizers.rules import Budget, Profile, Rules
from sanitizers.views import CleanPart, Difference, Headers, NoView, Pages, Side, Texts, Tree, View, Why
from tests.fakes import items

pytestmark = pytest.mark.asyncio(loop_scope="module")  # of the pool and the store that these tests share
LIBREOFFICE = pytest.mark.skipif(
    not find_program("libreoffice"), reason="LibreOffice is not installed (Debian: libreoffice-writer-nogui)"
)
ARCHIVES = pytest.mark.skipif("application/zip" not in BUILT_IN.files, reason="no sanitizer opens archives")
SECRET = "KIYOME-HARM-in-the-bytes"
EXE = b"MZ\x90\x00" + bytes(60) + SECRET.encode()
PEOPLE = {"actor": "user:hanako", "reason": "asked by the recipient"}
RULES = Rules(profiles={"standard": Profile()}, budget=Budget(seconds=500))


def pdf(*, pages: int = 3, password: str = "") -> bytes:
    document = pikepdf.new()
    document.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=pikepdf.String(SECRET))
    font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
    for number in range(pages):
        document.add_blank_page(page_size=(300, 200))
        document.pages[number].Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F0=document.make_indirect(font)))
        document.pages[number].Contents = document.make_stream(b"BT /F0 40 Tf 20 50 Td (page) Tj ET")
    written = io.BytesIO()
    document.save(written, encryption=pikepdf.Encryption(owner=password, user=password) if password else False)
    return written.getvalue()


def word(*, password: str = "") -> bytes:
    document = docx.Document()
    document.add_heading("お知らせ")
    document.add_paragraph("窓口は九時からです。" * 20)
    written = io.BytesIO()
    document.save(written)
    if not password:
        return written.getvalue()
    locked = io.BytesIO()
    msoffcrypto.format.ooxml.OOXMLFile(written).encrypt(password, locked)
    return locked.getvalue()


def picture() -> bytes:
    written = io.BytesIO()
    exif = Image.Exif()
    exif[0x013B] = SECRET
    Image.new("RGB", (800, 400), "#3366cc").save(written, "JPEG", exif=exif)
    return written.getvalue()


def archive() -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as packed:
        packed.writestr("中の書類.pdf", pdf(pages=2))
    return written.getvalue()


ODG = "application/vnd.oasis.opendocument.graphics"
_MANIFEST = (
    '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.3">'
    f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{ODG}"/>'
    '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>'
)
_DRAWN = (
    '<office:document-content office:version="1.3" xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
    ' xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0"'
    ' xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0"'
    ' xmlns:svg="urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0"><office:automatic-styles>'
    '<style:style style:name="g" style:family="graphic">'
    '<style:graphic-properties draw:fill="solid" draw:fill-color="#000000"/></style:style></office:automatic-styles>'
    "<office:body><office:drawing>{pages}</office:drawing></office:body></office:document-content>"
)
_SHEET = (
    '<draw:page draw:name="{number}"><draw:rect draw:style-name="g" svg:x="2cm" svg:y="2cm" svg:width="8cm"'
    ' svg:height="5cm"/></draw:page>'
)


def drawing(*, pages: int = 2) -> bytes:
    """A drawing of OpenDocument: a black field on each page."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as packed:
        packed.writestr("mimetype", ODG)
        packed.writestr("META-INF/manifest.xml", _MANIFEST)
        packed.writestr(
            "content.xml", _DRAWN.format(pages="".join(_SHEET.format(number=number) for number in range(pages)))
        )
    return written.getvalue()


#: Paths of the parts in the order of the mail: 1.1 and 1.2 are its bodies.
FILES = {
    "1.3": ("案内.pdf", pdf()),
    "1.4": ("お知らせ.docx", word()),
    "1.5": ("写真.jpg", picture()),
    "1.6": ("まとめ.zip", archive()),
    "1.7": ("setup.exe", EXE),
    "1.8": ("locked.docx", word(password="x")),
    "1.9": ("locked.pdf", pdf(password="x")),
    "1.10": ("名簿.csv", "氏名,値\r\n山田,=1+1\r\n".encode("cp932")),
    "1.11": ("配置図.odg", drawing()),
}


def mail() -> bytes:
    written = EmailMessage(policy=SMTP)
    written["From"], written["To"], written["Subject"] = "a@example.com", "b@city.example.jp", "お知らせ\u200b"
    written["X-Secret"] = SECRET
    written.set_content("明日の会議は午前十時から行います。\u202e\n")
    page = (
        "<p>明日の会議は午前十時から行います。</p><p><a href='https://evil.example/'>詳細</a></p><script>x()</script>"
    )
    written.add_alternative(page, subtype="html")
    for name, data in FILES.values():
        written.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return written.as_bytes()


class Kept:
    """One mail in a store, cleaned, and a viewer beside it."""

    def __init__(self, store: Store, viewer: Viewer, item: Item) -> None:
        self.store = store
        self.viewer = viewer
        self.item = item

    async def pages(self, path: str, first: int = 1, count: int = 1, width: int = 400) -> View:
        return await self.viewer.pages(self.item, path, first, count, width, **PEOPLE)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def kept(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Kept]:
    folder = tmp_path_factory.mktemp("store")
    store = await Store.open(StoreSettings(url=f"sqlite:///{folder}/kiyome.db", blobs=str(folder / "blobs")))
    pool = Pool(1, budget=RULES.budget, items_before_recycling=1_000, seconds_before_recycling=3_600)
    await pool.start()
    try:
        yield Kept(store, Viewer(RULES, store, pool), await cleaned(store, pool))
    finally:
        await pool.stop()
        await store.close()


async def cleaned(store: Store, pool: Pool) -> Item:
    """As the worker does it."""
    spool = store.blobs.spool()
    spool.write(mail())
    (item_id,) = await store.accept((Draft(Channel.SMTP, "standard", items.envelope()),), spool)
    smith = Locksmith(items.settings(), RULES, store, pool, Stamp(items.settings(), b"key"), lambda: None)
    worker = Worker(items.settings(), RULES, store, pool, None, smith, owner="test", on_settled=lambda: None)
    (leased,) = await store.lease_for_cleaning("test", 1, 600)
    await worker._process(leased)
    item = await store.item(item_id)
    assert item is not None
    return item


def opened(view: View, number: int = 0) -> Image.Image:
    assert isinstance(view, Pages), view
    return Image.open(io.BytesIO(view.pages[number].png)).convert("RGB")


def has_ink(image: Image.Image) -> bool:
    return min(low for low, _ in image.getextrema()) < 100


async def test_header_fields(kept: Kept) -> None:
    found = await kept.viewer.headers(kept.item, **PEOPLE)
    assert isinstance(found, Headers)
    before, after = ({field.name: field.value for field in fields} for fields in (found.before, found.after))
    assert before["Subject"] == "お知らせ[U+200B]"
    assert after["Subject"] == "お知らせ"
    assert before["X-Secret"] == SECRET
    assert "X-Secret" not in after
    assert "X-Kiyome-Report" in after


async def test_words_and_their_difference(kept: Kept) -> None:
    found = await kept.viewer.texts(kept.item, **PEOPLE)
    assert isinstance(found, Texts)
    assert [words.path for words in found.before] == ["1.1", "1.2"]
    assert found.before[0].text == "明日の会議は午前十時から行います。[U+202E]\n"
    assert "詳細 <https://evil.example/>" in found.before[1].text
    assert "x()" in found.before[1].source
    assert "明日の会議は午前十時から行います。\n" in found.after
    changes = await kept.viewer.difference(kept.item, **PEOPLE)
    assert isinstance(changes, Difference)
    assert any(run.side is Side.SAME and "明日の会議は" in run.text for run in changes.runs)
    assert any(run.side is Side.ADDED and kept.item.id in run.text for run in changes.runs)


async def test_the_tree_is_that_of_the_report(kept: Kept) -> None:
    found = await kept.viewer.tree(kept.item, **PEOPLE)
    assert isinstance(found, Tree)
    assert kept.item.report is not None
    reported = [(part.path, part.detected_type, part.size_in) for part in kept.item.report.parts]
    assert [(part.path, part.detected_type, part.size) for part in found.parts] == reported


async def test_pages_of_a_pdf(kept: Kept) -> None:
    found = await kept.pages("1.3", 2, 5)
    assert isinstance(found, Pages)
    assert (found.total, [page.number for page in found.pages]) == (3, [2, 3])
    assert has_ink(opened(found))


@LIBREOFFICE
async def test_pages_of_a_word_file(kept: Kept) -> None:
    found = await kept.pages("1.4")
    assert has_ink(opened(found))
    assert opened(found).width == 400


@LIBREOFFICE
async def test_pages_of_a_drawing(kept: Kept) -> None:
    found = await kept.pages("1.11", 1, 5)
    assert isinstance(found, Pages)
    assert (found.type, found.total) == (ODG, 2)
    for number in range(2):
        assert has_ink(opened(found, number))


async def test_a_photograph(kept: Kept) -> None:
    found = await kept.pages("1.5")
    assert opened(found).size == (400, 200)
    assert isinstance(found, Pages)
    assert SECRET.encode() not in found.pages[0].png


@ARCHIVES
async def test_pages_of_a_pdf_inside_an_archive(kept: Kept) -> None:
    found = await kept.pages("1.6.1", 1, 5)
    assert isinstance(found, Pages)
    assert found.total == 2


async def test_a_table_and_a_body_are_drawn_as_words(kept: Kept) -> None:
    for path in ("1.10", "1.1", "1.2"):
        assert has_ink(opened(await kept.pages(path))), path


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("1.6", Why.NO_PICTURE),
        ("1.7", Why.NO_PICTURE),
        ("1.8", Why.ENCRYPTED),
        ("1.9", Why.ENCRYPTED),
        ("1.99", Why.NO_SUCH_PART),
    ],
)
async def test_what_has_no_picture_says_why(kept: Kept, path: str, why: Why) -> None:
    found = await kept.pages(path)
    assert isinstance(found, NoView)
    assert found.why is why
    assert SECRET not in found.detail


async def test_a_clean_file_is_the_one_of_the_clean_mail(kept: Kept) -> None:
    found = await kept.viewer.clean_part(kept.item, "1.3", **PEOPLE)
    assert isinstance(found, CleanPart)
    assert (found.name, found.type) == ("案内.pdf", "application/pdf")
    assert SECRET.encode() not in found.data
    assert found.data.startswith(b"%PDF")
    assert await kept.viewer.clean_part(kept.item, "1.7", **PEOPLE) == NoView(Why.NO_SUCH_PART)


async def test_every_look_is_in_the_chained_record(kept: Kept) -> None:
    await kept.viewer.headers(kept.item, **PEOPLE)
    await kept.pages("1.3", 2)
    rows = [row async for row in kept.store.audit_rows(kept.item.id) if row.action == "viewed"][-2:]
    assert [row.actor for row in rows] == ["user:hanako"] * 2
    details = [json.loads(row.detail) for row in rows]
    assert [detail["what"] for detail in details] == ["headers", "pages 2-2 of 1.3"]
    assert {detail["reason"] for detail in details} == {"asked by the recipient"}
    assert (await kept.store.verify_audit()).intact
