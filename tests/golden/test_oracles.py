"""What analysts' tools say of clean files: pdfid, peepdf, qpdf, exiftool, oletools, defusedxml; none is the product's.

Each tool has controls: files of which it does tell, so that its silence means something. pdfid looks into no object
stream: it is shown what qpdf unpacked.
"""

import contextlib
import csv
import io
import json
import re
import shutil
import subprocess
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pikepdf
import pytest

from tests.golden.office_readers import is_office
from tests.golden.test_file_samples import ROOT, cleaned, samples, told

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1800),
    # These tools leave files open and use what their libraries have deprecated.
    *(pytest.mark.filterwarnings(f"ignore::{name}") for name in ("ResourceWarning", "DeprecationWarning")),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

SAMPLES = ROOT / "samples"
PDF = ".pdf"


class Shown(NamedTuple):
    """A clean file, and which original it was made of."""

    title: str
    type: str
    path: Path


# The clean files, once for all tools


@pytest.fixture(scope="module")
def of_samples(tmp_path_factory: pytest.TempPathFactory) -> list[Shown]:
    folder = tmp_path_factory.mktemp("samples")
    found = [
        shown(folder, number, f"{path.parent.name}/{path.name}", path, str(told(path).get("claimed_name", path.name)))
        for number, path in enumerate(samples())
    ]
    return [one for one in found if one is not None]


@pytest.fixture(scope="module")
def of_corpus(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Shown]:
    """Every PDF of it."""
    folder = tmp_path_factory.mktemp("corpus")
    found = [shown(folder, n, str(path.relative_to(corpus)), path, "x.pdf") for n, path in enumerate(pdfs_of(corpus))]
    return [one for one in found if one is not None]


def pdfs_of(corpus: Path) -> list[Path]:
    with (corpus / "INDEX.tsv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return sorted(corpus / row["local"] for row in rows if row["mime"] == "application/pdf")


def shown(folder: Path, number: int, title: str, original: Path, name: str) -> Shown | None:
    """None: it stays behind."""
    result = cleaned(original.read_bytes(), name)
    if result.data is None:
        return None
    path = folder / f"{number:04}{Path(result.name).suffix}"
    path.write_bytes(result.data)
    return Shown(title, result.type, path)


def only_pdfs(files: list[Shown]) -> list[Shown]:
    found = [file for file in files if file.type == "application/pdf"]
    assert len(found) > 50
    return found


def told_of(files: list[Shown], tell: Any) -> dict[str, Any]:
    """What a tool tells, of each file of which it tells anything."""
    return {file.title: said for file in files if (said := tell(file.path))}


def sample(name: str) -> Path:
    (path,) = (path for path in SAMPLES.glob(f"*/{name}.*") if path.suffix != ".toml")
    return path


def program(name: str, package: str) -> str:
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"{name} is not installed (Debian package {package})")
    return path


# qpdf: readable without a repair, and unpacked for the two below


def qpdf_complaints(path: Path) -> str:
    """ "" when it finds nothing to say; a warning counts (exit 3)."""
    run = subprocess.run([program("qpdf", "qpdf"), "--check", path], capture_output=True, check=False, timeout=300)
    return "" if run.returncode == 0 else (run.stdout + run.stderr).decode("utf-8", "replace")[-500:]


def unpacked(path: Path) -> Path:
    """A copy without object streams and, where qpdf knows the filter, without filters."""
    copy = path.with_name(f"unpacked-{path.name}")
    if not copy.exists():
        command = [program("qpdf", "qpdf"), "--object-streams=disable", "--stream-data=uncompress", path, copy]
        subprocess.run(command, capture_output=True, check=True, timeout=300)
    return copy


def test_qpdf_reads_them_without_a_word(of_samples: list[Shown]) -> None:
    assert told_of(only_pdfs(of_samples), qpdf_complaints) == {}


