"""The package: which parts get into the new one, by which names, and what is said of the others."""

import io
import zipfile

import pytest
from PIL import Image

from sanitizers.formats.ooxml.kinds import DROPPED, MISSING_PART, UNREFERENCED, microsoft, office
from sanitizers.formats.ooxml.media import placeholder
from sanitizers.formats.ooxml.namespaces import NAMESPACES
from sanitizers.formats.ooxml.package import Document, rows
from sanitizers.formats.ooxml.source import Package
from sanitizers.model import CannotSanitize, Severity, Threat
from sanitizers.rules import Author, Budget, Links, Office, Profile
from tests.unit.sanitizers.ooxml.opc_packages import (
    CHART,
    HEADER,
    KINDS,
    MACRO,
    MAIN,
    PLAIN,
    STYLES,
    Built,
    Job,
    R,
    W,
    body,
    built,
    relationships,
    types,
    with_parts,
)

DOCUMENT = "word/document.xml"
RELS = "word/_rels/document.xml.rels"
HEADED = body('<w:sectPr><w:headerReference r:id="h"/></w:sectPr>')
HEAD = f'<w:hdr xmlns:w="{W}"/>'.encode()
CORE_TYPE = "http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties"
THUMBNAIL = "http://schemas.openxmlformats.org/package/2006/relationships/metadata/thumbnail"
SIGNED = "http://schemas.openxmlformats.org/package/2006/relationships/digital-signature/origin"


def refused(parts: dict[str, bytes]) -> CannotSanitize:
    with pytest.raises(CannotSanitize) as refusal:
        Built(parts)
    return refusal.value


def without(name: str) -> dict[str, bytes]:
    return {key: content for key, content in PLAIN.items() if key != name}


# What a package is


def test_a_plain_package_is_written_in_our_order_with_our_words() -> None:
    result = Built(PLAIN)
    assert list(result.parts) == ["[Content_Types].xml", DOCUMENT, "_rels/.rels"]
    assert result.type == "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    assert result.targets("_rels/.rels") == {"rId1": ("officeDocument", "word/document.xml")}
    assert MAIN in result.text("[Content_Types].xml")
    assert result.findings == ()


def test_the_same_package_gives_the_same_bytes() -> None:
    assert Built(PLAIN).data == Built(PLAIN).data


def test_a_package_cleaned_again_is_the_same() -> None:
    once = with_parts(
        {DOCUMENT: HEADED, RELS: relationships(("h", office("header"), "header1.xml")), "word/header1.xml": HEAD}
    )
    again = Built(once.parts)
    assert again.data == once.data
    assert again.findings == ()


@pytest.mark.parametrize(
    ("parts", "threat", "words"),
    [
        (without("[Content_Types].xml"), Threat.MALFORMED, "without content types"),
        (without("_rels/.rels"), Threat.UNSUPPORTED, "without a document"),
        (without(DOCUMENT), Threat.MALFORMED, "main part"),
        ({**PLAIN, "[Content_Types].xml": b"<Types"}, Threat.MALFORMED, "content types that cannot be read"),
        ({**PLAIN, "[Content_Types].xml": b"<Types/>"}, Threat.MALFORMED, "without content types"),
        ({**PLAIN, "_rels/.rels": b"<Relationships"}, Threat.MALFORMED, "relationships that cannot be read"),
        ({**PLAIN, RELS: b"<Relationships"}, Threat.MALFORMED, "document.xml"),
        ({**PLAIN, DOCUMENT: b"<w:document/>"}, Threat.MALFORMED, "document.xml"),
        ({**PLAIN, "[Content_Types].xml": types({"/word/document.xml": "application/vnd.ms-visio.drawing.main+xml"})},
         Threat.UNSUPPORTED, "without a document"),
        ({**PLAIN, "[Content_Types].xml": types({"/word/document.xml": MAIN, "/Word/Document.xml": STYLES})},
         Threat.MALFORMED, "two content types"),
    ],
)  # fmt: skip
def test_what_is_no_package_is_refused(parts: dict[str, bytes], threat: Threat, words: str) -> None:
    refusal = refused(parts)
    assert refusal.threat is threat
    assert words in refusal.detail


