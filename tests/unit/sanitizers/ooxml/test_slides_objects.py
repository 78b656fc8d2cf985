"""Objects, controls, ink, sound, animations: the picture stays where the object was, the show goes on "
"without commands."""

import pytest

from sanitizers.model import Threat
from tests.unit.sanitizers.ooxml.slides_packages import (
    SPACES,
    Cleaned,
    Parts,
    deck,
    one,
    picture,
    png,
    relationships,
    shape,
    tree,
)

P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
MC = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
IMAGE = {"i": ("image", "../media/i.png")}
SEEN: Parts = {"ppt/media/i.png": ("", png()), "ppt/embeddings/o.bin": ("", "OLE-CONTENT")}
OLE = {"o": ("oleObject", "../embeddings/o.bin"), **IMAGE}


def frame(inside: str) -> str:
    return (
        '<p:graphicFrame><p:nvGraphicFramePr><p:cNvPr id="7" name="Object 7" descr="表"/>'
        "<p:cNvGraphicFramePr/><p:nvPr/>"
        '</p:nvGraphicFramePr><p:xfrm><a:off x="100" y="200"/><a:ext cx="300" cy="400"/></p:xfrm><a:graphic>'
        '<a:graphicData uri="http://schemas.openxmlformats.org/presentationml/2006/ole">'
        f"{inside}</a:graphicData></a:graphic></p:graphicFrame>"
    )


EMBEDDED = f'<p:oleObj name="x" r:id="o" progId="Package"><p:embed/>{picture("i", 0)}</p:oleObj>'
ALTERNATIVE = (
    f'<mc:AlternateContent {MC}><mc:Choice xmlns:v="urn:schemas-microsoft-com:vml" Requires="v">'
    '<p:oleObj spid="_x0000_s1" '
    f'r:id="o"><p:embed/></p:oleObj></mc:Choice><mc:Fallback>{EMBEDDED}</mc:Fallback></mc:AlternateContent>'
)


@pytest.mark.parametrize("inside", [EMBEDDED, ALTERNATIVE])
def test_an_embedded_object_becomes_its_picture(inside: str) -> None:
    result = Cleaned(one(frame(inside), OLE, parts=SEEN))
    assert result.has(Threat.EMBEDDED_OBJECT, "an embedded object (OLE)")
    assert b"OLE-CONTENT" not in result.everything()
    seen = result.root().find(f".//{P}pic")
    assert seen is not None
    named = seen.find(f".//{P}cNvPr")
    assert (named.get("id"), named.get("name"), named.get("descr")) == ("7", "Picture 0", "表")
    assert [dict(each.attrib) for each in seen.find(f".//{A}xfrm")] == [
        {"x": "100", "y": "200"},
        {"cx": "300", "cy": "400"},
    ]
    assert result.targets()["image"] == "../media/image1.png"
    assert "graphicFrame" not in result.text()


def vml(shape_id: str = "_x0000_s1") -> str:
    return (
        '<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office">'
        f'<v:shape id="{shape_id}" type="#_x0000_t75" style="position:absolute"><v:imagedata '
        'o:relid="i"/></v:shape></xml>'
    )


def test_an_object_of_2007_becomes_the_picture_of_its_vml_drawing() -> None:
    parts = {
        **SEEN,
        "ppt/drawings/v.vml": ("application/vnd.openxmlformats-officedocument.vmlDrawing", vml()),
        "ppt/drawings/_rels/v.vml.rels": ("", relationships({"i": ("image", "../media/i.png")})),
    }
    old = frame('<p:oleObj spid="_x0000_s1" name="x" r:id="o" progId="Package"><p:embed/></p:oleObj>')
    result = Cleaned(one(old, {"o": OLE["o"], "v": ("vmlDrawing", "../drawings/v.vml")}, parts=parts))
    assert result.targets()["image"] == "../media/image1.png"
    assert result.root().find(f".//{P}pic//{P}cNvPr").get("name") == "Object 7"
    assert b"imagedata" not in result.everything()


def test_an_object_that_nothing_shows_is_gone() -> None:
    result = Cleaned(one(frame('<p:oleObj r:id="o"><p:embed/></p:oleObj>'), OLE, parts=SEEN))
    assert "graphicFrame" not in result.text()
    assert "p:pic" not in result.text()


def test_a_control_becomes_its_picture() -> None:
    control = f'<p:controls><p:control spid="_x0000_s1" name="C" r:id="o">{picture("i", 0)}</p:control></p:controls>'
    source = tree(shape()).replace("</p:cSld>", f"{control}</p:cSld>")
    parts = {**SEEN, "ppt/activeX/a.xml": ("application/vnd.ms-office.activex+xml", "<x/>")}
    text = f"<p:sld {SPACES}>{source}</p:sld>"
    result = Cleaned(deck((text, {**IMAGE, "o": ("control", "../activeX/a.xml")}), parts=parts))
    assert result.has(Threat.ACTIVE_CONTENT, "an ActiveX control")
    numbers = [each.get("id") for each in result.root().iter(f"{P}cNvPr")]
    assert len(numbers) == len(set(numbers)) == 3
    assert "p:control" not in result.text()


