"""The MIME tree as offsets into the original: what each entity claims to be, and where its parts begin and end."""

import re

import msgspec

from sanitizers.budget import BudgetMeter
from sanitizers.formats.mail.anomalies import Anomalies
from sanitizers.formats.mail.fields import Block, first_header_line, read_block
from sanitizers.formats.mail.parameters import Parameterised, read_parameterised
from sanitizers.formats.mail.transfer import Encoding, read_encoding
from sanitizers.model import Severity

_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}")
_LINE_END = re.compile(rb"(?<!\r)\r++\n")  # looked for where a run of CR begins only: each run is read once
_DELIMITER_END = re.compile(rb"(--)?[ \t]*(?:\r?\n|\Z)")
# A line that can only be a delimiter: "--" and a word, then a header of a part.
_GUESSED_DELIMITER = re.compile(rb"^--([!-~]{1,200})[ \t]*\r?\nContent-[A-Za-z-]+[ \t]*:", re.MULTILINE)
_USUAL_PREAMBLE = re.compile(
    rb"\s*(?:This is an? (?:multi-?part|MIME|S/MIME)\b|Multi-part message|--- ?This|"
    rb"If you (?:are reading|can (?:read|see)) this|Your (?:mail|e-mail) (?:reader|client)|"
    rb"This (?:message|mail|report) (?:is|contains)|"
    rb"This is a cryptographically signed|Content-Type: text/plain)",
    re.IGNORECASE,
)
_CHARSET = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:+-]{0,60}")
_BOUNDARY_CHARACTERS = 200
_BOUNDARIES = 8  # candidates looked for at once
_NO_PARAMETERS = Parameterised("", {})


class Entity(msgspec.Struct, frozen=True):
    """A mail or one of its parts: claims and offsets, nothing decoded yet."""

    source: bytes
    block: Block
    end: int
    type: str  #: claimed, or the default where none or an impossible one was given
    content: Parameterised
    disposition: str  #: attachment, inline or ""
    name: str  #: claimed file name, decoded, untrusted
    encoding: Encoding

    @property
    def raw(self) -> bytes:
        """The body as transferred."""
        return self.source[self.block.body : self.end]

    @property
    def main_type(self) -> str:
        """The part before the slash."""
        return self.type.partition("/")[0]

    def claimed_type(self) -> str:
        """The claimed type with the parameters that matter for text."""
        claimed = self.type
        for name in ("charset", "format", "delsp"):
            value = self.content.parameter(name)
            if value and _CHARSET.fullmatch(value):
                claimed += f"; {name}={value}"
        return claimed

    def boundaries(self) -> tuple[bytes, ...]:
        """Every boundary that one parser or another would read out of the header."""
        found: list[bytes] = []
        for value in self.content.parameters.get("boundary", ()):
            for candidate in (value, value.rstrip(), value.strip()):
                data = candidate.encode("utf-8", "surrogateescape")
                if 0 < len(data) <= _BOUNDARY_CHARACTERS and b"\n" not in data and data not in found:
                    found.append(data)
        return tuple(found[:_BOUNDARIES])


class Pieces(msgspec.Struct, frozen=True):
    """A multipart body cut at its delimiters."""

    parts: tuple[tuple[int, int], ...]  #: offsets
    preamble: bytes
    epilogue: bytes


def with_plain_line_ends(data: bytes, anomalies: Anomalies) -> bytes:
    """The mail without bare CR; CRLF or LF throughout are both fine, as files have them."""
    pairs, feeds = data.count(b"\r\n"), data.count(b"\n")
    if data.count(b"\r") != pairs:
        anomalies.malformed("line ends", "bare CR", Severity.WARNING)
        return _LINE_END.sub(b"\n", data).replace(b"\r", b"\n")
    if 0 < pairs < feeds:
        anomalies.malformed("line ends", "bare LF between CRLF")
    return data


def read_message(source: bytes, budget: BudgetMeter, anomalies: Anomalies, where: str) -> Entity:
    """The outermost entity of a mail."""
    start = first_header_line(source, 0, len(source), anomalies, where)
    return read_entity(source, start, len(source), "text/plain", budget, anomalies, where)


def read_entity(
    source: bytes, start: int, end: int, default_type: str, budget: BudgetMeter, anomalies: Anomalies, where: str
) -> Entity:
    """What the entity between two offsets claims to be."""
    block = read_block(source, start, end, budget, anomalies, where)
    content = _chosen_content(source, block, end, anomalies, where)
    disposition = _disposition(block, anomalies, where)
    kind = content.value
    if not _TYPE.fullmatch(kind):
        if kind:
            anomalies.malformed(where, f"impossible Content-Type: {kind}")
        kind = default_type if not kind else "text/plain"
    encoding = read_encoding(block.values("content-transfer-encoding"), anomalies, where)
    name = _name(content, disposition, anomalies, where)
    return Entity(source, block, end, kind, content, disposition.value, name, encoding)


