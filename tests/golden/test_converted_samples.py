"""Samples that LibreOffice converts, through real children: what must vanish is gone, what must stay is shown.

Like `test_file_samples`, but for files that leave as files of another type; what is shown of these is their text.
"""

import asyncio
import io
import re
import zipfile
from pathlib import Path

import msgspec
import pytest

from sanitizers.confinement.converter import find_program
from sanitizers.confinement.pool import Pool
from sanitizers.model import Action, Cleaned, DnsAnswer, Outcome
from sanitizers.rules import Kind, LegacyOffice, Task
from tests.deep_search import places
from tests.golden.test_file_samples import RULES, SETTINGS, expected, notice, shown_as, told, words, words_for_picture

pytestmark = pytest.mark.skipif(
    not find_program("libreoffice"), reason="LibreOffice is not installed (Debian: libreoffice-nogui)"
)

ROOT = Path(__file__).resolve().parents[2]
FAMILIES = {"legacy": "legacy", "rtf": "legacy", "encrypted": "encrypted", "metafile": "metafile"}  # folder → sanitizer
SAMPLES = sorted(
    path for family in FAMILIES for path in (ROOT / "samples" / family).iterdir() if path.suffix != ".toml"
)
GO_ON = [sample for sample in SAMPLES if expected(sample) == "clean"]
STAY_BEHIND = [sample for sample in SAMPLES if expected(sample) != "clean"]
OLD = {".doc", ".xls", ".ppt"}


async def all_cleaned(rule: LegacyOffice, samples: list[tuple[str, str, bytes]]) -> dict[str, Cleaned]:
    """Of (key, claimed name, bytes); by key."""

    async def no_dns(name: str, rdtype: str) -> DnsAnswer:
        return DnsAnswer("failed")

    pool = Pool(2, budget=RULES.budget, items_before_recycling=1_000, seconds_before_recycling=3_600)
    await pool.start()
    results: dict[str, Cleaned] = {}
    waiting = iter(samples)

    async def work() -> None:
        for key, name, data in waiting:
            mark = "20261121-TEST-TEST"
            profile = msgspec.structs.replace(RULES.profiles["standard"], legacy_office=rule)
            task = Task(mark, Kind.FILE, name, profile, RULES.budget, notice(SETTINGS, mark))
            results[key] = await pool.clean(task, data, no_dns)

    try:
        await asyncio.gather(work(), work())
    finally:
        await pool.stop()
    return results


def cleaned_samples(rule: LegacyOffice, samples: list[Path]) -> dict[str, Cleaned]:
    named = [(shown_as(each), str(told(each).get("claimed_name", each.name)), each.read_bytes()) for each in samples]
    return asyncio.run(all_cleaned(rule, named))


@pytest.fixture(scope="module")
def results() -> dict[str, Cleaned]:
    """All of them, cleaned once."""
    return cleaned_samples(LegacyOffice.MODERN, SAMPLES)


@pytest.fixture(scope="module")
def again(results: dict[str, Cleaned]) -> dict[str, Cleaned]:
    """What came out, cleaned again."""
    once = [(name, result.name, result.data) for name, result in results.items() if result.data is not None]
    return asyncio.run(all_cleaned(LegacyOffice.MODERN, once))


@pytest.fixture(scope="module")
def written_back() -> dict[str, Cleaned]:
    """By rule, in the old format."""
    return cleaned_samples(LegacyOffice.SAME, [sample for sample in GO_ON if sample.suffix in OLD])


@pytest.fixture(scope="module")
def on_paper() -> dict[str, Cleaned]:
    """By rule, as PDF."""
    return cleaned_samples(LegacyOffice.PDF, [sample for sample in GO_ON if sample.stem.endswith(("plain", "vba"))])


def clean_bytes(result: Cleaned) -> bytes:
    assert result.data is not None, [
        (part.detected_type, part.outcome.value, part.findings) for part in result.report.parts
    ]
    return result.data


def shown(result: Cleaned) -> str:
    """Text of all XML parts, or what `test_file_samples` says of a picture."""
    content = clean_bytes(result)
    if result.type.startswith("image/"):
        return words_for_picture(content)
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        parts = [package.read(name).decode() for name in package.namelist() if name.endswith(".xml")]
    return re.sub("<[^>]*>", "", "".join(parts))


