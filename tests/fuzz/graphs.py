"""Strategies for PDF: object graphs with cycles, wrong types and hostile keys; the harm carries a marker."""

import zlib
from collections.abc import Iterable

from hypothesis import strategies as st

from tests.fuzz.forbidden import HARM

OBJECTS = 14  #: numbers that a reference may name; those that nothing defines are null (ISO 32000-2 section 7.3.10)
MARK = f"({HARM})".encode()
REFERENCES = st.integers(1, OBJECTS).map(lambda number: b"%d 0 R" % number)

#: Dictionaries that do harm wherever they hang; a marker stands in each.
HARMS = (
    b"<</S/JavaScript/JS%s>>" % MARK,
    b"<</Type/Action/S/JavaScript/JS %d 0 R/Next<</S/JavaScript/JS%s>>>>" % (OBJECTS, MARK),
    b"<</S/Launch/F%s/Win<</F%s>>>>" % (MARK, MARK),
    b"<</S/SubmitForm/F<</FS/URL/F%s>>/Flags 4>>" % MARK,
    b"<</S/GoToR/F%s/D[0/Fit]>>" % MARK,
    b"<</S/ImportData/F%s>>" % MARK,
    b"<</S/URI/URI(javascript:%s)>>" % HARM.encode(),
    b"<</S/URI/URI(file:///%s)>>" % HARM.encode(),
    b"<</S/#4aavaScript/J#53%s>>" % MARK,
    b"<</Type/Filespec/F%s/EF<</F 1 0 R>>>>" % MARK,
    b"<</Names[%s<</S/JavaScript/JS%s>>]>>" % (MARK, MARK),
    b"<</O<</S/JavaScript/JS%s>>/C<</S/Launch/F%s>>>>" % (MARK, MARK),
)
#: Keys under which they may hang, in any dictionary; and keys of structure.
HOSTILE_KEYS = (
    *("OpenAction", "AA", "A", "PA", "Next", "JS", "EF", "AF", "XFA", "Metadata", "PieceInfo", "Perms", "DSS", "URI"),
    *("Ref", "OPI", "Alternates", "F", "FFilter", "Requirements", "Collection", "RichMediaContent", "3DD", "Sound"),
    *("Movie", "Open#41ction", "Launch", "Legal", "Threads", "SpiderInfo", "Extensions", "Encrypt", "RV", "MK", "AP"),
)
KEYS = (
    *("Type", "Subtype", "Kids", "Parent", "Count", "Pages", "Contents", "Resources", "MediaBox", "CropBox", "Rotate"),
    *("Annots", "Names", "Dests", "Outlines", "First", "Last", "Prev", "Next", "Title", "Dest", "AcroForm", "Fields"),
    *("Rect", "AP", "N", "AS", "FT", "V", "DA", "Ff", "Font", "XObject", "ExtGState", "ColorSpace", "Pattern"),
    *("Shading", "Properties", "OCProperties", "OCGs", "D", "BBox", "Matrix", "Group", "StructTreeRoot", "K", "S", "P"),
    *("Width", "Height", "BitsPerComponent", "SMask", "Mask", "Decode", "Filter", "DecodeParms", "Length", "FontFile2"),
    *("FontDescriptor", "ToUnicode", "Encoding", "DescendantFonts", "CharProcs", "FontMatrix", "Widths", "FirstChar"),
    *(
        "Function",
        "FunctionType",
        "Domain",
        "C0",
        "C1",
        "PageLabels",
        "Nums",
        "Limits",
        "Lang",
        "OC",
        "Base",
        "BC",
        "TR",
    ),
)
NAMES = (
    *("Catalog", "Pages", "Page", "Annot", "Link", "Widget", "Text", "FreeText", "Stamp", "FileAttachment", "Screen"),
    *("Font", "Type0", "Type1", "Type3", "TrueType", "CIDFontType2", "Helvetica", "Identity-H", "XObject", "Image"),
    *("Form", "PS", "DeviceRGB", "DeviceGray", "DeviceCMYK", "Indexed", "ICCBased", "Separation", "DeviceN", "Pattern"),
    *("FlateDecode", "LZWDecode", "ASCII85Decode", "ASCIIHexDecode", "RunLengthDecode", "DCTDecode", "JPXDecode"),
    *("JBIG2Decode", "CCITTFaxDecode", "Crypt", "OCG", "OCMD", "Tx", "Btn", "Ch", "Sig", "XYZ", "Fit", "Luminosity"),
    *("Named", "GoTo", "URI", "Thread", "Off", "JavaScript", "F0", "X0", "G0", "P0", "C0", "#00", "a#2Fb", "\x82\xa0"),
)
NUMBERS = (
    *("0", "1", "-1", "2", "3", "8", "255", "612", "792", "0.5", "-0.001", "65535", "2147483647", "-2147483648"),
    *("4294967296", "99999999999999999999", "1e9", "--1", "+.", ".", "1.2.3", "0.00000000000000000001", "1" * 300),
)
CONTENTS = (
    *(b"BT /F0 12 Tf (abc) Tj ET", b"/X0 Do", b"q 1 0 0 1 0 0 cm Q", b"/G0 gs", b"/P0 cs /P0 scn", b"/C0 CS 1 SCN"),
    *(
        b"/P0 sh",
        b"0 0 10 10 re f",
        b"Q Q Q",
        b"q " * 60,
        b"BI /W 1 /H 1 /BPC 8 /CS /G ID x EI",
        b"/OC /P0 BDC (x) Tj EMC",
    ),
    *(
        b"BI /W 99999 /H 99999 /F /Fl ID",
        b"BT [(a) -9999999 (b)] TJ T* ' \" ET",
        b"1 2 3 4 5 6 7 d1",
        b"(",
        b"<<",
        b"[[[[",
    ),
    *(b"/Artifact <</JS%s>> BDC EMC" % MARK, b"%" + HARM.encode(), b"\0\xff\xfe", b"9e99 0 l S", b"PS (x) exec"),
)


