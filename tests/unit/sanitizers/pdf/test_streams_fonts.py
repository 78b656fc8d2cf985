"""Fonts are written again: outlines stay as they were, the rest is gone; fontTools is the oracle."""

import io
import struct
from pathlib import Path

import pikepdf
import pytest
from fontTools.cffLib import CFFFontSet
from fontTools.misc import eexec
from fontTools.pens.recordingPen import RecordingPen
from fontTools.ttLib import TTFont

from sanitizers.formats.pdf import fonts
from sanitizers.formats.pdf.fonts import cff, cmaps, sfnt, type1
from sanitizers.formats.pdf.fonts.type1glyphs import Converter
from sanitizers.formats.pdf.fonts.type2 import plain
from sanitizers.formats.pdf.work import StreamFailed
from tests.unit.sanitizers.pdf.stream_documents import details, stream, work

SAMPLES = Path(__file__).resolve().parents[4] / "samples" / "pdf"


def program(sample: str, key: str) -> bytes:
    """The font program of a sample."""
    with pikepdf.open(SAMPLES / f"{sample}.pdf") as document:
        return next(
            one[key].read_bytes() for one in document.objects if isinstance(one, pikepdf.Dictionary) and key in one
        )


def drawn(font: TTFont) -> dict[str, object]:
    glyphs = font.getGlyphSet()
    shapes = {}
    for name in glyphs:
        pen = RecordingPen()
        glyphs[name].draw(pen)
        shapes[name] = (glyphs[name].width, pen.value)
    return shapes


def test_truetype_keeps_shapes_widths_and_codes() -> None:
    before = program("font-truetype", "/FontFile2")
    after = sfnt.rewritten(before)
    old, new = TTFont(io.BytesIO(before)), TTFont(io.BytesIO(after))
    assert drawn(old) == drawn(new)
    assert old.getBestCmap() == new.getBestCmap()
    assert {tag.encode() for tag in new.reader.tables} <= sfnt.CARRIED
    assert b"KIYOME-HARM" not in after
    assert sfnt.rewritten(after) == after
    assert sfnt.holds_more(before)
    assert not sfnt.holds_more(after)


def test_a_compact_font_keeps_shapes_and_names() -> None:
    before = program("font-compact", "/FontFile3")
    after = cff.rewritten(before)
    assert b"KIYOME-HARM" in before
    assert b"KIYOME-HARM" not in after
    assert compact_shapes(before) == compact_shapes(after)
    assert cff.rewritten(after) == after


def compact_shapes(data: bytes) -> dict[str, object]:
    fontset = CFFFontSet()
    fontset.decompile(io.BytesIO(data), None)
    outlines = fontset[0].CharStrings
    shapes = {}
    for name in list(outlines.charStrings):
        pen = RecordingPen()
        outlines[name].draw(pen)
        shapes[name] = (outlines[name].width, pen.value)
    return shapes


def test_type_1_becomes_a_compact_font_of_the_same_shapes() -> None:
    before = program("font-type1", "/FontFile")
    shapes = compact_shapes(type1.rewritten(before, 0))
    width, pen = shapes["K"]  # type: ignore[misc]
    assert width == 500
    assert pen[0] == ("moveTo", ((50, 0),))
    assert set(shapes) == {".notdef", *"Kiyome"}


def test_type_1_flex_becomes_two_curves() -> None:
    def number(value: int) -> bytes:
        return bytes((value + 139,))

    moves = [(10, 0), (0, 0), (5, 5), (5, 0), (5, 0), (5, -5), (5, 0)]
    body = number(50) + number(100) + b"\x0d" + number(0) + number(0) + b"\x15" + number(1) + b"\x0a"
    for across, up in moves:
        body += number(across) + number(up) + b"\x15" + number(2) + b"\x0a"
    body += number(50) + number(85) + number(0) + number(0) + b"\x0a" + number(20) + b"\x07\x09\x0e"
    routines = {
        0: number(3) + number(0) + b"\x0c\x10\x0c\x11\x0c\x11\x0c\x21\x0b",
        1: number(0) + number(1) + b"\x0c\x10\x0b",
        2: number(0) + number(2) + b"\x0c\x10\x0b",
    }
    outline = Converter(routines).outline(body)
    assert outline.count(b"\x08") == 2
    assert plain(outline) == outline


