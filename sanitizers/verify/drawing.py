"""The second reading of drawings: DXF and SXF, token by token, with tables of its own and without ezdxf."""

import re
from collections.abc import Callable, Iterator
from typing import Final

from sanitizers.model import CannotSanitize, Threat

_MOST_LINES: Final = 40_000_000

# DXF. Said here once more on purpose, and without the tables of the writer.
_SECTIONS: Final = ("HEADER", "CLASSES", "TABLES", "BLOCKS", "ENTITIES", "OBJECTS")
_DRAWN_TABLE: Final = """
    3DFACE ARC ATTDEF ATTRIB CIRCLE DIMENSION ELLIPSE HATCH INSERT LEADER LINE LWPOLYLINE MESH MTEXT POINT POLYLINE RAY
    SEQEND SOLID SPLINE TEXT TRACE VERTEX VIEWPORT XLINE
"""
_DRAWN: Final = frozenset(_DRAWN_TABLE.split())
_OBJECTS_TABLE: Final = """
    ACDBDICTIONARYWDFLT ACDBPLACEHOLDER DICTIONARY DICTIONARYVAR LAYOUT MATERIAL MLEADERSTYLE MLINESTYLE SCALE
    TABLESTYLE VISUALSTYLE
"""
_ROWS_TABLE: Final = """
    APPID BLOCK_RECORD DIMSTYLE ENDTAB LAYER LTYPE STYLE TABLE UCS VIEW VPORT
"""
_IN: Final = {
    "CLASSES": frozenset({"CLASS"}),
    "TABLES": frozenset(_ROWS_TABLE.split()),
    "BLOCKS": _DRAWN | {"BLOCK", "ENDBLK"},
    "ENTITIES": _DRAWN,
    "OBJECTS": frozenset(_OBJECTS_TABLE.split()),
}  # fmt: skip
_BINARY: Final = range(310, 320)
_EXTENDED: Final = 1_000
_COMMENT: Final = 999
_HANDLES: Final = frozenset({105, *range(320, 370), *range(390, 400), 480, 481})
_FLOATS: Final = frozenset({*range(10, 60), *range(110, 150), *range(210, 240), *range(460, 470)})
_TEXTS: Final = frozenset({*range(10), *range(100, 104), *range(300, 310), *range(410, 420), *range(430, 440)})
_GROUPS: Final = frozenset({"{ACAD_REACTORS", "{ACAD_XDICTIONARY", "}"})
_EXTERNAL: Final = 4 | 8 | 16 | 32  # flags of a block
_WORDED: Final = frozenset({"TEXT", "MTEXT", "ATTRIB", "ATTDEF", "DIMENSION"})
_OUTSIDE: Final = re.compile(r"\\\\[^\\]|[A-Za-z]:\\|(?:https?|file|ftp):", re.IGNORECASE)
_HIDING: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f\u061c\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
# Of variables, those that tell of people, places, programs to run, or styles that are fetched.
_SAYING: Final = frozenset({"$LASTSAVEDBY", "$HYPERLINKBASE", "$STYLESHEET", "$PROJECTNAME", "$CUSTOMPROPERTY"})
_MENU: Final = frozenset({"", "."})

# SXF.
_NUMBERED: Final = re.compile(r"#[0-9]{1,15}=")
_STRING: Final = re.compile(r"'(?:[^']|'')*'")
_OF_P21: Final = re.compile(r"#[0-9]+|[A-Z][A-Z0-9_]*|\.[A-Za-z_0-9]+\.|[-+0-9.Ee]+|[=(),$*]")
_NEVER: Final = re.compile(r"\b(?:DOCUMENT|PERSON|ORGANIZATION|PRODUCT|APPLIED_|ACTION|EXTERNAL_FILE)")
_FEATURE: Final = re.compile(r"#[0-9]{1,15} = [a-z_]+_feature\((?:[^*]|\*(?!/))*\)")
_SXF_MARK: Final = re.compile(r"/\*SXF[0-9.]{0,4}")
_HEADER: Final = re.compile(
    r"FILE_DESCRIPTION\(\('SCADEC level[0-9] \w+_mode'\),'[0-9;.]*'\);\n"
    r"FILE_NAME\('','[0-9T:.+-]*',\('(?:[^']|'')*'\),\(''\),'[\w .()$-]*','',''\);\n"
    r"FILE_SCHEMA\(\('ASSOCIATIVE_DRAUGHTING'\)\);\n"
)


class Surprise(Exception):
    """The bytes are not what our writer writes."""


def verify_dxf(clean: bytes) -> None:
    """Raise CannotSanitize unless the drawing is of what our writer writes alone."""
    _or_cannot(lambda: _Drawing(_text_of(clean)).check())


def verify_sxf(clean: bytes) -> None:
    """The same for SFC and P21."""
    _or_cannot(lambda: _check_sxf(_text_of(clean)))


