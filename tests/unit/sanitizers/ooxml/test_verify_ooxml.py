"""The second reading of Office files takes what the sanitizer writes, and refuses each thing that it may not write."""

import csv
import io
import zipfile
from functools import cache
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sanitizers.engine import clean
from sanitizers.formats.ooxml.word.instructions import target
from sanitizers.markup.addresses import Hrefs
from sanitizers.model import CannotSanitize, DnsAnswer, Notice, Threat
from sanitizers.rules import Budget, Kind, Links, Profile, Task
from sanitizers.verify.ooxml import verify
from sanitizers.verify.ooxml_parts import WEB

ROOT = Path(__file__).resolve().parents[4]
SAMPLES = sorted(path for path in (ROOT / "samples" / "ooxml").glob("*") if path.suffix != ".toml")
LARGEST = 1_000_000  # bytes of a file of the corpus that is tried here
FOLDERS = {".docx": "word", ".xlsx": "xl", ".pptx": "ppt"}
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
DTD = b'<!DOCTYPE x [<!ENTITY a "b">]>'


def cleaned(path: Path) -> tuple[str, bytes] | None:
    """The folder of the new file's parts, and its bytes; None: it stays behind, or is none of these."""
    task = Task("20261121-TEST-TEST", Kind.FILE, path.name, Profile(), Budget(), Notice("", ()))
    result = clean(task, path.read_bytes(), lambda _name, _type: DnsAnswer("failed"))
    assert result is not None
    folder = FOLDERS.get(Path(result.name).suffix) if result.data is not None else None
    return (folder, result.data) if folder and result.data is not None else None


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_takes_what_samples_become(path: Path) -> None:
    result = cleaned(path)
    if result is not None:
        verify(result[1], result[0])


