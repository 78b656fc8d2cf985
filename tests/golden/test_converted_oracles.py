"""What oletools say of what LibreOffice converted and Kiyome cleaned: samples, and old files of the corpus.

Each tool has controls: an original of which it does tell, so that its silence means something.
"""

import asyncio
import csv
from pathlib import Path

import pytest

from sanitizers.confinement.converter import find_program
from sanitizers.model import Cleaned
from sanitizers.rules import LegacyOffice
from tests.golden.analysts import NOISE, Tools, dropped_files, fields_of_dde, macros, oletools, rtf_objects, told_of
from tests.golden.test_converted_samples import GO_ON, OLD, ROOT, SAMPLES, all_cleaned, cleaned_samples

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(
        not find_program("libreoffice"), reason="LibreOffice is not installed (Debian: libreoffice-nogui)"
    ),
    *NOISE,
]
KINDS = {".doc", ".dot", ".xls", ".xlt", ".ppt", ".pps", ".rtf", ".xlsb", ".wmf", ".emf"}
GOING_ON = [rule for rule in LegacyOffice if rule is not LegacyOffice.REMOVED]
LARGEST = 300_000  # bytes of a file of the corpus that is looked at


@pytest.fixture(scope="module")
def tools() -> Tools:
    return oletools()


@pytest.fixture(scope="module", params=GOING_ON, ids=lambda rule: rule.value)
def of_samples(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """By the rule for old files."""
    chosen = [sample for sample in GO_ON if request.param is not LegacyOffice.SAME or sample.suffix in OLD]
    written = written_down(cleaned_samples(request.param, chosen), tmp_path_factory.mktemp("samples"))
    assert len(written) == len(chosen)
    return written


@pytest.fixture(scope="module")
def of_corpus(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Of each kind of file, one that carries each of what the index names."""
    with (corpus / "INDEX.tsv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    first: dict[tuple[str, str], Path] = {}
    for row in rows:
        path = corpus / row["local"]
        if path.suffix in KINDS and row["local"] and int(row["size"]) < LARGEST:
            first.setdefault((path.suffix, row["carries"]), path)
    read = [(str(path.relative_to(corpus)), path.name, path.read_bytes()) for path in first.values()]
    results = asyncio.run(all_cleaned(LegacyOffice.MODERN, read))
    written = written_down(results, tmp_path_factory.mktemp("corpus"))
    assert len(written) > len(read) // 2  # others are encrypted or broken
    return written


def written_down(results: dict[str, Cleaned], folder: Path) -> dict[str, Path]:
    """By title; without those that stay behind."""
    found = {}
    for number, (title, result) in enumerate(results.items()):
        if result.data is not None:
            found[title] = folder / f"{number:04}{Path(result.name).suffix}"
            found[title].write_bytes(result.data)
    return found


def test_they_tell_nothing_of_clean_samples(of_samples: dict[str, Path], tools: Tools) -> None:
    assert {title: said for title, path in of_samples.items() if (said := told_of(path, tools))} == {}


def test_they_tell_nothing_of_the_clean_corpus(of_corpus: dict[str, Path], tools: Tools) -> None:
    assert {title: said for title, path in of_corpus.items() if (said := told_of(path, tools))} == {}


def sample(name: str) -> Path:
    (path,) = (path for path in SAMPLES if path == ROOT / "samples" / name)
    return path


@pytest.mark.parametrize("name", ["legacy/word-vba.doc", "legacy/excel-vba.xls", "legacy/macro-sheet.xls"])
def test_olevba_tells_of_the_original(name: str, tools: Tools) -> None:
    assert macros(sample(name), tools)


def test_msodde_tells_of_the_original(tools: Tools) -> None:
    assert "DDEAUTO" in fields_of_dde(sample("rtf/ddeauto.rtf"), tools)


def test_oleobj_tells_of_the_original(tools: Tools) -> None:
    assert dropped_files(sample("legacy/ole10native.doc"), tools)


@pytest.mark.parametrize("name", ["rtf/object.rtf", "rtf/equation-update.rtf", "rtf/broken-up.rtf"])
def test_rtfobj_tells_of_the_original(name: str, tools: Tools) -> None:
    assert rtf_objects(sample(name), tools) == 1
