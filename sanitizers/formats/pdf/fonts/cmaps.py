"""CMaps: what codes mean, parsed by their few statements and written again (ISO 32000-2, 9.7.5 and 9.10.3).

A CMap is a PostScript program in name only. Of it are read: code spaces, characters and ranges. Comments, procedures,
names and whatever else it holds are not.
"""

import re
from collections.abc import Callable, Iterator

import pikepdf

from sanitizers.formats.pdf.streams import decoded
from sanitizers.formats.pdf.values import integer
from sanitizers.formats.pdf.work import StreamFailed, Work
from sanitizers.model import Action, Severity, Threat

LONGEST_TEXT = 32  #: bytes of UTF-16 for one code: sixteen letters, more than any ligature; longer ones hide words
MOST_STATEMENTS = 262_144
AT_A_TIME = 100  #: statements between begin and end (Adobe Technical Note 5014)

#: Table 116: CMaps that every reader has. H and V of the same name write across and down.
PREDEFINED = frozenset(
    {
        "GB-EUC", "GBpc-EUC", "GBK-EUC", "GBKp-EUC", "GBK2K", "UniGB-UCS2", "UniGB-UTF16", "B5pc", "HKscs-B5",
        "ETen-B5", "ETenms-B5", "CNS-EUC", "UniCNS-UCS2", "UniCNS-UTF16", "83pv-RKSJ", "90ms-RKSJ",
        "90msp-RKSJ", "90pv-RKSJ", "Add-RKSJ", "EUC", "Ext-RKSJ", "UniJIS-UCS2", "UniJIS-UCS2-HW",
        "UniJIS-UTF16", "UniJIS2004-UTF16", "KSC-EUC", "KSCms-UHC", "KSCms-UHC-HW", "KSCpc-EUC", "UniKS-UCS2",
        "UniKS-UTF16", "Identity",
        # and those that readers know besides (Adobe cmap-resources)
        "UniGB-UTF8", "UniGB-UTF32", "UniCNS-UTF8", "UniCNS-UTF32", "UniJIS-UTF8", "UniJIS-UTF32",
        "UniJISX0213-UTF32", "UniJISX02132004-UTF32", "UniJIS2004-UTF8", "UniJIS2004-UTF32", "UniKS-UTF8",
        "UniKS-UTF32", "78", "78-EUC", "78-RKSJ", "78ms-RKSJ", "Add", "Ext", "GB", "GBT", "GBT-EUC",
        "GBTpc-EUC", "CNS1", "CNS2", "KSC", "KSC-Johab", "NWP", "RKSJ", "Hankaku", "Hiragana", "Katakana",
        "Roman", "WP-Symbol",
    }
)  # fmt: skip

_SECTION = re.compile(
    rb"begin(codespacerange|bfchar|bfrange|cidchar|cidrange|notdefchar|notdefrange)\b(.*?)\bend\1\b", re.DOTALL
)
_COMMENT = re.compile(rb"%[^\r\n]*")
_HEX = rb"<([0-9A-Fa-f\s]*)>"
_PAIR = re.compile(rb"%b\s*%b" % (_HEX, _HEX))
_RANGE = re.compile(rb"%b\s*%b\s*(?:%b|\[([0-9A-Fa-f\s<>]*)\])" % (_HEX, _HEX, _HEX))
_INSIDE = re.compile(_HEX)
_CID = re.compile(rb"%b\s*([0-9]{1,5})\b" % _HEX)
_CID_RANGE = re.compile(rb"%b\s*%b\s*([0-9]{1,5})\b" % (_HEX, _HEX))
_USED = re.compile(rb"/([A-Za-z0-9-]{1,40})\s+usecmap\b")
_VERTICAL = re.compile(rb"/WMode\s+1\b")

Statements = dict[str, list[str]]


def is_predefined(name: str) -> bool:
    """Whether every reader has it."""
    stem, _, direction = name.rpartition("-")
    return stem in PREDEFINED and direction in {"H", "V"} if stem else name in {"H", "V"}


