"""Header blocks as bytes: where they end, what their fields are, and what is odd about them (RFC 5322 section 2.2)."""

import re

import msgspec

from sanitizers.budget import BudgetMeter
from sanitizers.formats.mail.anomalies import Anomalies
from sanitizers.model import Severity

_BLANK_LINE = re.compile(rb"\n\r?\n")
_EMPTY_LINE = re.compile(rb"\r?\n")
_FOLD = re.compile(rb"\r?\n")
_BLANK_FOLD = re.compile(rb"\n[ \t]+(?:\r?\n|\Z)")
_FIELD = re.compile(rb"([!-9;-~]+):([^\r\n]*(?:\r?\n[ \t][^\r\n]*)*)(?:\r?\n|\Z)")
# Blanks or NUL before the colon: some parsers see the field, others do not.
_LOOSE_FIELD = re.compile(rb"([!-9;-~\0]+(?:[ \t][ \t\0]*)?):([^\r\n]*(?:\r?\n[ \t][^\r\n]*)*)(?:\r?\n|\Z)")
_MBOX_LINE = re.compile(rb">?From [^\r\n]*\r?\n")
# Names that make a line a header line even when the lines before it were not.
_KNOWN_FIELD = re.compile(
    rb"^(?:from|to|cc|subject|date|sender|reply-to|message-id|mime-version|received|return-path|in-reply-to|references"
    rb"|content-[a-z-]{1,40}|x-[a-z-]{1,40}|list-[a-z-]{1,40}|dkim-signature|authentication-results)[ \t\0]*:",
    re.IGNORECASE | re.MULTILINE,
)


class Field(msgspec.Struct, frozen=True):
    """One header field: unfolded, without line ends and NUL, otherwise as it came."""

    name: str  #: lower case
    value: bytes


class Block(msgspec.Struct, frozen=True):
    """A header block and where the body after it begins."""

    fields: tuple[Field, ...]
    body: int  #: offset of the first byte of the body
    stray: bytes = b""  #: text that stood before the first field

    def values(self, name: str) -> list[bytes]:
        """Values of all fields of that name, in order."""
        return [field.value for field in self.fields if field.name == name]


def looks_like_mail(data: bytes) -> bool:
    """Whether bytes begin with header fields that only a mail has."""
    head = data[:4096]
    block = head[: match.start()] if (match := _BLANK_LINE.search(head)) else head
    return bool(_FIELD.match(head) or _MBOX_LINE.match(head)) and len(_KNOWN_FIELD.findall(block)) >= 3


def read_block(source: bytes, start: int, end: int, budget: BudgetMeter, anomalies: Anomalies, where: str) -> Block:
    """The header block of the entity that lies between two offsets; raises OverBudget."""
    if empty := _EMPTY_LINE.match(source, start, end):
        return Block((), empty.end())
    stop = min(end, start + budget.limits.header_bytes + 4)
    blank = _BLANK_LINE.search(source, start, stop)
    header_end, body = (blank.start() + 1, blank.end()) if blank else (end, end)
    budget.check_headers(0, header_end - start)
    reader = _BlockReader(source, header_end, anomalies, where)
    reader.read(start)
    budget.check_headers(len(reader.fields), header_end - start)
    return Block(tuple(reader.fields), body if reader.body is None else reader.body, b"\r\n".join(reader.stray))


def first_header_line(source: bytes, start: int, end: int, anomalies: Anomalies, where: str) -> int:
    """Where a message begins: empty lines before an obvious header are skipped, and reported."""
    pos = start
    while empty := _EMPTY_LINE.match(source, pos, end):
        pos = empty.end()
    if pos == start or not _KNOWN_FIELD.match(source, pos, end):
        return start
    anomalies.malformed(where, "empty lines before the header", Severity.WARNING)
    return pos


class _BlockReader:
    """Walks the lines of one header block; the plain case is one match a field."""

    def __init__(self, source: bytes, end: int, anomalies: Anomalies, where: str) -> None:
        self.fields: list[Field] = []
        self.stray: list[bytes] = []
        self.body: int | None = None  #: set when the body begins without an empty line
        self._source = source
        self._end = end
        self._anomalies = anomalies
        self._where = where
        self._last_known: int | None = None

    def read(self, pos: int) -> None:
        if mbox := _MBOX_LINE.match(self._source, pos, self._end):
            pos = mbox.end()
        while pos < self._end and self.body is None:
            if field := _FIELD.match(self._source, pos, self._end):
                self._take(field.group(1), field.group(2))
                pos = field.end()
            else:
                pos = self._odd_line(pos)

    def _take(self, name: bytes, value: bytes) -> None:
        if b"\n" in value:
            if _BLANK_FOLD.search(value):
                self._anomalies.malformed(self._where, "a folded header line holds only blanks", Severity.WARNING)
            value = _FOLD.sub(b"", value)
        if b"\0" in value:
            self._anomalies.malformed(self._where, "NUL in a header", Severity.WARNING)
            value = value.replace(b"\0", b"")
        self.fields.append(Field(name.decode("ascii").lower(), value.strip()))

    def _odd_line(self, pos: int) -> int:
        if field := _LOOSE_FIELD.match(self._source, pos, self._end):
            self._anomalies.malformed(self._where, "blank or NUL before a header's colon", Severity.WARNING)
            self._take(field.group(1).translate(None, b" \t\0"), field.group(2))
            return field.end()
        if pos < self._last_known_field(pos):
            line_end = self._source.find(b"\n", pos, self._end) + 1 or self._end
            self._join(self._source[pos:line_end].rstrip(b"\r\n"))
            return line_end
        self._anomalies.malformed(self._where, "no empty line between header and text")
        self.body = pos
        return pos

    def _join(self, line: bytes) -> None:
        """A line that is neither field nor continuation, with fields after it."""
        if not self.fields:
            severity = Severity.WARNING if line.strip() else Severity.NOTE
            self._anomalies.malformed(self._where, "text before the first header", severity)
            self.stray.append(line)
            return
        self._anomalies.malformed(self._where, "broken folding of a header", Severity.WARNING)
        last = self.fields[-1]
        self.fields[-1] = Field(last.name, last.value + b" " + line.replace(b"\0", b"").strip())

    def _last_known_field(self, pos: int) -> int:
        if self._last_known is None:
            known = [match.start() for match in _KNOWN_FIELD.finditer(self._source, pos, self._end)]
            self._last_known = known[-1] if known else -1
        return self._last_known
