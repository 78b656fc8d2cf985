"""Form fields and annotations become part of the page: what they show stays, what they could do is gone."""

import pytest

from sanitizers.model import Action, Severity
from tests.deep_search import places
from tests.unit.sanitizers.pdf.graph_documents import details, document, everything, opened, rebuilt, stream, words

LOOKS = "/Type/XObject/Subtype/Form/BBox[0 0 100 20]/Resources<</Font<</F1 5 0 R>>>>"


def looks(text: str, entries: str = LOOKS) -> str:
    return stream(f"BT /F1 9 Tf 2 5 Td ({text}) Tj ET", entries)


def form(field: str, objects: dict[int, str] | None = None, catalog: str = "") -> bytes:
    return document(
        f"/AcroForm<</Fields[10 0 R]/DA(/Helv 10 Tf 0 0 1 rg){catalog}>>",
        "/Annots[10 0 R]",
        {10: f"<</Type/Annot/Subtype/Widget/Rect[40 50 240 70]{field}>>", **(objects or {})},
    )


def test_a_field_shows_its_appearance() -> None:
    result = rebuilt(form("/FT/Tx/T(name)/V(Hidden value)/AP<</N 11 0 R>>", {11: looks("Shown value")}))
    assert "Shown value" in words(result.data)
    assert b"Hidden value" not in everything(result.data)
    assert [finding.action for finding in result.findings] == [Action.REWRITTEN]
    with opened(result.data) as made:
        assert "/Annots" not in made.pages[0].obj
        assert "/AcroForm" not in made.Root


@pytest.mark.parametrize(
    ("field", "shown"),
    [
        ("/FT/Tx/V(Plain text)", "Plain text"),
        ("/FT/Tx/V<feff5c717530592a90ce>", "山田太郎"),
        ("/FT/Tx/Ff 4096/V(First\\nSecond)", "First\nSecond"),
        ("/FT/Ch/V(Tokyo)", "Tokyo"),
        ("/FT/Ch/V(13)/Opt[[(12)(Chiba)][(13)(Tokyo)]]", "Tokyo"),
        ("/FT/Ch/V[(A1)(B2)]", "A1\nB2"),
    ],
)
def test_a_field_without_an_appearance_shows_its_value(field: str, shown: str) -> None:
    found = words(rebuilt(form(field)).data)
    assert all(line in found for line in shown.split("\n"))


def test_a_box_of_text_without_an_appearance_shows_its_words() -> None:
    note = "<</Subtype/FreeText/Rect[40 50 240 90]/DA(/Helv 9 Tf 1 0 0 rg)/Contents(First line\\rsecond)>>"
    found = words(rebuilt(document(page="/Annots[10 0 R]", objects={10: note})).data)
    assert "First line" in found
    assert "second" in found


def test_a_field_takes_its_value_from_the_one_above() -> None:
    result = rebuilt(form("/Parent 12 0 R", {12: "<</FT/Tx/V(From above)/Parent 12 0 R>>"}))
    assert "From above" in words(result.data)


@pytest.mark.parametrize("field", ["/FT/Tx/Ff 8192/V(Secret)", "/F 2/FT/Tx/V(Secret)", "/F 32/FT/Tx/V(Secret)"])
def test_what_a_field_does_not_show_is_nowhere(field: str) -> None:
    assert places(form(field), ["Secret"])
    assert not places(rebuilt(form(field)).data, ["Secret"])


def test_a_box_shows_its_state() -> None:
    states = "/FT/Btn/AP<</N<</On 11 0 R/Off 12 0 R>>>>"
    objects = {11: looks("State on"), 12: looks("State off")}
    assert "State on" in words(rebuilt(form(f"{states}/AS/On", objects)).data)
    assert "State off" in words(rebuilt(form(f"{states}/AS/Off", objects)).data)
    assert "State on" in words(rebuilt(form(f"{states}/V/On", objects)).data)


def test_a_ticked_box_without_an_appearance_is_ticked() -> None:
    ticked, empty = (everything(rebuilt(form(f"/FT/Btn/V/{state}")).data) for state in ("Yes", "Off"))
    assert b" l S Q" in ticked
    assert b" l S Q" not in empty


def test_a_signature_leaves_its_picture() -> None:
    field = "/FT/Sig/V<</Type/Sig/Contents<00>/Name(Signer)>>/AP<</N 11 0 R>>"
    result = rebuilt(form(field, {11: looks("Signed")}))
    assert "Signed" in words(result.data)
    assert b"Signer" not in everything(result.data)
    assert [finding.severity for finding in result.findings] == [Severity.WARNING]


def test_actions_of_fields_are_named_wherever_they_are() -> None:
    objects = {
        11: "<</S/JavaScript/JS(x)>>",
        13: "<</T(loose)/AA<</C<</S/Launch/F(x)>>>>/Kids[13 0 R]>>",
    }
    data = form("/FT/Tx/AA<</K 11 0 R>>", objects, "/XFA[(a)11 0 R]").replace(b"[10 0 R]/DA", b"[10 0 R 13 0 R]/DA")
    found = details(rebuilt(data).findings)
    assert "JavaScript" in found
    assert "XFA form" in found
    assert "action that starts a program or opens a file (Launch)" in found


def test_an_appearance_is_moved_to_its_rectangle() -> None:
    bent = "/Type/XObject/Subtype/Form/BBox[0 0 20 100]/Matrix[0 1 -1 0 0 0]"
    annotation = "<</Type/Annot/Subtype/Stamp/Rect[100 100 200 120]/AP<</N 11 0 R>>>>"
    data = document(page="/Annots[10 0 R]", objects={10: annotation, 11: stream("0 0 20 100 re f", bent)})
    with opened(rebuilt(data).data) as made:
        content = made.pages[0].Contents.read_bytes()
    assert b"q 1 0 0 1 200 100 cm /X0 Do Q" in content


@pytest.mark.parametrize("rect", ["[0 0 0 0]", "/X", "[1 2]", ""])
def test_a_field_without_a_place_shows_nothing(rect: str) -> None:
    data = form("/FT/Tx/V(Secret)").replace(b"/Rect[40 50 240 70]", f"/Rect {rect}".encode() if rect else b"")
    assert "Plain words" in words(rebuilt(data).data)
