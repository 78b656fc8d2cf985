"""Drawings as a whole: bytes and charsets, pictures inside, links by the rules, bombs, drawn as a picture."""

import base64
import gzip
import io

import pytest
from PIL import Image

from sanitizers.budget import BudgetMeter, OverBudget
from sanitizers.detect import detect
from sanitizers.job import Role
from sanitizers.model import CannotSanitize, Threat
from sanitizers.rules import Budget, Links, Profile
from tests.unit.sanitizers.svg.drawings import (
    CLEAN_PICTURE,
    NAMESPACES,
    NotingJob,
    as_picture,
    drawing,
    rebuilt,
    svg_of,
)

LINK = "<a href='https://www.example.jp/x'><text>押す</text></a>"


def refused(data: str | bytes, job: NotingJob | None = None) -> CannotSanitize:
    with pytest.raises(CannotSanitize) as caught:
        rebuilt(data, job)
    return caught.value


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "shift_jis", "euc-jp", "iso-2022-jp"])
def test_charsets(codec: str) -> None:
    label = "UTF-16" if codec.startswith("utf-16") else codec.removesuffix("-sig")
    text = f'<?xml version="1.0" encoding="{label}"?><svg {NAMESPACES}><text>窓口案内</text></svg>'
    result = rebuilt(text.encode(codec))
    assert "窓口案内" in result.data.decode()
    assert result.data.startswith(b"<?xml version='1.0' encoding='utf-8'?>\n<svg ")


def test_a_compressed_drawing_comes_out_as_plain_one() -> None:
    plain = drawing("<text>字</text>")
    assert detect(gzip.compress(plain), "") == "image/svg+xml"
    assert rebuilt(gzip.compress(plain)).data == rebuilt(plain).data


def test_a_gzip_of_anything_else_is_no_drawing() -> None:
    assert detect(gzip.compress(b"%PDF-1.4 <svg"), "image/svg+xml") == "application/gzip"
    assert detect(b"\x1f\x8b\x08broken", "") == "application/gzip"


def test_a_compressed_bomb_is_stopped_while_it_grows() -> None:
    bomb = gzip.compress(f"<svg {NAMESPACES}>".encode() + b" " * 20_000_000)
    with pytest.raises(OverBudget):
        rebuilt(bomb)


@pytest.mark.parametrize("cut", [5, 30])
def test_a_compressed_drawing_that_ends_too_early_is_refused(cut: int) -> None:
    assert refused(gzip.compress(drawing("<g/>"))[:-cut]).threat is Threat.MALFORMED


def test_data_behind_a_compressed_drawing_is_left_behind() -> None:
    result = rebuilt(gzip.compress(drawing("")) + b"KIYOME")
    assert b"KIYOME" not in result.data
    assert Threat.HIDDEN_CONTENT in {found.threat for found in result.findings}


@pytest.mark.parametrize(
    "broken", ["<svg>", "<svg xmlns='http://www.w3.org/2000/svg'><g></svg>", "<svg x='1' x='2'/>", "<svg>&nope;</svg>"]
)
def test_what_is_not_well_formed_is_refused(broken: str) -> None:
    assert refused(broken.encode()).threat is Threat.MALFORMED


def test_other_xml_is_refused() -> None:
    assert refused(b"<html xmlns='http://www.w3.org/1999/xhtml'/>").threat is Threat.MALFORMED


def test_a_drawing_without_a_namespace_gets_one() -> None:
    assert b'<svg xmlns="http://www.w3.org/2000/svg"><g/></svg>' in rebuilt(b"<svg><g/></svg>").data


def test_plain_entities_are_written_out() -> None:
    doctype = '<!DOCTYPE svg PUBLIC "-//W3C" "x" [ <!ENTITY ns "http://www.w3.org/2000/svg"> <!ENTITY t "字&amp;"> ]>'
    kept = rebuilt(f'{doctype}<svg xmlns="&ns;"><text>&t;</text><!-- &t; --></svg>'.encode()).data.decode()
    assert "<text>字&amp;</text>" in kept
    assert "ENTITY" not in kept


