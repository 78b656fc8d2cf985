"""DXF drawings: what is drawn goes on in a new drawing; what leads out of it, runs or hides does not."""

import io

import ezdxf
import pytest
from ezdxf.document import Drawing

from sanitizers.model import CannotSanitize, Outcome, Threat
from sanitizers.rules import Budget
from sanitizers.verify.drawing import verify_dxf
from tests.unit.sanitizers.japanese.drawings import (
    Pairs,
    binary_dxf,
    block,
    dxf,
    header,
    insert,
    line,
    section,
    style,
    text,
)
from tests.unit.sanitizers.japanese.working import REMOVED, cleaned, findings, reason

VERSIONS = ("R12", "R2000", "R2004", "R2007", "R2010", "R2013", "R2018")
CHARSETS = {"R12": "cp932", "R2000": "cp932", "R2004": "cp932"}


def rebuilt(data: bytes) -> bytes:
    result = cleaned(data, "a.dxf")
    assert result.data is not None, findings(result)
    assert (result.type, result.name) == ("image/vnd.dxf", "a.dxf")
    again = cleaned(result.data, "a.dxf")
    assert not findings(again), "a second pass finds nothing"
    assert again.data == result.data, "and changes nothing"
    return result.data


def opened(data: bytes, charset: str = "cp932") -> Drawing:
    document = ezdxf.read(io.StringIO(rebuilt(data).decode(charset).replace("\r\n", "\n")))
    assert not document.audit().errors
    return document


def told(data: bytes) -> set[tuple[Threat, str]]:
    return {(found.threat, found.detail) for found in findings(cleaned(data, "a.dxf"))}


def drawing(*entities: Pairs, **variables: Pairs) -> bytes:
    return dxf(header(**variables), section("ENTITIES", *entities))


def kinds(document: Drawing) -> list[str]:
    return [entity.dxftype() for entity in document.modelspace()]


def saved(document: Drawing, version: str) -> bytes:
    stream = io.StringIO()
    document.write(stream)
    return stream.getvalue().encode(CHARSETS.get(version, "utf-8"), "replace")


def full(version: str) -> Drawing:
    """One of everything that goes on."""
    document = ezdxf.new(version, setup=True)
    space = document.modelspace()
    document.layers.add("図面層", color=3)
    space.add_line((0, 0), (9, 1), dxfattribs={"layer": "図面層"})
    space.add_circle((0, 0), 3)
    space.add_arc((0, 0), 2, 0, 90)
    space.add_text("日本語①", height=2.5)
    space.add_point((1, 1))
    space.add_solid([(0, 0), (1, 0), (0, 1)])
    space.add_polyline2d([(0, 0), (1, 1), (2, 0)])
    space.add_linear_dim((0, 2), (0, 0), (3, 0)).render()
    part = document.blocks.new("部品")
    part.add_arc((0, 0), 1, 0, 90)
    part.add_attdef("番号", (0, 0))
    space.add_blockref("部品", (3, 3)).add_auto_attribs({"番号": "第一号"})
    if version != "R12":
        space.add_mtext("複数行\\P文字")
        space.add_lwpolyline([(0, 0), (1, 1), (2, 0)])
        space.add_hatch().paths.add_polyline_path([(0, 0), (1, 0), (1, 1)])
        space.add_spline([(0, 0), (1, 2), (3, 3)])
        space.add_ellipse((0, 0), (2, 0), 0.5)
        document.layout("Layout1").add_text("紙の上")
        document.layouts.new("二枚目").add_text("二枚目の紙")
    return document


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("form", ["letters", "binary"])
def test_everything_that_is_drawn_goes_on(version: str, form: str) -> None:
    source = full(version)
    if form == "letters":
        data = saved(source, version)
    else:
        stream = io.BytesIO()
        source.write(stream, fmt="bin")
        data = stream.getvalue()
    document = opened(data, CHARSETS.get(version, "utf-8"))
    assert document.dxfversion == source.dxfversion
    assert sorted(kinds(document)) == sorted(kinds(source))
    space = document.modelspace()
    assert space.query("TEXT")[0].dxf.text == "日本語①"
    assert space.query("INSERT")[0].attribs[0].dxf.text == "第一号"
    assert list(document.blocks.get("部品").query("ARC"))
    assert document.layers.get("図面層").color == 3
    assert space.query("DIMENSION")[0].get_geometry_block() is not None
    if version != "R12":
        assert {name: [each.dxf.text for each in document.layout(name).query("TEXT")]
                for name in document.layout_names() if name != "Model"} == {
            "Layout1": ["紙の上"], "二枚目": ["二枚目の紙"],
        }  # fmt: skip


