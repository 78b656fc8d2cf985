"""Real text documents: every word stays, nothing in them is unknown to the tables, a second cleaning says nothing."""

import csv
import io
import re
import zipfile
from collections import Counter
from pathlib import Path

import pytest
from lxml import etree

from sanitizers.engine import clean
from sanitizers.formats.ooxml.kinds import UNKNOWN_ELEMENT, UNKNOWN_VALUE
from sanitizers.model import Action, Cleaned, DnsAnswer, Notice, Outcome
from sanitizers.rules import Budget, Kind, Profile, Task

STORIES = re.compile(r"word/(document|header\d*|footer\d*|footnotes|endnotes|comments)\.xml")


def cleaned(name: str, data: bytes) -> Cleaned:
    result = clean(
        Task("X", Kind.FILE, name, Profile(), Budget(), Notice("", ())), data, lambda *_: DnsAnswer("failed")
    )
    assert result is not None
    return result


def words(data: bytes) -> Counter[str]:
    """The words of all paragraphs, without the alternatives for older programs; ISO strict names count as well."""
    found: Counter[str] = Counter()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in filter(STORIES.fullmatch, archive.namelist()):
            tree = etree.fromstring(archive.read(name))
            for fallback in list(tree.iter("{*}Fallback")):
                parent = fallback.getparent()
                assert parent is not None
                parent.remove(fallback)
            for paragraph in tree.iter("{*}p"):
                found.update("".join(text.text or "" for text in paragraph.iter("{*}t")).split())
    return found


def documents(corpus: Path) -> list[Path]:
    with (corpus / "INDEX.tsv").open(encoding="utf-8") as index:
        rows = csv.DictReader(index, delimiter="\t")
        return [
            corpus / row["local"] for row in rows if row["kind"] == "ooxml" and "word" in row["mime"] and row["local"]
        ]


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_every_real_document_keeps_its_words(corpus: Path) -> None:
    problems, passed = [], 0
    for path in documents(corpus):
        original = path.read_bytes()
        result = cleaned(path.name, original)
        part = result.report.parts[0]
        if result.data is None:
            if part.sanitizer == "ooxml" and "DTD" not in part.findings[-1].detail:
                problems.append(f"{path.name}: blocked, {part.findings[-1].detail}")
            continue
        passed += 1
        lost = words(original) - words(result.data)
        if lost:
            problems.append(f"{path.name}: lost {list(lost)[:5]}")
        unknown = [
            found.where
            for found in part.findings
            if found.detail.endswith((UNKNOWN_ELEMENT.words, UNKNOWN_VALUE.words)) and "theme" not in found.where
        ]
        if unknown and "UnknownElement" not in path.name:  # that one has an element with a wrong name, on purpose
            problems.append(f"{path.name}: unknown {unknown}")
        again = cleaned(result.name, result.data).report.parts[0]
        if again.outcome is not Outcome.CLEAN or [each for each in again.findings if each.action is not Action.NOTED]:
            problems.append(f"{path.name}: again {again.outcome} {again.findings}")
    assert not problems
    assert passed > 80
