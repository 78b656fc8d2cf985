"""Samples of Outlook messages, TNEF, calendars, contact cards and mailboxes through the engine.

Like `test_file_samples`; what is shown of a mail are its headers, texts and names of files, of a calendar or card its
lines as the icalendar library or vobject reads them, of a mailbox its mails.
"""

import email
import io
import mailbox
from functools import cache
from pathlib import Path

import icalendar
import pytest
import vobject

from sanitizers.model import Action, Cleaned, Outcome
from tests.deep_search import places
from tests.golden import mailfile_samples
from tests.golden.test_file_samples import clean_bytes, cleaned, expected, shown_as, told, words
from tests.golden.test_mail_samples import shown as shown_of_mail

ROOT = Path(__file__).resolve().parents[2]
FAMILIES = ("outlook", "tnef", "calendar", "contact", "mailbox")
SAMPLES = sorted(
    path for family in FAMILIES for path in (ROOT / "samples" / family).iterdir() if path.suffix != ".toml"
)
GO_ON = [sample for sample in SAMPLES if expected(sample) == "clean"]
STAY_BEHIND = [sample for sample in SAMPLES if expected(sample) != "clean"]
TYPES = {
    "outlook": "message/rfc822",
    "tnef": "message/rfc822",
    "calendar": "text/calendar",
    "contact": "text/vcard",
    "mailbox": "application/mbox",
}


def cleaned_anew(sample: Path) -> Cleaned:
    return cleaned(sample.read_bytes(), str(told(sample).get("claimed_name", sample.name)))


of_sample = cache(cleaned_anew)


def shown(result: Cleaned, folder: Path) -> str:
    content = clean_bytes(result)
    if result.type == "message/rfc822":
        return shown_of_mail(content)
    if result.type == "application/mbox":
        return "\n".join(shown_of_mail(bytes(each)) for each in read_mailbox(content, folder))
    if result.type == "text/calendar":
        calendars = icalendar.Calendar.from_ical(content.decode(), multiple=True)
        assert not [error for each in calendars for part in each.walk() for error in part.errors]
    else:
        for each in vobject.readComponents(io.StringIO(content.decode())):
            each.validate()
    return content.decode().replace("\r\n ", "")


def read_mailbox(content: bytes, folder: Path) -> list[mailbox.mboxMessage]:
    path = folder / "read.mbox"
    path.write_bytes(content)
    box = mailbox.mbox(path)
    try:
        return list(box)
    finally:
        box.close()


@pytest.mark.parametrize("sample", GO_ON, ids=shown_as)
def test_what_must_vanish_is_nowhere_in_it(sample: Path) -> None:
    result = of_sample(sample)
    vanishing = words(sample, "must_vanish")
    assert not places(clean_bytes(result), vanishing)
    leaves = [part.get_payload(decode=True) for part in email.message_from_bytes(clean_bytes(result)).walk()]
    assert not [leaf for leaf in leaves if isinstance(leaf, bytes) and places(leaf, vanishing)]


@pytest.mark.parametrize("sample", GO_ON, ids=shown_as)
def test_what_must_stay_is_shown(sample: Path, tmp_path: Path) -> None:
    text = shown(of_sample(sample), tmp_path)
    assert not [word for word in words(sample, "must_stay") if word not in text], text


@pytest.mark.parametrize("sample", GO_ON, ids=shown_as)
def test_it_goes_on_as_what_it_should(sample: Path) -> None:
    result = of_sample(sample)
    assert result.type == TYPES[sample.parent.name]
    assert result.report.parts[0].sanitizer == sample.parent.name
    if result.type == "message/rfc822":
        assert result.report.parts[0].outcome is Outcome.CONVERTED
        assert result.name.endswith(".eml")


@pytest.mark.parametrize("sample", [s for s in SAMPLES if words(s, "findings")], ids=shown_as)
def test_the_report_names_the_harm(sample: Path) -> None:
    found = [finding for part in of_sample(sample).report.parts for finding in part.findings]
    assert {finding.threat.value for finding in found} & set(words(sample, "findings")), found


@pytest.mark.parametrize("sample", [s for s in GO_ON if not words(s, "findings")], ids=shown_as)
def test_what_is_harmless_is_not_accused(sample: Path) -> None:
    found = [finding for part in of_sample(sample).report.parts for finding in part.findings]
    harmless = {"url.ics", "url.vcf"}  # what was a property is text now, and said so
    assert sample.name in harmless or not [each for each in found if each.action is not Action.NOTED]


@pytest.mark.parametrize("sample", GO_ON, ids=shown_as)
def test_cleaning_the_result_again_finds_nothing(sample: Path) -> None:
    once = of_sample(sample)
    again = cleaned(clean_bytes(once), once.name)
    findings = [finding for part in again.report.parts for finding in part.findings]
    assert not [finding for finding in findings if finding.action is not Action.NOTED]
    assert (again.name, again.type) == (once.name, once.type)
    if not once.type.startswith("message/") and once.type != "application/mbox":  # a mail gets its notice once more
        assert again.report.parts[0].outcome is Outcome.CLEAN


@pytest.mark.parametrize("sample", GO_ON, ids=shown_as)
def test_the_same_file_gives_the_same_bytes(sample: Path) -> None:
    assert clean_bytes(cleaned_anew(sample)) == clean_bytes(of_sample(sample))


@pytest.mark.parametrize("sample", STAY_BEHIND, ids=shown_as)
def test_what_stays_behind_says_why(sample: Path) -> None:
    part = of_sample(sample).report.parts[0]
    assert of_sample(sample).data is None
    assert part.outcome.value == expected(sample)
    assert part.findings
    assert part.sanitizer == sample.parent.name


@pytest.mark.parametrize("sample", SAMPLES, ids=shown_as)
def test_the_sample_shows_what_it_says(sample: Path) -> None:
    about = told(sample)
    assert all(about[key] for key in ("title_ja", "title_en", "row"))
    assert about["must_stay"] or about["must_vanish"] or about["findings"]
    vanishing = words(sample, "must_vanish")
    assert set(places(sample.read_bytes(), vanishing)) == set(vanishing)


def test_every_sample_comes_from_the_generator() -> None:
    for family in FAMILIES:
        here = {path.name for path in (ROOT / "samples" / family).iterdir() if path.suffix != ".toml"}
        assert here == {sample.name for sample in mailfile_samples.FAMILIES[family]()}
        texts = {path.name for path in (ROOT / "samples" / family).glob("*.toml")}
        assert texts == {str(Path(name).with_suffix(".toml")) for name in here}