@pytest.mark.parametrize("sample", GO_ON, ids=shown_as)
def test_what_must_vanish_is_nowhere_in_it(sample: Path, results: dict[str, Cleaned]) -> None:
    result = results[shown_as(sample)]
    assert not places(clean_bytes(result), words(sample, "must_vanish"))


@pytest.mark.parametrize("sample", GO_ON, ids=shown_as)
def test_what_must_stay_is_shown(sample: Path, results: dict[str, Cleaned]) -> None:
    text = shown(results[shown_as(sample)])
    assert not [word for word in words(sample, "must_stay") if word not in text], text[:2_000]


@pytest.mark.parametrize("sample", GO_ON, ids=shown_as)
def test_it_goes_on_as_another_type_and_says_so(sample: Path, results: dict[str, Cleaned]) -> None:
    result = results[shown_as(sample)]
    part = result.report.parts[0]
    assert (part.outcome, part.sanitizer) == (Outcome.CONVERTED, FAMILIES[sample.parent.name])
    assert Path(result.name).suffix in {".docx", ".xlsx", ".pptx", ".png"}
    assert Path(result.name).stem == Path(str(told(sample).get("claimed_name", sample.name))).stem


@pytest.mark.parametrize("sample", [s for s in SAMPLES if words(s, "findings")], ids=shown_as)
def test_the_report_names_the_harm(sample: Path, results: dict[str, Cleaned]) -> None:
    found = results[shown_as(sample)].report.parts[0].findings  # of the old file itself, not of what it became
    assert {finding.threat.value for finding in found} & set(words(sample, "findings")), found


@pytest.mark.parametrize("sample", [s for s in GO_ON if s.stem.endswith("plain")], ids=shown_as)
def test_a_plain_file_is_not_accused(sample: Path, results: dict[str, Cleaned]) -> None:
    assert not results[shown_as(sample)].report.parts[0].findings


@pytest.mark.parametrize("sample", GO_ON, ids=shown_as)
def test_cleaning_the_result_again_finds_nothing(
    sample: Path, results: dict[str, Cleaned], again: dict[str, Cleaned]
) -> None:
    once, twice = results[shown_as(sample)], again[shown_as(sample)]
    findings = [found for part in twice.report.parts for found in part.findings]
    assert not [found for found in findings if found.action is not Action.NOTED]
    assert (twice.name, twice.type) == (once.name, once.type)
    assert shown(twice) == shown(once)


@pytest.mark.parametrize("sample", STAY_BEHIND, ids=shown_as)
def test_what_stays_behind_says_why(sample: Path, results: dict[str, Cleaned]) -> None:
    result = results[shown_as(sample)]
    assert result.data is None
    assert result.report.parts[0].outcome.value == expected(sample)
    assert result.report.parts[0].sanitizer == FAMILIES[sample.parent.name]


@pytest.mark.parametrize("sample", [s for s in GO_ON if s.suffix in OLD], ids=shown_as)
def test_by_rule_the_old_format_is_written_again(sample: Path, written_back: dict[str, Cleaned]) -> None:
    result = written_back[shown_as(sample)]
    assert clean_bytes(result).startswith(b"\xd0\xcf\x11\xe0")
    assert result.name == sample.name
    assert not places(clean_bytes(result), words(sample, "must_vanish"))


@pytest.mark.parametrize("sample", [s for s in GO_ON if s.stem.endswith(("plain", "vba"))], ids=shown_as)
def test_by_rule_it_becomes_a_pdf(sample: Path, on_paper: dict[str, Cleaned]) -> None:
    result = on_paper[shown_as(sample)]
    assert clean_bytes(result).startswith(b"%PDF-")
    assert result.name == f"{sample.stem}.pdf"
    assert not places(clean_bytes(result), words(sample, "must_vanish"))


@pytest.mark.parametrize("sample", SAMPLES, ids=shown_as)
def test_the_sample_shows_what_it_says(sample: Path) -> None:
    about = told(sample)
    assert all(about[key] for key in ("title_ja", "title_en", "row"))
    assert about.get("must_stay") or about.get("must_vanish") or about.get("findings")
    vanishing = words(sample, "must_vanish")
    assert set(places(sample.read_bytes(), vanishing)) == set(vanishing)


def test_every_sample_has_its_two_files() -> None:
    for family in FAMILIES:
        texts = set((ROOT / "samples" / family).glob("*.toml"))
        here = [sample for sample in SAMPLES if sample.parent.name == family]
        assert texts == {sample.with_suffix(".toml") for sample in here}
        assert len(texts) == len(here) > 1