def test_qpdf_reads_those_of_the_corpus_without_a_word(of_corpus: list[Shown]) -> None:
    assert told_of(only_pdfs(of_corpus), qpdf_complaints) == {}


@pytest.mark.parametrize("name", ["no-cross-reference", "wrong-cross-reference"])
def test_qpdf_complains_of_the_original(name: str) -> None:
    assert qpdf_complaints(sample(name))


# pdfid: words that begin something

PICTURE = re.compile(rb"(/Subtype /Image\b.{0,2000}?>>\nstream\n).*?(?=\n?endstream\nendobj)", re.DOTALL)
PDFID_NEVER = (
    *("/JS", "/JavaScript", "/AA", "/OpenAction", "/AcroForm", "/XFA", "/Launch", "/RichMedia", "/EmbeddedFile"),
    *("/Encrypt", "/JBIG2Decode", "/Colors > 2^24", "after_last_eof"),
)


def pdfid_counts(path: Path) -> dict[str, int]:
    pdfid = pytest.importorskip("pdfid.pdfid", reason="pdfid is not installed (PyPI)")
    counts: list[dict[str, int]] = []
    pdfid.PDFID2Dict(pdfid.PDFiD(str(path), extraData=True), True, True, counts)
    (found,) = counts
    assert found["obj"] > 0, "it read nothing"
    return {word: found[word] for word in PDFID_NEVER if found.get(word)}


def pdfid_counts_unpacked(path: Path) -> dict[str, int]:
    """Without the bytes of pictures, in which any short word stands by chance."""
    copy = path.with_name(f"words-{path.name}")
    copy.write_bytes(PICTURE.sub(rb"\1", unpacked(path).read_bytes()))
    return pdfid_counts(copy)


def test_pdfid_counts_nothing(of_samples: list[Shown]) -> None:
    assert told_of(only_pdfs(of_samples), pdfid_counts_unpacked) == {}


def test_pdfid_counts_nothing_in_those_of_the_corpus(of_corpus: list[Shown]) -> None:
    assert told_of(only_pdfs(of_corpus), pdfid_counts_unpacked) == {}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("openaction-javascript", {"/JS", "/JavaScript", "/OpenAction"}),
        ("openaction-launch", {"/Launch"}),
        ("catalog-aa", {"/AA"}),
        ("xfa", {"/AcroForm", "/XFA"}),
        ("annotation-richmedia", {"/RichMedia"}),
        ("embedded-files", {"/EmbeddedFile"}),
        ("encrypted-empty-password", {"/Encrypt"}),
        ("data-after", {"after_last_eof"}),
    ],
)
def test_pdfid_counts_them_in_the_original(name: str, words: set[str]) -> None:
    assert words <= set(pdfid_counts(sample(name)))


# peepdf: objects that do something, and its list of vulnerabilities

PEEPDF_NEVER = ("Events", "Actions", "Elements", "Vulns")


def peepdf_finds(path: Path) -> dict[str, Any]:
    core = pytest.importorskip("peepdf.PDFCore", reason="peepdf-3 is not installed (PyPI)")
    with contextlib.redirect_stdout(io.StringIO()):
        _, pdf = core.PDFParser().parse(str(path), forceMode=True, looseMode=True, manualAnalysis=True)
    said = pdf.getStats()
    assert int(said["Objects"]) > 0, "it read nothing"
    found = {what: value for version in said["Versions"] for what in PEEPDF_NEVER if (value := version[what])}
    scripts = [number for version in said["Versions"] for number in scripts_of(pdf, version)]
    versions = {"Updates": said["Updates"]} if int(said["Updates"]) else {}
    return found | versions | ({"JavaScript": scripts} if scripts else {})


def scripts_of(pdf: Any, version: dict[str, Any]) -> list[int]:
    """Objects that look like script to it; not streams that no action names: page content often looks so."""
    _, numbers = version["Objects with JS code"] or (0, [])
    return [number for number in numbers if version["Actions"] or pdf.getObject(number).getType() != "stream"]