def to_unicode(source: pikepdf.Object, work: Work) -> pikepdf.Object | None:
    """What the codes of a font mean as text: so it can be searched and copied."""
    if isinstance(source, pikepdf.Name):
        plain = bytes(source)[1:].decode("latin-1")
        return pikepdf.Name("/" + plain) if plain in {"Identity-H", "Identity-V"} else None
    if not isinstance(source, pikepdf.Stream):
        return None
    return work.once("to unicode", source, lambda: _made_to_unicode(source, work))


def _made_to_unicode(source: pikepdf.Object, work: Work) -> pikepdf.Object | None:
    program = _program(source, work)
    statements = _statements(program, _TEXT_STATEMENTS, work) if program else {}
    if not statements.get("bfchar") and not statements.get("bfrange"):
        return None
    statements.setdefault("codespacerange", ["<0000> <FFFF>"])
    return work.stream(_written(statements, "/CMapName /Adobe-Identity-UCS def /CMapType 2 def"))


def encoding(source: pikepdf.Object, work: Work) -> pikepdf.Object | None:
    """An embedded CMap: which glyphs the codes of a composite font show."""
    return work.once("cmap", source, lambda: _made_encoding(source, work))


def _made_encoding(source: pikepdf.Object, work: Work) -> pikepdf.Object | None:
    program = _program(source, work)
    if program is None:
        return None
    statements = _statements(program, _CODE_STATEMENTS, work)
    used = _used(source, program)
    if not statements and not used:
        return None
    vertical = integer(source.get("/WMode"), 1, 1) == 1 or _VERTICAL.search(program) is not None
    head = f"/CMapName /Codes def /CMapType 1 def /WMode {int(vertical)} def"
    entries: dict[str, object] = {"/Type": pikepdf.Name.CMap, "/CMapName": pikepdf.Name.Codes, "/WMode": int(vertical)}
    if used:
        entries["/UseCMap"] = pikepdf.Name(f"/{used}")
        head = f"/{used} usecmap {head}"
    info = system_info(source.get("/CIDSystemInfo"))
    entries["/CIDSystemInfo"] = system_info(None) if info is None else info
    return work.stream(_written(statements, head), entries)


def system_info(source: object) -> pikepdf.Object | None:
    """Of which collection the glyphs' numbers are (9.7.3); None: it does not say so as the standard asks."""
    if source is None:
        source = pikepdf.Dictionary({"/Registry": b"Adobe", "/Ordering": b"Identity", "/Supplement": 0})
    if not isinstance(source, pikepdf.Dictionary):
        return None
    registry, ordering = (_word(source.get(key)) for key in ("/Registry", "/Ordering"))
    if registry is None or ordering is None:
        return None
    supplement = integer(source.get("/Supplement"), 0, 99) or 0
    return pikepdf.Dictionary({"/Registry": registry, "/Ordering": ordering, "/Supplement": supplement})


def _word(value: object) -> pikepdf.String | None:
    if not isinstance(value, pikepdf.String):
        return None
    plain = bytes(value)
    return pikepdf.String(plain) if re.fullmatch(rb"[A-Za-z0-9_-]{1,32}", plain) else None


def _program(source: pikepdf.Object, work: Work) -> bytes | None:
    try:
        return _COMMENT.sub(b"", decoded(source, work))
    except StreamFailed:
        return None


def _used(source: pikepdf.Object, program: bytes) -> str:
    named = source.get("/UseCMap")
    found = _USED.search(program)
    plain = bytes(named)[1:] if isinstance(named, pikepdf.Name) else found[1] if found else b""
    name = plain.decode("latin-1")
    return name if is_predefined(name) else ""


def _statements(program: bytes, read: "dict[str, _Reader]", work: Work) -> Statements:
    found: Statements = {}
    count = 0
    for section in _SECTION.finditer(program):
        kind = section[1].decode()
        if kind in read:
            listed = found.setdefault(kind, [])
            listed.extend(read[kind](section[2], work))
            count += len(listed)
        if count > MOST_STATEMENTS:
            break
    return {kind: listed for kind, listed in found.items() if listed}