def test_coordinates_stay_as_they_are() -> None:
    document = opened(drawing(line((39, 0.25))))
    (found,) = document.modelspace()
    assert (found.dxf.end.x, found.dxf.end.y, found.dxf.thickness) == (9.5, 3.0, 0.25)


def test_units_and_scales_stay() -> None:
    data = dxf(header("AC1015", INSUNITS=[(70, 4)], LTSCALE=[(40, 2.5)]), section("ENTITIES", line()))
    document = opened(data, "cp1252")
    assert (document.header["$INSUNITS"], document.header["$LTSCALE"]) == (4, 2.5)
    assert opened(dxf(header("AC1015"), section("ENTITIES", line())), "cp1252").header["$INSUNITS"] == 0


@pytest.mark.parametrize("page", [[], [(3, "ANSI_932")], [(3, "ANSI_1252")], [(3, "dos932")]])
def test_japanese_is_read_whatever_the_header_says(page: Pairs) -> None:
    data = drawing(text("電気設備図 ｶﾅ①"), **({"DWGCODEPAGE": page} if page else {}))
    assert opened(data).modelspace()[0].dxf.text == "電気設備図 ｶﾅ①"


def test_other_charsets_are_read_as_they_say() -> None:
    data = dxf(header(DWGCODEPAGE=[(3, "ANSI_1252")]), section("ENTITIES", text("été à Zürich")), charset="cp1252")
    assert opened(data, "cp1252").modelspace()[0].dxf.text == "été à Zürich"
    korean = dxf(header(DWGCODEPAGE=[(3, "ANSI_949")]), section("ENTITIES", text("한국어")), charset="cp949")
    assert "\\U+D55C" in rebuilt(korean).decode("cp932")


def test_characters_written_as_numbers_are_read() -> None:
    data = drawing(text(r"\U+5C71\M+193FA"))
    assert opened(data).modelspace()[0].dxf.text == "山日"


LEADING_OUT = {
    "xref": (dxf(header(), section("BLOCKS", block("図", flags=4, path=r"\\KIYOME-HARM\a.dwg")),
                 section("ENTITIES", insert("図"), line())), Threat.EXTERNAL_REFERENCE),
    "font": (dxf(header(), style("字", r"\\KIYOME-HARM\share\x.shx"), section("ENTITIES", text("字", (7, "字")))),
             Threat.EXTERNAL_REFERENCE),
    "image": (drawing([(0, "IMAGE"), (8, "0"), (340, "FF"), (1, "KIYOME-HARM")], line()), Threat.EXTERNAL_REFERENCE),
    "underlay": (drawing([(0, "PDFUNDERLAY"), (8, "0"), (1, "KIYOME-HARM")], line()), Threat.EXTERNAL_REFERENCE),
    "hyperlink": (drawing(line((1001, "PE_URL"), (1000, "file://KIYOME-HARM/x"))), Threat.EXTERNAL_REFERENCE),
    "xdata": (drawing(line((1001, "VENDOR"), (1000, "KIYOME-HARM"))), Threat.METADATA),
    "ole": (drawing([(0, "OLE2FRAME"), (8, "0"), (310, "4b49594f4d452d4841524d"), (1, "KIYOME-HARM")], line()),
            Threat.EMBEDDED_OBJECT),
    "proxy": (drawing([(0, "ACAD_PROXY_ENTITY"), (8, "0"), (310, "00"), (1, "KIYOME-HARM")], line()),
              Threat.UNSUPPORTED),
    "solid": (drawing([(0, "3DSOLID"), (8, "0"), (1, "KIYOME-HARM")], line()), Threat.UNSUPPORTED),
    "unknown": (drawing([(0, "KIYOMEHARM"), (8, "0")], line()), Threat.UNSUPPORTED),
    "comment": (drawing(line((999, "KIYOME-HARM"))), Threat.METADATA),
    "vba": (dxf(header(), section("ENTITIES", line()), section("OBJECTS", [(0, "VBA_PROJECT"), (5, "A"),
                (310, "4b49"), (1, "KIYOME-HARM")])), Threat.ACTIVE_CONTENT),
    "thumbnail": (dxf(header(), section("ENTITIES", line()), section("THUMBNAILIMAGE", [(90, 4), (310, "4b49")])),
                  Threat.METADATA),
    "field": (drawing(text("%<\\AcVar KIYOMEHARM>%"), line()), Threat.ACTIVE_CONTENT),
    "hidden": (drawing(text("請求\\U+202Egpj"), line()), Threat.DECEPTION),
}  # fmt: skip


