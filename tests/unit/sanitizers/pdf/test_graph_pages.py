"""Pages: sizes, turning, inheritance, order; trees that go round, are shared, or are lost."""

import pytest

from sanitizers.budget import OverBudget
from sanitizers.model import CannotSanitize, Threat
from sanitizers.rules import Budget
from tests.unit.sanitizers.pdf.graph_documents import FONT, details, document, opened, rebuilt, stream, words, written


def text(words_: str) -> str:
    return stream(f"BT /F1 18 Tf 40 40 Td ({words_}) Tj ET")


def test_boxes_and_turning_are_carried() -> None:
    page = "/CropBox[10 20 300 200]/Rotate 90/UserUnit 2/TrimBox[300 200 10 20]"
    with opened(rebuilt(document(page=page)).data) as made:
        first = made.pages[0].obj
        assert [int(x) for x in first.MediaBox] == [0, 0, 400, 300]
        assert [int(x) for x in first.CropBox] == [10, 20, 300, 200]
        assert [int(x) for x in first.TrimBox] == [10, 20, 300, 200]
        assert first.Rotate == 90
        assert first.UserUnit == 2


@pytest.mark.parametrize("box", ["[0 0 0 0]", "[0 0 (a) 9]", "/X", "[1]", "[0 0 1e30 99999999999]"])
def test_a_page_without_a_size_gets_the_usual_one(box: str) -> None:
    data = document().replace(b"[0 0 400 300]", box.encode())
    with opened(rebuilt(data).data) as made:
        assert [int(x) for x in made.pages[0].obj.MediaBox] == [0, 0, 612, 792]


@pytest.mark.parametrize("turn", ["45", "/X", "90.5", "99999999999"])
def test_odd_turns_are_no_turns(turn: str) -> None:
    with opened(rebuilt(document(page=f"/Rotate {turn}")).data) as made:
        assert "/Rotate" not in made.pages[0].obj


def test_what_is_inherited_is_written_on_the_page() -> None:
    objects = {
        1: "<</Type/Catalog/Pages 2 0 R>>",
        2: f"<</Kids[3 0 R]/MediaBox[0 0 111 222]/Rotate 180/Resources<</Font<</F1 {FONT}>>>>>>",
        3: "<</Kids[4 0 R]/Rotate 270>>",
        4: "<</Type/Page/Contents 5 0 R>>",
        5: text("Inherited"),
    }
    data = rebuilt(written(objects)).data
    with opened(data) as made:
        page = made.pages[0].obj
        assert [int(x) for x in page.MediaBox] == [0, 0, 111, 222]
        assert page.Rotate == 270
    assert "Inherited" in words(data)


def test_a_tree_that_goes_round_ends() -> None:
    objects = {2: "<</Type/Pages/Kids[3 0 R 2 0 R 6 0 R]>>", 6: "<</Kids[2 0 R 6 0 R 3 0 R]>>"}
    result = rebuilt(document(objects=objects))
    with opened(result.data) as made:
        assert len(made.pages) == 2  # page 3 stands at two places
    assert "3 × page tree that leads back to itself" in details(result.findings)


def test_a_page_at_several_places_stays_at_all_of_them() -> None:
    result = rebuilt(document(objects={2: "<</Type/Pages/Kids[3 0 R 3 0 R 3 0 R]/Count 3>>"}))
    assert words(result.data).count("Plain words") == 3


def test_kids_that_are_no_pages_are_left_out() -> None:
    result = rebuilt(document(objects={2: "<</Type/Pages/Kids[null 7 (x) 99 0 R [3 0 R] 3 0 R 4 0 R]/Count -5>>"}))
    with opened(result.data) as made:
        assert len(made.pages) == 1


def test_pages_without_a_tree_are_found() -> None:
    result = rebuilt(document(objects={2: "<</Type/Pages/Kids 17/Count 1>>"}))
    assert "Plain words" in words(result.data)


def test_three_hundred_pages_keep_their_order() -> None:
    count = 320
    objects = {1: "<</Type/Catalog/Pages 2 0 R>>", 5: FONT}
    kids = " ".join(f"{10 + 2 * number} 0 R" for number in range(count))
    objects[2] = f"<</Type/Pages/Kids[{kids}]/Count {count}/Resources<</Font<</F1 5 0 R>>>>>>"
    for number in range(count):
        objects[10 + 2 * number] = f"<</Type/Page/MediaBox[0 0 300 300]/Contents {11 + 2 * number} 0 R>>"
        objects[11 + 2 * number] = text(f"Page {number}.")
    found = words(rebuilt(written(objects)).data)
    assert [f"Page {number}." for number in range(count)] == found.split("\n")


def test_pages_are_counted() -> None:
    kids = "3 0 R " * 11
    with pytest.raises(OverBudget):
        rebuilt(document(objects={2: f"<</Type/Pages/Kids[{kids}]>>"}), limits=Budget(pages=10))


def test_a_deep_tree_is_no_recursion() -> None:
    objects = {number: f"<</Type/Pages/Kids[{number + 1} 0 R]/Count 1>>" for number in range(10, 5_000)}
    objects[2] = "<</Type/Pages/Kids[10 0 R]/Count 1>>"
    objects[5_000] = "<</Type/Page/MediaBox[0 0 400 300]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>"
    assert "Plain words" in words(rebuilt(document(objects=objects)).data)


def test_a_document_without_pages_is_refused() -> None:
    with pytest.raises(CannotSanitize) as refusal:
        rebuilt(written({1: "<</Type/Catalog/Pages 2 0 R>>", 2: "<</Type/Pages/Kids[]/Count 0>>"}))
    assert refusal.value.threat is Threat.MALFORMED


def test_content_in_pieces_is_one_content() -> None:
    pieces = {
        4: "[6 0 R 7 0 R null 8 0 R]",
        6: stream("BT /F1 18 Tf 40 240"),
        7: stream("Td"),
        8: stream("(Two halves) Tj ET"),
    }
    assert "Two halves" in words(rebuilt(document(objects=pieces)).data)
