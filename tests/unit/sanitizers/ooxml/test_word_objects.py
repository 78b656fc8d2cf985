"""Objects, pictures and files to be merged: what shows them stays."""

from tests.unit.sanitizers.ooxml.opc_packages import relationships
from tests.unit.sanitizers.ooxml.word_packages import OFFICE, Written, p, r

SHAPE = '<v:shape id="s" style="width:10pt;height:10pt"><v:imagedata r:id="picture" o:title="t"/></v:shape>'
OLE = '<o:OLEObject Type="Embed" ProgID="KIYOME.Document.8" ShapeID="s" DrawAspect="Content" ObjectID="_1" r:id="ole"/>'
LINKS = (("picture", "image", "media/image1.png"), ("ole", "oleObject", "embeddings/object1.bin"))
INLINE = (
    '<w:drawing><wp:inline distT="0" distB="0" distL="0" distR="0"><wp:extent cx="9525" cy="9525"/><wp:docPr id="1"'
    ' name="図 1" descr="説明"/>'
    '<a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:pic><pic:nvPicPr>'
    '<pic:cNvPr id="1" name="a"/>'
    "<pic:cNvPicPr/></pic:nvPicPr><pic:blipFill><a:blip {}/><a:stretch><a:fillRect/></a:stretch></pic:blipFill>"
    "<pic:spPr>"
    '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr></pic:pic></a:graphicData></a:graphic></wp:inline>'
    "</w:drawing>"
)


def test_an_object_becomes_its_picture() -> None:
    result = Written(p(f'<w:r><w:object w:dxaOrig="10" w:dyaOrig="10">{SHAPE}{OLE}</w:object></w:r>'), links=LINKS)
    assert "<w:pict>" in result.xml()
    assert "imagedata" in result.xml()
    assert "OLE" not in result.xml()
    assert "KIYOME" not in result.xml()
    assert [name for name in result.parts if "media" in name or "embeddings" in name] == ["word/media/image1.png"]
    assert {threat for threat, _, _ in result.told()} == {"embedded_object"}


def test_an_object_with_a_drawing_becomes_the_drawing() -> None:
    inside = INLINE.format('r:embed="picture"') + '<w:objectEmbed w:progId="KIYOME" r:id="ole"/>'
    result = Written(p(f"<w:r><w:object>{inside}</w:object></w:r>"), links=LINKS)
    assert "<w:r><w:drawing>" in result.xml()
    assert "KIYOME" not in result.xml()
    assert "w:object" not in result.xml()


def test_a_control_goes_and_its_picture_stays() -> None:
    control = '<w:control r:id="control" w:name="KIYOME" w:shapeid="s"/>'
    links = (*LINKS[:1], ("control", "control", "activeX1.bin"))
    result = Written(p(f"<w:r><w:object>{SHAPE}{control}</w:object></w:r>"), links=links)
    assert "KIYOME" not in result.xml()
    assert "imagedata" in result.xml()
    assert ("active_content", "warning", "removed") in result.told()


def test_pictures_stay_with_their_description() -> None:
    result = Written(
        p(f"<w:r>{INLINE.format(chr(114) + ':embed=' + chr(34) + 'picture' + chr(34))}</w:r>"), links=LINKS[:1]
    )
    assert 'descr="説明"' in result.xml()
    assert '<a:blip r:embed="rId1"/>' in result.xml()
    assert result.findings == ()


def test_pictures_outside_the_file_are_not_asked_for() -> None:
    inside = INLINE.format('r:link="out"')
    result = Written(p(f"<w:r>{inside}</w:r>", r("x")), links=(("out", "image", "!https://kiyome.example/a.png"),))
    assert "kiyome" not in str(result.parts)
    assert {threat for threat, _, _ in result.told()} == {"external_reference"}


def test_text_boxes_stay() -> None:
    box = (
        f'<w:r><w:pict><v:shape style="width:10pt"><v:textbox><w:txbxContent>{p(r("in the box"))}</w:txbxContent>'
        "</v:textbox></v:shape></w:pict></w:r>"
    )
    assert "in the box" in Written(p(box)).shown()


def test_a_file_to_be_merged_leaves_a_paragraph() -> None:
    cell = '<w:tbl><w:tr><w:tc><w:altChunk r:id="chunk"/></w:tc></w:tr></w:tbl>'
    result = Written(cell + p(), links=(("chunk", "aFChunk", "chunk.bin"),))
    assert "<w:tc><w:p/></w:tc>" in result.xml()
    assert {threat for threat, _, _ in result.told()} == {"embedded_object"}


def test_sub_documents_go() -> None:
    result = Written(p('<w:subDoc r:id="sub"/>', r("x")), links=(("sub", "subDocument", "!file:///c:/KIYOME.docx"),))
    assert result.shown() == "x"
    assert "KIYOME" not in str(result.parts)
    assert result.findings


def test_frames_are_told_of() -> None:
    frames = relationships(("f", f"{OFFICE}frame", "!https://kiyome.example/"))
    settings = {"webSettings": b"<w/>"}
    assert Written(p(r("x")), parts=settings).findings == ()
    framed = Written(p(r("x")), parts=settings, files={"word/_rels/webSettings.xml.rels": frames})
    assert "kiyome" not in str(framed.parts)
    assert framed.told() == {("external_reference", "warning", "removed")}
