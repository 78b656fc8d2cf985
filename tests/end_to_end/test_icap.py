"""Real peers, c-icap-client and Squid: clean files pass, harmful ones come back clean, or a page in their place."""

import http.client
import io
import json
import re
import shutil
import subprocess
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.store.conftest import server
from tests.servers import squid
from tests.servers.gateway import ROOT, Gateway
from tests.servers.origin import Origin
from tests.servers.ports import free_port, wait_until_listening
from tests.servers.squid import Squid

CLIENT = shutil.which("c-icap-client")
SETTINGS = """
[icap]
port = {port}
allowed_networks = ["127.0.0.1/32"]
owner = "proxy@city.example.lg.jp"
pass_types = ["text/html", "text/javascript"]
max_bytes = 3000000
"""
DOCM = (ROOT / "samples/ooxml/opc-vba-signature.docm").read_bytes()
PDF = (ROOT / "samples/pdf/names-javascript.pdf").read_bytes()
UNKNOWN = (ROOT / "samples/blocked/unknown.xbd").read_bytes()
PAGE = "<!DOCTYPE html>\n<html><head><script>go()</script></head><body><p>お知らせ</p></body></html>\n".encode()
PATIENCE = 60.0
WORDS = b"plain words, nothing else\n" * 400  # longer than a preview

__all__ = ["server"]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def icap() -> int:
    return free_port()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def kiyome(icap: int, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Gateway]:
    folder = tmp_path_factory.mktemp("kiyome")
    store = "" if request.param == "sqlite" else request.getfixturevalue("server").new_database()
    with Gateway(folder, free_port(), extra=SETTINGS.format(port=icap), store=store) as gateway:
        wait_until_listening(icap)
        yield gateway


@pytest.fixture(scope="module")
def origin() -> Iterator[Origin]:
    with Origin() as server:
        server.files = {
            "/index.html": ("text/html", PAGE),
            "/notes.txt": ("text/plain", WORDS),
            "/notice.docm": ("application/vnd.ms-word.document.macroEnabled.12", DOCM),
            "/notice.pdf": ("application/pdf", PDF),
            "/tool.bin": ("application/octet-stream", UNKNOWN),
            "/page.hta": ("application/hta", PAGE),
            "/large.txt": ("text/plain", b"large words\n" * 300_000),
            "/small.txt": ("text/plain", b"small\n"),
        }
        yield server


@pytest.fixture(scope="module")
def proxy(kiyome: Gateway, icap: int) -> Iterator[Squid]:
    del kiyome  # only runs
    if squid.missing():
        pytest.skip(squid.missing())
    with Squid(icap) as running:
        yield running


Got = tuple[int, http.client.HTTPMessage, bytes]


def fetch(proxy: Squid, url: str, body: bytes | None = None, **fields: str) -> Got:
    connection = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=300)
    try:
        connection.request(
            "GET" if body is None else "PUT", url, body, {k.replace("_", "-"): v for k, v in fields.items()}
        )
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def members(document: bytes) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(document)) as opened:
        return opened.namelist()


def test_a_clean_page_passes_through_squid(proxy: Squid, origin: Origin) -> None:
    status, fields, body = fetch(proxy, origin.url("/index.html"))
    assert (status, body) == (200, PAGE)
    assert fields["ETag"] == '"1"'  # the same message


def test_a_text_that_does_not_change_passes_through_squid(proxy: Squid, origin: Origin) -> None:
    for path, words in (("/notes.txt", WORDS), ("/small.txt", b"small\n")):
        assert fetch(proxy, origin.url(path))[::2] == (200, words)


def test_a_document_with_macros_comes_back_without_them(proxy: Squid, origin: Origin) -> None:
    assert any("vba" in name.lower() for name in members(DOCM))
    status, fields, body = fetch(proxy, origin.url("/notice.docm"))
    assert status == 200
    assert not [name for name in members(body) if "vba" in name.lower()]
    assert fields["Content-Disposition"] == 'attachment; filename="notice.docx"'
    assert fields["Content-Type"] == "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    assert int(fields["Content-Length"]) == len(body)
    assert "ETag" not in fields


def test_a_pdf_with_javascript_comes_back_without_it(proxy: Squid, origin: Origin) -> None:
    status, fields, body = fetch(proxy, origin.url("/notice.pdf"))
    assert (status, fields["Content-Type"]) == (200, "application/pdf")
    assert body.startswith(b"%PDF-")
    assert b"KIYOME-HARM" in PDF
    assert b"KIYOME-HARM" not in body
    assert b"JavaScript" not in body


@pytest.mark.parametrize(
    ("language", "heading"), [("ja", "このファイルはお渡しできません"), ("en", "This file was blocked")]
)
@pytest.mark.parametrize("path", ["/tool.bin"])
def test_what_nobody_knows_is_a_page_in_the_readers_language(
    proxy: Squid, origin: Origin, language: str, heading: str, path: str
) -> None:
    status, _, body = fetch(proxy, origin.url(path), Accept_Language=language)
    assert status == 403
    assert heading in body.decode()
    assert re.search(r"\d{8}-[0-9A-Z]{4}-[0-9A-Z]{4}", body.decode())
    assert UNKNOWN not in body


def test_a_page_that_calls_itself_a_program_does_not_pass(proxy: Squid, origin: Origin) -> None:
    assert b"go()" not in fetch(proxy, origin.url("/page.hta"))[2]


def test_what_is_too_large_is_a_page(proxy: Squid, origin: Origin) -> None:
    status, _, body = fetch(proxy, origin.url("/large.txt"), Accept_Language="en")
    assert status == 403
    assert b"too large" in body


