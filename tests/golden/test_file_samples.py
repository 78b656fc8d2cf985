"""Each file sample through the engine: what must vanish is nowhere in it, what must stay is shown by another reader.

What "shown" means depends on the type that came out:
PDF       the text of its pages, as pypdfium2 copies it
picture   "PNG 640x480", "3 frames", and the colours at the centre and at the middle of each quarter, as #rgb
SVG       element names as "<rect", then attributes as name="value", and the text
HTML      the text outside script and style, and attributes as name="value"
archive   a line for each path, and the text of what is in it
Office    the text that python-docx, openpyxl, python-pptx or odfdo show, then that of all parts
the rest  the file as UTF-8
"""

import io
import tomllib
from functools import cache
from pathlib import Path

import lxml.html
import pypdfium2
import pytest
from lxml import etree
from PIL import Image

from gateway.processing.notices import notice
from gateway.settings import load_rules, load_settings
from sanitizers.engine import clean
from sanitizers.model import Action, Cleaned, DnsAnswer, Outcome, Threat
from sanitizers.rules import Kind, Task
from tests.deep_search import places
from tests.golden.archive_readers import ARCHIVES, text_of_archive
from tests.golden.office_readers import is_office, text_of_office

ROOT = Path(__file__).resolve().parents[2]
FAMILIES = (
    "pdf",
    "image",
    "svg",
    "webpage",
    "textfile",
    "ooxml",
    "odf",
    "zip",
    "tar",
    "archive",
    "ichitaro",
    "hwp",
    "cad",
)
RULES = load_rules(ROOT / "config" / "rules.toml")
SETTINGS = load_settings(ROOT / "config" / "gateway.toml")
EXPECTED = {"clean", "blocked", "removed", "locked"}


def samples() -> list[Path]:
    """The files, each with its NAME.toml beside it."""
    return sorted(
        path
        for family in FAMILIES
        for path in (ROOT / "samples" / family).glob("*")
        if path.suffix != ".toml" and path.is_file()
    )


def told(sample: Path) -> dict[str, object]:
    return tomllib.loads(sample.with_suffix(".toml").read_text(encoding="utf-8"))


def words(sample: Path, key: str) -> list[str]:
    value = told(sample).get(key, [])
    assert isinstance(value, list), (sample, key)
    return [str(word) for word in value]


def expected(sample: Path) -> str:
    return str(told(sample)["expect"])


def shown_as(sample: Path) -> str:
    return f"{sample.parent.name}/{sample.name}"


SAMPLES = samples()
GO_ON = [sample for sample in SAMPLES if expected(sample) == "clean"]
STAY_BEHIND = [sample for sample in SAMPLES if expected(sample) != "clean"]


def cleaned(original: bytes, name: str) -> Cleaned:
    task = Task(
        item="20261121-TEST-TEST",
        kind=Kind.FILE,
        claimed_name=name,
        profile=RULES.profiles["standard"],
        budget=RULES.budget,
        notice=notice(SETTINGS, "20261121-TEST-TEST"),
    )
    result = clean(task, original, lambda _name, _type: DnsAnswer("failed"))
    assert result is not None
    return result


def cleaned_anew(sample: Path) -> Cleaned:
    return cleaned(sample.read_bytes(), str(told(sample).get("claimed_name", sample.name)))


of_sample = cache(cleaned_anew)


def clean_bytes(result: Cleaned) -> bytes:
    assert result.data is not None, [
        (part.detected_type, part.outcome.value, part.findings) for part in result.report.parts
    ]
    return result.data


# What another reader shows


def shown(content: bytes, type_: str) -> str:
    if type_ == "application/pdf":
        return text_of_pdf(content)
    if type_ == "image/svg+xml":
        return text_of_svg(content)
    if type_ in {"image/vnd.dxf", "model/step", "application/x-sxf"}:
        return content.decode("cp932" if type_ == "application/x-sxf" else "utf-8")
    if type_.startswith("image/"):
        return words_for_picture(content)
    if type_ in {"text/html", "application/xhtml+xml"}:
        return text_of_html(content)
    if type_ in ARCHIVES:
        return text_of_archive(content)
    if is_office(type_):
        return text_of_office(content, type_)
    return content.decode("utf-8-sig")


def text_of_pdf(content: bytes) -> str:
    with pypdfium2.PdfDocument(content) as document:
        return "\n".join(page.get_textpage().get_text_range() for page in document).replace("\r\n", "\n")


def words_for_picture(content: bytes) -> str:
    with Image.open(io.BytesIO(content)) as picture:
        frames = getattr(picture, "n_frames", 1)
        lines = [f"{picture.format} {picture.width}x{picture.height}", f"{frames} frames"]
        for frame in range(frames):
            picture.seek(frame)
            lines.append(colours(picture.convert("RGBA")))
    return "\n".join(lines)


