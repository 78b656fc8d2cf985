"""Pages beside the text they must become: every structure that a reader relies on."""

from pathlib import Path

import pytest

from sanitizers.formats.text import PlainText
from sanitizers.model import File
from tests.unit.sanitizers.html.reading_html import LoneJob, rebuilt

GOLDEN = Path(__file__).parents[3] / "golden" / "html"
PAGES = sorted(GOLDEN.glob("*.html"))


def test_there_are_pages() -> None:
    assert len(PAGES) >= 18


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_page_becomes_its_text(page: Path) -> None:
    assert rebuilt(page.read_bytes()).data.decode() == page.with_suffix(".txt").read_text()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_text_is_clean_when_read_again(page: Path) -> None:
    once = rebuilt(page.read_bytes())
    again = PlainText().rebuild(File("", "text/plain; charset=utf-8", "text/plain", once.data), LoneJob())
    assert again.findings == ()
    assert again.data.decode().split() == once.data.decode().split()
