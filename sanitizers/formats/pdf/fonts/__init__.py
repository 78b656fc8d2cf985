"""Font dictionaries, rebuilt from their tables; programs go through `programs` (ISO 32000-2, 9.5 to 9.9)."""

import pikepdf

from sanitizers.formats.pdf.fonts import cmaps, programs
from sanitizers.formats.pdf.streams import decoded
from sanitizers.formats.pdf.values import Number, array, integer, number, numbers
from sanitizers.formats.pdf.work import StreamFailed, Work

LONGEST_NAME = 127  #: bytes (annex C)
LONGEST_WIDTHS = 65_536  #: entries
SIMPLE = frozenset({"/Type1", "/MMType1", "/TrueType"})
COMPOSITE = {"/CIDFontType0", "/CIDFontType2"}
ENCODINGS = frozenset({"/StandardEncoding", "/WinAnsiEncoding", "/MacRomanEncoding", "/MacExpertEncoding"})
STRETCHES = frozenset(
    f"/{degree}{word}"
    for degree, word in (
        ("Ultra", "Condensed"), ("Extra", "Condensed"), ("", "Condensed"), ("Semi", "Condensed"), ("", "Normal"),
        ("Semi", "Expanded"), ("", "Expanded"), ("Extra", "Expanded"), ("Ultra", "Expanded"),
    )
)  # fmt: skip
#: Numbers of a font descriptor (table 120): a reader chooses and draws a stand-in by them.
MEASURES = (
    "/FontWeight", "/ItalicAngle", "/Ascent", "/Descent", "/Leading", "/CapHeight", "/XHeight", "/StemV", "/StemH",
    "/AvgWidth", "/MaxWidth", "/MissingWidth",
)  # fmt: skip

Entries = dict[str, object]


def font(source: pikepdf.Object, work: Work) -> pikepdf.Object | None:
    """The font in the new document, every kind but Type 3; None for what is no font."""
    if not isinstance(source, pikepdf.Dictionary):
        return None
    return work.once("font", source, lambda: _made(source, work))


def _made(source: pikepdf.Object, work: Work) -> pikepdf.Object | None:
    kind = _text(source.get("/Subtype"))
    if kind == "/Type0":
        entries = _composite(source, work)
    elif kind in SIMPLE:
        entries = _simple(source, kind, work)
    else:
        return None
    if entries is None:
        return None
    meaning = source.get("/ToUnicode")
    made = None if meaning is None else cmaps.to_unicode(meaning, work)
    if made is not None:
        entries["/ToUnicode"] = made
    return work.target.make_indirect(pikepdf.Dictionary(entries))


def _text(value: object) -> str:
    return bytes(value).decode("latin-1") if isinstance(value, pikepdf.Name) else ""


def name_of(value: object) -> pikepdf.Object | None:
    """A name of any bytes, as Japanese fonts have them in Shift_JIS; None when it is too long or none at all."""
    if not isinstance(value, pikepdf.Name):
        return None
    plain = bytes(value)[1:]
    if not plain or len(plain) > LONGEST_NAME:
        return None
    return pikepdf.Object.parse(
        b"/" + b"".join(b"#%02X" % byte if byte in _ESCAPED else bytes((byte,)) for byte in plain)
    )