def test_names_are_the_same_in_upper_and_lower_case() -> None:
    result = Built({**without(DOCUMENT), "Word/DOCUMENT.XML": PLAIN[DOCUMENT]})
    assert "stays" in result.text()


@pytest.mark.parametrize("main", [MAIN, MACRO])
def test_variants_become_plain(main: str) -> None:
    result = with_parts({"[Content_Types].xml": types({"/word/document.xml": main.title().lower()})})
    assert MAIN in result.text("[Content_Types].xml")
    assert "macro" not in result.text("[Content_Types].xml").lower()


def test_of_two_main_documents_the_first_goes_on() -> None:
    main = office("officeDocument")
    result = with_parts(
        {
            "[Content_Types].xml": types({"/word/document.xml": MAIN, "/word/other.xml": MAIN}),
            "_rels/.rels": relationships(("1", main, "word/document.xml"), ("2", main, "/word/other.xml")),
            "word/other.xml": body("<w:p><w:r><w:t>other</w:t></w:r></w:p>"),
        }
    )
    assert "stays" in result.text()
    assert [finding.threat for finding in result.findings] == [Threat.DECEPTION]


# Which parts go on


def test_a_part_is_reached_over_what_names_it_and_gets_our_name() -> None:
    result = with_parts(
        {
            "[Content_Types].xml": types({"/word/document.xml": MAIN, "/word/evil name.xml": HEADER}),
            DOCUMENT: HEADED,
            RELS: relationships(("h", office("header"), "evil%20name.xml")),
            "word/evil name.xml": HEAD,
        }
    )
    assert result.targets() == {"rId1": ("header", "header1.xml")}
    assert '<w:headerReference r:id="rId1"/>' in result.text()
    assert result.tree("word/header1.xml").tag == f"{{{W}}}hdr"
    assert result.findings == ()


def test_what_no_element_names_is_followed_where_the_row_says_so() -> None:
    styles = f'<w:styles xmlns:w="{W}"/>'.encode()
    result = with_parts({RELS: relationships(("s", office("styles"), "styles.xml")), "word/styles.xml": styles})
    assert result.targets() == {"rId1": ("styles", "styles.xml")}


@pytest.mark.parametrize(
    ("type_", "content_type"),
    [
        (office("header"), STYLES),  # the content type is another one
        (office("header"), "application/x-harm"),
        (office("image"), HEADER),  # the relationship type is another one
        (microsoft("2006", "vbaProject"), HEADER),
        ("urn:example:harm", HEADER),
    ],
)
def test_another_pair_of_types_leads_nowhere(type_: str, content_type: str) -> None:
    result = with_parts(
        {
            "[Content_Types].xml": types({"/word/document.xml": MAIN, "/word/header1.xml": content_type}),
            DOCUMENT: HEADED,
            RELS: relationships(("h", type_, "header1.xml")),
            "word/header1.xml": HEAD,
        }
    )
    assert list(result.parts) == ["[Content_Types].xml", DOCUMENT, "_rels/.rels"]
    assert "headerReference" not in result.text()
    assert len(result.findings) == 1


def test_another_parent_leads_nowhere() -> None:
    header = f'<w:hdr xmlns:w="{W}" xmlns:r="{R}"><w:headerReference r:id="h"/></w:hdr>'.encode()
    result = with_parts(
        {
            "[Content_Types].xml": types(
                {"/word/document.xml": MAIN, "/word/header1.xml": HEADER, "/word/h2.xml": HEADER}
            ),
            DOCUMENT: HEADED,
            RELS: relationships(("h", office("header"), "header1.xml")),
            "word/header1.xml": header,
            "word/_rels/header1.xml.rels": relationships(("h", office("header"), "h2.xml")),
            "word/h2.xml": HEAD,
        }
    )
    assert [name for name in result.parts if "header" in name] == ["word/header1.xml"]
    assert "headerReference" not in result.text("word/header1.xml")


