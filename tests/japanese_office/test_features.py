"""Japanese Office documents are cleaned, and what they are made of is still there with the same values."""

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest
from PIL import Image

from sanitizers.confinement.converter import find_program
from sanitizers.model import Cleaned, Threat
from tests.japanese_office import making
from tests.japanese_office.features import OLD, Feature, State, became, values
from tests.japanese_office.table import FAMILIES
from tests.unit.sanitizers.image.similarity import ssim

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(not find_program("libreoffice"), reason="LibreOffice is not installed (see tools/setup test)"),
]
TODAYS = (
    "letter.docx", "letter.odt", "byelaw.docx", "ledger.xlsx", "ledger.ods", "roster.xlsx", "talk.pptx", "talk.odp",
    "briefing.pptx",
)  # fmt: skip
CASES = [
    pytest.param(feature, format_, id=f"{format_}-{feature.en}")
    for _title, features, formats in FAMILIES
    for feature in features
    for format_ in formats
    if feature.expected(format_)
]


class Documents(NamedTuple):
    originals: Mapping[str, bytes]
    cleaned: Mapping[str, Cleaned]

    def of(self, format_: str) -> list[str]:
        return [name for name in self.originals if name.endswith(f".{format_}")]

    def todays(self, name: str) -> bytes:
        """The same document in the format that this one becomes."""
        stem, _, format_ = name.rpartition(".")
        return self.originals[f"{stem}.{OLD.get(format_, format_)}"]

    def clean(self, name: str) -> bytes:
        result = self.cleaned[name]
        assert result.data is not None, [part.findings for part in result.report.parts]
        return result.data


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Documents:
    originals = making.originals(tmp_path_factory.mktemp("made"))
    return Documents(originals, making.cleaned(originals))


@pytest.mark.parametrize(("feature", "format_"), CASES)
def test_a_feature_comes_out_as_the_page_says(feature: Feature, format_: str, documents: Documents) -> None:
    places = feature.places[OLD.get(format_, format_)]
    found = {
        name: (before, values(documents.clean(name), places))
        for name in documents.of(format_)
        if (before := values(documents.todays(name), places))
    }
    assert found, "no document has it"
    states = {became(before, after, format_) for before, after in found.values()}
    state = states.pop() if len(states) == 1 else State.PARTLY
    assert state is feature.expected(format_), found


def test_every_document_goes_on(documents: Documents) -> None:
    assert set(TODAYS) <= set(documents.cleaned)
    assert len(documents.cleaned) == len(TODAYS) + 8
    assert [name for name in documents.cleaned if not documents.clean(name)] == []


@pytest.mark.parametrize("name", TODAYS)
def test_nothing_of_it_is_unknown_here(name: str, documents: Documents) -> None:
    told = [found for part in documents.cleaned[name].report.parts for found in part.findings]
    assert [found for found in told if found.threat in {Threat.UNSUPPORTED, Threat.MALFORMED}] == []


@pytest.mark.parametrize("name", TODAYS)
def test_cleaning_it_again_changes_no_byte(name: str, documents: Documents) -> None:
    once = documents.clean(name)
    assert making.cleaned({name: once})[name].data == once


@pytest.fixture(scope="module")
def pages(documents: Documents, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Image.Image]:
    """First pages before and after, all drawn in one go."""
    both = {f"{Path(name).stem}-{Path(name).suffix[1:]}": name for name in TODAYS}
    files = {f"{stem}-before{Path(name).suffix}": documents.originals[name] for stem, name in both.items()}
    files |= {f"{stem}-after{Path(name).suffix}": documents.clean(name) for stem, name in both.items()}
    return making.first_pages(files, tmp_path_factory.mktemp("pages"))


@pytest.mark.parametrize("name", TODAYS)
def test_the_first_page_looks_the_same(name: str, pages: Mapping[str, Image.Image]) -> None:
    stem, _, format_ = name.rpartition(".")
    page = functools.partial("{}-{}-{}.{}".format, stem, format_)
    before, after = pages[page("before", format_)], pages[page("after", format_)]
    assert before.convert("L").getextrema() == (0, 255), "an empty page"
    assert ssim(before, after) >= 0.97