@pytest.mark.parametrize("name", LEADING_OUT)
def test_what_leads_out_or_runs_is_told_and_stays_behind(name: str) -> None:
    data, threat = LEADING_OUT[name]
    clean = rebuilt(data)
    assert b"KIYOME-HARM" not in clean
    assert b"%<" not in clean
    assert threat in {each for each, _ in told(data)}
    assert "LINE" in clean.decode("cp932")


def test_names_of_people_files_and_times_in_the_header_do_not_go_on() -> None:
    variables = {name: [(1, "KIYOME-HARM")] for name in ("LASTSAVEDBY", "HYPERLINKBASE", "STYLESHEET", "PROJECTNAME",
                                                         "MENU", "FINGERPRINTGUID", "CUSTOMPROPERTY")}  # fmt: skip
    clean = rebuilt(dxf(header("AC1018", **variables), section("ENTITIES", line())))
    assert b"KIYOME-HARM" not in clean
    assert b"ezdxf" not in clean, "nor who wrote it"
    assert b"LASTSAVEDBY" not in clean
    assert clean == rebuilt(dxf(header("AC1018"), section("ENTITIES", line())))


def test_a_block_that_contains_itself_is_taken_out() -> None:
    blocks = section("BLOCKS", block("甲", insert("乙"), line()), block("乙", insert("甲"), line()))
    data = dxf(header(), blocks, section("ENTITIES", insert("甲")))
    document = opened(data)
    uses = {name: [each.dxf.name for each in document.blocks.get(name).query("INSERT")] for name in ("甲", "乙")}
    assert sum(map(len, uses.values())) == 1
    assert (Threat.MALFORMED, "a block that contains itself") in told(data)


def test_blocks_in_blocks_that_draw_too_much_are_blocked() -> None:
    many: Pairs = [pair for _ in range(10) for pair in insert("b0")]
    blocks = [block("b0", *[line()] * 10)]
    blocks += [block(f"b{n}", *[insert(f"b{n - 1}")] * 10) for n in range(1, 8)]
    data = dxf(header(), section("BLOCKS", *blocks), section("ENTITIES", insert("b7"), many))
    assert "when drawn" in reason(cleaned(data, "a.dxf"))
    array = dxf(header(), section("BLOCKS", blocks[0]), section("ENTITIES", insert("b0", (70, 30_000), (71, 30_000))))
    assert "when drawn" in reason(cleaned(array, "a.dxf"))


def test_a_block_that_is_not_there_leaves_a_drawing() -> None:
    assert kinds(opened(drawing(insert("無い"), line()))) == ["LINE"]


def test_an_old_version_becomes_the_next_that_is_written() -> None:
    for before, after in (("AC1006", "AC1009"), ("AC1012", "AC1015"), ("AC1014", "AC1015"), ("AC1009", "AC1009")):
        data = dxf(header(before), section("ENTITIES", line()))
        assert opened(data, "cp1252").dxfversion == after