def test_entities_from_elsewhere_become_nothing_and_are_dangerous() -> None:
    result = rebuilt(
        f'<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg {NAMESPACES}><text>a&x;b</text></svg>'.encode()
    )
    assert "<text>ab</text>" in result.data.decode()
    assert [found for found in result.findings if found.threat is Threat.EXTERNAL_REFERENCE]


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE svg [<!ENTITY a "x"><!ENTITY b "&a;&a;">]>',
        '<!DOCTYPE svg [<!ENTITY b "<script/>">]>',
        '<!DOCTYPE svg [<!ENTITY b "' + "x" * 60_000 + '">]>',
    ],
)
def test_entities_that_grow_or_hold_markup_are_refused(doctype: str) -> None:
    assert refused(f"{doctype}<svg {NAMESPACES}><text>&b;&b;</text></svg>".encode()).threat is Threat.LIMIT_EXCEEDED


def test_a_reference_in_cdata_is_text() -> None:
    text = f'<!DOCTYPE svg [<!ENTITY a "x">]><svg {NAMESPACES}><text><![CDATA[&a;]]></text></svg>'
    assert "<text>&amp;a;</text>" in rebuilt(text.encode()).data.decode()


def test_pictures_inside_go_through_a_child_and_come_back_clean() -> None:
    job = NotingJob()
    address = "data:image/png;base64," + base64.b64encode(b"\x89PNG dirty").decode()
    kept = rebuilt(f'<image href="{address}" width="4"/><image xlink:href="{address}"/>', job).data.decode()
    assert job.children == [("image/png", b"\x89PNG dirty", Role.SHOWN)]  # equal ones once
    assert kept.count(f"data:image/png;base64,{base64.b64encode(CLEAN_PICTURE).decode()}") == 2
    assert "dirty" not in kept


def test_a_picture_that_cannot_be_cleaned_goes() -> None:
    result = rebuilt('<image href="data:image/gif;base64,R0lG"/>')
    assert "image" not in result.data.decode().replace("image/svg", "")
    assert Threat.EMBEDDED_OBJECT in {found.threat for found in result.findings}


@pytest.mark.parametrize(("links", "stays"), [(Links.KEPT, True), (Links.DEFANGED, False), (Links.REMOVED, False)])
def test_links_by_the_rules(links: Links, stays: bool) -> None:
    kept = svg_of(LINK, links)
    assert ("https://www.example.jp/x" in kept) is stays
    assert "押す" in kept


def test_too_many_elements_are_refused_before_they_are_a_tree() -> None:
    assert refused("<g/>" * 1_000_001).threat is Threat.LIMIT_EXCEEDED


def fanned_out(kind: str, depth: int) -> str:
    layers = {
        "use": lambda n: f"<g id='i{n}'>" + f"<use href='#i{n - 1}'/>" * 10 + "</g>",
        "pattern": lambda n: f"<pattern id='i{n}'>" + f"<rect fill='url(#i{n - 1})'/>" * 10 + "</pattern>",
        "mask": lambda n: f"<mask id='i{n}'>" + f"<rect style='mask:url(#i{n - 1})'/>" * 10 + "</mask>",
        "class": lambda n: (
            f"<style>.c{n}{{fill:url(#i{n - 1})}}</style><pattern id='i{n}'>" + f"<g class='c{n}'/>" * 10 + "</pattern>"
        ),
    }
    return "<g id='i0'/>" + "".join(layers[kind](n) for n in range(1, depth)) + f"<use href='#i{depth - 1}'/>"


@pytest.mark.parametrize("kind", ["use", "pattern", "mask", "class"])
def test_references_that_multiply_are_refused(kind: str) -> None:
    assert refused(fanned_out(kind, 9)).threat is Threat.LIMIT_EXCEEDED
    assert rebuilt(fanned_out(kind, 4)).findings == ()


