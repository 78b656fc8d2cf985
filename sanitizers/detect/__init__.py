"""What bytes are, by their content: names never count, a claimed type only breaks ties between kinds of text.

Where bytes are several things at once, the more dangerous one is reported: a PDF behind a text is a PDF, a picture
with a ZIP at its end is a ZIP. Whoever rebuilds the harmless half of such a file could pass the other half on.
"""

from functools import cache
from typing import Final

import magic

from sanitizers.detect.containers import (
    ends_with_zip,
    first_unpacked,
    is_tar,
    kind_of_ole,
    kind_of_zip,
    self_extracting,
)
from sanitizers.detect.signatures import GZIP, PDF, ZIP, by_signature, holds_pdf, is_drawn_only
from sanitizers.detect.texts import (
    MAIL,
    MAILBOX,
    SCRIPT_TYPES,
    SVG,
    is_mail_claim,
    is_mailbox,
    is_text,
    kind_of_nothing,
    kind_of_text,
    looks_like_mail,
)

__all__ = ["SCRIPT_TYPES", "detect"]

TAR: Final = "application/x-tar"
UNKNOWN: Final = "application/octet-stream"
_EXAMINED_BY_LIBMAGIC: Final = 65_536  # bytes
# What libmagic calls text was not text by our measure, and its catch-alls say nothing.
_NO_ANSWER: Final = ("text/", "inode/", "message/", "application/x-empty")


def detect(data: bytes, claimed_type: str) -> str:
    """The media type of the content: lower case, without parameters; application/octet-stream when unknown."""
    claimed = claimed_type.partition(";")[0].strip().lower()
    if not data:
        return kind_of_nothing(claimed)
    if is_mailbox(data) and not is_mail_claim(claimed):
        return MAILBOX
    if is_mail_claim(claimed) and looks_like_mail(data):
        return MAIL  # its parts are detected one by one
    found = _by_structure(data)
    if found:
        return found
    return kind_of_text(data, claimed) if is_text(data, claimed_type) else _by_libmagic(data)


def _by_structure(data: bytes) -> str:
    found = by_signature(data)
    weak = not found or is_drawn_only(found)
    if found == ZIP or (b"PK\x05\x06" in data[-65_557:] and ends_with_zip(data, strictly=not weak)):
        return kind_of_zip(data)
    if inside := self_extracting(data):
        return inside.media_type
    if not found and data[148:156].strip(b" \0").isdigit() and is_tar(data[:512]):
        return TAR
    if weak and holds_pdf(data):
        return PDF
    if found == GZIP and _holds_drawing(data):
        return SVG
    return kind_of_ole(data) if found == "application/x-ole-storage" else found


def _holds_drawing(compressed: bytes) -> bool:
    """SVGZ: a gzip of a drawing is a drawing (SVG 2, appendix on media type registration)."""
    return kind_of_text(first_unpacked(compressed), "") == SVG


@cache
def _libmagic() -> magic.Magic:
    return magic.Magic(mime=True)


def _by_libmagic(data: bytes) -> str:
    """For the many types without a rule of ours; about a millisecond, so text never comes here."""
    found = _libmagic().from_buffer(data[:_EXAMINED_BY_LIBMAGIC]).lower()
    return UNKNOWN if found.startswith(_NO_ANSWER) else str(found)
