"""Structured MIME values: `type/subtype; name=value` with everything senders do to them (RFC 2045, 2047, 2231)."""

import re
from itertools import groupby
from operator import itemgetter
from urllib.parse import unquote_to_bytes

import msgspec

from sanitizers.charsets import decode
from sanitizers.formats.mail.anomalies import Anomalies
from sanitizers.formats.mail.words import decode_words, raw_text
from sanitizers.model import Severity

_PARAMETER = re.compile(r'[;\s]*([^\s=;"]+)\s*(?:=\s*(?:"((?:[^"\\]|\\(?:.|\Z))*)(?:"|\Z)|([^;\s"]*)))?', re.DOTALL)
_UNQUOTED_NAME = re.compile(r'\s*=\s*([^;"]*)')
_SKIP = re.compile(r"[^;]*;?")
_QUOTED_PAIR = re.compile(r"\\(.)", re.DOTALL)
_EXTENDED_NAME = re.compile(r"([^*]+)(?:\*(\d{1,4}))?(\*)?")
_QUOTED_OR_PARENTHESIS = re.compile(r'"(?:[^"\\]|\\.)*"?|\\.|[()]', re.DOTALL)
_AROUND_SLASH = re.compile(r"[ \t]*/[ \t]*")  # blanks and comments may stand between tokens (RFC 2045 section 5.1)
_VALUE_BYTES = 32_768  # of one header; what comes after is not read
_SECTIONS = 200  # of one parameter; more is an attack


class Parameterised(msgspec.Struct, frozen=True):
    """A value and its parameters. Parameters keep every candidate: what another parser might see is not forgotten."""

    value: str  #: lower case, without comments
    parameters: dict[str, tuple[str, ...]]  #: name in lower case → decoded candidates, the preferred one first

    def parameter(self, name: str) -> str:
        """The preferred candidate, "" when there is none."""
        candidates = self.parameters.get(name)
        return candidates[0] if candidates else ""


def read_parameterised(value: bytes, where: str, anomalies: Anomalies) -> Parameterised:
    """Parse one header value; never raises."""
    text = raw_text(value[:_VALUE_BYTES])
    if "(" in text:
        text = _without_comments(text, where, anomalies)
    head, _, rest = text.partition(";")
    head = _AROUND_SLASH.sub("/", head.strip(), count=1)
    if " " in head or "\t" in head:  # the semicolon is missing: "multipart/mixed boundary=x"
        head, _, more = head.partition(" ") if " " in head else head.partition("\t")
        rest = f"{more};{rest}"
        anomalies.malformed(where, "no semicolon after the value")
    raw = _raw_parameters(rest)
    parameters = {name: _candidates(name, found, where, anomalies) for name, found in raw.items()}
    return Parameterised(head.strip('"').lower(), parameters)


def _without_comments(text: str, where: str, anomalies: Anomalies) -> str:
    """RFC 5322 section 3.2.2 comments cut out; parsers that do not know them read something else."""
    kept: list[str] = []
    depth = pos = 0
    for match in _QUOTED_OR_PARENTHESIS.finditer(text):
        mark = match.group()
        if mark == "(":
            if not depth:
                kept.append(text[pos : match.start()])
            depth += 1
        elif mark == ")" and depth:
            depth -= 1
            pos = match.end()
    if depth:  # never closed: no comment
        return text
    kept.append(text[pos:])
    if pos:
        anomalies.malformed(where, "a comment inside the value")
    return " ".join(kept)


def _raw_parameters(text: str) -> dict[str, list[tuple[str, str, str]]]:
    """Base name → (section number, extended mark, value) of every occurrence."""
    found: dict[str, list[tuple[str, str, str]]] = {}
    pos = 0
    while match := _PARAMETER.match(text, pos):
        pos = match.end()
        name, quoted, bare = match.group(1).lower(), match.group(2), match.group(3)
        if quoted is None and bare is None:
            continue
        if quoted is not None:
            value = _QUOTED_PAIR.sub(r"\1", quoted) if "\\" in quoted and quoted.isascii() else quoted
        else:
            value, pos = _bare_value(text, match.start(3), pos)
        extended = _EXTENDED_NAME.fullmatch(name)
        base, section, mark = extended.groups("") if extended else (name, "", "")
        found.setdefault(base, []).append((section, mark, value))
        if text[pos : pos + 1] == '"':
            pos += 1
    return found


def _bare_value(text: str, start: int, end: int) -> tuple[str, int]:
    """An unquoted value; blanks inside belong to it as long as no other parameter follows."""
    stop = text.find(";", start)
    stop = len(text) if stop < 0 else stop
    whole = text[start:stop]
    return (text[start:end], end) if "=" in whole[end - start :] or '"' in whole else (whole.strip(), stop)


def _candidates(name: str, found: list[tuple[str, str, str]], where: str, anomalies: Anomalies) -> tuple[str, ...]:
    """Decoded values, the one that RFC 2231 prefers first, without doubles."""
    plain = [_plain(value, where, anomalies) for section, mark, value in found if not section and not mark]
    single = [_extended([(mark, value)]) for section, mark, value in found if mark and not section]
    numbered = [(int(section), mark, value) for section, mark, value in found if section][:_SECTIONS]
    joined = [_extended([(mark, value) for _, mark, value in sorted(numbered)])] if numbered else []
    if len(plain) > 1 and len(set(plain)) > 1:
        anomalies.malformed(where, f"parameter {name} given more than once", Severity.WARNING)
    if name == "boundary" and (single or joined):
        anomalies.malformed(where, "boundary written in an unusual way (RFC 2231)", Severity.WARNING)
    return tuple(dict.fromkeys([*single, *joined, *plain]))


def _plain(value: str, where: str, anomalies: Anomalies) -> str:
    """Encoded words are not allowed in parameters, and common."""
    return decode_words(value, where, anomalies) if "=?" in value else value


def _extended(sections: list[tuple[str, str]]) -> str:
    """RFC 2231 sections 3 and 4: charset'language'percent-encoded, in pieces, which some cut inside an octet."""
    charset = ""
    mark, first = sections[0]
    if mark and first.count("'") >= 2:
        charset, _, first = first.split("'", 2)
    pieces = [(mark, first), *sections[1:]]
    data = b""
    for mark, run in groupby(pieces, key=itemgetter(0)):
        value = "".join(piece for _, piece in run)
        data += unquote_to_bytes(value) if mark else value.encode("utf-8", "replace")
    return data.decode("ascii") if data.isascii() and not charset else decode(data, charset).text
