"""Content lines of iCalendar and vCard, as bytes in any charset, read into names, parameters and text.

RFC 5545 section 3.1, RFC 6350 section 3; for the older kind vCard 2.1 and vCalendar 1.0 of the Internet Mail
Consortium, in which each line may have its own charset and quoted-printable runs over lines.
"""

import binascii
import re
from collections.abc import Iterator
from itertools import islice
from typing import Final

import msgspec

from sanitizers.charsets import decode
from sanitizers.detect.wide import wide_charset
from sanitizers.formats.calendar.census import Census, rewritten
from sanitizers.links import strip_deceptive_controls
from sanitizers.model import CannotSanitize, Severity, Threat

MOST_LINES: Final = 200_000  # of one file: some ten thousand events
_LINE_END: Final = re.compile(rb"\r\n|\r|\n")
_OWN_CHARSET: Final = re.compile(
    rb"^[^:]{0,400}?;[ ]*(?:CHARSET=|ENCODING=|QUOTED-PRINTABLE)[^:]{0,400}:", re.IGNORECASE
)
_QUOTED_PRINTABLE: Final = re.compile(rb"QUOTED-PRINTABLE", re.IGNORECASE)
_CHARSET: Final = re.compile(rb"CHARSET=\"?([A-Za-z0-9_.:-]{1,40})", re.IGNORECASE)
_HEAD: Final = re.compile(
    r"(?:([A-Za-z0-9-]{1,40})\.)?([A-Za-z][A-Za-z0-9-]{0,60})((?:[ \t]*+;(?:\"[^\"]*\"|[^\":])*+)?+)[ \t]*+:"
)
_PARAMETER: Final = re.compile(r";[ \t]*([A-Za-z0-9-]{1,60})(?:[ \t]*=((?:\"[^\"]*\"|[^\";])*))?")
_PARAMETER_VALUE: Final = re.compile(r"(?:\"([^\"]*)\"|([^\",]*))(?:,|\Z)")
_MOST_PARAMETERS: Final = 100  # of one property
_LONGEST_PARAMETER: Final = 4_000  # characters of all values of one
_CARET: Final = re.compile(r"\^(['^n])")  # RFC 6868
_CARETS: Final = {"'": '"', "^": "^", "n": " "}
_ENCODINGS: Final = frozenset({"QUOTED-PRINTABLE", "BASE64", "8BIT", "7BIT"})

UNREADABLE: Final = rewritten(Threat.MALFORMED, Severity.NOTE, "lines", "a line that is no property was left out")


class Line(msgspec.Struct, frozen=True):
    """One property as it was written; `value` with its escapes."""

    name: str  #: upper case
    value: str
    parameters: dict[str, tuple[str, ...]]  #: upper-case names
    group: str = ""  #: "item1" in item1.TEL (RFC 6350 section 3.3)

    def parameter(self, name: str) -> str:
        """The first value, "" for none."""
        return next(iter(self.parameters.get(name, ())), "")


def read_lines(data: bytes, claimed_charset: str, census: Census) -> list[Line]:
    """All properties; raises CannotSanitize when there are too many."""
    codec = wide_charset(data)
    if codec:
        data = data.decode(codec, "replace").encode("utf-8", "replace")
    return [line for text in _texts(_logical(data), claimed_charset, census) if (line := _line(text, census))]


def _logical(data: bytes) -> list[bytes]:
    """Unfolded: octets first, so that a character that was cut in two is whole again."""
    lines: list[bytearray] = []
    soft = False
    physical = _LINE_END.split(data)
    if len(physical) > 8 * MOST_LINES:
        raise CannotSanitize(Threat.LIMIT_EXCEEDED, f"more than {8 * MOST_LINES} lines")
    for line in physical:
        if soft:
            lines[-1] = lines[-1][:-1] + line.lstrip(b" \t")
        elif line[:1] in {b" ", b"\t"} and lines:
            lines[-1] += line[1:]
        elif line.strip():
            lines.append(bytearray(line))
        else:
            continue
        soft = bool(lines) and lines[-1].endswith(b"=") and _is_quoted_printable(bytes(lines[-1][:800]))
    if len(lines) > MOST_LINES:
        raise CannotSanitize(Threat.LIMIT_EXCEEDED, f"more than {MOST_LINES} properties")
    return [bytes(line) for line in lines]


def _is_quoted_printable(line: bytes) -> bool:
    return _QUOTED_PRINTABLE.search(line.partition(b":")[0]) is not None


def _texts(lines: list[bytes], claimed_charset: str, census: Census) -> Iterator[str]:
    """The lines as text; those with a charset of their own one by one, all others together."""
    own = [_OWN_CHARSET.match(line) for line in lines]
    common = [line for line, special in zip(lines, own, strict=True) if special is None]
    decoded = decode(b"\n".join(common), claimed_charset)
    census.extend(decoded.findings)
    texts = iter(decoded.text.split("\n"))
    if decoded.text.count("\n") != max(0, len(common) - 1):
        texts = iter([decode(line, claimed_charset).text for line in common])
    for line, special in zip(lines, own, strict=True):
        if special is None:
            yield next(texts)
        else:
            head, value = line[: special.end()], line[special.end() :]
            if _QUOTED_PRINTABLE.search(head):
                value = binascii.a2b_qp(value)
            charset = _CHARSET.search(head)
            read = decode(value, charset[1].decode("ascii") if charset else claimed_charset)
            census.extend(read.findings)
            yield decode(head, "").text + read.text.replace("\r\n", "\n").replace("\n", "\\n")


def _line(text: str, census: Census) -> Line | None:
    text, findings = strip_deceptive_controls(text)
    census.extend(findings)
    head = _HEAD.match(text.replace("\n", " ") if "\n" in text else text)
    if head is None:
        if text.strip():
            census.saw(UNREADABLE)
        return None
    return Line(head[2].upper(), text[head.end() :], _parameters(head[3]), head[1] or "")


def _parameters(text: str) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for parameter in islice(_PARAMETER.finditer(text), _MOST_PARAMETERS):
        written, values = parameter[1], parameter[2]
        name = written.upper()
        read: tuple[str, ...] = (name,)
        if values:
            pieces = _PARAMETER_VALUE.findall(values[:_LONGEST_PARAMETER])
            read = tuple(_CARET.sub(lambda c: _CARETS[c[1]], a or b).strip() for a, b in pieces)
            while read and not read[-1]:
                read = read[:-1]
        else:  # vCard 2.1: TEL;HOME;VOICE
            name = "ENCODING" if name in _ENCODINGS else "TYPE"
        found[name] = found.get(name, ()) + read
    return found
