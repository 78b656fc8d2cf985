"""The manual and the guides as the gateway serves them."""

import re
from pathlib import Path
from urllib.parse import unquote

import pytest

from gateway.access.rights import Role
from gateway.web.reading.documents import GUIDES, documents_folder, read_document
from gateway.web.wording import LANGUAGES
from tests.unit.web.api.conftest import migrated, world
from tests.unit.web.api.world import NOBODY, World

__all__ = ["migrated", "world"]

#: What somebody types who wants another file.
TRICKS = (
    "../manual.ja.md",
    "..%2fmanual.ja.md",
    "%2e%2e/manual.ja.md",
    "%2e%2e%2fmanual.ja.md",
    "..%5cmanual.ja.md",
    "overview.ja.png%00.md",
    "%2fetc%2fpasswd",
    "nothing.png",
)


def folder() -> Path:
    found = documents_folder()
    assert found is not None
    return found


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("role", Role)
async def test_everybody_who_is_signed_in_reads_it_in_their_language(world: World, role: Role, language: str) -> None:
    answer = await world.ask(await world.person("somebody", role), "GET", f"/manual?lang={language}")
    assert answer.status_code == 200
    title = re.search(r"(?m)^# (.+)$", (folder() / f"manual.{language}.md").read_text())
    assert title
    assert title[1] in answer.text
    assert '<a href="/manual">' in answer.text


@pytest.mark.parametrize("path", ["/manual", "/manual/api", "/manual/pictures/overview.ja.png", "/manual/pictures/x"])
async def test_a_stranger_is_sent_to_sign_in(world: World, path: str) -> None:
    answer = await world.ask(NOBODY, "GET", path)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in")


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_picture_and_every_link_of_the_manual_leads_somewhere(world: World, language: str) -> None:
    reader = await world.person("reader", Role.USER)
    page = (await world.ask(reader, "GET", f"/manual?lang={language}")).text
    article = page.partition("<article")[2]
    pictures = re.findall(r'<img src="([^"]+)" alt="([^"]+)" width="1280" height="\d+"', article)
    assert len(pictures) == article.count("<img") > 20
    for source, _ in pictures:
        answer = await world.ask(reader, "GET", source)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png"), source
    for target in set(re.findall(r'href="([^"]+)"', page)) - {"?lang=en", "?lang=ja"}:
        path, _, anchor = unquote(target).partition("#")
        if anchor and not path:
            assert f'id="{anchor}"' in page, target
        elif path.startswith("/manual"):
            answer = await world.ask(reader, "GET", path)
            assert answer.status_code == 200, target
            assert f'id="{anchor}"' in answer.text or not anchor, target


@pytest.mark.parametrize("name", GUIDES)
async def test_every_guide_is_shown(world: World, name: str) -> None:
    answer = await world.ask(await world.person("reader", Role.AUDITOR), "GET", f"/manual/{name}")
    assert answer.status_code == 200
    assert answer.text.count("<h1") == 1
    assert '<article lang="en">' in answer.text


async def test_the_api_guide_and_the_description_of_the_api_lead_to_each_other(world: World) -> None:
    reader = await world.person("reader", Role.OPERATOR)
    assert 'href="/api/v1/docs"' in (await world.ask(reader, "GET", "/manual/api")).text
    assert 'href="/manual/api"' in (await world.ask(reader, "GET", "/api/v1/docs")).text


@pytest.mark.parametrize("trick", TRICKS)
@pytest.mark.parametrize("base", ["/manual/pictures/", "/manual/"])
async def test_no_other_file_is_reached(world: World, base: str, trick: str) -> None:
    answer = await world.ask(await world.person("reader", Role.ADMINISTRATOR), "GET", base + trick)
    assert answer.status_code in {404, 422}
    assert "Kiyome's pages:" not in answer.text


@pytest.mark.parametrize(
    "name", ["manual", "manual.ja", "manual.ja.md", "design", "threat-model", "decisions", "API", ""]
)
async def test_what_is_not_in_the_table_is_not_shown(world: World, name: str) -> None:
    answer = await world.ask(await world.person("reader", Role.ADMINISTRATOR), "GET", f"/manual/{name}")
    assert answer.status_code == 404


def test_html_in_a_document_stays_words(tmp_path: Path) -> None:
    text = "# <b>a</b>\n\n<script>alert(1)</script>\n\n[x](javascript:alert(1)) `<i>`\n\n```html\n<u>\n```\n\n    <s>\n"
    (tmp_path / "x.md").write_text(text)
    html = read_document(tmp_path, "x.md", str).html
    assert not re.search(r"<(?:b|script|i|u|s)>", html)
    assert "javascript:" not in "".join(re.findall(r'href="[^"]*"', html))


def test_a_link_to_a_file_that_is_not_shown_is_words(tmp_path: Path) -> None:
    (tmp_path / "x.md").write_text("# A\n\n[design](design.md) and [the API](api.md#b) and [this](#a)\n")
    html = read_document(tmp_path, "x.md", str).html
    assert "<span>design</span>" in html
    assert '<a href="/manual/api#b">the API</a>' in html
    assert '<a href="#a">this</a>' in html


def test_a_picture_is_where_it_is_said_to_be_and_has_its_size(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    size = b"\x00\x00\x01\x00\x00\x00\x02\x00"
    (tmp_path / "pictures" / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"\x00\x00\x00\x0dIHDR" + size)
    (tmp_path / "x.md").write_text("# A\n\n![what it shows](pictures/a.png)\n")
    html = read_document(tmp_path, "x.md", lambda name: f"/there/{name}").html
    assert 'src="/there/a.png"' in html
    assert 'alt="what it shows"' in html
    assert 'width="256" height="512"' in html


def test_headings_have_the_anchors_that_other_viewers_give_them(tmp_path: Path) -> None:
    (tmp_path / "x.md").write_text("# One\n\n## Try it: `a_b` (twice)\n\n## 2. サインインする\n\n## One\n")
    document = read_document(tmp_path, "x.md", str)
    assert [each.anchor for each in document.contents] == ["try-it-a_b-twice", "2-サインインする", "one-1"]
    assert document.title == "One"


def test_the_documents_are_in_the_package() -> None:
    """What the wheel brings, and what the image is built from."""
    root = Path(__file__).resolve().parents[3]
    assert '"docs" = "share/kiyome/docs"' in (root / "pyproject.toml").read_text()
    assert "COPY docs docs" in (root / "Dockerfile").read_text()
    assert "!docs" in (root / ".dockerignore").read_text().splitlines()
