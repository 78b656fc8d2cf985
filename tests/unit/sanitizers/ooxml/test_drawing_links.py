"""Links and actions of shapes and text."""

import pytest

from sanitizers.model import Threat
from sanitizers.rules import Links
from tests.unit.sanitizers.ooxml.slides_packages import Cleaned, deck, one, shape, slide

WEB = {"h": ("hyperlink", "!https://example.jp/a")}
FILE = {"h": ("hyperlink", "!file:///C:/x.exe")}


def linked(action: str, tag: str = "hlinkClick", id_: str = "h") -> str:
    written = f' action="{action}"' if action else ""
    return shape("押す", 3, named=f'<a:{tag} r:id="{id_}"{written}/>')


def test_a_link_to_the_web_stays() -> None:
    result = Cleaned(one(shape("押す", 3, run='<a:hlinkClick r:id="h" tooltip="説明"/>'), WEB))
    assert result.findings == ()
    assert '<a:hlinkClick r:id="rId1" tooltip="説明"/>' in result.text()
    assert result.targets()["hyperlink"] == "https://example.jp/a"


def test_a_link_is_written_out_behind_its_words_where_links_are_defanged() -> None:
    result = Cleaned(one(shape("押す", 3, run='<a:hlinkClick r:id="h"/>'), WEB), links=Links.DEFANGED)
    assert "hlinkClick" not in result.text()
    assert "<a:t>押す &lt;hxxps://example[.]jp/a&gt;</a:t>" in result.text()


def test_a_link_that_says_another_address_is_taken_apart() -> None:
    result = Cleaned(one(shape("https://www.city.example.lg.jp/", 3, run='<a:hlinkClick r:id="h"/>'), WEB))
    assert Threat.DECEPTION in {finding.threat for finding in result.findings}
    assert "hlinkClick" not in result.text()


@pytest.mark.parametrize(
    ("action", "threat", "words"),
    [
        ("ppaction://program", Threat.ACTIVE_CONTENT, "starts a program"),
        ("ppaction://macro?name=Run", Threat.ACTIVE_CONTENT, "runs a macro"),
        ("PPACTION://Macro?name=Run", Threat.ACTIVE_CONTENT, "runs a macro"),
        ("ppaction://ole?verb=0", Threat.ACTIVE_CONTENT, "OLE verb"),
        ("ppaction://hlinkfile", Threat.EXTERNAL_REFERENCE, "opens a file"),
        ("ppaction://hlinkpres?slideindex=1", Threat.EXTERNAL_REFERENCE, "another presentation"),
        ("ppaction://whatever", Threat.ACTIVE_CONTENT, "of an unknown kind"),
        ("", Threat.EXTERNAL_REFERENCE, "file:"),
    ],
)
@pytest.mark.parametrize("tag", ["hlinkClick", "hlinkHover"])
def test_actions_that_leave_the_show_go(action: str, threat: Threat, words: str, tag: str) -> None:
    result = Cleaned(one(linked(action, tag), FILE))
    assert "hlink" not in result.text()
    assert "hyperlink" not in result.targets()
    if action or tag == "hlinkClick":
        assert result.has(threat, words)
    else:
        assert result.has(Threat.ACTIVE_CONTENT, "the mouse passes over it")


@pytest.mark.parametrize("action", ["ppaction://hlinkshowjump?jump=nextslide", "ppaction://noaction"])
def test_actions_within_the_show_stay(action: str) -> None:
    result = Cleaned(one(linked(action, id_="")))
    assert result.findings == ()
    assert f'<a:hlinkClick r:id="" action="{action}"/>' in result.text()


def test_an_action_within_the_show_takes_no_address_along() -> None:
    result = Cleaned(one(linked("ppaction://hlinkshowjump?jump=nextslide"), FILE))
    assert "hyperlink" not in result.targets()
    assert "x.exe" not in result.everything().decode("utf-8", "replace")


@pytest.mark.parametrize("tag", ["hlinkClick", "hlinkHover"])
def test_a_jump_to_a_slide_stays(tag: str) -> None:
    jump = linked("ppaction://hlinksldjump", tag, "j")
    result = Cleaned(deck((slide(jump), {"j": ("slide", "slide2.xml")}), (slide(shape()), {})))
    assert f'<a:{tag} r:id="rId1" action="ppaction://hlinksldjump"/>' in result.text()
    assert result.targets()["slide"] == "slide2.xml"


def test_no_jump_leads_to_a_slide_outside_the_presentation() -> None:
    jump = linked("ppaction://hlinksldjump", id_="j")
    kind = "application/vnd.openxmlformats-officedocument.presentationml.slide+xml"
    stray = {"ppt/slides/slide9.xml": (kind, slide(shape("よその文")))}
    result = Cleaned(one(jump, {"j": ("slide", "slide9.xml")}, parts=stray))
    assert "hlinkClick" not in result.text()
    assert "よその文".encode() not in result.everything()


def test_a_link_that_opens_when_the_mouse_passes_over_it_goes() -> None:
    result = Cleaned(one(shape("押す", 3, run='<a:hlinkMouseOver r:id="h"/>'), WEB))
    assert "hlinkMouseOver" not in result.text()
    assert result.has(Threat.ACTIVE_CONTENT, "the mouse passes over it")


def test_the_sound_of_a_link_goes() -> None:
    sounding = '<a:hlinkClick r:id="h"><a:snd r:embed="s" name="x.wav"/></a:hlinkClick>'
    rels = {**WEB, "s": ("audio", "../media/s.bin")}
    result = Cleaned(one(shape("押す", 3, run=sounding), rels, parts={"ppt/media/s.bin": ("", "WAVE")}))
    assert '<a:hlinkClick r:id="rId1"/>' in result.text()
    assert result.has(Threat.EMBEDDED_OBJECT, "sound or video")