def test_two_that_lead_to_each_other_are_written_once() -> None:
    chart = f'<c:chart xmlns:c="{NAMESPACES["c"]}" xmlns:r="{R}" r:id="x"/>'.encode()
    result = with_parts(
        {
            DOCUMENT: body('<w:p><w:pict r:embed="c"/><w:pict r:embed="d"/></w:p>'),
            RELS: relationships(
                ("c", office("chart"), "charts/chart1.xml"), ("d", office("chart"), "/word/charts/chart1.xml")
            ),
            "word/charts/chart1.xml": chart,
            "word/charts/_rels/chart1.xml.rels": relationships(("x", office("chart"), "chart1.xml")),
        }
    )
    assert [name for name in result.parts if "chart" in name] == ["word/charts/chart1.xml"]
    assert result.text().count('r:embed="rId1"') == 2
    assert CHART in result.text("[Content_Types].xml")


@pytest.mark.parametrize("broken", [b"<w:hdr", b"", b"<x/>", b"\xff\xfe<\0"])
def test_a_part_that_cannot_be_read_is_not_referred_to(broken: bytes) -> None:
    result = with_parts(
        {DOCUMENT: HEADED, RELS: relationships(("h", office("header"), "header1.xml")), "word/header1.xml": broken}
    )
    assert "headerReference" not in result.text()
    assert not result.targets()
    assert [finding.threat for finding in result.findings] == [Threat.MALFORMED]


def test_a_part_that_is_not_there_is_not_referred_to() -> None:
    result = with_parts({DOCUMENT: HEADED, RELS: relationships(("h", office("header"), "header1.xml"))})
    assert "headerReference" not in result.text()
    assert result.told() == [MISSING_PART.words]


def test_a_reference_without_a_relationship_is_none() -> None:
    assert "headerReference" not in built('<w:sectPr><w:headerReference r:id="h"/></w:sectPr>').text()


def test_of_relationships_with_the_same_id_the_first_counts() -> None:
    rels = relationships(("h", office("header"), "header1.xml"), ("h", office("oleObject"), "!http://evil.example/"))
    result = with_parts({DOCUMENT: HEADED, RELS: rels, "word/header1.xml": HEAD})
    assert result.targets() == {"rId1": ("header", "header1.xml")}


@pytest.mark.parametrize(
    "target", ["../../../word/header1.xml", "/word/./x/../header1.xml", "header1.xml#x", "HEADER1.xml"]
)
def test_a_target_is_a_part_of_the_package_however_it_is_written(target: str) -> None:
    result = with_parts(
        {DOCUMENT: HEADED, RELS: relationships(("h", office("header"), target)), "word/header1.xml": HEAD}
    )
    assert result.targets() == {"rId1": ("header", "header1.xml")}


# What stays behind, and what is said of it


@pytest.mark.parametrize(
    ("type_", "threat", "severity"),
    [
        (microsoft("2006", "vbaProject"), Threat.ACTIVE_CONTENT, Severity.DANGER),
        (microsoft("2006", "xlMacrosheet"), Threat.ACTIVE_CONTENT, Severity.DANGER),
        (microsoft("2006", "ui/extensibility"), Threat.ACTIVE_CONTENT, Severity.WARNING),
        (microsoft("2011", "webextension"), Threat.ACTIVE_CONTENT, Severity.WARNING),
        (office("control"), Threat.ACTIVE_CONTENT, Severity.WARNING),
        (office("oleObject"), Threat.EMBEDDED_OBJECT, Severity.WARNING),
        (office("package"), Threat.EMBEDDED_OBJECT, Severity.WARNING),
        (office("aFChunk"), Threat.EMBEDDED_OBJECT, Severity.WARNING),
        (office("connections"), Threat.EXTERNAL_REFERENCE, Severity.WARNING),
        (office("font"), Threat.EMBEDDED_OBJECT, Severity.NOTE),
        (office("video"), Threat.EMBEDDED_OBJECT, Severity.NOTE),
        (microsoft("2017/06", "model3d"), Threat.EMBEDDED_OBJECT, Severity.NOTE),
        (office("customXml"), Threat.METADATA, Severity.NOTE),
        (office("printerSettings"), Threat.METADATA, Severity.NOTE),
        ("urn:example:unknown", Threat.UNSUPPORTED, Severity.NOTE),
    ],
)
def test_what_is_not_carried_on_is_told_by_what_it_is(type_: str, threat: Threat, severity: Severity) -> None:
    result = with_parts({RELS: relationships(("x", type_, "harm.bin")), "word/harm.bin": b"KIYOME-HARM"})
    assert list(result.parts) == ["[Content_Types].xml", DOCUMENT, "_rels/.rels"]
    assert [(finding.threat, finding.severity) for finding in result.findings] == [(threat, severity)]
    assert result.job.children == []


