"""What oletools say of clean Office files: olevba no macros, msodde no DDE, oleobj nothing embedded or outside.

Each tool has controls: samples of which it does tell, so that its silence means something.
"""

import csv
import zipfile
from pathlib import Path

import pytest

from tests.golden.analysts import NOISE, Tools, macros, oletools, outside, told_of
from tests.golden.office_readers import is_office
from tests.golden.test_file_samples import ROOT, cleaned, samples, told

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800), *NOISE]
OFFICE = {"ooxml", "odf"}
LARGEST = 1_000_000  # bytes of a file of the corpus that is looked at


@pytest.fixture(scope="module")
def tools() -> Tools:
    return oletools()


@pytest.fixture(scope="module")
def of_samples(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    originals = [path for path in samples() if path.parent.name in OFFICE]
    named = [(path, str(told(path).get("claimed_name", path.name))) for path in originals]
    return clean_files(named, tmp_path_factory.mktemp("samples"))


@pytest.fixture(scope="module")
def of_corpus(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    with (corpus / "INDEX.tsv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    paths = [corpus / row["local"] for row in rows if row["kind"] in OFFICE and row["local"]]
    small = [(path, path.name) for path in paths if path.stat().st_size < LARGEST]
    return clean_files(small, tmp_path_factory.mktemp("corpus"))


def clean_files(originals: list[tuple[Path, str]], folder: Path) -> dict[str, Path]:
    """By original; without those that stay behind."""
    found: dict[str, Path] = {}
    for number, (original, name) in enumerate(originals):
        result = cleaned(original.read_bytes(), name)
        if result.data is not None and is_office(result.type):
            path = folder / f"{number:04}{Path(result.name).suffix}"
            path.write_bytes(result.data)
            found[f"{original.parent.name}/{original.name}"] = path
    assert len(found) > 100
    return found


def test_they_tell_nothing_of_clean_samples(of_samples: dict[str, Path], tools: Tools) -> None:
    assert {title: said for title, path in of_samples.items() if (said := told_of(path, tools))} == {}


def test_they_tell_nothing_of_the_clean_corpus(of_corpus: dict[str, Path], tools: Tools) -> None:
    assert {title: said for title, path in of_corpus.items() if (said := told_of(path, tools))} == {}


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("word-field-dde.docx", "dde"),
        ("excel-dde-link.xlsx", "dde"),
        ("opc-template.docx", "attachedTemplate"),
        ("excel-ole-link.xlsx", "oleObject"),
        ("excel-external-book.xlsx", "externalLinkPath"),
        ("opc-customui.docx", "customUI"),
        ("opc-link-file.docx", "hyperlink"),
    ],
)
def test_they_tell_of_the_original(name: str, what: str, tools: Tools) -> None:
    assert what in told_of(ROOT / "samples" / "ooxml" / name, tools)


def test_they_tell_of_macros_and_of_what_is_embedded(tools: Tools, tmp_path: Path) -> None:
    old = ROOT / "samples" / "legacy" / "word-vba.doc"
    assert macros(old, tools)
    book = tmp_path / "x.xlsx"
    book.write_bytes((ROOT / "samples" / "ooxml" / "excel-dde-link.xlsx").read_bytes())
    with zipfile.ZipFile(book, "a") as package:
        package.writestr("xl/embeddings/oleObject1.bin", old.read_bytes())
    assert "ole" in outside(book, tools)