def values() -> st.SearchStrategy[bytes]:
    """Any value, of any depth that is cheap."""
    flat = st.one_of(
        REFERENCES,
        REFERENCES,
        st.sampled_from(NUMBERS).map(str.encode),
        st.sampled_from(NAMES).map(lambda name: b"/" + name.encode("latin_1")),
        st.sampled_from(
            (b"true", b"null", b"()", b"(abc)", b"<feff3042>", b"(\\)", b"<", b"[0 0 100 100]", b"[1 0 0 1 0 0]")
        ),
    )
    return st.recursive(flat, lambda inner: arrays(inner) | dictionaries(inner), max_leaves=6)


def arrays(inner: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    return st.lists(inner, max_size=6).map(lambda items: b"[" + b" ".join(items) + b"]")


def dictionaries(inner: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    pair = st.tuples(st.sampled_from(KEYS), inner) | st.tuples(st.sampled_from(HOSTILE_KEYS), st.sampled_from(HARMS))
    return st.lists(pair, max_size=6).map(written)


def written(pairs: Iterable[tuple[str, bytes]]) -> bytes:
    return b"<<" + b"".join(b"/" + key.encode() + b" " + value for key, value in pairs) + b">>"


VALUES = values()
DICTIONARIES = dictionaries(VALUES)
SAID = st.lists(st.sampled_from(CONTENTS), max_size=5).map(b" ".join)
EXTRAS = st.lists(st.tuples(st.sampled_from(HOSTILE_KEYS), st.sampled_from(HARMS)), max_size=3)


@st.composite
def streams(draw: st.DrawFn) -> bytes:
    """With a dictionary that may lie about it."""
    data = draw(SAID)
    head = draw(DICTIONARIES)[2:-2]
    how = draw(st.integers(0, 3))
    if how == 0:
        data, head = zlib.compress(data), b"/Filter/FlateDecode" + head
    elif how == 1:
        data, head = zlib.compress(data)[: draw(st.integers(0, 20))], b"/Filter[/FlateDecode/FlateDecode]" + head
    return b"<</Length %d" % len(data) + head + b">>stream\n" + data + b"\nendstream"


ANYTHING = st.one_of(VALUES, DICTIONARIES, streams())


@st.composite
def pdfs(draw: st.DrawFn) -> bytes:
    """A document of one page, of which any object may be something else."""
    extras = {number: written(draw(EXTRAS))[2:-2] for number in range(1, 9)}
    objects = {
        1: b"<</Type/Catalog/Pages 2 0 R/Outlines 6 0 R/Names 9 0 R/AcroForm 10 0 R/StructTreeRoot 11 0 R"
        + extras[1]
        + b">>",
        2: b"<</Type/Pages/Kids[3 0 R]/Count 1" + extras[2] + b">>",
        3: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Contents 4 0 R/Resources<</Font<</F0 5 0 R>>/XObject"
        b"<</X0 8 0 R>>/ExtGState<</G0 12 0 R>>/Pattern<</P0 13 0 R>>/ColorSpace<</C0 12 0 R>>/Shading<</P0 13 0 R>>>>"
        b"/Annots[7 0 R 10 0 R]" + extras[3] + b">>",
        4: draw(streams()),
        5: b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica" + extras[5] + b">>",
        6: b"<</First 7 0 R/Last 7 0 R/Title(o)" + extras[6] + b">>",
        7: b"<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/Parent 6 0 R/Title(a)/Dest[3 0 R/Fit]" + extras[7] + b">>",
        8: b"<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Length 5" + extras[8] + b">>stream\n0 0 m\nendstream",
    }
    for number in range(9, OBJECTS + 1):
        objects[number] = draw(ANYTHING)
    for number in draw(st.lists(st.integers(1, OBJECTS), max_size=3)):
        objects[number] = draw(ANYTHING)
    return put_together(
        objects, draw(st.sampled_from((b"", b"/ID[(a)(b)]", b"/Info 9 0 R", b"/Prev 15", b"/Encrypt 9 0 R")))
    )


def put_together(objects: dict[int, bytes], trailer: bytes) -> bytes:
    """Header, objects, cross-references, trailer (ISO 32000-2 section 7.5)."""
    data = b"%PDF-1.7\n"
    places = []
    for number, body in sorted(objects.items()):
        places.append(len(data))
        data += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(places) + 1)
    end = b"trailer\n<</Size %d/Root 1 0 R" % (len(places) + 1) + trailer + b">>\nstartxref\n%d\n%%%%EOF\n" % len(data)
    return data + head + table + end