@pytest.mark.parametrize("type_", [kind for kind, trace in DROPPED.items() if trace is None])
def test_what_nobody_misses_goes_silently(type_: str) -> None:
    assert with_parts({RELS: relationships(("x", type_, "x.bin")), "word/x.bin": b"x"}).findings == ()


@pytest.mark.parametrize(
    ("type_", "threat"),
    [
        (THUMBNAIL, Threat.METADATA),
        (SIGNED, Threat.METADATA),
        (office("custom-properties"), Threat.METADATA),
        (microsoft("2006", "ui/extensibility"), Threat.ACTIVE_CONTENT),
        (microsoft("2011", "webextensiontaskpanes"), Threat.ACTIVE_CONTENT),
    ],
)
def test_what_hangs_on_the_package_itself_stays_behind(type_: str, threat: Threat) -> None:
    roots = relationships(("1", office("officeDocument"), "word/document.xml"), ("2", type_, "harm.bin"))
    result = with_parts({"_rels/.rels": roots, "harm.bin": b"KIYOME-HARM"})
    assert list(result.parts) == ["[Content_Types].xml", DOCUMENT, "_rels/.rels"]
    assert [finding.threat for finding in result.findings] == [threat]


def test_parts_that_nothing_refers_to_stay_behind() -> None:
    result = with_parts({"harm.exe": b"MZ", "word/vbaProject.bin": b"KIYOME-HARM"})
    assert result.told() == [f"2 × {UNREFERENCED.words}"]


@pytest.mark.parametrize(
    ("type_", "target", "severity"),
    [
        (office("attachedTemplate"), "!http://evil.example/a.dotm", Severity.DANGER),
        (office("attachedTemplate"), r"!\\evil.example\share\a.dotm", Severity.DANGER),
        (office("attachedTemplate"), "!file://evil.example/a.dotm", Severity.DANGER),
        (office("attachedTemplate"), "!file:///C:/Users/a/Normal.dotm", Severity.NOTE),
        (office("oleObject"), "!mhtml:http://evil.example/!x-usc:http://evil.example/", Severity.DANGER),
        (office("frame"), "!https://evil.example/", Severity.DANGER),
        (office("subDocument"), "!https://evil.example/a.docx", Severity.DANGER),
        (office("image"), "!https://evil.example/pixel.png", Severity.WARNING),
        (office("video"), "!https://evil.example/a.mp4", Severity.WARNING),
        ("urn:example:unknown", "!https://evil.example/", Severity.WARNING),
    ],
)
def test_nothing_is_fetched_from_outside(type_: str, target: str, severity: Severity) -> None:
    result = with_parts({RELS: relationships(("x", type_, target))})
    assert RELS not in result.parts
    found = [(finding.threat, finding.severity) for finding in result.findings]
    assert found == [(Threat.EXTERNAL_REFERENCE, severity)]


def test_a_picture_from_outside_is_not_referred_to_even_where_pictures_may_be() -> None:
    rels = relationships(("x", office("image"), "!https://evil.example/pixel.png"))
    result = with_parts({DOCUMENT: body('<w:p><w:pict r:embed="x"/></w:p>'), RELS: rels})
    assert result.inside() == "<w:p><w:pict/></w:p>"
    assert [finding.threat for finding in result.findings] == [Threat.EXTERNAL_REFERENCE]


# Hyperlinks


def linked(address: str, links: Links = Links.KEPT) -> Built:
    document = body('<w:p><w:hyperlink r:id="l"><w:r><w:t>words</w:t></w:r></w:hyperlink></w:p>')
    rels = relationships(("l", office("hyperlink"), f"!{address}"))
    return Built({**PLAIN, DOCUMENT: document, RELS: rels}, Job(Profile(links=links)))


