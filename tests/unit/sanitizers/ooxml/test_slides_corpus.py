"""Every presentation of the corpus: nothing well-formed is blocked, no word and no picture is lost, others open it."""

import csv
import io
import re
import zipfile
from collections import Counter
from pathlib import Path

import pptx
import pytest
from lxml import etree

from sanitizers.model import Action
from tests.unit.sanitizers.ooxml.slides_packages import Cleaned

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

ENDINGS = (".pptx", ".pptm", ".ppsx", ".ppsm", ".potx", ".potm")
SPACE = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
STRICT = "{http://purl.oclc.org/ooxml/drawingml/main}"
ALTERNATE = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
SLIDE = re.compile(r"ppt/(slides/slide|notesSlides/notesSlide|charts/chart|diagrams/data)[0-9]+\.xml")


def presentations(corpus: Path) -> list[Path]:
    with (corpus / "INDEX.tsv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file, delimiter="\t") if row["kind"] == "ooxml" and row["local"]]
    return [corpus / row["local"] for row in rows if row["local"].lower().endswith(ENDINGS)]


def words(data: bytes) -> Counter[str]:
    """What stands on slides, notes, charts and diagrams, whatever the parts are called; of an "
    "alternative, the fallback."""
    found: Counter[str] = Counter()
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        for name in package.namelist():
            if SLIDE.fullmatch(name):
                found.update(_words(etree.fromstring(package.read(name))))
    return found


def _words(root: etree._Element) -> list[str]:
    for choice in list(root.iter(f"{ALTERNATE}Choice")):
        parent = choice.getparent()
        if parent is not None and parent.find(f"{ALTERNATE}Fallback") is not None:
            parent.remove(choice)
    return [each.text for space in (SPACE, STRICT) for each in root.iter(f"{space}t") if each.text]


def test_no_presentation_loses_a_word_or_is_refused(corpus: Path) -> None:
    for path in presentations(corpus):
        data = path.read_bytes()
        if not zipfile.is_zipfile(io.BytesIO(data)):
            continue  # encrypted: opens only with a password
        result = Cleaned(data, path.name)
        lost = words(data) - words(result.data)
        assert not lost, (path.name, lost)
        again = Cleaned(result.data, result.name)
        assert not [finding for finding in again.findings if finding.action is not Action.NOTED], path.name


def test_every_presentation_is_opened_by_another_reader(corpus: Path) -> None:
    for path in presentations(corpus):
        data = path.read_bytes()
        if not zipfile.is_zipfile(io.BytesIO(data)):
            continue
        slides = list(pptx.Presentation(io.BytesIO(Cleaned(data, path.name).data)).slides)
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            before = [name for name in package.namelist() if re.fullmatch(r"ppt/slides/slide[0-9]+\.xml", name)]
            pictures = sum(package.read(name).count(b"<p:pic>") for name in before)
        assert len(slides) == len(before), path.name
        shown = sum(etree.tostring(slide._element).count(b"<p:pic>") for slide in slides)
        assert shown >= pictures, path.name
