"""Presentations: which slides go on, hidden ones, notes, comments, sections, shows, settings."""

import io
from pathlib import Path

import pptx
import pytest

from sanitizers.model import Action, Threat
from sanitizers.rules import Author, Remarks
from tests.unit.sanitizers.ooxml.slides_packages import (
    SPACES,
    THEME,
    TYPE,
    WORDS,
    Cleaned,
    Parts,
    deck,
    one,
    picture,
    png,
    relationships,
    shape,
    slide,
    tree,
)

P14 = 'xmlns:p14="http://schemas.microsoft.com/office/powerpoint/2010/main"'
THEMED = "application/vnd.openxmlformats-officedocument.theme+xml"
MAP = "".join(f' {name}="{name}"' for name in [*(f"accent{n}" for n in range(1, 7)), "hlink", "folHlink"])
NOTES: Parts = {
    "ppt/notesMasters/notesMaster1.xml": (
        f"{TYPE}.notesMaster+xml",
        f'<p:notesMaster {SPACES}>{tree()}<p:clrMap bg1="lt1" tx1="dk1" bg2="lt2" tx2="dk2"{MAP}/></p:notesMaster>',
    ),
    "ppt/notesMasters/_rels/notesMaster1.xml.rels": ("", relationships({"t": ("theme", "../theme/theme2.xml")})),
    "ppt/theme/theme2.xml": (THEMED, THEME),
    "ppt/notesSlides/notesSlide1.xml": (
        f"{TYPE}.notesSlide+xml",
        f"<p:notes {SPACES}>{tree(shape('覚え書き'))}</p:notes>",
    ),
    "ppt/notesSlides/_rels/notesSlide1.xml.rels": (
        "",
        relationships(
            {"m": ("notesMaster", "../notesMasters/notesMaster1.xml"), "s": ("slide", "../slides/slide1.xml")}
        ),
    ),
}
WITH_NOTES = one(rels={"n": ("notesSlide", "../notesSlides/notesSlide1.xml")}, parts=NOTES)
HIDDEN = deck((slide(shape()), {}), (slide(shape("隠した文"), attributes=' show="0"'), {}))
COMMENTS: Parts = {
    "ppt/comments/comment1.xml": (
        f"{TYPE}.comments+xml",
        (
            f'<p:cmLst {SPACES}><p:cm authorId="0" dt="2026-11-21T00:00:00" idx="1"><p:pos x="1" y="1"/>'
            "<p:text>見直し</p:text></p:cm></p:cmLst>"
        ),
    ),
    "ppt/commentAuthors.xml": (
        f"{TYPE}.commentAuthors+xml",
        f'<p:cmAuthorLst {SPACES}><p:cmAuthor id="0" name="山田" initials="Y" lastIdx="1" clrIdx="0"/></p:cmAuthorLst>',
    ),
}
COMMENTED = deck(
    (slide(shape()), {"c": ("comments", "../comments/comment1.xml")}),
    rels={"a": ("commentAuthors", "commentAuthors.xml")},
    parts=COMMENTS,
)


def test_names_of_authors_of_comments_go_by_rule() -> None:
    assert "山田" in Cleaned(COMMENTED).text("ppt/commentAuthors.xml")
    authors = Cleaned(COMMENTED, office_author=Author.REMOVED).text("ppt/commentAuthors.xml")
    assert 'name="Author" initials="A"' in authors
    assert "山田" not in authors


@pytest.mark.parametrize(
    ("cut", "told"), [('l="25000"', True), ('b="12.5%"', True), ('t="900"', False), ('r="-5000"', False)]
)
def test_a_picture_of_which_a_part_is_cut_away_is_told_of(cut: str, told: bool) -> None:
    shown = picture("i").replace("<a:stretch>", f"<a:srcRect {cut}/><a:stretch>")
    source = one(shown, {"i": ("image", "../media/image1.png")}, parts={"ppt/media/image1.png": ("image/png", png())})
    result = Cleaned(source)
    assert f"<a:srcRect {cut}/>" in result.text()
    assert result.has(Threat.HIDDEN_CONTENT, "cut away", Action.NOTED) is told


def texts(result: Cleaned) -> list[str]:
    slides = pptx.Presentation(io.BytesIO(result.data)).slides
    return ["".join(each.text_frame.text for each in slide.shapes if each.has_text_frame) for slide in slides]


def test_a_plain_presentation_goes_on_without_a_word() -> None:
    result = Cleaned(one())
    assert result.findings == ()
    assert texts(result) == [WORDS]


def test_cleaning_again_changes_nothing() -> None:
    result = Cleaned(WITH_NOTES)
    assert Cleaned(result.data).data == result.data


@pytest.mark.parametrize(
    "main",
    [
        "slideshow.main+xml",
        "template.main+xml",
        "application/vnd.ms-powerpoint.presentation.macroEnabled.main+xml",
        "application/vnd.ms-powerpoint.slideshow.macroEnabled.main+xml",
    ],
)
def test_shows_templates_and_macro_files_become_presentations(main: str) -> None:
    result = Cleaned(deck((slide(shape()), {}), main=main), "x.pptx")
    assert f"{TYPE}.presentation.main+xml" in result.text("[Content_Types].xml")
    assert texts(result) == [WORDS]