@pytest.mark.parametrize(
    "address", ["https://www.example.jp/a?b=c&amp;d", "mailto:a@example.jp", "http://例え.テスト/"]
)
def test_links_to_the_web_and_to_mail_stay(address: str) -> None:
    result = linked(address)
    (target,) = result.targets().values()
    assert target[0] == "hyperlink"
    assert target[1].startswith(
        ("https://www.example.jp/a?b=c&d", "mailto:a@example.jp", "http://xn--r8jz45g.xn--zckzah/")
    )
    assert b'TargetMode="External"' in result.parts[RELS]
    assert Built(result.parts).targets() == result.targets()


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "file:///C:/a.exe",
        r"\\evil.example\a",
        "ms-msdt:/id",
        "search-ms:query=x",
        "mhtml:x",
        "../a.exe",
    ],
)
def test_other_links_lose_their_target_and_keep_their_words(address: str) -> None:
    result = linked(address)
    assert result.inside() == "<w:p><w:r><w:t>words</w:t></w:r></w:p>"
    assert RELS not in result.parts
    assert len(result.findings) == 1


@pytest.mark.parametrize("links", [Links.DEFANGED, Links.REMOVED])
def test_the_rules_may_take_links_away(links: Links) -> None:
    result = linked("https://www.example.jp/", links)
    assert RELS not in result.parts
    assert "words" in result.text()


def test_a_link_is_only_where_a_link_may_be_and_only_what_a_person_follows() -> None:
    rels = relationships(("l", office("hyperlink"), "!https://www.example.jp/"))
    assert "r:id" not in with_parts({DOCUMENT: HEADED.replace(b'"h"', b'"l"'), RELS: rels}).text()
    rels = relationships(("l", office("oleObject"), "!https://www.example.jp/"))
    document = body('<w:p><w:hyperlink r:id="l"><w:r/></w:hyperlink></w:p>')
    result = with_parts({DOCUMENT: document, RELS: rels})
    assert result.inside() == "<w:p><w:r/></w:p>"
    assert RELS not in result.parts


def test_a_link_to_a_place_in_the_file_is_nothing_to_tell_of() -> None:
    document = body('<w:p><w:hyperlink r:id="l"><w:r/></w:hyperlink></w:p>')
    result = with_parts({DOCUMENT: document, RELS: relationships(("l", office("hyperlink"), "#place"))})
    assert result.inside() == "<w:p><w:r/></w:p>"
    assert result.findings == ()


# Pictures and embedded files


def pictured(**pictures: bytes) -> Built:
    elements = "".join(f'<w:pict r:embed="{name}"/>' for name in pictures)
    rels = relationships(*((name, office("image"), f"media/{name}.png") for name in pictures))
    files = {f"word/media/{name}.png": content for name, content in pictures.items()}
    return with_parts({DOCUMENT: body(f"<w:p>{elements}</w:p>"), RELS: rels, **files})


def test_a_picture_is_a_child_of_the_engine() -> None:
    result = pictured(a=b"one", b=b"two")
    assert result.job.children == [("a.png", "image/png", b"one"), ("b.png", "image/png", b"two")]
    assert result.parts["word/media/image1.png"] == b"cleanone"
    assert result.parts["word/media/image2.png"] == b"cleantwo"
    assert '<Default Extension="png" ContentType="image/png"/>' in result.text("[Content_Types].xml")


def test_the_same_picture_twice_is_cleaned_and_kept_once() -> None:
    result = pictured(a=b"same", b=b"same")
    assert len(result.job.children) == 1
    assert [name for name in result.parts if "media" in name] == ["word/media/image1.png"]
    assert result.text().count('r:embed="rId1"') == 2


def test_a_picture_that_cannot_be_cleaned_gives_way_to_a_grey_field() -> None:
    result = pictured(a=b"bad one", b=b"bad two")
    assert [name for name in result.parts if "media" in name] == ["word/media/image1.png"]
    with Image.open(io.BytesIO(result.parts["word/media/image1.png"])) as picture:
        assert (picture.size, picture.getpixel((3, 3))) == ((16, 16), 0xD9)
    assert [finding.action.value for finding in result.findings] == ["replaced"]