def test_what_stands_behind_the_end_is_not_there() -> None:
    assert b"KIYOME-HARM" not in rebuilt(drawing(line()) + b"  0\r\nKIYOME-HARM\r\n")


@pytest.mark.parametrize(
    "data",
    [
        drawing(line())[:-20],
        drawing(line())[:-5] + b"\r\n",
        b"  0\r\nSECTION\r\n  2\r\nENTITIES\r\nnonsense\r\nLINE\r\n",
        binary_dxf(header(), section("ENTITIES", line()))[:-8],
        binary_dxf(header(), section("ENTITIES", [(0, "LINE"), (5_000, "x")]), wide=True),
    ],
    ids=["end", "half", "code", "binary", "binary-code"],
)
def test_what_is_cut_off_or_none_is_blocked(data: bytes) -> None:
    result = cleaned(data, "a.dxf")
    assert result.report.parts[0].outcome is Outcome.BLOCKED
    assert findings(result)[-1].threat is Threat.MALFORMED


def test_numbers_that_are_none_become_zero() -> None:
    document = opened(drawing(line((39, "1e999"), (62, "x"), (48, "nan"))))
    assert document.modelspace()[0].dxf.thickness == 0


def test_a_drawing_of_millions_of_values_is_too_much() -> None:
    data = b"  0\r\nSECTION\r\n  2\r\nENTITIES\r\n" + b" 62\r\n1\r\n" * 4_000_100
    assert "values in a drawing" in reason(cleaned(data, "a.dxf", budget=Budget()))


def test_by_rule_it_stays_behind() -> None:
    assert "by rule" in reason(cleaned(drawing(line()), "a.dxf", REMOVED))


def test_binary_of_r12_and_of_later() -> None:
    for wide in (False, True):
        assert kinds(opened(binary_dxf(header(), section("ENTITIES", line(), text("字")), wide=wide))) == [
            "LINE",
            "TEXT",
        ]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"\r\n  0\r\nEOF", b"\r\n999\r\nx\r\n  0\r\nEOF"),
        (b"\r\n  0\r\nEOF", b"\r\n  0\r\nSECTION\r\n  2\r\nACDSDATA\r\n  0\r\nENDSEC\r\n  0\r\nEOF"),
        (b"LINE\r\n", b"IMAGE\r\n"),
        (b"LINE\r\n", b"LINE\r\n310\r\n00\r\n"),
        (b"LINE\r\n", b"LINE\r\n1001\r\nX\r\n"),
        (b"LINE\r\n", b"LINE\r\n102\r\n{VENDOR\r\n"),
        (b"LINE\r\n", b"LINE\r\n  1\r\n\\\\server\\x\r\n"),
        (b"LINE\r\n", b"TEXT\r\n  1\r\n%<\\AcVar x>%\r\n"),
        (b"LINE\r\n", b"LINE\r\n 39\r\nx\r\n"),
        (b"LINE\r\n", "TEXT\r\n  1\r\n\u202e\r\n".encode()),
        (b"BLOCK\r\n", b"BLOCK\r\n 70\r\n4\r\n"),
        (b"$LTSCALE\r\n", b"$HYPERLINKBASE\r\n  1\r\nx\r\n  9\r\n$LTSCALE\r\n"),
        (b"$LTSCALE\r\n", b"$MENU\r\n  1\r\nacad\r\n  9\r\n$LTSCALE\r\n"),
        (b"  0\r\nEOF\r\n", b"  0\r\nEOF\r\n  0\r\nLINE\r\n"),
        (b"  0\r\nEOF\r\n", b""),
    ],
)
def test_the_second_reading_sees_what_must_not_be_there(before: bytes, after: bytes) -> None:
    clean = rebuilt(dxf(header("AC1021"), section("ENTITIES", line()), charset="utf-8"))
    verify_dxf(clean)
    broken = clean[::-1].replace(before[::-1], after[::-1], 1)[::-1]
    assert broken != clean
    with pytest.raises(CannotSanitize, match="second reading"):
        verify_dxf(broken)