def test_eexec_is_undone() -> None:
    assert type1.decrypted(eexec.encrypt(b"abc", 55_665)[0], 55_665) == b"abc"


BROKEN = {
    "nothing": b"",
    "a header alone": b"\0\1\0\0" + bytes(8),
    "junk": b"\0\1\0\0" + b"KIYOME" * 100,
    "tables beyond the end": b"\0\1\0\0\0\1" + bytes(6) + b"glyf" + struct.pack(">III", 0, 1 << 30, 1 << 30),
}


@pytest.mark.parametrize("case", BROKEN)
def test_broken_fonts_are_refused(case: str) -> None:
    for read in (sfnt.rewritten, cff.rewritten):
        with pytest.raises(StreamFailed):
            read(BROKEN[case])
    with pytest.raises(StreamFailed):
        type1.rewritten(BROKEN[case], 0)


@pytest.mark.parametrize(("sample", "key"), [("font-truetype", "/FontFile2"), ("font-compact", "/FontFile3")])
def test_a_font_with_any_byte_changed_is_written_or_refused(sample: str, key: str) -> None:
    data = program(sample, key)
    read = sfnt.rewritten if key == "/FontFile2" else cff.rewritten
    for place in range(0, len(data), 3):
        for value in (0, 255):
            try:
                written = read(data[:place] + bytes((value,)) + data[place + 1 :])
            except StreamFailed:
                continue
            assert read(written) == written


def test_outlines_end_at_their_end() -> None:
    assert plain(b"\x8b\x8b\x15\x0eKIYOME") == b"\x8b\x8b\x15\x0e"
    assert plain(b"\x8b\x8b\x15") == b"\x8b\x8b\x15\x0e"
    assert plain(b"\x8b\x02") is None
    assert plain(b"\x8b\x8b\x01\x8b\x8b\x03\x13\xc0\x0e") == b"\x8b\x8b\x01\x8b\x8b\x03\x13\xc0\x0e"


def test_a_font_that_cannot_be_read_stays_by_name() -> None:
    on = work()
    descriptor = pikepdf.Dictionary(
        Type=pikepdf.Name.FontDescriptor, FontName=pikepdf.Name.Arial, Flags=4, FontFile2=stream(on, b"junk")
    )
    source = on.source.make_indirect(
        pikepdf.Dictionary(
            Type=pikepdf.Name.Font,
            Subtype=pikepdf.Name.TrueType,
            BaseFont=pikepdf.Name.Arial,
            FontDescriptor=descriptor,
        )
    )
    made = fonts.font(source, on)
    assert made is not None
    assert made.BaseFont == "/Arial"
    assert "/FontFile2" not in made.FontDescriptor
    assert details(on) == ["embedded fonts that cannot be read: the reader's own font stands in"]


def mapped(program: bytes) -> bytes:
    on = work()
    made = cmaps.to_unicode(stream(on, program), on)
    return b"" if made is None else made.read_bytes()


def test_a_map_keeps_codes_and_drops_the_rest() -> None:
    written = mapped(
        b"% remark\n(x) run 1 begincodespacerange <00> <FF> endcodespacerange\n"
        b"2 beginbfchar <41> <3042> <42> /a endbfchar "
        b"1 beginbfrange <50> <52> [<0041> <0042>] <60><61><0043> endbfrange"
    )
    for kept in (b"<41> <3042>", b"<50> <50> <0041>", b"<51> <51> <0042>", b"<60> <61> <0043>"):
        assert kept in written
    assert b"remark" not in written
    assert b"run" not in written
    assert mapped(written) == written


def test_a_long_text_behind_one_letter_is_left_out() -> None:
    assert b"beginbfchar" not in mapped(b"1 beginbfchar <41> <" + b"0041" * 17 + b"> endbfchar")
    assert b"beginbfchar" in mapped(b"1 beginbfchar <41> <" + b"0041" * 16 + b"> endbfchar")


@pytest.mark.parametrize("name", ["Identity-H", "90ms-RKSJ-V", "UniJIS-UTF16-H", "UniJIS-UCS2-HW-V", "H"])
def test_names_of_maps_that_readers_have(name: str) -> None:
    assert cmaps.is_predefined(name)


@pytest.mark.parametrize("name", ["Evil-H", "Identity", "", "-H", "../Identity-H"])
def test_other_names_are_not(name: str) -> None:
    assert not cmaps.is_predefined(name)
