"""The characters of a text file: read in the charset it is really in, freed of what hides, and written again."""

import re
from typing import Final

import msgspec

from sanitizers.charsets import decode
from sanitizers.charsets.labels import CODECS
from sanitizers.detect.wide import wide_charset, without_mark
from sanitizers.formats.textfile.jis import in_euc_jp, in_iso_2022_jp
from sanitizers.links import strip_deceptive_controls
from sanitizers.model import Action, File, Finding, Severity, Threat
from sanitizers.rules import TextFiles

UTF_8_MARK: Final = b"\xef\xbb\xbf"
_MARKS: Final = {
    "utf-8": UTF_8_MARK,
    "utf-16-le": b"\xff\xfe",
    "utf-16-be": b"\xfe\xff",
    "utf-32-le": b"\xff\xfe\0\0",
    "utf-32-be": b"\0\0\xfe\xff",
}
_CHARSET: Final = re.compile(r";\s*charset\s*=\s*[\"']?([^\s;\"']+)", re.IGNORECASE)
# What a terminal obeys (ECMA-48): colours, cursor, titles, links that are not shown, and sequences of two characters.
_TERMINAL: Final = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]{0,200}[ -/]{0,20}[@-~]"
    r"|\x1b[\]PX^_][^\x07\x1b\x9c\n]{0,2000}(?:\x07|\x9c|\x1b\\)"
    r"|\x1b[ -/]{0,20}[0-~]"
)
_VERTICAL: Final = str.maketrans("\x0b\x0c\x85\u2028\u2029", "     ")
_USER_DEFINED: Final = "user-defined characters"
_REPLACEMENT: Final = "\ufffd"


class Words(msgspec.Struct, frozen=True):
    """A text file as its words: line ends are LF, nothing hides."""

    text: str
    charset: str  #: what it was written in: a name of `sanitizers.charsets`, or a wide codec
    marked: bool  #: it began with a byte order mark
    newline: str  #: how its lines ended, most of them
    findings: tuple[Finding, ...]


def read(file: File, *, in_cells: bool = False) -> Words:
    """The text of a file; never fails, an unreadable place becomes U+FFFD.

    `in_cells`: signs that end a line only for some programs are blanks, so that they end no row of a table.
    """
    text, charset, findings = _decoded(file)
    if in_cells:
        text = text.translate(_VERTICAL)
    # Inside a cell a line ends with LF, however many there are: any CR is the end of a row.
    newline = ("\r\n" if "\r" in text else "\n") if in_cells else _line_end(text)
    text, terminal = without_terminal_controls(text)
    text, deceptive = strip_deceptive_controls(text)
    marked = file.data.startswith((UTF_8_MARK, b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff"))
    return Words(text, charset, marked, newline, (*findings, *terminal, *deceptive))


def without_terminal_controls(text: str) -> tuple[str, tuple[Finding, ...]]:
    """The text without escape sequences."""
    if "\x1b" not in text and "\x9b" not in text:
        return text, ()
    text, count = _TERMINAL.subn("", text)
    if not count:
        return text, ()
    detail = f"{count} terminal control sequences"
    return text, (Finding(Threat.HIDDEN_CONTENT, Severity.NOTE, Action.REMOVED, "text", detail),)


def write(text: str, words: Words, rule: TextFiles, *, marked: bool) -> tuple[bytes, tuple[Finding, ...]]:
    """The bytes of a text with its own line ends, in UTF-8 or, by rule, in the charset the file came in."""
    if rule is TextFiles.KEPT and words.charset not in {"utf-8", "us-ascii", "utf-7"}:
        kept = in_charset(text, words.charset)
        if kept is not None:
            return kept, ()
        detail = f"written in UTF-8: {words.charset} cannot carry all of it"
        found = Finding(Threat.UNSUPPORTED, Severity.NOTE, Action.REWRITTEN, "charset", detail)
        return _in_utf_8(text, marked=marked), (found,)
    return _in_utf_8(text, marked=marked), ()


def in_charset(text: str, charset: str) -> bytes | None:
    """The text in a charset, if that carries it and a reader who is told nothing reads the same; else None."""
    try:
        if charset in _MARKS:
            return _MARKS[charset] + text.encode(charset)
        if charset == "euc-jp":
            data = in_euc_jp(text)
        elif charset == "iso-2022-jp":
            data = in_iso_2022_jp(text)
        else:
            data = text.encode(CODECS.get(charset, charset))
    except UnicodeEncodeError:
        return None
    return data if _decoded(File("", "", "", data))[0] == text else None


def _in_utf_8(text: str, *, marked: bool) -> bytes:
    return (UTF_8_MARK if marked else b"") + text.encode()


def _decoded(file: File) -> tuple[str, str, tuple[Finding, ...]]:
    wide = wide_charset(file.data)
    if wide:
        data = without_mark(file.data, wide)
        try:
            return data.decode(wide), wide, ()
        except UnicodeDecodeError:
            text = data.decode(wide, "replace")
        return text, wide, _unreadable(text.count(_REPLACEMENT), wide)
    claimed = _CHARSET.search(file.claimed_type)
    decoded = decode(file.data, claimed[1] if claimed else "")
    if decoded.charset == "shift_jis" and any(_USER_DEFINED in found.detail for found in decoded.findings):
        own = _with_user_defined(file.data)
        if own is not None:
            return own, "shift_jis", tuple(found for found in decoded.findings if _USER_DEFINED not in found.detail)
    return decoded.text, decoded.charset, decoded.findings


def _with_user_defined(data: bytes) -> str | None:
    """外字 as private characters, as Windows reads them: inside one municipality they mean something."""
    try:
        text = data.decode("cp932")
    except UnicodeDecodeError:
        return None
    return None if re.search("[\uf8f0-\uf8f3]", text) else text


def _unreadable(count: int, charset: str) -> tuple[Finding, ...]:
    if not count:
        return ()
    detail = f"{count} places that {charset} cannot read"
    return (Finding(Threat.MALFORMED, Severity.NOTE, Action.REPLACED, "charset", detail),)


def _line_end(text: str) -> str:
    pairs = text.count("\r\n")
    alone = text.count("\n") - pairs
    return "\r\n" if pairs > alone or (not alone and "\r" in text) else "\n"
