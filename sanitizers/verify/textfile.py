"""The second reading of text files: bytes, cells, JSON and XML, each by other means than they were written with."""

import re
from collections.abc import Callable, Iterator
from typing import Final
from xml.parsers import expat

import msgspec

from sanitizers.model import CannotSanitize, Threat

# Said here once more on purpose, and without the tables of the writer.
_HIDING: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2065\u2066-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
_WIDE: Final = ((b"\xff\xfe\0\0", "utf-32-le"), (b"\0\0\xfe\xff", "utf-32-be"), (b"\xff\xfe", "utf-16-le"),
                (b"\xfe\xff", "utf-16-be"))  # fmt: skip
# Charsets that rules may keep, the strict ones first.
_KEPT: Final = ("cp932", "euc_jp", "euc_jis_2004", "gb18030", "big5", "cp949")
_UPPER_CONTROLS: Final = dict.fromkeys((*range(128, 160), 173), "?")  # letters in most such charsets
_UPPER_CONTROL: Final = re.compile("[\x80-\x9f]")
_DECLARED: Final = re.compile(rb"<\?xml version=\"1\.0\" encoding=\"(UTF-8|shift_jis|euc-jp|iso-2022-jp)\"\?>\r?\n")

_SIGN: Final = re.compile(r"[\s\"“”]*[=+@＝＋－＠﹦﹢﹣﹫-]")
_NUMBER: Final = re.compile(r"[\s+\-@＋－＠﹢﹣¥￥$€£\\(（]+\d[^=|!\[\]'\"]*")
_OPERATOR_AND_WORD: Final = re.compile(r"[+\-*/^&<>=＋－＊／][\s(（]*[^\W\d]")
# A cheap look at the whole: a sign behind a separator that does not begin a plain number.
_SUSPECT: Final = re.compile(
    '(?:\\A|(?<![,;|\\s"“”])[,;|\\s"“”]++)[=+@＝＋－＠﹦﹢﹣﹫-](?!(?<=[+-])[\\d.,]*+"?(?:[,;\t\n]|\\Z))'
)
_BEFORE: Final = ' \t\n\r\u00a0\u3000"“”,;|'
_DIVIDED: Final = re.compile("[,;|\t]")
_ONLY_SIGNS: Final = re.compile(r"[\s\"+@＝＋－＠-]*|[\s\"]*=[\s\"]*")  # without anything that they could be about

_XHTML: Final = "http://www.w3.org/1999/xhtml"
_SCRIPT_LINKS: Final = ("javascript:", "vbscript:", "livescript:")
_ACTIVE_SPACES: Final = (
    "http://www.w3.org/2000/svg", "http://www.w3.org/2001/XInclude", "http://www.w3.org/2003/XInclude",
)  # fmt: skip
_ACTIVE_HTML: Final = frozenset(
    {"script", "iframe", "object", "embed", "style", "link", "meta", "base", "form", "input", "img"}
)


class Surprise(Exception):
    """The bytes are not what our writer writes."""


def verify_text(clean: bytes) -> None:
    """Raise CannotSanitize unless the bytes are text with nothing that hides."""
    _or_cannot(lambda: _text_of(clean))


def verify_table(clean: bytes) -> None:
    """The same, and no cell that a spreadsheet would work out, for one that divides by commas or by all signs."""
    _or_cannot(lambda: _check_table(_text_of(clean), (",", ",;\t")))


def verify_tabs(clean: bytes) -> None:
    """As `verify_table`, for tabs."""
    _or_cannot(lambda: _check_table(_text_of(clean), ("\t", ",;\t")))


def verify_json(clean: bytes) -> None:
    """One JSON value, or one on each line."""
    _or_cannot(lambda: _check_json(_text_of(clean)))


def verify_xml(clean: bytes) -> None:
    """A document without type, instructions and elements that act."""
    _or_cannot(lambda: _check_xml(clean))


def _or_cannot(check: Callable[[], object]) -> None:
    try:
        check()
    except Surprise as surprise:
        raise CannotSanitize(Threat.MALFORMED, f"the second reading found: {surprise}") from surprise


def _text_of(clean: bytes) -> str:
    """The text in UTF-8, in wide characters with their mark, or in a charset that rules may keep."""
    text = _decoded(clean)
    if hidden := _HIDING.search(text):
        raise Surprise(f"the character U+{ord(hidden[0]):04X}")
    return text


