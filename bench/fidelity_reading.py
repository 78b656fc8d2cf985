"""What independent readers say of an original and of its clean version: run beside `bench.fidelity`, which may end it.

One JSON request a line on standard input, one JSON answer a line on standard output. Of an Office file the request
names the PDFs that LibreOffice drew of both versions, where it did: a second reader, and the only one of old files.
"""

import io
import json
import resource
import shutil
import struct
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import lxml.html
import msgspec
import msoffcrypto
import msoffcrypto.exceptions
import pikepdf
import pillow_heif
import pypdfium2
import pypdfium2.raw
import resvg_py
from PIL import Image, ImageOps

from bench import fidelity_office
from bench.seeing import Reading, cells_kept, similarity, words_kept, words_of

MOST_MEMORY = 4 * 1024**3  # bytes; a file that takes more counts as one that the reader does not open
MOST_PAGES = 300  # whose words are compared
CHARSETS = ("utf-8-sig", "iso2022_jp_ext", "cp932", "euc_jp", "latin-1")


class Request(msgspec.Struct, frozen=True):
    """Two versions of a file; of the clean one there may be none."""

    family: str
    original: str
    clean: str | None
    drawn: tuple[str | None, str | None] = (None, None)  #: as PDF by LibreOffice, the original and the clean version
    flat: tuple[str | None, str | None] = (None, None)  #: the same of old files and RTF, as flat OpenDocument


def read_pdf(data: bytes) -> Reading:
    with pypdfium2.PdfDocument(data) as document:
        document.init_forms()
        texts, pictures = [], 0
        for number in range(min(len(document), MOST_PAGES)):
            page = document[number]
            texts.append(page.get_textpage().get_text_range())
            pictures += sum(1 for _ in page.get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_IMAGE]))
        picture = document[0].render(scale=100 / 72).to_pil().convert("RGB")
        return Reading(words_of("\n".join(texts)), picture, len(document), pictures)


def read_picture(data: bytes) -> Reading:
    with Image.open(io.BytesIO(data)) as picture:
        frames = getattr(picture, "n_frames", 1)
        shown = ImageOps.exif_transpose(picture).convert("RGBA")
        paper = Image.new("RGBA", shown.size, "white")
        return Reading(picture=Image.alpha_composite(paper, shown).convert("RGB"), count=frames)


def read_svg(data: bytes) -> Reading:
    if data[:2] == b"\x1f\x8b":
        data = subprocess.run(["gzip", "-dc"], input=data, stdout=subprocess.PIPE, check=True).stdout
    if data.startswith(b"\x89PNG"):
        return read_picture(data)
    drawn = bytes(resvg_py.svg_to_bytes(svg_string=data.decode("utf-8-sig")))
    return Reading(picture=read_picture(drawn).picture)


def read_html(data: bytes) -> Reading:
    root = lxml.html.document_fromstring(decoded(data).encode(), parser=lxml.html.HTMLParser(encoding="utf-8"))
    for unseen in root.xpath("//script | //style | //template | //head | //noscript"):
        unseen.drop_tree()
    return Reading(words_of(" ".join(root.itertext())))


def read_text(data: bytes) -> Reading:
    return Reading(words_of(decoded(data)))


def decoded(data: bytes) -> str:
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return data.decode("utf-16", "replace")
    for charset in CHARSETS:
        if charset == "iso2022_jp_ext" and b"\x1b$" not in data:
            continue
        try:
            return data.decode(charset)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")


READERS: dict[str, Callable[[bytes], Reading]] = {
    "pdf": read_pdf,
    "image": read_picture,
    "svg": read_svg,
    "html": read_html,
    "text": read_text,
    "csv": read_text,
    **fidelity_office.READERS,
}
LEGACY = {
    "doc": "docx",
    "xls": "xlsx",
    "ppt": "pptx",
    "rtf": "docx",
}  # no library here reads these, but what they become


def structure_problem(path: Path) -> str:
    """What `qpdf --check` finds in a PDF, or pikepdf where qpdf is not installed; "" when all is well."""
    if qpdf := shutil.which("qpdf"):
        done = subprocess.run([qpdf, "--check", str(path)], capture_output=True, text=True, check=False)
        return "" if done.returncode == 0 else (done.stderr or done.stdout).strip().splitlines()[-1]
    with pikepdf.open(path) as document:
        return "; ".join(document.check_pdf_syntax())


