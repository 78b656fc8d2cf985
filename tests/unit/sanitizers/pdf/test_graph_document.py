"""The document as a whole: what is told of it, passwords, pictures as a way out, the structure for screen readers."""

import io
import subprocess
import sys
import time
from pathlib import Path

import pikepdf
import pytest

from sanitizers.budget import OverBudget
from sanitizers.model import CannotSanitize, Threat
from sanitizers.rules import Budget, Profile
from sanitizers.rules import Pdf as PdfRule
from tests.unit.sanitizers.pdf.graph_documents import details, document, everything, opened, rebuilt, stream, words

ROOT = Path(__file__).resolve().parents[4]


def encrypted(user: str) -> bytes:
    with opened(document()) as plain:
        out = io.BytesIO()
        plain.save(out, encryption=pikepdf.Encryption(owner="owner", user=user))
    return out.getvalue()


def test_a_plain_document_has_nothing_to_report() -> None:
    assert not rebuilt(document("/Lang(ja-JP)/PageLayout/TwoPageRight/ViewerPreferences<</Direction/R2L>>")).findings


def test_how_to_read_it_is_carried() -> None:
    data = document("/Lang(ja-JP)/PageMode/UseOutlines/ViewerPreferences<</Direction/R2L/HideToolbar true>>")
    with opened(rebuilt(data).data) as made:
        assert str(made.Root.Lang) == "ja-JP"
        assert made.Root.PageMode == "/UseOutlines"
        assert dict(made.Root.ViewerPreferences) == {"/Direction": pikepdf.Name.R2L}


def test_the_same_input_gives_the_same_bytes() -> None:
    data = document(page="/Annots[10 0 R]", objects={10: "<</Subtype/Widget/FT/Tx/V(x)/Rect[0 0 90 20]>>"})
    once = rebuilt(data).data
    time.sleep(1.1)  # a date or an identifier made of it would be another one now
    assert rebuilt(data).data == once


def test_a_password_is_needed() -> None:
    with pytest.raises(CannotSanitize) as refusal:
        rebuilt(encrypted("secret"))
    assert refusal.value.threat is Threat.ENCRYPTED


def test_an_empty_password_is_none() -> None:
    result = rebuilt(encrypted(""))
    with opened(result.data) as made:
        assert not made.is_encrypted
    assert Threat.ENCRYPTED not in {finding.threat for finding in result.findings}  # such a finding holds the mail


def test_of_the_information_only_the_title_goes_on() -> None:
    objects = {10: "<</Title(Minutes)/Author(Yamada)/Custom(x)>>"}
    data = document(objects=objects).replace(b"/Root 1 0 R", b"/Root 1 0 R/Info 10 0 R")
    with opened(rebuilt(data).data) as made:
        assert {key: str(value) for key, value in made.docinfo.items()} == {"/Title": "Minutes"}


def test_a_rule_asks_for_pictures() -> None:
    with opened(rebuilt(document(), Profile(pdf=PdfRule.PICTURES)).data) as made:
        assert list(made.pages[0].get_images())


def test_pictures_are_the_way_out() -> None:
    """The content cannot be undone here; a program that shows PDF may still show the page."""
    objects = {4: stream("x", "/Filter[/FlateDecode/NoSuchFilter]")}
    result = rebuilt(document(objects=objects))
    assert any("every page goes on as a picture" in detail for detail in details(result.findings))


def test_pages_that_are_drawn_instead_are_counted_once() -> None:
    objects = {4: stream("x", "/Filter[/FlateDecode/NoSuchFilter]")}
    assert rebuilt(document(objects=objects), limits=Budget(pages=1)).data
    with pytest.raises(OverBudget):
        rebuilt(document(objects={2: "<</Kids[3 0 R 3 0 R]>>", **objects}), limits=Budget(pages=1))


def test_data_around_the_document_is_named_and_gone() -> None:
    result = rebuilt(b"#!/bin/sh before\n" + document() + b"after " * 9)
    assert details(result.findings) == ["data before the document", "data after the end of the document"]
    assert b"before" not in result.data
    assert b"after" not in result.data


def test_no_word_of_a_document_goes_into_a_log() -> None:
    """In an interpreter of its own: here the handlers of the tests would take what a gateway would print."""
    warning = "logging.getLogger('pikepdf._core').warning('words of a document')"
    warning = f"import logging, sanitizers.formats.pdf; logging.basicConfig(); {warning}"
    ran = subprocess.run([sys.executable, "-c", warning], cwd=ROOT, capture_output=True, check=True)
    assert not ran.stderr


@pytest.mark.parametrize(
    ("orphan", "name"),
    [
        ("<</S/Launch/F(x)>>", "action that starts a program or opens a file (Launch)"),
        ("<</S/Rendition/JS(x)>>", "JavaScript"),
        (stream("MZ", "/Type/EmbeddedFile"), "embedded file"),
    ],
)
def test_what_nothing_leads_to_is_named(orphan: str, name: str) -> None:
    assert details(rebuilt(document(objects={30: orphan})).findings) == [name]


def test_text_whose_font_is_missing_is_still_text() -> None:
    assert "Plain words" in words(rebuilt(document(objects={5: "null"})).data)


def test_a_drawing_kept_in_another_file_is_named_once() -> None:
    objects = {20: stream("BT ET", "/Subtype/Form/BBox[0 0 9 9]/F(http://x.example/)/FFilter/FlateDecode")}
    result = rebuilt(document(objects=objects, content="/X Do", resources="/XObject<</X 20 0 R>>"))
    assert [detail.removeprefix("2 × ") for detail in details(result.findings)] == [
        "stream whose data is in another file (F)"
    ]