def test_a_picture_of_a_type_that_office_may_not_show_gives_way_too() -> None:
    assert pictured(a=b"<svg/>").parts["word/media/image1.png"] == placeholder()


def test_the_grey_field_is_the_same_each_time() -> None:
    assert placeholder() == placeholder()


def test_a_picture_that_nothing_shows_is_not_carried() -> None:
    result = with_parts({RELS: relationships(("x", office("image"), "media/a.png")), "word/media/a.png": b"x"})
    assert result.job.children == []
    assert not [name for name in result.parts if "media" in name]


def charted(workbook: bytes, job: Job | None = None) -> Built:
    chart = f'<c:chart xmlns:c="{NAMESPACES["c"]}" xmlns:r="{R}" r:id="w"/>'.encode()
    return with_parts(
        {
            DOCUMENT: body('<w:p><w:pict r:embed="c"/></w:p>'),
            RELS: relationships(("c", office("chart"), "charts/chart1.xml")),
            "word/charts/chart1.xml": chart,
            "word/charts/_rels/chart1.xml.rels": relationships(("w", office("package"), "../embeddings/a.xlsx")),
            "word/embeddings/a.xlsx": workbook,
        },
        job,
    )


def test_the_workbook_of_a_chart_is_not_opened_for_a_file_that_is_printed() -> None:
    result = charted(b"numbers", Job(Profile(office=Office.PDF)))
    assert result.job.children == []
    assert "r:id" not in result.text("word/charts/chart1.xml")


def test_the_workbook_of_a_chart_is_a_child_of_the_engine() -> None:
    result = charted(b"numbers")
    assert result.parts["word/embeddings/file1.xlsx"] == b"cleannumbers"
    assert result.targets("word/charts/_rels/chart1.xml.rels") == {"rId1": ("package", "../embeddings/file1.xlsx")}


@pytest.mark.parametrize("workbook", [b"bad", b"<svg/>"])
def test_a_workbook_that_cannot_be_cleaned_is_not_referred_to(workbook: bytes) -> None:
    result = charted(workbook)
    assert "r:id" not in result.text("word/charts/chart1.xml")
    assert "word/charts/_rels/chart1.xml.rels" not in result.parts
    assert [finding.threat for finding in result.findings] == [Threat.EMBEDDED_OBJECT]


# Properties


def with_core(inside: str, author: Author = Author.KEPT) -> Built:
    core = (
        '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
        f'xmlns:dc="http://purl.org/dc/elements/1.1/">{inside}</cp:coreProperties>'
    )
    roots = relationships(("1", office("officeDocument"), "word/document.xml"), ("2", CORE_TYPE, "docProps/core.xml"))
    parts = {**PLAIN, "_rels/.rels": roots, "docProps/core.xml": core.encode()}
    return Built(parts, Job(Profile(office_author=author)))


def test_title_and_author_stay_and_nothing_else() -> None:
    inside = "<dc:title>題 &amp;</dc:title><dc:creator>山田</dc:creator><cp:lastModifiedBy>KIYOME</cp:lastModifiedBy>"
    result = with_core(inside)
    text = result.text("docProps/core.xml")
    assert "<dc:title>題 &amp;</dc:title>" in text
    assert "<dc:creator>山田</dc:creator>" in text
    assert "KIYOME" not in text
    assert result.told() == ["document properties"]
    assert Built(result.parts).findings == ()


def test_the_author_goes_by_rule() -> None:
    result = with_core("<dc:title>題</dc:title><dc:creator>KIYOME</dc:creator>", Author.REMOVED)
    assert "題" in result.text("docProps/core.xml")
    assert "KIYOME" not in result.text("docProps/core.xml")


def test_properties_that_say_nothing_are_not_written() -> None:
    assert "docProps/core.xml" not in with_core("<dc:title></dc:title>").parts


EXTENDED = "http://schemas.openxmlformats.org/officeDocument/2006/extended-properties"