# Remarks


def test_a_hidden_slide_stays_hidden_and_is_told() -> None:
    result = Cleaned(HIDDEN)
    assert texts(result) == [WORDS, "隠した文"]
    assert result.root("ppt/slides/slide2.xml").get("show") == "0"
    assert result.has(Threat.HIDDEN_CONTENT, "a hidden slide", Action.NOTED)


def test_a_hidden_slide_goes_where_the_rule_says_so() -> None:
    result = Cleaned(HIDDEN, office_remarks=Remarks.REMOVED)
    assert texts(result) == [WORDS]
    assert result.has(Threat.HIDDEN_CONTENT, "a hidden slide")
    assert "隠した文".encode() not in result.everything()


def test_nothing_refers_to_a_removed_slide() -> None:
    shows = (
        '<p:custShowLst><p:custShow id="0" name="x"><p:sldLst><p:sld r:id="s2"/></p:sldLst></p:custShow>'
        "</p:custShowLst>"
        f'<p:extLst><p:ext uri="{{521415D9-36F7-43E2-AB2F-B90AF26B5E84}}"><p14:sectionLst {P14}><p14:section name="部" '
        'id="{00000000-0000-0000-0000-000000000001}"><p14:sldIdLst><p14:sldId id="256"/><p14:sldId id="257"/>'
        "</p14:sldIdLst></p14:section></p14:sectionLst></p:ext></p:extLst>"
    )
    jump = '<a:hlinkClick r:id="j" action="ppaction://hlinksldjump"/>'
    source = deck(
        (slide(shape(named=jump)), {"j": ("slide", "slide2.xml")}),
        (slide(shape("隠した文"), attributes=' show="0"'), {}),
        presentation=shows,
    )
    kept = Cleaned(source).text("ppt/presentation.xml")
    assert '<p14:sldId id="256"/><p14:sldId id="257"/>' in kept
    assert "p:custShow " in kept
    removed = Cleaned(source, office_remarks=Remarks.REMOVED)
    assert '<p14:sldIdLst><p14:sldId id="256"/></p14:sldIdLst>' in removed.text("ppt/presentation.xml")
    assert "custShow" not in removed.text("ppt/presentation.xml")
    assert "hlinkClick" not in removed.text()
    assert "ppt/slides/slide2.xml" not in removed.parts


def test_notes_stay_and_are_told() -> None:
    result = Cleaned(WITH_NOTES)
    assert pptx.Presentation(io.BytesIO(result.data)).slides[0].notes_slide.shapes[0].text_frame.text == "覚え書き"
    assert result.has(Threat.HIDDEN_CONTENT, "speaker's notes", Action.NOTED)
    assert result.targets("ppt/notesSlides/_rels/notesSlide1.xml.rels") == {
        "notesMaster": "../notesMasters/notesMaster1.xml",
        "slide": "../slides/slide1.xml",
    }


def test_notes_of_the_sample_are_found_by_a_program_that_looks_for_them() -> None:
    sample = Path(__file__).resolve().parents[4] / "samples" / "ooxml" / "slides-notes.pptx"
    notes = pptx.Presentation(io.BytesIO(Cleaned(sample.read_bytes()).data)).slides[0].notes_slide.notes_text_frame
    assert notes is not None
    assert notes.text == "話者だけの覚え書き"


def test_notes_go_where_the_rule_says_so() -> None:
    result = Cleaned(WITH_NOTES, office_remarks=Remarks.REMOVED)
    assert "覚え書き".encode() not in result.everything()
    assert result.has(Threat.HIDDEN_CONTENT, "speaker's notes")


def test_notes_lead_to_no_slide_that_is_not_in_the_presentation() -> None:
    stray = slide(shape("よその文"))
    parts = dict(NOTES)
    parts["ppt/slides/slide9.xml"] = (f"{TYPE}.slide+xml", stray)
    parts["ppt/notesSlides/_rels/notesSlide1.xml.rels"] = ("", relationships({"s": ("slide", "../slides/slide9.xml")}))
    result = Cleaned(one(rels={"n": ("notesSlide", "../notesSlides/notesSlide1.xml")}, parts=parts))
    assert "よその文".encode() not in result.everything()


def test_comments_stay_and_are_told() -> None:
    result = Cleaned(COMMENTED)
    assert "見直し" in result.text("ppt/comments/comment1.xml")
    assert "山田" in result.text("ppt/commentAuthors.xml")
    assert result.has(Threat.HIDDEN_CONTENT, "a comment", Action.NOTED)


def test_comments_go_where_the_rule_says_so() -> None:
    result = Cleaned(COMMENTED, office_remarks=Remarks.REMOVED)
    assert not [name for name in result.parts if "omment" in name]
    assert result.has(Threat.HIDDEN_CONTENT, "a comment")


