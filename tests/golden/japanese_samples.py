"""The samples of Japanese formats: `python -m tests.golden.japanese_samples` writes them, a test compares the files."""

from pathlib import Path
from typing import NamedTuple

from tests.unit.sanitizers.japanese.documents import (
    control,
    hanging,
    hwp,
    hwp_record,
    hwpx,
    hwpx_paragraph,
    inline,
    jtd,
    jtdc,
    listed,
    old,
    paragraph,
    properties,
    row,
    ruby,
    table,
    units,
)
from tests.unit.sanitizers.japanese.drawings import block, dxf, header, insert, line, p21, section, sfc, style, text

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
OFFICE = "窓口案内"
LINE = "line_feature('1','1','1','1','10.0','10.0','100.0','50.0')"


class Sample(NamedTuple):
    """One file and what must become of it."""

    path: str
    data: bytes
    title_ja: str
    title_en: str
    vanish: tuple[str, ...] = ()
    stay: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()
    expect: str = "clean"

    @property
    def about(self) -> str:
        """The TOML file beside it."""
        rows = {"must_vanish": self.vanish, "must_stay": self.stay, "findings": self.findings}
        lines = [f'title_ja = "{self.title_ja}"', f'title_en = "{self.title_en}"', 'row = "japanese formats"']
        lines.append(f'expect = "{self.expect}"')
        lines += [f"{key} = [{', '.join(_quoted(word) for word in words)}]" for key, words in rows.items()]
        return "\n".join(lines) + "\n"