def with_extended(inside: str) -> Built:
    roots = relationships(
        ("1", office("officeDocument"), "word/document.xml"), ("2", office("extended-properties"), "docProps/app.xml")
    )
    app = f'<Properties xmlns="{EXTENDED}">{inside}</Properties>'.encode()
    return Built({**PLAIN, "_rels/.rels": roots, "docProps/app.xml": app})


@pytest.mark.parametrize(
    ("version", "written"),
    [
        *((version, "12.0000") for version in ("12.0000", "12.4518", "12.KIYOME")),
        *((version, "16.0000") for version in ("16.0000", "14.0300", "", "1.12.", "KIYOME")),
    ],
)
def test_that_office_wrote_it_of_2007_or_later_is_said_and_nothing_else(version: str, written: str) -> None:
    program = f"<Application>Microsoft Excel KIYOME</Application><AppVersion>{version}</AppVersion>"
    result = with_extended(f"<Company>KIYOME</Company>{program}<Manager>山田</Manager>")
    root = result.tree("docProps/app.xml")
    assert [(each.tag, each.text) for each in root.iter()] == [
        (f"{{{EXTENDED}}}Properties", None),
        (f"{{{EXTENDED}}}Application", "Microsoft Office"),
        (f"{{{EXTENDED}}}AppVersion", written),
    ]
    assert ("extended-properties", "docProps/app.xml") in result.targets("_rels/.rels").values()
    assert b"KIYOME" not in b"".join(result.parts.values())
    assert result.told() == ["document properties"]
    again = Built(result.parts)
    assert (again.data, again.findings) == (result.data, ())


@pytest.mark.parametrize(
    ("program", "version"),
    [
        ("KIYOME", "12.0000"),
        ("<x>Microsoft Excel</x>", "12.0000"),
        ("", "12.0000"),
    ],
)
def test_what_any_other_program_says_of_itself_stays_behind(program: str, version: str) -> None:
    result = with_extended(f"<Application>{program}</Application><AppVersion>{version}</AppVersion>")
    assert list(result.parts) == ["[Content_Types].xml", DOCUMENT, "_rels/.rels"]
    assert result.told() == ["document properties"]


# Encodings, document types, strict names


@pytest.mark.parametrize(
    "encoded",
    [
        PLAIN[DOCUMENT].decode().encode("utf-16"),
        b"\xfe\xff" + PLAIN[DOCUMENT].decode().encode("utf-16-be"),
        PLAIN[DOCUMENT].decode().encode("utf-16-le"),
        b"\xef\xbb\xbf" + PLAIN[DOCUMENT],
        b"\xef\xbb\xbf<?xml version='1.0' encoding='utf-16'?>" + PLAIN[DOCUMENT],
        ('<?xml version="1.0" encoding="utf-16"?>' + PLAIN[DOCUMENT].decode()).encode("utf-16"),
        ('<?xml version="1.0" encoding="Shift_JIS"?>' + PLAIN[DOCUMENT].decode()).encode("cp932"),
    ],
)
def test_every_usual_encoding_is_read(encoded: bytes) -> None:
    assert with_parts({DOCUMENT: encoded}).inside() == "<w:p><w:r><w:t>stays</w:t></w:r></w:p>"


@pytest.mark.parametrize(
    "encoded",
    [
        b'<?xml version="1.0" encoding="utf-7"?>' + PLAIN[DOCUMENT],
        b'<?xml version="1.0" encoding="us-ascii"?>' + PLAIN[DOCUMENT].replace(b"stays", "清め".encode()),
        PLAIN[DOCUMENT].replace(b"stays", b"\xff\xfe"),
        b"\xff\xfe" + PLAIN[DOCUMENT],
    ],
)
def test_other_encodings_are_refused(encoded: bytes) -> None:
    assert refused({**PLAIN, DOCUMENT: encoded}).threat is Threat.MALFORMED


DTDS = [
    b"<!DOCTYPE w:document>",
    b'<!DOCTYPE w:document [<!ENTITY a "harm">]>',
    b'<!DOCTYPE w:document SYSTEM "http://evil.example/a.dtd">',
    b'<!DOCTYPE w:document [<!ENTITY % a SYSTEM "file:///etc/passwd"> %a;]>',
]