def test_comments_of_today_lose_accounts_and_stay_on_their_slide() -> None:
    p188 = "http://schemas.microsoft.com/office/powerpoint/2018/8/main"
    guid = "{00000000-0000-0000-0000-00000000000%d}"
    anchor = (
        '<oac:deMkLst xmlns:oac="http://schemas.microsoft.com/office/drawing/2013/main/command" '
        'xmlns:pc="http://schemas.microsoft.com/office/powerpoint/2013/main/command"><pc:docMk/>'
        f'<pc:sldMk cId="7" sldId="256"/><oac:spMk id="2" creationId="{guid % 3}"/></oac:deMkLst>'
    )
    body = "<p188:txBody><a:bodyPr/><a:lstStyle/><a:p><a:r><a:t>%s</a:t></a:r></a:p></p188:txBody>"
    comments = (
        f'<p188:cmLst {SPACES} xmlns:p188="{p188}"><p188:cm id="{guid % 1}" authorId="{guid % 2}" '
        f'created="2026-11-21T00:00:00.000">{anchor}<p188:replyLst><p188:reply id="{guid % 4}" authorId="{guid % 2}" '
        f'created="2026-11-21T00:00:00.000">{body % "返事"}</p188:reply></p188:replyLst>'
        f"{body % '問い'}</p188:cm></p188:cmLst>"
    )
    authors = (
        f'<p188:authorLst xmlns:p188="{p188}"><p188:author id="{guid % 2}" name="山田" initials="Y" '
        'userId="S::yamada@example.jp::1" providerId="AD"/></p188:authorLst>'
    )
    types = "http://schemas.microsoft.com/office/2018/10/relationships"
    named = (
        f'<p:extLst><p:ext uri="{{6950BFC3-D8DA-4A85-94F7-54DA5524770B}}"><p188:commentRel '
        f'xmlns:p188="{p188}" r:id="c"/>'
        "</p:ext></p:extLst>"
    )
    source = deck(
        (slide(shape(), named), {"c": (f"{types}/comments", "../comments/modernComment_1.xml")}),
        rels={"a": (f"{types}/authors", "authors.xml")},
        parts={
            "ppt/comments/modernComment_1.xml": ("application/vnd.ms-powerpoint.comments+xml", comments),
            "ppt/authors.xml": ("application/vnd.ms-powerpoint.authors+xml", authors),
        },
    )
    result = Cleaned(source)
    kept = result.text("ppt/comments/modernComment1.xml")
    assert "問い" in kept
    assert "返事" in kept
    assert '<pc:sldMkLst><pc:docMk/><pc:sldMk cId="7" sldId="256"/></pc:sldMkLst>' in kept
    assert b"example.jp" not in result.everything()
    assert "p188:commentRel" in result.text()
    assert not result.has(Threat.METADATA, "additions")
    gone = Cleaned(source, office_remarks=Remarks.REMOVED)
    assert "問い".encode() not in gone.everything()
    assert gone.has(Threat.HIDDEN_CONTENT, "2 × a comment")


# Settings and what belongs to other programs


def test_settings_keep_the_show_and_lose_where_it_was_published() -> None:
    show = (
        f'<p:presentationPr {SPACES}><p:htmlPubPr r:id="h"/><p:showPr loop="1"><p:kiosk/></p:showPr></p:presentationPr>'
    )
    parts: Parts = {
        "ppt/presProps.xml": (f"{TYPE}.presProps+xml", show),
        "ppt/_rels/presProps.xml.rels": ("", relationships({"h": ("htmlPubSaveAs", "!file:///C:/x.htm")})),
    }
    result = Cleaned(one(parts=parts))
    assert '<p:showPr loop="1"><p:kiosk/></p:showPr>' in result.text("ppt/presProps.xml")
    assert Threat.EXTERNAL_REFERENCE in {finding.threat for finding in result.findings}


def test_fonts_and_tags_do_not_go_on() -> None:
    fonts = (
        '<p:embeddedFontLst><p:embeddedFont><p:font typeface="F"/><p:regular r:id="f"/></p:embeddedFont>'
        "</p:embeddedFontLst>"
        '<p:custDataLst><p:tags r:id="t"/></p:custDataLst>'
    )
    parts: Parts = {
        "ppt/fonts/f.fntdata": ("application/x-fontdata", "FONT"),
        "ppt/tags/t.xml": (f"{TYPE}.tags+xml", f'<p:tagLst {SPACES}><p:tag name="A" val="TAG"/></p:tagLst>'),
    }
    known = {"f": ("font", "fonts/f.fntdata"), "t": ("tags", "tags/t.xml")}
    result = Cleaned(deck((slide(shape()), {}), presentation=fonts, rels=known, parts=parts))
    assert result.has(Threat.EMBEDDED_OBJECT, "an embedded font")
    assert result.has(Threat.METADATA, "tags")
    assert b"TAG" not in result.everything()
    assert "embeddedFont" not in result.text("ppt/presentation.xml")


def test_a_broken_slide_is_left_out_and_the_others_go_on() -> None:
    result = Cleaned(deck((slide(shape()), {}), ("<p:sld", {})))
    assert texts(result) == [WORDS]
    assert result.has(Threat.MALFORMED, "cannot be read")
