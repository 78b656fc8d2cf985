"""Tracked changes, comments and hidden text: kept or gone by rule, told of either way."""

import pytest

from sanitizers.rules import Author, Profile, Remarks
from tests.unit.sanitizers.ooxml.word_packages import Written, p, r, root

KEPT, REMOVED = Profile(), Profile(office_remarks=Remarks.REMOVED)
NOTED = ("hidden_content", "note", "noted")
WHO = 'w:id="1" w:author="山田" w:date="2026-01-01T00:00:00Z"'


def ins(inside: str) -> str:
    return f"<w:ins {WHO}>{inside}</w:ins>"


def deleted(text: str) -> str:
    return f"<w:del {WHO}><w:r><w:delText>{text}</w:delText></w:r></w:del>"


def marked(mark: str, *runs: str) -> str:
    """A paragraph whose end was inserted or deleted."""
    return f"<w:p><w:pPr><w:rPr><w:{mark} {WHO}/></w:rPr></w:pPr>{''.join(runs)}</w:p>"


BODY = p(r("old "), ins(r("new ")), deleted("gone "), r("end"))


def test_tracked_changes_stay_with_who_and_when() -> None:
    result = Written(BODY, KEPT)
    assert result.shown() == "old new gone end"
    assert '<w:ins w:id="1" w:author="山田" w:date="2026-01-01T00:00:00Z">' in result.xml()
    assert result.told() == {NOTED}


def test_tracked_changes_are_accepted() -> None:
    result = Written(BODY, REMOVED)
    assert result.shown() == "old new end"
    assert "山田" not in result.xml()
    assert result.told() == {("hidden_content", "note", "rewritten")}


def test_the_authors_of_remarks_go_with_the_author() -> None:
    result = Written(BODY, Profile(office_author=Author.REMOVED))
    assert "山田" not in result.xml()
    assert 'w:author="Author"' in result.xml()


def test_moves_are_accepted() -> None:
    body = p(
        f'<w:moveFromRangeStart {WHO} w:name="m"/><w:moveFrom {WHO}>{r("here")}</w:moveFrom><w:moveFromRangeEnd'
        ' w:id="1"/>',
        r("-"),
        f'<w:moveToRangeStart {WHO} w:name="m"/><w:moveTo {WHO}>{r("here")}</w:moveTo><w:moveToRangeEnd w:id="1"/>',
    )
    assert Written(body, KEPT).shown() == "here-here"
    result = Written(body, REMOVED)
    assert result.shown() == "-here"
    assert "move" not in result.xml()


@pytest.mark.parametrize(
    "change",
    [
        f"<w:pPr><w:jc w:val='left'/><w:pPrChange {WHO}><w:pPr><w:jc w:val='right'/></w:pPr></w:pPrChange></w:pPr>",
        f"<w:r><w:rPr><w:b/><w:rPrChange {WHO}><w:rPr><w:i/></w:rPr></w:rPrChange></w:rPr><w:t>x</w:t></w:r>",
        (
            f"<w:pPr><w:numPr><w:ilvl w:val='0'/><w:numId w:val='1'/><w:numberingChange {WHO} w:original='1'/>"
            "</w:numPr>"
            "</w:pPr>"
        ),
    ],
)
def test_changes_of_looks(change: str) -> None:
    assert "Change" in Written(p(change), KEPT).xml()
    result = Written(p(change), REMOVED)
    assert "Change" not in result.xml()
    assert result.told() == {("hidden_content", "note", "rewritten")}


def test_a_paragraph_whose_end_was_deleted_joins_the_next() -> None:
    body = marked("del", r("one ")) + p("<w:pPr><w:jc w:val='right'/></w:pPr>", r("two"))
    assert Written(body, KEPT).shown() == "one \ntwo"
    result = Written(body, REMOVED)
    assert result.shown() == "one two"
    assert 'w:val="right"' in result.xml()
    assert Written(marked("ins", r("one")) + p(r("two")), REMOVED).shown() == "one\ntwo"
    many = "".join(marked("del", r(f"{number} ")) for number in range(5))
    assert Written(many + p(r("end")), REMOVED).shown() == "0 1 2 3 4 end"


def test_rows_and_cells_that_were_deleted_go() -> None:
    def row(text: str, mark: str = "", cell: str = "") -> str:
        first = f"<w:tc><w:tcPr>{cell}</w:tcPr>{p(r(text))}</w:tc>"
        return f"<w:tr><w:trPr>{mark}</w:trPr>{first}<w:tc>{p(r('b'))}</w:tc></w:tr>"

    inside = row("1") + row("2", f"<w:del {WHO}/>") + row("3", f"<w:ins {WHO}/>") + row("4", "", f"<w:cellDel {WHO}/>")
    body = f"<w:tbl>{inside}</w:tbl>"
    assert Written(body, KEPT).shown().split() == ["1", "b", "2", "b", "3", "b", "4", "b"]
    result = Written(body, REMOVED)
    assert result.shown().split() == ["1", "b", "3", "b", "b"]
    assert "w:ins" not in result.xml()


