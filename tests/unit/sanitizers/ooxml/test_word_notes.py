"""Footnotes and endnotes that nothing refers to any more; changes in very long documents and rows."""

import pytest

from sanitizers.model import Threat
from sanitizers.rules import Profile, Remarks
from tests.unit.sanitizers.ooxml.word_packages import Written, p, r, root

REMOVED = Profile(office_remarks=Remarks.REMOVED)


def reference(number: int, properties: str = "", kind: str = "footnote") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:{kind}Reference w:id="{number}"/></w:r>'


def notes(kind: str = "footnote") -> dict[str, bytes]:
    each = f'<w:{kind} w:type="separator" w:id="0">{p(r("line"))}</w:{kind}>'
    each += "".join(f'<w:{kind} w:id="{number}">{p(r(f"note {number}"))}</w:{kind}>' for number in (1, 2))
    return {f"{kind}s": root(f"{kind}s", each)}


@pytest.mark.parametrize("kind", ["footnote", "endnote"])
def test_a_note_that_nothing_refers_to_goes_and_is_told_of(kind: str) -> None:
    result = Written(p(r("x"), reference(1, kind=kind)), parts=notes(kind))
    assert result.shown(f"{kind}s") == "line\nnote 1"
    assert [(found.threat, found.detail) for found in result.findings] == [
        (Threat.HIDDEN_CONTENT, "notes that nothing in the text refers to")
    ]


def test_notes_that_are_referred_to_stay_without_a_word() -> None:
    result = Written(p(reference(1), reference(2)), parts=notes())
    assert result.shown("footnotes") == "line\nnote 1\nnote 2"
    assert not result.findings


def test_a_note_goes_with_the_deleted_words_that_it_belongs_to() -> None:
    deleted = f'<w:del w:id="9" w:author="a">{reference(2)}</w:del>'
    result = Written(p(reference(1), deleted), REMOVED, parts=notes())
    assert "note 2" not in result.xml("footnotes")
    assert "note 1" in result.xml("footnotes")


def test_paragraphs_whose_ends_were_deleted_become_one_in_their_order() -> None:
    gone = '<w:pPr><w:rPr><w:del w:id="1" w:author="a"/></w:rPr></w:pPr>'
    body = "".join(p(gone, r(f"{number},"), r("b ")) for number in range(5)) + p("<w:pPr/>", r("end"))
    assert Written(body, REMOVED).shown() == "0,b 1,b 2,b 3,b 4,b end"
    assert Written(body.replace(p("<w:pPr/>", r("end")), p("<w:pPr/>")), REMOVED).shown() == "0,b 1,b 2,b 3,b 4,b "


def test_the_last_cell_of_a_row_stays_though_it_was_deleted() -> None:
    cell = '<w:tc><w:tcPr><w:cellDel w:id="1" w:author="a"/></w:tcPr>{}</w:tc>'
    body = f"<w:tbl><w:tr>{''.join(cell.format(p(r(words))) for words in 'abc')}</w:tr></w:tbl>"
    assert Written(body, REMOVED).xml().count("<w:tc>") == 1