def test_an_upload_reaches_the_server_clean_or_not_at_all(proxy: Squid, origin: Origin) -> None:
    assert fetch(proxy, origin.url("/in/a.pdf"), PDF, Content_Type="application/pdf")[0] == 200
    content_type, body = origin.uploads["/in/a.pdf"]
    assert (content_type, b"KIYOME-HARM" in body) == ("application/pdf", False)
    assert fetch(proxy, origin.url("/in/b.bin"), UNKNOWN, Content_Type="application/x-thing")[0] == 403
    form = "multipart/form-data; boundary=x"
    assert fetch(proxy, origin.url("/in/c"), b"--x\r\n\r\n--x--\r\n", Content_Type=form)[0] == 403
    assert set(origin.uploads) == {"/in/a.pdf"}


def test_each_is_an_item_with_its_record(kiyome: Gateway, proxy: Squid, origin: Origin) -> None:
    fetch(proxy, origin.url("/notice.pdf"))
    found = kiyome.command("items", "list", "--json")
    assert found.returncode == 0, found.stderr
    assert "notice.pdf" in found.stdout
    item = re.search(r'"id": ?"([0-9A-Z-]+)"', found.stdout)
    assert item is not None
    until = time.monotonic() + PATIENCE  # it is put on record once the peer has it all
    while "answered: cleaned (127.0.0.1" not in (rows := kiyome.command("audit", "export").stdout):
        assert time.monotonic() < until, rows
    assert "handed_over" in rows
    assert kiyome.command("audit", "verify").returncode == 0


def test_what_was_released_is_there_at_the_next_try(kiyome: Gateway, proxy: Squid, origin: Origin) -> None:
    origin.files["/own.bin"] = ("application/octet-stream", UNKNOWN + b"own")
    page = fetch(proxy, origin.url("/own.bin"))[2].decode()
    item = re.search(r"\d{8}-[0-9A-Z]{4}-[0-9A-Z]{4}", page)
    assert item is not None
    done = kiyome.command("items", "release", item[0], "--original", "--reason", "known program")
    assert done.returncode == 0, done.stdout + done.stderr
    assert fetch(proxy, origin.url("/own.bin"))[::2] == (200, UNKNOWN + b"own")


def test_the_doctor_knows_of_it(kiyome: Gateway, icap: int) -> None:
    found = json.loads(kiyome.command("doctor", "--json").stdout)
    (check,) = [each for each in found["checks"] if each["name_en"] == "ICAP"]
    assert (check["status"], f":{icap}: ICAP/1.0 200 OK" in check["detail"]) == ("ok", True), check


def test_squid_keeps_its_connections_and_uses_previews(kiyome: Gateway, proxy: Squid, origin: Origin) -> None:
    until = time.monotonic() + PATIENCE  # Squid opens another connection when the last answer is not quite over yet
    most = 0
    while most < 5:
        assert time.monotonic() < until, kiyome.log()
        assert fetch(proxy, origin.url("/small.txt"))[0] == 200
        log = kiyome.log()
        most = max(map(int, re.findall(r"icap client=.* request=(\d+) method=RESPMOD preview=\d+ ", log)), default=0)
    assert not [line for line in log.splitlines() if "icap client=" in line and "refused" in line], log


@pytest.mark.skipif(CLIENT is None, reason="c-icap-client is not installed (Debian package c-icap)")
class TestClient:
    """c-icap-client, as an administrator tries it by hand."""

    def ask(self, icap: int, folder: Path, data: bytes, name: str, *words: str) -> tuple[str, bytes | None]:
        source, result = folder / name, folder / "result"
        source.write_bytes(data)
        asked = ["-i", "127.0.0.1", "-p", str(icap), "-s", "respmod", "-resp", f"http://files.example/{name}"]
        command = [str(CLIENT), *asked, "-f", str(source), "-o", str(result), "-v", *words]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        return done.stdout + done.stderr, result.read_bytes() if result.exists() else None

    def test_options(self, kiyome: Gateway, icap: int) -> None:
        del kiyome
        done = subprocess.run(
            [str(CLIENT), "-i", "127.0.0.1", "-p", str(icap), "-s", "respmod"],
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        said = done.stdout + done.stderr
        assert "Allow 204: Yes" in said
        assert "Preview: 4096" in said

    @pytest.mark.parametrize("words", [(), ("-nopreview",), ("-w", "16")])
    def test_204(self, kiyome: Gateway, icap: int, tmp_path: Path, words: tuple[str, ...]) -> None:
        del kiyome
        said, result = self.ask(icap, tmp_path, WORDS, "a.txt", *words)
        assert "ICAP/1.0 204" in said
        assert not result

    def test_the_same_again_without_204(self, kiyome: Gateway, icap: int, tmp_path: Path) -> None:
        del kiyome
        said, result = self.ask(icap, tmp_path, WORDS, "a.txt", "-no204")
        assert "ICAP/1.0 200" in said
        assert result == WORDS

    def test_a_document_with_macros(self, kiyome: Gateway, icap: int, tmp_path: Path) -> None:
        del kiyome
        said, result = self.ask(icap, tmp_path, DOCM, "a.docm")
        assert "ICAP/1.0 200" in said
        assert result is not None
        assert not [name for name in members(result) if "vba" in name.lower()]

    def test_what_nobody_knows(self, kiyome: Gateway, icap: int, tmp_path: Path) -> None:
        del kiyome
        said, result = self.ask(icap, tmp_path, UNKNOWN, "a.bin", "-hx", "Accept-Language: en")
        assert "403 Forbidden" in said
        assert result is not None
        assert "This file was blocked" in result.decode()