# Comments

COMMENT = root("comments", f'<w:comment {WHO} w:initials="山">{p(r("remark"))}</w:comment>')
COMMENTED = p(
    '<w:commentRangeStart w:id="1"/>',
    r("text"),
    '<w:commentRangeEnd w:id="1"/>',
    '<w:r><w:commentReference w:id="1"/></w:r>',
)


def test_comments_stay() -> None:
    result = Written(COMMENTED, KEPT, parts={"comments": COMMENT})
    assert result.shown("comments") == "remark"
    assert "commentReference" in result.xml()
    assert result.told() == {NOTED}


def test_comments_go() -> None:
    result = Written(COMMENTED, REMOVED, parts={"comments": COMMENT})
    assert result.shown() == "text"
    assert "remark" not in result.xml("comments")
    assert "omment" not in result.xml()
    assert result.told() == {("hidden_content", "note", "removed")}
    again = Written(result.xml().partition("<w:body>")[2].rpartition("</w:body>")[0], REMOVED)
    assert again.findings == ()


def test_marks_of_comments_that_are_not_there_go() -> None:
    assert "comment" not in Written(COMMENTED, KEPT).xml()


def test_marks_of_notes_that_are_not_there_go() -> None:
    reference = p(r("text"), '<w:r><w:footnoteReference w:id="2"/></w:r><w:r><w:endnoteReference w:id="2"/></w:r>')
    assert "Reference" not in Written(reference).xml()
    notes = root("footnotes", f'<w:footnote w:id="2">{p(r("note"))}</w:footnote>')
    result = Written(reference, parts={"footnotes": notes})
    assert "footnoteReference" in result.xml()
    assert "endnoteReference" not in result.xml()
    assert result.shown("footnotes") == "note"


# Hidden text

HIDDEN = "<w:vanish/>"
STYLES = (
    '<w:style w:type="character" w:styleId="H"><w:name w:val="H"/><w:rPr><w:vanish/></w:rPr></w:style>'
    '<w:style w:type="character" w:styleId="H2"><w:basedOn w:val="H"/></w:style>'
    '<w:style w:type="character" w:styleId="N"><w:basedOn w:val="H"/><w:rPr><w:vanish w:val="0"/></w:rPr></w:style>'
    '<w:style w:type="paragraph" w:styleId="P"><w:rPr><w:vanish/></w:rPr></w:style>'
    '<w:style w:type="paragraph" w:styleId="L1"><w:basedOn w:val="L2"/></w:style>'
    '<w:style w:type="paragraph" w:styleId="L2"><w:basedOn w:val="L1"/></w:style>'
)


@pytest.mark.parametrize(
    "body",
    [
        p(r("shown"), r("secret", HIDDEN)),
        p(r("shown"), r("secret", '<w:rStyle w:val="H"/>')),
        p(r("shown"), r("secret", '<w:rStyle w:val="H2"/>')),
        p(r("shown")) + p('<w:pPr><w:pStyle w:val="P"/></w:pPr>', r("secret")),
        p(r("shown"), f"<w:hyperlink w:anchor='x'>{r('secret', HIDDEN)}</w:hyperlink>"),
        p(r("shown")) + f"<w:tbl><w:tr><w:trPr><w:hidden/></w:trPr><w:tc>{p(r('secret'))}</w:tc></w:tr></w:tbl>",
    ],
)
def test_hidden_text_is_told_of_and_goes_by_rule(body: str) -> None:
    styles = {"styles": root("styles", STYLES)}
    kept = Written(body, KEPT, parts=styles)
    assert "secret" in kept.xml()
    assert kept.told() == {("hidden_content", "warning", "noted")}
    gone = Written(body, REMOVED, parts=styles)
    assert "secret" not in gone.xml()
    assert "shown" in gone.xml()
    assert gone.told() == {("hidden_content", "warning", "removed")}


@pytest.mark.parametrize(
    "body",
    [
        p(r("shown", '<w:vanish w:val="0"/>')),
        p(r("shown", "<w:webHidden/>")),
        p(r(" ", HIDDEN)),
        p(f"<w:pPr><w:rPr>{HIDDEN}</w:rPr></w:pPr>", r("shown")),
        p(r("shown", '<w:rStyle w:val="N"/>')),
        p('<w:pPr><w:pStyle w:val="P"/></w:pPr>', r("shown", '<w:vanish w:val="false"/>')),
        p('<w:pPr><w:pStyle w:val="L1"/></w:pPr>', r("shown")),
    ],
)
def test_what_is_shown_is_not_called_hidden(body: str) -> None:
    result = Written(body, REMOVED, parts={"styles": root("styles", STYLES)})
    assert result.findings == ()


def test_hidden_text_in_a_header() -> None:
    header = root("hdr", p(r("secret", '<w:rStyle w:val="H"/>')))
    body = '<w:sectPr><w:headerReference w:type="default" r:id="header"/></w:sectPr>'
    result = Written(body, REMOVED, parts={"styles": root("styles", STYLES), "header": header})
    assert "secret" not in result.xml("header1")