def _or_cannot(check: Callable[[], None]) -> None:
    try:
        check()
    except (Surprise, ValueError) as surprise:
        raise CannotSanitize(Threat.MALFORMED, f"the second reading found: {str(surprise)[:200]}") from surprise


def _text_of(clean: bytes) -> str:
    for charset in ("utf-8", "cp932", "cp1252"):
        try:
            text = clean.decode(charset)
        except UnicodeDecodeError:
            continue
        if hidden := _HIDING.search(text.replace("\r\n", "\n")):
            raise Surprise(f"the character U+{ord(hidden[0]):04X}")
        return text
    return clean.decode("latin_1")


class _Drawing:
    """One DXF file."""

    def __init__(self, text: str) -> None:
        self._lines = text.split("\r\n")
        self._section = ""
        self._entity = ""
        self._variable = ""

    def check(self) -> None:
        """All of it; every section at most once, in order, and nothing behind the end."""
        order: list[str] = []
        for code, value in self._pairs():
            if code == 0:
                self._begins(value)
            elif self._entity == "SECTION" and not self._section:
                self._section = value
                order.append(value)
            else:
                self._check_value(code, value)
        if self._entity != "EOF" or order != [each for each in _SECTIONS if each in order]:
            raise Surprise("sections that are not those of a drawing")

    def _pairs(self) -> Iterator[tuple[int, str]]:
        if len(self._lines) > _MOST_LINES or len(self._lines) % 2 != 1 or self._lines[-1]:
            raise Surprise("lines that are no pairs")
        for at in range(0, len(self._lines) - 1, 2):
            yield int(self._lines[at]), self._lines[at + 1]

    def _begins(self, kind: str) -> None:
        if self._entity == "EOF":
            raise Surprise("something behind the end")
        if kind == "ENDSEC":
            self._section = ""
        elif kind not in {"SECTION", "EOF"} and kind not in _IN.get(self._section, ()):
            raise Surprise(f"{kind[:40]} in {self._section[:20] or 'no section'}")
        elif kind == "SECTION" and self._section:
            raise Surprise("a section in a section")
        self._entity = kind

    def _check_value(self, code: int, value: str) -> None:
        if code in _BINARY or code >= _EXTENDED or code == _COMMENT:
            raise Surprise(f"group code {code}")
        if code in _FLOATS:
            float(value)
        elif code in _HANDLES:
            int(value, 16)
        elif code in _TEXTS:
            self._check_text(code, value)
        else:
            self._check_number(code, int(value))

    def _check_number(self, code: int, number: int) -> None:
        if self._entity == "BLOCK" and code == 70 and number & _EXTERNAL:
            raise Surprise("a block that is another drawing")

    def _check_text(self, code: int, value: str) -> None:
        if code == 102 and value not in _GROUPS:
            raise Surprise("data of another program")
        if self._section == "HEADER":
            self._check_variable(code, value)
        elif self._entity not in _WORDED and _OUTSIDE.search(value):
            raise Surprise(f"something outside the drawing in {self._entity[:40]}")
        if "%<" in value:
            raise Surprise("a field")

    def _check_variable(self, code: int, value: str) -> None:
        if code == 9:
            self._variable = value
        elif value and (self._variable in _SAYING or _OUTSIDE.search(value)):
            raise Surprise(f"a value of {self._variable[:40]}")
        elif self._variable == "$MENU" and value not in _MENU:
            raise Surprise("a menu")


def _check_sxf(text: str) -> None:
    lines = text.split("\r\n")
    if lines[:2] != ["ISO-10303-21;", "HEADER;"] or lines[5:7] != ["ENDSEC;", "DATA;"]:
        raise Surprise("another beginning")
    if lines[-3:] != ["ENDSEC;", "END-ISO-10303-21;", ""] or not _HEADER.fullmatch("\n".join(lines[2:5]) + "\n"):
        raise Surprise("another header or end")
    body = lines[7:-3]
    if "feature_mode" in lines[2]:
        _check_features(body)
    else:
        for line in body:
            _check_entity(line)


def _check_features(body: list[str]) -> None:
    """Three lines for each."""
    if len(body) % 3:
        raise Surprise("something between features")
    for at in range(0, len(body), 3):
        mark, feature, end = body[at : at + 3]
        if not _SXF_MARK.fullmatch(mark) or f"/*{end.removesuffix('*/')}" != mark or not _FEATURE.fullmatch(feature):
            raise Surprise("something else than a feature")


def _check_entity(line: str) -> None:
    if not _NUMBERED.match(line) or not line.endswith(";"):
        raise Surprise("something else than an entity")
    plain = _STRING.sub("", line[:-1])
    if not line.isascii() or _OF_P21.sub("", plain) or _NEVER.search(plain):
        raise Surprise("an entity that our writer does not write")


VERIFIERS: Final[dict[str, Callable[[bytes], None]]] = {
    "image/vnd.dxf": verify_dxf,
    "application/x-sxf": verify_sxf,
    "model/step": verify_sxf,
}
