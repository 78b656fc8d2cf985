"""Text outside the visible page is left out; text that anybody could see never is."""

import pytest

from tests.unit.sanitizers.pdf.graph_documents import details, document, everything, rebuilt

UNSEEN = {
    "above": "BT /F1 12 Tf 40 500 Td (Secret) Tj ET",
    "below": "BT /F1 12 Tf 40 -90 Td (Secret) Tj ET",
    "to the right": "BT /F1 12 Tf 900 50 Td (Secret) Tj ET",
    "far to the left": "BT /F1 12 Tf -5000 50 Td (Secret) Tj ET",
    "moved by the page": "q 1 0 0 1 0 4000 cm BT /F1 12 Tf 40 50 Td (Secret) Tj ET Q",
    "moved by the text": "BT /F1 12 Tf 1 0 0 1 40 5000 Tm [(Se) -20 (cret)] TJ ET",
    "a later line": "BT /F1 12 Tf 14 TL 40 30 Td (Seen) Tj 0 -300 Td (Secret) Tj T* (Secret) Tj ET",
    "after larger letters": "BT /F1 90 Tf 40 900 Td (Secret) Tj /F1 9 Tf (Secret) Tj 0 -500 Td (Secret) Tj ET",
    "turned away": "BT /F1 12 Tf 0 1 -1 0 500 50 Tm (Secret) Tj ET",
}
SEEN = {
    "on the page": "BT /F1 12 Tf 40 50 Td (Secret) Tj ET",
    "runs in from the left": "BT /F1 12 Tf -50 50 Td (Secret) Tj ET",
    "runs down from above": "BT /F1 12 Tf 0 -1 1 0 50 330 Tm (Secret) Tj ET",
    "large letters from below": "BT /F1 80 Tf 40 -50 Td (Secret) Tj ET",
    "moved back onto the page": "q 1 0 0 1 0 -4000 cm BT /F1 12 Tf 40 4050 Td (Secret) Tj ET Q",
    "made smaller": "q 0.1 0 0 0.1 0 0 cm BT /F1 120 Tf 400 2000 Td (Secret) Tj ET Q",
    "pushed in by a number": "BT /F1 12 Tf -5000 50 Td [-420000 (Secret)] TJ ET",
    "pushed in by spaces": "BT /F1 12 Tf 900 Tc -5000 50 Td (      Secret) Tj ET",
    "large letters later in the line": "BT /F1 1 Tf -200 50 Td (a) Tj /F1 100 Tf (Secret) Tj /F1 1 Tf (b) Tj ET",
    "lifted": "BT /F1 12 Tf 100 Ts 40 -90 Td (Secret) Tj ET",
    "stretched": "BT /F1 12 Tf 5000 Tz -900 50 Td (Secret) Tj ET",
    "after the state came back": "q 1 0 0 1 0 4000 cm Q BT /F1 12 Tf 40 50 Td (Secret) Tj ET",
}


@pytest.mark.parametrize("content", UNSEEN.values(), ids=UNSEEN.keys())
def test_left_out(content: str) -> None:
    result = rebuilt(document(content=content))
    assert b"cret" not in everything(result.data)
    assert any("text outside the visible page" in detail for detail in details(result.findings))
    assert not rebuilt(result.data).findings


@pytest.mark.parametrize("content", SEEN.values(), ids=SEEN.keys())
def test_stays(content: str) -> None:
    result = rebuilt(document(content=content))
    assert b"cret" in everything(result.data)
    assert not result.findings


def test_what_the_crop_box_cuts_off_is_not_seen() -> None:
    content = "BT /F1 12 Tf 40 250 Td (Secret) Tj ET"
    assert b"Secret" in everything(rebuilt(document(content=content)).data)
    assert b"Secret" not in everything(rebuilt(document(content=content, page="/CropBox[0 0 400 100]")).data)


def test_a_line_of_a_vertical_font_may_run_down_onto_the_page() -> None:
    descendant = (
        "<</Type/Font/Subtype/CIDFontType0/BaseFont/X/CIDSystemInfo<</Registry(Adobe)/Ordering(Japan1)/Supplement 2>>>>"
    )
    font = f"<</Type/Font/Subtype/Type0/BaseFont/X/Encoding/UniJIS-UTF16-V/DescendantFonts[{descendant}]>>"
    content = "BT /F1 30 Tf 40 390 Td <65e5672c8a9e65e5672c8a9e65e5672c8a9e> Tj ET"
    assert not rebuilt(document(content=content, objects={5: font})).findings