def test_an_orphan_is_named() -> None:
    result = rebuilt(document(objects={30: "<</S/JavaScript/JS(x)>>"}))
    assert [(finding.where, finding.detail) for finding in result.findings] == [
        ("an object that nothing leads to", "JavaScript")
    ]


TAGGED = {
    10: "<</Type/StructTreeRoot/K 11 0 R/RoleMap<</Heading/H1/Loop/Loop>>/X(y)>>",
    11: "<</S/Document/P 10 0 R/K[12 0 R 13 0 R 14 0 R 11 0 R]/Lang(ja)>>",
    12: "<</S/Heading/P 11 0 R/Pg 3 0 R/K 0/ID(x)>>",
    13: "<</S/Loop/P 11 0 R/Pg 3 0 R/K[<</Type/MCR/MCID 1>>]/A[<</O/Table/ColSpan 2/X 1>><</O/Kiyome/Y 1>>]>>",
    14: "<</S/Link/P 11 0 R/Pg 3 0 R/K<</Type/OBJR/Obj 15 0 R>>>>",
    15: "<</Subtype/Link/Rect[0 0 9 9]/Dest[3 0 R/Fit]/StructParent 7>>",
}
MARKED = "/H BDC BT /F1 18 Tf 40 240 Td (Title) Tj ET EMC".replace("/H ", "/H <</MCID 0>> ")
MARKED += " /P <</MCID 1>> BDC BT /F1 18 Tf 40 200 Td (Words) Tj ET EMC"


def test_the_structure_is_carried_in_standard_types() -> None:
    data = document("/StructTreeRoot 10 0 R/MarkInfo<</Marked true>>", "/Annots[15 0 R]", TAGGED, MARKED)
    with opened(rebuilt(data).data) as made:
        page = made.pages[0].obj
        root = made.Root.StructTreeRoot
        top = root.K[0]
        heading, other, link = top.K
        assert [str(element.S) for element in (top, heading, other, link)] == [
            "/Document",
            "/H1",
            "/NonStruct",
            "/Link",
        ]
        assert str(top.Lang) == "ja"
        assert list(heading.K) == [0]
        assert dict(other.A[0]) == {"/O": pikepdf.Name.Table, "/ColSpan": 2}
        assert link.K[0].Obj.objgen == page.Annots[0].objgen
        parents = dict(zip(list(root.ParentTree.Nums)[::2], list(root.ParentTree.Nums)[1::2], strict=True))
        assert [element.objgen for element in parents[page.StructParents]] == [heading.objgen, other.objgen]
        assert parents[page.Annots[0].StructParent].objgen == link.objgen
        assert made.Root.MarkInfo.Marked


def test_the_structure_is_the_same_the_second_time() -> None:
    data = document("/StructTreeRoot 10 0 R", "/Annots[15 0 R]", TAGGED, MARKED)
    once = rebuilt(data).data
    assert rebuilt(once).data == once


def test_marks_that_would_need_an_endless_table_are_left_out() -> None:
    huge = {**TAGGED, 12: "<</S/P/P 11 0 R/Pg 3 0 R/K[0 2000000000 -5]>>"}
    with opened(rebuilt(document("/StructTreeRoot 10 0 R", "", huge, MARKED)).data) as made:
        assert list(made.Root.StructTreeRoot.K[0].K[0].K) == [0]


def test_a_deep_structure_is_made_flat() -> None:
    deep = {number: f"<</S/Div/K {number + 1} 0 R>>" for number in range(11, 3_000)}
    deep |= {10: "<</K 11 0 R>>", 3_000: "<</S/P/Pg 3 0 R/K 0>>"}
    data = rebuilt(document("/StructTreeRoot 10 0 R", "", deep, MARKED)).data
    with opened(data) as made:
        levels, element = 0, made.Root.StructTreeRoot
        while "/K" in element and isinstance(element.K[0], pikepdf.Dictionary):
            element, levels = element.K[0], levels + 1
        assert 60 < levels < 70
    assert "Title" in words(data)


def test_forms_that_draw_themselves_end() -> None:
    """Each of the two draws the other eight times: followed twenty levels down they would never end."""
    many = "/X Do " * 8
    objects = {
        20: stream(many, "/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X 21 0 R>>>>"),
        21: stream(many, "/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X 20 0 R>>>>"),
    }
    data = document(objects=objects, content="/X Do BT /F1 9 Tf 9 9 Td (End) Tj ET", resources="/XObject<</X 20 0 R>>")
    assert "End" in words(rebuilt(data).data)


def test_forms_nested_too_deep_are_cut() -> None:
    entries = "/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X {} 0 R>>>>"
    objects = {number: stream("/X Do", entries.format(number + 1)) for number in range(20, 120)}
    data = document(objects=objects, content="/X Do BT /F1 9 Tf 9 9 Td (End) Tj ET", resources="/XObject<</X 20 0 R>>")
    result = rebuilt(data)
    assert "End" in words(result.data)
    assert "drawing nested more than 20 levels deep" in details(result.findings)


def test_names_of_resources_are_our_own() -> None:
    objects = {20: stream("0 0 9 9 re f", "/Subtype/Form/BBox[0 0 9 9]")}
    data = document(objects=objects, content="/Kiyome#93#fa Do", resources="/XObject<</Kiyome#93#fa 20 0 R>>")
    made = everything(rebuilt(data).data)
    assert b"/X0 Do" in made
    assert b"Kiyome" not in made
