"""Small PDFs for the tests of the graph, and what is in the documents that come out."""

import io
from collections.abc import Iterator

import pikepdf
import pypdfium2

from sanitizers.budget import BudgetMeter
from sanitizers.formats.pdf import Pdf
from sanitizers.model import File, Finding, Notice, Rebuilt
from sanitizers.passwords import Passwords
from sanitizers.rules import Budget, Profile

FONT = "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>"
MARKER = "KIYOME-HARM-KEY"


class GraphJob:
    """The engine as the sanitizer sees it."""

    notice = Notice("", ())

    def __init__(self, rules: Profile | None = None, limits: Budget | None = None) -> None:
        self.rules = rules or Profile()
        self.budget = BudgetMeter(limits or Budget())
        self.passwords = Passwords((), self.budget)

    def child(self, *_args: object, **_named: object) -> Rebuilt:
        raise AssertionError("a PDF has no children")


def stream(data: str, entries: str = "") -> str:
    return f"<<{entries}/Length {len(data.encode('latin-1'))}>>\nstream\n{data}\nendstream"


def written(objects: dict[int, str], trailer: str = "") -> bytes:
    """A PDF of these objects; 1 is the catalog."""
    out = bytearray(b"%PDF-1.7\n")
    places = {}
    for number, body in sorted(objects.items()):
        places[number] = len(out)
        out += f"{number} 0 obj\n{body}\nendobj\n".encode("latin-1")
    start, size = len(out), max(objects) + 1
    out += f"xref\n0 {size}\n0000000000 65535 f \n".encode()
    for number in range(1, size):
        out += f"{places.get(number, 0):010d} 00000 {'n' if number in places else 'f'} \n".encode()
    out += f"trailer\n<</Size {size}/Root 1 0 R{trailer}>>\nstartxref\n{start}\n%%EOF\n".encode("latin-1")
    return bytes(out)


def document(
    catalog: str = "",
    page: str = "",
    objects: dict[int, str] | None = None,
    content: str = "BT /F1 18 Tf 40 240 Td (Plain words) Tj ET",
    resources: str = "",
) -> bytes:
    """One page (object 3) with some text (object 4) in Helvetica (object 5)."""
    plain = {
        1: f"<</Type/Catalog/Pages 2 0 R{catalog}>>",
        2: "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        3: (
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 300]/Contents 4 0 R"
            f"/Resources<</Font<</F1 5 0 R>>{resources}>>{page}>>"
        ),
        4: stream(content),
        5: FONT,
    }
    return written({**plain, **(objects or {})})


def rebuilt(data: bytes, rules: Profile | None = None, limits: Budget | None = None) -> Rebuilt:
    return Pdf().rebuild(File("a.pdf", "", "application/pdf", data), GraphJob(rules, limits))


def opened(data: bytes) -> pikepdf.Pdf:
    return pikepdf.Pdf.open(io.BytesIO(data))


def words(data: bytes) -> str:
    with pypdfium2.PdfDocument(data) as document_:
        return "\n".join(page.get_textpage().get_text_range() for page in document_)


def details(findings: tuple[Finding, ...]) -> list[str]:
    return [finding.detail for finding in findings]


def everything(data: bytes) -> bytes:
    """The document with nothing compressed."""
    with opened(data) as found:
        out = io.BytesIO()
        found.save(
            out,
            compress_streams=False,
            stream_decode_level=pikepdf.StreamDecodeLevel.generalized,
            object_stream_mode=pikepdf.ObjectStreamMode.disable,
        )
    return out.getvalue()


def dictionaries(thing: object, deepest: int = 8) -> Iterator[pikepdf.Object]:
    """Every dictionary directly in an object, itself included."""
    if isinstance(thing, (pikepdf.Dictionary, pikepdf.Stream)):
        yield thing
        inside = [thing[key] for key in sorted(thing.keys())]
    elif isinstance(thing, pikepdf.Array):
        inside = list(thing)
    else:
        return
    for value in inside:
        if isinstance(value, pikepdf.Object) and not value.is_indirect and deepest:
            yield from dictionaries(value, deepest - 1)


def with_marks(data: bytes) -> bytes:
    """The same document with a key that no standard knows in every dictionary there is."""
    with opened(data) as found:
        for thing in list(found.objects):
            for dictionary in list(dictionaries(thing)):
                dictionary[f"/{MARKER}"] = pikepdf.String(MARKER)
        out = io.BytesIO()
        found.save(out, static_id=True, fix_metadata_version=False)
    return out.getvalue()