def test_peepdf_finds_nothing(of_samples: list[Shown]) -> None:
    assert told_of(only_pdfs(of_samples), peepdf_finds) == {}


def test_peepdf_finds_nothing_in_those_of_the_corpus(of_corpus: list[Shown]) -> None:
    assert told_of(only_pdfs(of_corpus), peepdf_finds) == {}


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("openaction-javascript", {"Events", "Actions", "JavaScript"}),
        ("action-launch", {"Actions"}),
        ("action-submitform", {"Actions"}),
        ("names-javascript", {"Events", "JavaScript"}),
        ("embedded-files", {"Elements"}),
        ("incremental-revision", {"Updates"}),
    ],
)
def test_peepdf_finds_it_in_the_original(name: str, what: set[str]) -> None:
    assert what <= set(peepdf_finds(sample(name)))


# exiftool: metadata

TIFF_TAGS = {"ImageWidth", "ImageHeight", "BitsPerSample", "Compression", "PhotometricInterpretation", "StripOffsets",
             "SamplesPerPixel", "RowsPerStrip", "StripByteCounts", "PlanarConfiguration", "Predictor", "XResolution",
             "YResolution", "ResolutionUnit"}  # fmt: skip
# By family (the groups of exiftool -G1): what is needed to show the file, and of documents what a reader shows.
EXIFTOOL_MAY_TELL = {
    "System": {"FileName", "Directory", "FileSize", "FileModifyDate", "FileAccessDate", "FileInodeChangeDate",
               "FilePermissions"},
    "ExifTool": {"ExifToolVersion"},
    "Composite": {"ImageSize", "Megapixels"},
    "File": {"FileType", "FileTypeExtension", "MIMEType", "ImageWidth", "ImageHeight", "EncodingProcess",
             "BitsPerSample", "ColorComponents", "YCbCrSubSampling", "ExifByteOrder", "BMPVersion", "Planes",
             "MIMEEncoding", "ByteOrderMark", "Newlines", "LineCount", "WordCount", "ColumnCount", "RowCount",
             "Delimiter", "Quoting"},
    "JFIF": {"JFIFVersion", "ResolutionUnit", "XResolution", "YResolution"},
    "PNG": {"ImageWidth", "ImageHeight", "BitDepth", "ColorType", "Compression", "Filter", "Interlace", "Palette",
            "Transparency", "AnimationFrames", "AnimationPlays"},
    "PNG-pHYs": {"PixelUnits", "PixelsPerUnitX", "PixelsPerUnitY"},
    "GIF": {"GIFVersion", "ImageWidth", "ImageHeight", "HasColorMap", "ColorResolutionDepth", "BitsPerPixel",
            "BackgroundColor", "AnimationIterations", "FrameCount", "Duration", "TransparentColor"},
    "RIFF": {"VP8Version", "ImageWidth", "ImageHeight", "HorizontalScale", "VerticalScale", "WebP_Flags", "AlphaIsUsed",
             "BackgroundColor", "AnimationLoopCount", "Duration"},
    "IFD0": TIFF_TAGS,
    "IFD1": TIFF_TAGS,
    "SVG": {"Xmlns", "ImageWidth", "ImageHeight", "ViewBox"},
    "HTML": {"Title"},
    "HTTP-equiv": {"HTTPEquivContentSecurityPolicy"},
    "PDF": {"PDFVersion", "Linearized", "PageCount", "Language", "PageLayout", "PageMode", "TaggedPDF", "Title"},
}  # fmt: skip
READ_FOR_TAGS = ("image/", "application/pdf", "text/html")  #: of other types exiftool repeats the words of the file


