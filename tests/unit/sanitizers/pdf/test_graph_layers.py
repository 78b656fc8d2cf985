"""Which layers a document shows when it is opened, and that nothing of the others goes on."""

import pytest

from tests.deep_search import places
from tests.unit.sanitizers.pdf.graph_documents import details, document, everything, opened, rebuilt, stream, words

CONTENT = "/OC /L BDC BT /F1 18 Tf 40 200 Td (Layered) Tj ET EMC BT /F1 18 Tf 40 150 Td (Always) Tj ET"


def layered(configuration: str, layer: str = "20 0 R", groups: dict[int, str] | None = None) -> bytes:
    objects = {20: "<</Type/OCG/Name(Draft)>>", 21: "<</Type/OCG/Name(Other)>>", **(groups or {})}
    return document(
        f"/OCProperties<</OCGs[20 0 R 21 0 R]/D<<{configuration}>>>>",
        content=CONTENT,
        objects=objects,
        resources=f"/Properties<</L {layer}>>",
    )


SHOWN = {
    "not named": "",
    "named among those that are on": "/BaseState/OFF/ON[20 0 R]",
    "another is off": "/OFF[21 0 R]",
    "usage for print does not matter": "/AS[<</Event/Print/Category[/View]/OCGs[20 0 R]>>]",
}
HIDDEN = {
    "named among those that are off": "/OFF[20 0 R]",
    "all are off": "/BaseState/OFF",
    "off counts more than on": "/ON[20 0 R]/OFF[20 0 R]",
}


@pytest.mark.parametrize("configuration", SHOWN.values(), ids=SHOWN.keys())
def test_shown(configuration: str) -> None:
    result = rebuilt(layered(configuration))
    assert "Layered" in words(result.data)
    assert not result.findings


@pytest.mark.parametrize("configuration", HIDDEN.values(), ids=HIDDEN.keys())
def test_hidden(configuration: str) -> None:
    result = rebuilt(layered(configuration))
    assert b"Layered" not in everything(result.data)
    assert "Always" in words(result.data)
    assert details(result.findings) == ["hidden layer: Draft"]


def test_usage_decides_where_the_configuration_says_so() -> None:
    off = {20: "<</Type/OCG/Name(Draft)/Usage<</View<</ViewState/OFF>>>>>>"}
    assert "Layered" in words(rebuilt(layered("", groups=off)).data)
    governed = layered("/AS[<</Event/View/Category[/View]/OCGs[20 0 R]>>]", groups=off)
    assert "Layered" not in words(rebuilt(governed).data)


def test_a_group_that_is_for_designers_does_not_hide() -> None:
    groups = {20: "<</Type/OCG/Name(Draft)/Intent/Design>>"}
    assert "Layered" in words(rebuilt(layered("/OFF[20 0 R]", groups=groups)).data)


@pytest.mark.parametrize(
    ("membership", "shown"),
    [
        ("/OCGs[20 0 R 21 0 R]", True),  # AnyOn
        ("/OCGs 20 0 R", False),
        ("/OCGs[20 0 R 21 0 R]/P/AllOn", False),
        ("/OCGs[20 0 R 21 0 R]/P/AnyOff", True),
        ("/OCGs[20 0 R 21 0 R]/P/AllOff", False),
        ("/OCGs[20 0 R]/P/AllOff", True),
        ("/OCGs[]", True),
        ("/VE[/Not 20 0 R]", True),
        ("/VE[/And 20 0 R 21 0 R]", False),
        ("/VE[/Or 20 0 R[/Not[/Not 21 0 R]]]", True),
        ("/VE[/Or 20 0 R]/OCGs 21 0 R", False),
        ("/VE[]", True),
        ("/VE[/Unknown 20 0 R]", True),
    ],
)
def test_membership(membership: str, shown: bool) -> None:
    groups = {22: f"<</Type/OCMD{membership}>>"}
    found = words(rebuilt(layered("/OFF[20 0 R]", "22 0 R", groups)).data)
    assert ("Layered" in found) is shown


def test_an_expression_that_names_itself_ends() -> None:
    groups = {22: "<</Type/OCMD/VE 23 0 R>>", 23: "[/And 23 0 R 23 0 R 23 0 R]"}
    assert "Always" in words(rebuilt(layered("", "22 0 R", groups)).data)


def test_no_layer_is_left_in_the_document() -> None:
    with opened(rebuilt(layered("/OFF[21 0 R]")).data) as made:
        assert "/OCProperties" not in made.Root
        assert b"/OC" not in made.pages[0].Contents.read_bytes()


def test_drawings_and_annotations_of_a_hidden_layer_are_nowhere() -> None:
    drawing = "/Type/XObject/Subtype/Form/BBox[0 0 300 90]/Resources<</Font<</F1 5 0 R>>>>"
    stamp = "<</Subtype/Stamp/Rect[0 0 300 90]/OC 20 0 R/AP<</N 23 0 R>>>>"
    data = document(
        "/OCProperties<</OCGs[20 0 R]/D<</OFF[20 0 R]>>>>",
        "/Annots[24 0 R]",
        {
            20: "<</Type/OCG/Name(Draft)>>",
            22: stream("BT /F1 9 Tf 9 9 Td (Drawn) Tj ET", f"{drawing}/OC 20 0 R"),
            23: stream("BT /F1 9 Tf 9 9 Td (Stamped) Tj ET", drawing),
            24: stamp,
        },
        content="/X Do BT /F1 18 Tf 40 150 Td (Always) Tj ET",
        resources="/XObject<</X 22 0 R>>",
    )
    result = rebuilt(data)
    assert set(places(data, ["Drawn", "Stamped"])) == {"Drawn", "Stamped"}
    assert not places(result.data, ["Drawn", "Stamped"])
    assert "Always" in words(result.data)
    assert details(result.findings) == ["2 × hidden layer: Draft"]


def test_state_set_on_a_hidden_layer_still_holds() -> None:
    content = "/OC /L BDC BT /F1 18 Tf 1 0 0 rg ET EMC BT 40 150 Td (Red) Tj ET"
    data = document(
        "/OCProperties<</OCGs[20 0 R]/D<</OFF[20 0 R]>>>>",
        content=content,
        objects={20: "<</Type/OCG/Name(Draft)>>"},
        resources="/Properties<</L 20 0 R>>",
    )
    made = rebuilt(data).data
    assert "Red" in words(made)
    assert b"1 0 0 rg" in everything(made)