def _chosen_content(source: bytes, block: Block, end: int, anomalies: Anomalies, where: str) -> Parameterised:
    """Of several Content-Type the one that hides no part: a multipart whose delimiter is there, or the first."""
    values = block.values("content-type")
    if not values:
        return _NO_PARAMETERS
    candidates = [read_parameterised(value, f"{where}, Content-Type", anomalies) for value in values[:_BOUNDARIES]]
    if len(candidates) > 1:
        severity = Severity.WARNING if len(set(values)) > 1 else Severity.NOTE
        anomalies.malformed(where, "several Content-Type headers", severity)
        for candidate in candidates:
            boundary = candidate.parameter("boundary").encode("utf-8", "surrogateescape")
            if candidate.value.startswith("multipart/") and source.find(b"--" + boundary, block.body, end) >= 0:
                return candidate
    return candidates[0]


def _disposition(block: Block, anomalies: Anomalies, where: str) -> Parameterised:
    """Of several Content-Disposition fields an `attachment` wins; anything unknown is one (RFC 2183 section 2.8)."""
    values = block.values("content-disposition")
    if not values:
        return _NO_PARAMETERS
    candidates = [read_parameterised(value, f"{where}, Content-Disposition", anomalies) for value in values]
    if len(values) > 1:
        anomalies.malformed(where, "several Content-Disposition headers", Severity.WARNING)
    chosen = next((each for each in candidates if each.value not in {"inline", ""}), candidates[0])
    return chosen if chosen.value in {"inline", ""} else Parameterised("attachment", chosen.parameters)


def _name(content: Parameterised, disposition: Parameterised, anomalies: Anomalies, where: str) -> str:
    names = [*disposition.parameters.get("filename", ()), *content.parameters.get("name", ())]
    endings = {name.rpartition(".")[2].lower().strip() for name in names if "." in name}
    if len(endings) > 1:
        anomalies.deception(where, f"file names that disagree: {' / '.join(names[:4])}")
    return next((name for name in names if name.strip()), "")


def cut(
    entity: Entity, outer: tuple[bytes, ...], budget: BudgetMeter, anomalies: Anomalies, where: str
) -> Pieces | None:
    """The parts of a multipart, cut at every candidate boundary; None when there is no delimiter at all."""
    boundaries = entity.boundaries()
    _report_boundaries(boundaries, outer, anomalies, where)
    delimiters = _delimiters(entity, boundaries, budget)
    if not delimiters:
        guessed = _GUESSED_DELIMITER.search(entity.source, entity.block.body, entity.end)
        anomalies.malformed(where, "a multipart without its delimiter", Severity.WARNING)
        if guessed is None:
            return None
        delimiters = _delimiters(entity, (guessed.group(1),), budget)
    return _pieces(entity, delimiters, anomalies, where)


def _report_boundaries(
    boundaries: tuple[bytes, ...], outer: tuple[bytes, ...], anomalies: Anomalies, where: str
) -> None:
    if len(boundaries) > 1:
        anomalies.malformed(where, "several boundaries", Severity.WARNING)
    if not boundaries:
        anomalies.malformed(where, "no boundary", Severity.WARNING)
    if set(boundaries) & set(outer):
        anomalies.malformed(where, "the same boundary inside and outside", Severity.WARNING)
    elif any(inner.startswith(other) for inner in boundaries for other in outer):
        anomalies.malformed(where, "a boundary that begins like the one outside")


def _delimiters(entity: Entity, boundaries: tuple[bytes, ...], budget: BudgetMeter) -> list[tuple[int, int, bool]]:
    """Start, end and "closing" of every delimiter line, in order. One pass per boundary."""
    found: list[tuple[int, int, bool]] = []
    source, begin, end = entity.source, entity.block.body, entity.end
    for boundary in boundaries:
        needle = b"--" + boundary
        pos = source.find(needle, begin, end)
        while pos >= 0:
            line_end = _DELIMITER_END.match(source, pos + len(needle), end)
            if line_end and (pos == begin or source[pos - 1] == 10):
                found.append((pos, line_end.end(), line_end.group(1) is not None))
                if len(found) > budget.limits.parts + 2 * _BOUNDARIES:
                    budget.take_parts(len(found))
            pos = source.find(needle, pos + len(needle), end)
    return sorted(found)


def _pieces(entity: Entity, delimiters: list[tuple[int, int, bool]], anomalies: Anomalies, where: str) -> Pieces:
    parts: list[tuple[int, int]] = []
    source = entity.source
    last_end, closed = delimiters[0][1], delimiters[0][2]
    for start, end, closing in delimiters[1:]:
        if not closed:
            parts.append((last_end, max(last_end, _before_line_end(source, start))))
        elif source[last_end:start].strip():
            anomalies.malformed(where, "parts after the closing delimiter", Severity.WARNING)
            parts.append((last_end, _before_line_end(source, start)))
        last_end, closed = end, closing
    if not closed:
        anomalies.malformed(where, "a multipart without its closing delimiter")
        parts.append((last_end, entity.end))
        last_end = entity.end
    preamble = source[entity.block.body : delimiters[0][0]].strip()
    return Pieces(tuple(parts), preamble, source[last_end : entity.end].strip())


def _before_line_end(source: bytes, pos: int) -> int:
    """The line end before a delimiter belongs to the delimiter (RFC 2046 section 5.1.1)."""
    if source[pos - 1 : pos] == b"\n":
        pos -= 1
        if source[pos - 1 : pos] == b"\r":
            pos -= 1
    return pos


def is_usual_preamble(text: bytes) -> bool:
    """Whether the words before the first part are the usual ones for readers without MIME."""
    return len(text) < 400 and _USUAL_PREAMBLE.match(text) is not None