def test_a_long_chain_of_references_is_refused() -> None:
    chain = "<g id='i0'></g>" + "".join(f"<g id='i{n}'><use href='#i{n - 1}'/></g>" for n in range(1, 200))
    backwards = "".join(f"{link}</g>" for link in reversed(chain.split("</g>")[:-1]))
    assert refused(chain).threat is Threat.LIMIT_EXCEEDED
    assert refused(backwards).threat is Threat.LIMIT_EXCEEDED


@pytest.mark.parametrize(
    "circle",
    [
        "<g id='a'><use href='#a'/></g>",
        "<g id='a'><use href='#b'/></g><g id='b'><use href='#a'/></g>",
        "<pattern id='a'><rect fill='url(#a)'/></pattern>",
        "<linearGradient id='a' href='#b'/><linearGradient id='b' href='#a'/>",
        "<mask id='a' mask='url(#a)'/>",
        "<style>.a{fill:url(#p)}</style><pattern id='p'><rect class='a'/></pattern>",
        "<g id='o'><g id='i'/></g><use id='u' href='#o'/><g><use href='#u'/></g><clipPath id='c' clip-path='url(#c)'/>",
    ],
)
def test_references_that_come_back_to_themselves_are_cut(circle: str) -> None:
    result = rebuilt(circle)
    assert Threat.LIMIT_EXCEEDED in {found.threat for found in result.findings}
    assert rebuilt(result.data).findings == ()


def test_a_style_sheet_that_comes_back_to_itself_is_refused() -> None:
    circle = "<style>rect{fill:url(#p)}</style><pattern id='p'><rect/></pattern>"
    assert refused(circle).threat is Threat.LIMIT_EXCEEDED


def test_drawn_as_a_picture() -> None:
    job = as_picture()
    result = rebuilt("<rect width='100' height='50' fill='#c00'/><script>x</script>", job)
    assert result.type == "image/png"
    assert result.name == "a.svg"
    assert Threat.ACTIVE_CONTENT in {found.threat for found in result.findings}
    with Image.open(io.BytesIO(result.data)) as picture:
        assert picture.size == (200, 100)
        assert picture.convert("RGB").getpixel((100, 50)) == (204, 0, 0)
    assert job.budget.pixels == 20_000


@pytest.mark.parametrize(
    ("root", "size"),
    [
        ('width="10cm" height="5cm"', (756, 378)),
        ('viewBox="0 0 300 100"', (600, 200)),
        ('width="50%" viewBox="0 0 40 20"', (80, 40)),
        ('width="90000" height="45000"', (2000, 1000)),
        ('width="-5" height="1e99" viewBox="nonsense"', (300, 2000)),
        ("", (600, 300)),
    ],
)
def test_sizes_of_pictures_are_in_bounds(root: str, size: tuple[int, int]) -> None:
    result = rebuilt(f"<svg {NAMESPACES} {root}><g/></svg>".encode(), as_picture())
    with Image.open(io.BytesIO(result.data)) as picture:
        assert max(picture.size) <= 2000
        if "1e99" not in root:
            assert picture.size == size


def test_pixels_are_counted_before_drawing() -> None:
    job = as_picture()
    job.budget = BudgetMeter(Budget(pixels=100))
    with pytest.raises(OverBudget):
        rebuilt("<g/>", job)


@pytest.mark.parametrize("family", ['font-family="ＭＳ 明朝"', "style=\"font-family:'Nowhere'\"", ""])
def test_text_is_drawn_whatever_its_font(family: str) -> None:
    without = rebuilt("<text/>", as_picture()).data
    drawn = rebuilt(f'<text x="10" y="30" {family}>窓口</text>', as_picture()).data
    assert len(drawn) > len(without)


def test_names_stay_and_the_profile_is_asked() -> None:
    assert rebuilt("<g/>", NotingJob(Profile())).name == "a.svg"
