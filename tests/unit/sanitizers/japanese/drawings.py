"""Writes DXF and SXF drawings from scratch, pair by pair, with what a test or a sample wants in them."""

import struct

Pairs = list[tuple[int, object]]

SENTINEL = b"AutoCAD Binary DXF\r\n\x1a\0"


def section(name: str, *entities: Pairs) -> Pairs:
    return [(0, "SECTION"), (2, name), *(pair for entity in entities for pair in entity), (0, "ENDSEC")]


def header(version: str = "AC1009", **variables: Pairs) -> Pairs:
    rows = {"$ACADVER": [(1, version)], **{f"${name}": value for name, value in variables.items()}}
    return section("HEADER", *([(9, name), *value] for name, value in rows.items()))


def line(*extra: tuple[int, object], layer: str = "0") -> Pairs:
    return [(0, "LINE"), (8, layer), (10, 0.0), (20, 0.0), (11, 9.5), (21, 3.0), *extra]


def text(words: str, *extra: tuple[int, object], layer: str = "0") -> Pairs:
    return [(0, "TEXT"), (8, layer), (10, 1.0), (20, 1.0), (40, 2.5), (1, words), *extra]


def insert(name: str, *extra: tuple[int, object]) -> Pairs:
    return [(0, "INSERT"), (8, "0"), (2, name), (10, 0.0), (20, 0.0), *extra]


def block(name: str, *entities: Pairs, flags: int = 0, path: str = "") -> Pairs:
    head: Pairs = [(0, "BLOCK"), (8, "0"), (2, name), (70, flags), (10, 0.0), (20, 0.0), (3, name), (1, path)]
    return [*head, *(pair for entity in entities for pair in entity), (0, "ENDBLK"), (8, "0")]


def style(name: str, font: str) -> Pairs:
    return section("TABLES", [(0, "TABLE"), (2, "STYLE"), (70, 1), (0, "STYLE"), (2, name), (70, 0), (40, 0.0),
                              (41, 1.0), (50, 0.0), (71, 0), (42, 2.5), (3, font), (4, ""), (0, "ENDTAB")])  # fmt: skip


def dxf(*sections: Pairs, charset: str = "cp932", newline: str = "\r\n") -> bytes:
    pairs = [pair for part in sections for pair in part] + [(0, "EOF")]
    return "".join(f"{code:3d}{newline}{value}{newline}" for code, value in pairs).encode(charset)


def binary_dxf(*sections: Pairs, charset: str = "cp932", wide: bool = False) -> bytes:
    out = bytearray(SENTINEL)
    for code, value in [pair for part in sections for pair in part] + [(0, "EOF")]:
        out += struct.pack("<H", code) if wide else bytes([code]) if code < 255 else b"\xff" + struct.pack("<H", code)
        if isinstance(value, float):
            out += struct.pack("<d", value)
        elif isinstance(value, int):
            out += struct.pack("<h", value)
        else:
            out += str(value).encode(charset) + b"\0"
    return bytes(out)


SXF_TABLES = (
    r"pre_defined_colour_feature(\'black\')",
    r"pre_defined_font_feature(\'continuous\')",
    r"width_feature('0.13')",
    r"text_font_feature(\'ＭＳ ゴシック\')",
    r"layer_feature(\'レイヤ１\','1')",
)
SXF_SHEET = r"drawing_sheet_feature(\'図面\','3','1','420','297')"


def sfc(*features: str, author: str = "", name: str = "図面.sfc", between: str = "", charset: str = "cp932") -> bytes:
    body = "".join(
        f"/*SXF\r\n#{(number + 1) * 10} = {feature}\r\nSXF*/\r\n{between}"
        for number, feature in enumerate((*SXF_TABLES, *features, SXF_SHEET))
    )
    return _sxf("feature_mode", body, author, name).encode(charset)


def p21(*entities: str, author: str = "", name: str = "a.p21", schema: str = "ASSOCIATIVE_DRAUGHTING") -> bytes:
    body = "".join(f"#{number + 1}={entity};\r\n" for number, entity in enumerate(entities))
    return _sxf("AP202_mode", body, author, name, schema).encode("ascii")


def _sxf(mode: str, body: str, author: str, name: str, schema: str = "ASSOCIATIVE_DRAUGHTING") -> str:
    return (
        f"ISO-10303-21;\r\nHEADER;\r\nFILE_DESCRIPTION(('SCADEC level2 {mode}'),'2;1');\r\n"
        f"FILE_NAME('{name}','2026-11-21T10:0:0',('{author}'),('市役所'),'SCADEC_API_Ver3.30$$3.0','CAD','');\r\n"
        f"FILE_SCHEMA(('{schema}'));\r\nENDSEC;\r\nDATA;\r\n{body}ENDSEC;\r\nEND-ISO-10303-21;\r\n"
    ).replace("市役所", "市役所" if mode == "feature_mode" else "city")
