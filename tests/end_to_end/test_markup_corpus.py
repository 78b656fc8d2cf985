"""Collections of attacks by drawing and by page: in none is anything active left, for three other readers."""

import html.parser
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import lxml.html
import pytest
from selectolax.lexbor import LexborHTMLParser

from sanitizers.engine import clean
from sanitizers.model import Cleaned, DnsAnswer, Notice
from sanitizers.rules import Budget, Kind, OwnChild, Profile, Task

PAYLOAD = re.compile(r'"payload":\s*("(?:[^"\\]|\\.)*")')
DRAWINGS = ("allanlw+svg-cheatsheet/blocks/*.svg", "cloudflare+svg-hush/tests/*.xml", "google+magika/**/*.svg")
PAGES = ("pypi+bleach/tests/data/*.test", "html5lib+html5lib-tests/**/*.dat", "pypi+lxml_html_clean/tests/*.txt")
ACTIVE = """
    script iframe frame object embed applet link base form input button select textarea template noscript svg math
    foreignobject animate set animatemotion animatetransform handler feimage audio video source portal
"""
ACTIVE_NAMES = frozenset(ACTIVE.split())
ADDRESSES = frozenset({"href", "src", "action", "formaction", "data", "background", "srcset", "poster", "ping"})
HARMLESS = re.compile(r"#|https?://|mailto:|data:image/(?:png|jpeg|gif|webp|svg\+xml);base64,")


class Tags(html.parser.HTMLParser):
    """Every tag with its attributes, and all text, as the standard library reads a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[tuple[str, str], ...]]] = []
        self.text: list[str] = []
        self.others: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(sorted((name, value or "") for name, value in attrs))))

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def handle_comment(self, data: str) -> None:
        self.others.append(data)

    def handle_pi(self, data: str) -> None:
        self.others.append(data)


def cleaned(name: str, data: bytes) -> Cleaned:
    notice = Notice("20261121-TEST-0001", ())
    task = Task(notice.item, Kind.FILE, name, Profile(own_child=OwnChild.NEVER), Budget(), notice)
    result = clean(task, data, lambda _name, _type: DnsAnswer("absent"))
    assert result is not None
    return result


def vectors(corpus: Path) -> Iterator[tuple[str, bytes]]:
    source = (corpus / "cure53+DOMPurify" / "test" / "fixtures" / "expect.mjs").read_text(encoding="utf-8")
    for number, found in enumerate(PAYLOAD.finditer(source)):
        yield f"DOMPurify {number}", b"<!DOCTYPE html><html><body>" + json.loads(found[1]).encode("utf-8", "replace")
    for pattern in PAGES:
        for path in sorted(corpus.glob(pattern)):
            yield path.name, b"<!DOCTYPE html><html><body>" + path.read_bytes()


def assert_nothing_active(name: str, page: bytes) -> Tags:
    tags = Tags()
    tags.feed(page.decode("utf-8"))
    tags.close()
    assert not tags.others, name
    for tag, attributes in tags.tags:
        assert tag not in ACTIVE_NAMES, (name, tag)
        for attribute, value in attributes:
            assert not attribute.startswith("on"), (name, attribute)
            assert attribute not in ADDRESSES or HARMLESS.match(value), (name, attribute, value)
            assert attribute != "style" or "url(" not in value.replace("url(#", ""), (name, value)
    return tags


def by_lexbor(page: bytes) -> Counter[tuple[str, tuple[tuple[str, str], ...]]]:
    root = LexborHTMLParser(page).root
    assert root is not None
    found = [root, *root.css("*")]
    elements = {node.mem_id: node for node in found}.values()
    return Counter(
        (node.tag or "", tuple(sorted((n, v or "") for n, v in node.attributes.items()))) for node in elements
    )


def by_lxml(page: bytes) -> Counter[tuple[str, tuple[tuple[str, str], ...]]]:
    root = lxml.html.document_fromstring(page, parser=lxml.html.HTMLParser(encoding="utf-8"))
    return Counter(
        (element.tag, tuple(sorted(element.attrib.items()))) for element in root.iter() if isinstance(element.tag, str)
    )


def test_pages_hold_nothing_active_and_are_read_alike_by_three_parsers(corpus: Path) -> None:
    count = 0
    for name, data in vectors(corpus):
        result = cleaned("a.html", data)
        if result.data is None:
            continue
        assert result.type == "text/html", name
        count += 1
        seen = Counter(assert_nothing_active(name, result.data).tags)
        assert seen == by_lexbor(result.data), name
        # lxml (libxml2) knows no elements newer than HTML 4 but reads their tags; it repairs nothing of ours.
        assert seen == by_lxml(result.data), name
        again = cleaned("a.html", result.data)
        assert again.data == result.data, name
        assert not [found for part in again.report.parts for found in part.findings], name
    assert count > 200


def test_drawings_hold_nothing_active(corpus: Path) -> None:
    count = 0
    for pattern in DRAWINGS:
        for path in sorted(corpus.glob(pattern)):
            result = cleaned("a.svg", path.read_bytes())
            if result.data is None:
                continue
            count += 1
            tags = Tags()  # as an HTML parser would read it, when somebody puts it into a page
            tags.feed(result.data.decode("utf-8").partition("?>")[2])
            tags.close()
            for tag, attributes in tags.tags:
                assert tag == "svg" or tag not in ACTIVE_NAMES, path
                for attribute, value in attributes:
                    assert not attribute.startswith("on"), path
                    assert "href" not in attribute or HARMLESS.match(value), path
                    assert "url(" not in value.replace("url(#", ""), path
            again = cleaned("a.svg", result.data)
            assert again.data == result.data, path
    assert count > 8


@pytest.mark.parametrize("kind", ["svg", "html"])
def test_real_files_of_the_corpus_go_through(corpus: Path, kind: str) -> None:
    ending = {"svg": ("*.svg",), "html": ("*.htm", "*.html", "*.xhtml")}[kind]
    blocked = []
    paths = [path for pattern in ending for path in sorted(corpus.rglob(pattern))]
    for path in paths:
        result = cleaned(path.name, path.read_bytes())
        if result.data is None:
            blocked.append((path.name, result.report.parts[0].findings[-1].detail))
    assert len(blocked) * 10 <= len(paths), blocked
