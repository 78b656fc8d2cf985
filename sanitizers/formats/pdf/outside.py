"""What lies in the file outside the document: before it, after it, and in earlier revisions. None of it goes on."""

import re
from typing import Final

from sanitizers.formats.pdf.traces import Trace, met
from sanitizers.formats.pdf.work import Work
from sanitizers.model import Severity, Threat

_HEADER: Final = b"%PDF-"
_END: Final = b"%%EOF"
_BLANK: Final = b" \t\r\n\f\0"
_HEAD: Final = 2_048  #: bytes in which the dictionary of a linearised file stands (Annex F)
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"

_BEFORE: Final = Trace(Threat.HIDDEN_CONTENT, Severity.WARNING, "data before the document")
_AFTER: Final = Trace(Threat.HIDDEN_CONTENT, Severity.WARNING, "data after the end of the document")
_REVISIONS: Final = Trace(Threat.HIDDEN_CONTENT, Severity.NOTE, "earlier revision of the document")


def report(data: bytes, work: Work) -> None:
    """Name it in the report."""
    start = data.find(_HEADER)
    if start > 0 and data[:start].removeprefix(_BYTE_ORDER_MARK).strip(_BLANK):
        met(_BEFORE, work, "file")
    end = data.rfind(_END)
    if end >= 0 and data[end + len(_END) :].strip(_BLANK):
        met(_AFTER, work, "file")
    first = 2 if b"/Linearized" in data[:_HEAD] else 1
    for _ in range(len(re.findall(rb"startxref\s+\d+\s+%%EOF", data)) - first):
        met(_REVISIONS, work, "file")