def _code(digits: bytes) -> str | None:
    """A code of one to four bytes."""
    plain = b"".join(digits.split()) if digits.strip(b"0123456789abcdefABCDEF") else digits
    return plain.decode().upper() if len(plain) in {2, 4, 6, 8} else None


def _code_pair(low: bytes, high: bytes) -> tuple[str, str] | None:
    first, last = _code(low), _code(high)
    if first is None or last is None or len(first) != len(last):
        return None
    return first, last


def _spaces(body: bytes, _work: Work) -> Iterator[str]:
    for low, high in _PAIR.findall(body):
        pair = _code_pair(low, high)
        if pair:
            yield f"<{pair[0]}> <{pair[1]}>"


def _text(digits: bytes, work: Work) -> str | None:
    """UTF-16 that is text, and not more of it than one glyph can show."""
    plain = b"".join(digits.split()).decode().upper()
    if len(plain) == 2:  # a byte where two belong, as some programs write
        plain = "00" + plain
    if not plain or len(plain) % 4:
        return None
    if len(plain) > 2 * LONGEST_TEXT:
        detail = "long texts that a search finds behind a single letter"
        work.found(Threat.HIDDEN_CONTENT, Severity.WARNING, Action.REMOVED, "fonts", detail)
        return None
    return plain


def _text_characters(body: bytes, work: Work) -> Iterator[str]:
    for digits, text in _PAIR.findall(body):
        code, meaning = _code(digits), _text(text, work)
        if code and meaning:
            yield f"<{code}> <{meaning}>"


def _text_ranges(body: bytes, work: Work) -> Iterator[str]:
    for low, high, text, listed in _RANGE.findall(body):
        pair = _code_pair(low, high)
        if pair is None or int(pair[0], 16) > int(pair[1], 16):
            continue
        if not listed:
            meaning = _text(text, work)
            if meaning:
                yield f"<{pair[0]}> <{pair[1]}> <{meaning}>"
            continue
        length, first = len(pair[0]), int(pair[0], 16)
        for place, one in enumerate(_INSIDE.findall(listed)[: int(pair[1], 16) - first + 1]):
            meaning = _text(one, work)
            if meaning:
                code = f"{first + place:0{length}X}"
                yield f"<{code}> <{code}> <{meaning}>"


def _glyphs(body: bytes, _work: Work) -> Iterator[str]:
    for digits, glyph in _CID.findall(body):
        code = _code(digits)
        if code and int(glyph) <= 65_535:
            yield f"<{code}> {int(glyph)}"


def _glyph_ranges(body: bytes, _work: Work) -> Iterator[str]:
    for low, high, glyph in _CID_RANGE.findall(body):
        pair = _code_pair(low, high)
        if pair and int(pair[0], 16) <= int(pair[1], 16) and int(glyph) <= 65_535:
            yield f"<{pair[0]}> <{pair[1]}> {int(glyph)}"


_Reader = Callable[[bytes, Work], Iterator[str]]
_TEXT_STATEMENTS: dict[str, _Reader] = {
    "codespacerange": _spaces,
    "bfchar": _text_characters,
    "bfrange": _text_ranges,
}
_CODE_STATEMENTS: dict[str, _Reader] = {
    "codespacerange": _spaces,
    "cidchar": _glyphs,
    "cidrange": _glyph_ranges,
    "notdefchar": _glyphs,
    "notdefrange": _glyph_ranges,
}


def _written(statements: Statements, head: str) -> bytes:
    lines = ["/CIDInit /ProcSet findresource begin 12 dict begin begincmap", head]
    for kind in (*_CODE_STATEMENTS, *_TEXT_STATEMENTS):
        listed = statements.pop(kind, [])
        for start in range(0, len(listed), AT_A_TIME):
            some = listed[start : start + AT_A_TIME]
            lines += [f"{len(some)} begin{kind}", *some, f"end{kind}"]
    lines.append("endcmap CMapName currentdict /CMap defineresource pop end end")
    return "\n".join(lines).encode()