@pytest.mark.slow
def test_takes_what_the_corpus_becomes(corpus: Path) -> None:
    with (corpus / "INDEX.tsv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    paths = [corpus / row["local"] for row in rows if row["kind"] == "ooxml" and row["local"]]
    results = [cleaned(path) for path in paths if path.stat().st_size < LARGEST]
    for result in results:
        if result is not None:
            verify(result[1], result[0])
    assert len([result for result in results if result is not None]) > 100


# What is spliced in

EXCEL_MAIN = "xl/workbook.xml"
SHEET = "xl/worksheets/sheet1.xml"
TEXT = "word/document.xml"
SLIDE = "ppt/slides/slide1.xml"
ENDS = {TEXT: "</w:body>", SHEET: "</worksheet>", SLIDE: "</p:cSld>", EXCEL_MAIN: "</workbook>"}


@cache
def base(folder: str) -> dict[str, bytes]:
    """The members of a clean file."""
    suffix = next(suffix for suffix, name in FOLDERS.items() if name == folder)
    for path in SAMPLES:
        result = cleaned(path) if path.suffix == suffix else None
        if result is not None and result[0] == folder:
            with zipfile.ZipFile(io.BytesIO(result[1])) as package:
                return {name: package.read(name) for name in package.namelist()}
    raise AssertionError


def packed(members: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in members.items():
            package.writestr(name, content)
    return file.getvalue()


def folder_of(part: str) -> str:
    return part.partition("/")[0]


def spliced(part: str, inside: str, spaces: str = "") -> dict[str, bytes]:
    """The clean file with this before the end of the part's content."""
    members = dict(base(folder_of(part)))
    text = members[part].decode()
    end = ENDS[part]
    assert end in text

    members[part] = text.replace(end, f"<w:x xmlns:w='{W}' {SPACES} {spaces}>{inside}</w:x>{end}", 1).encode()
    return members


SPACES = " ".join(
    f"xmlns:{prefix}='{space}'"
    for prefix, space in {
        "s": "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
        "s14": "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main",
        "p": "http://schemas.openxmlformats.org/presentationml/2006/main",
        "a": "http://schemas.openxmlformats.org/drawingml/2006/main",
        "r": OFFICE,
        "mc": "http://schemas.openxmlformats.org/markup-compatibility/2006",
        "v": "urn:schemas-microsoft-com:vml",
        "o": "urn:schemas-microsoft-com:office:office",
        "m": "http://schemas.openxmlformats.org/officeDocument/2006/math",
    }.items()
)


def refused(members: dict[str, bytes], folder: str) -> str:
    return refused_bytes(packed(members), folder)


def refused_bytes(content: bytes, folder: str) -> str:
    with pytest.raises(CannotSanitize) as refusal:
        verify(content, folder)
    assert refusal.value.threat is Threat.MALFORMED
    return refusal.value.detail


def field(*pieces: str, separated: bool = True) -> str:
    codes = "".join(f"<w:r><w:instrText>{piece}</w:instrText></w:r>" for piece in pieces)
    mark = "<w:r><w:fldChar w:fldCharType='{}'/></w:r>".format
    return mark("begin") + codes + (mark("separate") if separated else "") + mark("end")


@pytest.mark.parametrize("folder", ["word", "xl", "ppt"])
def test_takes_the_clean_file_that_is_spliced_below(folder: str) -> None:
    verify(packed(base(folder)), folder)


@pytest.mark.parametrize(
    ("part", "inside"),
    [
        (TEXT, "<w:p/>"),
        (TEXT, field(" PAGE ")),
        (TEXT, field(" PA", "GE ")),
        (TEXT, field(' HYPERLINK "https://www.example.jp/" \\l "a" ')),
        (TEXT, field(' HYPERLINK \\l "a" ')),
        (TEXT, "<w:fldSimple w:instr=' DATE '/>"),
        (TEXT, "<m:f><m:t>a|b</m:t></m:f><v:f eqn='a|b'/>"),
        (TEXT, "<v:shape style='left:1pt' href='https://www.example.jp/'/>"),
        (SHEET, "<s:f>SUM(A1:B2)&amp;\"cmd|'/c calc'!A1\"</s:f>"),
        (SHEET, '<s:f>HYPERLINK("https://www.example.jp/","a")</s:f>'),
        (SHEET, "<s:f>Table1[Name]+'the sheet'!A1</s:f>"),
        (EXCEL_MAIN, "<s:definedName name='Auto'>Sheet1!$A$1</s:definedName>"),
        (SLIDE, "<a:hlinkClick r:id='' action='ppaction://hlinkshowjump?jump=nextslide'/>"),
    ],
)  # fmt: skip
def test_takes_what_is_harmless(part: str, inside: str) -> None:
    verify(packed(spliced(part, inside)), folder_of(part))


@pytest.mark.parametrize(
    ("part", "inside", "words"),
    [
        *((TEXT, f"<w:{name}/>", "element")
          for name in ("attachedTemplate", "altChunk", "subDoc", "control", "object", "dataBinding", "mailMerge")),
        *((SHEET, f"<s:{name}/>", "element")
          for name in ("oleObject", "ddeLink", "oleLink", "externalReference", "control", "connection", "webPr")),
        *((SLIDE, f"<p:{name}/>", "element") for name in ("oleObj", "control", "cmd", "audio", "video", "snd")),
        (SLIDE, "<w:fldChar w:fldCharType='begin'/>", "a field without an end"),
        (SLIDE, "<a:hlinkMouseOver r:id=''/>", "element"),
        (TEXT, "<o:OLEObject/>", "element"),
        (TEXT, "<OLEOBJECT xmlns='http://schemas.microsoft.com/office/word/x'/>", "element"),
        (TEXT, "<x xmlns='http://www.example.jp/'/>", "element"),
        (TEXT, "<mc:Choice Requires='cx1 w14'/>", "an alternative"),
        (TEXT, "<mc:Choice Requires='w14'/>", "an alternative"),
        (TEXT, "<mc:Fallback x='y'/>", "an alternative"),
        (TEXT, "<mc:Anything/>", "element"),
        (TEXT, field(" DDEAUTO c:\\\\x "), "field DDEAUTO"),
        (TEXT, field(" DD", "EAUTO x "), "field DDEAUTO"),
        (TEXT, field(" DDE x ", separated=False), "field DDE"),
        (TEXT, field(" INCLUDETEXT x "), "field INCLUDETEXT"),
        (TEXT, field(" includepicture x "), "field INCLUDEPICTURE"),
        (TEXT, field(""), "field"),
        (TEXT, "<w:r><w:fldChar w:fldCharType='begin'/></w:r>" + field(" PAGE ") + field("x"), "field"),
        (TEXT, field(' HYPERLINK "file:///c:/x" '), "a link of a field"),
        (TEXT, field(' HYPERLINK "\\\\\\\\host\\\\x" '), "a link of a field"),
        (TEXT, "<w:instrText>DDE</w:instrText>", "an instruction outside"),
        (TEXT, field(" DDE x ").replace("end", "begin"), "field DDE"),
        (TEXT, "<w:fldChar w:fldCharType='begin'/><w:instrText> DDE x</w:instrText>", "a field without an end"),
        (TEXT, "<w:fldSimple w:instr=' DDE x '/>", "field DDE"),
        (TEXT, "<a:blip r:link='rId1'/>", "a link to something that is loaded"),
        (TEXT, "<a:blip r:embed='rId9999'/>", "a relationship"),
        (TEXT, "<v:imagedata src='https://www.example.jp/'/>", "attribute src"),
        (TEXT, "<v:imagedata o:relid='rId9999'/>", "a picture that is not there"),
        (TEXT, "<v:shape href='file:///c:/x'/>", "attribute href"),
        (TEXT, "<v:shape o:href='javascript:x'/>", "attribute href"),
        (TEXT, "<v:shape onclick='x'/>", "attribute onclick"),
        (TEXT, "<v:shape style='behavior:url(#x)'/>", "attribute style"),
        (TEXT, "<w:p mc:ProcessContent='x'/>", "attribute ProcessContent"),
        (TEXT, "<!-- x -->", "a document type, comment"),
        (TEXT, "<?x y?>", "a document type, comment"),
        (TEXT, "<![CDATA[x]]>", "a document type, comment"),
        (TEXT, "<w:p>", "cannot read it"),
        (SHEET, "<s:f>cmd|'/c calc'!A1</s:f>", "a formula"),
        (SHEET, "<s:f>'cmd|x'!A1</s:f>", "a formula"),
        (SHEET, "<s:f>[1]Sheet1!A1</s:f>", "a formula"),
        (SHEET, "<s:f>'[x.xlsx]Sheet1'!A1</s:f>", "a formula"),
        (SHEET, "<s:f>1+_xlfn.WEBSERVICE(A1)</s:f>", "a formula"),
        (SHEET, "<s:f>CALL(A1)</s:f>", "a formula"),
        (SHEET, "<s:f>MAP(A1,_xleta.WEBSERVICE)</s:f>", "a formula"),
        (SHEET, "<s:f>LET(f,WEBSERVICE,f(A1))</s:f>", "a formula"),
        (SHEET, "<s14:formula1>EXEC(A1)</s14:formula1>", "a formula"),
        (SHEET, "<s:cfvo val='RTD(A1)'/>", "a formula"),
        (SHEET, "<s:f>HYPERLINK(A1)</s:f>", "a link that a formula makes"),
        (SHEET, '<s:f>HYPERLINK("file:///c:/x")</s:f>', "a link that a formula makes"),
        (SHEET, "<s:f>1</s:f><s:f>EXEC(A1)</s:f>", "a formula"),
        (SHEET, "<s:sp macro='[0]!x'/>", "attribute macro"),
        (EXCEL_MAIN, "<s:definedName name='_xlnm.Auto_Open'>A1</s:definedName>", "a macro"),
        (EXCEL_MAIN, "<s:definedName name='x' vbProcedure='1'>A1</s:definedName>", "attribute vbProcedure"),
        (EXCEL_MAIN, "<s:definedName name='x' function='1'>A1</s:definedName>", "attribute function"),
        (EXCEL_MAIN, "<s:definedName name='x'>REGISTER(A1)</s:definedName>", "a formula"),
        (SLIDE, "<a:hlinkClick r:id='' action='ppaction://program'/>", "attribute action"),
        (SLIDE, "<a:hlinkClick r:id='' action='ppaction://macro?name=x'/>", "attribute action"),
    ],
)  # fmt: skip
def test_refuses_in_a_part(part: str, inside: str, words: str) -> None:
    assert words in refused(spliced(part, inside), folder_of(part))


def test_refuses_a_document_type_in_a_part() -> None:
    members = dict(base("word"))
    head, between, rest = members[TEXT].partition(b"?>")
    members[TEXT] = head + between + DTD + rest
    assert "a document type" in refused(members, "word")


@pytest.mark.parametrize(
    "name",
    [
        *("word/vbaProject.bin", "word/activeX/activeX1.xml", "word/embeddings/oleObject1.bin", "customXml/item1.xml"),
        *("word/media/image1.emf", "word/fonts/font1.odttf", "word/afchunk.htm", "xl/workbook.xml", "word/../x.xml"),
        *("docProps/app.xml", "docProps/thumbnail.jpeg", "customUI/customUI.xml", "word/glossary/document.xml"),
        *("xl/externalLinks/externalLink1.xml", "xl/macrosheets/sheet1.xml", "WORD/styles.xml", "word/"),
    ],
)
def test_refuses_a_part_of_another_name(name: str) -> None:
    assert "part" in refused({**base("word"), name: b"x"}, "word")


def with_relationship(type_: str, target: str, more: str = "", owner: str = TEXT) -> dict[str, bytes]:
    members = dict(base(folder_of(owner or TEXT)))
    name = f"{folder_of(owner)}/_rels/{owner.rpartition('/')[2]}.rels" if owner else "_rels/.rels"
    empty = b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"></Relationships>'
    row = f'<Relationship Id="rId77" Type="{type_}" Target="{target}" {more}/></Relationships>'
    members[name] = members.get(name, empty).replace(b"</Relationships>", row.encode())
    return members


OUTSIDE = 'TargetMode="External"'


@pytest.mark.parametrize("address", ["https://www.example.jp/", "mailto:a@example.jp"])
def test_takes_a_link(address: str) -> None:
    members = with_relationship(f"{OFFICE}/hyperlink", address, OUTSIDE)
    text = members[TEXT].replace(b"</w:body>", b"<w:hyperlink r:id='rId77'/></w:body>")
    members[TEXT] = text.replace(
        b"<w:document ", f"<w:document xmlns:r='{OFFICE}' ".encode(), text.count(b"xmlns:r=") < 1
    )
    verify(packed(members), "word")


ADDRESSES = st.builds(
    str.__add__,
    st.sampled_from(
        ["http://example.jp", "https://", "HTTP://a.jp:80", "http://[::1]", "mailto:", "mailto:a@b.jp", "#"]
    ),
    st.text("a|{}^`\\<> @:/?#[]%&;,'()*+~é漢_-.=!$\t\"", max_size=8),
)


@given(ADDRESSES)
@example("https://www.example.jp/a|b")
@example("mailto:a@.")
@example("mailto:?subject=a")
def test_takes_every_link_that_is_kept(address: str) -> None:
    kept = Hrefs(Links.KEPT).judge(address, "").address
    assert not kept or WEB.fullmatch(kept)
    field = target(f' HYPERLINK "{kept}" ') if kept else None
    assert not kept or (field is not None and field.address == kept)


def test_refuses_a_link_where_something_is_loaded() -> None:
    members = with_relationship(f"{OFFICE}/hyperlink", "https://www.example.jp/", OUTSIDE)
    picture = (
        f"<x:blip xmlns:x='http://schemas.openxmlformats.org/drawingml/2006/main' xmlns:q='{OFFICE}' q:embed='rId77'/>"
    )
    members[TEXT] = members[TEXT].replace(b"</w:body>", picture.encode() + b"</w:body>")
    assert "a relationship that is not there, or not of this kind" in refused(members, "word")


@pytest.mark.parametrize(
    ("type_", "target", "more"),
    [
        (f"{OFFICE}/attachedTemplate", "https://www.example.jp/", OUTSIDE),
        (f"{OFFICE}/image", "https://www.example.jp/x.png", OUTSIDE),
        (f"{OFFICE}/hyperlink", "file:///c:/x", OUTSIDE),
        (f"{OFFICE}/hyperlink", "\\\\host\\x", OUTSIDE),
        (f"{OFFICE}/hyperlink", "javascript:x", OUTSIDE),
        (f"{OFFICE}/hyperlink", "x", 'TargetMode="external"'),
        (f"{OFFICE}/styles", "nothing.xml", ""),
        (f"{OFFICE}/oleObject", "document.xml", ""),
        (f"{OFFICE}/officeDocument", "document.xml", ""),
        ("http://schemas.microsoft.com/office/2006/relationships/vbaProject", "document.xml", ""),
    ],
)
def test_refuses_a_relationship(type_: str, target: str, more: str) -> None:
    assert "a relationship" in refused(with_relationship(type_, target, more), "word")


def test_refuses_a_link_of_the_whole_file() -> None:
    members = with_relationship(f"{OFFICE}/hyperlink", "https://www.example.jp/", OUTSIDE, "")
    assert "leads out" in refused(members, "word")


def with_part(name: str, content: bytes, type_: str) -> dict[str, bytes]:
    members = {**base("word"), name: content}
    row = f'<Override PartName="/{name}" ContentType="{type_}"/></Types>'
    members["[Content_Types].xml"] = members["[Content_Types].xml"].replace(b"</Types>", row.encode())
    return members


PROGRAM = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<Properties xmlns="http://schemas.openxmlformats.org/'
    'officeDocument/2006/extended-properties"><Application>Microsoft Office</Application>'
    "<AppVersion>{}</AppVersion>{}</Properties>"
)
PROGRAM_TYPE = "application/vnd.openxmlformats-officedocument.extended-properties+xml"


def with_program(more: str, version: str = "12.0000") -> dict[str, bytes]:
    members = with_part("docProps/app.xml", PROGRAM.format(version, more).encode(), PROGRAM_TYPE)
    members["_rels/.rels"] = with_relationship(f"{OFFICE}/extended-properties", "docProps/app.xml", owner="")[
        "_rels/.rels"
    ]
    return members


def test_takes_that_office_wrote_it_and_not_a_word_more() -> None:
    verify(packed(with_program("")), "word")
    verify(packed(with_program("", "16.0000")), "word")
    assert "properties of the program" in refused(with_program("", "16.0300"), "word")
    assert "properties of the program" in refused(with_program("<Company>x</Company>"), "word")
    assert "properties of the program" in refused(with_program("<!-- x -->"), "word")


HEADER = "application/vnd.openxmlformats-officedocument.wordprocessingml.header+xml"
CHART_BOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def test_refuses_parts_and_content_types_that_do_not_agree() -> None:
    header = f"<w:hdr xmlns:w='{W}'/>".encode()
    assert "nothing refers to" in refused(with_part("word/header99.xml", header, HEADER), "word")
    assert "content types" in refused(with_part("word/header99.xml", header, CHART_BOOK), "word")
    assert "content types" in refused({**base("word"), "word/header99.xml": header}, "word")
    lost = with_part("word/header99.xml", header, HEADER)
    del lost["word/header99.xml"]
    assert "content types" in refused(lost, "word")
    types = "[Content_Types].xml"
    other = base("word")[types].replace(b"</Types>", b'<Default Extension="bin" ContentType="x"/></Types>')
    assert "content type" in refused({**base("word"), types: other}, "word")
    assert "no content types" in refused({name: part for name, part in base("word").items() if name != types}, "word")


def test_refuses_an_embedded_file_where_no_chart_is() -> None:
    members = with_part("word/embeddings/file9.xlsx", packed(base("xl")), CHART_BOOK)
    relationships = "word/_rels/document.xml.rels"
    members[relationships] = with_relationship(f"{OFFICE}/package", "embeddings/file9.xlsx")[relationships]
    assert "something else than a chart" in refused(members, "word")


def test_refuses_a_picture_of_another_kind() -> None:
    members = {**base("word"), "word/media/image99.png": b"\xd7\xcd\xc6\x9a"}
    relationships = "word/_rels/document.xml.rels"
    members[relationships] = with_relationship(f"{OFFICE}/image", "media/image99.png")[relationships]
    assert "a picture of another kind" in refused(members, "word")


def test_refuses_what_is_not_zipped_as_ours_is() -> None:
    plain = packed(base("word"))
    assert "names twice" in refused_bytes(doubled(), "word")
    assert "names twice" in refused({**base("word"), "word/DOCUMENT.xml": b""}, "word")
    assert refused_bytes(b"MZ" + plain, "word")
    assert refused_bytes(plain + b"x", "word")
    assert refused_bytes(plain[:-20], "word")
    assert refused_bytes(b"", "word")
    assert "part" in refused_bytes(plain, "xl")


def doubled() -> bytes:
    file = io.BytesIO(packed(base("word")))
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(file, "a") as package:
        package.writestr(TEXT, b"x")
    return file.getvalue()
