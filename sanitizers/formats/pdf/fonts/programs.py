"""Embedded font programs: which parser reads which, and what happens to those that fail (ISO 32000-2, 9.9)."""

import pikepdf

from sanitizers.formats.pdf.fonts import cff, sfnt, type1
from sanitizers.formats.pdf.streams import decoded
from sanitizers.formats.pdf.values import integer
from sanitizers.formats.pdf.work import StreamFailed, Work
from sanitizers.model import Action, Severity, Threat

Written = tuple[dict[str, object], bytes]  #: entries of the stream, program


def embedded(descriptor: pikepdf.Object, kind: str, work: Work) -> dict[str, object]:
    """The entry of the descriptor that holds the program, written anew; none where none can be read."""
    for key in ("/FontFile3", "/FontFile2", "/FontFile"):
        program = descriptor.get(key)
        if isinstance(program, pikepdf.Stream):
            return _carried(program, kind, work)
    return {}


def _carried(program: pikepdf.Object, kind: str, work: Work) -> dict[str, object]:
    def make() -> pikepdf.Object | None:
        entries, data = _rewritten(decoded(program, work), program, kind, work)
        return work.stream(data, entries)

    try:
        made = work.once(f"font program {kind}", program, make)
    except StreamFailed:
        detail = "embedded fonts that cannot be read: the reader's own font stands in"
        work.found(Threat.MALFORMED, Severity.WARNING, Action.REPLACED, "fonts", detail)
        return {}
    return {} if made is None else {_key(made): made}


def _rewritten(data: bytes, program: pikepdf.Object, kind: str, work: Work) -> Written:
    """What the bytes are decides, not what the dictionary says: so do readers."""
    if data[:4] in sfnt.KINDS:
        written = sfnt.rewritten(data)
        if sfnt.holds_more(data):
            detail = "names, programs and other tables of fonts that show nothing"
            work.found(Threat.METADATA, Severity.NOTE, Action.REMOVED, "fonts", detail)
        if written[:4] == b"OTTO":
            return {"/Subtype": pikepdf.Name.OpenType}, written
        return {"/Length1": len(written)}, written
    if data[:1] == b"\1" and data[2:3] <= b"\x20":
        subtype = pikepdf.Name.CIDFontType0C if kind.startswith("/CID") else pikepdf.Name.Type1C
        return {"/Subtype": subtype}, cff.rewritten(data)
    clear = integer(program.get("/Length1"), 0, len(data)) or 0
    return {"/Subtype": pikepdf.Name.Type1C}, type1.rewritten(data, clear)


def _key(made: pikepdf.Object) -> str:
    return "/FontFile3" if "/Subtype" in made else "/FontFile2"