def colours(picture: Image.Image) -> str:
    across, down = (picture.width // 4, picture.width * 3 // 4), (picture.height // 4, picture.height * 3 // 4)
    points = [(picture.width // 2, picture.height // 2), *((x, y) for y in down for x in across)]
    return " ".join(colour(picture.getpixel(point)) for point in points)


def colour(pixel: tuple[int, int, int, int]) -> str:
    return "#" + "".join(f"{round(part / 17):x}" for part in pixel[:3]) if pixel[3] else "none"


def text_of_svg(content: bytes) -> str:
    root = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True))
    lines = []
    for element in root.iter():
        if isinstance(element.tag, str):
            lines.append(f"<{etree.QName(element).localname}")
            lines += [f'{etree.QName(name).localname}="{value}"' for name, value in element.attrib.items()]
        lines += [text for text in (element.text, element.tail) if text]
    return "\n".join(lines)


def text_of_html(content: bytes) -> str:
    root = lxml.html.document_fromstring(content.decode("utf-8-sig"))
    lines = []
    for element in root.iter():
        if isinstance(element.tag, str):
            lines += [f'{name}="{value}"' for name, value in element.attrib.items()]
            if element.tag not in {"script", "style", "template"} and element.text:
                lines.append(element.text)
        if element.tail:
            lines.append(element.tail)
    return "\n".join(lines)


# The tests


@pytest.mark.parametrize("sample", GO_ON, ids=shown_as)
def test_what_must_vanish_is_nowhere_in_it(sample: Path) -> None:
    result = of_sample(sample)
    assert not places(clean_bytes(result), words(sample, "must_vanish"))
    assert not [word for word in words(sample, "must_vanish") if word in result.name]


@pytest.mark.parametrize("sample", GO_ON, ids=shown_as)
def test_what_must_stay_is_shown(sample: Path) -> None:
    result = of_sample(sample)
    text = shown(clean_bytes(result), result.type)
    assert not [word for word in words(sample, "must_stay") if word not in text], text


@pytest.mark.parametrize("sample", [s for s in SAMPLES if words(s, "findings")], ids=shown_as)
def test_the_report_names_the_harm(sample: Path) -> None:
    found = [finding for part in of_sample(sample).report.parts for finding in part.findings]
    assert {finding.threat.value for finding in found} & set(words(sample, "findings")), found


@pytest.mark.parametrize("sample", GO_ON, ids=shown_as)
def test_cleaning_the_result_again_finds_nothing_and_says_the_same(sample: Path) -> None:
    once = of_sample(sample)
    again = cleaned(clean_bytes(once), once.name)
    findings = [finding for part in again.report.parts for finding in part.findings]
    # A note tells of what stays, such as where a QR code leads, each time anew.
    assert not [finding for finding in findings if finding.action is not Action.NOTED]
    assert again.report.parts[0].outcome is Outcome.CLEAN
    assert (again.name, again.type) == (once.name, once.type)
    assert shown(clean_bytes(again), again.type) == shown(clean_bytes(once), once.type)


@pytest.mark.parametrize("sample", GO_ON, ids=shown_as)
def test_the_same_file_gives_the_same_bytes(sample: Path) -> None:
    assert clean_bytes(cleaned_anew(sample)) == clean_bytes(of_sample(sample))


@pytest.mark.parametrize("sample", STAY_BEHIND, ids=shown_as)
def test_what_stays_behind_says_why(sample: Path) -> None:
    result = of_sample(sample)
    assert result.data is None
    assert result.report.parts[0].outcome.value == expected(sample)
    assert result.report.parts[0].findings
    never = any(found.threat is Threat.ACTIVE_CONTENT for found in result.report.parts[0].findings)
    assert never or result.report.parts[0].sanitizer == sample.parent.name  # not for want of a sanitizer


@pytest.mark.parametrize("sample", SAMPLES, ids=shown_as)
def test_the_sample_shows_what_it_says(sample: Path) -> None:
    """A marker that no search finds in the sample itself would prove nothing by its absence."""
    about = told(sample)
    assert about["title_ja"]
    assert about["title_en"]
    assert about["row"]
    assert expected(sample) in EXPECTED
    assert about.get("must_stay") or about.get("must_vanish") or about.get("findings")
    vanishing = words(sample, "must_vanish")
    assert set(places(sample.read_bytes() + str(about.get("claimed_name", "")).encode(), vanishing)) == set(vanishing)


def test_every_sample_has_its_two_files_and_there_are_many() -> None:
    texts = {path for family in FAMILIES for path in (ROOT / "samples" / family).glob("*.toml")}
    assert texts == {sample.with_suffix(".toml") for sample in SAMPLES}
    assert len(texts) == len(SAMPLES)
    assert not [family for family in FAMILIES if not list((ROOT / "samples" / family).glob("*.toml"))]