@pytest.mark.parametrize(
    ("requires", "inside"),
    [
        (
            'xmlns:p14="http://schemas.microsoft.com/office/powerpoint/2010/main" Requires="p14"',
            '<p:contentPart r:id="k"/>',
        ),
        (
            'xmlns:am3d="http://schemas.microsoft.com/office/drawing/2017/model3d" Requires="am3d"',
            '<p:graphicFrame><am3d:model3d r:embed="k"/></p:graphicFrame>',
        ),
    ],
)
def test_ink_and_models_go_on_as_the_picture_of_their_fallback(requires: str, inside: str) -> None:
    alternative = (
        f"<mc:AlternateContent {MC}><mc:Choice {requires}>{inside}</mc:Choice>"
        f"<mc:Fallback>{picture('i')}</mc:Fallback></mc:AlternateContent>"
    )
    parts = {**SEEN, "ppt/ink/k.xml": ("application/inkml+xml", "<ink>INKED</ink>")}
    result = Cleaned(one(alternative, {**IMAGE, "k": ("customXml", "../ink/k.xml")}, parts=parts))
    assert result.root().find(f".//{P}pic") is not None
    assert b"INKED" not in result.everything()


def test_a_film_stays_as_its_picture() -> None:
    film = '<a:videoFile r:link="v"/>'
    result = Cleaned(one(picture("i", 9, film), {**IMAGE, "v": ("video", "!http://198.51.100.7/x.mp4")}, parts=SEEN))
    assert result.root().find(f".//{P}pic") is not None
    assert result.has(Threat.EXTERNAL_REFERENCE, "sound or video outside the file")
    assert b"198.51" not in result.everything()


# Animations


def timing(inside: str) -> str:
    return (
        '<p:timing><p:tnLst><p:par><p:cTn id="1" dur="indefinite" restart="never" nodeType="tmRoot"><p:childTnLst>'
        f"{inside}</p:childTnLst></p:cTn></p:par></p:tnLst></p:timing>"
    )


SET = (
    '<p:set><p:cBhvr><p:cTn id="5" dur="1" fill="hold"/><p:tgtEl><p:spTgt spid="2"/></p:tgtEl>'
    "<p:attrNameLst><p:attrName>"
    'style.visibility</p:attrName></p:attrNameLst></p:cBhvr><p:to><p:strVal val="visible"/></p:to></p:set>'
)
MOTION = (
    '<p:animMotion origin="layout" path="M 0 0 L 0.25 0 E" pathEditMode="relative" ptsTypes=""><p:cBhvr><p:cTn id="6" '
    'dur="2000" fill="hold"/><p:tgtEl><p:spTgt spid="2"/></p:tgtEl></p:cBhvr></p:animMotion>'
)


def test_animations_and_transitions_stay() -> None:
    show = (
        f'<mc:AlternateContent {MC}><mc:Choice xmlns:p14="http://schemas.microsoft.com/office/powerpoint/2010/main" '
        'Requires="p14"><p:transition p14:dur="2000"><p14:ripple/></p:transition></mc:Choice>'
        "<mc:Fallback><p:transition>"
        "<p:fade/></p:transition></mc:Fallback></mc:AlternateContent>"
    )
    result = Cleaned(one(behind=show + timing(SET + MOTION)))
    assert result.findings == ()
    assert '<p:transition p14:dur="2000"><p14:ripple/></p:transition>' in result.text()
    assert timing(SET + MOTION) in result.text()


def command(type_: str) -> str:
    return (
        f'<p:cmd type="{type_}" cmd="0"><p:cBhvr><p:cTn id="4" dur="1"/><p:tgtEl><p:spTgt spid="2"/>'
        "</p:tgtEl></p:cBhvr></p:cmd>"
    )


def test_a_command_to_an_object_goes() -> None:
    result = Cleaned(one(behind=timing(command("verb") + SET)))
    assert result.has(Threat.ACTIVE_CONTENT, "OLE verb")
    assert "p:cmd" not in result.text()
    assert SET in result.text()


def test_a_call_to_a_film_goes_with_the_film() -> None:
    result = Cleaned(one(behind=timing(command("call"))))
    assert result.findings == ()
    assert "p:cmd" not in result.text()
    assert "childTnLst" not in result.text()


def test_the_sound_of_a_transition_goes() -> None:
    sound = '<p:transition><p:fade/><p:sndAc><p:stSnd><p:snd r:embed="s" name="x"/></p:stSnd></p:sndAc></p:transition>'
    result = Cleaned(
        one(rels={"s": ("audio", "../media/s.bin")}, behind=sound, parts={"ppt/media/s.bin": ("", "WAVE")})
    )
    assert "<p:transition><p:fade/></p:transition>" in result.text()
    assert result.has(Threat.EMBEDDED_OBJECT, "sound or video")


@pytest.mark.parametrize(("kind", "stays"), [("slidenum", True), ("datetime1", True), ("KIYOME-HARM", False)])
def test_a_field_in_a_text_is_of_a_kind_that_is_known(kind: str, stays: bool) -> None:
    field = f'<a:fld id="{{00000000-0000-0000-0000-000000000001}}" type="{kind}"><a:rPr/><a:t>7</a:t></a:fld>'
    result = Cleaned(one(shape("頁").replace("</a:r></a:p>", f"</a:r>{field}</a:p>")))
    assert "<a:t>7</a:t>" in result.text()
    assert (kind in result.text()) is stays
