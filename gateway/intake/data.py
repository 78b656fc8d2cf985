"""The bytes of DATA as a pure state machine: where they end, which dots are stuffing, what is wrong with them.

Fed with chunks of any size; the result depends only on the bytes, never on how they were cut. The one end of data is
<CRLF>.<CRLF> (RFC 5321 section 4.1.1.4); a bare CR or LF never ends anything, so nothing can be smuggled behind it.
Nothing is parsed here beyond counting: the header block is scanned for its end and for lines that start "Received:".
"""

import re
from enum import Enum

import msgspec

from gateway.settings import Endings, Limits

END_OF_DATA = b"\r\n.\r\n"
_OPENINGS_OF_END = tuple(END_OF_DATA[:length] for length in range(4, 0, -1))  # longest first
_LINE_ENDING = re.compile(rb"\r\n|\r|\n")
_TRACE_FIELDS = (b"\nreceived:", b"\nreceived ", b"\nreceived\t")  # blanks before the colon: RFC 5322 section 4.5


class Fault(Enum):
    """Why a message is refused, the gravest first: the first one that applies names the reply."""

    AMBIGUOUS = 1  # bare CR, bare LF or NUL
    TOO_LARGE = 2
    HEADER_TOO_LARGE = 3
    LINE_TOO_LONG = 4
    LOOP = 5


class DataLimits(msgspec.Struct, frozen=True):
    """What one message may be. Sizes in octets as the message is kept: unstuffed, without the final dot."""

    message: int
    line: int  #: without CRLF
    header: int  #: up to the empty line
    received: int
    normalise: bool  #: repair bare CR and LF and drop NUL instead of refusing

    @classmethod
    def of(cls, limits: Limits) -> "DataLimits":
        """The part of the settings that concerns DATA."""
        return cls(
            message=limits.message_bytes,
            line=limits.line_octets,
            header=limits.header_bytes,
            received=limits.received_headers,
            normalise=limits.endings is Endings.NORMALISE,
        )


class DataReader:
    """Reads one message. After `finished`, `rest` holds what the client sent behind the end of data."""

    def __init__(self, limits: DataLimits) -> None:
        self.finished = False
        self.rest = b""
        self.raw_size = 0  #: octets fed so far, stuffing included
        self._limits = limits
        self._size = 0
        # The CRLF of the DATA command is the one before the first line (RFC 5321 section 4.1.1.4); it is no content.
        self._held = b"\r\n"
        self._at_start = True
        self._line = 0  # octets of the line not yet ended
        self._header: bytearray | None = bytearray()  # None once its end was seen
        self._faults: set[Fault] = set()

    @property
    def fault(self) -> Fault | None:
        """The gravest thing wrong so far."""
        return min(self._faults, key=lambda fault: fault.value) if self._faults else None

    def feed(self, chunk: bytes | bytearray) -> bytes:
        """The content this chunk completes; empty once the message is to be refused."""
        self.raw_size += len(chunk)
        raw = self._held + chunk
        end = raw.find(END_OF_DATA)
        if end >= 0:
            self.finished = True
            self.rest = raw[end + 5 :]
            self._held = b""
            raw = raw[: end + 2]
        else:
            raw = self._hold_back(raw)
        content = self._content(raw) if raw else b""
        if self.finished:
            self._end_header()
        return b"" if self._faults else content

    def _hold_back(self, raw: bytes) -> bytes:
        """Keep what may be the opening of the end of data for the next chunk; a CRLF is thereby never cut."""
        self._held = b""
        for opening in _OPENINGS_OF_END:
            if raw.endswith(opening):
                self._held = opening
                return raw[: -len(opening)]
        return raw

    def _content(self, raw: bytes) -> bytes:
        ambiguous = _has_ambiguity(raw)
        if ambiguous and not self._limits.normalise:
            self._faults.add(Fault.AMBIGUOUS)
        # RFC 5321 section 4.5.2; `raw` begins with the CRLF of the command and never ends inside <CRLF>.
        content = raw.replace(b"\r\n.", b"\r\n")
        if ambiguous and self._limits.normalise:
            # NUL goes last, or CR NUL LF would mean one thing in one chunk and another in two.
            content = _LINE_ENDING.sub(b"\r\n", content).replace(b"\0", b"")
        if self._header is not None:
            self._scan_header(self._header, content)
        if self._at_start:
            self._at_start = False
            content = content[2:]
        self._size += len(content)
        if self._size > self._limits.message:
            self._faults.add(Fault.TOO_LARGE)
        self._measure_lines(content)
        return content

    def _measure_lines(self, content: bytes) -> None:
        """Hop from window to window: the last CRLF within reach proves every line before it short enough."""
        limit = self._limits.line
        begin, reach = 0, limit - self._line
        while len(content) - begin > reach:
            ending = content.rfind(b"\r\n", begin, max(begin + reach + 2, 0))
            if ending < 0:
                self._faults.add(Fault.LINE_TOO_LONG)
                ending = content.find(b"\r\n", begin)
                if ending < 0:
                    break
            begin, reach = ending + 2, limit
        last = content.rfind(b"\r\n", begin)
        self._line = len(content) - last - 2 if last >= 0 else len(content) - begin + (limit - reach)

    def _scan_header(self, header: bytearray, content: bytes) -> None:
        seen = max(0, len(header) - 3)
        header += content
        end = header.find(b"\r\n\r\n", seen)
        if end >= 0:
            del header[end + 2 :]
            self._end_header()
        elif len(header) > self._limits.header + 4:  # its end can no longer lie within the limit
            self._faults.add(Fault.HEADER_TOO_LARGE)
            self._header = None

    def _end_header(self) -> None:
        """Judge the header block; it starts with the CRLF of the command, so every field follows a line feed."""
        if self._header is None:
            return
        if len(self._header) - 2 > self._limits.header:
            self._faults.add(Fault.HEADER_TOO_LARGE)
        fields = self._header.lower()
        if sum(fields.count(name) for name in _TRACE_FIELDS) > self._limits.received:
            self._faults.add(Fault.LOOP)
        self._header = None


def _has_ambiguity(raw: bytes) -> bool:
    """Whether there is a CR without LF, an LF without CR, or a NUL."""
    pairs = raw.count(b"\r\n")
    return raw.count(b"\r") != pairs or raw.count(b"\n") != pairs or b"\0" in raw