_ESCAPED = frozenset(set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-_.,*"))


def _simple(source: pikepdf.Object, kind: str, work: Work) -> Entries | None:
    entries: Entries = {"/Type": pikepdf.Name.Font, "/Subtype": pikepdf.Name(kind)}
    base = name_of(source.get("/BaseFont"))
    entries["/BaseFont"] = pikepdf.Name.Helvetica if base is None else base
    first = integer(source.get("/FirstChar"), 0, 255)
    widths = numbers(source.get("/Widths"), most=256)
    if first is not None and widths:
        entries |= {"/FirstChar": first, "/LastChar": first + len(widths) - 1, "/Widths": array(widths)}
    codes = encoding(source.get("/Encoding"), work)
    if codes is not None:
        entries["/Encoding"] = codes
    described = _descriptor(source.get("/FontDescriptor"), kind, work)
    if described is not None:
        entries["/FontDescriptor"] = described
    return entries


def encoding(source: pikepdf.Object | None, work: Work) -> pikepdf.Object | None:
    """Which glyph each code of a simple or a Type 3 font shows (9.6.5)."""
    if isinstance(source, pikepdf.Name):
        plain = _text(source)
        return pikepdf.Name(plain) if plain in ENCODINGS else None
    if not isinstance(source, pikepdf.Dictionary):
        return None
    return work.once("encoding", source, lambda: _made_encoding(source, work))


def _made_encoding(source: pikepdf.Object, work: Work) -> pikepdf.Object | None:
    entries: Entries = {"/Type": pikepdf.Name.Encoding}
    base = _text(source.get("/BaseEncoding"))
    if base in ENCODINGS:
        entries["/BaseEncoding"] = pikepdf.Name(base)
    differences = source.get("/Differences")
    if isinstance(differences, pikepdf.Array):
        entries["/Differences"] = pikepdf.Array(_differences(differences))
    return work.target.make_indirect(pikepdf.Dictionary(entries))


def _differences(source: pikepdf.Array) -> list[object]:
    kept: list[object] = []
    code = 256
    for one in source:
        start = integer(one, 0, 255)
        if start is not None:
            code = start
            kept.append(start)
        elif code <= 255:
            glyph = name_of(one)
            kept.append(pikepdf.Name("/.notdef") if glyph is None else glyph)
            code += 1
    return kept


def _composite(source: pikepdf.Object, work: Work) -> Entries | None:
    below = source.get("/DescendantFonts")
    if not isinstance(below, pikepdf.Array) or not len(below):
        return None
    codes = _codes(source.get("/Encoding"), work)
    inside = _descendant(below[0], work)
    if codes is None or inside is None:
        return None
    base = name_of(source.get("/BaseFont"))
    return {
        "/Type": pikepdf.Name.Font,
        "/Subtype": pikepdf.Name.Type0,
        "/BaseFont": inside["/BaseFont"] if base is None else base,
        "/Encoding": codes,
        "/DescendantFonts": pikepdf.Array([work.target.make_indirect(pikepdf.Dictionary(inside))]),
    }


def _codes(source: pikepdf.Object | None, work: Work) -> pikepdf.Object | None:
    if isinstance(source, pikepdf.Stream):
        return cmaps.encoding(source, work)
    plain = _text(source)[1:]
    return pikepdf.Name(f"/{plain}") if cmaps.is_predefined(plain) else None


def _descendant(source: pikepdf.Object, work: Work) -> Entries | None:
    if not isinstance(source, pikepdf.Dictionary):
        return None
    kind = _text(source.get("/Subtype"))
    info = cmaps.system_info(source.get("/CIDSystemInfo"))
    if kind not in COMPOSITE:
        return None
    base = name_of(source.get("/BaseFont"))
    entries: Entries = {
        "/Type": pikepdf.Name.Font,
        "/Subtype": pikepdf.Name(kind),
        "/BaseFont": pikepdf.Name.Unnamed if base is None else base,
        "/CIDSystemInfo": cmaps.system_info(None) if info is None else info,
    }
    entries |= _glyph_widths(source)
    glyphs = _glyph_numbers(source.get("/CIDToGIDMap"), work)
    if glyphs is not None and kind == "/CIDFontType2":
        entries["/CIDToGIDMap"] = glyphs
    described = _descriptor(source.get("/FontDescriptor"), kind, work)
    if described is not None:
        entries["/FontDescriptor"] = described
    return entries


def _glyph_widths(source: pikepdf.Object) -> Entries:
    entries: Entries = {}
    usual = number(source.get("/DW"))
    if usual is not None:
        entries["/DW"] = usual
    vertical = numbers(source.get("/DW2"), 2)
    if vertical is not None:
        entries["/DW2"] = array(vertical)
    for key, step in (("/W", 1), ("/W2", 3)):
        given = source.get(key)
        if isinstance(given, pikepdf.Array):
            entries[key] = pikepdf.Array(_runs(given, step))
    return entries


def _runs(source: pikepdf.Array, step: int) -> list[object]:
    """`c [w …]` and `first last w`, where a w is one number or three (9.7.4.3)."""
    kept: list[object] = []
    run: list[Number] = []
    for one in source:
        if isinstance(one, pikepdf.Array):
            widths = numbers(one, most=LONGEST_WIDTHS)
            if len(run) == 1 and widths is not None:
                kept += [run[0], array(widths)]
            run = []
            continue
        value = number(one)
        if value is None:
            run = []
            continue
        run.append(value)
        if len(run) == 2 + step:
            kept += run
            run = []
    return kept


def _glyph_numbers(source: pikepdf.Object | None, work: Work) -> pikepdf.Object | None:
    if isinstance(source, pikepdf.Stream):
        return work.once("glyph numbers", source, lambda: _made_glyph_numbers(source, work))
    return pikepdf.Name.Identity if source == "/Identity" else None


def _made_glyph_numbers(source: pikepdf.Object, work: Work) -> pikepdf.Object | None:
    try:
        data = decoded(source, work)
    except StreamFailed:
        return None
    return work.stream(data[: min(len(data), 131_072) & ~1])


def _descriptor(source: pikepdf.Object | None, kind: str, work: Work) -> pikepdf.Object | None:
    if not isinstance(source, pikepdf.Dictionary):
        return None
    return work.once(f"descriptor {kind}", source, lambda: _made_descriptor(source, kind, work))


def _made_descriptor(source: pikepdf.Object, kind: str, work: Work) -> pikepdf.Object | None:
    name = name_of(source.get("/FontName"))
    entries: Entries = {
        "/Type": pikepdf.Name.FontDescriptor,
        "/FontName": pikepdf.Name.Unnamed if name is None else name,
        "/Flags": integer(source.get("/Flags"), 0, 2**31 - 1) or 0,
    }
    box = numbers(source.get("/FontBBox"), 4)
    if box is not None:
        entries["/FontBBox"] = array(box)
    for key in MEASURES:
        value = number(source.get(key))
        if value is not None:
            entries[key] = value
    stretch = _text(source.get("/FontStretch"))
    if stretch in STRETCHES:
        entries["/FontStretch"] = pikepdf.Name(stretch)
    entries |= programs.embedded(source, kind, work)
    return work.target.make_indirect(pikepdf.Dictionary(entries))
