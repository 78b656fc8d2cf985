"""Without LibreOffice: documents as Word, Excel and PowerPoint write them keep every feature, and small files of other
programs what was once lost of them."""

import io
import zipfile

import pytest

from sanitizers.model import Cleaned
from sanitizers.rules import Remarks
from tests.japanese_office import briefing, byelaw, making, roster
from tests.japanese_office.features import Feature, State, became, values
from tests.japanese_office.table import FAMILIES
from tests.unit.sanitizers.odf import opendocuments
from tests.unit.sanitizers.ooxml.excel_books import Book, cleaned, parts_of
from tests.unit.sanitizers.ooxml.opc_packages import packed

ORIGINALS = {"docx": byelaw.document(), "xlsx": roster.document(), "pptx": briefing.document()}
CASES = [
    pytest.param(feature, format_, id=f"{format_}-{feature.en}")
    for _title, features, _formats in FAMILIES
    for feature in features
    for format_, original in ORIGINALS.items()
    if format_ in feature.places and values(original, feature.places[format_])
]


@pytest.fixture(scope="module")
def results() -> dict[str, Cleaned]:
    return making.cleaned({f"x.{format_}": original for format_, original in ORIGINALS.items()})


@pytest.mark.parametrize(("feature", "format_"), CASES)
def test_a_feature_comes_out_with_the_same_values(feature: Feature, format_: str, results: dict[str, Cleaned]) -> None:
    before, result = values(ORIGINALS[format_], feature.places[format_]), results[f"x.{format_}"]
    assert result.data is not None
    assert became(before, values(result.data, feature.places[format_]), format_) is State.KEPT


def test_most_features_are_looked_for_here() -> None:
    assert len(CASES) > 60


def test_title_and_author_under_the_name_that_libreoffice_gives_their_relationship() -> None:
    """In workbooks it is one of the first edition of ISO 29500."""
    space = "http://schemas.openxmlformats.org/package/2006/metadata/core-properties"
    dublin = "http://purl.org/dc/elements/1.1/"
    core = f'<c:coreProperties xmlns:c="{space}" xmlns:d="{dublin}"><d:title>申請の一覧</d:title></c:coreProperties>'
    book = Book()
    book.sheet("一覧")
    book.part("docProps/core.xml", "application/vnd.openxmlformats-package.core-properties+xml", core)
    type_ = "http://schemas.openxmlformats.org/officedocument/2006/relationships/metadata/core-properties"
    result = cleaned(related(book.packed(), type_, "docProps/core.xml"))
    assert "<dc:title>申請の一覧</dc:title>" in parts_of(result)["docProps/core.xml"]
    assert not result.report.parts[0].findings


def related(package: bytes, type_: str, target: str) -> bytes:
    """With one more relationship of the whole package."""
    parts = packed_parts(package)
    row = f'<Relationship Id="more" Type="{type_}" Target="{target}"/></Relationships>'
    parts["_rels/.rels"] = parts["_rels/.rels"].replace(b"</Relationships>", row.encode())
    return packed(parts)


def packed_parts(package: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_colours_of_a_colour_scale_of_opendocument() -> None:
    entry = '<calcext:color-scale-entry calcext:value="0" calcext:type="minimum" calcext:color="#63be7b"/>'
    scale = (
        '<table:table xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0">'
        f"<calcext:conditional-formats><calcext:conditional-format><calcext:color-scale>{entry}</calcext:color-scale>"
        "</calcext:conditional-format></calcext:conditional-formats></table:table>"
    )
    assert 'calcext:color="#63be7b"' in opendocuments.body_of(opendocuments.cleaned(opendocuments.sheets(scale)))


@pytest.mark.parametrize(("remarks", "stays"), [(Remarks.KEPT, True), (Remarks.REMOVED, False)])
def test_comments_of_slides_as_libreoffice_writes_them_obey_the_rule(remarks: Remarks, stays: bool) -> None:
    comment = (
        '<draw:page><officeooo:annotation xmlns:officeooo="http://openoffice.org/2009/office"><text:p>確かめる</text:p>'
        "</officeooo:annotation></draw:page>"
    )
    original = opendocuments.packed({"content.xml": opendocuments.content("presentation", comment)}, "presentation")
    result = opendocuments.cleaned(original, "a.odp", office_remarks=remarks)
    assert ("確かめる" in opendocuments.body_of(result)) is stays
    assert [found.detail for found in opendocuments.findings(result)] == ["1 × comments"]
