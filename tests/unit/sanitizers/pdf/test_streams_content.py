"""Content goes on operator by operator; what no standard knows does not."""

import pytest

from sanitizers.formats.pdf.content import rewritten
from tests.unit.sanitizers.pdf.stream_documents import Resources, details, work


def drawn(content: bytes, names: Resources | None = None) -> list[bytes]:
    return rewritten(content, names or Resources(), work()).split(b"\n")[:-1]


KEPT = {
    b"1 0 0 1 10 20 cm": [b"1 0 0 1 10 20 cm"],
    b"0 0 m\t10\r\n10 l S": [b"0 0 m", b"10 10 l", b"S"],
    b"[3 2] 0 d": [b"[3 2] 0 d"],
    b"/F1 12 Tf": [b"/NewF1 12 Tf"],
    b"BT(a\\)b)Tj ET": [b"BT", b"(a\\)b) Tj", b"ET"],
    b"[(A)-20(B) <43>]TJ": [b"[(A) -20 (B) <43>] TJ"],
    b"/Im1 Do": [b"/NewIm1 Do"],
    b"/DeviceRGB cs 1 0 0 sc": [b"/DeviceRGB cs", b"1 0 0 sc"],
    b"/Pattern cs /P1 scn": [b"/Pattern cs", b"/NewP1 scn"],
    b"1 2 (x) \"": [b'1 2 (x) "'],
    b"/Span <</ActualText (ka) /MCID 3>> BDC EMC": [b"/Span <</ActualText (ka) /MCID 3>> BDC", b"EMC"],
}  # fmt: skip
CHANGED = {
    "a comment": (b"q % secret\nQ", [b"q", b"Q"]),
    "an unknown operator": (b"1 w (x) evil 2 w", [b"1 w", b"2 w"]),
    "PostScript": (b"(x) PS 2 w", [b"2 w"]),
    "a compatibility section": (b"BX (x) evil EX 2 w", [b"2 w"]),
    "too few operands": (b"1 2 cm 2 w", [b"2 w"]),
    "more operands than needed": (b"9 9 2 w", [b"2 w"]),
    "operands of another type": (b"(x) w 2 w", [b"2 w"]),
    "numbers that no standard knows": (b"--5 1.2.3 m", [b"5 1.2 m"]),
    "states that are not closed": (b"q q 2 w", [b"q", b"q", b"2 w", b"Q", b"Q"]),
    "states that were never opened": (b"Q Q 2 w", [b"2 w"]),
    "text that is not closed": (b"BT 1 Tr", [b"BT", b"1 Tr", b"ET"]),
    "marks that are not closed": (b"/P BMC 2 w", [b"/P BMC", b"2 w", b"EMC"]),
    "marks that were never opened": (b"EMC 2 w", [b"2 w"]),
    "keys of marks that nobody knows": (b"/P <</Evil (x)/MCID 1>> BDC EMC", [b"/P <</MCID 1>> BDC", b"EMC"]),
    "a string that is never closed": (b"2 w (abc Tj", [b"2 w"]),
    "a string with parentheses": (b"(a(b)c) Tj", [b"<6128622963> Tj"]),
    "an array that is never closed": (b"[(a) 1 TJ 2 w", [b"[(a) 1] TJ", b"2 w"]),
    "junk": (b"} ] > 2 w", [b"2 w"]),
    "a blank missing": (b"1 0 0 rg(x)Tj", [b"1 0 0 rg", b"(x) Tj"]),
}
HIDDEN = b"/OC /L BDC q BT /F1 9 Tf (secret) Tj ET 0 0 5 5 re f /Im Do W n Q EMC (seen) Tj"


@pytest.mark.parametrize("content", KEPT)
def test_what_is_known_is_kept(content: bytes) -> None:
    assert drawn(content) == KEPT[content]


@pytest.mark.parametrize("case", CHANGED)
def test_what_is_not_known_is_left_out(case: str) -> None:
    content, expected = CHANGED[case]
    assert drawn(content) == expected


@pytest.mark.parametrize("content", [*KEPT, *(content for content, _ in CHANGED.values()), HIDDEN])
def test_a_second_time_nothing_changes(content: bytes) -> None:
    class Same(Resources):
        def use(self, _category: str, name: bytes) -> bytes | None:
            return name

    once = rewritten(content, Same(), work())
    again = work()
    assert rewritten(once, Same(), again) == once
    assert details(again) == []


def test_resources_that_are_missing_are_not_used() -> None:
    assert drawn(b"/F1 1 Tf /Gone Do", Resources(missing=frozenset({b"Gone"}))) == [b"/NewF1 1 Tf"]


def test_hidden_content_paints_nothing() -> None:
    names = Resources(hidden=frozenset({b"L"}))
    assert drawn(HIDDEN, names) == [
        b"q", b"BT", b"/NewF1 9 Tf", b"ET", b"0 0 5 5 re", b"n", b"W", b"n", b"Q", b"(seen) Tj",
    ]  # fmt: skip
    assert ("XObject", b"Im") not in names.asked


def test_a_shown_layer_goes_on_without_its_mark() -> None:
    assert drawn(b"/OC /L BDC 2 w EMC") == [b"2 w"]


def test_deep_nesting_ends() -> None:
    lines = drawn(b"q " * 5_000 + b"2 w " + b"Q " * 5_000)
    assert lines.count(b"q") == lines.count(b"Q") == 512
    assert b"2 w" in lines


@pytest.mark.parametrize("unit", [b"(", b"<", b"[", b"<<", b"1 ", b"/A ", b"[1 ", b"BI ID ", b"BI /W 1 ID EI"])
def test_hostile_repetition_ends(unit: bytes) -> None:
    """Each of these was quadratic in some reader: the test's time-out is the judge."""
    drawn(unit * 30_000)


INLINE = b"BI /W 2 /H 2 /BPC 8 /CS /G ID \x01\x02\x03\x04 EI"


def test_an_inline_image_is_encoded_again() -> None:
    lines = drawn(b"q " + INLINE + b" Q 2 w")
    assert lines[0] == b"q"
    assert lines[-2:] == [b"Q", b"2 w"]
    assert b"/F [ /A85 /FlateDecode ]" in lines[1]


def test_behind_the_pixels_of_an_inline_image_is_nothing() -> None:
    hidden = b"BI /W 2 /H 2 /BPC 8 /CS /G /F /AHx ID 01020304" + b"4b49594f4d45" + b"> EI 2 w"
    once = rewritten(hidden, Resources(), work())
    assert once == rewritten(hidden.replace(b"4b49594f4d45", b""), Resources(), work())


def test_an_inline_image_that_cannot_be_read_is_told() -> None:
    on = work()
    assert rewritten(b"BI /W 2 /H 2 /F /Evil ID abc EI 2 w", Resources(), on) == b"2 w\n"
    assert details(on) == ["pictures inside drawings that cannot be decoded"]