@pytest.mark.parametrize("doctype", DTDS)
@pytest.mark.parametrize("part", [DOCUMENT, "[Content_Types].xml", "_rels/.rels"])
def test_a_document_type_is_refused_wherever_it_stands(doctype: bytes, part: str) -> None:
    refusal = refused({**PLAIN, part: doctype + PLAIN[part]})
    assert refusal.threat is Threat.MALFORMED
    assert "Office files never have" in refusal.detail


def test_entities_are_refused() -> None:
    entity = b'<!DOCTYPE w:document [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    assert "Office files never have" in refused({**PLAIN, DOCUMENT: entity + body("<w:p>&a;</w:p>")}).detail
    assert "Office files never have" in refused({**PLAIN, DOCUMENT: body("<w:p>&a;</w:p>")}).detail


def test_xml_nested_beyond_measure_is_refused() -> None:
    assert refused({**PLAIN, DOCUMENT: body("<w:p>" * 400 + "</w:p>" * 400)}).threat is Threat.LIMIT_EXCEEDED


STRICT = "http://purl.oclc.org/ooxml"


def test_strict_names_become_transitional_ones() -> None:
    relationship = f"{STRICT}/officeDocument/relationships"
    document = (
        f'<w:document xmlns:w="{STRICT}/wordprocessingml/main" xmlns:r="{relationship}"><w:body>'
        '<w:p w:rsidR="1"><w:hyperlink r:id="l"><w:r><w:t>stays</w:t></w:r></w:hyperlink></w:p></w:body></w:document>'
    )
    result = with_parts(
        {
            "_rels/.rels": relationships(("1", f"{relationship}/officeDocument", "word/document.xml")),
            DOCUMENT: document.encode(),
            RELS: relationships(("l", f"{relationship}/hyperlink", "!https://www.example.jp/")),
        }
    )
    assert result.inside() == '<w:p><w:hyperlink r:id="rId1"><w:r><w:t>stays</w:t></w:r></w:hyperlink></w:p>'
    assert STRICT not in "".join(content.decode() for content in result.parts.values())
    assert result.findings == ()


def test_a_strict_twin_of_a_part_is_no_second_part() -> None:
    """Two main documents, one in each world, so that two programs show two contents."""
    roots = relationships(
        ("1", office("officeDocument"), "word/document.xml"),
        ("2", f"{STRICT}/officeDocument/relationships/officeDocument", "word/strict.xml"),
    )
    all_types = types({"/word/document.xml": MAIN, "/word/strict.xml": MAIN})
    result = with_parts({"[Content_Types].xml": all_types, "_rels/.rels": roots, "word/strict.xml": body("<w:p/>")})
    assert "stays" in result.text()
    assert [finding.threat for finding in result.findings] == [Threat.DECEPTION]


# Limits


def test_bytes_count_against_the_budget() -> None:
    size = sum(map(len, PLAIN.values()))
    assert max(map(len, PLAIN.values())) < size - 1
    Built(PLAIN, Job(budget=Budget(bytes_in=size)))
    with pytest.raises(CannotSanitize) as refusal:
        Built(PLAIN, Job(budget=Budget(bytes_in=size - 1)))
    assert refusal.value.threat is Threat.LIMIT_EXCEEDED


def test_bytes_around_the_zip_are_told_and_stay_behind() -> None:
    with zipfile.ZipFile(buffer := io.BytesIO(), "w") as archive:
        archive.comment = b"KIYOME-HARM"
        for name, content in PLAIN.items():
            archive.writestr(name, content)
    job = Job()
    document = Document(Package(buffer.getvalue() + b"KIYOME-HARM", job.budget), job, rows(KINDS))
    assert b"KIYOME-HARM" not in document.build()[0]
    told = {(finding.threat, finding.severity) for finding in document.census.findings()}
    assert told == {(Threat.HIDDEN_CONTENT, Severity.WARNING), (Threat.MALFORMED, Severity.NOTE)}