def exiftool_tells(paths: list[Path]) -> dict[str, list[str]]:
    """By path: every tag that the list above does not name."""
    command = [program("exiftool", "libimage-exiftool-perl"), "-json", "-G1", "-a", "-u", *map(str, paths)]
    run = subprocess.run(command, capture_output=True, check=False, timeout=300)
    read = json.loads(run.stdout)
    assert len(read) == len(paths)
    beyond = {str(entry["SourceFile"]): [tag for tag in entry if not may_tell(tag)] for entry in read}
    return {path: tags for path, tags in beyond.items() if tags}


def may_tell(tag: str) -> bool:
    group, _, name = tag.partition(":")
    return tag == "SourceFile" or name in EXIFTOOL_MAY_TELL.get(group, ())


def test_exiftool_knows_of_nothing_but_the_picture(of_samples: list[Shown]) -> None:
    titles = {
        str(file.path): file.title
        for file in of_samples
        if file.type.startswith(READ_FOR_TAGS) and file.type != "image/vnd.dxf"
    }
    assert {titles[path]: tags for path, tags in exiftool_tells(list(map(Path, titles))).items()} == {}


def test_exiftool_knows_of_nothing_but_the_document(of_corpus: list[Shown]) -> None:
    titles = {str(file.path): file.title for file in of_corpus}
    assert {titles[path]: tags for path, tags in exiftool_tells(list(map(Path, titles))).items()} == {}


@pytest.mark.parametrize(
    ("name", "group"),
    [
        ("jpeg-exif-position", "GPS:"),
        ("jpeg-comment", "File:Comment"),
        ("jpeg-iptc", "IPTC:"),
        ("jpeg-profile", "ICC"),
        ("jpeg-thumbnail", "IFD1:Thumbnail"),
        ("png-text", "PNG:"),
        ("gif-comment", "File:Comment"),
        ("webp-metadata", "IFD0:"),
        ("tiff-tags", "IFD0:"),
        ("heic-metadata", "IFD0:"),
    ],
)
def test_exiftool_knows_more_of_the_original(name: str, group: str) -> None:
    ((_, tags),) = exiftool_tells([sample(name)]).items()
    assert [tag for tag in tags if tag.startswith(group)], tags


# oletools: nothing of Office in any of them

OFFICE_CONTAINERS = {"OLE", "OpenXML", "FlatOPC", "OpenDocument", "RTF", "Zip", "MIME", "OneNote"}
CONTAINERS = {"application/zip": "Zip", "message/rfc822": "MIME"}
OLE = bytes.fromhex("d0cf11e0a1b11ae1")  #: [MS-CFB] section 2.2
RTF_WITH_AN_OBJECT = (
    rb"{\rtf1{\object\objemb{\*\objdata 010500000200000008000000" + b"5061636b61676500" + b"00" * 12 + b"}}"
)
MACRO = b'Sub AutoOpen()\nShell "KIYOME-HARM"\nKill "x"\nEnd Sub\n'


class OleTools(NamedTuple):
    oleid: ModuleType
    rtfobj: ModuleType
    mraptor: ModuleType


@pytest.fixture(scope="module")
def oletools() -> OleTools:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pytest.importorskip("oletools", reason="oletools is not installed (PyPI)")
        from oletools import mraptor, oleid, rtfobj  # noqa: PLC0415 - they warn when imported
    return OleTools(oleid, rtfobj, mraptor)


def oletools_find(data: bytes, tools: OleTools) -> list[str]:
    """What oleid, rtfobj and mraptor say."""
    identified = tools.oleid.OleID(data=data, filename="x")
    said = {indicator.id: indicator.value for indicator in identified.check()}
    container = str(said["container"])
    found = [container] if container in OFFICE_CONTAINERS else []
    found += [what for what in ("encrypted", "xlm", "ext_rels", "ObjectPool", "flash") if said[what] not in {0, "No"}]
    rtf = tools.rtfobj.RtfObjParser(data)
    rtf.parse()
    found += ["rtf object"] * len(rtf.objects)
    macros = tools.mraptor.MacroRaptor(data.decode("latin_1"))
    macros.scan()
    return found + (["macro"] if macros.suspicious else []) + (["ole"] if OLE in data else [])