def _quoted(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def drawing(*entities: list[tuple[int, object]], **variables: list[tuple[int, object]]) -> bytes:
    return dxf(header("AC1021", **variables), section("ENTITIES", text(OFFICE), *entities), charset="utf-8")


ICHITARO = (
    Sample(
        "ichitaro/plain.jtd",
        jtd([*units(OFFICE, [0x0A]), *ruby("受付", "うけつけ"), *units(" 9時", [0x0A]), *row("項目", "窓口"),
             *units([0x0C], "裏面")]),
        "ルビと表のある一太郎文書", "An Ichitaro document with readings and a table",
        stay=(OFFICE, "受付(うけつけ) 9時", "項目\t窓口", "裏面"),
    ),
    Sample(
        "ichitaro/packed.jtdc", jtdc(jtd(units(OFFICE))), "圧縮形式の一太郎文書", "A packed Ichitaro document",
        stay=(OFFICE,),
    ),
    Sample(
        "ichitaro/version6.jbw", old(OFFICE.encode("cp932") + b"\xfe\x41" + "第二条".encode("cp932")),
        "一太郎 6 の文書", "A document of Ichitaro 6", stay=(OFFICE, "第二条"),
    ),
    Sample(
        "ichitaro/macro.jtd",
        jtd(units(OFFICE), DocumentMacro__Macros__BaseStorage0__MacrosStream=b"KIYOME-HARM-JTD-MACRO"),
        "マクロを含む一太郎文書", "An Ichitaro document with a macro",
        ("KIYOME-HARM-JTD-MACRO",), (OFFICE,), ("active_content",),
    ),
    Sample(
        "ichitaro/object.jtd", jtd(units(OFFICE), Embedding_1__Workbook=b"KIYOME-HARM-JTD-SHEET"),
        "表計算を埋め込んだ一太郎文書", "An Ichitaro document with a workbook in it",
        ("KIYOME-HARM-JTD-SHEET",), (OFFICE,), ("embedded_object",),
    ),
    Sample(
        "ichitaro/hint.jtd", jtd([*units(OFFICE), *inline(1, 0, "KIYOME-HARM-JTD-HINT")]),
        "見えない文字のある一太郎文書", "An Ichitaro document with words that are not shown",
        ("KIYOME-HARM-JTD-HINT",), (OFFICE,), ("hidden_content",),
    ),
    Sample(
        "ichitaro/template-path.jtd",
        jtd(units(OFFICE), RelatedDocuments=b"SsmgV.01" + "\\\\KIYOME-HARM-JTD\\a.jtd".encode("utf-16-be"),
            **{"\x05SummaryInformation": properties("題名", "山田")}),
        "他の文書の場所を含む一太郎文書", "An Ichitaro document that names places of other documents",
        ("KIYOME-HARM-JTD",), (OFFICE,), ("metadata",),
    ),
    Sample(
        "ichitaro/deception.jtd", jtd(units(OFFICE, "請求\u202egpj.exe")),
        "文字の向きを変える制御文字のある一太郎文書", "An Ichitaro document with a character that turns the reading",
        ("\u202e",), (OFFICE, "請求gpj.exe"), ("deception",),
    ),
    Sample(
        "ichitaro/locked.jtd", jtd(b"\x9a\x01KIYOME" * 40), "中身を読めない一太郎文書",
        "An Ichitaro document whose words cannot be read", findings=("malformed",), expect="blocked",
    ),
    Sample(
        "ichitaro/bomb.jtdc", jtdc(jtd(units(OFFICE)), size=2_000_000_000), "展開すると巨大になる一太郎文書",
        "A packed Ichitaro document that grows", findings=("limit_exceeded",), expect="blocked",
    ),
)  # fmt: skip

HWP = (
    Sample(
        "hwp/plain.hwp",
        hwp(paragraph(OFFICE) + paragraph(control(b"tbl "), 0, table(1, [["項目", "窓口"], ["時間", "9時"]]))),
        "表のある HWP 文書", "An HWP document with a table", stay=(OFFICE, "項目", "9時"),
    ),
    Sample(
        "hwp/package.hwpx", hwpx(hwpx_paragraph(OFFICE) + hwpx_paragraph("제2조")), "HWPX 文書", "An HWPX document",
        stay=(OFFICE, "제2조"),
    ),
    Sample(
        "hwp/script.hwp", hwp(paragraph(OFFICE), flags=0, Scripts__DefaultJScript=b"KIYOME-HARM-HWP-SCRIPT;" * 20),
        "スクリプトを含む HWP 文書", "An HWP document with a script",
        ("KIYOME-HARM-HWP-SCRIPT",), (OFFICE,), ("active_content",),
    ),
    Sample(
        "hwp/object.hwp",
        hwp(paragraph(OFFICE + control(b"gso "), 0, hanging(b"gso ", 1, hwp_record(84, 2, b"KIYOME-HARM-HWP-OLE"))),
            flags=0, BinData__BIN0001=b"KIYOME-HARM-HWP-OLE"),
        "OLE を埋め込んだ HWP 文書", "An HWP document with an OLE object",
        ("KIYOME-HARM-HWP-OLE",), (OFFICE,), ("embedded_object",),
    ),
    Sample(
        "hwp/comment.hwp",
        hwp(paragraph(OFFICE + control(b"tcmt", 15), 0,
                      hanging(b"tcmt", 1, listed(2, paragraph("KIYOME-HARM-HWP-COMMENT", 2)))), flags=0),
        "隠しコメントのある HWP 文書", "An HWP document with a hidden comment",
        ("KIYOME-HARM-HWP-COMMENT",), (OFFICE,), ("hidden_content",),
    ),
    Sample(
        "hwp/field.hwpx",
        hwpx(hwpx_paragraph(OFFICE, "<hp:ctrl><hp:fieldBegin command='KIYOME-HARM-HWP-LINK'/></hp:ctrl>")),
        "フィールドのある HWPX 文書", "An HWPX document with a field that leads elsewhere",
        ("KIYOME-HARM-HWP-LINK",), (OFFICE,), ("external_reference",),
    ),
    Sample(
        "hwp/entity.hwpx",
        hwpx(hwpx_paragraph(OFFICE), **{"Contents__section1.xml": b'<!DOCTYPE a [<!ENTITY b "x">]><a>&b;</a>'}),
        "実体宣言のある HWPX 文書", "An HWPX document with an entity", findings=("malformed",), expect="blocked",
    ),
    Sample(
        "hwp/distribution.hwp", hwp(paragraph(OFFICE), flags=5), "配布用の HWP 文書", "An HWP distribution document",
        findings=("unsupported",), expect="blocked",
    ),
    Sample(
        "hwp/bomb.hwp", hwp(hwp_record(66, 0, b"") * 600_000), "展開すると巨大になる HWP 文書",
        "An HWP document that grows", findings=("limit_exceeded",), expect="blocked",
    ),
)  # fmt: skip

CAD = (
    Sample("cad/plain.dxf", drawing(line()), "DXF 図面", "A DXF drawing", stay=(OFFICE, "LINE")),
    Sample(
        "cad/xref.dxf",
        dxf(header("AC1021"), section("BLOCKS", block("図", flags=4, path=r"\\KIYOME-HARM-XREF\a.dwg")),
            section("ENTITIES", text(OFFICE), insert("図")), charset="utf-8"),
        "外部参照のある図面", "A drawing with an external one in it",
        ("KIYOME-HARM-XREF",), (OFFICE,), ("external_reference",),
    ),
    Sample(
        "cad/font.dxf",
        dxf(header("AC1021"), style("字", r"\\KIYOME-HARM-FONT\share\x.shx"),
            section("ENTITIES", text(OFFICE, (7, "字"))), charset="utf-8"),
        "フォントを外から読む図面", "A drawing with a font from elsewhere",
        ("KIYOME-HARM-FONT",), (OFFICE,), ("external_reference",),
    ),
    Sample(
        "cad/image.dxf", drawing([(0, "IMAGE"), (8, "0"), (340, "FF"), (1, "KIYOME-HARM-IMAGE")]),
        "外の画像を読む図面", "A drawing with a picture from elsewhere",
        ("KIYOME-HARM-IMAGE",), (OFFICE,), ("external_reference",),
    ),
    Sample(
        "cad/ole.dxf", drawing([(0, "OLE2FRAME"), (8, "0"), (1, "KIYOME-HARM-OLE"), (310, "4b49")]),
        "OLE を埋め込んだ図面", "A drawing with an OLE object",
        ("KIYOME-HARM-OLE",), (OFFICE,), ("embedded_object",),
    ),
    Sample(
        "cad/hyperlink.dxf", drawing(line((1001, "PE_URL"), (1000, "file://KIYOME-HARM-LINK/x"))),
        "リンクの付いた図形", "A link on something drawn",
        ("KIYOME-HARM-LINK",), (OFFICE,), ("external_reference",),
    ),
    Sample(
        "cad/proxy.dxf", drawing([(0, "ACAD_PROXY_ENTITY"), (8, "0"), (1, "KIYOME-HARM-PROXY")]),
        "他のプログラムの図形", "An entity of another program", ("KIYOME-HARM-PROXY",), (OFFICE,), ("unsupported",),
    ),
    Sample(
        "cad/program-data.dxf", drawing(line((1001, "VENDOR"), (1000, "KIYOME-HARM-XDATA"), (999, "KIYOME-HARM-NOTE"))),
        "プログラムが付けたデータと注釈", "Data that a program attached, and a comment",
        ("KIYOME-HARM-XDATA", "KIYOME-HARM-NOTE"), (OFFICE,), ("metadata",),
    ),
    Sample(
        "cad/author.dxf",
        drawing(LASTSAVEDBY=[(1, "KIYOME-HARM-AUTHOR")], HYPERLINKBASE=[(1, "http://KIYOME-HARM-BASE/")]),
        "作成者とリンクの起点を含む図面", "A drawing that names its author and a place for links",
        ("KIYOME-HARM-AUTHOR", "KIYOME-HARM-BASE"), (OFFICE,), ("metadata",),
    ),
    Sample(
        "cad/field.dxf", drawing(text("%<\\AcDiesel KIYOME>%")), "計算される文字のある図面",
        "A drawing with a text that is worked out", ("%<\\AcDiesel",), (OFFICE,), ("active_content",),
    ),
    Sample(
        "cad/vba.dxf",
        dxf(header("AC1021"), section("ENTITIES", text(OFFICE)),
            section("OBJECTS", [(0, "VBA_PROJECT"), (5, "A"), (1, "KIYOME-HARM-VBA"), (310, "4b49")]), charset="utf-8"),
        "VBA を含む図面", "A drawing with VBA in it", ("KIYOME-HARM-VBA",), (OFFICE,), ("active_content",),
    ),
    Sample(
        "cad/loop.dxf",
        dxf(header("AC1021"), section("BLOCKS", block("甲", insert("乙")), block("乙", insert("甲"))),
            section("ENTITIES", text(OFFICE), insert("甲")), charset="utf-8"),
        "自分を含むブロック", "Blocks that contain each other", stay=(OFFICE,), findings=("malformed",),
    ),
    Sample(
        "cad/bomb.dxf",
        dxf(header("AC1021"), section("BLOCKS", block("b0", *[line()] * 10),
                                      *(block(f"b{n}", *[insert(f"b{n - 1}")] * 10) for n in range(1, 8))),
            section("ENTITIES", insert("b7")), charset="utf-8"),
        "描くと膨大になる図面", "A drawing that grows when it is drawn", findings=("limit_exceeded",), expect="blocked",
    ),
    Sample("cad/features.sfc", sfc(LINE), "SXF 図面 (SFC)", "An SXF drawing (SFC)", stay=("line_feature", "10.0"),
           findings=("metadata",)),
    Sample(
        "cad/comment.sfc", sfc(LINE, between="/* KIYOME-HARM-SXF */\r\n"), "余分な注釈のある SXF 図面",
        "An SXF drawing with other comments", ("KIYOME-HARM-SXF",), ("line_feature",), ("metadata",),
    ),
    Sample(
        "cad/outside.sfc",
        sfc(r"externally_defined_symbol_feature('1','0','1',\'\\KIYOME\x.sfc\','1','1','0','1')"),
        "外のファイルを指す SXF 図面", "An SXF drawing that names another file", (r"\\KIYOME",), ("symbol_feature",),
        ("external_reference",),
    ),
    Sample("cad/unknown.sfc", sfc("run_feature('calc.exe')"), "SXF にない要素", "A feature that SXF does not have",
           findings=("unsupported",), expect="blocked"),
    Sample("cad/entities.p21", p21("CARTESIAN_POINT('',(1.0,2.0))"), "SXF 図面 (P21)", "An SXF drawing (P21)",
           stay=("CARTESIAN_POINT",), findings=("metadata",)),
    Sample("cad/document.p21", p21("DOCUMENT_FILE('KIYOME','',$,#1,'',$)"), "外の文書を指す P21",
           "A P21 with a document", findings=("unsupported",), expect="blocked"),
)  # fmt: skip

BLOCKED = (
    Sample("blocked/docuworks.xdw", b"\x60\x0e\x82\x01\x01" + bytes(range(256)), "DocuWorks 文書",
           "A DocuWorks document", findings=("unsupported",), expect="blocked"),
    Sample("blocked/unknown.xbd", bytes(range(16)) * 30, "見分けられない DocuWorks バインダー",
           "A DocuWorks binder that nobody recognises", findings=("unsupported",), expect="blocked"),
    Sample("blocked/jw-cad.jww", b"JwwData.\xbc\x02\0\0" + bytes(200), "Jw_cad の図面", "A drawing of Jw_cad",
           findings=("unsupported",), expect="blocked"),
    Sample("blocked/autocad.dwg", b"AC1032\0\0\0\0\0\0" + bytes(200), "AutoCAD の図面", "A drawing of AutoCAD",
           findings=("unsupported",), expect="blocked"),
)  # fmt: skip

ALL = (*ICHITARO, *HWP, *CAD, *BLOCKED)


def write() -> None:
    """All of them, each with its TOML file."""
    for sample in ALL:
        path = SAMPLES / sample.path
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(sample.data)
        path.with_suffix(".toml").write_text(sample.about, encoding="utf-8")


if __name__ == "__main__":
    write()