def compare(request: Request) -> dict[str, object]:
    """Both versions read; `error` of the original or of the clean one is why a reader does not open it."""
    if request.family == "other":
        return {}  # counted apart, read by nobody here
    if request.family in fidelity_office.READERS or request.family in LEGACY:
        return compare_office(request)
    answer: dict[str, object] = {}
    before = attempt(READERS[request.family], request.original, answer, "original_error")
    if request.clean is None:
        return answer
    after = attempt(READERS[request.family], request.clean, answer, "clean_error")
    if request.family == "pdf" and (problem := structure_problem(Path(request.clean))):
        answer["clean_error"] = problem
    return answer | differences(before, after)


def compare_office(request: Request) -> dict[str, object]:
    """By the library of its kind, and by LibreOffice's drawings; of the old kinds by these alone."""
    answer: dict[str, object] = {"encrypted": True} if encrypted(Path(request.original)) else {}
    drawn_before, drawn_after = request.drawn
    legacy = request.family in LEGACY
    reader, source = (
        (fidelity_office.read_flat, request.flat[0]) if legacy else (READERS[request.family], request.original)
    )
    before = attempt(reader, source, answer, "library_error") if source else None
    if before is None and drawn_before is None:
        answer["original_error"] = answer.pop("library_error", "LibreOffice makes nothing of it")
    if request.clean is None:
        return answer
    after = attempt(READERS[LEGACY.get(request.family, request.family)], request.clean, answer, "clean_error")
    if legacy:
        after = attempt(reader, request.flat[1], answer, "clean_error") if request.flat[1] else None
    if drawn_before and not drawn_after:
        answer["clean_error"] = "LibreOffice makes nothing of it"
    drawn = {}
    if drawn_before and drawn_after:
        drawn = differences(*(attempt(read_pdf, path, answer, "drawn_error") for path in request.drawn if path))
    if before is None:
        return drawn | answer
    if "kept" in drawn:
        drawn["drawn_kept"], drawn["drawn_lost"] = drawn.pop("kept"), drawn.pop("lost")
    return drawn | answer | differences(before, after)


def encrypted(path: Path) -> bool:
    """Behind a password, whatever it is."""
    try:
        with path.open("rb") as file:
            return bool(msoffcrypto.OfficeFile(file).is_encrypted())
    except (
        msoffcrypto.exceptions.FileFormatError,
        msoffcrypto.exceptions.ParseError,
        OSError,
        LookupError,
        ValueError,
        struct.error,
    ):
        return False  # none of the kinds that it knows


def differences(before: Reading | None, after: Reading | None) -> dict[str, object]:
    """What both show and how alike it is."""
    answer: dict[str, object] = {}
    if before is None or after is None:
        return answer
    if before.words is not None and after.words is not None:
        answer |= words_kept(before.words, after.words)
    if before.cells and after.cells is not None:
        answer |= cells_kept(before.cells, after.cells)
    if before.picture is not None and after.picture is not None:
        answer["ssim"] = similarity(before.picture, after.picture)
    if before.count is not None:
        answer["count"] = [before.count, after.count]
    if before.pictures is not None:
        answer["pictures"] = [before.pictures, after.pictures]
    return answer


def attempt(reader: Callable[[bytes], Reading], path: str, answer: dict[str, object], key: str) -> Reading | None:
    try:
        return reader(Path(path).read_bytes())
    except Exception as failure:  # noqa: BLE001 - whatever a reader says of the file is what the table says
        answer[key] = f"{type(failure).__name__}: {failure}"[:200]
        return None


def main() -> None:
    """Until standard input ends."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    warnings.simplefilter("ignore")
    pillow_heif.register_heif_opener()
    Image.MAX_IMAGE_PIXELS = 300_000_000
    for line in sys.stdin:
        print(json.dumps(compare(msgspec.json.decode(line, type=Request))), flush=True)


if __name__ == "__main__":
    main()