def test_oletools_find_nothing_of_office(of_samples: list[Shown], oletools: OleTools) -> None:
    others = [file for file in of_samples if not is_office(file.type)]  # these: test_office_oracles
    containers = {str(file.path): CONTAINERS.get(file.type) for file in others}  # what a box is, is no surprise

    def found(path: Path) -> list[str]:
        return [what for what in oletools_find(path.read_bytes(), oletools) if what != containers[str(path)]]

    assert told_of(others, found) == {}


def test_oletools_find_nothing_of_office_in_unpacked_pdfs(of_samples: list[Shown], oletools: OleTools) -> None:
    assert told_of(only_pdfs(of_samples), lambda path: oletools_find(unpacked(path).read_bytes(), oletools)) == {}


def test_oletools_find_nothing_of_office_in_those_of_the_corpus(of_corpus: list[Shown], oletools: OleTools) -> None:
    assert told_of(only_pdfs(of_corpus), lambda path: oletools_find(unpacked(path).read_bytes(), oletools)) == {}


@pytest.mark.parametrize(("data", "what"), [(RTF_WITH_AN_OBJECT, "rtf object"), (MACRO, "macro"), (OLE * 64, "ole")])
def test_oletools_find_it_in_what_has_it(data: bytes, what: str, oletools: OleTools) -> None:
    assert what in oletools_find(data, oletools)


def test_oletools_know_an_office_file_of_the_corpus(corpus: Path, oletools: OleTools) -> None:
    path = corpus / "decalage2+oletools" / "tests" / "test-data" / "basic" / "encrypted.docx"
    assert {"OLE", "encrypted", "ole"} <= set(oletools_find(path.read_bytes(), oletools))


@pytest.mark.parametrize("inside", [OLE * 64, RTF_WITH_AN_OBJECT, MACRO], ids=["ole", "rtf", "macro"])
def test_oletools_find_nothing_where_it_was_attached_to_a_pdf(
    inside: bytes, oletools: OleTools, tmp_path: Path
) -> None:
    before, after = tmp_path / "before.pdf", tmp_path / "after.pdf"
    with pikepdf.new() as document:
        document.add_blank_page(page_size=(100, 100))
        document.attachments["x.doc"] = pikepdf.AttachedFileSpec(document, inside, filename="x.doc")
        document.save(before)
    result = cleaned(before.read_bytes(), "before.pdf")
    assert result.data is not None
    after.write_bytes(result.data)
    assert oletools_find(unpacked(before).read_bytes(), oletools)
    assert not oletools_find(unpacked(after).read_bytes(), oletools)


# defusedxml: no document type, no entity, in anything that an XML parser reads

XML_TYPES = {"image/svg+xml", "text/xml", "application/xml", "application/xhtml+xml"}


def defusedxml_refuses(path: Path) -> str:
    parser = pytest.importorskip("defusedxml.ElementTree", reason="defusedxml is not installed (PyPI)")
    refusals = pytest.importorskip("defusedxml").DefusedXmlException
    try:
        parser.fromstring(path.read_bytes(), forbid_dtd=True)
    except refusals as refusal:
        return repr(refusal)
    except parser.ParseError as error:
        return repr(error)
    return ""


def test_defusedxml_takes_them(of_samples: list[Shown]) -> None:
    documents = [file for file in of_samples if file.type in XML_TYPES]
    assert {file.type for file in documents} >= {"image/svg+xml"}
    assert told_of(documents, defusedxml_refuses) == {}


@pytest.mark.parametrize("name", ["entity-bomb", "entity-external", "doctype"])
def test_defusedxml_refuses_the_original(name: str) -> None:
    assert "Forbidden" in defusedxml_refuses(sample(name))