def _decoded(clean: bytes) -> str:
    for mark, codec in _WIDE:
        if clean.startswith(mark):
            return _strictly(clean[len(mark) :], codec)
    if b"\x1b" in clean:
        return clean.decode("iso2022_jp", "replace")  # NEC's rows are not in this codec; an escape that stays shows
    for codec in ("utf-8", *_KEPT):
        try:
            text = clean.decode(codec).removeprefix("\ufeff")
        except UnicodeDecodeError:
            continue
        if codec == "utf-8" or not _UPPER_CONTROL.search(text):  # else a letter of another charset: 0x80 is a euro sign
            return text
    return clean.decode("latin_1").translate(_UPPER_CONTROLS)  # one byte for each character: any of them


def _strictly(data: bytes, codec: str) -> str:
    try:
        return data.decode(codec)
    except UnicodeDecodeError as error:
        raise Surprise(f"text that is not {codec}") from error


def _check_table(text: str, ways: tuple[str, ...]) -> None:
    lines = text.replace("\r\n", "\n")
    if lines.startswith("ID"):
        raise Surprise("a beginning that makes a spreadsheet read SYLK")
    if not _SUSPECT.search(lines):
        return
    for separators in ways:
        for cell in _cells(lines, separators):
            if _SIGN.match(cell) and not _shows_itself(cell):
                raise Surprise("a cell that a spreadsheet would work out")


def _cells(text: str, separators: str) -> Iterator[str]:
    """The cells as a reader sees them that divides by any of the separators; a cell in quotation marks is one."""
    stop = re.compile(f"[{separators}\n]")
    place, length = 0, len(text)
    while place < length:
        quoted = text.startswith('"', place)
        behind = _behind_quotes(text, place) if quoted else place
        found = stop.search(text, behind)
        end = found.start() if found else length
        yield text[place + 1 : behind - 1] if quoted else text[place:end]
        place = end + 1


def _behind_quotes(text: str, place: int) -> int:
    mark = text.find('"', place + 1)
    while mark >= 0 and text.startswith('"', mark + 1):
        mark = text.find('"', mark + 2)
    return mark + 1 if mark >= 0 else len(text)


def _shows_itself(cell: str) -> bool:
    """No formula: a number, a number with a unit, or signs alone."""
    cell = _DIVIDED.split(cell.lstrip(_BEFORE), maxsplit=1)[0]  # behind these no formula goes on
    if _ONLY_SIGNS.fullmatch(cell):
        return True
    return _NUMBER.match(cell) is not None and _OPERATOR_AND_WORD.search(cell) is None


def _check_json(text: str) -> None:
    try:
        _json_value(text)
    except msgspec.DecodeError as error:
        if "\n" not in text.strip():
            raise Surprise("text that is not JSON") from error
        for line in text.splitlines():
            _json_line(line)


def _json_line(line: str) -> None:
    try:
        if line.strip():
            _json_value(line)
    except msgspec.DecodeError as error:
        raise Surprise("text that is not JSON") from error


def _json_value(text: str) -> None:
    msgspec.json.decode(text, type=msgspec.Raw)
    try:
        msgspec.json.decode(text)
    except msgspec.ValidationError:  # a number larger than any machine's: JSON all the same
        return


def _check_xml(clean: bytes) -> None:
    declared = _DECLARED.match(clean)
    if declared is None:
        raise Surprise("an XML declaration that is not ours")
    codec = {b"UTF-8": "utf-8", b"shift_jis": "cp932", b"euc-jp": "euc_jp", b"iso-2022-jp": "iso2022_jp"}[declared[1]]
    text = _decoded(clean) if codec == "iso2022_jp" else _strictly(clean, codec)
    if hidden := _HIDING.search(text):
        raise Surprise(f"the character U+{ord(hidden[0]):04X}")
    parser = expat.ParserCreate("utf-8", " ")
    parser.StartDoctypeDeclHandler = _refuse("a document type")
    parser.ProcessingInstructionHandler = _refuse("a processing instruction")
    parser.StartElementHandler = _check_element
    try:
        parser.Parse(text.encode(), True)
    except expat.ExpatError as error:
        raise Surprise("text that is not XML") from error


def _refuse(what: str) -> Callable[..., None]:
    def refuse(*_: object) -> None:
        raise Surprise(what)

    return refuse


def _check_element(name: str, attributes: dict[str, str]) -> None:
    space, _, local = name.rpartition(" ")
    if space in _ACTIVE_SPACES or local == "script" or (space == _XHTML and local.lower() in _ACTIVE_HTML):
        raise Surprise(f"an element {local}")
    for attribute, value in attributes.items():
        if space == _XHTML and attribute.lower().startswith("on"):
            raise Surprise(f"an attribute {attribute}")
        if "script:" in value[:100].lower() and "".join(value[:100].split()).lower().startswith(_SCRIPT_LINKS):
            raise Surprise("a link that runs a script")
