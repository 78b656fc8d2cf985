"""Pages made to exhaust: each ends quickly, read or refused, and never by recursion."""

import pytest

from sanitizers.formats.html import html_to_text
from sanitizers.markup.bombs import refuse_bombs
from sanitizers.model import CannotSanitize, Threat
from sanitizers.rules import Links

REFUSED = {
    "deep divisions": "<div>" * 90_000,
    "deep divisions behind end tags in comments": "<div><!--</div>-->" * 20_000,
    "deep divisions behind end tags in values": "<div title='</div>'>" * 20_000,
    "deep divisions behind end tags out of scope": "<div><object></div></object>" * 20_000,
    "too many elements": "<p>" * 100_001,
    "too many signs": "<" * 1_000_000,
    "too many attributes": "<p " + " ".join(f"a{number}" for number in range(100_000)) + ">",
    "too many attributes without blanks": "<p " + "".join(f"a{number}='1'" for number in range(100_000)) + ">",
    "formatting opened again and again": "".join(f"<font x={number}><p>" for number in range(3_000)),
    "formatting left open": "".join(f"<b x={number}>" for number in range(1_500)) + "<p>x" * 50_000,
    "too many style rules": "<style>" + "p{color:red}" * 2_001 + "</style>",
    "too much style": "<style>" + " " * 1_000_001 + "</style>",
    "styles that cost too much": (
        f"<style>{''.join(f'div div .c{number} .x{{color:red}}' for number in range(1_900))}</style>"
        + "<div class=x>" * 1_500
    ),
    "too long": "x" * 20_000_001,
}


@pytest.mark.parametrize("name", REFUSED)
def test_bomb_is_refused(name: str) -> None:
    with pytest.raises(CannotSanitize) as refused:
        html_to_text(REFUSED[name], Links.KEPT)
    assert refused.value.threat is Threat.LIMIT_EXCEEDED
    assert refused.value.detail


READ = {
    "many divisions": ("<div>x</div>" * 50_000, 50_000),
    "divisions as deep as allowed": ("<div>x" * 1_900, 1_900),
    "tables in tables": ("<table><tr><td>x" * 600, 600),
    "quotes in quotes": ("<blockquote>x<br>" * 1_900, 1_900),
    "lists in lists": ("<ul><li>x" * 900, 900),
    "cells that span everything": ("<table border=1>" + "<tr><td rowspan=9999 colspan=9999>x" * 20_000, 20_000),
    "a long table without end tags": ("<table border=1>" + "<tr><td>x<td>y" * 20_000, 20_000),
    "many options": ("<select>" + "<option>x" * 50_000, 50_000),
    "a huge attribute": ("<p title='" + "x" * 5_000_000 + "'>x", 1),
    "a huge style": ("<p style='" + "color:red;" * 200_000 + "'>x", 1),
    "a style of blanks": ("<p style='color" + " " * 1_000_000 + "!'>x", 1),
    "quotes in a style sheet": ("<style>" + "'\"" * 100_000 + "</style>x", 1),
    "braces in a style sheet": ("<style>" + "{" * 200_000 + "</style>x", 1),
    "blanks": (" " * 2_000_000 + "x", 1),
    "blanks between Japanese lines": ("あ" + " " * 500_000 + "\n" + " " * 500_000 + "x", 1),
    "line breaks": ("<br>" * 90_000 + "x", 1),
    "a long reversed list": ("<ol reversed>" + "<li>x" * 40_000, 40_000),
    "links in links": ("<a href=https://www.example.jp/>x" * 5_000, 5_000),
    "comments": ("<!--" * 50_000 + "-->x", 1),
}


@pytest.mark.parametrize("name", READ)
def test_exhausting_page_is_read_whole(name: str) -> None:
    page, words = READ[name]
    text, _ = html_to_text(page, Links.KEPT)
    assert text.replace("example", "").count("x") == words
    assert len(text) < 10_000_000


def test_a_careless_but_harmless_page_is_no_bomb() -> None:
    row = "<tr><td>x<td><b>y</b><td><font color=red>z</font>\n"
    refuse_bombs("<table>" + row * 8_000 + "</table>" + "<p>a<br>" * 8_000 + "<ul>" + "<li>a" * 8_000)
    refuse_bombs(("<div><p><b>x</b><p>y<font size=2>z" + "</div>") * 4_000)
